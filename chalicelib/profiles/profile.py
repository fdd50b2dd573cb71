"""A profile: one account on one network, belonging to one department."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from chalicelib.entity import Entity, Moment, agency_key


class Profile(Entity):
    """sealed: the credentials, encrypted; opened only by the vault, only in memory.

    version counts people's changes. refreshing_until: somebody is exchanging the tokens and nobody else may.
    """

    KIND: ClassVar[str] = "profile"
    TABLE: ClassVar[str] = "team"

    agency: str
    id: str
    network: str
    server: str
    remote_id: str
    handle: str
    display_name: str
    avatar_url: str | None = None
    department: str
    status: Literal["connected", "broken"] = "connected"
    status_reason: str | None = None
    connected_at: Moment
    limits: dict[str, int] = Field(default_factory=dict)
    sealed: str = Field(repr=False)
    expires_at: Moment | None = None
    refreshing_until: Moment | None = None
    version: int = 1

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "PROFILES")

    @classmethod
    def key_of(cls, agency: str, profile: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": profile}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)
