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

Channel = Literal["mail", "topic", "push"]
"""mail: by SES to an address. topic: by SNS e-mail, to a person who subscribed. push: by SNS to a device."""


@dataclass(frozen=True)
class Letter:
    """Plain text. link: where a push opens."""

    subject: str
    body: str
    link: str = ""


class Telling(Entity):
    """about: the subject of events it belongs to (ALERT#..., POST#...). person: an id, or None for somebody outside.
    address: an e-mail address, an SNS endpoint, or "" where the topic finds the person. sealed: the Letter."""

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
    lease_until: Moment | None = None
    told_at: Moment | None = None
    reason: str | None = None

    @staticmethod
    def waiting_partition(agency: str) -> str:
        return agency_key(agency, "TELLINGS")

    @classmethod
    def key_of(cls, agency: str, telling: str) -> dict[str, str]:
        return {"pk": cls.waiting_partition(agency), "sk": telling}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


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
    words = {"subject": letter.subject, "body": letter.body, "link": letter.link}
    return Telling(
        agency=agency,
        id=id,
        about=about,
        channel=channel,
        person=person,
        address=address,
        sealed=vault.seal({"letter": json.dumps(words)}, agency=agency, owner=id),
        made_at=now,
    )
