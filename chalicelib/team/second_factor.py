"""The second factor: an authenticator that shows a code every half minute (TOTP, RFC 6238). The pool keeps its secret;
here stands only that there is one, since when, and the hashes of the recovery codes."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, urlencode

from chalicelib.errors import Conflict, InvalidInput, Unauthenticated
from chalicelib.team import letters
from chalicelib.team.limits import Limit, give_back, take
from chalicelib.team.people import Person
from chalicelib.team.reception import Reception, Visitor
from chalicelib.team.recovery import Recovery, fresh_codes
from chalicelib.team.session import proven
from chalicelib.team.sessions import act, end_all

ISSUER = "Parvis"


def address_of(secret: str, email: str) -> str:
    """What an authenticator reads from the picture (otpauth, Google's Key URI Format)."""
    label = quote(f"{ISSUER}:{email}", safe=":@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def begin(person: Person, access_token: str, password: str | None, visitor: Visitor, at: Reception) -> str:
    """The new authenticator's secret. The password is asked for where there is one already. Raises InvalidInput
    password_wrong, TooMany."""
    if person.second_factor_at is not None:
        proven(person, password or "", visitor, at)
    return at.pool.begin_enrolment(access_token)


def verify(person: Person, access_token: str, code: str, session: str, at: Reception) -> tuple[str, ...]:
    """The first code proves that it is set up. Gives recovery codes, in the place of any before; all other sessions
    end. Raises InvalidInput code_refused, TooMany."""
    limit = Limit("enrolment", person.username, most=10, window=timedelta(minutes=15))
    take([limit], store=at.store, clock=at.clock)
    try:
        at.pool.finish_enrolment(access_token, code)
    except Unauthenticated as error:
        raise InvalidInput(error.code, field="code") from None
    give_back([], store=at.store, clock=at.clock, forget=[limit])
    now = at.clock.now()
    codes, kept = fresh_codes(person, at.store.get(Recovery, Recovery.key_of(person.agency, person.id)))
    event = act(person, "second_factor.enrolled", by=person, now=now, once=session)
    at.write(person.but(second_factor_at=now), kept, event)
    end_all(person, by=person, store=at.store, now=now, but=session)
    return codes


def new_codes(person: Person, password: str, visitor: Visitor, at: Reception) -> tuple[str, ...]:
    """Raises Conflict second_factor_not_set_up, InvalidInput password_wrong, TooMany."""
    if person.second_factor_at is None:
        raise Conflict("second_factor_not_set_up")
    proven(person, password, visitor, at)
    codes, kept = fresh_codes(person, at.store.get(Recovery, Recovery.key_of(person.agency, person.id)))
    event = act(person, "recovery_codes.made", by=person, now=at.clock.now(), once=str(kept.rev))
    at.write(kept, event)
    return codes


def left(person: Person, at: Reception) -> int:
    """How many recovery codes are not used."""
    kept = at.store.get(Recovery, Recovery.key_of(person.agency, person.id), consistent=False)
    return len(kept.digests) if kept and person.second_factor_at else 0


def remove(person: Person, password: str, visitor: Visitor, at: Reception) -> None:
    """By the person. Raises Conflict second_factor_not_set_up, second_factor_must_stay where policy demands one;
    InvalidInput password_wrong, TooMany."""
    if person.second_factor_at is None:
        raise Conflict("second_factor_not_set_up")
    if at.policies.required(person):
        raise Conflict("second_factor_must_stay", "Set up another: that takes its place.")
    proven(person, password, visitor, at)
    take_off(person, "second_factor.removed", by=person, at=at)


def take_off(person: Person, what: str, *, by: Person, at: Reception) -> None:
    """Also where the pool has one that we know nothing of. The person is told by mail."""
    at.pool.remove_second_factor(person.username)
    now = at.clock.now()
    kept = at.store.get(Recovery, Recovery.key_of(person.agency, person.id))
    told = at.mail(
        letters.changed(person, what.replace(".", "_"), site_url=at.site_url),
        agency=person.agency,
        about=f"PERSON#{person.id}",
        to=person.email,
        person=person.id,
        cause=f"{what} {person.rev}",
    )
    event = act(person, what, by=by, now=now, once=told.id)
    at.write(person.but(second_factor_at=None), told, event, removes=[kept] if kept else [])
    at.tell_queue.send([told])
