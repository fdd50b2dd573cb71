"""Instagram and Threads: every row of their tables, at each of the three steps that a post takes, and what is never
published twice; comments; what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chalicelib.networks.containers import Ticket
from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    Halted,
    LinkCard,
    MediaFile,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    Outcome,
    OutcomeUnknown,
    Pending,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.instagram import Instagram
from chalicelib.networks.threads import Threads
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import SECRETS, account, image, publication
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

IG = "17841000000000001"
C = "17801000000000001"
M = "18001000000000001"
SOON = timedelta(seconds=15)
FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
APP = {"client_id": "123456", "client_secret": "app-s3cret"}
Network = Instagram | Threads


def _open() -> None:
    pass


def picture(**changes: Any) -> MediaFile:
    usual = {"filename": "pont.jpg", "content_type": "image/jpeg", "address": lambda: "https://f/1"}
    return image(b"\xff\xd8jpeg", **{**usual, **changes})


@pytest.fixture(params=["instagram", "threads"])
def network(request: pytest.FixtureRequest, transport: Transport) -> Network:
    return (Instagram if request.param == "instagram" else Threads)(transport, lambda: APP)


@pytest.fixture
def own(wire: Wire) -> Account:
    return replace(account(wire.url, IG), handle="mairie")


def error(code: int, status: int = 400, subcode: int | None = None, headers: Any = None, **more: Any) -> bytes:
    said: dict[str, Any] = {"message": "because", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        said["error_subcode"] = subcode
    return answer(status, {"error": said}, headers)


def step_of(request: Request) -> str:
    last = request.path.rpartition("/")[2]
    if request.method == "POST":
        return "publish" if last in ("media_publish", "threads_publish") else "contain"
    return {"content_publishing_limit": "room", "threads_publishing_limit": "room", C: "state", M: "url"}.get(last, "?")


def script(wire: Wire, **replies: bytes | Callable[[Request], bytes]) -> None:
    usual: dict[str, Any] = {
        "room": answer(200, {"data": [{"quota_usage": 1, "config": {"quota_total": 100}}]}),
        "contain": answer(200, {"id": C}),
        "state": state("FINISHED"),
        "publish": answer(200, {"id": M}),
        "url": answer(200, {"id": M, "permalink": "https://i/p/1"}),
    }

    def handler(request: Request) -> bytes:
        reply = {**usual, **replies}.get(step_of(request), error(100, subcode=33))
        return reply if isinstance(reply, bytes) else reply(request)

    wire.handler = handler


def state(status: str, words: str = "") -> bytes:
    """In the words of both networks."""
    return answer(200, {"id": C, "status_code": status, "status": words or status, "error_message": words})


def state_for(network: Network, status: str, words: str = "") -> bytes:
    if isinstance(network, Threads):
        return answer(200, {"id": C, "status": status, "error_message": words or None})
    return state(status, words)


def test_a_card_on_threads_is_the_link_attachment_of_words_alone(
    wire: Wire, transport: Transport, own: Account
) -> None:
    network = Threads(transport, lambda: APP)
    script(wire)
    card = LinkCard("https://ville.example/pont", "Nos mots")
    text = "Voir https://ville.example/pont"
    for more in ({"card": card}, {}, {"media": (picture(),)}):
        assert isinstance(network.publish(own, publication(text, **more), _open), Pending)
    first, second, third = (dict(each.form) for each in wire.requests if step_of(each) == "contain")
    assert first == {"media_type": "TEXT", "link_attachment": card.url, "text": text}
    assert second == {"media_type": "TEXT", "text": text}
    assert "link_attachment" not in third


def steps(wire: Wire) -> list[str]:
    return [step_of(request) for request in wire.requests]


TICKET = f"whole.1.{C}"

# answer; what making a container leaves; what publishing it leaves; what reading raises, and its code
ROWS: list[tuple[bytes, Outcome, Outcome, type[NetworkError], str]] = [
    (
        HANG_UP,
        RetryAfter(SOON, "connection_lost", "pont.jpg"),
        OutcomeUnknown("connection_lost"),
        Unavailable,
        "connection_lost",
    ),
    *(
        (error(code), RetryAfter(FIVE, "rate_limited"), RetryAfter(FIVE, "rate_limited"), Unavailable, "rate_limited")
        for code in (4, 17, 32, 341, 613, 80002)
    ),
    (
        error(368),
        RetryAfter(HOUR, "temporarily_blocked", "pont.jpg: because"),
        RetryAfter(HOUR, "temporarily_blocked", "because"),
        Unavailable,
        "temporarily_blocked",
    ),
    *(
        (
            error(code, 401, subcode),
            Reauthorise("credentials_refused", "pont.jpg: because"),
            Reauthorise("credentials_refused", "because"),
            CredentialsRefused,
            "credentials_refused",
        )
        for code, subcode in ((190, 463), (102, None), (467, None))
    ),
    *(
        (
            error(code, 403),
            Reauthorise("forbidden", "pont.jpg: because"),
            Reauthorise("forbidden", "because"),
            CredentialsRefused,
            "forbidden",
        )
        for code in (3, 10, 200)
    ),
    *(
        (
            error(code, status, subcode),
            RetryAfter(SOON, f"error_{code}", "pont.jpg"),
            OutcomeUnknown(f"error_{code}"),
            Unavailable,
            f"error_{code}",
        )
        for code, status, subcode in (
            (1, 400, None),
            (2, 500, None),
            (-1, 400, 2207001),
            (-1, 400, 2207032),
            (-2, 400, 2207003),
            (-2, 400, 2207020),
            (24, 400, 2207006),
            (9004, 400, 2207052),
            (987_654, 400, None),
        )
    ),
    *(
        (
            error(code, 400, subcode),
            Rejected("media_refused", "pont.jpg: because"),
            OutcomeUnknown("content_refused", "because"),
            NotUnderstood,
            f"error_{code}",
        )
        for code, subcode in ((100, None), (352, 2207026), (36000, 2207004), (36001, 2207005), (36003, 2207009))
    ),
    (
        error(100, subcode=33),
        Rejected("media_refused", "pont.jpg: because"),
        OutcomeUnknown("content_refused", "because"),
        NotUnderstood,
        "gone",
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
    (
        answer(404, b"<html>", kind="text/html"),
        RetryAfter(FIVE, "server_not_understood"),
        RetryAfter(FIVE, "server_not_understood"),
        NotUnderstood,
        "http_404",
    ),
    (answer(429), RetryAfter(FIVE, "rate_limited"), RetryAfter(FIVE, "rate_limited"), Unavailable, "rate_limited"),
    (
        answer(502, b"<html>", kind="text/html"),
        RetryAfter(SOON, "http_502", "pont.jpg"),
        OutcomeUnknown("http_502"),
        Unavailable,
        "http_502",
    ),
    *(
        (
            answer(200, body, kind=kind),
            RetryAfter(SOON, "answer_unexpected", "pont.jpg"),
            OutcomeUnknown("answer_unexpected"),
            NotUnderstood,
            code,
        )
        for body, kind, code in (
            (b"<html>", "text/html", "answer_not_json"),
            (b'{"id": "18', "", "answer_malformed"),
            ({"id": 7, "data": 7}, "", "answer_unexpected"),
            ([], "", "answer_unexpected"),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_making_a_container(wire: Wire, network: Network, own: Account, row: tuple[Any, ...]) -> None:
    script(wire, contain=row[0])
    assert network.publish(own, publication(media=(picture(),)), _open) == row[1]
    assert steps(wire) == ["room", "contain"], "one attempt, whatever the answer"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_publishing_it(wire: Wire, network: Network, own: Account, row: tuple[Any, ...]) -> None:
    script(wire, publish=row[0], state=state_for(network, "FINISHED"))
    assert network.publish(own, publication(media=(picture(),), ticket=TICKET), _open) == row[2]
    assert steps(wire) == ["state", "publish"]


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_reading(wire: Wire, network: Network, own: Account, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    with pytest.raises(row[3]) as raised:
        network.find(own, publication(), since=datetime.now(UTC))
    assert raised.value.code == row[4]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (error(9, 400, 2207042), RetryAfter(FIVE, "rate_limited")),
        (error(4, 400, 2207051), RetryAfter(HOUR, "temporarily_blocked", "because")),
        (error(25, 400, 2207050), RetryAfter(HOUR, "temporarily_blocked", "because")),
        (error(9007, 400, 2207027), Pending(TICKET, SOON)),
    ],
)
def test_instagrams_own_answers_to_publishing(
    wire: Wire, transport: Transport, own: Account, reply: bytes, outcome: object
) -> None:
    script(wire, publish=reply)
    network = Instagram(transport, lambda: APP)
    assert network.publish(own, publication(media=(picture(),), ticket=TICKET), _open) == outcome


@pytest.mark.parametrize("reply", [error(9007, 400, 2207027), error(24, 400, 4279009)])
def test_threads_own_answers_to_publishing(wire: Wire, transport: Transport, own: Account, reply: bytes) -> None:
    network = Threads(transport, lambda: APP)
    script(wire, publish=reply, state=state_for(network, "FINISHED"))
    assert network.publish(own, publication(ticket=TICKET), _open) == Pending(TICKET, SOON)


# ---------------------------------------------------------------- tickets


@pytest.mark.parametrize(
    ("status", "words", "outcome", "wanted"),
    [
        ("FINISHED", "", Published(M, "https://i/p/1", {"id": M, "container": C}), ["state", "publish", "url"]),
        ("IN_PROGRESS", "", Pending(TICKET, SOON), ["state"]),
        ("SOMETHING_NEW", "", Pending(TICKET, SOON), ["state"]),
        ("", "", Pending(TICKET, SOON), ["state"]),
        ("PUBLISHED", "", OutcomeUnknown("published_before"), ["state"]),
        ("EXPIRED", "", Pending(TICKET, timedelta(seconds=3)), ["state", "contain"]),
        ("ERROR", "code 2207001", Pending(f"whole.2.{C}", timedelta(seconds=3)), ["state", "contain"]),
        ("ERROR", "code 2207026", Rejected("media_refused", "pont.jpg: code 2207026"), ["state"]),
        ("ERROR", "what", Rejected("media_refused", "pont.jpg: what"), ["state"]),
    ],
)
def test_trap_12_what_a_container_says_decides(
    wire: Wire, network: Network, own: Account, status: str, words: str, outcome: object, wanted: list[str]
) -> None:
    script(wire, state=state_for(network, status, words))
    assert network.publish(own, publication(media=(picture(),), ticket=TICKET), _open) == outcome
    assert steps(wire) == wanted


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_trap_11_a_container_that_cannot_be_asked_is_not_published(
    wire: Wire, network: Network, own: Account, row: tuple[Any, ...]
) -> None:
    script(wire, state=row[0])
    outcome = network.publish(own, publication(media=(picture(),), ticket=TICKET), _open)
    assert not isinstance(outcome, Published | Rejected)
    assert "publish" not in steps(wire)


def test_a_container_that_is_gone_says_nothing_of_what_came_of_it(wire: Wire, network: Network, own: Account) -> None:
    script(wire, state=error(100, subcode=33))
    outcome = network.publish(own, publication(media=(picture(),), ticket=TICKET), _open)
    assert outcome == OutcomeUnknown("container_gone")
    assert steps(wire) == ["state"]


@pytest.mark.parametrize("ticket", ["", "x", "whole", "whole.1.", "whole.1.../me", "parts.1.1,,2", "whole.9999.1"])
def test_a_ticket_that_is_none_of_ours_publishes_nothing(
    wire: Wire, network: Network, own: Account, ticket: str
) -> None:
    script(wire)
    outcome = network.publish(own, publication(media=(picture(),), ticket=ticket), _open)
    assert outcome == OutcomeUnknown("ticket_unreadable")
    assert wire.requests == []


def test_a_ticket_is_read_as_it_was_written() -> None:
    for ticket in (Ticket(("1",), False, 1), Ticket(("1", "2_b"), True, 3)):
        assert Ticket.read(ticket.written()) == ticket


def test_a_container_that_keeps_failing_is_made_three_times_in_all(wire: Wire, network: Network, own: Account) -> None:
    script(wire, state=state_for(network, "ERROR", "code 2207001"))
    outcome = network.publish(own, publication(media=(picture(),), ticket=f"whole.3.{C}"), _open)
    assert isinstance(outcome, Rejected)


def test_trap_14_the_gate_stands_before_each_step(wire: Wire, network: Network, own: Account) -> None:
    def halt() -> None:
        raise Halted

    script(wire, state=state_for(network, "FINISHED"))
    for ticket in (None, TICKET):
        with pytest.raises(Halted):
            network.publish(own, publication(media=(picture(),), ticket=ticket), halt)
    assert not {"contain", "publish"} & set(steps(wire))


def test_published_without_an_address_is_published_all_the_same(wire: Wire, network: Network, own: Account) -> None:
    script(wire, url=HANG_UP, state=state_for(network, "FINISHED"))
    outcome = network.publish(own, publication(media=(picture(),), ticket=TICKET), _open)
    assert outcome == Published(M, None, {"id": M, "container": C})


# ---------------------------------------------------------------- files


def test_a_file_without_an_address_cannot_go(wire: Wire, network: Network, own: Account) -> None:
    script(wire)
    outcome = network.publish(own, publication(media=(picture(address=None),)), _open)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_without_address"
    assert "contain" not in steps(wire)


def test_an_address_that_cannot_be_made_now_is_asked_for_again(wire: Wire, network: Network, own: Account) -> None:
    def broken() -> str:
        raise OSError("https://secret.example/?X-Amz-Signature=s3cret")

    script(wire)
    outcome = network.publish(own, publication(media=(picture(address=broken),)), _open)
    assert outcome == RetryAfter(timedelta(seconds=10), "media_unreadable", "pont.jpg")
    assert "s3cret" not in repr(outcome)


def test_a_video_is_not_read_here(wire: Wire, network: Network, own: Account) -> None:
    def never() -> bytes:
        raise AssertionError("a video does not fit")

    script(wire)
    film = picture(content_type="video/mp4", read=never, duration_s=12.0)
    outcome = network.publish(own, publication(media=(film,)), _open)
    assert outcome == Pending(TICKET, timedelta(seconds=30))


def test_a_days_posts_that_are_used_up_are_waited_for(wire: Wire, network: Network, own: Account) -> None:
    script(wire, room=answer(200, {"data": [{"quota_usage": 100, "config": {"quota_total": 100}}]}))
    assert network.publish(own, publication(media=(picture(),)), _open) == RetryAfter(HOUR, "rate_limited")
    assert steps(wire) == ["room"]


@pytest.mark.parametrize(
    "room", [HANG_UP, error(2), answer(200, {"data": []}), answer(200, {"data": [{}]}), answer(404)]
)
def test_what_cannot_be_known_of_the_day_stops_nothing(wire: Wire, network: Network, own: Account, room: bytes) -> None:
    script(wire, room=room)
    assert network.publish(own, publication(media=(picture(),)), _open) == Pending(TICKET, timedelta(seconds=3))


def test_nothing_secret_is_in_what_is_said(wire: Wire, network: Network, own: Account) -> None:
    script(wire, contain=error(100, message=f"Token {SECRETS['access']} is void"))
    outcome = network.publish(own, publication(media=(picture(),)), _open)
    assert outcome == Rejected("media_refused", "pont.jpg: Token *** is void")
    assert all(SECRETS["access"] not in request.target for request in wire.requests)
    assert all("Le pont" not in request.target for request in wire.requests)
    for secret in (SECRETS["access"], APP["client_secret"]):
        assert secret not in repr(own) + repr(network)


# ---------------------------------------------------------------- looking


def listed(network: Network, *posts: dict[str, Any]) -> bytes:
    name = "caption" if isinstance(network, Instagram) else "text"
    rows = [{name: post.pop("words"), **post} for post in posts]
    return answer(200, {"data": rows}, {"Date": format_datetime(datetime.now(UTC), usegmt=True)})


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_find_tells_by_words_number_of_files_and_time(wire: Wire, network: Network, own: Account) -> None:
    now = datetime.now(UTC)
    two = {"children": {"data": [{"id": "1"}, {"id": "2"}]}, "media_type": "CAROUSEL_ALBUM"}
    one = {"media_type": "IMAGE"}
    wire.handler = lambda request: listed(
        network,
        {"id": "1", "words": "Le pont est fermé.", "timestamp": at(now), **two},
        {"id": "2", "words": "Le pont est fermé. ", "timestamp": at(now - timedelta(seconds=9)), **two},
        {"id": "3", "words": "Le pont est fermé.", "timestamp": at(now), **one},
        {"id": "4", "words": "Le pont est ouvert.", "timestamp": at(now), **two},
        {"id": "5", "words": "Le pont est fermé.", "timestamp": at(now - timedelta(hours=1)), **two},
    )
    files = (picture(), picture(media_id="2"))
    found = network.find(own, publication(media=files), since=now - timedelta(minutes=1))
    assert [(each.remote_id, each.exact) for each in found] == [("2", False), ("1", False)]


def test_trap_12_the_stored_id_comes_before_every_likeness(wire: Wire, network: Network, own: Account) -> None:
    now = datetime.now(UTC)
    wire.handler = lambda request: listed(
        network,
        {"id": "9", "words": "Le pont est fermé.", "timestamp": at(now), "media_type": "IMAGE"},
        {"id": C, "words": "Le pont est fermé.", "timestamp": at(now), "media_type": "IMAGE"},
    )
    found = network.find(own, publication(media=(picture(),), ticket=TICKET), since=now - timedelta(minutes=1))
    assert [(each.remote_id, each.exact) for each in found] == [(C, True)]


@pytest.mark.parametrize("status", ["FINISHED", "IN_PROGRESS", "EXPIRED", "ERROR"])
def test_what_was_not_published_is_not_found(wire: Wire, network: Network, own: Account, status: str) -> None:
    wire.handler = lambda request: state_for(network, status) if request.path.endswith(C) else listed(network)
    assert network.find(own, publication(media=(picture(),), ticket=TICKET), since=datetime.now(UTC)) == []


def test_history_that_does_not_end_proves_nothing(wire: Wire, network: Network, own: Account) -> None:
    now = datetime.now(UTC)
    name = "caption" if isinstance(network, Instagram) else "text"
    page = {
        "data": [{"id": "1", name: "autre", "timestamp": at(now)}],
        "paging": {"cursors": {"after": "x"}, "next": "https://graph/next"},
    }
    wire.handler = lambda request: answer(200, page)
    with pytest.raises(Unavailable) as raised:
        network.find(own, publication(media=(picture(),)), since=now - timedelta(minutes=1))
    assert raised.value.code == "history_too_long"


# ---------------------------------------------------------------- comments on Instagram


POST_SHOWN = answer(200, {"id": M, "username": "mairie", "permalink": "https://i/p/1"})


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_trap_11_a_comment_that_is_refused_may_stand(
    wire: Wire, transport: Transport, own: Account, row: tuple[Any, ...]
) -> None:
    wire.handler = lambda request: row[0] if request.method == "POST" else POST_SHOWN
    reply = publication("Bonjour", reply_to=f"{M}_17901000000000001")
    outcome = Instagram(transport, lambda: APP).publish(own, reply, _open)
    wanted = row[2]
    if row[4] == "gone":
        wanted = Rejected("reply_target_gone", "because")
    assert outcome == wanted
    assert wire.paths() == [f"/v25.0/{M}", "/v25.0/17901000000000001/replies"]


def test_an_answer_to_an_answer_is_filed_below_the_comment(wire: Wire, transport: Transport, own: Account) -> None:
    wire.handler = lambda request: answer(200, {"id": "7"}) if request.method == "POST" else POST_SHOWN
    network = Instagram(transport, lambda: APP)
    outcome = network.publish(own, publication("Bonjour", reply_to=f"{M}_1_2"), _open)
    assert outcome == Published(f"{M}_1_7", "https://i/p/1", {"id": "7"})
    assert wire.paths()[1] == "/v25.0/1/replies"
    outcome = network.publish(own, publication("Bonjour", reply_to=M), _open)
    assert outcome == Published(f"{M}_7", "https://i/p/1", {"id": "7"})
    assert wire.paths()[3] == f"/v25.0/{M}/comments"


def test_a_comment_takes_no_image_and_a_post_needs_one(wire: Wire, transport: Transport, own: Account) -> None:
    network = Instagram(transport, lambda: APP)
    for wrong in (publication(reply_to="1_2", media=(picture(),)), publication()):
        assert isinstance(network.publish(own, wrong, _open), Rejected)
    assert wire.requests == []


def test_a_post_that_is_gone_cannot_be_answered(wire: Wire, transport: Transport, own: Account) -> None:
    wire.handler = lambda request: error(100, subcode=33)
    outcome = Instagram(transport, lambda: APP).publish(own, publication(reply_to="1_2"), _open)
    assert outcome == Rejected("reply_target_gone")


# ---------------------------------------------------------------- what is read and moderated


@pytest.mark.parametrize(
    "body", [{"data": 7}, {"data": [{"id": 7}]}, {"data": [{"id": "1", "timestamp": "never"}]}, 7, None, {"data": [[]]}]
)
def test_an_inbox_that_cannot_be_read_is_not_this_networks(
    wire: Wire, network: Network, own: Account, body: object
) -> None:
    if body == {"data": [{"id": "1", "timestamp": "never"}]} and isinstance(network, Instagram):
        body = {"data": [{"id": "1", "comments": {"data": [{"id": "1", "timestamp": "never"}]}}]}
    wire.handler = lambda request: answer(200, body)
    with pytest.raises(NotUnderstood):
        network.inbox(own, cursor=None)


def test_an_empty_inbox_is_empty(wire: Wire, network: Network, own: Account) -> None:
    wire.handler = lambda request: answer(200, {"data": []})
    assert network.inbox(own, cursor=None).messages == []
    assert network.inbox(own, cursor="no cursor of ours").messages == []


def test_what_we_may_not_touch_is_not_permitted_and_disconnects_nobody(
    wire: Wire, network: Network, own: Account
) -> None:
    wire.handler = lambda request: error(10, 403)
    with pytest.raises(NotPermitted):
        network.hide(own, "1_2", hidden=True)
    with pytest.raises(NotPermitted):
        network.delete(own, "1_2")
    wire.handler = lambda request: error(190, 401)
    with pytest.raises(CredentialsRefused):
        network.hide(own, "1_2", hidden=True)


def test_threads_without_a_scope_reads_what_it_may(wire: Wire, transport: Transport, own: Account) -> None:
    wire.handler = lambda request: error(10, 403)
    network = Threads(transport, lambda: APP)
    for read in (
        lambda: network.inbox(own, cursor=None),
        lambda: network.search(own, "pont", cursor=None),
        lambda: network.post_metrics(own, ["1"]),
    ):
        with pytest.raises(NotPermitted) as raised:
            read()
        assert raised.value.code == "scope_missing"


# ---------------------------------------------------------------- connecting


def test_trap_15_a_renewal_that_is_answered_with_nothing_loses_nothing(
    wire: Wire, transport: Transport, own: Account
) -> None:
    network = Threads(transport, lambda: APP)
    for reply in (answer(200, {}), answer(200, {"access_token": "", "expires_in": 1}), answer(200, b"<", kind="x/y")):
        wire.handler = lambda request, reply=reply: reply  # type: ignore[misc]
        with pytest.raises(NotUnderstood):
            network.refresh(own)


@pytest.mark.parametrize("code", [100, 190])
def test_a_code_that_will_not_do_is_refused(wire: Wire, network: Network, own: Account, code: int) -> None:
    wire.handler = lambda request: error(code)
    with pytest.raises(CredentialsRefused) as raised:
        network.finish_oauth(server=wire.url, redirect_uri="https://p/c", code="c0de", keep={})
    assert raised.value.code == "code_refused"
    assert "c0de" not in repr(raised.value)
    assert "app-s3cret" not in repr(raised.value)


@pytest.mark.parametrize("pages", [[], [{"id": "1", "name": "x"}], [{"id": "1", "access_token": "t"}]])
def test_who_manages_nothing_connects_nothing(wire: Wire, transport: Transport, pages: list[dict[str, str]]) -> None:
    wire.handler = lambda request: answer(
        200, {"data": pages} if request.path.endswith("/accounts") else {"access_token": "user"}
    )
    with pytest.raises(CredentialsRefused) as raised:
        Instagram(transport, lambda: APP).finish_oauth(server=wire.url, redirect_uri="https://p/c", code="c", keep={})
    assert raised.value.code == "nothing_to_connect"


def test_the_pages_of_a_person_are_turned(wire: Wire, transport: Transport) -> None:
    def page(request: Request) -> bytes:
        if not request.path.endswith("/accounts"):
            return answer(200, {"access_token": "user"})
        n = request.query.get("after", "0")
        account = {"id": f"1784{n}", "username": f"ville{n}"}
        row = {"id": n, "name": n, "access_token": f"t{n}", "instagram_business_account": account}
        more = {"cursors": {"after": "1"}, "next": "https://graph/next"} if n == "0" else {}
        return answer(200, {"data": [row], "paging": more})

    wire.handler = page
    found = Instagram(transport, lambda: APP).finish_oauth(
        server=wire.url, redirect_uri="https://p/c", code="c", keep={}
    )
    assert [(each.handle, each.secrets["access"]) for each in found] == [("ville0", "t0"), ("ville1", "t1")]
