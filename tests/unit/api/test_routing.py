"""The HTTP edge: what is refused before a handler sees it, and how what goes wrong is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import errors
from chalicelib.api import routing
from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Asked, Call, Reply, Route, answer
from chalicelib.api.shapes.base import Shape
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person
from chalicelib.team.sessions import Session
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, LONG, PUBLISHER, SESSION, STRANGER, ZONE, FakeHouse


class Greeting(Shape):
    words: str
    times: int = 1


@dataclass(frozen=True)
class GivenRoute(Route):
    """A route whose handler is given by the test instead of being looked up by name."""

    given: Callable[[Call], Any] = lambda call: None

    @property
    def handler(self) -> Callable[..., Any]:
        return lambda call, asked: self.given(call)

    @property
    def takes(self) -> type[Shape]:
        return Greeting


def route(handler: Callable[[Call], Any] | None = None, **more: Any) -> Route:
    fields = {"method": "POST", "path": "/api/test", "to": "test.greet"}
    return GivenRoute(**{**fields, **more}, **({"given": handler} if handler else {}))


def ask(
    house: FakeHouse,
    asked: Route,
    body: Any = None,
    *,
    actor: Actor | None = PUBLISHER,
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
    path: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Reply:
    content = raw if raw is not None else json.dumps(body if body is not None else {"words": "bonjour"}).encode()
    principal = {"agency": actor.agency, "person": actor.person, "session": SESSION} if actor else None
    return answer(asked, Asked("POST", path or {}, query or {}, headers or {}, content, principal), house)  # type: ignore[arg-type]


def error_of(reply: Reply) -> dict[str, str]:
    assert reply.body is not None
    said = json.loads(reply.body)
    assert set(said) == {"error"}
    return dict(said["error"])


def named(method: str, path: str) -> Route:
    return next(each for each in ROUTES if (each.method, each.path) == (method, path))


# ---------------------------------------------------------------- what comes in


@pytest.mark.parametrize(
    "raw", [b"{", b"nonsense", b'{"words": }', b"\xff\xfe", b"[]", b'"text"', b"null", b"[" * 5000]
)
def test_what_is_no_json_object_is_refused(house: FakeHouse, raw: bytes) -> None:
    reply = ask(house, route(), raw=raw)
    assert reply.status == 422
    assert error_of(reply)["code"] == "invalid_input"


def test_an_unknown_field_is_refused_by_its_name(house: FakeHouse) -> None:
    reply = ask(house, route(), {"words": "x", "tmies": 3})
    assert (reply.status, error_of(reply)["field"]) == (422, "tmies")


def test_a_wrong_field_is_named_by_its_path_and_its_content_is_not_repeated(house: FakeHouse) -> None:
    body = {"text": "x", "department": "water", "media": [{"media": "m"}, {"media": "SECRET !!"}]}
    reply = ask(house, named("POST", "/api/posts"), body)
    assert (reply.status, error_of(reply)["field"]) == (422, "media/1/media")
    assert "SECRET" not in (reply.body or "")


def test_a_body_of_more_than_a_megabyte_is_refused(house: FakeHouse) -> None:
    reply = ask(house, route(), {"words": "x" * 1_000_000})
    assert (reply.status, error_of(reply)["code"]) == (422, "too_large")


def test_nothing_sent_is_an_empty_object(house: FakeHouse) -> None:
    assert error_of(ask(house, route(), raw=b""))["field"] == "words"


# ---------------------------------------------------------------- who asks


def test_nobody_somebody_unknown_and_somebody_gone_are_unauthenticated(house: FakeHouse) -> None:
    gone = Actor(AGENCY, "gone", "Gone")
    for actor in (None, gone):
        reply = ask(house, route(), actor=actor)
        assert (reply.status, error_of(reply)["code"]) == (401, "unauthenticated")


def test_a_session_that_was_ended_is_over_with_the_next_request(house: FakeHouse) -> None:
    assert ask(house, route()).status == 204
    session = house.store.get(Session, Session.key_of(AGENCY, PUBLISHER.person, SESSION))
    assert session is not None
    house.store.remove(session)
    reply = ask(house, route())
    assert (reply.status, error_of(reply)["code"]) == (401, "session_ended")


def test_a_session_ends_by_itself(house: FakeHouse) -> None:
    house.clock.advance(LONG)
    reply = ask(house, route())
    assert (reply.status, error_of(reply)["code"]) == (401, "session_ended")


def test_somebody_deactivated_is_unauthenticated_at_once(house: FakeHouse) -> None:
    person = house.store.get(Person, Person.key_of(AGENCY, PUBLISHER.person))
    assert person is not None
    house.store.save(person.but(deactivated_at=house.clock.now()))
    assert ask(house, route()).status == 401


def test_who_must_have_a_second_factor_gets_no_further_than_to_setting_it_up(house: FakeHouse) -> None:
    house.demand_second_factors()
    reply = ask(house, route(), actor=ADMINISTRATOR)
    assert (reply.status, error_of(reply)["code"]) == (403, "second_factor_required")
    assert ask(house, route(before_enrolment=True), actor=ADMINISTRATOR).status == 204
    assert ask(house, route(), actor=PUBLISHER).status == 204
    person = house.store.get(Person, Person.key_of(AGENCY, ADMINISTRATOR.person))
    assert person is not None
    house.store.save(person.but(second_factor_at=house.clock.now()))
    assert ask(house, route(), actor=ADMINISTRATOR).status == 204


def test_what_is_open_before_a_second_factor_is_set_up_is_little() -> None:
    assert {(each.method, each.path) for each in ROUTES if each.before_enrolment} == {
        ("GET", "/api/me"),
        ("PATCH", "/api/me"),
        ("POST", "/api/me/second-factor"),
        ("POST", "/api/me/second-factor/verification"),
    }


def test_who_asks_costs_one_request_to_the_store(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("get", "get_many", "query", "rows", "commit"):
        done = getattr(house.store, name)
        counted = lambda *given, done=done, name=name, **more: (asked.append(name), done(*given, **more))[1]  # noqa: E731
        monkeypatch.setattr(house.store, name, counted)
    assert ask(house, route()).status == 204
    first = list(asked)
    asked.clear()
    assert ask(house, route()).status == 204
    assert asked.count("get_many") == 1 and first.count("get_many") == 1
    # The fake's get_many reads item by item; DynamoDB's is one BatchGetItem. The agency's policy is read once in 30 s.
    assert (first.count("get"), asked.count("get")) == (3, 2)


def test_a_role_that_was_taken_away_is_taken_at_once(house: FakeHouse) -> None:
    assert ask(house, route(act="publish")).status == 204
    person = house.store.get(Person, Person.key_of(AGENCY, PUBLISHER.person))
    assert person is not None
    house.store.save(person.but(roles={"water": "contributor"}))
    assert ask(house, route(act="publish")).status == 403


def test_rights_are_judged_before_the_body(house: FakeHouse) -> None:
    assert ask(house, route(act="administer"), raw=b"nonsense").status == 403


def test_a_public_route_asks_nobody(house: FakeHouse) -> None:
    assert ask(house, route(public=True), actor=None).status == 204


# ---------------------------------------------------------------- which version


def test_a_version_is_required_where_one_is_changed(house: FakeHouse) -> None:
    reply = ask(house, route(versioned=True))
    assert (reply.status, error_of(reply)["code"]) == (428, "version_required")


@pytest.mark.parametrize("header", ["3", "*", '"three"', '"3", "4"', '"-1"', '"3', "", '"99999999999"'])
def test_a_garbled_version_is_refused(house: FakeHouse, header: str) -> None:
    reply = ask(house, route(versioned=True), headers={"if-match": header})
    assert (reply.status, error_of(reply)["field"]) == (422, "If-Match")


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', ' "3" '])
def test_a_version_is_read(house: FakeHouse, header: str) -> None:
    seen: list[int] = []
    ask(house, route(lambda call: seen.append(call.expected), versioned=True), headers={"if-match": header})
    assert seen == [3]


def test_a_stale_version_is_412_and_the_present_one_goes_through(house: FakeHouse) -> None:
    house.profile()
    planned = house.written()
    patch, body = named("PATCH", "/api/posts/{id}"), {"text": "Nouveau", "targets": ["p1"]}
    path = {"id": planned.post.id}
    fresh = ask(house, patch, body, path=path, headers={"if-match": '"0"'})
    assert fresh.status == 200
    assert fresh.headers["ETag"] == '"1"'
    stale = ask(house, patch, body, path=path, headers={"if-match": '"0"'})
    assert (stale.status, error_of(stale)["code"]) == (412, "version_stale")


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput("x", field="f"), 422, "x"),
        (errors.Unauthenticated("unauthenticated"), 401, "unauthenticated"),
        (errors.Forbidden(), 403, "forbidden"),
        (errors.NotFound(), 404, "not_found"),
        (errors.Conflict("busy"), 409, "busy"),
        (errors.Stale(), 412, "version_stale"),
        (errors.VersionRequired(), 428, "version_required"),
        (errors.TooMany("slow_down", wait_s=7), 429, "slow_down"),
        (errors.Upstream("network_unavailable"), 503, "network_unavailable"),
    ],
)
def test_each_kind_of_error_has_its_status(house: FakeHouse, error: Exception, status: int, code: str) -> None:
    def refuse(call: Call) -> None:
        raise error

    reply = ask(house, route(refuse))
    assert (reply.status, error_of(reply)["code"]) == (status, code)
    assert reply.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_every_kind_of_error_has_a_status() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not errors.ParvisError}
    assert {kind for kind, _ in routing.STATUS} == {each for each in kinds if issubclass(each, errors.ParvisError)}


def test_an_unforeseen_error_tells_nothing_and_logs_no_content(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(routing.logger, "error", lambda *args, **kwargs: logged.append(f"{args} {kwargs}"))

    def broken(call: Call) -> None:
        raise RuntimeError("a citizen wrote SECRET")

    reply = ask(house, route(broken), {"words": "SECRET"})
    assert (reply.status, error_of(reply)["code"]) == (500, "internal_error")
    assert "SECRET" not in (reply.body or "")
    assert len(logged) == 1
    assert "SECRET" not in logged[0]
    assert "RuntimeError" in logged[0]
    assert "test_routing.py" in logged[0]


# ---------------------------------------------------------------- through the routes


def test_another_agencys_post_does_not_exist(house: FakeHouse) -> None:
    house.profile()
    path = {"id": house.written().post.id}
    reply = ask(house, named("GET", "/api/posts/{id}"), actor=STRANGER, path=path)
    assert (reply.status, error_of(reply)["code"]) == (404, "not_found")
    assert ask(house, named("GET", "/api/posts/{id}"), path=path).status == 200


def test_a_contributor_is_refused_at_the_schedule(house: FakeHouse) -> None:
    house.profile()
    path = {"id": house.written(actor=CONTRIBUTOR).post.id}
    schedule = named("POST", "/api/posts/{id}/schedule")
    asked = {"path": path, "headers": {"if-match": '"0"'}}
    assert ask(house, schedule, {"now": True}, actor=CONTRIBUTOR, **asked).status == 403  # type: ignore[arg-type]
    assert ask(house, schedule, {"now": True}, actor=PUBLISHER, **asked).status == 200  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"due_at": "2026-11-02T10:00:00"}, "invalid_input"),  # trap 23: no zone, no guess
        ({"due_at": "2026-11-02T08:00:00Z"}, "due_in_the_past"),
        ({"due_at": "2036-11-02T08:00:00Z"}, "due_too_far"),
        ({"due_local": "2027-03-28T02:30", "zone": ZONE}, "due_skipped_hour"),
        ({"due_local": "2027-10-31T02:30", "zone": ZONE}, "due_repeated_hour"),
        ({"due_local": "9999-12-31T23:59", "zone": "America/Toronto"}, "due_invalid"),
        ({"now": True, "zone": "Mars/Olympus"}, "zone_unknown"),
        ({"now": True, "due_at": "2026-11-02T10:00:00Z"}, "invalid_input"),
        ({}, "invalid_input"),
    ],
)
def test_a_due_time_that_cannot_be_meant_is_refused(house: FakeHouse, body: dict[str, Any], code: str) -> None:
    house.profile()
    path = {"id": house.written().post.id}
    reply = ask(house, named("POST", "/api/posts/{id}/schedule"), body, path=path, headers={"if-match": '"0"'})
    assert (reply.status, error_of(reply)["code"]) == (422, code)
    assert house.deliveries() == []


def test_trap_03_health_is_unknown_until_somebody_looked_and_says_what_is_late(house: FakeHouse) -> None:
    from chalicelib.alerts.watch import look

    def health() -> dict[str, Any]:
        reply = ask(house, named("GET", "/api/health"), actor=None)
        assert reply.status == 200
        return dict(json.loads(reply.body or ""))

    def watched() -> None:
        look(store=house.store, topic=house.topic, dead_letters=lambda: 0, now=house.clock.now())

    assert health()["status"] == "unknown"
    house.profile()
    house.sweep()
    watched()
    assert health()["status"] == "ok"
    house.scheduled(0)
    house.clock.advance(120)
    house.sweep()
    watched()
    assert (health()["status"], health()["overdue"]) == ("degraded", 1)
    house.run(60)
    watched()
    assert health()["status"] == "ok"
    house.clock.advance(181)
    assert health()["status"] == "unknown", "nobody has looked since"
    watched()
    assert health()["status"] == "degraded", "the sweep stands still"


def test_a_pause_answers_how_many_calls_had_begun(house: FakeHouse) -> None:
    house.profile()
    house.sweep()
    planned = house.scheduled(0)
    house.store.save(house.delivery(planned).claimed(house.clock.now()))
    body = {"scope": {"kind": "agency", "id": None}, "reason": "Crue"}
    reply = ask(house, named("POST", "/api/pauses"), body)
    said = json.loads(reply.body or "")
    assert (reply.status, said["calls_begun"]) == (201, 1)
    assert said["acknowledged_at"] > said["begun_at"]
    again = ask(house, named("POST", "/api/pauses"), body)
    assert (again.status, error_of(again)["code"]) == (409, "already_paused")
    assert ask(house, named("DELETE", "/api/pauses/{id}"), actor=ADMINISTRATOR, path={"id": said["id"]}).status == 200
