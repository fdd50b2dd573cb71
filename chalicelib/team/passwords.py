"""Passwords: asking for a new one, setting it by the link of a mail, changing it. Parvis keeps none of them.

A link carries 256 random bits that only the mail holds, in the part of the address that a browser sends nowhere; stored
is its SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

from chalicelib.entity import Entity, Moment
from chalicelib.errors import Gone, InvalidInput, NotFound, ParvisError, Unauthenticated
from chalicelib.store import Lost
from chalicelib.team import letters
from chalicelib.team.limits import Limit, give_back, take
from chalicelib.team.people import Agency, Person
from chalicelib.team.reception import Reception, Visitor
from chalicelib.team.session import known
from chalicelib.team.sessions import act, end_all

SHORTEST, LONGEST = 12, 256
LINK_LASTS = timedelta(hours=1)
_HOUR = timedelta(hours=1)
ANSWER_TAKES_S = 0.8
"""Asking takes as long for an address that nobody has: sealing, writing and queueing take about a third of it."""


class PasswordLink(Entity):
    """Spans agencies: who opens it is not known yet. digest: of the token, SHA-256 in hex."""

    KIND: ClassVar[str] = "password_link"
    TABLE: ClassVar[str] = "state"

    digest: str
    agency: str
    person: str
    until: Moment
    used: bool = False

    @staticmethod
    def key_of(token: str) -> dict[str, str]:
        return {"pk": f"PASSWORDLINK#{digest_of(token)}", "sk": "PASSWORDLINK"}

    def key(self) -> dict[str, str]:
        return {"pk": f"PASSWORDLINK#{self.digest}", "sk": "PASSWORDLINK"}

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int((self.until + timedelta(days=7)).timestamp())}


def new_token() -> str:
    return secrets.token_urlsafe(32)  # 256 bits


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def judge(password: str, *, email: str) -> None:
    """Raises InvalidInput password_too_short, password_is_address. Length is what counts (NIST SP 800-63B, 2025): no
    rules about kinds of characters."""
    if len(password) < SHORTEST:
        raise InvalidInput("password_too_short", f"At least {SHORTEST} characters.", field="password")
    if password.strip().lower() in (email.lower(), email.lower().partition("@")[0]):
        raise InvalidInput("password_is_address", field="password")


def ask_for_reset(email: str, visitor: Visitor, at: Reception) -> None:
    """Mails a link, if somebody signs in with this address; says neither yes nor no, and takes as long. Raises
    TooMany."""
    began = at.clock.now()
    limits = [
        Limit("reset", email.strip().lower(), most=3, window=_HOUR),
        Limit("reset", visitor.address, most=30, window=_HOUR),
    ]
    take(limits, store=at.store, clock=at.clock)
    person = known(email, store=at.store)
    if person is not None:
        _mail_link(person, at)
    at.clock.sleep(ANSWER_TAKES_S - (at.clock.now() - began).total_seconds())


def _mail_link(person: Person, at: Reception) -> None:
    now, token = at.clock.now(), new_token()
    agency = at.store.get(Agency, Agency.key_of(person.agency), consistent=False)
    if agency is None:
        raise NotFound
    link = PasswordLink(digest=digest_of(token), agency=person.agency, person=person.id, until=now + LINK_LASTS)
    letter = letters.reset(person, agency=agency, link=f"{at.site_url}/reset#{token}", until=link.until)
    told = at.mail(
        letter,
        agency=person.agency,
        about=f"PERSON#{person.id}",
        to=person.email,
        person=person.id,
        cause=link.digest,
    )
    at.write(link, told, act(person, "password.reset_asked", by=None, now=now, once=told.id))
    at.tell_queue.send([told])


def reset(token: str, password: str, visitor: Visitor, at: Reception) -> None:
    """All sessions end; the second factor stays. Raises NotFound, Gone link_used, link_expired; InvalidInput;
    TooMany."""
    place = Limit("link", visitor.address, most=30, window=timedelta(minutes=15))
    take([place], store=at.store, clock=at.clock)
    now, link = at.clock.now(), at.store.get(PasswordLink, PasswordLink.key_of(token))
    if link is None:
        raise NotFound
    if link.used:
        raise Gone("link_used", "A password was set by it.")
    if now >= link.until:
        raise Gone("link_expired", "Ask for a new one.")
    person = at.store.get(Person, Person.key_of(link.agency, link.person))
    if person is None or person.deactivated_at is not None:
        raise NotFound
    judge(password, email=person.email)
    try:
        at.store.save(link.but(used=True))  # before it is set: of two at once, one sets it
    except Lost:
        raise Gone("link_used", "A password was set by it.") from None
    try:
        at.pool.create(person.username, email=person.email, password=password)
    except ParvisError:
        with suppress(Lost):
            at.store.save(link.but(used=True).but(used=False))
        raise
    _after(person, "password_reset", "password.reset", link.digest, at)
    end_all(person, by=person, store=at.store, now=at.clock.now())
    at.pool.end_sessions(person.username)
    give_back([place], store=at.store, clock=at.clock)


def change(person: Person, access_token: str, *, old: str, new: str, session: str, at: Reception) -> None:
    """All other sessions end. Raises InvalidInput password_wrong and what `judge` raises; TooMany."""
    judge(new, email=person.email)
    limit = Limit("password", f"{person.email.lower()}|change", most=5, window=timedelta(minutes=15))
    take([limit], store=at.store, clock=at.clock)
    try:
        at.pool.change_password(access_token, old=old, new=new)
    except Unauthenticated as error:
        raise InvalidInput(error.code, field="old") from None
    give_back([], store=at.store, clock=at.clock, forget=[limit])
    _after(person, "password_changed", "password.changed", at.clock.now().isoformat(), at)
    end_all(person, by=person, store=at.store, now=at.clock.now(), but=session)


def _after(person: Person, words: str, what: str, once: str, at: Reception) -> None:
    told = at.mail(
        letters.changed(person, words, site_url=at.site_url),
        agency=person.agency,
        about=f"PERSON#{person.id}",
        to=person.email,
        person=person.id,
        cause=f"{what} {once}",
    )
    at.write(told, act(person, what, by=person, now=at.clock.now(), once=told.id))
    at.tell_queue.send([told])
