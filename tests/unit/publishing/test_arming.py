"""The minute sweep: nothing due is lost, however long nobody swept, whoever else sweeps, whatever the queue does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.networks.contract import OutcomeUnknown, RetryAfter
from chalicelib.publishing import arming
from chalicelib.publishing.arming import Watermark
from chalicelib.publishing.delivery import ARMS_MAX
from chalicelib.publishing.message import DeliveryDue
from tests.fakes.house import FakeHouse
from tests.fakes.networks import accept_and_answer


def mark(house: FakeHouse) -> Watermark:
    found = house.store.get(Watermark, Watermark.key_of())
    assert found is not None
    return found


def test_what_is_due_within_three_minutes_is_armed_by_its_writer(house: FakeHouse) -> None:
    near = house.scheduled(180)
    far = house.scheduled(181)
    assert house.delivery(near).armed_at is not None
    assert house.delivery(far).armed_at is None
    assert [message.post for message in house.queue.sent] == [near.post.id]


def test_the_sweep_arms_each_delivery_once_ahead_of_its_time(house: FakeHouse) -> None:
    house.scheduled(timedelta(minutes=10))
    house.run(timedelta(minutes=10) - timedelta(seconds=3))
    assert len(house.queue.sent) == 1
    assert house.queue.sent[0].act_at - house.clock.now() == timedelta(seconds=3)
    assert house.texts() == []


@pytest.mark.parametrize("silence", [1, 5, 10, 45])
def test_minutes_without_a_sweep_lose_nothing(house: FakeHouse, silence: int) -> None:
    planned = [house.scheduled(200 + 37 * number, f"Message {number}") for number in range(20)]
    house.run(timedelta(minutes=silence), sweeping=False)
    house.run(timedelta(minutes=20))
    assert {house.delivery(each).state for each in planned} == {"published"}
    assert len(house.texts()) == 20


def test_the_sweep_says_how_long_nobody_swept(house: FakeHouse) -> None:
    house.clock.advance(timedelta(minutes=10))
    swept = house.sweep()
    assert swept is not None
    assert swept.behind == timedelta(minutes=10)
    swept = house.sweep()
    assert swept is not None
    assert swept.behind == timedelta(0)


def test_two_sweeps_at_once_arm_once_and_leave_one_mark(house: FakeHouse) -> None:
    planned = [house.scheduled(200, f"Message {number}") for number in range(10)]
    house.clock.advance(100)
    rows, other = house.store.rows, []

    def beside(*args: object, **kwargs: object) -> object:
        found = rows(*args, **kwargs)  # type: ignore[arg-type]
        if not other:
            other.append(None)
            other.append(arming.sweep(store=house.store, queue=house.queue, clock=house.clock))
        return found

    house.store.rows = beside  # type: ignore[method-assign,assignment]
    swept = arming.sweep(store=house.store, queue=house.queue, clock=house.clock)
    beside_it = other[1]
    assert isinstance(beside_it, arming.Sweep)
    assert swept.armed + beside_it.armed == 10
    assert len(house.queue.sent) == 10
    house.run(timedelta(minutes=5))
    assert {house.delivery(each).state for each in planned} == {"published"}
    assert len(house.texts()) == 10


def test_a_queue_that_takes_nothing_for_five_minutes_delays_and_loses_nothing(house: FakeHouse) -> None:
    planned = [house.scheduled(30 * number, f"Message {number}") for number in range(10)]
    house = _without_messages(house)
    house.queue.down = True
    house.run(timedelta(minutes=5))
    assert house.texts() == []
    house.queue.down = False
    house.run(timedelta(minutes=3))
    assert {house.delivery(each).state for each in planned} == {"published"}


def _without_messages(house: FakeHouse) -> FakeHouse:
    """Everything under way is lost, as when somebody purges the queue."""
    house.queue.run(lambda message: "purged", until=house.clock.now())
    house.queue._waiting.clear()
    return house


def test_every_message_lost_once_still_leaves_within_two_minutes(house: FakeHouse) -> None:
    planned = [house.scheduled(60 + number, f"Message {number}") for number in range(10)]
    _without_messages(house)
    house.run(60 + 10 + 120)
    assert {house.delivery(each).state for each in planned} == {"published"}


def test_settled_to_never_passes_what_is_not_done(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(minutes=1)))
    planned = house.scheduled(0)
    for _ in range(30):
        house.run(20)
        act_at = house.delivery(planned).act_at
        if act_at is not None and act_at <= house.clock.now():
            assert mark(house).settled_to <= act_at
        assert mark(house).settled_to <= house.clock.now()
        assert mark(house).settled_to <= house.clock.now() - timedelta(minutes=4)


def test_settled_to_waits_for_a_message_that_never_comes(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    due = house.delivery(planned).due_at
    _without_messages(house)
    house.queue.down = True
    house.run(timedelta(minutes=10))
    assert mark(house).settled_to <= due
    house.queue.down = False
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).state == "published"
    house.run(timedelta(minutes=10))
    assert mark(house).settled_to > due


def test_what_moves_to_a_later_time_is_found_there(house: FakeHouse) -> None:
    house.network.next_outcomes(RetryAfter(timedelta(minutes=12), "rate_limited"))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=14))
    assert house.delivery(planned).state == "published"


def test_after_twelve_messages_that_nobody_handled_it_waits_for_a_person(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    house.queue.next_faults(*["lose"] * 50)
    _without_messages(house)
    house.run(timedelta(minutes=ARMS_MAX + 3))
    held = house.delivery(planned)
    assert (held.state, held.reason) == ("held", "stuck")
    assert len(house.queue.sent) == ARMS_MAX
    assert house.topic.subjects == ["Parvis: delivery_held"]


def test_after_twelve_messages_an_unsure_one_is_left_unconfirmed_never_sent_again(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout")))
    house.queue.next_faults(None, *["lose"] * 50)
    planned = house.scheduled(0)
    house.run(timedelta(minutes=ARMS_MAX + 5))
    unsure = house.delivery(planned)
    assert (unsure.state, unsure.reason, unsure.act_at) == ("unconfirmed", "stuck", None)
    assert len(house.texts()) == 1


def test_a_message_sent_again_while_its_worker_is_at_it_changes_nothing(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    again = DeliveryDue.of(house.delivery(planned))
    house.queue.next_faults("double")
    house.queue.send([again, again], now=house.clock.now())
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_overdue_counts_what_is_in_nobodys_hands(house: FakeHouse) -> None:
    house.scheduled(0)
    _without_messages(house)
    house.clock.advance(59)
    assert arming.overdue(mark(house), store=house.store, now=house.clock.now()) == []
    house.clock.advance(2)
    assert len(arming.overdue(mark(house), store=house.store, now=house.clock.now())) == 1


def test_a_late_deliverys_call_under_way_is_counted_though_it_was_due_long_ago(house: FakeHouse) -> None:
    """After minutes without a sweep, what a pause must say had begun is what was due well before."""
    house.scheduled(0)
    _without_messages(house)
    house.clock.advance(timedelta(minutes=12))
    publish, seen = house.network.publish, []

    def looked(*args: object) -> object:
        seen.extend(arming.under_way("ville", store=house.store, now=house.clock.now()))
        return publish(*args)  # type: ignore[arg-type]

    house.network.publish = looked  # type: ignore[method-assign,assignment]
    house.run(timedelta(minutes=2))
    assert [each.state for each in seen] == ["publishing"]
    assert arming.under_way("autre", store=house.store, now=house.clock.now()) == []
