"""The store in memory, written by hand. It passes the same contract suite as DynamoDB (tests/contract/store)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.entity import Entity
from chalicelib.errors import InvalidInput
from chalicelib.store import Key, Lost

E = TypeVar("E", bound=Entity)
_INDEXES = {
    None: ("pk", "sk"),
    "due": ("due_pk", "due_sk"),
    "calendar": ("cal_pk", "cal_sk"),
    "outbox": ("out_pk", "out_sk"),
    "thread": ("conv_pk", "conv_sk"),
    "views": ("view_pk", "view_sk"),
}


class FakeStore:
    """writes counts the successful writes, so that a test may say what an act costs."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._lock = threading.RLock()
        self.writes = 0

    def all(self, kind: type[E], agency: str) -> list[E]:
        """Every item of a kind that an agency has; for tests only, the port has no such thing."""
        with self._lock:
            items = [dict(item) for item in self._items.values() if item["kind"] == kind.KIND]
        return [kind.of(item) for item in items if item.get("agency") == agency]

    def get(self, kind: type[E], key: Key, *, consistent: bool = True) -> E | None:
        with self._lock:
            item = self._items.get((kind.TABLE, key["pk"], key["sk"]))
        return kind.of(json.loads(json.dumps(item))) if item is not None else None

    def get_many(self, wanted: Sequence[tuple[type[Entity], Key]], *, consistent: bool = True) -> list[Entity | None]:
        return [self.get(kind, key) for kind, key in wanted]

    def save(self, entity: Entity) -> None:
        self.commit(entity)

    def remove(self, entity: Entity) -> None:
        self.commit(removes=(entity,))

    def commit(self, *saves: Entity, removes: Sequence[Entity] = ()) -> None:
        with self._lock:
            for entity, expected in [(e, e.rev - 1) for e in saves] + [(e, e.rev) for e in removes]:
                present = self._items.get(_place(entity))
                if entity.CONDITIONAL and (present["rev"] if present else -1) != max(expected, -1):
                    raise Lost
            for entity in saves:
                self._items[_place(entity)] = json.loads(json.dumps(entity.item()))
            for entity in removes:
                self._items.pop(_place(entity), None)
            self.writes += len(saves) + len(removes)

    def query(
        self, kind: type[E], pk: str, *, begins: str = "", reverse: bool = False, consistent: bool = False
    ) -> Iterator[E]:
        items, _ = self.rows(kind.TABLE, pk, reverse=reverse)
        yield from (kind.of(item) for item in items if item["sk"].startswith(begins))

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
        pk_name, sk_name = _INDEXES[index]
        with self._lock:
            items = sorted(
                (dict(item) for (name, _, _), item in self._items.items() if name == table and item.get(pk_name) == pk),
                key=lambda item: (item[sk_name], item["pk"], item["sk"]),
                reverse=reverse,
            )
        if between is not None:
            items = [item for item in items if between[0] <= item[sk_name] <= between[1]]
        if cursor is not None:
            items = _after(items, cursor, pk, sk_name, reverse)
        if limit is not None and len(items) > limit:
            last = items[limit - 1]
            return items[:limit], json.dumps([pk_name, pk, last[sk_name], last["pk"], last["sk"]])
        return items, None


def _after(items: list[dict[str, Any]], cursor: str, pk: str, sk_name: str, reverse: bool) -> list[dict[str, Any]]:
    """What follows the place that the cursor names, whether or not an item still stands there."""
    try:
        opened = json.loads(cursor)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("cursor_invalid", field="cursor") from error
    sound = isinstance(opened, list) and len(opened) == 5 and all(isinstance(each, str) for each in opened)
    if not sound or opened[:2] != [sk_name.replace("sk", "pk"), pk]:
        raise InvalidInput("cursor_invalid", field="cursor")
    place = tuple(opened[2:])

    def beyond(item: dict[str, Any]) -> bool:
        here = (item[sk_name], item["pk"], item["sk"])
        return here < place if reverse else here > place

    return [item for item in items if beyond(item)]


def _place(entity: Entity) -> tuple[str, str, str]:
    key: Mapping[str, str] = entity.key()
    return entity.TABLE, key["pk"], key["sk"]
