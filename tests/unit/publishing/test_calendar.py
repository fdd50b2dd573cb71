"""The calendar shows every post, wherever its deliveries were moved, and nothing of another agency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.errors import InvalidInput
from chalicelib.publishing import calendar, planning, waiting
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse


def rows(house: FakeHouse, start: datetime, end: datetime, agency: str = AGENCY) -> list[calendar.PostRow]:
    return calendar.between(agency, start, end, store=house.store)


@pytest.mark.parametrize("offset_s", [0, 1, 59, 3600, 86_399])
def test_a_post_at_any_second_of_a_day_is_in_that_day_once(house: FakeHouse, offset_s: int) -> None:
    """Trap 25: week and day views lose posts."""
    day = datetime(2026, 11, 30, tzinfo=UTC)
    planned = house.scheduled(day + timedelta(seconds=offset_s))
    found = [rows(house, day + timedelta(days=n), day + timedelta(days=n + 1)) for n in (-1, 0, 1)]
    assert [[each.id for each in one] for one in found] == [[], [planned.post.id], []]
    assert [each.state for each in found[1][0].deliveries] == ["queued"]


def test_the_end_is_exclusive_and_the_beginning_is_not(house: FakeHouse) -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    house.scheduled(at)
    assert rows(house, at - timedelta(days=1), at) == []
    assert len(rows(house, at, at + timedelta(seconds=1))) == 1


def test_a_span_over_months_and_years_holds_all(house: FakeHouse) -> None:
    for days in range(0, 120, 7):
        house.scheduled(timedelta(days=days, minutes=5), f"Jour {days}")
    start = house.clock.now()
    assert len(rows(house, start, start + timedelta(days=121))) == len(range(0, 120, 7))


def test_a_delivery_moved_by_itself_shows_at_its_own_time_and_the_post_tells_the_whole(house: FakeHouse) -> None:
    house.profile("p2")
    planned = house.scheduled(timedelta(days=1), "Bonjour", "p1", "p2")
    elsewhere = house.clock.now() + timedelta(days=40)
    waiting.reschedule(house.delivery(planned, "p2").id, elsewhere, actor=PUBLISHER, bench=house.bench)
    for start in (house.clock.now(), elsewhere - timedelta(days=1)):
        (row,) = rows(house, start, start + timedelta(days=3))
        assert sorted(each.profile for each in row.deliveries) == ["p1", "p2"]


def test_an_index_that_still_shows_what_was_just_deleted_does_not_take_the_calendar_down(house: FakeHouse) -> None:
    """Indexes follow their table: for a moment the delivery's row stands while the post is gone."""
    kept = house.scheduled(600, "Reste")
    gone = house.scheduled(600, "Supprimé")
    read = house.store.rows

    def behind(table: str, pk: str, **more: object) -> object:
        found, cursor = read(table, pk, **more)  # type: ignore[arg-type]
        return found + stale if more.get("index") == "calendar" else found, cursor

    stale = [
        row
        for row in read("content", f"A#{AGENCY}#CALENDAR#2026-11", index="calendar")[0]
        if row["kind"] == "delivery" and row["post"] == gone.post.id
    ]
    assert stale
    planning.delete(gone.post.id, expected=gone.post.rev, actor=PUBLISHER, bench=house.bench)
    house.store.rows = behind  # type: ignore[method-assign,assignment]
    found = rows(house, house.clock.now(), house.clock.now() + timedelta(days=1))
    assert [each.id for each in found] == [kept.post.id]


def test_another_agencys_posts_are_not_shown(house: FakeHouse) -> None:
    house.scheduled(600)
    assert rows(house, house.clock.now(), house.clock.now() + timedelta(days=1), agency="autre") == []


def test_a_span_without_end_or_backwards_is_refused(house: FakeHouse) -> None:
    now = house.clock.now()
    for end in (now, now - timedelta(days=1), now + timedelta(days=401)):
        with pytest.raises(InvalidInput):
            rows(house, now, end)


def test_drafts_are_listed_newest_first_page_by_page(house: FakeHouse) -> None:
    made = []
    for number in range(5):
        made.append(house.written(f"Brouillon {number}").post.id)
        house.clock.advance(1)
    house.scheduled(600, "Pas un brouillon")
    first, cursor = calendar.drafts(AGENCY, store=house.store, cursor=None, limit=3)
    second, last = calendar.drafts(AGENCY, store=house.store, cursor=cursor, limit=3)
    assert [each.id for each in first + second] == made[::-1]
    assert last is None
