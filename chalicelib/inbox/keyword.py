"""Words that are searched for, for ever: what is found arrives in the inbox like any message."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.identifiers import new_id
from chalicelib.networks.contract import Network
from chalicelib.profiles.profile import Profile
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

KEYWORDS_MAX = 20
"""For one profile: each is a search a minute, and networks count them."""


class Keyword(Entity):
    KIND: ClassVar[str] = "keyword"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    id: str
    profile: str
    words: str
    by: str
    by_name: str
    created_at: Moment

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "KEYWORDS")

    @classmethod
    def key_of(cls, agency: str, keyword: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": keyword}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


def keywords(actor: Actor, *, store: Store) -> list[Keyword]:
    """Those of the profiles whose inbox the person may read, in the order in which they were made."""
    places = {each.id: each.department for each in store.query(Profile, Profile.partition(actor.agency))}
    found = store.query(Keyword, Keyword.partition(actor.agency), consistent=True)
    mine = [each for each in found if each.profile not in places or actor.may("inbox", places[each.profile])]
    return sorted(mine, key=lambda each: (each.created_at, each.id))


def search_for(
    words: str, profile_id: str, *, actor: Actor, store: Store, clock: Clock, network_named: Callable[[str], Network]
) -> Keyword:
    """Raises NotFound, InvalidInput search_not_offered or too_many_keywords, Conflict keyword_exists."""
    profile = store.get(Profile, Profile.key_of(actor.agency, profile_id))
    if profile is None:
        raise NotFound
    actor.require("administer", profile.department)
    words = " ".join(words.split())
    if len(words) < 2:
        raise InvalidInput("invalid_input", "At least two characters that are no spaces.", field="words")
    if "search" not in network_named(profile.network).capabilities().reads:
        raise InvalidInput("search_not_offered", f"{profile.network} offers no search.", field="profile")
    there = store.query(Keyword, Keyword.partition(actor.agency), consistent=True)
    present = [each for each in there if each.profile == profile_id]
    if any(each.words.casefold() == words.casefold() for each in present):
        raise Conflict("keyword_exists", "These words are searched for already.")
    if len(present) >= KEYWORDS_MAX:
        raise InvalidInput("too_many_keywords", f"At most {KEYWORDS_MAX} for one profile.", field="words")
    made = Keyword(
        agency=actor.agency,
        id=new_id(),
        profile=profile_id,
        words=words,
        by=actor.person,
        by_name=actor.name,
        created_at=clock.now(),
    )
    store.commit(made, _event(made, "keyword.created", actor, clock))
    return made


def search_no_more(keyword_id: str, *, actor: Actor, store: Store, clock: Clock) -> None:
    """Raises NotFound."""
    keyword = store.get(Keyword, Keyword.key_of(actor.agency, keyword_id))
    if keyword is None:
        raise NotFound
    profile = store.get(Profile, Profile.key_of(actor.agency, keyword.profile))
    actor.require("administer", profile.department if profile else None)
    try:
        store.commit(_event(keyword, "keyword.deleted", actor, clock), removes=[keyword])
    except Lost as error:
        raise NotFound from error


def _event(keyword: Keyword, what: str, actor: Actor, clock: Clock) -> Event:
    return Event(
        agency=keyword.agency,
        subject="KEYWORDS",
        what=what,
        at=clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        profile=keyword.profile,
        detail={"keyword": keyword.id, "words": keyword.words},
        once=keyword.id,
    )
