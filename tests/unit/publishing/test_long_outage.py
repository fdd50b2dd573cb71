"""A deployment that was off for days catches up, sweep by sweep, and says that it is behind until it has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.publishing.arming import AHEAD, Watermark, overdue, sweep, under_way
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.message import DeliveryDue
from tests.fakes.store import FakeStore

START = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
QUERY = timedelta(milliseconds=5)


class SlowStore(FakeStore):
    """Every look at a partition takes its time, and is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.looks = 0

    def rows(self, *arguments: Any, **more: Any) -> Any:
        self.now += QUERY
        self.looks += 1
        return super().rows(*arguments, **more)


class ItsClock:
    def __init__(self, store: SlowStore) -> None:
        self._store = store

    def now(self) -> datetime:
        return self._store.now

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a sweep waits for nothing")


class Sent:
    def __init__(self) -> None:
        self.messages: list[DeliveryDue] = []

    def send(self, messages: Sequence[DeliveryDue], *, now: datetime) -> int:
        self.messages += messages
        return len(messages)


def _delivery(post: str, act_at: datetime) -> Delivery:
    return Delivery(
        agency="rivemont",
        post=post,
        profile="f1",
        network="bluesky",
        department="water",
        version=1,
        due_at=act_at,
        act_at=act_at,
    )


def test_after_three_days_the_sweep_ends_in_time_and_goes_on_from_there() -> None:
    store, queue = SlowStore(), Sent()
    clock = ItsClock(store)
    before = START - timedelta(days=3)
    store.save(Watermark(swept_to=before, settled_to=before, swept_at=before))
    store.save(_delivery("soon", START + timedelta(minutes=10)))

    passes = 0
    while passes < 12:
        passes += 1
        began = store.now
        sweep(store=store, queue=queue, clock=clock)
        assert store.now - began < timedelta(seconds=50), "the function lives sixty seconds"
        mark = store.get(Watermark, Watermark.key_of())
        assert mark is not None
        if mark.swept_to >= began + AHEAD:
            break
        assert mark.swept_at == before, "it does not say that it has caught up"
        store.now = began + timedelta(minutes=1)
    assert 1 < passes < 12
    assert mark.swept_at == began
    while store.now < START + timedelta(minutes=10):
        store.now += timedelta(minutes=1)
        sweep(store=store, queue=queue, clock=clock)
    assert "soon" in [message.post for message in queue.messages]


def test_what_is_looked_at_for_health_and_for_a_pause_stays_bounded() -> None:
    store = SlowStore()
    before = START - timedelta(days=400)
    mark = Watermark(swept_to=before, settled_to=before, swept_at=before)
    store.save(mark)
    store.save(_delivery("late", before + timedelta(minutes=5)))
    assert [each.post for each in overdue(mark, store=store, now=START)] == ["late"]
    assert store.looks < 1_500
    store.looks = 0
    assert under_way("rivemont", store=store, now=START) == []
    assert store.looks < 300
