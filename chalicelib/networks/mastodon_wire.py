"""How a Mastodon server is spoken to, and what its errors mean to a call that publishes nothing."""

from __future__ import annotations

from datetime import datetime

from chalicelib.networks.contract import CredentialsRefused
from chalicelib.networks.steps import raise_for_status
from chalicelib.networks.transport import Answer
from chalicelib.networks.wire import Wire


class Error(Wire):
    error: str = ""
    error_description: str = ""


def require_ok(answer: Answer, now: datetime) -> None:
    """Raises CredentialsRefused, Unavailable, NotUnderstood."""
    if answer.status == 200:
        return
    if answer.status == 401:
        raise CredentialsRefused("credentials_refused")
    if answer.status == 403:
        raise CredentialsRefused("forbidden")
    raise_for_status(answer, now)
