"""What is usual is learned as it happens, and what is not rings once: cold start, crises, clocks, gaps, repetition."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.alerts import spikes
from chalicelib.alerts.spikes import Bell, Verdict, judge
from chalicelib.alerts.usual import UNSEEN, Usual, advance, minute_of, trailing, unseen

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def history(
    usual: Usual, since: datetime, span: timedelta, hourly: Callable[[datetime], float], seed: int = 1
) -> Usual:
    """Every minute of the span is told, at random about these hourly means."""
    random = Random(seed)
    counts = {}
    for each in range(int(span / MINUTE)):
        minute = since + each * MINUTE
        mean = hourly(minute) / 60
        counts[minute] = sum(random.random() < mean / 8 for _ in range(8)) if mean else 0
    return advance(usual, max(counts), counts)


def by_day(minute: datetime) -> float:
    return 24.0 if 8 <= minute.hour < 20 else 3.0


@pytest.fixture(scope="module")
def known() -> Usual:
    """Three weeks of 24 an hour by day and 3 by night, until a Monday, 00:00 UTC."""
    return history(Usual.of("UTC"), MONDAY, 21 * DAY, by_day)


NOW = MONDAY + 21 * DAY


def played(
    usual: Usual, since: datetime, counts: list[int], bell: Bell | None = None, **rule: object
) -> tuple[Usual, list[Verdict]]:
    """As in production: each minute, the last two are read again."""
    verdicts: list[Verdict] = []
    for at, count in enumerate(counts):
        now = since + at * MINUTE
        usual = advance(usual, now, {now - MINUTE: counts[at - 1], now: count} if at else {now: count})
        verdicts.append(judge(usual, now, bell=verdicts[-1].bell if verdicts else bell, **rule))  # type: ignore[arg-type]
    return usual, verdicts


def observe(usual: Usual, minute: datetime, count: int) -> Usual:
    return advance(usual, minute, {minute: count})


def quiet(minutes: int, per_hour: int = 3) -> list[int]:
    return [1 if at % (60 // per_hour) == 0 else 0 for at in range(minutes)]


# -- what is usual


def test_it_expects_what_the_hour_of_day_usually_brings(known: Usual) -> None:
    noon, night = minute_of(NOW + 13 * HOUR) - 1, minute_of(NOW + 4 * HOUR) - 1
    assert known.pattern.of_trailing(noon)[0] == pytest.approx(24, rel=0.2)
    assert known.pattern.of_trailing(night)[0] == pytest.approx(3, rel=0.5)


def test_a_trailing_hour_that_lies_in_two_is_expected_between_them(known: Usual) -> None:
    before, after = (known.pattern.of_hour(minute_of(NOW + at * HOUR) // 60)[0] for at in (7, 8))
    half, _ = known.pattern.of_trailing(minute_of(NOW + 8 * HOUR + 29 * MINUTE))
    assert half == pytest.approx((before + after) / 2)
    assert before < half < after


def test_weekends_are_learned_apart() -> None:
    usual = history(Usual.of("UTC"), MONDAY, 56 * DAY, lambda at: 4.0 if at.weekday() >= 5 else 20.0)
    weekday, weekend = (usual.pattern.of_hour(minute_of(MONDAY + day * DAY + 12 * HOUR) // 60)[0] for day in (56, 61))
    assert weekday == pytest.approx(20, rel=0.25)
    assert weekend == pytest.approx(4, rel=0.6)


def test_an_evening_of_one_weekday_is_learned_apart_from_the_others() -> None:
    usual = history(
        Usual.of("UTC"), MONDAY, 28 * DAY, lambda at: 60.0 if (at.weekday(), at.hour) == (1, 19) else 12.0, seed=4
    )
    tuesday, wednesday = (usual.pattern.of_hour(minute_of(MONDAY + day * DAY + 19 * HOUR) // 60)[0] for day in (29, 30))
    assert tuesday > 2 * wednesday
    assert wednesday < 24


def test_an_hour_is_learned_once_and_only_when_its_last_minutes_are_settled(known: Usual) -> None:
    usual = observe(known, NOW + 2 * MINUTE, 1)  # the last hour of the history settles
    learned = usual.pattern.hours
    for at in range(3, 62):
        usual = observe(usual, NOW + at * MINUTE, 1)
    assert usual.pattern.hours == learned
    usual = observe(usual, NOW + 62 * MINUTE, 1)
    assert usual.pattern.hours == learned + 1
    usual = observe(usual, NOW + 62 * MINUTE, 1)
    usual = observe(usual, NOW + 63 * MINUTE, 1)
    assert usual.pattern.hours == learned + 1


def test_a_minute_told_again_replaces_what_was_told_before(known: Usual) -> None:
    usual = known
    for count in (2, 5, 5, 4):
        usual = advance(usual, NOW + MINUTE, {NOW: count, NOW + MINUTE: 1})
    once = advance(known, NOW + MINUTE, {NOW: 4, NOW + MINUTE: 1})
    assert usual == once


def test_a_late_minute_takes_its_place(known: Usual) -> None:
    straight = advance(known, NOW + 5 * MINUTE, {NOW + at * MINUTE: at for at in range(6)})
    late = known
    for at in (0, 1, 3, 4, 5, 2):
        late = advance(late, NOW + 5 * MINUTE, {NOW + at * MINUTE: at})
    assert late == straight


def test_minutes_of_the_future_and_of_long_ago_change_nothing(known: Usual) -> None:
    there = advance(known, NOW + MINUTE, {NOW + MINUTE: 3})
    assert advance(there, NOW + MINUTE, {NOW + 9 * MINUTE: 99, NOW - 3 * HOUR: 99, NOW - 9 * DAY: 99}) == there


def test_an_earlier_evaluation_that_comes_late_does_not_turn_the_clock_back(known: Usual) -> None:
    there = advance(known, NOW + 9 * MINUTE, {NOW + 9 * MINUTE: 3})
    assert advance(there, NOW + 8 * MINUTE, {}).minute == there.minute


def test_told_at_once_or_minute_by_minute_is_the_same() -> None:
    random = Random(5)
    counts = {MONDAY + at * MINUTE: random.randrange(3) for at in range(30 * 60)}
    stepwise = Usual.of("Europe/Paris")
    for minute, count in counts.items():
        stepwise = advance(stepwise, minute, {minute: count})
    assert stepwise == advance(Usual.of("Europe/Paris"), max(counts), counts)


@pytest.mark.parametrize("gap", [3 * HOUR, 26 * HOUR, 400 * DAY])
def test_a_gap_of_ours_teaches_nothing(known: Usual, gap: timedelta) -> None:
    after = advance(known, NOW + gap, {NOW + gap: 1})
    assert after.pattern.hours - known.pattern.hours <= 1  # the hour before the gap had been seen
    assert after.pattern.means[12] == known.pattern.means[12]
    assert trailing(after, NOW + gap) == (1, 1)


def test_an_hour_with_a_few_minutes_missing_is_scaled_and_one_with_many_is_left_out(known: Usual) -> None:
    full, most, little = (
        advance(known, NOW + 70 * MINUTE, {NOW + at * MINUTE: 2 for at in seen} | {NOW + 70 * MINUTE: 0})
        for seen in (range(60), range(10, 60), range(30, 60))
    )
    assert most.pattern.means[0] == pytest.approx(full.pattern.means[0])
    assert most.pattern.hours == full.pattern.hours == little.pattern.hours + 1


def test_the_cost_of_a_gap_is_bounded(known: Usual) -> None:
    began = time.perf_counter()
    advance(known, NOW + 36_500 * DAY, {NOW + 36_500 * DAY: 1})
    assert time.perf_counter() - began < 0.05


@pytest.mark.parametrize(
    ("zone", "day", "hours"), [("Europe/Paris", (2026, 3, 29), 23), ("America/New_York", (2026, 11, 1), 25)]
)
def test_a_day_of_23_or_25_hours_keeps_the_local_hours(zone: str, day: tuple[int, int, int], hours: int) -> None:
    """Nine in the morning is loud, by the wall, before and after the clocks change."""
    wall = ZoneInfo(zone)
    sunday = datetime(*day, tzinfo=wall)
    since = (sunday - 20 * DAY).astimezone(UTC)
    until = (sunday + DAY).astimezone(UTC)
    assert (until - sunday.astimezone(UTC)) == hours * HOUR
    usual = history(Usual.of(zone), since, until - since, lambda at: 60.0 if at.astimezone(wall).hour == 9 else 2.0)
    loud = datetime(sunday.year, sunday.month, sunday.day, 9, tzinfo=wall) + DAY
    learned = [usual.pattern.of_hour(minute_of(loud.astimezone(UTC) + off * HOUR) // 60)[0] for off in range(-6, 7)]
    assert max(range(13), key=learned.__getitem__) == 6
    assert usual.pattern.hours >= int((until - since) / HOUR) - 1


def test_a_crisis_does_not_become_the_new_normal_but_a_lasting_change_does(known: Usual) -> None:
    noon = minute_of(NOW + 12 * HOUR) // 60
    before = known.pattern.of_hour(noon + 24)[0]
    day = history(known, NOW, DAY, lambda at: by_day(at) * (20 if 10 <= at.hour < 16 else 1), seed=2)
    assert day.pattern.of_hour(noon + 24)[0] < 2 * before
    weeks = history(known, NOW, 28 * DAY, lambda at: 3 * by_day(at), seed=3)
    assert weeks.pattern.of_hour(noon + 28 * 24)[0] > 2.2 * before


def test_scatter_is_learned() -> None:
    random = Random(7)
    lucky = {at: random.gammavariate(2, 0.5) for at in range(30 * 24)}
    wild = history(Usual.of("UTC"), MONDAY, 28 * DAY, lambda at: 20 * lucky[int((at - MONDAY) / HOUR)])
    calm = history(Usual.of("UTC"), MONDAY, 28 * DAY, lambda at: 20.0)
    hour = minute_of(MONDAY + 28 * DAY) // 60
    assert wild.pattern.of_hour(hour)[1] > 0.25
    assert calm.pattern.of_hour(hour)[1] < 0.1


def test_a_count_below_zero_and_a_time_without_a_zone_are_refused(known: Usual) -> None:
    with pytest.raises(ValueError, match="below zero"):
        observe(known, NOW, UNSEEN)
    with pytest.raises(ValueError, match="without a zone"):
        observe(known, NOW.replace(tzinfo=None), 1)


def test_it_says_which_minutes_to_read(known: Usual) -> None:
    usual = advance(known, NOW + HOUR, {NOW + at * MINUTE: 1 for at in range(61) if at not in (20, 21)})
    assert unseen(usual, NOW + HOUR + MINUTE) == [NOW + at * MINUTE for at in (20, 21, 59, 60, 61)]
    assert len(unseen(Usual.of("UTC"), NOW)) == 60
    assert len(unseen(usual, NOW + 5 * DAY)) == 60


def test_it_survives_storage(known: Usual) -> None:
    stored = json.dumps(known.model_dump(mode="json"))
    assert len(stored) < 10_000
    back = Usual.model_validate(json.loads(stored))
    assert back == known
    assert history(back, NOW, DAY, by_day) == history(known, NOW, DAY, by_day)
    flat = json.loads(stored)["pattern"].values()
    assert not any(isinstance(value, float) for value in flat)  # the table's numbers are whole
    bell = Bell(rang=5, stood=7, count=30, escalated=True)
    assert Bell.model_validate(bell.model_dump(mode="json")) == bell


# -- when it rings


def test_a_clear_spike_rings_once_and_says_what_it_saw(known: Usual) -> None:
    since = NOW + 2 * HOUR
    _, verdicts = played(known, since, quiet(60) + [2] * 90)
    rung = [at for at, each in enumerate(verdicts) if each.ringing and not each.escalation]
    assert len(rung) == 1
    assert 60 < rung[0] < 85
    told = verdicts[rung[0]]
    assert told.why_not is None
    assert told.count >= spikes.FLOOR
    assert told.ratio == pytest.approx(told.count / told.expected)
    assert told.score >= told.threshold
    assert told.sure == "settled"
    assert {each.why_not for each in verdicts[rung[0] + 1 :]} <= {"cooling", None}


def test_an_ordinary_day_does_not_ring(known: Usual) -> None:
    random = Random(11)
    counts = [sum(random.random() < by_day(NOW + at * MINUTE) / 480 for _ in range(8)) for at in range(24 * 60)]
    _, verdicts = played(known, NOW, counts)
    assert not any(each.ringing for each in verdicts)
    assert {each.why_not for each in verdicts} <= {"few", "usual", "likely"}


def test_a_spike_escalates_once_when_it_has_grown(known: Usual) -> None:
    _, verdicts = played(known, NOW + 2 * HOUR, quiet(60) + [1] * 40 + [4] * 40 + [20] * 60)
    rung = [each for each in verdicts if each.ringing]
    assert [each.escalation for each in rung] == [False, True]
    assert rung[1].count >= spikes.GROWN * rung[0].count


def test_a_spike_that_does_not_grow_does_not_escalate(known: Usual) -> None:
    _, verdicts = played(known, NOW + 2 * HOUR, quiet(60) + quiet(180, 15))
    assert sum(each.ringing for each in verdicts) == 1


def test_after_the_cooldown_it_rings_again(known: Usual) -> None:
    spike = [2] * 40
    early, late = (quiet(60) + spike + quiet(gap) + spike for gap in (5 * 60, 7 * 60))
    for counts, rings in ((early, 1), (late, 2)):
        _, verdicts = played(known, NOW, counts)
        assert sum(each.ringing and not each.escalation for each in verdicts) == rings


def test_a_spike_that_lasts_is_told_once_a_day(known: Usual) -> None:
    _, verdicts = played(known, NOW, quiet(60) + [8] * 30 * 60)
    alerts = [at for at, each in enumerate(verdicts) if each.ringing and not each.escalation]
    assert len(alerts) == 2
    assert alerts[1] - alerts[0] == spikes.LONGEST


def test_the_plain_rule_rings_every_six_hours_while_it_is_above(known: Usual) -> None:
    _, verdicts = played(known, NOW, quiet(60) + [8] * 24 * 60, method="hourly_average")
    alerts = [at for at, each in enumerate(verdicts) if each.ringing and not each.escalation]
    assert {later - alert for alert, later in pairwise(alerts)} == {spikes.COOLDOWN}


def test_two_rules_on_one_profile_have_their_own_bells(known: Usual) -> None:
    usual, verdicts = played(known, NOW + 2 * HOUR, quiet(60) + [2] * 30)
    now = NOW + 2 * HOUR + 89 * MINUTE
    assert judge(usual, now, bell=verdicts[-1].bell).why_not == "cooling"
    assert judge(usual, now, sensitivity="high").ringing


def test_the_more_sensitive_rings_no_later(known: Usual) -> None:
    def first(sensitivity: str) -> int:
        _, verdicts = played(known, NOW + 2 * HOUR, quiet(60) + quiet(120, 20), sensitivity=sensitivity)
        return next((at for at, each in enumerate(verdicts) if each.ringing), 9_999)

    assert first("high") <= first("medium") <= first("low")
    assert spikes.THRESHOLDS["high"] < spikes.THRESHOLDS["medium"] < spikes.THRESHOLDS["low"]


def test_below_the_floor_nothing_rings(known: Usual) -> None:
    usual, _ = played(known, NOW + 2 * HOUR, [1] * 30)
    now = NOW + 2 * HOUR + 29 * MINUTE
    assert judge(usual, now, floor=200).why_not == "few"
    assert judge(usual, now, floor=10).ringing


def test_on_zeros_it_never_rings() -> None:
    usual = advance(Usual.of("UTC"), MONDAY, {})
    for day in range(20):
        minutes = [MONDAY + day * DAY + at * MINUTE for at in range(24 * 60)]
        usual = advance(usual, minutes[-1], dict.fromkeys(minutes, 0))
        for method in ("seasonal", "hourly_average"):
            assert not judge(usual, minutes[-1], method=method, floor=0).ringing
    assert usual.pattern.of_hour(minute_of(MONDAY) // 60)[0] < 0.1


def test_after_silence_the_first_messages_are_not_a_spike_but_a_flood_is() -> None:
    usual = history(Usual.of("UTC"), MONDAY, 14 * DAY, lambda at: 0.0)
    since = MONDAY + 14 * DAY
    _, few = played(usual, since, [1] * 6 + [0] * 60)
    assert not any(each.ringing for each in few)
    _, flood = played(usual, since, [0] * 60 + [3] * 30)
    assert any(each.ringing for each in flood)


def test_a_new_profile_is_silent_at_first_and_says_so() -> None:
    _, verdicts = played(Usual.of("UTC"), MONDAY, [5] * 5 * 60)
    assert {each.why_not for each in verdicts} == {"learning"}
    assert {each.sure for each in verdicts} == {"new"}


@pytest.mark.parametrize("hourly", [0.5, 8.0, 200.0])
def test_a_profile_known_for_two_days_is_quiet_and_yet_hears_a_flood(hourly: float) -> None:
    rings = 0
    for seed in range(5):
        usual, bell = Usual.of("UTC"), Bell()
        random = Random(seed)
        for at in range(48 * 60):
            now = MONDAY + at * MINUTE
            usual = observe(usual, now, sum(random.random() < hourly / 1200 for _ in range(20)))
            verdict = judge(usual, now, bell=bell)
            bell, rings = verdict.bell, rings + verdict.ringing
        assert verdict.sure != "settled"
        since = MONDAY + 2 * DAY + 11 * HOUR
        usual = advance(usual, since, dict.fromkeys((since - at * MINUTE for at in range(60)), round(hourly / 60)))
        _, flood = played(usual, since + MINUTE, [max(2, round(hourly / 6))] * 60)
        assert any(each.ringing for each in flood)
    assert rings <= 1


def test_after_an_outage_of_ours_it_waits_until_it_has_seen_enough_and_then_hears(known: Usual) -> None:
    since = NOW + 30 * HOUR
    _, verdicts = played(known, since, [4] * 30)
    assert {each.why_not for each in verdicts[: spikes.SEEN_LEAST - 1]} == {"unseen"}
    rung = next(each for each in verdicts if each.ringing)
    assert rung.seen >= spikes.SEEN_LEAST
    assert rung.expected < 3  # of so many minutes, not of an hour


def test_what_was_not_looked_at_is_not_counted_as_nothing(known: Usual) -> None:
    """Half of an ordinary noon hour was seen, and brought half of what an hour brings."""
    counts = {NOW + 12 * HOUR + at * MINUTE: at % 2 for at in range(0, 60, 2)}
    counts |= {NOW + 12 * HOUR + at * MINUTE: at % 2 for at in range(1, 30, 2)}
    usual = advance(known, NOW + 12 * HOUR + 59 * MINUTE, counts)
    verdict = judge(usual, NOW + 12 * HOUR + 59 * MINUTE)
    assert verdict.seen == 45
    assert verdict.expected == pytest.approx(18, rel=0.25)


def test_the_plain_rule_rings_above_the_hourly_average(known: Usual) -> None:
    average = known.pattern.volume
    assert average == pytest.approx((12 * 24 + 12 * 3) / 24, rel=0.1)
    usual, verdicts = played(known, NOW + 8 * HOUR, quiet(60, 12) + quiet(60, 20), method="hourly_average")
    rung = [each for each in verdicts if each.ringing]
    assert len(rung) == 1
    assert rung[0].count > rung[0].expected == pytest.approx(average, rel=0.1)
    assert not judge(usual, NOW + 10 * HOUR - MINUTE).ringing  # 20 at nine is no spike by season


@settings(deadline=None, max_examples=60)
@given(first=st.integers(0, 3_000), more=st.integers(0, 3_000), hour=st.integers(0, 167), late=st.integers(0, 59))
def test_more_messages_never_make_it_less_of_a_spike(known: Usual, first: int, more: int, hour: int, late: int) -> None:
    now = NOW + hour * HOUR + late * MINUTE
    told = dict.fromkeys((now - at * MINUTE for at in range(1, 60)), 0)
    less, greater = (judge(advance(known, now, told | {now: count}), now) for count in (first, first + more))
    assert greater.score >= less.score - 1e-9
    assert greater.ringing or not less.ringing
    assert greater.expected == less.expected


@settings(deadline=None, max_examples=40)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 200), st.dictionaries(st.integers(-130, 3), st.integers(0, 10**6), max_size=6)),
        max_size=40,
    )
)
def test_nothing_that_may_be_told_breaks_it(steps: list[tuple[int, dict[int, int]]]) -> None:
    usual, bell, now = Usual.of("Europe/Paris"), Bell(), MONDAY
    for step, told in steps:
        now += step * MINUTE
        usual = advance(usual, now, {now + at * MINUTE: count for at, count in told.items()})
        verdict = judge(usual, now, bell=bell)
        bell = verdict.bell
        assert verdict.seen <= 60
        assert verdict.ringing == (verdict.why_not is None)
        assert Usual.model_validate(usual.model_dump(mode="json")) == usual


def test_one_evaluation_costs_less_than_a_millisecond(known: Usual) -> None:
    stored = known.model_dump(mode="json")
    counts = {NOW + 12 * HOUR + at * MINUTE: 2 for at in range(60)}
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        usual = Usual.model_validate(stored)
        usual = advance(usual, NOW + 12 * HOUR + 59 * MINUTE, counts)
        judge(usual, NOW + 12 * HOUR + 59 * MINUTE).bell.model_dump(mode="json")
        usual.model_dump(mode="json")
        best = min(best, time.perf_counter() - began)
    assert best < 0.001
