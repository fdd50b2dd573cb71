"""The one place where the minute's detection meets the detector: what is known of a profile travels as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from chalicelib.alerts.rule import AlertRule


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


class HourlyAverage:
    """The plain rule alone: more than so many times what an hour has brought on average."""

    TIMES: Mapping[str, float] = {"high": 2.0, "medium": 3.0, "low": 5.0}
    COOLDOWN = timedelta(hours=6)
    GROWN = 2.0

    def begin(self, zone: str) -> str:
        return json.dumps({"recent": {}, "hours": 0, "came": 0, "hour": None, "rang": None, "at": 0, "grown": False})

    def follow(self, known: str, *, now: datetime, counts: Mapping[datetime, int]) -> str:
        state = json.loads(known)
        recent: dict[str, int] = state["recent"] | {f"{int(each.timestamp() // 60)}": n for each, n in counts.items()}
        hour = int(now.timestamp() // 3600)
        if state["hour"] is not None and hour > state["hour"]:
            in_it = [n for minute, n in recent.items() if int(minute) // 60 == state["hour"]]
            state |= {"hours": state["hours"] + 1, "came": state["came"] + sum(in_it)}
        oldest = int(now.timestamp() // 60) - 60
        state |= {"recent": {minute: n for minute, n in recent.items() if int(minute) > oldest}, "hour": hour}
        return json.dumps(state)

    def seen_to(self, known: str) -> datetime | None:
        minutes = [int(each) for each in json.loads(known)["recent"]]
        return datetime.fromtimestamp(max(minutes) * 60, UTC) if minutes else None

    def learned_hours(self, known: str) -> int:
        return int(json.loads(known)["hours"])

    def judge(self, known: str, *, now: datetime, rule: AlertRule) -> tuple[Verdict, str]:
        state: dict[str, Any] = json.loads(known)
        count = sum(state["recent"].values())
        average = state["came"] / state["hours"] if state["hours"] else 0.0
        over = count >= rule.floor and count > self.TIMES[rule.sensitivity] * average
        rang = datetime.fromisoformat(state["rang"]) if state["rang"] else None
        says: Literal["quiet", "ring", "grow"] = "quiet"
        if over and (rang is None or now - rang >= self.COOLDOWN):
            says, state = "ring", state | {"rang": now.isoformat(), "at": count, "grown": False}
        elif over and not state["grown"] and count >= self.GROWN * state["at"]:
            says, state = "grow", state | {"grown": True}
        return Verdict(says, count, average, count / max(average, 1.0), average), json.dumps(state)
