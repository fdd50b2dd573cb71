"""How many messages reached a profile in a minute: one row a batch, written in the transaction that keeps the messages.

A row a batch and not a counter: nothing is counted twice when a batch is tried again, nothing is lost when a worker
dies, and no two workers ever wait for one item. An agency's rows of one hour lie together, in the order of time, so
that one query a minute tells the detector which profiles have anything new; they are read a few times and expire.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.store import Store

KEPT_FOR = timedelta(days=3)
_HOUR = timedelta(hours=1)


class Tally(Entity):
    """messages: ids of the messages (inbox Message.id) that came, for the evidence. at: when they were kept."""

    KIND: ClassVar[str] = "tally"
    TABLE: ClassVar[str] = "state"

    agency: str
    profile: str
    at: Moment
    batch: str
    messages: tuple[str, ...]

    @staticmethod
    def partition(agency: str, hour: datetime) -> str:
        """hour: any moment of it."""
        return agency_key(agency, "TALLY", stamp(hour)[:13])

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.at), "sk": f"{stamp(self.at)}#{self.profile}#{self.batch}"}

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int((self.at + KEPT_FOR).timestamp())}


def between(
    agency: str, start: datetime, end: datetime, *, store: Store, profile: str | None = None
) -> Iterator[Tally]:
    """The rows of [start, end), of every profile or of one, in order, read strongly consistent: a query an hour."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        cursor: str | None = None
        while True:
            rows, cursor = store.rows(
                "state",
                Tally.partition(agency, hour),
                # The end is exclusive: a key of the last moment itself goes on after it.
                between=(stamp(start), stamp(end)),
                consistent=True,
                cursor=cursor,
            )
            yield from (Tally.of(row) for row in rows if profile is None or row["profile"] == profile)
            if cursor is None:
                break
        hour += _HOUR
