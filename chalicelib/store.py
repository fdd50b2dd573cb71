"""The port to stored things: conditional writes, small transactions, queries on one partition. Never a scan.

The adapter is aws/dynamodb.py; tests/fakes/store.py is the hand-written fake; both pass tests/contract/store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from chalicelib.entity import Entity

E = TypeVar("E", bound=Entity)
Key = Mapping[str, str]


class Lost(Exception):
    """Somebody else wrote first: what was read is no longer so. Nothing was written."""


class Store(Protocol):
    def get(self, kind: type[E], key: Key, *, consistent: bool = True) -> E | None: ...

    def get_many(self, wanted: Sequence[tuple[type[Entity], Key]], *, consistent: bool = True) -> list[Entity | None]:
        """In the order asked for; None for what is not there. A hundred keys are one request."""

    def save(self, entity: Entity) -> None:
        """Write one item under its own condition: absent when rev is 0, else still at rev - 1. Raises Lost."""

    def remove(self, entity: Entity) -> None:
        """Delete the item if it is still at the entity's rev. Raises Lost."""

    def commit(self, *saves: Entity, removes: Sequence[Entity] = ()) -> None:
        """All of it or nothing, each under its condition; at most 100. Raises Lost."""

    def query(
        self, kind: type[E], pk: str, *, begins: str = "", reverse: bool = False, consistent: bool = False
    ) -> Iterator[E]:
        """Items of one partition whose sort key begins so, in its order, page after page as they are consumed."""

    def rows(
        self,
        table: str,
        pk: str,
        *,
        index: str | None = None,
        between: tuple[str, str] | None = None,
        reverse: bool = False,
        consistent: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """One page of raw items (or of an index's projection) and the cursor of the next.

        A forged or foreign cursor raises InvalidInput cursor_invalid.
        """


def indexed(kind: type[E], pk: str, *, index: str, store: Store, between: tuple[str, str] | None = None) -> Iterator[E]:
    """What an index lists in one of its partitions, in its order, read from the table itself, page after page.

    An index follows its table: what has moved on since is given as it stands by now, what is gone is left out.
    """
    cursor: str | None = None
    while True:
        rows, cursor = store.rows(kind.TABLE, pk, index=index, between=between, limit=100, cursor=cursor)
        found = store.get_many([(kind, {"pk": row["pk"], "sk": row["sk"]}) for row in rows])
        yield from (each for each in found if isinstance(each, kind))
        if cursor is None:
            return
