"""The citizens of the practice town: what they write, whom they reach, storms, refusals, what outlives a restart."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.local.practice.bluesky import Bluesky
from infra.local.practice.citizens import Planned, plan
from infra.local.practice.exchange import Practice, Settings
from infra.local.practice.faults import Faults
from infra.local.practice.incidents import QUIET, TOPICS
from infra.local.practice.mastodon import Mastodon
from infra.local.practice.posting import Message
from infra.local.practice.request_log import RequestLog
from infra.local.practice.server import running
from infra.local.practice.store import Post, Store
from infra.local.practice.town import person
from infra.local.practice.words import WORDS

from .conftest import HANDLE, BlueskyClient, MastodonClient, Server, post_record
from .test_practice_pages import EVIL

LIST = "app.bsky.notification.listNotifications"


def refused(server: Server, act: str, **body: Any) -> str:
    """The field that the refusal names."""
    answer = server.http.post(f"/practice/citizens/{act}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), answer.text
    assert answer.json()["error"]["hint"]
    return str(answer.json()["error"]["field"])


# ---------------------------------------------------------------- people


def test_no_two_people_of_the_town_are_called_alike() -> None:
    people = [person(language, n) for language in ("fr", "en") for n in range(3000)]
    assert len({p.stem for p in people}) == len({p.name for p in people}) == len(people)
    assert all(re.fullmatch(r"[a-z0-9_]{3,28}", p.stem) for p in people)
    assert not any(re.search(r"\d", person("en", n).name) for n in range(2000)), "believable names"
    followers = sorted(p.followers for p in people)
    assert followers[len(followers) // 2] < 150 < 2000 < followers[-1]


def test_an_author_is_the_same_person_whenever_the_name_is_the_same(server: Server) -> None:
    first = server.write("bluesky", "un", author="Zoé Bélanger")
    again = server.write("bluesky", "deux", author="@zoe-belanger.practice.test")
    assert first["author_id"] == again["author_id"]
    assert first["author_name"] == again["author_name"] == "Zoé Bélanger"
    other_script = [server.write("mastodon", "أين؟", author="ليلى")["author"] for _ in range(2)]
    assert other_script[0] == other_script[1]
    crowd = server.citizens("write", network="mastodon", text="Pareil", count=20)["written"]
    assert len({row["author"] for row in crowd}) == 20
    assert server.http.get("/practice/accounts").json()["accounts"] == [], "citizens are no agencies"


def test_nobody_can_sign_in_as_a_citizen(server: Server) -> None:
    row = server.write("bluesky", "un")
    for password in ("", "x"):
        body = {"identifier": row["author"], "password": password}
        assert server.http.post("/xrpc/com.atproto.server.createSession", json=body).status_code == 401


# ---------------------------------------------------------------- what they may not


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("write", {"network": "myspace", "text": "a"}, "network"),
        ("write", {"network": "bluesky"}, "text"),
        ("write", {"network": "bluesky", "text": "x" * 301}, "text"),
        ("write", {"network": "mastodon", "text": "x" * 501}, "text"),
        ("write", {"network": "mastodon", "text": "  "}, "text"),
        ("write", {"network": "bluesky", "text": "a", "author": "n" * 65}, "author"),
        ("write", {"network": "bluesky", "text": "a", "author": HANDLE}, "author"),
        ("write", {"network": "bluesky", "text": "a", "author": "ville", "followers": 7}, "author"),
        ("write", {"network": "bluesky", "text": "a", "mention": "nobody"}, "mention"),
        ("write", {"network": "bluesky", "text": "a", "reply_to": "at://x"}, "reply_to"),
        ("write", {"network": "bluesky", "text": "a", "quote": "7"}, "quote"),
        ("write", {"network": "bluesky", "text": "a", "private": True}, "private"),
        ("write", {"network": "bluesky", "text": "a", "count": 0}, "count"),
        ("write", {"network": "bluesky", "text": "a", "language": "de"}, "language"),
        ("write", {"network": "bluesky", "text": "a", "at": "yesterday"}, "at"),
        ("write", {"network": "bluesky", "text": "a", "at": 9e9}, "at"),
        ("delete", {"network": "bluesky", "remote_id": "at://x"}, "remote_id"),
        ("react", {"network": "bluesky", "remote_id": "at://x", "likes": 1}, "remote_id"),
        ("react", {"network": "bluesky", "remote_id": "at://x", "likes": -1}, "likes"),
        ("flood", {"network": "bluesky", "to": "nobody"}, "to"),
        ("flood", {"network": "bluesky"}, "to"),
        ("flood", {"network": "bluesky", "to": HANDLE, "messages": 20001}, "messages"),
        ("flood", {"network": "bluesky", "to": HANDLE, "over_s": -1}, "over_s"),
        ("flood", {"network": "bluesky", "to": HANDLE, "topic": "war"}, "topic"),
        ("flood", {"network": "bluesky", "to": HANDLE, "language": "de"}, "language"),
        ("flood", {"networks": "bluesky", "to": HANDLE}, "networks"),
    ],
)
def test_what_cannot_be_done_is_refused_by_the_field(
    server: Server, act: str, body: dict[str, Any], field: str
) -> None:
    server.account("bluesky", HANDLE)
    assert refused(server, act, **body) == field
    assert server.http.get("/practice/citizens/written").json()["written"] == []
    assert server.running.practice.store.by_handle("bluesky", HANDLE).followers == 0  # type: ignore[union-attr]


def test_bluesky_knows_no_edits_and_agencies_posts_are_not_theirs(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    row, own = server.write("bluesky", "un"), bluesky.create(post_record("avis")).json()["uri"]
    assert refused(server, "edit", network="bluesky", remote_id=row["remote_id"], text="deux") == "network"
    assert refused(server, "delete", network="bluesky", remote_id=own) == "remote_id"


def test_a_form_of_another_page_cannot_make_citizens_write(server: Server) -> None:
    answer = server.http.post("/practice/citizens/write", content='{"network":"bluesky","text":"a"}')
    assert answer.status_code == 422


# ---------------------------------------------------------------- what they wrote


def test_hostile_words_are_kept_as_the_networks_keep_them_and_shown_as_text(
    bluesky: BlueskyClient, mastodon: MastodonClient
) -> None:
    server = bluesky.server
    name = "<script>alert(1)</script>\u202egpj"
    on_bluesky = server.write("bluesky", EVIL, author=name, mention=HANDLE)
    body = {"network": "mastodon", "text": EVIL + " \ud800", "author": name, "mention": "ville"}
    answer = server.http.post(
        "/practice/citizens/write", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    on_mastodon = answer.json()["written"][0]
    record = bluesky.read(LIST).json()["notifications"][0]
    assert record["record"]["text"] == f"@{HANDLE} {EVIL}"
    assert record["author"]["displayName"] == name
    status = mastodon.get("/api/v1/notifications").json()[0]["status"]
    assert "&lt;script&gt;" in status["content"]
    assert "<script" not in status["content"]
    assert "\u202e" in status["content"]
    assert status["account"]["display_name"] == name
    paths = [urlsplit(row["url"]).path for row in (on_bluesky, on_mastodon)]
    for path in (*paths, "/?who=citizens", "/practice/citizens"):
        page = server.http.get(path).text
        shown = re.sub(r'<script src="/practice/static/\w+\.js" defer></script>', "", page)
        assert "<script" not in shown, path
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', shown)), path
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", shown), path


def test_what_was_written_earlier_says_so(bluesky: BlueskyClient, mastodon: MastodonClient) -> None:
    server, at = bluesky.server, "2026-03-01T10:00:00.000Z"
    server.write("bluesky", "Hier", mention=HANDLE, at=at)
    server.write("mastodon", "Hier", mention="ville", at=at)
    notice = bluesky.read(LIST).json()["notifications"][0]
    assert notice["record"]["createdAt"] == at
    assert notice["indexedAt"] > at
    notice = mastodon.get("/api/v1/notifications").json()[0]
    assert notice["status"]["created_at"] == at
    assert notice["created_at"] > at


def test_the_list_of_what_was_written_is_paged_and_apart_from_what_was_published(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    bluesky.create(post_record("avis"))
    for n in range(5):
        server.write("bluesky", f"{n}")
    server.write("mastodon", "ailleurs")
    page = server.http.get("/practice/citizens/written", params={"network": "bluesky", "limit": 2}).json()
    texts = [row["text"] for row in page["written"]]
    while page["next"] is not None:
        query = {"network": "bluesky", "limit": 2, "after": page["next"]}
        page = server.http.get("/practice/citizens/written", params=query).json()
        texts += [row["text"] for row in page["written"]]
    assert texts == ["0", "1", "2", "3", "4"]
    assert len(server.accepted()) == 1
    assert server.accepted()[0]["account"] == HANDLE


# ---------------------------------------------------------------- what listens


def test_listeners_are_told_whom_a_post_reached_and_what_became_of_it(tmp_path: Path) -> None:
    store = Store(tmp_path, time.time)
    practice = Practice(store, Faults(), RequestLog(), Settings(), "http://127.0.0.1:1")
    network = Mastodon(practice)
    heard: list[tuple[str, str, str, str]] = []

    def listen(network: str, account_id: str, post: Post, kind: str) -> None:
        heard.append((network, account_id, post.text, kind))

    store.listeners.append(listen)
    for account_id, handle in (("1", "ville"), ("2", "police"), ("3", "voisin")):
        store.add_account(network="mastodon", account_id=account_id, handle=handle, display_name=handle, password=None)
    town, police, neighbour = (store.accounts["mastodon", n] for n in "123")
    notice = network.write(town, Message("Avis"))
    answer = network.write(neighbour, Message("Où ?", reply_to=notice))
    network.write(neighbour, Message("Secret", mention=police, private=True))
    network.write(neighbour, Message("Lisez", quote=notice))
    edited = network.edit(answer, "@police @ville Où exactement ?")
    store.react(notice, "like", ["3"])
    store.delete_post(edited)
    store.close()
    assert heard == [
        ("mastodon", "1", "@ville Où ?", "reply"),
        ("mastodon", "2", "@police Secret", "private"),
        ("mastodon", "1", "Lisez", "quote"),
        ("mastodon", "1", "@police @ville Où exactement ?", "edited"),
        ("mastodon", "2", "@police @ville Où exactement ?", "mention"),
        ("mastodon", "1", "@police @ville Où exactement ?", "deleted"),
        ("mastodon", "2", "@police @ville Où exactement ?", "deleted"),
    ]
    heard.clear()
    again = Store(tmp_path, time.time)
    again.listeners.append(listen)
    again.close()
    assert heard == [], "a restart announces nothing"


# ---------------------------------------------------------------- storms


def planned(**changes: Any) -> list[Planned]:
    given: dict[str, Any] = {"seed": "7", "topic": "smoke", "language": "both", "messages": 500, "over_s": 60.0}
    return plan(**{"networks": ["bluesky"], **given, **changes})


def test_a_plan_is_the_same_for_the_same_seed_and_varied_within() -> None:
    first = planned()
    assert first == planned()
    assert first != planned(seed="8")
    assert len({each.text for each in first}) > 480, "hardly any message twice"
    assert len({(each.language, each.person) for each in first}) > 250
    assert {each.language for each in first} == {"fr", "en"}
    assert {each.language for each in planned(language="fr")} == {"fr"}
    times = [each.after for each in first]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= 60
    by_third = [sum(low <= t < low + 20 for t in times) for low in (0, 20, 40)]
    assert by_third[0] > by_third[2] * 2, "at its height early, then it fades"
    assert all(each.answers is None or each.answers < i for i, each in enumerate(first))


@pytest.mark.parametrize("topic", [*TOPICS, "quiet"])
def test_every_message_of_every_topic_fits_beside_the_agencys_name(topic: str) -> None:
    for language in ("fr", "en"):
        for each in planned(topic=topic, language=language, messages=1500):
            assert 10 < len(each.text) < 230, each.text
            assert "{" not in each.text
            assert "  " not in each.text


def test_a_storm_reaches_the_account_with_every_message(bluesky: BlueskyClient, mastodon: MastodonClient) -> None:
    server = bluesky.server
    uri = bluesky.create(post_record("Avis")).json()["uri"]
    flood = server.citizens("flood", to={"bluesky": uri, "mastodon": "ville"}, messages=120, over_s=0, seed=3)
    assert (flood["state"], flood["written"]) == ("done", 120)
    rows = server.http.get("/practice/citizens/written").json()["written"]
    on = {network: [row for row in rows if row["network"] == network] for network in ("bluesky", "mastodon")}
    listed, cursor = [], {}
    while (page := bluesky.read(LIST, limit=100, **cursor).json())["notifications"]:
        listed += page["notifications"]
        cursor = {"cursor": page["cursor"]}
    assert sorted(n["uri"] for n in listed) == sorted(row["remote_id"] for row in on["bluesky"])
    notices = [n["status"]["id"] for n in mastodon.get("/api/v1/notifications", limit=80).json()]
    assert sorted(notices) == sorted(row["remote_id"] for row in on["mastodon"])
    assert all(on.values())
    assert len({row["author"] for row in rows}) > 60
    assert bluesky.query("app.bsky.feed.getPosts", uris=uri).json()["posts"][0]["replyCount"] > 30


def test_the_same_seed_makes_the_same_storm_on_another_server(tmp_path: Path) -> None:
    seen = []
    for name in ("a", "b"):
        with running(tmp_path / name) as it, httpx.Client(base_url=it.url, timeout=20) as http:
            server = Server(it, http)
            server.account("mastodon", "ville")
            server.write("mastodon", "avant" if name == "a" else "un autre avant")
            server.citizens("flood", network="mastodon", to="ville", messages=60, over_s=0, seed="s", topic="water")
            rows = http.get("/practice/citizens/written").json()["written"][1:]
            seen.append([(row["author"], row["text"], row["parent"] is None, row["followers"]) for row in rows])
    assert seen[0] == seen[1]


def test_a_storm_takes_its_time_and_can_be_stopped(server: Server) -> None:
    server.account("mastodon", "ville")
    flood = server.citizens("flood", network="mastodon", to="@ville", messages=500, over_s=3600)
    assert flood["state"] == "running"
    path = f"/practice/citizens/flood/{flood['id']}"
    assert server.http.get(path).json()["written"] < 20
    assert server.http.delete(path).json()["state"] == "stopped"
    quiet = server.citizens("quiet", network="mastodon", to="ville", language="fr")
    assert (quiet["topic"], quiet["messages"], quiet["over_s"]) == ("quiet", 8, 3600)
    server.http.delete("/practice/citizens/flood")
    states = [f["state"] for f in server.http.get("/practice/citizens/flood").json()["floods"]]
    assert states == ["stopped", "stopped"]
    assert server.http.get("/practice/citizens/flood/nothing").status_code == 404


def test_a_quiet_day_asks_ordinary_questions(server: Server) -> None:
    server.account("bluesky", HANDLE)
    server.citizens("quiet", network="bluesky", to=HANDLE, messages=12, over_s=0, language="en")
    rows = server.http.get("/practice/citizens/written").json()["written"]
    beginnings = {words.split("{")[0] for words in QUIET["en"]}
    for row in rows:
        asked = row["text"].removeprefix(f"@{HANDLE} ")
        assert any(asked.startswith(beginning) for beginning in beginnings), asked
    assert len(rows) == 12


def test_reading_what_reached_an_account_looks_at_nobody_elses(
    bluesky: BlueskyClient, mastodon: MastodonClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work of one page does not grow with what the town has written."""
    server = bluesky.server
    server.account("bluesky", "police.practice.test")
    server.account("mastodon", "police")
    for network, handle in (("bluesky", "police.practice.test"), ("mastodon", "police"), ("bluesky", HANDLE)):
        server.citizens("flood", network=network, to=handle, messages=700, over_s=0)
    server.write("mastodon", "un", mention="ville")
    store, looked = server.running.practice.store, 0
    real = store.post

    def counted(*address: str) -> Post | None:
        nonlocal looked
        looked += 1
        return real(*address)

    monkeypatch.setattr(store, "post", counted)
    assert len(bluesky.read(LIST, limit=50).json()["notifications"]) == 50
    assert looked <= 52
    looked = 0
    assert len(mastodon.get("/api/v1/notifications").json()) == 1
    assert looked <= 3


# ---------------------------------------------------------------- a restart


def test_conversations_counts_and_notifications_outlive_a_restart(tmp_path: Path) -> None:
    now = 1_790_000_000.0
    ids: dict[str, list[str]] = {}

    def clock() -> float:
        nonlocal now
        now += 1
        return now

    def state(store: Store) -> Any:
        return [
            (
                [(notice, post.text) for notice, post in store.notices(network, ids[network][0])],
                [store.counts(post) for post in store.timeline],
                [(p.text, p.parent, p.root, p.quoted, p.private, p.edited_at, p.reaches) for p in store.timeline],
                [p.text for p in store.newest(network)],
                list(store.accounts.values()),
                [[c.text for c in store.children(p)] for p in store.timeline],
                store.count_posts(network, ids[network][1]),
            )
            for network in ("bluesky", "mastodon")
        ]

    store = Store(tmp_path, clock)
    practice = Practice(store, Faults(), RequestLog(), Settings(), "http://127.0.0.1:1")
    for network in (Bluesky(practice), Mastodon(practice)):
        name = network.network
        ids[name] = []
        for person_name, citizen in (("ville", False), ("voisin", True)):
            account_id, handle = network.citizen(person_name)
            ids[name].append(account_id)
            store.add_account(
                network=name, account_id=account_id, handle=handle, display_name=handle, password=None, followers=5,
                citizen=citizen,
            )  # fmt: skip
        town, neighbour = (store.accounts[name, account_id] for account_id in ids[name])
        notice = network.write(town, Message("Avis"))
        answer = network.write(neighbour, Message("Où ?", reply_to=notice))
        network.write(neighbour, Message("Ici ?", reply_to=answer, mention=town, written_at=now - 500))
        network.write(neighbour, Message("Lisez", quote=notice))
        store.react(notice, "like", [neighbour.id])
        store.delete_post(network.write(neighbour, Message("Oups", reply_to=notice)))
        if name == "mastodon":
            network.edit(answer, "@ville Où exactement ?")
            network.write(neighbour, Message("Secret", mention=town, private=True))
    before = state(store)
    assert [len(network[0]) for network in before] == [4, 5]
    store.close()
    again = Store(tmp_path, clock)
    assert state(again) == before
    again.close()


def test_data_of_an_earlier_version_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text(
        '{"kind":"account","network":"mastodon","id":"1","handle":"ville","display_name":"Ville","password":"00:00",'
        '"created_at":1.0,"suspended":false}\n'
        '{"kind":"post","network":"mastodon","account_id":"1","id":"100000000000000001","remote_id":"100000000000000001",'
        '"text":"Avis","accepted_at":2.0,"arrived_at":2.0,"visible_at":2.0,"key":null,"media":[],"native":{},'
        '"deleted_at":null,"sha256":""}\n'
    )
    store = Store(tmp_path, time.time)
    assert [post.text for post in store.latest(citizens=False)] == ["Avis"]
    assert store.accounts["mastodon", "1"].followers == 0
    store.close()


# ---------------------------------------------------------------- pages


def test_the_page_of_a_post_shows_its_conversation_in_order(bluesky: BlueskyClient) -> None:
    server = bluesky.server
    uri = bluesky.create(post_record("Avis important")).json()["uri"]
    one = server.write("bluesky", "Première réponse", reply_to=uri, author="Zoé Bélanger")
    server.write("bluesky", "Deuxième réponse", reply_to=uri)
    server.write("bluesky", "Sous la première", reply_to=one["remote_id"])
    server.citizens("react", network="bluesky", remote_id=uri, likes=8)
    path = f"/profile/{HANDLE}/post/{uri.rsplit('/', 1)[1]}"
    page = server.http.get(path + "?lang=fr").text
    order = [page.index(t) for t in ("Avis important", "Première réponse", "Sous la première", "Deuxième réponse")]
    assert order == sorted(order)
    assert "Zoé Bélanger" in page
    assert f'<span class="hidden">{WORDS["fr"]["likes"]} </span>8' in page
    assert 'data-act="write"' in page
    assert f'data-reply_to="{uri}"' in page
    below = server.http.get(urlsplit(one["url"]).path).text.partition("<main")[2]
    assert below.index("Avis important") < below.index("Première réponse") < below.index("Sous la première")
    etag = re.search(r'data-etag="&quot;(\w+)&quot;" aria-live', page)
    assert etag
    query = {"lang": "fr", "network": "bluesky", "handle": HANDLE, "id": path.rsplit("/", 1)[1]}
    same = server.http.get("/fragment", params=query, headers={"If-None-Match": f'"{etag[1]}"'})
    assert same.status_code == 304
    server.citizens("react", network="bluesky", remote_id=uri, likes=1)
    assert server.http.get("/fragment", params=query, headers={"If-None-Match": f'"{etag[1]}"'}).status_code == 200


def test_the_timeline_is_the_agencies_unless_citizens_are_asked_for(mastodon: MastodonClient) -> None:
    server = mastodon.server
    mastodon.publish(status="De la ville")
    mastodon.publish(status="@x confidentiel", visibility="direct")
    server.write("mastodon", "D’un citoyen")
    agencies, citizens = (server.http.get(path).text for path in ("/", "/?who=citizens"))
    assert ("De la ville" in agencies, "D’un citoyen" in agencies) == (True, False)
    assert ("De la ville" in citizens, "D’un citoyen" in citizens) == (False, True)
    assert "confidentiel" not in agencies


def test_the_citizens_page_offers_a_storm_against_the_agencies_accounts(mastodon: MastodonClient) -> None:
    server = mastodon.server
    server.write("mastodon", "Bonjour", private=True, mention="ville")
    for lang in ("fr", "en"):
        page = server.http.get(f"/practice/citizens?lang={lang}").text
        assert '<select name="to-mastodon"><option value="ville" selected>@ville</option>' in page
        assert '<select name="to-bluesky"><option value="" selected>' in page
        for words in ("storm_start", "quiet_start", "private", *(f"topic_{topic}" for topic in TOPICS)):
            assert WORDS[lang][words] in page
        assert "/practice/citizens" in server.http.get(f"/?lang={lang}").text
    assert server.http.get("/practice/static/citizens.js").status_code == 200
