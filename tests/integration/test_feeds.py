"""A feed on the stack: connected by its address, searched for a keyword, its hit in the inbox, and never answered."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import requests

from infra.local.stack import Stack
from tests.integration.client import Client, run_schedule, wait_for
from tests.integration.practice import Practice


@pytest.fixture(scope="module")
def paper(practice: Practice) -> str:
    handle = f"gazette{secrets.token_hex(3)}"
    account = {"network": "rss", "handle": handle, "display_name": "La Gazette", "password": "nobody signs in"}
    requests.post(f"{practice.url}/practice/accounts", json=account, timeout=15).raise_for_status()
    return handle


def test_what_a_newspaper_prints_is_in_the_inbox_and_cannot_be_answered(
    stack: Stack, administrator: Client, publisher: Client, practice: Practice, paper: str
) -> None:
    asked = {"network": "rss", "department": "communications", "address": f"{practice.url}/feeds/{paper}.xml"}
    profile = administrator.ok("POST", "/api/connections", asked)["profile"]
    assert (profile["display_name"], profile["status"]) == ("La Gazette", "connected")
    again = administrator.call("POST", "/api/connections", asked, key=secrets.token_hex(8))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "profile_exists")
    word = f"passerelle{secrets.token_hex(3)}"
    administrator.ok("POST", "/api/keywords", {"words": word, "profile": profile["id"]})

    article = {
        "network": "rss",
        "mention": paper,
        "text": f"La {word.upper()} ferme\nDès lundi.",
        "author": "Rita Martin",
    }
    requests.post(f"{practice.url}/practice/citizens/write", json=article, timeout=15).raise_for_status()
    other = {"network": "rss", "mention": paper, "text": "Le marché"}
    requests.post(f"{practice.url}/practice/citizens/write", json=other, timeout=15).raise_for_status()
    run_schedule(stack, "Listen")

    def arrived() -> dict[str, Any] | None:
        items: list[dict[str, Any]] = publisher.ok("GET", f"/api/conversations?profile={profile['id']}")["items"]
        return items[0] if items else None

    found = wait_for(arrived, 90, "the article in the inbox")
    assert len(publisher.ok("GET", f"/api/conversations?profile={profile['id']}")["items"]) == 1
    assert (found["kind"], found["citizen"]["name"], found["waiting_since"]) == ("keyword", "Rita Martin", None)
    path = f"/api/conversations/{found['id']}"
    whole = publisher.ok("GET", path)
    assert (whole["can_reply"], whole["obstacle"]) == (False, "replies_not_offered")
    assert whole["messages"][0]["text"] == f"La {word.upper()} ferme\n\nDès lundi."
    reply = {"to": whole["messages"][0]["id"], "text": "Merci", "answers_seen": 0}
    refused = publisher.call("POST", f"{path}/replies", reply, key=secrets.token_hex(8))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "replies_not_offered")

    checked = publisher.ok("POST", "/api/checks", {"text": "Bonjour", "targets": [profile["id"]]})
    assert "posts_not_supported" in str(checked)


@pytest.mark.parametrize(
    ("end", "status", "code"),
    [
        ("/", 422, "not_a_feed"),
        ("/feeds/nowhere.xml", 422, "feed_not_found"),
    ],
)
def test_what_is_no_feed_is_said(administrator: Client, practice: Practice, end: str, status: int, code: str) -> None:
    asked = {"network": "rss", "department": "communications", "address": f"{practice.url}{end}"}
    refused = administrator.call("POST", "/api/connections", asked, key=secrets.token_hex(8))
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("address", ["https://10.0.0.8/rss", "https://169.254.169.254/", "ftp://ville.example/rss"])
def test_an_address_within_is_refused(administrator: Client, address: str) -> None:
    asked = {"network": "rss", "department": "communications", "address": address}
    refused = administrator.call("POST", "/api/connections", asked, key=secrets.token_hex(8))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "address_refused")
