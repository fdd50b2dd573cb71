"""Credentials sealed by KMS, with whose they are as encryption context.

By KMS itself (Encrypt takes up to 4,096 bytes); or, where a seal must be at hand before there is anything to seal,
under a data key of theirs alone (AES-256-GCM), which KMS makes beforehand and opens later.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from mypy_boto3_kms import KMSClient

_KEPT = 256
_KEYED = "k1."
"""Begins what is sealed under a data key: k1.<the key, sealed by KMS>.<nonce and ciphertext>, both in base64, which has
no full stop."""
_NONCE = 12


class KmsVault:
    """Opened credentials stay in the function's memory, by their ciphertext: a burst costs one Decrypt a profile."""

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key
        self._opened: OrderedDict[tuple[str, str, str], Mapping[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str:
        answer = self._client.encrypt(
            KeyId=self._key, Plaintext=_packed(secrets), EncryptionContext={"agency": agency, "owner": owner}
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def ready(self, *, agency: str, owner: str) -> Callable[[Mapping[str, str]], str]:
        """Raises Upstream credentials_unreadable."""
        try:
            answer = self._client.generate_data_key(
                KeyId=self._key, KeySpec="AES_256", EncryptionContext={"agency": agency, "owner": owner}
            )
        except (ClientError, BotoCoreError) as error:
            raise Upstream("credentials_unreadable", type(error).__name__) from error
        locked = base64.b64encode(answer["CiphertextBlob"]).decode()
        cipher, whose = _cipher(answer["Plaintext"]), _whose(agency, owner)

        def seal(secrets: Mapping[str, str]) -> str:
            nonce = os.urandom(_NONCE)
            hidden = nonce + cipher.encrypt(nonce, _packed(secrets), whose)
            return f"{_KEYED}{locked}.{base64.b64encode(hidden).decode()}"

        return seal

    def open(self, sealed: str, *, agency: str, owner: str) -> Mapping[str, str]:
        """Raises Upstream credentials_unreadable: another agency's, another key's, or altered."""
        place = (agency, owner, sealed)
        with self._lock:
            if place in self._opened:
                self._opened.move_to_end(place)
                return self._opened[place]
        if sealed.startswith(_KEYED):
            secrets = self._unlocked(sealed, agency, owner)
        else:
            secrets = json.loads(self._decrypted(sealed, agency, owner))
        with self._lock:
            self._opened[place] = secrets
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        return secrets

    def _unlocked(self, sealed: str, agency: str, owner: str) -> Mapping[str, str]:
        from cryptography.exceptions import InvalidTag

        locked, _, rest = sealed.removeprefix(_KEYED).partition(".")
        cipher = _cipher(self._decrypted(locked, agency, owner))
        try:
            hidden = base64.b64decode(rest, validate=True)
            secrets: Mapping[str, str] = json.loads(
                cipher.decrypt(hidden[:_NONCE], hidden[_NONCE:], _whose(agency, owner))
            )
        except (InvalidTag, ValueError) as error:
            raise Upstream("credentials_unreadable", type(error).__name__) from error
        return secrets

    def _decrypted(self, ciphertext: str, agency: str, owner: str) -> bytes:
        try:
            answer = self._client.decrypt(
                KeyId=self._key,
                CiphertextBlob=base64.b64decode(ciphertext),
                EncryptionContext={"agency": agency, "owner": owner},
            )
        except ClientError as error:
            raise Upstream("credentials_unreadable", error.response["Error"]["Code"]) from error
        return answer["Plaintext"]


def _packed(secrets: Mapping[str, str]) -> bytes:
    return json.dumps(dict(secrets), separators=(",", ":"), ensure_ascii=False).encode()


def _whose(agency: str, owner: str) -> bytes:
    return json.dumps([agency, owner]).encode()


def _cipher(key: bytes) -> AESGCM:
    """Imported when first needed: a function that opens none need not wait for it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
