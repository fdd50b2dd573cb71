"""What Bluesky tells an account: notifications, search, threads, counts; against the official lexicons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.networks.lexicon import violations

from .conftest import HANDLE, BlueskyClient, post_record
from .lexicon_check import Lexicons

LIST = "app.bsky.notification.listNotifications"
SEARCH = "app.bsky.feed.searchPosts"
THREAD = "app.bsky.feed.getPostThread"
POSTS = "app.bsky.feed.getPosts"


def notifications(client: BlueskyClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.read(LIST, **params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["notifications"])


def told(client: BlueskyClient, **params: Any) -> list[tuple[str, str]]:
    """(reason, text) of every notification, newest first."""
    return [(n["reason"], n["record"].get("text", "")) for n in notifications(client, **params)]


def found(client: BlueskyClient, q: str, **params: Any) -> list[str]:
    answer = client.read(SEARCH, q=q, **params)
    assert answer.status_code == 200, answer.text
    return [post["record"]["text"] for post in answer.json()["posts"]]


def own(client: BlueskyClient, text: str = "Avis", **more: Any) -> str:
    return str(client.create(post_record(text, **more)).json()["uri"])


def references(client: BlueskyClient, uri: str, root: str | None = None) -> dict[str, Any]:
    def one(u: str) -> dict[str, str]:
        return {"uri": u, "cid": client.query(POSTS, uris=u).json()["posts"][0]["cid"]}

    return {"root": one(root or uri), "parent": one(uri)}


def test_every_answer_has_the_shape_of_its_lexicon(bluesky: BlueskyClient, specs: Path) -> None:
    lexicons = Lexicons(specs / "atproto-lexicons")
    server, uri = bluesky.server, own(bluesky)
    reply = server.write(
        "bluesky", "Où ? https://example.org #urgent", reply_to=uri, language="fr", author="Zoé Bélanger"
    )
    below = server.write("bluesky", "Ici.", reply_to=reply["remote_id"], mention=HANDLE)
    quote = server.write("bluesky", "Voyez", quote=uri)
    server.citizens("react", network="bluesky", remote_id=uri, likes=2, shares=1)
    gone = server.write("bluesky", "Perdu", reply_to=reply["remote_id"])
    orphan = server.write("bluesky", "Orphelin", reply_to=gone["remote_id"])
    server.citizens("delete", network="bluesky", remote_id=gone["remote_id"])
    lost = server.write("bluesky", "Cite ce qui part", quote=below["remote_id"])
    answers = [
        (LIST, bluesky.read(LIST)),
        (SEARCH, bluesky.read(SEARCH, q="où")),
        (THREAD, bluesky.read(THREAD, uri=uri)),
        (THREAD, bluesky.query(THREAD, uri=below["remote_id"])),
        (THREAD, bluesky.query(THREAD, uri=orphan["remote_id"])),
        (POSTS, bluesky.query(POSTS, uris=[uri, quote["remote_id"], lost["remote_id"]])),
        ("app.bsky.actor.getProfile", bluesky.query("app.bsky.actor.getProfile", actor=reply["author"])),
        ("app.bsky.actor.getProfiles", bluesky.query("app.bsky.actor.getProfiles", actors=[reply["author"], HANDLE])),
    ]
    for nsid, answer in answers:
        assert answer.status_code == 200, (nsid, answer.text)
        assert lexicons.problems(answer.json(), lexicons.output(nsid), nsid) == [], nsid
    kinds = {"post": "app.bsky.feed.post", "like": "app.bsky.feed.like", "repost": "app.bsky.feed.repost"}
    listed = answers[0][1].json()["notifications"]
    assert {n["reason"] for n in listed} == {"reply", "mention", "quote", "like", "repost"}
    for notification in listed:
        kind = kinds.get(notification["reason"], kinds["post"])
        assert notification["record"]["$type"] == kind
        if kind == kinds["post"]:
            assert violations(specs / "atproto-lexicons", kind, notification["record"]) == []
        assert f"/{kind}/" in notification["uri"]
    embeds = [post["embed"]["record"]["$type"] for post in answers[5][1].json()["posts"][1:]]
    assert embeds == ["app.bsky.embed.record#viewRecord"] * 2
    server.citizens("delete", network="bluesky", remote_id=below["remote_id"])
    again = bluesky.query(POSTS, uris=lost["remote_id"])
    assert lexicons.problems(again.json(), lexicons.output(POSTS), POSTS) == []
    assert again.json()["posts"][0]["embed"]["record"]["notFound"] is True


def test_replies_mentions_and_quotes_are_told_once_each_with_what_they_are_about(bluesky: BlueskyClient) -> None:
    server, uri = bluesky.server, own(bluesky)
    server.write("bluesky", "Une réponse", reply_to=uri)
    server.write("bluesky", f"Bonjour @{HANDLE}, une question")
    server.write("bluesky", "À lire", quote=uri)
    server.write("bluesky", "Cela ne vous regarde pas")
    server.write("bluesky", f"Réponse à @{HANDLE}", reply_to=uri, quote=uri)
    own(bluesky, "Je me réponds", reply=references(bluesky, uri))
    assert told(bluesky) == [
        ("mention", f"Réponse à @{HANDLE}"),
        ("quote", "À lire"),
        ("mention", f"Bonjour @{HANDLE}, une question"),
        ("reply", "Une réponse"),
    ]
    subjects = [n.get("reasonSubject") for n in notifications(bluesky)]
    assert subjects == [None, uri, None, uri]
    assert told(bluesky, reasons=["quote", "reply"]) == [("quote", "À lire"), ("reply", "Une réponse")]


def test_an_answer_below_an_answer_still_reaches_the_author_above(bluesky: BlueskyClient) -> None:
    """Bluesky tells the authors of the four posts above, and no further."""
    server, uri = bluesky.server, own(bluesky)
    under = uri
    for depth in range(1, 6):
        under = server.write("bluesky", f"niveau {depth}", reply_to=under, author=f"Voisin {depth}")["remote_id"]
    assert [text for _, text in told(bluesky)] == ["niveau 4", "niveau 3", "niveau 2", "niveau 1"]
    assert {n["reasonSubject"] for n in notifications(bluesky)} == {uri}


def test_notifications_are_paged_newest_first_and_nothing_is_passed_over(bluesky: BlueskyClient) -> None:
    for n in range(7):
        bluesky.server.write("bluesky", f"{n}", mention=HANDLE, author="Luc Martel")
    texts, cursor = [], {}
    while True:
        page = bluesky.read(LIST, limit=3, **cursor).json()
        if not page["notifications"]:
            assert "cursor" not in page
            break
        texts += [n["record"]["text"].split()[-1] for n in page["notifications"]]
        cursor = {"cursor": page["cursor"]}
        bluesky.server.write("bluesky", "entre deux pages", mention=HANDLE)
    assert texts == ["6", "5", "4", "3", "2", "1", "0"]
    for wrong in ({"cursor": "x"}, {"limit": 0}, {"limit": 101}, {"limit": "many"}):
        assert bluesky.read(LIST, **wrong).status_code == 400


def test_a_deleted_message_is_told_no_longer_and_counts_no_longer(bluesky: BlueskyClient) -> None:
    server, uri = bluesky.server, own(bluesky)
    reply = server.write("bluesky", "Oups", reply_to=uri)
    assert bluesky.query(POSTS, uris=uri).json()["posts"][0]["replyCount"] == 1
    server.citizens("delete", network="bluesky", remote_id=reply["remote_id"])
    assert told(bluesky) == []
    assert bluesky.query(POSTS, uris=[uri, reply["remote_id"]]).json()["posts"][0]["replyCount"] == 0
    assert found(bluesky, "oups") == []
    assert bluesky.query(THREAD, uri=reply["remote_id"]).json()["error"] == "NotFound"


def test_counts_of_posts_and_profiles(bluesky: BlueskyClient) -> None:
    server, uri = bluesky.server, own(bluesky)
    server.citizens("react", network="bluesky", remote_id=uri, likes=40, shares=3)
    server.citizens("react", network="bluesky", remote_id=uri, likes=2)
    reply = server.write("bluesky", "a", reply_to=uri)
    server.write("bluesky", "b", reply_to=reply["remote_id"])
    server.write("bluesky", "c", quote=uri)
    post = bluesky.query(POSTS, uris=uri).json()["posts"][0]
    counts = [post[name] for name in ("likeCount", "repostCount", "replyCount", "quoteCount")]
    assert counts == [42, 3, 1, 1]
    likers = {n["author"]["did"] for n in notifications(bluesky, limit=100, reasons="like")}
    assert len(likers) == 42
    body = {"network": "bluesky", "handle": HANDLE, "password": "sesame", "followers": 4210, "following": 12}
    assert server.http.post("/practice/accounts", json=body).status_code == 200
    profile = bluesky.query("app.bsky.actor.getProfile", actor=HANDLE).json()
    assert [profile[n] for n in ("followersCount", "followsCount", "postsCount")] == [4210, 12, 1]
    assert server.account("bluesky", HANDLE, name="Autre") == bluesky.did
    assert bluesky.query("app.bsky.actor.getProfile", actor=HANDLE).json()["followersCount"] == 4210


def test_search_finds_words_phrases_people_tags_and_times(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    early = "2026-03-01T10:00:00Z"
    server.write("bluesky", "Fumée épaisse rue des Tanneurs #fumee", author="Luc Martel", language="fr", at=early)
    server.write("bluesky", "Smoke on Tanners Street", author="Tom Reid", language="en", at="2026-03-02T10:00:00Z")
    server.write("bluesky", "La FUMEE arrive des Tanneurs, voir https://example.org/plan", language="fr")
    server.write("bluesky", "Les tanneurs d’antan", mention=HANDLE)
    assert found(bluesky, "fumee tanneurs") == [
        "La FUMEE arrive des Tanneurs, voir https://example.org/plan",
        "Fumée épaisse rue des Tanneurs #fumee",
    ]
    assert found(bluesky, '"rue des tanneurs"') == ["Fumée épaisse rue des Tanneurs #fumee"]
    assert found(bluesky, "tanneurs -arrive -antan") == ["Fumée épaisse rue des Tanneurs #fumee"]
    assert found(bluesky, "fum") == [], "whole words only"
    assert found(bluesky, "#fumee") == found(bluesky, "rue", tag="fumee") == ["Fumée épaisse rue des Tanneurs #fumee"]
    assert found(bluesky, "smoke", lang="fr") == []
    assert found(bluesky, "from:luc-martel.practice.test tanneurs") == found(bluesky, "tanneurs", until="2026-03-02")
    assert found(bluesky, "tanneurs", since=early, until="2026-03-02T00:00:00Z") == found(bluesky, "épaisse")
    assert found(bluesky, "tanneurs", since="2026-03-01T10:00:00.001Z", until="2026-03-02") == []
    assert found(bluesky, "tanneurs", mentions=HANDLE) == [f"@{HANDLE} Les tanneurs d’antan"]
    assert len(found(bluesky, "arrive", domain="example.org")) == 1
    assert found(bluesky, "tanneurs", author="nobody.practice.test") == []
    top = bluesky.read(SEARCH, q="épaisse").json()["posts"][0]["uri"]
    server.citizens("react", network="bluesky", remote_id=top, likes=3)
    assert found(bluesky, "tanneurs", sort="top")[0] == "Fumée épaisse rue des Tanneurs #fumee"
    assert found(bluesky, "tanneurs", sort="latest")[0] == f"@{HANDLE} Les tanneurs d’antan"


def test_search_is_paged_and_asks_for_a_token(bluesky: BlueskyClient) -> None:
    for n in range(5):
        bluesky.server.write("bluesky", f"odeur {n}")
    first = bluesky.read(SEARCH, q="odeur", limit=3).json()
    second = bluesky.read(SEARCH, q="odeur", limit=3, cursor=first["cursor"]).json()
    assert [p["record"]["text"] for p in first["posts"] + second["posts"]] == [f"odeur {n}" for n in (4, 3, 2, 1, 0)]
    assert "cursor" not in second
    assert bluesky.query(SEARCH, q="odeur").json()["error"] == "AuthMissing"
    assert bluesky.query(LIST).json()["error"] == "AuthMissing"
    assert bluesky.read(SEARCH, q="  ").json()["error"] == "BadQueryString"
    assert bluesky.read(SEARCH, q="a", since="yesterday").json()["error"] == "BadQueryString"
    assert bluesky.read(SEARCH).status_code == 400


def test_a_thread_has_what_is_above_and_what_is_below(bluesky: BlueskyClient) -> None:
    server, uri = bluesky.server, own(bluesky)
    question = server.write("bluesky", "Jusqu’à quand ?", reply_to=uri)
    answer = own(bluesky, "Ce soir.", reply=references(bluesky, question["remote_id"], uri))
    thanks = server.write("bluesky", "Merci", reply_to=answer)
    assert (thanks["parent"], thanks["root"]) == (answer, uri)
    thread = bluesky.query(THREAD, uri=answer).json()["thread"]
    assert thread["post"]["record"]["text"] == "Ce soir."
    assert thread["parent"]["post"]["record"]["text"] == "Jusqu’à quand ?"
    assert thread["parent"]["parent"]["post"]["uri"] == uri
    assert [reply["post"]["record"]["text"] for reply in thread["replies"]] == ["Merci"]
    flat = bluesky.query(THREAD, uri=uri, depth=0, parentHeight=0).json()["thread"]
    assert "replies" not in flat
    one = bluesky.query(THREAD, uri=uri, depth=1).json()["thread"]["replies"][0]
    assert "replies" not in one
    server.citizens("delete", network="bluesky", remote_id=question["remote_id"])
    orphan = bluesky.query(THREAD, uri=answer).json()["thread"]
    assert orphan["parent"]["notFound"] is True
    assert orphan["parent"]["uri"] == question["remote_id"]
    handle_uri = uri.replace(bluesky.did, HANDLE)
    assert bluesky.query(THREAD, uri=handle_uri).json()["thread"]["post"]["uri"] == uri


def test_posts_are_given_in_the_order_asked_for_and_25_at_most(bluesky: BlueskyClient) -> None:
    a, b = own(bluesky, "a"), own(bluesky, "b")
    missing = f"at://{bluesky.did}/app.bsky.feed.post/3lbkzq2w3k22z"
    posts = bluesky.query(POSTS, uris=[b, missing, a, b]).json()["posts"]
    assert [post["uri"] for post in posts] == [b, a]
    assert bluesky.query(POSTS, uris=[f"{a}{n}" for n in range(26)]).status_code == 400
    assert bluesky.query(POSTS, uris=["nonsense"]).status_code == 400
    assert bluesky.query(POSTS).status_code == 400
    revoked = bluesky.server.http.get(
        f"/xrpc/{POSTS}", params={"uris": a}, headers={"Authorization": f"Bearer {bluesky.session['accessJwt']}x"}
    )
    assert revoked.json()["error"] == "InvalidToken"


@pytest.mark.parametrize("method", [LIST, SEARCH, THREAD, POSTS, "app.bsky.actor.getProfiles"])
def test_faults_apply_to_reading(bluesky: BlueskyClient, method: str) -> None:
    uri = own(bluesky)
    params = {"q": "avis", "uri": uri, "uris": uri, "actors": HANDLE}
    bluesky.server.faults(
        {"kind": "rate_limit", "operation": "read", "count": 1}, {"kind": "error_5xx_before", "operation": "read"}
    )
    refused = bluesky.read(method, **params)
    assert (refused.status_code, refused.json()["error"]) == (429, "RateLimitExceeded")
    assert refused.headers["ratelimit-remaining"] == "0"
    assert bluesky.read(method, **params).status_code == 503
    bluesky.server.faults({"kind": "malformed", "operation": "read"})
    with pytest.raises(ValueError, match=r"."):
        bluesky.read(method, **params).json()
