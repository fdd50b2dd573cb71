"""Who acts: a person of one agency, with a role in some of its departments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.errors import Forbidden

# What each role may do. A route names one of these acts; nothing else decides.
ACTS: Mapping[str, frozenset[str]] = {
    "contributor": frozenset({"read", "write"}),
    "publisher": frozenset({"read", "write", "publish", "pause"}),
    "administrator": frozenset({"read", "write", "publish", "pause", "administer"}),
}


@dataclass(frozen=True)
class Actor:
    """roles: department id -> role. Somebody without a role in any department may do nothing."""

    agency: str
    person: str
    name: str
    roles: Mapping[str, str] = field(default_factory=dict)

    def may(self, act: str, department: str | None = None) -> bool:
        """In this department, or, without one, in at least one department."""
        if department is not None:
            return act in ACTS.get(self.roles.get(department, ""), frozenset())
        return any(act in ACTS.get(role, frozenset()) for role in self.roles.values())

    def require(self, act: str, department: str | None = None) -> None:
        """Raises Forbidden."""
        if not self.may(act, department):
            raise Forbidden
