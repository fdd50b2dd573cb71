"""Credentials under KMS: whose they are is part of the seal, and a seal may be at hand before what it is for."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws.vault import KmsVault
from chalicelib.errors import Upstream

SECRETS = {"access": "access-s3cret", "refresh": "réfresh-s3cret"}
WHOSE = {"agency": "ville", "owner": "p1"}


class Kms:
    """What it was given is opened with the same context alone, as KMS does. asked: which calls, in order."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[bytes, dict[str, str]]] = {}
        self.asked: list[str] = []
        self.down: Exception | None = None

    def _answering(self, call: str) -> None:
        self.asked.append(call)
        if self.down is not None:
            raise self.down

    def _keep(self, plain: bytes, context: dict[str, str]) -> bytes:
        blob = os.urandom(64)
        self._kept[blob] = (plain, dict(context))
        return blob

    def encrypt(self, *, KeyId: str, Plaintext: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        self._answering("encrypt")
        return {"CiphertextBlob": self._keep(Plaintext, EncryptionContext)}

    def generate_data_key(self, *, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        self._answering("generate_data_key")
        assert KeySpec == "AES_256"
        key = os.urandom(32)
        return {"Plaintext": key, "CiphertextBlob": self._keep(key, EncryptionContext)}

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        self._answering("decrypt")
        plain, context = self._kept.get(CiphertextBlob, (b"", {}))
        if context != EncryptionContext:
            raise ClientError({"Error": {"Code": "InvalidCiphertextException", "Message": ""}}, "Decrypt")
        return {"Plaintext": plain}


@pytest.fixture
def kms() -> Kms:
    return Kms()


@pytest.fixture
def vault(kms: Kms) -> KmsVault:
    return KmsVault(kms, "key")  # type: ignore[arg-type]


def test_what_is_sealed_is_opened_as_whose_it_was(kms: Kms, vault: KmsVault) -> None:
    for sealed in (vault.seal(SECRETS, **WHOSE), vault.ready(**WHOSE)(SECRETS)):
        assert vault.open(sealed, **WHOSE) == SECRETS
        assert all(value not in sealed for value in SECRETS.values())
        for other in ({"agency": "autre", "owner": "p1"}, {"agency": "ville", "owner": "p2"}):
            with pytest.raises(Upstream) as refused:
                vault.open(sealed, **other)
            assert refused.value.code == "credentials_unreadable"


def test_a_seal_at_hand_asks_nobody_when_it_is_used(kms: Kms, vault: KmsVault) -> None:
    """So that nothing stands between a network's answer and the writing of what it gave."""
    seal = vault.ready(**WHOSE)
    kms.down = EndpointConnectionError(endpoint_url="https://kms.example")
    sealed = seal(SECRETS)
    assert kms.asked == ["generate_data_key"]
    kms.down = None
    assert vault.open(sealed, **WHOSE) == SECRETS
    assert vault.open(sealed, **WHOSE) == SECRETS
    assert kms.asked == ["generate_data_key", "decrypt"], "opened once, and kept in memory"


def test_without_the_key_service_no_seal_is_promised(kms: Kms, vault: KmsVault) -> None:
    for trouble in (
        EndpointConnectionError(endpoint_url="https://kms.example"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GenerateDataKey"),
    ):
        kms.down = trouble
        with pytest.raises(Upstream):
            vault.ready(**WHOSE)


def test_no_two_seals_are_alike(vault: KmsVault) -> None:
    seal = vault.ready(**WHOSE)
    assert len({seal(SECRETS), seal(SECRETS), vault.ready(**WHOSE)(SECRETS)}) == 3


@pytest.mark.parametrize("place", [-3, 5, -40])
def test_what_was_altered_is_not_opened(vault: KmsVault, place: int) -> None:
    sealed = vault.ready(**WHOSE)(SECRETS)
    locked, rest = sealed.removeprefix("k1.").split(".")
    part = bytearray(base64.b64decode(rest))
    part[place] ^= 1
    with pytest.raises(Upstream):
        vault.open(f"k1.{locked}.{base64.b64encode(part).decode()}", **WHOSE)


@pytest.mark.parametrize("rest", ["", ".", ".###", ".AAAA"])
def test_what_was_cut_short_is_not_opened(vault: KmsVault, rest: str) -> None:
    locked = vault.ready(**WHOSE)(SECRETS).removeprefix("k1.").split(".")[0]
    with pytest.raises(Upstream):
        vault.open(f"k1.{locked}{rest}", **WHOSE)


def test_what_one_seal_hid_is_no_others(vault: KmsVault) -> None:
    """The words of one under the key of another, though both are the same profile's."""
    first, second = (vault.ready(**WHOSE)(SECRETS).split(".") for _ in range(2))
    with pytest.raises(Upstream):
        vault.open(".".join([first[0], first[1], second[2]]), **WHOSE)
