"""Sessions: one a sign-in, looked at with every request, so that what was ended is over with the next one.

A session is the item and nothing else. A token whose session has no item is worth nothing, whoever signed it: the pool
may have given it to somebody who went around us.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import NotFound
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store
from chalicelib.team.people import Person

LASTS = timedelta(hours=12)
"""As long as the refresh token (infra/resources/people.json)."""
_AGENT_MAX = 300
_AT_ONCE = 50


class Session(Entity):
    """id: what the pool calls the family of tokens. agent: what the browser said of itself. seen_at: at the last
    renewal, which comes every quarter of an hour while it is in use."""

    KIND: ClassVar[str] = "session"
    TABLE: ClassVar[str] = "state"

    agency: str
    person: str
    id: str
    agent: str
    begun_at: Moment
    seen_at: Moment
    until: Moment

    @staticmethod
    def partition(agency: str, person: str) -> str:
        return agency_key(agency, "SESSIONS", person)

    @classmethod
    def key_of(cls, agency: str, person: str, session: str) -> dict[str, str]:
        return {"pk": cls.partition(agency, person), "sk": session}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.person, self.id)

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int(self.until.timestamp()) + 3600}

    @classmethod
    def begun(cls, person: Person, id_: str, *, agent: str, now: datetime) -> Session:
        return cls(
            agency=person.agency,
            person=person.id,
            id=id_,
            agent=" ".join(agent.split())[:_AGENT_MAX],
            begun_at=now,
            seen_at=now,
            until=now + LASTS,
        )


def standing(person: Person, *, store: Store, now: datetime) -> list[Session]:
    """Their sessions that are not over, the latest first."""
    found = store.query(Session, Session.partition(person.agency, person.id), consistent=True)
    return sorted((each for each in found if each.until > now), key=lambda each: each.begun_at, reverse=True)


def seen(session: Session, *, store: Store, now: datetime) -> None:
    with suppress(Lost):  # it was ended just now, or seen by another tab
        store.save(session.but(seen_at=now))


def end(person: Person, id_: str, *, by: Person, store: Store, now: datetime) -> None:
    """Raises NotFound where they have no such session."""
    for _ in range(3):
        session = store.get(Session, Session.key_of(person.agency, person.id, id_))
        if session is None:
            break
        with suppress(Lost):  # seen between the two
            return store.commit(act(person, "session.ended", by=by, now=now, once=id_), removes=[session])
    raise NotFound


def end_all(person: Person, *, by: Person, store: Store, now: datetime, but: str | None = None) -> int:
    """All that they have, or all but one; how many that were. What begins meanwhile is ended as well."""
    ended = 0
    while True:
        found = store.query(Session, Session.partition(person.agency, person.id), consistent=True)
        some = list(islice((each for each in found if each.id != but), _AT_ONCE))
        if not some:
            return ended
        event = act(person, "sessions.ended", by=by, now=now, once=some[0].id, detail={"count": len(some)})
        with suppress(Lost):  # one of them was seen, or ended: look again
            store.commit(event, removes=some)
            ended += len(some)


def act(
    person: Person, what: str, *, by: Person | None, now: datetime, once: str = "", detail: Detail | None = None
) -> Event:
    """Something that concerns a person's account, for the audit. by: who did it, or None before that is proven."""
    return Event(
        agency=person.agency,
        subject=f"PERSON#{person.id}",
        what=what,
        at=now,
        actor=by.id if by else None,
        actor_name=by.name if by else None,
        detail={"person": person.id, **(detail or {})},
        once=once,
    )
