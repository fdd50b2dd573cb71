"""Bluesky: every row of its table, its record key, its records against the lexicons, its sessions."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks.bluesky import LIMITS, Bluesky, record_key
from chalicelib.networks.bluesky_wire import public_url
from chalicelib.networks.contract import (
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
from chalicelib.networks.transport import Transport
from tests.unit.networks.lexicon import violations
from tests.unit.networks.material import AT, DID, account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

PUT = "/xrpc/com.atproto.repo.putRecord"
UPLOAD = "/xrpc/com.atproto.repo.uploadBlob"
GET = "/xrpc/com.atproto.repo.getRecord"
RESOLVE = "/xrpc/com.atproto.identity.resolveHandle"
CID = "bafyreia6vyomlv7nmxteyoe7dr6q36jkl4fzeu7jp45buka5uqi72nwk3m"
BLOB = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 10}


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> Bluesky:
    return Bluesky(transport)


def _error(status: int, name: str, message: str = "because", **headers: str) -> bytes:
    return answer(status, {"error": name, "message": message}, {k.replace("_", "-"): v for k, v in headers.items()})


def _put_ok(request: Request) -> bytes:
    uri = f"at://{DID}/{request.json['collection']}/{request.json['rkey']}"
    return answer(200, {"uri": uri, "cid": CID, "commit": {"cid": CID, "rev": "3rev"}, "validationStatus": "valid"})


def routes(**by_method: bytes | Callable[[Request], bytes]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = by_method.get(request.path.rpartition(".")[2])
        if reply is None:
            return _error(501, "MethodNotImplemented")
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


# ---------------------------------------------------------------- the post

POST_ROWS: list[tuple[bytes, object]] = [
    (HANG_UP, OutcomeUnknown("connection_lost")),
    (answer(200, b"<html>", kind="text/html"), OutcomeUnknown("answer_unexpected")),
    (answer(200, b'{"uri": "at:'), OutcomeUnknown("answer_unexpected")),
    (answer(200, []), OutcomeUnknown("answer_unexpected")),
    (answer(200, {"uri": "at://did:plc:else/app.bsky.feed.post/3jzfcijpj2z2a", "cid": CID}), OutcomeUnknown),
    (answer(204), OutcomeUnknown("http_204")),
    (
        answer(307, headers={"Location": "https://elsewhere.example/"}),
        RetryAfter(timedelta(minutes=5), "redirect_refused"),
    ),
    (_error(400, "BlobNotFound"), RetryAfter(timedelta(seconds=15), "media_vanished")),
    (_error(400, "BlobTooLarge"), Rejected("media_refused", "because")),
    (_error(400, "InvalidMimeType"), Rejected("media_refused", "because")),
    (_error(400, "InvalidSize"), Rejected("media_refused", "because")),
    (_error(400, "InvalidRequest", "grapheme too big"), Rejected("content_refused", "grapheme too big")),
    (_error(400, "SomethingNew"), Rejected("content_refused", "because")),
    (answer(400, b"<html>", kind="text/html"), Rejected("content_refused")),
    (_error(413, "PayloadTooLarge"), Rejected("media_too_large", "because")),
    (_error(422, "Unprocessable"), Rejected("content_refused", "because")),
    (_error(400, "ExpiredToken"), Reauthorise("token_expired", "because")),
    (_error(401, "ExpiredToken"), Reauthorise("token_expired", "because")),
    (_error(400, "InvalidToken"), Reauthorise("credentials_refused", "because")),
    (_error(401, "AuthenticationRequired"), Reauthorise("credentials_refused", "because")),
    (_error(401, "AuthMissing"), Reauthorise("credentials_refused", "because")),
    (answer(401), Reauthorise("credentials_refused")),
    (_error(403, "Forbidden"), Reauthorise("credentials_refused", "because")),
    (_error(401, "AccountTakedown"), Reauthorise("account_suspended", "because")),
    (_error(400, "RepoTakendown"), Reauthorise("account_suspended", "because")),
    (_error(401, "AccountDeactivated"), Reauthorise("account_deactivated", "because")),
    (_error(400, "RepoDeactivated"), Reauthorise("account_deactivated", "because")),
    (answer(404, b"<html>", kind="text/html"), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(405, "MethodNotAllowed"), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(501, "MethodNotImplemented"), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (_error(408, "Timeout"), OutcomeUnknown("http_408")),
    (_error(409, "Conflict"), OutcomeUnknown("http_409")),
    (_error(429, "RateLimitExceeded"), RetryAfter(timedelta(seconds=60), "rate_limited")),
    (_error(429, "RateLimitExceeded", retry_after="7"), RetryAfter(timedelta(seconds=7), "rate_limited")),
    (_error(500, "InternalServerError"), OutcomeUnknown("http_500")),
    (_error(502, "UpstreamFailure"), OutcomeUnknown("http_502")),
    (answer(503, b"<html>", kind="text/html"), OutcomeUnknown("http_503")),
    (_error(504, "UpstreamTimeout"), OutcomeUnknown("http_504")),
]


@pytest.mark.parametrize(("reply", "outcome"), POST_ROWS)
def test_the_answers_to_a_post(wire: Wire, network: Bluesky, reply: bytes, outcome: object) -> None:
    wire.handler = routes(putRecord=reply)
    got = network.publish(account(wire.url), publication(), _open)
    assert isinstance(got, outcome) if isinstance(outcome, type) else got == outcome
    assert wire.paths() == [PUT], "one attempt, whatever the answer"


def test_a_rate_limit_that_ends_at_an_epoch_second(wire: Wire, network: Bluesky) -> None:
    wire.handler = lambda request: _error(429, "RateLimitExceeded", ratelimit_reset=str(int(time.time()) + 90))
    got = network.publish(account(wire.url), publication(), _open)
    assert isinstance(got, RetryAfter)
    assert timedelta(seconds=85) < got.wait <= timedelta(seconds=90)


def test_trap_2_a_time_out_after_sending_is_unknown_and_sent_once(wire: Wire) -> None:
    def accepts_and_stays_silent(request: Request) -> bytes:
        time.sleep(1)
        return HANG_UP

    wire.handler = accepts_and_stays_silent
    network = Bluesky(Transport(allow_loopback=True, read_timeout=0.3))
    assert network.publish(account(wire.url), publication(), _open) == OutcomeUnknown("timeout")
    assert wire.paths() == [PUT]


def test_nothing_was_sent_when_nobody_answers(network: Bluesky) -> None:
    got = network.publish(account("http://127.0.0.1:9"), publication(), _open)
    assert got == RetryAfter(timedelta(seconds=15), "connect_failed")


def test_an_address_that_turned_inside_is_not_called(wire: Wire) -> None:
    got = Bluesky(Transport()).publish(account(wire.url), publication(), _open)
    assert got == RetryAfter(timedelta(minutes=5), "address_scheme")
    assert wire.connected == []


def test_a_post_that_is_accepted(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(putRecord=_put_ok)
    got = network.publish(account(wire.url), publication(), _open)
    key = record_key(publication())
    uri = f"at://{DID}/app.bsky.feed.post/{key}"
    assert got == Published(uri, None, {"uri": uri, "cid": CID, "rev": "3rev"})
    sent = wire.requests[0]
    assert sent.headers["authorization"] == "Bearer access-s3cret"
    assert sent.json == {
        "repo": DID,
        "collection": "app.bsky.feed.post",
        "rkey": key,
        "swapRecord": None,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "Le pont est fermé.",
            "createdAt": "2026-03-14T09:26:53.589Z",
            "langs": ["fr"],
        },
    }


def test_the_same_publication_is_the_same_request_to_the_byte(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(putRecord=_put_ok)
    for _ in range(2):
        network.publish(account(wire.url), publication(), _open)
    assert wire.requests[0].body == wire.requests[1].body


def test_trap_23_a_time_in_another_zone_is_the_same_moment(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(putRecord=_put_ok)
    for zone in ("Asia/Kolkata", "America/Montreal"):
        post = publication(written_at=AT.astimezone(ZoneInfo(zone)))
        network.publish(account(wire.url), post, _open)
        assert wire.requests[-1].json["record"]["createdAt"] == "2026-03-14T09:26:53.589Z"  # type: ignore[index]
        assert wire.requests[-1].json["rkey"] == record_key(publication())


# ---------------------------------------------------------------- what stands under the key already


def _standing(text: str, created: str = "2026-03-14T09:26:53.589Z") -> Callable[[Request], bytes]:
    def reply(request: Request) -> bytes:
        uri = f"at://{DID}/app.bsky.feed.post/{request.query['rkey']}"
        return answer(200, {"uri": uri, "cid": CID, "value": {"text": text, "createdAt": created}})

    return reply


@pytest.mark.parametrize(
    ("standing", "kind", "code"),
    [
        (_standing("Le pont est fermé."), Published, ""),
        (_standing("Un autre"), Rejected, "record_key_taken"),
        (_standing("Le pont est fermé.", "2026-03-14T09:26:53.000Z"), Rejected, "record_key_taken"),
        (_error(400, "RecordNotFound"), OutcomeUnknown, "record_vanished"),
        (_error(502, "UpstreamFailure"), OutcomeUnknown, "http_502"),
        (HANG_UP, OutcomeUnknown, "connection_lost"),
    ],
)
def test_what_stands_under_the_key_decides(wire: Wire, network: Bluesky, standing: Any, kind: type, code: str) -> None:
    wire.handler = routes(putRecord=_error(400, "InvalidSwap"), getRecord=standing)
    got = network.publish(account(wire.url), publication(), _open)
    assert isinstance(got, kind)
    assert getattr(got, "code", "") == code


# ---------------------------------------------------------------- images

UPLOAD_ROWS: list[tuple[bytes, object]] = [
    (HANG_UP, RetryAfter(timedelta(seconds=15), "connection_lost", "pont.png")),
    (answer(200, b"<html>", kind="text/html"), RetryAfter(timedelta(seconds=15), "answer_not_json", "pont.png")),
    (answer(200, {"blob": {}}), RetryAfter(timedelta(seconds=15), "answer_unexpected", "pont.png")),
    (_error(400, "InvalidMimeType"), Rejected("media_refused", "pont.png: because")),
    (_error(400, "InvalidRequest"), Rejected("content_refused", "pont.png: because")),
    (_error(413, "PayloadTooLarge"), Rejected("media_too_large", "pont.png: because")),
    (answer(415), Rejected("media_refused", "pont.png")),
    (_error(401, "ExpiredToken"), Reauthorise("token_expired", "pont.png: because")),
    (_error(408, "Timeout"), RetryAfter(timedelta(seconds=15), "http_408", "pont.png")),
    (_error(429, "RateLimitExceeded", retry_after="9"), RetryAfter(timedelta(seconds=9), "rate_limited")),
    (_error(500, "InternalServerError"), RetryAfter(timedelta(seconds=15), "http_500", "pont.png")),
    (answer(404), RetryAfter(timedelta(minutes=5), "server_not_understood")),
    (answer(302, headers={"Location": "/"}), RetryAfter(timedelta(minutes=5), "redirect_refused")),
]


@pytest.mark.parametrize(("reply", "outcome"), UPLOAD_ROWS)
def test_trap_13_the_answers_to_an_image_name_its_file(
    wire: Wire, network: Bluesky, reply: bytes, outcome: object
) -> None:
    wire.handler = routes(uploadBlob=reply, putRecord=_put_ok)
    assert network.publish(account(wire.url), publication(media=(image(),)), _open) == outcome
    assert wire.paths() == [UPLOAD], "nothing is posted without its image"


def test_images_go_first_each_behind_the_gate(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(uploadBlob=answer(200, {"blob": BLOB}), putRecord=_put_ok)
    passed: list[int] = []
    files = (image(), image(b"GIF89a", filename="plan.gif", content_type="image/gif", alt="", width=0))
    got = network.publish(account(wire.url), publication(media=files), lambda: passed.append(len(wire.requests)))
    assert isinstance(got, Published)
    assert wire.paths() == [UPLOAD, UPLOAD, PUT]
    assert passed == [0, 1, 2]
    assert [(r.headers["content-type"], r.body) for r in wire.requests[:2]] == [
        ("image/png", b"\x89PNG..."),
        ("image/gif", b"GIF89a"),
    ]
    embed = wire.requests[2].json["record"]["embed"]  # type: ignore[index]
    assert embed["images"] == [
        {"alt": "Le pont, fermé", "image": BLOB, "aspectRatio": {"width": 480, "height": 320}},
        {"alt": "", "image": BLOB},
    ]


CARD = LinkCard("https://ville.example/pont", "Le pont", "Fermé jusqu’à midi")


def test_a_card_is_an_external_embed_with_its_picture_first(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(uploadBlob=answer(200, {"blob": BLOB}), putRecord=_put_ok)
    passed: list[int] = []
    post = publication("Voir https://ville.example/pont", card=replace(CARD, image=image()))
    assert isinstance(network.publish(account(wire.url), post, lambda: passed.append(1)), Published)
    assert (wire.paths(), len(passed)) == ([UPLOAD, PUT], 2)
    assert wire.requests[0].body == image().read()
    external = {
        "uri": "https://ville.example/pont",
        "title": "Le pont",
        "description": "Fermé jusqu’à midi",
        "thumb": BLOB,
    }
    record = wire.requests[1].json["record"]
    assert record["embed"] == {"$type": "app.bsky.embed.external", "external": external}  # type: ignore[index]
    assert violations(specs() / "atproto-lexicons", "app.bsky.feed.post", record) == []


def test_a_card_without_a_picture_needs_no_upload(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(putRecord=_put_ok)
    post = publication("Voir https://ville.example/pont", card=replace(CARD, description=""))
    for _ in range(2):
        assert isinstance(network.publish(account(wire.url), post, _open), Published)
    assert wire.paths() == [PUT, PUT] and wire.requests[0].body == wire.requests[1].body
    external = wire.requests[0].json["record"]["embed"]["external"]  # type: ignore[index]
    assert external == {"uri": "https://ville.example/pont", "title": "Le pont", "description": ""}
    assert violations(specs() / "atproto-lexicons", "app.bsky.feed.post", wire.requests[0].json["record"]) == []


def test_a_refused_picture_of_a_card_names_its_file(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(uploadBlob=_error(413, "PayloadTooLarge"))
    outcome = network.publish(account(wire.url), publication(card=replace(CARD, image=image())), _open)
    assert outcome == Rejected("media_too_large", "pont.png: because")


def test_the_cards_picture_is_the_one_that_was_approved(wire: Wire, network: Bluesky) -> None:
    changed = replace(image(), sha256="0" * 64)
    outcome = network.publish(account(wire.url), publication(card=replace(CARD, image=changed)), _open)
    assert isinstance(outcome, Rejected) and outcome.code == "media_changed"
    assert wire.requests == []


def test_half_a_character_in_a_card_cannot_be_sent(wire: Wire, network: Bluesky) -> None:
    for card in (replace(CARD, title="\ud83d"), replace(CARD, description="\ud83d")):
        outcome = network.publish(account(wire.url), publication(card=card), _open)
        assert isinstance(outcome, Rejected) and outcome.code == "text_not_unicode"
    assert wire.requests == []


def test_a_thumb_is_within_what_the_lexicon_says() -> None:
    folder = specs() / "atproto-lexicons" / "app" / "bsky" / "embed" / "external.json"
    thumb = json.loads(folder.read_text())["defs"]["external"]["properties"]["thumb"]
    limits = Bluesky(Transport()).capabilities().card_limits
    assert limits is not None and limits.image_bytes_max == thumb["maxSize"]
    assert limits.takes(image(size=1_000_000)) and not limits.takes(image(size=1_000_001))


def test_a_halt_after_the_images_posts_nothing(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(uploadBlob=answer(200, {"blob": BLOB}), putRecord=_put_ok)

    def gate() -> None:
        if wire.requests:
            raise Halted

    with pytest.raises(Halted):
        network.publish(account(wire.url), publication(media=(image(),)), gate)
    assert wire.paths() == [UPLOAD]


def test_an_image_that_cannot_be_fetched_sends_nothing(wire: Wire, network: Bluesky) -> None:
    def gone() -> bytes:
        raise OSError("no such object")

    got = network.publish(account(wire.url), publication(media=(image(read=gone),)), _open)
    assert got == RetryAfter(timedelta(seconds=10), "media_unreadable", "pont.png")
    assert wire.connected == []


def test_half_a_character_is_refused_before_anything_is_sent(wire: Wire, network: Bluesky) -> None:
    for post in (publication("x\ud83d"), publication(media=(image(alt="\udc00"),))):
        got = network.publish(account(wire.url), post, _open)
        assert isinstance(got, Rejected)
        assert got.code == "text_not_unicode"
    assert wire.connected == []


# ---------------------------------------------------------------- stalls


def test_a_stall_is_tried_three_times_with_the_gate_each_time(wire: Wire) -> None:
    now = [0.0]
    network = Bluesky(Transport(allow_loopback=True, monotonic=lambda: now[0]))
    wire.handler = routes(putRecord=_put_ok)
    passed: list[int] = []

    def slow_gate() -> None:
        passed.append(1)
        now[0] += 1.2

    assert network.publish(account(wire.url), publication(), slow_gate) == RetryAfter(timedelta(seconds=1), "stalled")
    assert (len(passed), wire.requests) == (3, [])
    passed.clear()

    def slow_twice() -> None:
        passed.append(1)
        now[0] += 1.2 if len(passed) < 3 else 0.1

    assert isinstance(network.publish(account(wire.url), publication(), slow_twice), Published)
    assert (len(passed), wire.paths()) == (3, [PUT])


# ---------------------------------------------------------------- the record's key


def test_the_record_key_is_a_valid_tid_and_says_when() -> None:
    key = record_key(publication())
    valid = (specs() / "atproto-lexicons/interop-test-files/syntax/tid_syntax_valid.txt").read_text().split("\n")
    invalid = (specs() / "atproto-lexicons/interop-test-files/syntax/tid_syntax_invalid.txt").read_text().split("\n")
    for text in valid:
        assert not text or text.startswith("#") or _is_tid(text)
    for text in invalid:
        assert not text or text.startswith("#") or not _is_tid(text)
    assert _is_tid(key)
    assert abs(_tid_time(key) - AT) < timedelta(seconds=1)


def _is_tid(text: str) -> bool:
    """https://atproto.com/specs/tid"""
    alphabet = "234567abcdefghijklmnopqrstuvwxyz"
    return len(text) == 13 and all(c in alphabet for c in text) and alphabet.index(text[0]) < 16


def _tid_time(key: str) -> datetime:
    value = 0
    for character in key:
        value = value * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(character)
    return datetime.fromtimestamp((value >> 10) / 1_000_000, UTC)


@given(st.text(min_size=1, max_size=64), st.datetimes(datetime(2023, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_record_key_is_a_tid(key: str, at: datetime) -> None:
    post = publication(key=key, written_at=at.replace(tzinfo=UTC))
    assert _is_tid(record_key(post))
    assert record_key(post) == record_key(replace(post, text="other words"))


def test_record_keys_of_one_second_do_not_collide() -> None:
    at = AT.replace(microsecond=0)
    keys = {record_key(publication(key=f"delivery-{number}", written_at=at)) for number in range(3_000)}
    assert len(keys) == 3_000


# ---------------------------------------------------------------- the record itself

RECORDS = [
    publication(),
    publication("Été 🎉 https://ville.example/é?x=1 #Lyon @police.example et @inconnu.example", media=(image(),)),
    publication("", media=(image(), image(alt=""))),
    publication("x" * 300, language=None),
    publication("Réponse", reply_to=f"at://{DID}/app.bsky.feed.post/3jzfcijpj2z2a"),
    publication("👩‍👩‍👧‍👦" * 100, language="pt-BR"),
]


def _known_handles(request: Request) -> bytes:
    if request.query["handle"] == "police.example":
        return answer(200, {"did": DID})
    return _error(400, "InvalidRequest", "Unable to resolve handle")


@pytest.mark.parametrize("post", RECORDS)
def test_the_records_keep_to_the_lexicons(wire: Wire, network: Bluesky, post: Any) -> None:
    wire.handler = routes(
        uploadBlob=answer(200, {"blob": BLOB}),
        putRecord=_put_ok,
        resolveHandle=_known_handles,
        getRecord=_standing("Le parent"),
    )
    assert isinstance(network.publish(account(wire.url), post, _open), Published)
    put = next(request for request in wire.requests if request.path == PUT)
    lexicons = specs() / "atproto-lexicons"
    assert violations(lexicons, "app.bsky.feed.post", put.json["record"]) == []
    assert violations(lexicons, "com.atproto.repo.putRecord#input", put.json) == []


def test_the_lexicon_check_finds_faults() -> None:
    lexicons = specs() / "atproto-lexicons"
    good = {"$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-03-14T09:26:53.589Z"}
    assert violations(lexicons, "app.bsky.feed.post", good) == []
    for wrong in (
        {"text": "x" * 301},
        {"text": "é" * 1501},
        {"createdAt": "2026-03-14 09:26"},
        {"createdAt": None},
        {"langs": ["fr"] * 4},
        {"facets": [{"index": {"byteStart": -1, "byteEnd": 2}, "features": []}]},
        {"facets": [{"index": {"byteStart": 0}, "features": []}]},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "app.bsky.richtext.facet#no"}]}]},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": BLOB}] * 5}},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"image": BLOB}]}},
        {"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": {**BLOB, "size": 2_000_001}}]}},
        {"reply": {"parent": {"uri": "at://x/y/z", "cid": CID}}},
    ):
        assert violations(lexicons, "app.bsky.feed.post", {**good, **wrong}), wrong


def test_mentions_that_cannot_be_resolved_now_hold_no_post_back(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(resolveHandle=HANG_UP, putRecord=_put_ok)
    got = network.publish(account(wire.url), publication("Merci @police.example !"), _open)
    assert isinstance(got, Published)
    assert "facets" not in wire.requests[-1].json["record"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("reply_to", "parent", "outcome"),
    [
        ("not-a-uri", None, Rejected("reply_target_invalid")),
        (f"at://{DID}/app.bsky.feed.post/3jz", _error(400, "RecordNotFound"), Rejected("reply_target_gone")),
        (f"at://{DID}/app.bsky.feed.post/3jz", _error(401, "ExpiredToken"), Reauthorise("token_expired")),
        (
            f"at://{DID}/app.bsky.feed.post/3jz",
            _error(502, "UpstreamFailure"),
            RetryAfter(timedelta(seconds=30), "http_502"),
        ),
    ],
)
def test_a_reply_needs_its_parent(
    wire: Wire, network: Bluesky, reply_to: str, parent: bytes | None, outcome: object
) -> None:
    wire.handler = routes(getRecord=parent or b"", putRecord=_put_ok)
    assert network.publish(account(wire.url), publication(reply_to=reply_to), _open) == outcome
    assert PUT not in wire.paths()


def test_a_reply_to_a_reply_keeps_the_root(wire: Wire, network: Bluesky) -> None:
    root = {"uri": f"at://{DID}/app.bsky.feed.post/root", "cid": CID}
    parent = {"uri": f"at://{DID}/app.bsky.feed.post/3jz", "cid": CID}
    value = {"text": "x", "createdAt": "2026-03-14T09:26:53.589Z", "reply": {"root": root, "parent": root}}
    wire.handler = routes(getRecord=answer(200, {**parent, "value": value}), putRecord=_put_ok)
    network.publish(account(wire.url), publication(reply_to=parent["uri"]), _open)
    assert wire.requests[-1].json["record"]["reply"] == {"root": root, "parent": parent}  # type: ignore[index]


# ---------------------------------------------------------------- looking

READ_ROWS: list[tuple[bytes, type[NetworkError], str]] = [
    (HANG_UP, Unavailable, "connection_lost"),
    (answer(200, b"<html>", kind="text/html"), NotUnderstood, "answer_not_json"),
    (answer(200, {"value": 1}), NotUnderstood, "answer_unexpected"),
    (_error(400, "InvalidRequest"), NotUnderstood, "http_400"),
    (answer(302, headers={"Location": "http://127.0.0.1:1/"}), NetworkError, "redirect_refused"),
    (_error(400, "ExpiredToken"), CredentialsRefused, "token_expired"),
    (_error(401, "AuthMissing"), CredentialsRefused, "credentials_refused"),
    (_error(401, "AccountTakedown"), CredentialsRefused, "account_suspended"),
    (_error(400, "RepoDeactivated"), CredentialsRefused, "account_deactivated"),
    (answer(404), NotUnderstood, "http_404"),
    (_error(501, "MethodNotImplemented"), NotUnderstood, "http_501"),
    (_error(408, "Timeout"), Unavailable, "http_408"),
    (_error(429, "RateLimitExceeded"), Unavailable, "rate_limited"),
    (_error(500, "InternalServerError"), Unavailable, "http_500"),
    (_error(502, "UpstreamFailure"), Unavailable, "http_502"),
]


@pytest.mark.parametrize(("reply", "kind", "code"), READ_ROWS)
def test_the_answers_to_looking(
    wire: Wire, network: Bluesky, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(kind) as failure:
        network.find(account(wire.url), publication(), since=AT)
    assert failure.value.code == code


@pytest.mark.parametrize(("reply", "kind", "code"), READ_ROWS)
def test_trap_16_a_temporary_error_does_not_disconnect_on_refresh(
    wire: Wire, network: Bluesky, reply: bytes, kind: type[NetworkError], code: str
) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(NetworkError) as failure:
        network.refresh(account(wire.url))
    assert isinstance(failure.value, CredentialsRefused) is (kind is CredentialsRefused)


def test_absence_and_another_text_are_told_apart(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(getRecord=_error(400, "RecordNotFound"))
    assert network.find(account(wire.url), publication(), since=AT) == []
    wire.handler = routes(getRecord=_standing("Un autre"))
    assert network.find(account(wire.url), publication(), since=AT) == []
    wire.handler = routes(getRecord=_standing("Le pont est fermé."))
    (sighting,) = network.find(account(wire.url), publication(), since=AT)
    assert sighting.exact
    assert sighting.remote_id == f"at://{DID}/app.bsky.feed.post/{record_key(publication())}"


# ---------------------------------------------------------------- sessions


def _jwt(**claims: object) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'HS256'})}.{part(claims)}.c2ln"


def _session(**changes: object) -> dict[str, object]:
    token = _jwt(scope="com.atproto.appPass", exp=2_000_000_000)
    return {"accessJwt": token, "refreshJwt": "r2", "did": DID, "handle": "mairie.example", "active": True, **changes}


SERVER = {"did": "did:web:pds.example", "availableUserDomains": [".example"], "blobUploadLimit": 1_000_000}


def _connecting(session: object, **more: object) -> Callable[[Request], bytes]:
    replies: dict[str, Any] = {
        "describeServer": answer(200, SERVER),
        "createSession": answer(200, session),
        "getSession": answer(200, {"did": DID, "handle": "mairie.example", "active": True}),
        "getRecord": answer(400, {"error": "RecordNotFound"}),
    }
    return routes(**{**replies, **more})


def _connect(network: Bluesky, wire: Wire, identifier: str = "mairie.example") -> Any:
    return network.connect_password(server=wire.url, identifier=identifier, app_password="abcd-s3cret")


def test_connecting_proves_the_session_and_reads_the_profile(wire: Wire, network: Bluesky) -> None:
    profile = {"uri": f"at://{DID}/app.bsky.actor.profile/self", "cid": CID}
    value = {"displayName": "Mairie de Lyon", "avatar": BLOB, "description": 1}
    wire.handler = _connecting(_session(), getRecord=answer(200, {**profile, "value": value}))
    got = _connect(network, wire, " @mairie.example\u200f")
    assert wire.requests[1].json == {"identifier": "mairie.example", "password": "abcd-s3cret"}
    assert (got.remote_id, got.handle, got.display_name) == (DID, "mairie.example", "Mairie de Lyon")
    assert got.avatar_url.startswith(f"{wire.url}/xrpc/com.atproto.sync.getBlob?did=did%3Aplc%3A")
    assert got.expires_at == datetime.fromtimestamp(2_000_000_000, UTC)
    assert got.limits == {"image_bytes_max": 1_000_000, "video_bytes_max": 1_000_000}
    assert network.limits(got.limits).image_bytes_max == 1_000_000
    assert network.limits({"image_bytes_max": 50_000_000}) == LIMITS
    assert "abcd-s3cret" not in repr(got) + str(got.secrets)


@pytest.mark.parametrize(
    ("replies", "kind", "code"),
    [
        ({"createSession": _error(401, "AuthenticationRequired")}, CredentialsRefused, "credentials_wrong"),
        ({"createSession": _error(400, "InvalidRequest")}, CredentialsRefused, "credentials_wrong"),
        ({"createSession": _error(401, "AuthFactorTokenRequired")}, CredentialsRefused, "second_factor_required"),
        ({"createSession": _error(401, "AccountTakedown")}, CredentialsRefused, "account_suspended"),
        (
            {"createSession": answer(200, _session(active=False, status="takendown"))},
            CredentialsRefused,
            "account_suspended",
        ),
        (
            {"createSession": answer(200, _session(active=False, status="deactivated"))},
            CredentialsRefused,
            "account_deactivated",
        ),
        (
            {"createSession": answer(200, _session(accessJwt=_jwt(scope="com.atproto.access")))},
            CredentialsRefused,
            "app_password_required",
        ),
        ({"createSession": _error(429, "RateLimitExceeded")}, Unavailable, "rate_limited"),
        ({"createSession": _error(500, "InternalServerError")}, Unavailable, "http_500"),
        ({"createSession": answer(200, {"did": DID})}, NotUnderstood, "answer_unexpected"),
        ({"describeServer": answer(200, b"<html>", kind="text/html")}, NotUnderstood, "answer_not_json"),
        ({"describeServer": answer(404)}, NotUnderstood, "http_404"),
        ({"describeServer": _error(503, "x")}, Unavailable, "http_503"),
        ({"getSession": _error(401, "InvalidToken")}, CredentialsRefused, "credentials_refused"),
        ({"getSession": answer(200, {"did": "did:plc:other", "handle": "x"})}, NotUnderstood, "answer_unexpected"),
    ],
)
def test_trap_20_half_a_connection_is_none(
    wire: Wire, network: Bluesky, replies: dict[str, bytes], kind: type[NetworkError], code: str
) -> None:
    wire.handler = _connecting(_session(), **replies)
    with pytest.raises(kind) as failure:
        _connect(network, wire)
    assert failure.value.code == code


def test_trap_19_a_token_that_hides_its_end_is_renewed_every_hour(wire: Wire, network: Bluesky) -> None:
    wire.handler = _connecting(_session(accessJwt="opaque"))
    got = _connect(network, wire)
    assert timedelta(minutes=59) < got.expires_at - datetime.now(UTC) <= timedelta(minutes=60)


def test_trap_15_a_refresh_answers_both_new_tokens_and_keeps_the_limits(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(refreshSession=answer(200, _session()), getRecord=HANG_UP)
    got = network.refresh(account(wire.url, image_bytes_max=7))
    assert wire.requests[0].headers["authorization"] == "Bearer refresh-s3cret"
    assert got.secrets == {"access": _session()["accessJwt"], "refresh": "r2"}
    assert got.limits == {"image_bytes_max": 7}


def test_a_refresh_that_answers_another_account_is_not_taken(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(refreshSession=answer(200, _session(did="did:plc:other")))
    with pytest.raises(NotUnderstood):
        network.refresh(account(wire.url))


def test_a_vendors_words_never_carry_our_token(wire: Wire, network: Bluesky) -> None:
    wire.handler = lambda request: _error(400, "InvalidRequest", "bad token access-s3cret\n" + "x" * 500)
    got = network.publish(account(wire.url), publication(), _open)
    assert isinstance(got, Rejected)
    assert "s3cret" not in got.detail
    assert "\n" not in got.detail
    assert len(got.detail) <= 200


def test_the_public_url() -> None:
    assert public_url("https://pds.example", DID, "3k") == f"https://bsky.app/profile/{DID}/post/3k"
    assert public_url("http://127.0.0.1:1", DID, "3k") is None
    assert public_url("http://localhost:1", DID, "3k") is None
