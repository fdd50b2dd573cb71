"""A vault in memory that, as KMS does with its encryption context, opens a thing only as whose it was sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

from chalicelib.errors import Upstream


class FakeVault:
    """down: KMS does not answer."""

    def __init__(self) -> None:
        self._sealed: dict[str, tuple[str, str, dict[str, str]]] = {}
        self.down = False

    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str:
        if self.down:
            raise Upstream("credentials_unreadable")
        sealed = f"sealed-{uuid4().hex}"
        self._sealed[sealed] = (agency, owner, dict(secrets))
        return sealed

    def ready(self, *, agency: str, owner: str) -> Callable[[Mapping[str, str]], str]:
        if self.down:
            raise Upstream("credentials_unreadable")

        def seal(secrets: Mapping[str, str]) -> str:
            sealed = f"sealed-{uuid4().hex}"
            self._sealed[sealed] = (agency, owner, dict(secrets))
            return sealed

        return seal

    def open(self, sealed: str, *, agency: str, owner: str) -> Mapping[str, str]:
        context = self._sealed.get(sealed)
        if self.down or context is None or context[:2] != (agency, owner):
            raise Upstream("credentials_unreadable")
        return dict(context[2])
