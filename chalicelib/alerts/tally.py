"""How many messages reached a profile in a minute: one row a batch, written in the transaction that keeps the messages.

A row a batch and not a counter: nothing is counted twice when a batch is tried again, nothing is lost when a worker
dies, and no two workers ever wait for one item. Rows are read once or twice by the detector and expire.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.store import Store

KEPT_FOR = timedelta(days=3)


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
    def partition(agency: str, profile: str) -> str:
        return agency_key(agency, "TALLY", profile)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.profile), "sk": f"{stamp(self.at)}#{self.batch}"}

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int((self.at + KEPT_FOR).timestamp())}


def between(agency: str, profile: str, start: datetime, end: datetime, *, store: Store) -> Iterator[Tally]:
    """The rows of [start, end), in order, read strongly consistent."""
    cursor: str | None = None
    while True:
        rows, cursor = store.rows(
            "state",
            Tally.partition(agency, profile),
            between=(stamp(start), stamp(end)),
            consistent=True,
            cursor=cursor,
        )
        yield from (Tally.of(row) for row in rows)
        if cursor is None:
            return
