"""An inbox of two parts: each goes on from its own place, whatever the other does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.networks.backwards import Entry, Page, read_back
from chalicelib.networks.contract import (
    Batch,
    Citizen,
    CredentialsRefused,
    Inbound,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    Unavailable,
)
from chalicelib.networks.parts import REFUSED_FOR, read_parts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def message(remote_id: str, seconds: int = 0) -> Inbound:
    return Inbound(
        remote_id=remote_id,
        kind="mention",
        author=Citizen("1", "a"),
        text="",
        written_at=NOW + timedelta(seconds=seconds),
    )


class List:
    """A network's list: its cursor is how many were told."""

    def __init__(self, *messages: Inbound) -> None:
        self.messages = list(messages)
        self.error: NetworkError | None = None
        self.asked = 0

    def __call__(self, cursor: str | None, limit: int) -> Batch:
        self.asked += 1
        if self.error is not None:
            raise self.error
        begin = max(0, len(self.messages) - limit) if cursor is None else int(cursor)
        given = self.messages[begin : begin + limit]
        return Batch(given, str(begin + len(given)), more=begin + len(given) < len(self.messages))


def ids(batch: Batch) -> list[str]:
    return [each.remote_id for each in batch.messages]


def test_a_first_reading_tells_the_newest_of_both_oldest_first() -> None:
    public, private = List(message("a", 1), message("c", 3)), List(message("b", 2), message("d", 4))
    batch = read_parts(public, private, None, limit=3, now=NOW)
    assert ids(batch) == ["b", "c", "d"]
    assert not batch.more


def test_both_are_told_once_and_never_more_than_asked() -> None:
    public, private = List(), List()
    cursor = read_parts(public, private, None, limit=2, now=NOW).cursor
    public.messages += [message(f"a{n}") for n in range(5)]
    private.messages += [message(f"b{n}") for n in range(5)]
    told: list[str] = []
    for _ in range(20):
        batch = read_parts(public, private, cursor, limit=2, now=NOW)
        assert len(batch.messages) <= 2
        told += ids(batch)
        cursor = batch.cursor
        if not batch.more:
            break
    assert not batch.more
    assert sorted(told) == [*(f"a{n}" for n in range(5)), *(f"b{n}" for n in range(5))]


def test_a_storm_in_public_does_not_keep_a_private_message_waiting() -> None:
    public, private = List(), List()
    cursor = read_parts(public, private, None, limit=2, now=NOW).cursor
    public.messages += [message(f"a{n}") for n in range(100)]
    private.messages.append(message("b"))
    first = read_parts(public, private, cursor, limit=2, now=NOW)
    second = read_parts(public, private, first.cursor, limit=2, now=NOW)
    assert "b" in ids(second)
    assert first.more
    assert second.more


@pytest.mark.parametrize("error", [NotPermitted("forbidden"), CredentialsRefused("forbidden"), NotUnderstood("gone")])
def test_what_may_not_be_read_in_private_is_asked_again_after_a_while(error: NetworkError) -> None:
    public, private = List(message("a")), List(message("b"))
    private.error = error
    batch = read_parts(public, private, None, limit=5, now=NOW)
    assert ids(batch) == ["a"]
    private.error = None
    soon = read_parts(public, private, batch.cursor, limit=5, now=NOW + REFUSED_FOR / 2)
    assert ids(soon) == []
    assert ids(read_parts(public, private, soon.cursor, limit=5, now=NOW + REFUSED_FOR)) == ["b"]


def test_a_private_part_that_is_away_is_asked_again_when_it_says() -> None:
    public, private = List(), List(message("b"))
    private.error = Unavailable("rate_limited", wait=timedelta(minutes=3))
    batch = read_parts(public, private, None, limit=5, now=NOW)
    private.error = None
    assert ids(read_parts(public, private, batch.cursor, limit=5, now=NOW + timedelta(minutes=2))) == []
    assert ids(read_parts(public, private, batch.cursor, limit=5, now=NOW + timedelta(minutes=3))) == ["b"]


def test_a_public_part_that_is_away_is_said_when_nothing_else_is() -> None:
    public, private = List(message("a")), List(message("b"))
    public.error = Unavailable("http_503")
    batch = read_parts(public, private, None, limit=5, now=NOW)
    assert ids(batch) == ["b"]
    with pytest.raises(Unavailable, match="http_503"):
        read_parts(public, private, batch.cursor, limit=5, now=NOW)
    public.error = None
    assert ids(read_parts(public, private, batch.cursor, limit=5, now=NOW)) == ["a"]


def test_credentials_that_public_reading_finds_refused_are_refused() -> None:
    public, private = List(), List(message("b"))
    public.error = CredentialsRefused("credentials_refused")
    with pytest.raises(CredentialsRefused):
        read_parts(public, private, None, limit=5, now=NOW)
    assert private.asked == 0


def test_the_private_part_rests_once_it_was_read_to_its_end() -> None:
    public, private = List(), List()
    pace = timedelta(seconds=65)
    cursor = read_parts(public, private, None, limit=5, now=NOW, pace=pace).cursor
    cursor = read_parts(public, private, cursor, limit=5, now=NOW + pace / 2, pace=pace).cursor
    assert (public.asked, private.asked) == (2, 1)
    private.messages += [message(f"b{n}") for n in range(7)]
    batch = read_parts(public, private, cursor, limit=5, now=NOW + pace, pace=pace)
    assert batch.more
    rest = read_parts(public, private, batch.cursor, limit=5, now=NOW + pace, pace=pace)
    assert [*ids(batch), *ids(rest)] == [f"b{n}" for n in range(7)]


@pytest.mark.parametrize("old", ["2026-11-24T11:00:00+00:00|abc,def", "3", "nonsense"])
def test_a_cursor_of_the_public_part_alone_is_still_read(old: str) -> None:
    seen: list[str | None] = []

    def public(cursor: str | None, limit: int) -> Batch:
        seen.append(cursor)
        return Batch([], cursor)

    first = read_parts(public, List(message("b")), old, limit=5, now=NOW)
    read_parts(public, List(), first.cursor, limit=5, now=NOW)
    assert seen == [old, old]
    assert ids(first) == ["b"]


def test_an_old_place_of_a_backward_reading_is_kept() -> None:
    entries = [Entry("a", NOW, message("a"))]
    old = read_back(lambda after, floor: Page(entries, None), None, limit=5, now=NOW).cursor

    def public(cursor: str | None, limit: int) -> Batch:
        return read_back(lambda after, floor: Page(entries, None), cursor, limit=limit, now=NOW)

    assert ids(read_parts(public, List(), old, limit=5, now=NOW)) == [], "told before, not told again"


def test_an_old_cursor_gives_the_first_private_reading_all_the_room() -> None:
    public, private = List(message("a")), List(*(message(f"b{n}") for n in range(3)))
    first = read_parts(public, private, "0", limit=3, now=NOW)
    assert (ids(first), first.more) == (["a"], True)
    second = read_parts(public, private, first.cursor, limit=3, now=NOW)
    assert ids(second) == ["b0", "b1", "b2"]


@pytest.mark.parametrize("odd", ['{"parts": 7}', '{"parts": [1]}', '{"parts": [7, null], "not_before": "x"}'])
def test_what_is_no_cursor_of_ours_begins_anew(odd: str) -> None:
    assert ids(read_parts(List(message("a")), List(), odd, limit=5, now=NOW)) == ["a"]
