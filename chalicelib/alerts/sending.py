"""Telling one person one thing: claimed under a lease, sent, written down as told.

Never lost comes before never twice. That it was sent is written down the moment the channel answered; a worker killed
between the two leaves a telling that waits, and it is sent again when its lease has run out. The same when no answer
was heard, at most twice. Neither can be told from a telling that never left: the mail therefore names its alert, and
says that a second one is the same. What certainly did not leave is tried again as often as need be, and nothing else
ever sends twice: a claim is conditional, and a lease outlasts the function that holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.alerts import notice
from chalicelib.alerts.channels import DeviceGone, Mailer, MailingList, NotTaken, PushService, Refused, Unheard
from chalicelib.alerts.duty import Device, subscribed
from chalicelib.alerts.telling import Letter, Telling
from chalicelib.clock import Clock
from chalicelib.entity import Entity
from chalicelib.errors import Upstream
from chalicelib.profiles.credentials import Vault
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.people import Person

LEASE = timedelta(seconds=90)
"""Longer than the function may take (60 s): whoever held it is gone when it has run out."""
AT_ONCE_S = (0.5, 2.0)
"""Waits before the same worker tries what was not taken once more."""
LATER_S = (30, 60, 120, 240, 480, 960, 1800, 1800, 1800)
"""Waits before another worker does; the minute's detection brings it up again. Two hours, then it is given up."""
TRIES_MAX = 12
"""Claims, those of workers that died of it included: what cannot even be opened must not go round for ever."""
UNHEARD_MAX = 3
"""Sent so often without an answer, it is given up: one person gets it three times at most."""
_WRITE_WAITS_S = (0.2, 1.0, 3.0)


class TellingWaits(BaseModel):
    """The message that carries a telling to a worker."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    v: Literal[1] = 1
    agency: str
    telling: str


@dataclass(frozen=True)
class Office:
    """What a worker tells with. push: None where there is no platform application."""

    store: Store
    vault: Vault
    mailer: Mailer
    mailing_list: MailingList
    push: PushService | None
    topic: notice.Topic
    clock: Clock


def carry_out(message: TellingWaits, office: Office) -> str:
    """What came of it: told, later, failed; or settled, under_way where there was nothing to do.

    Raises what the table or the vault raises: the message comes again.
    """
    store, now = office.store, office.clock.now()
    telling = store.get(Telling, Telling.key_of(message.agency, message.telling))
    if telling is None:
        return "settled"
    if telling.lease_until is not None and telling.lease_until > now:
        return "under_way"
    claimed = telling.but(lease_until=now + LEASE, tries=telling.tries + 1)
    try:
        store.save(claimed)
    except Lost:
        return "under_way"
    if claimed.tries > TRIES_MAX:
        return _given_up(claimed, claimed.reason or "tries_exhausted", office)
    letter = Letter.unpacked(office.vault.open(claimed.sealed, agency=claimed.agency, owner=claimed.id)["letter"])
    try:
        _send(claimed, letter, office)
    except NotTaken as error:
        if claimed.tries > len(LATER_S):
            return _given_up(claimed, error.code, office)
        return _later(claimed, error.code, office)
    except Unheard as error:
        if claimed.unheard + 1 >= UNHEARD_MAX:
            return _given_up(claimed.model_copy(update={"unheard": claimed.unheard + 1}), error.code, office)
        return _later(claimed, error.code, office, unheard=claimed.unheard + 1)
    except DeviceGone as error:
        _forget_device(claimed, store)
        return _given_up(claimed, error.code, office, aloud=False)  # the person sees it, and can register it again
    except Refused as error:
        return _given_up(claimed, error.code, office)
    _settle(claimed, claimed.settled("told", now=office.clock.now()), office)
    return "told"


def _send(telling: Telling, letter: Letter, office: Office) -> None:
    """Raises NotTaken when it was not taken in three tries, Unheard, Refused."""
    for wait in (*AT_ONCE_S, None):
        try:
            return _way(telling, office)(letter)
        except NotTaken:
            if wait is None:
                raise
            office.clock.sleep(wait)
    return None


def _way(telling: Telling, office: Office) -> Callable[[Letter], None]:
    match telling.channel:
        case "mail":
            return lambda letter: office.mailer.send(to=telling.address, letter=letter)
        case "push":
            push = office.push
            if push is None:
                raise Refused("push_unavailable")
            return lambda letter: push.send(endpoint=telling.address, letter=letter)
        case "topic":
            return _by_topic_or_mail(telling, office)


def _by_topic_or_mail(telling: Telling, office: Office) -> Callable[[Letter], None]:
    """By the topic, if it may write to them. An address that was not confirmed, or whose owner left by the link that
    SNS puts under each mail, would take a publication and deliver nothing: those are mailed directly."""
    person = office.store.get(Person, Person.key_of(telling.agency, telling.person or ""))
    if person is None:
        raise Refused("person_gone")
    try:
        subscription = subscribed(person, store=office.store, mailing_list=office.mailing_list)
        confirmed = bool(subscription) and office.mailing_list.confirmed(subscription)
    except Upstream as error:  # asking sends nothing to anybody, whatever became of it
        raise NotTaken(error.code, error.hint) from error
    if confirmed:
        return lambda letter: office.mailing_list.publish(to=person.username, letter=letter)
    return lambda letter: office.mailer.send(to=person.email, letter=letter)


def _later(claimed: Telling, reason: str, office: Office, **changes: int) -> str:
    wait = LATER_S[min(claimed.tries, len(LATER_S)) - 1]
    until = office.clock.now() + timedelta(seconds=wait)
    try:
        office.store.save(claimed.but(lease_until=until, reason=reason, **changes))
    except Lost:
        return "settled"  # somebody took it over; the lease should have kept them from it
    return "later"


def _given_up(claimed: Telling, reason: str, office: Office, *, aloud: bool = True) -> str:
    _settle(claimed, claimed.settled("failed", now=office.clock.now(), reason=reason), office)
    if aloud:
        with suppress(Upstream):  # the same trouble, most likely; the alert shows who was not told
            notice.tell(
                claimed.agency,
                "telling_failed",
                about=f"{claimed.channel}#{reason}",
                body=f"{claimed.about}: not told by {claimed.channel}, {reason} (docs/operating.md).",
                store=office.store,
                topic=office.topic,
                now=office.clock.now(),
            )
    return "failed"


def _settle(claimed: Telling, settled: Telling, office: Office) -> None:
    """Written down as soon as can be, and not given up lightly: until it is, a killed worker means a second mail."""
    steps: list[Entity] = [settled]
    if claimed.about.startswith("ALERT#"):
        what = "alert.told" if settled.state == "told" else "alert.not_told"
        steps.append(
            Event(
                agency=claimed.agency,
                subject=claimed.about,
                what=what,
                at=office.clock.now(),
                detail={"person": claimed.person, "channel": claimed.channel, "reason": settled.reason},
                once=claimed.id,
            )
        )
    for wait in (*_WRITE_WAITS_S, None):
        try:
            office.store.commit(*steps, removes=[claimed])
            return
        except Lost:
            return  # settled already
        except Exception:
            if wait is None:
                raise
            office.clock.sleep(wait)


def _forget_device(telling: Telling, store: Store) -> None:
    """If it still is the one that was written to: it may have been registered anew meanwhile."""
    device = store.get(Device, Device.key_of(telling.agency, telling.id.rpartition(".")[2]))
    if device is not None and device.endpoint == telling.address:
        with suppress(Lost):
            store.remove(device)
