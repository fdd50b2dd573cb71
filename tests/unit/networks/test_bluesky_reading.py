"""Bluesky's reading side: every row of its table, what is asked for, and what strangers' records may hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.networks.bluesky import Bluesky
from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    InboundMedia,
    NetworkError,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.inbound import TEXT_MAX
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import DID, account
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

OTHER = "did:plc:44ybard66vv44zksje25o7dz"
CID = "bafyreia6vyomlv7nmxteyoe7dr6q36jkl4fzeu7jp45buka5uqi72nwk3m"
OWN = f"at://{DID}/app.bsky.feed.post/3own"


@pytest.fixture
def network(transport: Transport) -> Bluesky:
    return Bluesky(transport)


def _uri(key: object, did: str = OTHER) -> str:
    return f"at://{did}/app.bsky.feed.post/{key}"


def _ago(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(key: object = "3aaa", *, reason: str = "mention", at: str | None = None, **record: object) -> dict[str, Any]:
    at = at or _ago(seconds=5)
    return {
        "uri": _uri(key),
        "cid": CID,
        "author": {
            "did": OTHER,
            "handle": "alice.example",
            "displayName": "Alice\n<b>",
            "avatar": "https://cdn.example/a.jpg",
        },
        "reason": reason,
        "record": {"$type": "app.bsky.feed.post", "text": "Bonjour", "createdAt": at, **record},
        "isRead": False,
        "indexedAt": at,
    }


def _error(status: int, name: str, **headers: str) -> bytes:
    return answer(status, {"error": name, "message": "because"}, headers)


def routes(**by_method: bytes | Callable[[Request], bytes]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = by_method.get(request.path.rpartition(".")[2], _error(501, "MethodNotImplemented"))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def notifications(*items: object, cursor: str | None = None) -> bytes:
    return answer(200, {"notifications": list(items), **({"cursor": cursor} if cursor else {})})


CALLS: dict[str, Callable[[Bluesky, Account], object]] = {
    "inbox": lambda network, who: network.inbox(who, cursor=None),
    "search": lambda network, who: network.search(who, "pont", cursor=None),
    "thread": lambda network, who: network.thread(who, _uri("3aaa")),
    "post_metrics": lambda network, who: network.post_metrics(who, [_uri("3aaa")]),
    "profile_metrics": lambda network, who: network.profile_metrics(who),
}

TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: application/json\r\n\r\n{"

READ_ROWS: list[tuple[bytes, type[NetworkError], str]] = [
    (HANG_UP, Unavailable, "connection_lost"),
    (
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\nContent-Type: application/json\r\n\r\n{",
        Unavailable,
        "connection_lost",
    ),
    (answer(200, b"<html>", kind="text/html"), NotUnderstood, "answer_not_json"),
    (answer(200, b'{"notifications": ['), NotUnderstood, "answer_malformed"),
    (answer(200, b"[" * 200_000), NotUnderstood, "answer_malformed"),
    (answer(200, []), NotUnderstood, "answer_unexpected"),
    (answer(200, {"notifications": {}, "posts": "x", "thread": [], "did": 7}), NotUnderstood, "answer_unexpected"),
    (answer(200, {"cursor": "x"}), NotUnderstood, "answer_unexpected"),
    (_error(400, "InvalidRequest"), NotUnderstood, "http_400"),
    (answer(302, headers={"Location": "http://127.0.0.1:1/"}), NetworkError, "redirect_refused"),
    (_error(400, "ExpiredToken"), CredentialsRefused, "token_expired"),
    (_error(401, "AuthMissing"), CredentialsRefused, "credentials_refused"),
    (_error(403, "Forbidden"), CredentialsRefused, "credentials_refused"),
    (_error(401, "AccountTakedown"), CredentialsRefused, "account_suspended"),
    (_error(501, "MethodNotImplemented"), NotUnderstood, "http_501"),
    (_error(408, "Timeout"), Unavailable, "http_408"),
    (_error(500, "InternalServerError"), Unavailable, "http_500"),
    (_error(502, "UpstreamFailure"), Unavailable, "http_502"),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("reply", "kind", "code"), READ_ROWS)
def test_the_answers_to_reading(
    wire: Wire, network: Bluesky, call: str, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(kind) as failure:
        CALLS[call](network, account(wire.url))
    assert failure.value.code == code
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize("call", CALLS)
def test_a_rate_limit_says_how_long(wire: Wire, network: Bluesky, call: str) -> None:
    wire.handler = lambda request: _error(429, "RateLimitExceeded", **{"Retry-After": "17"})
    with pytest.raises(Unavailable) as failure:
        CALLS[call](network, account(wire.url))
    assert (failure.value.code, failure.value.wait) == ("rate_limited", timedelta(seconds=17))


@pytest.mark.parametrize("call", CALLS)
def test_a_huge_answer_is_not_read_to_its_end(wire: Wire, call: str) -> None:
    network = Bluesky(Transport(allow_loopback=True, answer_bytes_max=50_000))
    wire.handler = lambda request: answer(200, {"notifications": [], "x": "y" * 100_000})
    with pytest.raises(Unavailable) as failure:
        CALLS[call](network, account(wire.url))
    assert failure.value.code == "answer_too_large"


# ---------------------------------------------------------------- the inbox


def test_a_mention_with_all_that_it_says(wire: Wire, network: Bluesky) -> None:
    root, parent = _uri("3root", DID), _uri("3parent")
    strong = {"root": {"uri": root, "cid": CID}, "parent": {"uri": parent, "cid": CID}}
    text = "Été 🎉 <script>alert(1)</script> \u202egauche"
    item = told(reason="reply", text=text, langs=["fr-CA", "en"], reply=strong)
    wire.handler = routes(listNotifications=notifications(item))
    batch = network.inbox(account(wire.url), cursor=None, limit=7)
    (message,) = batch.messages
    assert message.text == text
    assert (message.remote_id, message.kind, message.revision) == (_uri("3aaa"), "reply", CID)
    assert (message.parent, message.root, message.language) == (parent, root, "fr-CA")
    assert (message.author.remote_id, message.author.handle) == (OTHER, "alice.example")
    assert message.author.name == "Alice <b>"
    assert message.author.avatar_url == "https://cdn.example/a.jpg"
    assert message.author.followers is None
    assert message.url is None, "a server on this machine is not the public network"
    assert not batch.more
    (request,) = wire.requests
    assert request.headers["authorization"] == "Bearer access-s3cret"
    assert request.target.count("reasons=") == 3
    assert all(f"reasons={reason}" in request.target for reason in ("mention", "reply", "quote"))
    assert request.query["limit"] == "7"
    assert "cursor" not in request.query


_FRESH, _AHEAD, _NOW = {"seconds": 5}, {"days": -9}, dict[str, float]()


@pytest.mark.parametrize(
    ("created", "indexed", "expected"),
    [
        (_AHEAD, _FRESH, _FRESH),
        ({"hours": 1}, _FRESH, {"hours": 1}),
        (_AHEAD, _AHEAD, _NOW),
        ("hier", _FRESH, _FRESH),
        (7, None, _NOW),
        ("0001-01-01T00:00:00+14:00", _FRESH, _FRESH),
    ],
    ids=["ahead", "behind", "both ahead", "no date", "no dates", "before all"],
)
def test_a_clock_that_lies_puts_nothing_into_the_future(
    wire: Wire, network: Bluesky, created: object, indexed: object, expected: dict[str, float]
) -> None:
    """A dict says how long ago, from when the test runs."""

    def at(when: object) -> object:
        return _ago(**when) if isinstance(when, dict) else when

    item = {**told(createdAt=at(created)), "indexedAt": at(indexed)}
    wire.handler = routes(listNotifications=notifications(item))
    (message,) = network.inbox(account(wire.url), cursor=None).messages
    assert message.written_at <= datetime.now(UTC)
    assert abs(message.written_at - datetime.fromisoformat(_ago(**expected))) < timedelta(seconds=30)


def test_likes_follows_and_our_own_posts_are_not_told(wire: Wire, network: Bluesky) -> None:
    own = told("3own")
    own["author"]["did"] = DID
    like = {**told("3like", reason="like"), "uri": f"at://{OTHER}/app.bsky.feed.like/3like"}
    odd = {**told("3odd"), "uri": f"at://{OTHER}/app.bsky.graph.list/3odd"}
    wire.handler = routes(listNotifications=notifications(own, like, odd, told("3new", reason="subscribed-post")))
    assert network.inbox(account(wire.url), cursor=None).messages == []


@pytest.mark.parametrize("order", [("mention", "reply"), ("reply", "mention")])
def test_one_post_for_two_reasons_is_told_once(wire: Wire, network: Bluesky, order: tuple[str, str]) -> None:
    at = _ago(seconds=9)
    wire.handler = routes(listNotifications=notifications(*(told("3a", reason=reason, at=at) for reason in order)))
    (message,) = network.inbox(account(wire.url), cursor=None).messages
    assert message.kind == "reply"


@pytest.mark.parametrize(
    "record",
    [
        {"text": 7, "langs": "fr", "reply": [], "embed": "x"},
        {"text": None, "langs": [7], "reply": {"parent": "x", "root": {"uri": 7}}, "embed": {"images": {}}},
        {"text": "x\ud800\x00", "reply": {"parent": {"uri": "javascript:alert(1)"}, "root": None}},
        {"text": "é" * 100_000, "embed": {"record": {"uri": "at://x"}}},
    ],
)
def test_a_record_that_somebody_made_up_closes_no_inbox(
    wire: Wire, network: Bluesky, record: dict[str, object]
) -> None:
    wire.handler = routes(
        listNotifications=notifications(told("3made", **record), told("3good")), getPosts=answer(200, {"posts": []})
    )
    messages = network.inbox(account(wire.url), cursor=None).messages
    assert {message.remote_id for message in messages} == {_uri("3made"), _uri("3good")}
    made_up = next(message for message in messages if message.remote_id == _uri("3made"))
    made_up.text.encode()
    assert len(made_up.text) <= TEXT_MAX
    assert (made_up.parent, made_up.root, made_up.language) == (None, None, None)


def test_one_item_that_cannot_be_read_is_passed_over_and_a_list_of_them_is_not(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(listNotifications=notifications({"uri": 7}, "x", None, told("3good")))
    assert len(network.inbox(account(wire.url), cursor=None).messages) == 1
    wire.handler = routes(listNotifications=notifications({"uri": 7}, "x", None))
    with pytest.raises(NotUnderstood):
        network.inbox(account(wire.url), cursor=None)


def test_images_come_with_their_description_from_the_post_as_it_is_shown(wire: Wire, network: Bluesky) -> None:
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "Un trou", "image": {"ref": {"$link": CID}}}]}
    shown = [
        {"fullsize": "https://cdn.example/1.jpg", "thumb": "x", "alt": "Un trou"},
        {"fullsize": "javascript:alert(1)", "alt": ""},
        "x",
    ]
    view = {**told("3img"), "embed": {"$type": "app.bsky.embed.recordWithMedia#view", "media": {"images": shown}}}
    wire.handler = routes(
        listNotifications=notifications(told("3img", embed=embed), told("3text")),
        getPosts=answer(200, {"posts": [view]}),
    )
    by_id = {message.remote_id: message for message in network.inbox(account(wire.url), cursor=None).messages}
    assert by_id[_uri("3img")].media == [InboundMedia("image", "https://cdn.example/1.jpg", "Un trou")]
    assert list(by_id[_uri("3text")].media) == []
    assert wire.requests[-1].query == {"uris": _uri("3img")}


@pytest.mark.parametrize("reply", [answer(400, {"error": "InvalidRequest"}), answer(200, {"posts": [7]})])
def test_files_that_cannot_be_looked_up_keep_no_words_back(wire: Wire, network: Bluesky, reply: bytes) -> None:
    wire.handler = routes(listNotifications=notifications(told(embed={"video": {}})), getPosts=reply)
    (message,) = network.inbox(account(wire.url), cursor=None).messages
    assert list(message.media) == []


def test_a_quote_names_what_it_quotes(wire: Wire, network: Bluesky) -> None:
    for embed in ({"record": {"uri": OWN, "cid": CID}}, {"record": {"record": {"uri": OWN}}, "media": {}}):
        wire.handler = routes(
            listNotifications=notifications(told(reason="quote", embed=embed)), getPosts=answer(200, {"posts": []})
        )
        (message,) = network.inbox(account(wire.url), cursor=None).messages
        assert message.kind == "quote"
        assert message.native == {"uri": _uri("3aaa"), "cid": CID, "quotes": OWN}
        assert message.parent is None


class Feed:
    """A server with posts, whose cursors are times, exclusive, as the AppView's are."""

    def __init__(self, count: int, *, per_moment: int = 1) -> None:
        start = datetime.now(UTC) - timedelta(seconds=count)
        self.items = []
        for number in range(count):
            at = start + timedelta(milliseconds=100 * (number // per_moment))
            self.items.append(told(f"3k{number:04}", at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z")))
        self.items.reverse()

    def __call__(self, request: Request) -> bytes:
        limit, cursor = int(request.query["limit"]), request.query.get("cursor")
        rest = [item for item in self.items if cursor is None or item["indexedAt"] < cursor]
        page = rest[:limit]
        return notifications(*page, cursor=page[-1]["indexedAt"] if len(rest) > limit else None)


def _all(network: Bluesky, who: Account, cursor: str | None, limit: int) -> list[str]:
    found: list[str] = []
    for _ in range(300):
        batch = network.inbox(who, cursor=cursor, limit=limit)
        assert len(batch.messages) <= limit
        found += [message.remote_id for message in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            return found
    raise AssertionError("it never ends")


@pytest.mark.parametrize(("count", "per_moment", "limit"), [(47, 1, 10), (47, 3, 10), (30, 6, 7), (9, 9, 10)])
def test_a_backlog_of_many_pages_is_told_whole(
    wire: Wire, network: Bluesky, count: int, per_moment: int, limit: int
) -> None:
    wire.handler = routes(listNotifications=notifications())
    cursor = network.inbox(account(wire.url), cursor=None).cursor
    wire.handler = routes(listNotifications=Feed(count, per_moment=per_moment))
    assert sorted(_all(network, account(wire.url), cursor, limit)) == [_uri(f"3k{n:04}") for n in range(count)]


def test_more_in_one_moment_than_a_page_holds_ends_all_the_same(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(listNotifications=notifications())
    cursor = network.inbox(account(wire.url), cursor=None).cursor
    wire.handler = routes(listNotifications=Feed(30, per_moment=15))
    assert len(_all(network, account(wire.url), cursor, 5)) >= 10


# ---------------------------------------------------------------- search


def test_a_search_asks_for_the_latest_since_the_last_and_tells_nothing_of_our_own(wire: Wire, network: Bluesky) -> None:
    own = told("3own")
    own["author"]["did"] = DID
    wire.handler = routes(searchPosts=answer(200, {"posts": [told("3a", text="Le pont"), own], "hitsTotal": 2}))
    batch = network.search(account(wire.url), "pont & route", cursor=None, limit=500)
    assert [(message.remote_id, message.kind) for message in batch.messages] == [(_uri("3a"), "keyword")]
    assert wire.requests[0].query == {"q": "pont & route", "sort": "latest", "limit": "100"}
    again = network.search(account(wire.url), "pont & route", cursor=batch.cursor)
    assert again.messages == []
    since = datetime.fromisoformat(wire.requests[1].query["since"])
    assert timedelta(minutes=9) < datetime.now(UTC) - since < timedelta(minutes=12)


# ---------------------------------------------------------------- threads


def _post(key: object, **more: object) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": told(key, text=str(key)), **more}


def test_what_stands_above_begins_with_the_threads_first(wire: Wire, network: Bluesky) -> None:
    reply = {"parent": {"uri": _uri("3root")}, "root": {"uri": _uri("3root")}}
    middle = {"post": told("3middle", reply=reply), "parent": _post("3root")}
    wire.handler = routes(getPostThread=answer(200, {"thread": _post("3leaf", parent=middle)}))
    above = network.thread(account(wire.url), _uri("3leaf"))
    assert [(message.remote_id, message.kind) for message in above] == [
        (_uri("3root"), "mention"),
        (_uri("3middle"), "reply"),
    ]
    assert wire.requests[0].query == {"uri": _uri("3leaf"), "depth": "0", "parentHeight": "80"}


@pytest.mark.parametrize(
    "thread",
    [
        _post("3leaf"),
        _post("3leaf", parent={"uri": _uri("3gone"), "notFound": True}),
        _post("3leaf", parent={"uri": _uri("3x"), "blocked": True, "author": {"did": OTHER}}),
        _post("3leaf", parent={"post": {"uri": 7}}),
        _post("3leaf", parent="x"),
        {"uri": _uri("3leaf"), "notFound": True},
    ],
)
def test_nothing_above_is_an_empty_thread(wire: Wire, network: Bluesky, thread: object) -> None:
    wire.handler = routes(getPostThread=answer(200, {"thread": thread}))
    assert list(network.thread(account(wire.url), _uri("3leaf"))) == []


def test_a_message_that_is_gone_or_none_has_an_empty_thread(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(getPostThread=_error(400, "NotFound"))
    assert list(network.thread(account(wire.url), _uri("3leaf"))) == []
    wire.requests.clear()
    for nothing in ("", "7", "at://", f"at://{OTHER}/app.bsky.graph.list/3", "https://bsky.app/x"):
        assert list(network.thread(account(wire.url), nothing)) == []
    assert wire.requests == []


def test_a_thread_without_end_ends(wire: Wire, network: Bluesky) -> None:
    deep: dict[str, Any] = _post("3top")
    for number in range(200):
        deep = _post(f"3n{number}", parent=deep)
    wire.handler = routes(getPostThread=answer(200, {"thread": deep}))
    assert len(network.thread(account(wire.url), _uri("3leaf"))) == 80


# ---------------------------------------------------------------- figures


def test_figures_in_the_order_asked_for_in_groups_of_25(wire: Wire, network: Bluesky) -> None:
    def posts(request: Request) -> bytes:
        asked = [value for name, value in _pairs(request) if name == "uris"]
        assert len(asked) <= 25
        counts = {"likeCount": 3, "repostCount": 2, "replyCount": 1, "quoteCount": 0}
        return answer(200, {"posts": [{**told("x"), "uri": uri, **counts} for uri in reversed(asked)]})

    wire.handler = routes(getPosts=posts)
    uris = [_uri(f"3n{number}") for number in range(40)]
    got = network.post_metrics(account(wire.url), [*uris, uris[0]])
    assert [figures.remote_id for figures in got] == [*uris, uris[0]]
    assert got[0] == PostMetrics(uris[0], likes=3, shares=2, replies=1, quotes=0)
    assert len(wire.requests) == 2


def _pairs(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.target).query)


@pytest.mark.parametrize(
    ("record", "gone"),
    [
        (answer(200, {"uri": OWN, "cid": CID, "value": {}}), False),
        (_error(400, "RecordNotFound"), True),
        (_error(400, "InvalidRequest"), True),
        (_error(404, "NotFound"), True),
    ],
)
def test_only_the_repository_says_that_a_post_is_gone(wire: Wire, network: Bluesky, record: bytes, gone: bool) -> None:
    wire.handler = routes(getPosts=answer(200, {"posts": []}), getRecord=record)
    assert network.post_metrics(account(wire.url), [OWN]) == [PostMetrics(OWN, gone=gone)]


@pytest.mark.parametrize(
    ("record", "kind"), [(_error(502, "x"), Unavailable), (_error(401, "AuthMissing"), CredentialsRefused)]
)
def test_a_repository_that_does_not_answer_says_nothing(
    wire: Wire, network: Bluesky, record: bytes, kind: type[NetworkError]
) -> None:
    wire.handler = routes(getPosts=answer(200, {"posts": []}), getRecord=record)
    with pytest.raises(kind):
        network.post_metrics(account(wire.url), [OWN])


def test_what_is_no_id_of_this_network_is_gone_without_asking(wire: Wire, network: Bluesky) -> None:
    assert network.post_metrics(account(wire.url), ["7", ""]) == [
        PostMetrics("7", gone=True),
        PostMetrics("", gone=True),
    ]
    assert network.post_metrics(account(wire.url), []) == []
    assert wire.requests == []


def test_counts_that_are_none_are_not_zero(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(getPosts=answer(200, {"posts": [{**told(), "likeCount": "7", "replyCount": -1}]}))
    assert network.post_metrics(account(wire.url), [_uri("3aaa")]) == [PostMetrics(_uri("3aaa"))]


def test_what_is_counted_of_the_profile(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(getProfile=answer(200, {"did": DID, "followersCount": 7, "postsCount": 0}))
    assert network.profile_metrics(account(wire.url)) == ProfileMetrics(7, None, 0)
    assert wire.requests[0].query == {"actor": DID}
