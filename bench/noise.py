"""Profiles as they could be, a count a minute, with crises planted: what the spike detector is measured on.

Nothing here knows the detector. A family is a kind of noise; what its profiles have in common is the kind, while
volume, daily and weekly rhythm and strength are drawn for each profile. Only the standard library.

What a crisis is. On top of what comes anyway it brings, at its full rate, 1, 2 or 4 times as many messages an hour as
the busiest hour of an ordinary week of this profile (the median of three weeks' busiest clock hours, bursts and luck
included, crises not), and at least FEWEST: below that nobody wants to be woken. Shapes: "sudden" (at its full rate
within 10 minutes, for 3 hours), "rising" (in a straight line over 90 minutes, then for 3 hours) and "flash" (within 5
minutes, for 40, then halving each half hour). All of them ebb away.

A crisis is recalled by a ring from its first minute until it has been at its full rate for an hour: 70 minutes after
its beginning when it is sudden, 65 when it is a flash, 150 when it rises. From its first minute to QUIET_AFTER past its
end, a ring is not a false alarm. Every other ring is one, escalations and the first weeks included.

Each life has a crisis in three weeks or so that is lived through, and learned from. More are probes: each is put into
its own copy of the life, from its first minute to its deadline, so that many can be tried without making the lives of
the profiles one long crisis.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

ZONE = "Europe/Paris"
BEGINS = datetime(2026, 3, 1, 23, tzinfo=UTC)  # midnight in Paris, a Monday; the clocks change on day 28
WEEKS = 8
HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60
FEWEST = 15
DEADLINE = 60
QUIET_AFTER = 6 * HOUR
FIRST_CRISIS = 5 * DAY
SHAPES = ("sudden", "rising", "flash")
TIMES = (1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Crisis:
    """Minutes since BEGINS. full: when it is at its full rate. ended: when it has fallen under a tenth of that.

    brings: messages, by the minute.
    """

    began: int
    full: int
    ended: int
    times: float
    shape: str
    brings: tuple[int, ...]

    @property
    def deadline(self) -> int:
        return self.full + DEADLINE


@dataclass
class Life:
    """One profile's weeks: a count a minute. lived: crises that are in it. probes: crises that are not, each to be
    added to a copy of the life.
    """

    counts: list[int]
    lived: list[Crisis] = field(default_factory=list)
    probes: list[Crisis] = field(default_factory=list)


@dataclass
class Draft:
    """What a family makes: hourly means as rhythm and trend say, and as they came (with luck), and extra messages."""

    usual: list[float]
    came: list[float]
    extra: list[tuple[int, int]] = field(default_factory=list)  # (minute, messages)


def poisson(random: Random, mean: float) -> int:
    if mean > 60:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, product, number = math.exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        number += 1
    return number


def gamma(random: Random, spread: float) -> float:
    """Mean 1, variance `spread`: a Poisson of it is a negative binomial of that dispersion."""
    return random.gammavariate(1 / spread, spread)


def lognormal(random: Random, sigma: float) -> float:
    return random.lognormvariate(-sigma * sigma / 2, sigma)  # mean 1


def between(random: Random, low: float, high: float) -> float:
    """By ratio, not by difference: as many profiles from 1 to 2 as from 10 to 20."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def local_hours(weeks: int) -> list[datetime]:
    zone = ZoneInfo(ZONE)
    return [(BEGINS + timedelta(hours=each)).astimezone(zone) for each in range(weeks * 7 * 24)]


def rhythm(random: Random, hours: list[datetime], *, depth: float, weekend: float) -> list[float]:
    """Mean about 1. depth: how much quieter the night is, 0 (not) to 1 (silent). Every weekday differs a little."""
    peak, second = random.uniform(11, 15), random.uniform(18, 21)
    weekday = [lognormal(random, 0.15) * (weekend if day >= 5 else 1.0) for day in range(7)]

    def by_hour(hour: float) -> float:
        near = [math.exp(-(((hour - at + 12) % 24 - 12) ** 2) / 18) for at in (peak, second)]
        return 1 - depth + depth * (1.6 * near[0] + 1.2 * near[1])

    day = [by_hour(hour) for hour in range(24)]
    mean = sum(day) / 24 * sum(weekday) / 7
    return [day[each.hour] * weekday[each.weekday()] / mean for each in hours]


def steady(random: Random, hours: list[datetime]) -> Draft:
    """Poisson about a strong daily and weekly rhythm: 4 to 60 an hour."""
    level = between(random, 4, 60)
    usual = [level * each for each in rhythm(random, hours, depth=0.9, weekend=random.uniform(0.3, 1.0))]
    return Draft(usual, usual)


def overdispersed(random: Random, hours: list[datetime]) -> Draft:
    """Negative binomial, each hour with its own luck, dispersion 0.2 to 0.6: 3 to 60 an hour."""
    level, spread = between(random, 3, 60), random.uniform(0.2, 0.6)
    usual = [level * each for each in rhythm(random, hours, depth=0.8, weekend=random.uniform(0.4, 1.2))]
    return Draft(usual, [each * gamma(random, spread) for each in usual])


def moody_days(random: Random, hours: list[datetime]) -> Draft:
    """Log-normal days (sigma 0.35 to 0.6) with restless hours in them: 5 to 80 an hour."""
    level, sigma = between(random, 5, 80), random.uniform(0.35, 0.6)
    usual = [level * each for each in rhythm(random, hours, depth=0.8, weekend=random.uniform(0.4, 1.0))]
    days = [lognormal(random, sigma) for _ in range(len(hours) // 24 + 2)]
    return Draft(usual, [each * days[at // 24] * gamma(random, 0.1) for at, each in enumerate(usual)])


def small(random: Random, hours: list[datetime]) -> Draft:
    """A village: one message in ten hours to one an hour, in conversations: each draws some more within the hour."""
    level, more = between(random, 0.1, 1.0), random.uniform(0.5, 2.0)
    usual = [level * each for each in rhythm(random, hours, depth=0.95, weekend=random.uniform(0.4, 1.2))]
    draft = Draft(usual, [0.0] * len(usual))
    for at, mean in enumerate(usual):
        for _ in range(poisson(random, mean / (1 + more))):
            first = at * HOUR + random.randrange(HOUR)
            draft.extra.append((first, 1))
            answers = poisson(random, more * gamma(random, 1.0))
            draft.extra += [(first + int(random.expovariate(1 / 25)), 1) for _ in range(answers)]
    return draft


def large(random: Random, hours: list[datetime]) -> Draft:
    """A capital: 150 to 800 an hour, restless days and hours."""
    level, sigma = between(random, 150, 800), random.uniform(0.1, 0.25)
    usual = [level * each for each in rhythm(random, hours, depth=0.85, weekend=random.uniform(0.5, 0.9))]
    days = [lognormal(random, sigma) for _ in range(len(hours) // 24 + 2)]
    return Draft(usual, [each * days[at // 24] * gamma(random, 0.06) for at, each in enumerate(usual)])


def routine_posts(random: Random, hours: list[datetime]) -> Draft:
    """Our own posts draw comments: 4 to 9 a week in office hours, each bringing a heavy-tailed number (Pareto, 1.7; at
    least 0.6 of the mean hour, at most ten of them) that ebbs over an hour or two. Over 5 to 40 an hour, dispersion
    0.15.
    """
    level, posts = between(random, 5, 40), random.uniform(4, 9)
    usual = [level * each for each in rhythm(random, hours, depth=0.85, weekend=random.uniform(0.4, 1.0))]
    draft = Draft(usual, [each * gamma(random, 0.15) for each in usual])
    office = [at for at, each in enumerate(hours) if 8 <= each.hour < 19 and each.weekday() < 6]
    for _ in range(poisson(random, posts * len(hours) / 168)):
        at = random.choice(office) * HOUR + random.randrange(HOUR)
        size = min(10.0, 0.6 * random.paretovariate(1.7)) * level
        ebb = random.uniform(40, 90)
        draft.extra += [(at + int(random.expovariate(1 / ebb)), 1) for _ in range(poisson(random, size))]
    return draft


def trending(random: Random, hours: list[datetime]) -> Draft:
    """Growth or decline by 2 to 4 over the weeks, a campaign of ten days (x 1.8) and holidays (x 0.3 or x 1.6).

    5 to 60 an hour. The campaign belongs to the usual (its people know of it), the holidays do not. Dispersion 0.12.
    """
    level, change = between(random, 5, 60), between(random, 2, 4) ** random.choice((-1, 1))
    base = rhythm(random, hours, depth=0.85, weekend=random.uniform(0.4, 1.0))
    first = random.randrange(7, len(hours) // 24 - 10) * 24 if len(hours) > 24 * 24 else len(hours)
    usual = [
        level * each * change ** (at / len(hours) - 0.5) * (1.8 if first <= at < first + 240 else 1.0)
        for at, each in enumerate(base)
    ]
    holidays = {day: random.choice((0.3, 0.3, 1.6)) for day in range(len(hours) // 24) if random.random() < 0.05}
    came = [each * holidays.get(at // 24, 1.0) * gamma(random, 0.12) for at, each in enumerate(usual)]
    return Draft(usual, came)


def council_nights(random: Random, hours: list[datetime]) -> Draft:
    """One evening a week brings 2 to 3.5 times as much for two hours, on the same weekday, which weekday means blur;
    another such hour comes at random twice a week. 5 to 50 an hour, dispersion 0.1.
    """
    level, more = between(random, 5, 50), random.uniform(2, 3.5)
    weekday, evening = random.randrange(5), random.randrange(17, 21)
    base = [level * each for each in rhythm(random, hours, depth=0.85, weekend=random.uniform(0.4, 1.0))]
    usual = [
        mean * (more if each.weekday() == weekday and each.hour in (evening, evening + 1) else 1.0)
        for mean, each in zip(base, hours, strict=True)
    ]
    lucky = {random.randrange(len(hours)) for _ in range(poisson(random, 2 * len(hours) / 168))}
    came = [
        each * gamma(random, 0.1) * (random.uniform(1.5, 2.5) if at in lucky else 1.0) for at, each in enumerate(usual)
    ]
    return Draft(usual, came)


def bulletins(random: Random, hours: list[datetime]) -> Draft:
    """Working hours with hard edges, and a bulletin on each working day that brings 3 to 6 times as much for an hour.

    5 to 50 an hour, dispersion 0.1.
    """
    level, more = between(random, 5, 50), random.uniform(3, 6)
    opens, closes = random.randrange(7, 10), random.randrange(17, 20)
    at = random.randrange(opens, closes)
    outside, weekend = random.uniform(0.1, 0.3), random.uniform(0.2, 0.6)
    day = [(1.0 if opens <= hour < closes else outside) * (more if hour == at else 1.0) for hour in range(24)]
    mean = sum(day) / 24
    usual = [
        level * (day[each.hour] if each.weekday() < 5 else weekend * min(1.0, day[each.hour])) / mean for each in hours
    ]
    return Draft(usual, [each * gamma(random, 0.1) for each in usual])


FAMILIES: dict[str, Callable[[Random, list[datetime]], Draft]] = {
    each.__name__: each
    for each in (steady, overdispersed, moody_days, small, large, routine_posts, trending, council_nights, bulletins)
}


def _share(shape: str, minute: int) -> float:
    """Of the full rate, so many minutes after the beginning."""
    if shape == "flash":
        return min(1.0, (minute + 1) / 5) * (0.5 ** ((minute - 45) / 30) if minute > 45 else 1.0)
    ramp, stays = (10, 180) if shape == "sudden" else (90, 180)
    return min(1.0, (minute + 1) / ramp) * (0.5 ** ((minute - ramp - stays) / 30) if minute > ramp + stays else 1.0)


def _span(shape: str) -> tuple[int, int]:
    """(minutes to the full rate, minutes to under a tenth of it afterwards)."""
    full = next(each for each in range(999) if _share(shape, each) >= 1)
    return full, next(each for each in range(full, 9999) if _share(shape, each) < 0.1)


def _moment(random: Random, usual: list[float]) -> int:
    """Half of them at any time, half when people write."""
    if random.random() < 0.5:
        return random.randrange(len(usual) * HOUR)
    total: list[float] = []
    for each in usual:
        total.append(each + (total[-1] if total else 0.0))
    return bisect_left(total, random.uniform(0, total[-1])) * HOUR + random.randrange(HOUR)


def live(family: str, seed: int, weeks: int = WEEKS) -> Life:
    """One profile of the family, the same for the same seed."""
    random = Random(f"{family} {seed}")  # a text: seeds of two families have nothing in common
    hours = local_hours(weeks)
    draft = FAMILIES[family](random, hours)
    length = len(hours) * HOUR
    life = Life([0] * length)
    for at, mean in enumerate(draft.came):
        for _ in range(poisson(random, mean)):
            life.counts[at * HOUR + int(random.random() * HOUR)] += 1
    for minute, number in draft.extra:
        if minute < length:
            life.counts[minute] += number
    busiest = [
        max(sum(life.counts[at : at + HOUR]) for at in range(week, week + WEEK, HOUR))
        for week in range(0, length, WEEK)
    ]
    latest = length - 12 * HOUR
    while len(life.lived) < weeks // 4 + 1:  # one in three weeks or so, and at least one
        crisis = _crisis(random, draft.usual, busiest)
        if FIRST_CRISIS <= crisis.began < latest and all(abs(crisis.began - each.began) > WEEK for each in life.lived):
            life.lived.append(crisis)
    while len(life.probes) < 3 * weeks - 2:
        crisis = _crisis(random, draft.usual, busiest)
        apart = all(not each.began - 4 * HOUR < crisis.began < each.ended + QUIET_AFTER for each in life.lived)
        if FIRST_CRISIS <= crisis.began < latest and apart:
            life.probes.append(crisis)
    for crisis in life.lived:
        for at, number in enumerate(crisis.brings):
            life.counts[crisis.began + at] += number
    life.probes.sort(key=lambda each: each.began)
    return life


def _crisis(random: Random, usual: list[float], busiest: list[int]) -> Crisis:
    began, shape, times = _moment(random, usual), random.choice(SHAPES), random.choice(TIMES)
    full_at, ended = _span(shape)
    week = min(max(began // WEEK, 1), len(busiest) - 2)
    full = max(FEWEST, times * sorted(busiest[week - 1 : week + 2])[1]) / HOUR
    brings = tuple(poisson(random, full * _share(shape, minute)) for minute in range(ended))
    return Crisis(began, began + full_at, began + ended, times, shape, brings)
