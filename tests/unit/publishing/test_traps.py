"""What hurt the users of other products, each as a test by its number in the list of traps."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from chalicelib.crisis.pause import pause, resume
from chalicelib.entity import stamp
from chalicelib.networks.contract import MediaFile, OutcomeUnknown, RetryAfter, Unavailable
from chalicelib.publishing import planning
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.message import DeliveryDue
from chalicelib.publishing.waiting import find, waiting
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse
from tests.fakes.networks import FakeNetwork, Script, accept_and_answer, accept_later_and_answer

TIMEOUT = OutcomeUnknown("timeout")


def _steps_of_one_delivery(chosen_id: bool) -> tuple[int, int]:
    """(steps up to and with the network's call, all steps) of a delivery that goes well."""
    house = FakeHouse(chosen_id=chosen_id)
    house.profile()
    house.scheduled(0)
    house.fate.spare()
    called_at = []
    publish = FakeNetwork.publish

    def noted(*args: object) -> object:
        called_at.append(house.fate.steps)
        return publish(house.network, *args)  # type: ignore[arg-type]

    house.network.publish = noted  # type: ignore[method-assign,assignment]
    house.run(1, sweeping=False)
    return called_at[0], house.fate.steps


_CALLED_AT, _STEPS = _steps_of_one_delivery(False)


@pytest.mark.parametrize("chosen_id", [False, True])
@pytest.mark.parametrize("step", range(_CALLED_AT, _STEPS + 1))
@pytest.mark.parametrize("after", [False, True])
def test_trap_01_bookkeeping_that_fails_after_a_publish_does_not_post_again(
    chosen_id: bool, step: int, after: bool
) -> None:
    house = FakeHouse(chosen_id=chosen_id)
    house.profile()
    planned = house.scheduled(0)
    house.fate.spare()
    house.fate.kill(step, after=after)
    house.run(timedelta(minutes=15))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1
    assert house.kinds(planned).count("delivery.published") == 1


def test_trap_01_a_table_that_refuses_every_write_for_ten_minutes_does_not_loop(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    commit, until = house.store.commit, house.clock.now() + timedelta(minutes=10)

    def down(*saves: object, removes: object = ()) -> None:
        if house.network.posts and house.clock.now() < until:
            raise TimeoutError
        commit(*saves, removes=removes)  # type: ignore[arg-type]

    house.store.commit = down  # type: ignore[method-assign,assignment]
    house.run(1, sweeping=False)
    for _ in range(20):
        house.clock.advance(60)
        try:
            house.sweep()
        except TimeoutError:
            continue
        house.queue.run(house.deliver, until=house.clock.now())
    assert house.texts() == ["La rue Haute est fermée."]
    assert house.delivery(planned).state == "published"


@pytest.mark.parametrize(
    "script",
    [
        accept_and_answer(TIMEOUT),
        accept_and_answer(OutcomeUnknown("server_error", "502"), seen_after=timedelta(seconds=45)),
        accept_later_and_answer(TIMEOUT, accepted_after=timedelta(seconds=30), seen_after=timedelta(seconds=20)),
    ],
)
def test_trap_02_an_unknown_outcome_is_looked_up_and_never_simply_repeated(house: FakeHouse, script: Script) -> None:
    house.network.next_outcomes(script)
    planned = house.scheduled(0)
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "published"
    assert [call for call, _ in house.network.calls].count("publish") == 1
    assert len(house.texts()) == 1


def test_trap_02_what_was_not_accepted_is_sent_again_once_its_absence_is_proven(house: FakeHouse) -> None:
    house.network.next_outcomes(TIMEOUT)
    planned = house.scheduled(0)
    house.run(80)
    assert [call for call, _ in house.network.calls].count("publish") == 1, "too soon to know"
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_trap_04_a_deleted_post_never_goes_out(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    assert len(house.queue) == 1
    planning.delete(planned.post.id, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
    assert house.run(timedelta(minutes=5)) == ["void"]
    assert house.texts() == []


def test_trap_04_a_cancelled_post_never_goes_out(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    planning.cancel(planned.post.id, expected=None, actor=PUBLISHER, bench=house.bench)
    assert house.run(timedelta(minutes=5)) == ["void"]
    assert house.delivery(planned).state == "cancelled"
    assert house.texts() == []


def test_trap_04_a_rescheduled_post_goes_out_at_its_new_time_only(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    house.schedule(planned, 170)
    house.run(100)
    assert house.texts() == []
    house.run(90)
    assert len(house.texts()) == 1
    assert house.network.posts[0].created_at == house.delivery(planned).due_at


def test_trap_04_a_post_moved_back_to_the_very_same_second_leaves_once(house: FakeHouse) -> None:
    at = house.clock.now() + timedelta(seconds=90)
    planned = house.scheduled(at)
    house.schedule(planned, 170)
    house.schedule(planned, at)
    house.run(timedelta(minutes=5))
    assert len(house.texts()) == 1


def test_trap_04_a_post_that_is_moved_while_its_worker_waits_for_the_second_stays(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    sleep = house.clock.sleep

    def moved_meanwhile(seconds: float) -> None:
        house.clock.sleep = sleep  # type: ignore[method-assign]
        house.schedule(planned, 600)
        sleep(seconds)

    house.clock.sleep = moved_meanwhile  # type: ignore[method-assign]
    assert house.run(40, sweeping=False) == ["lost"]
    assert house.texts() == []
    assert house.delivery(planned).state == "queued"


def test_trap_05_a_lost_message_is_sent_again_within_two_minutes(house: FakeHouse) -> None:
    house.queue.next_faults("lose")
    planned = house.scheduled(60)
    house.run(60 + 120)
    assert house.delivery(planned).state == "published"


def test_trap_05_what_fell_due_while_nothing_ran_is_held_and_said_never_missed_in_silence(house: FakeHouse) -> None:
    planned = house.scheduled(timedelta(minutes=10))
    house.clock.advance(timedelta(hours=2))
    house.run(timedelta(minutes=3))
    delivery = house.delivery(planned)
    assert (delivery.state, delivery.reason) == ("held", "late")
    assert house.texts() == []
    assert house.topic.subjects == ["Parvis: delivery_held"]
    assert "delivery.held" in house.kinds(planned)


def test_trap_06_one_deliverys_state_can_be_read_at_any_time_and_no_state_is_for_ever(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    house.network.next_outcomes(TIMEOUT)
    seen = {find(AGENCY, house.delivery(planned).id, store=house.store).state}
    for _ in range(300):
        house.run(1, sweeping=house.clock.now().second == 0)
        seen.add(find(AGENCY, house.delivery(planned).id, store=house.store).state)
        if house.clock.now().second == 0:
            house.sweep()
    assert seen == {"queued", "unconfirmed", "published"}


def test_trap_06_what_can_never_be_handled_is_given_to_a_person(house: FakeHouse) -> None:
    planned = house.scheduled(0)

    def broken(message: DeliveryDue) -> str:
        raise RuntimeError("a bug of ours")

    house.deliver = broken  # type: ignore[method-assign]
    house.run(timedelta(minutes=30))
    delivery = house.delivery(planned)
    assert (delivery.state, delivery.reason, delivery.act_at) == ("held", "stuck", None)
    assert house.topic.subjects == ["Parvis: delivery_held"]
    assert [each.id for each in waiting(AGENCY, store=house.store)] == [delivery.id]


def test_trap_07_many_posts_at_one_timestamp_all_leave(house: FakeHouse) -> None:
    at = house.clock.now() + timedelta(minutes=10)
    planned = [house.scheduled(at, f"Message {number}") for number in range(150)]
    house.run(timedelta(minutes=11))
    assert sorted(house.texts()) == sorted(f"Message {number}" for number in range(150))
    assert {house.delivery(each).state for each in planned} == {"published"}
    assert {post.created_at for post in house.network.posts} == {at}


def test_trap_08_a_new_date_is_taken_though_the_stored_one_has_passed(house: FakeHouse) -> None:
    planned = house.scheduled(timedelta(minutes=10))
    house.clock.advance(timedelta(hours=3))
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).state == "held"
    house.schedule(planned, timedelta(minutes=5))
    house.run(timedelta(minutes=6))
    assert house.delivery(planned).state == "published"


def test_trap_09_a_claim_whose_worker_died_ends_with_its_lease(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    house.fate.spare()
    house.fate.kill(_CALLED_AT)  # claimed, and dead before the call
    house.run(30, sweeping=False)
    assert house.delivery(planned).state == "publishing"
    house.run(timedelta(minutes=6))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_trap_10_a_rate_limit_within_the_hour_is_waited_out_and_said(house: FakeHouse) -> None:
    house.network.next_outcomes(RetryAfter(timedelta(minutes=20), "rate_limited"))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=19))
    delayed = house.delivery(planned)
    assert (delayed.state, delayed.reason) == ("queued", "rate_limited")
    assert "delivery.delayed" in house.kinds(planned)
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"


def test_trap_10_a_rate_limit_beyond_the_hour_is_held_and_told_not_sent_a_day_late(house: FakeHouse) -> None:
    house.network.next_outcomes(RetryAfter(timedelta(hours=24), "rate_limited", "300 a day"))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=2))
    held = house.delivery(planned)
    assert (held.state, held.reason, held.detail) == ("held", "rate_limited", "300 a day")
    assert house.topic.subjects == ["Parvis: delivery_held"]
    house.run(timedelta(hours=25))
    assert house.texts() == []


def test_trap_11_a_refusal_that_was_none_makes_no_second_post(house: FakeHouse) -> None:
    """A network that answers an error and creates the post: the connector says unknown, and we look."""
    house.network.next_outcomes(accept_and_answer(OutcomeUnknown("server_error", "400 but created")))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=10))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_trap_12_another_posts_media_or_words_are_never_taken_for_ours(house: FakeHouse) -> None:
    other = house.scheduled(0, "Un autre message")
    house.run(1)
    house.network.next_outcomes(TIMEOUT)
    ours = house.scheduled(0, "Le nôtre")
    house.run(timedelta(minutes=1))
    assert house.delivery(ours).state == "unconfirmed"
    assert house.delivery(ours).remote_id is None
    assert house.delivery(other).state == "published"


def test_trap_13_an_error_about_an_image_names_the_file(house: FakeHouse) -> None:
    file = MediaFile("m1", "plan.tiff", "image/tiff", 10, 1, 1, "", "0" * 64, lambda: b"")
    problems = house.network.check("texte", [file], house.network.limits({}))
    assert problems[0].field == "media/m1"
    assert "plan.tiff" in problems[0].hint


def test_trap_14_resuming_does_not_flood_and_what_was_paused_is_shown_as_held(house: FakeHouse) -> None:
    planned = [house.scheduled(30 + number, f"Message {number}") for number in range(5)]
    fence, _ = pause(
        actor=PUBLISHER, scope="agency", scope_id=None, reason="Crue", store=house.store, clock=house.clock
    )
    house.run(timedelta(minutes=5))
    assert {(house.delivery(each).state, house.delivery(each).reason) for each in planned} == {("held", "paused")}
    resume(fence.id, actor=PUBLISHER, store=house.store, clock=house.clock)
    house.run(timedelta(minutes=10))
    assert house.texts() == []
    assert {house.delivery(each).state for each in planned} == {"held"}


def test_trap_14_what_is_due_within_the_minute_does_not_leave_after_the_pause(house: FakeHouse) -> None:
    planned = house.scheduled(2)
    pause(actor=PUBLISHER, scope="profile", scope_id="p1", reason="Crue", store=house.store, clock=house.clock)
    house.run(60)
    assert house.texts() == []
    assert house.delivery(planned).state == "held"


def test_trap_23_a_time_without_a_zone_is_refused(house: FakeHouse) -> None:
    with pytest.raises(ValidationError):
        Delivery(
            agency=AGENCY,
            post="x",
            profile="p1",
            network="fake",
            department="water",
            version=1,
            due_at=datetime(2026, 11, 2, 9, 0),  # noqa: DTZ001 - the point of it
        )


@pytest.mark.parametrize("hours", [1, 5.5, -8])
def test_trap_23_an_offset_does_not_shift_the_second(house: FakeHouse, hours: float) -> None:
    at = house.clock.now() + timedelta(minutes=5)
    elsewhere = at.astimezone(timezone(timedelta(hours=hours)))
    planned = house.scheduled(elsewhere)
    assert stamp(house.delivery(planned).due_at) == stamp(at)
    house.run(timedelta(minutes=6))
    assert house.network.posts[0].created_at == at


def test_a_network_that_cannot_be_read_for_half_an_hour_leaves_it_to_a_person(house: FakeHouse) -> None:
    house.network.next_outcomes(TIMEOUT)
    house.network.find_error = Unavailable("network_down")
    planned = house.scheduled(0)
    house.run(timedelta(minutes=29))
    assert house.delivery(planned).act_at is not None
    house.run(timedelta(minutes=4))
    unsure = house.delivery(planned)
    assert (unsure.state, unsure.reason, unsure.act_at) == ("unconfirmed", "not_reached", None)
    assert house.topic.subjects == ["Parvis: delivery_unconfirmed"]
    assert len(house.texts()) == 0
