"""Campaign tracking in a post, its checks, versions and approval; and what POST /api/checks warns of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.networks.contract import Gate, OutcomeUnknown
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, CONTRIBUTOR, PUBLISHER, STRANGER
from tests.unit.api.test_approvals import WORKFLOW, ask, code, decide, ok
from tests.unit.approvals.council import Council

URL = "https://valmont.example/crue"
TEXT = f"Voir {URL}"
LEAVES = f"{TEXT}?utm_source=fake&utm_medium=social&utm_campaign=crue-2026"
TRACKING: dict[str, Any] = {"campaign": "crue-2026", "hosts": ["Valmont.example", "valmont.example"]}
KEPT = {"campaign": "crue-2026", "hosts": ["valmont.example"]}
BODY: dict[str, Any] = {"text": TEXT, "targets": ["p1"], "tracking": TRACKING}


@pytest.fixture
def council() -> Council:
    return Council()


def checked(council: Council, actor: Actor = PUBLISHER, **more: Any) -> dict[str, Any]:
    body = {"text": TEXT, "targets": ["p1"], **more}
    found: dict[str, Any] = ok(ask(council, "POST", "/api/checks", body, actor=actor))
    return found


def approved(council: Council) -> dict[str, Any]:
    steps = WORKFLOW["steps"][:1]  # type: ignore[index]
    ok(ask(council, "POST", "/api/workflows", {**WORKFLOW, "steps": steps}, actor=ADMINISTRATOR))
    draft = ok(ask(council, "POST", "/api/posts", {**BODY, "department": "water"}))
    path = f"/api/posts/{draft['id']}"
    wanted = {"due_at": "2026-11-02T10:00:00Z"}
    post = ok(ask(council, "POST", f"{path}/submission", wanted, version=draft["version"]))
    ok(decide(council, post))
    found: dict[str, Any] = ok(ask(council, "GET", path))
    return found


def test_a_post_keeps_its_tracking(council: Council) -> None:
    post = ok(ask(council, "POST", "/api/posts", {**BODY, "department": "water"}))
    assert (post["text"], post["tracking"]) == (TEXT, KEPT)
    path = f"/api/posts/{post['id']}"
    off = ok(ask(council, "PATCH", path, {"text": TEXT, "targets": ["p1"]}, version=post["version"]))
    assert off["tracking"] is None
    versions = ok(ask(council, "GET", f"{path}/versions"))["items"]
    assert [each["tracking"] for each in versions] == [KEPT, None]
    assert versions[0]["fingerprint"] != versions[1]["fingerprint"]
    query = {"before": "1", "after": "2"}
    assert ok(ask(council, "GET", f"{path}/difference", query=query))["tracking_changed"] is True


@pytest.mark.parametrize(
    "tracking",
    [
        {"campaign": "a b"},
        {"campaign": "é"},
        {"campaign": "a&b=c"},
        {"campaign": ""},
        {"campaign": "x" * 101},
        {"hosts": ["https://valmont.example"]},
        {"hosts": ["valmont.example:80"]},
        {"hosts": [""]},
        {"hosts": ["a"] * 21},
        {"source": "x"},
        "on",
    ],
)
def test_what_is_no_tracking(council: Council, tracking: Any) -> None:
    body = {**BODY, "department": "water", "tracking": tracking}
    assert code(ask(council, "POST", "/api/posts", body)) == (422, "invalid_input")


def test_the_text_is_counted_as_it_leaves(council: Council) -> None:
    plain, marked = checked(council)["items"][0]["length"], checked(council, tracking=TRACKING)["items"][0]["length"]
    assert (plain, marked) == (len(TEXT), len(LEAVES))


def test_what_was_approved_leaves_with_its_parameters(council: Council) -> None:
    approved(council)
    council.run(3700)
    assert council.texts() == [LEAVES]


def test_a_post_that_went_unheard_is_found_by_the_words_that_left(council: Council) -> None:
    """Otherwise it would be sent again."""
    publish = council.network.publish

    def unheard(account: Any, publication: Any, gate: Gate) -> Any:
        publish(account, publication, gate)
        return OutcomeUnknown("no_answer")

    post = approved(council)
    council.network.publish = unheard  # type: ignore[method-assign]
    council.run(3700)
    council.network.publish = publish  # type: ignore[method-assign]
    council.run(600)
    assert ok(ask(council, "GET", f"/api/posts/{post['id']}"))["deliveries"][0]["state"] == "published"
    assert council.texts() == [LEAVES]


@pytest.mark.parametrize(
    "tracking", [None, {**TRACKING, "campaign": None}, {**TRACKING, "hosts": []}], ids=["off", "campaign", "host"]
)
def test_switching_it_voids_what_was_approved(council: Council, tracking: Any) -> None:
    post = approved(council)
    path = f"/api/posts/{post['id']}"
    same = ok(ask(council, "PATCH", path, BODY, version=post["version"]))
    assert same["state"] == "scheduled"
    changed = ok(ask(council, "PATCH", path, {**BODY, "tracking": tracking}, version=post["version"]))
    assert changed["state"] == "draft"
    assert ok(ask(council, "GET", f"{path}/review"))["state"] == "void"


def test_the_checks_warn_of_the_same_words_and_of_a_post_minutes_away(council: Council) -> None:
    planned = council.scheduled(timedelta(days=1), TEXT, "p1", "p2")
    due_at = (council.clock.now() + timedelta(days=1, minutes=4)).isoformat()
    found = checked(council, targets=["p1", "p2"], due_at=due_at)
    other = {
        "post": planned.post.id,
        "title": TEXT,
        "due_at": "2026-11-03T09:00:00.000Z",
        "profiles": ["p1", "p2"],
    }
    assert found["warnings"] == [{"code": "clash", **other}, {"code": "duplicate", **other}]
    assert [each["problems"] for each in found["items"]] == [[], []]
    assert checked(council, due_at=due_at, post=planned.post.id)["warnings"] == []
    assert [each["code"] for each in checked(council)["warnings"]] == ["duplicate"]


def test_another_agency_is_told_nothing(council: Council) -> None:
    council.scheduled(timedelta(days=1), TEXT)
    assert checked(council, actor=STRANGER) == {"items": [], "warnings": []}
    council.profile("p1", agency="autre")
    assert checked(council, actor=STRANGER)["warnings"] == []


@pytest.mark.parametrize("more", [{"due_at": "demain"}, {"due_at": "2026-11-03T09:00:00"}, {"post": "a b"}])
def test_what_is_no_check(council: Council, more: dict[str, Any]) -> None:
    body = {"text": TEXT, "targets": ["p1"], **more}
    assert code(ask(council, "POST", "/api/checks", body, actor=CONTRIBUTOR)) == (422, "invalid_input")
