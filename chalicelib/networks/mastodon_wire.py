"""How a Mastodon server is spoken to, and what its errors mean to a call that publishes nothing."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chalicelib.networks.contract import CredentialsRefused
from chalicelib.networks.steps import raise_for_status
from chalicelib.networks.transport import Answer


class Wire(BaseModel):
    """What we do not know is passed over."""

    # Built when first used: a function that publishes to another network need not wait for it.
    model_config = ConfigDict(defer_build=True)


class Error(Wire):
    error: str = ""
    error_description: str = ""


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def require_ok(answer: Answer, now: datetime) -> None:
    """Raises CredentialsRefused, Unavailable, NotUnderstood."""
    if answer.status == 200:
        return
    if answer.status == 401:
        raise CredentialsRefused("credentials_refused")
    if answer.status == 403:
        raise CredentialsRefused("forbidden")
    raise_for_status(answer, now)
