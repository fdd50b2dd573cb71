"""The HTTP edge in one place: who asks, whether the body is sound, which version is meant, how errors are said.

A route is data (Route, listed in routes.py). Handlers take a Call and the body's shape and return a shape; they parse
nothing, catch nothing and log nothing.
"""

from __future__ import annotations

import importlib
import json
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ValidationError

from chalicelib.api.shapes.base import Error, ErrorBody, Shape
from chalicelib.errors import (
    Conflict,
    EnrolmentRequired,
    Forbidden,
    Gone,
    InvalidInput,
    NotFound,
    ParvisError,
    Stale,
    TooLarge,
    TooMany,
    Unauthenticated,
    Upstream,
    VersionRequired,
)
from chalicelib.observability import logger
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person
from chalicelib.team.sessions import Session
from chalicelib.wiring import House

STATUS: tuple[tuple[type[ParvisError], int], ...] = (
    (InvalidInput, 422),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (EnrolmentRequired, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Gone, 410),
    (TooLarge, 413),
    (Stale, 412),
    (VersionRequired, 428),
    (TooMany, 429),
    (Upstream, 503),
)

_BODY_MAX = 1_000_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION = re.compile(r'^(?:W/)?"(\d{1,9})"$')


@dataclass(frozen=True)
class Reply:
    """What travels back; body None is an empty answer."""

    status: int
    body: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as it came, before anything of it is believed. principal: what the authorizer vouched for. address:
    where it came from, as far as that can be known."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    principal: Mapping[str, str] | None
    address: str = ""


@dataclass
class Call:
    """A request that was checked. Handlers may add answer headers.

    sent, raw: the request's own headers (lower case) and bytes, for signatures over them. address: where it came from.
    session: the one of who is signed in.
    """

    house: House
    path: Mapping[str, str]
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    person: Person | None
    version: int | None
    sent: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    address: str = ""
    session: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return self.signed_in.actor()

    @property
    def signed_in(self) -> Person:
        if self.person is None:
            raise Unauthenticated("unauthenticated")
        return self.person

    @property
    def expected(self) -> int:
        if self.version is None:
            raise VersionRequired
        return self.version


@dataclass(frozen=True)
class Route:
    """One line of api/routes.py. `to` names the handler: module.function of this package. before_enrolment: also for
    who must have a second factor and has none yet. body_max: in bytes."""

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    to: str
    act: str = "read"
    status: int = 200
    public: bool = False
    versioned: bool = False
    creates: bool = False
    before_enrolment: bool = False
    query: tuple[str, ...] = ()
    body_max: int = _BODY_MAX

    @property
    def name(self) -> str:
        return self.to.rpartition(".")[2]

    @property
    def tag(self) -> str:
        return self.to.partition(".")[0]

    @property
    def handler(self) -> Callable[..., Any]:
        """Takes a Call and, where the route has a body, its shape as `asked`; gives a shape, dict, Reply or None."""
        module = importlib.import_module(f"chalicelib.api.{self.tag}")
        handler: Callable[..., Any] = getattr(module, self.name)
        return handler

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or self.name).strip().splitlines()[0]

    @property
    def takes(self) -> type[Shape] | None:
        taken: type[Shape] | None = get_type_hints(self.handler).get("asked")
        return taken

    @property
    def plain(self) -> bool:
        """It answers with a Reply of its own: text, a redirection."""
        return get_type_hints(self.handler)["return"] is Reply

    @property
    def returns(self) -> Any:
        """The answer's shape, or None where the answer is empty or no shape of ours."""
        returned = get_type_hints(self.handler)["return"]
        return returned if isinstance(returned, type) and issubclass(returned, Shape) else None


def answer(route: Route, asked: Asked, house: House) -> Reply:
    """Carry out one request. Whatever goes wrong becomes an error with a code; what is unforeseen tells nothing."""
    try:
        return _carried_out(route, asked, house)
    except ParvisError as error:
        return refusal(error)
    except Exception as error:
        # The message of an unforeseen error may quote what somebody wrote; where it came from cannot.
        where = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
        ]
        logger.error("unforeseen", extra={"error": type(error).__name__, "where": where[-8:], "route": route.path})
        return _said(500, ErrorBody(code="internal_error", hint="It was logged; the same request may succeed later."))


def refusal(error: ParvisError) -> Reply:
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    headers = {"Retry-After": str(error.wait_s)} if isinstance(error, TooMany) else {}
    return _said(status, ErrorBody(code=error.code, field=error.field, hint=error.hint), headers)


def _said(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> Reply:
    # A 404 or 410 without it may be kept by whatever lies between, and shown when it is true no longer.
    said = {"Cache-Control": "no-store", **(headers or {})}
    return Reply(status, Error(error=body).model_dump_json(exclude_none=True), said)


def _carried_out(route: Route, asked: Asked, house: House) -> Reply:
    person = None if route.public else _person(asked.principal, house)
    if person is not None:
        person.actor().require(route.act)
        if not route.before_enrolment and house.policies.missing(person):
            raise EnrolmentRequired
    if not all(_ID.fullmatch(each) for each in asked.path.values()):
        raise NotFound  # no id of ours looks like this, and a key of the table takes only so much
    body = _parsed(route.takes, asked, most=route.body_max)
    call = Call(
        house=house,
        path=asked.path,
        query=asked.query,
        cookies=_cookies(asked.headers.get("cookie", "")),
        person=person,
        version=_version(asked.headers.get("if-match")),
        sent=asked.headers,
        raw=asked.body,
        address=asked.address,
        session=(asked.principal or {}).get("session", ""),
    )
    if route.versioned and call.version is None:
        raise VersionRequired
    key = asked.headers.get("idempotency-key")
    if route.creates and key and person is not None:
        from chalicelib.api.idempotency import once  # only creating requests pay for loading it

        return once(
            lambda: _done(route, call, body),
            route=route,
            path=asked.path,
            key=key,
            body=asked.body,
            person=person,
            house=house,
        )
    return _done(route, call, body)


def _done(route: Route, call: Call, body: Shape | None) -> Reply:
    made = route.handler(call) if body is None else route.handler(call, body)
    if isinstance(made, Reply):  # a redirection, a plain text: what is not JSON
        return Reply(made.status, made.body, {**call.headers, **made.headers})
    headers = dict(call.headers)
    if made is None:
        return Reply(204 if route.status == 200 else route.status, None, headers)
    version = getattr(made, "version", None)
    if isinstance(version, int):
        headers["ETag"] = f'"{version}"'
    said = made.model_dump_json() if isinstance(made, BaseModel) else json.dumps(made, separators=(",", ":"))
    return Reply(route.status, said, headers)


def _person(principal: Mapping[str, str] | None, house: House) -> Person:
    """Roles and the session are read at every request, together: what is taken from somebody is taken at once, and a
    session that was ended is over, whatever the authorizer still remembers of its token."""
    if not principal or not {"agency", "person", "session"} <= set(principal):
        raise Unauthenticated("unauthenticated", "Sign in: POST /api/session.")
    who = principal["agency"], principal["person"]
    person, session = house.store.get_many(
        [(Person, Person.key_of(*who)), (Session, Session.key_of(*who, principal["session"]))]
    )
    if not isinstance(person, Person) or person.deactivated_at is not None:
        raise Unauthenticated("unauthenticated", "This person is not known any more.")
    if not isinstance(session, Session) or session.until <= house.clock.now():
        raise Unauthenticated("session_ended", "Sign in again.")
    return person


def _parsed(shape: type[Shape] | None, asked: Asked, *, most: int) -> Shape | None:
    if shape is None:
        return None
    if len(asked.body) > most:
        raise InvalidInput("too_large", f"At most {most} bytes of JSON.")
    try:
        return shape.model_validate_json(asked.body or b"{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = "/".join(str(part) for part in first["loc"]) or None
        raise InvalidInput("invalid_input", first["msg"], field=place) from None


def _version(header: str | None) -> int | None:
    if header is None:
        return None
    match = _VERSION.match(header.strip())
    if match is None:
        raise InvalidInput("invalid_input", 'If-Match takes one version, e.g. "3".', field="If-Match")
    return int(match[1])


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, equals, value in pairs if equals}
