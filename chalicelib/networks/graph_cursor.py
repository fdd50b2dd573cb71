"""Where a reading of comments goes on, on a network that has no one list of them: by time, with marks of what was told.

A cursor is the newest moment told and the marks of everything told within OVERLAP of it: comments come from replicas,
so that one may appear a little after a younger one. Pure.

It is for a network that can be asked for what is younger, page by page from the newest. Where there are only numbers of
comments to go by, marks.py keeps the place: its floor rises with the network's clock, while this one stands as long as
nothing is told, so that on a quiet Page nothing appears too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from chalicelib.networks.contract import Batch, Inbound
from chalicelib.networks.marks import mark_of

OVERLAP = timedelta(seconds=30)


def since_of(cursor: str | None) -> datetime | None:
    """From when on to read; None to begin, also for what is no cursor."""
    return _read(cursor)[0]


def batch_of(found: Iterable[Inbound], cursor: str | None, limit: int) -> Batch:
    """What of `found` was not told yet, oldest first, `limit` at most."""
    since, seen = _read(cursor)
    once = {each.remote_id: each for each in found}.values()
    known = [each for each in once if mark_of(each.remote_id) in seen]
    fresh = [
        each for each in once if mark_of(each.remote_id) not in seen and (since is None or each.written_at >= since)
    ]
    fresh.sort(key=lambda each: (each.written_at, each.remote_id))
    if since is None:
        fresh = fresh[-limit:]
    given, left = fresh[:limit], fresh[limit:]
    return Batch(given, _written(cursor, since, given, known), more=bool(left))


def _read(cursor: str | None) -> tuple[datetime | None, set[str]]:
    at, _, marks = (cursor or "").partition("|")
    try:
        newest = datetime.fromisoformat(at)
    except ValueError:
        return None, set()
    return (newest - OVERLAP if newest.tzinfo else None), set(marks.split(","))


def _written(before: str | None, since: datetime | None, given: Sequence[Inbound], known: list[Inbound]) -> str | None:
    if not given:
        return before
    newest = max([each.written_at for each in given] + ([since + OVERLAP] if since else []))
    marks = {mark_of(each.remote_id) for each in [*given, *known] if each.written_at >= newest - OVERLAP}
    return f"{newest.isoformat()}|{','.join(sorted(marks))}"
