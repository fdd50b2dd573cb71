"""A network that connects by OAuth, in memory: each code is good once, for the handshake it was given to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.networks.contract import Capabilities, Connected, CredentialsRefused, NetworkError, OAuthStart
from tests.fakes.networks import FakeNetwork


@dataclass
class FakeOAuthNetwork(FakeNetwork):
    """finish_error: what the exchange of the code meets."""

    finish_error: NetworkError | None = None
    started: list[str] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), connect="oauth", needs_server=True)

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        self.started.append(state)
        return OAuthStart(f"{server}/authorize?state={state}", {"verifier": f"v-{state}", "for": redirect_uri})

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """code: `<account>[,<account>...]:<state>`, as if the owner of these had agreed."""
        if self.finish_error is not None:
            raise self.finish_error
        accounts, _, state = code.partition(":")
        if keep != {"verifier": f"v-{state}", "for": redirect_uri}:
            raise CredentialsRefused("code_refused")
        return [self._connected(server, account) for account in accounts.split(",")]
