"""DynamoDB write units of one delivery, from arming to published: asked of DynamoDB Local, and worked out beside it.

The code that runs is the product's own (arming.arm, delivering.deliver) with a network that takes everything at once.
Every write's ConsumedCapacity is read with ReturnConsumedCapacity=INDEXES. Beside it the same writes are priced by the
rules of the DynamoDB Developer Guide ("Capacity unit consumption", "Provisioned throughput considerations for Global
Secondary Indexes", 2026):

- a put costs one unit for each begun KiB of the larger of the item before and after, twice that in a transaction;
- an index costs nothing when neither its keys nor what it projects changed, the units of the entry when the entry
  appears, goes or changes, and both (delete and put) when its keys changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from bench.bare import BARE_SHELF, BareQueue, BareTopic, BareVault
from chalicelib.aws.dynamodb import DynamoDBStore
from chalicelib.networks.contract import Network
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import arm
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivering import deliver
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Content, Post
from infra.servers.tables import create_tables, definitions, delete_tables
from tests.fakes.networks import FakeNetwork

WRITE_UNIT = 1024  # bytes
_WRITES = ("PutItem", "DeleteItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem")


@dataclass
class Counted:
    """units: as the server consumed them. worked_out: by the documented rules. writes: how many items."""

    units: float = 0.0
    worked_out: float = 0.0
    writes: int = 0
    by_table: dict[str, float] = field(default_factory=dict)


class Meter:
    """Counts the write units of everything a client does while it is open.

    with Meter(client, tables) as counted: ...
    """

    def __init__(self, client: Any, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._client = client
        self._indexes = {
            str(table["TableName"]): [_Index.of(each) for each in table.get("GlobalSecondaryIndexes", [])]
            for table in tables.values()
        }
        self._before: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        self._counted: Counted | None = None
        for operation in _WRITES:
            client.meta.events.register(f"provide-client-params.dynamodb.{operation}", self._ask)
            client.meta.events.register(f"after-call.dynamodb.{operation}", self._hear)

    def __enter__(self) -> Counted:
        self._counted = Counted()
        return self._counted

    def __exit__(self, *_: object) -> None:
        self._counted = None

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        asked = {**params, "ReturnConsumedCapacity": "INDEXES"}
        steps = [
            each.get("Put") for each in params.get("TransactItems", [{"Put": params if "Item" in params else None}])
        ]
        for put in steps:
            if put is None:
                raise NotImplementedError("only puts are worked out")
            self._work_out(str(put["TableName"]), put["Item"], 2 if "TransactItems" in params else 1)
        return asked

    def _work_out(self, table: str, raw: Mapping[str, Any], factor: int) -> None:
        decode = TypeDeserializer().deserialize
        item = {name: decode(value) for name, value in raw.items()}
        place = (table, str(item["pk"]), str(item["sk"]))
        before = self._before.get(place)
        self._before[place] = item
        if self._counted is not None:
            self._counted.writes += 1
            units = max(units_of(item), units_of(before) if before else 0)
            units += sum(index.units(before, item) for index in self._indexes[table])
            self._counted.worked_out += factor * units

    def _hear(self, parsed: dict[str, Any], **_: Any) -> None:
        if self._counted is None:
            return
        consumed = parsed.get("ConsumedCapacity", [])
        for each in consumed if isinstance(consumed, list) else [consumed]:
            units = float(each["CapacityUnits"])
            self._counted.units += units
            table = str(each["TableName"])
            self._counted.by_table[table] = self._counted.by_table.get(table, 0) + units


@dataclass(frozen=True)
class _Index:
    keys: tuple[str, ...]
    projected: frozenset[str] | None
    """None: everything."""

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> _Index:
        keys = tuple(str(each["AttributeName"]) for each in definition["KeySchema"])
        projection = definition["Projection"]
        if projection["ProjectionType"] == "ALL":
            return cls(keys, None)
        return cls(keys, frozenset({"pk", "sk", *keys, *projection.get("NonKeyAttributes", [])}))

    def _entry(self, item: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if item is None or not all(key in item for key in self.keys):
            return None
        return {name: value for name, value in item.items() if self.projected is None or name in self.projected}

    def units(self, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> int:
        old, new = self._entry(before), self._entry(after)
        if old == new:
            return 0
        if old is None or new is None:
            return units_of(new or old or {})
        if any(old[key] != new[key] for key in self.keys):
            return units_of(old) + units_of(new)
        return max(units_of(old), units_of(new))


def units_of(item: Mapping[str, Any]) -> int:
    return math.ceil(item_size(item) / WRITE_UNIT)


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes, by the rules of the DynamoDB Developer Guide, "DynamoDB item sizes and formats" (2026)."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Any) -> int:
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping):
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in value.items())
    if isinstance(value, list | tuple):
        return 3 + sum(1 + _size(each) for each in value)
    # A number: a byte for two significant digits, and one; and one more for a sign.
    digits = str(abs(int(value))).rstrip("0") or "0"
    return (len(digits) + 1) // 2 + 1 + int(value < 0)


# ---------------------------------------------------------------- the run


class _Clock:
    """Stands still, but for sleeps."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=max(0.0, seconds))


def counted_deliveries(endpoint: str, deliveries: int = 10) -> Counted:
    """What so many deliveries wrote together, each armed by the sweep's own function and published.

    endpoint: a DynamoDB Local. Tables of their own are made and deleted again.
    """
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="ca-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(connect_timeout=3, read_timeout=30, max_pool_connections=32),
    )
    stage = f"units-{uuid4().hex[:8]}"
    meter = Meter(client, definitions(stage))
    names = create_tables(client, stage)
    try:
        return _run(DynamoDBStore(client, names), meter, deliveries)
    finally:
        delete_tables(client, names)


def _run(store: DynamoDBStore, meter: Meter, deliveries: int) -> Counted:
    clock, queue = _Clock(), BareQueue()
    network = FakeNetwork(clock=clock.now)
    named: Callable[[str], Network] = lambda _: network  # type: ignore[assignment, return-value]  # noqa: E731
    desk = Desk(store, queue, BareTopic(), BareVault(), clock, named, BARE_SHELF)
    planned = [_planned(store, network, clock.now(), number) for number in range(deliveries)]
    with meter as counted:
        arm(planned, store=store, queue=queue, clock=clock)
        for message in queue.sent:
            what = deliver(message, desk)
            if what != "published":
                raise AssertionError(f"a delivery was {what}")
    if len(queue.sent) != deliveries:
        raise AssertionError(f"{len(queue.sent)} of {deliveries} were armed")
    return counted


def _planned(store: DynamoDBStore, network: FakeNetwork, now: datetime, number: int) -> Delivery:
    agency, post_id, profile_id = "rivemont", f"{number:016d}", f"{number + 500:016d}"
    due_at = now + timedelta(seconds=3)
    account = network.account(f"did:plc:ewvi7nxzyoun6zhxrhs{number:04d}")
    profile = Profile(
        agency=agency,
        id=profile_id,
        network="bluesky",
        server="https://pds.rivemont.example",
        remote_id=account.remote_id,
        handle="rivemont.example",
        display_name="Ville de Rivemont",
        department="communications",
        connected_at=now,
        sealed=account.secrets["access"],
    )
    post = Post(
        agency=agency,
        id=post_id,
        department="communications",
        content=Content(text="Le pont des Tanneurs rouvre ce matin.", media=(), targets=(profile_id,)),
        zone="America/Toronto",
        due_at=due_at,
        author="camille",
        author_name="Camille Roy",
        created_at=now,
        updated_at=now,
        planned=True,
    )
    delivery = Delivery(
        agency=agency,
        post=post_id,
        profile=profile_id,
        network="bluesky",
        department="communications",
        campaign="abcdef0123456789",
        version=1,
        due_at=due_at,
        act_at=due_at,
    )
    store.commit(profile, post, delivery)
    return delivery


def write_units_per_delivery(endpoint: str) -> float:
    """Write units of one delivery, from arming to published, as DynamoDB Local counts them.

    Raises AssertionError when the documented rules say otherwise: then one of the two is not understood.
    """
    deliveries = 10
    counted = counted_deliveries(endpoint, deliveries)
    if counted.units != counted.worked_out:
        raise AssertionError(f"the server counts {counted.units}, the documented rules {counted.worked_out}")
    return counted.units / deliveries


if __name__ == "__main__":
    from infra.servers.dynamodb_local import start_dynamodb_local

    with start_dynamodb_local() as server:
        print(f"{write_units_per_delivery(server.url)} write units a delivery")
