"""Signing in, and who is signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from chalicelib.api.shapes.base import Identifier, Moment, Shape

Role = Literal["administrator", "publisher", "contributor", "approver", "responder", "analyst", "duty_officer"]
Language = Literal["fr", "en"]


Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
"""One that is tried."""
NewPassword = Annotated[SecretStr, Field(min_length=1, max_length=256, description="At least 12 characters.")]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="What the authenticator shows.")]
LinkToken = Annotated[SecretStr, Field(min_length=1, max_length=100, description="What stands after the # of a link.")]


class SignIn(Shape):
    email: str = Field(min_length=3, max_length=254)
    password: Password


class Challenge(Shape):
    """What is asked after the password: POST /api/session/challenge answers it, within three minutes."""

    kind: Literal["code", "set_up"] = Field(
        description="code: of the authenticator. set_up: none is there yet; its first code."
    )
    challenge: str = Field(max_length=4096, description="To be sent back as it is.")
    secret: str | None = Field(None, description="For set_up: what to put into the authenticator.")
    address: str | None = Field(None, description="For set_up: the same as an otpauth: address, for a picture.")


class ChallengeAnswer(Shape):
    email: str = Field(min_length=3, max_length=254)
    kind: Literal["code", "set_up"]
    challenge: str = Field(min_length=1, max_length=4096)
    code: Code


class RecoverySignIn(Shape):
    email: str = Field(min_length=3, max_length=254)
    password: Password
    code: SecretStr = Field(min_length=1, max_length=40, description="A recovery code.")


class ResetAsked(Shape):
    email: str = Field(min_length=3, max_length=254)


class PasswordReset(Shape):
    token: LinkToken
    password: NewPassword


class LinkOpened(Shape):
    token: LinkToken


class InvitationShown(Shape):
    """What a link invites to. Reading it accepts nothing."""

    agency: str
    email: str
    language: Language
    by: str
    until: Moment
    second_factor: bool = Field(description="An authenticator must be set up before anything else.")


class Acceptance(Shape):
    token: LinkToken
    name: str = Field(min_length=1, max_length=80)
    password: NewPassword


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


class SecondFactorState(Shape):
    """enrolled: an authenticator is asked for at sign-in. required: policy demands one. waived: this deployment does
    not ask administrators for one, which is for demonstrations only."""

    enrolled: bool
    required: bool
    waived: bool


class Me(Shape):
    id: Identifier
    name: str
    email: str
    language: Language
    agency: Agency
    departments: list[Department] = Field(description="Every department of the agency.")
    roles: list[RoleHeld]
    second_factor: SecondFactorState


class MeChange(Shape):
    language: Language


class Session(Shape):
    access_token: str = Field(description="Keep it in memory only; the refresh token is in an HttpOnly cookie.")
    expires_in: int = Field(description="Seconds.")
    me: Me


class SignedIn(Shape):
    """A session, as Session has it; or a challenge, and nothing else. recovery_codes: shown once, where an
    authenticator was set up on the way."""

    access_token: str | None = Field(None, description="Keep it in memory only.")
    expires_in: int | None = Field(None, description="Seconds.")
    me: Me | None = None
    challenge: Challenge | None = None
    recovery_codes: list[str] = Field(default_factory=list)


class NewDepartment(Shape):
    name: str = Field(min_length=1, max_length=80)
