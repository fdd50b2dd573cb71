"""/api/alerts and its neighbours, as they are asked over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.alerts.alert import Alert
from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Asked, answer
from chalicelib.errors import Upstream
from chalicelib.records.event import Event
from tests.fakes.alerts import TownHall
from tests.fakes.house import AGENCY, SESSION


class Desk:
    """A person at the application."""

    def __init__(self, hall: TownHall, person: str, agency: str = AGENCY) -> None:
        self.hall, self.principal = hall, {"agency": agency, "person": person, "session": SESSION}

    def ask(
        self, method: str, path: str, body: Any = None, *, version: int | None = None, **query: str
    ) -> tuple[int, Any]:
        for route in ROUTES:
            parts, asked = route.path.split("/"), path.split("/")
            fits = len(parts) == len(asked) and all(p == a or p[:1] == "{" for p, a in zip(parts, asked, strict=True))
            if route.method == method and fits:
                break
        else:
            raise AssertionError(f"no route {method} {path}")
        names = {p[1:-1]: a for p, a in zip(parts, asked, strict=True) if p[:1] == "{"}
        headers = {} if version is None else {"if-match": f'"{version}"'}
        content = json.dumps(body).encode() if body is not None else b""
        reply = answer(route, Asked(method, names, query, headers, content, self.principal), self.hall.house)  # type: ignore[arg-type]
        return reply.status, json.loads(reply.body) if reply.body else None

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        status, said = self.ask(method, path, body, **more)
        assert status < 300, (status, said)
        return said

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        status, said = self.ask(method, path, body, **more)
        return status, said["error"]["code"]


@pytest.fixture
def hall() -> TownHall:
    hall = TownHall()
    for name, value in (("mailing_list", hall.mailing_list), ("push", hall.push), ("detector", hall.lookout.detector)):
        setattr(hall.house, name, value)
    return hall


@pytest.fixture
def fleur(hall: TownHall) -> Desk:
    return Desk(hall, "fleur")


def rung(hall: TownHall) -> str:
    hall.write(30, "Le pont est fermé <script>\u202e", followers=5)
    hall.minutes(1)
    return hall.alerts()[-1].id


def test_an_alert_says_what_it_saw_and_who_was_told(hall: TownHall, fleur: Desk) -> None:
    alert = fleur.ok("GET", f"/api/alerts/{rung(hall)}")
    assert (alert["kind"], alert["profile"], alert["count"], alert["acknowledged"]) == ("spike", "p1", 30, None)
    assert alert["posts"][0]["text"] == "Le pont est fermé <script>\u202e", "as it was written: the page shows text"
    assert set(alert["posts"][0]["author"]) == {"handle", "name", "url", "avatar_url", "followers"}
    assert {each["word"] for each in alert["terms"]} >= {"pont", "fermé"}
    assert len(alert["steps"]) == 18 and alert["authors"] == 30
    told = sorted((each["person"]["name"], each["channel"], each["state"]) for each in alert["told"])
    assert told == [("Ed", "email", "told"), ("Fleur", "email", "told")]


def test_what_waits_and_what_failed_is_shown_too(hall: TownHall, fleur: Desk) -> None:
    device = fleur.ok("POST", "/api/me/devices", {"name": "téléphone", "token": "phone-1234"})
    hall.push.endpoints.clear()
    hall.tellings.down = True
    hall.write(30)
    hall.minutes(1)
    alert_id = hall.alerts()[0].id
    assert {each["state"] for each in fleur.ok("GET", f"/api/alerts/{alert_id}")["told"]} == {"waiting"}
    hall.tellings.down = False
    hall.minutes(2)
    states = {(e["channel"], e["state"]) for e in fleur.ok("GET", f"/api/alerts/{alert_id}")["told"]}
    assert states == {("email", "told"), ("push", "failed")}
    assert device["id"] not in str(fleur.ok("GET", "/api/me/notifications"))


def test_taking_it_in_hand_is_done_once_and_answers_the_same(hall: TownHall, fleur: Desk) -> None:
    alert_id = rung(hall)
    first = fleur.ok("POST", f"/api/alerts/{alert_id}/acknowledgement")
    hall.clock.advance(60)
    second = Desk(hall, "ed").ok("POST", f"/api/alerts/{alert_id}/acknowledgement")
    assert first["acknowledged"]["by"] == {"id": "fleur", "name": "Fleur"} and second == first
    events = [e for e in hall.store.all(Event, AGENCY) if e.what == "alert.acknowledged"]
    assert [(e.actor, e.subject) for e in events] == [("fleur", f"ALERT#{alert_id}")]


def test_alerts_are_listed_newest_first_over_months_and_pages(hall: TownHall, fleur: Desk) -> None:
    ids = [rung(hall)]
    [one] = hall.alerts()
    for _ in range(59):
        hall.clock.advance(timedelta(hours=19))
        at = hall.clock.now()
        hall.store.save(one.model_copy(update={"id": Alert.id_of("p1", at), "raised_at": at, "rev": 0}))
        ids.append(Alert.id_of("p1", at))
    first = fleur.ok("GET", "/api/alerts")
    assert [each["id"] for each in first["items"]] == ids[::-1][:50]
    second = fleur.ok("GET", "/api/alerts", cursor=first["next"])
    assert [each["id"] for each in second["items"]] == ids[::-1][50:]
    following, pages = second["next"], 0
    while following is not None:
        page = fleur.ok("GET", "/api/alerts", cursor=following)
        assert page["items"] == []
        following, pages = page["next"], pages + 1
    assert pages <= 6, "it ends"


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WzEsMV0", "WzI0MzIwLCJmb3JnZWQiXQ", "é", "[" * 3000])
def test_a_forged_cursor_is_refused(hall: TownHall, fleur: Desk, cursor: str) -> None:
    rung(hall)
    assert fleur.refused("GET", "/api/alerts", cursor=cursor) == (422, "cursor_invalid")


def test_what_is_of_another_department_or_agency_is_not_there(hall: TownHall) -> None:
    alert_id = rung(hall)
    hall.person("pia", department="police")
    for desk in (Desk(hall, "pia"), Desk(hall, "sam", "autre")):
        assert desk.ok("GET", "/api/alerts")["items"] == []
        assert desk.refused("GET", f"/api/alerts/{alert_id}") == (404, "not_found")
        assert desk.refused("POST", f"/api/alerts/{alert_id}/acknowledgement") == (404, "not_found")
    assert Desk(hall, "carla").refused("GET", "/api/alerts") == (403, "forbidden")


@pytest.mark.parametrize("alert_id", ["nothing", "20261399T000000-p1", "20261124T081530-p2", "99999999T999999-x"])
def test_an_alert_that_is_not_there(fleur: Desk, alert_id: str) -> None:
    assert fleur.refused("GET", f"/api/alerts/{alert_id}") == (404, "not_found")


# ---------------------------------------------------------------- rules


def test_a_rule_is_the_default_until_somebody_chooses(hall: TownHall, fleur: Desk) -> None:
    hall.minutes(130)
    [rule] = fleur.ok("GET", "/api/alert-rules")["items"]
    assert rule == {
        "id": "p1",
        "profile": "p1",
        "method": "seasonal",
        "sensitivity": "medium",
        "floor": 10,
        "active": True,
        "learned_hours": 2,
        "version": 0,
    }
    changed = fleur.ok("PATCH", "/api/alert-rules/p1", {"sensitivity": "high", "floor": 9}, version=0)
    assert (changed["sensitivity"], changed["floor"], changed["active"], changed["version"]) == ("high", 9, True, 1)
    again = fleur.ok("PATCH", "/api/alert-rules/p1", {"active": False}, version=1)
    assert (again["sensitivity"], again["floor"], again["active"], again["version"]) == ("high", 9, False, 2)
    assert fleur.ok("GET", "/api/alert-rules")["items"] == [again]
    assert [e.what for e in hall.store.all(Event, AGENCY)].count("alert_rule.changed") == 2


def test_a_rule_is_changed_by_who_may_on_what_they_saw(hall: TownHall, fleur: Desk) -> None:
    assert fleur.refused("PATCH", "/api/alert-rules/p1", {}) == (428, "version_required")
    assert fleur.refused("PATCH", "/api/alert-rules/p1", {}, version=1) == (412, "version_stale")
    assert fleur.refused("PATCH", "/api/alert-rules/none", {}, version=0) == (404, "not_found")
    assert Desk(hall, "paul").refused("PATCH", "/api/alert-rules/p1", {}, version=0) == (403, "forbidden")
    hall.person("pia", department="police")
    assert Desk(hall, "pia").refused("PATCH", "/api/alert-rules/p1", {}, version=0) == (403, "forbidden")
    assert Desk(hall, "pia").ok("GET", "/api/alert-rules")["items"] == []
    for wrong in ({"floor": 0}, {"method": "magic"}, {"sensitivity": None}, {"id": "p2"}):
        assert fleur.refused("PATCH", "/api/alert-rules/p1", wrong, version=0) == (422, "invalid_input")


# ---------------------------------------------------------------- one's own


def test_a_duty_officer_is_mailed_until_they_choose_otherwise(hall: TownHall, fleur: Desk) -> None:
    mine = fleur.ok("GET", "/api/me/notifications")
    assert (mine["email"], mine["push"], mine["email_state"], mine["push_available"]) == (
        True,
        True,
        "to_confirm",
        True,
    )
    assert Desk(hall, "ada").ok("GET", "/api/me/notifications")["email_state"] == "off"
    chosen = fleur.ok("PUT", "/api/me/notifications", {"email": True, "push": True})
    assert chosen["email_state"] == "on"
    assert hall.mailing_list.lists == {"arn:topic:0": ["fleur@ville.example", "ville.fleur", True]}
    off = fleur.ok("PUT", "/api/me/notifications", {"email": False, "push": False})
    assert (off["email"], off["push"], off["email_state"]) == (False, False, "off")
    assert hall.mailing_list.lists == {}


def test_an_address_waits_to_be_confirmed(hall: TownHall, fleur: Desk) -> None:
    hall.mailing_list.confirms = False
    assert fleur.ok("PUT", "/api/me/notifications", {"email": True, "push": True})["email_state"] == "to_confirm"
    hall.mailing_list.confirm()
    assert fleur.ok("GET", "/api/me/notifications")["email_state"] == "on"


def test_a_topic_that_does_not_answer_changes_nothing(hall: TownHall, fleur: Desk) -> None:
    def down(address: str, *, to: str) -> str:
        raise Upstream("topic_unavailable")

    hall.mailing_list.subscribe = down  # type: ignore[method-assign]
    asked = {"email": True, "push": False}
    assert fleur.refused("PUT", "/api/me/notifications", asked) == (503, "topic_unavailable")
    assert fleur.ok("GET", "/api/me/notifications")["push"] is True


def test_one_token_is_one_device(hall: TownHall, fleur: Desk) -> None:
    first = fleur.ok("POST", "/api/me/devices", {"name": "téléphone", "token": "phone-1234"})
    second = fleur.ok("POST", "/api/me/devices", {"name": "mon téléphone", "token": "phone-1234"})
    assert first["id"] == second["id"] and second["added_at"] == first["added_at"]
    [device] = fleur.ok("GET", "/api/me/notifications")["devices"]
    assert device == second and "phone-1234" not in json.dumps(device)


def test_a_device_is_of_who_registered_it_last(hall: TownHall, fleur: Desk) -> None:
    fleur.ok("POST", "/api/me/devices", {"name": "tablette", "token": "tablet-1234"})
    device = Desk(hall, "ed").ok("POST", "/api/me/devices", {"name": "tablet", "token": "tablet-1234"})
    assert fleur.ok("GET", "/api/me/notifications")["devices"] == []
    assert fleur.refused("DELETE", f"/api/me/devices/{device['id']}") == (404, "not_found")
    Desk(hall, "ed").ok("DELETE", f"/api/me/devices/{device['id']}")
    assert hall.push.endpoints == {}
    assert Desk(hall, "ed").refused("DELETE", f"/api/me/devices/{device['id']}") == (404, "not_found")


def test_devices_are_bounded_and_need_a_platform_application(hall: TownHall, fleur: Desk) -> None:
    for number in range(10):
        fleur.ok("POST", "/api/me/devices", {"name": "d", "token": f"token-{number:04}"})
    extra = {"name": "d", "token": "token-9999"}
    assert fleur.refused("POST", "/api/me/devices", extra) == (409, "too_many_devices")
    hall.house.push = None  # type: ignore[attr-defined]
    assert fleur.ok("GET", "/api/me/notifications")["push_available"] is False
    assert Desk(hall, "ed").refused("POST", "/api/me/devices", extra) == (409, "push_unavailable")
    for wrong in ({"name": "", "token": "token-1234"}, {"name": "x", "token": "short"}, {"name": "x" * 81}):
        assert fleur.refused("POST", "/api/me/devices", wrong) == (422, "invalid_input")
