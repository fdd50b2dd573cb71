"""A clock that stands until it is told, or asked to sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    """slept: every wait that was asked for, in seconds."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds > 0:
            self.advance(seconds)

    def advance(self, by: float | timedelta) -> None:
        """by: a timedelta, or seconds."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)

    def go_to(self, moment: datetime) -> None:
        """Forward only; a moment that has passed leaves the clock where it is."""
        self._now = max(self._now, moment)
