"""Whether the trailing hour is a spike, and whether to ring for it. Pure.

Two methods. "seasonal": the hour is improbable for what is usual at this hour of this kind of day (alerts/usual.py).
"hourly_average": the field's plain rule, more than the average hour; it rings every morning, and is offered because
staff know it by name. Around both: a floor, a cooldown that lasts as long as the spike does, one escalation while it
grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.alerts.usual import FIRST_HOURS, WINDOW, Pattern, Usual, minute_of, trailing

Method = Literal["seasonal", "hourly_average"]
Sensitivity = Literal["high", "medium", "low"]
Sure = Literal["new", "learning", "settled"]
WhyNot = Literal["learning", "unseen", "few", "usual", "likely", "cooling"]

# Chosen on the tuning seeds of bench/spikes.py; docs/alerts.md says how.
THRESHOLDS: dict[Sensitivity, float] = {"high": 1.9, "medium": 2.35, "low": 3.5}
"""The surprise (Pattern.surprise_of) from which the seasonal method rings."""
FLOOR = 10
"""Messages in the hour below which nothing rings, unless the rule names another number."""
LEAST_RATIO = 1.8
"""Of what was expected: less is nothing to wake anybody for, however sure it is."""
COOLDOWN = 6 * 60
"""Minutes without another alert, from the last minute in which the spike still stood (by the plain rule, from the
alert)."""
LONGEST = 24 * 60
"""Minutes after which a spike that never calmed rings again."""
STILL = 0.7
"""A spike stands while its surprise is at least this share of the threshold."""
GROWN = 3
"""Times the count at the alert at which it escalates."""
SEEN_LEAST = 15
"""Minutes of the trailing hour that must have been looked at."""
KNOWN_A_LITTLE, KNOWN_WELL = 48, 14 * 24
"""Hours learned from which a profile is no longer new, and from which it is settled."""


class Bell(BaseModel):
    """What one rule last rang for one profile. Minutes since 1970; stood: the last in which the spike still stood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rang: int | None = None
    stood: int = 0
    count: int = 0
    escalated: bool = False

    def cooling(self, minute: int) -> bool:
        return self.rang is not None and minute < min(self.stood + COOLDOWN, self.rang + LONGEST)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen and what follows. bell: to be kept, whether it rings or not, for the next judgement.

    expected: for the minutes that were looked at, `seen` of 60. score and threshold: surprise, or the ratio by the
    plain rule; score is 0 where floor or ratio already say no. why_not is None exactly when it is ringing.
    """

    ringing: bool
    escalation: bool
    why_not: WhyNot | None
    count: int
    expected: float
    ratio: float
    score: float
    threshold: float
    seen: int
    sure: Sure
    bell: Bell


def judge(
    usual: Usual,
    now: datetime,
    *,
    bell: Bell | None = None,
    method: Method = "seasonal",
    sensitivity: Sensitivity = "medium",
    floor: int = FLOOR,
) -> Verdict:
    """Judge the 60 minutes that end with the present one; the present minute is not over, and is counted as it stands.

    usual: advanced to now. bell: this rule's own, from its last verdict. The more messages, the higher the score.
    """
    bell = bell or Bell()
    minute = max(minute_of(now), usual.minute or 0)
    count, seen = trailing(usual, now)
    pattern = usual.pattern
    threshold = THRESHOLDS[sensitivity] if method == "seasonal" else 1.0
    expected, score, why_not = _weighed(pattern, minute, count, seen, method, threshold, floor)
    escalation = False
    after = bell
    if bell.cooling(minute):
        escalation = why_not is None and not bell.escalated and count >= GROWN * bell.count
        if method == "seasonal" and score >= STILL * threshold:
            after = after.model_copy(update={"stood": minute})
        if escalation:
            after = after.model_copy(update={"escalated": True})
        elif why_not is None:
            why_not = "cooling"
    elif why_not is None:
        after = Bell(rang=minute, stood=minute, count=count)
    return Verdict(
        ringing=why_not is None,
        escalation=escalation,
        why_not=why_not,
        count=count,
        expected=expected,
        ratio=count / expected if expected else 0.0,
        score=score,
        threshold=threshold,
        seen=seen,
        sure=sure(pattern),
        bell=after,
    )


def sure(pattern: Pattern) -> Sure:
    """How well the profile is known."""
    if pattern.hours < KNOWN_A_LITTLE:
        return "new"
    return "learning" if pattern.hours < KNOWN_WELL else "settled"


def _weighed(
    pattern: Pattern, minute: int, count: int, seen: int, method: Method, threshold: float, floor: int
) -> tuple[float, float, WhyNot | None]:
    """(expected, score, why it should not ring whatever rang before)."""
    mean, scatter = pattern.of_trailing(minute) if method == "seasonal" else (pattern.volume, 0.0)
    expected = mean * seen / WINDOW
    if pattern.hours < FIRST_HOURS:
        return expected, 0.0, "learning"
    if seen < SEEN_LEAST:
        return expected, 0.0, "unseen"
    if count < floor:
        return expected, 0.0, "few"
    if method == "hourly_average":
        return expected, count / expected, None if count > expected else "usual"
    if count < LEAST_RATIO * expected:
        return expected, 0.0, "usual"
    score = pattern.surprise_of(count, expected, scatter)
    return expected, score, None if score >= threshold else "likely"
