"""A campaign: what several posts serve together."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import InvalidInput, NotFound, Stale
from chalicelib.identifiers import new_id
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor


class Campaign(Entity):
    KIND: ClassVar[str] = "campaign"

    agency: str
    id: str
    department: str
    name: str
    brief: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    owner: str
    owner_name: str
    created_at: Moment

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "CAMPAIGNS")

    @classmethod
    def key_of(cls, agency: str, campaign: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": campaign}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


def create(
    *,
    department: str,
    name: str,
    brief: str,
    starts_on: date | None,
    ends_on: date | None,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> Campaign:
    actor.require("write", department)
    _in_order(starts_on, ends_on)
    campaign = Campaign(
        agency=actor.agency,
        id=new_id(),
        department=department,
        name=name,
        brief=brief,
        starts_on=starts_on,
        ends_on=ends_on,
        owner=actor.person,
        owner_name=actor.name,
        created_at=clock.now(),
    )
    store.commit(campaign, _event(campaign, "campaign.created", actor, clock))
    return campaign


def find(campaign_id: str, *, actor: Actor, store: Store) -> Campaign:
    campaign = store.get(Campaign, Campaign.key_of(actor.agency, campaign_id))
    if campaign is None:
        raise NotFound
    return campaign


def change(
    campaign_id: str,
    *,
    name: str,
    brief: str,
    starts_on: date | None,
    ends_on: date | None,
    expected: int,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> Campaign:
    campaign = find(campaign_id, actor=actor, store=store)
    actor.require("write", campaign.department)
    _in_order(starts_on, ends_on)
    if campaign.rev != expected:
        raise Stale
    changed = campaign.but(name=name, brief=brief, starts_on=starts_on, ends_on=ends_on)
    try:
        store.commit(changed, _event(changed, "campaign.changed", actor, clock))
    except Lost as error:
        raise Stale from error
    return changed


def _in_order(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on and ends_on and ends_on < starts_on:
        raise InvalidInput("invalid_input", "It ends before it starts.", field="ends_on")


def _event(campaign: Campaign, what: str, actor: Actor, clock: Clock) -> Event:
    return Event(
        agency=campaign.agency,
        subject=f"CAMPAIGN#{campaign.id}",
        what=what,
        at=clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        detail={"name": campaign.name},
        once=str(campaign.rev),
    )
