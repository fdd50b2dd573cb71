"""The practice LinkedIn: who is let in, what it refuses in LinkedIn's words, what people see, and what outlives a
restart. What a connector does with it is in tests/contract/networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from infra.local.practice.linkedin_little import shown
from infra.local.practice.server import running
from tests.unit.practice.conftest import CALLBACK, Server, png

ASKED = {
    "client_id": "parvis",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "r_organization_social w_organization_social r_organization_social_feed w_organization_social_feed "
    "rw_organization_admin",
    "state": "s t/ate",
}
HEADERS = {"LinkedIn-Version": "202607", "X-Restli-Protocol-Version": "2.0.0"}


def token(http: httpx.Client, scope: str = ASKED["scope"], handle: str = "ville") -> dict[str, str]:
    """The headers of a person who signed in."""
    asked = {**ASKED, "scope": scope}
    agreed = http.post("/oauth/v2/authorization", data={**asked, "username": handle, "password": "sesame"})
    assert agreed.status_code == 302, agreed.text
    said = {name: values[0] for name, values in parse_qs(urlsplit(agreed.headers["location"]).query).items()}
    assert said["state"] == "s t/ate"
    form = {"grant_type": "authorization_code", "code": said["code"], "redirect_uri": CALLBACK}
    app = {"client_id": "parvis", "client_secret": "s3cret"}
    answer = http.post("/oauth/v2/accessToken", data={**form, **app})
    assert answer.status_code == 200, answer.text
    return {**HEADERS, "Authorization": f"Bearer {answer.json()['access_token']}"}


def post(http: httpx.Client, urn: str, headers: dict[str, str], text: str = "Le pont", **more: Any) -> httpx.Response:
    body = {
        "author": urn,
        "commentary": text,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        **more,
    }
    return http.post("/rest/posts", json=body, headers=headers)


@pytest.fixture
def urn(server: Server) -> str:
    return server.account("linkedin", "ville")


@pytest.fixture
def auth(server: Server, urn: str) -> dict[str, str]:
    return token(server.http)


def test_a_person_sees_what_is_asked_for_and_may_refuse(server: Server, urn: str) -> None:
    page = server.http.get("/oauth/v2/authorization", params=ASKED)
    assert page.status_code == 200 and "w_organization_social_feed" in page.text
    assert 'action="/oauth/v2/authorization"' in page.text
    refused = server.http.post("/oauth/v2/authorization", data={**ASKED, "decision": "deny"})
    assert "error=user_cancelled_authorize" in refused.headers["location"]
    wrong = server.http.post("/oauth/v2/authorization", data={**ASKED, "username": "ville", "password": "x"})
    assert wrong.status_code == 401 and "location" not in wrong.headers
    unknown = server.http.get("/oauth/v2/authorization", params={**ASKED, "scope": "everything"})
    assert "unauthorized_scope_error" in unknown.headers["location"]


def test_a_code_is_good_once(server: Server, urn: str) -> None:
    agreed = server.http.post("/oauth/v2/authorization", data={**ASKED, "username": "ville", "password": "sesame"})
    code = parse_qs(urlsplit(agreed.headers["location"]).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "parvis",
        "client_secret": "s",
    }
    first = server.http.post("/oauth/v2/accessToken", data=form)
    assert first.json()["expires_in"] == 60 * 86_400
    assert 365 * 86_400 - 10 <= first.json()["refresh_token_expires_in"] <= 365 * 86_400
    assert server.http.post("/oauth/v2/accessToken", data=form).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"LinkedIn-Version": ""}, 400, "VERSION_MISSING"),
        ({"LinkedIn-Version": "v2"}, 426, "NONEXISTENT_VERSION"),
        ({"X-Restli-Protocol-Version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({"Authorization": "Bearer x"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"Authorization": ""}, 401, "EMPTY_ACCESS_TOKEN"),
    ],
)
def test_what_every_request_must_say(
    server: Server, urn: str, auth: dict[str, str], headers: dict[str, str], status: int, code: str
) -> None:
    answer = post(server.http, urn, {**auth, **headers})
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)


def test_a_scope_that_was_not_agreed_to_opens_nothing(server: Server, urn: str) -> None:
    narrow = token(server.http, "r_organization_social")
    assert post(server.http, urn, narrow).json()["serviceErrorCode"] == 100
    other = server.account("linkedin", "voisine", password="another")
    assert post(server.http, other, token(server.http)).status_code == 403


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"commentary": "x" * 3_001}, 400, "FIELD_LENGTH_TOO_LONG"),
        ({"commentary": " "}, 400, "INVALID_VALUE_BLANK_FIELD"),
        ({"visibility": "FRIENDS"}, 400, "INVALID_VALUE_FOR_FIELD"),
        ({"content": {"media": {"id": "urn:li:image:none"}}}, 400, "MEDIA_ASSET_WAITING_UPLOAD"),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:x"}]}}}, 400, "INVALID_VALUE_FOR_FIELD"),
    ],
)
def test_what_a_post_may_not_be(
    server: Server, urn: str, auth: dict[str, str], more: dict[str, Any], status: int, code: str
) -> None:
    answer = post(server.http, urn, auth, **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_unescaped_text_is_cut_without_a_word(server: Server, urn: str, auth: dict[str, str]) -> None:
    answer = post(server.http, urn, auth, "Le pont (rue Haute) est fermé")
    assert answer.status_code == 201
    page = server.http.get(f"/feed/update/{answer.headers['x-restli-id']}/").text
    assert "Le pont" in page and "rue Haute" not in page
    assert shown(r"Le pont \(rue Haute\) {hashtag|\#|Lyon} @[Ville](urn:li:organization:1) #x") == (
        "Le pont (rue Haute) #Lyon Ville #x"
    )


def test_the_site_shows_a_page_its_posts_and_what_was_said_below(
    server: Server, urn: str, auth: dict[str, str]
) -> None:
    share = post(server.http, urn, auth, "Le pont est fermé").headers["x-restli-id"]
    body = {"post": share, "author": "<b>Zoé</b>", "text": "<script>alert(1)</script> \u202e"}
    made = server.http.post("/practice/linkedin/comments", json=body)
    assert made.status_code == 201
    for address in ("/company/ville", f"/feed/update/{share}/", "/?network=linkedin"):
        page = server.http.get(address).text
        assert "Le pont est fermé" in page
        assert "&lt;script&gt;" in page and "<script>alert" not in page and "&lt;b&gt;Zoé" in page
    activity = made.json()["id"].removeprefix("urn:li:comment:(").partition(",")[0]
    moved = server.http.get(f"/feed/update/{activity}/")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/feed/update/{share}/")
    assert server.http.get("/company/nobody").status_code == 404
    assert server.http.get("/feed/update/urn:li:share:1/").status_code == 404
    assert server.http.post("/practice/linkedin/comments", json={"post": "x"}).status_code == 422
    nowhere = {"post": "urn:li:share:1", "author": "Z", "text": "x"}
    assert server.http.post("/practice/linkedin/comments", json=nowhere).status_code == 404


def test_a_citizens_comment_is_edited_and_taken_away(server: Server, urn: str, auth: dict[str, str]) -> None:
    share = post(server.http, urn, auth).headers["x-restli-id"]
    body = {"post": share, "author": "Zoé", "text": "Où ?"}
    name = server.http.post("/practice/linkedin/comments", json=body).json()["id"]
    answer = server.http.post("/practice/linkedin/comments", json={**body, "post": name, "text": "Ici"})
    assert answer.status_code == 201
    place = f"/practice/linkedin/comments/{quote(name, safe='')}"
    assert server.http.put(place, json={"text": "Où donc ?"}).status_code == 201
    comments = f"/rest/socialActions/{quote(share, safe='')}/comments"
    (read,) = server.http.get(comments, headers=auth).json()["elements"]
    assert read["message"]["text"] == "Où donc ?" and read["commentsSummary"]["aggregatedTotalComments"] == 1
    assert read["lastModified"]["time"] >= read["created"]["time"]
    assert server.http.request("DELETE", place, json={}).status_code == 201
    assert server.http.get(comments, headers=auth).json()["elements"] == []
    assert server.http.request("DELETE", place, json={}).status_code == 404


def test_posts_comments_and_tokens_outlive_a_restart(tmp_path: Path) -> None:
    account = {"network": "linkedin", "handle": "ville", "display_name": "Ville", "password": "sesame"}
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        made = http.post("/practice/accounts", json=account).json()["id"]
        auth = token(http)
        share = post(http, made, auth).headers["x-restli-id"]
        body = {"post": share, "author": "Zoé", "text": "Où ?"}
        name = http.post("/practice/linkedin/comments", json=body).json()["id"]
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        found = http.get(f"/rest/socialActions/{quote(share, safe='')}/comments", headers=auth).json()["elements"]
        assert [each["commentUrn"] for each in found] == [name]
        again = post(http, made, auth, "Autre").headers["x-restli-id"]
        assert again not in (share, name)


@pytest.mark.parametrize("handle", ["ville de", "ville_", "é", "x" * 101])
def test_a_name_that_linkedin_would_not_give_is_refused(server: Server, handle: str) -> None:
    body = {"network": "linkedin", "handle": handle, "password": "sesame"}
    assert server.http.post("/practice/accounts", json=body).status_code == 422


CARD = {"source": "https://ville.example/pont", "title": "Le <b>pont</b>", "description": "Fermé"}


def test_an_article_is_shown_as_the_post_says_it(server: Server, urn: str, auth: dict[str, str]) -> None:
    asked = {"initializeUploadRequest": {"owner": urn}}
    room = server.http.post("/rest/images?action=initializeUpload", json=asked, headers=auth).json()["value"]
    server.http.put(room["uploadUrl"], content=png(), headers=auth)
    answer = post(server.http, urn, auth, content={"article": {**CARD, "thumbnail": room["image"]}})
    assert answer.status_code == 201, answer.text
    page = server.http.get(f"/feed/update/{answer.headers['x-restli-id']}/").text
    number = room["image"].rpartition(":")[2]
    assert "Le &lt;b&gt;pont&lt;/b&gt;" in page and "<span>Fermé</span>" in page
    assert 'href="https://ville.example/pont"' in page and f"/linkedin/images/{number}" in page
    told = server.http.get(f"/rest/posts/{quote(answer.headers['x-restli-id'])}", headers=auth).json()
    assert told["content"]["article"]["thumbnail"] == room["image"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"article": {"title": "Le pont"}}, "MISSING_FIELD"),
        ({"article": {"source": CARD["source"]}}, "MISSING_FIELD"),
        ({"article": {**CARD, "source": "javascript:alert(1)"}}, "INVALID_VALUE_FOR_FIELD"),
        ({"article": {**CARD, "thumbnail": "urn:li:image:none"}}, "MEDIA_ASSET_WAITING_UPLOAD"),
        ({"article": {**CARD, "colour": "red"}}, "INVALID_VALUE_FOR_FIELD"),
        ({"article": CARD, "media": {"id": "urn:li:image:x"}}, "INVALID_VALUE_FOR_FIELD"),
    ],
)
def test_what_an_article_may_not_be(
    server: Server, urn: str, auth: dict[str, str], content: dict[str, Any], code: str
) -> None:
    answer = post(server.http, urn, auth, content=content)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
