"""What rings for a profile. A profile that nobody chose anything for has the rule that is the default."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from chalicelib.alerts import spikes
from chalicelib.entity import Entity, agency_key
from chalicelib.errors import NotFound, Stale
from chalicelib.profiles.profile import Profile
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

Method = Literal["seasonal", "hourly_average"]
Sensitivity = Literal["high", "medium", "low"]


class AlertRule(Entity):
    """floor: fewer messages in an hour never ring. chosen: somebody has; what is not stored is the default."""

    KIND: ClassVar[str] = "alert_rule"
    TABLE: ClassVar[str] = "state"

    agency: str
    profile: str
    method: Method = "seasonal"
    sensitivity: Sensitivity = "medium"
    floor: int = spikes.FLOOR
    active: bool = True
    chosen: bool = False

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "ALERT_RULES")

    @classmethod
    def key_of(cls, agency: str, profile: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": profile}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.profile)

    @property
    def version(self) -> int:
        """0 for the default, which is stored nowhere."""
        return self.rev + 1 if self.chosen else 0


def change(
    profile_id: str, changes: dict[str, Any], *, expected: int, actor: Actor, store: Store, now: datetime
) -> AlertRule:
    """changes: only what is to be another. Raises NotFound, Forbidden, Stale."""
    profile = store.get(Profile, Profile.key_of(actor.agency, profile_id))
    if profile is None:
        raise NotFound
    actor.require("alert", profile.department)
    present = store.get(AlertRule, AlertRule.key_of(actor.agency, profile_id))
    if (present.version if present else 0) != expected:
        raise Stale
    if present is None:
        changed = AlertRule.model_validate({"agency": actor.agency, "profile": profile_id, "chosen": True, **changes})
    else:
        changed = present.but(**changes)
    event = Event(
        agency=actor.agency,
        subject=f"PROFILE#{profile_id}",
        what="alert_rule.changed",
        at=now,
        actor=actor.person,
        actor_name=actor.name,
        profile=profile_id,
        detail={
            "method": changed.method,
            "sensitivity": changed.sensitivity,
            "floor": changed.floor,
            "active": changed.active,
        },
        once=str(changed.version),
    )
    try:
        store.commit(changed, event)
    except Lost as error:
        raise Stale from error
    return changed
