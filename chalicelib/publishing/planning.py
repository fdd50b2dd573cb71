"""What people do with posts: write, change, schedule, cancel, delete.

Each act is one transaction over the post, its deliveries and the event that tells of it. A delivery that is leaving
(claimed, or possibly gone) refuses the act; in every other state the act wins over any message under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chalicelib.clock import Clock
from chalicelib.errors import Conflict, InvalidInput, NotFound, Stale
from chalicelib.identifiers import new_id
from chalicelib.networks.contract import Network
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.campaign import Campaign
from chalicelib.publishing.checking import refuse_problems
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.message import Queue
from chalicelib.publishing.post import Content, Post, PostVersion
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

T = TypeVar("T")
_TRIES = 4

_CONTENT_BYTES_MAX = 200_000
"""An item of DynamoDB takes 400 kB; a post's answer is kept a second time for its Idempotency-Key."""


@dataclass(frozen=True)
class Bench:
    """What planning needs around it."""

    store: Store
    queue: Queue
    clock: Clock
    network_named: Callable[[str], Network]


@dataclass(frozen=True)
class Planned:
    """A post with all its deliveries, in the order of their profiles."""

    post: Post
    deliveries: tuple[Delivery, ...]


def load(agency: str, post_id: str, *, store: Store) -> Planned:
    """Raises NotFound, for another agency's post as well."""
    rows, _ = store.rows("content", Post.partition(agency, post_id), between=("DELIVERY#", "POST"), consistent=True)
    post = next((Post.of(row) for row in rows if row["sk"] == "POST"), None)
    if post is None:
        raise NotFound
    return Planned(post, tuple(Delivery.of(row) for row in rows if row["sk"] != "POST"))


def write(content: Content, *, department: str, zone: str, actor: Actor, bench: Bench) -> Planned:
    """A new draft. Raises InvalidInput too_large."""
    actor.require("write", department)
    _small_enough(content)
    _known_targets(content, actor, bench)
    now = bench.clock.now()
    post = Post(
        agency=actor.agency,
        id=new_id(),
        department=department,
        content=content,
        zone=zone,
        author=actor.person,
        author_name=actor.name,
        created_at=now,
        updated_at=now,
    )
    bench.store.commit(post, _version(post, actor, now), _event(post, "post.created", actor, now))
    return Planned(post, ())


def change(post_id: str, content: Content, *, expected: int, actor: Actor, bench: Bench) -> Planned:
    """New content. What is scheduled stays scheduled, with the new content, if the networks would take it."""
    _small_enough(content)

    def attempt() -> Planned:
        now = bench.clock.now()
        planned = _editable(post_id, expected, actor, bench)
        post = planned.post
        act = "publish" if planned.deliveries else "write"
        actor.require(act, post.department)
        profiles = _known_targets(content, actor, bench, act=act)
        changed = post.but(content=content, version=post.version + 1, updated_at=now)
        waiting = [each for each in planned.deliveries if each.state != "cancelled"]
        if waiting:
            refuse_problems(actor.agency, content, profiles, store=bench.store, network_named=bench.network_named)
        kept: list[Delivery] = []
        for each in planned.deliveries:
            if each.state == "cancelled" and each.profile not in content.targets:
                continue
            if each.profile in content.targets and each.state != "cancelled":
                kept.append(each.but(version=changed.version, campaign=content.campaign))
            elif each.profile not in content.targets:
                kept.append(each.cancelled())
        if waiting and post.due_at is not None:
            standing = {each.profile for each in kept}
            before = {each.profile: each for each in planned.deliveries}
            for profile in profiles:
                # One that was aimed at already and has been cancelled was dropped by a person: it stays so.
                dropped = profile.id in before and profile.id in post.content.targets
                if profile.id not in standing and not dropped:
                    fresh = _delivery(changed, profile, post.due_at, before.get(profile.id))
                    if post.due_at < now:  # an edit is not an order to send at once
                        fresh = fresh.model_copy(update={"state": "held", "reason": "late", "act_at": None})
                    kept.append(armed_if_near(fresh, now))
        bench.store.commit(
            changed,
            *kept,
            _version(changed, actor, now),
            _event(changed, "post.changed", actor, now, {"version": changed.version}),
        )
        send_armed(kept, queue=bench.queue, now=now)
        return load(actor.agency, post_id, store=bench.store)

    return _again(attempt)


def schedule(post_id: str, *, due_at: datetime, zone: str, expected: int | None, actor: Actor, bench: Bench) -> Planned:
    """Give every target a delivery at due_at; those already published keep what they have.

    Raises Conflict already_leaving or already_published, InvalidInput no_targets or a network's own refusal.
    """

    def act() -> Planned:
        now = bench.clock.now()
        planned = load(actor.agency, post_id, store=bench.store)
        post = planned.post
        actor.require("publish", post.department)
        _expect(post, expected)
        _refuse_reply(post)
        _refuse_leaving(planned.deliveries)
        profiles = _known_targets(post.content, actor, bench, act="publish")
        if not profiles:
            raise InvalidInput("no_targets", "Choose at least one profile.", field="targets")
        refuse_problems(actor.agency, post.content, profiles, store=bench.store, network_named=bench.network_named)
        before = {each.profile: each for each in planned.deliveries}
        if all(profile.id in before and before[profile.id].state == "published" for profile in profiles):
            raise Conflict("already_published", "Every target has it already.")
        changed = post.but(due_at=due_at, zone=zone, cancelled=False, planned=True, updated_at=now)
        deliveries = [
            armed_if_near(_delivery(changed, profile, due_at, before.get(profile.id)), now)
            for profile in profiles
            if profile.id not in before or before[profile.id].state != "published"
        ]
        detail: Detail = {"due_at_ms": round(due_at.timestamp() * 1000), "zone": zone, "version": post.version}
        bench.store.commit(changed, *deliveries, _event(changed, "post.scheduled", actor, now, detail))
        send_armed(deliveries, queue=bench.queue, now=now)
        return load(actor.agency, post_id, store=bench.store)

    return _again(act)


def cancel(post_id: str, *, expected: int | None, actor: Actor, bench: Bench) -> Planned:
    """Stop what has not left. What is leaving or gone is not touched; Conflict when there is nothing to stop."""

    def act() -> Planned:
        now = bench.clock.now()
        planned = load(actor.agency, post_id, store=bench.store)
        actor.require("publish", planned.post.department)
        _expect(planned.post, expected)
        stoppable = [
            each
            for each in planned.deliveries
            if not each.is_leaving() and each.state not in ("published", "unconfirmed", "cancelled")
        ]
        if not stoppable:
            _refuse_leaving(planned.deliveries)
            raise Conflict("nothing_to_cancel", "Nothing of this post waits to leave.")
        gone = len(stoppable) < sum(each.state != "cancelled" for each in planned.deliveries)
        changed = planned.post.but(cancelled=not gone, updated_at=now)
        bench.store.commit(
            changed, *[each.cancelled() for each in stoppable], _event(changed, "post.cancelled", actor, now)
        )
        return load(actor.agency, post_id, store=bench.store)

    return _again(act)


def delete(post_id: str, *, expected: int, actor: Actor, bench: Bench) -> None:
    """Remove a post that never left. Its versions and events stay: what was written and decided is a record."""

    def act() -> None:
        planned = _editable(post_id, expected, actor, bench)
        actor.require("publish" if planned.deliveries else "write", planned.post.department)
        deleted = _event(planned.post, "post.deleted", actor, bench.clock.now())
        bench.store.commit(deleted, removes=[planned.post, *planned.deliveries])

    _again(act)


def _editable(post_id: str, expected: int, actor: Actor, bench: Bench) -> Planned:
    planned = load(actor.agency, post_id, store=bench.store)
    actor.require("write", planned.post.department)
    _expect(planned.post, expected)
    _refuse_reply(planned.post)
    _refuse_leaving(planned.deliveries)
    if any(each.state == "published" for each in planned.deliveries):
        raise Conflict("already_published", "It stands on a network: duplicate it instead.")
    return planned


def _small_enough(content: Content) -> None:
    if len(content.model_dump_json().encode()) > _CONTENT_BYTES_MAX:
        raise InvalidInput("too_large", f"At most {_CONTENT_BYTES_MAX} bytes with all variants.", field="text")


def _expect(post: Post, expected: int | None) -> None:
    if expected is not None and post.rev != expected:
        raise Stale


def _refuse_leaving(deliveries: Iterable[Delivery]) -> None:
    # What is unconfirmed for good may stand on the network as well: a person says so first (waiting.resolve).
    if any(each.is_leaving() or each.state == "unconfirmed" for each in deliveries):
        raise Conflict("already_leaving", "It is being sent, or may have been: look again, or say what you see.")


def _refuse_reply(post: Post) -> None:
    if post.content.reply_to is not None:
        raise Conflict("is_reply", "Release or drop its delivery, or answer anew in its conversation.")


def _known_targets(content: Content, actor: Actor, bench: Bench, *, act: str = "write") -> list[Profile]:
    """The profiles aimed at. One that this agency does not have does not exist; each must be one the actor may use."""
    found = bench.store.get_many([(Profile, Profile.key_of(actor.agency, target)) for target in content.targets])
    profiles: list[Profile] = []
    for position, profile in enumerate(found):
        if not isinstance(profile, Profile):
            raise NotFound(f"targets/{position}: there is no such profile.")
        actor.require(act, profile.department)
        profiles.append(profile)
    if (
        content.campaign is not None
        and bench.store.get(Campaign, Campaign.key_of(actor.agency, content.campaign)) is None
    ):
        raise InvalidInput("campaign_unknown", "There is no such campaign.", field="campaign")
    if len({profile.id for profile in profiles}) < len(profiles):
        raise InvalidInput("invalid_input", "A profile is named twice.", field="targets")
    return profiles


def _delivery(post: Post, profile: Profile, due_at: datetime, before: Delivery | None) -> Delivery:
    if before is not None:
        return before.due(due_at, version=post.version).model_copy(update={"campaign": post.content.campaign})
    return Delivery(
        agency=post.agency,
        post=post.id,
        profile=profile.id,
        network=profile.network,
        department=profile.department,
        campaign=post.content.campaign,
        version=post.version,
        due_at=due_at,
        act_at=due_at,
    )


def _version(post: Post, actor: Actor, now: datetime) -> PostVersion:
    return PostVersion(
        agency=post.agency,
        post=post.id,
        version=post.version,
        content=post.content,
        fingerprint=post.content.fingerprint(),
        by=actor.person,
        at=now,
    )


def _event(post: Post, what: str, actor: Actor, now: datetime, detail: Detail | None = None) -> Event:
    return Event(
        agency=post.agency,
        subject=f"POST#{post.id}",
        what=what,
        at=now,
        actor=actor.person,
        actor_name=actor.name,
        detail=detail or {},
        once=str(post.rev),
    )


def _again(act: Callable[[], T]) -> T:
    """Read and decide anew when a worker's write came between; a person's change shows as Stale by then."""
    for _ in range(_TRIES):
        try:
            return act()
        except Lost:
            continue
    raise Conflict("busy", "It keeps changing: try again in a moment.")
