"""LinkedIn: every row of its table, files and where they may go, comments, looking for one's own posts, reading,
connecting, and what of it the only (third-party) description of its API knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import yaml

from chalicelib.networks.contract import (
    AddressRefused,
    CredentialsRefused,
    Halted,
    LinkCard,
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
from chalicelib.networks.linkedin import COMMENT_MAX, LIMITS, SCOPES, LinkedIn
from chalicelib.networks.linkedin_media import _is_linkedins
from chalicelib.networks.linkedin_urns import API, comment_urn, public_url
from chalicelib.networks.linkedin_wire import VERSION, rate_limit_wait
from chalicelib.networks.transport import Answer, Transport
from tests.unit.networks.material import SECRETS, account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

ORGANISATION = "urn:li:organization:5515715"
SHARE = "urn:li:share:6844785523593134080"
THREAD = "urn:li:activity:6844785523593134081"
COMMENT = f"urn:li:comment:({THREAD},11)"
POSTS = "/rest/posts"
IMAGES = "/rest/images"
VIDEOS = "/rest/videos"
REDIRECT = "https://parvis.example/connect/callback"
APP = {"client_id": "app-1d", "client_secret": "app-s3cret"}
POSTED = answer(201, headers={"x-restli-id": SHARE})
SOON = timedelta(seconds=15)
FIVE = timedelta(minutes=5)


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> LinkedIn:
    return LinkedIn(transport, lambda: APP)


def error(status: int, code: str = "", service: int = 0, message: str = "because", **more: Any) -> bytes:
    return answer(status, {"status": status, "serviceErrorCode": service, "code": code, "message": message, **more})


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(f"{request.method} {unquote(request.path)}", replies.get(unquote(request.path)))
        if reply is None:
            return error(404, "NOT_FOUND")
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def page(wire: Wire) -> Any:
    return account(wire.url, ORGANISATION)


def midnight(outcome: object) -> object:
    """How long it is until midnight UTC is not known to a table."""
    if isinstance(outcome, RetryAfter) and outcome.code == "rate_limited":
        assert timedelta(seconds=59) <= outcome.wait <= timedelta(days=1)
        return replace(outcome, wait=timedelta(0))
    return outcome


def both(outcome: Any, name: str = "pont.png: because") -> tuple[Any, Any]:
    return outcome, replace(outcome, detail=name)


LIMITED = RetryAfter(timedelta(0), "rate_limited")
LATER = RetryAfter(FIVE, "server_not_understood")

# answer, the post's outcome, a file's, what reading raises
ROWS: list[tuple[bytes, object, object, type[NetworkError], str]] = [
    (
        HANG_UP,
        OutcomeUnknown("connection_lost"),
        RetryAfter(SOON, "connection_lost", "pont.png"),
        Unavailable,
        "connection_lost",
    ),
    *(
        (
            error(401, name, code),
            *both(Reauthorise("credentials_refused", "because")),
            CredentialsRefused,
            "credentials_refused",
        )
        for name, code in (
            ("INVALID_ACCESS_TOKEN", 65600),
            ("REVOKED_ACCESS_TOKEN", 65601),
            ("EXPIRED_ACCESS_TOKEN", 65602),
            ("EMPTY_ACCESS_TOKEN", 65604),
            ("", 401),
        )
    ),
    # By the code, whatever the status beside it.
    (
        error(400, "", 65601),
        *both(Reauthorise("credentials_refused", "because")),
        CredentialsRefused,
        "credentials_refused",
    ),
    (error(403, "ACCESS_DENIED", 100), *both(Reauthorise("forbidden", "because")), NotPermitted, "forbidden"),
    (error(404, "NOT_FOUND"), LATER, LATER, NotUnderstood, "gone"),
    (error(410), LATER, LATER, NotUnderstood, "gone"),
    (answer(405), LATER, LATER, NotUnderstood, "http_405"),
    (answer(501), LATER, LATER, NotUnderstood, "http_501"),
    (
        error(426, "NONEXISTENT_VERSION"),
        *both(RetryAfter(FIVE, "server_not_understood", "because")),
        NotUnderstood,
        "version_retired",
    ),
    (error(429, "TOO_MANY_REQUESTS", 101), LIMITED, LIMITED, Unavailable, "rate_limited"),
    *(
        (
            error(status),
            OutcomeUnknown(f"http_{status}"),
            RetryAfter(SOON, f"http_{status}", "pont.png"),
            Unavailable,
            f"http_{status}",
        )
        for status in (408, 409, 500, 503)
    ),
    (
        answer(502, b"<html>", kind="text/html"),
        OutcomeUnknown("http_502"),
        RetryAfter(SOON, "http_502", "pont.png"),
        Unavailable,
        "http_502",
    ),
    (
        answer(302, headers={"Location": "/x"}),
        RetryAfter(FIVE, "redirect_refused"),
        RetryAfter(FIVE, "redirect_refused"),
        NotUnderstood,
        "redirect_loop",
    ),
    (
        error(400, "FIELD_LENGTH_TOO_LONG"),
        Rejected("content_refused", "because"),
        Rejected("media_refused", "pont.png: because"),
        NotUnderstood,
        "http_400",
    ),
    (
        error(413),
        Rejected("content_refused", "because"),
        Rejected("media_too_large", "pont.png: because"),
        NotUnderstood,
        "http_413",
    ),
    (
        error(422, "UNPROCESSABLE_ENTITY"),
        Rejected("content_refused", "because"),
        Rejected("media_refused", "pont.png: because"),
        NotUnderstood,
        "http_422",
    ),
    (
        answer(400, b"\x00garbage", kind="text/plain"),
        Rejected("content_refused"),
        Rejected("media_refused", "pont.png"),
        NotUnderstood,
        "http_400",
    ),
    (
        answer(200, b"<html>", kind="text/html"),
        OutcomeUnknown("http_200"),
        RetryAfter(SOON, "answer_unexpected", "pont.png"),
        NotUnderstood,
        "answer_not_json",
    ),
    (
        answer(201),
        OutcomeUnknown("answer_unexpected"),
        RetryAfter(SOON, "http_201", "pont.png"),
        NotUnderstood,
        "http_201",
    ),
    (
        answer(200, {"value": 7, "firstDegreeSize": "many"}),
        OutcomeUnknown("http_200"),
        RetryAfter(SOON, "answer_unexpected", "pont.png"),
        NotUnderstood,
        "answer_unexpected",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_a_post(wire: Wire, network: LinkedIn, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert midnight(network.publish(page(wire), publication(), _open)) == row[1]
    assert wire.paths() == [POSTS], "one attempt, whatever the answer"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_a_file(wire: Wire, network: LinkedIn, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert midnight(network.publish(page(wire), publication(media=(image(),)), _open)) == row[2]
    assert wire.paths() == [IMAGES], "no post without its image"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_reading(wire: Wire, network: LinkedIn, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    with pytest.raises(row[3]) as raised:
        network.profile_metrics(page(wire))
    assert raised.value.code == row[4]


@pytest.mark.parametrize(
    "said",
    [
        error(422, "DUPLICATE_POST"),
        error(422, "", message=f"Content is a duplicate of {SHARE}"),
        error(400, "INVALID", errorDetails={"inputErrors": [{"code": "DUPLICATE_POST"}]}),
    ],
)
def test_trap_2_the_same_post_again_may_be_ours_and_is_looked_for(wire: Wire, network: LinkedIn, said: bytes) -> None:
    wire.handler = lambda request: said
    outcome = network.publish(page(wire), publication(), _open)
    assert isinstance(outcome, OutcomeUnknown)
    assert outcome.code == "duplicate"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("MEDIA_ASSET_WAITING_UPLOAD", RetryAfter(SOON, "media_processing", "because")),
        ("MEDIA_ASSET_PROCESSING", RetryAfter(SOON, "media_processing", "because")),
        ("MEDIA_ASSET_PROCESSING_FAILED", Rejected("media_refused", "because")),
    ],
)
def test_a_file_that_is_not_ready(wire: Wire, network: LinkedIn, code: str, outcome: object) -> None:
    wire.handler = lambda request: error(400, code)
    assert network.publish(page(wire), publication(), _open) == outcome


@pytest.mark.parametrize(
    ("now", "headers", "body", "comment", "wait"),
    [
        ("2026-11-24T23:59:30", {}, {}, False, timedelta(minutes=1)),
        ("2026-11-24T18:00:00", {}, {}, False, timedelta(hours=6)),
        ("2026-11-24T18:00:00", {"retry-after": "7"}, {}, False, timedelta(seconds=7)),
        ("2026-11-24T18:00:00", {}, {"message": "Comment create throttled: x"}, True, timedelta(minutes=1)),
        ("2026-11-24T18:00:00", {}, {"message": "Comment create throttled: x"}, False, timedelta(hours=6)),
    ],
)
def test_a_day_of_requests_ends_at_midnight_utc(
    now: str, headers: dict[str, str], body: dict[str, str], comment: bool, wait: timedelta
) -> None:
    said = Answer(429, {"content-type": "application/json", **headers}, json.dumps(body).encode())
    assert rate_limit_wait(said, datetime.fromisoformat(now).replace(tzinfo=UTC), comment=comment) == wait


def test_no_token_is_in_what_the_network_is_quoted_with(wire: Wire, network: LinkedIn) -> None:
    wire.handler = lambda request: error(401, "", 65601, f"Token {SECRETS['access']} is void")
    outcome = network.publish(page(wire), publication(), _open)
    assert outcome == Reauthorise("credentials_refused", "Token *** is void")
    assert SECRETS["access"] not in repr(page(wire))


# ---------------------------------------------------------------- what is sent


def test_a_post_is_little_text_with_the_headers_that_linkedin_wants(wire: Wire, network: LinkedIn) -> None:
    wire.handler = lambda request: POSTED
    outcome = network.publish(page(wire), publication("Le pont (rue *Haute*) est fermé : #Lyon_ #pont"), _open)
    assert outcome == Published(SHARE, f"{wire.url}/feed/update/{SHARE}/", {"id": SHARE})
    (request,) = wire.requests
    assert request.json["commentary"] == r"Le pont \(rue \*Haute\*\) est fermé : \#Lyon\_ {hashtag|\#|pont}"
    assert request.json["author"] == ORGANISATION
    assert "content" not in request.json
    assert request.headers["linkedin-version"] == VERSION and re.fullmatch(r"20\d{4}", VERSION)
    assert request.headers["x-restli-protocol-version"] == "2.0.0"
    assert request.headers["authorization"] == f"Bearer {SECRETS['access']}"


def rooms(wire: Wire) -> dict[str, Reply]:
    ids = iter(range(1, 50))

    def room(request: Request) -> bytes:
        n = next(ids)
        return answer(200, {"value": {"uploadUrl": f"{wire.url}/dms-uploads/{n}?a=1", "image": f"urn:li:image:{n}"}})

    stored: dict[str, Reply] = {f"PUT /dms-uploads/{n}": answer(201) for n in range(1, 50)}
    return {f"POST {IMAGES}": room, f"POST {POSTS}": POSTED, **stored}


def test_images_go_where_linkedin_says_and_are_named_with_their_descriptions(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(rooms(wire))
    files = (image(), image(b"other", alt=""))
    assert isinstance(network.publish(page(wire), publication(media=files), _open), Published)
    assert wire.paths() == [IMAGES, "/dms-uploads/1", IMAGES, "/dms-uploads/2", POSTS]
    assert wire.requests[0].json == {"initializeUploadRequest": {"owner": ORGANISATION}}
    assert wire.requests[1].body == image().read()
    described = [{"id": "urn:li:image:1", "altText": "Le pont, fermé"}, {"id": "urn:li:image:2"}]
    assert wire.requests[4].json["content"] == {"multiImage": {"images": described}}


def test_one_image_is_media(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(rooms(wire))
    assert isinstance(network.publish(page(wire), publication(media=(image(),)), _open), Published)
    assert wire.requests[-1].json["content"] == {"media": {"id": "urn:li:image:1", "altText": "Le pont, fermé"}}


CARD = LinkCard("https://ville.example/pont?rue=(Haute)", "Le pont (rue *Haute*)", "Fermé #Lyon")


def test_a_card_is_an_article_in_plain_words(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(rooms(wire))
    post = publication("Voir https://ville.example/pont?rue=(Haute)", card=replace(CARD, image=image(alt="")))
    assert isinstance(network.publish(page(wire), post, _open), Published)
    assert wire.paths() == [IMAGES, "/dms-uploads/1", POSTS]
    article = {
        "source": CARD.url,
        "title": "Le pont (rue *Haute*)",
        "description": "Fermé #Lyon",
        "thumbnail": "urn:li:image:1",
    }
    assert wire.requests[-1].json["content"] == {"article": article}
    schema = yaml.safe_load((specs() / "linkedin-third-party" / "linkedin.yaml").read_text("utf-8"))["components"]
    known = schema["schemas"]["ArticleContent"]
    assert set(known["required"]) <= set(article) <= set(known["properties"])


def test_a_card_without_picture_and_description(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(rooms(wire))
    network.publish(page(wire), publication(card=replace(CARD, description="")), _open)
    assert wire.paths() == [POSTS]
    assert wire.requests[-1].json["content"] == {"article": {"source": CARD.url, "title": CARD.title}}


def test_a_post_with_a_card_is_found_again(wire: Wire, network: LinkedIn) -> None:
    now = datetime.now(UTC)
    article = {"content": {"article": {"source": CARD.url, "title": "Le pont", "thumbnail": "urn:li:image:1"}}}
    wire.handler = routes(
        {f"GET {POSTS}": elements(post_json(1, "Le pont", now, **article), post_json(2, "Le pont", now, **multi(2)))}
    )
    seen = network.find(page(wire), publication("Le pont", card=CARD), since=now - timedelta(minutes=1))
    assert [each.remote_id for each in seen] == ["urn:li:share:1"]


@pytest.mark.parametrize(
    "url",
    ["https://uploads.evil.example/x", "https://www.linkedin.com.evil.example/x", "http://127.0.0.1:1/x", "x", ""],
)
def test_no_byte_and_no_token_goes_to_a_foreign_host(wire: Wire, network: LinkedIn, url: str) -> None:
    wire.handler = lambda request: answer(200, {"value": {"uploadUrl": url or "/", "image": "urn:li:image:1"}})
    outcome = network.publish(page(wire), publication(media=(image(),)), _open)
    assert outcome == RetryAfter(FIVE, "upload_address_refused", "pont.png")
    assert wire.paths() == [IMAGES]


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://www.linkedin.com/dms-uploads/a/0?x=1", True),
        ("https://api.linkedin.com/mediaUpload/a", True),
        ("https://linkedin.com/a", True),
        ("https://www.linkedin.com:443/a", True),
        ("http://www.linkedin.com/a", False),
        ("https://www.linkedin.com:8443/a", False),
        ("https://www.linkedin.com@evil.example/a", False),
        ("https://evil.example/www.linkedin.com", False),
        ("https://evillinkedin.com/a", False),
        ("https://www.linkedin.com.evil.example/a", False),
        ("//www.linkedin.com/a", False),
        ("https://[", False),
    ],
)
def test_which_hosts_are_linkedins(url: str, own: bool) -> None:
    assert _is_linkedins(url, API) is own


def test_a_redirected_upload_is_refused(wire: Wire, network: LinkedIn) -> None:
    moved = answer(307, headers={"Location": "https://uploads.evil.example/"})
    wire.handler = routes({**rooms(wire), "PUT /dms-uploads/1": moved})
    outcome = network.publish(page(wire), publication(media=(image(),)), _open)
    assert outcome == RetryAfter(FIVE, "redirect_refused")
    assert len(wire.requests) == 2


def test_trap_14_the_gate_stands_before_each_step(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(rooms(wire))
    for last, paths in ((1, []), (2, [IMAGES]), (3, [IMAGES, "/dms-uploads/1"])):
        passed: list[int] = []
        wire.requests.clear()
        wire.handler = routes(rooms(wire))

        def gate(passed: list[int] = passed, last: int = last) -> None:
            passed.append(1)
            if len(passed) == last:
                raise Halted

        with pytest.raises(Halted):
            network.publish(page(wire), publication(media=(image(),)), gate)
        assert wire.paths() == paths


# ---------------------------------------------------------------- videos


def video(**changes: object) -> Any:
    return image(b"v" * 10, **{"filename": "pont.mp4", "content_type": "video/mp4", **changes})


def film(wire: Wire) -> dict[str, Reply]:
    def asked(request: Request) -> bytes:
        if "finalizeUpload" in request.target:
            return answer(200)
        parts = [
            {"uploadUrl": f"{wire.url}/dms-uploads/v/{n}", "firstByte": first, "lastByte": min(first + 4, 10) - 1}
            for n, first in enumerate(range(0, 10, 4))
        ]
        return answer(200, {"value": {"video": "urn:li:video:7", "uploadToken": "t", "uploadInstructions": parts}})

    parts = {f"PUT /dms-uploads/v/{n}": answer(200, headers={"ETag": f'"tag{n}"'}) for n in range(3)}
    return {f"POST {VIDEOS}": asked, f"POST {POSTS}": POSTED, **parts}


def test_a_video_is_handed_over_in_parts_and_published_later(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(film(wire))
    first = network.publish(page(wire), publication(media=(video(),)), _open)
    assert first == Pending("held.1.urn:li:video:7", timedelta(seconds=20), unfinished=True)
    assert [request.body for request in wire.requests[1:4]] == [b"vvvv", b"vvvv", b"vv"]
    finished = wire.requests[4].json["finalizeUploadRequest"]
    assert finished == {"video": "urn:li:video:7", "uploadToken": "t", "uploadedPartIds": ["tag0", "tag1", "tag2"]}
    assert POSTS not in wire.paths(), "nothing is published without a ticket on record"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (answer(200, {"status": "AVAILABLE"}), Pending("ready.1.urn:li:video:7", timedelta(0))),
        (
            answer(200, {"status": "PROCESSING"}),
            Pending("held.1.urn:li:video:7", timedelta(seconds=20), unfinished=True),
        ),
        (
            answer(200, {"status": "WAITING_UPLOAD"}),
            Pending("held.1.urn:li:video:7", timedelta(seconds=20), unfinished=True),
        ),
        (answer(200, {"status": "PROCESSING_FAILED"}), Rejected("media_refused", "pont.mp4")),
        (error(503), RetryAfter(timedelta(seconds=30), "http_503")),
        (error(401), Reauthorise("credentials_refused")),
        (error(403), RetryAfter(FIVE, "forbidden")),
    ],
)
def test_trap_12_a_video_is_ready_when_linkedin_says_so_and_nothing_is_published_before(
    wire: Wire, network: LinkedIn, status: bytes, outcome: object
) -> None:
    wire.handler = routes({f"GET {VIDEOS}/urn:li:video:7": status, f"POST {POSTS}": POSTED})
    asked = publication(media=(video(),), ticket="held.1.urn:li:video:7")
    assert network.publish(page(wire), asked, _open) == outcome
    assert POSTS not in wire.paths()


def test_a_video_that_is_ready_is_published(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({f"POST {POSTS}": POSTED})
    asked = publication(media=(video(),), ticket="ready.1.urn:li:video:7")
    assert isinstance(network.publish(page(wire), asked, _open), Published)
    assert [request.json["content"] for request in wire.requests] == [
        {"media": {"id": "urn:li:video:7", "altText": "Le pont, fermé"}}
    ]


@pytest.mark.parametrize("status", [404, 410])
def test_a_video_that_linkedin_lost_is_handed_over_again(wire: Wire, network: LinkedIn, status: int) -> None:
    wire.handler = routes({**film(wire), f"GET {VIDEOS}/urn:li:video:6": error(status)})
    asked = publication(media=(video(),), ticket="held.1.urn:li:video:6")
    outcome = network.publish(page(wire), asked, _open)
    assert outcome == Pending("held.2.urn:li:video:7", timedelta(seconds=20), unfinished=True)
    assert POSTS not in wire.paths()


def test_a_post_with_a_video_alone_is_prepared_ahead(network: LinkedIn) -> None:
    able = network.capabilities()
    assert (able.prepares(video=True), able.prepares(video=False)) == (True, False)


def test_a_video_that_was_altered_is_not_made_final(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes(film(wire))
    altered = replace(video(), chunks=lambda size: iter([b"v" * 9 + b"!"]))
    outcome = network.publish(page(wire), publication(media=(altered,)), _open)
    assert outcome == Rejected("media_changed", "pont.mp4 is not the file that was attached.")
    assert not any("finalizeUpload" in request.target for request in wire.requests)


def test_parts_out_of_their_order_are_not_guessed_at(wire: Wire, network: LinkedIn) -> None:
    answers = film(wire)
    room = {"video": "urn:li:video:7", "uploadToken": "t"}
    parts = [{"uploadUrl": f"{wire.url}/dms-uploads/v/0", "firstByte": 4, "lastByte": 9}]
    answers[f"POST {VIDEOS}"] = answer(200, {"value": {**room, "uploadInstructions": parts}})
    wire.handler = routes(answers)
    outcome = network.publish(page(wire), publication(media=(video(),)), _open)
    assert isinstance(outcome, RetryAfter)
    assert outcome.code == "answer_unexpected"


def test_what_a_video_may_be(network: LinkedIn) -> None:
    def codes(*files: Any) -> list[str]:
        return [problem.code for problem in network.check("Le pont", files, LIMITS)]

    assert codes(video(duration_s=60.0)) == []
    assert codes(video(duration_s=3600.0)) == ["video_too_long"]
    assert codes(video(size=200_000_001)) == ["media_too_large"], "what one attempt hands over"
    assert codes(video(duration_s=2.9)) == ["video_too_short"]
    assert codes(video(width=2500, height=1000)) == ["media_ratio_refused"]
    assert codes(image(content_type="video/webm")) == ["media_type_refused"]
    assert codes(video(), video(media_id="v2")) == ["too_many_videos"]
    assert codes(video(), image()) == ["video_with_images"]
    assert codes(video(alt="x" * 5_000)) == ["alt_too_long"]
    assert codes(*[image()] * 20) == []
    assert codes(*[image()] * 21) == ["too_many_images"]


def test_a_video_stands_alone(wire: Wire, network: LinkedIn) -> None:
    outcome = network.publish(page(wire), publication(media=(video(), image())), _open)
    assert outcome == Rejected("video_with_images", "A post on LinkedIn has images or one video.")
    assert wire.requests == []


# ---------------------------------------------------------------- comments


def comment_json(number: int, *, at: datetime, text: str = "Où ?", by: str = "urn:li:person:Z", **more: Any) -> Any:
    ms = int(at.timestamp() * 1000)
    return {
        "id": str(number),
        "commentUrn": f"urn:li:comment:({THREAD},{number})",
        "actor": by,
        "object": THREAD,
        "message": {"text": text, "attributes": []},
        "created": {"time": ms, "actor": by},
        "lastModified": {"time": ms, "actor": by},
        **more,
    }


NOW = datetime.now(UTC)
PARENT = f"/rest/socialActions/{COMMENT}/comments"
ALONE = f"/rest/socialActions/{THREAD}/comments/11"
COMMENTED = answer(201, {"id": "12", "commentUrn": f"urn:li:comment:({THREAD},12)"}, {"x-restli-id": "12"})


def test_a_comment_on_a_post(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({f"POST /rest/socialActions/{SHARE}/comments": COMMENTED})
    outcome = network.publish(page(wire), publication("C'est (ici) #pont", reply_to=SHARE), _open)
    assert isinstance(outcome, Published)
    assert outcome.remote_id == f"urn:li:comment:({THREAD},12)"
    (request,) = wire.requests
    assert request.json == {"actor": ORGANISATION, "object": SHARE, "message": {"text": "C'est (ici) #pont"}}


def test_an_answer_to_a_comment_names_it(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({ALONE: answer(200, comment_json(11, at=NOW)), f"POST {PARENT}": answer(201, {"id": "12"})})
    outcome = network.publish(page(wire), publication("Ici", reply_to=COMMENT), _open)
    assert isinstance(outcome, Published)
    assert outcome.remote_id == f"urn:li:comment:({THREAD},12)", "also where LinkedIn gives the number alone"
    sent = wire.requests[1]
    assert sent.json["parentComment"] == COMMENT and sent.json["object"] == THREAD
    assert "%28" in sent.target and "(" not in sent.target


def test_an_answer_to_an_answer_is_filed_beside_it(wire: Wire, network: LinkedIn) -> None:
    below = comment_json(14, at=NOW, parentComment=COMMENT)
    wire.handler = routes(
        {f"/rest/socialActions/{THREAD}/comments/14": answer(200, below), f"POST {PARENT}": COMMENTED}
    )
    reply = publication("Ici", reply_to=f"urn:li:comment:({THREAD},14)")
    assert isinstance(network.publish(page(wire), reply, _open), Published)
    assert wire.requests[1].json["parentComment"] == COMMENT


@pytest.mark.parametrize("gone", [error(404, "NOT_FOUND"), error(410)])
def test_a_reply_to_what_is_gone(wire: Wire, network: LinkedIn, gone: bytes) -> None:
    wire.handler = lambda request: gone
    for target in (SHARE, COMMENT, "nonsense", "urn:li:person:x"):
        outcome = network.publish(page(wire), publication(reply_to=target), _open)
        assert isinstance(outcome, Rejected), target
        assert outcome.code == "reply_target_gone"


def test_a_comment_takes_no_image_and_fewer_characters(wire: Wire, network: LinkedIn) -> None:
    with_image = network.publish(page(wire), publication(reply_to=SHARE, media=(image(),)), _open)
    too_long = network.publish(page(wire), publication("é" * (COMMENT_MAX + 1), reply_to=SHARE), _open)
    assert [getattr(each, "code", "") for each in (with_image, too_long)] == ["too_many_images", "text_too_long"]
    assert wire.requests == []


@pytest.mark.parametrize(
    "answered", [answer(201), answer(201, {"id": "x"}), answer(201, b"<html>", kind="text/html"), HANG_UP]
)
def test_a_comment_without_a_trustworthy_answer_is_unknown(wire: Wire, network: LinkedIn, answered: bytes) -> None:
    wire.handler = lambda request: answered
    assert isinstance(network.publish(page(wire), publication(reply_to=SHARE), _open), OutcomeUnknown)


# ---------------------------------------------------------------- looking


def post_json(number: int, commentary: str, at: datetime, **more: Any) -> dict[str, Any]:
    ms = int(at.timestamp() * 1000)
    return {
        "id": f"urn:li:share:{number}",
        "author": ORGANISATION,
        "commentary": commentary,
        "createdAt": ms,
        "publishedAt": ms,
        **more,
    }


def elements(*items: Any, date: datetime | None = None) -> bytes:
    headers = {"Date": format_datetime(date or datetime.now(UTC), usegmt=True)}
    return answer(200, {"elements": list(items), "paging": {"start": 0, "count": 100, "links": []}}, headers)


def multi(n: int) -> dict[str, Any]:
    return {"content": {"multiImage": {"images": [{"id": f"urn:li:image:{i}"} for i in range(n)]}}}


def test_trap_11_find_tells_by_words_images_and_time(wire: Wire, network: LinkedIn) -> None:
    now = datetime.now(UTC)
    text = "Le pont (rue Haute) est fermé, voir https://ville.example/pont?rue=1 #Lyon"
    same = r"Le pont \(rue Haute\) est fermé, voir https://ville.example/pont?rue=1 {hashtag|\#|Lyon}"
    short = r"Le pont \(rue Haute\) est fermé, voir https://lnkd.in/eXyZ {hashtag|\#|Lyon}"
    wire.handler = routes(
        {
            f"GET {POSTS}": elements(
                post_json(1, same, now, **multi(2)),
                post_json(2, short, now - timedelta(seconds=30), **multi(2)),
                post_json(3, same, now, content={"media": {"id": "urn:li:image:1"}}),
                post_json(4, same, now),
                post_json(5, same, now, content={"media": {"id": "urn:li:video:1"}}),
                post_json(6, same.replace("fermé", "ouvert"), now, **multi(2)),
                post_json(7, same, now - timedelta(hours=1), **multi(2)),
                {"no": "post"},
            )
        }
    )
    since = now - timedelta(minutes=1)
    found = network.find(page(wire), publication(text, media=(image(), image(b"2"))), since=since)
    assert [each.remote_id for each in found] == ["urn:li:share:2", "urn:li:share:1"]
    assert not any(each.exact for each in found)
    for media, number in (((image(),), 3), ((), 4), ((video(),), 5)):
        found = network.find(page(wire), publication(text, media=media), since=since)
        assert [each.remote_id for each in found] == [f"urn:li:share:{number}"]


def test_find_turns_pages_and_goes_by_linkedins_clock(wire: Wire, network: LinkedIn) -> None:
    theirs = datetime.now(UTC) - timedelta(hours=1)

    def pages(request: Request) -> bytes:
        if request.query["start"] == "0":
            return elements(*(post_json(n, "x", theirs) for n in range(100)), date=theirs)
        return elements(post_json(500, r"Le pont est fermé.", theirs), date=theirs)

    wire.handler = routes({f"GET {POSTS}": pages})
    found = network.find(page(wire), publication(), since=datetime.now(UTC) - timedelta(seconds=5))
    assert [each.remote_id for each in found] == ["urn:li:share:500"]
    assert [request.query["start"] for request in wire.requests] == ["0", "100"]


def test_a_history_that_is_too_long_proves_no_absence(wire: Wire, network: LinkedIn) -> None:
    now = datetime.now(UTC)
    wire.handler = lambda request: elements(*(post_json(n, "x", now) for n in range(100)))
    with pytest.raises(Unavailable) as raised:
        network.find(page(wire), publication(), since=now - timedelta(hours=1))
    assert raised.value.code == "history_too_long"


def test_an_own_reply_is_found_where_linkedin_files_it(wire: Wire, network: LinkedIn) -> None:
    now = datetime.now(UTC)
    ours = {"by": ORGANISATION, "text": "Bonjour"}
    below = comment_json(14, at=now, parentComment=COMMENT)
    wire.handler = routes(
        {
            f"/rest/socialActions/{THREAD}/comments/14": answer(200, below),
            PARENT: elements(
                comment_json(15, at=now, text="Bonjour"),
                comment_json(16, at=now, **ours),
                comment_json(17, at=now - timedelta(hours=1), **ours),
                comment_json(18, at=now, by=ORGANISATION, text="Autre chose"),
            ),
        }
    )
    asked = publication("Bonjour", reply_to=f"urn:li:comment:({THREAD},14)")
    found = network.find(page(wire), asked, since=now - timedelta(minutes=1))
    assert [each.remote_id for each in found] == [f"urn:li:comment:({THREAD},16)"]
    wire.handler = lambda request: error(404)
    assert network.find(page(wire), asked, since=now) == []


# ---------------------------------------------------------------- reading


class Town:
    """A page with posts and comments on them, as a wire tells it."""

    def __init__(self, wire: Wire, *posts: int, batch: bool = True) -> None:
        self.posts: dict[str, list[dict[str, Any]]] = {f"urn:li:share:{n}": [] for n in posts}
        self.below: dict[str, list[dict[str, Any]]] = {}
        self.batch = batch
        self.at = datetime.now(UTC)
        self.wire = wire
        wire.handler = self.handle

    def write(self, post: int, number: int, *, ago: float = 0.0, **more: Any) -> str:
        made = comment_json(number, at=self.at - timedelta(seconds=ago), **more)
        self.posts[f"urn:li:share:{post}"].append(made)
        return str(made["commentUrn"])

    def answer(self, under: str, number: int, **more: Any) -> str:
        made = comment_json(number, at=self.at, parentComment=under, **more)
        self.below.setdefault(under, []).append(made)
        for each in self.posts.values():
            for one in each:
                if one["commentUrn"] == under:
                    one["commentsSummary"] = {"aggregatedTotalComments": len(self.below[under])}
        return str(made["commentUrn"])

    def total(self, post: str) -> int:
        return sum(1 + len(self.below.get(each.get("commentUrn", ""), [])) for each in self.posts[post])

    def handle(self, request: Request) -> bytes:
        path = unquote(request.path)
        if path == POSTS:
            return elements(*(post_json(int(urn.split(":")[-1]), "x", self.at) for urn in self.posts), date=self.at)
        if path == "/rest/socialMetadata":
            if not self.batch:
                return error(403, "ACCESS_DENIED", 100)
            asked = [unquote(each) for each in request.target.partition("ids=List(")[2].rstrip(")").split(",")]
            return answer(200, {"results": {urn: {"commentSummary": {"count": self.total(urn)}} for urn in asked}})
        urn = path.removeprefix("/rest/socialActions/").removesuffix("/comments")
        found = self.posts.get(urn, self.below.get(urn))
        if found is None:
            return error(404)
        start = int(request.query["start"])
        return elements(*found[start : start + 100], date=self.at)


def test_the_inbox_gives_each_comment_once_and_none_of_our_own(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1, 2)
    first = town.write(1, 11, ago=30)
    town.write(1, 12, by=ORGANISATION)
    batch = network.inbox(page(wire), cursor=None)
    assert [each.remote_id for each in batch.messages] == [first]
    (message,) = batch.messages
    assert (message.parent, message.root, message.kind) == ("urn:li:share:1", "urn:li:share:1", "comment")
    wire.requests.clear()
    again = network.inbox(page(wire), cursor=batch.cursor)
    assert list(again.messages) == [] and not again.more
    assert [unquote(path) for path in wire.paths()] == [POSTS, "/rest/socialMetadata"], "two requests in the quiet"
    second = town.answer(first, 13, text="Ici")
    town.write(2, 14, ago=20)
    later = network.inbox(page(wire), cursor=again.cursor)
    told = {each.remote_id: each for each in later.messages}
    assert set(told) == {second, f"urn:li:comment:({THREAD},14)"}
    assert (told[second].parent, told[second].root) == (first, "urn:li:share:1")
    assert list(network.inbox(page(wire), cursor=later.cursor).messages) == []


def test_without_leave_to_ask_for_several_every_post_is_read(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1, 2, batch=False)
    town.write(1, 11)
    batch = network.inbox(page(wire), cursor=None)
    fresh = town.write(2, 12)
    assert [each.remote_id for each in network.inbox(page(wire), cursor=batch.cursor).messages] == [fresh]


def test_one_that_went_and_one_that_came_are_seen_within_the_quarter_of_an_hour(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1)
    town.write(1, 11)
    cursor = network.inbox(page(wire), cursor=None).cursor
    town.posts["urn:li:share:1"].clear()
    town.at += timedelta(minutes=1)
    fresh = town.write(1, 12)
    town.at += timedelta(minutes=13)
    batch = network.inbox(page(wire), cursor=cursor)
    assert list(batch.messages) == []
    town.at += timedelta(minutes=2)
    assert [each.remote_id for each in network.inbox(page(wire), cursor=batch.cursor).messages] == [fresh]


def test_an_edit_is_told_again_with_another_revision(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1)
    town.write(1, 11)
    first = network.inbox(page(wire), cursor=None)
    kept = town.posts["urn:li:share:1"][0]
    kept["message"]["text"], kept["lastModified"]["time"] = "Où donc ?", kept["created"]["time"] + 60_000
    town.write(1, 12)  # the number tells that there is something new
    told = {each.remote_id: each for each in network.inbox(page(wire), cursor=first.cursor).messages}
    assert told[COMMENT].revision != first.messages[0].revision
    assert told[COMMENT].text == "Où donc ?"


def test_a_flood_is_read_to_its_end_in_turns(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1)
    cursor = network.inbox(page(wire), cursor=None).cursor
    flood = [town.write(1, 1000 + n, ago=n) for n in range(450)]
    seen: list[str] = []
    for _ in range(20):
        batch = network.inbox(page(wire), cursor=cursor, limit=50)
        assert len(batch.messages) <= 50
        seen += [each.remote_id for each in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(seen) == sorted(flood), "all of them, each once"


def test_the_first_reading_tells_the_newest(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1)
    for n in range(5):
        town.write(1, 20 + n, ago=100 - n)
    batch = network.inbox(page(wire), cursor=None, limit=2)
    assert [each.remote_id[-3:-1] for each in batch.messages] == ["23", "24"]
    assert not batch.more
    assert list(network.inbox(page(wire), cursor=batch.cursor).messages) == [], "the older ones are not told later"


@pytest.mark.parametrize("cursor", ["", "|", "nonsense", "[]", '{"floor":"x","seen":[],"counts":{}}', '{"floor":7}'])
def test_a_cursor_that_is_none_begins_anew(wire: Wire, network: LinkedIn, cursor: str) -> None:
    Town(wire, 1).write(1, 11)
    assert len(network.inbox(page(wire), cursor=cursor).messages) == 1


def test_one_that_cannot_be_read_closes_no_inbox(wire: Wire, network: LinkedIn) -> None:
    town = Town(wire, 1)
    town.posts["urn:li:share:1"].append({"id": 7, "message": "x"})
    town.posts["urn:li:share:1"].append({"id": "9", "actor": "urn:li:person:Z", "created": {"time": 10**30}})
    fresh = town.write(1, 11)
    assert fresh in [each.remote_id for each in network.inbox(page(wire), cursor=None).messages]


def test_the_thread_stands_above_a_comment(wire: Wire, network: LinkedIn) -> None:
    below = comment_json(14, at=NOW, parentComment=COMMENT)
    wire.handler = routes(
        {
            f"/rest/socialActions/{THREAD}/comments/14": answer(200, below),
            ALONE: answer(200, comment_json(11, at=NOW)),
            f"/rest/posts/{THREAD}": answer(200, post_json(1, r"Le pont \(fermé\) {hashtag|\#|Lyon}", NOW)),
        }
    )
    above = network.thread(page(wire), f"urn:li:comment:({THREAD},14)")
    assert [each.remote_id for each in above] == ["urn:li:share:1", COMMENT]
    assert above[0].text == "Le pont (fermé) #Lyon"
    assert network.thread(page(wire), SHARE) == []
    assert network.thread(page(wire), f"urn:li:comment:({THREAD},99)") == [], "gone"


def test_metrics_say_what_linkedin_says(wire: Wire, network: LinkedIn) -> None:
    totals = {"likeCount": 12, "shareCount": 2, "commentCount": 3, "clickCount": 40, "impressionCount": 345}

    def statistics(request: Request) -> bytes:
        kind, urn = ("share", "urn:li:share:1") if "shares=" in request.target else ("ugcPost", "urn:li:ugcPost:2")
        return elements({kind: urn, "totalShareStatistics": totals}, {kind: "urn:li:share:999"})

    wire.handler = routes(
        {
            "/rest/organizationalEntityShareStatistics": statistics,
            "/rest/posts/urn:li:share:3": answer(200, post_json(3, "x", NOW)),
            ALONE: answer(200, comment_json(11, at=NOW, likesSummary={"aggregatedTotalLikes": 4})),
        }
    )
    asked = [COMMENT, "urn:li:share:1", "urn:li:ugcPost:2", "urn:li:share:3", "urn:li:share:4", "nonsense"]
    got = network.post_metrics(page(wire), asked)
    assert [each.remote_id for each in got] == asked
    assert [each.gone for each in got] == [False, False, False, False, True, True]
    assert [each.likes for each in got] == [4, 12, 12, 0, None, None]
    assert (got[1].shares, got[1].replies, got[1].clicks, got[1].impressions) == (2, 3, 40, 345)
    assert "List(urn%3Ali%3Ashare%3A1,urn%3Ali%3Ashare%3A3" in wire.requests[0].target


def test_followers_are_the_size_of_the_network(wire: Wire, network: LinkedIn) -> None:
    wire.handler = lambda request: answer(200, {"firstDegreeSize": 4821})
    assert network.profile_metrics(page(wire)).followers == 4821
    assert wire.requests[0].target.endswith(f"{quote(ORGANISATION, safe='')}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")


def test_what_linkedin_does_not_offer_is_said(network: LinkedIn) -> None:
    able = network.capabilities()
    assert "search" not in able.reads and able.moderates == {"delete"}
    assert not hasattr(network, "hide")
    with pytest.raises(NotUnderstood) as raised:
        network.search(account(API), "eau", cursor=None)
    assert raised.value.code == "not_offered"


# ---------------------------------------------------------------- moderating


@pytest.mark.parametrize("said", [answer(204), answer(200), error(404), error(410)])
def test_a_deletion_may_be_repeated(wire: Wire, network: LinkedIn, said: bytes) -> None:
    wire.handler = lambda request: said
    network.delete(page(wire), SHARE)
    network.delete(page(wire), COMMENT)
    assert [request.method for request in wire.requests] == ["DELETE", "DELETE"]
    assert unquote(wire.requests[0].path) == f"/rest/posts/{SHARE}"
    assert unquote(wire.requests[1].path) == f"/rest/socialActions/{THREAD}/comments/11"
    assert wire.requests[1].query == {"actor": ORGANISATION}


@pytest.mark.parametrize(
    ("said", "kind"),
    [(error(403), NotPermitted), (error(401), CredentialsRefused), (error(503), Unavailable), (HANG_UP, Unavailable)],
)
def test_a_deletion_that_is_refused_says_so(wire: Wire, network: LinkedIn, said: bytes, kind: Any) -> None:
    wire.handler = lambda request: said
    with pytest.raises(kind):
        network.delete(page(wire), SHARE)


def test_only_posts_and_comments_are_deleted(wire: Wire, network: LinkedIn) -> None:
    with pytest.raises(NotUnderstood):
        network.delete(page(wire), "urn:li:organization:1")
    assert wire.requests == []


# ---------------------------------------------------------------- connecting

ACLS = "/rest/organizationAcls"
TOKEN = "/oauth/v2/accessToken"


def token(**more: Any) -> bytes:
    said = {
        "access_token": "new-access",
        "expires_in": 5_184_000,
        "refresh_token": "new-refresh",
        "refresh_token_expires_in": 31_536_000,
        "scope": SCOPES,
        **more,
    }
    return answer(200, {name: value for name, value in said.items() if value is not None})


def acl(number: int, role: str = "ADMINISTRATOR", state: str = "APPROVED", kind: str = "organization") -> Any:
    return {"organization": f"urn:li:{kind}:{number}", "role": role, "state": state, "roleAssignee": "urn:li:person:a"}


def organisation(number: int) -> bytes:
    return answer(200, {"id": number, "localizedName": f"Ville {number}", "vanityName": f"ville-{number}"})


def finish(network: LinkedIn, wire: Wire) -> Any:
    return network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="c0de", keep={})


def test_a_person_is_sent_to_linkedin_itself(network: LinkedIn) -> None:
    start = network.start_oauth(server="", redirect_uri=REDIRECT, state="s 1")
    parts = urlsplit(start.authorize_url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://www.linkedin.com/oauth/v2/authorization"
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked == {
        "response_type": "code",
        "client_id": "app-1d",
        "redirect_uri": REDIRECT,
        "state": "s 1",
        "scope": SCOPES,
    }
    assert "app-s3cret" not in start.authorize_url


def test_the_pages_that_a_person_administers_are_offered(wire: Wire, network: LinkedIn) -> None:
    acls = elements(
        acl(1), acl(2), acl(3, "ANALYST"), acl(4, state="REVOKED"), acl(5, kind="organizationBrand"), acl(1), acl(6)
    )
    wire.handler = routes(
        {
            TOKEN: token(),
            ACLS: acls,
            "/rest/organizations/1": organisation(1),
            "/rest/organizations/2": organisation(2),
        }
    )
    found = finish(network, wire)
    assert [each.remote_id for each in found] == ["urn:li:organization:1", "urn:li:organization:2"]
    assert (found[0].handle, found[0].display_name) == ("ville-1", "Ville 1")
    assert all(each.secrets["access"] == "new-access" and each.secrets["refresh"] == "new-refresh" for each in found)
    assert abs(found[0].expires_at - datetime.now(UTC) - timedelta(days=60)) < timedelta(minutes=1)
    form = dict(wire.requests[0].form)
    assert form["client_secret"] == "app-s3cret" and form["redirect_uri"] == REDIRECT
    assert "app-s3cret" not in repr(found) and "new-refresh" not in repr(found)


def test_trap_20_who_administers_nothing_connects_nothing(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({TOKEN: token(), ACLS: elements(acl(3, "ANALYST"))})
    with pytest.raises(CredentialsRefused) as raised:
        finish(network, wire)
    assert raised.value.code == "nothing_to_connect"


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (answer(400, {"error": "invalid_request", "error_description": "c0de"}), CredentialsRefused, "code_refused"),
        (answer(401, {"error": "invalid_client"}), CredentialsRefused, "code_refused"),
        (answer(503), Unavailable, "http_503"),
        (HANG_UP, Unavailable, "connection_lost"),
        (answer(200, {"access_token": "x"}), NotUnderstood, "answer_unexpected"),
    ],
)
def test_a_code_that_opens_nothing(wire: Wire, network: LinkedIn, said: bytes, kind: Any, code: str) -> None:
    wire.handler = lambda request: said
    with pytest.raises(kind) as raised:
        finish(network, wire)
    assert raised.value.code == code
    assert "c0de" not in str(raised.value)


def test_without_an_application_nobody_is_sent_away(transport: Transport) -> None:
    with pytest.raises(Unavailable) as raised:
        LinkedIn(transport, dict).start_oauth(server="", redirect_uri=REDIRECT, state="s")
    assert raised.value.code == "application_missing"


@pytest.mark.parametrize("server", ["https://linkedin.example", "www.linkedin.com.evil.example", "127.0.0.1:1"])
def test_a_secret_is_shown_to_nobody_but_linkedin(server: str) -> None:
    network = LinkedIn(Transport(allow_loopback=False), lambda: APP)
    with pytest.raises(AddressRefused):
        network.start_oauth(server=server, redirect_uri=REDIRECT, state="s")


@pytest.mark.parametrize("server", ["https://www.linkedin.com", "api.linkedin.com", ""])
def test_its_own_addresses_are_one(network: LinkedIn, server: str) -> None:
    start = network.start_oauth(server=server, redirect_uri="https://parvis.example/oauth/callback", state="s")
    assert start.authorize_url.startswith("https://www.linkedin.com/oauth/v2/authorization?")


OLD = {"access": "old", "refresh": "old-refresh", "refresh_until": "2027-01-01T00:00:00+00:00"}


def test_trap_15_a_refresh_that_gives_no_refresh_token_keeps_the_old_one(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({TOKEN: token(refresh_token=None, refresh_token_expires_in=None)})
    mine = replace(page(wire), secrets=OLD)
    renewed = network.refresh(mine)
    assert renewed is not None
    assert renewed.secrets == {**OLD, "access": "new-access"}
    assert (renewed.remote_id, renewed.server) == (mine.remote_id, mine.server)
    assert dict(wire.requests[0].form)["refresh_token"] == "old-refresh"
    wire.handler = routes({TOKEN: token(refresh_token="rotated")})
    again = network.refresh(mine)
    assert again is not None and again.secrets["refresh"] == "rotated"


def test_a_refresh_token_ends_on_its_day_however_often_it_is_used(wire: Wire, network: LinkedIn) -> None:
    wire.handler = routes({TOKEN: token(refresh_token="old-refresh", refresh_token_expires_in=5 * 86_400)})
    renewed = network.refresh(replace(page(wire), secrets=OLD))
    assert renewed is not None
    until = datetime.fromisoformat(renewed.secrets["refresh_until"])
    assert abs(until - datetime.now(UTC) - timedelta(days=5)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (answer(400, {"error": "invalid_request"}), CredentialsRefused, "refresh_refused"),
        (answer(400, {"error": "invalid_grant"}), CredentialsRefused, "refresh_refused"),
        (answer(401, {"error": "invalid_client"}), Unavailable, "application_refused"),
        (answer(400), Unavailable, "application_refused"),
        (answer(429), Unavailable, "rate_limited"),
        (answer(500), Unavailable, "http_500"),
        (HANG_UP, Unavailable, "connection_lost"),
        (answer(200, b"<html>", kind="text/html"), NotUnderstood, "answer_not_json"),
    ],
)
def test_trap_16_only_a_refused_refresh_token_disconnects(
    wire: Wire, network: LinkedIn, said: bytes, kind: Any, code: str
) -> None:
    wire.handler = lambda request: said
    with pytest.raises(kind) as raised:
        network.refresh(replace(page(wire), secrets=OLD))
    assert raised.value.code == code
    assert "old-refresh" not in str(raised.value)


def test_without_a_refresh_token_there_is_nothing_to_renew(wire: Wire, network: LinkedIn) -> None:
    assert network.refresh(replace(page(wire), secrets={"access": "a"})) is None
    assert wire.requests == []


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (COMMENT, COMMENT),
        ("urn:li:comment:(activity:6844785523593134081,11)", COMMENT),
        ("urn:li:comment:(urn:li:ugcPost:1,2)", "urn:li:comment:(urn:li:ugcPost:1,2)"),
        ("urn:li:comment:(urn:li:activity:1,2)/../x", None),
        ("urn:li:comment:(urn:li:activity:١,2)", None),
        (SHARE, None),
        ("", None),
    ],
)
def test_comments_are_named_in_one_way(text: str, whole: str | None) -> None:
    found = comment_urn(text)
    assert (found.whole if found else None) == whole


def test_where_people_read() -> None:
    assert public_url(API, SHARE) == f"https://www.linkedin.com/feed/update/{SHARE}/"
    assert public_url(API, COMMENT).startswith(f"https://www.linkedin.com/feed/update/{THREAD}/?commentUrn=urn%3Ali")


# ---------------------------------------------------------------- a third party's description

_UNKNOWN_THERE = {
    # LinkedIn's own documentation has these; that file, which nobody at LinkedIn wrote, does not.
    "GET /rest/organizationAcls",
    "GET /rest/networkSizes/{}",
    "GET /rest/socialMetadata",  # there: one at a time only
    "GET /rest/socialActions/{}/comments/{}",
    "DELETE /rest/socialActions/{}/comments/{}",
    "PUT /dms-uploads/{}",
}


def test_what_a_third_party_describes_agrees_with_what_is_sent(wire: Wire, network: LinkedIn) -> None:
    """LinkedIn has no official specification. What this file knows must agree with us; where it does not know a call,
    the documentation is what counts, and the list above says so."""
    document = yaml.safe_load((specs() / "linkedin-third-party" / "linkedin.yaml").read_text("utf-8"))
    known: dict[str, set[str]] = {}
    for path, of in document["paths"].items():
        known.setdefault(re.sub(r"\{[^}]*\}", "{}", path.split("?")[0]), set()).update(each.upper() for each in of)
    town = Town(wire, 1)
    town.write(1, 11)
    network.inbox(page(wire), cursor=None)
    wire.handler = routes({**rooms(wire), ALONE: answer(200, comment_json(11, at=NOW)), f"POST {PARENT}": COMMENTED})
    network.publish(page(wire), publication(media=(image(), image(b"2"))), _open)
    network.publish(page(wire), publication(reply_to=COMMENT), _open)
    posted = next(request for request in wire.requests if (request.method, request.path) == ("POST", POSTS))
    wire.handler = routes({**film(wire), "/rest/videos/urn:li:video:7": answer(200, {"status": "PROCESSING"})})
    network.publish(page(wire), publication(media=(video(),), ticket="held.1.urn:li:video:7"), _open)
    wire.handler = lambda request: answer(200, {"firstDegreeSize": 1, "elements": []})
    network.profile_metrics(page(wire))
    wire.handler = lambda request: answer(204)
    network.delete(page(wire), SHARE)
    network.delete(page(wire), COMMENT)
    wire.handler = routes({TOKEN: token(), ACLS: elements(acl(1)), "/rest/organizations/1": organisation(1)})
    finish(network, wire)
    called = set()
    for request in wire.requests:
        if request.path == TOKEN:
            continue
        path = re.sub(r"/(urn%3A[^/]*|\d+|v)(?=/|$)", "/{}", request.path)
        if path not in known or request.method not in known[path]:
            called.add(f"{request.method} {path}")
    assert called == _UNKNOWN_THERE
    schema = document["components"]["schemas"]["PostCreateRequest"]
    assert set(schema["required"]) <= set(posted.json) <= set(schema["properties"])
    assert posted.json["visibility"] in schema["properties"]["visibility"]["enum"]
