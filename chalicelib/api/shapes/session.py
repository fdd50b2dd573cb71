"""Signing in, and who is signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, SecretStr

from chalicelib.api.shapes.base import Identifier, Shape

Role = Literal["administrator", "publisher", "contributor", "approver", "responder", "analyst", "duty_officer"]
Language = Literal["fr", "en"]


class SignIn(Shape):
    email: str = Field(min_length=3, max_length=254)
    password: SecretStr = Field(min_length=1, max_length=256)


class Department(Shape):
    id: Identifier
    name: str


class Agency(Shape):
    id: Identifier
    name: str
    zone: str = Field(description="IANA time zone of the agency.")


class RoleHeld(Shape):
    department: Identifier
    role: Role


def roles_held(roles: Mapping[str, Sequence[Role]]) -> list[RoleHeld]:
    """A row for each role in each department."""
    return [RoleHeld(department=place, role=role) for place, held in roles.items() for role in held]


class Me(Shape):
    id: Identifier
    name: str
    email: str
    language: Language
    agency: Agency
    departments: list[Department] = Field(description="Every department of the agency.")
    roles: list[RoleHeld]


class MeChange(Shape):
    language: Language


class Session(Shape):
    access_token: str = Field(description="Keep it in memory only; the refresh token is in an HttpOnly cookie.")
    expires_in: int = Field(description="Seconds.")
    me: Me


class Person(Shape):
    id: Identifier
    name: str
    email: str
    language: Language
    roles: list[RoleHeld]


class NewDepartment(Shape):
    name: str = Field(min_length=1, max_length=80)
