"""Reading an inbox of two parts, what is said in public and what in private, each from a place of its own. Pure.

A network gives them in two lists, under different permissions and limits. One that fails keeps its place and holds the
other up by nothing:

- The public part decides about the account: what it raises is raised, unless there are private messages to tell first
  (then it is raised by the next reading). Credentials that it finds refused are raised at once.
- Whatever the private part raises says nothing of the rest: an account that was connected before private messages were
  asked for, or that may not read them, goes on being read. It is asked again after a while.

The cursor holds those of both parts, and from when on the private part is asked again. One of a time when there was
only the public part is that part's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.networks.contract import Batch, CredentialsRefused, Inbound, NetworkError, Unavailable

Read = Callable[[str | None, int], Batch]
"""(the part's own cursor, at most so many) -> what is there."""

REFUSED_FOR = timedelta(minutes=10)
"""How long a private part that may not be read, or was not understood, is left alone: a person may have connected the
profile again meanwhile."""


@dataclass(frozen=True)
class _Place:
    """private_first: the last reading had no room for it."""

    public: str | None = None
    private: str | None = None
    not_before: datetime | None = None
    private_first: bool = False


def read_parts(
    public: Read, private: Read, cursor: str | None, *, limit: int, now: datetime, pace: timedelta = timedelta(0)
) -> Batch:
    """pace: how long the private part rests after it was read to its end. Raises what `public` raises."""
    place = _parse(cursor)
    told: list[Inbound] = []
    more, failure = False, None
    waiting = place.not_before is not None and now < place.not_before
    order = ("private", "public") if place.private_first else ("public", "private")
    place = replace(place, private_first=False)
    for part in order:
        before = place.public if part == "public" else place.private
        if part == "private" and waiting:
            continue
        room = limit if cursor is None else limit - len(told)
        # A first reading tells the newest that there are, and is given all the room.
        if room < 1 or (before is None and told and cursor is not None):
            more, place = True, replace(place, private_first=part == "private")
            continue
        try:
            batch = public(before, room) if part == "public" else private(before, room)
        except CredentialsRefused:
            if part == "public":
                raise
            place = replace(place, not_before=now + REFUSED_FOR)
        except NetworkError as error:
            if part == "public":
                failure = error
            else:
                wait = error.wait if isinstance(error, Unavailable) else REFUSED_FOR
                place = replace(place, not_before=now + wait)
        else:
            told += batch.messages
            more = more or batch.more
            if part == "public":
                place = replace(place, public=batch.cursor)
            else:
                place = replace(place, private=batch.cursor, not_before=None if batch.more else now + pace)
    if failure is not None and not told:
        raise failure
    return Batch(_newest(told, limit) if cursor is None else told, _written(place), more)


def _newest(told: Sequence[Inbound], limit: int) -> list[Inbound]:
    return sorted(told, key=lambda each: each.written_at)[-limit:]


def _parse(cursor: str | None) -> _Place:
    if cursor is None:
        return _Place()
    try:
        value = json.loads(cursor)
    except (ValueError, RecursionError):
        return _Place(public=cursor)
    if not isinstance(value, dict) or "parts" not in value:
        return _Place(public=cursor)
    try:
        first, second = value["parts"]
        at = value.get("not_before")
        not_before = datetime.fromisoformat(at) if isinstance(at, str) else None
    except (ValueError, TypeError):
        return _Place()  # none of ours: both parts begin anew
    return _Place(
        public=first if isinstance(first, str) else None,
        private=second if isinstance(second, str) else None,
        not_before=not_before if not_before is not None and not_before.tzinfo else None,
        private_first=value.get("private_first") is True,
    )


def _written(place: _Place) -> str:
    value: dict[str, object] = {"parts": [place.public, place.private]}
    if place.not_before is not None:
        value["not_before"] = place.not_before.isoformat()
    if place.private_first:
        value["private_first"] = True
    return json.dumps(value, separators=(",", ":"))
