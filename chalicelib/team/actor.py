"""Who acts: a person of one agency, with a role in some of its departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.errors import Forbidden

# What each role may do. A route names one of these acts; nothing else decides.
ACTS: Mapping[str, frozenset[str]] = {
    "contributor": frozenset({"read", "write"}),
    "publisher": frozenset({"read", "write", "publish", "pause", "approve", "inbox", "respond"}),
    "approver": frozenset({"read", "approve"}),
    "responder": frozenset({"read", "inbox", "respond"}),
    "analyst": frozenset({"read", "inbox", "analyse"}),
    "duty_officer": frozenset({"read", "inbox", "pause", "alert"}),
    "administrator": frozenset(
        {"read", "write", "publish", "pause", "approve", "inbox", "respond", "analyse", "alert", "administer"}
    ),
}
"""inbox: read what citizens wrote. respond: answer them. alert: acknowledge an alert and choose what rings."""


@dataclass(frozen=True)
class Actor:
    """roles: department id -> one role, or several. Somebody without a role in any department may do nothing."""

    agency: str
    person: str
    name: str
    roles: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def may(self, act: str, department: str | None = None) -> bool:
        """In this department, or, without one, in at least one department."""
        places = self.roles if department is None else [department]
        return any(act in ACTS.get(role, frozenset()) for place in places for role in self.held(place))

    def held(self, department: str) -> tuple[str, ...]:
        """Their roles in this department."""
        roles = self.roles.get(department, ())
        return (roles,) if isinstance(roles, str) else tuple(roles)

    def places(self, act: str) -> frozenset[str]:
        """The departments in which they may do this."""
        return frozenset(place for place in self.roles if self.may(act, place))

    def require(self, act: str, department: str | None = None) -> None:
        """Raises Forbidden."""
        if not self.may(act, department):
            raise Forbidden
