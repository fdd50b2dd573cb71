"""The practice Bluesky against the official lexicons and the PDS's own wording."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from infra.local.practice import post_record as rules
from infra.local.practice.content_address import TidClock, cid, dag_cbor, is_tid, record_cid

from .conftest import HANDLE, BlueskyClient, Server, png, post_record
from .lexicon_check import Lexicons

TID = "3lbkzq2w3k22a"
SYNTAX = {
    "did": rules.is_did, "handle": rules.is_handle, "recordkey": rules.is_record_key, "tid": is_tid,
    "datetime": rules.is_datetime,
}  # fmt: skip


def image_embed(blob: dict[str, Any], alt: str = "La mairie") -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": [{"alt": alt, "image": blob}]}


def facet(start: int, end: int, uri: str = "https://example.org/") -> dict[str, Any]:
    return {
        "index": {"byteStart": start, "byteEnd": end},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": uri}],
    }


def test_known_content_addresses() -> None:
    # The addresses of an empty DAG-CBOR map and of no bytes at all are known to every IPLD implementation.
    assert record_cid({}) == "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"
    assert cid(b"", 0x55) == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    assert dag_cbor({"bb": 1, "a": [None, True, "é"], "c": -25}).hex() == "a3616183f6f562c3a9616338186262" + "6201"


def test_tids_rise_even_within_a_microsecond() -> None:
    clock = TidClock(5)
    made = [clock.next(1_790_000_000.0) for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(map(is_tid, made))


@pytest.mark.parametrize("syntax", SYNTAX)
@pytest.mark.parametrize("side", ["valid", "invalid"])
def test_syntax_agrees_with_the_interop_files(specs: Path, syntax: str, side: str) -> None:
    file = specs / "atproto-lexicons" / "interop-test-files" / "syntax" / f"{syntax}_syntax_{side}.txt"
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines
    wrong = [line for line in lines if SYNTAX[syntax](line) != (side == "valid")]
    assert wrong == []


def test_every_answer_has_the_shape_of_its_lexicon(bluesky: BlueskyClient, specs: Path) -> None:
    lexicons = Lexicons(specs / "atproto-lexicons")
    blob = bluesky.upload(png())
    record = post_record("Bonjour https://example.org/", facets=[facet(8, 28)], embed=image_embed(blob), langs=["fr"])
    http, auth = bluesky.server.http, bluesky.auth
    refreshed = http.post(
        "/xrpc/com.atproto.server.refreshSession",
        headers={"Authorization": f"Bearer {bluesky.session['refreshJwt']}"},
    )
    answers = {
        "com.atproto.repo.putRecord": bluesky.put(TID, record),
        "com.atproto.repo.createRecord": bluesky.create(post_record("Deux")),
        "com.atproto.repo.getRecord": bluesky.query(
            "com.atproto.repo.getRecord", repo=HANDLE, collection="app.bsky.feed.post", rkey=TID
        ),
        "com.atproto.repo.listRecords": bluesky.query(
            "com.atproto.repo.listRecords", repo=bluesky.did, collection="app.bsky.feed.post"
        ),
        "com.atproto.server.describeServer": bluesky.query("com.atproto.server.describeServer"),
        "com.atproto.server.getSession": http.get("/xrpc/com.atproto.server.getSession", headers=auth),
        "com.atproto.server.refreshSession": refreshed,
        "com.atproto.identity.resolveHandle": bluesky.query("com.atproto.identity.resolveHandle", handle=HANDLE),
        "app.bsky.feed.getAuthorFeed": bluesky.query("app.bsky.feed.getAuthorFeed", actor=HANDLE),
        "app.bsky.actor.getProfile": bluesky.query("app.bsky.actor.getProfile", actor=bluesky.did),
        "com.atproto.repo.deleteRecord": bluesky.call(
            "com.atproto.repo.deleteRecord", repo=bluesky.did, collection="app.bsky.feed.post", rkey=TID
        ),
    }
    for nsid, answer in answers.items():
        assert answer.status_code == 200, (nsid, answer.text)
        assert lexicons.problems(answer.json(), lexicons.output(nsid), nsid) == [], nsid
    session = lexicons.output("com.atproto.server.createSession")
    assert lexicons.problems(bluesky.session, session, "com.atproto.server.createSession") == []
    assert len(answers["app.bsky.feed.getAuthorFeed"].json()["feed"]) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "é" * 301}, "300 graphemes"),
        ({"text": "👩‍👩‍👧‍👦" * 200}, "3000"),
        ({"text": 3}, "must be a string"),
        ({"createdAt": "2026-11-23 15:00"}, "datetime"),
        ({"createdAt": "2026-02-30T15:00:00Z"}, "datetime"),
        ({"langs": ["fr", "en", "de", "it"]}, "3 elements"),
        ({"tags": ["a"] * 9}, "8 elements"),
        ({"facets": [facet(0, 99)]}, "inside the text"),
        ({"text": "été", "facets": [facet(1, 3)]}, "split a character"),
        ({"facets": [facet(0, 3, "no address")]}, "must be a uri"),
        ({"embed": {"$type": "app.bsky.embed.images"}}, '"images"'),
        ({"reply": {"root": {"uri": "at://x", "cid": "y"}}}, "at-uri"),
        ({"$type": "app.bsky.feed.like"}, "Invalid $type"),
    ],
)
def test_a_record_that_breaks_the_lexicon_is_refused(
    bluesky: BlueskyClient, change: dict[str, Any], message: str
) -> None:
    answer = bluesky.put(TID, post_record() | change)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")
    assert message in answer.json()["message"]
    assert bluesky.server.accepted() == []
    assert bluesky.server.log(operation="publish")[-1]["accepted"] is False


def test_our_rules_agree_with_the_official_lexicon_on_random_records(specs: Path) -> None:
    """The official file decides; ours may only be stricter about facets outside the text."""
    lexicons, schema = Lexicons(specs / "atproto-lexicons"), {"type": "ref", "ref": "app.bsky.feed.post"}
    draw = random.Random(7)
    blob = {"$type": "blob", "ref": {"$link": cid(b"x", 0x55)}, "mimeType": "image/png", "size": 9}
    flat = {"image": blob, "alt": "", "aspectRatio": {"width": 1, "height": 0}}
    card = {"uri": "https://a.example", "title": ""}
    reply = {"uri": "at://did:plc:abc/app.bsky.feed.post/x", "cid": cid(b"x", 0x71)}
    choices: dict[str, list[Any]] = {
        "text": ["", "a" * 300, "a" * 301, "👩‍👩‍👧‍👦" * 119, "👩‍👩‍👧‍👦" * 121, 5, None],
        "createdAt": ["2026-11-23T15:00:00Z", "2026-11-23T15:00:00+01:00", "today", 4, "2026-11-23T15:00:00-00:00"],
        "langs": [["fr"], ["a", "b", "c", "d"], "fr"],
        "tags": [["x"], ["x" * 65], ["x"] * 9, [4]],
        "embed": [
            image_embed(blob), image_embed(blob | {"size": 1}), {"$type": "app.bsky.embed.images"},
            {"$type": "app.bsky.embed.images", "images": [{"image": blob}]},
            {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}] * 5},
            {"$type": "app.bsky.embed.images", "images": [flat]},
            {"$type": "app.bsky.embed.external", "external": card | {"description": ""}},
            {"$type": "app.bsky.embed.external", "external": card},
        ],
        "reply": [{"root": {}, "parent": {}}, {"root": reply, "parent": reply}],
        "labels": [{"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "x"}]},
                   {"$type": "com.atproto.label.defs#selfLabels"}],
    }  # fmt: skip
    refused = 0
    for _ in range(3000):
        record: dict[str, Any] = {"$type": "app.bsky.feed.post"}
        if draw.random() < 0.9:
            record |= {"text": "ok", "createdAt": "2026-11-23T15:00:00Z"}
        for name in draw.sample(sorted(choices), draw.randint(0, 3)):
            record[name] = draw.choice(choices[name])
        official = lexicons.problems(record, schema, "app.bsky.feed.post")
        if record.get("langs") == ["a", "b", "c", "d"]:
            assert official
        try:
            rules.check_post(record)
            ours = None
        except rules.Invalid as e:
            ours = str(e)
        assert bool(official) == (ours is not None), (record, official, ours)
        refused += ours is not None
    assert 500 < refused < 2900


def test_put_with_one_key_is_one_post_and_create_twice_is_two(bluesky: BlueskyClient) -> None:
    first, second = bluesky.put(TID, post_record()), bluesky.put(TID, post_record())
    assert first.json()["cid"] == second.json()["cid"]
    assert "commit" in first.json()
    assert "commit" not in second.json()
    assert len(bluesky.server.accepted()) == 1
    assert [e["created"] for e in bluesky.server.log(operation="publish")] == [True, False]
    bluesky.create(post_record())
    bluesky.create(post_record())
    assert len(bluesky.server.accepted()) == 3
    assert bluesky.create(post_record(), rkey=TID).status_code == 500


@pytest.mark.parametrize("rkey", ["not-a-tid", "", "zzzzzzzzzzzzz", "../../../etc"])
def test_record_keys_of_posts_are_tids(bluesky: BlueskyClient, rkey: str) -> None:
    assert bluesky.put(rkey, post_record()).json()["error"] == "InvalidRequest"


def test_blobs_must_exist_fit_and_be_what_they_say(bluesky: BlueskyClient) -> None:
    missing = {"$type": "blob", "ref": {"$link": cid(b"x", 0x55)}, "mimeType": "image/png", "size": 1}
    assert bluesky.put(TID, post_record(embed=image_embed(missing))).json()["error"] == "BlobNotFound"
    blob = bluesky.upload(png(), "application/octet-stream")
    assert blob["mimeType"] == "image/png"
    wrong = bluesky.put(TID, post_record(embed=image_embed(blob | {"mimeType": "image/jpeg"})))
    assert wrong.json()["error"] == "InvalidMimeType"
    text = bluesky.upload(b"plain", "text/plain")
    assert bluesky.put(TID, post_record(embed=image_embed(text))).json()["error"] == "InvalidMimeType"
    big = bluesky.upload(png() + b"\0" * 2_000_000)
    assert bluesky.put(TID, post_record(embed=image_embed(big))).json()["error"] == "BlobTooLarge"
    unseen = bluesky.query("com.atproto.sync.getBlob", did=bluesky.did, cid=blob["ref"]["$link"])
    assert unseen.json()["error"] == "BlobNotFound"
    assert bluesky.put(TID, post_record(embed=image_embed(blob))).status_code == 200
    seen = bluesky.query("com.atproto.sync.getBlob", did=bluesky.did, cid=blob["ref"]["$link"])
    assert (seen.content, seen.headers["content-type"]) == (png(), "image/png")


def test_sessions_expire_rotate_and_notice_reuse(bluesky: BlueskyClient) -> None:
    server, http = bluesky.server, bluesky.server.http
    claims = jwt.decode(bluesky.session["accessJwt"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == pytest.approx(7200, abs=2)

    def refresh(token: str) -> Any:
        return http.post("/xrpc/com.atproto.server.refreshSession", headers={"Authorization": f"Bearer {token}"})

    second = refresh(bluesky.session["refreshJwt"])
    assert second.status_code == 200
    third = refresh(second.json()["refreshJwt"])
    assert third.status_code == 200
    again = refresh(second.json()["refreshJwt"])
    assert (again.status_code, again.json()["error"]) == (400, "ExpiredToken")
    assert refresh(third.json()["refreshJwt"]).status_code == 400, "reuse ends the whole line"
    assert refresh(bluesky.session["accessJwt"]).json() == {"error": "InvalidToken", "message": "Bad token scope"}

    server.settings(access_token_seconds=1)
    body = {"identifier": bluesky.did, "password": "sesame"}
    short = http.post("/xrpc/com.atproto.server.createSession", json=body).json()
    time.sleep(2.1)
    late = http.get("/xrpc/com.atproto.server.getSession", headers={"Authorization": f"Bearer {short['accessJwt']}"})
    assert (late.status_code, late.json()) == (400, {"error": "ExpiredToken", "message": "Token has expired"})


def test_errors_as_the_pds_words_them(bluesky: BlueskyClient) -> None:
    http = bluesky.server.http
    create = "/xrpc/com.atproto.server.createSession"
    wrong = http.post(create, json={"identifier": HANDLE, "password": "no"})
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"error": "AuthenticationRequired", "message": "Invalid identifier or password"},
    )
    assert http.post(create, content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert http.post(create, json=[1]).json()["error"] == "InvalidRequest"
    assert http.get("/xrpc/com.example.nothing").status_code == 501
    no_auth = http.post("/xrpc/com.atproto.repo.putRecord", json={})
    assert (no_auth.status_code, no_auth.json()["error"]) == (401, "AuthMissing")
    forged = http.get("/xrpc/com.atproto.server.getSession", headers={"Authorization": "Bearer a.b.c"})
    assert (forged.status_code, forged.json()["error"]) == (400, "InvalidToken")
    missing = bluesky.query("com.atproto.repo.getRecord", repo=HANDLE, collection="app.bsky.feed.post", rkey=TID)
    assert (missing.status_code, missing.json()["error"]) == (400, "RecordNotFound")
    other = bluesky.server.account("bluesky", "autre.practice.test")
    foreign = bluesky.call(
        "com.atproto.repo.putRecord", repo=other, collection="app.bsky.feed.post", rkey=TID, record=post_record()
    )
    assert foreign.status_code == 401


def test_the_thirty_first_sign_in_is_refused_with_the_headers(server: Server) -> None:
    server.account("bluesky", HANDLE)
    body = {"identifier": HANDLE, "password": "sesame"}
    answers = [server.http.post("/xrpc/com.atproto.server.createSession", json=body) for _ in range(31)]
    assert [a.status_code for a in answers] == [200] * 30 + [429]
    last = answers[-1]
    assert last.json()["error"] == "RateLimitExceeded"
    assert last.headers["ratelimit-remaining"] == "0"
    assert time.time() < int(last.headers["ratelimit-reset"]) <= time.time() + 301
    assert last.headers["ratelimit-policy"] == "30;w=300"
    server.settings(rate_limits=False)
    assert server.http.post("/xrpc/com.atproto.server.createSession", json=body).status_code == 200


def test_records_are_listed_in_pages_both_ways(bluesky: BlueskyClient) -> None:
    for n in range(7):
        bluesky.create(post_record(f"{n}"))

    def page(**params: Any) -> dict[str, Any]:
        query = {"repo": HANDLE, "collection": "app.bsky.feed.post", "limit": 3, **params}
        return dict(bluesky.query("com.atproto.repo.listRecords", **query).json())

    for reverse, expected in ((False, "6543210"), (True, "0123456")):
        texts, cursor = "", {}
        while (got := page(reverse=reverse, **cursor))["records"]:
            texts += "".join(r["value"]["text"] for r in got["records"])
            cursor = {"cursor": got["cursor"]}
        assert texts == expected
    assert bluesky.query("com.atproto.repo.listRecords", repo=HANDLE, collection="x.y.z", limit=101).status_code == 400
