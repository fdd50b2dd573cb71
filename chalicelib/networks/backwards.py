"""Reading a list that a network gives newest first, so that nothing is passed over between two readings. Pure.

Networks page from the newest backwards with cursors of their own, and what is new does not always arrive on top: a post
takes its place by the time that its author's device claims, or that it took to travel. So our cursor says what was
seen, not where a page ended:

    top    the newest moment seen; the next reading goes back beyond it by OVERLAP
    floor  how far back this reading goes
    next   the network's own cursor, while a reading has not yet come down to its floor
    seen   digests of the newest SEEN_MAX messages (id and revision), which are not told again

One call reads one page. A backlog of several pages is told from its newest page down, each page oldest first; until
the floor is reached, `more` is true, and what came on top meanwhile is told after that. Where more than SEEN_MAX
messages lie within OVERLAP, the overlap shrinks to them. A message that appears more than OVERLAP late is still told
if it appears on the newest page; what claims to be older than both is not seen.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chalicelib.networks.contract import Batch, Inbound, NotUnderstood

OVERLAP = timedelta(minutes=10)
SEEN_MAX = 200
PAGES_MAX = 1_000
"""Of one reading, in which a server that never ends would keep us for ever."""

_SEEN = struct.Struct(">6sI")


@dataclass(frozen=True)
class Entry:
    """at: by what the network sorts. message: None where it is none for us (a like, a post of our own)."""

    key: str
    at: datetime
    message: Inbound | None


@dataclass(frozen=True)
class Page:
    """Newest first. next: the network's cursor to what is older, None at the end."""

    entries: Sequence[Entry]
    next: str | None


@dataclass(frozen=True)
class _Place:
    top: datetime
    floor: datetime
    next: str | None = None
    pages: int = 0
    seen: dict[bytes, int] = field(default_factory=dict)  # digest -> seconds since 1970


def read_back(
    fetch: Callable[[str | None, datetime | None], Page], cursor: str | None, *, limit: int, now: datetime
) -> Batch:
    """fetch(next, floor) reads one page of at most `limit`; `floor` is a hint, None at the first reading.

    Raises what `fetch` raises. A page that is refused (NotUnderstood) in the middle of a reading is begun anew from the
    top, once: a network's cursor may have died meanwhile.
    """
    place = _parse(cursor, now)
    if place is None:
        page = fetch(None, None)
        there = _fresh(page.entries, {})
        top = min(max((entry.at for entry in there), default=now), now)
        return _batch(there[:limit], _settled(_Place(top, top, seen=_remembered({}, there))), more=False)
    try:
        page = fetch(place.next, place.floor)
    except NotUnderstood:
        if place.next is None:
            raise
        place = replace(place, next=None)
        page = fetch(None, place.floor)
    unseen = _fresh(page.entries, place.seen)
    fresh = unseen[:limit]
    top = max([place.top, *(min(entry.at, now) for entry in fresh)])
    place = replace(place, top=top, seen=_remembered(place.seen, fresh), pages=place.pages + 1)
    if len(unseen) > limit:  # a server that gives more than it was asked for: the same page again
        return _batch(fresh, place, more=True)
    below = sum(entry.at < place.floor for entry in page.entries)
    at_the_end = page.next is None or page.next == place.next or below * 2 > len(page.entries)
    if at_the_end or place.pages >= PAGES_MAX:
        return _batch(fresh, _settled(place), more=False)
    return _batch(fresh, replace(place, next=page.next), more=True)


def _fresh(entries: Sequence[Entry], seen: dict[bytes, int]) -> list[Entry]:
    """Each once, in the network's order, without what was seen."""
    found: dict[bytes, Entry] = {}
    for entry in entries[:SEEN_MAX]:
        found.setdefault(_digest(entry.key), entry)
    return [entry for digest, entry in found.items() if digest not in seen]


def _remembered(seen: dict[bytes, int], fresh: Sequence[Entry]) -> dict[bytes, int]:
    """The newest SEEN_MAX of both."""
    both = {**seen, **{_digest(entry.key): _seconds(entry.at) for entry in fresh}}
    return dict(sorted(both.items(), key=lambda each: each[1], reverse=True)[:SEEN_MAX])


def _settled(place: _Place) -> _Place:
    """A reading has ended: how far back the next one goes."""
    floor = place.top - OVERLAP
    if len(place.seen) == SEEN_MAX:
        floor = max(floor, datetime.fromtimestamp(min(place.seen.values()), UTC))
    return replace(place, floor=floor, next=None, pages=0)


def _batch(fresh: Sequence[Entry], place: _Place, *, more: bool) -> Batch:
    messages = sorted((entry for entry in fresh if entry.message), key=lambda entry: entry.at)
    return Batch([entry.message for entry in messages if entry.message], _written(place), more)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()[:6]


def _seconds(at: datetime) -> int:
    return min(max(int(at.timestamp()), 0), 2**32 - 1)


def _written(place: _Place) -> str:
    seen = b"".join(_SEEN.pack(digest, at) for digest, at in place.seen.items())
    value: dict[str, object] = {
        "top": place.top.isoformat(),
        "floor": place.floor.isoformat(),
        "seen": base64.b64encode(seen).decode(),
    }
    if place.next is not None:
        value |= {"next": place.next, "pages": place.pages}
    return json.dumps(value, separators=(",", ":"))


def _parse(cursor: str | None, now: datetime) -> _Place | None:
    """None also for a cursor that is none of ours: the reading begins anew."""
    if cursor is None:
        return None
    try:
        value = json.loads(cursor)
        seen = base64.b64decode(value["seen"], validate=True)
        after, pages = value.get("next"), value.get("pages", 0)
        if not isinstance(after, str | None) or not isinstance(pages, int):
            return None
        return _Place(
            # A clock that was ahead must not keep the present from being read.
            top=min(datetime.fromisoformat(value["top"]).astimezone(UTC), now),
            floor=datetime.fromisoformat(value["floor"]).astimezone(UTC),
            next=after,
            pages=pages,
            seen=dict(_SEEN.iter_unpack(seen)),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, struct.error):
        return None
