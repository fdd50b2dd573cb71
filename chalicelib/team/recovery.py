"""Recovery codes: ten, shown once, each good for one sign-in without the authenticator that was lost.

A code has 80 random bits, so that its hash, salted with whose it is, cannot be turned back by trying.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from pydantic import Field

from chalicelib.entity import Entity, agency_key
from chalicelib.identifiers import new_id
from chalicelib.team.people import Person

CODES = 10


class Recovery(Entity):
    """digests: of the codes that were not used."""

    KIND: ClassVar[str] = "recovery"
    TABLE: ClassVar[str] = "team"

    agency: str
    person: str
    digests: tuple[str, ...] = Field(repr=False)

    @classmethod
    def key_of(cls, agency: str, person: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "RECOVERY"), "sk": person}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.person)


def fresh_codes(person: Person, before: Recovery | None) -> tuple[tuple[str, ...], Recovery]:
    """(codes, what is kept of them), in the place of those before."""
    ids = [new_id() for _ in range(CODES)]
    digests = tuple(digest_of(person, each) for each in ids)
    kept = before.but(digests=digests) if before else Recovery(agency=person.agency, person=person.id, digests=digests)
    return tuple("-".join(each[place : place + 4] for place in range(0, 16, 4)) for each in ids), kept


def digest_of(person: Person, code: str) -> str:
    """However it was typed: capitals, blanks and hyphens do not count, nor O for 0, I and L for 1."""
    plain = "".join(each for each in code.lower() if each.isalnum()).translate(str.maketrans("oil", "011"))
    return hashlib.sha256(f"{person.agency}|{person.id}|{plain}".encode()).hexdigest()
