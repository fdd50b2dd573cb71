"""The practice Mastodon against the official OpenAPI document and Mastodon's own wording."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema import Draft202012Validator

from infra.local.practice.status_html import counted_length, to_html

from .conftest import (
    CALLBACK,
    MastodonClient,
    Server,
    asked,
    exchange,
    png,
    register,
    schema_of,
    sign_in,
)


def html_of(text: str) -> str:
    return to_html(
        text, tag_url=lambda t: f"https://m.example/tags/{t}", mention_url=lambda m: f"/@{m}" if m == "ville" else None
    )


def test_every_answer_has_the_shape_of_the_official_schema(mastodon: MastodonClient, specs: Path) -> None:
    media = mastodon.upload(png(), description="La mairie")
    status = mastodon.publish(
        status="Bonjour @ville, #Parvis est ouvert : https://example.org/a/long/path/that/goes/on/and/on",
        media_ids=[media.json()["id"]], language="fr",
    )  # fmt: skip
    assert status.status_code == 200, status.text
    sid = status.json()["id"]
    listing = mastodon.get(f"/api/v1/accounts/{mastodon.account_id}/statuses")
    answers: list[tuple[str, Any]] = [
        ("MediaAttachment", media.json()),
        ("Status", status.json()),
        ("Status", mastodon.get(f"/api/v1/statuses/{sid}").json()),
        ("Status", listing.json()[0]),
        ("StatusSource", mastodon.get(f"/api/v1/statuses/{sid}/source").json()),
        ("CredentialAccount", mastodon.get("/api/v1/accounts/verify_credentials").json()),
        ("Account", mastodon.get(f"/api/v1/accounts/{mastodon.account_id}").json()),
        ("Instance", mastodon.get("/api/v2/instance").json()),
        ("V1Instance", mastodon.get("/api/v1/instance").json()),
        ("Search", mastodon.get("/api/v2/search", q="parvis").json()),
        ("CredentialApplication", mastodon.app),
        ("Token", mastodon.token),
        ("Error", mastodon.get("/api/v1/statuses/1").json()),
    ]
    for name, answer in answers:
        errors = list(Draft202012Validator(schema_of(specs, name)).iter_errors(answer))
        assert not errors, (name, [(list(e.path), e.message) for e in errors[:3]])
    assert mastodon.get("/api/v1/notifications").json() == []
    assert len(answers[9][1]["statuses"]) == 1
    assert status.json()["tags"][0]["name"] == "parvis"
    assert status.json()["mentions"][0]["acct"] == "ville"


def test_text_becomes_the_html_that_mastodon_makes() -> None:
    assert html_of("a\nb\n\nc <b> & \"d\" 'e'") == "<p>a<br />b</p><p>c &lt;b&gt; &amp; &quot;d&quot; &#39;e&#39;</p>"
    assert html_of("https://www.example.org/0123456789012345678901234567890123456789.") == (
        '<p><a href="https://www.example.org/0123456789012345678901234567890123456789" target="_blank" '
        'rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span>'
        '<span class="ellipsis">example.org/012345678901234567</span>'
        '<span class="invisible">8901234567890123456789</span></a>.</p>'
    )
    assert html_of("#Été2026 et #2026") == (
        '<p><a href="https://m.example/tags/Été2026" class="mention hashtag" rel="tag">#<span>Été2026</span></a>'
        " et #2026</p>"
    )
    assert html_of("@ville @autre") == (
        '<p><span class="h-card" translate="no"><a href="/@ville" class="u-url mention">@<span>ville</span></a></span> '
        "@autre</p>"
    )
    assert html_of("(https://example.org/a_(b))").count('href="https://example.org/a_(b)"') == 1
    assert "<script" not in html_of('<script>alert(1)</script> https://x.example/"onclick=alert(1)')


def test_length_is_counted_as_mastodon_counts() -> None:
    assert counted_length("x" * 476 + " https://example.org/" + "a" * 400) == 500
    assert counted_length("👩‍👩‍👧‍👦é") == 2
    assert counted_length("@ville@very.long.example.org ok") == len("@ville ok")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"status": "x" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "x" * 499, "spoiler_text": "yy"}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "  "}, 422, "Validation failed: Text can't be blank"),
        ({"status": "a", "media_ids": ["1", "2", "3", "4", "5"]}, 422, "Cannot attach more than 4 files"),
        ({"status": "a", "media_ids": ["7"]}, 422, "Media 7 not found or already attached to another post"),
        ({"status": "a", "in_reply_to_id": "7"}, 404, "The post you are trying to reply to does not appear to exist."),
        ({"status": "a", "visibility": "all"}, 422, "Validation failed: Visibility is not included in the list"),
    ],
)
def test_a_status_that_breaks_a_rule_is_refused_in_mastodons_words(
    mastodon: MastodonClient, body: dict[str, Any], status: int, error: str
) -> None:
    answer = mastodon.publish(**body)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert mastodon.server.accepted() == []


def test_media_are_checked_processed_attached_once_and_described(mastodon: MastodonClient) -> None:
    server = mastodon.server
    assert mastodon.upload(b"not an image").json() == {
        "error": "Validation failed: File content type is invalid, File is invalid"
    }
    too_long = mastodon.upload(png(), description="x" * 1501)
    assert (too_long.status_code, "maximum is 1500" in too_long.json()["error"]) == (422, True)
    server.settings(media_processing_seconds=0.4)
    media = mastodon.upload(png(), description="Alt")
    assert (media.status_code, media.json()["url"]) == (202, None)
    path = f"/api/v1/media/{media.json()['id']}"
    assert mastodon.get(path).status_code == 206
    early = mastodon.publish(status="a", media_ids=[media.json()["id"]])
    assert "have not finished processing" in early.json()["error"]
    deadline = time.monotonic() + 5
    while (ready := mastodon.get(path)).status_code == 206 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ready.status_code == 200
    assert ready.json()["description"] == "Alt"
    changed = server.http.put(path, json={"description": "Autre"}, headers=mastodon.auth)
    assert changed.json()["description"] == "Autre"
    assert server.http.get(urlsplit(ready.json()["url"]).path).content == png()
    assert mastodon.publish(status="a", media_ids=[media.json()["id"]]).status_code == 200
    assert "already attached" in mastodon.publish(status="b", media_ids=[media.json()["id"]]).json()["error"]


def test_form_and_json_bodies_mean_the_same(mastodon: MastodonClient) -> None:
    media = mastodon.upload(png()).json()["id"]
    answer = mastodon.server.http.post(
        "/api/v1/statuses",
        data={"status": "Formulaire", "media_ids[]": [media], "sensitive": "true"},
        headers=mastodon.auth,
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["sensitive"], len(answer.json()["media_attachments"])) == (True, 1)


def test_statuses_are_paged_as_documented(mastodon: MastodonClient) -> None:
    ids = [mastodon.publish(status=f"{n}").json()["id"] for n in range(7)]
    path = f"/api/v1/accounts/{mastodon.account_id}/statuses"

    def texts(**params: Any) -> str:
        return "".join(s["content"][3:-4] for s in mastodon.get(path, **params).json())

    assert texts() == "6543210"
    assert texts(max_id=ids[3], limit=2) == "21"
    assert texts(since_id=ids[3], limit=2) == "65"
    assert texts(min_id=ids[3], limit=2) == "54"
    assert texts(min_id="1") == texts(since_id="0") == texts(max_id="9" * 30) == "6543210"
    first = mastodon.get(path, limit=3)
    following = first.links["next"]["url"]
    assert parse_qs(urlsplit(following).query) == {"limit": ["3"], "max_id": [ids[4]]}
    assert parse_qs(urlsplit(first.links["prev"]["url"]).query)["min_id"] == [ids[6]]
    assert [s["id"] for s in mastodon.server.http.get(following).json()] == [ids[3], ids[2], ids[1]]


def test_a_slash_at_the_end_changes_nothing(mastodon: MastodonClient) -> None:
    assert mastodon.get("/api/v2/instance/").json() == mastodon.get("/api/v2/instance").json()


def test_a_deleted_status_gives_its_text_back_and_is_gone(mastodon: MastodonClient) -> None:
    sid = mastodon.publish(status="Adieu").json()["id"]
    gone = mastodon.server.http.delete(f"/api/v1/statuses/{sid}", headers=mastodon.auth)
    assert (gone.status_code, gone.json()["text"]) == (200, "Adieu")
    assert mastodon.get(f"/api/v1/statuses/{sid}").json() == {"error": "Record not found"}
    assert mastodon.server.accepted()[0]["deleted"] is True


def test_idempotency_key_counts_only_when_switched_on(mastodon: MastodonClient) -> None:
    headers = {"Idempotency-Key": "one"}
    ids = {mastodon.publish(headers, status="a").json()["id"] for _ in range(2)}
    assert len(ids) == 2
    mastodon.server.settings(idempotency_key=True)
    again = {mastodon.publish({"Idempotency-Key": "two"}, status="a").json()["id"] for _ in range(2)}
    assert len(again) == 1
    assert [row["key"] for row in mastodon.server.accepted()] == ["one", "one", "two"]


# ---------------------------------------------------------------- signing in


def test_the_sign_in_page_shows_an_error_and_gives_no_code(server: Server) -> None:
    server.account("mastodon", "ville")
    app = register(server)
    page = server.http.get("/oauth/authorize", params=asked(app), headers={"Accept-Language": "fr-CA,fr;q=0.9"})
    assert page.status_code == 200
    assert "Mot de passe" in page.text
    assert "<strong>Parvis</strong>" in page.text
    wrong = server.http.post("/oauth/authorize", data={**asked(app), "username": "ville", "password": "faux"})
    assert (wrong.status_code, 'role="alert"' in wrong.text, "location" in wrong.headers) == (401, True, False)
    denied = sign_in(server, app, decision="deny")
    assert (denied["error"], denied["state"]) == ("access_denied", "s t/ate")


def test_unknown_clients_and_addresses_are_never_redirected(server: Server) -> None:
    app = register(server)
    for change in ({"client_id": "other"}, {"redirect_uri": "https://evil.example/"}):
        answer = server.http.get("/oauth/authorize", params=asked(app, **change))
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    for change, error in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_code_challenge_method"),
    ):
        answer = server.http.get("/oauth/authorize", params=asked(app, **change))
        assert f"error={error}" in answer.headers["location"]
        assert answer.headers["location"].startswith(CALLBACK)


def test_a_code_is_used_once_in_time_by_its_client_with_its_verifier(server: Server) -> None:
    server.account("mastodon", "ville")
    app, other = register(server), register(server)

    def code() -> str:
        answer = sign_in(server, app)
        assert answer["state"] == "s t/ate"
        return answer["code"]

    one = code()
    assert exchange(server, app, one, verifier="w" * 64).json()["error"] == "invalid_grant"
    assert exchange(server, app, one, redirect_uri="https://x.example/").status_code == 400
    assert exchange(server, other, one).json()["error"] == "invalid_grant"
    wrong = exchange(server, app, one, client_secret="no")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    token = exchange(server, app, one)
    assert token.status_code == 200
    auth = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert server.http.get("/api/v1/accounts/verify_credentials", headers=auth).status_code == 200
    assert exchange(server, app, one).status_code == 400
    revoked = server.http.get("/api/v1/accounts/verify_credentials", headers=auth)
    assert (revoked.status_code, revoked.json()) == (401, {"error": "The access token was revoked"})
    server.settings(authorization_code_seconds=0)
    assert exchange(server, app, code()).json()["error"] == "invalid_grant"


def test_tokens_scopes_and_revocation(mastodon: MastodonClient) -> None:
    http = mastodon.server.http
    bad = http.get("/api/v1/accounts/verify_credentials", headers={"Authorization": "Bearer nothing"})
    assert (bad.status_code, bad.json()) == (401, {"error": "The access token is invalid"})
    app = register(mastodon.server, "read")
    readable = exchange(mastodon.server, app, sign_in(mastodon.server, app, scope="read")["code"]).json()
    answer = http.post(
        "/api/v1/statuses", json={"status": "a"}, headers={"Authorization": f"Bearer {readable['access_token']}"}
    )
    assert (answer.status_code, answer.json()["error"]) == (403, "This action is outside the authorized scopes")
    client = {k: mastodon.app[k] for k in ("client_id", "client_secret")}
    foreign = http.post("/oauth/revoke", data={**client, "token": readable["access_token"]})
    assert foreign.status_code == 403
    assert http.post("/oauth/revoke", data={**client, "token": mastodon.token["access_token"]}).status_code == 200
    assert mastodon.get("/api/v1/accounts/verify_credentials").status_code == 401


def test_the_rate_limit_speaks_with_mastodons_headers(mastodon: MastodonClient) -> None:
    first = mastodon.get("/api/v1/accounts/verify_credentials")
    assert first.headers["x-ratelimit-limit"] == "300"
    reset = datetime.fromisoformat(first.headers["x-ratelimit-reset"])
    assert reset.timestamp() % 300 == 0
    answers = [mastodon.upload(png()) for _ in range(31)]
    assert [a.status_code for a in answers] == [200] * 30 + [429]
    assert answers[-1].json() == {"error": "Too many requests"}
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
