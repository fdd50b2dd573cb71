"""The LinkedIn connector against the practice server: what is read there, and what people may do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    CredentialsRefused,
    NotPermitted,
    NotUnderstood,
    OutcomeUnknown,
    Pending,
    Published,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.linkedin import LinkedIn
from chalicelib.networks.transport import Transport
from tests.contract.networks.conftest import (
    PRACTICE_APPS,
    PRACTICE_PASSWORD,
    REDIRECT,
    _sign_in,
    account_of,
    image,
    practice_target,
    publication,
)
from tests.contract.networks.two_steps import Shelf, finished


@pytest.fixture(scope="module")
def network() -> LinkedIn:
    return LinkedIn(Transport(allow_loopback=True), lambda: PRACTICE_APPS["linkedin"])


@pytest.fixture(scope="module")
def page(practice_url: str) -> Account:
    target = practice_target("linkedin", practice_url, Shelf())
    return account_of(target.connect(None))


@pytest.fixture
def settings(page: Account) -> Iterator[requests.Session]:
    """What the network can be told to do; all as before afterwards."""
    before = requests.get(f"{page.server}/practice/settings", timeout=10).json()
    with requests.Session() as session:
        yield session
    requests.put(f"{page.server}/practice/settings", json=before, timeout=10).raise_for_status()


def _set(session: requests.Session, page: Account, **values: object) -> None:
    session.put(f"{page.server}/practice/settings", json=values, timeout=10).raise_for_status()


def _open() -> None:
    pass


def _published(network: LinkedIn, page: Account, **more: object) -> str:
    outcome = network.publish(page, publication(f"Le pont n° {uuid4().hex}", **more), _open)
    assert isinstance(outcome, Published), outcome
    return outcome.remote_id


def _comment(page: Account, post: str, text: str) -> str:
    body = {"post": post, "author": "Zoé", "text": text}
    answer = requests.post(f"{page.server}/practice/linkedin/comments", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_comments_are_read_answered_and_found_again(network: LinkedIn, page: Account) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    cursor = network.inbox(page, cursor=None).cursor
    post = _published(network, page)
    first = _comment(page, post, "Où est l’eau ? (ici) #non")
    second = _comment(page, first, "Oui, où ?")
    batch = network.inbox(page, cursor=cursor)
    told = {each.remote_id: each for each in batch.messages}
    assert {first, second} <= set(told)
    assert told[first].text == "Où est l’eau ? (ici) #non"
    assert (told[first].parent, told[first].root) == (post, post)
    assert (told[second].parent, told[second].root) == (first, post)
    assert [each.remote_id for each in network.thread(page, second)] == [post, first]

    # Filed by LinkedIn beside the answer that it answers, and found there.
    reply = publication(f"Nous cherchons {uuid4().hex}", reply_to=second)
    outcome = network.publish(page, reply, _open)
    assert isinstance(outcome, Published), outcome
    assert [each.remote_id for each in network.find(page, reply, since=since)] == [outcome.remote_id]
    assert network.find(page, replace(reply, text="Autre chose"), since=since) == []
    again = network.inbox(page, cursor=batch.cursor)
    assert list(again.messages) == [], "nothing twice, and nothing of our own"

    edited = requests.put(f"{page.server}/practice/linkedin/comments/{second}", json={"text": "Ah."}, timeout=10)
    assert edited.status_code == 201
    third = _comment(page, post, "Merci")
    last = network.inbox(page, cursor=again.cursor)
    assert {each.remote_id: each.text for each in last.messages} == {second: "Ah.", third: "Merci"}

    network.delete(page, first)
    network.delete(page, first)
    assert network.thread(page, first) == []
    network.delete(page, post)
    assert [each.gone for each in network.post_metrics(page, [post, first])] == [True, True]


def test_figures_are_read_and_what_is_gone_is_said(network: LinkedIn, page: Account) -> None:
    post = _published(network, page)
    comment = _comment(page, post, "Merci")
    asked = [comment, post, "urn:li:share:1"]
    metrics = network.post_metrics(page, asked)
    assert [each.remote_id for each in metrics] == asked
    assert [each.gone for each in metrics] == [False, False, True]
    assert metrics[1].replies == 1
    assert None not in (metrics[0].likes, metrics[1].likes, metrics[1].shares, metrics[1].impressions)
    assert network.profile_metrics(page).followers is not None


def test_the_same_words_again_are_looked_for_and_found(network: LinkedIn, page: Account) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    words = publication(f"Une fois {uuid4().hex}")
    first = network.publish(page, words, _open)
    assert isinstance(first, Published)
    again = network.publish(page, words, _open)
    assert again == OutcomeUnknown("duplicate", f"Content is a duplicate of {first.remote_id}")
    assert [each.remote_id for each in network.find(page, words, since=since)] == [first.remote_id]


def test_nothing_of_a_text_is_cut_off(network: LinkedIn, page: Account) -> None:
    """The practice network ends a text at the first reserved character that begins no element, as LinkedIn does."""
    words = f"(a) [b] {{c}} <d> *e* _f_ ~g~ | \\ @h #1 #pont {uuid4().hex} fin"
    outcome = network.publish(page, publication(words), _open)
    assert isinstance(outcome, Published)
    shown = requests.get(f"{page.server}/feed/update/{outcome.remote_id}/", timeout=10).text
    assert "fin</div>" in shown and "#pont" in shown


def test_a_video_is_published_when_it_is_ready(network: LinkedIn, page: Account, settings: requests.Session) -> None:
    content = b"film " * 1_000_000  # more than one part
    film = replace(
        image(),
        content_type="video/mp4",
        filename="pont.mp4",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        read=lambda: content,
    )
    _set(settings, page, media_processing_seconds=0.3)
    asked = publication(f"Film {uuid4().hex}", media=(film,))
    outcome = network.publish(page, asked, _open)
    assert isinstance(outcome, Pending)
    assert outcome.unfinished
    with_ticket = replace(asked, ticket=outcome.ticket)
    assert network.publish(page, with_ticket, _open) == outcome
    outcome = finished(network, page, with_ticket, _open)
    assert isinstance(outcome, Published)
    found = network.find(page, asked, since=datetime.now(UTC) - timedelta(minutes=1))
    assert [each.remote_id for each in found] == [outcome.remote_id]


def test_the_person_chooses_among_the_pages_they_administer(network: LinkedIn, practice_url: str) -> None:
    for handle, password in (("eau", PRACTICE_PASSWORD), ("voisine", "another-password")):
        account = {"network": "linkedin", "handle": handle, "display_name": handle, "password": password}
        requests.post(f"{practice_url}/practice/accounts", json=account, timeout=10).raise_for_status()
    start = network.start_oauth(server=practice_url, redirect_uri=REDIRECT, state="s1")
    code = _sign_in(start.authorize_url, {"username": "mairie", "password": PRACTICE_PASSWORD, "decision": "allow"})
    found = network.finish_oauth(server=practice_url, redirect_uri=REDIRECT, code=code, keep={})
    assert {"mairie", "eau"} <= {each.handle for each in found}
    assert "voisine" not in {each.handle for each in found}
    with pytest.raises(CredentialsRefused):
        network.finish_oauth(server=practice_url, redirect_uri=REDIRECT, code=code, keep={})


def test_tokens_end_and_are_renewed_until_their_year_is_over(
    network: LinkedIn, practice_url: str, page: Account, settings: requests.Session
) -> None:
    _set(settings, page, linkedin_refresh_seconds=2.0, linkedin_access_seconds=0.0)
    target = practice_target("linkedin", practice_url, Shelf())
    with pytest.raises((CredentialsRefused, NotUnderstood)):
        target.connect(None)  # the token that was given had ended before it was used
    _set(settings, page, linkedin_refresh_seconds=1.0, linkedin_access_seconds=3600.0)
    account = account_of(target.connect(None))
    renewed = network.refresh(account)
    assert renewed is not None and renewed.secrets["refresh"] == account.secrets["refresh"]
    until = datetime.now(UTC) + timedelta(seconds=10)
    with pytest.raises(CredentialsRefused) as refused:
        while datetime.now(UTC) < until:
            network.refresh(account_of(renewed))
    assert refused.value.code == "refresh_refused"
    _set(settings, page, linkedin_refresh_tokens=False, linkedin_refresh_seconds=86_400.0)
    without = account_of(target.connect(None))
    assert "refresh" not in without.secrets
    assert network.refresh(without) is None


def test_another_application_gets_nothing(practice_url: str) -> None:
    stranger = LinkedIn(Transport(allow_loopback=True), lambda: {"client_id": "parvis", "client_secret": "wrong"})
    with pytest.raises(CredentialsRefused):
        stranger.finish_oauth(server=practice_url, redirect_uri=REDIRECT, code="x", keep={})


def test_what_linkedin_may_do_otherwise(network: LinkedIn, page: Account, settings: requests.Session) -> None:
    cursor = network.inbox(page, cursor=None).cursor
    comment = _comment(page, _published(network, page), "Encore")
    _set(settings, page, linkedin_development_tier=True)
    assert comment in {each.remote_id for each in network.inbox(page, cursor=cursor).messages}
    _set(settings, page, linkedin_development_tier=False, linkedin_upload_elsewhere=True)
    outcome = network.publish(page, publication("Image", media=(image(),)), _open)
    assert isinstance(outcome, RetryAfter) and outcome.code == "upload_address_refused"
    _set(settings, page, linkedin_upload_elsewhere=False, linkedin_version_retired=True)
    outcome = network.publish(page, publication("Version"), _open)
    assert isinstance(outcome, RetryAfter) and outcome.code == "server_not_understood"
    with pytest.raises(NotUnderstood) as raised:
        network.inbox(page, cursor=None)
    assert raised.value.code == "version_retired"


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("rate_limit", "RetryAfter"),
        ("token_expired", "Reauthorise"),
        ("token_revoked", "Reauthorise"),
        ("suspended", "Reauthorise"),
        ("error_5xx_before", "OutcomeUnknown"),
        ("error_5xx_after_accept", "OutcomeUnknown"),
        ("drop_before", "OutcomeUnknown"),
        ("drop_after_accept", "OutcomeUnknown"),
    ],
)
def test_faults_are_told_in_linkedins_words(network: LinkedIn, page: Account, kind: str, outcome: str) -> None:
    rules = [{"kind": kind, "network": "linkedin", "operation": "publish", "count": 1}]
    requests.put(f"{page.server}/practice/faults", json=rules, timeout=10).raise_for_status()
    words = publication(f"Panne {uuid4().hex}")
    since = datetime.now(UTC) - timedelta(seconds=1)
    got = network.publish(page, words, _open)
    requests.delete(f"{page.server}/practice/faults", timeout=10).raise_for_status()
    assert type(got).__name__ == outcome, got
    found = network.find(page, words, since=since)
    assert len(found) == int("after_accept" in kind), "what was accepted is found, and nothing else"


def test_a_token_that_does_not_stand_and_a_server_that_is_away(network: LinkedIn, page: Account) -> None:
    stranger = replace(page, secrets={"access": "not-a-token"})
    for read in (
        lambda who: network.inbox(who, cursor=None),
        lambda who: network.profile_metrics(who),
        lambda who: network.post_metrics(who, ["urn:li:share:1"]),
        lambda who: network.thread(who, "urn:li:comment:(urn:li:activity:1,2)"),
        lambda who: network.delete(who, "urn:li:share:1"),
    ):
        with pytest.raises((CredentialsRefused, NotPermitted)) as refused:
            read(stranger)
        assert "not-a-token" not in str(refused.value)
        with pytest.raises(Unavailable):
            read(replace(page, server="http://127.0.0.1:9"))


def test_without_leave_for_loopback_no_secret_leaves(practice_url: str) -> None:
    network = LinkedIn(Transport(), lambda: PRACTICE_APPS["linkedin"])
    with pytest.raises(AddressRefused):
        network.start_oauth(server=practice_url, redirect_uri=REDIRECT, state="s")
