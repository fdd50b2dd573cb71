"""One's own account, and the people of an agency."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.session import Code, Email, Language, NewPassword, Password, RoleHeld


class PasswordChange(Shape):
    old: Password
    password: NewPassword


class SecondFactor(Shape):
    enrolled_at: Moment | None
    required: bool
    recovery_codes: int = Field(description="How many are left.")


class SecondFactorBegin(Shape):
    password: Password | None = Field(None, description="Where an authenticator is there already.")


class SecondFactorBegun(Shape):
    """Nothing is changed until its first code was sent."""

    secret: str = Field(description="In base 32; shown once.")
    address: str = Field(description="The same as an otpauth: address, for a picture.")


class FirstCode(Shape):
    code: Code


class Proof(Shape):
    password: Password


class RecoveryCodes(Shape):
    """Shown once; each takes the place of the authenticator once."""

    codes: list[str]


class SessionShown(Shape):
    id: Identifier
    agent: str = Field(description="What the browser says of itself.")
    begun_at: Moment
    seen_at: Moment = Field(description="Within a quarter of an hour.")
    until: Moment
    current: bool


class Person(Shape):
    id: Identifier
    name: str
    email: str
    language: Language
    roles: list[RoleHeld]
    second_factor: bool
    deactivated_at: Moment | None
    version: int


class PersonChange(Shape):
    roles: list[RoleHeld] = Field(max_length=500, description="All that they hold from now on.")


class Invitation(Shape):
    id: Identifier
    email: str
    language: Language
    roles: list[RoleHeld]
    by: str
    sent_at: Moment
    until: Moment
    expired: bool


class NewInvitation(Shape):
    email: Email
    language: Language
    roles: list[RoleHeld] = Field(min_length=1, max_length=500)


class Policy(Shape):
    """second_factor: who must have one. administrators always must, unless this deployment waives it."""

    second_factor: Literal["administrators", "everyone"]
    waived: bool
    version: int


class PolicyChange(Shape):
    second_factor: Literal["administrators", "everyone"]


class AgencySettings(Shape):
    """country, subdivision: whose public holidays it keeps, as it chose; country_shown: that, or what its zone says."""

    id: Identifier
    name: str
    zone: str
    country: str | None
    subdivision: str | None
    country_shown: str | None
    version: int


class AgencySettingsChange(Shape):
    country: str | None = Field(max_length=8, description="ISO 3166-1 alpha-2; null: as the time zone says.")
    subdivision: str | None = Field(None, max_length=32)


class NewFeedKey(Shape):
    name: str = Field(min_length=1, max_length=80, description="Which program has it, for its owner.")


class FeedKey(Shape):
    id: Identifier
    name: str
    made_at: Moment
    used_at: Moment | None = Field(description="The hour of the last use.")


class FeedKeyMade(FeedKey):
    """Shown once: the address holds the key, of which only a hash is kept."""

    address: str
