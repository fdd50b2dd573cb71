"""Every minute: what came is judged, and an alert is raised whole, once, with everybody who is to hear of it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.alerts import detecting
from chalicelib.alerts.alert import Alert, acknowledge
from chalicelib.alerts.detecting import Known, Progress
from chalicelib.alerts.duty import Notifications
from chalicelib.alerts.rule import AlertRule
from chalicelib.alerts.tally import Tally, between
from chalicelib.alerts.telling import Telling
from chalicelib.records.event import Event
from chalicelib.team.people import AgencyListed
from tests.fakes.alerts import TownHall
from tests.fakes.house import ADMINISTRATOR, AGENCY


@pytest.fixture
def hall() -> TownHall:
    return TownHall()


def rung(hall: TownHall, count: int = 30) -> Alert:
    hall.usual()
    hall.write(count)
    hall.clock.advance(20)
    hall.detect()
    [alert] = hall.alerts()
    return alert


def known(hall: TownHall, profile: str = "p1") -> Known:
    found = hall.store.get(Known, Known.key_of(AGENCY, profile))
    assert found is not None
    return found


def test_an_ordinary_day_rings_for_nobody(hall: TownHall) -> None:
    hall.usual(8)
    assert hall.alerts() == [] and hall.told() == []


def test_a_burst_rings_in_the_minute_it_comes_with_what_it_saw(hall: TownHall) -> None:
    alert = rung(hall)
    assert (alert.profile, alert.department, alert.count) == ("p1", "water", 33)
    assert alert.expected == pytest.approx(4, abs=0.8) and alert.ratio == pytest.approx(33 / alert.expected, rel=0.01)
    assert {(each.word, each.messages) for each in alert.terms} >= {("pont", 30), ("fermé", 30)}
    assert alert.authors == 33 and len(alert.posts) == 10
    assert sum(each.count for each in alert.steps[-6:]) == 33
    assert [each.what for each in hall.store.query(Event, Event.partition(AGENCY, alert.subject))] == ["alert.raised"]


def test_the_alert_its_event_and_every_telling_are_one_write(hall: TownHall) -> None:
    hall.usual()
    hall.write(30)
    commits: list[list[str]] = []
    commit = hall.store.commit

    def noted(*saves: Any, removes: Any = ()) -> None:
        commits.append([type(each).__name__ for each in saves])
        commit(*saves, removes=removes)

    hall.store.commit = noted  # type: ignore[method-assign]
    hall.detect()
    [whole] = [each for each in commits if "Alert" in each]
    assert sorted(whole) == ["Alert", "Event", "Known", "Telling", "Telling"]


def test_citizens_words_are_in_no_event_and_no_key(hall: TownHall) -> None:
    hall.usual()
    hall.write(30, "SECRET de quartier")
    hall.detect()
    for event in hall.store.all(Event, AGENCY):
        assert "SECRET" not in str(event.item())
    for telling in hall.told():
        assert "SECRET" not in str(telling.item())


def test_two_detections_at_once_raise_one_alert(hall: TownHall) -> None:
    hall.usual()
    hall.write(30)
    gate = threading.Barrier(2)
    read = hall.store.get_many

    def together(wanted: Any, **more: Any) -> Any:
        found = read(wanted, **more)
        if any(kind is Known for kind, _ in wanted):
            gate.wait(5)
        return found

    hall.store.get_many = together  # type: ignore[method-assign]
    workers = [threading.Thread(target=hall.detect) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert len(hall.alerts()) == 1
    hall.tell()
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"]


@pytest.mark.parametrize("after", [False, True])
def test_a_detection_that_dies_anywhere_loses_and_doubles_nothing(after: bool) -> None:
    for step in range(1, 9):
        hall = TownHall()
        hall.usual(3)
        hall.write(30)
        hall.clock.advance(60)
        hall.fate.spare()
        hall.fate.kill(step, after=after)
        hall.detect()
        hall.fate.spare()
        hall.minutes(4)
        assert len(hall.alerts()) == 1, step
        assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"], step


def test_what_the_queue_did_not_take_is_handed_over_in_a_minute(hall: TownHall) -> None:
    hall.tellings.down = True
    rung(hall)
    assert hall.tell() == []
    hall.tellings.down = False
    hall.minutes(1)
    assert sorted(hall.mailing_list.told) == ["ville.ed", "ville.fleur"]
    hall.minutes(5)
    assert len(hall.mailing_list.told) == 2


def test_a_spike_that_grows_is_told_once_more_and_only_once(hall: TownHall) -> None:
    alert = rung(hall)
    hall.tell()
    hall.minutes(1)
    hall.write(40, "L'eau monte")
    hall.minutes(1)
    [grown] = hall.alerts()
    assert grown.id == alert.id and grown.raised_at == alert.raised_at and grown.escalated_at is not None
    assert grown.count == 73 and grown.terms[0].word == "eau"
    assert len(hall.mailing_list.told) == 4
    hall.write(200)
    hall.minutes(5)
    assert len(hall.mailing_list.told) == 4
    whats = [each.what for each in hall.store.query(Event, Event.partition(AGENCY, alert.subject))]
    assert whats.count("alert.raised") == whats.count("alert.escalated") == 1


def test_an_acknowledgement_in_the_middle_of_growing_is_kept(hall: TownHall) -> None:
    alert = rung(hall)
    hall.write(60)
    raced: list[Any] = []
    commit = hall.store.commit

    def first_somebody_takes_it(*saves: Any, removes: Any = ()) -> None:
        if not raced and any(isinstance(each, Alert) and each.escalated_at for each in saves):
            raced.append(True)
            acknowledge(alert.id, actor=ADMINISTRATOR, store=hall.store, now=hall.clock.now())
        commit(*saves, removes=removes)

    hall.store.commit = first_somebody_takes_it  # type: ignore[method-assign]
    hall.minutes(1)
    [grown] = hall.alerts()
    assert raced and grown.acknowledged_by == "ada" and grown.escalated_at is not None


def test_a_rule_that_is_off_learns_and_is_silent(hall: TownHall) -> None:
    hall.store.save(AlertRule(agency=AGENCY, profile="p1", active=False, chosen=True))
    hall.usual()
    hall.write(50)
    hall.minutes(1)
    assert hall.alerts() == []
    assert hall.lookout.detector.learned_hours(known(hall).volume) >= 5


def test_the_floor_and_the_sensitivity_are_the_rules_own(hall: TownHall) -> None:
    hall.store.save(AlertRule(agency=AGENCY, profile="p1", floor=100, chosen=True))
    hall.usual()
    hall.write(50)
    hall.minutes(1)
    assert hall.alerts() == []
    hall.write(50)
    hall.minutes(1)
    assert len(hall.alerts()) == 1


def test_idle_profiles_cost_nothing_but_once_an_hour(hall: TownHall) -> None:
    for number in range(20):
        hall.house.profile(f"q{number}")
    hall.minutes(70)
    revisions = {each: known(hall, each).rev for each in ("p1", "q1", "q19")}
    writes = hall.store.writes
    hall.minutes(30)
    assert {each: known(hall, each).rev for each in revisions} == revisions
    assert hall.store.writes - writes == 30 * 2, "how far it looked, of two agencies"
    hall.minutes(60)
    assert all(known(hall, each).rev == rev + 1 for each, rev in revisions.items())


def test_hours_without_messages_are_learned_as_such(hall: TownHall) -> None:
    hall.minutes(60 * 5 + 10)
    assert hall.lookout.detector.learned_hours(known(hall).volume) >= 4


def test_a_batch_that_is_committed_late_is_still_counted(hall: TownHall) -> None:
    hall.usual(3)
    came = hall.clock.now()
    hall.minutes(1)
    hall.write(30, at=came)
    hall.minutes(1)
    assert [each.count for each in hall.alerts()] == [33]


def test_an_outage_of_twenty_minutes_misses_nothing_of_the_hour(hall: TownHall) -> None:
    hall.usual(3)
    hall.write(30)
    hall.clock.advance(20 * 60)
    hall.detect()
    assert len(hall.alerts()) == 1


def test_the_next_detection_goes_on_where_time_ran_out(hall: TownHall) -> None:
    for number in range(120):
        hall.house.profile(f"q{number:03}")
    asked = iter([True] * 4 + [False] * 3)
    now, late = hall.clock.now, hall.clock.now() + timedelta(hours=1)
    hall.clock.now = lambda: now() if next(asked, True) else late  # type: ignore[method-assign]
    detecting.detect(hall.lookout, until=now() + timedelta(seconds=45))
    hall.clock.now = now  # type: ignore[method-assign]
    before = len(hall.store.all(Known, AGENCY))
    assert before < 121
    for _ in range(4):
        hall.clock.advance(60)
        hall.detect()
    assert len(hall.store.all(Known, AGENCY)) == 121
    assert all(each.rev == 0 for each in hall.store.all(Known, AGENCY)), "each once"


def test_one_profile_that_cannot_be_judged_does_not_silence_the_others(hall: TownHall) -> None:
    hall.house.profile("p2")
    hall.usual(3)
    broken = known(hall, "p2")
    hall.store.save(broken.but(volume="not json"))
    hall.write(30, profile="p2")
    hall.write(30)
    hall.clock.advance(5)
    done = hall.detect()
    assert done is not None and [each for each, _ in done.failed] == ["p2"]
    assert [each.profile for each in hall.alerts()] == ["p1"]


def test_what_another_agency_receives_rings_there_only(hall: TownHall) -> None:
    hall.house.profile("z1", agency="autre")
    hall.usual(2)
    hall.write(30, profile="z1", agency="autre")
    hall.minutes(1)
    assert hall.alerts() == []
    [theirs] = hall.store.all(Alert, "autre")
    assert theirs.profile == "z1" and hall.mailing_list.told == ["autre.sam"], "no duty officer there: who may, hears"


def test_nobody_to_tell_is_told_to_operations(hall: TownHall) -> None:
    for name in ("fleur", "ed", "ada"):
        hall.store.save(Notifications(agency=AGENCY, person=name, email=False))
    alert = rung(hall)
    assert hall.house.topic.subjects == ["Parvis: alert_unheard"]
    assert hall.told() == [] and alert.id in hall.house.topic.told[0][1]


def test_a_profile_that_was_taken_away_meanwhile_raises_nothing(hall: TownHall) -> None:
    hall.usual(2)
    hall.write(30)
    hall.store.remove(hall.house.profile_now())
    hall.minutes(1)
    assert hall.alerts() == []


def test_a_hundred_and_forty_people_are_all_told(hall: TownHall) -> None:
    for number in range(140):
        hall.person(f"officer{number}")
    rung(hall)
    hall.tell()
    assert len(set(hall.mailing_list.told)) == len(hall.mailing_list.told) == 142


def test_rows_are_read_across_the_hour_and_of_one_profile(hall: TownHall) -> None:
    start = hall.clock.now() - timedelta(minutes=5)
    for minute in range(10):
        hall.write(1, at=start + timedelta(minutes=minute), profile="p1" if minute % 2 else "p2")
    rows = list(between(AGENCY, start + timedelta(minutes=1), start + timedelta(minutes=9), store=hall.store))
    assert [each.at.minute for each in rows] == [56, 57, 58, 59, 0, 1, 2, 3]
    only = between(AGENCY, start, start + timedelta(minutes=10), store=hall.store, profile="p2")
    assert len(list(only)) == 5
    assert len({row.key()["pk"] for row in hall.store.all(Tally, AGENCY)}) == 2


def test_agencies_looked_at_longest_ago_come_first(hall: TownHall) -> None:
    hall.minutes(1)
    progress = hall.store.get(Progress, Progress.key_of("autre"))
    assert progress is not None
    hall.store.save(progress.but(seen_to=progress.seen_to - timedelta(minutes=9)))
    order: list[str] = []
    look = detecting._look
    detecting._look = lambda agency, *more: order.append(agency) or look(agency, *more)  # type: ignore[assignment,func-returns-value]
    try:
        hall.minutes(1)
    finally:
        detecting._look = look  # type: ignore[assignment]
    assert order == ["autre", AGENCY] and len(list(hall.store.query(AgencyListed, AgencyListed.PARTITION))) == 2


def test_the_fate_of_a_detection_is_counted() -> None:
    """The deaths above happen where they are meant to: within the steps a detection takes."""
    hall = TownHall()
    hall.usual(3)
    hall.write(30)
    hall.clock.advance(60)
    hall.fate.spare()
    hall.detect()
    assert 4 <= hall.fate.steps <= 8
    assert isinstance(hall.told()[0], Telling)
