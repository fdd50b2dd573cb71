"""Mastodon's reading side: every row of its table, what is asked for, and what strangers' statuses may hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.networks.contract import (
    Account,
    Citizen,
    CredentialsRefused,
    InboundMedia,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.inbound import TEXT_MAX
from chalicelib.networks.mastodon import Mastodon
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import SECRETS, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

INBOX = "/api/v1/notifications"
SEARCH = "/api/v2/search"
STATUSES = "/api/v1/statuses"


@pytest.fixture
def network(transport: Transport) -> Mastodon:
    return Mastodon(transport)


def account(url: str) -> Account:
    return Account("p1", url, "42", "mairie@ville.example", SECRETS)


def _ago(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person(number: int = 7, **more: object) -> dict[str, object]:
    return {
        "id": str(number),
        "acct": "alice",
        "display_name": "Alice :blob:",
        "url": "https://ville.example/@alice",
        "avatar": "https://ville.example/a.png",
        "followers_count": 12,
        **more,
    }


def status(number: int = 100, **more: object) -> dict[str, Any]:
    return {
        "id": str(number),
        "account": person(),
        "created_at": _ago(seconds=5),
        "content": "<p>Bonjour</p>",
        "visibility": "public",
        "url": f"https://ville.example/@alice/{number}",
        "uri": f"https://ville.example/s/{number}",
        "in_reply_to_id": None,
        "edited_at": None,
        "language": "fr",
        "media_attachments": [],
        **more,
    }


def told(number: int = 1, *, kind: str = "mention", at: str | None = None, **more: object) -> dict[str, object]:
    shown = status(100 + number, **more)
    return {"id": str(number), "type": kind, "created_at": at or _ago(seconds=5), "account": person(), "status": shown}


def _error(status: int, text: str = "because", **headers: str) -> bytes:
    return answer(status, {"error": text}, {name.replace("_", "-"): value for name, value in headers.items()})


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(request.path, _error(404, "Record not found"))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def _inbox(*items: object) -> dict[str, Reply]:
    return {INBOX: answer(200, list(items))}


CALLS: dict[str, Callable[[Mastodon, Account], object]] = {
    "inbox": lambda network, who: network.inbox(who, cursor=None),
    "search": lambda network, who: network.search(who, "pont", cursor=None),
    "thread": lambda network, who: network.thread(who, "100"),
    "one figure": lambda network, who: network.post_metrics(who, ["100"]),
    "profile_metrics": lambda network, who: network.profile_metrics(who),
}

TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: application/json\r\n\r\n["

READ_ROWS: list[tuple[bytes, type[NetworkError], str]] = [
    (HANG_UP, Unavailable, "connection_lost"),
    (TRUNCATED, Unavailable, "connection_lost"),
    (answer(200, b"<html>", kind="text/html"), NotUnderstood, "answer_not_json"),
    (answer(200, b"[{"), NotUnderstood, "answer_malformed"),
    (answer(200, b"[" * 200_000), NotUnderstood, "answer_malformed"),
    (answer(200, {"statuses": 7, "ancestors": "x", "id": 7}), NotUnderstood, "answer_unexpected"),
    (answer(200, [7]), NotUnderstood, "answer_unexpected"),
    (answer(302, headers={"Location": "http://127.0.0.1:1/"}), NetworkError, "redirect_refused"),
    (_error(400), NotUnderstood, "http_400"),
    (_error(401, "The access token is invalid"), CredentialsRefused, "credentials_refused"),
    (_error(403, "This action is outside the authorized scopes"), NotPermitted, "scope_missing"),
    (
        answer(403, headers={"WWW-Authenticate": 'Bearer realm="Doorkeeper", error="insufficient_scope"'}),
        NotPermitted,
        "scope_missing",
    ),
    (_error(403, "Your login is currently disabled"), NotPermitted, "forbidden"),
    (_error(422), NotUnderstood, "http_422"),
    (_error(408), Unavailable, "http_408"),
    (_error(500), Unavailable, "http_500"),
    (answer(502, b"<html>", kind="text/html"), Unavailable, "http_502"),
    (_error(501), NotUnderstood, "http_501"),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("reply", "kind", "code"), READ_ROWS)
def test_the_answers_to_reading(
    wire: Wire, network: Mastodon, call: str, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(kind) as failure:
        CALLS[call](network, account(wire.url))
    assert failure.value.code == code
    assert "s3cret" not in str(failure.value)


def test_what_we_may_not_read_disconnects_nobody() -> None:
    assert not issubclass(NotPermitted, CredentialsRefused | Unavailable)


@pytest.mark.parametrize("call", CALLS)
def test_trap_10_a_rate_limit_says_when_it_ends(wire: Wire, network: Mastodon, call: str) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=90)).isoformat().replace("+00:00", "Z")
    wire.handler = lambda request: _error(429, x_ratelimit_reset=reset)
    with pytest.raises(Unavailable) as failure:
        CALLS[call](network, account(wire.url))
    assert failure.value.code == "rate_limited"
    assert timedelta(seconds=85) < failure.value.wait <= timedelta(seconds=90)


@pytest.mark.parametrize("call", CALLS)
def test_a_huge_answer_is_not_read_to_its_end(wire: Wire, call: str) -> None:
    network = Mastodon(Transport(allow_loopback=True, answer_bytes_max=50_000))
    wire.handler = lambda request: answer(200, [status(content="y" * 100_000)])
    with pytest.raises(Unavailable) as failure:
        CALLS[call](network, account(wire.url))
    assert failure.value.code == "answer_too_large"


@pytest.mark.parametrize("path", ["inbox", "search", "profile_metrics"])
def test_a_server_without_such_a_list_is_not_understood(wire: Wire, network: Mastodon, path: str) -> None:
    wire.handler = routes({})
    with pytest.raises(NotUnderstood) as failure:
        CALLS[path](network, account(wire.url))
    assert failure.value.code == "http_404"


# ---------------------------------------------------------------- the inbox


def test_a_mention_with_all_that_it_says(wire: Wire, network: Mastodon) -> None:
    content = (
        '<p><span class="h-card"><a href="https://ville.example/@mairie" class="u-url mention">@<span>mairie</span></a>'
        "</span> été 🎉 :blob: &lt;script&gt;alert(1)&lt;/script&gt;<script>alert(2)</script><br>\u202egauche</p>"
    )
    files = [
        {"type": "image", "url": "https://ville.example/1.png", "description": "Un trou"},
        {"type": "gifv", "url": None, "remote_url": "https://elsewhere.example/2.mp4", "description": None},
        {"type": ["x"], "url": "https://ville.example/3"},
        {"type": "audio", "url": "javascript:alert(1)"},
        "x",
    ]
    item = told(content=content, media_attachments=files, edited_at="2026-03-14T09:00:00.000Z")
    wire.handler = routes(_inbox(item))
    batch = network.inbox(account(wire.url), cursor=None, limit=7)
    (message,) = batch.messages
    assert message.text == "@mairie été 🎉 :blob: <script>alert(1)</script>alert(2)\n\u202egauche"
    assert (message.remote_id, message.kind, message.language) == ("101", "mention", "fr")
    assert message.revision == "2026-03-14T09:00:00.000Z"
    assert message.url == "https://ville.example/@alice/101"
    assert message.author == Citizen(
        "7",
        "alice@ville.example",
        "Alice :blob:",
        "https://ville.example/@alice",
        "https://ville.example/a.png",
        12,
    )
    assert message.media == [
        InboundMedia("image", "https://ville.example/1.png", "Un trou"),
        InboundMedia("video", "https://elsewhere.example/2.mp4", ""),
        InboundMedia("other", "https://ville.example/3", ""),
    ]
    assert message.native == {"id": "101", "uri": "https://ville.example/s/101", "visibility": "public"}
    (request,) = wire.requests
    assert request.query == {"types[]": "mention", "limit": "7"}
    assert request.headers["authorization"] == "Bearer access-s3cret"


@pytest.mark.parametrize(
    ("fields", "kind", "parent"),
    [
        ({}, "mention", None),
        ({"in_reply_to_id": "90"}, "reply", "90"),
        ({"visibility": "direct", "in_reply_to_id": "90"}, "private", "90"),
        ({"visibility": "private"}, "private", None),
        ({"visibility": "unlisted"}, "mention", None),
        ({"visibility": 7, "in_reply_to_id": 90}, "mention", None),
    ],
)
def test_what_kind_of_message_it_is(
    wire: Wire, network: Mastodon, fields: dict[str, object], kind: str, parent: str | None
) -> None:
    wire.handler = routes(_inbox(told(**fields)))
    (message,) = network.inbox(account(wire.url), cursor=None).messages
    assert (message.kind, message.parent) == (kind, parent)


def test_a_root_is_known_where_the_batch_holds_the_thread_from_its_beginning(wire: Wire, network: Mastodon) -> None:
    items = [
        told(5, in_reply_to_id="104"),
        told(4, in_reply_to_id="103"),
        told(3),
        told(2, in_reply_to_id="90"),
        told(1, in_reply_to_id="101"),
    ]
    wire.handler = routes(_inbox(*items))
    messages = network.inbox(account(wire.url), cursor=None).messages
    assert {message.remote_id: message.root for message in messages} == {
        "105": "103",
        "104": "103",
        "103": None,
        "102": None,
        "101": None,
    }


def test_a_handle_is_written_with_its_server(wire: Wire, network: Mastodon) -> None:
    for acct, handle in (("bob@elsewhere.example", "bob@elsewhere.example"), ("bob", "bob@ville.example"), ("", "")):
        wire.handler = routes(_inbox(told(account=person(acct=acct))))
        (message,) = network.inbox(account(wire.url), cursor=None).messages
        assert message.author.handle == handle


def test_a_content_warning_stands_before_the_words(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(_inbox(told(2, spoiler_text="Accident"), told(1, spoiler_text="Seul", content="")))
    messages = network.inbox(account(wire.url), cursor=None).messages
    assert {message.text for message in messages} == {"Accident\n\nBonjour", "Seul"}


def test_what_is_no_mention_or_our_own_is_not_told(wire: Wire, network: Mastodon) -> None:
    items = [
        told(4, kind="favourite"),
        {"id": "3", "type": "follow", "created_at": _ago(), "account": person()},
        told(2, account=person(42)),
        {**told(1), "status": None},
    ]
    wire.handler = routes(_inbox(*items))
    assert network.inbox(account(wire.url), cursor=None).messages == []


@pytest.mark.parametrize(
    "fields",
    [
        {"content": 7, "spoiler_text": [], "language": 7, "media_attachments": "x", "url": 7, "uri": {}},
        {"content": "x\ud800\x00", "created_at": "hier", "edited_at": 7, "url": "javascript:alert(1)"},
        {"content": "<p>" + "é" * 200_000, "created_at": None},
        {"content": "<a " * 30_000, "account": person(display_name=None, avatar="x", followers_count="many")},
    ],
)
def test_a_status_of_wrong_types_closes_no_inbox(wire: Wire, network: Mastodon, fields: dict[str, object]) -> None:
    wire.handler = routes(_inbox(told(2, **fields), told(1)))
    messages = network.inbox(account(wire.url), cursor=None).messages
    assert {message.remote_id for message in messages} == {"101", "102"}
    odd = next(message for message in messages if message.remote_id == "102")
    odd.text.encode()
    assert len(odd.text) <= TEXT_MAX
    assert odd.written_at <= datetime.now(UTC)


def test_a_time_in_the_future_is_now(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(_inbox(told(created_at=_ago(days=-9), at=_ago(days=-9))))
    batch = network.inbox(account(wire.url), cursor=None)
    assert batch.messages[0].written_at <= datetime.now(UTC)
    wire.handler = routes(_inbox(told(2), told(1, created_at=_ago(days=-9), at=_ago(days=-9))))
    assert [message.remote_id for message in network.inbox(account(wire.url), cursor=batch.cursor).messages] == ["102"]


class Feed:
    def __init__(self, count: int, *, ignores_types: bool = False) -> None:
        start = datetime.now(UTC) - timedelta(seconds=count)
        self.items = []
        for number in range(1, count + 1):
            kind = "favourite" if ignores_types and number % 3 else "mention"
            at = (start + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
            self.items.append(told(number, kind=kind, at=at))
        self.items.reverse()

    def __call__(self, request: Request) -> bytes:
        before = int(request.query.get("max_id", 10**9))
        page = [item for item in self.items if int(str(item["id"])) < before][: int(request.query["limit"])]
        return answer(200, page)


@pytest.mark.parametrize("ignores_types", [False, True])
def test_a_backlog_of_many_pages_is_told_whole(wire: Wire, network: Mastodon, ignores_types: bool) -> None:
    wire.handler = routes(_inbox())
    cursor = network.inbox(account(wire.url), cursor=None).cursor
    feed = Feed(130, ignores_types=ignores_types)
    wire.handler = routes({INBOX: feed})
    found: list[str] = []
    for _ in range(100):
        batch = network.inbox(account(wire.url), cursor=cursor, limit=20)
        found += [message.remote_id for message in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    expected = [str(100 + int(str(item["id"]))) for item in feed.items if item["type"] == "mention"]
    assert sorted(found) == sorted(expected)
    assert not batch.more


# ---------------------------------------------------------------- search


def test_a_search_finds_statuses_and_looks_nobody_up(wire: Wire, network: Mastodon) -> None:
    found = [
        status(103, content="<p>Le pont</p>"),
        status(102, account=person(42)),
        status(101, reblog=status(90)),
        status(100, visibility="unlisted", in_reply_to_id="90"),
    ]
    wire.handler = routes({SEARCH: answer(200, {"accounts": [], "statuses": found, "hashtags": []})})
    batch = network.search(account(wire.url), "pont & route", cursor=None, limit=500)
    assert sorted((message.remote_id, message.kind) for message in batch.messages) == [
        ("100", "keyword"),
        ("103", "keyword"),
    ]
    assert wire.requests[0].query == {"q": "pont & route", "type": "statuses", "resolve": "false", "limit": "40"}
    assert network.search(account(wire.url), "pont & route", cursor=batch.cursor).messages == []


def test_an_edited_status_is_told_again_by_a_search(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes({SEARCH: answer(200, {"statuses": [status()]})})
    cursor = network.search(account(wire.url), "pont", cursor=None).cursor
    edited = status(content="<p>Corrigé</p>", edited_at=_ago())
    wire.handler = routes({SEARCH: answer(200, {"statuses": [edited]})})
    (message,) = network.search(account(wire.url), "pont", cursor=cursor).messages
    assert (message.remote_id, message.text) == ("100", "Corrigé")


def test_a_search_goes_on_by_offset(wire: Wire, network: Mastodon) -> None:
    def pages(request: Request) -> bytes:
        offset, limit = int(request.query.get("offset", 0)), int(request.query["limit"])
        return answer(200, {"statuses": [status(200 - n) for n in range(25)][offset : offset + limit]})

    wire.handler = routes({SEARCH: answer(200, {"statuses": []})})
    cursor = network.search(account(wire.url), "pont", cursor=None).cursor
    wire.handler = routes({SEARCH: pages})
    found: list[str] = []
    for _ in range(10):
        batch = network.search(account(wire.url), "pont", cursor=cursor, limit=10)
        found += [message.remote_id for message in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(found) == [str(n) for n in range(176, 201)]


# ---------------------------------------------------------------- threads


def test_what_stands_above_begins_with_the_threads_first(wire: Wire, network: Mastodon) -> None:
    above = [status(90), status(91, in_reply_to_id="90")]
    wire.handler = routes({f"{STATUSES}/a%2Fb/context": answer(200, {"ancestors": above, "descendants": []})})
    got = network.thread(account(wire.url), "a/b")
    assert [(message.remote_id, message.kind, message.root) for message in got] == [
        ("90", "mention", None),
        ("91", "reply", "90"),
    ]


@pytest.mark.parametrize("reply", [_error(404), _error(410), answer(200, {"ancestors": []})])
def test_nothing_above_is_an_empty_thread(wire: Wire, network: Mastodon, reply: bytes) -> None:
    wire.handler = lambda request: reply
    assert list(network.thread(account(wire.url), "100")) == []


# ---------------------------------------------------------------- figures

COUNTS = {"favourites_count": 3, "reblogs_count": 2, "replies_count": 1}


def test_many_figures_in_one_request_and_what_is_missing_is_asked_for_alone(wire: Wire, network: Mastodon) -> None:
    several = answer(200, [status(102, **COUNTS, quotes_count=4), status(100, **COUNTS)])
    wire.handler = routes({STATUSES: several, f"{STATUSES}/101": answer(200, status(101, favourites_count=0))})
    got = network.post_metrics(account(wire.url), ["100", "101", "102", "103"])
    assert list(got) == [
        PostMetrics("100", likes=3, shares=2, replies=1),
        PostMetrics("101", likes=0),
        PostMetrics("102", likes=3, shares=2, replies=1, quotes=4),
        PostMetrics("103", gone=True),
    ]
    assert parse_qsl(urlsplit(wire.requests[0].target).query) == [("id[]", str(n)) for n in range(100, 104)]
    assert wire.paths() == [STATUSES, f"{STATUSES}/101", f"{STATUSES}/103"]


@pytest.mark.parametrize("older", [_error(404), _error(405), _error(422), answer(200, {"x": 1}), answer(200, [])])
def test_an_older_server_is_asked_one_by_one(wire: Wire, network: Mastodon, older: bytes) -> None:
    wire.handler = routes(
        {
            STATUSES: older,
            f"{STATUSES}/100": answer(200, status(100, **COUNTS)),
            f"{STATUSES}/101": _error(410),
        }
    )
    got = network.post_metrics(account(wire.url), ["100", "101"])
    assert list(got) == [PostMetrics("100", likes=3, shares=2, replies=1), PostMetrics("101", gone=True)]


def test_what_is_counted_of_the_profile(wire: Wire, network: Mastodon) -> None:
    counts = person(42, followers_count=-1, following_count=3, statuses_count=5)
    wire.handler = routes({"/api/v1/accounts/42": answer(200, counts)})
    assert network.profile_metrics(account(wire.url)) == ProfileMetrics(None, 3, 5)


def test_the_reads_keep_to_the_published_schema(wire: Wire, network: Mastodon) -> None:
    document = json.loads((specs() / "mastodon-openapi.json").read_text())

    def known(path: str) -> set[str]:
        return {p["name"] for p in document["paths"][path]["get"].get("parameters", []) if p["in"] == "query"}

    wire.handler = routes({INBOX: Feed(60), SEARCH: answer(200, {"statuses": [status()]}), STATUSES: answer(200, [])})
    who = account(wire.url)
    cursor = network.inbox(who, cursor=None, limit=5).cursor
    for _ in range(4):
        cursor = network.inbox(who, cursor=cursor, limit=5).cursor
    network.search(who, "pont", cursor=None)
    network.post_metrics(who, ["1", "2"])
    for request in wire.requests:
        if request.path in (INBOX, SEARCH, STATUSES):
            names = {name.removesuffix("[]") for name in request.query}
            assert names <= {name.removesuffix("[]") for name in known(request.path)}, request.target
    assert any("max_id" in request.query for request in wire.requests)
    for path in ("/api/v1/statuses/{id}", "/api/v1/statuses/{id}/context", "/api/v1/accounts/{id}"):
        assert "get" in document["paths"][path]
