"""Who is told of an alert, and how: each person's choice, their address on the topic, their devices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from chalicelib.alerts.channels import MailingList, PushService
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, NotFound
from chalicelib.store import Lost, Store
from chalicelib.team.people import Person

DEVICES_MAX = 10
_TRIES = 4


class Notifications(Entity):
    """How one person is told. email: None until they choose; then duty officers are mailed, others are not.

    subscription: on the topic, for `address`; empty while none was asked for.
    """

    KIND: ClassVar[str] = "notifications"
    TABLE: ClassVar[str] = "state"

    agency: str
    person: str
    email: bool | None = None
    push: bool = True
    address: str = Field("", repr=False)
    subscription: str = ""

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "NOTIFICATIONS")

    @classmethod
    def key_of(cls, agency: str, person: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": person}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.person)


class Device(Entity):
    """A device of the person who registered it last. id: made from its token, so that it is there once."""

    KIND: ClassVar[str] = "device"
    TABLE: ClassVar[str] = "state"

    agency: str
    id: str
    person: str
    name: str
    endpoint: str = Field(repr=False)
    added_at: Moment

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "DEVICES")

    @classmethod
    def key_of(cls, agency: str, device: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": device}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


# ---------------------------------------------------------------- who


@dataclass(frozen=True)
class OnDuty:
    """Somebody who is to be told, by e-mail, on these devices, or both."""

    person: Person
    email: bool
    devices: tuple[Device, ...]


def on_duty(agency: str, department: str, *, store: Store) -> list[OnDuty]:
    """Who is told of what rings in a department; duty officers first.

    Everybody who may handle alerts there, by what they chose. If that is nobody, those who never chose are mailed: an
    alert that nobody hears is worse than a mail that somebody did not ask for.
    """
    people = [each for each in store.query(Person, Person.partition(agency)) if each.actor().may("alert", department)]
    chosen = {each.person: each for each in store.query(Notifications, Notifications.partition(agency))}
    devices = list(store.query(Device, Device.partition(agency)))
    found = []
    for person in people:
        choice = chosen.get(person.id) or Notifications(agency=agency, person=person.id)
        theirs = tuple(each for each in devices if each.person == person.id) if choice.push else ()
        if wants_email(person, choice) or theirs:
            found.append(OnDuty(person, wants_email(person, choice), theirs))
    if not found:
        undecided = [each for each in people if each.id not in chosen or chosen[each.id].email is None]
        found = [OnDuty(each, True, ()) for each in undecided]
    return sorted(found, key=lambda each: ("duty_officer" not in each.person.actor().held(department), each.person.id))


def wants_email(person: Person, choice: Notifications) -> bool:
    if choice.email is not None:
        return choice.email
    return any("duty_officer" in roles for roles in person.roles.values())


# ---------------------------------------------------------------- their choice


def choice_of(person: Person, *, store: Store) -> Notifications:
    found = store.get(Notifications, Notifications.key_of(person.agency, person.id))
    return found or Notifications(agency=person.agency, person=person.id)


def choose(person: Person, *, email: bool, push: bool, store: Store, mailing_list: MailingList) -> Notifications:
    """Raises Upstream when the topic cannot be asked; nothing is changed then."""
    for _ in range(_TRIES):
        present = store.get(Notifications, Notifications.key_of(person.agency, person.id))
        before = present or Notifications(agency=person.agency, person=person.id)
        address, subscription = before.address, before.subscription
        if not email and subscription:
            mailing_list.unsubscribe(subscription)
            address = subscription = ""
        elif email:
            address, subscription = _subscribed(person, before, mailing_list)
        changes = {"email": email, "push": push, "address": address, "subscription": subscription}
        changed = present.but(**changes) if present else before.model_copy(update=changes)
        try:
            store.save(changed)
            return changed
        except Lost:
            continue
    raise Conflict("busy", "Try again.")


def subscribed(person: Person, *, store: Store, mailing_list: MailingList) -> str:
    """The person's subscription, asked for now if there was none, or for another address; "" if they switched e-mail
    off. Raises Upstream."""
    present = store.get(Notifications, Notifications.key_of(person.agency, person.id))
    before = present or Notifications(agency=person.agency, person=person.id)
    if before.email is False or (before.subscription and before.address == person.email):
        return before.subscription
    address, subscription = _subscribed(person, before, mailing_list)
    changes = {"address": address, "subscription": subscription}
    with suppress(Lost):  # they are choosing this moment; asking for the same address again gives the same one
        store.save(present.but(**changes) if present else before.model_copy(update=changes))
    return subscription


def _subscribed(person: Person, before: Notifications, mailing_list: MailingList) -> tuple[str, str]:
    if before.subscription and before.address != person.email:
        mailing_list.unsubscribe(before.subscription)
    # Asked for even when there is one: an address that was never confirmed is forgotten after two days.
    return person.email, mailing_list.subscribe(person.email, to=person.username)


# ---------------------------------------------------------------- devices


def devices_of(person: Person, *, store: Store) -> list[Device]:
    found = store.query(Device, Device.partition(person.agency), consistent=True)
    return sorted((each for each in found if each.person == person.id), key=lambda each: (each.added_at, each.id))


def register(person: Person, *, name: str, token: str, store: Store, push: PushService | None, now: datetime) -> Device:
    """The same token again is the same device; if it was somebody else's, it is theirs no longer.

    Raises Conflict push_unavailable or too_many_devices, InvalidInput token_refused, Upstream.
    """
    if push is None:
        raise Conflict("push_unavailable", "This deployment has no platform application (docs/operating.md).")
    device_id = hashlib.sha256(token.encode()).hexdigest()[:32]
    others: Sequence[Device] = [each for each in devices_of(person, store=store) if each.id != device_id]
    if len(others) >= DEVICES_MAX:
        raise Conflict("too_many_devices", f"At most {DEVICES_MAX}; forget one that is not used any more.")
    endpoint = push.register(token)
    for _ in range(_TRIES):
        present = store.get(Device, Device.key_of(person.agency, device_id))
        if present is None:
            made = Device(
                agency=person.agency, id=device_id, person=person.id, name=name, endpoint=endpoint, added_at=now
            )
        else:
            added_at = present.added_at if present.person == person.id else now
            made = present.but(person=person.id, name=name, endpoint=endpoint, added_at=added_at)
        try:
            store.save(made)
            return made
        except Lost:
            continue
    raise Conflict("busy", "Try again.")


def forget(person: Person, device_id: str, *, store: Store, push: PushService | None) -> None:
    """Raises NotFound, Upstream."""
    device = store.get(Device, Device.key_of(person.agency, device_id))
    if device is None or device.person != person.id:
        raise NotFound
    if push is not None:
        push.forget(device.endpoint)
    try:
        store.remove(device)
    except Lost:
        raise NotFound from None
