"""Writing down what became of an attempt, in an order in which any step may be the last.

What the network answered is certain: first whose post it is (Remote), then the event, then the delivery, each alone
(a transaction would cost twice the write units). A worker that dies in between leaves a post that is known as its
delivery's: the lease runs out, reconciling finds it so, and the rest is written then. What was only matched is written
in one transaction, so that no delivery ever owns a post by match without knowing it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.alerts.notice import Topic, tell
from chalicelib.clock import Clock
from chalicelib.media.media import Shelf
from chalicelib.networks.contract import Network
from chalicelib.profiles.credentials import Vault
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.delivery import LATEST, Delivery
from chalicelib.publishing.message import Queue
from chalicelib.publishing.remote import Remote, digest_of
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store


@dataclass(frozen=True)
class Desk:
    """What the work on deliveries needs around it."""

    store: Store
    queue: Queue
    topic: Topic
    vault: Vault
    clock: Clock
    network_named: Callable[[str], Network]
    shelf: Shelf


def event_of(delivery: Delivery, what: str, at: datetime, *, once: str, **detail: str | int | bool | None) -> Event:
    said: Detail = {"network": delivery.network, "version": delivery.version, **detail}
    return Event(
        agency=delivery.agency,
        subject=f"POST#{delivery.post}",
        what=what,
        at=at,
        profile=delivery.profile,
        detail={name: value for name, value in said.items() if value is not None},
        once=once,
    )


def record_published(
    delivery: Delivery,
    *,
    remote_id: str,
    url: str | None,
    certain: bool,
    at: datetime,
    desk: Desk,
    called_at: datetime | None = None,
) -> bool:
    """The post stands on the network, or the part of its thread that came next: then the one after it is queued.

    False when the remote post already belongs to another delivery and this one is not certain of it.

    called_at: when the last outward step was let through, if this worker made it. Raises Lost when somebody else
    decided about the delivery meanwhile.
    """
    mine = Remote(
        agency=delivery.agency,
        profile=delivery.profile,
        remote_id=remote_id,
        post=delivery.post,
        part=delivery.part,
        url=url,
        published_at=at,
        certain=certain,
    )
    last = delivery.part + 1 >= delivery.parts
    now = desk.clock.now()

    def written(delivery: Delivery, since: datetime) -> tuple[Delivery, Event]:
        told = event_of(
            delivery,
            "delivery.published" if last else "delivery.part_published",
            since,
            once=digest_of(remote_id),
            remote_id=delivery.remote_id or remote_id if last else remote_id,
            url=delivery.url or url if last else url,
            part=delivery.part + 1 if delivery.parts > 1 else None,
            parts=delivery.parts if delivery.parts > 1 else None,
            attempt=delivery.attempts,
            began_at_ms=_ms(delivery.began_at),
            called_at_ms=_ms(called_at),
            due_at_ms=_ms(delivery.due_at),
            certain=certain,
        )
        if last:
            return delivery.published(remote_id=remote_id, url=url, at=since), told
        return armed_if_near(delivery.continued(remote_id=remote_id, url=url, at=since, now=now), now), told

    if certain:
        try:
            desk.store.save(mine)
        except Lost:
            holder = desk.store.get(Remote, mine.key())
        else:
            holder = mine
    else:
        holder = desk.store.get(Remote, mine.key())
    for _ in range(4):
        own = holder is not None and holder.belongs_to(delivery)
        published, told = written(delivery, holder.published_at if own and holder is not None else at)
        try:
            if own:
                desk.store.save(told)
                desk.store.save(published)
            elif holder is None:
                desk.store.commit(mine, published, told)
            elif certain and not holder.certain:
                _displace(holder, mine, published, told, desk)
            else:
                return False
        except Lost:
            present = desk.store.get(Delivery, delivery.key())
            if present is None or present.state not in ("publishing", "unconfirmed") or present.part != delivery.part:
                raise
            delivery, holder = present, desk.store.get(Remote, mine.key())
        else:
            send_armed([published], queue=desk.queue, now=now)
            return True
    raise Lost


def _displace(holder: Remote, mine: Remote, published: Delivery, told: Event, desk: Desk) -> None:
    """What was only matched gives way to what is certain, and looks for its own post again. Raises Lost."""
    now = desk.clock.now()
    taken = mine.model_copy(update={"rev": holder.rev + 1})
    twin = desk.store.get(Delivery, Delivery.key_of(holder.agency, holder.post, holder.profile))
    if twin is None or holder.remote_id not in (twin.remote_id, *twin.standing):
        desk.store.commit(taken, published, told)
        return
    # Where more of its thread may have followed below another's post, no looking of ours mends it: a person must.
    followed = twin.parts > 1 and not (twin.part == holder.part + 1 and twin.state in ("queued", "held", "failed"))
    unsure = twin.unconfirmed(
        now,
        reason="not_confirmed",
        detail="its match was another's",
        look_at=None if followed else now + timedelta(seconds=2),
    ).model_copy(update={"standing": twin.standing[: holder.part]})
    if holder.part == 0:
        unsure = unsure.model_copy(update={"remote_id": None, "url": None, "published_at": None})
    if twin.part > holder.part:  # what was handed over since is of the part after it
        unsure = unsure.without_ticket()
    unsure = armed_if_near(unsure, now)
    displaced = event_of(unsure, "delivery.displaced", now, once=holder.remote_id)
    desk.store.commit(taken, published, told, unsure, displaced)
    if followed:
        _tell(unsure, desk, now)
    send_armed([unsure], queue=desk.queue, now=now)


def put_back(delivery: Delivery, *, wait: timedelta, reason: str, detail: str, desk: Desk) -> None:
    """Queue it again after `wait`, or hold it when that is later than it may ever leave."""
    now = desk.clock.now()
    if now + wait > delivery.due_at + LATEST:
        stop(delivery.held(reason, detail), "delivery.held", desk)
        return
    again = armed_if_near(delivery.again(now + wait, reason=reason, detail=detail), now)
    desk.store.save(
        event_of(
            delivery,
            "delivery.delayed",
            now,
            once=str(delivery.rev),
            reason=reason,
            wait_s=int(wait.total_seconds()),
            attempt=delivery.attempts,
        )
    )
    desk.store.save(again)
    send_armed([again], queue=desk.queue, now=now)


def handed_over(delivery: Delivery, *, ticket: str, unfinished: bool, wait: timedelta, desk: Desk) -> None:
    """The network holds the material: publish it at its time, and not before `wait`. unfinished: there is more to hand
    over, which need not wait for the time."""
    now = desk.clock.now()
    act_at = now + wait if unfinished else max(now + wait, delivery.due_at)
    if act_at > delivery.due_at + LATEST:
        stop(delivery.held("being_processed"), "delivery.held", desk)
        return
    reason = None if now < delivery.due_at else "being_processed"
    prepared = delivery.prepared(ticket, act_at, unfinished=unfinished, reason=reason)
    prepared = armed_if_near(prepared, now)
    if ticket != delivery.ticket:
        desk.store.save(event_of(delivery, "delivery.prepared", now, once=str(delivery.rev), attempt=delivery.attempts))
    desk.store.save(prepared)
    send_armed([prepared], queue=desk.queue, now=now)


def doubt(delivery: Delivery, *, reason: str, detail: str, look_in: timedelta | None, desk: Desk) -> None:
    """The outcome is not known: look again after look_in, or, None, leave it to a person."""
    now = desk.clock.now()
    unsure = delivery.unconfirmed(now, reason=reason, detail=detail, look_at=None if look_in is None else now + look_in)
    unsure = armed_if_near(unsure, now)
    if delivery.state != "unconfirmed" or look_in is None:
        desk.store.save(
            event_of(
                delivery, "delivery.unconfirmed", now, once=str(delivery.rev), reason=reason, attempt=delivery.attempts
            )
        )
    desk.store.save(unsure)
    send_armed([unsure], queue=desk.queue, now=now)
    if look_in is None:
        _tell(unsure, desk, now)


def stop(stopped: Delivery, what: str, desk: Desk) -> None:
    """It goes no further by itself: somebody is told."""
    now = desk.clock.now()
    desk.store.save(
        event_of(stopped, what, now, once=str(stopped.rev), reason=stopped.reason, attempt=stopped.attempts)
    )
    desk.store.save(stopped)
    _tell(stopped, desk, now)


def give_up(delivery: Delivery, desk: Desk) -> None:
    """No message of it was ever handled to its end: it waits for a person instead of being sent for ever."""
    if delivery.state == "queued":
        stop(delivery.held("stuck"), "delivery.held", desk)
    else:
        doubt(delivery, reason="stuck", detail="", look_in=None, desk=desk)


def break_profile(profile: Profile, code: str, desk: Desk) -> None:
    """The connection is void: said once, and its queue is kept."""
    now = desk.clock.now()
    for _ in range(3):
        if profile.status == "broken":
            return
        broken = profile.but(status="broken", status_reason=code)
        said = Event(
            agency=profile.agency,
            subject=f"PROFILE#{profile.id}",
            what="profile.broken",
            at=now,
            profile=profile.id,
            detail={"code": code, "network": profile.network},
            once=str(profile.rev),
        )
        try:
            desk.store.commit(broken, said)
        except Lost:
            present = desk.store.get(Profile, profile.key())
            # Not by the credentials: those are other ones as soon as we renewed them ourselves.
            if present is None or present.connected_at != profile.connected_at:
                return  # removed, or connected again meanwhile
            profile = present
            continue
        tell(
            profile.agency,
            "profile_broken",
            about=profile.id,
            body=f"Profile {profile.id} on {profile.network} must be connected again ({code}).",
            store=desk.store,
            topic=desk.topic,
            now=now,
        )
        return


def _tell(delivery: Delivery, desk: Desk, now: datetime) -> None:
    tell(
        delivery.agency,
        f"delivery_{delivery.state}",
        about=delivery.reason or "",
        body=f"Delivery {delivery.id} is {delivery.state} ({delivery.reason}). Others of the kind may wait beside it.",
        store=desk.store,
        topic=desk.topic,
        now=now,
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
