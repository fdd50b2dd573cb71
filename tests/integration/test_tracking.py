"""Campaign tracking on the stack: reviewed, voided by the switch, published with its parameters; and the calendar's
index knows the same words again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from chalicelib.team.people import Role
from infra.local.practice.server import running
from tests.integration.client import TIMEOUT_S, Client, wait_for
from tests.integration.conftest import Engage
from tests.integration.test_each_network import accepted, made

DEPARTMENT = "police"
HANDLE = "suivi.practice.test"
LINK = "https://rivemont.example/crue#carte"
OTHER = "https://ailleurs.example/?a=1"
MARKED = "https://rivemont.example/crue?utm_source=bluesky&utm_medium=social&utm_campaign=crue-2026#carte"
TRACKING = {"campaign": "crue-2026", "hosts": ["rivemont.example"]}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("networks")) as server:
        yield server.url


@pytest.fixture(scope="module")
def staff(engage: Engage) -> dict[str, Client]:
    people: dict[str, tuple[str, Role]] = {"suit": ("Solène Suit", "contributor"), "valide": ("Val Valide", "approver")}
    return engage(DEPARTMENT, people)


@pytest.fixture(scope="module")
def profile(administrator: Client, networks: str) -> Iterator[str]:
    steps = [{"name": "Relecture", "people": ["valide"]}]
    administrator.review(DEPARTMENT, steps)
    secret = secrets.token_urlsafe(9)
    made(networks, "bluesky", HANDLE, secret)
    known = {"network": "bluesky", "identifier": HANDLE, "app_password": secret}
    body = {"department": DEPARTMENT, "server": networks, **known}
    yield administrator.ok("POST", "/api/connections", body)["profile"]["id"]
    administrator.review(DEPARTMENT, steps, active=False)


def submitted(author: Client, post: dict[str, Any], seconds: float) -> dict[str, Any]:
    due_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    path = f"/api/posts/{post['id']}/submission"
    found: dict[str, Any] = author.ok("POST", path, {"due_at": due_at}, version=post["version"])
    return found


def approve(person: Client, post: dict[str, Any]) -> None:
    body = {"review": post["review"], "version": post["content_version"], "decision": "approve"}
    person.ok("POST", f"/api/posts/{post['id']}/decisions", body)


def test_links_leave_with_what_was_approved(staff: dict[str, Client], profile: str, networks: str) -> None:
    author, approver = staff["suit"], staff["valide"]
    text = f"Voir {LINK}, et {OTHER}."
    draft = author.draft(text, [profile], department=DEPARTMENT)
    post = submitted(author, draft, 25)
    approve(approver, post)

    path = f"/api/posts/{post['id']}"
    switched = {"text": text, "targets": [profile], "language": post["language"], "tracking": TRACKING}
    voided = author.ok("PATCH", path, switched, version=author.post(post["id"])["version"])
    assert (voided["state"], voided["tracking"]) == ("draft", TRACKING)
    assert author.ok("GET", f"{path}/review")["state"] == "void"

    again = submitted(author, voided, 10)
    query = f"before={post['content_version']}&after={again['content_version']}"
    assert author.ok("GET", f"{path}/difference?{query}")["tracking_changed"] is True
    approve(approver, again)

    due_at = author.post(post["id"])["due_at"]
    checked = {"text": f"voir {LINK},  ET {OTHER}.", "targets": [profile], "due_at": due_at}
    near = author.ok("POST", "/api/checks", checked)["warnings"]
    assert [(each["code"], each["post"], each["profiles"]) for each in near] == [
        ("clash", post["id"], [profile]),
        ("duplicate", post["id"], [profile]),
    ]
    assert author.ok("POST", "/api/checks", {**checked, "post": post["id"]})["warnings"] == []

    def left() -> dict[str, Any] | None:
        (delivery,) = author.post(post["id"])["deliveries"]
        return delivery if delivery["state"] == "published" else None

    delivery = wait_for(left, 60, "the network to have it")
    did, collection, key = delivery["remote_id"].removeprefix("at://").split("/")
    asked = {"repo": did, "collection": collection, "rkey": key}
    answer = requests.get(f"{networks}/xrpc/com.atproto.repo.getRecord", params=asked, timeout=TIMEOUT_S)
    record = answer.json()["value"]
    assert record["text"] == f"Voir {MARKED}, et {OTHER}."
    assert [facet["features"][0]["uri"] for facet in record["facets"]] == [MARKED, OTHER]
    assert len(accepted(networks, "bluesky", HANDLE)) == 1
