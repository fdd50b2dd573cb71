"""The parts of a desk at their barest: what a benchmark does not measure and must not pay for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.media.media import Shelf
from chalicelib.publishing.message import DeliveryDue


class BareQueue:
    """Keeps what was sent, as it would have come out at the other end."""

    def __init__(self) -> None:
        self.sent: list[DeliveryDue] = []

    def send(self, messages: Any, *, now: datetime) -> int:
        self.sent += [DeliveryDue.model_validate_json(each.model_dump_json()) for each in messages]
        return len(messages)


class BareVault:
    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str:
        return secrets["access"]

    def ready(self, *, agency: str, owner: str) -> Callable[[Mapping[str, str]], str]:
        return lambda secrets: secrets["access"]

    def open(self, sealed: str, *, agency: str, owner: str) -> Mapping[str, str]:
        return {"access": sealed}


class BareTopic:
    def publish(self, *, subject: str, body: str) -> None:
        raise AssertionError(f"nothing should be wrong: {subject}")


BARE_SHELF = Shelf(lambda key: b"", lambda key, size: iter(()), str)
