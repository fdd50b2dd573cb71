"""Approval end to end: submitted, sent back, changed, approved inside and by a link outside, published in time."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from chalicelib.team.people import Role
from infra.local.stack import Stack
from tests.integration.client import Client, picture, wait_for
from tests.integration.conftest import Engage
from tests.integration.practice import Practice

DEPARTMENT = "water"
LAWYER = "me.dubois@cabinet.example"


@pytest.fixture(scope="module")
def staff(engage: Engage) -> dict[str, Client]:
    """Of a department of their own, so that its workflow binds no other test."""
    people: dict[str, tuple[str, Role]] = {
        "noemie": ("Noémie Rédac", "contributor"),
        "lea": ("Léa Approb", "approver"),
        "hugo": ("Hugo Public", "publisher"),
    }
    return engage(DEPARTMENT, people)


@pytest.fixture(scope="module")
def profiles(administrator: Client, practice: Practice, staff: dict[str, Client]) -> list[str]:
    """With a workflow of two steps over them, which is required."""
    steps = [{"name": "Chef de service", "people": ["lea"]}, {"name": "Juriste", "emails": [LAWYER]}]
    body = {"name": "Relecture", "department": DEPARTMENT, "steps": steps}
    administrator.ok("POST", "/api/workflows", body)
    assert administrator.call("POST", "/api/workflows", body).json()["error"]["code"] == "workflow_exists"
    return [practice.connect(administrator, network, "relu", DEPARTMENT) for network in ("bluesky", "mastodon")]


def _submit(author: Client, post: Mapping[str, Any], seconds: float | None = None) -> dict[str, Any]:
    wanted: dict[str, Any] = {"note": "Avant midi, merci."}
    if seconds is not None:
        wanted["due_at"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    found: dict[str, Any] = author.ok("POST", f"/api/posts/{post['id']}/submission", wanted, version=post["version"])
    return found


def _decide(person: Client, post: Mapping[str, Any], decision: str = "approve", comment: str = "") -> dict[str, Any]:
    body = {
        "review": post["review"],
        "version": post["content_version"],
        "decision": decision,
        "comment": comment,
    }
    found: dict[str, Any] = person.ok("POST", f"/api/posts/{post['id']}/decisions", body)
    return found


def _letters(stack: Stack, post: Mapping[str, Any], address: str) -> list[str]:
    """What somebody was mailed of a post as it stands, the oldest first."""

    def arrived() -> list[str]:
        sent = requests.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=10).json()["messages"]
        mails = [each for of_account in sent.values() for each in of_account if each["To"] == [address]]
        return [each["BodyText"] for each in mails if post["text"] in each["BodyText"]]

    return wait_for(arrived, 40, f"a mail to {address}")


def _link(stack: Stack, post: Mapping[str, Any]) -> str:
    return "/api" + re.findall(r"/review/[\w-]{43}", _letters(stack, post, LAWYER)[-1])[-1]


def _code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_whole_way_of_a_post(
    staff: dict[str, Client], profiles: list[str], stack: Stack, practice: Practice, nobody: Client
) -> None:
    noemie, lea, hugo = staff["noemie"], staff["lea"], staff["hugo"]
    image = noemie.ok(
        "POST",
        "/api/media",
        {"department": DEPARTMENT, "filename": "p.png", "content_type": "image/png", "size": len(picture())},
    )
    nobody.session.put(
        image["upload"]["url"], data=picture(), headers=image["upload"]["headers"], timeout=15
    ).raise_for_status()
    wait_for(
        lambda: noemie.ok("GET", f"/api/media/{image['media']['id']}")["state"] == "ready", 60, "the image to be judged"
    )
    media = [{"media": image["media"]["id"], "alt": "Un plan"}]
    draft = noemie.draft("La rue Haute est fermée.", profiles, department=DEPARTMENT, media=media)
    assert draft["review_required"] is True
    refused = hugo.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    assert _code(refused) == (409, "approval_required")

    post = _submit(noemie, draft, 3600)
    assert post["state"] == "in_review"
    assert "Avant midi" in _letters(stack, post, "lea@rivemont.example")[0]
    assert post["id"] in [each["post"] for each in lea.ok("GET", "/api/approvals")["items"]]
    _decide(lea, post, "send_back", "Dites laquelle des rues Hautes.")
    assert "laquelle" in _letters(stack, post, "noemie@rivemont.example")[0]

    draft = noemie.post(post["id"])
    assert (draft["state"], draft["deliveries"]) == ("draft", [])
    text = f"La rue Haute, au pont, est fermée. {secrets.token_hex(3)}"
    content = {"text": text, "targets": profiles, "media": media, "language": "fr"}
    edited = noemie.ok("PATCH", f"/api/posts/{post['id']}", content, version=draft["version"])
    due = time.time() + 25
    post = _submit(noemie, edited, 25)
    stale = {"review": post["review"], "version": 1, "decision": "approve"}
    answer = lea.call("POST", f"/api/posts/{post['id']}/decisions", stale)
    assert _code(answer) == (409, "version_old") and "version 2" in answer.text
    assert lea.ok("GET", f"/api/posts/{post['id']}/review")["reviewed_before"] == 1
    _decide(lea, post, comment="D'accord.")

    link = _link(stack, post)
    for _ in range(2):
        answer = nobody.call("GET", link)
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"
    seen = answer.json()
    assert {each["network"]: each["text"] for each in seen["previews"]} == {"bluesky": text, "mastodon": text}
    assert seen["difference"]["before"] == 1
    assert nobody.session.get(seen["media"][0]["url"], timeout=15).content == picture()
    assert nobody.session.head(nobody.api + link, timeout=15).status_code >= 400
    form = nobody.session.post(nobody.api + link, data={"version": 2, "decision": "approve"}, timeout=15)
    assert form.status_code >= 400
    assert noemie.post(post["id"])["state"] == "in_review", "nothing of this has decided"
    assert nobody.ok("POST", link, {"version": 2, "decision": "approve", "comment": "Lu."})["decision"] == "approve"
    assert _code(nobody.call("POST", link, {"version": 2, "decision": "approve"})) == (410, "link_used")
    assert noemie.post(post["id"])["state"] == "scheduled"

    for profile in profiles:
        arrived = wait_for(lambda profile=profile: practice.arrived(profile, text), 60, "it to leave")  # type: ignore[misc]
        assert len(arrived) == 1
        assert due - 2 < arrived[0].accepted_at < due + 15
    wait_for(lambda: noemie.post(post["id"])["state"] == "done", 30, "it to be on record")
    kinds = [each["kind"] for each in noemie.ok("GET", f"/api/posts/{post['id']}/history")["items"]]
    assert kinds[:8] == [
        "post.created",
        "review.asked",
        "review.sent_back",
        "post.changed",
        "review.asked",
        "review.approved",
        "review.approved",
        "post.approved",
    ]
    assert kinds[8:] == ["delivery.published"] * 2


def test_what_is_not_approved_when_due_is_held_and_released_after(
    staff: dict[str, Client], profiles: list[str], stack: Stack, practice: Practice, nobody: Client
) -> None:
    noemie, lea, hugo = staff["noemie"], staff["lea"], staff["hugo"]
    text = f"Pas encore approuvé {secrets.token_hex(3)}"
    post = _submit(noemie, noemie.draft(text, profiles[:1], department=DEPARTMENT), 2)

    def held() -> dict[str, Any] | None:
        delivery: dict[str, Any] = noemie.post(post["id"])["deliveries"][0]
        return delivery if delivery["state"] == "held" else None

    delivery = wait_for(held, 60, "it to be held")
    assert delivery["reason"]["code"] == "not_approved"
    assert _code(hugo.call("POST", f"/api/deliveries/{delivery['id']}/release")) == (409, "not_approved")
    _decide(lea, post)
    nobody.ok("POST", _link(stack, post), {"version": 1, "decision": "approve"})
    assert practice.arrived(profiles[0], text) == []
    hugo.ok("POST", f"/api/deliveries/{delivery['id']}/release")
    wait_for(lambda: practice.arrived(profiles[0], text), 60, "it to leave")


def test_links_that_do_not_stand(staff: dict[str, Client], profiles: list[str], stack: Stack, nobody: Client) -> None:
    noemie = staff["noemie"]
    post = _submit(noemie, noemie.draft("Un lien", profiles, department=DEPARTMENT), 3600)
    _decide(staff["lea"], post)
    link = _link(stack, post)
    body = {"version": 1, "decision": "approve"}
    for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), "/api/review/" + secrets.token_urlsafe(32)):
        assert _code(nobody.call("GET", wrong)) == _code(nobody.call("POST", wrong, body)) == (404, "not_found")
    withdrawn = noemie.ok("POST", f"/api/posts/{post['id']}/withdrawal", version=noemie.post(post["id"])["version"])
    assert withdrawn["state"] == "draft"
    assert _code(nobody.call("GET", link)) == _code(nobody.call("POST", link, body)) == (410, "link_overtaken")


def test_another_agency_sees_nothing_of_it(foreigner: Client, staff: dict[str, Client], profiles: list[str]) -> None:
    noemie = staff["noemie"]
    post = _submit(noemie, noemie.draft("Chez nous", profiles, department=DEPARTMENT))
    assert post["id"] not in [each["post"] for each in foreigner.ok("GET", "/api/approvals")["items"]]
    assert "Relecture" not in [
        each["name"] for each in foreigner.ok("GET", "/api/workflows")["items"] if each["department"] == DEPARTMENT
    ]
    for path in ("review", "versions", "difference?before=1&after=1"):
        assert foreigner.call("GET", f"/api/posts/{post['id']}/{path}").status_code == 404
    decision = {"review": post["review"], "version": 1, "decision": "approve"}
    assert foreigner.call("POST", f"/api/posts/{post['id']}/decisions", decision).status_code == 404
