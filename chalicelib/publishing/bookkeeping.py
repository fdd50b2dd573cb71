"""Writing down what became of an attempt, in an order in which any step may be the last.

For a post that stands on the network: first whose it is (Remote), then the event, then the delivery. Each of the
three may be written again with the same result, so that a worker which dies in between leaves nothing half true: the
lease runs out, our own posts are read, and the same three are written once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.alerts.notice import Topic, tell
from chalicelib.clock import Clock
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
    read_media: Callable[[str], bytes]
    """The bytes stored under a media key."""


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
    """called_at: when the last outward step was let through, if this worker made it.

    False when the remote post already belongs to another delivery and this one is not certain of it."""
    remote = _attribute(delivery, remote_id=remote_id, url=url, certain=certain, at=at, desk=desk)
    if remote is None:
        return False
    desk.store.save(
        event_of(
            delivery,
            "delivery.published",
            remote.published_at,
            once=digest_of(remote_id),
            remote_id=remote_id,
            url=url,
            attempt=delivery.attempts,
            began_at_ms=_ms(delivery.began_at),
            called_at_ms=_ms(called_at),
            due_at_ms=_ms(delivery.due_at),
            certain=certain,
        )
    )
    try:
        desk.store.save(delivery.published(remote_id=remote_id, url=url, at=remote.published_at))
    except Lost:
        present = desk.store.get(Delivery, delivery.key())
        if present is not None and present.state in ("publishing", "unconfirmed"):
            desk.store.save(present.published(remote_id=remote_id, url=url, at=remote.published_at))
    return True


def _attribute(
    delivery: Delivery, *, remote_id: str, url: str | None, certain: bool, at: datetime, desk: Desk
) -> Remote | None:
    mine = Remote(
        agency=delivery.agency,
        profile=delivery.profile,
        remote_id=remote_id,
        post=delivery.post,
        url=url,
        published_at=at,
        certain=certain,
    )
    for _ in range(4):
        try:
            desk.store.save(mine)
            return mine
        except Lost:
            holder = desk.store.get(Remote, mine.key())
            if holder is None:
                continue
            if holder.post == delivery.post:
                return holder
            if not certain or holder.certain:
                return None
            if _displaced(holder, mine, desk):
                return mine
    return None


def _displaced(holder: Remote, mine: Remote, desk: Desk) -> bool:
    """What was only matched gives way to what is certain, and looks for its own post again."""
    now = desk.clock.now()
    twin = desk.store.get(Delivery, Delivery.key_of(holder.agency, holder.post, holder.profile))
    taken = mine.model_copy(update={"rev": holder.rev + 1})
    try:
        if twin is None or twin.remote_id != holder.remote_id:
            desk.store.save(taken)
            return True
        looking = twin.unconfirmed(
            now, reason="not_confirmed", detail="its match was another's", look_at=now + timedelta(seconds=2)
        ).model_copy(update={"remote_id": None, "url": None, "published_at": None})
        looking = armed_if_near(looking, now)
        desk.store.commit(taken, looking, event_of(looking, "delivery.displaced", now, once=holder.remote_id))
    except Lost:
        return False
    send_armed([looking], queue=desk.queue, now=now)
    return True


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
            if present is None or present.sealed != profile.sealed:
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
