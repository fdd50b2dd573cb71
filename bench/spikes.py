"""The spike detector on profiles as they could be (bench/noise.py), beside what the field does, on the same data.

The detector runs as it does each minute in production: advance() with the last two minutes, then judge(). Its numbers
were chosen on TUNING seeds and are reported on REPORTED seeds. The peers, mean of 24 hours and EWMA with k standard
deviations, have the same floor and a cooldown of six hours, and an advantage: the smallest k that kept each family
within ALLOWED false alarms on the TUNING seeds, a k for every family. The plain rule is as it is.

python -m bench.spikes: the table by family on the tuning seeds, for choosing parameters.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from bench.noise import BEGINS, FAMILIES, HOUR, QUIET_AFTER, SHAPES, TIMES, WEEK, WEEKS, ZONE, Crisis, Life, live
from bench.results import Row
from chalicelib.alerts.spikes import COOLDOWN, FLOOR, THRESHOLDS, Bell, Method, Sensitivity, judge
from chalicelib.alerts.usual import Usual, advance

TUNING = range(100, 116)
REPORTED = range(9000, 9016)
"""7000 to 7015 and 8000 to 8015 were looked at with an earlier model, and so are no longer fresh."""
ALLOWED = 0.5
STEPS = tuple(2.0 + 0.25 * each for each in range(49))
"""The k that are tried for the peers: 2 to 14."""

MOMENTS = [BEGINS + timedelta(minutes=each) for each in range(WEEKS * WEEK)]


Rule = tuple[Method, Sensitivity]


@dataclass
class Tally:
    """What rang, over the profiles of a family. recalls: of each crisis, its size, shape and how soon it rang."""

    weeks: float = 0.0
    false: int = 0
    recalls: list[tuple[float, str, int | None]] = field(default_factory=list)

    @property
    def false_a_week(self) -> float:
        return self.false / self.weeks

    @property
    def recall(self) -> float:
        return share(self.recalls)

    def add(self, life: Life, rings: Iterable[int], probed: Iterable[tuple[Crisis, int | None]]) -> None:
        """rings: the minutes of the life in which it rang. probed: the minute in which it rang in a probe's copy."""
        rang = sorted(rings)
        self.weeks += len(life.counts) / WEEK
        self.false += sum(
            not any(each.began <= ring <= each.ended + QUIET_AFTER for each in life.lived) for ring in rang
        )
        lived = [(each, next((at for at in rang if each.began <= at <= each.deadline), None)) for each in life.lived]
        for crisis, at in [*lived, *probed]:
            self.recalls.append((crisis.times, crisis.shape, None if at is None else at - crisis.began))


def share(recalls: list[tuple[float, str, int | None]]) -> float:
    return sum(delay is not None for _, _, delay in recalls) / len(recalls) if recalls else math.nan


def counted(life: Life, crisis: Crisis) -> list[int]:
    """The probe's copy: minutes from its beginning to its deadline."""
    span = range(crisis.began, crisis.deadline + 1)
    return [life.counts[at] + crisis.brings[at - crisis.began] for at in span]


def detect(life: Life, rules: dict[Rule, Tally]) -> None:
    """Minute by minute, as production does; several rules beside one another on what one profile is known for."""
    usual, bells = Usual.of(ZONE), dict.fromkeys(rules, Bell())
    rings: dict[Rule, list[int]] = {rule: [] for rule in rules}
    probed: dict[Rule, list[tuple[Crisis, int | None]]] = {rule: [] for rule in rules}
    waiting = list(reversed(life.probes))
    before = 0
    for at, count in enumerate(life.counts):
        while waiting and waiting[-1].began == at:
            crisis = waiting.pop()
            first = _probe(life, crisis, usual, dict(bells))
            for rule in rules:
                probed[rule].append((crisis, first.get(rule)))
        usual = _advanced(usual, at, before, count)
        for rule in _ringing(usual, at, bells):
            rings[rule].append(at)
        before = count
    for rule, tally in rules.items():
        tally.add(life, rings[rule], probed[rule])


def _probe(life: Life, crisis: Crisis, usual: Usual, bells: dict[Rule, Bell]) -> dict[Rule, int]:
    """The first minute in which each rule rings, alert or escalation, by the deadline. bells are used up."""
    before = life.counts[crisis.began - 1]
    first: dict[Rule, int] = {}
    for at, count in enumerate(counted(life, crisis), crisis.began):
        usual = _advanced(usual, at, before, count)
        for rule in _ringing(usual, at, bells):
            first.setdefault(rule, at)
        before = count
    return first


def _advanced(usual: Usual, at: int, before: int, count: int) -> Usual:
    return advance(usual, MOMENTS[at], {MOMENTS[at - 1]: before, MOMENTS[at]: count} if at else {MOMENTS[at]: count})


def _ringing(usual: Usual, at: int, bells: dict[Rule, Bell]) -> list[Rule]:
    ringing = []
    for rule, bell in bells.items():
        method, sensitivity = rule
        verdict = judge(usual, MOMENTS[at], bell=bell, method=method, sensitivity=sensitivity)
        bells[rule] = verdict.bell
        if verdict.ringing:
            ringing.append(rule)
    return ringing


class Peer(Protocol):
    """Learns an hour's count; says (mean, standard deviation), or None while it knows too little."""

    def after(self, count: int) -> Peer: ...
    def says(self) -> tuple[float, float] | None: ...


@dataclass(frozen=True)
class MeanOfDay:
    """Mean and standard deviation of the last 24 hours."""

    last: tuple[int, ...] = ()

    def after(self, count: int) -> MeanOfDay:
        return MeanOfDay((*self.last, count)[-24:])

    def says(self) -> tuple[float, float] | None:
        return (statistics.fmean(self.last), max(1.0, statistics.pstdev(self.last))) if len(self.last) == 24 else None


@dataclass(frozen=True)
class Ewma:
    """Exponentially weighted mean and variance, span 24 hours."""

    mean: float = 0.0
    variance: float = 0.0
    hours: int = 0

    def after(self, count: int) -> Ewma:
        if not self.hours:
            return Ewma(count, 0.0, 1)
        alpha, off = 2 / 25, count - self.mean
        return Ewma(self.mean + alpha * off, (1 - alpha) * (self.variance + alpha * off * off), self.hours + 1)

    def says(self) -> tuple[float, float] | None:
        return (self.mean, max(1.0, math.sqrt(self.variance))) if self.hours >= 24 else None


PEERS: dict[str, Callable[[], Peer]] = {"mean of 24 hours": MeanOfDay, "EWMA": Ewma}
Scored = list[tuple[int, float]]


def scored(counts: list[int], began: int, peer: Peer, trailing: list[int]) -> tuple[Scored, list[Peer]]:
    """(minute, k) of the minutes with at least FLOOR in the trailing hour, and the peer at each clock hour's beginning.

    trailing: the 60 minutes before these, which begin at minute `began`.
    """
    found: Scored = []
    peers = [peer]
    window = list(trailing)
    total = sum(window)
    says = peer.says()
    for at, count in enumerate(counts, began):
        window.append(count)
        total += count - window[-61]
        if says is not None and total >= FLOOR and total > says[0]:
            found.append((at, (total - says[0]) / says[1]))
        if at % HOUR == HOUR - 1:
            peer = peer.after(total)
            peers.append(peer)
            says = peer.says()
    return found, peers


@dataclass
class Run:
    """One peer over one life: enough to say what would have rung for any k."""

    life: Life
    main: Scored
    probes: list[tuple[Crisis, Scored]]

    @classmethod
    def of(cls, life: Life, peer: Peer) -> Run:
        main, peers = scored(life.counts, 0, peer, [0] * HOUR)
        probes = [
            (
                crisis,
                scored(
                    counted(life, crisis),
                    crisis.began,
                    peers[crisis.began // HOUR],
                    life.counts[crisis.began - HOUR : crisis.began],
                )[0],
            )
            for crisis in life.probes
        ]
        return cls(life, main, probes)

    def rung(self, k: float, tally: Tally) -> None:
        rings: list[int] = []
        for at, score in self.main:
            if score >= k and (not rings or at >= rings[-1] + COOLDOWN):
                rings.append(at)
        probed = []
        for crisis, scores in self.probes:
            until = max((at for at in rings if at < crisis.began), default=-COOLDOWN) + COOLDOWN
            probed.append((crisis, next((at for at, score in scores if score >= k and at >= until), None)))
        tally.add(self.life, rings, probed)


def tallied(runs: list[Run], k: float) -> Tally:
    tally = Tally()
    for run in runs:
        run.rung(k, tally)
    return tally


def measured(seeds: range, *, tuned_on: range, weeks: int = WEEKS) -> dict[str, dict[str, Tally]]:
    """By method, by family."""
    table: dict[str, dict[str, Tally]] = {}
    for family in FAMILIES:
        lives = [live(family, seed, weeks) for seed in seeds]
        ours: dict[Rule, Tally] = {("seasonal", "medium"): Tally(), ("hourly_average", "medium"): Tally()}
        for life in lives:
            detect(life, ours)
        for (method, _), tally in ours.items():
            table.setdefault(method, {})[family] = tally
        tuning = [live(family, seed, weeks) for seed in tuned_on]
        for name, peer in PEERS.items():
            tried = [Run.of(life, peer()) for life in tuning]
            k = next((k for k in STEPS if tallied(tried, k).false_a_week <= ALLOWED), STEPS[-1])
            table.setdefault(name, {})[family] = tallied([Run.of(life, peer()) for life in lives], k)
        shown = "   ".join(f"{each[family].recall:.2f} {each[family].false_a_week:5.2f}" for each in table.values())
        print(f"  {family:16} {shown}", flush=True)
    return table


def spikes(*, smoke: bool) -> list[Row]:
    seeds, tuned_on, weeks = (REPORTED[:1], TUNING[:1], 3) if smoke else (REPORTED, TUNING, WEEKS)
    began = time.monotonic()
    print("recall and false alarms a profile a week:\n  family            seasonal     plain rule   mean of 24 h  EWMA")
    table = measured(seeds, tuned_on=tuned_on, weeks=weeks)
    ours = [recall for tally in table["seasonal"].values() for recall in tally.recalls]
    for times in TIMES:
        by_shape = ", ".join(
            f"{shape} {share([each for each in ours if each[:2] == (times, shape)]):.2f}" for shape in SHAPES
        )
        print(f"  crises of {times:g} x the week's busiest hour: {by_shape}")
    for shape in SHAPES:
        delays = [delay for _, of, delay in ours if of == shape and delay is not None]
        print(f"  {shape}: rings {statistics.median(delays):.0f} minutes after the first message (median)")
    print(f"  {time.monotonic() - began:.0f} s")

    worst = {name: min(each.recall for each in tallies.values()) for name, tallies in table.items()}
    false = {name: max(each.false_a_week for each in tallies.values()) for name, tallies in table.items()}
    peer = max(PEERS, key=lambda name: worst[name])
    how = (
        f"worst of {len(FAMILIES)} noise families, {len(seeds)} profiles x {weeks} weeks each, seeds {seeds[0]} to "
        f"{seeds[-1]} (parameters chosen on {TUNING[0]} to {TUNING[-1]}), sensitivity medium, every minute"
    )
    crises = (
        "; a crisis brings 1, 2 or 4 times the busiest hour of an ordinary week (at least 15 an hour) on top of the "
        "usual, and is recalled by a ring before it was at its full rate for an hour"
    )
    return [
        Row(
            "spike.recall_worst",
            round(worst["seasonal"], 3),
            "share",
            "higher",
            how + crises,
            f"{peer}, k tuned for each family to {ALLOWED} false alarms",
            round(worst[peer], 3),
            round(worst["seasonal"] / worst[peer], 2) if worst[peer] else None,
        ),
        Row(
            "spike.false_alarms_worst",
            round(false["seasonal"], 3),
            "a week",
            "lower",
            how + "; every ring outside crises, escalations and the first weeks included",
            "the plain rule, above the hourly average",
            round(false["hourly_average"], 2),
            round(false["seasonal"] / false["hourly_average"], 3),
        ),
    ]


def tuning() -> None:
    """The detector alone, on the tuning seeds, at its three sensitivities."""
    print("recall and false alarms a profile a week on the tuning seeds:", dict(THRESHOLDS))
    for family in FAMILIES:
        rules: dict[Rule, Tally] = {("seasonal", sensitivity): Tally() for sensitivity in THRESHOLDS}
        for seed in TUNING:
            detect(live(family, seed), rules)
        shown = (f"{name} {tally.recall:.3f} {tally.false_a_week:.3f}" for (_, name), tally in rules.items())
        print(f"  {family:16}", "   ".join(shown), flush=True)


if __name__ == "__main__":
    sys.exit(tuning())
