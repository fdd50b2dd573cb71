"""Videos on Bluesky: uploaded ahead to the account's own server, shown by the record; against the lexicons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.networks.bluesky import LIMITS, Bluesky, record_key
from chalicelib.networks.contract import (
    Halted,
    OutcomeUnknown,
    Pending,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
)
from chalicelib.networks.transport import Transport
from tests.unit.networks.lexicon import violations
from tests.unit.networks.material import DID, account, film, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

PUT = "/xrpc/com.atproto.repo.putRecord"
UPLOAD = "/xrpc/com.atproto.repo.uploadBlob"
CID = "bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4"
SIZE = film().size
READY = f"ready.1.{CID}:{SIZE}"
SOON = timedelta(seconds=15)


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> Bluesky:
    return Bluesky(transport)


def _error(status: int, name: str) -> bytes:
    return answer(status, {"error": name, "message": "because"})


def blob(**changes: Any) -> bytes:
    kept = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "video/mp4", "size": SIZE, **changes}
    return answer(200, {"blob": kept})


def _put(request: Request) -> bytes:
    return answer(200, {"uri": f"at://{DID}/app.bsky.feed.post/{request.json['rkey']}", "cid": CID})


def routes(upload: bytes, put: bytes | Callable[[Request], bytes] = _put) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        if request.path == UPLOAD:
            return upload
        assert request.path == PUT, request.path
        return put if isinstance(put, bytes) else put(request)

    return handler


def publish(network: Bluesky, wire: Wire, ticket: str | None = None, **more: Any) -> object:
    return network.publish(account(wire.url), publication(media=(film(**more),), ticket=ticket), _open)


def test_a_video_is_uploaded_ahead_and_shown_by_the_record(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(blob())
    assert publish(network, wire) == Pending(READY, timedelta(0))
    assert wire.requests[0].headers["content-type"] == "video/mp4"
    assert wire.requests[0].body == film().read()
    outcome = publish(network, wire, READY)
    assert isinstance(outcome, Published)
    assert outcome.remote_id.endswith(record_key(publication()))
    assert wire.paths() == [UPLOAD, PUT]
    record: Any = wire.requests[1].json["record"]
    assert record["embed"] == {
        "$type": "app.bsky.embed.video",
        "alt": "Le pont, en quatre secondes",
        "video": {"$type": "blob", "ref": {"$link": CID}, "mimeType": "video/mp4", "size": SIZE},
        "aspectRatio": {"width": 1280, "height": 720},
    }
    lexicons = specs() / "atproto-lexicons"
    assert violations(lexicons, "app.bsky.feed.post", record) == []
    assert violations(lexicons, "com.atproto.repo.putRecord#input", wire.requests[1].json) == []


def test_the_lexicon_check_knows_what_a_video_must_be() -> None:
    lexicons = specs() / "atproto-lexicons"
    good: dict[str, Any] = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "video/mp4", "size": 10}
    post = {"$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-03-14T09:26:53.589Z"}
    for wrong in ({"mimeType": "video/webm"}, {"size": 300_000_001}, None):
        embed = {"$type": "app.bsky.embed.video", **({} if wrong is None else {"video": {**good, **wrong}})}
        assert violations(lexicons, "app.bsky.feed.post", {**post, "embed": embed}), wrong


def test_trap_2_the_same_request_again_is_the_same_to_the_byte(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(blob())
    for _ in range(2):
        publish(network, wire, READY)
    first, second = wire.requests
    assert (first.body, first.path) == (second.body, second.path)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (HANG_UP, RetryAfter(SOON, "connection_lost", "pont.mp4")),
        (answer(200, {"blob": {}}), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
        (blob(mimeType="application/octet-stream"), "media_refused"),
        (blob(ref={"$link": "not a link"}), "media_refused"),
        (_error(413, "PayloadTooLarge"), Rejected("media_too_large", "pont.mp4: because")),
        (_error(400, "BlobTooLarge"), Rejected("media_refused", "pont.mp4: because")),
        (_error(400, "ExpiredToken"), Reauthorise("token_expired", "pont.mp4: because")),
        (_error(429, "RateLimitExceeded"), RetryAfter(timedelta(seconds=60), "rate_limited")),
        (_error(502, "UpstreamFailure"), RetryAfter(SOON, "http_502", "pont.mp4")),
    ],
)
def test_the_answers_to_a_video(wire: Wire, network: Bluesky, reply: bytes, outcome: object) -> None:
    wire.handler = routes(reply)
    got = publish(network, wire)
    assert got.code == outcome if isinstance(outcome, str) else got == outcome  # type: ignore[attr-defined]
    assert wire.paths() == [UPLOAD], "no post without its video"


def test_a_video_that_the_server_threw_away_is_uploaded_again_three_times_in_all(wire: Wire, network: Bluesky) -> None:
    wire.handler = routes(blob(), _error(400, "BlobNotFound"))
    second = publish(network, wire, READY)
    assert second == Pending(READY.replace("ready.1", "ready.2"), SOON)
    third = publish(network, wire, READY.replace("ready.1", "ready.2"))
    assert third == Pending(READY.replace("ready.1", "ready.3"), SOON)
    given_up = publish(network, wire, READY.replace("ready.1", "ready.3"))
    assert isinstance(given_up, Rejected)
    assert given_up.code == "media_expired"
    assert wire.paths() == [PUT, UPLOAD, PUT, UPLOAD, PUT]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (HANG_UP, OutcomeUnknown("connection_lost")),
        (_error(400, "InvalidMimeType"), Rejected("media_refused", "because")),
        (_error(503, "NotEnoughResources"), OutcomeUnknown("http_503")),
    ],
)
def test_what_the_record_is_answered_is_judged_as_any(
    wire: Wire, network: Bluesky, reply: bytes, outcome: object
) -> None:
    wire.handler = routes(blob(), reply)
    assert publish(network, wire, READY) == outcome


def test_a_video_goes_alone(wire: Wire, network: Bluesky) -> None:
    outcome = network.publish(account(wire.url), publication(media=(film(), image())), _open)
    assert outcome == Rejected("video_with_images", "A post on Bluesky has images or one video.")
    assert wire.requests == []


def test_trap_14_a_halt_at_the_gate_hands_nothing_over(wire: Wire, network: Bluesky) -> None:
    def halt() -> None:
        raise Halted

    for ticket in (None, READY):
        with pytest.raises(Halted):
            network.publish(account(wire.url), publication(media=(film(),), ticket=ticket), halt)
    assert wire.bytes_received() == b""


def test_what_a_video_may_be_is_the_lexicons_the_servers_word_and_what_we_can_hold(network: Bluesky) -> None:
    def codes(*files: Any, limits: Any = LIMITS) -> list[str]:
        return [each.code for each in network.check("Le pont", files, limits)]

    assert codes(film()) == codes(film(size=60_000_000, duration_s=180.0)) == []
    assert codes(film(size=60_000_001)) == ["media_too_large"]
    assert codes(film(duration_s=181.0)) == ["video_too_long"]
    assert codes(film(content_type="video/quicktime")) == ["media_type_refused"]
    assert codes(film(), film(media_id="v2")) == ["too_many_videos"]
    assert codes(film(), image()) == ["video_with_images"]
    small = network.limits({"image_bytes_max": 2_000_000, "video_bytes_max": 50_000_000})
    assert codes(film(size=50_000_001), limits=small) == ["media_too_large"]
    assert network.limits({"video_bytes_max": 10**12}) == LIMITS, "no server allows more than the lexicon"


def test_a_renewal_asks_for_nothing_but_the_tokens(wire: Wire, network: Bluesky) -> None:
    """Whatever is asked between their coming and their being written down may lose them."""
    session = {"accessJwt": "a2", "refreshJwt": "r2", "did": DID, "handle": "mairie.example", "active": True}
    wire.handler = lambda request: answer(200, session)
    got = network.refresh(account(wire.url))
    assert wire.paths() == ["/xrpc/com.atproto.server.refreshSession"]
    assert got.secrets == {"access": "a2", "refresh": "r2"}


@pytest.mark.parametrize("held", ["abc", "abc:x", ":7"])
def test_a_ticket_that_is_no_blob_posts_nothing(wire: Wire, network: Bluesky, held: str) -> None:
    assert publish(network, wire, f"ready.1.{held}") == OutcomeUnknown("ticket_unreadable")
    assert wire.requests == []
