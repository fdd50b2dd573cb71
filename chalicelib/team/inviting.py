"""Invitations: an address, and what its owner will be allowed to do. The link of the mail makes an account of it, once.

There is one invitation an address. It stands until it is accepted or withdrawn, also when its link has expired: sent
again, it gets another link, and the one before is worth nothing. An address that signs in at another agency is invited
as any other; its owner, and nobody else, learns that it cannot be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, Gone, InvalidInput, NotFound
from chalicelib.identifiers import new_id
from chalicelib.records.event import Event
from chalicelib.store import Lost
from chalicelib.team import letters
from chalicelib.team.limits import Limit, give_back, take
from chalicelib.team.managing import require_places, said
from chalicelib.team.passwords import digest_of, judge, new_token
from chalicelib.team.people import Agency, Language, Person, Role, SignInName
from chalicelib.team.reception import Challenge, Reception, Visitor
from chalicelib.team.session import Entered, enter
from chalicelib.team.sessions import act

LASTS = timedelta(days=7)
_QUARTER = timedelta(minutes=15)


class Invitation(Entity):
    """id: of the address. person: the id they will have. link: the digest of the link that counts."""

    KIND: ClassVar[str] = "invitation"
    TABLE: ClassVar[str] = "team"

    agency: str
    id: str
    person: str
    email: str
    language: Language
    roles: dict[str, tuple[Role, ...]]
    by: str
    by_name: str
    made_at: Moment
    sent_at: Moment
    until: Moment
    link: str

    @staticmethod
    def id_of(email: str) -> str:
        return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:16]

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "INVITATIONS")

    @classmethod
    def key_of(cls, agency: str, id_: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": id_}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


class InvitationLink(Entity):
    """Spans agencies: who opens it is not known yet. digest: of the token, SHA-256 in hex. Stays for a while when it is
    worth nothing any more, to say why."""

    KIND: ClassVar[str] = "invitation_link"
    TABLE: ClassVar[str] = "state"

    digest: str
    agency: str
    invitation: str
    until: Moment
    state: Literal["open", "used", "withdrawn", "replaced"] = "open"

    @staticmethod
    def key_by(digest: str) -> dict[str, str]:
        return {"pk": f"INVITATIONLINK#{digest}", "sk": "INVITATIONLINK"}

    def key(self) -> dict[str, str]:
        return self.key_by(self.digest)

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int((self.until + timedelta(days=90)).timestamp())}


@dataclass(frozen=True)
class Opened:
    """A link that stands, and what it is about."""

    link: InvitationLink
    invitation: Invitation
    agency: Agency


def invite(
    email: str, *, language: Language, roles: Mapping[str, Sequence[Role]], actor: Person, at: Reception
) -> Invitation:
    """Raises Forbidden for roles where they do not administer, InvalidInput roles_missing, Conflict email_taken,
    already_invited; TooMany after a hundred a day."""
    address = email.strip()
    if not roles or not all(roles.values()):
        raise InvalidInput("roles_missing", "At least one role in one department.", field="roles")
    require_places(actor, roles, at)
    name = at.store.get(SignInName, SignInName.key_of(address))
    if name is not None and name.agency == actor.agency:
        raise Conflict("email_taken", "Somebody signs in with this address already.")
    day = Limit("invitation", f"{actor.agency}|{actor.id}", most=100, window=timedelta(days=1))
    take([day], store=at.store, clock=at.clock)  # whoever gets hold of a session is no mailing list
    now = at.clock.now()
    invitation = Invitation(
        agency=actor.agency,
        id=Invitation.id_of(address),
        person=new_id(),
        email=address,
        language=language,
        roles={place: tuple(held) for place, held in roles.items()},
        by=actor.id,
        by_name=actor.name,
        made_at=now,
        sent_at=now,
        until=now + LASTS,
        link="",
    )
    if at.store.get(Invitation, invitation.key()) is not None:
        raise Conflict("already_invited", "Send it again instead.")
    return _send(invitation, "invitation.sent", actor, at)


def send_again(id_: str, *, actor: Person, at: Reception) -> Invitation:
    """With a link of its own; the one before is worth nothing. Raises NotFound, Forbidden, TooMany."""
    invitation = _mine(id_, actor, at)
    limit = Limit("invitation", f"{actor.agency}|{invitation.email.lower()}", most=5, window=timedelta(days=1))
    take([limit], store=at.store, clock=at.clock)
    now = at.clock.now()
    again = invitation.but(sent_at=now, until=now + LASTS)
    return _send(again, "invitation.sent_again", actor, at)


def withdraw(id_: str, *, actor: Person, at: Reception) -> None:
    """Raises NotFound, Forbidden."""
    invitation = _mine(id_, actor, at)
    link = at.store.get(InvitationLink, InvitationLink.key_by(invitation.link))
    event = _event(invitation, "invitation.withdrawn", actor, at.clock.now())
    at.write(*([link.but(state="withdrawn")] if link else []), event, removes=[invitation])


def waiting(agency: str, at: Reception) -> list[Invitation]:
    """Those that were not accepted, the latest first."""
    found = at.store.query(Invitation, Invitation.partition(agency), consistent=True)
    return sorted(found, key=lambda each: each.sent_at, reverse=True)


def open_link(token: str, visitor: Visitor, at: Reception) -> Opened:
    """Reading writes nothing about the invitation. Raises NotFound for a token that is none of ours, Gone link_used,
    link_withdrawn, link_replaced, link_expired; TooMany."""
    place = Limit("link", visitor.address, most=30, window=_QUARTER)
    take([place], store=at.store, clock=at.clock)
    link = at.store.get(InvitationLink, InvitationLink.key_by(digest_of(token)))
    if link is None:
        raise NotFound
    if link.state != "open":
        raise Gone(f"link_{link.state}")
    if at.clock.now() >= link.until:
        raise Gone("link_expired", "Ask for a new one.")
    invitation = at.store.get(Invitation, Invitation.key_of(link.agency, link.invitation))
    agency = at.store.get(Agency, Agency.key_of(link.agency), consistent=False)
    if invitation is None or agency is None or invitation.link != link.digest:
        raise Gone("link_replaced")
    give_back([place], store=at.store, clock=at.clock)
    return Opened(link, invitation, agency)


def accept(token: str, *, name: str, password: str, visitor: Visitor, at: Reception) -> tuple[Entered | Challenge, str]:
    """The account stands, and they are in; with their address. Raises what `open_link` and passwords.judge raise,
    Conflict email_taken where the address signs in elsewhere."""
    opened = open_link(token, visitor, at)
    invitation = opened.invitation
    judge(password, email=invitation.email)
    if at.store.get(SignInName, SignInName.key_of(invitation.email)) is not None:
        raise Conflict("email_taken", "Somebody signs in with this address already.")
    now = at.clock.now()
    person = person_of(invitation, name, now=now)
    # The pool first: should this end here, the link still stands, and the same account gets the next password.
    at.pool.create(person.username, email=person.email, password=password)
    sign_in = SignInName(email=person.email.strip().lower(), agency=person.agency, person=person.id)
    event = act(person, "invitation.accepted", by=person, now=now, once=invitation.link)
    try:
        at.store.commit(person, sign_in, opened.link.but(state="used"), event, removes=[invitation])
    except Lost:
        raise Gone("link_used", "An account was made by it.") from None
    return enter(person, password, visitor, at), person.email


def person_of(invitation: Invitation, name: str, *, now: datetime) -> Person:
    """Who they will be."""
    return Person(
        agency=invitation.agency,
        id=invitation.person,
        name=" ".join(name.split()),
        email=invitation.email,
        language=invitation.language,
        roles=dict(invitation.roles),
        created_at=now,
    )


def _mine(id_: str, actor: Person, at: Reception) -> Invitation:
    invitation = at.store.get(Invitation, Invitation.key_of(actor.agency, id_))
    if invitation is None:
        raise NotFound
    require_places(actor, invitation.roles, at)
    return invitation


def _send(invitation: Invitation, what: str, actor: Person, at: Reception) -> Invitation:
    agency = at.store.get(Agency, Agency.key_of(invitation.agency), consistent=False)
    if agency is None:
        raise NotFound
    token = new_token()
    before = at.store.get(InvitationLink, InvitationLink.key_by(invitation.link)) if invitation.link else None
    link = InvitationLink(
        digest=digest_of(token), agency=invitation.agency, invitation=invitation.id, until=invitation.until
    )
    sent = invitation.model_copy(update={"link": link.digest})
    letter = letters.invited(
        sent.language, agency=agency, by=actor.name, link=f"{at.site_url}/welcome#{token}", until=sent.until
    )
    told = at.mail(
        letter,
        agency=sent.agency,
        about=f"INVITATION#{sent.id}",
        to=sent.email,
        person=None,
        cause=link.digest,
    )
    replaced = [before.but(state="replaced")] if before and before.state == "open" else []
    at.write(sent, link, told, _event(sent, what, actor, at.clock.now()), *replaced)
    at.tell_queue.send([told])
    return sent


def _event(invitation: Invitation, what: str, actor: Person, now: datetime) -> Event:
    return Event(
        agency=invitation.agency,
        subject="TEAM",
        what=what,
        at=now,
        actor=actor.id,
        actor_name=actor.name,
        detail={"invitation": invitation.id, "email": invitation.email, "roles": said(invitation.roles)},
        once=f"{invitation.id} {invitation.link}",
    )
