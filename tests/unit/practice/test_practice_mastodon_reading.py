"""What Mastodon tells an account: notifications, search, contexts, counts, edits; against the OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator

from .conftest import MastodonClient, Server, connected, schema_of

LIST, SEARCH = "/api/v1/notifications", "/api/v2/search"


def told(client: MastodonClient, **params: Any) -> list[tuple[str, str]]:
    """(type, what the status's text ends with) of every notification, newest first."""
    answer = client.get(LIST, **params)
    assert answer.status_code == 200, answer.text
    return [(n["type"], re.sub("<[^>]+>", "", n["status"]["content"]).split()[-1]) for n in answer.json()]


def found(client: MastodonClient, q: str, **params: Any) -> list[str]:
    answer = client.get(SEARCH, q=q, type="statuses", **params)
    assert answer.status_code == 200, answer.text
    return [status["id"] for status in answer.json()["statuses"]]


def test_every_answer_has_the_shape_of_the_official_schema(mastodon: MastodonClient, specs: Path) -> None:
    server = mastodon.server
    sid = mastodon.publish(status="Avis aux citoyens").json()["id"]
    reply = server.write("mastodon", "Où donc ?", reply_to=sid, language="fr", author="Zoé Bélanger")
    server.write("mastodon", "Ici.", reply_to=reply["remote_id"])
    quote = server.write("mastodon", "À lire", quote=sid)
    server.write("mastodon", "Un quote d’un quote", quote=quote["remote_id"], mention="ville")
    server.write("mastodon", "En secret", mention="ville", private=True)
    server.citizens("edit", network="mastodon", remote_id=reply["remote_id"], text="@ville Où donc exactement ?")
    server.citizens("react", network="mastodon", remote_id=sid, likes=2, shares=1)
    context = mastodon.get(f"/api/v1/statuses/{reply['remote_id']}/context").json()
    listed = mastodon.get(LIST).json()
    answers: list[tuple[str, Any]] = [
        *(("Notification", n) for n in listed),
        ("Context", context),
        ("Search", mastodon.get(SEARCH, q="donc", type="statuses").json()),
        *(("Status", s) for s in mastodon.get("/api/v1/statuses", **{"id[]": [sid, reply["remote_id"]]}).json()),
        ("Account", mastodon.get(f"/api/v1/accounts/{reply['author_id']}").json()),
    ]
    for name, answer in answers:
        errors = list(Draft202012Validator(schema_of(specs, name)).iter_errors(answer))
        assert not errors, (name, [(list(e.path), e.message) for e in errors[:3]])
    assert {n["type"] for n in listed} == {"mention", "quote", "favourite", "reblog"}
    assert (len(context["ancestors"]), len(context["descendants"])) == (1, 1)
    assert answers[len(listed) + 1][1]["statuses"][0]["edited_at"] is not None


def test_only_those_whom_a_text_names_are_told(mastodon: MastodonClient) -> None:
    server = mastodon.server
    sid = mastodon.publish(status="Avis").json()["id"]
    reply = server.write("mastodon", "Réponse", reply_to=sid)
    assert reply["text"] == "@ville Réponse", "as Mastodon's own clients do"
    server.write("mastodon", "Dessous", reply_to=reply["remote_id"])
    server.write("mastodon", "Bonjour @ville")
    server.write("mastodon", "Sans rapport")
    quote = server.write("mastodon", "Voyez", quote=sid)
    assert told(mastodon) == [
        ("quote", "Voyez"), ("mention", "@ville"), ("mention", "Dessous"), ("mention", "Réponse"),
    ]  # fmt: skip
    assert [r["kind"] for r in reply["reaches"]] == ["reply"]
    assert quote["quoted"] == sid
    assert told(mastodon, **{"types[]": ["quote"]}) == [("quote", "Voyez")]
    assert len(told(mastodon, **{"exclude_types[]": ["quote"]})) == 3
    assert told(mastodon, account_id=reply["author_id"]) == [("mention", "Réponse")]


def test_a_direct_message_is_read_by_those_it_names_alone(mastodon: MastodonClient) -> None:
    server = mastodon.server
    secret = server.write("mastodon", "Mon dossier médical", mention="ville", private=True, author="Ana Rossi")
    assert secret["reaches"] == [{"handle": "ville", "kind": "private"}]
    notice = mastodon.get(LIST).json()[0]
    assert (notice["type"], notice["status"]["visibility"]) == ("mention", "direct")
    path = f"/api/v1/statuses/{secret['remote_id']}"
    assert mastodon.get(path).status_code == 200
    assert found(mastodon, "médical") == [secret["remote_id"]]
    server.account("mastodon", "police")
    stranger = server.write("mastodon", "Où ?", author="Autre")
    for answer in (server.http.get(path), server.http.get(path + "/context")):
        assert answer.status_code == 404
    ids = [secret["remote_id"], stranger["remote_id"]]
    seen = server.http.get("/api/v1/statuses", params={"id[]": ids}).json()
    assert [s["id"] for s in seen] == [stranger["remote_id"]]
    answer = mastodon.publish(status="@ana_rossi Reçu", in_reply_to_id=secret["remote_id"], visibility="direct").json()
    below = mastodon.get(path + "/context").json()["descendants"]
    assert [s["id"] for s in below] == [answer["id"]]
    assert mastodon.get(path).json()["replies_count"] == 0, "private answers are not counted"
    again = server.write("mastodon", "Merci", reply_to=answer["id"], author="Ana Rossi")
    assert again["private"] is True
    assert "médical" not in server.http.get("/?who=citizens").text


def test_notifications_are_paged_by_id_both_ways(mastodon: MastodonClient) -> None:
    for n in range(7):
        mastodon.server.write("mastodon", f"{n}", mention="ville")
    ids = [n["id"] for n in mastodon.get(LIST).json()]

    def digits(**params: Any) -> str:
        return "".join(text for _, text in told(mastodon, **params))

    assert digits() == "6543210"
    assert digits(limit=2) == "65"
    assert digits(max_id=ids[2], limit=2) == "32"
    assert digits(since_id=ids[4], limit=2) == "65"
    assert digits(min_id=ids[4], limit=2) == "43"
    assert digits(min_id=ids[0]) == ""
    page = mastodon.get(LIST, limit=3, **{"types[]": ["mention", "quote"]})
    following = page.links["next"]["url"]
    assert sorted(parse_qsl(urlsplit(following).query)) == [
        ("limit", "3"), ("max_id", ids[2]), ("types[]", "mention"), ("types[]", "quote"),
    ]  # fmt: skip
    rest = mastodon.server.http.get(following, headers=mastodon.auth)
    assert [n["id"] for n in rest.json()] == ids[3:6]
    newer = page.links["prev"]["url"]
    assert mastodon.server.http.get(newer, headers=mastodon.auth).json() == []
    mastodon.server.write("mastodon", "7", mention="ville")
    newest = mastodon.server.http.get(newer, headers=mastodon.auth)
    assert [n["status"]["content"][-5:-4] for n in newest.json()] == ["7"]


def test_an_edited_message_keeps_its_id_and_is_told_once(mastodon: MastodonClient) -> None:
    server = mastodon.server
    message = server.write("mastodon", "Rue Tanneur", mention="ville")
    server.account("mastodon", "police")
    edited = server.citizens(
        "edit", network="mastodon", remote_id=message["remote_id"], text="@police Rue des Tanneurs"
    )
    assert edited["edited_at"] >= message["accepted_at"]
    notice = mastodon.get(LIST).json()
    assert [n["status"]["id"] for n in notice] == [message["remote_id"]]
    assert notice[0]["status"]["edited_at"] is not None
    assert "des Tanneurs" in notice[0]["status"]["content"]
    assert {r["handle"] for r in edited["reaches"]} == {"ville", "police"}
    assert found(mastodon, '"rue des tanneurs"') == [message["remote_id"]]
    assert found(mastodon, "tanneur") == []
    own = mastodon.publish(status="À nous").json()["id"]
    refused = server.http.post(
        "/practice/citizens/edit", json={"network": "mastodon", "remote_id": own, "text": "Piraté"}
    )
    assert refused.status_code == 422


def test_counts_of_statuses_and_accounts(mastodon: MastodonClient) -> None:
    server = mastodon.server
    sid = mastodon.publish(status="Avis").json()["id"]
    server.citizens("react", network="mastodon", remote_id=sid, likes=12, shares=4)
    reply = server.write("mastodon", "a", reply_to=sid, author="Fatou Sow", followers=2500)
    server.write("mastodon", "b", quote=sid)
    status = mastodon.get(f"/api/v1/statuses/{sid}").json()
    assert [status[f"{n}_count"] for n in ("favourites", "reblogs", "replies", "quotes")] == [12, 4, 1, 1]
    citizen = mastodon.get(f"/api/v1/accounts/{reply['author_id']}").json()
    assert (citizen["followers_count"], citizen["statuses_count"]) == (2500, 1)
    server.citizens("delete", network="mastodon", remote_id=reply["remote_id"])
    assert mastodon.get(f"/api/v1/statuses/{sid}").json()["replies_count"] == 0
    mastodon.publish(status="@fatou_sow discret", visibility="direct")
    assert mastodon.get(f"/api/v1/accounts/{mastodon.account_id}").json()["statuses_count"] == 1


def test_a_reply_outlives_what_it_answers(mastodon: MastodonClient) -> None:
    server = mastodon.server
    above = server.write("mastodon", "Question", mention="ville")
    reply = server.write("mastodon", "Moi aussi", reply_to=above["remote_id"])
    server.citizens("delete", network="mastodon", remote_id=above["remote_id"])
    status = mastodon.get(f"/api/v1/statuses/{reply['remote_id']}").json()
    assert (status["in_reply_to_id"], status["in_reply_to_account_id"]) == (None, None)
    assert mastodon.get(f"/api/v1/statuses/{reply['remote_id']}/context").json()["ancestors"] == []
    assert [text for _, text in told(mastodon)] == ["aussi"]


def test_search_finds_what_is_open_own_or_addressed(mastodon: MastodonClient) -> None:
    server = mastodon.server
    own = mastodon.publish(status="Fumée : gardez vos fenêtres fermées").json()["id"]
    near = server.write("mastodon", "Fumée rue des Tanneurs", author="Luc Martel", language="fr")["remote_id"]
    far = server.write("mastodon", "FUMEE #tanneurs", author="Tom Reid", language="en")["remote_id"]
    assert found(mastodon, "fumée") == [far, near, own]
    assert found(mastodon, "fumée", limit=1, offset=1) == [near]
    assert found(mastodon, "fumée", max_id=far) == [near, own]
    assert found(mastodon, "fumée", min_id=own) == [far, near]
    assert found(mastodon, "fumée from:luc_martel") == [near]
    assert found(mastodon, "fumée from:me") == [own]
    assert found(mastodon, "fumée language:en") == found(mastodon, "#tanneurs") == [far]
    assert found(mastodon, "fumée -rue -gardez") == [far]
    assert found(mastodon, "fumée", account_id=mastodon.account_id) == [own]
    assert found(mastodon, "fumée from:nobody") == []
    assert mastodon.get(SEARCH, q="luc", type="accounts").json()["accounts"][0]["acct"] == "luc_martel"


def test_statuses_by_id_are_20_at_most_and_without_those_that_are_gone(mastodon: MastodonClient) -> None:
    ids = [mastodon.publish(status=f"{n}").json()["id"] for n in range(3)]
    asked = mastodon.get("/api/v1/statuses", **{"id[]": [ids[2], "7", ids[0], ids[0]]})
    assert [s["id"] for s in asked.json()] == [ids[0], ids[2]]
    assert mastodon.get("/api/v1/statuses", **{"id[]": [str(n) for n in range(21)]}).status_code == 422


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("read:accounts read:statuses write:statuses", set()),
        ("read:notifications", {LIST}),
        ("read:search", {SEARCH}),
        ("read", {LIST, SEARCH}),
    ],
)
def test_notifications_and_search_need_their_scopes(server: Server, scope: str, allowed: set[str]) -> None:
    client = connected(server, scope)
    for path in (LIST, SEARCH):
        answer = client.get(path, q="a")
        if path in allowed:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()) == (
                403,
                {"error": "This action is outside the authorized scopes"},
            )
    assert server.http.get(LIST).status_code == 401


@pytest.mark.parametrize("path", [LIST, SEARCH, "/api/v1/statuses", "/api/v1/statuses/{id}/context"])
def test_faults_apply_to_reading(mastodon: MastodonClient, path: str) -> None:
    sid = mastodon.publish(status="Avis").json()["id"]
    path = path.format(id=sid)
    mastodon.server.faults(
        {"kind": "rate_limit", "operation": "read", "count": 1}, {"kind": "error_5xx_before", "operation": "read"}
    )
    refused = mastodon.get(path, q="a")
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (429, "0")
    assert mastodon.get(path, q="a").status_code == 503
    mastodon.server.faults({"kind": "malformed", "operation": "read", "form": "html"})
    assert mastodon.get(path, q="a").headers["content-type"].startswith("text/html")
