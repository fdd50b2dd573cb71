"""What letting people in needs around it, and the ports it knows: the pool of users, and where somebody comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from chalicelib.alerts.telling import Letter, Telling, TellQueue, make_telling
from chalicelib.clock import Clock
from chalicelib.entity import Entity
from chalicelib.errors import Conflict
from chalicelib.profiles.credentials import Vault
from chalicelib.store import Lost, Store
from chalicelib.team.policy import Policies


@dataclass(frozen=True)
class Visitor:
    """address: the network address a request came from. agent: what the browser says of itself. Neither is proof."""

    address: str
    agent: str


class Tokens(Protocol):
    @property
    def access(self) -> str: ...
    @property
    def expires_in(self) -> int: ...
    @property
    def refresh(self) -> str | None: ...
    @property
    def username(self) -> str: ...
    @property
    def session(self) -> str:
        """The same for every token that descends from one sign-in."""


@dataclass(frozen=True)
class Challenge:
    """What the pool asks after the password. code: of the authenticator that is set up. set_up: none is, and the pool
    itself demands one; secret is then what to put into it. session: the pool's own, good for some minutes."""

    kind: Literal["code", "set_up"]
    session: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


class Pool(Protocol):
    """Every one of these raises TooMany rate_limited and Upstream sign_in_unavailable besides."""

    def sign_in(self, username: str, password: str) -> Tokens | Challenge:
        """Raises Unauthenticated sign_in_refused, challenge_required for one that we do not know."""

    def answer(self, username: str, challenge: Challenge, code: str) -> Tokens:
        """Raises Unauthenticated code_refused, challenge_ended."""

    def refresh(self, refresh_token: str) -> Tokens:
        """Raises Unauthenticated session_ended."""

    def revoke(self, refresh_token: str) -> None: ...

    def create(self, username: str, *, email: str, password: str) -> None:
        """Somebody who can sign in with this password at once. Who is there already gets the password. Raises
        InvalidInput password_refused."""

    def change_password(self, access_token: str, *, old: str, new: str) -> None:
        """Raises Unauthenticated password_wrong, InvalidInput password_refused."""

    def begin_enrolment(self, access_token: str) -> str:
        """The secret of a new authenticator, in base 32; nothing changes until its first code."""

    def finish_enrolment(self, access_token: str, code: str) -> None:
        """Raises Unauthenticated code_refused."""

    def remove_second_factor(self, username: str) -> None:
        """Also where there is none."""

    def end_sessions(self, username: str) -> None:
        """No token given so far is worth anything to the pool."""

    def disable(self, username: str) -> None: ...

    def enable(self, username: str) -> None: ...


@dataclass(frozen=True)
class Reception:
    """site_url: where people open the application."""

    store: Store
    pool: Pool
    vault: Vault
    tell_queue: TellQueue
    clock: Clock
    policies: Policies
    site_url: str

    def write(self, *saves: Entity, removes: Sequence[Entity] = ()) -> None:
        """All of it or nothing. Raises Conflict busy when any of it was changed meanwhile."""
        try:
            self.store.commit(*saves, removes=removes)
        except Lost:
            raise Conflict("busy", "It was changed at the same moment: look, and try again.") from None

    def mail(self, letter: Letter, *, agency: str, about: str, to: str, person: str | None, cause: str) -> Telling:
        """To be written with its cause, and handed to the queue afterwards. cause: what makes this one different from
        any other to the same address."""
        said = f"{agency}|{about}|{to}|{cause}"
        return make_telling(
            letter,
            agency=agency,
            id=hashlib.sha256(said.encode()).hexdigest()[:32],
            about=about,
            channel="mail",
            person=person,
            address=to,
            vault=self.vault,
            now=self.clock.now(),
        )
