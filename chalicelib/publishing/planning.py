"""What people do with posts: write, change, schedule, cancel, delete.

Each act is one transaction over the post, its deliveries and the event that tells of it. A delivery that is leaving
(claimed, or possibly gone) refuses the act; in every other state the act wins over any message under way.

What is in review or approved is bound to what it says: a change of it, in the same transaction, voids that and takes
the deliveries back (docs/ARCHITECTURE.md, flow 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chalicelib.approvals.review import Approval, ReviewState, event_of, latest
from chalicelib.approvals.workflow import review_required
from chalicelib.clock import Clock
from chalicelib.entity import Entity
from chalicelib.errors import Conflict, InvalidInput, NotFound, Stale
from chalicelib.identifiers import new_id
from chalicelib.media.media import Media
from chalicelib.networks.contract import Network
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.campaign import Campaign
from chalicelib.publishing.checking import refuse_problems
from chalicelib.publishing.delivery import PREPARED_BEFORE, Delivery
from chalicelib.publishing.message import Queue
from chalicelib.publishing.post import Content, Post, PostVersion
from chalicelib.publishing.tracking import words_hash
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

T = TypeVar("T")
_TRIES = 4

_CONTENT_BYTES_MAX = 200_000
"""An item of DynamoDB takes 400 kB; a post's answer is kept a second time for its Idempotency-Key."""


CONSEQUENCE = timedelta(milliseconds=1)
"""What follows from an act is told a moment after it: events of one moment have no order."""


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

    def but(self, *, post: Post) -> Planned:
        return Planned(post, self.deliveries)


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
    known_targets(content, actor, bench)
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


def place(
    content: Content,
    *,
    department: str,
    zone: str,
    due_at: datetime,
    profiles: Sequence[Profile],
    as_draft: bool,
    beside: Callable[[str], Entity],
    actor: Actor,
    bench: Bench,
) -> Planned:
    """A new post that stands in the calendar from its first moment: scheduled, or a draft that keeps its wanted time.

    For who has looked at many at once (importing.py): the profiles are those aimed at, and neither they nor a network
    nor a workflow objects. beside: makes of the post's id what is written in the same transaction. Raises InvalidInput
    too_large; Lost where what stands beside it is there already.
    """
    for place_of in (department, *(each.department for each in profiles)):
        actor.require("write" if as_draft else "publish", place_of)
    _small_enough(content)
    now = bench.clock.now()
    post = Post(
        agency=actor.agency,
        id=new_id(),
        department=department,
        content=content,
        zone=zone,
        due_at=due_at,
        author=actor.person,
        author_name=actor.name,
        created_at=now,
        updated_at=now,
        planned=not as_draft,
    )
    told = [_event(post, "post.created", actor, now, {"imported": True})]
    deliveries: list[Delivery] = []
    if not as_draft:
        detail: Detail = {"due_at_ms": round(due_at.timestamp() * 1000), "zone": zone, "version": post.version}
        told.append(_event(post, "post.scheduled", actor, now + CONSEQUENCE, detail))
        video = holds_video(actor.agency, content, store=bench.store)
        fresh = [new_delivery(post, profile, due_at, None, bench, video=video) for profile in profiles]
        deliveries = [armed_if_near(each, now) for each in fresh]
    bench.store.commit(post, *deliveries, _version(post, actor, now), *told, beside(post.id))
    send_armed(deliveries, queue=bench.queue, now=now)
    return Planned(post, tuple(deliveries))


def change(post_id: str, content: Content, *, expected: int, actor: Actor, bench: Bench) -> Planned:
    """New content. What is scheduled stays scheduled, with the new content, if the networks would take it.

    What is in review or approved becomes a draft again, which whoever may write may do. Raises Conflict
    approval_required for what was scheduled before its department wanted everything reviewed.
    """
    _small_enough(content)

    def attempt() -> Planned:
        now = bench.clock.now()
        planned = editable(post_id, expected, actor, bench)
        post = planned.post
        if post.decided is not None and content == post.content:
            return planned  # saved again without a change: what was approved still is what it says
        act = _act_of_change(planned)
        actor.require(act, post.department)
        profiles = known_targets(content, actor, bench, act=act)
        changed = post.but(content=content, version=post.version + 1, edited_by=actor.person, updated_at=now)
        said = _event(changed, "post.changed", actor, now, {"version": changed.version})
        if post.decided is not None:
            draft, taken = taken_back(planned.but(post=changed))
            closed, gone = _closed_review(post, "void", actor, now + CONSEQUENCE, bench)
            bench.store.commit(draft, _version(draft, actor, now), said, *closed, removes=[*taken, *gone])
            return load(actor.agency, post_id, store=bench.store)
        waiting = [each for each in planned.deliveries if each.state != "cancelled"]
        if waiting:
            _require_no_review(post, profiles, bench)
            refuse_problems(actor.agency, content, profiles, store=bench.store, network_named=bench.network_named)
        video = bool(waiting) and holds_video(actor.agency, content, store=bench.store)
        kept: list[Delivery] = []
        for each in planned.deliveries:
            if each.state == "cancelled" and each.profile not in content.targets:
                continue
            if each.profile in content.targets and each.state != "cancelled":
                carried = each.but(version=changed.version, **_carried(content, each.network))
                kept.append(_first_step_anew(carried, now, bench, video=video))
            elif each.profile not in content.targets:
                kept.append(each.cancelled())
        if waiting and post.due_at is not None:
            standing = {each.profile for each in kept}
            before = {each.profile: each for each in planned.deliveries}
            for profile in profiles:
                # One that was aimed at already and has been cancelled was dropped by a person: it stays so.
                dropped = profile.id in before and profile.id in post.content.targets
                if profile.id not in standing and not dropped:
                    fresh = new_delivery(changed, profile, post.due_at, before.get(profile.id), bench, video=video)
                    if post.due_at < now:  # an edit is not an order to send at once
                        fresh = fresh.model_copy(update={"state": "held", "reason": "late", "act_at": None})
                    kept.append(armed_if_near(fresh, now))
        bench.store.commit(
            changed,
            *kept,
            _version(changed, actor, now),
            said,
        )
        send_armed(kept, queue=bench.queue, now=now)
        return load(actor.agency, post_id, store=bench.store)

    return again(attempt)


def schedule(post_id: str, *, due_at: datetime, zone: str, expected: int | None, actor: Actor, bench: Bench) -> Planned:
    """Give every target a delivery at due_at; those already published keep what they have.

    An approval stays: it is of what is said, not of when. Raises Conflict already_leaving, already_published or
    approval_required, InvalidInput no_targets or a network's own refusal.
    """

    def act() -> Planned:
        now = bench.clock.now()
        planned = load(actor.agency, post_id, store=bench.store)
        post = planned.post
        actor.require("publish", post.department)
        _expect(post, expected)
        _refuse_reply(post)
        refuse_leaving(planned.deliveries)
        profiles = known_targets(post.content, actor, bench, act="publish")
        if not profiles:
            raise InvalidInput("no_targets", "Choose at least one profile.", field="targets")
        if post.decided != "approved":
            _require_no_review(post, profiles, bench)
        refuse_problems(actor.agency, post.content, profiles, store=bench.store, network_named=bench.network_named)
        before = {each.profile: each for each in planned.deliveries}
        if all(profile.id in before and before[profile.id].state == "published" for profile in profiles):
            raise Conflict("already_published", "Every target has it already.")
        changed = post.but(due_at=due_at, zone=zone, cancelled=False, planned=True, updated_at=now)
        video = holds_video(actor.agency, post.content, store=bench.store)
        deliveries = [
            armed_if_near(new_delivery(changed, profile, due_at, before.get(profile.id), bench, video=video), now)
            for profile in profiles
            if profile.id not in before or before[profile.id].state != "published"
        ]
        detail: Detail = {"due_at_ms": round(due_at.timestamp() * 1000), "zone": zone, "version": post.version}
        bench.store.commit(changed, *deliveries, _event(changed, "post.scheduled", actor, now, detail))
        send_armed(deliveries, queue=bench.queue, now=now)
        return load(actor.agency, post_id, store=bench.store)

    return again(act)


def cancel(post_id: str, *, expected: int | None, actor: Actor, bench: Bench) -> Planned:
    """Stop what has not left. What is leaving or gone is not touched; Conflict when there is nothing to stop.

    A review under way ends with it; an approval stays, so that the post can be scheduled again.
    """

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
            refuse_leaving(planned.deliveries)
            raise Conflict("nothing_to_cancel", "Nothing of this post waits to leave.")
        gone = len(stoppable) < sum(each.state != "cancelled" for each in planned.deliveries)
        changed = planned.post.but(cancelled=not gone, updated_at=now)
        closed: list[Entity] = []
        if changed.decided == "in_review":
            # A worker is about to find that it may not leave: in a moment, all of it.
            refuse_leaving(planned.deliveries)
            changed = changed.model_copy(update={"decided": None})
            closed, _ = _closed_review(planned.post, "withdrawn", actor, now + CONSEQUENCE, bench)
        said = _event(changed, "post.cancelled", actor, now)
        bench.store.commit(changed, *[each.cancelled() for each in stoppable], said, *closed)
        return load(actor.agency, post_id, store=bench.store)

    return again(act)


def delete(post_id: str, *, expected: int, actor: Actor, bench: Bench) -> None:
    """Remove a post that never left. Its versions and events stay: what was written and decided is a record."""

    def act() -> None:
        now = bench.clock.now()
        planned = editable(post_id, expected, actor, bench)
        actor.require(_act_of_change(planned), planned.post.department)
        deleted = _event(planned.post, "post.deleted", actor, now)
        closed, gone = _closed_review(planned.post, "void", actor, now + CONSEQUENCE, bench)
        bench.store.commit(deleted, *closed, removes=[planned.post, *planned.deliveries, *gone])

    again(act)


def withdraw(post_id: str, *, expected: int, actor: Actor, bench: Bench) -> Planned:
    """Take a post back from review, or from its approval, as long as nothing of it left. Raises Conflict
    not_in_review."""

    def act() -> Planned:
        now = bench.clock.now()
        planned = editable(post_id, expected, actor, bench)
        if planned.post.decided is None:
            raise Conflict("not_in_review", "It is neither in review nor approved.")
        draft, taken = taken_back(planned.but(post=planned.post.but(updated_at=now)))
        closed, gone = _closed_review(planned.post, "withdrawn", actor, now, bench)
        bench.store.commit(draft, *closed, removes=[*taken, *gone])
        return load(actor.agency, post_id, store=bench.store)

    return again(act)


def taken_back(planned: Planned) -> tuple[Post, tuple[Delivery, ...]]:
    """The post as a draft again, its wanted time kept, and the deliveries to remove. The post has been changed for the
    write that this is part of. What a person cancelled as a whole stays cancelled, deliveries and all."""
    post, taken = planned.post, () if planned.post.cancelled else planned.deliveries
    next_seq = max([post.next_seq, *(each.seq + 1 for each in taken)])
    draft = post.model_copy(update={"decided": None, "planned": post.planned and post.cancelled, "next_seq": next_seq})
    return draft, taken


def _closed_review(
    post: Post, state: ReviewState, actor: Actor, at: datetime, bench: Bench
) -> tuple[list[Entity], list[Entity]]:
    """What to write and what to remove so that neither the review under way nor an approval stands any more."""
    if post.decided is None:
        return [], []
    review = latest(post, store=bench.store)
    approval = bench.store.get(Approval, Approval.key_of(post.agency, post.id))
    written: list[Entity] = []
    if review is not None:
        closed = review.closed(state, at)
        written = [closed, event_of(closed, f"review.{state}", at, actor=actor.person, name=actor.name)]
    return written, [approval] if approval is not None else []


def _act_of_change(planned: Planned) -> str:
    """What one must be allowed to do to change it: what a publisher planned is a publisher's to touch; what was
    submitted leaves only after another approval, and so is anybody's who writes."""
    return "publish" if planned.deliveries and planned.post.decided is None else "write"


def _require_no_review(post: Post, profiles: Sequence[Profile], bench: Bench) -> None:
    """Raises Conflict approval_required."""
    if post.decided == "in_review":
        raise Conflict("approval_required", "It is in review: withdraw it to plan it anew.")
    departments = {post.department, *(each.department for each in profiles)}
    if review_required(post.agency, departments, store=bench.store):
        raise Conflict("approval_required", "What leaves there is reviewed first: submit it.")


def editable(post_id: str, expected: int, actor: Actor, bench: Bench) -> Planned:
    """The post, if the actor may write it, expects this version, and nothing of it leaves or has left."""
    planned = load(actor.agency, post_id, store=bench.store)
    actor.require("write", planned.post.department)
    _expect(planned.post, expected)
    _refuse_reply(planned.post)
    refuse_leaving(planned.deliveries)
    if any(each.state == "published" for each in planned.deliveries):
        raise Conflict("already_published", "It stands on a network: duplicate it instead.")
    return planned


def _small_enough(content: Content) -> None:
    if len(content.model_dump_json().encode()) > _CONTENT_BYTES_MAX:
        raise InvalidInput("too_large", f"At most {_CONTENT_BYTES_MAX} bytes with all variants.", field="text")


def _expect(post: Post, expected: int | None) -> None:
    if expected is not None and post.rev != expected:
        raise Stale


def refuse_leaving(deliveries: Iterable[Delivery]) -> None:
    if any(each.cut and each.state != "publishing" for each in deliveries):
        raise Conflict("partly_published", "Part of its thread stands already: let the rest go, or drop it.")
    # What is unconfirmed for good may stand on the network as well: a person says so first (waiting.resolve).
    if any(each.is_leaving() or each.state == "unconfirmed" for each in deliveries):
        raise Conflict("already_leaving", "It is being sent, or may have been: look again, or say what you see.")


def _refuse_reply(post: Post) -> None:
    if post.content.reply_to is not None:
        raise Conflict("is_reply", "Release or drop its delivery, or answer anew in its conversation.")


def known_targets(content: Content, actor: Actor, bench: Bench, *, act: str = "write") -> list[Profile]:
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


def holds_video(agency: str, content: Content, *, store: Store) -> bool:
    found = store.get_many([(Media, Media.key_of(agency, each.media)) for each in content.media])
    return any(isinstance(each, Media) and each.content_type.startswith("video/") for each in found)


def first_step(network: Network, due_at: datetime, now: datetime, *, video: bool) -> datetime:
    """When something must first be done about what is due then. video: whether the post has one."""
    if not network.capabilities().prepares(video=video):
        return due_at
    return min(due_at, max(due_at - PREPARED_BEFORE, now))


def _first_step_anew(delivery: Delivery, now: datetime, bench: Bench, *, video: bool) -> Delivery:
    """After an edit: what a network holds is void, and a video may have come or gone. What waits because a network
    asked for it goes on waiting."""
    if delivery.state != "queued" or delivery.reason is not None:
        return delivery
    act_at = first_step(bench.network_named(delivery.network), delivery.due_at, now, video=video)
    if act_at == delivery.act_at:
        return delivery
    moved = delivery.model_copy(update={"act_at": act_at, "armed_at": None, "arms": 0})
    return armed_if_near(moved, now)


def new_delivery(
    post: Post, profile: Profile, due_at: datetime, before: Delivery | None, bench: Bench, *, video: bool
) -> Delivery:
    """Of a post as it will be written. What is in review or approved leaves only by its approval."""
    act_at = first_step(bench.network_named(profile.network), due_at, bench.clock.now(), video=video)
    reviewed = post.decided is not None
    carried = _carried(post.content, profile.network)
    if before is not None:
        changes = {**carried, "reviewed": reviewed}
        return before.due(due_at, version=post.version, act_at=act_at).model_copy(update=changes)
    return Delivery(
        agency=post.agency,
        post=post.id,
        profile=profile.id,
        network=profile.network,
        department=profile.department,
        version=post.version,
        reviewed=reviewed,
        due_at=due_at,
        act_at=act_at,
        seq=post.next_seq,
        **carried,
    )


def _carried(content: Content, network: str) -> dict[str, Any]:
    """What a delivery knows of its post's content."""
    written = content.written_for(network)
    return {"campaign": content.campaign, "parts": len(written), "words_hash": words_hash(written)}


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


def again(act: Callable[[], T]) -> T:
    """Read and decide anew when a worker's write came between; a person's change shows as Stale by then."""
    for _ in range(_TRIES):
        try:
            return act()
        except Lost:
            continue
    raise Conflict("busy", "It keeps changing: try again in a moment.")
