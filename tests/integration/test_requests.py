"""Versions, repeated requests and bad input: a clear error with its code, and nothing half done."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from chalicelib.api.idempotency import once
from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Reply
from chalicelib.entity import agency_key
from chalicelib.errors import Conflict
from chalicelib.identifiers import new_id
from chalicelib.publishing.delivery import Delivery
from chalicelib.team.people import Person
from chalicelib.wiring import House
from tests.integration.client import TIMEOUT_S, Client, picture, wait_for
from tests.integration.conftest import Agency
from tests.integration.practice import Practice


def _code(answer: requests.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("field")


# ---------------------------------------------------------------- versions


def test_a_change_needs_the_version_that_was_read(publisher: Client, connected: dict[str, str]) -> None:
    draft = publisher.draft("Première version", [connected["bluesky"]])
    path, body = f"/api/posts/{draft['id']}", {"text": "Deuxième", "targets": [connected["bluesky"]]}
    assert _code(publisher.call("PATCH", path, body))[:2] == (428, "version_required")
    for wrong in ("3", "*", '"a"', '"1", "2"', '"-1"', ""):
        assert _code(publisher.call("PATCH", path, body, version=wrong)) == (422, "invalid_input", "If-Match"), wrong
    changed = publisher.call("PATCH", path, body, version=draft["version"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] == f'"{changed.json()["version"]}"'
    assert _code(publisher.call("PATCH", path, body, version=draft["version"]))[:2] == (412, "version_stale")
    assert publisher.post(draft["id"])["text"] == "Deuxième"
    weak = f'W/"{changed.json()["version"]}"'
    assert publisher.call("PATCH", path, body, version=weak).status_code == 200


def test_every_changing_act_on_a_post_refuses_a_stale_version(publisher: Client, connected: dict[str, str]) -> None:
    draft = publisher.draft("Périmé", [connected["bluesky"]])
    path = f"/api/posts/{draft['id']}"
    for method, place, body in (
        ("PATCH", path, {"text": "x", "targets": []}),
        ("POST", f"{path}/schedule", {"now": True}),
        ("POST", f"{path}/cancellation", None),
        ("DELETE", path, None),
    ):
        assert _code(publisher.call(method, place, body))[:2] == (428, "version_required"), place
        assert _code(publisher.call(method, place, body, version=draft["version"] + 1))[:2] == (412, "version_stale")
    assert publisher.post(draft["id"])["version"] == draft["version"]


def test_profiles_and_campaigns_too(administrator: Client, connected: dict[str, str]) -> None:
    campaign = administrator.ok("POST", "/api/campaigns", {"name": "Hiver", "department": "communications"})
    for path, body in (
        (f"/api/campaigns/{campaign['id']}", {"name": "Été"}),
        (f"/api/profiles/{connected['mastodon']}", {"department": "communications"}),
    ):
        assert _code(administrator.call("PATCH", path, body))[:2] == (428, "version_required")
        assert _code(administrator.call("PATCH", path, body, version=999))[:2] == (412, "version_stale")
    gone = administrator.call("DELETE", f"/api/profiles/{connected['mastodon']}", version=999)
    assert _code(gone)[:2] == (412, "version_stale")
    assert administrator.call("GET", f"/api/profiles/{connected['mastodon']}").status_code == 200


def test_of_two_who_change_one_version_one_wins(publisher: Client, connected: dict[str, str]) -> None:
    draft = publisher.draft("À deux", [connected["bluesky"]])

    def change(number: int) -> int:
        body = {"text": f"version {number}", "targets": [connected["bluesky"]]}
        return publisher.call("PATCH", f"/api/posts/{draft['id']}", body, version=draft["version"]).status_code

    with ThreadPoolExecutor(4) as several:
        assert sorted(several.map(change, range(4))) == [200, 412, 412, 412]


# ---------------------------------------------------------------- the same request again


def _drafts(client: Client, text: str) -> list[str]:
    """The ids of the drafts with these words."""
    found, path = [], "/api/posts"
    while True:
        page = client.ok("GET", path)
        found += [each["id"] for each in page["items"] if each["title"] == text]
        if page["next"] is None:
            return found
        path = f"/api/posts?cursor={page['next']}"


def test_the_same_key_twice_makes_one_post(publisher: Client) -> None:
    body: dict[str, Any] = {"department": "communications", "text": f"Une fois {secrets.token_hex(4)}", "targets": []}
    key = secrets.token_hex(8)
    first, second = (publisher.call("POST", "/api/posts", body, key=key) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json() and first.headers["ETag"] == second.headers["ETag"]
    assert _drafts(publisher, body["text"]) == [first.json()["id"]]


def test_the_same_key_at_the_same_time_makes_one_post(publisher: Client) -> None:
    body: dict[str, Any] = {"department": "communications", "text": f"Ensemble {secrets.token_hex(4)}", "targets": []}
    key = secrets.token_hex(8)
    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(lambda _: publisher.call("POST", "/api/posts", body, key=key), range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert all(_code(answer)[1] == "busy" for answer in answers if answer.status_code == 409)
    assert len(_drafts(publisher, body["text"])) == 1


def test_a_key_is_for_one_body_and_for_one_person(publisher: Client, administrator: Client) -> None:
    body = {"department": "communications", "text": f"Clé {secrets.token_hex(4)}", "targets": []}
    key = secrets.token_hex(8)
    first = publisher.ok("POST", "/api/posts", body, key=key)
    other = publisher.call("POST", "/api/posts", {**body, "text": "autre"}, key=key)
    assert _code(other)[:2] == (422, "idempotency_key_reused")
    assert administrator.ok("POST", "/api/posts", body, key=key)["id"] != first["id"]
    assert publisher.ok("POST", "/api/posts", body)["id"] != first["id"]


def test_a_key_is_for_one_thing(administrator: Client, practice: Practice, connected: dict[str, str]) -> None:
    """The path's id counts: mending two profiles with one key mends both."""
    body, key = {"identifier": "nobody.practice.test", "app_password": "wrong"}, secrets.token_hex(8)
    begun = administrator.ok("POST", f"/api/profiles/{connected['mastodon']}/reconnect", body, key=key)
    assert begun["authorize_url"]
    other = practice.connect(administrator, "mastodon", "cle")
    second = administrator.ok("POST", f"/api/profiles/{other}/reconnect", body, key=key)
    assert second["id"] != begun["id"]


def test_a_refused_request_leaves_its_key_free(publisher: Client) -> None:
    body = {"department": "communications", "text": "Corrigé ensuite", "targets": ["nobody0000000000"]}
    key = secrets.token_hex(8)
    assert publisher.call("POST", "/api/posts", body, key=key).status_code == 404
    assert publisher.call("POST", "/api/posts", {**body, "targets": []}, key=key).status_code == 201


def test_a_key_has_a_length(publisher: Client) -> None:
    body = {"department": "communications", "text": "x", "targets": []}
    assert _code(publisher.call("POST", "/api/posts", body, key="k" * 129)) == (422, "invalid_input", "Idempotency-Key")


def test_a_request_that_died_frees_its_key_soon(house: House, agency: Agency) -> None:
    """Its function was killed within it: the key is busy for as long as a request may live, not for a day."""
    person = house.store.get(Person, Person.key_of(agency.id, "marc"))
    assert person is not None
    route = next(each for each in ROUTES if (each.method, each.path) == ("POST", "/api/posts"))
    key = secrets.token_hex(8)

    def ask(act: Callable[[], Reply]) -> Reply:
        return once(act, route=route, path={}, key=key, body=b"{}", person=person, house=house)

    def dies() -> Reply:
        raise SystemExit

    with pytest.raises(SystemExit):
        ask(dies)
    with pytest.raises(Conflict) as busy:
        ask(lambda: Reply(201, "{}"))
    assert busy.value.code == "busy"
    rows, _ = house.store.rows("state", agency_key(agency.id, "IDEMPOTENCY"))
    died = [row for row in rows if row["status"] == "INPROGRESS"]
    assert died and all(row["in_progress_expiration"] <= (time.time() + 30) * 1000 for row in died)


# ---------------------------------------------------------------- words


def test_a_text_too_long_for_a_network_is_said_by_its_own_counting(
    publisher: Client, connected: dict[str, str]
) -> None:
    both = list(connected.values())
    flag = "👩🏽‍🚒"  # one grapheme, fifteen bytes
    for text, refused in (("a" * 301, {"bluesky"}), ("a" * 501, {"bluesky", "mastodon"}), (flag * 300, {"bluesky"})):
        asked = {"text": text, "targets": both}
        items = publisher.ok("POST", "/api/checks", asked)["items"]
        assert {each["network"] for each in items if each["problems"]} == refused
        draft = publisher.draft(text, both)
        answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
        status, code, field = _code(answer)
        assert (status, code) in ((422, "text_too_long"), (422, "text_too_many_bytes"))
        assert field is not None and field.split("/")[1] in both
        assert publisher.post(draft["id"])["deliveries"] == []


def test_an_edit_that_a_network_would_refuse_changes_nothing(publisher: Client, connected: dict[str, str]) -> None:
    planned = publisher.schedule(publisher.draft("Court", [connected["bluesky"]]), due_at="2027-11-01T00:00:00Z")
    body = {"text": "a" * 301, "targets": [connected["bluesky"]]}
    answer = publisher.call("PATCH", f"/api/posts/{planned['id']}", body, version=planned["version"])
    assert _code(answer)[:2] == (422, "text_too_long")
    assert publisher.post(planned["id"]) == planned


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": "a" * 65_001}, "invalid_input"),
        ({"text": "é" * 64_000, "variants": {"bluesky": "é" * 64_000}}, "too_large"),
        ({"variants": {"myspace": "x"}}, "network_unknown"),
        ({"variants": {"": "x"}}, "network_unknown"),
        ({"targets": ["not an id!"]}, "invalid_input"),
        ({"targets": [f"p{n}" for n in range(26)]}, "invalid_input"),
        ({"media": [{"media": "m", "alt": "a" * 5_001}]}, "invalid_input"),
        ({"tags": [""]}, "invalid_input"),
        ({"text": None}, "invalid_input"),
        ({"text": 5}, "invalid_input"),
        ({"mispelt": True}, "invalid_input"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_post_that_is_none_is_refused(publisher: Client, changes: dict[str, Any], code: str) -> None:
    body = {"department": "communications", "text": "x", "targets": [], **changes}
    assert _code(publisher.call("POST", "/api/posts", body))[:2] == (422, code)


def test_a_body_that_is_no_json_or_too_much_of_it(publisher: Client) -> None:
    headers = {"Authorization": f"Bearer {publisher.token}", "Content-Type": "application/json"}
    bodies = [b"{", b"[]", b"null", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 50_000, b'{"a":' * 50_000]
    for body in [*bodies, b'{"text": "' + b"a" * 1_000_001 + b'"}']:
        answer = requests.post(f"{publisher.api}/api/posts", data=body, headers=headers, timeout=TIMEOUT_S)
        assert answer.status_code == 422, (body[:20], answer.status_code, answer.text[:200])
        assert answer.json()["error"]["code"] in ("invalid_input", "too_large")


def test_a_profile_named_twice_is_refused(publisher: Client, connected: dict[str, str]) -> None:
    body = {"department": "communications", "text": "x", "targets": [connected["bluesky"]] * 2}
    assert _code(publisher.call("POST", "/api/posts", body)) == (422, "invalid_input", "targets")


def test_a_post_for_nobody_cannot_be_scheduled(publisher: Client) -> None:
    draft = publisher.draft("Sans destinataire", [])
    answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    assert _code(answer) == (422, "no_targets", "targets")


@pytest.mark.parametrize("id_", ["%0A", "a%0A", "%23", "..", "%2e%2e%2f", "é", "x" * 3000, "a b"])
def test_what_cannot_be_an_id_does_not_exist(publisher: Client, id_: str) -> None:
    assert publisher.call("GET", f"/api/posts/{id_}").status_code == 404


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ({"due_at": "2020-01-01T00:00:00Z"}, "due_in_the_past"),
        ({"due_at": "0001-01-01T00:00:00+14:00"}, "due_in_the_past"),
        ({"due_at": "2150-01-01T00:00:00Z"}, "due_too_far"),
        ({"due_at": "9999-12-31T23:59:59-14:00"}, "due_too_far"),
        ({"due_at": "2027-11-01T00:00:00"}, "invalid_input"),  # trap 23: no zone, no time
        ({"due_at": "tomorrow"}, "invalid_input"),
        ({"due_local": "2027-03-14T02:30", "zone": "America/Toronto"}, "due_skipped_hour"),
        ({"due_local": "2027-11-07T01:30", "zone": "America/Toronto"}, "due_repeated_hour"),
        ({"due_local": "2027-03-28T02:30", "zone": "Europe/Paris"}, "due_skipped_hour"),
        ({"due_local": "2027-02-30T10:00", "zone": "Europe/Paris"}, "due_invalid"),
        ({"due_local": "0001-01-01T00:00", "zone": "Europe/Paris"}, "due_invalid"),
        ({"due_local": "9999-12-31T23:59", "zone": "America/Toronto"}, "due_invalid"),
        ({"due_local": "2027-02-03T10:00", "zone": "Europe/Rivemont"}, "zone_unknown"),
        ({"due_local": "2027-02-03T10:00", "zone": "../../etc/passwd"}, "zone_unknown"),
        ({"due_local": "2027-02-03T10:00", "zone": ""}, "zone_unknown"),
        ({}, "invalid_input"),
        ({"now": True, "due_at": "2027-11-01T00:00:00Z"}, "invalid_input"),
    ],
    ids=str,
)
def test_a_time_that_is_none_is_refused(
    publisher: Client, connected: dict[str, str], when: dict[str, Any], code: str
) -> None:
    draft = publisher.draft("Quand ?", [connected["bluesky"]])
    answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", when, version=draft["version"])
    assert _code(answer)[:2] == (422, code)
    assert publisher.post(draft["id"]) == draft


def test_the_repeated_hour_is_chosen(publisher: Client, connected: dict[str, str]) -> None:
    """Trap 23."""
    due = []
    for which in ("earlier", "later"):
        draft = publisher.draft(f"Heure double {which}", [connected["bluesky"]])
        when = {"due_local": "2027-11-07T01:30", "zone": "America/Toronto", "which": which}
        planned = publisher.schedule(draft, **when)
        due.append(planned["due_at"])
        assert planned["zone"] == "America/Toronto"
    assert due == ["2027-11-07T05:30:00.000Z", "2027-11-07T06:30:00.000Z"]


def test_a_local_time_is_in_the_agencys_zone_when_none_is_named(publisher: Client, connected: dict[str, str]) -> None:
    planned = publisher.schedule(publisher.draft("Midi", [connected["bluesky"]]), due_local="2027-07-01T12:00")
    assert (planned["due_at"], planned["zone"]) == ("2027-07-01T16:00:00.000Z", "America/Toronto")


def test_a_new_time_is_judged_by_itself_and_not_by_the_one_it_replaces(
    publisher: Client, connected: dict[str, str]
) -> None:
    """Trap 8."""
    draft = publisher.draft("Nouvelle date", [connected["bluesky"]])
    first = publisher.schedule(draft, due_at="2027-11-01T00:00:00Z")
    past = publisher.call(
        "POST", f"/api/posts/{draft['id']}/schedule", {"due_at": "2020-01-01T00:00:00Z"}, version=first["version"]
    )
    assert _code(past)[1] == "due_in_the_past"
    assert publisher.schedule(first, due_at="2027-10-01T00:00:00Z")["due_at"] == "2027-10-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "span",
    [
        "",
        "from=2026-11-01T00:00:00Z",
        "from=x&to=y",
        "from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z",
        "from=2026-11-01T00:00:00&to=2026-12-01T00:00:00",
        "from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=9999-12-01T00:00:00Z&to=9999-12-31T00:00:00Z",
        "from=0001-01-01T00:00:00%2B14:00&to=0001-02-01T00:00:00Z",
    ],
)
def test_a_calendar_of_no_span_is_refused(publisher: Client, span: str) -> None:
    assert _code(publisher.call("GET", f"/api/calendar?{span}"))[:2] == (422, "invalid_input")


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 2_000_000_000}, "too_large"),
        ({"size": 10**30}, "too_large"),
        ({"size": 0}, "invalid_input"),
        ({"size": -1}, "invalid_input"),
        ({"content_type": "image/svg+xml"}, "media_type"),
        ({"content_type": "text/html"}, "media_type"),
        ({"content_type": "application/pdf"}, "media_type"),
        ({"content_type": "video/webm"}, "media_type"),
        ({"content_type": "image/png", "size": 50_000_001}, "too_large"),
        ({"filename": ""}, "invalid_input"),
    ],
    ids=str,
)
def test_what_is_announced_and_cannot_be_an_image_is_refused(
    publisher: Client, changes: dict[str, Any], code: str
) -> None:
    body = {
        "department": "communications",
        "filename": "a.png",
        "content_type": "image/png",
        "size": 1000,
        **changes,
    }
    assert _code(publisher.call("POST", "/api/media", body))[:2] == (422, code)


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"<html><script>alert(1)</script></html>", "image/png", "not_an_image"),
        (picture()[:60], "image/png", "not_an_image"),
        (picture(), "image/jpeg", "type_mismatch"),
        (b"BM" + b"\0" * 100, "image/png", "not_an_image"),
    ],
    ids=["html", "cut", "png-as-jpeg", "bmp"],
)
def test_an_image_that_is_none_is_refused_by_its_bytes(
    publisher: Client, connected: dict[str, str], content: bytes, content_type: str, reason: str
) -> None:
    media = publisher.upload(content, content_type)
    assert (media["state"], media["reason"], media["url"]) == ("refused", reason, None)
    draft = publisher.draft("Avec ceci", [connected["bluesky"]], media=[{"media": media["id"], "alt": "x"}])
    answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    status, code, field = _code(answer)
    assert (status, code) == (422, "media_not_ready")
    assert field is not None and field.endswith(f"media/{media['id']}"), "trap 13: it names the file"


def test_an_image_not_uploaded_yet_cannot_be_sent(publisher: Client, connected: dict[str, str]) -> None:
    body = {"department": "communications", "filename": "a.png", "content_type": "image/png", "size": 1000}
    media = publisher.ok("POST", "/api/media", body)["media"]
    draft = publisher.draft("Pas encore", [connected["bluesky"]], media=[{"media": media["id"], "alt": "x"}])
    answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    assert _code(answer)[1] == "media_not_ready"


def test_an_image_is_what_was_uploaded(publisher: Client) -> None:
    content = picture("orange", (120, 80))
    media = publisher.upload(content)
    assert (media["state"], media["content_type"], media["size"]) == ("ready", "image/png", len(content))
    assert (media["width"], media["height"]) == (120, 80)
    assert requests.get(media["url"], timeout=TIMEOUT_S).content == content


# ---------------------------------------------------------------- acts that come too late


def test_what_stands_on_a_network_is_neither_changed_nor_deleted(publisher: Client, connected: dict[str, str]) -> None:
    planned = publisher.schedule(publisher.draft("Déjà là", [connected["mastodon"]]), now=True)
    post = wait_for(
        lambda: next((each for each in [publisher.post(planned["id"])] if each["state"] == "done"), None),
        20,
        "the post to stand",
    )
    path = f"/api/posts/{post['id']}"
    body = {"text": "Autre", "targets": [connected["mastodon"]]}
    assert _code(publisher.call("PATCH", path, body, version=post["version"]))[:2] == (409, "already_published")
    assert _code(publisher.call("DELETE", path, version=post["version"]))[:2] == (409, "already_published")
    again = publisher.call("POST", f"{path}/schedule", {"now": True}, version=post["version"])
    assert _code(again)[:2] == (409, "already_published")
    cancelled = publisher.call("POST", f"{path}/cancellation", version=post["version"])
    assert _code(cancelled)[:2] == (409, "nothing_to_cancel")
    delivery = post["deliveries"][0]["id"]
    for act, asked in (
        ("release", None),
        ("cancellation", None),
        ("reschedule", {"due_at": "2027-11-01T00:00:00Z"}),
        ("resolution", {"published": True}),
    ):
        answer = publisher.call("POST", f"/api/deliveries/{delivery}/{act}", asked)
        assert _code(answer)[:2] == (409, "not_waiting"), act


def test_a_pause_of_one_scope_stands_once_and_needs_a_reason(publisher: Client) -> None:
    scope = {"kind": "campaign", "id": "c000000000000000"}
    assert _code(publisher.call("POST", "/api/pauses", {"scope": scope, "reason": ""}))[:2] == (422, "invalid_input")
    for odd in ({"kind": "agency", "id": "x"}, {"kind": "profile"}):
        assert _code(publisher.call("POST", "/api/pauses", {"scope": odd, "reason": "Essai"}))[1] == "scope_invalid"
    pause = publisher.ok("POST", "/api/pauses", {"scope": scope, "reason": "Essai"})
    again = publisher.call("POST", "/api/pauses", {"scope": scope, "reason": "Encore"})
    assert _code(again)[:2] == (409, "already_paused")
    publisher.ok("DELETE", f"/api/pauses/{pause['id']}")
    assert publisher.call("DELETE", f"/api/pauses/{pause['id']}").status_code == 404


def test_a_pause_says_how_many_calls_had_begun(
    publisher: Client, house: House, agency: Agency, connected: dict[str, str]
) -> None:
    """Those of a delivery that is minutes late as well."""
    campaign = publisher.ok("POST", "/api/campaigns", {"name": "Appels", "department": "communications"})["id"]
    now = house.clock.now()
    for late in (timedelta(seconds=2), timedelta(minutes=4)):
        leaving = Delivery(
            agency=agency.id,
            post=new_id(),
            profile=connected["bluesky"],
            network="bluesky",
            department="communications",
            campaign=campaign,
            version=1,
            state="publishing",
            due_at=now - late,
            act_at=now - late,
            lease_until=now + timedelta(seconds=80),
            armed_at=now,
            arms=1,
        )
        house.store.save(leaving)
    scope = {"kind": "campaign", "id": campaign}
    pause = publisher.ok("POST", "/api/pauses", {"scope": scope, "reason": "Essai"})
    assert pause["calls_begun"] == 2
    publisher.ok("DELETE", f"/api/pauses/{pause['id']}")
