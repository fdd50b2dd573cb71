"""Credentials sealed by KMS, with whose they are as encryption context (KMS Encrypt takes up to 4,096 bytes)."""

from __future__ import annotations

import base64
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_KEPT = 256


class KmsVault:
    """Opened credentials stay in the function's memory, by their ciphertext: a burst costs one Decrypt a profile."""

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key
        self._opened: OrderedDict[tuple[str, str, str], Mapping[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str:
        answer = self._client.encrypt(
            KeyId=self._key,
            Plaintext=json.dumps(dict(secrets), separators=(",", ":"), ensure_ascii=False).encode(),
            EncryptionContext={"agency": agency, "owner": owner},
        )
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def open(self, sealed: str, *, agency: str, owner: str) -> Mapping[str, str]:
        """Raises Upstream credentials_unreadable: another agency's, another key's, or altered."""
        place = (agency, owner, sealed)
        with self._lock:
            if place in self._opened:
                self._opened.move_to_end(place)
                return self._opened[place]
        try:
            answer = self._client.decrypt(
                KeyId=self._key,
                CiphertextBlob=base64.b64decode(sealed),
                EncryptionContext={"agency": agency, "owner": owner},
            )
        except ClientError as error:
            raise Upstream("credentials_unreadable", error.response["Error"]["Code"]) from error
        secrets: Mapping[str, str] = json.loads(answer["Plaintext"])
        with self._lock:
            self._opened[place] = secrets
            while len(self._opened) > _KEPT:
                self._opened.popitem(last=False)
        return secrets
