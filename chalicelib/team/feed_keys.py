"""Keys of a person's calendar feed: what a calendar program carries in place of a sign-in, which it cannot do.

A key opens one thing only, the calendar as that person may read it, and never changes anything. It is 256 bits, shown
once; stored is its hash. Revoking removes it, so that a revoked key and an invented one are the same.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, NotFound
from chalicelib.identifiers import new_id
from chalicelib.store import Lost, Store
from chalicelib.team.people import Person
from chalicelib.team.sessions import act

MOST = 10
"""A person's own; more than their calendar programs, fewer than anybody would lose count of."""
_TRIES = 4


class FeedKey(Entity):
    """digest: of the key, SHA-256 in hex. used_at: the hour of the last use, so that it is written once an hour."""

    KIND: ClassVar[str] = "feed_key"
    TABLE: ClassVar[str] = "state"

    agency: str
    person: str
    id: str
    name: str
    digest: str
    made_at: Moment
    used_at: Moment | None = None

    @staticmethod
    def partition(agency: str, person: str) -> str:
        return agency_key(agency, "FEEDKEYS", person)

    @classmethod
    def key_of(cls, agency: str, person: str, id_: str) -> dict[str, str]:
        return {"pk": cls.partition(agency, person), "sk": id_}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.person, self.id)

    def known(self) -> FeedKeyKnown:
        return FeedKeyKnown(digest=self.digest, agency=self.agency, person=self.person, id=self.id)


class FeedKeyKnown(Entity):
    """From a key's digest to whose it is. Spans agencies: a calendar program names none."""

    KIND: ClassVar[str] = "feed_key_known"
    TABLE: ClassVar[str] = "state"

    digest: str
    agency: str
    person: str
    id: str

    @staticmethod
    def key_of(digest: str) -> dict[str, str]:
        return {"pk": f"FEEDKEY#{digest}", "sk": "FEEDKEY"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.digest)


def keys_of(person: Person, *, store: Store) -> list[FeedKey]:
    """The newest first."""
    found = store.query(FeedKey, FeedKey.partition(person.agency, person.id), consistent=True)
    return sorted(found, key=lambda each: each.made_at, reverse=True)


def make(person: Person, name: str, *, store: Store, now: datetime) -> tuple[FeedKey, str]:
    """The key as it is listed, and itself, which is nowhere kept. Raises Conflict too_many_feed_keys."""
    if len(keys_of(person, store=store)) >= MOST:
        raise Conflict("too_many_feed_keys", f"At most {MOST}: revoke one that is not used.")
    secret = secrets.token_urlsafe(32)  # 256 bits
    made = FeedKey(agency=person.agency, id=new_id(), person=person.id, name=name, digest=_digest(secret), made_at=now)
    store.commit(made, made.known(), act(person, "feed_key.made", by=person, now=now, once=made.id))
    return made, secret


def revoke(person: Person, id_: str, *, by: Person, store: Store, now: datetime) -> None:
    """Raises NotFound where they have no such key."""
    for _ in range(_TRIES):
        found = store.get(FeedKey, FeedKey.key_of(person.agency, person.id, id_))
        if found is None:
            break
        with suppress(Lost):  # it was used just now
            event = act(person, "feed_key.revoked", by=by, now=now, once=id_)
            return store.commit(event, removes=[found, found.known()])
    raise NotFound


def revoke_all(person: Person, *, by: Person, store: Store, now: datetime) -> None:
    for each in keys_of(person, store=store):
        with suppress(NotFound):  # by themselves, at the same moment
            revoke(person, each.id, by=by, store=store, now=now)


def bearer(secret: str, *, store: Store, clock: Clock) -> Person:
    """Whose key it is; notes the hour. Raises NotFound for every key that opens nothing: invented, revoked, or of
    somebody who may read nothing any more. Each of them costs the same two reads."""
    digest = _digest(secret)
    known = store.get(FeedKeyKnown, FeedKeyKnown.key_of(digest))
    agency, person_id, id_ = (known.agency, known.person, known.id) if known else ("nobody", "nobody", "nobody")
    key, person = store.get_many(
        [(FeedKey, FeedKey.key_of(agency, person_id, id_)), (Person, Person.key_of(agency, person_id))]
    )
    if known is None or not isinstance(key, FeedKey) or not isinstance(person, Person):
        raise NotFound
    if person.deactivated_at is not None or not person.actor().may("read"):
        raise NotFound
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    if key.used_at is None or key.used_at < hour:
        with suppress(Lost):  # another program of theirs noted it
            store.save(key.but(used_at=hour))
    return person


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
