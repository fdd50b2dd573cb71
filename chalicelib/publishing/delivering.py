"""One delivery, at its second: claim, attempt, fence, call, outcome (docs/ARCHITECTURE.md, flow 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.approvals.review import Approval
from chalicelib.crisis.pause import fence_before, standing
from chalicelib.entity import Entity
from chalicelib.errors import Upstream
from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    Gate,
    Halted,
    Network,
    NetworkError,
    Outcome,
    OutcomeUnknown,
    Pending,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.profiles.credentials import usable_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.bookkeeping import (
    Desk,
    break_profile,
    doubt,
    handed_over,
    put_back,
    record_published,
    stop,
)
from chalicelib.publishing.delivery import LATEST, Delivery
from chalicelib.publishing.message import DeliveryDue
from chalicelib.publishing.post import Post
from chalicelib.publishing.publication import hashes_of, publication_of
from chalicelib.publishing.reconciling import FIRST_LOOK, reconcile
from chalicelib.store import Lost

_LONGEST_WAIT = timedelta(seconds=5)
_LEASE_MARGIN = timedelta(seconds=15)
"""No step begins so close to the end of the lease that it could outlive it (the longest call takes ten seconds)."""


_LONGEST_BACKOFF = timedelta(minutes=5)


class LeaseEnded(Halted):
    """Another worker may take the delivery over now; nothing more is sent, or written, from here."""


class NothingAhead(Exception):
    """It is before the time, and there is nothing to hand over: an edit took the video away."""


@dataclass(frozen=True)
class Brief:
    """A delivery with its post and profile, read together.

    Read before the claim and still true after it: an edit writes the post and its deliveries in one transaction, so
    that a claim of this very delivery can only succeed when the post is unchanged or of another version, which shows.
    """

    delivery: Delivery | None
    post: Post | None
    profile: Profile | None


def briefs(messages: Sequence[DeliveryDue], desk: Desk) -> list[Brief]:
    """One strongly consistent read for a whole batch (33 messages at most, three items each)."""
    wanted: list[tuple[type[Entity], Mapping[str, str]]] = []
    for message in messages:
        key = Delivery.key_of(message.agency, message.post, message.profile)
        wanted += [
            (Delivery, key),
            (Post, {"pk": key["pk"], "sk": "POST"}),
            (Profile, Profile.key_of(message.agency, message.profile)),
        ]
    found = desk.store.get_many(wanted)
    return [
        Brief(
            delivery=delivery if isinstance(delivery, Delivery) else None,
            post=post if isinstance(post, Post) else None,
            profile=profile if isinstance(profile, Profile) else None,
        )
        for delivery, post, profile in zip(found[::3], found[1::3], found[2::3], strict=True)
    ]


def deliver(message: DeliveryDue, desk: Desk, brief: Brief | None = None) -> str:
    """Do what is due about one delivery; returns, for the log, what that was.

    A message may come twice, late or for a delivery that was changed or deleted: the item decides, never the message.
    """
    brief = brief or briefs([message], desk)[0]
    delivery = brief.delivery
    if delivery is None or delivery.act_at is None or delivery.act_at != message.act_at:
        return "void"
    wait = delivery.act_at - desk.clock.now()
    if wait > _LONGEST_WAIT:
        desk.queue.send([message], now=desk.clock.now())
        return "early"
    while (remaining := (delivery.act_at - desk.clock.now()).total_seconds()) > 0:
        desk.clock.sleep(remaining)
    now = desk.clock.now()
    if delivery.lease_stands(now):
        return "leased"
    try:
        if delivery.state == "queued":
            return _publish(delivery, brief, now, desk)
        return reconcile(delivery, now, desk)
    except Lost:
        return "lost"  # a person or another worker wrote first, and acts accordingly


def _publish(delivery: Delivery, brief: Brief, now: datetime, desk: Desk) -> str:
    if now > delivery.due_at + LATEST:
        stop(delivery.held("late"), "delivery.held", desk)
        return "held"
    early = now < delivery.due_at
    if early and delivery.standing_ticket is not None and not delivery.ticket_unfinished:
        return _until_due(delivery, desk)
    claimed = delivery.claimed(now)
    desk.store.save(claimed)

    post, profile = brief.post, brief.profile
    if post is None or post.version != claimed.version:  # the edit came between the reading of the two
        post = desk.store.get(Post, {"pk": delivery.key()["pk"], "sk": "POST"})
    if post is None or post.cancelled:
        desk.store.save(claimed.cancelled())
        return "cancelled"
    if post.version != claimed.version:  # cannot be: an edit moves its deliveries in one transaction
        stop(claimed.held("changed"), "delivery.held", desk)
        return "held"
    if profile is None:
        stop(claimed.held("profile_removed"), "delivery.held", desk)
        return "held"
    if profile.status == "broken":
        if early:
            return _until_due(claimed, desk)
        stop(claimed.held("profile_broken"), "delivery.held", desk)
        return "held"
    calls: list[datetime] = []
    try:
        outcome = _attempt(claimed, post, profile, calls, desk, early=early)
    except LeaseEnded:
        return "lost"
    except NothingAhead:
        return _until_due(claimed, desk)
    except Halted as halted:
        if early:  # a pause may be over by then, and an approval given
            return _until_due(claimed, desk)
        stop(claimed.held(str(halted)), "delivery.held", desk)
        return "held"
    return _settle(claimed, outcome, profile, calls[-1] if calls else None, desk)


def _until_due(delivery: Delivery, desk: Desk) -> str:
    """Nothing more is to be done before its time."""
    now = desk.clock.now()
    waiting = armed_if_near(delivery.again(delivery.due_at, reason=None), now)
    desk.store.save(waiting)
    send_armed([waiting], queue=desk.queue, now=now)
    return "early"


def _attempt(
    claimed: Delivery, post: Post, profile: Profile, calls: list[datetime], desk: Desk, *, early: bool
) -> Outcome:
    """calls: gets the moment at which each outward step was let through."""
    network = desk.network_named(profile.network)
    try:
        try:
            publication = publication_of(claimed, post, profile, desk)
            video = any(file.is_video for file in publication.media)
            if early and not network.capabilities().prepares(video=video):
                raise NothingAhead
            account = usable_account(profile, network=network, store=desk.store, vault=desk.vault, clock=desk.clock)
        except Upstream as error:  # what we depend on ourselves; nothing has left, so there is nothing to look for
            return RetryAfter(timedelta(seconds=20), error.code)
        # Of exactly what is being sent: its words as they stand here, its files by the hashes of what was approved.
        # The bytes that leave are held to their own hash (steps.content_of), a copy's to that which was noted with it.
        sent = post.content.fingerprint(hashes_of(publication, post, store=desk.store)) if claimed.reviewed else None
        gate = _gate(claimed, profile, calls, desk, sent=sent)
        outcome = network.publish(account, publication, gate)
        if isinstance(outcome, Reauthorise):
            # Tokens may be revoked before their date. Nothing was accepted, so one exchange and one more try are safe.
            account = _renewed_account(profile, network, desk)
            outcome = network.publish(account, publication, gate)
    except CredentialsRefused as error:
        return Reauthorise(error.code, error.detail)
    except Unavailable as error:
        return RetryAfter(error.wait, error.code, error.detail)
    except NetworkError as error:
        return RetryAfter(timedelta(seconds=60), error.code, error.detail)
    return outcome


def _renewed_account(profile: Profile, network: Network, desk: Desk) -> Account:
    return usable_account(profile, network=network, store=desk.store, vault=desk.vault, clock=desk.clock, refused=True)


def _gate(claimed: Delivery, profile: Profile, calls: list[datetime], desk: Desk, *, sent: str | None) -> Gate:
    """sent: the fingerprint that must have been approved; None for what needs no approval, and then none is read."""
    # The profile may have moved since it was scheduled: the pause of either department stops it.
    moved = claimed.model_copy(update={"department": profile.department})

    def gate() -> None:
        if claimed.lease_until is None or desk.clock.now() > claimed.lease_until - _LEASE_MARGIN:
            raise LeaseEnded("lease_ended")
        fences = standing(claimed.agency, store=desk.store)
        if fence_before(claimed, fences) is not None or fence_before(moved, fences) is not None:
            raise Halted("paused")
        if sent is not None:
            approval = desk.store.get(Approval, Approval.key_of(claimed.agency, claimed.post))
            if approval is None:
                raise Halted("not_approved")
            if approval.fingerprint != sent:
                raise Halted("approval_void")
        calls.append(desk.clock.now())

    return gate


def _patience(claimed: Delivery, wait: timedelta, code: str) -> timedelta:
    """A network that says when to come back is believed; one that is merely down is asked ever more seldom."""
    if code == "rate_limited":
        return wait
    return min(wait * (1 << min(claimed.attempts - 1, 6)), max(wait, _LONGEST_BACKOFF))


def _settle(claimed: Delivery, outcome: Outcome, profile: Profile, called_at: datetime | None, desk: Desk) -> str:
    match outcome:
        case Published(remote_id=remote_id, url=url):
            record_published(
                claimed,
                remote_id=remote_id,
                url=url,
                certain=True,
                at=desk.clock.now(),
                called_at=called_at,
                desk=desk,
            )
            return "published"
        case RetryAfter(wait=wait, code=code, detail=detail):
            put_back(claimed, wait=_patience(claimed, wait, code), reason=code, detail=detail, desk=desk)
            return "delayed"
        case Rejected(code=code, detail=detail):
            stop(claimed.failed(code, detail), "delivery.failed", desk)
            return "failed"
        case Reauthorise(code=code, detail=detail):
            break_profile(profile, code, desk)
            if desk.clock.now() < claimed.due_at:
                return _until_due(claimed, desk)
            stop(claimed.held("profile_broken", detail), "delivery.held", desk)
            return "held"
        case Pending(ticket=ticket, check_after=check_after, unfinished=unfinished):
            handed_over(claimed, ticket=ticket, unfinished=unfinished, wait=check_after, desk=desk)
            return "prepared"
        case OutcomeUnknown(code=code, detail=detail):
            doubt(claimed, reason=code, detail=detail, look_in=FIRST_LOOK, desk=desk)
            return "unconfirmed"
