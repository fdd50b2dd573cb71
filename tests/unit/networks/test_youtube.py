"""YouTube: every row of its table, replies and no posts, looking for one's own, reading, moderating, connecting; and
each request against Google's own discovery document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.youtube import LIMITS, SCOPES, YouTube
from chalicelib.networks.youtube_wire import API, QUOTA, public_url, rate_limit_wait
from tests.unit.networks.discovery import fits, outside, refusal
from tests.unit.networks.material import SECRETS, account, image, publication, specs
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

CHANNEL = "UC_x5XG1OV2P6uZZ5FSM9Ttw"
VIDEO = "dQw4w9WgXcQ"
TOP = "Ugz00000000000000000AaABAg"
ANSWER = f"{TOP}.9abcdefghij0kLmnopqrst"
V3 = "/youtube/v3"
REDIRECT = "https://parvis.example/connect/callback"
APP = {"client_id": "app-1d", "client_secret": "app-s3cret"}
MINUTE = timedelta(minutes=1)
FIVE = timedelta(minutes=5)


def _open() -> None:
    pass


@pytest.fixture
def network(transport: Transport) -> YouTube:
    return YouTube(transport, lambda: APP)


def error(status: int, reason: str = "", message: str = "because") -> bytes:
    errors = [{"domain": "youtube.comment", "reason": reason, "message": message}] if reason else []
    return answer(status, {"error": {"code": status, "message": message, "errors": errors}})


Reply = bytes | Callable[[Request], bytes]


def routes(replies: dict[str, Reply]) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        reply = replies.get(f"{request.method} {request.path}", replies.get(request.path))
        if reply is None:
            return error(404, "notFound")
        return reply if isinstance(reply, bytes) else reply(request)

    return handler


def channel(wire: Wire) -> Any:
    return account(wire.url, CHANNEL)


def reply(text: str = "Bonjour", to: str = TOP, **more: Any) -> Any:
    return publication(text, reply_to=to, **more)


LATER = RetryAfter(FIVE, "server_not_understood")

# answer, the reply's outcome, what reading raises
ROWS: list[tuple[bytes, object, type[NetworkError], str]] = [
    (HANG_UP, OutcomeUnknown("connection_lost"), Unavailable, "connection_lost"),
    *(
        (error(403, reason), RetryAfter(MINUTE, "rate_limited"), Unavailable, "rate_limited")
        for reason in ("rateLimitExceeded", "userRateLimitExceeded")
    ),
    (error(429), RetryAfter(MINUTE, "rate_limited"), Unavailable, "rate_limited"),
    (answer(429), RetryAfter(MINUTE, "rate_limited"), Unavailable, "rate_limited"),
    *(
        (
            error(401, reason),
            Reauthorise("credentials_refused", "because"),
            CredentialsRefused,
            "credentials_refused",
        )
        for reason in ("authError", "required", "")
    ),
    (answer(401), Reauthorise("credentials_refused"), CredentialsRefused, "credentials_refused"),
    (
        error(403, "insufficientPermissions"),
        Reauthorise("scope_missing", "because"),
        NotPermitted,
        "scope_missing",
    ),
    *(
        (error(403, reason), Reauthorise("forbidden", "because"), NotPermitted, "forbidden")
        for reason in (
            "authenticatedUserAccountClosed",
            "authenticatedUserAccountSuspended",
            "authenticatedUserNotChannel",
            "ineligibleAccount",
        )
    ),
    (
        error(403, "commentsDisabled"),
        Rejected("comments_disabled", "because"),
        NotPermitted,
        "comments_disabled",
    ),
    (error(403, "forbidden"), Rejected("reply_refused", "because"), NotPermitted, "forbidden"),
    (answer(403), Rejected("reply_refused"), NotPermitted, "forbidden"),
    *(
        (error(404, reason), Rejected("reply_target_gone", "because"), NotUnderstood, "gone")
        for reason in ("parentCommentNotFound", "videoNotFound", "channelNotFound", "commentNotFound")
    ),
    *(
        (error(400, reason), Rejected("content_refused", "because"), NotUnderstood, "http_400")
        for reason in (
            "commentTextRequired",
            "commentTextTooLong",
            "invalidCommentMetadata",
            "operationNotSupported",
            "parentCommentIsPrivate",
            "parentIdMissing",
        )
    ),
    (error(400, "processingFailure"), OutcomeUnknown("processingFailure"), Unavailable, "processingFailure"),
    (error(503, "backendError"), OutcomeUnknown("backendError"), Unavailable, "backendError"),
    (error(400, "somethingNew"), OutcomeUnknown("somethingNew"), NotUnderstood, "http_400"),
    (error(403, "somethingNew"), OutcomeUnknown("somethingNew"), NotPermitted, "forbidden"),
    *(
        (answer(status, b"<html>", kind="text/html"), OutcomeUnknown(f"http_{status}"), Unavailable, f"http_{status}")
        for status in (408, 409, 500, 502)
    ),
    (answer(404, b"<html>", kind="text/html"), LATER, NotUnderstood, "http_404"),
    (answer(405), LATER, NotUnderstood, "http_405"),
    (
        answer(302, headers={"Location": "/x"}),
        RetryAfter(FIVE, "redirect_refused"),
        NotUnderstood,
        "redirect_loop",
    ),
    (answer(413, b"x", kind="text/plain"), Rejected("content_refused"), NotUnderstood, "http_413"),
    (answer(400, {"error": "x"}), Rejected("content_refused"), NotUnderstood, "http_400"),
    (
        answer(200, b"<html>", kind="text/html"),
        OutcomeUnknown("answer_unexpected"),
        NotUnderstood,
        "answer_not_json",
    ),
    (answer(200, {"id": 7, "items": 7}), OutcomeUnknown("answer_unexpected"), NotUnderstood, "answer_unexpected"),
    (answer(200, b"{", kind=""), OutcomeUnknown("answer_unexpected"), NotUnderstood, "answer_malformed"),
]


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_a_reply(wire: Wire, network: YouTube, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    assert network.publish(channel(wire), reply(), _open) == row[1]
    assert wire.paths() == [f"{V3}/comments"], "one attempt, whatever the answer"


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_the_answers_to_reading(wire: Wire, network: YouTube, row: tuple[Any, ...]) -> None:
    wire.handler = lambda request: row[0]
    with pytest.raises(row[2]) as raised:
        network.profile_metrics(channel(wire))
    assert raised.value.code == row[3]


@pytest.mark.parametrize("reason", sorted(QUOTA))
@pytest.mark.parametrize(
    ("now", "wait"),
    [
        ("2026-11-24T20:00:00", timedelta(hours=12)),  # noon in California, in winter
        ("2026-07-24T20:00:00", timedelta(hours=11)),  # 13:00, in summer
        ("2026-11-01T07:00:00", timedelta(hours=25)),  # midnight, and the clocks go back that night
        ("2026-03-08T08:00:00", timedelta(hours=23)),
        ("2026-11-25T07:59:50", timedelta(minutes=1)),
    ],
)
def test_the_days_quota_ends_at_midnight_in_california(reason: str, now: str, wait: timedelta) -> None:
    said = Answer(403, {"retry-after": "3"}, b"")
    assert rate_limit_wait(said, datetime.fromisoformat(now).replace(tzinfo=UTC), {reason}) == wait


def test_a_spent_quota_waits_and_disconnects_nobody(wire: Wire, network: YouTube) -> None:
    wire.handler = lambda request: error(403, "quotaExceeded")
    outcome = network.publish(channel(wire), reply(), _open)
    assert isinstance(outcome, RetryAfter) and outcome.code == "rate_limited"
    assert MINUTE <= outcome.wait <= timedelta(hours=25)
    with pytest.raises(Unavailable) as raised:
        network.inbox(channel(wire), cursor=None)
    assert raised.value.code == "rate_limited" and raised.value.wait >= MINUTE


def test_no_token_is_in_what_the_network_is_quoted_with(wire: Wire, network: YouTube) -> None:
    wire.handler = lambda request: error(401, "authError", f"Token {SECRETS['access']} is void")
    outcome = network.publish(channel(wire), reply(), _open)
    assert outcome == Reauthorise("credentials_refused", "Token *** is void")


# ---------------------------------------------------------------- what is sent


def comment_json(name: str, *, at: datetime | None = None, text: str = "Où ?", by: str = "UCz", **more: Any) -> Any:
    at = at or datetime.now(UTC)
    snippet = {
        "authorChannelId": {"value": by},
        "authorDisplayName": "@zoe",
        "authorChannelUrl": f"http://www.youtube.com/channel/{by}",
        "textDisplay": text,
        "publishedAt": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updatedAt": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "likeCount": 4,
        **more,
    }
    if "." in name:
        snippet["parentId"] = name.partition(".")[0]
    return {"id": name, "snippet": snippet}


def test_youtube_takes_no_posts(wire: Wire, network: YouTube) -> None:
    outcome = network.publish(channel(wire), publication(), _open)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "posts_not_supported"
    assert wire.requests == []
    assert network.capabilities().publishes is False
    assert network.find(channel(wire), publication(), since=datetime.now(UTC)) == []


def test_a_reply_names_the_comment_that_its_thread_begins_with(wire: Wire, network: YouTube) -> None:
    wire.handler = lambda request: answer(200, comment_json(ANSWER, videoId=VIDEO))
    for target in (TOP, ANSWER):
        outcome = network.publish(channel(wire), reply("C'est ici", target), _open)
        assert outcome == Published(ANSWER, f"{wire.url}/watch?v={VIDEO}&lc={ANSWER}", {"id": ANSWER})
        sent = wire.requests[-1]
        assert sent.json == {"snippet": {"parentId": TOP, "textOriginal": "C'est ici"}}
        assert sent.query == {"part": "snippet"}
        assert sent.headers["authorization"] == f"Bearer {SECRETS['access']}"
    assert public_url(API, None, "x") == "https://www.youtube.com/comment?lc=x"


def test_a_reply_takes_no_file(wire: Wire, network: YouTube) -> None:
    outcome = network.publish(channel(wire), reply(media=(image(),)), _open)
    assert isinstance(outcome, Rejected) and outcome.code == "too_many_images"
    assert wire.requests == []
    codes = {problem.code for problem in network.check("x", (image(),), LIMITS)}
    assert "too_many_images" in codes


def test_trap_14_the_gate_stands_before_a_reply(wire: Wire, network: YouTube) -> None:
    def halt() -> None:
        raise Halted

    with pytest.raises(Halted):
        network.publish(channel(wire), reply(), halt)
    assert wire.requests == []


# ---------------------------------------------------------------- looking


def listed(*items: Any, following: str = "", date: datetime | None = None) -> bytes:
    headers = {"Date": format_datetime(date or datetime.now(UTC), usegmt=True)}
    more = {"nextPageToken": following} if following else {}
    return answer(200, {"items": list(items), **more}, headers)


def test_trap_2_an_own_reply_is_found_in_its_thread(wire: Wire, network: YouTube) -> None:
    now = datetime.now(UTC)
    mine = {"by": CHANNEL, "text": "Bonjour  à tous"}

    def answers(request: Request) -> bytes:
        assert request.query["parentId"] == TOP
        if "pageToken" not in request.query:
            return listed(comment_json(f"{TOP}.1", at=now, text="Bonjour à tous"), following="p2")
        return listed(
            comment_json(f"{TOP}.2", at=now, **mine),
            comment_json(f"{TOP}.3", at=now - timedelta(hours=1), **mine),
            comment_json(f"{TOP}.4", at=now, by=CHANNEL, text="Autre"),
        )

    wire.handler = routes({f"{V3}/comments": answers})
    found = network.find(channel(wire), reply("Bonjour à tous", ANSWER), since=now - MINUTE)
    assert [each.remote_id for each in found] == [f"{TOP}.2"]
    assert not found[0].exact
    wire.handler = lambda request: error(404, "commentNotFound")
    assert network.find(channel(wire), reply(), since=now) == []


def test_find_goes_by_youtubes_clock(wire: Wire, network: YouTube) -> None:
    theirs = datetime.now(UTC) - timedelta(hours=1)
    made = comment_json(f"{TOP}.2", at=theirs, by=CHANNEL, text="Bonjour")
    wire.handler = routes({f"{V3}/comments": listed(made, date=theirs)})
    found = network.find(channel(wire), reply("Bonjour"), since=datetime.now(UTC) - timedelta(seconds=5))
    assert [each.remote_id for each in found] == [f"{TOP}.2"]


def test_a_thread_that_is_too_long_proves_no_absence(wire: Wire, network: YouTube) -> None:
    turn = iter(range(100))
    wire.handler = lambda request: listed(comment_json(f"{TOP}.{next(turn)}"), following="more")
    with pytest.raises(Unavailable) as raised:
        network.find(channel(wire), reply(), since=datetime.now(UTC))
    assert raised.value.code == "history_too_long"


# ---------------------------------------------------------------- reading


@dataclass
class Town:
    """A channel's threads, as a wire tells them; `total` may be more than the answers that come along."""

    wire: Wire

    def __post_init__(self) -> None:
        self.threads: list[dict[str, Any]] = []
        self.at = datetime.now(UTC)
        self.wire.handler = self.handle

    def write(self, name: str, *, ago: float = 0.0, **more: Any) -> str:
        top = comment_json(name, at=self.at - timedelta(seconds=ago), **more)
        self.threads.insert(0, {"top": top, "answers": []})
        return name

    def answer(self, name: str, **more: Any) -> str:
        thread = next(each for each in self.threads if each["top"]["id"] == name.partition(".")[0])
        thread["answers"].append(comment_json(name, at=self.at, **more))
        return name

    def handle(self, request: Request) -> bytes:
        if request.path == f"{V3}/comments":
            top = request.query["parentId"]
            found = next(each for each in self.threads if each["top"]["id"] == top)
            return listed(*found["answers"], date=self.at)
        start = int(request.query.get("pageToken", "0"))
        page = self.threads[start : start + 100]
        items = [
            {
                "id": each["top"]["id"],
                "snippet": {
                    "videoId": VIDEO,
                    "topLevelComment": each["top"],
                    "totalReplyCount": len(each["answers"]),
                },
                **({"replies": {"comments": each["answers"][:2]}} if each["answers"] else {}),
            }
            for each in page
        ]
        following = str(start + 100) if start + 100 < len(self.threads) else ""
        return listed(*items, following=following, date=self.at)


def test_the_inbox_gives_each_comment_once_and_none_of_our_own(wire: Wire, network: YouTube) -> None:
    town = Town(wire)
    first = town.write("Ugfirst")
    town.write("Ugours", by=CHANNEL)
    batch = network.inbox(channel(wire), cursor=None)
    (message,) = batch.messages
    assert (message.remote_id, message.parent, message.root, message.kind) == (first, VIDEO, VIDEO, "comment")
    assert (message.author.handle, message.author.name) == ("zoe", "@zoe")
    assert str(message.url).endswith(f"/watch?v={VIDEO}&lc={first}")
    wire.requests.clear()
    again = network.inbox(channel(wire), cursor=batch.cursor)
    assert list(again.messages) == [] and not again.more
    assert len(wire.requests) == 1, "one unit of the quota in the quiet"
    told = [town.answer(f"{first}.{n}") for n in range(4)]  # two come with the thread, the others are asked for
    town.answer(f"{first}.9", by=CHANNEL)
    later = network.inbox(channel(wire), cursor=again.cursor)
    assert sorted(each.remote_id for each in later.messages) == told
    assert {(each.parent, each.root) for each in later.messages} == {(first, VIDEO)}
    wire.requests.clear()
    assert list(network.inbox(channel(wire), cursor=later.cursor).messages) == []
    assert len(wire.requests) == 1


def test_a_flood_is_read_to_its_end_in_turns(wire: Wire, network: YouTube) -> None:
    town = Town(wire)
    town.write("Ugold", ago=3600)
    cursor = network.inbox(channel(wire), cursor=None).cursor
    flood = [town.write(f"Ug{n}", ago=(250 - n) / 10) for n in range(250)]
    seen: list[str] = []
    for _ in range(20):
        batch = network.inbox(channel(wire), cursor=cursor, limit=50)
        assert len(batch.messages) <= 50
        seen += [each.remote_id for each in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(seen) == sorted(flood), "all of them, each once"


def test_an_edit_is_told_again_with_another_revision(wire: Wire, network: YouTube) -> None:
    town = Town(wire)
    town.write("Ugfirst", ago=60)
    first = network.inbox(channel(wire), cursor=None)
    snippet = town.threads[0]["top"]["snippet"]
    snippet["textDisplay"], snippet["updatedAt"] = "Où donc ?", town.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    (again,) = network.inbox(channel(wire), cursor=first.cursor).messages
    assert again.remote_id == "Ugfirst" and again.revision != first.messages[0].revision


def test_one_that_cannot_be_read_closes_no_inbox(wire: Wire, network: YouTube) -> None:
    good = {"id": "Ug1", "snippet": {"topLevelComment": comment_json("Ug1"), "videoId": VIDEO}}
    wire.handler = lambda request: listed({"id": 7}, "x", good, {"id": "Ug2", "snippet": {}})
    assert [each.remote_id for each in network.inbox(channel(wire), cursor=None).messages] == ["Ug1"]
    wire.handler = lambda request: listed({"id": 7}, "x")
    with pytest.raises(NotUnderstood):
        network.inbox(channel(wire), cursor=None)


def test_the_thread_stands_above_a_comment(wire: Wire, network: YouTube) -> None:
    kept = {TOP: comment_json(TOP), ANSWER: comment_json(ANSWER)}

    def comments(request: Request) -> bytes:
        return listed(*(kept[each] for each in request.query["id"].split(",") if each in kept))

    thread = {"id": TOP, "snippet": {"topLevelComment": kept[TOP], "videoId": VIDEO}}
    video = {"id": VIDEO, "snippet": {"title": "Conseil municipal", "channelId": CHANNEL, "channelTitle": "Ville"}}
    wire.handler = routes(
        {f"{V3}/comments": comments, f"{V3}/commentThreads": listed(thread), f"{V3}/videos": listed(video)}
    )
    above = network.thread(channel(wire), ANSWER)
    assert [each.remote_id for each in above] == [VIDEO, TOP]
    assert (above[0].text, above[0].author.remote_id) == ("Conseil municipal", CHANNEL)
    assert [each.remote_id for each in network.thread(channel(wire), TOP)] == [VIDEO]
    assert network.thread(channel(wire), VIDEO) == []
    assert network.thread(channel(wire), "Uggone") == []


def test_metrics_say_what_youtube_says(wire: Wire, network: YouTube) -> None:
    statistics = {"viewCount": "345", "likeCount": "12", "commentCount": "3"}
    without = {"id": "aaaaaaaaaaa", "statistics": {"viewCount": "7"}}  # likes hidden, comments off
    wire.handler = routes(
        {
            f"{V3}/videos": listed({"id": VIDEO, "statistics": statistics}, without),
            f"{V3}/comments": listed(comment_json(TOP)),
        }
    )
    asked = [TOP, VIDEO, "aaaaaaaaaaa", "bbbbbbbbbbb", "Uggone"]
    got = network.post_metrics(channel(wire), asked)
    assert [each.remote_id for each in got] == asked
    assert [each.gone for each in got] == [False, False, False, True, True]
    assert [each.likes for each in got] == [4, 12, None, None, None]
    assert (got[1].impressions, got[1].replies, got[2].replies) == (345, 3, None)
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("statistics", "followers"),
    [
        ({"subscriberCount": "4821", "videoCount": "7"}, 4821),
        ({"subscriberCount": "4821", "hiddenSubscriberCount": True}, None),
        ({"subscriberCount": "many"}, None),
        ({"subscriberCount": "9" * 40}, None),
        ({}, None),
    ],
)
def test_subscribers_are_followers_unless_hidden(
    wire: Wire, network: YouTube, statistics: dict[str, Any], followers: int | None
) -> None:
    wire.handler = lambda request: listed({"id": CHANNEL, "statistics": statistics})
    assert network.profile_metrics(channel(wire)).followers == followers


def test_what_youtube_does_not_offer_is_said(network: YouTube) -> None:
    assert "search" not in network.capabilities().reads
    with pytest.raises(NotUnderstood) as raised:
        network.search(account(API, CHANNEL), "eau", cursor=None)
    assert raised.value.code == "not_offered"


# ---------------------------------------------------------------- moderating


def test_a_comment_is_hidden_and_shown_again(wire: Wire, network: YouTube) -> None:
    wire.handler = lambda request: answer(204)
    network.hide(channel(wire), TOP, hidden=True)
    network.hide(channel(wire), TOP, hidden=False)
    assert wire.paths() == [f"{V3}/comments/setModerationStatus"] * 2
    assert [request.query["moderationStatus"] for request in wire.requests] == ["heldForReview", "published"]
    assert {request.query["id"] for request in wire.requests} == {TOP}


@pytest.mark.parametrize("said", [answer(204), answer(200, {}), error(404, "commentNotFound")])
def test_a_deletion_may_be_repeated(wire: Wire, network: YouTube, said: bytes) -> None:
    wire.handler = lambda request: said
    network.delete(channel(wire), ANSWER)
    assert (wire.requests[0].method, wire.requests[0].path) == ("DELETE", f"{V3}/comments")
    assert wire.requests[0].query == {"id": ANSWER}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (error(403, "forbidden"), NotPermitted),
        (error(401, "authError"), CredentialsRefused),
        (error(403, "quotaExceeded"), Unavailable),
        (error(400, "processingFailure"), Unavailable),
        (HANG_UP, Unavailable),
    ],
)
def test_what_may_not_be_moderated_is_said(wire: Wire, network: YouTube, said: bytes, kind: Any) -> None:
    wire.handler = lambda request: said
    for act in (
        lambda: network.delete(channel(wire), TOP),
        lambda: network.hide(channel(wire), TOP, hidden=True),
    ):
        with pytest.raises(kind):
            act()


# ---------------------------------------------------------------- connecting

TOKEN = "/o/oauth2/token"


def token(**more: Any) -> bytes:
    said = {
        "access_token": "new-access",
        "expires_in": 3599,
        "refresh_token": "new-refresh",
        "scope": SCOPES,
        "token_type": "Bearer",
        **more,
    }
    return answer(200, {name: value for name, value in said.items() if value is not None})


def own(*names: str) -> bytes:
    return listed(
        *(
            {
                "id": f"UC{name}",
                "snippet": {
                    "title": name.title(),
                    "customUrl": f"@{name}",
                    "thumbnails": {"default": {"url": "https://yt3.example/p"}},
                },
            }
            for name in names
        )
    )


def finish(network: YouTube, wire: Wire) -> Any:
    return network.finish_oauth(server=wire.url, redirect_uri=REDIRECT, code="c0de", keep={"verifier": "v"})


def test_a_person_is_sent_to_google_for_offline_access(network: YouTube) -> None:
    start = network.start_oauth(server="", redirect_uri=REDIRECT, state="s 1")
    parts = urlsplit(start.authorize_url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked["access_type"] == "offline" and "consent" in asked["prompt"]
    assert asked["scope"] == SCOPES and asked["code_challenge_method"] == "S256"
    assert start.keep["verifier"] not in start.authorize_url and "app-s3cret" not in start.authorize_url


def test_the_channels_of_the_account_are_offered(wire: Wire, network: YouTube) -> None:
    wire.handler = routes({TOKEN: token(), f"{V3}/channels": own("ville", "eau")})
    found = finish(network, wire)
    assert [(each.remote_id, each.handle, each.display_name) for each in found] == [
        ("UCville", "ville", "Ville"),
        ("UCeau", "eau", "Eau"),
    ]
    assert found[0].secrets == {"access": "new-access", "refresh": "new-refresh"}
    assert found[0].avatar_url == "https://yt3.example/p"
    form = dict(wire.requests[0].form)
    assert form["code_verifier"] == "v" and form["client_secret"] == "app-s3cret"
    assert "new-refresh" not in repr(found)


@pytest.mark.parametrize(
    ("replies", "kind", "code"),
    [
        ({TOKEN: answer(400, {"error": "invalid_grant"})}, CredentialsRefused, "code_refused"),
        ({TOKEN: answer(401, {"error": "invalid_client"})}, CredentialsRefused, "code_refused"),
        ({TOKEN: token(scope="openid")}, CredentialsRefused, "permission_missing"),
        ({TOKEN: token(refresh_token=None)}, CredentialsRefused, "permission_missing"),
        ({TOKEN: token(), f"{V3}/channels": listed()}, CredentialsRefused, "nothing_to_connect"),
        ({TOKEN: token(), f"{V3}/channels": answer(200, {})}, CredentialsRefused, "nothing_to_connect"),
        ({TOKEN: token(), f"{V3}/channels": error(403, "insufficientPermissions")}, NotPermitted, "scope_missing"),
        ({TOKEN: answer(503)}, Unavailable, "http_503"),
    ],
)
def test_trap_20_half_a_connection_is_none(
    wire: Wire, network: YouTube, replies: dict[str, Reply], kind: Any, code: str
) -> None:
    wire.handler = routes(replies)
    with pytest.raises(kind) as raised:
        finish(network, wire)
    assert raised.value.code == code
    assert "c0de" not in str(raised.value)


def test_without_an_application_nobody_is_sent_away(transport: Transport) -> None:
    with pytest.raises(Unavailable) as raised:
        YouTube(transport, dict).start_oauth(server="", redirect_uri=REDIRECT, state="s")
    assert raised.value.code == "application_missing"


@pytest.mark.parametrize("server", ["https://youtube.example", "www.youtube.com.evil.example", "127.0.0.1:1"])
def test_a_secret_is_shown_to_nobody_but_google(server: str) -> None:
    network = YouTube(Transport(allow_loopback=False), lambda: APP)
    with pytest.raises(AddressRefused):
        network.start_oauth(server=server, redirect_uri=REDIRECT, state="s")


OLD = {"access": "old", "refresh": "old-refresh"}


def test_trap_15_a_refresh_without_a_refresh_token_keeps_the_old_one(wire: Wire, network: YouTube) -> None:
    """Google never answers one to a refresh."""
    wire.handler = routes({TOKEN: token(refresh_token=None)})
    renewed = network.refresh(replace(channel(wire), secrets=OLD))
    assert renewed.secrets == {"access": "new-access", "refresh": "old-refresh"}
    assert renewed.remote_id == CHANNEL
    assert renewed.expires_at is not None
    assert abs(renewed.expires_at - datetime.now(UTC) - timedelta(seconds=3599)) < timedelta(minutes=1)
    wire.handler = routes({TOKEN: token(refresh_token="another")})
    assert network.refresh(replace(channel(wire), secrets=OLD)).secrets["refresh"] == "another"


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (answer(400, {"error": "invalid_grant"}), CredentialsRefused, "refresh_refused"),
        (answer(401, {"error": "invalid_client"}), Unavailable, "application_refused"),
        (answer(400, {"error": "invalid_request"}), Unavailable, "application_refused"),
        (answer(429), Unavailable, "rate_limited"),
        (answer(500), Unavailable, "http_500"),
        (HANG_UP, Unavailable, "connection_lost"),
        (answer(200, {"access_token": "x"}), NotUnderstood, "answer_unexpected"),
    ],
)
def test_trap_16_only_a_refused_refresh_token_disconnects(
    wire: Wire, network: YouTube, said: bytes, kind: Any, code: str
) -> None:
    wire.handler = lambda request: said
    with pytest.raises(kind) as raised:
        network.refresh(replace(channel(wire), secrets=OLD))
    assert raised.value.code == code
    assert "old-refresh" not in str(raised.value)


# ---------------------------------------------------------------- Google's discovery document


def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((specs() / "youtube.v3.json").read_text("utf-8"))
    return found


def every_request(wire: Wire, network: YouTube) -> list[Request]:
    """All that the connector ever sends to the API."""
    town = Town(wire)
    for n in range(150):
        town.write(f"Ug{n}", ago=n / 100)
    for n in range(4):
        town.answer(f"Ug149.{n}")
    cursor = network.inbox(channel(wire), cursor=None).cursor
    town.write("Ugnew")
    town.answer("Ug149.9")
    network.inbox(channel(wire), cursor=json.dumps({**json.loads(str(cursor)), "seen": []}))
    network.find(channel(wire), reply(to="Ug149"), since=datetime.now(UTC))
    thread = {"id": TOP, "snippet": {"topLevelComment": comment_json(TOP)}}
    wire.handler = routes(
        {
            f"GET {V3}/comments": listed(comment_json(ANSWER), comment_json(TOP)),
            f"POST {V3}/comments": answer(200, comment_json(ANSWER)),
            f"DELETE {V3}/comments": answer(204),
            f"{V3}/comments/setModerationStatus": answer(204),
            f"{V3}/commentThreads": listed({**thread, "snippet": {**thread["snippet"], "videoId": VIDEO}}),
            f"{V3}/videos": listed({"id": VIDEO}),
            f"{V3}/channels": own("ville"),
            TOKEN: token(),
        }
    )
    network.publish(channel(wire), reply(), _open)
    network.thread(channel(wire), ANSWER)
    network.post_metrics(channel(wire), [VIDEO, TOP])
    network.profile_metrics(channel(wire))
    network.hide(channel(wire), TOP, hidden=True)
    network.hide(channel(wire), TOP, hidden=False)
    network.delete(channel(wire), ANSWER)
    finish(network, wire)
    return [request for request in wire.requests if request.path != TOKEN]


def test_every_request_is_in_the_discovery_document(wire: Wire, network: YouTube) -> None:
    document = _document()
    sent = every_request(wire, network)
    assert outside(document, sent) == []
    assert {f"{request.method} {request.path.removeprefix(V3)}" for request in sent} == {
        "GET /channels",
        "GET /commentThreads",
        "GET /comments",
        "POST /comments",
        "DELETE /comments",
        "POST /comments/setModerationStatus",
        "GET /videos",
    }
    assert document["rootUrl"] == f"{API}/"
    for resource, method in (("commentThreads", "list"), ("comments", "insert"), ("comments", "setModerationStatus")):
        assert document["resources"][resource]["methods"][method]["scopes"] == [SCOPES]


@pytest.mark.parametrize(
    ("method", "target", "body", "why"),
    [
        ("GET", f"{V3}/comment?part=snippet", b"", "there is no such method"),
        ("PATCH", f"{V3}/comments?part=snippet", b"", "there is no such method"),
        ("GET", f"{V3}/comments?part=snippet&shoe=7", b"", "no parameter shoe"),
        ("GET", f"{V3}/comments?parentId=x", b"", "part is required"),
        ("GET", f"{V3}/comments?part=snippet&maxResults=101", b"", "not from 1 to 100"),
        ("GET", f"{V3}/comments?part=snippet&maxResults=x", b"", "is no number"),
        ("GET", f"{V3}/comments?part=snippet&textFormat=markdown", b"", "none of its values"),
        ("GET", f"{V3}/channels?part=snippet&mine=yes", b"", "neither true nor false"),
        ("POST", f"{V3}/comments/setModerationStatus?id=x&moderationStatus=hidden", b"", "none of its values"),
        ("POST", f"{V3}/comments?part=snippet", b'{"snippet": {"text": "x"}}', "snippet.text is not known"),
        ("POST", f"{V3}/comments?part=snippet", b'{"snippet": {"textOriginal": 7}}', "is no string"),
        ("GET", f"{V3}/comments?part=snippet", b"{}", "takes no body"),
    ],
)
def test_what_is_outside_the_discovery_document_is_seen(method: str, target: str, body: bytes, why: str) -> None:
    said = refusal(_document(), Request(method, target, {}, body))
    assert said is not None and why in said


def test_what_is_inside_is_let_pass() -> None:
    body = b'{"snippet": {"parentId": "x", "textOriginal": "y"}}'
    assert refusal(_document(), Request("POST", f"{V3}/comments?part=snippet&prettyPrint=false", {}, body)) is None
    assert fits(_document(), "Comment", comment_json(TOP)) is None
    assert fits(_document(), "Comment", {"snippet": {"shoe": 7}}) == "Comment.snippet.shoe is not known"
