"""Approvals over HTTP: what the routes answer, and what a link's bearer is and is not told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Asked, Reply, answer
from chalicelib.observability import logger
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, CONTRIBUTOR, PUBLISHER, SESSION, STRANGER
from tests.unit.approvals.council import ANNE, BRUNO, LAWYER, TEXT, Council

JSON = {"content-type": "application/json; charset=utf-8"}
WORKFLOW = {
    "name": "Relecture",
    "department": "water",
    "steps": [{"name": "Chef", "people": ["anne"]}, {"name": "Juriste", "emails": [LAWYER]}],
}


@pytest.fixture
def council() -> Council:
    return Council()


def ask(
    council: Council,
    method: str,
    path: str,
    body: Any = None,
    *,
    actor: Actor | None = CONTRIBUTOR,
    version: int | None = None,
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Reply:
    parts = path.split("/")
    for route in ROUTES:
        named = route.path.split("/")
        if route.method != method or len(named) != len(parts):
            continue
        given = {a[1:-1]: b for a, b in zip(named, parts, strict=True) if a.startswith("{")}
        if all(a.startswith("{") or a == b for a, b in zip(named, parts, strict=True)):
            break
    else:
        raise AssertionError(f"no route {method} {path}")
    sent = {**JSON, **(headers or {}), **({} if version is None else {"if-match": f'"{version}"'})}
    content = raw if raw is not None else json.dumps(body if body is not None else {}).encode()
    principal = {"agency": actor.agency, "person": actor.person, "session": SESSION} if actor else None
    return answer(route, Asked(method, given, query or {}, sent, content, principal), council)  # type: ignore[arg-type]


def ok(reply: Reply) -> Any:
    assert reply.status < 300, reply.body
    return json.loads(reply.body or "null")


def code(reply: Reply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body or "")["error"]["code"]


def submitted(council: Council, **submission: Any) -> dict[str, Any]:
    """The post, in review by the two steps of WORKFLOW."""
    ok(ask(council, "POST", "/api/workflows", WORKFLOW, actor=ADMINISTRATOR))
    body = {"department": "water", "text": TEXT, "targets": ["p1", "p2"], "language": "fr"}
    draft = ok(ask(council, "POST", "/api/posts", body))
    wanted = {"due_at": "2026-11-02T10:00:00Z", "note": "Avant midi.", **submission}
    post: dict[str, Any] = ok(
        ask(council, "POST", f"/api/posts/{draft['id']}/submission", wanted, version=draft["version"])
    )
    return post


def decide(council: Council, post: dict[str, Any], actor: Actor = ANNE, **more: Any) -> Reply:
    body = {"review": post["review"], "version": post["content_version"], "decision": "approve", **more}
    return ask(council, "POST", f"/api/posts/{post['id']}/decisions", body, actor=actor)


def lawyers(council: Council, post: dict[str, Any]) -> str:
    ok(decide(council, post, comment="D'accord."))
    return f"/api/review/{council.token()}"


# ---------------------------------------------------------------- inside


def test_workflows_are_made_listed_and_changed_by_version(council: Council) -> None:
    made = ok(ask(council, "POST", "/api/workflows", WORKFLOW, actor=ADMINISTRATOR))
    assert (made["id"], made["version"], made["required"], made["active"]) == ("water", 0, True, True)
    assert ok(ask(council, "GET", "/api/workflows"))["items"] == [made]
    path = "/api/workflows/water"
    changed = ok(ask(council, "PATCH", path, {**WORKFLOW, "active": False}, actor=ADMINISTRATOR, version=0))
    assert (changed["active"], changed["version"]) == (False, 1)
    assert code(ask(council, "PATCH", path, WORKFLOW, actor=ADMINISTRATOR, version=0)) == (412, "version_stale")
    other = {**WORKFLOW, "department": "police"}
    assert code(ask(council, "PATCH", path, other, actor=ADMINISTRATOR, version=1)) == (422, "invalid_input")
    assert ask(council, "POST", "/api/workflows", WORKFLOW, actor=PUBLISHER).status == 403
    assert ok(ask(council, "GET", "/api/workflows", actor=STRANGER))["items"] == []


def test_a_post_says_by_what_it_is_reviewed(council: Council) -> None:
    post = submitted(council)
    said = {name: post[name] for name in ("state", "workflow", "review_required", "content_version", "review")}
    assert said == {
        "state": "in_review",
        "workflow": "water",
        "review_required": True,
        "content_version": 1,
        "review": f"{post['id']}-1",
    }
    assert [each["state"] for each in post["deliveries"]] == ["queued", "queued"]


def test_the_review_shows_each_reader_what_is_theirs(council: Council) -> None:
    post = submitted(council)
    for actor, mine, own in ((ANNE, True, False), (BRUNO, False, False), (CONTRIBUTOR, False, True)):
        for seen in (
            ok(ask(council, "GET", f"/api/posts/{post['id']}/review", actor=actor)),
            ok(ask(council, "GET", "/api/approvals", actor=actor))["items"][0],
        ):
            assert (seen["mine"], seen["own"], seen["note"]) == (mine, own, "Avant midi.")
            assert [each["state"] for each in seen["steps"]] == ["open", "waiting"]
            assert [each["waiting_for"] for each in seen["steps"]] == [["Anne Approver"], [LAWYER]]
            assert seen["steps"][0]["names"] == ["Anne Approver"]
    after = ok(decide(council, post, comment="Bien."))
    assert [each["state"] for each in after["steps"]] == ["approved", "open"]
    assert after["decisions"][0] | {"at": ""} == {
        "step": 0,
        "by": {"id": "anne", "name": "Anne Approver"},
        "decision": "approve",
        "comment": "Bien.",
        "at": "",
    }
    assert ok(ask(council, "GET", "/api/approvals", actor=STRANGER))["items"] == []
    assert ask(council, "GET", f"/api/posts/{post['id']}/review", actor=STRANGER).status == 404


def test_a_decision_about_an_old_version_is_409_and_names_the_present_one(council: Council) -> None:
    post = submitted(council)
    change = {"text": "Autrement.", "targets": ["p1"]}
    ok(ask(council, "PATCH", f"/api/posts/{post['id']}", change, version=post["version"]))
    reply = decide(council, post)
    assert code(reply) == (409, "version_old")
    assert "version 2" in (reply.body or "")


@pytest.mark.parametrize(
    ("actor", "more", "expected"),
    [
        (PUBLISHER, {}, (403, "forbidden")),
        (CONTRIBUTOR, {}, (403, "forbidden")),
        (STRANGER, {}, (404, "not_found")),
        (ANNE, {"decision": "send_back"}, (422, "comment_required")),
        (ANNE, {"decision": "maybe"}, (422, "invalid_input")),
        (ANNE, {"review": "another-1"}, (409, "review_closed")),
        (ANNE, {"comment": "x" * 4001}, (422, "invalid_input")),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    council: Council, actor: Actor, more: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code(decide(council, submitted(council), actor, **more)) == expected


def test_sent_back_and_withdrawn_it_is_a_draft_at_the_time_that_was_wanted(council: Council) -> None:
    post = submitted(council)
    assert ok(decide(council, post, decision="send_back", comment="Non."))["state"] == "sent_back"
    draft = ok(ask(council, "GET", f"/api/posts/{post['id']}"))
    assert (draft["state"], draft["deliveries"], draft["review"]) == ("draft", [], post["review"])
    assert draft["due_at"] == "2026-11-02T10:00:00.000Z"
    again = ok(ask(council, "POST", f"/api/posts/{post['id']}/submission", {}, version=draft["version"]))
    assert (again["state"], again["due_at"], again["zone"]) == ("in_review", None, "Europe/Paris")
    back = ok(ask(council, "POST", f"/api/posts/{post['id']}/withdrawal", version=again["version"]))
    assert back["state"] == "draft"
    assert ask(council, "POST", f"/api/posts/{post['id']}/withdrawal").status == 428


@pytest.mark.parametrize(
    ("submission", "expected"),
    [
        ({"due_at": "2026-11-02T08:00:00Z"}, "due_in_the_past"),
        ({"due_at": None, "due_local": "2027-03-28T02:30"}, "due_skipped_hour"),
        ({"due_local": "2026-11-02T12:00"}, "invalid_input"),
        ({"due_at": None, "zone": "Mars/Olympus"}, "zone_unknown"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(council: Council, submission: dict[str, Any], expected: str) -> None:
    with pytest.raises(AssertionError, match=expected):
        submitted(council, **submission)
    assert council.tell_queue.sent == []


def test_versions_and_what_changed_between_them(council: Council) -> None:
    post = submitted(council)
    change = {"text": "La rue Basse est fermée.", "targets": ["p1"], "variants": {}}
    ok(ask(council, "PATCH", f"/api/posts/{post['id']}", change, version=post["version"], actor=PUBLISHER))
    versions = ok(ask(council, "GET", f"/api/posts/{post['id']}/versions"))["items"]
    assert [(each["version"], each["by"]["name"]) for each in versions] == [
        (1, "Carla Contributor"),
        (2, "Paul Publisher"),
    ]
    path = f"/api/posts/{post['id']}/difference"
    found = ok(ask(council, "GET", path, query={"before": "1", "after": "2"}))
    assert found["targets_removed"] == ["p2"]
    assert [each["op"] for each in found["texts"][0]["pieces"]] == ["same", "removed", "added", "same"]
    assert ask(council, "GET", path, query={"before": "1", "after": "9"}).status == 404
    for wrong in ({}, {"before": "1"}, {"before": "-1", "after": "2"}, {"before": "١", "after": "2"}):
        assert ask(council, "GET", path, query=wrong).status == 422
    assert ask(council, "GET", path, query={"before": "1", "after": "2"}, actor=STRANGER).status == 404


# ---------------------------------------------------------------- outside


def test_the_bearer_of_a_link_sees_exactly_what_would_leave(council: Council) -> None:
    council.image()
    link = lawyers(council, submitted(council))
    reply = ask(council, "GET", link, actor=None)
    seen = ok(reply)
    assert (reply.headers["Cache-Control"], reply.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert seen["previews"][0] == {
        "network": "fake",
        "network_name": "Fake",
        "handle": "@p1",
        "display_name": "p1",
        "text": TEXT,
        "thread": [],
        "length": len(TEXT),
        "limit": 300,
        "card": None,
    }
    assert [each["handle"] for each in seen["previews"]] == ["@p1", "@p2"]
    named = ("agency", "language", "step_name", "email", "author", "note", "version", "zone", "difference")
    assert [seen[name] for name in named] == [
        "Ville", "en", "Juriste", LAWYER, "Carla Contributor", "Avant midi.", 1, "Europe/Paris", None,
    ]  # fmt: skip
    assert [each["comment"] for each in seen["decisions"]] == ["D'accord."]
    assert seen["expires_at"] == "2026-11-03T10:00:00.000Z"


def test_reading_it_often_decides_nothing(council: Council) -> None:
    post = submitted(council)
    link = lawyers(council, post)
    before = council.store.writes
    for _ in range(5):
        ok(ask(council, "GET", link, actor=None))
    assert council.store.writes == before
    assert ok(ask(council, "GET", f"/api/posts/{post['id']}"))["state"] == "in_review"


def test_a_second_round_shows_what_changed_and_what_was_said(council: Council) -> None:
    post = submitted(council)
    link = lawyers(council, post)
    body = {"version": 1, "decision": "send_back", "comment": "Nommez la rue."}
    ok(ask(council, "POST", link, body, actor=None))
    change = {"text": "La rue Basse est fermée.", "targets": ["p1", "p2"], "language": "fr"}
    present = ok(ask(council, "GET", f"/api/posts/{post['id']}"))
    edited = ok(ask(council, "PATCH", f"/api/posts/{post['id']}", change, version=present["version"]))
    again = ok(ask(council, "POST", f"/api/posts/{post['id']}/submission", {}, version=edited["version"]))
    seen = ok(ask(council, "GET", lawyers(council, again), actor=None))
    assert (seen["difference"]["before"], seen["difference"]["after"]) == (1, 2)
    assert "Nommez la rue." in [each["comment"] for each in seen["decisions"]]
    assert code(ask(council, "GET", link, actor=None)) == (410, "link_used")


def test_images_come_by_addresses_that_end(council: Council) -> None:
    council.image()
    ok(ask(council, "POST", "/api/workflows", WORKFLOW, actor=ADMINISTRATOR))
    body = {"department": "water", "text": TEXT, "targets": ["p1"], "media": [{"media": "m1", "alt": "Un plan"}]}
    draft = ok(ask(council, "POST", "/api/posts", body))
    post = ok(ask(council, "POST", f"/api/posts/{draft['id']}/submission", {}, version=draft["version"]))
    seen = ok(ask(council, "GET", lawyers(council, post), actor=None))
    assert seen["media"] == [
        {
            "url": "https://bucket.example/ville/m1?get",
            "content_type": "image/png",
            "alt": "Un plan",
            "width": 40,
            "height": 30,
        }
    ]


def test_a_decision_is_json_that_somebody_meant_to_send(council: Council) -> None:
    link = lawyers(council, submitted(council))
    body = {"version": 1, "decision": "approve"}
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""):
        assert ask(council, "POST", link, body, actor=None, headers={"content-type": kind}).status == 422
    assert ask(council, "POST", link, raw=b"version=1&decision=approve", actor=None).status == 422
    assert ask(council, "POST", link, {}, actor=None).status == 422
    assert code(ask(council, "POST", link, {**body, "version": 2}, actor=None)) == (409, "version_old")
    assert ok(ask(council, "POST", link, body, actor=None))["decision"] == "approve"
    assert code(ask(council, "POST", link, body, actor=None)) == (410, "link_used")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_guessed_altered_expired_or_overtaken_says_no_more_than_that(
    council: Council, method: str
) -> None:
    post = submitted(council)
    link = lawyers(council, post)
    body = {"version": 1, "decision": "approve"}

    def tried(path: str) -> Reply:
        return ask(council, method, path, body, actor=None)

    for wrong in ("x" * 43, link.rpartition("/")[2][:-1], "x" * 65, "a.b", "%2e"):
        reply = tried(f"/api/review/{wrong}")
        assert (reply.status, reply.body) == (404, '{"error":{"code":"not_found"}}')
        assert reply.headers["Cache-Control"] == "no-store"
    council.clock.advance(2 * 86_400)
    assert code(tried(link)) == (410, "link_expired")


def test_nothing_of_a_token_or_a_comment_is_logged(council: Council, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    for level in ("debug", "info", "warning", "error"):
        monkeypatch.setattr(logger, level, lambda *args, **more: logged.append(f"{args} {more}"))
    link = lawyers(council, submitted(council))
    monkeypatch.setattr(council.bucket, "look_address", None)
    monkeypatch.setattr(council, "network_named", None)
    assert ask(council, "GET", link, actor=None).status == 500
    body = {"version": 1, "decision": "send_back", "comment": "SECRET"}
    ok(ask(council, "POST", link, body, actor=None))
    assert len(logged) == 1
    assert link.rpartition("/")[2] not in logged[0] and "SECRET" not in str(logged)


def test_the_history_tells_who_decided_outside(council: Council) -> None:
    post = submitted(council)
    link = lawyers(council, post)
    ok(ask(council, "POST", link, {"version": 1, "decision": "approve", "comment": "Lu."}, actor=None))
    events = ok(ask(council, "GET", f"/api/posts/{post['id']}/history"))["items"]
    outside = next(each for each in events if each["kind"] == "review.approved" and each["actor"] is None)
    assert (outside["outside"], outside["detail"]["comment"]) == (LAWYER, "Lu.")
