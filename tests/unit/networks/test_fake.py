"""What can be scripted on the fake network, so that tests built upon it can trust it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    Halted,
    OutcomeUnknown,
    ProfileMetrics,
    Published,
    Reauthorise,
    RetryAfter,
    Unavailable,
)
from tests.fakes.networks import FakeNetwork, accept_and_answer, accept_later_and_answer
from tests.unit.networks.material import publication

UNKNOWN = OutcomeUnknown("timeout")


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 14, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def _open() -> None:
    pass


def test_a_script_is_followed_in_order_and_then_all_is_accepted() -> None:
    network = FakeNetwork()
    account = network.account()
    network.next_outcomes(RetryAfter(timedelta(seconds=1), "rate_limited"), accept_and_answer(UNKNOWN), OSError("died"))
    assert isinstance(network.publish(account, publication(), _open), RetryAfter)
    assert network.posts == []
    assert network.publish(account, publication(), _open) == UNKNOWN
    assert len(network.posts) == 1
    with pytest.raises(OSError, match="died"):
        network.publish(account, publication(), _open)
    assert isinstance(network.publish(account, publication(), _open), Published)
    assert len(network.posts_of(account.remote_id)) == 2


@pytest.mark.parametrize("chosen_id", [True, False])
def test_a_chosen_id_makes_one_post_and_an_exact_sighting(chosen_id: bool) -> None:
    network = FakeNetwork(chosen_id=chosen_id)
    account = network.account()
    for _ in range(2):
        network.publish(account, publication(), _open)
    found = network.find(account, publication(), since=datetime.min.replace(tzinfo=UTC))
    assert [sighting.exact for sighting in found] == ([True] if chosen_id else [False, False])


def test_what_is_accepted_late_or_seen_late() -> None:
    clock = Clock()
    network = FakeNetwork(clock=clock)
    account = network.account()
    since = clock.at
    late, slow = publication("late", key="k1"), publication("slow", key="k2")
    network.next_outcomes(accept_later_and_answer(UNKNOWN), accept_and_answer(UNKNOWN, seen_after=timedelta(seconds=9)))
    assert network.publish(account, late, _open) == UNKNOWN
    assert network.publish(account, slow, _open) == UNKNOWN
    assert network.find(account, late, since=since) == network.find(account, slow, since=since) == []
    network.settle()
    clock.at += timedelta(seconds=9)
    assert len(network.find(account, late, since=since)) == len(network.find(account, slow, since=since)) == 1


def test_the_gate_stands_before_every_step() -> None:
    network = FakeNetwork(steps=3)
    passed: list[int] = []

    def gate() -> None:
        passed.append(1)
        if len(passed) == 3:
            raise Halted

    with pytest.raises(Halted):
        network.publish(network.account(), publication(), gate)
    assert network.posts == []


def test_revoked_and_refreshed_tokens() -> None:
    network = FakeNetwork()
    account = network.account()
    renewed = network.refresh(account)
    assert isinstance(network.publish(account, publication(), _open), Reauthorise)
    account = replace(account, secrets=renewed.secrets)
    assert isinstance(network.publish(account, publication(), _open), Published)
    network.revoke(account.remote_id)
    with pytest.raises(CredentialsRefused):
        network.refresh(account)
    network.refresh_error = network.find_error = Unavailable("http_503")
    with pytest.raises(Unavailable):
        network.refresh(account)
    with pytest.raises(Unavailable):
        network.find(account, publication(), since=datetime.now(UTC))


# ---------------------------------------------------------------- reading


def test_what_reaches_an_account_is_told_in_order_and_in_batches() -> None:
    network = FakeNetwork()
    account, other = network.account("a1"), network.account("a2")
    start = network.inbox(account, cursor=None)
    assert (start.messages, start.more) == ([], False)
    sent = [network.receive("a1", f"n° {number}").remote_id for number in range(5)]
    network.receive("a2")
    first = network.inbox(account, cursor=start.cursor, limit=3)
    assert ([message.remote_id for message in first.messages], first.more) == (sent[:3], True)
    second = network.inbox(account, cursor=first.cursor, limit=3)
    assert ([message.remote_id for message in second.messages], second.more) == (sent[3:], False)
    assert network.inbox(account, cursor=second.cursor).messages == []
    assert [message.remote_id for message in network.inbox(account, cursor=None, limit=2).messages] == sent[3:]
    assert len(network.inbox(other, cursor=None).messages) == 1


def test_an_edit_and_a_repetition_are_told_again_and_what_was_deleted_is_not() -> None:
    network = FakeNetwork()
    account = network.account()
    message = network.receive("a1", "Le trou")
    cursor = network.inbox(account, cursor=None).cursor
    edited = network.edit(message.remote_id, "Le grand trou")
    (told,) = network.inbox(account, cursor=cursor).messages
    assert (told, told.text) == (edited, "Le grand trou")
    assert told.revision != message.revision
    cursor = network.inbox(account, cursor=cursor).cursor
    network.receive_again("a1", message.remote_id)
    assert network.inbox(account, cursor=cursor).messages == [edited]
    network.delete(message.remote_id)
    assert network.inbox(account, cursor=None).messages == []


def test_searches_threads_and_figures() -> None:
    network = FakeNetwork()
    account = network.account()
    outcome = network.publish(account, publication("Le pont est fermé."), _open)
    assert isinstance(outcome, Published)
    reply = network.receive("a1", "Et à pied ?", kind="reply", parent=outcome.remote_id)
    network.receive("a1", "Secret : le pont", kind="private")
    stranger = network.say("Quel PONT ?")
    assert [message.remote_id for message in network.search(account, "pont", cursor=None).messages] == [
        stranger.remote_id
    ]
    assert [message.remote_id for message in network.thread(account, reply.remote_id)] == [outcome.remote_id]
    assert network.thread(account, outcome.remote_id) == network.thread(account, "nowhere") == []
    network.count(reply.remote_id, likes=3)
    figures = network.post_metrics(account, [reply.remote_id, "nowhere", outcome.remote_id])
    assert [(each.likes, each.gone) for each in figures] == [(3, False), (None, True), (0, False)]
    assert figures[2].replies == 1
    network.count_profile("a1", ProfileMetrics(followers=7))
    assert network.profile_metrics(account).followers == 7


@pytest.mark.parametrize("what", sorted(FakeNetwork().capabilities().reads))
def test_reading_can_be_made_to_fail_and_needs_a_token(what: str) -> None:
    network = FakeNetwork()
    account = network.account()
    reads: dict[str, Callable[[Account], object]] = {
        "inbox": lambda who: network.inbox(who, cursor=None),
        "search": lambda who: network.search(who, "x", cursor=None),
        "thread": lambda who: network.thread(who, "x"),
        "post_metrics": lambda who: network.post_metrics(who, ["x"]),
        "profile_metrics": lambda who: network.profile_metrics(who),
    }
    network.read_errors[what] = Unavailable("http_503", wait=timedelta(seconds=9))
    with pytest.raises(Unavailable):
        reads[what](account)
    del network.read_errors[what]
    reads[what](account)
    network.revoke(account.remote_id)
    with pytest.raises(CredentialsRefused):
        reads[what](account)


def test_many_threads_lose_nothing() -> None:
    network = FakeNetwork()
    account = network.account()
    with ThreadPoolExecutor(8) as pool:
        sent = set(pool.map(lambda number: network.receive("a1", str(number)).remote_id, range(200)))
    told: list[str] = []
    batch = network.inbox(account, cursor="0", limit=30)
    while True:
        told += [message.remote_id for message in batch.messages]
        if not batch.more:
            break
        batch = network.inbox(account, cursor=batch.cursor, limit=30)
    assert sorted(told) == sorted(sent)
