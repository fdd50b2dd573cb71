"""Reading by numbers and marks: everything is told once, however it arrives, is cut into batches and comes late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks import marks
from chalicelib.networks.contract import Batch, Citizen, Inbound
from chalicelib.networks.marks import EVERYTHING_EVERY, OVERLAP, Place, mark_of

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Post:
    """One post whose comments may be written, seen late and taken away; the network says how many there are."""

    def __init__(self) -> None:
        self.now = START
        self.comments: dict[str, tuple[datetime, datetime]] = {}  # name -> (written, seen from)

    def shown(self) -> dict[str, datetime]:
        return {name: at for name, (at, seen) in self.comments.items() if seen <= self.now}

    def read(self, cursor: str | None, limit: int = 50) -> Batch:
        place = marks.read(cursor)
        counts, whole = {"post": len(self.shown())}, marks.is_due(place, self.now)
        found: dict[str, tuple[Inbound, datetime]] = {}
        if whole or counts != place.counts:
            for name, at in self.shown().items():
                if at >= place.floor:
                    found[mark_of(name)] = Inbound(name, "comment", Citizen("z", ""), name, at), at
        return marks.told(place, found, limit=limit, now=self.now, whole=whole, counts=counts)


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(0, int(OVERLAP.total_seconds()) - 1), st.booleans()), max_size=40
    ),
    st.integers(1, 7),
)
def test_whatever_appears_within_the_overlap_is_told_once(steps: list[tuple[int, int, bool]], limit: int) -> None:
    """Each step: so many seconds later somebody writes what is seen so many seconds late; then a reading, or none."""
    post = Post()
    cursor = post.read(None).cursor
    told: list[str] = []

    def read_to_the_end() -> None:
        nonlocal cursor
        for _ in range(100):
            batch = post.read(cursor, limit)
            assert len(batch.messages) <= limit
            told.extend(each.remote_id for each in batch.messages)
            cursor = batch.cursor
            if not batch.more:
                return
        raise AssertionError("it never ended")

    for number, (later, late, reads) in enumerate(steps):
        post.now += timedelta(seconds=later)
        post.comments[f"c{number}"] = (post.now, post.now + timedelta(seconds=late))
        if reads:
            read_to_the_end()
    # Readings go on, as often as the poller asks.
    for _ in range(30):
        post.now += timedelta(seconds=60)
        read_to_the_end()
    assert sorted(told) == sorted(post.comments)


def test_a_swap_that_leaves_the_number_is_seen_when_everything_is_read() -> None:
    post = Post()
    post.comments["old"] = (START, START)
    cursor = post.read(None).cursor
    del post.comments["old"]
    post.comments["new"] = (START + timedelta(seconds=1), START)
    post.now += timedelta(minutes=5)
    batch = post.read(cursor)
    assert list(batch.messages) == []
    post.now = START + EVERYTHING_EVERY
    assert [each.remote_id for each in post.read(batch.cursor).messages] == ["new"]


def test_many_marks_raise_the_floor() -> None:
    post = Post()
    cursor = post.read(None).cursor
    for n in range(700):
        post.comments[f"c{n}"] = (post.now + timedelta(seconds=n), post.now)
    post.now += timedelta(seconds=701)
    while (batch := post.read(cursor)).more:
        cursor = batch.cursor
    assert len(json.loads(str(batch.cursor))["seen"]) <= 700
    post.now += OVERLAP
    batch = post.read(batch.cursor)
    assert json.loads(str(batch.cursor))["seen"] == [], "below the floor nothing need be remembered"


@pytest.mark.parametrize(
    "cursor",
    [None, "", "{", "[]", "7", '{"floor": "x", "seen": [], "counts": {}}', '{"floor": "2026-01-01T00:00:00+00:00"}'],
)
def test_what_is_no_cursor_begins_anew(cursor: str | None) -> None:
    assert marks.read(cursor) == Place()
