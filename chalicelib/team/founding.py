"""Founding an agency and taking people in. Run again with the same names, it changes nothing that stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from chalicelib.clock import Clock
from chalicelib.errors import Conflict, InvalidInput
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.people import Agency, AgencyListed, Department, Language, Person, Role, SignInName

_ID = re.compile(r"[a-z0-9_-]{1,40}")


def _require_ids(*ids: str) -> None:
    """An agency's id begins every key and, with a person's, makes the user pool's name, where case does not count: a
    separator or a capital in it could make two agencies' things one. Raises InvalidInput invalid_input."""
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise InvalidInput("invalid_input", "An id is 1 to 40 of a-z, 0-9, _ and -.", field="id")


class Pool(Protocol):
    def create(self, username: str, *, email: str, password: str) -> None: ...


def found_agency(
    *, agency: str, name: str, zone: str, departments: Mapping[str, str], store: Store, clock: Clock
) -> Agency:
    """departments: id -> name. Raises InvalidInput for an id that could not stand in a key."""
    _require_ids(agency, *departments)
    founded = Agency(id=agency, name=name, zone=zone)
    event = Event(agency=agency, subject="TEAM", what="agency.founded", at=clock.now(), detail={"name": name})
    places = [Department(agency=agency, id=id_, name=called) for id_, called in departments.items()]
    try:
        store.commit(founded, AgencyListed(id=agency), *places, event)
    except Lost:
        present = store.get(Agency, founded.key())
        if present is None:
            raise
        return present
    return founded


def take_in(
    *,
    agency: str,
    person: str,
    name: str,
    email: str,
    language: Language,
    roles: Mapping[str, Role | Sequence[Role]],
    password: str,
    store: Store,
    pool: Pool,
    clock: Clock,
) -> Person:
    """Somebody who can sign in at once. Raises Conflict email_taken when the address is somebody else's."""
    _require_ids(agency, person, *roles)
    taken_in = Person(
        agency=agency,
        id=person,
        name=name,
        email=email,
        language=language,
        roles=dict(roles),
        created_at=clock.now(),
    )
    sign_in = SignInName(email=email.strip().lower(), agency=agency, person=person)
    event = Event(
        agency=agency, subject="TEAM", what="person.taken_in", at=clock.now(), detail={"person": person}, once=person
    )
    try:
        store.commit(taken_in, sign_in, event)
    except Lost:
        present, name_taken = store.get(Person, taken_in.key()), store.get(SignInName, sign_in.key())
        if present is None or name_taken is None or (name_taken.agency, name_taken.person) != (agency, person):
            raise Conflict("email_taken", "Somebody signs in with this address already.") from None
        taken_in = present
    pool.create(taken_in.username, email=email, password=password)
    return taken_in
