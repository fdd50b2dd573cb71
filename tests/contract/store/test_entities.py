"""Every kind of stored thing comes back from the table as it went in, and is no larger than is paid for."""

from __future__ import annotations

import json

import pytest

from bench.write_units import WRITE_UNIT, item_size
from chalicelib.entity import Entity
from chalicelib.publishing.delivery import DETAIL_MAX, Delivery
from chalicelib.records.event import Event
from chalicelib.store import Store
from tests.contract.store.entities import MOMENT, kinds, made

KINDS = kinds()


def test_the_kinds_were_found_and_each_has_a_name_of_its_own() -> None:
    names = [kind.KIND for kind in KINDS]
    assert len(names) == len(set(names))
    assert {"post", "delivery", "event", "profile", "person", "fence"} <= set(names)


@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_an_item_becomes_the_same_thing_again(kind: type[Entity], full: bool) -> None:
    entity = made(kind, full=full)
    item = entity.item()
    assert set(kind.of(item).model_dump()) == set(kind.model_fields)
    assert kind.of(item) == entity
    assert item == json.loads(json.dumps(item)), "only what JSON and the table both know"
    assert item["kind"] == kind.KIND
    assert all(isinstance(value, str) and value for value in {**entity.key(), **_keys(entity)}.values())


@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_the_table_gives_back_what_was_saved(store: Store, kind: type[Entity], full: bool) -> None:
    entity = made(kind, full=full)
    if "id" in kind.model_fields:
        entity = entity.model_copy(update={"id": f"{kind.KIND}-{full}"})
    present = store.get(kind, entity.key())
    if present is not None and entity.CONDITIONAL:
        store.remove(present)
    store.save(entity.model_copy(update={"rev": 0}))
    assert store.get(kind, entity.key()) == entity.model_copy(update={"rev": 0})


def _keys(entity: Entity) -> dict[str, str]:
    return {name: value for name, value in entity.index_keys().items() if name.endswith(("_pk", "_sk"))}


# ---------------------------------------------------------------- sizes


def test_a_delivery_and_its_event_are_one_write_unit_each() -> None:
    """The longest that a delivery usually is: every optional field but the vendor's explanation."""
    delivery = published()
    assert item_size(delivery.item()) < WRITE_UNIT
    assert item_size(published_event(delivery).item()) < WRITE_UNIT


def test_a_delivery_that_waits_with_a_vendors_explanation_is_one_write_unit() -> None:
    waiting = published().model_copy(update={"remote_id": None, "url": None, "published_at": None})
    held = waiting.held("profile_broken", "x" * 500)
    assert held.detail is not None and len(held.detail) == DETAIL_MAX
    assert item_size(held.item()) < WRITE_UNIT


def published() -> Delivery:
    return Delivery(
        agency="saint-jean-sur-richelieu",
        post="0123456789abcdef",
        profile="fedcba9876543210",
        network="mastodon",
        department="communications",
        campaign="abcdef0123456789",
        version=3,
        state="published",
        due_at=MOMENT,
        armed_at=MOMENT,
        arms=1,
        attempts=1,
        began_at=MOMENT,
        first_began_at=MOMENT,
        remote_id="at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3mabcdefghijk",
        url="https://bsky.app/profile/rivemont.example.org/post/3mabcdefghijk",
        published_at=MOMENT,
        seq=2,
        rev=5,
    )


def published_event(delivery: Delivery) -> Event:
    return Event(
        agency=delivery.agency,
        subject=f"POST#{delivery.post}",
        what="delivery.published",
        at=MOMENT,
        profile=delivery.profile,
        detail={
            "network": delivery.network,
            "version": delivery.version,
            "remote_id": delivery.remote_id,
            "url": delivery.url,
            "attempt": 1,
            "began_at_ms": 1_795_442_709_123,
            "due_at_ms": 1_795_442_709_000,
            "certain": True,
        },
        once="0123456789abcdef0123456789abcdef",
    )
