"""What reaches an account on X, in both of X's vocabularies, whatever it answers; each question against its
specification."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.networks.contract import NotPermitted, NotUnderstood, PostMetrics, Unavailable
from chalicelib.networks.transport import Transport
from chalicelib.networks.x import X
from tests.unit.networks.material import account
from tests.unit.networks.test_x import APP, ME, problem, within
from tests.unit.networks.wire import Request, Wire, answer

MENTIONS = f"/2/users/{ME}/mentions"
ALICE = {"id": "77", "username": "alice", "name": "Alice\u202e", "public_metrics": {"followers_count": 12}}
RESTING = '{"parts": [null, null], "not_before": "2999-01-01T00:00:00+00:00"}'
"""The beginning of a reading of the public part alone."""
EMPTY = answer(200, {"meta": {"result_count": 0}})


@pytest.fixture
def network(transport: Transport) -> X:
    return X(transport, lambda: APP)


def post(post_id: str, text: str = "Bonjour", minutes: float = 0, **more: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"id": post_id, "text": text, "author_id": "77", "created_at": at, "conversation_id": post_id, **more}


def page(*posts: dict[str, Any], token: str | None = None, **includes: Any) -> bytes:
    meta = {"result_count": len(posts), **({"next_token": token} if token else {})}
    return answer(200, {"data": list(posts), "includes": {"users": [ALICE], **includes}, "meta": meta})


def test_messages_in_the_specifications_words(wire: Wire, network: X) -> None:
    reply = post(
        "9", "@mairie Jusqu&#39;à quand &lt;ici&gt; ? https://t.co/1", conversation_id="5", lang="fr",
        referenced_posts=[{"type": "replied_to", "id": "7"}],
        entities={"urls": [{"url": "https://t.co/1", "expanded_url": "https://ville.example/a"}]},
        attachments={"media_keys": ["3_1", "3_2"]},
    )  # fmt: skip
    photo = {"media_key": "3_1", "type": "photo", "url": "https://pbs.example/1.jpg", "alt_text": "Le pont"}
    wire.handler = lambda request: page(
        reply, media=[photo, {"media_key": "3_2", "type": "photo", "url": "javascript:1"}]
    )
    (message,) = network.inbox(account(wire.url, ME), cursor=RESTING).messages
    assert (message.kind, message.parent, message.root) == ("reply", "7", "5")
    assert message.text == "@mairie Jusqu'à quand <ici> ? https://ville.example/a"
    assert (message.author.remote_id, message.author.handle, message.author.followers) == ("77", "alice", 12)
    assert message.url == "https://x.com/alice/status/9"
    assert message.language == "fr"
    assert [(each.kind, each.url, each.alt) for each in message.media] == [
        ("image", "https://pbs.example/1.jpg", "Le pont")
    ]
    within(wire.requests[0])


def test_messages_in_the_guides_words(wire: Wire, network: X) -> None:
    def guides(request: Request) -> bytes:
        if "post.fields" in request.query:
            return problem(400, "invalid-request", errors=[{"parameters": {"post.fields": ["x"]}}])
        return page(post("9", referenced_tweets=[{"type": "quoted", "id": "7"}], note_tweet={"text": "Plus long"}))

    wire.handler = guides
    (message,) = network.inbox(account(wire.url, ME), cursor=RESTING).messages
    assert (message.kind, message.parent, message.text) == ("quote", None, "Plus long")
    assert len(wire.requests) == 2
    network.inbox(account(wire.url, ME), cursor=RESTING)
    assert len(wire.requests) == 3, "which words it understands is remembered"
    assert "tweet.fields" in wire.requests[2].query


def test_a_question_refused_in_both_vocabularies_is_refused(wire: Wire, network: X) -> None:
    wire.handler = lambda request: problem(400, "invalid-request")
    with pytest.raises(NotUnderstood):
        network.search(account(wire.url, ME), "pont (", cursor=None)
    assert len(wire.requests) == 2


def test_what_we_wrote_ourselves_is_not_told(wire: Wire, network: X) -> None:
    wire.handler = lambda request: page(post("9"), {**post("8"), "author_id": ME})
    assert [each.remote_id for each in network.inbox(account(wire.url, ME), cursor=RESTING).messages] == ["9"]


def test_a_second_reading_asks_from_where_the_first_ended(wire: Wire, network: X) -> None:
    wire.handler = lambda request: page(post("9", minutes=30))
    cursor = network.inbox(account(wire.url, ME), cursor=RESTING).cursor
    assert "start_time" not in wire.requests[0].query
    batch = network.inbox(account(wire.url, ME), cursor=cursor)
    assert list(batch.messages) == []
    since = datetime.fromisoformat(wire.requests[1].query["start_time"])
    assert timedelta(minutes=39) < datetime.now(UTC) - since < timedelta(minutes=42)
    within(wire.requests[1])


def test_pages_are_turned_by_their_token(wire: Wire, network: X) -> None:
    wire.handler = lambda request: EMPTY
    cursor = network.inbox(account(wire.url, ME), cursor=RESTING).cursor
    wire.handler = lambda request: (
        page(post("8", minutes=-1)) if "pagination_token" in request.query else page(post("9", minutes=-1), token="t1")
    )
    first = network.inbox(account(wire.url, ME), cursor=cursor, limit=5)
    assert first.more
    second = network.inbox(account(wire.url, ME), cursor=first.cursor, limit=5)
    assert [each.remote_id for each in (*first.messages, *second.messages)] == ["9", "8"]
    assert wire.requests[-1].query["pagination_token"] == "t1"
    within(wire.requests[-1])


def test_a_search_asks_for_what_others_say(wire: Wire, network: X) -> None:
    wire.handler = lambda request: page(post("9"))
    named = account(wire.url, ME)
    plain = type(named)("p1", wire.url, ME, "mairie", named.secrets)
    (message,) = network.search(plain, "pont fermé", cursor=None, limit=3).messages
    assert message.kind == "keyword"
    assert wire.requests[0].query["query"] == "(pont fermé) -from:mairie"
    assert wire.requests[0].query["max_results"] == "10"
    within(wire.requests[0])
    network.search(plain, "p" * 510, cursor=None)
    assert wire.requests[1].query["query"] == "p" * 510
    with pytest.raises(NotUnderstood, match="query_too_long"):
        network.search(plain, "p" * 513, cursor=None)


def test_a_thread_is_climbed_two_posts_a_request(wire: Wire, network: X) -> None:
    def above(post_id: str, parent: str | None) -> dict[str, Any]:
        more = {"referenced_posts": [{"type": "replied_to", "id": parent}]} if parent else {}
        return post(post_id, f"n° {post_id}", **more)

    chain = {"9": "8", "8": "7", "7": "6", "6": None}

    def one(request: Request) -> bytes:
        asked = request.path.rpartition("/")[2]
        parent = chain[asked]
        given = [above(parent, chain[parent])] if parent else []
        return answer(200, {"data": above(asked, parent), "includes": {"users": [ALICE], "posts": given}})

    wire.handler = one
    assert [each.remote_id for each in network.thread(account(wire.url, ME), "9")] == ["6", "7", "8"]
    assert wire.paths() == ["/2/tweets/9", "/2/tweets/7"]
    within(wire.requests[0])


def test_a_thread_in_a_circle_ends(wire: Wire, network: X) -> None:
    wire.handler = lambda request: answer(
        200, {"data": post(request.path.rpartition("/")[2], referenced_posts=[{"type": "replied_to", "id": "8"}])}
    )
    assert [each.remote_id for each in network.thread(account(wire.url, ME), "9")] == ["8"]


@pytest.mark.parametrize("gone", [problem(404), answer(200, {"errors": [{"type": "x/resource-not-found"}]})])
def test_nothing_stands_above_what_is_gone(wire: Wire, network: X, gone: bytes) -> None:
    wire.handler = lambda request: gone
    assert list(network.thread(account(wire.url, ME), "9")) == []
    assert list(network.thread(account(wire.url, ME), "at://other")) == []


def test_figures_in_both_vocabularies(wire: Wire, network: X) -> None:
    specified = {"like_count": 3, "repost_count": 2, "reply_count": 1, "quote_count": 4, "impression_count": 90}
    guided = {"like_count": 3, "retweet_count": 2, "reply_count": -1, "quote_count": "4"}
    missing = {"type": "https://api.x.com/2/problems/resource-not-found", "resource_id": "7", "value": "7"}
    closed = {"type": "https://api.x.com/2/problems/not-authorized-for-resource", "resource_id": "6"}
    found = [{"id": each, "text": "", "public_metrics": of} for each, of in (("9", specified), ("8", guided))]
    body = {"data": found, "errors": [missing, closed]}
    wire.handler = lambda request: answer(200, body)
    assert network.post_metrics(account(wire.url, ME), ["8", "9", "7", "6", "no id"]) == [
        PostMetrics("8", likes=3, shares=2),
        PostMetrics("9", likes=3, shares=2, replies=1, quotes=4, impressions=90),
        PostMetrics("7", gone=True),
        PostMetrics("6"),
        PostMetrics("no id", gone=True),
    ]
    assert wire.requests[0].query["ids"] == "8,9,7,6"
    within(wire.requests[0])


def test_a_profile_in_both_vocabularies(wire: Wire, network: X) -> None:
    for name in ("post_count", "tweet_count"):
        metrics = {"followers_count": 5, "following_count": 2, name: 7}
        user = {"data": {"id": ME, "username": "mairie", "name": "M", "public_metrics": metrics}}
        wire.handler = lambda request, user=user: answer(200, user)
        figures = network.profile_metrics(account(wire.url, ME))
        assert (figures.followers, figures.following, figures.posts) == (5, 2, 7)
    within(wire.requests[0])


NONSENSE: list[Any] = [
    {}, [], 7, {"data": 7}, {"data": [7, None], "meta": {}}, {"data": [{"id": 9}], "meta": {}}, {"meta": 7},
    {"data": [{"text": "no id"}]}, {"data": {"id": "9"}}, {"errors": [{}]},
]  # fmt: skip


@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
def test_what_is_not_xs_answer_is_not_understood(wire: Wire, network: X, body: Any) -> None:
    wire.handler = lambda request: answer(200, body)
    with pytest.raises(NotUnderstood):
        network.inbox(account(wire.url, ME), cursor=RESTING)


ODD: list[dict[str, Any]] = [
    {"text": None}, {"author_id": 7}, {"created_at": "yesterday"}, {"created_at": None}, {"lang": 7},
    {"conversation_id": []}, {"note_post": "x"}, {"text": "\ud800"}, {"public_metrics": 3},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_one_odd_post_closes_no_inbox(wire: Wire, network: X, odd: dict[str, Any]) -> None:
    wire.handler = lambda request: page({**post("9"), **odd}, {"id": None}, post("8"))
    told = network.inbox(account(wire.url, ME), cursor=RESTING).messages
    assert {"9", "8"} == {each.remote_id for each in told}
    for each in told:
        each.text.encode()
        assert each.written_at <= datetime.now(UTC)


def test_a_refusal_to_read_disconnects_nobody(wire: Wire, network: X) -> None:
    wire.handler = lambda request: problem(403)
    with pytest.raises(NotPermitted):
        network.inbox(account(wire.url, ME), cursor=RESTING)
    wire.handler = lambda request: problem(402, "credits")
    with pytest.raises(Unavailable) as raised:
        network.inbox(account(wire.url, ME), cursor=RESTING)
    assert raised.value.code == "credits_used_up"


# ---------------------------------------------------------------- private messages


def event(event_id: str, text: str = "Entre nous", minutes: float = 0, **more: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    said = {"id": event_id, "event_type": "MessageCreate", "text": text, "sender_id": "77", "created_at": at}
    return {**said, "dm_conversation_id": f"77-{ME}", **more}


def both(public: bytes, private: bytes) -> Any:
    return lambda request: private if request.path == "/2/dm_events" else public


def test_a_private_message_is_told_as_private_with_its_links(wire: Wire, network: X) -> None:
    link = {"url": "https://t.co/1", "expanded_url": "https://x.com/messages/media/8", "media_key": "3_1"}
    told = event("8", "C&#39;est ici https://t.co/1", entities={"urls": [link]})
    wire.handler = both(EMPTY, page(told, event("7", sender_id=ME)))
    (message,) = network.inbox(account(wire.url, ME), cursor=None).messages
    assert (message.kind, message.remote_id, message.parent, message.root) == ("private", "8", None, None)
    assert message.text == "C'est ici https://x.com/messages/media/8"
    assert (message.author.remote_id, message.author.handle) == ("77", "alice")
    assert message.native["dm_conversation_id"] == f"77-{ME}"
    asked = next(each for each in wire.requests if each.path == "/2/dm_events")
    assert asked.query["event_types"] == "MessageCreate"
    within(asked)


def test_private_messages_rest_between_two_readings(wire: Wire, network: X) -> None:
    wire.handler = both(EMPTY, page(event("8")))
    cursor = network.inbox(account(wire.url, ME), cursor=None).cursor
    network.inbox(account(wire.url, ME), cursor=cursor)
    assert wire.paths() == [MENTIONS, "/2/dm_events", MENTIONS]


def test_private_messages_are_paged_back_and_told_once(wire: Wire, transport: Transport) -> None:
    network = X(transport, lambda: APP, private_pace=timedelta(0))
    wire.handler = lambda request: EMPTY
    cursor = network.inbox(account(wire.url, ME), cursor=None).cursor
    older = page(event("7", minutes=-1))
    wire.handler = lambda request: (
        EMPTY
        if request.path == MENTIONS
        else older
        if "pagination_token" in request.query
        else page(event("8", minutes=-1), token="0000000000000008")
    )
    first = network.inbox(account(wire.url, ME), cursor=cursor, limit=5)
    assert first.more
    second = network.inbox(account(wire.url, ME), cursor=first.cursor, limit=5)
    third = network.inbox(account(wire.url, ME), cursor=second.cursor, limit=5)
    assert [each.remote_id for each in (*first.messages, *second.messages)] == ["8", "7"]
    assert list(third.messages) == []
    for request in wire.requests:
        within(request)


@pytest.mark.parametrize(
    "refusal", [problem(403), problem(401), problem(429), problem(402, "credits"), problem(400), answer(200, {})]
)
def test_an_account_connected_without_private_messages_is_read_without_them(
    wire: Wire, network: X, refusal: bytes
) -> None:
    wire.handler = both(page(post("9")), refusal)
    batch = network.inbox(account(wire.url, ME), cursor=None)
    assert [each.remote_id for each in batch.messages] == ["9"]
    asked = len(wire.requests)
    wire.handler = both(page(post("10", minutes=-1), post("9")), page(event("8")))
    later = network.inbox(account(wire.url, ME), cursor=batch.cursor)
    assert [each.remote_id for each in later.messages] == ["10"]
    assert len(wire.requests) == asked + 1, "it is left alone for a while"


def test_private_messages_are_told_while_mentions_cannot_be_read(wire: Wire, network: X) -> None:
    wire.handler = both(answer(503, {}), page(event("8")))
    batch = network.inbox(account(wire.url, ME), cursor=None)
    assert [each.remote_id for each in batch.messages] == ["8"]
    with pytest.raises(Unavailable):
        network.inbox(account(wire.url, ME), cursor=batch.cursor)


def test_private_messages_in_the_guides_words(wire: Wire, network: X) -> None:
    def guides(request: Request) -> bytes:
        if request.path == MENTIONS:
            return EMPTY if "tweet.fields" in request.query else problem(400, "invalid-request")
        return page(event("8")) if "sender_id" in request.query["dm_event.fields"] else problem(400, "invalid-request")

    wire.handler = guides
    (message,) = network.inbox(account(wire.url, ME), cursor=None).messages
    assert (message.remote_id, message.author.remote_id) == ("8", "77")


@pytest.mark.parametrize(
    "odd", [{"text": 7}, {"sender_id": None}, {"created_at": "x"}, {"entities": None}, {"text": "\ud800"}]
)
def test_one_odd_private_message_closes_no_inbox(wire: Wire, network: X, odd: dict[str, Any]) -> None:
    wire.handler = both(EMPTY, page({**event("8"), **odd}, {"id": None}, event("7")))
    assert {each.remote_id for each in network.inbox(account(wire.url, ME), cursor=None).messages} == {"7", "8"}
