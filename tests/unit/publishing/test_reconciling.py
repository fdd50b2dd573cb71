"""What became of an attempt whose answer was never heard: found, whose, absent, or left to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.networks.contract import OutcomeUnknown, Sighting, Unavailable
from chalicelib.publishing.delivery import ATTEMPTS_MAX, LATEST, Delivery
from chalicelib.publishing.remote import Remote
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.networks import accept_and_answer, accept_later_and_answer

TIMEOUT = OutcomeUnknown("timeout")


def remote(house: FakeHouse, remote_id: str | None) -> Remote:
    found = house.store.get(Remote, Remote.key_of(AGENCY, "p1", remote_id or ""))
    assert found is not None
    return found


def test_found_by_the_id_that_we_chose_is_certain() -> None:
    house = FakeHouse(chosen_id=True)
    house.profile()
    house.sweep()
    house.network.next_outcomes(accept_and_answer(TIMEOUT))
    planned = house.scheduled(0)
    house.run(10)
    delivery = house.delivery(planned)
    assert delivery.state == "published"
    assert remote(house, delivery.remote_id).certain
    assert delivery.url == f"https://fake.example/{delivery.remote_id}"


def test_a_network_that_cuts_its_times_to_the_second_does_not_make_a_post_early(house: FakeHouse) -> None:
    find = house.network.find

    def cut(*arguments: object, **named: object) -> list[Sighting]:
        seen = find(*arguments, **named)  # type: ignore[arg-type]
        return [replace(each, created_at=each.created_at.replace(microsecond=0)) for each in seen]

    house.network.find = cut  # type: ignore[method-assign]
    house.network.next_outcomes(accept_and_answer(TIMEOUT))
    due = house.clock.now().replace(microsecond=0) + timedelta(seconds=5, milliseconds=700)
    planned = house.scheduled(due)
    house.run(20)
    assert house.delivery(planned).published_at == due


def test_found_by_its_words_is_a_match_not_a_certainty(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT))
    planned = house.scheduled(0)
    house.run(10)
    delivery = house.delivery(planned)
    assert delivery.state == "published"
    assert not remote(house, delivery.remote_id).certain
    assert delivery.published_at == house.network.posts[0].created_at


def test_a_post_that_shows_late_is_waited_for(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=80)))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_absence_is_believed_only_after_the_networks_own_time(house: FakeHouse) -> None:
    house.network.absence_after = timedelta(seconds=200)
    house.network.next_outcomes(accept_later_and_answer(TIMEOUT, accepted_after=timedelta(seconds=190)))
    planned = house.scheduled(0)
    house.run(timedelta(minutes=8))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_the_absence_of_a_dead_workers_attempt_counts_from_the_end_of_its_lease(house: FakeHouse) -> None:
    """It could have begun its call at any moment of the lease."""
    planned = house.scheduled(0)
    house.fate.spare()
    house.fate.kill(2)
    began = house.clock.now()
    house.run(timedelta(minutes=6))
    assert house.delivery(planned).state == "published"
    assert house.network.posts[0].created_at >= began + timedelta(seconds=90) + house.network.absence_after


def test_attempts_that_prove_absent_again_and_again_are_a_failure(house: FakeHouse) -> None:
    house.network.next_outcomes(*[TIMEOUT] * 50)
    planned = house.scheduled(0)
    house.run(timedelta(minutes=30))
    failed = house.delivery(planned)
    assert (failed.state, failed.reason) == ("failed", "attempts_exhausted")
    assert [call for call, _ in house.network.calls].count("publish") == ATTEMPTS_MAX
    assert house.topic.subjects == ["Parvis: delivery_failed"]


def test_what_proves_absent_an_hour_too_late_is_held(house: FakeHouse) -> None:
    house.queue.next_faults(LATEST - timedelta(seconds=30))
    house.network.next_outcomes(TIMEOUT)
    planned = house.scheduled(0)
    house.run(LATEST - timedelta(seconds=20), sweeping=False)
    assert house.delivery(planned).state == "unconfirmed"
    house.run(timedelta(minutes=5))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "late")
    assert house.texts() == []


def test_a_network_that_is_down_for_a_while_is_read_when_it_is_back(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT))
    house.network.find_error = Unavailable("network_down")
    planned = house.scheduled(0)
    house.run(timedelta(minutes=20))
    assert house.delivery(planned).state == "unconfirmed"
    assert house.profile_now().status == "connected"
    house.network.find_error = None
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_twins_that_both_left_unheard_are_each_given_their_own(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT), accept_and_answer(TIMEOUT))
    one, two = house.scheduled(0), house.scheduled(0)
    house.run(timedelta(minutes=5))
    assert {house.delivery(one).state, house.delivery(two).state} == {"published"}
    assert house.delivery(one).remote_id != house.delivery(two).remote_id
    assert len(house.texts()) == 2


def test_of_twins_of_which_one_arrived_the_other_is_sent_again(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT), TIMEOUT)
    one, two = house.scheduled(0), house.scheduled(0)
    house.run(timedelta(minutes=8))
    assert {house.delivery(one).state, house.delivery(two).state} == {"published"}
    assert house.delivery(one).remote_id != house.delivery(two).remote_id
    assert len(house.texts()) == 2


def _matched_anothers(house: FakeHouse) -> tuple[Delivery, Delivery]:
    """(a delivery that was matched to a post, the twin whose worker now hears that this post is its own)."""
    house.network.next_outcomes(TIMEOUT)
    unheard = house.scheduled(0)
    house.run(1, sweeping=False)
    house.clock.advance(1)
    publish = house.network.publish

    def slow(*args: object) -> object:
        answer = publish(*args)  # type: ignore[arg-type]
        house.queue.run(house.deliver, until=house.clock.now() + timedelta(seconds=5))
        assert house.delivery(unheard).state == "published", "matched to the post whose answer is still on its way"
        return answer

    house.network.publish = slow  # type: ignore[method-assign,assignment]
    heard = house.scheduled(0)
    house.run(0.5, sweeping=False)
    house.network.publish = publish  # type: ignore[method-assign]
    return house.delivery(unheard), house.delivery(heard)


def test_a_certain_result_takes_over_what_was_only_matched_and_the_other_looks_again(house: FakeHouse) -> None:
    displaced, certain = _matched_anothers(house)
    assert certain.state == "published"
    assert remote(house, certain.remote_id).certain
    assert remote(house, certain.remote_id).post == certain.post
    assert (displaced.state, displaced.remote_id, displaced.published_at) == ("unconfirmed", None, None)
    house.run(timedelta(minutes=8))
    again = house.store.get(Delivery, displaced.key())
    assert again is not None
    assert again.state == "published"
    assert again.remote_id != certain.remote_id
    assert len(house.texts()) == 2


@pytest.mark.parametrize("step", range(1, 8))
@pytest.mark.parametrize("after", [False, True])
def test_a_death_while_taking_over_still_ends_with_two_posts_for_two_twins(step: int, after: bool) -> None:
    house = FakeHouse()
    house.profile()
    house.sweep()
    house.network.next_outcomes(TIMEOUT, accept_and_answer(TIMEOUT))
    one = house.scheduled(0)
    house.run(1, sweeping=False)
    house.fate.spare()
    house.fate.kill(step, after=after)
    two = house.scheduled(0)
    house.run(timedelta(minutes=10))
    assert house.delivery(one).remote_id != house.delivery(two).remote_id
    assert {house.delivery(one).state, house.delivery(two).state} == {"published"}
    assert len(house.texts()) == 2


def test_a_worker_that_died_knowing_its_post_does_not_take_its_twins_as_well() -> None:
    """Both posts stand; the first to look finds both, and must not end up with two."""
    for step in range(1, 12):
        for after in (False, True):
            house = FakeHouse()
            house.profile()
            house.sweep()
            house.network.next_outcomes(accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=5)))
            one, two = house.scheduled(0), house.scheduled(0)
            house.fate.spare()
            house.fate.kill(3)  # the first worker, before it could write that it does not know
            house.fate.kill(step, after=after)
            house.run(timedelta(minutes=12))
            assert {house.delivery(one).state, house.delivery(two).state} == {"published"}
            assert len(house.texts()) == 2, f"step {step}, after={after}"


def test_what_was_written_by_hand_before_our_attempt_is_not_taken_for_it(house: FakeHouse) -> None:
    early = house.scheduled(0, "Même texte")
    house.run(1)
    house.clock.advance(timedelta(minutes=30))
    house.run(60)
    house.network.next_outcomes(TIMEOUT)
    ours = house.scheduled(0, "Même texte")
    house.run(timedelta(minutes=6))
    assert house.delivery(ours).remote_id != house.delivery(early).remote_id
    assert len(house.texts()) == 2


def test_a_profile_removed_while_unsure_is_left_to_a_person(house: FakeHouse) -> None:
    house.network.next_outcomes(accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=30)))
    planned = house.scheduled(0)
    house.run(1, sweeping=False)
    house.store.remove(house.profile_now())
    house.run(60)
    unsure = house.delivery(planned)
    assert (unsure.state, unsure.reason, unsure.act_at) == ("unconfirmed", "profile_removed", None)


def test_absence_waits_for_the_twin_that_may_hold_our_post(house: FakeHouse) -> None:
    """Found by the simulation: the later twin was matched to the earlier one's post, whose own search then ended one
    second before the later twin's post could be seen; it was sent again, four posts for three deliveries."""
    house.network.next_outcomes(
        accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=41)),
        accept_and_answer(TIMEOUT, seen_after=timedelta(seconds=60)),
    )
    first = house.scheduled(20)
    later = house.scheduled(70)
    house.run(timedelta(minutes=8))
    assert {house.delivery(first).state, house.delivery(later).state} == {"published"}
    assert len(house.texts()) == 2
