"""One delivery at its second: what each outcome makes of it, and that every step may be a worker's last."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.networks.contract import CredentialsRefused, OutcomeUnknown, Reauthorise, Rejected, RetryAfter
from chalicelib.profiles import connecting
from chalicelib.publishing.delivery import LATEST
from chalicelib.publishing.message import DeliveryDue
from tests.fakes.house import ADMINISTRATOR, FakeHouse
from tests.fakes.networks import Script, accept, accept_and_answer, accept_later_and_answer

TIMEOUT = OutcomeUnknown("timeout")


def test_it_leaves_at_its_second_and_not_before(house: FakeHouse) -> None:
    at = house.clock.now() + timedelta(seconds=100, milliseconds=250)
    planned = house.scheduled(at)
    assert house.run(120) == ["published"]
    assert house.network.posts[0].created_at == at
    assert house.delivery(planned).published_at == at


def test_a_message_that_shows_too_early_is_put_back_for_its_time(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    message = DeliveryDue.of(house.delivery(planned))
    assert house.deliver(message) == "early"
    assert house.clock.slept == []
    assert house.run(90, sweeping=False) == ["published", "void"]
    assert len(house.texts()) == 1


def test_more_than_an_hour_late_it_is_held_and_told(house: FakeHouse) -> None:
    house.queue.next_faults(LATEST + timedelta(seconds=5))
    planned = house.scheduled(0)
    house.run(LATEST + timedelta(seconds=10), sweeping=False)
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "late")
    assert house.texts() == []
    assert house.topic.subjects == ["Parvis: delivery_held"]


def test_just_within_the_hour_it_is_sent(house: FakeHouse) -> None:
    house.queue.next_faults(LATEST - timedelta(seconds=5))
    planned = house.scheduled(0)
    house.run(LATEST, sweeping=False)
    assert house.delivery(planned).state == "published"


def test_a_message_made_for_another_moment_is_void(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    old = DeliveryDue.of(house.delivery(planned))
    house.schedule(planned, 60)
    house.clock.advance(30)
    assert house.deliver(old) == "void"


def test_a_message_for_what_does_not_exist_is_void(house: FakeHouse) -> None:
    message = DeliveryDue(agency="ville", post="nowhere", profile="p1", act_at=house.clock.now())
    assert house.deliver(message) == "void"


def test_a_second_worker_finds_the_lease_and_leaves_it_alone(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    message = DeliveryDue.of(house.delivery(planned))
    publish, second = house.network.publish, []

    def meanwhile(*args: object) -> object:
        second.append(house.deliver(message))
        return publish(*args)  # type: ignore[arg-type]

    house.network.publish = meanwhile  # type: ignore[method-assign,assignment]
    assert house.deliver(message) == "published"
    assert second == ["leased"]
    assert len(house.texts()) == 1


def test_of_two_workers_that_read_it_at_once_one_claims_it(house: FakeHouse) -> None:
    planned = house.scheduled(3)
    message = DeliveryDue.of(house.delivery(planned))
    sleep = house.clock.sleep
    other: list[str] = []

    def meanwhile(seconds: float) -> None:
        sleep(seconds)
        house.clock.sleep = sleep  # type: ignore[method-assign]
        other.append(house.deliver(message))

    house.clock.sleep = meanwhile  # type: ignore[method-assign]
    assert house.deliver(message) == "lost"
    assert other == ["published"]
    assert len(house.texts()) == 1


def test_the_attempt_is_on_record_before_the_network_is_called(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    seen = []
    publish = house.network.publish

    def looked(*args: object) -> object:
        seen.append(house.delivery(planned))
        return publish(*args)  # type: ignore[arg-type]

    house.network.publish = looked  # type: ignore[method-assign,assignment]
    house.run(1)
    assert (seen[0].state, seen[0].attempts, seen[0].began_at) == ("publishing", 1, house.network.posts[0].created_at)


def test_no_step_begins_when_the_lease_is_about_to_end(house: FakeHouse) -> None:
    """A worker that was asleep for longer than its lease must not send: another may have by now."""
    planned = house.scheduled(0)
    publish = house.network.publish

    def frozen(*args: object) -> object:
        house.clock.advance(76)
        return publish(*args)  # type: ignore[arg-type]

    house.network.publish = frozen  # type: ignore[method-assign,assignment]
    assert house.run(1, sweeping=False) == ["lost"]
    assert house.texts() == []
    house.network.publish = publish  # type: ignore[method-assign]
    house.run(timedelta(minutes=6))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_a_refusal_of_the_content_is_a_failure_that_says_why(house: FakeHouse) -> None:
    house.network.next_outcomes(Rejected("content_refused", "Trop long."))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=10))
    failed = house.delivery(planned)
    assert (failed.state, failed.reason, failed.detail) == ("failed", "content_refused", "Trop long.")
    assert house.topic.subjects == ["Parvis: delivery_failed"]
    assert len([call for call, _ in house.network.calls if call == "publish"]) == 1


def test_revoked_tokens_are_renewed_once_and_the_post_leaves(house: FakeHouse) -> None:
    house.network.next_outcomes(Reauthorise("credentials_refused"))
    planned = house.scheduled(0)
    house.run(1)
    assert house.delivery(planned).state == "published"
    assert house.profile_now().status == "connected"


def test_a_profile_that_refuses_even_renewed_tokens_is_broken_and_said(house: FakeHouse) -> None:
    house.network.next_outcomes(Reauthorise("account_suspended"), Reauthorise("account_suspended"))
    planned = house.scheduled(0)
    house.run(1)
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "profile_broken")
    assert (house.profile_now().status, house.profile_now().status_reason) == ("broken", "account_suspended")
    assert "Parvis: profile_broken" in house.topic.subjects


def test_a_profile_connected_again_meanwhile_is_not_broken_by_the_old_refusal(house: FakeHouse) -> None:
    house.network.next_outcomes(Reauthorise("credentials_refused"), Reauthorise("credentials_refused"))
    house.scheduled(0)
    refresh = house.network.refresh

    def reconnected(account: object) -> object:
        house.clock.advance(1)
        connecting.connect_with_password(
            network_name="fake",
            network=house.network,  # type: ignore[arg-type]
            department="water",
            server="https://fake.example",
            identifier="p1@",
            app_password="right",
            mending=house.profile_now(),
            actor=ADMINISTRATOR,
            desk=house.connecting,
        )
        return refresh(account)  # type: ignore[arg-type]

    house.network.refresh = reconnected  # type: ignore[method-assign,assignment]
    house.run(5, sweeping=False)
    assert house.profile_now().status == "connected"


def test_a_broken_profile_keeps_its_queue_and_says_so_once(house: FakeHouse) -> None:
    """Trap 21 as well: one notice for the profile, one for the deliveries, however many there are."""
    house.network.revoke("p1@")
    house.network.refresh_error = CredentialsRefused("credentials_refused")
    planned = [house.scheduled(number, f"Message {number}") for number in range(5)]
    house.run(60)
    assert {house.delivery(each).state for each in planned} == {"held"}
    assert sorted(house.topic.subjects) == ["Parvis: delivery_held", "Parvis: profile_broken"]


def test_a_removed_profile_holds_what_waited_for_it(house: FakeHouse) -> None:
    planned = house.scheduled(10)
    profile = house.profile_now()
    connecting.disconnect(
        "p1", expected=profile.version, network_named=house.network_named, actor=ADMINISTRATOR, desk=house.connecting
    )
    house.run(60)
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "profile_removed")


def test_a_network_that_is_down_is_asked_ever_more_seldom_until_the_hour_is_over(house: FakeHouse) -> None:
    house.network.next_outcomes(*[RetryAfter(timedelta(seconds=10), "network_down")] * 200)
    planned = house.scheduled(0)
    house.run(timedelta(hours=1, minutes=5))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "network_down")
    assert 10 < len(house.network.calls) < 30


LIVES: dict[str, Callable[[], list[Script | object]]] = {
    "accepted": lambda: [accept()],
    "accepted, unheard": lambda: [accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=20))],
    "accepted after we hung up": lambda: [accept_later_and_answer(TIMEOUT, accepted_after=timedelta(seconds=25))],
    "not accepted, unheard": lambda: [TIMEOUT],
    "rate limited": lambda: [RetryAfter(timedelta(seconds=30), "rate_limited")],
}


@pytest.mark.parametrize("chosen_id", [False, True])
@pytest.mark.parametrize("life", LIVES)
def test_a_worker_may_die_at_any_step_and_it_still_leaves_exactly_once(life: str, chosen_id: bool) -> None:
    for after in (False, True):
        step = 0
        while True:
            step += 1
            house = FakeHouse(chosen_id=chosen_id)
            house.profile()
            house.sweep()
            house.network.next_outcomes(*LIVES[life]())  # type: ignore[arg-type]
            planned = house.scheduled(0)
            house.fate.spare()
            house.fate.kill(step, after=after)
            while house.delivery(planned).act_at is not None:
                house.run(60)
                assert house.clock.now() < house.delivery(planned).due_at + timedelta(hours=2), f"stuck: step {step}"
            assert house.delivery(planned).state == "published", f"step {step}, after={after}"
            assert len(house.texts()) == 1, f"step {step}, after={after}"
            if house.fate.steps < step:
                break
        assert step > 4


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_dies_with_tokens_just_exchanged_leaves_a_broken_profile_that_is_said(after: bool) -> None:
    """Old tokens void, new ones lost: the one death that only a person can mend. Nothing is sent twice, or lost."""
    states, step = set(), 0
    while True:
        step += 1
        house = FakeHouse()
        house.profile()
        house.sweep()
        house.network.next_outcomes(Reauthorise("credentials_refused"))
        planned = house.scheduled(0)
        house.fate.spare()
        house.fate.kill(step, after=after)
        while house.delivery(planned).act_at is not None:
            house.run(60)
        state = house.delivery(planned).state
        states.add(state)
        assert len(house.texts()) == (state == "published")
        if state == "held":
            assert house.delivery(planned).reason == "profile_broken"
            assert house.profile_now().status == "broken"
            assert "Parvis: profile_broken" in house.topic.subjects
        if house.fate.steps < step:
            assert states == {"published", "held"}
            return


def test_a_worker_may_die_at_any_step_of_a_failure_and_it_is_still_a_failure() -> None:
    step = 0
    while True:
        step += 1
        house = FakeHouse()
        house.profile()
        house.sweep()
        house.network.next_outcomes(*[Rejected("content_refused")] * 9)
        planned = house.scheduled(0)
        house.fate.spare()
        house.fate.kill(step)
        while house.delivery(planned).act_at is not None:
            house.run(60)
        assert (house.delivery(planned).state, house.delivery(planned).reason) == ("failed", "content_refused")
        assert house.texts() == []
        if house.fate.steps < step:
            return
