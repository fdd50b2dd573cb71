"""Mastodon: every row of its table, images, looking for one's own posts, connecting, and requests against the API's
published schema."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

from chalicelib.networks.contract import (
    CredentialsRefused,
    Halted,
    NetworkError,
    NotUnderstood,
    OutcomeUnknown,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.mastodon import LIMITS, SCOPES, Mastodon
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

POST = "/api/v1/statuses"
MEDIA = "/api/v2/media"
POSTED = answer(200, {"id": "109", "url": "https://m.example/@mairie/109", "uri": "https://m.example/s/109"})
REDIRECT = "https://parvis.example/connect/callback"


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> Mastodon:
    return Mastodon(transport)


def _error(status: int, text: str = "because", **headers: str) -> bytes:
    return answer(status, {"error": text}, {k.replace("_", "-"): v for k, v in headers.items()})


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(request.path, _error(404, "Record not found"))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


# ---------------------------------------------------------------- the post

POST_ROWS: list[tuple[bytes, object]] = [
    (HANG_UP, OutcomeUnknown("connection_lost")),
    (answer(200, b"<html>", kind="text/html"), OutcomeUnknown("answer_unexpected")),
    (answer(200, b'{"id": '), OutcomeUnknown("answer_unexpected")),
    (answer(200, {"url": "x"}), OutcomeUnknown("answer_unexpected")),
    (answer(200, {"id": 7}), OutcomeUnknown("answer_unexpected")),
    (answer(202, {"id": "7"}), OutcomeUnknown("http_202")),
    (answer(302, headers={"Location": "/x"}), RetryAfter(timedelta(minutes=5), "redirect_refused")),
    (_error(400), Rejected("content_refused", "because")),
    (_error(401, "The access token is invalid"), Reauthorise("credentials_refused", "The access token is invalid")),
    (answer(401), Reauthorise("credentials_refused")),
    (_error(403, "Your login is currently disabled"), Reauthorise("forbidden", "Your login is currently disabled")),
    (_error(404), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(405), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(408), OutcomeUnknown("http_408")),
    (_error(409), OutcomeUnknown("http_409")),
    (_error(410), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(413), Rejected("content_refused", "because")),
    (_error(422, "Validation failed: Text limit"), Rejected("content_refused", "Validation failed: Text limit")),
    (answer(422, b"<html>", kind="text/html"), Rejected("content_refused")),
    (_error(429), RetryAfter(timedelta(seconds=60), "rate_limited")),
    (_error(429, retry_after="11"), RetryAfter(timedelta(seconds=11), "rate_limited")),
    (_error(500), OutcomeUnknown("http_500")),
    (answer(502, b"<html>", kind="text/html"), OutcomeUnknown("http_502")),
    (_error(503), OutcomeUnknown("http_503")),
    (_error(504), OutcomeUnknown("http_504")),
    (_error(501), RetryAfter(timedelta(minutes=5), "server_not_understood")),
]


@pytest.mark.parametrize(("reply", "outcome"), POST_ROWS)
def test_the_answers_to_a_post(wire: Wire, network: Mastodon, reply: bytes, outcome: object) -> None:
    wire.handler = lambda request: reply
    assert network.publish(account(wire.url), publication(), _open) == outcome
    assert wire.paths() == [POST], "one attempt, whatever the answer"


@pytest.mark.parametrize("status", [404, 410])
def test_a_reply_whose_parent_is_gone(wire: Wire, network: Mastodon, status: int) -> None:
    wire.handler = lambda request: _error(status, "Record not found")
    got = network.publish(account(wire.url), publication(reply_to="108"), _open)
    assert got == Rejected("reply_target_gone", "Record not found")


def test_trap_10_a_rate_limit_says_when_it_ends(wire: Wire, network: Mastodon) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=90)).isoformat().replace("+00:00", "Z")
    wire.handler = lambda request: _error(429, x_ratelimit_reset=reset)
    got = network.publish(account(wire.url), publication(), _open)
    assert isinstance(got, RetryAfter)
    assert timedelta(seconds=85) < got.wait <= timedelta(seconds=90)


def test_a_time_out_after_sending_is_unknown(wire: Wire) -> None:
    def accepts_and_stays_silent(request: Request) -> bytes:
        time.sleep(1)
        return HANG_UP

    wire.handler = accepts_and_stays_silent
    network = Mastodon(Transport(allow_loopback=True, read_timeout=0.3))
    assert network.publish(account(wire.url), publication(), _open) == OutcomeUnknown("timeout")
    assert wire.paths() == [POST]


def test_nothing_was_sent_when_nobody_answers(network: Mastodon) -> None:
    got = network.publish(account("http://127.0.0.1:9"), publication(), _open)
    assert got == RetryAfter(timedelta(seconds=15), "connect_failed")


def test_a_post_that_is_accepted(wire: Wire, network: Mastodon) -> None:
    wire.handler = lambda request: POSTED
    got = network.publish(account(wire.url), publication("Été 🎉", language="fr-CA", reply_to="108"), _open)
    assert got == Published("109", "https://m.example/@mairie/109", {"id": "109", "uri": "https://m.example/s/109"})
    sent = wire.requests[0]
    assert sent.headers["idempotency-key"] == "delivery-1"
    assert sent.headers["authorization"] == "Bearer access-s3cret"
    assert sent.json == {"status": "Été 🎉", "visibility": "public", "language": "fr", "in_reply_to_id": "108"}


def test_a_stall_is_tried_three_times(wire: Wire) -> None:
    now = [0.0]
    passed: list[int] = []

    def slow_gate() -> None:
        passed.append(1)
        now[0] += 1.2

    network = Mastodon(Transport(allow_loopback=True, monotonic=lambda: now[0]))
    assert network.publish(account(wire.url), publication(), slow_gate) == RetryAfter(timedelta(seconds=1), "stalled")
    assert (len(passed), wire.requests) == (3, [])


# ---------------------------------------------------------------- images

UPLOAD_ROWS: list[tuple[bytes, object]] = [
    (HANG_UP, RetryAfter(timedelta(seconds=15), "connection_lost", "pont.png")),
    (answer(200, b"<html>", kind="text/html"), RetryAfter(timedelta(seconds=15), "answer_unexpected", "pont.png")),
    (answer(200, {}), RetryAfter(timedelta(seconds=15), "answer_unexpected", "pont.png")),
    (_error(400), Rejected("media_refused", "pont.png: because")),
    (_error(401), Reauthorise("credentials_refused", "pont.png: because")),
    (_error(403), Reauthorise("forbidden", "pont.png: because")),
    (_error(404), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(408), RetryAfter(timedelta(seconds=15), "http_408", "pont.png")),
    (_error(413), Rejected("media_too_large", "pont.png: because")),
    (_error(422, "File type is not supported"), Rejected("media_refused", "pont.png: File type is not supported")),
    (_error(429, retry_after="1800"), RetryAfter(timedelta(minutes=30), "rate_limited")),
    (_error(500), RetryAfter(timedelta(seconds=15), "http_500", "pont.png")),
    (_error(503), RetryAfter(timedelta(seconds=15), "http_503", "pont.png")),
    (answer(301, headers={"Location": "/"}), RetryAfter(timedelta(minutes=5), "redirect_refused")),
]


@pytest.mark.parametrize(("reply", "outcome"), UPLOAD_ROWS)
def test_trap_13_the_answers_to_an_image_name_its_file(
    wire: Wire, network: Mastodon, reply: bytes, outcome: object
) -> None:
    wire.handler = routes({MEDIA: reply, POST: POSTED})
    assert network.publish(account(wire.url), publication(media=(image(),)), _open) == outcome
    assert wire.paths() == [MEDIA], "nothing is posted without its image"


def test_images_go_first_with_their_descriptions(wire: Wire, network: Mastodon) -> None:
    numbers = iter(range(10))
    wire.handler = routes({MEDIA: lambda request: answer(200, {"id": f"a{next(numbers)}", "url": "x"}), POST: POSTED})
    passed: list[int] = []
    files = (image(), image(b"GIF89a", filename="privé.gif", content_type="image/gif", alt=""))
    got = network.publish(account(wire.url), publication(media=files), lambda: passed.append(len(wire.requests)))
    assert isinstance(got, Published)
    assert (wire.paths(), passed) == ([MEDIA, MEDIA, POST], [0, 1, 2])
    assert wire.requests[2].json["media_ids"] == ["a0", "a1"]
    first, second = wire.requests[0].body, wire.requests[1].body
    assert "Le pont, fermé".encode() in first
    assert b"Content-Type: image/png" in first
    assert b"description" not in second
    assert "privé".encode() not in second
    names = [part.split(b'filename="')[1].split(b'"')[0] for part in (first, second)]
    assert len(set(names)) == 2


class _Time:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock() -> _Time:
    return _Time()


@pytest.fixture
def patient(clock: _Time) -> Mastodon:
    return Mastodon(Transport(allow_loopback=True, monotonic=clock, sleep=clock.sleep))


def _processing(*then: bytes) -> dict[str, Reply]:
    left = list(then)

    def look(request: Request) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    return {MEDIA: answer(202, {"id": "a1", "url": None}), "/api/v1/media/a1": look, POST: POSTED}


def test_trap_12_no_post_before_its_image_is_ready(wire: Wire, patient: Mastodon, clock: _Time) -> None:
    wire.handler = routes(_processing(answer(206, {"id": "a1"}), _error(503), HANG_UP, answer(200, {"id": "a1"})))
    got = patient.publish(account(wire.url), publication(media=(image(),)), _open)
    assert isinstance(got, Published)
    assert wire.paths() == [MEDIA, *["/api/v1/media/a1"] * 4, POST]
    assert clock.at == 0.5 + 1.0 + 2.0 + 2.0


def test_an_image_that_is_never_ready_ends_the_attempt(wire: Wire, patient: Mastodon, clock: _Time) -> None:
    wire.handler = routes(_processing(answer(206, {"id": "a1"})))
    got = patient.publish(account(wire.url), publication(media=(image(),)), _open)
    assert got == RetryAfter(timedelta(seconds=15), "media_processing", "pont.png")
    assert POST not in wire.paths()
    assert clock.at <= 20


def test_an_image_that_cannot_be_processed_is_named(wire: Wire, patient: Mastodon) -> None:
    wire.handler = routes(_processing(_error(422, "Error processing thumbnail")))
    got = patient.publish(account(wire.url), publication(media=(image(),)), _open)
    assert got == Rejected("media_refused", "pont.png: Error processing thumbnail")


def test_a_halt_after_the_image_posts_nothing(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes({MEDIA: answer(200, {"id": "a1"}), POST: POSTED})

    def gate() -> None:
        if wire.requests:
            raise Halted

    with pytest.raises(Halted):
        network.publish(account(wire.url), publication(media=(image(),)), gate)
    assert wire.paths() == [MEDIA]


# ---------------------------------------------------------------- looking

NOW = datetime.now(UTC).replace(microsecond=0)


def _status(number: int, content: str, *, at: datetime = NOW, media: int = 0, **more: object) -> dict[str, object]:
    return {
        "id": str(number),
        "created_at": at.isoformat().replace("+00:00", "Z"),
        "content": content,
        "url": f"https://m.example/{number}",
        "media_attachments": [{"id": str(i)} for i in range(media)],
        "reblog": None,
        **more,
    }


def _timeline(*statuses: dict[str, object], date: datetime | None = None) -> Callable[[Request], bytes]:
    """Pages as Mastodon does: newest first, `limit` at a time, older than max_id. Knows no /source."""

    def handler(request: Request) -> bytes:
        if not request.path.endswith("/statuses"):
            return _error(404)
        below = int(request.query.get("max_id", 10**18))
        page = [status for status in statuses if int(str(status["id"])) < below]
        headers = {"Date": format_datetime(date, usegmt=True)} if date else {}
        return answer(200, page[: int(request.query["limit"])], headers)

    return handler


def _found(network: Mastodon, wire: Wire, text: str, since: datetime = NOW - timedelta(minutes=1)) -> list[str]:
    return [s.remote_id for s in network.find(account(wire.url, "42"), publication(text), since=since)]


def test_own_posts_are_matched_by_their_plain_words(wire: Wire, network: Mastodon) -> None:
    shown = (
        '<p>Été 🎉 <b>gras</b> &amp; <a href="https://ville.example/travaux?x=1" rel="nofollow">'
        '<span class="invisible">https://</span><span class="ellipsis">ville.example/tra</span>'
        '<span class="invisible">vaux?x=1</span></a><br />'
        '<a href="https://m.example/tags/Lyon" class="mention hashtag" rel="tag">#<span>Lyon</span></a> <span '
        'class="h-card"><a href="https://far.example/@bob" class="u-url mention">@<span>bob</span></a></span></p>'
    )
    wire.handler = _timeline(_status(3, "<p>autre</p>"), _status(2, shown), _status(1, shown, media=1))
    text = "Été 🎉 *gras* & https://ville.example/travaux?x=1\n#Lyon @bob@far.example"
    assert _found(network, wire, text) == ["2"]
    assert _found(network, wire, text.replace("Lyon", "Nantes")) == []
    assert _found(network, wire, text.replace("x=1", "x=2")) == []
    assert not network.find(account(wire.url, "42"), publication(text), since=NOW - timedelta(minutes=1))[0].exact


def test_twins_are_all_reported_oldest_first(wire: Wire, network: Mastodon) -> None:
    wire.handler = _timeline(_status(2, "<p>Bonjour</p>"), _status(1, "<p>Bonjour</p>", at=NOW - timedelta(seconds=20)))
    assert _found(network, wire, "Bonjour") == ["1", "2"]


def test_the_text_as_it_was_sent_decides_where_a_server_gives_it(wire: Wire, network: Mastodon) -> None:
    wire.handler = _timeline(_status(2, "<p>Bonjour</p>", text="Bonjour !"), _status(1, "<p>?</p>", text="Bonjour\r\n"))
    assert _found(network, wire, "Bonjour") == ["1"]

    def with_source(request: Request) -> bytes:
        if request.path == "/api/v1/statuses/1/source":
            return answer(200, {"id": "1", "text": "**Bonjour**", "spoiler_text": ""})
        if request.path == "/api/v1/statuses/2/source":
            return answer(200, {"id": "2", "text": "Bonjour", "spoiler_text": ""})
        return _timeline(_status(2, "<p>Bonjour</p>"), _status(1, "<p><b>Bonjour</b></p>"))(request)

    wire.handler = with_source
    assert _found(network, wire, "Bonjour") == ["2"]


def test_boosts_and_older_posts_are_not_ours(wire: Wire, network: Mastodon) -> None:
    wire.handler = _timeline(
        _status(3, "<p>Bonjour</p>", reblog={"id": "9"}),
        _status(1, "<p>Bonjour</p>", at=NOW - timedelta(minutes=5)),
    )
    assert _found(network, wire, "Bonjour") == []


def test_trap_23_a_time_without_a_zone_is_utc(wire: Wire, network: Mastodon) -> None:
    naive = _status(2, "<p>Bonjour</p>")
    naive["created_at"] = NOW.replace(tzinfo=None).isoformat()
    wire.handler = _timeline(naive)
    (sighting,) = network.find(account(wire.url, "42"), publication("Bonjour"), since=NOW - timedelta(minutes=1))
    assert sighting.created_at == NOW


@pytest.mark.parametrize("ahead", [timedelta(minutes=-7), timedelta(minutes=7)])
def test_a_servers_wrong_clock_hides_nothing(wire: Wire, network: Mastodon, ahead: timedelta) -> None:
    now = datetime.now(UTC)
    wire.handler = _timeline(
        _status(2, "<p>Bonjour</p>", at=now + ahead),
        _status(1, "<p>Bonjour</p>", at=now + ahead - timedelta(minutes=3)),
        date=now + ahead,
    )
    assert _found(network, wire, "Bonjour", since=now - timedelta(seconds=5)) == ["2"]


def test_pages_are_read_back_to_since(wire: Wire, network: Mastodon) -> None:
    many = [_status(1000 - i, f"<p>n {i}</p>", at=NOW - timedelta(seconds=i)) for i in range(200)]
    many[140]["content"] = "<p>Bonjour</p>"
    wire.handler = _timeline(*many)
    assert _found(network, wire, "Bonjour", since=NOW - timedelta(seconds=145)) == ["860"]
    assert len([path for path in wire.paths() if path.endswith("/statuses")]) == 5


def test_too_many_pages_prove_no_absence(wire: Wire, network: Mastodon) -> None:
    wire.handler = _timeline(*[_status(9000 - i, f"<p>n {i}</p>") for i in range(1000)])
    with pytest.raises(Unavailable) as failure:
        _found(network, wire, "Bonjour")
    assert failure.value.code == "history_too_long"
    assert len(wire.requests) == 10


def test_a_server_that_ignores_max_id_is_asked_twice(wire: Wire, network: Mastodon) -> None:
    wire.handler = lambda request: answer(200, [_status(2, "<p>Salut</p>")])
    assert _found(network, wire, "Bonjour") == []
    assert len(wire.requests) == 2


READ_ROWS: list[tuple[bytes, type[NetworkError], str]] = [
    (HANG_UP, Unavailable, "connection_lost"),
    (answer(200, b"<html>", kind="text/html"), NotUnderstood, "answer_not_json"),
    (answer(200, {"a": 1}), NotUnderstood, "answer_unexpected"),
    (answer(200, [{"id": "1"}]), NotUnderstood, "answer_unexpected"),
    (answer(302, headers={"Location": "https://elsewhere.example/"}), NetworkError, "redirect_refused"),
    (_error(400), NotUnderstood, "http_400"),
    (_error(401), CredentialsRefused, "credentials_refused"),
    (_error(403), CredentialsRefused, "forbidden"),
    (_error(404), NotUnderstood, "http_404"),
    (_error(408), Unavailable, "http_408"),
    (_error(422), NotUnderstood, "http_422"),
    (_error(429), Unavailable, "rate_limited"),
    (_error(500), Unavailable, "http_500"),
    (_error(501), NotUnderstood, "http_501"),
    (_error(503), Unavailable, "http_503"),
]


@pytest.mark.parametrize(("reply", "kind", "code"), READ_ROWS)
def test_the_answers_to_looking(
    wire: Wire, network: Mastodon, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(kind) as failure:
        _found(network, wire, "Bonjour")
    assert failure.value.code == code


# ---------------------------------------------------------------- connecting

INSTANCE = {
    "domain": "ville.example",
    "version": "4.4.0",
    "configuration": {
        "statuses": {"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 32},
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png", "image/heic", "video/mp4"],
            "image_size_limit": 1000,
            "image_matrix_limit": 2000,
            "description_limit": 700,
        },
    },
}
ME = {"id": "42", "username": "mairie", "acct": "mairie", "display_name": "", "avatar": "https://m.example/a.png"}
KEEP = {"client_id": "c", "client_secret": "s", "verifier": "v"}


def _server(**changes: Reply) -> dict[str, Reply]:
    replies: dict[str, Reply] = {
        "/api/v2/instance": answer(200, INSTANCE),
        "/api/v1/apps": answer(200, {"id": "1", "client_id": "c", "client_secret": "s"}),
        "/oauth/token": answer(200, {"access_token": "t", "token_type": "Bearer", "scope": SCOPES, "created_at": 1}),
        "/api/v1/accounts/verify_credentials": answer(200, ME),
    }
    return {**replies, **changes}


def test_starting_names_the_least_scopes_and_a_challenge(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(_server())
    start = network.start_oauth(server=wire.url, redirect_uri=REDIRECT, state="st&te")
    parts = urlsplit(start.authorize_url)
    query = dict(parse_qsl(parts.query))
    assert parts.path == "/oauth/authorize"
    digest = hashlib.sha256(start.keep["verifier"].encode()).digest()
    assert query["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (query["code_challenge_method"], query["state"], query["redirect_uri"]) == ("S256", "st&te", REDIRECT)
    assert query["scope"] == SCOPES
    assert SCOPES == "read:accounts read:notifications read:search read:statuses write:media write:statuses"
    assert 43 <= len(start.keep["verifier"]) <= 128
    assert start.keep["verifier"] not in start.authorize_url + repr(start)
    again = network.start_oauth(server=wire.url, redirect_uri=REDIRECT, state="s")
    assert again.keep["verifier"] != start.keep["verifier"]


def test_finishing_proves_the_token_and_reads_the_limits(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(_server())
    (got,) = network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="abc", keep=KEEP)
    token = next(request for request in wire.requests if request.path == "/oauth/token")
    assert dict(token.form)["code_verifier"] == "v"
    assert "abc" not in token.target
    assert (got.remote_id, got.handle, got.display_name) == ("42", "mairie@ville.example", "mairie")
    assert got.secrets == {"access": "t", "client_id": "c", "client_secret": "s"}
    assert got.expires_at is None
    limits = network.limits(got.limits)
    assert (limits.text_max, limits.url_length, limits.images_max) == (5000, 32, 6)
    assert (limits.image_bytes_max, limits.image_pixels_max, limits.alt_max) == (1000, 2000, 700)
    assert limits.image_types == ("image/jpeg", "image/png")
    codes = [p.code for p in network.check("x" * 5001, (image(size=1001, alt="y" * 701),), limits)]
    assert codes == ["text_too_long", "media_too_large", "media_too_many_pixels", "alt_too_long"]
    assert network.limits({}) == LIMITS


def test_an_older_server_is_asked_in_the_older_way(wire: Wire, network: Mastodon) -> None:
    old = {"uri": "old.example", "version": "3.5.0", "configuration": {"statuses": {"max_characters": 500}}}
    wire.handler = routes(_server(**{"/api/v2/instance": _error(404), "/api/v1/instance": answer(200, old)}))
    (got,) = network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="abc", keep=KEEP)
    assert got.handle == "mairie@old.example"
    assert got.limits == {"text_max": 500}


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"/oauth/token": answer(400, {"error": "invalid_grant"})}, CredentialsRefused, "code_refused"),
        ({"/oauth/token": answer(401, {"error": "invalid_client"})}, CredentialsRefused, "code_refused"),
        ({"/oauth/token": answer(422)}, CredentialsRefused, "code_refused"),
        ({"/oauth/token": answer(200, {})}, NotUnderstood, "answer_unexpected"),
        ({"/oauth/token": _error(503)}, Unavailable, "http_503"),
        ({"/api/v1/accounts/verify_credentials": _error(401)}, CredentialsRefused, "credentials_refused"),
        ({"/api/v1/accounts/verify_credentials": answer(422)}, CredentialsRefused, "credentials_refused"),
        ({"/api/v1/accounts/verify_credentials": _error(403)}, CredentialsRefused, "forbidden"),
        ({"/api/v1/accounts/verify_credentials": answer(200, {"id": "1"})}, NotUnderstood, "answer_unexpected"),
        ({"/api/v1/accounts/verify_credentials": HANG_UP}, Unavailable, "connection_lost"),
        ({"/api/v2/instance": answer(200, {"title": "x"})}, NotUnderstood, "answer_unexpected"),
        ({"/api/v2/instance": _error(401)}, NotUnderstood, "server_closed"),
    ],
)
def test_trap_20_half_a_connection_is_none(
    wire: Wire, network: Mastodon, changes: dict[str, Reply], kind: type[NetworkError], code: str
) -> None:
    wire.handler = routes(_server(**changes))
    with pytest.raises(kind) as failure:
        network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="abc", keep=KEEP)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"/api/v2/instance": answer(200, b"<html>", kind="text/html")}, NotUnderstood, "answer_not_json"),
        ({"/api/v2/instance": _error(404)}, NotUnderstood, "http_404"),
        ({"/api/v1/apps": _error(422)}, NotUnderstood, "http_422"),
        ({"/api/v1/apps": answer(200, {"client_id": "c"})}, NotUnderstood, "answer_unexpected"),
        ({"/api/v1/apps": _error(429)}, Unavailable, "rate_limited"),
    ],
)
def test_what_is_not_a_mastodon_server_starts_nothing(
    wire: Wire, network: Mastodon, changes: dict[str, Reply], kind: type[NetworkError], code: str
) -> None:
    wire.handler = routes(_server(**changes))
    with pytest.raises(kind) as failure:
        network.start_oauth(server=wire.url, redirect_uri=REDIRECT, state="s")
    assert failure.value.code == code


# ---------------------------------------------------------------- against the published schema


def _schema(document: dict[str, Any], path: str, kind: str) -> dict[str, Any]:
    found = document["paths"][path]["post"]["requestBody"]["content"][kind]["schema"]
    assert isinstance(found, dict)
    return found


def _refused(document: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(value)]


def _known_names(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _known_names(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    parts = [_known_names(document, part) for part in schema.get("allOf", [])]
    return set(schema.get("properties", {})).union(*parts)


def test_the_requests_keep_to_the_published_schema(wire: Wire, network: Mastodon) -> None:
    document = json.loads((specs() / "mastodon-openapi.json").read_text())
    wire.handler = routes(_server(**{MEDIA: answer(200, {"id": "a1"}), POST: POSTED}))
    network.publish(account(wire.url), publication(), _open)
    network.publish(account(wire.url), publication("", media=(image(),), reply_to="108"), _open)
    network.start_oauth(server=wire.url, redirect_uri=REDIRECT, state="s")
    network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="abc", keep=KEEP)
    by_path: dict[str, list[Request]] = {}
    for request in wire.requests:
        by_path.setdefault(request.path, []).append(request)

    # The schema's oneOf refuses a text with images, which the documentation allows: the branches are checked apart.
    for request, name in zip(by_path[POST], ("TextStatus", "MediaStatus"), strict=True):
        schema = {"$ref": f"#/components/schemas/{name}"}
        assert _refused(document, schema, request.json) == []
        assert set(request.json) <= _known_names(document, schema)
        assert _refused(document, schema, {"visibility": 1})

    # A form has no arrays of one: redirect_uris is the one field that the schema has as an array.
    app = {**dict(by_path["/api/v1/apps"][0].form), "redirect_uris": [REDIRECT]}
    schema = _schema(document, "/api/v1/apps", "application/json")
    assert _refused(document, schema, app) == []
    assert set(app) <= _known_names(document, schema)

    token = dict(by_path["/oauth/token"][0].form)
    schema = _schema(document, "/oauth/token", "application/json")
    assert _refused(document, schema, token) == []
    assert set(token) <= _known_names(document, schema)

    upload = by_path[MEDIA][0]
    names = {
        part.split(b'name="')[1].split(b'"')[0].decode() for part in upload.body.split(b"--")[1:] if b'name="' in part
    }
    assert names == {"file", "description"}
    assert names <= _known_names(document, _schema(document, MEDIA, "multipart/form-data"))

    granted = document["components"]["securitySchemes"]["OAuth2"]["flows"]["authorizationCode"]["scopes"]
    assert set(SCOPES.split()) <= set(granted)


def test_the_authorize_url_and_the_reads_keep_to_the_published_schema(wire: Wire, network: Mastodon) -> None:
    document = json.loads((specs() / "mastodon-openapi.json").read_text())

    def known(path: str) -> dict[str, bool]:
        parameters = document["paths"][path]["get"]["parameters"]
        return {p["name"]: p.get("required", False) for p in parameters if p["in"] == "query"}

    wire.handler = routes(_server())
    start = network.start_oauth(server=wire.url, redirect_uri=REDIRECT, state="s")
    asked = set(dict(parse_qsl(urlsplit(start.authorize_url).query)))
    names = known("/oauth/authorize")
    assert asked <= set(names)
    assert {name for name, required in names.items() if required} <= asked
    wire.requests.clear()
    wire.handler = _timeline(*[_status(100 - i, "<p>x</p>") for i in range(50)])
    _found(network, wire, "Bonjour")
    assert len(wire.requests) == 3
    assert all(set(request.query) <= set(known("/api/v1/accounts/{id}/statuses")) for request in wire.requests)
