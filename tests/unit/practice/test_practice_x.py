"""The practice X: who is let in and for how long, what it refuses, what it shows, and every answer against X's own
specification."""

from __future__ import annotations

import base64
import hashlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from infra.local.practice.exchange import Settings
from infra.local.practice.server import running
from tests.unit.networks import x_spec

APP = {"client_id": "client", "client_secret": "s3cret"}
BACK = "https://parvis.example/back"
SCOPE = "tweet.read tweet.write tweet.moderate.write users.read media.write offline.access dm.read"
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"v" * 100


@dataclass
class XServer:
    """Every answer is remembered, to be held to the specification."""

    http: httpx.Client
    answers: list[tuple[str, str, httpx.Response]] = field(default_factory=list)
    access: str = ""
    refresh: str = ""
    me: str = ""

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {more.pop('token', self.access)}"}
        answer = self.http.request(method, path, headers=headers, **more)
        self.answers.append((method, urlsplit(path).path, answer))
        return answer

    def made(self, text: str, **more: Any) -> str:
        answer = self("POST", "/2/tweets", json={"text": text, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["id"])

    def citizens(self, act: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/practice/citizens/{act}", json={"network": "x", **body})
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def says(self, text: str, **more: Any) -> str:
        return str(self.citizens("write", text=text, author="alice", **more)["written"][0]["remote_id"])

    def authorise(self, **changes: str) -> httpx.Response:
        verifier = "v" * 60
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": "client", "redirect_uri": BACK, "scope": SCOPE, "state": "s1",
            "code_challenge": challenge, "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        return self.http.post(
            "/i/oauth2/authorize", data={**asked, "username": "mairie", "password": "sesame", "decision": "allow"}
        )

    def tokens(self, client: tuple[str, str] = ("client", "s3cret"), **form: str) -> httpx.Response:
        return self.http.post("/2/oauth2/token", data=form, auth=client)

    def sign_in(self) -> None:
        code = parse_qs(urlsplit(self.authorise().headers["location"]).query)["code"][0]
        body = self.tokens(grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier="v" * 60).json()
        self.access, self.refresh = body["access_token"], body["refresh_token"]
        self.me = self("GET", "/2/users/me").json()["data"]["id"]


def serve(folder: Path, **settings: Any) -> Iterator[XServer]:
    with (
        running(folder, apps={"x": APP}, settings=Settings(**settings)) as it,
        httpx.Client(base_url=it.url, timeout=10) as client,
    ):
        account = {"network": "x", "handle": "mairie", "display_name": "Mairie", "password": "sesame", "followers": 9}
        assert client.post("/practice/accounts", json=account).status_code in (200, 201)
        server = XServer(client)
        server.sign_in()
        yield server


@pytest.fixture
def x(tmp_path: Path) -> Iterator[XServer]:
    yield from serve(tmp_path / "data")


def png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(data, "PNG")
    return data.getvalue()


def upload(x: XServer) -> str:
    files = {"media": ("a.png", png(), "image/png")}
    answer = x("POST", "/2/media/upload", data={"media_category": "tweet_image"}, files=files)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["id"])


def hand_over(x: XServer, content: bytes) -> str:
    asked = {"media_category": "tweet_video", "media_type": "video/mp4", "total_bytes": len(content)}
    media = str(x("POST", "/2/media/upload/initialize", json=asked).json()["data"]["id"])
    for index, at in enumerate(range(0, len(content), 60)):
        part = {"media": ("v", content[at : at + 60], "application/octet-stream")}
        x("POST", f"/2/media/upload/{media}/append", data={"segment_index": str(index)}, files=part)
    assert x("POST", f"/2/media/upload/{media}/finalize").json()["data"]["processing_info"]["state"] == "pending"
    return media


def state(x: XServer, media: str) -> str:
    answer = x("GET", f"/2/media/upload?command=STATUS&media_id={media}").json()
    return str(answer["data"]["processing_info"]["state"])


# ---------------------------------------------------------------- who is let in


def test_the_page_is_one_that_a_person_can_click(x: XServer) -> None:
    query = {
        "response_type": "code", "client_id": "client", "redirect_uri": BACK, "scope": SCOPE, "state": "s1",
        "code_challenge": "c", "code_challenge_method": "plain",
    }  # fmt: skip
    page = x.http.get("/i/oauth2/authorize", params=query)
    assert page.status_code == 200
    assert 'action="/i/oauth2/authorize"' in page.text
    assert x.http.get("/i/oauth2/authorize", params={**query, "client_id": "other"}).status_code == 400


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"scope": "everything"}, {"code_challenge": ""}, {"response_type": "token"}]
)
def test_a_wrong_request_for_a_code_sends_nobody_back(x: XServer, changes: dict[str, str]) -> None:
    answer = x.authorise(**changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_code_is_good_once_for_who_knows_its_verifier(x: XServer) -> None:
    code = parse_qs(urlsplit(x.authorise().headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": "v" * 60}
    assert x.tokens(**{**form, "code_verifier": "w" * 60}).json()["error"] == "invalid_request"
    assert x.tokens(client=("client", "wrong"), **form).status_code == 401
    assert x.tokens(**form).json()["expires_in"] == 7200
    assert x.tokens(**form).status_code == 400


def test_trap_15_a_refresh_replaces_both_tokens(x: XServer) -> None:
    before = x.access
    renewed = x.tokens(grant_type="refresh_token", refresh_token=x.refresh).json()
    assert renewed["refresh_token"] != x.refresh
    assert x("GET", "/2/users/me", token=before).status_code == 401
    assert x("GET", "/2/users/me", token=renewed["access_token"]).status_code == 200
    again = x.tokens(grant_type="refresh_token", refresh_token=x.refresh)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")


def test_an_access_token_ends(tmp_path: Path) -> None:
    for x in serve(tmp_path, access_token_seconds=0.3):
        time.sleep(0.4)
        assert x("GET", "/2/users/me").status_code == 401


def test_a_revoked_token_is_void_with_what_it_made(x: XServer) -> None:
    answer = x.http.post("/2/oauth2/revoke", data={"token": x.refresh}, auth=("client", "s3cret"))
    assert answer.json() == {"revoked": True}
    assert x("GET", "/2/users/me").status_code == 401
    assert x.tokens(grant_type="refresh_token", refresh_token=x.refresh).status_code == 400


def test_what_was_posted_and_who_may_post_outlives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as it, httpx.Client(base_url=it.url) as client:
        account = {"network": "x", "handle": "mairie", "password": "sesame"}
        client.post("/practice/accounts", json=account)
        first = XServer(client)
        first.sign_in()
        post, media = first.made("Bonjour"), upload(first)
    with running(tmp_path) as it, httpx.Client(base_url=it.url) as client:
        second = XServer(client, access=first.access)
        assert second("GET", f"/2/tweets/{post}").json()["data"]["text"] == "Bonjour"
        later = second.made("Encore", media={"media_ids": [media]})
        assert int(later) > int(media) > int(post)


# ---------------------------------------------------------------- what is refused


def test_what_x_refuses_to_post(x: XServer) -> None:
    def status(**body: Any) -> int:
        return x("POST", "/2/tweets", json=body).status_code

    x.made("Bonjour")
    assert status(text="Bonjour") == 403, "the same again"
    assert status(text="é" * 281) == 400
    assert status(text="") == 400
    assert status(text="Bonjour", status="x") == 400
    assert status(text="$AAPL et $MSFT") == 403
    assert status(text="Avec", media={"media_ids": ["12345"]}) == 400
    assert status(text="À qui", reply={"in_reply_to_tweet_id": "1"}) == 404


def test_only_who_mentioned_us_may_be_answered(x: XServer) -> None:
    plain, mentions = x.says("Le pont !"), x.says("Le pont ?", mention="mairie")
    reply = {"in_reply_to_tweet_id": plain}
    refused = x("POST", "/2/tweets", json={"text": "Bonjour", "reply": reply})
    assert refused.status_code == 403
    x.made("Bonjour", reply={"in_reply_to_tweet_id": mentions})
    x.made("Et nous-mêmes", reply={"in_reply_to_tweet_id": x.made("Un fil")})
    x.http.put("/practice/settings", json={"x_replies_where_mentioned": False})
    x.made("Bonjour !", reply=reply)


def test_an_unknown_parameter_is_refused_and_the_guides_words_can_be_had(x: XServer) -> None:
    post = x.made("Bonjour")
    assert x("GET", f"/2/tweets/{post}?tweet.fields=lang").status_code == 400
    assert x("GET", f"/2/tweets/{post}?post.fields=referenced_tweets").status_code == 400
    x.http.put("/practice/settings", json={"x_guides_words": True})
    assert x("GET", f"/2/tweets/{post}?post.fields=lang").status_code == 400
    guided = x("GET", f"/2/tweets/{post}?tweet.fields=public_metrics").json()["data"]
    assert guided["edit_history_tweet_ids"] == [post]
    assert guided["public_metrics"]["retweet_count"] == 0


def test_requests_are_counted(x: XServer) -> None:
    headers = x("GET", "/2/users/me").headers
    assert headers["x-rate-limit-limit"] == "75"
    assert int(headers["x-rate-limit-reset"]) > time.time()
    for _ in range(int(headers["x-rate-limit-remaining"])):
        assert x("GET", "/2/users/me").status_code == 200
    limited = x("GET", "/2/users/me")
    assert (limited.status_code, limited.json()["code"]) == (429, 88)


FAULTS = [
    ({"kind": "error_5xx_before", "status": 500}, 500), ({"kind": "error_5xx_before", "status": 502}, 502),
    ({"kind": "rate_limit", "seconds": 9}, 429), ({"kind": "token_expired"}, 401), ({"kind": "token_revoked"}, 401),
    ({"kind": "suspended"}, 403), ({"kind": "error_5xx_after_accept"}, 503),
    ({"kind": "malformed", "form": "html"}, 200),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "status"), FAULTS)
def test_faults_are_met_in_xs_words(x: XServer, rule: dict[str, Any], status: int) -> None:
    x.http.put("/practice/faults", json=[{**rule, "network": "x", "operation": "publish"}])
    assert x("POST", "/2/tweets", json={"text": "Bonjour"}).status_code == status
    accepted = x.http.get("/practice/accepted?network=x").json()["accepted"]
    assert len(accepted) == (rule["kind"] in ("error_5xx_after_accept", "malformed"))


def test_an_account_that_x_suspended_is_told_by_its_code(x: XServer) -> None:
    account = {"network": "x", "handle": "mairie", "display_name": "Mairie", "password": "sesame", "suspended": True}
    x.http.post("/practice/accounts", json=account)
    assert x("POST", "/2/tweets", json={"text": "Bonjour"}).json()["code"] == 64


def test_a_video_is_processed_before_it_may_be_posted(x: XServer) -> None:
    x.http.put("/practice/settings", json={"media_processing_seconds": 0.4})
    media = hand_over(x, MP4)
    assert state(x, media) == "in_progress"
    early = x("POST", "/2/tweets", json={"text": "Trop tôt", "media": {"media_ids": [media]}})
    assert early.status_code == 400
    time.sleep(0.5)
    assert state(x, media) == "succeeded"
    post = x.made("Une vidéo", media={"media_ids": [media]})
    assert "video/mp4" in x.http.get(f"/x/mairie/status/{post}").text
    assert state(x, hand_over(x, b"no video at all, but long enough")) == "failed"


# ---------------------------------------------------------------- what is shown


def test_links_are_shortened_and_text_is_escaped(x: XServer) -> None:
    post = x.made("Voir ville.fr/a & <b>", media={"media_ids": [upload(x)]})
    data = x("GET", f"/2/tweets/{post}?post.fields=entities").json()["data"]
    first, last = data["entities"]["urls"]
    assert data["text"] == f"Voir {first['url']} &amp; &lt;b&gt; {last['url']}"
    assert first["expanded_url"] == "http://ville.fr/a"
    assert last["media_key"].startswith("3_")
    assert data["text"][first["start"] : first["end"]] == first["url"]


def test_a_person_sees_what_was_published(x: XServer) -> None:
    media = upload(x)
    x("POST", "/2/media/metadata", json={"id": media, "metadata": {"alt_text": {"text": "Le pont"}}})
    post = x.made("Bonjour <script>", media={"media_ids": [media]})
    answered = x.says("Merci", reply_to=post)
    page = x.http.get(f"/x/mairie/status/{post}").text
    assert "Bonjour &lt;script&gt;" in page
    assert "Le pont" in page
    assert "Merci" in page
    assert x.http.get(f"/x/media/{media}").content == png()
    assert "Merci" in x.http.get(f"/x/alice/status/{answered}").text
    assert x.http.get("/x/mairie").status_code == 200
    assert "Bonjour" in x.http.get("/?network=x").text


def test_hiding_is_for_replies_in_our_conversations(x: XServer) -> None:
    post = x.made("Bonjour")
    below, elsewhere = x.says("Bof", reply_to=post), x.says("Ailleurs", mention="mairie")
    assert x("PUT", f"/2/tweets/{below}/hidden", json={"hidden": True}).json() == {"data": {"hidden": True}}
    assert x("PUT", f"/2/tweets/{elsewhere}/hidden", json={"hidden": True}).status_code == 403
    assert x("PUT", f"/2/tweets/{below}/hidden", json={}).status_code == 400
    assert x("DELETE", f"/2/tweets/{below}").status_code == 403
    assert x("DELETE", f"/2/tweets/{post}").json() == {"data": {"deleted": True}}
    assert x("DELETE", f"/2/tweets/{post}").status_code == 404


# ---------------------------------------------------------------- the specification


def test_every_answer_is_what_the_specification_says(x: XServer, specs: Path) -> None:
    whole = "post.fields=attachments,conversation_id,created_at,entities,lang,note_post,public_metrics"
    whole += "&expansions=author_id,referenced_posts,attachments.media_keys"
    whole += "&user.fields=name,username,profile_image_url,public_metrics&media.fields=alt_text,type,url"
    media = upload(x)
    x("POST", "/2/media/metadata", json={"id": media, "metadata": {"alt_text": {"text": "Le pont"}}})
    post = x.made("Voir ville.fr", media={"media_ids": [media]})
    below = x.says("Et alors ?", reply_to=post)
    x.says("Je cite", quote=post, mention="mairie")
    x.made("Rien", reply={"in_reply_to_tweet_id": below})
    filmed = x.made("Film", media={"media_ids": [hand_over(x, MP4)]})
    for path in (
        f"/2/users/{x.me}/tweets?max_results=5&{whole}", f"/2/users/{x.me}/mentions?{whole}",
        f"/2/tweets/search/recent?query=alors&{whole}", f"/2/tweets/{below}?{whole}", f"/2/tweets?ids={post},1&{whole}",
        "/2/tweets/1", "/2/tweets?ids=1", "/2/users/me?user.fields=public_metrics", f"/2/users/{x.me}", "/2/users/1",
        f"/2/users/{x.me}/mentions?max_results=4", "/2/tweets/search/recent?query=zzz", "/2/tweets/abc?nonsense=1",
        f"/2/media/upload?command=STATUS&media_id={media}", "/2/media/upload?media_id=1",
    ):  # fmt: skip
        x("GET", path)
    x("GET", "/2/users/me", token="nobody")
    x("PUT", f"/2/tweets/{below}/hidden", json={"hidden": True})
    x("DELETE", f"/2/tweets/{below}")
    x("DELETE", f"/2/tweets/{filmed}")
    x("DELETE", "/2/tweets/1")
    x("POST", "/2/tweets", json={"text": ""})
    x("POST", "/2/tweets", json={"text": "Non", "reply": {"in_reply_to_tweet_id": x.says("Non")}})
    assert {answer.status_code for *_, answer in x.answers} == {200, 201, 400, 401, 403, 404}
    for method, path, answer in x.answers:
        kind = answer.headers["content-type"]
        found = x_spec.answer_problems(specs, method, path, answer.status_code, kind, answer.json())
        assert found == [], (method, path, answer.text)


PRIVATE = "/2/dm_events?event_types=MessageCreate&dm_event.fields=created_at,dm_conversation_id,entities,text"


def test_a_private_message_is_for_the_two_alone(x: XServer, specs: Path) -> None:
    secret = x.says("Mon dossier, voir https://www.paris.fr/a", mention="mairie", private=True)
    older = x.says("Avant", mention="mairie", private=True, at=1_700_000_000)
    page = f"{PRIVATE}&expansions=sender_id&user.fields=name&max_results=1"
    body = x("GET", page).json()
    assert [each["id"] for each in body["data"]] == [secret]
    assert body["data"][0]["entities"]["urls"][0]["expanded_url"] == "https://www.paris.fr/a"
    assert body["data"][0]["sender_id"] == body["includes"]["users"][0]["id"]
    assert "next_token" not in body["meta"], "what is older than thirty days is not given"
    assert older
    assert x("GET", f"/2/users/{x.me}/mentions").json()["meta"]["result_count"] == 0
    assert "data" not in x("GET", f"/2/tweets/{secret}").json()
    assert x("POST", "/2/tweets", json={"text": "Non", "reply": {"in_reply_to_tweet_id": secret}}).status_code == 404
    again = x.says("Encore", mention="mairie", private=True)
    first = x("GET", page).json()
    assert [each["id"] for each in first["data"]] == [again]
    second = x("GET", f"{page}&pagination_token={first['meta']['next_token']}").json()
    assert [each["id"] for each in second["data"]] == [secret]
    for refused in ("max_results=0", "pagination_token=0000000000000001", "dm_event.fields=sender_id", "since_id=1"):
        assert x("GET", f"/2/dm_events?{refused}").status_code == 400
    for method, path, answer in x.answers:
        if path == "/2/dm_events":
            kind = answer.headers["content-type"]
            assert x_spec.answer_problems(specs, method, path, answer.status_code, kind, answer.json()) == []


def test_private_messages_need_a_permission_of_their_own_and_are_asked_for_seldom(x: XServer) -> None:
    assert {x("GET", PRIVATE).status_code for _ in range(15)} == {200}
    assert x("GET", PRIVATE).status_code == 429
    code = parse_qs(urlsplit(x.authorise(scope=SCOPE.removesuffix(" dm.read")).headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": "v" * 60}
    token = x.tokens(**form).json()["access_token"]
    x.http.put("/practice/settings", json={"rate_limits": False})
    assert x("GET", PRIVATE, token=token).status_code == 403
    assert x("GET", f"/2/users/{x.me}/mentions", token=token).status_code == 200


def test_a_private_message_that_cannot_be_is_refused(x: XServer) -> None:
    for body in ({}, {"mention": "mairie", "reply_to": x.says("Public")}):
        answer = x.http.post(
            "/practice/citizens/write", json={"network": "x", "text": "Secret", "private": True, **body}
        )
        assert answer.status_code == 422


def test_an_answer_outside_the_specification_is_noticed(specs: Path) -> None:
    def found(method: str, path: str, status: int, body: Any, kind: str = "application/json") -> list[str]:
        return x_spec.answer_problems(specs, method, path, status, kind, body)

    assert found("POST", "/2/tweets", 201, {"data": {"id": "1", "text": "a"}}) == []
    assert found("POST", "/2/tweets", 201, {"data": {"id": "x", "text": "a"}})
    assert found("GET", "/2/tweets/1", 200, {"data": {"id": 1}})
    assert found("GET", "/2/tweets/1", 404, {"title": "no"})
    assert found("GET", "/2/tweets/1", 404, {"type": "about:blank"}, "application/problem+json")
    assert found("GET", "/2/tweets/1", 200, {}, "text/html")
