"""Each network on the stack, from its own sign-in to a post that stands there once, and a comment that is hidden: the
functions' policies, the ticket of two steps and the addresses from which networks fetch files are the deployed ones."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests
from PIL import Image

from infra.local.demo.connections import agree
from infra.local.network_apps import practice_apps, put_apps
from infra.local.practice.server import running
from infra.local.stack import Stack
from tests.integration.client import TIMEOUT_S, Client, run_schedule, wait_for

BY_OAUTH = ("facebook", "instagram", "threads", "x", "linkedin")


@pytest.fixture(scope="module")
def networks(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The practice networks, with the applications that the deployment knows."""
    apps = practice_apps(stack.state)
    put_apps(stack, apps)
    with running(tmp_path_factory.mktemp("networks"), apps=json.loads(apps.read_text())) as server:
        yield server.url


@pytest.fixture(scope="module")
def media(publisher: Client) -> str:
    content = io.BytesIO()
    Image.new("RGB", (1080, 1080), "teal").save(content, "JPEG")
    judged = publisher.upload(content.getvalue(), "image/jpeg", "pont.jpg")
    assert judged["state"] == "ready", judged
    return str(judged["id"])


def made(networks: str, network: str, handle: str, password: str) -> None:
    account = {"network": network, "handle": handle, "display_name": handle.title(), "password": password}
    requests.post(f"{networks}/practice/accounts", json=account, timeout=TIMEOUT_S).raise_for_status()


def back(
    administrator: Client,
    networks: str,
    network: str,
    handle: str,
    password: str,
    department: str = "communications",
) -> dict[str, Any]:
    """What the callback page is answered when a person has agreed."""
    asked = {"network": network, "department": department, "server": networks}
    begun = administrator.ok("POST", "/api/connections", asked)
    answer = agree(begun["authorize_url"], handle, password)
    found: dict[str, Any] = administrator.ok("POST", f"/api/connections/{begun['id']}/code", answer)
    return found


def accepted(networks: str, network: str, handle: str) -> list[dict[str, Any]]:
    asked = {"network": network, "handle": handle}
    rows: list[dict[str, Any]] = requests.get(f"{networks}/practice/accepted", params=asked, timeout=TIMEOUT_S).json()[
        "accepted"
    ]
    return rows


@pytest.fixture(scope="module")
def profiles(administrator: Client, networks: str) -> dict[str, str]:
    """network -> profile, each connected by the network's own sign-in."""
    found = {}
    for network in BY_OAUTH:
        made(networks, network, f"ville{network}", secret := secrets.token_urlsafe(9))
        found[network] = back(administrator, networks, network, f"ville{network}", secret)["profile"]["id"]
    return found


def test_what_leaves_at_once_stands_once_on_every_network(
    publisher: Client, networks: str, profiles: dict[str, str], media: str
) -> None:
    text = f"Le pont rouvre {secrets.token_hex(3)}"
    draft = publisher.draft(text, list(profiles.values()), media=[{"media": media, "alt": "Le pont, vu du quai"}])
    post = publisher.schedule(draft, now=True)

    def left() -> list[dict[str, Any]] | None:
        deliveries: list[dict[str, Any]] = publisher.post(post["id"])["deliveries"]
        return deliveries if all(each["state"] == "published" for each in deliveries) else None

    deliveries = wait_for(left, 60, "every network to have it")
    assert {each["network"] for each in deliveries} == set(BY_OAUTH)
    for network in BY_OAUTH:
        [stands] = accepted(networks, network, f"ville{network}")
        assert stands["media"] == 1
    told = publisher.ok("GET", f"/api/posts/{post['id']}/history")["items"]
    handed_over = {each["profile"] for each in told if each["kind"] == "delivery.prepared"}
    assert handed_over == {profiles["instagram"], profiles["threads"]}


def test_a_thread_stands_on_every_network_that_has_them(
    publisher: Client, networks: str, profiles: dict[str, str], media: str
) -> None:
    mark = secrets.token_hex(3)
    parts = [f"Un {mark}", f"Deux {mark}", f"Deux {mark}"]
    targets = [profiles[each] for each in ("x", "threads")]
    thread = {"x": parts[1:], "threads": parts[1:]}
    before = {network: len(accepted(networks, network, f"ville{network}")) for network in thread}
    draft = publisher.draft(parts[0], targets, thread=thread, media=[{"media": media, "alt": "Le pont"}])
    refused = publisher.ok(
        "POST", "/api/checks", {"text": "Un", "targets": [profiles["facebook"]], "thread": {"facebook": ["Deux"]}}
    )
    assert [each["code"] for each in refused["items"][0]["problems"]] == ["thread_not_supported"]
    post = publisher.schedule(draft, now=True)

    def left() -> list[dict[str, Any]] | None:
        deliveries: list[dict[str, Any]] = publisher.post(post["id"])["deliveries"]
        return deliveries if all(each["state"] == "published" for each in deliveries) else None

    for delivery in wait_for(left, 90, "both threads"):
        network = delivery["network"]
        assert (delivery["standing"], delivery["parts"]) == (3, 3)
        rows = accepted(networks, network, f"ville{network}")[before[network] :]
        assert [each["text_sha256"] for each in rows] == [sha256(part.encode()).hexdigest() for part in parts]
        assert [each["parent"] for each in rows] == [None, rows[0]["remote_id"], rows[1]["remote_id"]]
        assert [each["media"] for each in rows] == [1, 0, 0]
        assert delivery["remote_id"] == rows[0]["remote_id"]


def test_who_manages_two_pages_chooses(administrator: Client, networks: str) -> None:
    shared = secrets.token_urlsafe(9)
    for handle in ("mairie-valmont", "police-valmont"):
        made(networks, "linkedin", handle, shared)
    returned = back(administrator, networks, "linkedin", "mairie-valmont", shared)
    assert returned["profile"] is None
    assert {each["handle"] for each in returned["choices"]} == {"mairie-valmont", "police-valmont"}
    path = f"/api/connections/{returned['id']}/choice"
    stranger = administrator.call("POST", path, {"remote_id": "urn:li:organization:1"})
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (422, "account_not_offered")
    wanted = next(each for each in returned["choices"] if each["handle"] == "police-valmont")
    chosen = administrator.ok("POST", path, {"remote_id": wanted["remote_id"]})
    assert (chosen["handle"], chosen["status"]) == ("police-valmont", "connected")
    again = administrator.call("POST", path, {"remote_id": wanted["remote_id"]})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "profile_exists")


def test_a_comment_is_hidden_there_with_a_reason_and_shown_again(
    stack: Stack, publisher: Client, networks: str, profiles: dict[str, str]
) -> None:
    profile = profiles["facebook"]
    text = f"Travaux rue Haute {secrets.token_hex(3)}"
    post = publisher.schedule(publisher.draft(text, [profile]), now=True)

    def stands() -> str | None:
        delivery = publisher.post(post["id"])["deliveries"][0]
        return delivery["remote_id"] if delivery["state"] == "published" else None

    said = {"post": wait_for(stands, 30, "the post"), "author": "Paul Caron", "text": "Un numéro de téléphone privé"}
    requests.post(f"{networks}/practice/facebook/comments", json=said, timeout=TIMEOUT_S).raise_for_status()

    def kept() -> dict[str, Any] | None:
        run_schedule(stack, "Listen")
        found = publisher.ok("GET", f"/api/conversations?profile={profile}")["items"]
        return found[0] if found else None

    conversation = wait_for(kept, 45, "the comment in the inbox", every=3)["id"]
    [message] = publisher.ok("GET", f"/api/conversations/{conversation}")["messages"]
    assert sorted(message["can"]) == ["delete", "hide"]
    path = f"/api/conversations/{conversation}/moderation"
    asked = {"message": message["id"], "act": "hide", "reason": "Données personnelles"}
    assert publisher.call("POST", path, {**asked, "reason": ""}).status_code == 422
    [hidden] = publisher.ok("POST", path, asked)["messages"]
    assert (hidden["moderation"]["standing"], hidden["moderation"]["reason"]) == ("hidden", "Données personnelles")
    assert hidden["text"] == said["text"]
    [shown] = publisher.ok("POST", path, {**asked, "act": "show", "reason": "Erreur"})["messages"]
    assert shown["moderation"]["standing"] == "shown"
