"""X: every row of its table, files, videos, replies, looking for one's own posts, tokens, moderation; and each request
against X's own specification."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.networks.contract import (
    AddressRefused,
    CredentialsRefused,
    Halted,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    OutcomeUnknown,
    Pending,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.transport import Transport
from chalicelib.networks.x import API, PRIVATE_SCOPE, SCOPES, X
from tests.unit.networks import x_spec
from tests.unit.networks.material import AT, SECRETS, account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

ME = "2244994945"
POSTS = "/2/tweets"
UPLOAD = "/2/media/upload"
OWN = f"/2/users/{ME}/tweets"
MADE = answer(201, {"data": {"id": "901", "text": "whatever"}})
APP = {"client_id": "client", "client_secret": "client-s3cret/+"}
SOON = timedelta(seconds=15)
FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> X:
    return X(transport, lambda: APP)


def problem(status: int, kind: str = "", detail: str = "because", **more: Any) -> bytes:
    place = f"https://api.twitter.com/2/problems/{kind}" if kind else "about:blank"
    said = {"title": "Title", "detail": detail, "type": place, "status": status, **more}
    return answer(status, said, kind="application/problem+json")


def plain(status: int, code: int, headers: Any = None) -> bytes:
    return answer(status, {"code": code, "message": "because"}, headers)


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(request.path, answer(404))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def waits(code: str, wait: timedelta = SOON, detail: str = "") -> tuple[RetryAfter, RetryAfter]:
    """What the post gets, and what a file gets."""
    return RetryAfter(wait, code, detail), RetryAfter(wait, code, f"pont.png: {detail}" if detail else "pont.png")


def unknown(code: str) -> tuple[OutcomeUnknown, RetryAfter]:
    return OutcomeUnknown(code), RetryAfter(SOON, code, "pont.png")


def refused(said: str = "because") -> tuple[Rejected, Rejected]:
    file = f"pont.png: {said}" if said else "pont.png"
    return Rejected("content_refused", said), Rejected("media_refused", file)


def void(code: str, said: str = "because") -> tuple[Reauthorise, Reauthorise]:
    return Reauthorise(code, said), Reauthorise(code, f"pont.png: {said}" if said else "pont.png")


LIMITED = (RetryAfter(MINUTE, "rate_limited"), RetryAfter(MINUTE, "rate_limited"))
WRONG = (RetryAfter(FIVE, "server_not_understood"), RetryAfter(FIVE, "server_not_understood"))
LED = (RetryAfter(FIVE, "redirect_refused"), RetryAfter(FIVE, "redirect_refused"))

# answer, (the post's outcome, an image's), what reading raises
ROWS: list[tuple[bytes, tuple[object, object], type[NetworkError], str]] = [
    (HANG_UP, unknown("connection_lost"), Unavailable, "connection_lost"),
    (problem(401), void("credentials_refused"), CredentialsRefused, "credentials_refused"),
    (answer(401), void("credentials_refused", ""), CredentialsRefused, "credentials_refused"),
    *((plain(403, code), void("credentials_refused"), CredentialsRefused, "credentials_refused") for code in (32, 215)),
    (answer(400, {"errors": [{"code": 89, "message": "because"}]}), void("credentials_refused"), CredentialsRefused,
     "credentials_refused"),
    *((plain(403, code), void("forbidden"), CredentialsRefused, "forbidden") for code in (64, 326)),
    (problem(402, "credits"), waits("credits_used_up", HOUR, "because"), Unavailable, "credits_used_up"),
    (problem(429, "usage-capped"), waits("usage_capped", HOUR, "because"), Unavailable, "usage_capped"),
    (problem(403, "client-forbidden"), waits("access_tier", HOUR, "because"), Unavailable, "access_tier"),
    (problem(403, "unsupported-authentication"), waits("access_tier", HOUR, "because"), Unavailable, "access_tier"),
    (plain(403, 453), waits("access_tier", HOUR, "because"), Unavailable, "access_tier"),
    (plain(403, 261), waits("access_tier", HOUR, "because"), Unavailable, "access_tier"),
    (problem(403), refused(), NotPermitted, "forbidden"),
    (problem(403, "not-authorized-for-resource"), refused(), NotPermitted, "forbidden"),
    (problem(403, detail="You are not allowed to create a Tweet with duplicate content."),
     (OutcomeUnknown("duplicate", "You are not allowed to create a Tweet with duplicate content."),
      refused("You are not allowed to create a Tweet with duplicate content.")[1]), NotPermitted, "forbidden"),
    (plain(403, 187), (OutcomeUnknown("duplicate", "because"), refused()[1]), NotPermitted, "forbidden"),
    (problem(404), WRONG, NotUnderstood, "gone"),
    (problem(404, "resource-not-found"), WRONG, NotUnderstood, "gone"),
    (answer(404, b"<html>", kind="text/html"), WRONG, NotUnderstood, "gone"),
    (answer(405), WRONG, NotUnderstood, "http_405"),
    (answer(501), WRONG, NotUnderstood, "http_501"),
    (answer(302, headers={"Location": "/x"}), LED, NotUnderstood, "redirect_loop"),
    (answer(302, headers={"Location": "https://evil.example/x"}), LED, AddressRefused, "redirect_refused"),
    (answer(408), unknown("http_408"), Unavailable, "http_408"),
    (answer(409), unknown("http_409"), Unavailable, "http_409"),
    (problem(500, "internal-error"), unknown("http_500"), Unavailable, "http_500"),
    (answer(503, b"<html>", kind="text/html"), unknown("http_503"), Unavailable, "http_503"),
    (problem(429), LIMITED, Unavailable, "rate_limited"),
    (plain(429, 88), LIMITED, Unavailable, "rate_limited"),
    (answer(400, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), LIMITED, Unavailable, "rate_limited"),
    (problem(413), (Rejected("content_refused", "because"), Rejected("media_too_large", "pont.png: because")),
     NotUnderstood, "http_413"),
    (problem(400, "invalid-request"), refused(), NotUnderstood, "http_400"),
    (answer(422), refused(""), NotUnderstood, "http_422"),
    (answer(200, b"<html>", kind="text/html"), unknown("answer_unexpected"), NotUnderstood, "answer_not_json"),
    (answer(200, b'{"data": {"id": "90', kind="application/json"), unknown("answer_unexpected"), NotUnderstood,
     "answer_malformed"),
    (answer(200, {"data": {"id": 7}}), unknown("answer_unexpected"), NotUnderstood, "answer_unexpected"),
    (answer(200, {"data": {"id": "../1"}}), unknown("answer_unexpected"), NotUnderstood, "answer_unexpected"),
    (answer(200, {"errors": [{"title": "no"}]}), unknown("answer_unexpected"), NotUnderstood, "answer_unexpected"),
    (answer(200, ["data"]), unknown("answer_unexpected"), NotUnderstood, "answer_unexpected"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_a_post(wire: Wire, network: X, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert network.publish(account(wire.url, ME), publication(), _open) == row[1][0]
    assert wire.paths() == [POSTS], "one attempt, whatever the answer"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_an_image(wire: Wire, network: X, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert network.publish(account(wire.url, ME), publication(media=(image(),)), _open) == row[1][1]
    assert wire.paths() == [UPLOAD], "no post without its image"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_reading(wire: Wire, network: X, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    with pytest.raises(row[2]) as raised:
        network.profile_metrics(account(wire.url, ME))
    assert raised.value.code == row[3]
    assert SECRETS["access"] not in str(raised.value)


def test_a_rate_limit_is_waited_for_until_its_reset(wire: Wire, network: X) -> None:
    wire.handler = lambda request: plain(429, 88, {"x-rate-limit-reset": str(int(time.time()) + 300)})
    outcome = network.publish(account(wire.url, ME), publication(), _open)
    assert isinstance(outcome, RetryAfter)
    assert timedelta(seconds=290) < outcome.wait <= timedelta(seconds=300)
    wire.handler = lambda request: plain(429, 88, {"x-rate-limit-reset": "9" * 40})
    outcome = network.publish(account(wire.url, ME), publication(), _open)
    assert isinstance(outcome, RetryAfter)
    assert outcome.wait <= timedelta(days=1)


@pytest.mark.parametrize("gone", [problem(404), problem(400, "resource-not-found")])
def test_a_reply_to_what_is_gone(wire: Wire, network: X, gone: bytes) -> None:
    wire.handler = lambda request: gone
    outcome = network.publish(account(wire.url, ME), publication(reply_to="7"), _open)
    assert outcome == Rejected("reply_target_gone", "because")


def test_a_reply_to_who_did_not_mention_us(wire: Wire, network: X) -> None:
    wire.handler = lambda request: problem(403)
    outcome = network.publish(account(wire.url, ME), publication(reply_to="7"), _open)
    assert outcome == Rejected("reply_not_permitted", "because")


def test_no_token_is_in_what_the_network_is_quoted_with(wire: Wire, network: X) -> None:
    wire.handler = lambda request: problem(401, detail=f"Token {SECRETS['access']} is void")
    outcome = network.publish(account(wire.url, ME), publication(), _open)
    assert outcome == Reauthorise("credentials_refused", "Token *** is void")


def test_a_server_that_is_away_got_nothing(network: X) -> None:
    outcome = network.publish(account("http://127.0.0.1:9", ME), publication(), _open)
    assert outcome == RetryAfter(SOON, "connect_failed")


# ---------------------------------------------------------------- what is sent


def _form(request: Request) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    found: dict[str, Any] = {}
    for part in message.get_payload():  # type: ignore[union-attr]
        name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        found[str(name)] = part.get_payload(decode=True)  # type: ignore[union-attr]
    return found


def within(request: Request) -> None:
    """The request is what the specification says."""
    form: dict[str, Any] | None = None
    if request.headers.get("content-type", "").startswith("multipart/"):
        form = {name: value.decode("latin-1") for name, value in _form(request).items()}
        if "segment_index" in form:
            form["segment_index"] = int(form["segment_index"])
    body = request.json if request.body and form is None else None
    assert x_spec.request_problems(specs(), request.method, request.target, body, form) == []


def test_a_request_outside_the_specification_is_noticed() -> None:
    def problems(method: str, target: str, body: Any = None, form: dict[str, Any] | None = None) -> list[str]:
        return x_spec.request_problems(specs(), method, target, body, form)

    assert problems("GET", "/2/tweets?ids=1&tweet.fields=text") == ["query tweet.fields: unknown"]
    assert problems("GET", "/2/tweets") == ["ids: missing"]
    assert problems("GET", "/2/tweets?ids=a")
    assert problems("GET", f"/2/users/{ME}/mentions?max_results=4")
    assert problems("POST", "/2/tweets", {"text": "a", "status": "b"})
    assert problems("POST", "/2/tweets") == ["no body"]
    assert problems("POST", UPLOAD, form={"media": "", "media_category": "tweet_image", "alt": "x"})
    assert problems("POST", UPLOAD, form={"media": "", "media_category": "picture"})
    with pytest.raises(LookupError):
        problems("PATCH", "/2/tweets/1")


def test_a_text_is_sent_as_it_stands(wire: Wire, network: X) -> None:
    wire.handler = lambda request: MADE
    outcome = network.publish(account(wire.url, ME), publication("Été à ville.example & <co>"), _open)
    assert outcome == Published("901", f"{wire.url}/x/mairie.example/status/901", {"id": "901"})
    assert wire.requests[0].json == {"text": "Été à ville.example & <co>"}
    assert wire.requests[0].headers["authorization"] == f"Bearer {SECRETS['access']}"
    within(wire.requests[0])


def test_of_an_answer_only_the_id_is_needed(wire: Wire, network: X) -> None:
    wire.handler = lambda request: answer(200, {"data": {"id": "901"}})
    assert isinstance(network.publish(account(wire.url, ME), publication(), _open), Published)


def test_images_go_first_with_their_descriptions(wire: Wire, network: X) -> None:
    ids = iter(("501", "502"))
    wire.handler = routes(
        {
            UPLOAD: lambda request: answer(200, {"data": {"id": next(ids)}}),
            "/2/media/metadata": answer(200, {"data": {"id": "501"}}),
            POSTS: MADE,
        }
    )
    files = (image(), image(b"other", alt=""))
    assert isinstance(network.publish(account(wire.url, ME), publication(media=files), _open), Published)
    assert wire.paths() == [UPLOAD, "/2/media/metadata", UPLOAD, POSTS]
    assert _form(wire.requests[0]) == {"media_category": b"tweet_image", "media": b"\x89PNG..."}
    assert b"pont.png" not in wire.requests[0].body, "a person's file name is nobody's business"
    described = {"id": "501", "metadata": {"alt_text": {"text": "Le pont, fermé"}}}
    assert wire.requests[1].json == described
    assert wire.requests[3].json["media"] == {"media_ids": ["501", "502"]}
    for request in wire.requests:
        within(request)


def test_an_image_whose_description_is_not_kept_is_not_posted(wire: Wire, network: X) -> None:
    wire.handler = routes(
        {UPLOAD: answer(200, {"data": {"id": "501"}}), "/2/media/metadata": problem(503), POSTS: MADE}
    )
    outcome = network.publish(account(wire.url, ME), publication(media=(image(),)), _open)
    assert outcome == RetryAfter(SOON, "http_503", "pont.png")
    assert POSTS not in wire.paths()


def test_a_reply_names_what_it_answers(wire: Wire, network: X) -> None:
    wire.handler = lambda request: MADE
    network.publish(account(wire.url, ME), publication("Bonjour", reply_to="7"), _open)
    assert wire.requests[0].json == {"text": "Bonjour", "reply": {"in_reply_to_tweet_id": "7"}}
    within(wire.requests[0])


def test_trap_14_the_gate_stands_before_each_step(wire: Wire, network: X) -> None:
    wire.handler = routes(
        {UPLOAD: answer(200, {"data": {"id": "501"}}), "/2/media/metadata": answer(200, {"data": {"id": "501"}})}
    )
    passed: list[int] = []

    def halt_at_the_third() -> None:
        passed.append(1)
        if len(passed) == 3:
            raise Halted

    with pytest.raises(Halted):
        network.publish(account(wire.url, ME), publication(media=(image(),)), halt_at_the_third)
    assert wire.paths() == [UPLOAD, "/2/media/metadata"]


# ---------------------------------------------------------------- videos


def video(content: bytes = b"\x00\x00\x00\x18ftypmp42" + b"v" * 9_000_000) -> Any:
    return image(content, media_id="v1", filename="pont.mp4", content_type="video/mp4", duration_s=12.0)


def handed(state: str | None, after: int | None = None) -> bytes:
    processing = (
        {"processing_info": {"state": state, **({"check_after_secs": after} if after else {})}} if state else {}
    )
    return answer(200, {"data": {"id": "701", **processing}})


def video_routes(status: bytes) -> Callable[[Request], bytes]:
    return routes(
        {
            f"{UPLOAD}/initialize": answer(200, {"data": {"id": "701"}}),
            f"{UPLOAD}/701/append": answer(200, {"data": {"expires_at": 1}}),
            f"{UPLOAD}/701/finalize": handed("pending", 7),
            UPLOAD: status,
            POSTS: MADE,
        }
    )


def test_trap_12_a_video_is_handed_over_and_published_by_its_ticket(wire: Wire, network: X) -> None:
    wire.handler = video_routes(handed("succeeded"))
    post = publication(media=(video(),))
    outcome = network.publish(account(wire.url, ME), post, _open)
    assert outcome == Pending("held.1.701", timedelta(seconds=7), unfinished=True)
    append = f"{UPLOAD}/701/append"
    assert wire.paths() == [f"{UPLOAD}/initialize", append, append, append, f"{UPLOAD}/701/finalize"]
    sent = [_form(request) for request in wire.requests[1:4]]
    assert [each["segment_index"] for each in sent] == [b"0", b"1", b"2"]
    assert b"".join(each["media"] for each in sent) == post.media[0].read()
    ready = network.publish(account(wire.url, ME), replace(post, ticket=outcome.ticket), _open)
    assert ready == Pending("ready.1.701", timedelta(0)), "a look posts nothing: it may come before the time"
    published = network.publish(account(wire.url, ME), replace(post, ticket=ready.ticket), _open)
    assert isinstance(published, Published)
    assert wire.paths()[5:] == [UPLOAD, POSTS]
    assert wire.requests[-1].json["media"] == {"media_ids": ["701"]}
    for request in wire.requests:
        within(request)


def test_a_video_leaves_in_pieces_and_one_that_was_altered_is_not_made_final(wire: Wire, network: X) -> None:
    wire.handler = video_routes(handed("succeeded"))
    whole = video()
    content = whole.read()

    def pieces(of: bytes) -> Any:
        return lambda size: (of[at : at + size] for at in range(0, len(of), size))

    def unread() -> bytes:
        raise AssertionError("it is not held at once")

    large = replace(whole, read=unread, chunks=pieces(content))
    assert isinstance(network.publish(account(wire.url, ME), publication(media=(large,)), _open), Pending)
    altered = replace(whole, read=unread, chunks=pieces(content[:-1] + b"!"))
    outcome = network.publish(account(wire.url, ME), publication(media=(altered,)), _open)
    assert outcome == Rejected("media_changed", "pont.mp4 is not the file that was attached.")
    assert wire.paths().count(f"{UPLOAD}/701/finalize") == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (handed("in_progress", 3), Pending("held.1.701", timedelta(seconds=3), unfinished=True)),
        (handed("pending", 10**9), Pending("held.1.701", timedelta(seconds=300), unfinished=True)),
        (handed("pending"), Pending("held.1.701", timedelta(seconds=5), unfinished=True)),
        (handed("failed"), Rejected("media_refused", "pont.mp4: X could not process it.")),
        (answer(200, {"data": []}), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
        (problem(503), RetryAfter(SOON, "http_503", "pont.mp4")),
        (problem(401), Reauthorise("credentials_refused", "pont.mp4: because")),
        (problem(429), RetryAfter(MINUTE, "rate_limited")),
    ],
)
def test_a_video_that_is_not_ready_is_not_published(wire: Wire, network: X, status: bytes, outcome: object) -> None:
    wire.handler = video_routes(status)
    post = publication(media=(video(),), ticket="held.1.701")
    assert network.publish(account(wire.url, ME), post, _open) == outcome
    assert wire.paths() == [UPLOAD]


@pytest.mark.parametrize("status", [problem(400, "invalid-request"), problem(404)])
def test_a_video_that_x_threw_away_is_handed_over_again(wire: Wire, network: X, status: bytes) -> None:
    wire.handler = video_routes(status)
    outcome = network.publish(account(wire.url, ME), publication(media=(video(),), ticket="held.1.700"), _open)
    assert outcome == Pending("held.2.701", timedelta(seconds=15), unfinished=True)
    assert POSTS not in wire.paths()


def test_a_video_that_was_processed_at_once_is_ready_at_once(wire: Wire, network: X) -> None:
    plain = video_routes(handed("succeeded"))
    wire.handler = lambda request: handed(None) if request.path.endswith("/finalize") else plain(request)
    outcome = network.publish(account(wire.url, ME), publication(media=(video(),)), _open)
    assert outcome == Pending("ready.1.701", timedelta(0))


def test_a_post_with_a_video_alone_is_prepared_ahead(network: X) -> None:
    able = network.capabilities()
    assert (able.prepares(video=True), able.prepares(video=False)) == (True, False)


def test_a_video_goes_alone(wire: Wire, network: X) -> None:
    outcome = network.publish(account(wire.url, ME), publication(media=(video(), image())), _open)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "too_many_videos"
    assert wire.requests == []


def test_what_would_be_refused_is_said_before(network: X) -> None:
    limits = network.limits({})

    def codes(*files: Any, text: str = "Bonjour") -> list[str]:
        return [each.code for each in network.check(text, files, limits)]

    assert codes() == codes(image()) == codes(video()) == []
    assert codes(text="故" * 140 + "a") == ["text_too_long"]
    assert codes(image(content_type="image/gif")) == ["media_type_refused"]
    assert codes(*(image(bytes([n])) for n in range(5))) == ["too_many_images"]
    assert codes(video(), image()) == ["video_with_images"]
    assert codes(replace(video(), duration_s=141.0)) == ["video_too_long"]
    assert codes(replace(video(), size=200_000_001)) == ["media_too_large"], "what one attempt hands over"
    assert codes(replace(video(), duration_s=0.4)) == ["video_too_short"]
    assert codes(replace(video(), width=3001, height=1000)) == ["media_ratio_refused"]
    assert codes(replace(video(), width=1080, height=1920)) == []
    assert codes(image(alt="é" * 1001)) == ["alt_too_long"]


def test_what_x_asks_for_and_does_not_allow_is_said(network: X) -> None:
    able = network.capabilities()
    assert {each.what: each.usd for each in able.prices} == {
        "post": 0.015,
        "post_with_link": 0.2,
        "read": 0.005,
        "private_read": 0.01,
    }
    assert all(each.as_of and each.source for each in able.prices)
    assert "replies_only_where_mentioned" in able.notices
    assert able.moderates == {"hide", "delete"}
    assert able.revokes


# ---------------------------------------------------------------- looking for one's own


def own(post_id: str, text: str, at: datetime = AT, **more: Any) -> dict[str, Any]:
    return {"id": post_id, "text": text, "created_at": at.isoformat().replace("+00:00", "Z"), **more}


def link(short: str, long: str, **more: Any) -> dict[str, Any]:
    return {"start": 0, "end": 1, "url": short, "expanded_url": long, **more}


def listed(*posts: dict[str, Any], token: str | None = None, date: datetime | None = None) -> bytes:
    meta = {"result_count": len(posts), **({"next_token": token} if token else {})}
    headers = {"Date": date.strftime("%a, %d %b %Y %H:%M:%S GMT")} if date else None
    return answer(200, {"data": list(posts), "meta": meta}, headers)


SINCE = AT - timedelta(minutes=1)


def seen(wire: Wire, network: X, post: Any, *shown: dict[str, Any]) -> list[str]:
    wire.handler = lambda request: listed(*shown, date=datetime.now(UTC))
    found = network.find(account(wire.url, ME), post, since=SINCE)
    assert not any(each.exact for each in found)
    return [each.remote_id for each in found]


def test_trap_2_what_x_shows_is_recognised_as_what_was_sent(wire: Wire, network: X) -> None:
    text = "Été <ici> & là : ville.example/a?b=1, https://ville.example/côté 🎉"
    shown = own(
        "9",
        "Été &lt;ici&gt; &amp; là : https://t.co/1, https://t.co/2 🎉 https://t.co/3",
        entities={
            "urls": [
                link("https://t.co/1", "http://ville.example/a?b=1"),
                link("https://t.co/2", "https://ville.example/c%C3%B4t%C3%A9"),
                link("https://t.co/3", "https://x.com/mairie/status/9/photo/1", media_key="3_1"),
            ]
        },
        attachments={"media_keys": ["3_1"]},
    )
    assert seen(wire, network, publication(text, media=(image(),)), shown) == ["9"]
    assert seen(wire, network, publication(text), shown) == [], "another number of files"
    assert seen(wire, network, publication(text + " !x", media=(image(),)), shown) == []
    assert wire.requests[0].path == OWN
    within(wire.requests[0])


def test_a_reply_is_recognised_by_what_it_answers(wire: Wire, network: X) -> None:
    reply = publication("Merci.", reply_to="7")
    shown = own("9", "@alice Merci.", referenced_posts=[{"type": "replied_to", "id": "7"}])
    elsewhere = own("8", "@alice Merci.", referenced_tweets=[{"type": "replied_to", "id": "6"}])
    untold = own("6", "@alice Merci.")
    assert seen(wire, network, reply, shown, elsewhere, untold) == ["9", "6"]
    assert seen(wire, network, publication("@alice Merci."), shown, elsewhere, untold) == ["6"]


def test_what_is_older_or_a_repost_is_not_ours(wire: Wire, network: X) -> None:
    old = own("9", "Bonjour", SINCE - timedelta(minutes=1))
    repost = own("8", "Bonjour", referenced_posts=[{"type": "retweeted", "id": "7"}])
    undated = {"id": "7", "text": "Bonjour"}
    assert seen(wire, network, publication("Bonjour"), old, repost, undated) == []


def test_pages_are_turned_and_a_history_without_end_proves_nothing(wire: Wire, network: X) -> None:
    def page(request: Request) -> bytes:
        after = request.query.get("pagination_token", "")
        return listed(
            own(f"1{len(after)}", "Bonjour" if after == "aa" else "Autre"),
            token=after + "a" if len(after) < 3 else None,
        )

    wire.handler = page
    found = network.find(account(wire.url, ME), publication("Bonjour"), since=SINCE)
    assert [each.remote_id for each in found] == ["12"]
    assert len(wire.requests) == 4
    wire.handler = lambda request: listed(own("1", "Autre"), token=request.query.get("pagination_token", "") + "a")
    with pytest.raises(Unavailable, match="history_too_long"):
        network.find(account(wire.url, ME), publication("Bonjour"), since=SINCE)


def test_x_is_asked_from_a_moment_before_the_attempt(wire: Wire, network: X) -> None:
    seen(wire, network, publication("Bonjour"))
    assert wire.requests[0].query["start_time"] == (SINCE - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------- moderating


def test_hiding_and_deleting_by_the_specification(wire: Wire, network: X) -> None:
    wire.handler = lambda request: answer(200, {"data": {"hidden": True, "deleted": True}})
    network.hide(account(wire.url, ME), "7", hidden=True)
    network.delete(account(wire.url, ME), "9")
    assert [(each.method, each.path) for each in wire.requests] == [
        ("PUT", "/2/tweets/7/hidden"),
        ("DELETE", "/2/tweets/9"),
    ]
    assert wire.requests[0].json == {"hidden": True}
    for request in wire.requests:
        within(request)


def test_what_is_deleted_already_is_no_error(wire: Wire, network: X) -> None:
    wire.handler = lambda request: problem(404, "resource-not-found")
    network.delete(account(wire.url, ME), "9")
    with pytest.raises(NotUnderstood):
        network.hide(account(wire.url, ME), "9", hidden=True)
    wire.handler = lambda request: problem(403)
    with pytest.raises(NotPermitted):
        network.delete(account(wire.url, ME), "9")
    with pytest.raises(NotPermitted):
        network.hide(account(wire.url, ME), "9", hidden=True)


# ---------------------------------------------------------------- tokens


def tokens(**more: Any) -> bytes:
    body = {"token_type": "bearer", "expires_in": 7200, "access_token": "new-access", "refresh_token": "new-refresh"}
    return answer(200, {**body, "scope": " ".join(SCOPES), **more})


USER = answer(200, {"data": {"id": ME, "username": "mairie", "name": "La mairie", "profile_image_url": "https://p/x"}})


def test_where_the_person_goes(network: X) -> None:
    start = network.start_oauth(server="", redirect_uri="https://parvis.example/back", state="s1")
    parts = urlsplit(start.authorize_url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://x.com/i/oauth2/authorize"
    assert query["scope"].split() == [*SCOPES, PRIVATE_SCOPE]
    assert query["code_challenge_method"] == "S256"
    assert query["client_id"] == "client"
    assert start.keep["verifier"] not in start.authorize_url + repr(start)
    assert "+" not in parts.query, "X takes spaces as %20"
    assert network.start_oauth(server=API, redirect_uri="https://a.example", state="s").authorize_url


@pytest.mark.parametrize("server", ["https://evil.example", "x.com", "http://192.0.2.1"])
def test_a_token_is_shown_to_x_alone(network: X, server: str) -> None:
    with pytest.raises(AddressRefused):
        network.start_oauth(server=server, redirect_uri="https://a.example", state="s")
    with pytest.raises(AddressRefused):
        network.finish_oauth(server=server, redirect_uri="https://a.example", code="c", keep={"verifier": "v"})


def test_practice_is_not_taken_for_x_where_loopback_is_not_allowed() -> None:
    network = X(Transport(), lambda: APP)
    with pytest.raises(AddressRefused):
        network.start_oauth(server="http://127.0.0.1:8590", redirect_uri="https://a.example", state="s")


def test_a_code_becomes_an_account(wire: Wire, network: X) -> None:
    wire.handler = routes({"/2/oauth2/token": tokens(), "/2/users/me": USER})
    (connected,) = network.finish_oauth(
        server=wire.url, redirect_uri="https://a.example", code="c", keep={"verifier": "v"}
    )
    assert (connected.remote_id, connected.handle, connected.display_name) == (ME, "mairie", "La mairie")
    assert connected.secrets == {"access": "new-access", "refresh": "new-refresh"}
    assert connected.expires_at is not None
    assert abs(connected.expires_at - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)
    asked = wire.requests[0]
    assert dict(asked.form) == {
        "grant_type": "authorization_code", "code": "c", "redirect_uri": "https://a.example", "code_verifier": "v",
    }  # fmt: skip
    basic = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert basic == "client:client-s3cret%2F%2B"
    assert wire.requests[1].headers["authorization"] == "Bearer new-access"
    assert "new-access" not in repr(connected)
    within(wire.requests[1])


def test_trap_20_half_a_permission_is_no_connection(wire: Wire, network: X) -> None:
    for given in (tokens(scope="tweet.read users.read offline.access"), tokens(refresh_token=None)):
        wire.handler = routes({"/2/oauth2/token": given, "/2/users/me": USER})
        with pytest.raises(CredentialsRefused) as raised:
            network.finish_oauth(server=wire.url, redirect_uri="https://a.example", code="c", keep={"verifier": "v"})
        assert raised.value.code == "permission_missing"


def test_trap_15_the_tokens_are_replaced_and_kept_where_they_are_not(wire: Wire, network: X) -> None:
    wire.handler = lambda request: tokens()
    renewed = network.refresh(account(wire.url, ME))
    assert renewed.secrets == {"access": "new-access", "refresh": "new-refresh"}
    assert dict(wire.requests[0].form) == {"grant_type": "refresh_token", "refresh_token": SECRETS["refresh"]}
    assert wire.paths() == ["/2/oauth2/token"], "nothing is asked after it that could fail"
    wire.handler = lambda request: tokens(refresh_token=None)
    assert network.refresh(account(wire.url, ME)).secrets == {"access": "new-access", "refresh": SECRETS["refresh"]}


@pytest.mark.parametrize(
    ("said", "raised", "code"),
    [
        (answer(400, {"error": "invalid_request"}), CredentialsRefused, "credentials_refused"),
        (answer(400, {"error": "invalid_grant"}), CredentialsRefused, "credentials_refused"),
        (answer(401, {"error": "invalid_token"}), CredentialsRefused, "credentials_refused"),
        (answer(401, {"error": "unauthorized_client"}), Unavailable, "application_refused"),
        (answer(401, {"error": "invalid_client"}), Unavailable, "application_refused"),
        (answer(401), Unavailable, "http_401"),
        (answer(403, b"<html>", kind="text/html"), Unavailable, "http_403"),
        (answer(429), Unavailable, "rate_limited"),
        (answer(500), Unavailable, "http_500"),
        (HANG_UP, Unavailable, "connection_lost"),
        (answer(200, {"access_token": ""}), NotUnderstood, "answer_unexpected"),
        (answer(200, b"{", kind="application/json"), NotUnderstood, "answer_malformed"),
    ],
)
def test_trap_16_only_a_void_token_disconnects(
    wire: Wire, network: X, said: bytes, raised: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: said
    with pytest.raises(raised) as error:
        network.refresh(account(wire.url, ME))
    assert error.value.code == code
    assert not any(secret in str(error.value) for secret in SECRETS.values())


def test_an_application_that_is_missing_is_said(transport: Transport) -> None:
    network = X(transport, dict)
    with pytest.raises(Unavailable, match="application_missing"):
        network.start_oauth(server="", redirect_uri="https://a.example", state="s")


def test_credentials_are_given_back(wire: Wire, network: X) -> None:
    wire.handler = lambda request: answer(200, {"revoked": True})
    network.revoke(account(wire.url, ME))
    assert [dict(each.form)["token"] for each in wire.requests] == [SECRETS["refresh"], SECRETS["access"]]
    wire.handler = lambda request: answer(400, {"error": "invalid_token"})
    network.revoke(account(wire.url, ME))
    for said, error in ((answer(503), Unavailable), (answer(401, {"error": "unauthorized_client"}), Unavailable)):
        wire.handler = lambda request, said=said: said
        with pytest.raises(error):
            network.revoke(account(wire.url, ME))


def test_nothing_secret_is_shown(network: X) -> None:
    text = repr(network) + repr(account("https://api.x.com", ME)) + json.dumps(str(network.capabilities()))
    assert not any(secret in text for secret in (*SECRETS.values(), *APP.values()))
