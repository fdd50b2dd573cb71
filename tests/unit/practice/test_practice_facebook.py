"""The practice Facebook: who is let in, what citizens write, what is shown, and how the webhook is called."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chalicelib.networks import registry
from infra.local.practice import graph_fields, pushing
from infra.local.practice.pushing import Webhook
from infra.local.practice.server import running
from tests.unit.networks.wire import HANG_UP, Wire, answer, serving

SECRET = "app-s3cret"
TOKEN = "page-t0ken"
V = "/v25.0"


@pytest.fixture
def hook() -> Iterator[Wire]:
    with serving() as wire:
        yield wire


@pytest.fixture
def http(tmp_path: Path, hook: Wire) -> Iterator[httpx.Client]:
    """A practice server with the Page of a town, whose webhook is `hook`."""
    with (
        running(tmp_path / "data", webhook=Webhook(f"{hook.url}/api/webhooks/facebook", SECRET)) as it,
        httpx.Client(base_url=it.url, timeout=10) as client,
    ):
        account = {"network": "facebook", "handle": "ville", "display_name": "Ville", "password": TOKEN}
        assert client.post("/practice/accounts", json=account).status_code == 201
        yield client


@pytest.fixture
def page(http: httpx.Client) -> str:
    return str(http.get(f"{V}/me", headers=auth()).json()["id"])


def auth(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def subscribe(http: httpx.Client, page: str) -> None:
    data = {"subscribed_fields": "feed"}
    assert http.post(f"{V}/{page}/subscribed_apps", data=data, headers=auth()).json() == {"success": True}


def publish(http: httpx.Client, page: str, text: str = "Le pont est fermé.") -> str:
    return str(http.post(f"{V}/{page}/feed", data={"message": text}, headers=auth()).json()["id"])


def write(http: httpx.Client, post: str, text: str = "Où ?", author: str = "Zoé") -> str:
    body = {"post": post, "author": author, "text": text}
    reply = http.post("/practice/facebook/comments", json=body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def error_code(reply: httpx.Response) -> int:
    return int(reply.json()["error"]["code"])


def test_only_the_pages_own_token_opens_it(http: httpx.Client, page: str) -> None:
    assert error_code(http.get(f"{V}/me", headers=auth("wrong"))) == 190
    assert error_code(http.get(f"{V}/me")) == 190
    other = {"network": "facebook", "handle": "autre", "display_name": "Autre", "password": "other-token"}
    http.post("/practice/accounts", json=other)
    assert error_code(http.post(f"{V}/{page}/feed", data={"message": "x"}, headers=auth("other-token"))) == 200


def test_a_token_that_was_replaced_opens_nothing(http: httpx.Client, page: str) -> None:
    account = {"network": "facebook", "handle": "ville", "display_name": "Ville", "password": "new-token"}
    http.post("/practice/accounts", json=account)
    assert error_code(http.get(f"{V}/me", headers=auth())) == 190
    assert http.get(f"{V}/me", headers=auth("new-token")).json()["id"] == page


def test_the_same_words_twice_in_a_row_are_a_duplicate(http: httpx.Client, page: str) -> None:
    publish(http, page)
    again = http.post(f"{V}/{page}/feed", data={"message": "Le pont est fermé."}, headers=auth())
    assert (again.status_code, error_code(again)) == (400, 506)
    publish(http, page, "Autre chose")
    assert publish(http, page)


def test_a_field_that_does_not_exist_is_refused(http: httpx.Client, page: str) -> None:
    assert error_code(http.get(f"{V}/{page}", params={"fields": "id,shoe_size"}, headers=auth())) == 100
    assert error_code(http.get(f"{V}/{page}", params={"fields": "id,{"}, headers=auth())) == 2500


def test_a_citizens_comment_is_pushed_signed_and_can_be_read(http: httpx.Client, page: str, hook: Wire) -> None:
    subscribe(http, page)
    post = publish(http, page)
    comment = write(http, post, "Où est l’eau ? <b>/")
    answered = write(http, comment, "Ici", author="Yann")
    until(lambda: len(hook.requests) == 2)
    for request in hook.requests:
        expected = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
        assert request.headers["x-hub-signature-256"] == f"sha256={expected}"
        assert request.body.isascii()
    # Two pushes may overtake one another, as Meta's do.
    assert sum(b"<b>\\/" in request.body for request in hook.requests) == 1, "escaped as Meta does"
    told = {each.inbound.remote_id: each for r in hook.requests for each in registry.parse_push("facebook", r.body)}
    assert told[comment].account_remote_id == page
    assert (told[comment].inbound.text, told[comment].inbound.parent) == ("Où est l’eau ? <b>/", post)
    assert (told[answered].inbound.parent, told[answered].inbound.root) == (comment, post)
    read = http.get(f"{V}/{post}/comments", params={"filter": "stream"}, headers=auth()).json()["data"]
    assert [each["id"] for each in read] == [comment, answered]
    assert [each["id"] for each in http.get(f"{V}/{comment}/comments", headers=auth()).json()["data"]] == [answered]


def test_the_pages_own_comment_is_pushed_too_and_is_no_message(http: httpx.Client, page: str, hook: Wire) -> None:
    subscribe(http, page)
    post = publish(http, page)
    made = http.post(f"{V}/{post}/comments", data={"message": "Nous revenons vers vous."}, headers=auth())
    until(lambda: len(hook.requests) == 1)
    assert made.json()["id"].encode() in hook.requests[0].body
    assert registry.parse_push("facebook", hook.requests[0].body) == []
    accepted = http.get("/practice/accepted", params={"network": "facebook"}).json()["accepted"]
    assert [each["remote_id"] for each in accepted] == [post, made.json()["id"]], "counted like any other"


def test_an_edit_and_a_removal_are_pushed(http: httpx.Client, page: str, hook: Wire) -> None:
    subscribe(http, page)
    comment = write(http, publish(http, page))
    assert http.put(f"/practice/facebook/comments/{comment}", json={"text": "Où donc ?"}).status_code == 201
    assert http.request("DELETE", f"/practice/facebook/comments/{comment}", json={}).status_code == 201
    until(lambda: len(hook.requests) == 3)
    verbs = sorted(json.loads(each.body)["entry"][0]["changes"][0]["value"]["verb"] for each in hook.requests)
    assert verbs == ["add", "edited", "remove"]
    assert error_code(http.get(f"{V}/{comment}", headers=auth())) == 100


def test_a_visitors_post_is_pushed(http: httpx.Client, page: str, hook: Wire) -> None:
    subscribe(http, page)
    body = {"page": "ville", "author": "Zoé", "text": "Bonjour"}
    made = http.post("/practice/facebook/posts", json=body).json()["id"]
    until(lambda: len(hook.requests) == 1)
    (pushed,) = registry.parse_push("facebook", hook.requests[0].body)
    assert (pushed.inbound.kind, pushed.inbound.remote_id) == ("mention", made)


def test_a_page_that_nobody_subscribed_is_not_pushed(http: httpx.Client, page: str, hook: Wire) -> None:
    write(http, publish(http, page))
    assert http.get("/practice/pushes").json() == {"pushes": []}


def test_a_push_comes_again_until_it_is_answered_with_200(
    http: httpx.Client, page: str, hook: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "WAITS", (0.01,))
    replies = iter([answer(503), HANG_UP, answer(204), answer(200)])
    hook.handler = lambda request: next(replies)
    subscribe(http, page)
    write(http, publish(http, page))

    def sent() -> dict[str, Any]:
        (only,) = http.get("/practice/pushes").json()["pushes"]
        return dict(only)

    until(lambda: bool(sent()["done"]))
    assert sent()["statuses"] == [503, 0, 204, 200]
    assert len({request.body for request in hook.requests}) == 1, "the same bytes each time"


def test_the_site_shows_a_page_its_posts_and_what_was_said_below(http: httpx.Client, page: str) -> None:
    post = publish(http, page)
    comment = write(http, post, "<script>alert(1)</script> \u202e", author="<b>Zoé</b>")
    write(http, comment, "Merci", author="Yann")
    for address in (f"/{page}", f"/{post}", "/?network=facebook"):
        shown = http.get(address).text
        assert "Le pont est fermé." in shown
        assert "&lt;script&gt;" in shown and "<script>alert" not in shown
        assert "&lt;b&gt;Zoé" in shown and "Merci" in shown
    moved = http.get(f"/{comment}")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/{post}")
    assert http.get("/999999").status_code == 404
    assert http.get("/1_2").status_code == 404


def test_comments_outlive_a_restart(tmp_path: Path) -> None:
    account = {"network": "facebook", "handle": "ville", "display_name": "Ville", "password": TOKEN}
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as client:
        client.post("/practice/accounts", json=account)
        post = publish(client, client.get(f"{V}/me", headers=auth()).json()["id"])
        comment = write(client, post)
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as client:
        assert client.get(f"{V}/{comment}", headers=auth()).json()["message"] == "Où ?"
        assert write(client, post) != comment


@pytest.mark.parametrize("text", ["", "a,", "a{b", "a{b}}", "A", "a.limit(2", "a b;c"])
def test_fields_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(graph_fields.BadFields):
        graph_fields.read(text)


def test_nested_fields_are_read() -> None:
    (first, second) = graph_fields.read("id,comments.filter(stream).limit(5){id, from{id}}")
    assert (first.name, second.name, second.arguments) == ("id", "comments", {"filter": "stream", "limit": "5"})
    assert [each.name for each in second.fields] == ["id", "from"]
