"""Pushes: forged, altered, stale, replayed, unreadable and too large ones; whose they are; and when they are
acknowledged. Asked as API Gateway asks, through the routes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Asked, Reply, answer
from chalicelib.inbox.webhook import BYTES_MAX
from chalicelib.networks import registry
from chalicelib.profiles.account import listed
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.pushes import (
    APPS,
    comment,
    linkedin_signature,
    notification,
    notifications,
    push,
    raw,
    signature,
)


@pytest.fixture
def house() -> FakeHouse:
    """The Page 123 is connected, by one agency."""
    made = FakeHouse()
    connect(made, "123")
    return made


def connect(house: FakeHouse, page: str, *, profile: str = "page", agency: str = AGENCY) -> None:
    kept = house.profile(f"{profile}-{page}", agency=agency, network="facebook", remote_id=page)
    house.store.save(listed(kept))


def call(
    house: FakeHouse,
    content: bytes = b"",
    *,
    network: str = "facebook",
    method: str = "POST",
    query: dict[str, str] | None = None,
    **headers: str,
) -> Reply:
    route = next(each for each in ROUTES if (each.method, each.path) == (method, "/api/webhooks/{network}"))
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(route, Asked(method, {"network": network}, query or {}, sent, content, None), house)  # type: ignore[arg-type]


def send(house: FakeHouse, body: Any, **more: Any) -> Reply:
    content = raw(body)
    return call(house, content, x_hub_signature_256=signature(content), **more)


def code(reply: Reply) -> str:
    said: str = json.loads(reply.body or "{}")["error"]["code"]
    return said


# ---------------------------------------------------------------- a sound push


def test_a_signed_push_is_queued_as_it_was_said_and_acknowledged(house: FakeHouse) -> None:
    body = push(comment(text="Où est l’eau ? 🚱 <b>\u202e</b>"), at=house.clock.now())
    assert send(house, body).status == 200
    (message,) = house.ingest_queue.messages
    assert (message["v"], message["network"]) == (1, "facebook")
    assert message["body"] == body
    assert message["received_at"].endswith("Z")
    (pushed,) = registry.parse_push(message["network"], message["body"])
    assert pushed.account_remote_id == "123"
    assert pushed.inbound.text == "Où est l’eau ? 🚱 <b>\u202e</b>"


def test_it_is_acknowledged_only_when_the_queue_took_it(house: FakeHouse) -> None:
    house.ingest_queue.takes = 0
    reply = send(house, push(comment(), at=house.clock.now()))
    assert (reply.status, code(reply)) == (503, "ingest_unavailable")
    house.ingest_queue.takes = None
    assert send(house, push(comment(), at=house.clock.now())).status == 200
    assert len(house.ingest_queue.kept) == 1


# ---------------------------------------------------------------- whose it is


def test_a_forged_signature_is_refused(house: FakeHouse) -> None:
    content = raw(push(comment(), at=house.clock.now()))
    for forged in (
        signature(content, "another secret"),
        signature(content + b" "),
        signature(content).removeprefix("sha256="),
        signature(content).replace("sha256", "sha1"),
        "sha256=",
        "sha256=not hexadecimal",
        "sha256=" + "0" * 64,
        "sha256=\u00e9",
        "",
    ):
        reply = call(house, content, x_hub_signature_256=forged)
        assert (reply.status, code(reply)) == (401, "signature_invalid"), forged
    assert code(call(house, content)) == "signature_invalid", "none at all"
    assert house.ingest_queue.kept == []


def test_one_byte_that_was_altered_on_the_way_is_refused(house: FakeHouse) -> None:
    content = raw(push(comment(text="Fermez le pont"), at=house.clock.now()))
    signed = signature(content)
    assert code(call(house, content.replace(b"Fermez", b"Ouvrez"), x_hub_signature_256=signed)) == "signature_invalid"
    # The same JSON in other bytes is not what was signed either.
    again = json.dumps(json.loads(content)).encode()
    assert code(call(house, again, x_hub_signature_256=signed)) == "signature_invalid"


def test_the_signature_is_judged_before_the_body_is_read(house: FakeHouse) -> None:
    assert code(call(house, b"{", x_hub_signature_256="sha256=00")) == "signature_invalid"


def test_a_network_that_does_not_call_is_not_there(house: FakeHouse) -> None:
    for network in ("mastodon", "myspace"):
        assert call(house, b"{}", network=network).status == 404
        assert call(house, network=network, method="GET").status == 404


def test_without_an_application_the_webhook_is_not_set_up(house: FakeHouse) -> None:
    house.network_apps.apps = {}
    reply = send(house, push(comment(), at=house.clock.now()))
    assert (reply.status, code(reply)) == (404, "webhook_not_set_up")
    assert code(call(house, method="GET", query={"hub.mode": "subscribe"})) == "webhook_not_set_up"


def test_an_empty_secret_proves_nothing(house: FakeHouse) -> None:
    house.network_apps.apps = {"facebook": {"app_secret": "", "verify_token": ""}}
    content = raw(push(comment(), at=house.clock.now()))
    assert code(call(house, content, x_hub_signature_256=signature(content, ""))) == "signature_invalid"
    query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert code(call(house, method="GET", query=query)) == "verification_refused"


# ---------------------------------------------------------------- when it was made


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=36), timedelta(hours=47), -timedelta(minutes=9)])
def test_within_the_networks_own_time_a_push_is_taken(house: FakeHouse, age: timedelta) -> None:
    assert send(house, push(comment(), at=house.clock.now() - age)).status == 200
    assert len(house.ingest_queue.kept) == 1


@pytest.mark.parametrize("age", [timedelta(hours=49), timedelta(days=400), -timedelta(minutes=11)])
def test_a_push_that_is_replayed_later_is_refused(house: FakeHouse, age: timedelta) -> None:
    reply = send(house, push(comment(), at=house.clock.now() - age))
    assert (reply.status, code(reply)) == (422, "webhook_stale")
    assert house.ingest_queue.kept == []


@pytest.mark.parametrize("time", [0, -1, 10**25, 10**12])
def test_a_time_that_is_none_is_refused(house: FakeHouse, time: int) -> None:
    body = push(comment(), at=house.clock.now())
    body["entry"][0]["time"] = time
    assert code(send(house, body)) == "webhook_stale"


def test_a_time_in_milliseconds_is_understood(house: FakeHouse) -> None:
    body = push(comment(), at=house.clock.now())
    body["entry"][0]["time"] *= 1000
    assert send(house, body).status == 200


def test_a_push_that_is_sent_again_says_the_same_message(house: FakeHouse) -> None:
    """What is kept, is kept by (profile, remote id): a repetition within the network's time is one message."""
    body = push(comment(), at=house.clock.now())
    assert [send(house, body).status for _ in range(3)] == [200, 200, 200]
    told = [registry.parse_push(each["network"], each["body"])[0].inbound for each in house.ingest_queue.messages]
    assert len({(each.remote_id, each.revision) for each in told}) == 1


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    "content", [b"", b"not json", b'{"object": "page"', b"[]", b'"page"', b"null", b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_not_a_json_object_is_said_so(house: FakeHouse, content: bytes) -> None:
    reply = call(house, content, x_hub_signature_256=signature(content))
    assert (reply.status, code(reply)) == (422, "webhook_not_json")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"object": "user", "entry": []},
        {"object": "page"},
        {"object": "page", "entry": {}},
        {"object": "page", "entry": [7]},
        {"object": "page", "entry": [{"time": 1}]},
        {"object": "page", "entry": [{"id": "123"}]},
        {"object": "page", "entry": [{"id": "123", "time": "soon"}]},
    ],
)
def test_what_is_no_push_of_a_page_is_said_so(house: FakeHouse, body: object) -> None:
    reply = send(house, body)
    assert (reply.status, code(reply)) == (422, "webhook_not_understood")


def test_five_megabytes_are_refused_whoever_signed_them(house: FakeHouse) -> None:
    content = raw(push(comment(text="a" * 5_000_000), at=house.clock.now()))
    reply = call(house, content, x_hub_signature_256=signature(content))
    assert (reply.status, code(reply)) == (413, "webhook_too_large")
    assert house.ingest_queue.kept == []


def test_a_large_push_travels_in_pieces_that_a_message_holds(house: FakeHouse) -> None:
    connect(house, "124")
    changes = [comment(number, "é" * 1000) for number in range(400)]
    body = push(*changes, at=house.clock.now())
    body["entry"].append(push(comment(1000), at=house.clock.now(), page="124")["entry"][0])
    assert len(raw(body)) < BYTES_MAX
    assert send(house, body).status == 200
    assert len(house.ingest_queue.kept) > 1
    assert all(len(each.encode()) < 262_144 for each in house.ingest_queue.kept)
    told = [pushed for each in house.ingest_queue.messages for pushed in registry.parse_push("facebook", each["body"])]
    assert [each.inbound.remote_id for each in told] == [*(f"9_{number}" for number in range(400)), "9_1000"]
    assert {each.account_remote_id for each in told} == {"123", "124"}


def test_a_change_that_no_message_holds_does_not_keep_the_others_away(house: FakeHouse) -> None:
    body = push(comment(1, "é" * 300_000), comment(2), at=house.clock.now())
    assert send(house, body).status == 200
    (message,) = house.ingest_queue.messages
    assert [each.inbound.remote_id for each in registry.parse_push("facebook", message["body"])] == ["9_2"]


# ---------------------------------------------------------------- whom it reaches


def test_an_account_that_nobody_here_has_is_acknowledged_and_not_kept(house: FakeHouse) -> None:
    """Meta takes the subscription away from an address that refuses; and the Page may just have been disconnected."""
    assert send(house, push(comment(), at=house.clock.now(), page="999")).status == 200
    assert house.ingest_queue.kept == []


def test_only_the_known_accounts_of_a_push_are_kept(house: FakeHouse) -> None:
    body = push(comment(1), at=house.clock.now(), page="999")
    body["entry"] += push(comment(2), at=house.clock.now())["entry"]
    assert send(house, body).status == 200
    (message,) = house.ingest_queue.messages
    assert [entry["id"] for entry in message["body"]["entry"]] == ["123"]


# ---------------------------------------------------------------- whether the address is ours


def test_metas_challenge_is_given_back_to_who_knows_the_token(house: FakeHouse) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-t0ken", "hub.challenge": "1158201444"}
    reply = call(house, method="GET", query=query)
    assert (reply.status, reply.body) == (200, "1158201444")
    assert reply.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": "verify-t0ke\u00f1"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "<script>alert(1)</script>"},
        {"hub.challenge": "1" * 2000},
    ],
)
def test_a_challenge_from_somebody_else_is_refused(house: FakeHouse, changed: dict[str, str]) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-t0ken", "hub.challenge": "1158201444", **changed}
    reply = call(house, method="GET", query=query)
    assert (reply.status, code(reply)) == (401, "verification_refused")


def test_a_challenge_without_parameters_is_refused(house: FakeHouse) -> None:
    for network in ("facebook", "x"):
        assert code(call(house, method="GET", network=network)) == "verification_refused"


def test_xs_challenge_is_signed_with_the_consumer_secret(house: FakeHouse) -> None:
    reply = call(house, method="GET", network="x", query={"crc_token": "foo"})
    digest = hmac.new(APPS["x"]["consumer_secret"].encode(), b"foo", hashlib.sha256).digest()
    assert json.loads(reply.body or "") == {"response_token": "sha256=" + base64.b64encode(digest).decode()}
    assert reply.headers["Content-Type"] == "application/json"


def test_what_x_sends_is_checked_acknowledged_and_not_kept(house: FakeHouse) -> None:
    content = b'{"for_user_id":"1","tweet_create_events":[]}'
    digest = hmac.new(APPS["x"]["consumer_secret"].encode(), content, hashlib.sha256).digest()
    signed = "sha256=" + base64.b64encode(digest).decode()
    assert call(house, content, network="x", x_twitter_webhooks_signature=signed).status == 200
    assert house.ingest_queue.kept == [], "there is no connector that could understand it"
    for forged in (signature(content, "x-s3cret"), "sha256=" + base64.b64encode(b"0" * 32).decode(), "sha256=%%%", ""):
        reply = call(house, content, network="x", x_twitter_webhooks_signature=forged)
        assert code(reply) == "signature_invalid"


# ---------------------------------------------------------------- LinkedIn


ORGANISATION = "urn:li:organization:96072893"


def send_linkedin(house: FakeHouse, body: Any, signed: str | None = None) -> Reply:
    content = raw(body)
    return call(house, content, network="linkedin", x_li_signature=signed or linkedin_signature(content))


def connect_linkedin(house: FakeHouse) -> None:
    kept = house.profile("org", network="linkedin", remote_id=ORGANISATION)
    house.store.save(listed(kept))


def test_linkedins_challenge_is_signed_with_the_client_secret(house: FakeHouse) -> None:
    """Documented as the hex of HMAC-SHA256(challengeCode, clientSecret), beside the code itself."""
    reply = call(house, method="GET", network="linkedin", query={"challengeCode": "890e4665-4dfe"})
    expected = hmac.new(b"li-s3cret", b"890e4665-4dfe", hashlib.sha256).hexdigest()
    assert json.loads(reply.body or "") == {"challengeCode": "890e4665-4dfe", "challengeResponse": expected}
    assert reply.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("query", [{}, {"challengeCode": ""}, {"challengeCode": "x" * 2000}])
def test_a_challenge_that_is_none_of_linkedins_is_refused(house: FakeHouse, query: dict[str, str]) -> None:
    assert code(call(house, method="GET", network="linkedin", query=query)) == "verification_refused"


def test_what_linkedin_pushes_is_queued_for_the_page_that_it_reached(house: FakeHouse) -> None:
    connect_linkedin(house)
    body = notifications(
        notification(1, at=house.clock.now()),
        notification(2, at=house.clock.now(), organizationalEntity="urn:li:organization:1"),
        notification(3, at=house.clock.now()),
    )
    assert send_linkedin(house, body).status == 200
    (queued,) = house.ingest_queue.messages
    told = registry.parse_push("linkedin", queued["body"])
    assert [each.inbound.remote_id[-3:] for each in told] == [",1)", ",3)"]
    assert {each.account_remote_id for each in told} == {ORGANISATION}


def test_what_linkedin_did_not_sign_is_refused(house: FakeHouse) -> None:
    connect_linkedin(house)
    content = raw(notifications(notification(at=house.clock.now())))
    bare = hmac.new(b"li-s3cret", content, hashlib.sha256).hexdigest()
    for forged in (bare, linkedin_signature(content, "another"), "hmacsha256=", "\u00e9", "0" * 64):
        reply = call(house, content, network="linkedin", x_li_signature=forged)
        assert code(reply) == "signature_invalid", forged
    assert code(call(house, content, network="linkedin")) == "signature_invalid"
    prefixed = f"hmacsha256={linkedin_signature(content)}"
    assert call(house, content, network="linkedin", x_li_signature=prefixed).status == 200


def test_what_linkedin_said_long_ago_is_refused(house: FakeHouse) -> None:
    connect_linkedin(house)
    old = notifications(notification(at=house.clock.now() - timedelta(hours=49)))
    assert code(send_linkedin(house, old)) == "webhook_stale"


def test_a_notification_that_no_message_holds_does_not_keep_the_others_away(house: FakeHouse) -> None:
    connect_linkedin(house)
    huge = notification(1, "x" * 300_000, at=house.clock.now())
    assert send_linkedin(house, notifications(huge, notification(2, at=house.clock.now()))).status == 200
    (queued,) = house.ingest_queue.messages
    assert [each["notificationId"] for each in queued["body"]["notifications"]] == [5_603_453_322]
