"""Each fault, seen from a client that knows nothing of it, and the log that tells what really happened."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime
from typing import Any

import httpx
import pytest

from infra.local.practice.faults import BadRule, Faults

from .conftest import BlueskyClient, MastodonClient, post_record
from .test_practice_bluesky import TID


@pytest.fixture(params=["bluesky", "mastodon"])
def client(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def publish(client: BlueskyClient | MastodonClient, text: str = "Bonjour", timeout: float = 5) -> httpx.Response:
    http = client.server.http
    http.timeout = httpx.Timeout(timeout)
    if isinstance(client, BlueskyClient):
        return client.create(post_record(text))
    return client.publish(status=text)


def last(client: BlueskyClient | MastodonClient) -> dict[str, Any]:
    return client.server.log(operation="publish")[-1]


def test_timeout_after_accept(client: Any) -> None:
    client.server.faults({"kind": "timeout_after_accept", "operation": "publish"})
    with pytest.raises(httpx.ReadTimeout):
        publish(client, timeout=0.3)
    assert len(client.server.accepted()) == 1
    assert (last(client)["accepted"], last(client)["status"]) == (True, None)


def test_acceptance_after_the_client_has_given_up(client: Any) -> None:
    client.server.faults({"kind": "accept_after_timeout", "operation": "publish", "seconds": 0.8})
    with pytest.raises(httpx.ReadTimeout):
        publish(client, timeout=0.3)
    assert client.server.accepted() == []
    deadline = time.monotonic() + 5
    while not client.server.accepted() and time.monotonic() < deadline:
        time.sleep(0.05)
    entry = last(client)
    assert entry["accepted"]
    assert entry["accepted_at"] - entry["arrived_at"] >= 0.8


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["error_5xx_before", "error_5xx_after_accept"])
def test_server_errors_before_and_after(client: Any, kind: str, status: int) -> None:
    client.server.faults({"kind": kind, "operation": "publish", "status": status})
    assert publish(client).status_code == status
    assert len(client.server.accepted()) == (1 if kind.endswith("accept") else 0)
    assert last(client)["fault"] == kind


def test_rate_limit_has_each_networks_headers(client: Any) -> None:
    client.server.faults({"kind": "rate_limit", "operation": "publish", "seconds": 2, "count": 1})
    refused = publish(client)
    assert refused.status_code == 429
    if isinstance(client, BlueskyClient):
        assert refused.json()["error"] == "RateLimitExceeded"
        reset = float(refused.headers["ratelimit-reset"])
    else:
        assert refused.json() == {"error": "Too many requests"}
        reset = datetime.fromisoformat(refused.headers["x-ratelimit-reset"]).timestamp()
    assert 0.5 < reset - time.time() < 3.1
    assert "retry-after" not in refused.headers
    assert client.server.accepted() == []
    assert publish(client).status_code == 200, "a count of one is used up"


@pytest.mark.parametrize("kind", ["drop_before", "drop_after_accept"])
def test_dropped_connections(client: Any, kind: str) -> None:
    client.server.faults({"kind": kind, "operation": "publish"})
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        publish(client)
    assert len(client.server.accepted()) == (1 if kind == "drop_after_accept" else 0)
    assert last(client)["status"] is None


def test_slow_and_latency(client: Any) -> None:
    client.server.faults({"kind": "slow", "operation": "publish", "seconds": 0.4}, {"kind": "latency", "seconds": 0.2})
    began = time.monotonic()
    assert publish(client).status_code == 200
    assert time.monotonic() - began >= 0.6
    entry = last(client)
    assert 0.2 <= entry["accepted_at"] - entry["arrived_at"] < 0.5


def test_own_posts_become_visible_late(client: Any) -> None:
    client.server.faults({"kind": "late_visibility", "seconds": 0.6}, {"kind": "error_5xx_after_accept"})
    assert publish(client).status_code == 503
    client.server.http.delete("/practice/faults")
    row = client.server.accepted()[0]

    def seen() -> tuple[bool, bool]:
        if isinstance(client, BlueskyClient):
            where = {"repo": client.did, "collection": "app.bsky.feed.post"}
            listed = client.query("com.atproto.repo.listRecords", **where).json()["records"]
            one = client.query("com.atproto.repo.getRecord", **where, rkey=row["key"])
        else:
            listed = client.get(f"/api/v1/accounts/{client.account_id}/statuses").json()
            one = client.get(f"/api/v1/statuses/{row['remote_id']}")
        return bool(listed), one.status_code == 200

    assert seen() == (False, False)
    time.sleep(0.65)
    assert seen() == (True, True)


@pytest.mark.parametrize(
    ("kind", "of_bluesky", "of_mastodon"),
    [
        ("token_expired", (400, "ExpiredToken"), (401, "The access token expired")),
        ("token_revoked", (400, "ExpiredToken"), (401, "The access token was revoked")),
        ("suspended", (401, "AccountTakedown"), (403, "Your login is currently disabled")),
    ],
)
def test_credentials_that_do_not_stand(client: Any, kind: str, of_bluesky: Any, of_mastodon: Any) -> None:
    client.server.faults({"kind": kind})
    answer = publish(client)
    expected = of_bluesky if isinstance(client, BlueskyClient) else of_mastodon
    assert (answer.status_code, answer.json()["error"]) == expected
    assert client.server.accepted() == []


def test_malformed_answers(client: Any) -> None:
    client.server.faults({"kind": "malformed", "count": 1}, {"kind": "malformed", "form": "html"})
    cut = publish(client)
    assert cut.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        cut.json()
    assert publish(client).headers["content-type"].startswith("text/html")
    assert len(client.server.accepted()) == 2


def test_held_requests_do_not_hold_others(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    server.faults({"kind": "accept_after_timeout", "operation": "publish", "seconds": 1.5})
    threads = [threading.Thread(target=lambda: bluesky.create(post_record())) for _ in range(10)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert server.http.get("/xrpc/com.atproto.server.describeServer").status_code == 200
    assert time.monotonic() - began < 0.5
    for thread in threads:
        thread.join(timeout=10)
    assert len(server.accepted()) == 10


def test_rules_choose_by_network_handle_and_operation(bluesky: BlueskyClient, mastodon: MastodonClient) -> None:
    server = bluesky.server
    server.faults({"kind": "error_5xx_before", "network": "mastodon", "handle": "ville", "operation": "publish"})
    assert publish(bluesky).status_code == 200
    assert publish(mastodon).status_code == 503
    assert mastodon.get("/api/v1/accounts/verify_credentials").status_code == 200


def test_shares_are_exact_reproducible_and_never_two_at_once() -> None:
    rules = [
        {"kind": "timeout_after_accept", "operation": "publish", "probability": 0.1},
        {"kind": "accept_after_timeout", "operation": "publish", "probability": 0.1},
        {"kind": "rate_limit", "operation": "publish", "probability": 0.1},
        {"kind": "error_5xx_before", "operation": "publish", "probability": 0.1},
        {"kind": "drop_before", "operation": "publish", "probability": 0.05},
    ]

    def run(seed: int) -> list[str]:
        faults = Faults()
        faults.replace({"seed": seed, "rules": rules})
        drawn = [faults.draw("bluesky", "a", "publish").fault for _ in range(10_000)]
        return [d.kind if d else "" for d in drawn]

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    shares = {kind: n / len(first) for kind, n in Counter(first).items()}
    assert shares[""] == pytest.approx(0.55, abs=0.02)
    for rule in rules:
        assert shares[str(rule["kind"])] == pytest.approx(float(str(rule["probability"])), abs=0.01)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "nonsense"}, {"kind": "slow", "probability": 2}, {"kind": "slow", "count": 0},
        {"kind": "slow", "x": 1},
        {"kind": "slow", "network": "myspace"}, {"kind": "slow", "operation": "x"}, {"kind": "slow", "seconds": -1},
        {"kind": "error_5xx_before", "status": 404}, "slow",
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_is_refused_and_changes_nothing(rule: Any) -> None:
    faults = Faults()
    faults.replace([{"kind": "slow"}])
    with pytest.raises(BadRule, match="rule 0"):
        faults.replace([rule])
    assert [r.kind for r in faults.rules] == ["slow"]


def test_the_log_tells_when_the_head_arrived_before_the_body_came(bluesky: BlueskyClient) -> None:
    """A body that dribbles in does not move the arrival: a pause is judged by it."""

    def slowly() -> Any:
        yield b'{"repo":"' + bluesky.did.encode() + b'","collection":"app.bsky.feed.post",'
        time.sleep(0.5)
        yield b'"rkey":"' + TID.encode() + b'","record":{"text":"a","createdAt":"2026-11-23T15:00:00Z"}}'

    began = time.time()
    answer = bluesky.server.http.post(
        "/xrpc/com.atproto.repo.putRecord",
        content=slowly(),
        headers={**bluesky.auth, "Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    entry = bluesky.server.log(operation="publish")[-1]
    assert began <= entry["arrived_at"] < began + 0.3
    assert entry["accepted_at"] >= entry["arrived_at"] + 0.45
    # The next request on the same connection has an arrival of its own.
    later = time.time()
    bluesky.put(TID, post_record("a"))
    assert bluesky.server.log(operation="publish")[-1]["arrived_at"] >= later


def test_the_log_is_paged_filtered_and_cleared(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    for n in range(5):
        bluesky.create(post_record(f"{n}"))
    page = server.http.get("/practice/log", params={"operation": "publish", "limit": 2}).json()
    seen = [e["remote_id"] for e in page["entries"]]
    while page["next"]:
        page = server.http.get(
            "/practice/log", params={"operation": "publish", "limit": 2, "after": page["next"]}
        ).json()
        seen += [e["remote_id"] for e in page["entries"]]
    assert seen == [row["remote_id"] for row in server.accepted()]
    since = server.log(operation="publish")[3]["arrived_at"]
    assert len(server.log(operation="publish", since=since)) == 2
    assert server.http.delete("/practice/log").json()["deleted"] >= 6
    assert server.log() == []
    assert len(server.accepted()) == 5


def test_answers_do_not_wait_for_the_clients_acknowledgement(bluesky: BlueskyClient) -> None:
    """Nagle's algorithm would cost each answer 40 ms; half of twenty must come in less."""
    took = []
    for _ in range(20):
        began = time.perf_counter()
        bluesky.query("com.atproto.server.describeServer")
        took.append(time.perf_counter() - began)
    assert sorted(took)[10] < 0.03
