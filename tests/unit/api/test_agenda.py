"""Events, holidays, the agency's country and the calendar feed at their HTTP edge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from icalendar import Calendar

from chalicelib.api.routing import Asked, Reply, answer
from chalicelib.team.actor import ACTS, Actor
from chalicelib.team.people import Person
from tests.fakes.house import ADMINISTRATOR, AGENCY, PUBLISHER, SESSION, STRANGER, FakeHouse
from tests.unit.api.test_routing import error_of, named

ROLES = tuple(ACTS)


def asks(
    house: FakeHouse,
    method: str,
    path: str,
    body: Any = None,
    *,
    actor: Actor | None = PUBLISHER,
    headers: dict[str, str] | None = None,
    **query: str,
) -> Reply:
    route = named(method, path)
    id_ = {"id": query.pop("id")} if "{id}" in path else {}
    days = {name.rstrip("_"): value for name, value in query.items()}
    principal = {"agency": actor.agency, "person": actor.person, "session": SESSION} if actor else None
    content = json.dumps(body if body is not None else {}).encode()
    return answer(route, Asked(method, id_, days, headers or {}, content, principal), house)  # type: ignore[arg-type]


def said(reply: Reply) -> Any:
    assert reply.status < 300, reply.body
    return json.loads(reply.body or "null")


MARKET = {"title": "Marché", "starts_on": "2026-11-24", "note": "Place Haute"}


def test_an_event_is_made_seen_changed_and_taken_away(house: FakeHouse) -> None:
    made = asks(house, "POST", "/api/events", MARKET)
    assert (made.status, made.headers["ETag"]) == (201, '"0"')
    event = said(made)
    assert event["by"] == {"id": "paul", "name": "Paul Publisher"} and event["department"] is None
    [listed] = said(asks(house, "GET", "/api/events", from_="2026-11-01", to="2026-12-01"))["items"]
    assert listed == event == said(asks(house, "GET", "/api/events/{id}", id=event["id"]))
    timed = {"title": "Conseil", "starts_at": "2026-11-24T18:00:00+01:00", "zone": "Europe/Paris"}
    changed = said(asks(house, "PATCH", "/api/events/{id}", timed, id=event["id"], headers={"if-match": '"0"'}))
    assert (changed["starts_at"], changed["starts_on"], changed["note"]) == ("2026-11-24T17:00:00.000Z", None, "")
    gone = asks(house, "DELETE", "/api/events/{id}", id=event["id"], headers={"if-match": '"1"'})
    assert gone.status == 204
    assert said(asks(house, "GET", "/api/events", from_="2026-11-01", to="2026-12-01"))["items"] == []


def test_a_change_names_the_version_it_changes(house: FakeHouse) -> None:
    event = said(asks(house, "POST", "/api/events", MARKET))
    for method, body in (("PATCH", MARKET), ("DELETE", None)):
        assert asks(house, method, "/api/events/{id}", body, id=event["id"]).status == 428
        stale = asks(house, method, "/api/events/{id}", body, id=event["id"], headers={"if-match": '"7"'})
        assert (stale.status, error_of(stale)["code"]) == (412, "version_stale")


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_may_do_here(house: FakeHouse, role: str) -> None:
    actor = Actor(AGENCY, role, role.title(), {"water": role})
    house.person(actor)
    may = ACTS[role]
    event = said(asks(house, "POST", "/api/events", MARKET, actor=ADMINISTRATOR))
    version = {"if-match": '"0"'}
    for act, method, path, body, more in (
        ("read", "GET", "/api/events", None, {"from_": "2026-11-01", "to": "2026-12-01"}),
        ("read", "GET", "/api/events/{id}", None, {"id": event["id"]}),
        ("read", "GET", "/api/calendar/holidays", None, {"from_": "2026-11-01", "to": "2026-12-01"}),
        ("read", "GET", "/api/calendar/countries", None, {}),
        ("read", "GET", "/api/calendar/subdivisions", None, {"country": "CA"}),
        ("read", "GET", "/api/agency", None, {}),
        ("read", "GET", "/api/me/feed-keys", None, {}),
        ("read", "POST", "/api/me/feed-keys", {"name": "Agenda"}, {}),
        ("administer", "PATCH", "/api/agency", {"country": "CA", "subdivision": "QC"}, {}),
        ("write", "POST", "/api/events", MARKET, {}),
        ("write", "PATCH", "/api/events/{id}", {**MARKET, "title": "Foire"}, {"id": event["id"]}),
        ("write", "DELETE", "/api/events/{id}", None, {"id": event["id"]}),
    ):
        headers = {"if-match": '"1"'} if method == "DELETE" else version
        reply = asks(house, method, path, body, actor=actor, headers=headers, **more)
        assert (reply.status < 300) == (act in may), (role, method, path, reply.body)
        if act not in may:
            assert (reply.status, error_of(reply)["code"]) == (403, "forbidden")


def test_nobody_and_another_agency_get_nothing_of_it(house: FakeHouse) -> None:
    event = said(asks(house, "POST", "/api/events", MARKET))
    span = {"from_": "2026-11-01", "to": "2026-12-01"}
    assert asks(house, "GET", "/api/events", actor=None, **span).status == 401
    assert said(asks(house, "GET", "/api/events", actor=STRANGER, **span))["items"] == []
    assert asks(house, "GET", "/api/events/{id}", id=event["id"], actor=STRANGER).status == 404


@pytest.mark.parametrize("day", ["", "2026-13-01", "2026-11-01T00:00:00Z", "hier", "20261"])
@pytest.mark.parametrize("path", ["/api/events", "/api/calendar/holidays"])
def test_a_day_that_is_none_is_refused_by_its_name(house: FakeHouse, path: str, day: str) -> None:
    reply = asks(house, "GET", path, from_=day, to="2026-12-01")
    assert (reply.status, error_of(reply)["field"]) == (422, "from")
    assert asks(house, "GET", path, from_="2026-12-01").status == 422


def test_holidays_follow_the_agencys_country_and_the_readers_language(house: FakeHouse) -> None:
    span = {"from_": "2026-06-01", "to": "2026-08-01"}
    paul = house.store.get(Person, Person.key_of(AGENCY, "paul"))
    assert paul is not None and paul.language == "en"
    assert said(asks(house, "GET", "/api/calendar/holidays", **span))["items"] == [
        {"day": "2026-07-14", "name": "National Day"}
    ]
    before = said(asks(house, "GET", "/api/agency"))
    assert (before["country"], before["country_shown"], before["version"]) == (None, "FR", 0)
    change = {"country": "CA", "subdivision": "QC"}
    after = asks(house, "PATCH", "/api/agency", change, actor=ADMINISTRATOR, headers={"if-match": '"0"'})
    assert said(after)["country_shown"] == "CA"
    house.store.save(paul.but(language="fr"))
    found = said(asks(house, "GET", "/api/calendar/holidays", **span))["items"]
    assert [each["name"] for each in found] == ["Fête nationale du Québec", "Fête du Canada"]
    parts = said(asks(house, "GET", "/api/calendar/subdivisions", country="CA"))["items"]
    assert "QC" in {each["code"] for each in parts}
    assert asks(house, "GET", "/api/calendar/subdivisions", country="../etc").status == 422


# ---------------------------------------------------------------- the feed


def key(house: FakeHouse, actor: Actor = PUBLISHER) -> str:
    made = asks(house, "POST", "/api/me/feed-keys", {"name": "Téléphone"}, actor=actor)
    assert made.headers["Cache-Control"] == "no-store"
    address: str = said(made)["address"]
    assert address.startswith("https://parvis.example/api/calendar.ics?key=")
    return address.partition("key=")[2]


def read(house: FakeHouse, secret: str | None, **headers: str) -> Reply:
    query = {} if secret is None else {"key": secret}
    return asks(house, "GET", "/api/calendar.ics", actor=None, headers=headers, **query)


def test_a_key_opens_the_calendar_and_an_unchanged_one_is_not_sent_again(house: FakeHouse) -> None:
    house.profile()
    planned = house.scheduled(600)
    secret = key(house)
    first = read(house, secret)
    assert first.status == 200
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-cache" in first.headers["Cache-Control"] and first.headers["Referrer-Policy"] == "no-referrer"
    [event] = Calendar.from_ical(first.body or "").walk("VEVENT")
    assert str(event["url"]) == f"https://parvis.example/posts/{planned.post.id}"
    same = read(house, secret, **{"if-none-match": f'"other", {first.headers["ETag"]}'})
    assert (same.status, same.body, same.headers["ETag"]) == (304, None, first.headers["ETag"])
    house.scheduled(900)
    assert read(house, secret, **{"if-none-match": first.headers["ETag"]}).status == 200
    [listed] = said(asks(house, "GET", "/api/me/feed-keys"))["items"]
    assert listed["used_at"].endswith(":00:00.000Z") and "address" not in listed


def test_every_key_that_opens_nothing_gets_the_same_answer(house: FakeHouse) -> None:
    revoked, gone, barred = key(house), key(house, STRANGER), key(house, ADMINISTRATOR)
    [listed] = said(asks(house, "GET", "/api/me/feed-keys"))["items"]
    assert asks(house, "DELETE", "/api/me/feed-keys/{id}", id=listed["id"]).status == 204
    assert asks(house, "DELETE", "/api/me/feed-keys/{id}", id=listed["id"]).status == 404
    sam = house.store.get(Person, Person.key_of("autre", "sam"))
    assert sam is not None
    house.store.save(sam.but(deactivated_at=house.clock.now()))
    house.demand_second_factors()  # an administrator without one gets nowhere
    answers = [read(house, each) for each in (revoked, gone, barred, "a" * 43, "", None, "\u0000/../é" * 99)]
    assert {(each.status, each.body, *each.headers.items()) for each in answers} == {
        (404, '{"error":{"code":"not_found"}}', ("Cache-Control", "no-store"))
    }


def test_each_sees_their_own_agencys(house: FakeHouse) -> None:
    house.profile()
    house.scheduled(600)
    assert len(Calendar.from_ical(read(house, key(house)).body or "").walk("VEVENT")) == 1
    assert Calendar.from_ical(read(house, key(house, STRANGER)).body or "").walk("VEVENT") == []
