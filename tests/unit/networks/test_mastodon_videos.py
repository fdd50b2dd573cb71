"""Videos on Mastodon: handed over, prepared, posted; what a server allows of them; and the published schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.networks.contract import (
    Halted,
    OutcomeUnknown,
    Pending,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
)
from chalicelib.networks.mastodon import LIMITS, Mastodon
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import account, film, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

POST = "/api/v1/statuses"
MEDIA = "/api/v2/media"
PREPARED = "/api/v1/media/109"
POSTED = answer(200, {"id": "9", "url": "https://m.example/@mairie/9", "uri": "https://m.example/s/9"})
SOON = timedelta(seconds=15)
TEN = timedelta(seconds=10)
FIVE = timedelta(minutes=5)
HELD = Pending("held.1.109", TEN, unfinished=True)


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> Mastodon:
    return Mastodon(transport)


def _error(status: int, text: str = "because") -> bytes:
    return answer(status, {"error": text})


def routes(**replies: bytes) -> Callable[[Request], bytes]:
    by_path = {MEDIA: replies.get("media"), PREPARED: replies.get("prepared"), POST: replies.get("post")}

    def handler(request: Request) -> bytes:
        reply = by_path.get(request.path)
        return _error(404, "Record not found") if reply is None else reply

    return handler


def publish(network: Mastodon, wire: Wire, ticket: str | None = None, **more: Any) -> object:
    return network.publish(account(wire.url), publication(media=(film(),), ticket=ticket, **more), _open)


def test_a_video_is_handed_over_prepared_and_posted_by_its_ticket(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(
        media=answer(202, {"id": "109", "url": None}), prepared=answer(206, {"id": "109"}), post=POSTED
    )
    assert publish(network, wire) == HELD
    assert b"video/mp4" in wire.requests[0].body
    assert b"en quatre secondes" in wire.requests[0].body
    assert b"pont.mp4" not in wire.requests[0].body, "a person's file name is nobody's business"
    assert publish(network, wire, HELD.ticket) == HELD
    wire.handler = routes(prepared=answer(200, {"id": "109"}), post=POSTED)
    ready = publish(network, wire, HELD.ticket)
    assert ready == Pending("ready.1.109", timedelta(0))
    assert isinstance(publish(network, wire, "ready.1.109"), Published)
    assert wire.paths() == [MEDIA, PREPARED, PREPARED, POST]
    assert wire.requests[-1].json["media_ids"] == ["109"]
    assert wire.requests[-1].headers["idempotency-key"] == "delivery-1"


def test_a_server_that_prepares_nothing_has_it_ready_at_once(wire: Wire, network: Mastodon) -> None:
    """snac2 answers 200, and may have no way of asking."""
    wire.handler = routes(media=answer(200, {"id": "109", "url": "https://m.example/v.mp4"}), post=POSTED)
    assert publish(network, wire) == Pending("ready.1.109", timedelta(0))
    assert isinstance(publish(network, wire, "ready.1.109"), Published)
    assert wire.paths() == [MEDIA, POST]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (HANG_UP, RetryAfter(SOON, "connection_lost", "pont.mp4")),
        (answer(202, {"id": 7}), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
        (answer(202, {"id": "a/b"}), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
        (_error(401), Reauthorise("credentials_refused", "pont.mp4: because")),
        (_error(413), Rejected("media_too_large", "pont.mp4: because")),
        (_error(422), Rejected("media_refused", "pont.mp4: because")),
        (_error(429), RetryAfter(timedelta(seconds=60), "rate_limited")),
        (_error(503), RetryAfter(SOON, "http_503", "pont.mp4")),
    ],
)
def test_the_answers_to_a_video(wire: Wire, network: Mastodon, reply: bytes, outcome: object) -> None:
    wire.handler = routes(media=reply, post=POSTED)
    assert publish(network, wire) == outcome
    assert wire.paths() == [MEDIA]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer(206, {"id": "109"}), HELD),
        (answer(206), HELD),
        (_error(422, "Error processing"), Rejected("media_refused", "pont.mp4: Error processing")),
        (_error(401), Reauthorise("credentials_refused", "pont.mp4: because")),
        (_error(429), RetryAfter(timedelta(seconds=60), "rate_limited")),
        (_error(503), RetryAfter(SOON, "http_503", "pont.mp4")),
        (HANG_UP, RetryAfter(timedelta(seconds=30), "connection_lost")),
    ],
)
def test_trap_12_what_is_not_prepared_is_not_posted(
    wire: Wire, network: Mastodon, reply: bytes, outcome: object
) -> None:
    wire.handler = routes(prepared=reply, post=POSTED)
    assert publish(network, wire, "held.1.109") == outcome
    assert wire.paths() == [PREPARED]


@pytest.mark.parametrize("status", [404, 410])
def test_a_video_that_the_server_threw_away_is_handed_over_again(wire: Wire, network: Mastodon, status: int) -> None:
    wire.handler = routes(media=answer(202, {"id": "110"}), prepared=_error(status), post=POSTED)
    assert publish(network, wire, "held.1.109") == Pending("held.2.110", SOON, unfinished=True)
    assert wire.paths() == [PREPARED, MEDIA]


def test_what_a_post_with_a_video_is_answered_is_judged_as_any(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(post=_error(503))
    assert publish(network, wire, "ready.1.109") == OutcomeUnknown("http_503")
    wire.handler = routes(post=HANG_UP)
    assert publish(network, wire, "ready.1.109") == OutcomeUnknown("connection_lost")


def test_a_video_goes_alone(wire: Wire, network: Mastodon) -> None:
    asked = publication(media=(film(), image()))
    outcome = network.publish(account(wire.url), asked, _open)
    assert outcome == Rejected("video_with_images", "A post on Mastodon has images or one video.")
    assert wire.requests == []


def test_trap_14_a_halt_at_the_gate_hands_nothing_over(wire: Wire, network: Mastodon) -> None:
    def halt() -> None:
        raise Halted

    for ticket in (None, "ready.1.109"):
        with pytest.raises(Halted):
            network.publish(account(wire.url), publication(media=(film(),), ticket=ticket), halt)
    assert wire.bytes_received() == b""


def test_a_post_with_a_video_is_told_from_one_without(wire: Wire, network: Mastodon) -> None:
    asked = publication("Le pont", media=(film(),))
    status = {"id": "9", "created_at": asked.written_at.isoformat(), "content": "<p>Le pont</p>", "url": "https://m/9"}
    wire.handler = lambda request: answer(
        200, [{**status, "media_attachments": [{"type": "video"}]}, {**status, "id": "8"}]
    )
    found = network.find(account(wire.url), asked, since=asked.written_at - timedelta(minutes=1))
    assert [each.remote_id for each in found] == ["9"]


# ---------------------------------------------------------------- what may be sent


def test_each_server_states_its_own_limits_of_a_video(network: Mastodon) -> None:
    stated = {
        "type:image/png": 1, "type:video/mp4": 1, "video_bytes_max": 40_000_000, "video_pixels_max": 2_073_600,
    }  # fmt: skip
    limits = network.limits(stated)
    assert (limits.videos_max, limits.video_types, limits.video_with_images) == (1, ("video/mp4",), False)

    def codes(*files: Any) -> list[str]:
        return [each.code for each in network.check("Le pont", files, limits)]

    assert codes(film()) == []
    assert codes(film(size=40_000_001)) == ["media_too_large"]
    assert codes(film(width=1921, height=1080)) == ["media_too_many_pixels"]
    assert codes(film(content_type="video/quicktime")) == ["media_type_refused"]
    assert codes(film(), film(media_id="v2")) == ["too_many_videos"]
    assert codes(film(), image()) == ["video_with_images"]
    assert codes(film(alt="é" * 1501)) == ["alt_too_long"]


def test_a_server_that_names_no_video_among_its_kinds_takes_none(network: Mastodon) -> None:
    limits = network.limits({"type:image/png": 1, "text_max": 500})
    assert limits.videos_max == 0
    assert [each.code for each in network.check("x", [film()], limits)] == ["media_type_refused"]
    assert network.limits({"text_max": 5000}).videos_max == LIMITS.videos_max, "one that names no kinds says nothing"
    assert network.limits({}) == LIMITS


def test_a_post_with_a_video_alone_is_prepared_ahead(network: Mastodon) -> None:
    able = network.capabilities()
    assert (able.prepares(video=True), able.prepares(video=False)) == (True, False)


def test_the_requests_and_answers_are_in_the_published_schema(wire: Wire, network: Mastodon) -> None:
    document = json.loads((specs() / "mastodon-openapi.json").read_text())
    wire.handler = routes(media=answer(202, {"id": "109"}), prepared=answer(206), post=POSTED)
    for ticket in (None, "held.1.109", "ready.1.109"):
        publish(network, wire, ticket)
    paths = {"/api/v2/media": "post", "/api/v1/media/{id}": "get", "/api/v1/statuses": "post"}
    sent = [(request.path.replace("109", "{id}"), request.method.lower()) for request in wire.requests]
    assert dict(sent) == paths
    assert {"200", "202", "422"} <= set(document["paths"]["/api/v2/media"]["post"]["responses"])
    assert {"200", "206", "404", "422"} <= set(document["paths"]["/api/v1/media/{id}"]["get"]["responses"])


def test_a_reply_may_carry_a_video(wire: Wire, network: Mastodon) -> None:
    wire.handler = routes(post=POSTED)
    asked = replace(publication("@alice Voici", reply_to="7"), media=(film(),), ticket="ready.1.109")
    assert isinstance(network.publish(account(wire.url), asked, _open), Published)
    assert wire.requests[0].json["in_reply_to_id"] == "7"
