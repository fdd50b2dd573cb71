"""Arming: handing what falls due to the queue, whose delay carries it to its second.

The minute sweep reads the due index from where the last sweep ended to two minutes ahead, and once more what lies
behind and is not done. What is written to act within three minutes is armed by whoever writes it. Every message may be
lost, repeated or late: the sweep sends again what was not claimed, and a claim is a conditional write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, stamp
from chalicelib.publishing.delivery import ARMS_MAX, DUE_SHARDS, LATEST, LEASE, Delivery, due_bucket
from chalicelib.publishing.message import DeliveryDue, Queue
from chalicelib.store import Lost, Store, indexed

AHEAD = timedelta(minutes=2)
NEAR = timedelta(minutes=3)
"""A minute more than AHEAD: what is written just behind the sweep is armed by its writer."""

SETTLE = timedelta(minutes=5)
"""How long a bucket is looked at again after it looked empty: an index follows its table, usually within a second."""


_PATIENCE = timedelta(seconds=20)
"""How long each of a sweep's two walks may take (its function lives 60 s). After days without a sweep, or a machine
switched off for a week, a walk ends somewhere on the way and the next sweep goes on from there."""

_OVERDUE_REACH = timedelta(hours=6)


class Watermark(Entity):
    """swept_to: everything due before it has been armed once. settled_to: nothing before it is left to do. swept_at:
    when a sweep last reached two minutes ahead; one that ended on the way leaves it, and so stays visibly behind."""

    KIND: ClassVar[str] = "watermark"
    TABLE: ClassVar[str] = "state"

    swept_to: Moment
    settled_to: Moment
    swept_at: Moment

    @staticmethod
    def key_of() -> dict[str, str]:
        return {"pk": "SWEEP", "sk": "WATERMARK"}

    def key(self) -> dict[str, str]:
        return self.key_of()


@dataclass(frozen=True)
class Sweep:
    armed: int
    resent: int
    given_up: tuple[Delivery, ...]
    behind: timedelta
    """How far the last sweep lay behind when this one began."""


def arm(deliveries: Sequence[Delivery], *, store: Store, queue: Queue, clock: Clock) -> int:
    """Mark each as armed, then send its message. One that changed meanwhile is left alone: whoever changed it acts."""
    if not deliveries:
        return 0
    now = clock.now()

    def marked(delivery: Delivery) -> Delivery | None:
        armed = delivery.armed(now)
        try:
            store.save(armed)
        except Lost:
            return None
        return armed

    with ThreadPoolExecutor(max_workers=min(16, len(deliveries))) as pool:
        taken = [each for each in pool.map(marked, deliveries) if each is not None]
    queue.send([DeliveryDue.of(each) for each in taken], now=now)
    return len(taken)


def armed_if_near(delivery: Delivery, now: datetime) -> Delivery:
    """The same delivery, marked as armed within the write that is about to happen, when it is due soon.

    Its writer then calls send_armed. Dying in between costs nothing: the sweep finds it.
    """
    if delivery.act_at is None or delivery.act_at > now + NEAR:
        return delivery
    return delivery.model_copy(update={"armed_at": now, "arms": delivery.arms + 1})


def send_armed(deliveries: Iterable[Delivery], *, queue: Queue, now: datetime) -> None:
    armed = [each for each in deliveries if each.act_at is not None and each.armed_at == now]
    if armed:
        queue.send([DeliveryDue.of(each) for each in armed], now=now)


def sweep(*, store: Store, queue: Queue, clock: Clock) -> Sweep:
    """One pass. Two at once do no harm: the watermark is moved on condition, marks and claims are conditional."""
    now = clock.now()
    mark = store.get(Watermark, Watermark.key_of())
    if mark is None:
        first = now - LATEST - SETTLE  # what was due before it would only be held; the first sweep may itself be late
        mark = Watermark(swept_to=first, settled_to=first, swept_at=now)
        behind = timedelta(0)
        fresh = mark
    else:
        behind = now - mark.swept_at
        fresh = mark.but(swept_at=now)
    horizon = now + AHEAD

    armed, swept_to = 0, horizon
    for bucket in _minutes(min(mark.swept_to, now), horizon):
        if clock.now() - now > _PATIENCE:
            swept_to = bucket
            break
        ahead = [each for each in _in_bucket(bucket, store, until=horizon) if each.armed_at is None]
        armed += arm(ahead, store=store, queue=queue, clock=clock)

    resent, given_up = 0, []
    settled_to: datetime | None = None
    looked_to, began = now, clock.now()
    for bucket in _minutes(mark.settled_to, now - timedelta(seconds=30)):
        if clock.now() - began > _PATIENCE:
            looked_to = bucket
            break
        left = list(_in_bucket(bucket, store, until=now - timedelta(seconds=30)))
        if left and settled_to is None:
            settled_to = bucket
        wanting = [each for each in left if each.wants_arming(now)]
        given_up += [each for each in wanting if each.arms >= ARMS_MAX]
        resent += arm([each for each in wanting if each.arms < ARMS_MAX], store=store, queue=queue, clock=clock)
    settled = min(settled_to or looked_to, now - SETTLE)

    moved = {
        "swept_to": max(mark.swept_to, swept_to),
        "settled_to": max(mark.settled_to, settled),
        "swept_at": now if swept_to == horizon else mark.swept_at,
    }
    with suppress(Lost):  # another sweep ran beside this one; the next begins from its mark, which is as true
        store.save(fresh.model_copy(update=moved))
    return Sweep(armed=armed, resent=resent, given_up=tuple(given_up), behind=behind)


def overdue(mark: Watermark, *, store: Store, now: datetime) -> list[Delivery]:
    """What should have been acted on more than a minute ago and is in nobody's hands.

    Of the six hours after what is settled; when more is behind, it is the sweep itself that is said to have stopped.
    """
    late = min(now - timedelta(minutes=1), mark.settled_to + _OVERDUE_REACH)
    left = (each for bucket in _minutes(mark.settled_to, late) for each in _in_bucket(bucket, store, until=late))
    return [each for each in left if not each.lease_stands(now)]


def under_way(agency: str, *, store: Store, now: datetime) -> list[Delivery]:
    """An agency's deliveries whose call to a network has begun, or may have, and is not on record as ended.

    One that is late stands in the index under its own minute, so it is looked for as far back as anything is left.
    """
    mark = store.get(Watermark, Watermark.key_of())
    # None later than LATEST is sent, and none outlives its lease.
    left = min(mark.settled_to, now - SETTLE) if mark else now - SETTLE
    earliest = max(left, now - LATEST - LEASE)
    found = (each for bucket in _minutes(earliest, now) for each in _in_bucket(bucket, store, until=now))
    return [each for each in found if each.agency == agency and each.state == "publishing" and each.lease_stands(now)]


def _minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    minute = first.replace(second=0, microsecond=0)
    while minute <= last:
        yield minute
        minute += timedelta(minutes=1)


def _in_bucket(minute: datetime, store: Store, *, until: datetime) -> Iterator[Delivery]:
    for shard in range(DUE_SHARDS):
        yield from listed(due_bucket(minute, shard), store, until=stamp(until) + "~")


def listed(partition: str, store: Store, *, until: str | None = None) -> Iterator[Delivery]:
    """The deliveries whose index entries stand in one partition of the due index, read from the table itself."""
    between = ("0", until) if until is not None else None  # a key is never empty
    for delivery in indexed(Delivery, partition, index="due", between=between, store=store):
        if delivery.index_keys().get("due_pk") == partition:
            yield delivery
