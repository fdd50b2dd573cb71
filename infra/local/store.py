"""What the local cloud remembers, in one SQLite file.

ministack keeps its state in memory and writes it on a clean shutdown only. Here the same state is written twice a
second, so that a killed stack comes back as it was at one moment, at most two seconds before the end:

* a DynamoDB item is written when it changed: its store and its removal go through two functions of ministack
  (`_set_item`, `_remove_item`), which never change an item in place, so a reference is enough;
* every other service (queues, people, keys, schedules, the stack itself) is written whole when it differs from what
  was written last.

Both are collected on ministack's event loop, between two requests. A DynamoDB transaction runs there without a break,
so a collection holds all of it or nothing. Each collection is written as one SQLite transaction. S3 objects are files
which ministack itself writes and renames.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import ministack.app as cloud_app
from ministack.core import persistence
from ministack.services import dynamodb, sqs

log = logging.getLogger("parvis.store")

INTERVAL = 0.4
"""Seconds between two collections. With the write itself, well inside the two seconds that are promised."""
SHARE_OF_TIME = 0.03
"""How much of the event loop's time the collections of one service may take."""
LONGEST_DEPLOYMENT = 20.0
"""Seconds for which nothing is saved while CloudFormation changes the stack: one killed half-way was never begun."""
LONGEST_INTERVAL = 1.2
"""Seconds after which even an expensive service is collected again."""
NOT_KEPT = frozenset({"cloudwatch", "cloudwatch_logs", "cloudtrail"})
"""Measurements and log lines: they only grow, and nothing the product answers is made of them."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS services (
    name TEXT PRIMARY KEY,
    format INTEGER NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    table_id TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (table_id, partition_key, sort_key)
);
"""

ItemKey = tuple[str, str, str]


@dataclass
class Collection:
    """Everything that changed since the one before, seen at one moment."""

    items: dict[ItemKey, dict[str, Any] | None] = field(default_factory=dict)
    replaced_tables: dict[str, list[tuple[str, str, dict[str, Any]]]] = field(default_factory=dict)
    live_tables: frozenset[str] | None = None
    services: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.items or self.replaced_tables or self.services or self.live_tables is not None)


class Database:
    """The SQLite file. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)
        path.chmod(0o600)

    def close(self) -> None:
        self._connection.close()

    def write(self, collection: Collection) -> None:
        """Write a collection, all of it or nothing."""
        changed: list[tuple[str, str, str, str]] = []
        removed: list[ItemKey] = []
        for key, item in collection.items.items():
            if item is None:
                removed.append(key)
            else:
                changed.append((*key, json.dumps(item, separators=(",", ":"), ensure_ascii=False)))
        for table_id, rows in collection.replaced_tables.items():
            changed += [(table_id, pk, sk, json.dumps(item, separators=(",", ":"))) for pk, sk, item in rows]
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                if collection.live_tables is not None:
                    known = [row[0] for row in cursor.execute("SELECT DISTINCT table_id FROM items")]
                    gone = [(table_id,) for table_id in known if table_id not in collection.live_tables]
                    cursor.executemany("DELETE FROM items WHERE table_id = ?", gone)
                cursor.executemany("DELETE FROM items WHERE table_id = ?", [(t,) for t in collection.replaced_tables])
                cursor.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", changed)
                cursor.executemany(
                    "DELETE FROM items WHERE table_id = ? AND partition_key = ? AND sort_key = ?", removed
                )
                cursor.executemany(
                    "INSERT OR REPLACE INTO services VALUES (?, ?, ?)",
                    [
                        (name, persistence._state_format_version(name), state)
                        for name, state in collection.services.items()
                    ],
                )
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise

    def service(self, name: str) -> str | None:
        """What was written last of a service, as JSON text; raises RuntimeError when a newer ministack wrote it."""
        row = self._connection.execute("SELECT format, state FROM services WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        if row[0] > persistence._state_format_version(name):
            raise RuntimeError(f"the saved state of {name} was written by a newer ministack")
        return str(row[1])

    def items(self) -> Iterable[tuple[str, str, str, dict[str, Any]]]:
        """Every saved item: table id, partition key, sort key, item."""
        for table_id, partition_key, sort_key, item in self._connection.execute("SELECT * FROM items"):
            yield table_id, partition_key, sort_key, json.loads(item)


class Journal:
    """Which DynamoDB items changed since it was last emptied."""

    def __init__(self) -> None:
        self._items: dict[ItemKey, dict[str, Any] | None] = {}
        self._replaced: set[str] = set()

    def attach(self) -> None:
        """Put itself behind ministack's two functions that change items, and the one that replaces them all."""
        set_item, remove_item, update_counts = dynamodb._set_item, dynamodb._remove_item, dynamodb._update_counts

        def _set_item(table: dict[str, Any], pk: str, sk: str, item: dict[str, Any]) -> Any:
            before = set_item(table, pk, sk, item)
            self._items[table["TableId"], pk, sk] = item
            return before

        def _remove_item(table: dict[str, Any], pk: str, sk: str) -> Any:
            before = remove_item(table, pk, sk)
            self._items[table["TableId"], pk, sk] = None
            return before

        def _update_counts(table: dict[str, Any]) -> None:
            update_counts(table)
            self._replaced.add(table["TableId"])

        dynamodb._set_item, dynamodb._remove_item = _set_item, _remove_item
        dynamodb._update_counts = _update_counts

    def empty_into(self, collection: Collection) -> None:
        """Move what is noted into a collection. Only on ministack's event loop."""
        # The time-to-live thread also notes removals: swap first, so that what it adds now waits for the next time.
        collection.items, self._items = self._items, {}
        replaced, self._replaced = self._replaced, set()
        for table in dynamodb._tables.all_values() if replaced else ():
            if table["TableId"] in replaced:
                collection.replaced_tables[table["TableId"]] = [
                    (pk, sk, item) for pk, row in table["items"].items() for sk, item in row.items()
                ]
        if replaced:
            collection.items = {key: item for key, item in collection.items.items() if key[0] not in replaced}

    def take_back(self, collection: Collection) -> None:
        """Note again what could not be written, unless it changed once more meanwhile."""
        self._items = {**collection.items, **self._items}
        self._replaced |= set(collection.replaced_tables)


def _tables_without_items() -> dict[str, Any]:
    tables = type(dynamodb._tables)()
    for scoped_key, table in dynamodb._tables.all_items():
        left_out = ("items", dynamodb._INDEX_MEMBERS)
        tables._data[scoped_key] = {key: value for key, value in table.items() if key not in left_out} | {"items": {}}
    state: dict[str, Any] = {"tables": tables}
    for name in ("tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights", "backups"):
        state[name] = getattr(dynamodb, f"_{name}")
    for name in ("resource_policies", "exports", "imports"):
        state[name] = getattr(dynamodb, f"_{name}")
    return state


def _queues() -> dict[str, Any]:
    # As sqs.get_state, without its deep copy: the encoder walks the live messages in one go.
    return {"queues": sqs._queues, "queue_name_to_url": sqs._queue_name_to_url}


@dataclass
class _Kept:
    """A service's state as written last, and when it is worth looking again."""

    state: str = ""
    cost: float = 0.0
    due: float = 0.0


class Store:
    """Keeps a ministack in this process written down. Make one before ministack's application starts."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._journal = Journal()
        self._kept: dict[str, _Kept] = defaultdict(_Kept)
        self._live_tables: frozenset[str] | None = None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parvis-store")
        self._writing = asyncio.Lock()
        self._deploying_since: float | None = None

    def attach(self) -> None:
        """Take the place of ministack's own saving and loading; raises AttributeError when ministack changed shape."""
        _ = cloud_app.load_state, cloud_app.save_all, cloud_app._build_persistence_save_dict, persistence._json_default
        cloud_app.load_state = self.load
        cloud_app.save_all = lambda _services: None
        self._journal.attach()

    def load(self, name: str) -> Any:
        """What ministack asks for when it starts, once a service."""
        text = self._database.service(name)
        if text is None:
            return None
        self._kept[name].state = text
        state = json.loads(text, object_hook=persistence._json_object_hook)
        if name == "dynamodb":
            self._fill(state["tables"])
        return state

    def _fill(self, tables: Any) -> None:
        by_id: dict[str, Any] = {}
        for table in tables.all_values():
            table["items"] = defaultdict(dict)
            by_id[table["TableId"]] = table["items"]
        for table_id, partition_key, sort_key, item in self._database.items():
            if table_id in by_id:
                by_id[table_id].setdefault(partition_key, {})[sort_key] = item
        for table in tables.all_values():
            table["ItemCount"] = sum(len(row) for row in table["items"].values())

    def collect(self, *, everything: bool = False) -> Collection:
        """Look at what changed. Must run on ministack's event loop, or after it ended."""
        collection = Collection()
        self._journal.empty_into(collection)
        live_tables = frozenset(table["TableId"] for table in dynamodb._tables.all_values())
        if live_tables != self._live_tables:
            collection.live_tables = live_tables
        for name, get_state in self._services().items():
            kept = self._kept[name]
            started = time.perf_counter()
            if not everything and started < kept.due:
                continue
            try:
                state = get_state()
                text = None if state is None else json.dumps(state, default=persistence._json_default)
            except (RuntimeError, TypeError, KeyError, ValueError) as error:
                # A thread of ministack changed it meanwhile: what was written last stands until the next time.
                log.warning("could not look at the state of %s: %s", name, error)
                continue
            ended = time.perf_counter()
            kept.cost = ended - started
            kept.due = ended + min(LONGEST_INTERVAL, max(0.0, kept.cost / SHARE_OF_TIME - INTERVAL))
            if text is not None and text != kept.state:
                collection.services[name] = text
        return collection

    @staticmethod
    def _services() -> dict[str, Callable[[], Any]]:
        services: dict[str, Callable[[], Any]] = {
            name: get_state
            for name, get_state in cloud_app._build_persistence_save_dict().items()
            if name not in NOT_KEPT
        }
        services["dynamodb"] = _tables_without_items
        services["sqs"] = _queues
        return services

    async def save(self, *, everything: bool = False) -> None:
        """Write down what changed; returns when it is on disk. Raises sqlite3.Error and OSError, losing nothing."""
        async with self._writing:
            if not everything and self._is_deploying():
                return
            collection = self.collect(everything=everything)
            if not collection:
                return
            try:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._database.write, collection)
            except BaseException:
                self._journal.take_back(collection)
                raise
            for name, text in collection.services.items():
                self._kept[name].state = text
            if collection.live_tables is not None:
                self._live_tables = collection.live_tables

    def _is_deploying(self) -> bool:
        stacks = getattr(sys.modules.get("ministack.services.cloudformation"), "_stacks", None)
        if stacks is None or not any(s.get("StackStatus", "").endswith("IN_PROGRESS") for s in stacks.all_values()):
            self._deploying_since = None
            return False
        now = time.monotonic()
        self._deploying_since = self._deploying_since or now
        return now - self._deploying_since < LONGEST_DEPLOYMENT

    async def run(self, stopped: asyncio.Event) -> None:
        """Save until told to stop, then once more."""
        while not stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), INTERVAL)
            try:
                await self.save()
            except (sqlite3.Error, OSError) as error:
                log.error("could not save the state, it will be tried again: %s", error)

    def close(self) -> None:
        """Write down the rest and close. Only after ministack's event loop ended or will serve nothing more."""
        self._writer.shutdown(wait=True)
        collection = self.collect(everything=True)
        if collection:
            self._database.write(collection)
        self._database.close()

    def costs(self) -> dict[str, float]:
        """Seconds the last look at each service took."""
        return {name: kept.cost for name, kept in self._kept.items()}


def _required(module: ModuleType, names: Iterable[str]) -> None:
    missing = [name for name in names if not hasattr(module, name)]
    if missing:
        raise RuntimeError(f"this ministack has no {', '.join(missing)} in {module.__name__}: is it the locked one?")


_required(dynamodb, ("_set_item", "_remove_item", "_update_counts", "_tables", "_INDEX_MEMBERS"))
_required(sqs, ("_queues", "_queue_name_to_url"))
_required(cloud_app, ("load_state", "save_all", "_build_persistence_save_dict"))
_required(persistence, ("_json_default", "_json_object_hook", "_state_format_version"))
