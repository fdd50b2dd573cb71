"""The Threads connector against the practice server: what no other network of the suite has; and every request of it
against Meta's Postman collection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    CredentialsRefused,
    LinkCard,
    NotPermitted,
    NotUnderstood,
    OutcomeUnknown,
    Pending,
    Publication,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
)
from chalicelib.networks.threads import SCOPES, Threads
from chalicelib.networks.transport import Transport
from infra.local.practice import threads as practice
from infra.local.practice.meta_login import PRACTICE_APP
from infra.local.practice.server import running
from tests.contract.networks.conftest import PRACTICE_PASSWORD, REDIRECT, _sign_in, account_of, publication
from tests.contract.networks.two_steps import Shelf, finished, picture
from tests.unit.networks.graph_spec import Recording, calls_outside_spec, refusals, threads_fields, threads_what
from tests.unit.networks.material import specs


def _open() -> None:
    pass


class Town:
    def __init__(self, url: str, files: Shelf, ahead: list[float]) -> None:
        self.url = url
        self.files = files
        self.ahead = ahead
        self.transport = Recording(allow_loopback=True)
        self.network = Threads(self.transport, lambda: PRACTICE_APP)
        body = {"network": "threads", "handle": "mairie", "display_name": "Mairie", "password": PRACTICE_PASSWORD}
        requests.post(f"{url}/practice/accounts", json=body, timeout=10).raise_for_status()
        self.account = self.connect()

    def connect(self) -> Account:
        start = self.network.start_oauth(server=self.url, redirect_uri=REDIRECT, state="s1")
        code = _sign_in(start.authorize_url, {"username": "mairie", "password": PRACTICE_PASSWORD})
        (connected,) = self.network.finish_oauth(server=self.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
        return account_of(connected)

    def faults(self, *rules: dict[str, Any]) -> None:
        requests.put(f"{self.url}/practice/faults", json=list(rules), timeout=10).raise_for_status()

    def write(self, text: str, **more: Any) -> str:
        body = {"network": "threads", "text": text, "author": "alice", **more}
        answer = requests.post(f"{self.url}/practice/citizens/write", json=body, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["written"][0]["remote_id"])

    def standing(self) -> int:
        answer = requests.get(f"{self.url}/practice/accepted", params={"network": "threads"}, timeout=10)
        return len(answer.json()["accepted"])

    def published(self, text: str = "", **more: Any) -> str:
        post = publication(text or f"Le pont {uuid4().hex}", **more)
        outcome = finished(self.network, self.account, post, _open)
        assert isinstance(outcome, Published), outcome
        return outcome.remote_id


@pytest.fixture
def town(tmp_path: Path, files: Shelf) -> Iterator[Town]:
    ahead = [0.0]
    with running(tmp_path / "practice", clock=lambda: time.time() + ahead[0]) as server:
        yield Town(server.url, files, ahead)


def since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def pending(town: Town, post: Publication) -> Publication:
    outcome = town.network.publish(town.account, post, _open)
    assert isinstance(outcome, Pending), outcome
    return replace(post, ticket=outcome.ticket)


@pytest.mark.parametrize("reply", [False, True])
def test_trap_11_words_and_replies_alike_are_published_once(town: Town, reply: bool) -> None:
    asked = town.write("Où ?", reply_to=town.published()) if reply else None
    began, before = since(), town.standing()
    waiting = pending(town, publication(f"Ici {uuid4().hex}", reply_to=asked))
    assert town.standing() == before
    town.faults({"kind": "refused_after_accept", "network": "threads", "operation": "publish", "count": 1})
    assert isinstance(town.network.publish(town.account, waiting, _open), OutcomeUnknown)
    for _ in range(3):
        assert town.network.publish(town.account, waiting, _open) == OutcomeUnknown("published_before")
    assert town.standing() == before + 1
    (seen,) = town.network.find(town.account, waiting, since=began)
    assert seen.url == f"{town.url}/@mairie/post/{seen.remote_id}"


def test_an_image_a_carousel_and_their_descriptions(town: Town) -> None:
    began = since()
    one = publication(f"Une {uuid4().hex}", media=(picture(town.files, "Le pont"),))
    two = replace(one, key="2", media=(picture(town.files, "Le pont"), picture(town.files, "Le plan", "orange")))
    first, second = (finished(town.network, town.account, each, _open) for each in (one, two))
    assert isinstance(first, Published)
    assert isinstance(second, Published)
    assert [each.remote_id for each in town.network.find(town.account, one, since=began)] == [first.remote_id]
    assert [each.remote_id for each in town.network.find(town.account, two, since=began)] == [second.remote_id]
    assert "Le plan" in requests.get(str(second.url), timeout=10).text


def test_a_reply_to_another_is_not_taken_for_ours(town: Town) -> None:
    began = since()
    post = town.published()
    first, second = town.write("Un", reply_to=post), town.write("Deux", reply_to=post)
    text = f"Merci {uuid4().hex}"
    outcome = finished(town.network, town.account, publication(text, reply_to=first), _open)
    assert isinstance(outcome, Published)
    asked = publication(text, reply_to=second)
    assert town.network.find(town.account, asked, since=began) == []
    (seen,) = town.network.find(town.account, replace(asked, reply_to=first), since=began)
    assert seen.remote_id == outcome.remote_id


def test_a_reply_to_what_is_gone_is_refused_before_anything_stands(town: Town) -> None:
    gone = publication("Merci", reply_to="18009999999999999")
    outcome = town.network.publish(town.account, gone, _open)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "reply_target_gone"


def test_replies_and_mentions_are_read_once(town: Town) -> None:
    cursor = town.network.inbox(town.account, cursor=None).cursor
    post = town.published()
    first = town.write("Où ?", reply_to=post)
    second = town.write("Là ? @mairie", reply_to=first)
    mention = town.write("Bonjour", mention="mairie")
    batch = town.network.inbox(town.account, cursor=cursor)
    told = {each.remote_id: each for each in batch.messages}
    assert set(told) == {first, second, mention}
    assert (told[second].kind, told[second].parent, told[second].root) == ("reply", first, post)
    assert told[mention].kind == "mention"
    assert town.network.inbox(town.account, cursor=batch.cursor).messages == []


def test_a_reply_is_hidden_and_shown_again_and_own_posts_are_deleted(town: Town) -> None:
    post = town.published()
    reply = town.write("Vendu", reply_to=post)
    headers = {"Authorization": f"Bearer {town.account.secrets['access']}"}
    for hidden in (True, True, False):
        town.network.hide(town.account, reply, hidden=hidden)
        answer = requests.get(f"{town.url}/v1.0/{reply}?fields=hide_status", headers=headers, timeout=10)
        assert (answer.json()["hide_status"] == "HIDDEN") is hidden
    with pytest.raises(NotPermitted):
        town.network.hide(town.account, town.write("Oui", reply_to=reply), hidden=True)
    with pytest.raises(NotPermitted):
        town.network.delete(town.account, reply)
    town.network.delete(town.account, post)
    town.network.delete(town.account, post)
    assert town.network.post_metrics(town.account, [post])[0].gone


def test_a_token_is_renewed_from_a_day_after_it_was_made_until_it_ends(town: Town) -> None:
    with pytest.raises(NotUnderstood):  # younger than a day: nothing is lost, and the token stands
        town.network.refresh(town.account)
    assert isinstance(town.network.publish(town.account, publication("Encore"), _open), Pending)
    town.ahead[0] = 59 * 86_400.0
    renewed = town.network.refresh(town.account)
    assert renewed is not None
    assert renewed.secrets != town.account.secrets
    assert renewed.expires_at is not None
    assert renewed.expires_at - datetime.now(UTC) > timedelta(days=59)
    town.ahead[0] = 61 * 86_400.0
    assert isinstance(town.network.publish(town.account, publication("Trop tard"), _open), Reauthorise)
    with pytest.raises(CredentialsRefused):
        town.network.refresh(town.account)
    assert isinstance(town.network.publish(account_of(renewed), publication("Toujours"), _open), Pending)


def test_trap_16_a_network_that_is_away_while_a_token_is_renewed_disconnects_nobody(town: Town) -> None:
    for kind in ("error_5xx_before", "rate_limit", "drop_before"):
        town.faults({"kind": kind, "network": "threads", "operation": "session", "count": 1})
        with pytest.raises(Exception) as raised:
            town.network.refresh(town.account)
        assert type(raised.value).__name__ == "Unavailable"


def test_a_days_posts_that_are_used_up_are_waited_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice, "POSTS_A_DAY", 1)
    waiting = pending(town, publication("Deuxième"))
    post = town.published()
    assert town.network.publish(town.account, waiting, _open) == RetryAfter(timedelta(minutes=5), "rate_limited")
    full = town.network.publish(town.account, publication("Troisième"), _open)
    assert full == RetryAfter(timedelta(hours=1), "rate_limited")
    assert town.published(reply_to=post), "replies are counted apart"


def test_a_search_goes_back_page_by_page(town: Town) -> None:
    cursor = town.network.search(town.account, "pluie", cursor=None).cursor
    for n in range(6):
        town.ahead[0] += 2.0
        town.write(f"pluie {n}")
    told: list[str] = []
    for _ in range(12):
        batch = town.network.search(town.account, "pluie", cursor=cursor, limit=2)
        told += [each.text for each in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            break
    assert sorted(told) == [f"pluie {n}" for n in range(6)]


def test_the_window_is_threads_own_and_mastodons_stays_where_it_was(town: Town) -> None:
    start = Threads(Transport(), lambda: PRACTICE_APP).start_oauth(server="", redirect_uri=REDIRECT, state="s1")
    assert start.authorize_url.startswith("https://threads.net/oauth/authorize?client_id=700000000000001&")
    assert all(scope in start.authorize_url for scope in SCOPES)
    ours = town.network.start_oauth(server=town.url, redirect_uri=REDIRECT, state="s1").authorize_url
    assert "Threads" in requests.get(ours, timeout=10).text
    theirs = requests.get(f"{town.url}/oauth/authorize?client_id=unknown", timeout=10)
    assert "Client authentication failed" in theirs.text
    with pytest.raises(AddressRefused):
        Threads(Transport(), lambda: PRACTICE_APP).start_oauth(server=town.url, redirect_uri=REDIRECT, state="s")


# ---------------------------------------------------------------- Meta's collection


def test_every_request_is_in_metas_collection(town: Town) -> None:
    folder = specs()
    cursor = town.network.inbox(town.account, cursor=None).cursor
    town.ahead[0] = 2 * 86_400.0
    town.network.refresh(town.account)
    files = (picture(town.files), picture(town.files, colour="orange"))
    video = b"\0\0\0\x18ftypmp42" + b"\0" * 64
    film = picture(town.files, content_type="video/mp4", address=lambda: town.files.put(video, "video/mp4"))
    post = town.published(media=files)
    for media in ((), files[:1], (film,)):
        town.published(media=media)
    link = "https://ville.example/pont"
    town.published(f"Voir {link} {uuid4().hex}", card=LinkCard(link, "Le pont"))
    reply = town.write("Où ?", reply_to=post)
    for _ in range(60):
        town.write("Encore", reply_to=post)
    answer = town.published(reply_to=reply)
    town.network.inbox(town.account, cursor=cursor)
    town.network.inbox(town.account, cursor=f"{(since() - timedelta(hours=1)).isoformat()}|")
    town.network.search(town.account, "encore", cursor=town.network.search(town.account, "encore", cursor=None).cursor)
    town.network.thread(town.account, answer)
    town.network.find(town.account, publication("x"), since=since())
    town.network.find(town.account, publication("x", reply_to=reply), since=since())
    town.network.post_metrics(town.account, [post])
    town.network.profile_metrics(town.account)
    town.network.hide(town.account, reply, hidden=True)
    town.network.delete(town.account, answer)
    assert refusals(town.transport.sent, folder) == []
    assert calls_outside_spec(town.transport.sent, folder) == 0
    assert {threads_what(each) for each in town.transport.sent} == {
        "POST oauth/access_token",
        "GET access_token",
        "GET refresh_access_token",
        "GET me",
        "POST me/threads",
        "GET me/threads",
        "POST me/threads_publish",
        "GET me/threads_publishing_limit",
        "GET me/threads_insights",
        "GET me/replies",
        "GET me/mentions",
        "GET keyword_search",
        "GET {}/conversation",
        "POST {}/manage_reply",
        "GET {}/insights",
        "DELETE {}",
        "GET {}",
    }


def test_the_collection_refuses_what_it_does_not_know(town: Town) -> None:
    folder = specs()
    before = len(town.transport.sent)
    for path in ("me?fields=shoe_size", "me/threads?colour=red", "me/shoes", "1/insights?metric=warmth"):
        town.transport.get(f"{town.url}/v1.0/{path}")
    assert len(refusals(town.transport.sent[before:], folder)) == 4


def test_the_practice_server_knows_no_field_that_meta_does_not() -> None:
    folder = specs()
    for path, fields in (
        ("me", practice.USER_FIELDS),
        ("me/threads", practice.POST_FIELDS),
        ("{}/conversation", practice.REPLY_FIELDS),
        ("{}", practice.CONTAINER_FIELDS),
        ("me/threads_publishing_limit", practice.QUOTA_FIELDS),
        ("{}/insights", practice.POST_METRICS),
        ("me/threads_insights", practice.ACCOUNT_METRICS),
    ):
        assert fields <= threads_fields("GET", path, folder), path
