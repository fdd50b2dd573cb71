"""Agencies, their departments and their people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.store import Store
from chalicelib.team.actor import Actor

Role = Literal["administrator", "publisher", "contributor", "approver", "responder", "analyst", "duty_officer"]
Language = Literal["fr", "en"]


class Agency(Entity):
    """second_factor: who must have one; administrators always must (team/policy.py). country, subdivision: whose public
    holidays it keeps (agenda/holidays.py)."""

    KIND: ClassVar[str] = "agency"
    TABLE: ClassVar[str] = "team"

    id: str
    name: str
    zone: str
    second_factor: Literal["administrators", "everyone"] = "administrators"
    country: str | None = None
    subdivision: str | None = None

    @staticmethod
    def key_of(agency: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "AGENCY"), "sk": "AGENCY"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.id)


class AgencyListed(Entity):
    """One row an agency, for what serves all of them (the watch). Holds nothing of theirs."""

    KIND: ClassVar[str] = "agency_listed"
    TABLE: ClassVar[str] = "team"
    PARTITION: ClassVar[str] = "AGENCIES"

    id: str

    def key(self) -> dict[str, str]:
        return {"pk": self.PARTITION, "sk": self.id}


class Department(Entity):
    KIND: ClassVar[str] = "department"
    TABLE: ClassVar[str] = "team"

    agency: str
    id: str
    name: str

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "DEPARTMENTS")

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency), "sk": self.id}


class Person(Entity):
    """roles: department id -> the roles held there. second_factor_at: since when an authenticator is asked for at their
    sign-in. deactivated_at: they may do nothing since then, and stand only where the past names them."""

    KIND: ClassVar[str] = "person"
    TABLE: ClassVar[str] = "team"

    agency: str
    id: str
    name: str
    email: str
    language: Language = "en"
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)
    created_at: Moment
    second_factor_at: Moment | None = None
    deactivated_at: Moment | None = None

    @field_validator("roles", mode="before")
    @classmethod
    def _several(cls, roles: Any) -> Any:
        """One role may be given as it is; so were they stored before there could be several."""
        if not isinstance(roles, Mapping):
            return roles
        return {place: (held,) if isinstance(held, str) else held for place, held in roles.items()}

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "PEOPLE")

    @classmethod
    def key_of(cls, agency: str, person: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": person}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @property
    def username(self) -> str:
        """The user pool's name for them; the access token carries it, so that a token names its agency."""
        return f"{self.agency}.{self.id}"

    def actor(self) -> Actor:
        roles = self.roles if self.deactivated_at is None else {}
        return Actor(agency=self.agency, person=self.id, name=self.name, roles=roles)


class SignInName(Entity):
    """From an e-mail address, in lower case, to who signs in with it. Spans agencies: nobody is known yet."""

    KIND: ClassVar[str] = "sign_in"
    TABLE: ClassVar[str] = "team"

    email: str
    agency: str
    person: str

    @staticmethod
    def key_of(email: str) -> dict[str, str]:
        return {"pk": f"SIGNIN#{email.strip().lower()}", "sk": "SIGNIN"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.email)


def person_of_username(username: str) -> tuple[str, str] | None:
    """(agency, person) of a user pool's name, or None for one that is not of our making."""
    agency, dot, person = username.partition(".")
    return (agency, person) if agency and dot and person else None


def names_of(agency: str, people: Iterable[str], *, store: Store) -> dict[str, str]:
    """person -> name, of those who are still there."""
    found = store.get_many([(Person, Person.key_of(agency, each)) for each in dict.fromkeys(people)], consistent=False)
    return {each.id: each.name for each in found if isinstance(each, Person)}
