"""Reading a list that is given newest first: nothing is passed over, little is told twice, and it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.networks.backwards import OVERLAP, PAGES_MAX, SEEN_MAX, Entry, Page, read_back
from chalicelib.networks.contract import Batch, Citizen, Inbound, NotUnderstood, Unavailable

AT = datetime(2026, 3, 14, 9, tzinfo=UTC)


def entry(number: int, at: datetime, *, ours: bool = True, revision: str = "") -> Entry:
    message = Inbound(str(number), "mention", Citizen("c", "c"), f"n° {number}", at)
    return Entry(f"{number} {revision}", at, message if ours else None)


@dataclass
class Feed:
    """A network's list; its cursors say how many were given."""

    entries: list[Entry] = field(default_factory=list)
    reads: int = 0
    now: datetime = AT

    def add(self, number: int, *, late: timedelta = timedelta(0), **more: bool) -> None:
        self.entries.append(entry(number, self.now - late, **more))
        self.entries.sort(key=lambda each: each.at, reverse=True)

    def page(self, limit: int):  # type: ignore[no-untyped-def]
        def fetch(after: str | None, floor: datetime | None) -> Page:
            self.reads += 1
            start = int(after or 0)
            rest = self.entries[start : start + limit]
            more = start + limit < len(self.entries)
            return Page(rest, str(start + limit) if more else None)

        return fetch

    def read(self, cursor: str | None, limit: int = 5) -> Batch:
        return read_back(self.page(limit), cursor, limit=limit, now=self.now)

    def all(self, cursor: str | None, limit: int = 5) -> tuple[list[str], str | None]:
        told: list[str] = []
        for _ in range(PAGES_MAX + 1):
            batch = self.read(cursor, limit)
            assert len(batch.messages) <= limit
            told += [message.remote_id for message in batch.messages]
            cursor = batch.cursor
            if not batch.more:
                return told, cursor
        raise AssertionError("it never ends")


def test_the_first_reading_tells_the_newest_oldest_first_and_leaves_history_alone() -> None:
    feed = Feed()
    for number in range(20):
        feed.now += timedelta(minutes=30)
        feed.add(number)
    batch = feed.read(None)
    assert [message.remote_id for message in batch.messages] == ["15", "16", "17", "18", "19"]
    assert not batch.more
    assert feed.all(batch.cursor)[0] == []
    assert feed.reads == 2


def test_what_comes_after_a_first_reading_of_nothing_is_told_however_much_it_is() -> None:
    feed = Feed()
    cursor = feed.read(None).cursor
    for number in range(23):
        feed.now += timedelta(seconds=1)
        feed.add(number)
    told, cursor = feed.all(cursor)
    assert sorted(told, key=int) == [str(number) for number in range(23)]
    assert feed.all(cursor)[0] == []


def test_what_comes_on_top_while_a_backlog_is_read_is_told_after_it() -> None:
    feed = Feed()
    cursor = feed.read(None).cursor
    for number in range(12):
        feed.now += timedelta(seconds=1)
        feed.add(number)
    batch = feed.read(cursor)
    assert batch.more
    feed.now += timedelta(seconds=1)
    feed.add(99)
    told, cursor = feed.all(batch.cursor)
    first = {message.remote_id for message in batch.messages}
    later, _ = feed.all(cursor)
    assert sorted([*first, *told, *later], key=int) == [*(str(n) for n in range(12)), "99"]


def test_what_takes_its_place_below_what_was_seen_is_told() -> None:
    feed = Feed()
    for number in range(40):
        feed.now += timedelta(seconds=1)
        feed.add(number)
    _, cursor = feed.all(None)
    feed.add(98, late=timedelta(seconds=30))  # below the newest page, within the overlap
    assert "98" in feed.all(cursor)[0]


def test_what_claims_to_be_old_is_told_while_it_stands_on_the_newest_page() -> None:
    feed = Feed()
    feed.add(1)
    feed.now += timedelta(days=3)
    feed.add(2)
    _, cursor = feed.all(None)
    feed.add(3, late=timedelta(days=1))
    assert feed.all(cursor)[0] == ["3"]


def test_an_edit_is_told_again_and_what_is_none_of_ours_never() -> None:
    feed = Feed()
    feed.add(1)
    feed.add(2, ours=False)
    told, cursor = feed.all(None)
    assert told == ["1"]
    feed.entries = [entry(1, feed.now, revision="edited"), *feed.entries[1:]]
    assert feed.all(cursor)[0] == ["1"]


def test_a_server_that_gives_more_than_was_asked_is_told_in_batches() -> None:
    feed = Feed()
    cursor = feed.read(None).cursor
    for number in range(9):
        feed.now += timedelta(seconds=1)
        feed.add(number)
    told: list[str] = []
    for _ in range(9):
        batch = read_back(lambda after, floor: Page(feed.entries, None), cursor, limit=2, now=feed.now)
        assert len(batch.messages) <= 2
        told += [message.remote_id for message in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(told, key=int) == [str(number) for number in range(9)]
    assert not batch.more


def test_a_flood_is_told_whole_and_its_cursor_stays_small() -> None:
    feed = Feed()
    cursor = feed.read(None).cursor
    for number in range(1_000):
        feed.now += timedelta(milliseconds=50)
        feed.add(number)
    told, cursor = feed.all(cursor, limit=50)
    assert set(told) == {str(number) for number in range(1_000)}
    assert cursor is not None
    assert len(cursor) < 4_000
    again, _ = feed.all(cursor, limit=50)
    assert len(again) <= 50, "at most the page beyond what is remembered"


def test_endless_pages_come_to_an_end() -> None:
    count = 0

    def fetch(after: str | None, floor: datetime | None) -> Page:
        nonlocal count
        count += 1
        return Page([entry(count, AT)], str(count))

    cursor = read_back(lambda after, floor: Page([], None), None, limit=5, now=AT).cursor
    for _ in range(PAGES_MAX + 1):
        batch = read_back(fetch, cursor, limit=5, now=AT)
        cursor = batch.cursor
        if not batch.more:
            break
    assert not batch.more
    assert count == PAGES_MAX


def test_a_page_that_leads_to_itself_is_the_last() -> None:
    cursor = read_back(lambda after, floor: Page([], None), None, limit=5, now=AT).cursor
    first = read_back(lambda after, floor: Page([entry(1, AT)], "same"), cursor, limit=5, now=AT)
    assert first.more
    assert not read_back(lambda after, floor: Page([entry(1, AT)], "same"), first.cursor, limit=5, now=AT).more


def test_a_networks_cursor_that_died_begins_the_reading_anew() -> None:
    asked: list[str | None] = []

    def fetch(after: str | None, floor: datetime | None) -> Page:
        asked.append(after)
        if after is not None:
            raise NotUnderstood("http_400")
        return Page([entry(1, AT)], None)

    start = read_back(lambda after, floor: Page([], None), None, limit=5, now=AT).cursor
    half = read_back(lambda after, floor: Page([entry(1, AT)], "dead"), start, limit=5, now=AT).cursor
    batch = read_back(fetch, half, limit=5, now=AT)
    assert asked == ["dead", None]
    assert (batch.messages, batch.more) == ([], False)


def test_an_outage_keeps_the_place() -> None:
    def fetch(after: str | None, floor: datetime | None) -> Page:
        raise Unavailable("http_503")

    start = read_back(lambda after, floor: Page([], None), None, limit=5, now=AT).cursor
    with pytest.raises(Unavailable):
        read_back(fetch, start, limit=5, now=AT)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "12",
        "null",
        "[]",
        "{}",
        '{"top": 1}',
        '{"top": "x", "floor": "y", "seen": ""}',
        '{"top": "0001-01-01T00:00:00+14:00", "floor": "0001-01-01T00:00:00+14:00", "seen": ""}',
        '{"top": "2026-01-01T00:00:00+00:00", "floor": "2026-01-01T00:00:00+00:00", "seen": "!!"}',
        '{"top": "2026-01-01T00:00:00+00:00", "floor": "2026-01-01T00:00:00+00:00", "seen": "AAAA"}',
        '{"top": "2026-01-01T00:00:00+00:00", "floor": "2026-01-01T00:00:00+00:00", "seen": "", "next": 7}',
        "[" * 100_000,
    ],
)
def test_a_cursor_that_is_none_of_ours_begins_anew(cursor: str) -> None:
    feed = Feed()
    feed.add(1)
    assert [message.remote_id for message in feed.read(cursor).messages] == ["1"]


def test_a_time_in_the_future_does_not_hide_the_present() -> None:
    feed = Feed()
    feed.entries = [entry(1, AT + timedelta(days=365))]
    cursor = feed.read(None).cursor
    assert cursor is not None
    assert datetime.fromisoformat(json.loads(cursor)["top"]) == AT
    feed.now += timedelta(minutes=1)
    feed.add(2)
    assert feed.all(cursor)[0] == ["2"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, int(OVERLAP.total_seconds()) - 60), max_size=12), min_size=1, max_size=8),
    st.integers(1, 7),
)
def test_nothing_within_the_overlap_is_ever_passed_over(rounds: list[list[int]], limit: int) -> None:
    """Between readings a few seconds apart, messages arrive with the lateness that each claims."""
    feed = Feed()
    cursor = feed.read(None, limit).cursor
    told: list[str] = []
    number = 0
    for arriving in rounds:
        feed.now += timedelta(seconds=5)
        for late in arriving:
            feed.add(number, late=timedelta(seconds=late))
            number += 1
        found, cursor = feed.all(cursor, limit)
        told += found
    assert sorted(told, key=int) == [str(each) for each in range(number)], "each once, as long as SEEN_MAX holds them"
    assert number <= SEEN_MAX
