"""Signing in and out. Who is not known and who is refused look the same from outside."""

from __future__ import annotations

from typing import Protocol

from chalicelib.errors import Unauthenticated
from chalicelib.store import Store
from chalicelib.team.people import Person, SignInName, person_of_username

NOBODY = "nobody.nobody"


class Tokens(Protocol):
    @property
    def access(self) -> str: ...
    @property
    def expires_in(self) -> int: ...
    @property
    def refresh(self) -> str | None: ...
    @property
    def username(self) -> str: ...


class Pool(Protocol):
    def sign_in(self, username: str, password: str) -> Tokens: ...

    def refresh(self, refresh_token: str) -> Tokens: ...

    def revoke(self, refresh_token: str) -> None: ...


def sign_in(email: str, password: str, *, store: Store, pool: Pool) -> tuple[Person, Tokens]:
    """Raises Unauthenticated sign_in_refused or challenge_required."""
    name = store.get(SignInName, SignInName.key_of(email))
    # The pool is asked in either case, so that the time taken does not tell who exists.
    tokens = pool.sign_in(f"{name.agency}.{name.person}" if name else NOBODY, password)
    person = store.get(Person, Person.key_of(name.agency, name.person)) if name else None
    if person is None:
        raise Unauthenticated("sign_in_refused")
    return person, tokens


def refreshed(refresh_token: str, *, store: Store, pool: Pool) -> tuple[Person, Tokens]:
    """Raises Unauthenticated session_ended."""
    tokens = pool.refresh(refresh_token)
    found = person_of_username(tokens.username)
    person = store.get(Person, Person.key_of(*found)) if found else None
    if person is None:
        raise Unauthenticated("session_ended")
    return person, tokens
