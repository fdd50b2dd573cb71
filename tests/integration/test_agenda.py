"""Events, holidays and the calendar feed over HTTP: idempotency, versions, and a key that is no sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from icalendar import Calendar

from chalicelib.team.founding import take_in
from chalicelib.wiring import House
from infra.local.stack import Stack
from tests.integration.client import Client
from tests.integration.conftest import Agency

MARKET = {"title": "Marché, place « Haute »; tous", "starts_on": "2027-05-28", "ends_on": "2027-06-02"}


def listed(client: Client, first: str, end: str) -> dict[str, Any]:
    return {each["id"]: each for each in client.ok("GET", f"/api/events?from={first}&to={end}")["items"]}


def test_the_same_request_twice_makes_one_event(contributor: Client, foreigner: Client) -> None:
    key = secrets.token_hex(16)
    first, again = (contributor.call("POST", "/api/events", MARKET, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    made = first.json()
    for span in (("2027-05-01", "2027-06-01"), ("2027-06-01", "2027-07-01"), ("2027-06-02", "2027-06-03")):
        assert listed(contributor, *span)[made["id"]] == made
        assert made["id"] not in listed(foreigner, *span)
    assert made["id"] not in listed(contributor, "2027-06-03", "2027-07-01")


def test_of_many_who_change_it_at_once_one_wins_and_its_months_say_what_it_says(
    contributor: Client, administrator: Client, pool: ThreadPoolExecutor
) -> None:
    event = contributor.ok("POST", "/api/events", MARKET)
    path = f"/api/events/{event['id']}"

    def move(number: int) -> int:
        body = {"title": f"Le {number}", "starts_on": f"2027-{7 + number % 3:02d}-15"}
        client = (contributor, administrator)[number % 2]
        return client.call("PATCH", path, body, version=event["version"]).status_code

    answers = list(pool.map(move, range(8)))
    assert sorted(answers) == [200] + [412] * 7
    now = contributor.ok("GET", path)
    everywhere = [
        listed(contributor, f"2027-{month:02d}-01", f"2027-{month + 1:02d}-01").get(event["id"])
        for month in range(5, 11)
    ]
    assert [each for each in everywhere if each] == [now]
    assert administrator.call("DELETE", path, version=now["version"]).status_code == 204
    assert contributor.call("GET", path).status_code == 404
    assert event["id"] not in listed(contributor, "2027-05-01", "2027-11-01")


def test_the_agencys_country_decides_the_holidays(administrator: Client, publisher: Client) -> None:
    span = "/api/calendar/holidays?from=2027-06-20&to=2027-06-30"
    settings = administrator.ok("GET", "/api/agency")
    body = {"country": "CA", "subdivision": "QC"}
    assert publisher.call("PATCH", "/api/agency", body, version=settings["version"]).status_code == 403
    changed = administrator.ok("PATCH", "/api/agency", body, version=settings["version"])
    try:
        [day] = publisher.ok("GET", span)["items"]
        assert day["day"] == "2027-06-24" and day["name"]
        assert administrator.call("PATCH", "/api/agency", body, version=settings["version"]).status_code == 412
    finally:
        before = {"country": settings["country"], "subdivision": settings["subdivision"]}
        administrator.ok("PATCH", "/api/agency", before, version=changed["version"])
    assert len(administrator.ok("GET", "/api/calendar/countries")["items"]) > 200


# ---------------------------------------------------------------- the feed


@pytest.fixture
def lou(stack: Stack, house: House, agency: Agency) -> Iterator[Client]:
    """Somebody who may read, and will be gone in the end."""
    password, id_ = secrets.token_urlsafe(16), f"lou-{secrets.token_hex(4)}"
    take_in(
        agency=agency.id,
        person=id_,
        name="Lou",
        email=f"{id_}@rivemont.example",
        language="fr",
        roles={"communications": "analyst"},
        password=password,
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )
    yield Client(stack.api_url).sign_in(f"{id_}@rivemont.example", password)


def test_a_key_reads_the_calendar_until_it_is_revoked_or_its_owner_is_gone(
    nobody: Client, lou: Client, publisher: Client, administrator: Client, connected: dict[str, str]
) -> None:
    hostile = "Pont; fermé, \\ 🎄\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:faux"
    draft = publisher.draft("", [connected["bluesky"]], variants={"bluesky": hostile})
    planned = publisher.schedule(draft, due_at="2027-02-03T04:05:06Z")
    dropped = publisher.schedule(publisher.draft("Annulé", [connected["bluesky"]]), due_at="2027-02-04T04:05:06Z")
    publisher.ok("POST", f"/api/posts/{dropped['id']}/cancellation", {}, version=dropped["version"])

    made = lou.call("POST", "/api/me/feed-keys", {"name": "Téléphone"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    secret = made.json()["address"].partition("?key=")[2]
    other = lou.ok("POST", "/api/me/feed-keys", {"name": "Bureau"})

    feed = nobody.call("GET", f"/api/calendar.ics?key={secret}")
    assert feed.status_code == 200, feed.text
    assert feed.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in feed.content.split(b"\r\n"))
    events = {str(each["url"]).rpartition("/")[2]: each for each in Calendar.from_ical(feed.content).walk("VEVENT")}
    event = events[planned["id"]]
    assert str(event["summary"]) == "Pont; fermé, \\ 🎄 END:VEVENT BEGIN:VEVENT UID:faux"
    assert event["dtstart"].to_ical() == b"20270203T040506Z"
    assert "Bluesky" in str(event["description"]) and str(event["status"]) == "CONFIRMED"
    assert str(events[dropped["id"]]["status"]) == "CANCELLED"

    same = nobody.call("GET", f"/api/calendar.ics?key={secret}", headers={"If-None-Match": feed.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    [used] = [each for each in lou.ok("GET", "/api/me/feed-keys")["items"] if each["name"] == "Téléphone"]
    assert used["used_at"] is not None

    assert lou.call("DELETE", f"/api/me/feed-keys/{used['id']}").status_code == 204
    second = other["address"].partition("?key=")[2]
    assert nobody.call("GET", f"/api/calendar.ics?key={second}").status_code == 200
    administrator.ok("POST", f"/api/people/{lou.me['id']}/deactivation", {})
    refused = [
        nobody.call("GET", f"/api/calendar.ics{query}")
        for query in (f"?key={secret}", f"?key={second}", f"?key={secrets.token_urlsafe(32)}", "?key=", "")
    ]
    assert {(each.status_code, each.text) for each in refused} == {(404, '{"error":{"code":"not_found"}}')}
