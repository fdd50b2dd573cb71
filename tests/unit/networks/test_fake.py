"""What can be scripted on the fake network, so that tests built upon it can trust it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.networks.contract import (
    CredentialsRefused,
    Halted,
    OutcomeUnknown,
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
