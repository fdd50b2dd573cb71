"""Facebook: every row of its table, images, comments, looking for one's own posts, reading, connecting; and each
request against Meta's own specification."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.networks.contract import (
    AddressRefused,
    CredentialsRefused,
    Halted,
    LinkCard,
    NetworkError,
    NotUnderstood,
    OutcomeUnknown,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.facebook import PERMISSIONS, Facebook
from chalicelib.networks.graph import VERSION
from chalicelib.networks.pushes import parse_push
from chalicelib.networks.transport import Transport
from infra.local.practice import graph_fields
from tests.fakes.pushes import comment, push
from tests.unit.networks.material import AT, SECRETS, account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

PAGE = "123"
FEED = f"/{VERSION}/{PAGE}/feed"
PHOTOS = f"/{VERSION}/{PAGE}/photos"
PUBLISHED_POSTS = f"/{VERSION}/{PAGE}/published_posts"
POSTED = answer(200, {"id": "123_9"})


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> Facebook:
    return Facebook(transport)


def error(code: int, status: int = 400, subcode: int | None = None, headers: Any = None, **more: Any) -> bytes:
    said: dict[str, Any] = {"message": "because", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        said["error_subcode"] = subcode
    return answer(status, {"error": said}, headers)


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(request.path, error(100, subcode=33))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def usage(minutes: float) -> dict[str, str]:
    row = {"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}
    return {"X-Business-Use-Case-Usage": json.dumps({PAGE: [row]})}


FIVE = timedelta(minutes=5)
SOON = timedelta(seconds=15)
HTML = answer(502, b"<html>", kind="text/html")

# answer, the post's outcome, an image's, what reading raises
ROWS: list[tuple[bytes, object, object, type[NetworkError], str]] = [
    (HANG_UP, OutcomeUnknown("connection_lost"), RetryAfter(SOON, "connection_lost"), Unavailable, "connection_lost"),
    *(
        (error(code), RetryAfter(FIVE, "rate_limited"), RetryAfter(FIVE, "rate_limited"), Unavailable, "rate_limited")
        for code in (4, 17, 32, 341, 613, 80001)
    ),
    (
        error(32, headers=usage(7)),
        RetryAfter(timedelta(minutes=7), "rate_limited"),
        RetryAfter(timedelta(minutes=7), "rate_limited"),
        Unavailable,
        "rate_limited",
    ),
    (
        error(368),
        RetryAfter(timedelta(hours=1), "temporarily_blocked", "because"),
        RetryAfter(timedelta(hours=1), "temporarily_blocked", "pont.png: because"),
        Unavailable,
        "temporarily_blocked",
    ),
    *(
        (
            error(code, 401, subcode),
            Reauthorise("credentials_refused", "because"),
            Reauthorise("credentials_refused", "pont.png: because"),
            CredentialsRefused,
            "credentials_refused",
        )
        for code, subcode in ((190, 463), (190, None), (102, None), (467, None))
    ),
    *(
        (
            error(code, 403),
            Reauthorise("forbidden", "because"),
            Reauthorise("forbidden", "pont.png: because"),
            CredentialsRefused,
            "forbidden",
        )
        for code in (3, 10, 200, 299)
    ),
    (
        error(2, 500),
        OutcomeUnknown("error_2"),
        RetryAfter(SOON, "error_2", "pont.png"),
        Unavailable,
        "error_2",
    ),
    (error(1), OutcomeUnknown("error_1"), RetryAfter(SOON, "error_1", "pont.png"), Unavailable, "error_1"),
    (
        error(100, is_transient=True),
        OutcomeUnknown("error_100"),
        RetryAfter(SOON, "error_100", "pont.png"),
        Unavailable,
        "error_100",
    ),
    (
        error(100, 500),
        OutcomeUnknown("error_100"),
        RetryAfter(SOON, "error_100", "pont.png"),
        NotUnderstood,
        "error_100",
    ),
    (
        error(100),
        Rejected("content_refused", "because"),
        Rejected("media_refused", "pont.png: because"),
        NotUnderstood,
        "error_100",
    ),
    (
        error(100, subcode=33),
        Rejected("content_refused", "because"),
        Rejected("media_refused", "pont.png: because"),
        NotUnderstood,
        "gone",
    ),
    (
        error(1500),
        Rejected("content_refused", "because"),
        Rejected("media_refused", "pont.png: because"),
        NotUnderstood,
        "error_1500",
    ),
    (
        error(987_654),
        OutcomeUnknown("error_987654"),
        RetryAfter(SOON, "error_987654", "pont.png"),
        Unavailable,
        "error_987654",
    ),
    (
        answer(302, headers={"Location": "/x"}),
        RetryAfter(FIVE, "redirect_refused"),
        RetryAfter(FIVE, "redirect_refused"),
        NotUnderstood,
        "redirect_loop",
    ),
    (
        answer(401),
        Reauthorise("credentials_refused"),
        Reauthorise("credentials_refused"),
        CredentialsRefused,
        "credentials_refused",
    ),
    (answer(403), Reauthorise("forbidden"), Reauthorise("forbidden"), CredentialsRefused, "forbidden"),
    (
        answer(404, b"<html>", kind="text/html"),
        RetryAfter(FIVE, "server_not_understood"),
        RetryAfter(FIVE, "server_not_understood"),
        NotUnderstood,
        "http_404",
    ),
    (answer(429), RetryAfter(FIVE, "rate_limited"), RetryAfter(FIVE, "rate_limited"), Unavailable, "rate_limited"),
    (HTML, OutcomeUnknown("http_502"), RetryAfter(SOON, "http_502", "pont.png"), Unavailable, "http_502"),
    (
        answer(200, b"<html>", kind="text/html"),
        OutcomeUnknown("answer_unexpected"),
        RetryAfter(SOON, "answer_unexpected", "pont.png"),
        NotUnderstood,
        "answer_not_json",
    ),
    (
        answer(200, {"id": 7}),
        OutcomeUnknown("answer_unexpected"),
        RetryAfter(SOON, "answer_unexpected", "pont.png"),
        NotUnderstood,
        "answer_unexpected",
    ),
    (
        answer(200, {"error": {"code": 190, "message": "because"}}),
        Reauthorise("credentials_refused", "because"),
        Reauthorise("credentials_refused", "pont.png: because"),
        CredentialsRefused,
        "credentials_refused",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_a_post(wire: Wire, network: Facebook, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert network.publish(account(wire.url, PAGE), publication(), _open) == row[1]
    assert wire.paths() == [FEED], "one attempt, whatever the answer"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_an_image(wire: Wire, network: Facebook, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    outcome = network.publish(account(wire.url, PAGE), publication(media=(image(),)), _open)
    wanted = row[2]
    if isinstance(wanted, RetryAfter) and wanted.code == "connection_lost":
        wanted = RetryAfter(wanted.wait, wanted.code, "pont.png")
    assert outcome == wanted
    assert wire.paths() == [PHOTOS], "no post without its image"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_reading(wire: Wire, network: Facebook, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    with pytest.raises(row[3]) as raised:
        network.profile_metrics(account(wire.url, PAGE))
    assert raised.value.code == row[4]


def test_the_same_post_again_may_be_ours_and_is_looked_for(wire: Wire, network: Facebook) -> None:
    wire.handler = lambda request: error(506)
    assert network.publish(account(wire.url, PAGE), publication(), _open) == OutcomeUnknown("duplicate", "because")


@pytest.mark.parametrize("gone", [error(100, subcode=33), error(803, 404)])
def test_a_reply_to_what_is_gone(wire: Wire, network: Facebook, gone: bytes) -> None:
    wire.handler = lambda request: gone
    outcome = network.publish(account(wire.url, PAGE), publication(reply_to="9_1"), _open)
    assert outcome == Rejected("reply_target_gone", "because")


@pytest.mark.parametrize("header", ["", "no json", "[]", '{"123": 7}', '{"123": [7]}', '{"a":' * 3000, "[" * 9000])
def test_a_usage_header_that_cannot_be_read_leaves_the_wait_as_it_is(
    wire: Wire, network: Facebook, header: str
) -> None:
    wire.handler = lambda request: error(32, headers={"X-Business-Use-Case-Usage": header})
    assert network.publish(account(wire.url, PAGE), publication(), _open) == RetryAfter(FIVE, "rate_limited")


def test_a_wait_is_at_most_a_day(wire: Wire, network: Facebook) -> None:
    wire.handler = lambda request: error(32, headers=usage(10**9))
    outcome = network.publish(account(wire.url, PAGE), publication(), _open)
    assert outcome == RetryAfter(timedelta(days=1), "rate_limited")


def test_no_token_is_in_what_the_network_is_quoted_with(wire: Wire, network: Facebook) -> None:
    wire.handler = lambda request: error(190, 401, message=f"Token {SECRETS['access']} is void")
    outcome = network.publish(account(wire.url, PAGE), publication(), _open)
    assert outcome == Reauthorise("credentials_refused", "Token *** is void")


# ---------------------------------------------------------------- what is sent


def test_a_post_with_a_link_shows_its_preview(wire: Wire, network: Facebook) -> None:
    wire.handler = lambda request: POSTED
    text = "Le pont est fermé (https://ville.example/pont)."
    outcome = network.publish(account(wire.url, PAGE), publication(text), _open)
    assert outcome == Published("123_9", f"{wire.url}/123_9", {"id": "123_9"})
    assert wire.requests[0].form == [("message", text), ("link", "https://ville.example/pont")]
    assert wire.requests[0].headers["authorization"] == f"Bearer {SECRETS['access']}"
    assert SECRETS["access"] not in wire.requests[0].target


def test_of_several_links_the_cards_is_named(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({FEED: POSTED})
    text = "Voir https://ville.example/plan et https://ville.example/pont"
    card = LinkCard("https://ville.example/pont", "Nos mots", "que Facebook ne prend pas")
    network.publish(account(wire.url, PAGE), publication(text, card=card), _open)
    assert wire.requests[0].form == [("message", text), ("link", "https://ville.example/pont")]


def test_images_are_uploaded_unpublished_and_attached_in_order(wire: Wire, network: Facebook) -> None:
    ids = iter(("501", "502"))
    wire.handler = routes({PHOTOS: lambda request: answer(200, {"id": next(ids)}), FEED: POSTED})
    files = (image(), image(b"other", alt="Le plan"))
    outcome = network.publish(account(wire.url, PAGE), publication("Voir https://a.example", media=files), _open)
    assert isinstance(outcome, Published)
    assert wire.paths() == [PHOTOS, PHOTOS, FEED]
    assert b'name="published"\r\n\r\nfalse' in wire.requests[0].body
    assert "Le pont, fermé".encode() in wire.requests[0].body
    assert b"pont.png" not in wire.requests[0].body, "a person's file name is nobody's business"
    form = dict(wire.requests[2].form)
    assert json.loads(form["attached_media"]) == [{"media_fbid": "501"}, {"media_fbid": "502"}]
    assert "link" not in form, "a post shows its images or a preview"


def test_a_reply_is_a_comment(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({f"/{VERSION}/9_1/comments": answer(200, {"id": "9_2"})})
    outcome = network.publish(account(wire.url, PAGE), publication("Bonjour", reply_to="9_1"), _open)
    assert outcome == Published("9_2", f"{wire.url}/9_2", {"id": "9_2"})
    assert wire.requests[0].form == [("message", "Bonjour")]


def test_a_reply_takes_one_image(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({PHOTOS: answer(200, {"id": "501"}), f"/{VERSION}/9_1/comments": answer(200, {"id": "9_2"})})
    one = publication("Bonjour", reply_to="9_1", media=(image(),))
    assert isinstance(network.publish(account(wire.url, PAGE), one, _open), Published)
    assert dict(wire.requests[1].form)["attachment_id"] == "501"
    two = publication("Bonjour", reply_to="9_1", media=(image(), image()))
    outcome = network.publish(account(wire.url, PAGE), two, _open)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "too_many_images"
    assert len(wire.requests) == 2


def test_trap_14_the_gate_stands_before_each_step(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({PHOTOS: answer(200, {"id": "501"}), FEED: POSTED})
    passed: list[int] = []

    def halt_at_the_second() -> None:
        passed.append(1)
        if len(passed) == 2:
            raise Halted

    with pytest.raises(Halted):
        network.publish(account(wire.url, PAGE), publication(media=(image(),)), halt_at_the_second)
    assert wire.paths() == [PHOTOS]


# ---------------------------------------------------------------- looking


def post(number: int, message: str, at: datetime, **more: Any) -> dict[str, Any]:
    created = at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {
        "id": f"123_{number}",
        "message": message,
        "created_time": created,
        "permalink_url": f"https://f/{number}",
        **more,
    }


def photos(count: int) -> dict[str, Any]:
    one = {"media_type": "photo"}
    if count == 1:
        return {"attachments": {"data": [one]}}
    return {"attachments": {"data": [{"media_type": "album", "subattachments": {"data": [one] * count}}]}}


def listed(*posts: dict[str, Any], after: str = "", date: datetime | None = None) -> bytes:
    paging = {"paging": {"cursors": {"after": after}, "next": "https://graph/next"}} if after else {}
    headers = {"Date": format_datetime(date or datetime.now(UTC), usegmt=True)}
    return answer(200, {"data": list(posts), **paging}, headers)


def test_find_tells_by_words_images_and_time(wire: Wire, network: Facebook) -> None:
    now = datetime.now(UTC)
    text = "Le pont est fermé.\nVoir le plan"
    wire.handler = routes(
        {
            PUBLISHED_POSTS: listed(
                post(1, text, now, **photos(2)),
                post(2, "Le pont est fermé. Voir le plan ", now - timedelta(seconds=30), **photos(2)),
                post(3, text, now, **photos(1)),
                post(4, text, now),
                post(5, "Le pont est ouvert.\nVoir le plan", now, **photos(2)),
                post(6, text, now - timedelta(hours=1), **photos(2)),
            )
        }
    )
    asked = publication(text, media=(image(), image(b"2")))
    found = network.find(account(wire.url, PAGE), asked, since=now - timedelta(minutes=1))
    assert [each.remote_id for each in found] == ["123_2", "123_1"]
    assert not any(each.exact for each in found)


def test_a_link_preview_is_no_image(wire: Wire, network: Facebook) -> None:
    now = datetime.now(UTC)
    shown = post(1, "Voir https://a.example", now, attachments={"data": [{"media_type": "link"}]})
    wire.handler = routes({PUBLISHED_POSTS: listed(shown)})
    found = network.find(account(wire.url, PAGE), publication("Voir https://a.example"), since=now)
    assert [each.remote_id for each in found] == ["123_1"]


def test_find_turns_pages_until_the_time_and_goes_by_metas_clock(wire: Wire, network: Facebook) -> None:
    """Their clock is an hour behind ours: what they call an hour ago is now."""
    now = datetime.now(UTC)
    theirs = now - timedelta(hours=1)

    def pages(request: Request) -> bytes:
        if "after" not in request.query:
            return listed(post(1, "Un autre", theirs), after="c1", date=theirs)
        if request.query["after"] == "c2":
            return listed(post(4, "Le pont est fermé.", theirs - timedelta(hours=3)), after="c3", date=theirs)
        return listed(
            post(2, "Le pont est fermé.", theirs),
            post(3, "Vieux", theirs - timedelta(hours=2)),
            after="c2",
            date=theirs,
        )

    wire.handler = routes({PUBLISHED_POSTS: pages})
    found = network.find(account(wire.url, PAGE), publication(), since=now - timedelta(seconds=5))
    assert [each.remote_id for each in found] == ["123_2"]
    assert [request.query.get("after") for request in wire.requests] == [None, "c1", "c2"]


def test_a_history_that_is_too_long_proves_no_absence(wire: Wire, network: Facebook) -> None:
    now = datetime.now(UTC)
    wire.handler = routes({PUBLISHED_POSTS: lambda request: listed(post(1, "x", now), after="again")})
    with pytest.raises(Unavailable) as raised:
        network.find(account(wire.url, PAGE), publication(), since=now - timedelta(hours=1))
    assert raised.value.code == "history_too_long"


def test_an_own_reply_is_found_where_it_was_asked_for_or_beside_it(wire: Wire, network: Facebook) -> None:
    now = datetime.now(UTC)
    ours, theirs = {"from": {"id": PAGE, "name": "Ville"}}, {"from": {"id": "777", "name": "Zoé"}}

    def answered(number: int, **more: Any) -> dict[str, Any]:
        return {**post(number, "Bonjour", now), "id": f"9_{number}", **more}

    wire.handler = routes(
        {
            f"/{VERSION}/9_2/comments": listed(answered(7, **theirs), answered(8)),
            f"/{VERSION}/9_2": answer(
                200, {"id": "9_2", "created_time": "2026-01-01T00:00:00+0000", "parent": {"id": "9_1"}}
            ),
            f"/{VERSION}/9_1/comments": listed(answered(9, **ours)),
        }
    )
    found = network.find(account(wire.url, PAGE), publication("Bonjour", reply_to="9_2"), since=now)
    assert [each.remote_id for each in found] == ["9_9"]


def test_a_reply_to_what_is_gone_is_not_there(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({})
    asked = publication("Bonjour", reply_to="9_2")
    assert network.find(account(wire.url, PAGE), asked, since=datetime.now(UTC)) == []


# ---------------------------------------------------------------- reading


def written(number: int, at: datetime, text: str = "Où ?", by: str = "777", **more: Any) -> dict[str, Any]:
    return {
        "id": f"9_{number}",
        "message": text,
        "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "from": {"id": by, "name": "Zoé"},
        **more,
    }


def inbox_of(*comments: dict[str, Any], more: str = "") -> bytes:
    paging = {"cursors": {"after": more}, "next": "https://graph/next"} if more else {}
    kept = {
        "id": "123_9",
        "created_time": "2026-01-01T00:00:00+0000",
        "comments": {"data": list(comments), "paging": paging},
    }
    return answer(200, {"data": [kept]})


def test_the_inbox_gives_each_comment_once_and_none_of_our_own(wire: Wire, network: Facebook) -> None:
    page = account(wire.url, PAGE)
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(written(2, AT), written(3, AT, by=PAGE), written(1, AT))})
    first = network.inbox(page, cursor=None)
    assert [each.remote_id for each in first.messages] == ["9_1", "9_2"]
    again = network.inbox(page, cursor=first.cursor)
    assert again.messages == [] and again.cursor == first.cursor
    later = AT + timedelta(seconds=20)
    # 9_0 was written before those, and shown after them.
    shown = inbox_of(written(4, later), written(2, AT), written(1, AT), written(0, AT - timedelta(seconds=5)))
    wire.handler = routes({PUBLISHED_POSTS: shown})
    second = network.inbox(page, cursor=first.cursor)
    assert [each.remote_id for each in second.messages] == ["9_0", "9_4"]
    assert network.inbox(page, cursor=second.cursor).messages == []


def test_the_inbox_says_a_comment_as_the_webhook_does(wire: Wire, network: Facebook) -> None:
    """Whichever comes first: the same remote id, thread and revision, so that it is one message."""
    change = comment(5, "Où est l’eau ?", parent_id="9_1", created_time=int(AT.timestamp()))
    (pushed,) = parse_push("facebook", push(change, at=AT))
    polled = written(
        5, AT, "Où est l’eau ?", parent={"id": "9_1"}, permalink_url="https://www.facebook.com/123/posts/9"
    )
    polled["from"]["name"] = "Zoé Citoyenne"
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(polled)})
    assert network.inbox(account(wire.url, PAGE), cursor=None).messages == [pushed.inbound]


def test_a_flood_is_read_to_its_end_in_turns(wire: Wire, network: Facebook) -> None:
    page = account(wire.url, PAGE)
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(written(1000, AT))})
    cursor = network.inbox(page, cursor=None).cursor
    flood = [written(n, AT + timedelta(seconds=n // 40)) for n in range(400, 0, -1)]

    def comments(request: Request) -> bytes:
        at = int(request.query["after"])
        paging = {"cursors": {"after": str(at + 100)}, "next": "https://graph/next"} if at + 100 < 400 else {}
        return answer(200, {"data": flood[at : at + 100], "paging": paging})

    wire.handler = routes({PUBLISHED_POSTS: inbox_of(*flood[:25], more="25"), f"/{VERSION}/123_9/comments": comments})
    seen: list[str] = []
    for _ in range(20):
        batch = network.inbox(page, cursor=cursor, limit=50)
        seen += [each.remote_id for each in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(seen) == sorted(each["id"] for each in flood), "all of them, each once"


@pytest.mark.parametrize("cursor", ["", "|", "nonsense", "2026-01-01|x"])
def test_a_cursor_that_is_none_begins_anew(wire: Wire, network: Facebook, cursor: str) -> None:
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(written(1, AT))})
    assert len(network.inbox(account(wire.url, PAGE), cursor=cursor).messages) == 1


def test_the_thread_stands_above_a_comment(wire: Wire, network: Facebook) -> None:
    wire.handler = routes(
        {
            f"/{VERSION}/123_9": answer(
                200, {**post(9, "Le pont est fermé.", AT), "from": {"id": PAGE, "name": "Ville"}}
            ),
            f"/{VERSION}/9_2": answer(200, {"id": "9_2", "parent": written(1, AT)}),
            f"/{VERSION}/9_1": answer(200, {"id": "9_1"}),
        }
    )
    page = account(wire.url, PAGE)
    assert [each.remote_id for each in network.thread(page, "9_2")] == ["123_9", "9_1"]
    assert [each.remote_id for each in network.thread(page, "9_1")] == ["123_9"]
    assert network.thread(page, "123_9") == []
    assert network.thread(page, "8_8") == [], "gone"


def test_metrics_say_what_facebook_says_and_no_more(wire: Wire, network: Facebook) -> None:
    figures = {
        "123_9": {
            "id": "123_9",
            "reactions": {"summary": {"total_count": 12}},
            "comments": {"summary": {"total_count": 3}},
            "shares": {"count": 2},
            "insights": {"data": [{"name": "post_media_view", "values": [{"value": 345}]}]},
        },
        "123_8": {
            "id": "123_8",
            "reactions": {"summary": {"total_count": 0}},
            "comments": {"summary": {"total_count": 0}},
        },
        "9_1": {"id": "9_1", "like_count": 4, "comment_count": 1},
    }

    def several(request: Request) -> bytes:
        ids = request.query["ids"].split(",")
        if "insights" in request.query["fields"] and "123_8" in ids:
            return error(200, 403)
        if any(each not in figures for each in ids):
            return error(803, 404)
        return answer(200, {each: figures[each] for each in ids})

    wire.handler = routes({f"/{VERSION}/": several})
    page = account(wire.url, PAGE)
    lone = network.post_metrics(page, ["123_9"])[0]
    assert (lone.likes, lone.replies, lone.shares, lone.impressions) == (12, 3, 2, 345)
    assert (lone.quotes, lone.clicks) == (None, None)
    got = network.post_metrics(page, ["123_8", "123_7", "9_1"])
    assert [(each.remote_id, each.likes, each.replies, each.gone) for each in got] == [
        ("123_8", 0, 0, False),
        ("123_7", None, None, True),
        ("9_1", 4, 1, False),
    ]
    assert got[0].impressions is None, "without the permission it is unknown, not none"


def test_what_facebook_does_not_offer_is_said(network: Facebook) -> None:
    assert "search" not in network.capabilities().reads
    with pytest.raises(NotUnderstood):
        network.search(account("https://graph.facebook.com", PAGE), "eau", cursor=None)


# ---------------------------------------------------------------- connecting

ME = f"/{VERSION}/me"
SUBSCRIBED = f"/{VERSION}/{PAGE}/subscribed_apps"
INSPECTED = f"/{VERSION}/debug_token"
VILLE = answer(
    200, {"id": PAGE, "name": "Ville", "username": "VilleRivemont", "picture": {"data": {"url": "https://p"}}}
)


def inspected(**more: Any) -> bytes:
    return answer(200, {"data": {"is_valid": True, "expires_at": 0, "scopes": list(PERMISSIONS), **more}})


def connected(network: Facebook, wire: Wire, identifier: str = PAGE) -> Any:
    return network.connect_password(server=wire.url, identifier=identifier, app_password=" page-t0ken ")


def test_connecting_proves_the_token_and_subscribes_nothing_yet(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({ME: VILLE, INSPECTED: inspected()})
    got = connected(network, wire)
    assert (got.remote_id, got.handle, got.display_name, got.avatar_url) == (
        PAGE,
        "VilleRivemont",
        "Ville",
        "https://p",
    )
    assert got.secrets == {"access": "page-t0ken"}
    assert got.expires_at is None
    assert wire.paths() == [ME, INSPECTED]
    assert all(request.headers["authorization"] == "Bearer page-t0ken" for request in wire.requests)
    assert connected(network, wire, "villerivemont").remote_id == PAGE, "by user name, as a mended profile is"


def test_the_page_that_was_chosen_is_subscribed(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({SUBSCRIBED: answer(200, {"success": True})})
    network.subscribe(account(wire.url, PAGE))
    assert [(request.method, request.path) for request in wire.requests] == [("POST", SUBSCRIBED)]
    assert wire.requests[0].form == [("subscribed_fields", "feed")]
    assert network.capabilities().subscribes


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (error(200, 403), CredentialsRefused, "permission_missing"),
        (error(190, 401), CredentialsRefused, "credentials_refused"),
        (error(2, 503), Unavailable, "error_2"),
        (error(100), NotUnderstood, "error_100"),
        (HANG_UP, Unavailable, "connection_lost"),
    ],
)
def test_a_page_that_may_not_be_subscribed_says_why(
    wire: Wire, network: Facebook, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = routes({SUBSCRIBED: reply})
    with pytest.raises(kind) as raised:
        network.subscribe(account(wire.url, PAGE))
    assert raised.value.code == code
    assert SECRETS["access"] not in str(raised.value)


def test_when_a_token_ends_is_known_where_meta_says_it(wire: Wire, network: Facebook) -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    wire.handler = routes(
        {ME: VILLE, INSPECTED: inspected(expires_at=int(ends.timestamp())), SUBSCRIBED: answer(200, {})}
    )
    assert connected(network, wire).expires_at == ends
    wire.handler = routes({ME: VILLE, INSPECTED: error(100), SUBSCRIBED: answer(200, {})})
    assert connected(network, wire).expires_at is None


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({ME: error(190, 401)}, "credentials_refused"),
        ({ME: error(100)}, "page_token_required"),
        ({ME: answer(200, {"id": "999", "name": "Autre"})}, "token_of_another_page"),
        ({ME: VILLE, INSPECTED: inspected(scopes=["pages_read_engagement"])}, "permission_missing"),
    ],
)
def test_a_token_that_will_not_do_is_refused_at_once(
    wire: Wire, network: Facebook, replies: dict[str, Reply], code: str
) -> None:
    wire.handler = routes(replies)
    with pytest.raises(CredentialsRefused) as raised:
        connected(network, wire)
    assert raised.value.code == code
    assert "page-t0ken" not in str(raised.value)


@pytest.mark.parametrize("server", ["https://graph.facebook.example", "graph.facebook.com.evil.example", "127.0.0.1:1"])
def test_a_token_is_shown_to_nobody_but_meta(server: str) -> None:
    network = Facebook(Transport(allow_loopback=False))
    with pytest.raises(AddressRefused):
        network.connect_password(server=server, identifier=PAGE, app_password="page-t0ken")


def test_a_server_elsewhere_is_refused_even_where_practice_is_allowed(network: Facebook) -> None:
    with pytest.raises(AddressRefused):
        network.connect_password(server="https://evil.example", identifier=PAGE, app_password="page-t0ken")


def test_an_id_that_is_none_asks_for_nothing_else(wire: Wire, network: Facebook) -> None:
    wire.handler = lambda request: error(100, subcode=33)
    network.publish(account(wire.url, PAGE), publication(reply_to="../123/feed?x=1"), _open)
    assert wire.requests[0].target == f"/{VERSION}/..%2F123%2Ffeed%3Fx%3D1/comments"


# ---------------------------------------------------------------- Meta's specification

_ANY_EDGE = {"fields", "limit", "after"}  # of every edge that is read (graph-api/results), in no node's specification
_ANY_NODE = {"fields"}
_FILES = {"source"}  # the bytes of a photo travel as a file (reference/page/photos), which the specification leaves out
_OF_FIELDS = {"attachments": "StoryAttachment", "picture": "ProfilePictureSource"}  # edges that are asked for as fields


def _spec(node: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((specs() / "facebook-api-specs" / f"{node}.json").read_text())
    return found


def _edge(node: str, method: str, edge: str) -> set[str]:
    """The parameters that it takes."""
    for api in _spec(node)["apis"]:
        if api["method"] == method and api.get("endpoint") == edge:
            return {parameter["name"] for parameter in api["params"]}
    raise AssertionError(f"{node} has no {method} {edge}")


def _check_fields(node: str, asked: tuple[graph_fields.Asked, ...]) -> None:
    known = {field["name"] for field in _spec(node)["fields"]}
    edges = {api["endpoint"] for api in _spec(node)["apis"] if api["method"] == "GET" and "endpoint" in api}
    for each in asked:
        assert each.name in known | edges | set(_OF_FIELDS), f"{node} has no {each.name}"
        if each.name in edges and each.name in ("comments", "insights"):
            assert set(each.arguments) <= _edge(node, "GET", each.name) | {"limit", "summary"}
        if each.name in ("comments", "parent"):
            _check_fields("Comment", each.fields)


def _checked(request: Request) -> str:
    """Which node and edge it was, if every parameter of it is in the specification."""
    parts = request.path.strip("/").split("/")
    assert parts[0] == VERSION
    names = {name for name, _ in parse_qsl(urlsplit(request.target).query)}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        names |= {name for name, _ in request.form}
    for name in ("published", "alt_text_custom", "source"):
        if f'name="{name}"'.encode() in request.body:
            names.add(name)
    thing = parts[1] if len(parts) > 1 else ""
    kind = "Page" if thing in (PAGE, "me") else "PagePost" if thing.startswith(f"{PAGE}_") else "Comment"
    edge = parts[2] if len(parts) > 2 else ""
    if edge:
        allowed = _edge(kind, request.method, edge) | (_ANY_EDGE if request.method == "GET" else _FILES)
        assert names <= allowed, (request.target, names - allowed)
        returned = {"published_posts": "PagePost", "comments": "Comment"}.get(edge)
        if request.method == "GET" and returned:
            _check_fields(returned, graph_fields.read(request.query["fields"]))
        return f"{request.method} {kind}/{edge}"
    if thing == "debug_token":
        return "GET debug_token"
    assert names <= _ANY_NODE | ({"ids"} if not thing else set())
    of = kind if thing else "PagePost" if request.query["ids"].startswith(f"{PAGE}_") else "Comment"
    _check_fields(of, graph_fields.read(request.query["fields"]))
    return f"GET {of}"


def test_every_request_is_in_metas_specification(wire: Wire, network: Facebook) -> None:
    """The nodes, edges, parameters and fields; the version, me, debug_token and ids are of Graph as a whole."""
    specs()
    now = datetime.now(UTC)
    page = account(wire.url, PAGE)
    flood = inbox_of(*(written(n, now) for n in range(25)), more="25")
    wire.handler = routes(
        {
            ME: VILLE,
            INSPECTED: inspected(),
            SUBSCRIBED: answer(200, {"success": True}),
            PHOTOS: answer(200, {"id": "501"}),
            FEED: POSTED,
            PUBLISHED_POSTS: flood,
            f"/{VERSION}/9_1/comments": answer(200, {"id": "9_2", "data": []}),
            f"/{VERSION}/123_9/comments": answer(200, {"data": []}),
            f"/{VERSION}/9_1": answer(
                200, {"id": "9_1", "created_time": "2026-01-01T00:00:00+0000", "parent": written(0, AT)}
            ),
            f"/{VERSION}/9_0/comments": answer(200, {"data": []}),
            f"/{VERSION}/123_9": answer(200, post(9, "x", AT)),
            f"/{VERSION}/{PAGE}": VILLE,
            f"/{VERSION}/": lambda request: answer(
                200, {each: {"id": each} for each in request.query["ids"].split(",")}
            ),
        }
    )
    connected(network, wire)
    network.subscribe(page)
    network.publish(page, publication("Voir https://a.example"), _open)
    network.publish(page, publication(media=(image(),)), _open)
    network.publish(page, publication(reply_to="9_1", media=(image(),)), _open)
    network.publish(page, publication(reply_to="123_9"), _open)
    network.find(page, publication(reply_to="9_1"), since=now)
    batch = network.inbox(page, cursor=(now - timedelta(hours=1)).isoformat() + "|")
    network.inbox(page, cursor=batch.cursor)
    network.thread(page, "9_1")
    network.post_metrics(page, ["123_9", "9_1"])
    network.profile_metrics(page)
    wire.handler = routes({PUBLISHED_POSTS: listed()})
    network.find(page, publication(), since=now)
    assert {_checked(request) for request in wire.requests} == {
        "GET Page",
        "GET debug_token",
        "POST Page/subscribed_apps",
        "POST Page/feed",
        "POST Page/photos",
        "POST Comment/comments",
        "POST PagePost/comments",
        "GET Comment/comments",
        "GET PagePost/comments",
        "GET Page/published_posts",
        "GET Page/conversations",
        "GET Comment",
        "GET PagePost",
    }


def test_the_practice_server_knows_no_field_that_meta_does_not() -> None:
    from infra.local.practice import facebook as practice
    from infra.local.practice import graph_private

    for node, fields in (
        ("Page", practice.PAGE_FIELDS),
        ("PagePost", practice.POST_FIELDS),
        ("Comment", practice.COMMENT_FIELDS),
        ("UnifiedThread", graph_private.CONVERSATION_FIELDS),
    ):
        _check_fields(node, tuple(graph_fields.Asked(name) for name in fields))


# ---------------------------------------------------------------- private messages

CONVERSATIONS = f"/{VERSION}/{PAGE}/conversations"


def said(number: int, at: datetime, *, by: str = "77", **more: Any) -> dict[str, Any]:
    """As Graph says a message."""
    known = {"id": f"m_{number}", "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000"), "message": "Entre nous"}
    return {**known, "from": {"id": by, "name": "Zoé"}, **more}


def conversations(*messages: dict[str, Any], at: datetime = AT, more: str = "") -> bytes:
    thread = {"id": "t_1", "updated_time": at.isoformat(), "messages": {"data": list(messages)}}
    paging = {"cursors": {"after": more}, "next": "https://graph/next"} if more else {}
    return answer(200, {"data": [thread], "paging": paging})


@pytest.fixture
def restless(transport: Transport) -> Facebook:
    return Facebook(transport, private_pace=timedelta(0))


def test_private_messages_are_told_once_and_none_of_our_own(wire: Wire, restless: Facebook) -> None:
    page = account(wire.url, PAGE)
    shown = said(2, AT, attachments={"data": [{"mime_type": "image/png", "image_data": {"url": "https://a.b/1.png"}}]})
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(), CONVERSATIONS: conversations(shown, said(1, AT, by=PAGE))})
    first = restless.inbox(page, cursor=None)
    (message,) = first.messages
    assert (message.kind, message.remote_id, message.parent, message.root) == ("private", "m_2", None, None)
    assert (message.author.remote_id, message.author.name, message.text) == ("77", "Zoé", "Entre nous")
    assert [each.url for each in message.media] == ["https://a.b/1.png"]
    later = conversations(said(3, AT + timedelta(seconds=9)), said(2, AT))
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(written(1, AT)), CONVERSATIONS: later})
    told: list[str] = []
    cursor = first.cursor
    for _ in range(4):
        batch = restless.inbox(page, cursor=cursor)
        told += [each.remote_id for each in batch.messages]
        cursor = batch.cursor
    assert sorted(told) == ["9_1", "m_3"]


def test_conversations_are_turned_back_to_where_the_last_reading_was(wire: Wire, restless: Facebook) -> None:
    page = account(wire.url, PAGE)
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(), CONVERSATIONS: conversations(said(1, AT))})
    cursor = restless.inbox(page, cursor=None).cursor
    new, old = AT + timedelta(minutes=2), AT - timedelta(days=1)

    def pages(request: Request) -> bytes:
        match request.query.get("after"):
            case None:
                return conversations(said(3, new), at=new, more="a")
            case "a":
                return conversations(said(2, AT + timedelta(minutes=1)), at=new, more="b")
            case "b":
                return conversations(said(0, old), at=old, more="c")
        raise AssertionError("what is older is not asked for")

    wire.handler = routes({PUBLISHED_POSTS: inbox_of(), CONVERSATIONS: pages})
    assert [each.remote_id for each in restless.inbox(page, cursor=cursor).messages] == ["m_2", "m_3"]


@pytest.mark.parametrize("refusal", [error(10, 403), error(200, 403), error(190, 401), error(32), error(100), HTML])
def test_a_page_connected_without_private_messages_is_read_without_them(
    wire: Wire, restless: Facebook, refusal: bytes
) -> None:
    page = account(wire.url, PAGE)
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(written(1, AT)), CONVERSATIONS: refusal})
    assert [each.remote_id for each in restless.inbox(page, cursor=None).messages] == ["9_1"]


def test_private_messages_are_told_while_comments_cannot_be_read(wire: Wire, restless: Facebook) -> None:
    wire.handler = routes({PUBLISHED_POSTS: HTML, CONVERSATIONS: conversations(said(1, AT))})
    batch = restless.inbox(account(wire.url, PAGE), cursor=None)
    assert [each.remote_id for each in batch.messages] == ["m_1"]


@pytest.mark.parametrize(
    "odd", [{"id": None}, {"from": 7}, {"created_time": "x"}, {"message": 7}, {"attachments": {"data": [7]}}]
)
def test_one_odd_private_message_closes_no_inbox(wire: Wire, restless: Facebook, odd: dict[str, Any]) -> None:
    found = conversations({**said(1, AT), **odd}, said(2, AT))
    wire.handler = routes({PUBLISHED_POSTS: inbox_of(), CONVERSATIONS: found})
    assert "m_2" in {each.remote_id for each in restless.inbox(account(wire.url, PAGE), cursor=None).messages}
