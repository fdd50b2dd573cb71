"""Webhooks on the local stack: bytes that reach the function as they were signed, a citizen's comment on the practice
Facebook that reaches the queue, and what is refused on the way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.networks import registry
from chalicelib.profiles.account import profiles_of_account
from chalicelib.wiring import House
from infra.local.network_apps import practice_apps, put_apps
from infra.local.practice.exchange import Settings as PracticeSettings
from infra.local.practice.pushing import Webhook
from infra.local.practice.server import running
from infra.local.stack import Stack
from tests.fakes.pushes import comment, raw, signature
from tests.integration.client import TIMEOUT_S, Client, wait_for

TOKEN = "exercice-page-token"


@pytest.fixture(scope="module")
def apps(stack: Stack) -> dict[str, dict[str, str]]:
    """The secrets that the practice Facebook shares with the application."""
    kept = practice_apps(stack.state)
    put_apps(stack, kept)
    read: dict[str, dict[str, str]] = json.loads(kept.read_text())
    return read


@pytest.fixture(scope="module")
def facebook(stack: Stack, apps: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A practice Facebook that calls the application."""
    data: Path = tmp_path_factory.mktemp("facebook")
    webhook = Webhook(f"{stack.api_url}/api/webhooks/facebook", apps["facebook"]["app_secret"])
    with running(data, settings=PracticeSettings(rate_limits=False), webhook=webhook) as server:
        yield server.url


@pytest.fixture(scope="module")
def queue(stack: Stack, house: House) -> Iterator[Any]:
    """The ingest queue, with its consumer held back so that what is queued can be looked at."""
    functions = stack.client("lambda")
    name = stack.resources["Ingest"]
    mappings = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield stack.client("sqs")
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.fixture(scope="module")
def page(facebook: str, administrator: Client, apps: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A Page's profile, connected by the route that a person uses."""
    account = {"network": "facebook", "handle": "ville.rivemont", "display_name": "Ville", "password": TOKEN}
    made = requests.post(f"{facebook}/practice/accounts", json=account, timeout=TIMEOUT_S)
    made.raise_for_status()
    asked = {
        "network": "facebook",
        "department": "communications",
        "server": facebook,
        "identifier": made.json()["id"],
        "app_password": TOKEN,
    }
    profile: dict[str, Any] = administrator.ok("POST", "/api/connections", asked)["profile"]
    return {**profile, "page": made.json()["id"]}


def queued(house: House, queue: Any, *, wanted: int = 1, seconds: float = 10) -> list[dict[str, Any]]:
    """The messages that arrive, taken off the queue; fewer than wanted when the time is over."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while len(found) < wanted and time.monotonic() < deadline:
        url = house.settings.queue_ingest
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages", []
        ):
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
    return found


def call(stack: Stack, content: bytes, network: str = "facebook", **headers: str) -> requests.Response:
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return requests.post(f"{stack.api_url}/api/webhooks/{network}", data=content, headers=sent, timeout=TIMEOUT_S)


def push_of(page: dict[str, Any], *changes: dict[str, Any], age: float = 0) -> dict[str, Any]:
    entry = {"id": page["page"], "time": int(time.time() - age), "changes": list(changes)}
    return {"object": "page", "entry": [entry]}


def test_a_connected_page_is_found_by_its_id(house: House, page: dict[str, Any]) -> None:
    found = profiles_of_account("facebook", page["page"], store=house.store)
    assert [each.id for each in found] == [page["id"]]


def test_a_citizens_comment_on_what_was_published_reaches_the_queue(
    facebook: str, page: dict[str, Any], publisher: Client, house: House, queue: Any
) -> None:
    """From the plan to the Page, and from the citizen to the queue."""
    planned = publisher.schedule(publisher.draft("Le pont est fermé.", [page["id"]]), now=True)

    def stands() -> str | None:
        (delivery,) = publisher.post(planned["id"])["deliveries"]
        assert delivery["state"] not in ("failed", "held", "unconfirmed"), delivery
        return str(delivery["url"]) if delivery["state"] == "published" else None

    post = wait_for(stands, 30, "the post to stand on the Page").rpartition("/")[2]
    assert "Le pont est fermé." in requests.get(f"{facebook}/{post}", timeout=TIMEOUT_S).text
    words = "Où est l’eau ? 🚱 <script>alert(1)</script> \u202e /slash\\"
    written = requests.post(
        f"{facebook}/practice/facebook/comments",
        json={"post": post, "author": "Zoé Citoyenne", "text": words},
        timeout=TIMEOUT_S,
    )
    written.raise_for_status()
    (message,) = queued(house, queue)
    assert message["v"] == 1
    (pushed,) = registry.parse_push(message["network"], message["body"])
    assert pushed.account_remote_id == page["page"]
    assert (pushed.inbound.remote_id, pushed.inbound.text) == (written.json()["id"], words)
    assert (pushed.inbound.parent, pushed.inbound.root) == (post, post)
    sent = requests.get(f"{facebook}/practice/pushes", timeout=TIMEOUT_S).json()["pushes"]
    assert [each["statuses"] for each in sent] == [[200]], "acknowledged at once"


def test_the_bytes_arrive_as_they_were_signed(
    stack: Stack, apps: dict[str, dict[str, str]], page: dict[str, Any], house: House, queue: Any
) -> None:
    """Escaped as Meta writes it; in UTF-8; with spaces and another order that no parser would keep."""
    body = push_of(page, comment(text="Où est l’eau ? 🚱/\u202e"))
    secret = apps["facebook"]["app_secret"]
    contents = [
        raw(body),
        json.dumps(body, ensure_ascii=False).encode(),
        b" \r\n" + json.dumps(body, indent=3, sort_keys=True).encode() + b"\n\n",
    ]
    for content in contents:
        answer = call(stack, content, X_Hub_Signature_256=signature(content, secret))
        assert answer.status_code == 200, answer.text
    assert [each["body"] for each in queued(house, queue, wanted=3)] == [body] * 3


def test_forged_stale_unreadable_and_unknown_pushes(
    stack: Stack, apps: dict[str, dict[str, str]], page: dict[str, Any], house: House, queue: Any
) -> None:
    secret = apps["facebook"]["app_secret"]

    def answered(content: bytes, signed: str | None = None, network: str = "facebook") -> tuple[int, str]:
        answer = call(stack, content, network, X_Hub_Signature_256=signed or signature(content, secret))
        return answer.status_code, answer.json()["error"]["code"] if answer.content else ""

    sound = raw(push_of(page, comment()))
    assert answered(sound, signature(sound, "another secret")) == (401, "signature_invalid")
    assert answered(sound + b" ", signature(sound, secret)) == (401, "signature_invalid")
    assert answered(raw(push_of(page, comment(), age=49 * 3600))) == (422, "webhook_stale")
    assert answered(b"not json") == (422, "webhook_not_json")
    assert answered(raw({"object": "user"})) == (422, "webhook_not_understood")
    assert answered(sound, network="myspace") == (404, "not_found")
    large = raw(push_of(page, comment(text="a" * 5_000_000)))
    assert answered(large) == (413, "webhook_too_large")
    assert answered(raw(push_of({"page": "999999"}, comment()))) == (200, "")
    assert queued(house, queue, seconds=1.5) == [], "nothing of these is kept"


def test_meta_and_x_are_shown_that_the_address_is_ours(stack: Stack, apps: dict[str, dict[str, str]]) -> None:
    address = f"{stack.api_url}/api/webhooks"
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": apps["facebook"]["verify_token"],
        "hub.challenge": "1158201444",
    }
    shown = requests.get(f"{address}/facebook", params=query, timeout=TIMEOUT_S)
    assert (shown.status_code, shown.content) == (200, b"1158201444")
    assert shown.headers["Content-Type"].startswith("text/plain")
    refused = requests.get(f"{address}/facebook", params={**query, "hub.verify_token": "no"}, timeout=TIMEOUT_S)
    assert refused.status_code == 401
    signed = requests.get(f"{address}/x", params={"crc_token": "foo"}, timeout=TIMEOUT_S)
    digest = hmac.new(apps["x"]["consumer_secret"].encode(), b"foo", hashlib.sha256).digest()
    assert signed.json() == {"response_token": "sha256=" + base64.b64encode(digest).decode()}


def test_no_secret_is_in_the_functions_log(stack: Stack, apps: dict[str, dict[str, str]], page: dict[str, Any]) -> None:
    log = stack.function_log.read_text(errors="replace")
    for secret in (apps["facebook"]["app_secret"], apps["facebook"]["verify_token"], TOKEN, "Où est l"):
        assert secret not in log
