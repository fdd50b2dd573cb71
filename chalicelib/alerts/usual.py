"""What a profile usually receives, learned hour by hour as it happens. Pure: no clock, no store.

An hour is expected to bring what this hour of this kind of day (weekday or weekend, in the agency's zone) and the hours
around it have brought, or its own day of the week if that differs, times how the last days compare with that. How much
such counts scatter is learned too, and how far this profile's ordinary surprises go: those of one with lively
conversations go further than a formula says. What nobody could have seen yet is borrowed from a typical day, at the
profile's own volume.

Counts are kept by the minute for the last hour. A minute told again replaces what was told before, so that a caller may
read the last minutes again each time. A minute that nobody looked at is UNSEEN, which is not zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from chalicelib.alerts.chance import improbability

UNSEEN = -1
WINDOW = 60
"""Minutes in the trailing hour."""
SETTLING = 2
"""Minutes after its end before an hour is learned: its last minutes may still be told again."""
SEEN_ENOUGH = 45
"""Of the 60 minutes of an hour, so many must have been looked at for it to be learned."""
_KEPT = WINDOW + SETTLING + 1
_DAY, _SLOTS, _WEEK = 24, 48, 168

# How to learn. Chosen on the tuning seeds of bench/spikes.py; docs/alerts.md says how.
MEMORY = 16
"""Occurrences of an hour of a kind of day that its mean remembers: three weeks of weekdays, two months of weekends."""
AROUND = ((0, 1.0), (1, 1.0), (-1, 1.0), (2, 0.6), (-2, 0.6))
"""Weights of the hours around an hour in what is expected of it: its own occurrences are too few where counts scatter.
The same hours of the other kind of day, brought to this kind's volume, weigh as much again."""
OF_ITS_OWN = 4.0
"""An hour keeps what sets it apart from those around it (a bulletin at nine), and on its day of the week from the other
days (a council on Tuesdays), as far as that exceeds chance: less this many times the variance of its mean, as James and
Stein shrink (positive part)."""
WEEKS = 4
"""The same hours of the week that such a day's mean remembers."""
BORROWED = 3.0
"""The typical day weighs as three hours seen."""
EVEN = 12.0
"""Weekdays and weekends are alike until this many typical hours of each have spoken."""
VOLUME_HALF_LIFE = 336.0
"""Hours; the profile's volume as a whole, which scales the typical day and is the plain hourly average."""
LEVEL_HALF_LIFE, LEVEL_INERTIA = 72.0, 24.0
"""Hours: how fast the last days' level follows, and the average hours at level 1 it is mixed with."""
LEVEL_LEAST, LEVEL_MOST = 0.4, 3.0
SCATTER_HALF_LIFE, SCATTER_INERTIA = 168.0, 24.0
SCATTER_FIRST, SCATTER_LEAST = 0.3, 0.03
"""Dispersion assumed of a new profile, for as long as SCATTER_INERTIA hours weigh; and the least that is believed."""
SCATTER_UNCLIPPED = 1.1
"""What clipping at CLIPPED_AT takes away from the dispersion, given back."""
STRANGE = 0.5
"""More dispersion for an hour of a kind of day never seen; it falls with the square of the times it was seen."""
CLIPPED_AT = 2.5
"""Standard deviations above what was expected: an hour teaches no more than this, so that a crisis stays unusual while
a lasting change is learned within days."""
SURPRISING = 1.0
"""One hour in ten is at least this surprising (improbability, as a negative power of ten)."""
SURPRISE_BY_CHANCE = 1 / math.log(10)
"""How far beyond SURPRISING surprises go on average, if the formula were right."""
SURPRISE_FIRST, SURPRISE_INERTIA = 0.55, 8.0
"""The same, assumed of a new profile, weighing as eight of them."""
SURPRISE_HALF_LIFE = 504.0
"""Hours."""
SURPRISE_CLIPPED_AT, SURPRISE_MOST = 5.0, 2.0
"""One surprise counts no more than the first beyond SURPRISING, and the mean is believed up to the second."""
FIRST_HOURS = 6
"""Hours of a new profile during which nothing can be expected of it."""
FIRST_DAY = 24
"""Hours of a new profile that teach means only: what differs from a guess is not scatter."""
_LEAST = 1e-3

_TYPICAL_DAY = (
    0.35, 0.22, 0.15, 0.12, 0.13, 0.22, 0.45, 0.80, 1.15, 1.40, 1.50, 1.50,
    1.45, 1.40, 1.40, 1.40, 1.45, 1.50, 1.55, 1.50, 1.40, 1.20, 0.90, 0.60,
)  # fmt: skip
"""Mean about 1. People write to civic accounts by day; the rest is learned."""

Real = Annotated[float, PlainSerializer(repr, return_type=str, when_used="json")]
"""A float as text in JSON: the table's numbers are whole, and nothing is lost on the way there and back."""
Slots = Annotated[tuple[Real, ...], Field(min_length=_SLOTS, max_length=_SLOTS)]
Times = Annotated[tuple[int, ...], Field(min_length=_SLOTS, max_length=_SLOTS)]
Week = Annotated[tuple[Real, ...], Field(min_length=_WEEK, max_length=_WEEK)]
WeekTimes = Annotated[tuple[int, ...], Field(min_length=_WEEK, max_length=_WEEK)]


class Pattern(BaseModel):
    """What was learned. It changes once an hour.

    zone: IANA name. hours: how many were learned. means: messages in an hour, 24 of weekdays, 24 of weekends. times:
    how often each was learned, up to MEMORY. week, week_times: the same for the 168 hours of a week, up to WEEKS.
    The others are decaying sums of which quotients are taken: brought/typical is the volume, came/foreseen the level,
    scatter/weight the dispersion, excess/surprises how far surprises go. surprise: how far the present one has gone,
    0 when there is none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    zone: str
    hours: int = 0
    means: Slots = (0.0,) * _SLOTS
    times: Times = (0,) * _SLOTS
    week: Week = (0.0,) * _WEEK
    week_times: WeekTimes = (0,) * _WEEK
    brought: Real = 0.5
    typical: Real = 1.0
    came: Real = 0.0
    foreseen: Real = 0.0
    scatter: Real = 0.0
    weight: Real = 0.0
    excess: Real = 0.0
    surprises: Real = 0.0
    surprise: Real = 0.0

    @cached_property
    def known(self) -> dict[int, tuple[float, float]]:
        """What of_hour worked out so far; not a part of the state."""
        return {}

    @property
    def volume(self) -> float:
        """Messages in an average hour of the last weeks."""
        return max(_LEAST, self.brought / self.typical)

    @property
    def tail(self) -> float:
        """How far this profile's surprises go, in units of how far they would go by chance."""
        mean = (self.excess + SURPRISE_FIRST * SURPRISE_INERTIA) / (self.surprises + SURPRISE_INERTIA)
        return min(mean, SURPRISE_MOST) / SURPRISE_BY_CHANCE

    def of_hour(self, hour: int) -> tuple[float, float]:
        """(messages expected in the clock hour, dispersion); hour in hours since 1970."""
        at = _hour_of_week(hour, self.zone)
        if at not in self.known:
            strange = STRANGE / (self.times[_slot(at)] + 1) ** 2
            self.known[at] = max(_LEAST, self._mean(at) * self._level()), self._scatter() + strange
        return self.known[at]

    def of_trailing(self, minute: int) -> tuple[float, float]:
        """The same for the 60 minutes that end with this one, in minutes since 1970: partly of the hour before."""
        hour, past = divmod(minute, WINDOW)
        share = (past + 1) / WINDOW
        (mean, scatter), (before, scatter_before) = self.of_hour(hour), self.of_hour(hour - 1)
        return share * mean + (1 - share) * before, share * scatter + (1 - share) * scatter_before

    def surprise_of(self, count: float, mean: float, scatter: float) -> float:
        """How improbable so many are or more, as a negative power of ten, measured by this profile's own surprises."""
        plain = improbability(count, mean, scatter)
        return plain if plain <= SURPRISING else SURPRISING + (plain - SURPRISING) / self.tail

    def after(self, hour: int, count: float) -> Pattern:
        """What is known once this hour, in hours since 1970, has brought so many."""
        at = _hour_of_week(hour, self.zone)
        slot = _slot(at)
        mean, scatter = self.of_hour(hour)
        base = self._mean(at)
        taught = count
        changed: dict[str, Any] = {"hours": self.hours + 1}
        if self.hours >= FIRST_HOURS:
            taught = min(count, mean + CLIPPED_AT * math.sqrt(mean + scatter * mean * mean))
        if self.hours >= FIRST_DAY:
            changed |= self._scattered(taught, mean) | self._surprised(improbability(count, mean, scatter))
        times, week_times = min(self.times[slot] + 1, MEMORY), min(self.week_times[at] + 1, WEEKS)
        moved = self.means[slot] + (taught - self.means[slot]) / times
        week_moved = self.week[at] + (taught - self.week[at]) / week_times
        kept, forgotten = _kept(LEVEL_HALF_LIFE), _kept(VOLUME_HALF_LIFE)
        changed |= {
            "means": (*self.means[:slot], moved, *self.means[slot + 1 :]),
            "times": (*self.times[:slot], times, *self.times[slot + 1 :]),
            "week": (*self.week[:at], week_moved, *self.week[at + 1 :]),
            "week_times": (*self.week_times[:at], week_times, *self.week_times[at + 1 :]),
            "came": self.came * kept + taught,
            "foreseen": self.foreseen * kept + base,
            "brought": self.brought * forgotten + taught,
            "typical": self.typical * forgotten + _TYPICAL_DAY[slot % _DAY],
        }
        return Pattern.model_construct(**{**{name: getattr(self, name) for name in Pattern.model_fields}, **changed})

    def _level(self) -> float:
        inertia = LEVEL_INERTIA * self.volume
        return min(LEVEL_MOST, max(LEVEL_LEAST, (self.came + inertia) / (self.foreseen + inertia)))

    def _scatter(self) -> float:
        learned = (self.scatter + SCATTER_FIRST * SCATTER_INERTIA) / (self.weight + SCATTER_INERTIA)
        return max(SCATTER_LEAST, learned)

    def _kind(self, first: int) -> float:
        """The volume of weekdays (first slot 0) or of weekends (24), in messages an average hour."""
        brought = sum(self.means[at] * self.times[at] for at in range(first, first + _DAY))
        typical = sum(_TYPICAL_DAY[at - first] * self.times[at] for at in range(first, first + _DAY))
        return (brought + EVEN * self.volume) / (typical + EVEN)

    def _mean(self, at: int) -> float:
        """Of an hour of the week, at level 1: from the hours around it, its kind of day, and its own day."""
        slot = _slot(at)
        kind = self._apart(self._around(slot), self.means[slot], self.times[slot])
        return self._apart(kind, self.week[at], self.week_times[at])

    def _apart(self, common: float, own: float, times: int) -> float:
        """The common mean, or as far towards its own as that exceeds chance."""
        apart = own - common
        chance = OF_ITS_OWN * (common + self._scatter() * common * common) / max(times, 1)
        return own - chance / apart if times > 1 and apart * apart > chance else common

    def _around(self, slot: int) -> float:
        kind, hour = slot // _DAY * _DAY, slot % _DAY
        other = _DAY - kind
        ratio = self._kind(kind) / self._kind(other)
        total, weight = BORROWED * self.volume * _TYPICAL_DAY[hour], BORROWED
        for off, share in AROUND:
            near, far = kind + (hour + off) % _DAY, other + (hour + off) % _DAY
            total += share * (self.times[near] * self.means[near] + self.times[far] * self.means[far] * ratio)
            weight += share * (self.times[near] + self.times[far])
        return total / weight

    def _scattered(self, count: float, mean: float) -> dict[str, float]:
        """Dispersion is what the squared error holds beyond the Poisson's; hours with few messages say little of it."""
        says, kept = mean / (1 + mean), _kept(SCATTER_HALF_LIFE)
        found = SCATTER_UNCLIPPED * ((count - mean) / mean) ** 2 - 1 / mean
        return {"scatter": self.scatter * kept + says * found, "weight": self.weight * kept + says}

    def _surprised(self, surprise: float) -> dict[str, float]:
        """Hours in a row that surprise are one surprise, as large as the largest: a crisis of a day is one in many."""
        beyond = min(surprise - SURPRISING, SURPRISE_CLIPPED_AT)
        kept = _kept(SURPRISE_HALF_LIFE)
        if beyond <= 0:
            return {"surprise": 0.0, "excess": self.excess * kept, "surprises": self.surprises * kept}
        return {
            "surprise": max(beyond, self.surprise),
            "excess": (self.excess + max(0.0, beyond - self.surprise)) * kept,
            "surprises": (self.surprises + (self.surprise == 0)) * kept,
        }


class Usual(BaseModel):
    """One profile's pattern and its last minutes: about 6 kB as JSON.

    minute: that of the last of `recent`, in minutes since 1970; None when nothing was told yet.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    pattern: Pattern
    minute: int | None = None
    recent: Annotated[tuple[int, ...], Field(min_length=_KEPT, max_length=_KEPT)] = (UNSEEN,) * _KEPT

    @classmethod
    def of(cls, zone: str) -> Self:
        """A profile nobody knows yet. zone: an IANA name that exists."""
        return cls(pattern=Pattern(zone=zone))


def advance(usual: Usual, now: datetime, counts: Mapping[datetime, int]) -> Usual:
    """What is usual, now that these minutes were looked at; minutes with nothing in them are told as zero.

    Minutes may be told in any order, again (the later telling holds, until the hour was learned) and late (up to an
    hour); those after `now` are ignored. What lies between and was never told stays unseen: an hour of which fewer than
    SEEN_ENOUGH minutes were seen teaches nothing. Weeks of minutes may be told at once, to learn from a history. The
    cost is that of the minutes told, whatever the gaps. Raises ValueError for a negative count.
    """
    here = minute_of(now)
    pattern, minute, recent = usual.pattern, usual.minute, list(usual.recent)
    for told, count in sorted((minute_of(each), count) for each, count in counts.items()):
        if count < 0:
            raise ValueError("a count below zero")
        if told > here:
            continue
        if minute is None:
            minute = told
        elif told > minute:
            pattern, minute = _moved(pattern, minute, recent, told)
        if minute - told < _KEPT:
            recent[told - minute - 1] = count
    if minute is not None and here > minute:
        pattern, minute = _moved(pattern, minute, recent, here)
    return usual.model_copy(update={"pattern": pattern, "minute": minute, "recent": tuple(recent)})


def unseen(usual: Usual, now: datetime) -> list[datetime]:
    """The minutes to read before advancing to now: those of the trailing hour not looked at, and the last three again,
    of which the present one is not over.
    """
    here = minute_of(now)
    back = range(here - WINDOW + 1, here + 1)
    return [datetime.fromtimestamp(each * 60, UTC) for each in back if each > here - 3 or _at(usual, each) == UNSEEN]


def trailing(usual: Usual, now: datetime) -> tuple[int, int]:
    """(messages, minutes that were looked at) of the 60 minutes that end with the present one."""
    here = minute_of(now)
    if usual.minute is None:
        return 0, 0
    gone = max(0, here - usual.minute)
    if gone >= WINDOW:
        return 0, 0
    window = usual.recent[gone - WINDOW :]
    missing = window.count(UNSEEN)
    return sum(window) - UNSEEN * missing, len(window) - missing


def minute_of(moment: datetime) -> int:
    """Minutes since 1970. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return int(moment.timestamp() // 60)


def _moved(pattern: Pattern, minute: int, recent: list[int], to: int) -> tuple[Pattern, int]:
    """Move the window `recent` (changed in place) to a later minute, learning the hours that settle on the way."""
    settles = (minute - SETTLING) // WINDOW * WINDOW + WINDOW + SETTLING
    while settles <= to and settles - minute < _KEPT:
        _shift(recent, settles - minute)
        minute = settles
        hour = recent[:WINDOW]
        missing = hour.count(UNSEEN)
        if WINDOW - missing >= SEEN_ENOUGH:
            brought = sum(hour) - UNSEEN * missing
            pattern = pattern.after(minute // WINDOW - 1, brought * WINDOW / (WINDOW - missing))
        elif missing == WINDOW:
            break  # nothing seen in it, and nothing after it
        settles += WINDOW
    _shift(recent, to - minute)
    return pattern, to


def _shift(recent: list[int], by: int) -> None:
    by = min(by, _KEPT)
    del recent[:by]
    recent += [UNSEEN] * by


def _at(usual: Usual, minute: int) -> int:
    if usual.minute is None or not usual.minute - _KEPT < minute <= usual.minute:
        return UNSEEN
    return usual.recent[minute - usual.minute - 1]


@lru_cache(maxsize=4096)
def _hour_of_week(hour: int, zone: str) -> int:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).astimezone(ZoneInfo(zone))
    return local.weekday() * _DAY + local.hour


def _slot(hour_of_week: int) -> int:
    return hour_of_week % _DAY + (_DAY if hour_of_week >= 5 * _DAY else 0)


@lru_cache
def _kept(half_life: float) -> float:
    return float(0.5 ** (1 / half_life))
