"""Videos on a Page: handed over in the parts that Facebook asks for, posted by the closing call, found by the video
itself; every row of both tables; and each request against Meta's specification."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
    Unavailable,
)
from chalicelib.networks.facebook import LIMITS, Facebook
from chalicelib.networks.facebook_videos import Video
from chalicelib.networks.graph import VERSION
from chalicelib.networks.transport import Transport
from tests.unit.networks.graph_spec import Recording, refusals, what
from tests.unit.networks.material import account, film, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

PAGE = "123456789012345"
VIDEOS = f"/{VERSION}/{PAGE}/videos"
NODE = f"/{VERSION}/1700000000701"
POSTS = f"/{VERSION}/{PAGE}/published_posts"
READY = "ready.1.70:1700000000701"
SOON = timedelta(seconds=15)
AT = datetime(2026, 3, 14, 9, 27, tzinfo=UTC)
CONTENT = film().read()
SIZE = len(CONTENT)


def _open() -> None:
    pass


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def recording(slept: list[float]) -> Recording:
    made = Recording(allow_loopback=True, connect_timeout=2.0, read_timeout=1.0, total_timeout=5.0)
    made.sleep = slept.append  # type: ignore[method-assign]
    return made


@pytest.fixture
def network(recording: Transport) -> Facebook:
    return Facebook(recording)


def error(code: int, status: int = 400, subcode: int | None = None) -> bytes:
    said: dict[str, Any] = {"message": "because", "type": "OAuthException", "code": code}
    return answer(status, {"error": {**said, **({"error_subcode": subcode} if subcode else {})}})


def status(video: str = "ready", processing: str = "complete", publishing: str = "complete", as_: str = "") -> Any:
    phase = {"status": publishing, **({"publish_status": as_} if as_ else {})}
    return {"video_status": video, "processing_phase": {"status": processing}, "publishing_phase": phase}


TAKEN = status("processing", "not_started", "not_started")
PREPARING = status("processing", "in_progress", "not_started")


def node(said: Any = None, **more: Any) -> bytes:
    known = {"post_id": "9", "permalink_url": f"/{PAGE}_9", "created_time": "2026-03-14T09:27:00+0000"}
    return answer(200, {"id": "1700000000701", "status": said or status(), **known, **more})


def fields(request: Request) -> dict[str, str]:
    """Of a form, multipart or not, as far as it is text."""
    if not request.headers["content-type"].startswith("multipart/"):
        return dict(request.form)
    found = {}
    for part in request.body.split(b"--" + request.headers["content-type"].partition("boundary=")[2].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        found[name] = value.removesuffix(b"\r\n").decode("latin-1")
    return found


Replies = dict[str, bytes | Callable[[Request], bytes]]


def routes(replies: Replies) -> Callable[[Request], bytes]:
    """By the phase of an upload, or by the path."""

    def handler(request: Request) -> bytes:
        name = fields(request)["upload_phase"] if request.path == VIDEOS else request.path
        reply = replies.get(name, error(100, subcode=33))
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def offsets(start: int, end: int) -> dict[str, str]:
    return {"start_offset": str(start), "end_offset": str(end)}


def upload(*, part: int = 16) -> Replies:
    def transfer(request: Request) -> bytes:
        at = int(fields(request)["start_offset"]) + len(fields(request)["video_file_chunk"])
        return answer(200, offsets(at, min(at + part, SIZE)))

    opened = {"upload_session_id": "70", "video_id": "1700000000701", **offsets(0, min(part, SIZE))}
    return {"start": answer(200, opened), "transfer": transfer}


FINISHED = answer(200, {"success": True})


def publish(network: Facebook, wire: Wire, ticket: str | None = None, **more: Any) -> object:
    asked = publication(media=(film(),), ticket=ticket, **more)
    return network.publish(account(wire.url, PAGE), asked, _open)


# ---------------------------------------------------------------- handing over


def test_a_video_is_handed_over_in_the_parts_that_facebook_asks_for(wire: Wire, network: Facebook) -> None:
    wire.handler = routes(upload())
    assert publish(network, wire) == Pending(READY, timedelta(0))
    start, *parts = [fields(request) for request in wire.requests]
    assert start == {"upload_phase": "start", "file_size": str(SIZE)}
    assert [each["start_offset"] for each in parts] == ["0", "16", "32"]
    assert "".join(each["video_file_chunk"] for each in parts).encode("latin-1") == CONTENT
    assert {each["upload_session_id"] for each in parts} == {"70"}
    assert all(b"pont.mp4" not in request.body for request in wire.requests)
    assert all(request.path == VIDEOS for request in wire.requests)


ROWS: list[tuple[bytes, object]] = [
    (HANG_UP, RetryAfter(SOON, "connection_lost", "pont.mp4")),
    (error(6000), RetryAfter(SOON, "error_6000", "pont.mp4")),
    (error(6001), RetryAfter(SOON, "error_6001", "pont.mp4")),
    *(
        (error(100, subcode=each), RetryAfter(SOON, "error_100", "pont.mp4"))
        for each in (1363019, 1363030, 1363033, 1363037)
    ),
    (error(351), Rejected("media_refused", "pont.mp4: because")),
    (error(352), Rejected("media_refused", "pont.mp4: because")),
    *(
        (error(100, subcode=each), Rejected("media_refused", "pont.mp4: because"))
        for each in (1363005, 1363020, 1363021, 1363022, 1363023, 1363031, 1363042)
    ),
    (error(100, subcode=33), Rejected("media_refused", "pont.mp4: because")),
    (error(190, 401), Reauthorise("credentials_refused", "pont.mp4: because")),
    (error(200, 403), Reauthorise("forbidden", "pont.mp4: because")),
    (error(32), RetryAfter(timedelta(minutes=5), "rate_limited")),
    (error(368), RetryAfter(timedelta(hours=1), "temporarily_blocked", "pont.mp4: because")),
    (error(2, 500), RetryAfter(SOON, "error_2", "pont.mp4")),
    (answer(502, b"<html>", kind="text/html"), RetryAfter(SOON, "http_502", "pont.mp4")),
    (answer(200, {"id": "1"}), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
    (answer(200, b"{", kind="text/html"), RetryAfter(SOON, "answer_unexpected", "pont.mp4")),
]


@pytest.mark.parametrize("phase", ["start", "transfer"])
@pytest.mark.parametrize(("reply", "outcome"), ROWS, ids=range(len(ROWS)))
def test_the_answers_to_opening_and_to_a_part(
    wire: Wire, network: Facebook, phase: str, reply: bytes, outcome: object
) -> None:
    wire.handler = routes({**upload(), phase: reply})
    assert publish(network, wire) == outcome
    assert len(wire.requests) == (1 if phase == "start" else 2), "one attempt, whatever the answer"


@pytest.mark.parametrize(
    "said",
    [
        offsets(0, SIZE + 1),
        offsets(-1, 4),
        offsets(9, 3),
        offsets(7, 7),  # it wants nothing more, and does not have it all
        {**offsets(0, 16), "video_id": "a b"},
        {**offsets(0, 16), "upload_session_id": ""},
    ],
)
def test_offsets_that_make_no_sense_hand_nothing_over(wire: Wire, network: Facebook, said: dict[str, str]) -> None:
    opened = {"upload_session_id": "70", "video_id": "701", **said}
    wire.handler = routes({**upload(), "start": answer(200, opened)})
    assert publish(network, wire) == RetryAfter(SOON, "answer_unexpected", "pont.mp4")
    assert len(wire.requests) == 1


def test_a_server_that_wants_the_same_part_for_ever_is_left(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({**upload(), "transfer": answer(200, offsets(0, 1))})
    assert publish(network, wire) == RetryAfter(SOON, "answer_unexpected", "pont.mp4")
    assert len(wire.requests) <= 201


# ---------------------------------------------------------------- posting


def test_the_closing_call_posts_it_and_the_video_says_which_post_it_is(
    wire: Wire, network: Facebook, slept: list[float]
) -> None:
    said = iter([node(TAKEN), node(PREPARING), node()])
    wire.handler = routes({"finish": FINISHED, NODE: lambda _: next(said)})
    outcome = publish(network, wire, READY)
    native = {"id": f"{PAGE}_9", "video": "1700000000701"}
    assert outcome == Published(f"{PAGE}_9", f"{wire.url}/{PAGE}_9", native)
    assert wire.paths() == [NODE, VIDEOS, NODE, NODE]
    assert fields(wire.requests[1]) == {
        "upload_phase": "finish",
        "upload_session_id": "70",
        "description": "Le pont est fermé.",
    }
    assert sum(slept) < 10, "within what a worker has left"


def test_a_post_id_is_given_with_or_without_the_page() -> None:
    assert Video(id="1", post_id="9").post_of("123") == "123_9"
    assert Video(id="1", post_id="123_9").post_of("123") == "123_9"
    assert Video(id="1").post_of("123") is None


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (node(PREPARING), OutcomeUnknown("being_processed")),
        (node(TAKEN), OutcomeUnknown("not_confirmed")),
        (error(100, subcode=33), OutcomeUnknown("not_confirmed")),
        (error(2, 500), OutcomeUnknown("not_confirmed")),
        (node(status("error", "error", "")), Rejected("media_refused", "pont.mp4: Facebook could not prepare it.")),
        (node(status(as_="draft")), Rejected("media_refused", "pont.mp4: Facebook keeps it as a draft.")),
        (node(post_id=None), OutcomeUnknown("published_unseen")),
        (node({"video_status": "ready"}, published=True), None),
        (node({"video_status": "processing"}), OutcomeUnknown("being_processed")),
        (node({"video_status": ""}), OutcomeUnknown("not_confirmed")),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_the_video_says_after_closing(wire: Wire, network: Facebook, said: bytes, outcome: object) -> None:
    first = iter([node(TAKEN)])
    wire.handler = routes({"finish": FINISHED, NODE: lambda _: next(first, said)})
    got = publish(network, wire, READY)
    assert got == outcome if outcome is not None else isinstance(got, Published)
    assert wire.paths().count(VIDEOS) == 1


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (HANG_UP, OutcomeUnknown("connection_lost")),
        (error(100, subcode=33), OutcomeUnknown("container_gone")),
        (error(100, subcode=1363037), OutcomeUnknown("error_100")),
        (error(6000), OutcomeUnknown("error_6000")),
        (error(352), Rejected("content_refused", "because")),
        (error(100), Rejected("content_refused", "because")),
        (error(190, 401), Reauthorise("credentials_refused", "because")),
        (error(32), RetryAfter(timedelta(minutes=5), "rate_limited")),
        (answer(502, b"<html>", kind="text/html"), OutcomeUnknown("http_502")),
    ],
    ids=range(9),
)
def test_the_answers_to_the_closing_call(wire: Wire, network: Facebook, reply: bytes, outcome: object) -> None:
    wire.handler = routes({"finish": reply, NODE: node(TAKEN)})
    assert publish(network, wire, READY) == outcome
    assert wire.paths() == [NODE, VIDEOS]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (node(), OutcomeUnknown("published_before")),
        (node(PREPARING), OutcomeUnknown("being_processed")),
        (node(status("error", "error", "")), Rejected("media_refused", "pont.mp4: Facebook could not prepare it.")),
        (error(2, 500), RetryAfter(timedelta(seconds=30), "error_2")),
        (error(190, 401), Reauthorise("credentials_refused")),
    ],
    ids=range(5),
)  # fmt: skip
def test_trap_2_what_an_earlier_call_closed_is_not_closed_again(
    wire: Wire, network: Facebook, said: bytes, outcome: object
) -> None:
    wire.handler = routes({"finish": FINISHED, NODE: said})
    assert publish(network, wire, READY) == outcome
    assert wire.paths() == [NODE]


def test_a_video_goes_alone_and_answers_nothing(wire: Wire, network: Facebook) -> None:
    page = account(wire.url, PAGE)
    mixed = network.publish(page, publication(media=(film(), image())), _open)
    assert mixed == Rejected("video_with_images", "A post on Facebook has images or one video.")
    answering = network.publish(page, publication(reply_to="9_1", media=(film(),)), _open)
    assert answering == Rejected("media_refused", "pont.mp4: a comment on Facebook takes no video.")
    assert wire.requests == []


def test_trap_14_the_gate_stands_before_each_step(wire: Wire, network: Facebook) -> None:
    for ticket, passes in ((None, 4), (READY, 1)):
        for last in range(passes):
            wire.handler = routes({**upload(), "finish": FINISHED, NODE: node(TAKEN)})
            wire.requests.clear()
            passed: list[int] = []

            def halt(last: int = last, passed: list[int] = passed) -> None:
                if len(passed) == last:
                    raise Halted
                passed.append(1)

            with pytest.raises(Halted):
                network.publish(account(wire.url, PAGE), publication(media=(film(),), ticket=ticket), halt)
            assert wire.paths().count(VIDEOS) == last


# ---------------------------------------------------------------- looking


def written(number: int, kind: str | None = "video", **more: Any) -> dict[str, Any]:
    attached = {"attachments": {"data": [{"media_type": kind}]}} if kind else {}
    return {
        "id": f"{PAGE}_{number}",
        "message": "Le pont est fermé.",
        "created_time": "2026-03-14T09:27:00+0000",
        **attached,
        **more,
    }


def found(network: Facebook, wire: Wire, ticket: str | None = READY, *posts: Any) -> list[tuple[str, bool]]:
    asked = publication(media=(film(),), ticket=ticket)
    seen = network.find(account(wire.url, PAGE), asked, since=AT - timedelta(days=400))
    return [(each.remote_id, each.exact) for each in seen]


def listed(*posts: Any) -> bytes:
    return answer(200, {"data": list(posts)})


def test_trap_2_the_video_itself_says_which_post_it_became(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({NODE: node(), POSTS: listed(written(8))})
    assert found(network, wire) == [(f"{PAGE}_9", True)]
    assert wire.paths() == [NODE]


@pytest.mark.parametrize("said", [node(TAKEN), error(100, subcode=33)])
def test_where_the_video_says_nothing_words_and_kind_decide(wire: Wire, network: Facebook, said: bytes) -> None:
    others = [written(1, None), written(2, "photo"), written(3, message="Autre"), written(4)]
    wire.handler = routes({NODE: said, POSTS: listed(*others)})
    assert found(network, wire) == [(f"{PAGE}_4", False)]


def test_what_is_being_prepared_proves_nothing(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({NODE: node(PREPARING), POSTS: listed()})
    with pytest.raises(Unavailable) as raised:
        found(network, wire)
    assert raised.value.code == "being_processed"


def test_what_failed_is_nowhere(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({NODE: node(status("error", "error")), POSTS: listed(written(4))})
    assert found(network, wire) == []


def test_what_was_published_as_an_unknown_post_is_looked_for_by_its_words(wire: Wire, network: Facebook) -> None:
    wire.handler = routes({NODE: node(post_id=None), POSTS: listed(written(4))})
    assert found(network, wire) == [(f"{PAGE}_4", False)]
    wire.handler = routes({NODE: node(post_id=None), POSTS: listed()})
    with pytest.raises(Unavailable) as raised:
        found(network, wire)
    assert raised.value.code == "published_unseen"


# ---------------------------------------------------------------- what may be sent


def test_what_a_video_may_be(network: Facebook) -> None:
    def codes(*files: Any) -> list[str]:
        return [each.code for each in network.check("Le pont", files, LIMITS)]

    assert codes(film()) == codes(film(width=1080, height=1920)) == codes(film(width=1921, height=1080)) == []
    assert codes(film(width=1080, height=2340)) == ["media_ratio_refused"]
    assert codes(film(width=2560, height=1080)) == ["media_ratio_refused"]
    assert codes(film(size=1_000_000_001)) == ["media_too_large"]
    assert codes(film(duration_s=4 * 3600 + 1.0)) == ["video_too_long"]
    assert codes(film(content_type="video/webm")) == ["media_type_refused"]
    assert codes(film(), film(media_id="v2")) == ["too_many_videos"]
    assert codes(film(), image()) == ["video_with_images"]


def test_that_a_video_carries_no_description_and_plays_later_is_said(network: Facebook) -> None:
    assert {"no_description_of_videos", "videos_play_later"} <= set(network.capabilities().notices)


def test_every_request_is_in_metas_specification(wire: Wire, network: Facebook, recording: Recording) -> None:
    folder = specs()
    wire.handler = routes({**upload(), "finish": FINISHED, NODE: node(TAKEN), POSTS: listed()})
    publish(network, wire)
    publish(network, wire, READY)
    found(network, wire)
    assert refusals(recording.sent, folder) == []
    assert {what(each) for each in recording.sent} == {"POST Page/videos", "GET AdVideo", "GET Page/published_posts"}
