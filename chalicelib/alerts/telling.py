"""Something that one person must be told, by one channel: written in the transaction of its cause, so that it is never
lost, and carried by a queue to a worker that sends it and writes down that it did.

The words are made when the cause happens, in the person's language, and sealed: a review link is a key, and an alert
quotes citizens. The minute's detection hands over again what still waits (docs/ARCHITECTURE.md, flow 7).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import Field

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.profiles.credentials import Vault

SEALED_MAX = 3_900
"""Bytes of a letter that the vault takes (KMS Encrypt: 4,096 with what it is wrapped in)."""

Channel = Literal["mail", "topic", "push"]
"""mail: by SES to an address. topic: by SNS e-mail, to a person who subscribed. push: by SNS to a device."""


@dataclass(frozen=True)
class Letter:
    """Plain text. link: where a push opens."""

    subject: str
    body: str
    link: str = ""

    def packed(self) -> str:
        return json.dumps({"subject": self.subject, "body": self.body, "link": self.link}, ensure_ascii=False)

    @classmethod
    def unpacked(cls, text: str) -> Letter:
        return cls(**json.loads(text))

    @property
    def fits(self) -> bool:
        """Whether the vault can seal it."""
        return len(json.dumps({"letter": self.packed()}, ensure_ascii=False).encode()) <= SEALED_MAX


class Telling(Entity):
    """about: the subject of events it belongs to (ALERT#..., POST#...). person: an id, or None for somebody outside.
    address: an e-mail address or an SNS endpoint; for the topic, the address mailed while SNS may not write to it yet.
    sealed: the Letter, gone once it was told. lease_until: nobody else takes it up before that. unheard: how often it
    was sent and no answer was heard.

    What waits lies in one partition, which is read each minute; what was told, or was given up, moves out of it to
    what it is about. So the cause's own condition, in the same transaction, is what keeps it from being made twice.
    """

    KIND: ClassVar[str] = "telling"
    TABLE: ClassVar[str] = "state"

    agency: str
    id: str
    about: str
    channel: Channel
    person: str | None = None
    address: str = Field("", repr=False)
    sealed: str = Field(repr=False)
    state: Literal["waiting", "told", "failed"] = "waiting"
    made_at: Moment
    tries: int = 0
    unheard: int = 0
    lease_until: Moment | None = None
    told_at: Moment | None = None
    reason: str | None = None

    @staticmethod
    def waiting_partition(agency: str) -> str:
        return agency_key(agency, "TELLINGS")

    @staticmethod
    def settled_partition(agency: str, about: str) -> str:
        return agency_key(agency, "TOLD", about)

    @classmethod
    def key_of(cls, agency: str, telling: str) -> dict[str, str]:
        """Of one that waits."""
        return {"pk": cls.waiting_partition(agency), "sk": telling}

    def key(self) -> dict[str, str]:
        if self.state == "waiting":
            return self.key_of(self.agency, self.id)
        return {"pk": self.settled_partition(self.agency, self.about), "sk": self.id}

    def settled(self, state: Literal["told", "failed"], *, now: datetime, reason: str | None = None) -> Telling:
        """The item that takes the place of this one; save it and remove this one in one transaction."""
        told_at = now if state == "told" else None
        changes = {"state": state, "told_at": told_at, "reason": reason, "sealed": "", "lease_until": None, "rev": 0}
        return Telling.model_validate({**dict(self), **changes})


class TellQueue(Protocol):
    def send(self, tellings: Sequence[Telling]) -> int:
        """Hand over; returns how many were taken. Never raises for those that were not: the minute hands over again."""


def make_telling(
    letter: Letter,
    *,
    agency: str,
    id: str,
    about: str,
    channel: Channel,
    person: str | None,
    address: str,
    vault: Vault,
    now: datetime,
) -> Telling:
    """id: made from the cause and the recipient, so that the same cause never tells the same person twice."""
    return Telling(
        agency=agency,
        id=id,
        about=about,
        channel=channel,
        person=person,
        address=address,
        sealed=vault.seal({"letter": letter.packed()}, agency=agency, owner=id),
        made_at=now,
    )
