"""The practice YouTube: who is let in, what a request costs, what people see, and what outlives a restart. What a
connector does with it is in tests/contract/networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from infra.local.practice.server import running
from infra.local.practice.youtube import SCOPE
from tests.unit.practice.conftest import CALLBACK, CHALLENGE, VERIFIER, Server

V3 = "/youtube/v3"
ASKED = {
    "client_id": "parvis",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": SCOPE,
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
APP = {"client_id": "parvis", "client_secret": "s3cret"}


def agree(http: httpx.Client, access: str = "?access_type=offline") -> str:
    agreed = http.post(f"/o/oauth2/v2/auth{access}", data={**ASKED, "username": "ville", "password": "sesame"})
    assert agreed.status_code == 302, agreed.text
    return parse_qs(urlsplit(agreed.headers["location"]).query)["code"][0]


def exchange(http: httpx.Client, code: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return dict(http.post("/o/oauth2/token", data={**form, **APP}).json())


def bearer(http: httpx.Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange(http, agree(http))['access_token']}"}


@pytest.fixture
def auth(server: Server) -> dict[str, str]:
    server.account("youtube", "ville")
    return bearer(server.http)


@pytest.fixture
def video(server: Server, auth: dict[str, str]) -> str:
    body = {"handle": "ville", "title": "Conseil <b>municipal</b>"}
    return str(server.http.post("/practice/youtube/videos", json=body).json()["id"])


def write(http: httpx.Client, target: str, text: str = "Où ?") -> str:
    body = {"post": target, "author": "Zoé", "text": text}
    answer = http.post("/practice/youtube/comments", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["errors"][0]["reason"])


def test_a_person_sees_what_is_asked_for_and_may_refuse(server: Server) -> None:
    server.account("youtube", "ville")
    page = server.http.get("/o/oauth2/v2/auth", params={**ASKED, "access_type": "offline"})
    assert page.status_code == 200 and "youtube.force-ssl" in page.text
    assert 'action="/o/oauth2/v2/auth?access_type=offline"' in page.text
    refused = server.http.post("/o/oauth2/v2/auth", data={**ASKED, "decision": "deny"})
    assert "error=access_denied" in refused.headers["location"]
    wrong = server.http.post("/o/oauth2/v2/auth", data={**ASKED, "username": "ville", "password": "x"})
    assert wrong.status_code == 401
    assert "invalid_scope" in server.http.get("/o/oauth2/v2/auth", params={**ASKED, "scope": "x"}).headers["location"]


def test_a_refresh_token_is_given_once_and_for_offline_access_only(server: Server) -> None:
    server.account("youtube", "ville")
    assert "refresh_token" not in exchange(server.http, agree(server.http, ""))
    code = agree(server.http)
    first = exchange(server.http, code)
    assert exchange(server.http, code)["error"] == "invalid_grant", "a code is good once"
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **APP}
    again = server.http.post("/o/oauth2/token", data=form).json()
    assert "refresh_token" not in again and again["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "why"),
    [
        ("GET", "/comments", None, 400, "missingRequiredParameter"),
        ("GET", "/comments?part=snippet", None, 400, "missingRequiredParameter"),
        ("GET", "/comments?part=snippet&parentId=x", None, 404, "commentNotFound"),
        ("GET", "/commentThreads?part=snippet&videoId=x", None, 404, "videoNotFound"),
        ("GET", "/commentThreads?part=snippet&allThreadsRelatedToChannelId=x", None, 404, "channelNotFound"),
        ("POST", "/comments?part=snippet", {}, 400, "invalidCommentMetadata"),
        ("POST", "/comments?part=snippet", {"snippet": {"textOriginal": "x"}}, 400, "parentIdMissing"),
        ("POST", "/comments?part=snippet", {"snippet": {"parentId": "x"}}, 400, "commentTextRequired"),
        (
            "POST",
            "/comments?part=snippet",
            {"snippet": {"parentId": "x", "textOriginal": "x"}},
            404,
            "parentCommentNotFound",
        ),
        ("DELETE", "/comments?id=x", None, 404, "commentNotFound"),
        ("POST", "/comments/setModerationStatus?id=x&moderationStatus=rejected", None, 404, "commentNotFound"),
        ("POST", "/comments/setModerationStatus?id=x&moderationStatus=gone", None, 400, "invalidFilters"),
    ],
)
def test_what_is_refused_and_why(
    server: Server, auth: dict[str, str], verb: str, path: str, body: Any, status: int, why: str
) -> None:
    answer = server.http.request(verb, f"{V3}{path}", json=body, headers=auth)
    assert (answer.status_code, reason(answer)) == (status, why)


def test_without_a_token_nothing_is_told(server: Server, auth: dict[str, str]) -> None:
    assert reason(server.http.get(f"{V3}/channels?part=snippet&mine=true")) == "authError"
    server.http.post(
        "/practice/accounts", json={"network": "youtube", "handle": "ville", "password": "sesame", "suspended": True}
    )
    answer = server.http.get(f"{V3}/channels?part=snippet&mine=true", headers=auth)
    assert reason(answer) == "authenticatedUserAccountSuspended"


def test_every_request_costs_units_and_a_write_fifty(server: Server, auth: dict[str, str], video: str) -> None:
    name = write(server.http, video)
    server.settings(youtube_quota_units=51.0, rate_limits=True)
    reply = {"snippet": {"parentId": name, "textOriginal": "Ici"}}
    assert server.http.post(f"{V3}/comments?part=snippet", json=reply, headers=auth).status_code == 200
    assert server.http.get(f"{V3}/comments?part=snippet&id={name}", headers=auth).status_code == 200
    spent = server.http.get(f"{V3}/comments?part=snippet&id={name}", headers=auth)
    assert (spent.status_code, reason(spent)) == (403, "quotaExceeded")
    server.settings(rate_limits=False)
    assert server.http.get(f"{V3}/comments?part=snippet&id={name}", headers=auth).status_code == 200


def test_the_site_shows_a_video_and_what_was_said_below(server: Server, auth: dict[str, str], video: str) -> None:
    name = write(server.http, video, "<script>alert(1)</script>")
    write(server.http, name, "Ici")
    for address in (f"/watch?v={video}", "/?network=youtube"):
        page = server.http.get(address).text
        assert "Conseil &lt;b&gt;municipal" in page and "<script>alert" not in page and "&lt;script&gt;" in page
        assert "Ici" in page
    assert server.http.get("/watch?v=none").status_code == 404
    assert (
        server.http.post("/practice/youtube/comments", json={"post": "none", "author": "Z", "text": "x"}).status_code
        == 404
    )
    assert server.http.post("/practice/youtube/videos", json={"handle": "nobody", "title": "x"}).status_code == 422


def test_comments_outlive_a_restart(tmp_path: Path) -> None:
    account = {"network": "youtube", "handle": "ville", "display_name": "Ville", "password": "sesame"}
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        http.post("/practice/accounts", json=account)
        auth = bearer(http)
        video = http.post("/practice/youtube/videos", json={"handle": "ville", "title": "Conseil"}).json()["id"]
        name = write(http, video)
        moderated = f"{V3}/comments/setModerationStatus?id={name}&moderationStatus=heldForReview"
        assert http.post(moderated, headers=auth).status_code == 204
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        (kept,) = http.get(f"{V3}/comments?part=snippet&id={name}", headers=auth).json()["items"]
        assert kept["snippet"]["moderationStatus"] == "heldForReview"
        threads = http.get(f"{V3}/commentThreads?part=snippet&videoId={video}", headers=auth).json()["items"]
        assert threads == [], "what is held is not told"
        assert write(http, video) != name
