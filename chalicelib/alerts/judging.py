"""The one place where the minute's detection meets the detector: what is known of a profile travels as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from chalicelib.alerts import spikes
from chalicelib.alerts.rule import AlertRule
from chalicelib.alerts.usual import Usual, advance


@dataclass(frozen=True)
class Verdict:
    """says: "ring" where an alert begins, "grow" where the one that rang is to be told once more, else "quiet"."""

    says: Literal["quiet", "ring", "grow"]
    count: int
    expected: float
    ratio: float
    hourly_average: float


class Detector(Protocol):
    """Pure. known: JSON of what the detector remembers of a profile, its rings included."""

    def begin(self, zone: str) -> str:
        """What is known of a profile that nobody has looked at."""

    def follow(self, known: str, *, now: datetime, counts: Mapping[datetime, int]) -> str:
        """counts: messages by minute (at its start, UTC), of every minute that was looked at, those without any and
        the present, unfinished one included. A minute told again replaces what was told."""

    def seen_to(self, known: str) -> datetime | None:
        """The last minute that was looked at."""

    def learned_hours(self, known: str) -> int: ...

    def judge(self, known: str, *, now: datetime, rule: AlertRule) -> tuple[Verdict, str]:
        """The verdict, and what is known afterwards: that it rang, or grew."""


class _Remembered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    usual: Usual
    bell: spikes.Bell | None = None


class Spikes:
    """The detector of alerts/spikes.py. One rule a profile, so one bell; a change of the rule does not ring it anew."""

    def begin(self, zone: str) -> str:
        return _Remembered(usual=Usual.of(zone)).model_dump_json()

    def follow(self, known: str, *, now: datetime, counts: Mapping[datetime, int]) -> str:
        before = _Remembered.model_validate_json(known)
        return before.model_copy(update={"usual": advance(before.usual, now, counts)}).model_dump_json()

    def seen_to(self, known: str) -> datetime | None:
        minute = _Remembered.model_validate_json(known).usual.minute
        return None if minute is None else datetime.fromtimestamp(minute * 60, UTC)

    def learned_hours(self, known: str) -> int:
        return _Remembered.model_validate_json(known).usual.pattern.hours

    def judge(self, known: str, *, now: datetime, rule: AlertRule) -> tuple[Verdict, str]:
        before = _Remembered.model_validate_json(known)
        seen = spikes.judge(
            before.usual,
            now,
            bell=before.bell,
            method=rule.method,
            sensitivity=rule.sensitivity,
            floor=rule.floor,
        )
        says: Literal["quiet", "ring", "grow"] = "grow" if seen.escalation else "ring" if seen.ringing else "quiet"
        verdict = Verdict(says, seen.count, seen.expected, seen.ratio, before.usual.pattern.volume)
        return verdict, before.model_copy(update={"bell": seen.bell}).model_dump_json()
