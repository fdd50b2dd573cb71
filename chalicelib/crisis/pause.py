"""Pausing: one action stops everything of its scope that has not left.

The rule (product.md, section 3): a worker reads the fence, strongly consistent, before each outward step and begins
the step within one second of beginning that reading, or not at all. The pause is therefore acknowledged only once
more than a second has passed since the fence was written: from then on no call of its scope begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.identifiers import new_id
from chalicelib.publishing.delivery import Delivery
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

ScopeKind = Literal["agency", "department", "profile", "campaign"]

ACKNOWLEDGE_AFTER_S = 1.05
"""The workers' second and a margin for two clocks' rates."""


class Fence(Entity):
    """One standing pause. scope_id is None for the whole agency."""

    KIND: ClassVar[str] = "fence"
    TABLE: ClassVar[str] = "state"

    agency: str
    id: str
    scope: ScopeKind
    scope_id: str | None = None
    reason: str
    by: str
    by_name: str
    begun_at: Moment

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "FENCES")

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency), "sk": f"{self.scope}#{self.scope_id or ''}"}

    def covers(self, *, department: str, profile: str, campaign: str | None) -> bool:
        match self.scope:
            case "agency":
                return True
            case "department":
                return self.scope_id == department
            case "profile":
                return self.scope_id == profile
            case "campaign":
                return campaign is not None and self.scope_id == campaign


def standing(agency: str, *, store: Store) -> list[Fence]:
    """Every pause that stands now, read strongly consistent."""
    return list(store.query(Fence, Fence.partition(agency), consistent=True))


def fence_before(delivery: Delivery, fences: Iterable[Fence]) -> Fence | None:
    """The fence that this delivery may not pass, if there is one."""
    for fence in fences:
        if fence.covers(department=delivery.department, profile=delivery.profile, campaign=delivery.campaign):
            return fence
    return None


def pause(
    *, actor: Actor, scope: ScopeKind, scope_id: str | None, reason: str, store: Store, clock: Clock
) -> tuple[Fence, datetime]:
    """Raise the fence, wait out the workers' second; returns the fence and the moment of acknowledgement.

    Raises InvalidInput scope_invalid, Conflict already_paused.
    """
    if (scope == "agency") != (scope_id is None):
        raise InvalidInput("scope_invalid", "The agency takes no id; every other scope needs one.", field="scope/id")
    fence = Fence(
        agency=actor.agency,
        id=new_id(),
        scope=scope,
        scope_id=scope_id,
        reason=reason,
        by=actor.person,
        by_name=actor.name,
        begun_at=clock.now(),
    )
    begun = Event(
        agency=actor.agency,
        subject="PAUSES",
        what="pause.begun",
        at=fence.begun_at,
        actor=actor.person,
        actor_name=actor.name,
        detail={"scope": scope, "scope_id": scope_id, "reason": reason},
        once=fence.id,
    )
    try:
        store.commit(fence, begun)
    except Lost as error:
        raise Conflict("already_paused", "A pause of this scope stands already.") from error
    clock.sleep(ACKNOWLEDGE_AFTER_S)
    return fence, clock.now()


def resume(fence_id: str, *, actor: Actor, store: Store, clock: Clock) -> Fence:
    """Take one fence down. What it held stays held, for people to decide about: resuming never floods."""
    for fence in standing(actor.agency, store=store):
        if fence.id == fence_id:
            ended = Event(
                agency=actor.agency,
                subject="PAUSES",
                what="pause.ended",
                at=clock.now(),
                actor=actor.person,
                actor_name=actor.name,
                detail={"scope": fence.scope, "scope_id": fence.scope_id},
                once=fence.id,
            )
            try:
                store.commit(ended, removes=[fence])
            except Lost as error:
                raise NotFound from error
            return fence
    raise NotFound
