"""Telling people, once a quarter of an hour for each kind of thing; and looking, so that silence is noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.alerts.notice import QUIET, tell
from chalicelib.alerts.watch import Seen, look
from chalicelib.errors import Upstream
from chalicelib.networks.contract import Rejected
from tests.fakes.house import AGENCY, FakeHouse


def told(house: FakeHouse, code: str = "delivery_held", about: str = "late", agency: str = AGENCY) -> bool:
    return tell(
        agency, code, about=about, body="Delivery x-y.", store=house.store, topic=house.topic, now=house.clock.now()
    )


def watched(house: FakeHouse, dead_letters: int = 0) -> Seen:
    return look(store=house.store, topic=house.topic, dead_letters=lambda: dead_letters, now=house.clock.now())


def test_the_same_is_told_once_in_a_quarter_of_an_hour(house: FakeHouse) -> None:
    assert [told(house) for _ in range(5)] == [True, False, False, False, False]
    house.clock.advance(QUIET - timedelta(seconds=1))
    assert not told(house)
    house.clock.advance(1)
    assert told(house)
    assert len(house.topic.told) == 2


def test_another_kind_another_cause_and_another_agency_are_each_told(house: FakeHouse) -> None:
    assert told(house)
    assert told(house, "delivery_failed")
    assert told(house, about="paused")
    assert told(house, agency="autre")


def test_of_two_that_tell_at_once_one_does(house: FakeHouse) -> None:
    save, inner = house.store.save, []

    def raced(entity: object) -> None:
        if not inner:
            inner.append(None)
            inner.append(told(house))
        save(entity)  # type: ignore[arg-type]

    house.store.save = raced  # type: ignore[method-assign,assignment]
    assert not told(house)
    assert inner[1] is True
    assert len(house.topic.told) == 1


def test_what_could_not_be_told_is_told_at_the_next_occasion(house: FakeHouse) -> None:
    house.topic.down = True
    with pytest.raises(Upstream):
        told(house)
    house.topic.down = False
    assert told(house)
    assert len(house.topic.told) == 1


def test_trap_21_a_hundred_failures_of_a_kind_are_one_notice(house: FakeHouse) -> None:
    house.profile()
    house.sweep()
    house.network.next_outcomes(*[Rejected("content_refused", "no")] * 100)
    for number in range(100):
        house.scheduled(10, f"Message {number}")
    house.run(60)
    assert house.topic.subjects == ["Parvis: delivery_failed"]


def test_a_notice_quotes_nobody(house: FakeHouse) -> None:
    house.profile()
    house.sweep()
    house.network.next_outcomes(Rejected("content_refused", "Le texte « SECRET » est refusé"))
    house.scheduled(0, "Un SECRET de la mairie")
    house.run(5)
    assert len(house.topic.told) == 1
    assert "SECRET" not in str(house.topic.told)


def test_a_quiet_house_is_looked_at_and_nobody_is_disturbed(house: FakeHouse) -> None:
    house.sweep()
    seen = watched(house)
    assert (seen.overdue, seen.broken_profiles, seen.dead_letters) == (0, 0, 0)
    assert house.topic.told == []
    assert watched(house).rev == seen.rev + 1


def test_trap_03_a_sweep_that_stopped_is_noticed_within_minutes(house: FakeHouse) -> None:
    house.sweep()
    house.clock.advance(timedelta(minutes=3))
    watched(house)
    assert house.topic.told == []
    house.clock.advance(1)
    watched(house)
    assert house.topic.subjects == ["Parvis: sweep_stopped"]


def test_trap_03_workers_that_do_nothing_are_noticed_by_what_is_overdue(house: FakeHouse) -> None:
    house.profile()
    house.sweep()
    house.scheduled(0)
    house.scheduled(1)
    house.clock.advance(timedelta(minutes=4))
    house.sweep()
    seen = watched(house)
    assert (seen.overdue, seen.oldest_overdue_s) == (2, 240)
    assert house.topic.subjects == ["Parvis: deliveries_overdue"]


def test_dead_letters_and_broken_profiles_are_counted_over_every_agency(house: FakeHouse) -> None:
    house.profile("p1")
    house.profile("q1", agency="autre", status="broken")
    house.profile("q2", agency="autre", status="broken")
    seen = watched(house, dead_letters=2)
    assert (seen.broken_profiles, seen.dead_letters) == (2, 2)
    assert house.topic.subjects == ["Parvis: dead_letters"]
