"""Who looks at a conversation and who writes in it: each says so every few seconds, and is there for eight after it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

LASTS = timedelta(seconds=8)


class Presence(Entity):
    """until is what counts; expires (epoch seconds) is the table's housekeeping."""

    KIND: ClassVar[str] = "presence"
    TABLE: ClassVar[str] = "state"

    agency: str
    conversation: str
    person: str
    name: str
    writing: bool = False
    since: Moment
    until: Moment

    @staticmethod
    def partition(agency: str, conversation: str) -> str:
        return agency_key(agency, "PRESENCE", conversation)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.conversation), "sk": self.person}

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int(self.until.timestamp()) + 3600}


def others(conversation: str, *, actor: Actor, store: Store, now: datetime) -> list[Presence]:
    """Everybody else who is there now, the first who came first."""
    return [each for each in _all(conversation, actor, store) if each.person != actor.person and each.until > now]


def here(conversation: str, *, writing: bool, actor: Actor, store: Store, now: datetime) -> list[Presence]:
    """Say that one is there; who else is."""
    present = _all(conversation, actor, store)
    mine = next((each for each in present if each.person == actor.person), None)
    fresh = {"writing": writing, "until": now + LASTS, "name": actor.name}
    if mine is None:
        said = Presence.model_validate(
            {"agency": actor.agency, "conversation": conversation, "person": actor.person, "since": now, **fresh}
        )
    else:
        said = mine.but(**fresh, since=mine.since if mine.until > now else now)
    with suppress(Lost):  # the same person in a second window says so too
        store.save(said)
    return [each for each in present if each.person != actor.person and each.until > now]


def gone(conversation: str, *, actor: Actor, store: Store) -> None:
    for each in _all(conversation, actor, store):
        if each.person == actor.person:
            with suppress(Lost):
                store.remove(each)


def _all(conversation: str, actor: Actor, store: Store) -> list[Presence]:
    rows = store.query(Presence, Presence.partition(actor.agency, conversation), consistent=True)
    return sorted(rows, key=lambda each: (each.since, each.person))
