"""Events of the agency: who may plan them, where they stand, and that a month's rows are never anything but theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.agenda import event as events
from chalicelib.agenda.event import AgencyEvent, EventInMonth, Span
from chalicelib.errors import Forbidden, InvalidInput, NotFound, Stale
from chalicelib.records.event import Event
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, PUBLISHER, STRANGER, FakeHouse

WATER_ONLY = Actor(AGENCY, "wanda", "Wanda", {"water": "contributor"})
READER = Actor(AGENCY, "rita", "Rita", {"water": "analyst"})


def plan(house: FakeHouse, *, actor: Actor = PUBLISHER, department: str | None = None, **span: Any) -> AgencyEvent:
    return events.create(
        title=" Marché\n de Noël ",
        note="Place Haute",
        department=department,
        span=Span(**span),
        actor=actor,
        store=house.store,
        clock=house.clock,
    )


def move(house: FakeHouse, event: AgencyEvent, *, actor: Actor = PUBLISHER, **more: Any) -> AgencyEvent:
    fields: dict[str, Any] = {"department": event.department, "expected": event.rev, **more}
    span = Span(**{name: fields.pop(name) for name in list(fields) if name.startswith(("starts", "ends", "zone"))})
    return events.change(
        event.id, title="Marché", note="", span=span, actor=actor, store=house.store, clock=house.clock, **fields
    )


def shown(house: FakeHouse, first: str, end: str, agency: str = AGENCY) -> list[str]:
    found = events.between(agency, date.fromisoformat(first), date.fromisoformat(end), store=house.store)
    return [each.id for each in found]


def test_whole_days_stand_on_their_days_and_nowhere_else(house: FakeHouse) -> None:
    made = plan(house, starts_on=date(2026, 11, 30), ends_on=date(2026, 12, 2))
    assert made.title == "Marché de Noël"
    for first, end, there in (
        ("2026-11-29", "2026-11-30", False),
        ("2026-11-30", "2026-12-01", True),
        ("2026-12-02", "2026-12-03", True),
        ("2026-12-03", "2026-12-04", False),
        ("2026-11-01", "2027-01-01", True),
        ("2026-12-01", "2026-12-02", True),
    ):
        assert shown(house, first, end) == ([made.id] if there else []), (first, end)


@pytest.mark.parametrize(
    ("zone", "local"),
    [("Pacific/Kiritimati", "2026-12-01T00:30:00+14:00"), ("Etc/GMT+12", "2026-11-30T23:30:00-12:00")],
)
def test_what_has_a_time_is_in_the_day_of_every_clock(house: FakeHouse, zone: str, local: str) -> None:
    made = plan(house, starts_at=datetime.fromisoformat(local), zone=zone)
    day = date.fromisoformat(local[:10])
    assert shown(house, day.isoformat(), (day + timedelta(days=1)).isoformat()) == [made.id]


def test_a_month_is_one_query_whatever_it_holds(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(2, 30):
        plan(house, starts_on=date(2026, 11, day))
    asked: list[str] = []
    read = house.store.query

    def counted(kind: Any, pk: str, **more: Any) -> Any:
        asked.append(pk)
        return read(kind, pk, **more)

    monkeypatch.setattr(house.store, "query", counted)
    assert len(shown(house, "2026-11-02", "2026-11-30")) == 28
    assert asked == [EventInMonth.partition(AGENCY, "2026-11")]


def test_they_stand_in_their_order(house: FakeHouse) -> None:
    late = plan(house, starts_at=datetime(2026, 11, 24, 18, tzinfo=UTC), zone="Europe/Paris")
    early = plan(house, starts_at=datetime(2026, 11, 24, 8, tzinfo=UTC), zone="Europe/Paris")
    whole = plan(house, starts_on=date(2026, 11, 24))
    assert shown(house, "2026-11-24", "2026-11-25") == [whole.id, early.id, late.id]


def test_a_move_leaves_nothing_in_the_month_it_left(house: FakeHouse) -> None:
    made = plan(house, starts_on=date(2026, 10, 20), ends_on=date(2026, 12, 5))
    moved = move(house, made, starts_on=date(2026, 12, 20), ends_on=date(2027, 1, 3))
    assert shown(house, "2026-10-01", "2026-12-01") == []
    assert shown(house, "2026-12-01", "2027-02-01") == [moved.id]
    rows = house.store.all(EventInMonth, AGENCY)
    assert sorted(each.month for each in rows) == ["2026-12", "2027-01"]
    assert {each.event.rev for each in rows} == {moved.rev}
    timed = move(house, moved, starts_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC), zone="Europe/Paris")
    assert (timed.starts_on, timed.ends_on) == (None, None)
    events.delete(timed.id, expected=timed.rev, actor=PUBLISHER, store=house.store, clock=house.clock)
    assert not house.store.all(EventInMonth, AGENCY) and not house.store.all(AgencyEvent, AGENCY)
    told = house.store.query(Event, Event.partition(AGENCY, f"AGENCYEVENT#{made.id}"))
    kinds = sorted(each.what for each in told)
    assert kinds == ["agency_event.changed", "agency_event.changed", "agency_event.created", "agency_event.deleted"]


def test_of_two_who_change_it_the_second_is_told(house: FakeHouse) -> None:
    made = plan(house, starts_on=date(2026, 11, 24))
    move(house, made, starts_on=date(2026, 11, 25))
    with pytest.raises(Stale):
        move(house, made, starts_on=date(2026, 11, 26))
    with pytest.raises(Stale):
        events.delete(made.id, expected=made.rev, actor=PUBLISHER, store=house.store, clock=house.clock)
    assert shown(house, "2026-11-25", "2026-11-26") == [made.id]


def test_a_change_that_loses_at_the_table_writes_no_row(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at the same instant: both read the same version, and the table decides."""
    made = plan(house, starts_on=date(2026, 11, 24))
    monkeypatch.setattr(events, "find", lambda *_, **__: made)
    move(house, made, starts_on=date(2026, 11, 25))
    with pytest.raises(Stale):
        move(house, made, starts_on=date(2027, 3, 1))
    assert shown(house, "2027-02-01", "2027-04-01") == []


def test_who_may_write_plans_them_and_in_their_department(house: FakeHouse) -> None:
    for actor in (CONTRIBUTOR, ADMINISTRATOR, WATER_ONLY):
        plan(house, actor=actor, starts_on=date(2026, 11, 24))
        plan(house, actor=actor, department="water", starts_on=date(2026, 11, 24))
    for actor, department in ((READER, None), (READER, "water"), (WATER_ONLY, "police"), (WATER_ONLY, "nowhere")):
        with pytest.raises(Forbidden):
            plan(house, actor=actor, department=department, starts_on=date(2026, 11, 24))
    police = plan(house, department="police", starts_on=date(2026, 11, 24))
    water = plan(house, department="water", starts_on=date(2026, 11, 24))
    with pytest.raises(Forbidden):
        move(house, police, actor=WATER_ONLY, department="water", starts_on=date(2026, 11, 24))
    with pytest.raises(Forbidden):
        move(house, water, actor=WATER_ONLY, department="police", starts_on=date(2026, 11, 24))
    with pytest.raises(Forbidden):
        events.delete(police.id, expected=0, actor=WATER_ONLY, store=house.store, clock=house.clock)


def test_another_agencys_does_not_exist(house: FakeHouse) -> None:
    made = plan(house, starts_on=date(2026, 11, 24))
    assert shown(house, "2026-11-01", "2026-12-01", agency="autre") == []
    with pytest.raises(NotFound):
        move(house, made, actor=STRANGER, department=None, starts_on=date(2026, 11, 25))
    with pytest.raises(NotFound):
        events.delete(made.id, expected=0, actor=STRANGER, store=house.store, clock=house.clock)


AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("span", "field"),
    [
        ({}, "starts_on"),
        ({"starts_on": DAY, "starts_at": AT, "zone": "UTC"}, "starts_on"),
        ({"starts_on": DAY, "ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": DAY, "ends_on": DAY + timedelta(days=367)}, "ends_on"),
        ({"starts_on": DAY, "ends_at": AT}, "ends_at"),
        ({"starts_on": DAY, "zone": "UTC"}, "ends_at"),
        ({"starts_at": AT}, "zone"),
        ({"starts_at": AT, "zone": "Mars/Olympus"}, "zone"),
        ({"starts_at": AT, "zone": "../../etc/passwd"}, "zone"),
        ({"starts_at": AT, "zone": "UTC", "ends_on": DAY}, "ends_on"),
        ({"starts_at": AT, "zone": "UTC", "ends_at": AT - timedelta(seconds=1)}, "ends_at"),
        ({"starts_on": date(1, 1, 1)}, "ends_on"),
        ({"starts_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "zone": "UTC"}, "ends_at"),
    ],
    ids=str,
)
def test_a_time_that_is_none_is_refused_and_nothing_is_written(
    house: FakeHouse, span: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan(house, **span)
    assert refused.value.field == field
    assert not house.store.all(AgencyEvent, AGENCY) and not house.store.all(EventInMonth, AGENCY)


def test_a_title_of_nothing_is_refused(house: FakeHouse) -> None:
    with pytest.raises(InvalidInput):
        events.create(
            title=" \n ",
            note="",
            department=None,
            span=Span(starts_on=DAY),
            actor=PUBLISHER,
            store=house.store,
            clock=house.clock,
        )


@pytest.mark.parametrize(("first", "end"), [(DAY, DAY), (DAY, DAY - timedelta(1)), (DAY, DAY + timedelta(367))])
def test_a_span_without_end_or_backwards_is_refused(house: FakeHouse, first: date, end: date) -> None:
    with pytest.raises(InvalidInput):
        events.between(AGENCY, first, end, store=house.store)
