"""/api/session, /api/me: signing in and who is signed in."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import session as shapes
from chalicelib.api.shapes.base import Empty
from chalicelib.errors import NotFound, Unauthenticated
from chalicelib.store import Lost
from chalicelib.team.people import Agency, Department, Person
from chalicelib.team.session import Tokens, refreshed, sign_in

_COOKIE = "parvis_refresh"
_COOKIE_FOR_S = 12 * 3600  # as long as the token in it (infra/resources/people.json)
_ATTRIBUTES = "Path=/api/session; HttpOnly; SameSite=Strict"


def post_session(call: Call, asked: shapes.SignIn) -> shapes.Session:
    """Sign in with e-mail address and password."""
    person, tokens = sign_in(
        asked.email, asked.password.get_secret_value(), store=call.house.store, pool=call.house.pool
    )
    return _session(call, person, tokens)


def post_refresh(call: Call, asked: Empty) -> shapes.Session:
    """A new access token for the refresh cookie."""
    kept = call.cookies.get(_COOKIE)
    if not kept:
        raise Unauthenticated("session_ended")
    person, tokens = refreshed(kept, store=call.house.store, pool=call.house.pool)
    return _session(call, person, tokens, kept)


def delete_session(call: Call) -> None:
    """Sign out: the refresh token is revoked and the cookie cleared."""
    kept = call.cookies.get(_COOKIE)
    if kept:
        call.house.pool.revoke(kept)
    call.headers["Set-Cookie"] = f"{_COOKIE}=; Max-Age=0; {_ATTRIBUTES}{_secure(call)}"


def get_me(call: Call) -> shapes.Me:
    """Who is signed in, and what they may do."""
    return _me(call, call.signed_in)


def patch_me(call: Call, asked: shapes.MeChange) -> shapes.Me:
    """Choose the language of the interface."""
    for _ in range(3):
        person = call.house.store.get(Person, call.signed_in.key())
        if person is None:
            break
        try:
            changed = person.but(language=asked.language)
            call.house.store.save(changed)
            return _me(call, changed)
        except Lost:
            continue
    raise NotFound


def _session(call: Call, person: Person, tokens: Tokens, kept: str | None = None) -> shapes.Session:
    refresh = tokens.refresh or kept
    if refresh is not None:
        call.headers["Set-Cookie"] = f"{_COOKIE}={refresh}; Max-Age={_COOKIE_FOR_S}; {_ATTRIBUTES}{_secure(call)}"
    call.headers["Cache-Control"] = "no-store"
    return shapes.Session(access_token=tokens.access, expires_in=tokens.expires_in, me=_me(call, person))


def _secure(call: Call) -> str:
    return "; Secure" if call.house.settings.site_url.startswith("https://") else ""


def _me(call: Call, person: Person) -> shapes.Me:
    agency = call.house.store.get(Agency, Agency.key_of(person.agency), consistent=False)
    if agency is None:
        raise NotFound
    departments = call.house.store.query(Department, Department.partition(person.agency))
    return shapes.Me(
        id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        agency=shapes.Agency(id=agency.id, name=agency.name, zone=agency.zone),
        departments=[shapes.Department(id=each.id, name=each.name) for each in departments],
        roles=shapes.roles_held(person.roles),
    )
