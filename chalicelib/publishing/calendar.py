"""The calendar: one index partition a month holds a row for each post and each delivery; drafts stand in "undated"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from chalicelib.entity import stamp
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.publishing.planning import load
from chalicelib.publishing.post import Post, PostState, post_state, state_of
from chalicelib.store import Store

_LONGEST_DAYS = 400
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DeliveryRow:
    profile: str
    network: str
    state: str
    due_at: str


@dataclass(frozen=True)
class PostRow:
    """due_at: RFC 3339, UTC, or None. media: how many images."""

    id: str
    title: str
    state: PostState
    department: str
    campaign: str | None
    due_at: str | None
    zone: str
    author: str
    author_name: str
    media: int
    deliveries: tuple[DeliveryRow, ...]


def between(agency: str, start: datetime, end: datetime, *, store: Store) -> list[PostRow]:
    """Every post that stands, or has a delivery, in [start, end); in the order of their times. One query a month."""
    if not _FIRST <= start < end <= _LAST or (end - start).days > _LONGEST_DAYS:
        raise InvalidInput("invalid_input", f"from before to, at most {_LONGEST_DAYS} days apart.", field="to")
    posts: dict[str, dict[str, Any]] = {}
    deliveries: dict[str, list[DeliveryRow]] = {}
    for row in rows_between(agency, start, end, store=store):
        if row["kind"] == "delivery":
            shown = DeliveryRow(row["profile"], row["network"], row["cal_state"], row["due_at"])
            deliveries.setdefault(row["post"], []).append(shown)
        else:
            posts[row["id"]] = row
    found = []
    for post_id in {**posts, **deliveries}:
        head, shown_here = posts.get(post_id), deliveries.get(post_id, [])
        if head is None or len(shown_here) < int(head["cal_deliveries"]):
            # Some of its deliveries were moved to another time: the table itself tells the whole.
            with suppress(NotFound):  # deleted a moment ago; an index follows its table
                planned = load(agency, post_id, store=store)
                found.append(_row_of(planned.post, planned.deliveries))
        else:
            found.append(_row(head, shown_here))
    return sorted(found, key=lambda each: (each.due_at or "", each.id))


def rows_between(
    agency: str, start: datetime, end: datetime, *, store: Store, months: int | None = None
) -> Iterator[dict[str, Any]]:
    """The index's rows of posts and deliveries in [start, end). One query a month, of which the first `months`."""
    for month in islice(_months(start, end), months):
        # The end is exclusive: no sort key of the last moment itself begins with a character below "#".
        yield from _all(Post.calendar_partition(agency, month), (stamp(start), stamp(end)), store)


def drafts(agency: str, *, store: Store, cursor: str | None, limit: int = 50) -> tuple[list[PostRow], str | None]:
    """Posts without a due time, newest first."""
    rows, following = store.rows(
        "content",
        Post.calendar_partition(agency, "undated"),
        index="calendar",
        reverse=True,
        limit=limit,
        cursor=cursor,
    )
    return [_row(row, []) for row in rows if row["kind"] == "post"], following


def _all(partition: str, span: tuple[str, str], store: Store) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        rows, cursor = store.rows("content", partition, index="calendar", between=span, cursor=cursor)
        yield from rows
        if cursor is None:
            return


def _months(start: datetime, end: datetime) -> Iterator[str]:
    year, month = int(stamp(start)[:4]), int(stamp(start)[5:7])
    while f"{year:04d}-{month:02d}" <= stamp(end)[:7]:
        yield f"{year:04d}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _row(row: dict[str, Any], deliveries: list[DeliveryRow]) -> PostRow:
    return PostRow(
        id=row["id"],
        title=row["cal_title"],
        state=state_of(
            decided=row.get("decided"),
            cancelled=bool(row.get("cancelled")),
            deliveries=[each.state for each in deliveries],
        ),
        department=row["department"],
        campaign=row.get("cal_campaign"),
        due_at=row.get("due_at"),
        zone=row["zone"],
        author=row["author"],
        author_name=row["author_name"],
        media=int(row["cal_media"]),
        deliveries=tuple(deliveries),
    )


def _row_of(post: Post, deliveries: Any) -> PostRow:
    shown = [DeliveryRow(each.profile, each.network, each.state, stamp(each.due_at)) for each in deliveries]
    return replace(_row({**post.item(), **post.index_keys()}, shown), state=post_state(post, deliveries))
