"""The YouTube connector against the practice server. It takes no posts of ours, so that of the common suite what is
about a post is asked here of a reply; and what is read and moderated there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    Connected,
    CredentialsRefused,
    Halted,
    NotPermitted,
    OutcomeUnknown,
    Publication,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.transport import Transport
from chalicelib.networks.youtube import YouTube
from tests.contract.networks.conftest import (
    PRACTICE_ACCOUNTS,
    PRACTICE_APPS,
    PRACTICE_PASSWORD,
    REDIRECT,
    _sign_in,
    account_of,
    publication,
)
from tests.unit.networks.discovery import fits
from tests.unit.networks.material import specs


@pytest.fixture(scope="module")
def network() -> YouTube:
    return YouTube(Transport(allow_loopback=True), lambda: PRACTICE_APPS["youtube"])


def _connected(network: YouTube, url: str, password: str = PRACTICE_PASSWORD) -> Connected:
    start = network.start_oauth(server=url, redirect_uri=REDIRECT, state="s1")
    fields = {"username": PRACTICE_ACCOUNTS["youtube"], "password": password, "decision": "allow"}
    code = _sign_in(start.authorize_url, fields)
    (found,) = network.finish_oauth(server=url, redirect_uri=REDIRECT, code=code, keep=start.keep)
    return found


@pytest.fixture(scope="module")
def channel(network: YouTube, practice_url: str) -> Account:
    return account_of(_connected(network, practice_url))


@pytest.fixture(scope="module")
def video(channel: Account) -> str:
    body = {"handle": PRACTICE_ACCOUNTS["youtube"], "title": "Conseil municipal"}
    answer = requests.post(f"{channel.server}/practice/youtube/videos", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["id"])


@pytest.fixture
def comment(channel: Account, video: str) -> str:
    return _comment(channel, video, "Une question")


@pytest.fixture
def settings(channel: Account) -> Iterator[None]:
    before = requests.get(f"{channel.server}/practice/settings", timeout=10).json()
    yield
    requests.put(f"{channel.server}/practice/settings", json=before, timeout=10).raise_for_status()


def _set(channel: Account, **values: object) -> None:
    requests.put(f"{channel.server}/practice/settings", json=values, timeout=10).raise_for_status()


def _open() -> None:
    pass


def _since() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def _comment(channel: Account, target: str, text: str) -> str:
    body = {"post": target, "author": "Zoé", "text": text}
    answer = requests.post(f"{channel.server}/practice/youtube/comments", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _reply(words: str, target: str, **more: object) -> Publication:
    return publication(f"{words} n° {uuid4().hex[:12]}", reply_to=target, **more)


def _standing(channel: Account) -> int:
    answer = requests.get(f"{channel.server}/practice/accepted", params={"network": "youtube"}, timeout=10)
    rows = answer.json()["accepted"]
    return sum("." in row["remote_id"] and not row["deleted"] for row in rows)


# ---------------------------------------------------------------- of the common suite


def test_connecting_answers_who_it_is(channel: Account) -> None:
    assert channel.remote_id.startswith("UC") and channel.handle == "mairie"
    assert channel.secrets["access"] not in repr(channel)


def test_wrong_credentials_are_refused(network: YouTube, practice_url: str) -> None:
    with pytest.raises(CredentialsRefused):
        _connected(network, practice_url, "not the password")


def test_a_reply_with_emoji_link_and_accents_is_published_and_found(
    network: YouTube, channel: Account, comment: str
) -> None:
    before, since = _standing(channel), _since()
    words = "Été 🎉👩‍👩‍👧 : le pont *fermé* à #Lyon, <voir> https://ville.example/travaux?rue=1&côté=2"
    asked = _reply(words, comment)
    outcome = network.publish(channel, asked, _open)
    assert isinstance(outcome, Published), outcome
    assert _standing(channel) == before + 1
    assert [each.remote_id for each in network.find(channel, asked, since=since)] == [outcome.remote_id]
    assert network.find(channel, _reply("Jamais parti", comment), since=since) == []
    shown = requests.get(f"{channel.server}/watch", params={"v": _video_of(outcome)}, timeout=10).text
    assert "&lt;voir&gt;" in shown


def _video_of(outcome: Published) -> str:
    return str(outcome.url).partition("watch?v=")[2].partition("&")[0]


def test_check_and_the_server_refuse_the_same_text(network: YouTube, channel: Account, comment: str) -> None:
    limits = network.limits({})
    assert network.check("é" * limits.text_max, (), limits) == []
    assert [each.code for each in network.check("é" * (limits.text_max + 1), (), limits)] == ["text_too_long"]
    outcome = network.publish(channel, publication("é" * (limits.text_max + 1), reply_to=comment), _open)
    assert isinstance(outcome, Rejected) and outcome.code == "content_refused"


def test_a_post_is_refused_and_nothing_sent(network: YouTube, channel: Account) -> None:
    before = _standing(channel)
    outcome = network.publish(channel, publication("Bonjour"), _open)
    assert isinstance(outcome, Rejected) and outcome.code == "posts_not_supported"
    assert _standing(channel) == before


def test_trap_14_a_halt_at_the_gate_posts_nothing(network: YouTube, channel: Account, comment: str) -> None:
    def halt() -> None:
        raise Halted

    before = _standing(channel)
    with pytest.raises(Halted):
        network.publish(channel, _reply("Arrêté", comment), halt)
    assert _standing(channel) == before


def test_trap_22_a_token_that_does_not_stand_asks_for_a_person(
    network: YouTube, channel: Account, comment: str
) -> None:
    stranger = replace(channel, secrets={"access": "not-a-token"})
    assert isinstance(network.publish(stranger, _reply("Sans droit", comment), _open), Reauthorise)
    for read in (
        lambda: network.inbox(stranger, cursor=None),
        lambda: network.thread(stranger, comment),
        lambda: network.post_metrics(stranger, [comment]),
        lambda: network.profile_metrics(stranger),
        lambda: network.hide(stranger, comment, hidden=True),
        lambda: network.delete(stranger, comment),
    ):
        with pytest.raises(CredentialsRefused) as refused:
            read()
        assert "not-a-token" not in str(refused.value)


def test_trap_19_and_15_a_refreshed_session_answers_and_keeps_its_refresh_token(
    network: YouTube, practice_url: str, channel: Account, comment: str
) -> None:
    first = account_of(_connected(network, practice_url))
    renewed = network.refresh(first)
    assert renewed.secrets["refresh"] == first.secrets["refresh"]
    assert renewed.secrets["access"] != first.secrets["access"]
    again = network.refresh(account_of(renewed))
    assert again.expires_at is not None and again.expires_at - datetime.now(UTC) > timedelta(minutes=30)
    assert isinstance(network.publish(account_of(again), _reply("Renouvelé", comment), _open), Published)


def test_trap_16_a_server_that_is_away_disconnects_nobody(network: YouTube, channel: Account, comment: str) -> None:
    nobody = replace(channel, server="http://127.0.0.1:9")
    assert isinstance(network.publish(nobody, _reply("Personne", comment), _open), RetryAfter)
    with pytest.raises(Unavailable):
        network.inbox(nobody, cursor=None)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("rate_limit", RetryAfter),
        ("token_expired", Reauthorise),
        ("suspended", Reauthorise),
        ("error_5xx_after_accept", OutcomeUnknown),
        ("drop_after_accept", OutcomeUnknown),
        ("drop_before", OutcomeUnknown),
        ("malformed", OutcomeUnknown),
    ],
)
def test_faults_are_told_in_youtubes_words(
    network: YouTube, channel: Account, comment: str, kind: str, outcome: type[Any]
) -> None:
    rules = [{"kind": kind, "network": "youtube", "operation": "publish", "count": 1}]
    requests.put(f"{channel.server}/practice/faults", json=rules, timeout=10).raise_for_status()
    asked, since = _reply("Panne", comment), _since()
    got = network.publish(channel, asked, _open)
    requests.delete(f"{channel.server}/practice/faults", timeout=10).raise_for_status()
    assert isinstance(got, outcome), got
    accepted = kind in ("error_5xx_after_accept", "drop_after_accept", "malformed")
    assert len(network.find(channel, asked, since=since)) == int(accepted)


# ---------------------------------------------------------------- reading and moderating


def test_comments_are_told_once_and_answers_with_them(network: YouTube, channel: Account, video: str) -> None:
    cursor = network.inbox(channel, cursor=None).cursor
    first = _comment(channel, video, "Où est l’eau ? <b>")
    answers = [_comment(channel, first, f"Oui {n}") for n in range(7)]  # five come with their thread
    batch = network.inbox(channel, cursor=cursor)
    told = {each.remote_id: each for each in batch.messages}
    assert set(told) == {first, *answers}
    assert told[first].text == "Où est l’eau ? <b>"
    assert (told[first].parent, told[first].root) == (video, video)
    assert {(told[each].parent, told[each].root) for each in answers} == {(first, video)}
    assert [each.remote_id for each in network.thread(channel, answers[0])] == [video, first]
    assert [each.remote_id for each in network.thread(channel, first)] == [video]
    assert isinstance(network.publish(channel, _reply("Merci", answers[3]), _open), Published)
    again = network.inbox(channel, cursor=batch.cursor)
    assert list(again.messages) == [], "nothing twice, and nothing of our own"


def test_a_comment_is_hidden_and_shown_again(network: YouTube, channel: Account, video: str) -> None:
    name = _comment(channel, video, "Injure")

    def shown() -> bool:
        return "Injure" in requests.get(f"{channel.server}/watch", params={"v": video}, timeout=10).text

    assert shown()
    network.hide(channel, name, hidden=True)
    network.hide(channel, name, hidden=True)
    assert not shown()
    network.hide(channel, name, hidden=False)
    assert shown()


def test_only_our_own_is_deleted(network: YouTube, channel: Account, comment: str) -> None:
    outcome = network.publish(channel, _reply("À effacer", comment), _open)
    assert isinstance(outcome, Published)
    network.delete(channel, outcome.remote_id)
    network.delete(channel, outcome.remote_id)
    assert [each.gone for each in network.post_metrics(channel, [outcome.remote_id, comment])] == [True, False]
    with pytest.raises(NotPermitted):
        network.delete(channel, comment)


def test_figures_are_read(network: YouTube, channel: Account, video: str, comment: str) -> None:
    asked = [comment, video, "aaaaaaaaaaa"]
    metrics = network.post_metrics(channel, asked)
    assert [each.remote_id for each in metrics] == asked
    assert [each.gone for each in metrics] == [False, False, True]
    assert None not in (metrics[0].likes, metrics[1].likes, metrics[1].replies, metrics[1].impressions)
    assert network.profile_metrics(channel).followers is not None


def test_a_days_units_are_spent_and_said(network: YouTube, channel: Account, comment: str, settings: None) -> None:
    _set(channel, rate_limits=True, youtube_quota_units=52.0)
    network.profile_metrics(channel)
    assert isinstance(network.publish(channel, _reply("Cinquante", comment), _open), Published)
    network.profile_metrics(channel)
    outcome = network.publish(channel, _reply("De trop", comment), _open)
    assert isinstance(outcome, RetryAfter) and outcome.code == "rate_limited"
    assert outcome.wait >= timedelta(minutes=1)


def test_tokens_end(network: YouTube, practice_url: str, channel: Account, settings: None) -> None:
    _set(channel, youtube_access_seconds=0.0)
    with pytest.raises(CredentialsRefused):
        _connected(network, practice_url)  # the token that was given had ended before it was used
    gone = replace(channel, secrets={"access": "x", "refresh": "never-given"})
    with pytest.raises(CredentialsRefused) as refused:
        network.refresh(gone)
    assert refused.value.code == "refresh_refused"


def test_another_application_or_another_verifier_gets_nothing(network: YouTube, practice_url: str) -> None:
    start = network.start_oauth(server=practice_url, redirect_uri=REDIRECT, state="s1")
    fields = {"username": "mairie", "password": PRACTICE_PASSWORD, "decision": "allow"}
    code = _sign_in(start.authorize_url, fields)
    with pytest.raises(CredentialsRefused):
        network.finish_oauth(server=practice_url, redirect_uri=REDIRECT, code=code, keep={"verifier": "another"})
    stranger = YouTube(Transport(allow_loopback=True), lambda: {"client_id": "parvis.apps", "client_secret": "wrong"})
    with pytest.raises(CredentialsRefused):
        stranger.finish_oauth(server=practice_url, redirect_uri=REDIRECT, code=code, keep=start.keep)


def test_without_leave_for_loopback_no_secret_leaves(practice_url: str) -> None:
    network = YouTube(Transport(), lambda: PRACTICE_APPS["youtube"])
    with pytest.raises(AddressRefused):
        network.start_oauth(server=practice_url, redirect_uri=REDIRECT, state="s")


def test_every_answer_of_the_practice_network_is_in_the_discovery_document(
    network: YouTube, channel: Account, video: str, comment: str
) -> None:
    document = json.loads((specs() / "youtube.v3.json").read_text("utf-8"))
    asked = _reply("Conforme", comment)
    assert isinstance(network.publish(channel, asked, _open), Published)

    def get(what: str, **query: str) -> Any:
        answer = requests.get(
            f"{channel.server}/youtube/v3/{what}",
            params={"part": "snippet,statistics,replies", **query},
            headers={"Authorization": f"Bearer {channel.secrets['access']}"},
            timeout=10,
        )
        answer.raise_for_status()
        assert answer.json()["items"]
        return answer.json()

    for schema, answered in (
        ("ChannelListResponse", get("channels", mine="true")),
        ("CommentThreadListResponse", get("commentThreads", allThreadsRelatedToChannelId=channel.remote_id)),
        ("CommentThreadListResponse", get("commentThreads", videoId=video, maxResults="1")),
        ("CommentListResponse", get("comments", parentId=comment)),
        ("CommentListResponse", get("comments", id=comment)),
        ("VideoListResponse", get("videos", id=video)),
    ):
        assert fits(document, schema, answered) is None, schema
