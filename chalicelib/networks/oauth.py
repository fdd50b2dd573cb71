"""What connecting by OAuth takes on every network: our application, where its tokens may be shown, and PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from pydantic import Field

from chalicelib.networks.contract import Account, AddressRefused, App, Connected, CredentialsRefused, Unavailable
from chalicelib.networks.transport import Answer, Transport, is_loopback
from chalicelib.networks.wire import Wire


def client_of(app: App) -> tuple[str, str]:
    """The id and the secret of our application. Raises Unavailable application_missing where this deployment has none.

    Meta signs its webhooks with the same secret, which is why it may stand there as app_secret."""
    known = app()
    client_id, secret = known.get("client_id", ""), known.get("client_secret") or known.get("app_secret", "")
    if not client_id or not secret:
        raise Unavailable("application_missing", "See docs/operating.md.")
    return client_id, secret


def origin_of(transport: Transport, server: str, official: str, name: str, *, also: Collection[str] = ()) -> str:
    """A token is shown to its network and to nobody else, whatever address somebody types; on this machine, to
    practice. also: where people know the network, which stands for `official`. Raises AddressRefused."""
    origin = transport.origin(server) if server.strip() else official
    if origin == official or origin in also:
        return official
    if not (transport.allow_loopback and is_loopback(origin)):
        raise AddressRefused("address_not_of_network", f"{name} is at {next(iter(also), official)}.")
    return origin


def verifier_and_challenge() -> tuple[str, str]:
    """Of PKCE by S256 (RFC 7636, 4.1 and 4.2)."""
    verifier = secrets.token_urlsafe(48)
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Tokens(Wire):
    """RFC 6749, 5.1. expires_in: seconds from now."""

    access_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)
    refresh_token: str | None = None


class Refused(Wire):
    """RFC 6749, 5.2."""

    error: str = ""


def require_renewed(answer: Answer, void: Collection[str]) -> None:
    """void: the errors that say that the refresh token does not stand any more. Any other is about our own secret
    (invalid_client), which is no fault of the account and disconnects nobody.

    Raises CredentialsRefused refresh_refused, Unavailable application_refused; other statuses are the caller's."""
    if answer.status not in (400, 401):
        return
    said = answer.read_or_none(Refused) or Refused()
    if said.error in void:
        raise CredentialsRefused("refresh_refused")
    raise Unavailable("application_refused", said.error[:40], wait=timedelta(minutes=5))


def renewed(account: Account, kept: Mapping[str, str], expires_at: datetime) -> Connected:
    """The same account with these secrets: a refresh changes nothing else."""
    return Connected(
        server=account.server,
        remote_id=account.remote_id,
        handle=account.handle,
        display_name=account.handle,
        avatar_url=None,
        secrets=kept,
        limits=account.limits,
        expires_at=expires_at,
    )
