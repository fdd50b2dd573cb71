"""The Facebook connector against the practice server: what is read there, which no other network of the suite has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import Account, AddressRefused, CredentialsRefused, OutcomeUnknown, Published
from chalicelib.networks.facebook import Facebook
from chalicelib.networks.transport import Transport
from tests.contract.networks.conftest import PRACTICE_ACCOUNTS, PRACTICE_PASSWORD, account_of, image, publication


@pytest.fixture(scope="module")
def network() -> Facebook:
    return Facebook(Transport(allow_loopback=True))


@pytest.fixture(scope="module")
def page(network: Facebook, practice_url: str) -> Account:
    handle = PRACTICE_ACCOUNTS["facebook"]
    return account_of(network.connect_password(server=practice_url, identifier=handle, app_password=PRACTICE_PASSWORD))


def _open() -> None:
    pass


def _published(network: Facebook, page: Account, **more: object) -> str:
    outcome = network.publish(page, publication(f"Le pont n° {uuid4().hex}", **more), _open)
    assert isinstance(outcome, Published), outcome
    return outcome.remote_id


def _comment(page: Account, post: str, text: str) -> str:
    body = {"post": post, "author": "Zoé", "text": text}
    answer = requests.post(f"{page.server}/practice/facebook/comments", json=body, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_comments_are_read_answered_and_found_again(network: Facebook, page: Account) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    cursor = network.inbox(page, cursor=None).cursor
    post = _published(network, page)
    first = _comment(page, post, "Où est l’eau ?")
    second = _comment(page, first, "Oui, où ?")
    batch = network.inbox(page, cursor=cursor)
    told = {each.remote_id: each for each in batch.messages}
    assert {first, second} <= set(told)
    assert (told[first].parent, told[first].root) == (post, post)
    assert (told[second].parent, told[second].root) == (first, post)
    assert told[first].author.name == "Zoé"
    assert [each.remote_id for each in network.thread(page, second)] == [post, first]

    # Filed by Facebook beside the answer that it answers, and found there.
    reply = publication(f"Nous cherchons {uuid4().hex}", reply_to=second, media=(image(),))
    outcome = network.publish(page, reply, _open)
    assert isinstance(outcome, Published), outcome
    assert [each.remote_id for each in network.find(page, reply, since=since)] == [outcome.remote_id]
    assert network.find(page, replace(reply, media=()), since=since) == []
    assert network.find(page, replace(reply, text="Autre chose"), since=since) == []
    again = network.inbox(page, cursor=batch.cursor)
    assert again.messages == [], "nothing twice, and nothing of our own"


def test_figures_are_read_and_what_is_gone_is_said(network: Facebook, page: Account) -> None:
    post = _published(network, page)
    comment = _comment(page, post, "Merci")
    metrics = network.post_metrics(page, [comment, post, f"{page.remote_id}_1"])
    assert [each.remote_id for each in metrics] == [comment, post, f"{page.remote_id}_1"]
    assert [each.gone for each in metrics] == [False, False, True]
    assert metrics[1].replies == 1
    assert None not in (metrics[0].likes, metrics[1].likes, metrics[1].shares, metrics[1].impressions)
    assert network.profile_metrics(page).followers is not None


def test_the_same_words_again_are_looked_for_and_found(network: Facebook, page: Account) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    words = publication(f"Une fois {uuid4().hex}")
    first = network.publish(page, words, _open)
    assert isinstance(first, Published)
    assert network.publish(page, words, _open) == OutcomeUnknown("duplicate", "(#506) Duplicate status message")
    assert [each.remote_id for each in network.find(page, words, since=since)] == [first.remote_id]


def test_a_token_of_another_page_connects_nothing(network: Facebook, practice_url: str) -> None:
    other = {"network": "facebook", "handle": "autre", "display_name": "Autre", "password": "other-token"}
    requests.post(f"{practice_url}/practice/accounts", json=other, timeout=10).raise_for_status()
    with pytest.raises(CredentialsRefused) as refused:
        network.connect_password(server=practice_url, identifier="mairie", app_password="other-token")
    assert refused.value.code == "token_of_another_page"


def test_without_leave_for_loopback_no_token_leaves(practice_url: str) -> None:
    with pytest.raises(AddressRefused):
        Facebook(Transport()).connect_password(server=practice_url, identifier="mairie", app_password=PRACTICE_PASSWORD)
