"""One thing that happened. Every capability writes these to one append-only log, from which archive and audit live.

Events are ordered under their subject (a post, a profile, a pause) and, through the outbox index, under the agency's
day. An event's id follows from what it says, so that writing it twice writes it once.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from chalicelib.entity import Entity, Moment, agency_key, stamp

Detail = dict[str, str | int | bool | None]


class Event(Entity):
    KIND: ClassVar[str] = "event"
    TABLE: ClassVar[str] = "audit"
    CONDITIONAL: ClassVar[bool] = False

    agency: str
    subject: str
    what: str
    at: Moment
    actor: str | None = None
    actor_name: str | None = None
    profile: str | None = None
    detail: Detail = Field(default_factory=dict)
    once: str = ""

    @property
    def id(self) -> str:
        said = f"{self.subject}|{self.what}|{self.actor}|{self.profile}|{self.once}"
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @staticmethod
    def partition(agency: str, subject: str) -> str:
        return agency_key(agency, "EVENTS", subject)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.subject), "sk": f"{stamp(self.at)}#{self.id}"}

    @staticmethod
    def outbox_partition(agency: str, day: datetime) -> str:
        return agency_key(agency, "OUTBOX", stamp(day)[:10])

    def index_keys(self) -> dict[str, str]:
        return {"out_pk": self.outbox_partition(self.agency, self.at), "out_sk": self.key()["sk"]}
