"""Signing in and out. Who is not known and who is refused look the same from outside.

The password goes to the pool first, for an unknown address as well (of a name that nobody has), so that the time taken
tells nothing either. The pool asks for the code of an authenticator where one is set up; a token that it gave without
asking, to somebody who has one, is not believed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.entity import Entity
from chalicelib.errors import InvalidInput, NotFound, Unauthenticated
from chalicelib.store import Lost, Store
from chalicelib.team import letters
from chalicelib.team.limits import Limit, give_back, take
from chalicelib.team.people import Person, SignInName, person_of_username
from chalicelib.team.reception import Challenge, Reception, Tokens, Visitor
from chalicelib.team.recovery import Recovery, digest_of, fresh_codes
from chalicelib.team.sessions import Session, act, end, seen

NOBODY = "nobody.nobody"
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Entered:
    """Somebody is in. recovery: codes to be shown once, where the authenticator was set up on the way."""

    person: Person
    tokens: Tokens = field(repr=False)
    session: str
    recovery: tuple[str, ...] = field(default=(), repr=False)


def sign_in(email: str, password: str, visitor: Visitor, at: Reception) -> Entered | Challenge:
    """Raises Unauthenticated sign_in_refused, challenge_required, second_factor_missing; TooMany."""
    theirs, place = _by_person("password", email, visitor), _by_address("password", visitor)
    take([*theirs, place], store=at.store, clock=at.clock)
    person = known(email, store=at.store)
    answer = _password(person, password, at)
    give_back([place], store=at.store, clock=at.clock, forget=theirs)
    return answer if isinstance(answer, Challenge) else _without_a_code(person, answer, visitor, at)


def answer_challenge(email: str, challenge: Challenge, code: str, visitor: Visitor, at: Reception) -> Entered:
    """Raises Unauthenticated code_refused (ask for the next one), challenge_ended (sign in anew); TooMany."""
    theirs, place = _by_person("code", email, visitor), _by_address("code", visitor)
    take([*theirs, place], store=at.store, clock=at.clock)
    person = known(email, store=at.store)
    if person is None:
        raise Unauthenticated("challenge_ended")
    try:
        tokens = at.pool.answer(person.username, challenge, code)
    except Unauthenticated as error:
        _note_refusal(person, "code", error.code, at)
        raise
    give_back([place], store=at.store, clock=at.clock, forget=theirs)
    if tokens.username != person.username:  # a challenge of somebody else's, answered with their code
        _give_up(tokens, at)
        raise Unauthenticated("challenge_ended")
    if person.second_factor_at is not None:
        return _enter(person, tokens, visitor, at, how="code")
    codes, recovery = fresh_codes(person, at.store.get(Recovery, Recovery.key_of(person.agency, person.id)))
    entered = _enter(person, tokens, visitor, at, how=challenge.kind, enrolled=recovery)
    return Entered(entered.person, tokens, entered.session, codes)


def recover(email: str, password: str, code: str, visitor: Visitor, at: Reception) -> Entered:
    """In with a recovery code, the authenticator being lost: it is taken off, and the other codes are void with it.

    Raises Unauthenticated sign_in_refused, code_refused; TooMany.
    """
    theirs, place = _by_person("code", email, visitor), _by_address("code", visitor)
    take([*theirs, place], store=at.store, clock=at.clock)
    person = known(email, store=at.store)
    answer = _password(person, password, at)
    if not isinstance(answer, Challenge):
        _give_up(answer, at)
    assert person is not None  # the pool refuses the name of nobody
    recovery = at.store.get(Recovery, Recovery.key_of(person.agency, person.id))
    if recovery is None or digest_of(person, code) not in recovery.digests:
        _note_refusal(person, "recovery_code", "code_refused", at)
        raise Unauthenticated("code_refused")
    at.pool.remove_second_factor(person.username)  # first: should this end here, the code still stands
    now = at.clock.now()
    told = at.mail(
        letters.changed(person, "recovery_code", site_url=at.site_url),
        agency=person.agency,
        about=f"PERSON#{person.id}",
        to=person.email,
        person=person.id,
        cause=f"recovery {person.rev}",
    )
    without = person.but(second_factor_at=None)
    try:
        at.store.commit(
            without, told, act(person, "recovery_code.used", by=person, now=now, once=told.id), removes=[recovery]
        )
    except Lost:
        raise Unauthenticated("code_refused") from None  # used already, by another at the same moment
    at.tell_queue.send([told])
    give_back([place], store=at.store, clock=at.clock, forget=theirs)
    tokens = at.pool.sign_in(person.username, password)
    if isinstance(tokens, Challenge):  # a pool that demands an authenticator of everybody: set up by signing in
        raise Unauthenticated("challenge_ended")
    return _enter(without, tokens, visitor, at, how="recovery_code")


def refreshed(refresh_token: str, at: Reception) -> Entered:
    """Raises Unauthenticated session_ended."""
    tokens = at.pool.refresh(refresh_token)
    now, found = at.clock.now(), _of(tokens, at.store)
    if found is None or found[1].until <= now:
        at.pool.revoke(refresh_token)
        raise Unauthenticated("session_ended")
    person, session = found
    seen(session, store=at.store, now=now)
    return Entered(person, tokens, session.id)


def sign_out(refresh_token: str, at: Reception) -> None:
    """Of whom the token is; one that is worth nothing (any more) is no error."""
    try:
        tokens = at.pool.refresh(refresh_token)
    except Unauthenticated:
        return
    at.pool.revoke(refresh_token)
    found = _of(tokens, at.store)
    if found is not None:
        person, session = found
        with suppress(NotFound):
            end(person, session.id, by=person, store=at.store, now=at.clock.now())


def proven(person: Person, password: str, visitor: Visitor, at: Reception) -> None:
    """That it is they who sit there, before what would lock them out or let others in. Raises InvalidInput
    password_wrong, TooMany."""
    theirs, place = _by_person("password", person.email, visitor), _by_address("password", visitor)
    take([*theirs, place], store=at.store, clock=at.clock)
    try:
        answer = at.pool.sign_in(person.username, password)
    except Unauthenticated:
        # No 401: the session stands, and a page would take it for its end.
        raise InvalidInput("password_wrong", field="password") from None
    if not isinstance(answer, Challenge):
        _give_up(answer, at)
    give_back([place], store=at.store, clock=at.clock, forget=theirs)


def known(email: str, *, store: Store) -> Person | None:
    """Who signs in with this address, unless they may no longer."""
    name = store.get(SignInName, SignInName.key_of(email))
    person = store.get(Person, Person.key_of(name.agency, name.person)) if name else None
    return person if person and person.deactivated_at is None else None


def enter(person: Person, password: str, visitor: Visitor, at: Reception) -> Entered | Challenge:
    """Somebody who has just set this password."""
    answer = at.pool.sign_in(person.username, password)
    return answer if isinstance(answer, Challenge) else _without_a_code(person, answer, visitor, at)


# ---------------------------------------------------------------- steps


def _by_person(what: str, email: str, visitor: Visitor) -> list[Limit]:
    """Five from one place, fifty from everywhere: whoever tries from elsewhere does not lock out the person at once."""
    address = email.strip().lower()
    return [
        Limit(what, f"{address}|{visitor.address}", most=5, window=_QUARTER),
        Limit(what, address, most=50, window=timedelta(hours=1)),
    ]


def _by_address(what: str, visitor: Visitor) -> Limit:
    """Of failures only; a whole town hall may come from one address."""
    return Limit(what, visitor.address, most=100, window=_QUARTER)


def _password(person: Person | None, password: str, at: Reception) -> Tokens | Challenge:
    try:
        answer = at.pool.sign_in(person.username if person else NOBODY, password)
    except Unauthenticated as error:
        if person is not None:
            _note_refusal(person, "password", error.code, at)
        raise
    if person is None:
        raise Unauthenticated("sign_in_refused")
    return answer


def _without_a_code(person: Person | None, tokens: Tokens, visitor: Visitor, at: Reception) -> Entered:
    assert person is not None
    if person.second_factor_at is not None:
        _give_up(tokens, at)
        _note_refusal(person, "code", "second_factor_missing", at)
        raise Unauthenticated("second_factor_missing", "Their authenticator was taken off behind our back.")
    return _enter(person, tokens, visitor, at, how="password")


def _enter(
    person: Person, tokens: Tokens, visitor: Visitor, at: Reception, *, how: str, enrolled: Recovery | None = None
) -> Entered:
    now = at.clock.now()
    session = Session.begun(person, tokens.session, agent=visitor.agent, now=now)
    steps: list[Entity] = [
        session,
        act(person, "session.begun", by=person, now=now, once=session.id, detail={"how": how}),
    ]
    if enrolled is not None:
        person = person.but(second_factor_at=now)
        steps += [person, enrolled, act(person, "second_factor.enrolled", by=person, now=now, once=session.id)]
    at.write(*steps)
    return Entered(person, tokens, session.id)


def _of(tokens: Tokens, store: Store) -> tuple[Person, Session] | None:
    """Whose tokens these are, if their session stands and they may still come in."""
    name = person_of_username(tokens.username)
    if name is None:
        return None
    person, session = store.get_many([(Person, Person.key_of(*name)), (Session, Session.key_of(*name, tokens.session))])
    if not isinstance(person, Person) or not isinstance(session, Session) or person.deactivated_at is not None:
        return None
    return person, session


def _give_up(tokens: Tokens, at: Reception) -> None:
    """Given by the pool and not wanted."""
    if tokens.refresh is not None:
        at.pool.revoke(tokens.refresh)


def _note_refusal(person: Person, what: str, code: str, at: Reception) -> None:
    now = at.clock.now()
    at.store.commit(act(person, "session.refused", by=None, now=now, detail={"at": what, "why": code}))
