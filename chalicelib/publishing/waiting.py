"""Deliveries that wait for a person: held, failed, or unconfirmed for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from chalicelib.crisis.pause import fence_before, standing
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.publishing.arming import armed_if_near, listed, send_armed
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.planning import Bench, first_step, holds_video
from chalicelib.publishing.post import Post
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

_TRIES = 4


def waiting(agency: str, *, store: Store) -> Iterator[Delivery]:
    """Oldest due first."""
    return listed(Delivery.attention_partition(agency), store)


def find(agency: str, delivery_id: str, *, store: Store) -> Delivery:
    """Raises NotFound."""
    post, _, profile = delivery_id.partition("-")
    delivery = store.get(Delivery, Delivery.key_of(agency, post, profile)) if profile else None
    if delivery is None:
        raise NotFound
    return delivery


def release(delivery_id: str, *, actor: Actor, bench: Bench) -> Delivery:
    """Send it now. Raises Conflict not_waiting, paused while a pause covers it, or not_approved."""

    def released(delivery: Delivery, post: Post, now: datetime) -> Delivery:
        _require(delivery, {"held", "failed"})
        if fence_before(delivery, standing(actor.agency, store=bench.store)) is not None:
            raise Conflict("paused", "A pause stands over it: resume first.")
        if delivery.reviewed and post.decided != "approved":
            raise Conflict("not_approved", "Its approval is still missing.")
        return delivery.due(now, version=post.version)

    return _decide(delivery_id, "delivery.released", released, actor, bench)


def reschedule(delivery_id: str, due_at: datetime, *, actor: Actor, bench: Bench) -> Delivery:
    def moved(delivery: Delivery, post: Post, now: datetime) -> Delivery:
        _require(delivery, {"held", "failed", "queued"})
        video = holds_video(actor.agency, post.content, store=bench.store)
        act_at = first_step(bench.network_named(delivery.network), due_at, now, video=video)
        return delivery.due(due_at, version=post.version, act_at=act_at)

    return _decide(delivery_id, "delivery.rescheduled", moved, actor, bench)


def drop(delivery_id: str, *, actor: Actor, bench: Bench) -> Delivery:
    def dropped(delivery: Delivery, post: Post, now: datetime) -> Delivery:
        _require(delivery, {"held", "failed", "queued"})
        return delivery.cancelled()

    return _decide(delivery_id, "delivery.cancelled", dropped, actor, bench)


def resolve(delivery_id: str, *, published: bool, url: str | None, actor: Actor, bench: Bench) -> Delivery:
    """What a person saw on the network settles what could not be proven.

    Not published leaves it held, so that sending it again is an act of its own.
    """
    if url is not None and not url.startswith(("https://", "http://")):
        raise InvalidInput("invalid_input", "A web address, or nothing.", field="url")

    def settled(delivery: Delivery, post: Post, now: datetime) -> Delivery:
        _require(delivery, {"unconfirmed"})
        if published:
            return delivery.published(
                remote_id=f"seen-by:{actor.person}", url=url, at=delivery.began_at or delivery.due_at
            )
        return delivery.held("absent")

    return _decide(delivery_id, "delivery.resolved", settled, actor, bench, {"published": published})


def _require(delivery: Delivery, states: set[str]) -> None:
    if delivery.is_leaving():
        raise Conflict("already_leaving", "It is being sent, or may have been: look again in a moment.")
    if delivery.state not in states:
        raise Conflict("not_waiting", f"It is {delivery.state}.")


def _decide(
    delivery_id: str,
    what: str,
    act: Callable[[Delivery, Post, datetime], Delivery],
    actor: Actor,
    bench: Bench,
    detail: Detail | None = None,
) -> Delivery:
    for _ in range(_TRIES):
        now = bench.clock.now()
        delivery = find(actor.agency, delivery_id, store=bench.store)
        actor.require("publish", delivery.department)
        post = bench.store.get(Post, {"pk": delivery.key()["pk"], "sk": "POST"})
        if post is None:
            raise NotFound
        decided = armed_if_near(act(delivery, post, now), now)
        told = Event(
            agency=actor.agency,
            subject=f"POST#{delivery.post}",
            what=what,
            at=now,
            actor=actor.person,
            actor_name=actor.name,
            profile=delivery.profile,
            detail={**(detail or {}), "due_at_ms": round(decided.due_at.timestamp() * 1000)},
            once=str(delivery.rev),
        )
        try:
            bench.store.commit(decided, told)
        except Lost:
            continue
        send_armed([decided], queue=bench.queue, now=now)
        return decided
    raise Conflict("busy", "It keeps changing: try again in a moment.")
