"""Reading comments of which a network tells how many there are and not which are new. Pure.

What is read is told unless its mark is known; whose number did not change since the last reading need not be read. The
cursor holds a floor, below which nothing is told any more, the marks of what was told above it, and the numbers. When
everything is read, whatever the numbers (for one that went and one that came leave a number as it was), the floor
rises and the marks below it are forgotten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chalicelib.networks.contract import Batch, Inbound

OVERLAP = timedelta(minutes=10)
"""How late a comment may appear and still be told."""

EVERYTHING_EVERY = timedelta(minutes=15)

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_MARKS_MAX = 500


@dataclass(frozen=True)
class Place:
    """counts: of what stands below each thing, by its mark."""

    floor: datetime = _BEGINNING
    seen: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)


def mark_of(*parts: str) -> str:
    """Stands for a message in the cursor, which a flood would otherwise make long."""
    return hashlib.sha256(" ".join(parts).encode("utf-8", "replace")).hexdigest()[:12]


def is_due(place: Place, now: datetime) -> bool:
    """Whether everything is to be read; also where the marks are many, which a risen floor makes fewer."""
    return now - place.floor >= EVERYTHING_EVERY + OVERLAP or len(place.seen) > _MARKS_MAX


def told(
    place: Place,
    found: Mapping[str, tuple[Inbound, datetime]],
    *,
    limit: int,
    now: datetime,
    whole: bool,
    counts: Mapping[str, int],
) -> Batch:
    """found: by their marks, each with when it was written or changed last, by the network's clock, as `now` is."""
    fresh = sorted(
        ((mark, each) for mark, (each, _) in found.items() if mark not in place.seen),
        key=lambda pair: (pair[1].written_at, pair[1].remote_id),
    )
    if place == Place():
        fresh = fresh[-limit:]
    given = fresh[:limit]
    if len(fresh) > limit:
        # The numbers stay as they were, so that what is left is read again at once.
        after = Place(place.floor, place.seen | {mark for mark, _ in given}, place.counts)
    elif whole:
        floor = now - OVERLAP
        after = Place(floor, frozenset(mark for mark, (_, at) in found.items() if at >= floor), counts)
    else:
        after = Place(place.floor, place.seen | set(found), counts)
    return Batch([each for _, each in given], _written(after), more=len(fresh) > limit)


def read(cursor: str | None) -> Place:
    """What is no cursor of ours begins anew."""
    try:
        value = json.loads(cursor or "")
        return Place(
            datetime.fromisoformat(value["floor"]).astimezone(UTC),
            frozenset(str(each) for each in value["seen"]),
            {str(mark): int(number) for mark, number in value["counts"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return Place()


def _written(place: Place) -> str:
    value = {"floor": place.floor.isoformat(), "seen": sorted(place.seen), "counts": dict(place.counts)}
    return json.dumps(value, separators=(",", ":"))
