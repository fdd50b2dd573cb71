"""The ports through which people are told, and what can come of it.

A channel returns when it was accepted. It does not try again by itself: only the caller may decide that.
"""

from __future__ import annotations

from typing import Protocol

from chalicelib.alerts.telling import Letter
from chalicelib.errors import ParvisError, Upstream


class NotTaken(Upstream):
    """Certainly not sent, this time: refused for now, or never reached."""


class Unheard(Upstream):
    """It was sent and no answer was heard: it may have been accepted."""


class Refused(ParvisError):
    """It will never be sent: the address, the sender or the words are not accepted."""


class DeviceGone(Refused):
    """The device is not there any more: the application was removed from it, or its token was replaced."""


class Mailer(Protocol):
    def send(self, *, to: str, letter: Letter) -> None:
        """To any address. Raises NotTaken, Unheard, Refused."""


class MailingList(Protocol):
    """The topic with its e-mail subscribers, each of whom only gets what is for them."""

    def subscribe(self, address: str, *, to: str) -> str:
        """Returns the subscription, also where the address has it already. Raises Upstream."""

    def confirmed(self, subscription: str) -> bool:
        """False where the person has not confirmed yet, and where it is not there (any more). Raises NotTaken."""

    def unsubscribe(self, subscription: str) -> None:
        """Also where it is not there. Raises Upstream."""

    def publish(self, *, to: str, letter: Letter) -> None:
        """Raises NotTaken, Unheard, Refused."""


class PushService(Protocol):
    def register(self, token: str) -> str:
        """The endpoint of this token, enabled. Raises InvalidInput token_refused, Upstream."""

    def forget(self, endpoint: str) -> None:
        """Also where it is not there. Raises Upstream."""

    def send(self, *, endpoint: str, letter: Letter) -> None:
        """Raises NotTaken, Unheard, Refused (DeviceGone)."""
