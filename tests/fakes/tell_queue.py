"""The queue of tellings in memory."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.alerts.telling import Telling


class FakeTellQueue:
    """sent: every telling handed over. down: takes nothing, and says so by its count only."""

    def __init__(self) -> None:
        self.sent: list[Telling] = []
        self.down = False

    def send(self, tellings: Sequence[Telling]) -> int:
        if self.down:
            return 0
        self.sent += tellings
        return len(tellings)
