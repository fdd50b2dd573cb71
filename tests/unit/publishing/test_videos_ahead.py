"""Networks that take a video first and everything else at its time (Mastodon, Bluesky, Facebook, X, LinkedIn)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.networks.contract import OutcomeUnknown, RetryAfter, Unavailable
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.delivery import PREPARED_BEFORE
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Attachment, Content
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse
from tests.fakes.networks import accept, accept_and_answer
from tests.fakes.two_steps import PROCESSING, TwoStepNetwork

MINUTES_10 = timedelta(minutes=10)
FILM = {"film": "Le pont"}


@pytest.fixture
def network() -> TwoStepNetwork:
    return TwoStepNetwork(videos_only=True)


@pytest.fixture
def house(network: TwoStepNetwork) -> FakeHouse:
    house = FakeHouse(network=network)
    house.film()
    house.film("photo", content_type="image/png")
    house.profile()
    house.sweep()
    return house


def done(network: TwoStepNetwork) -> list[str]:
    return [what for what, _ in network.calls]


def edited(house: FakeHouse, planned: Planned, *, video: bool, text: str = "Après") -> None:
    standing = planning.load(AGENCY, planned.post.id, store=house.store)
    media = (Attachment(media="film", alt="Le pont"),) if video else ()
    content = Content(text=text, targets=("p1",), media=media)
    planning.change(planned.post.id, content, expected=standing.post.rev, actor=PUBLISHER, bench=house.bench)


def test_a_video_is_handed_over_ahead_and_posted_at_its_second(house: FakeHouse, network: TwoStepNetwork) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, media=FILM)
    assert house.delivery(planned).act_at == at - PREPARED_BEFORE
    house.run(timedelta(minutes=9))
    assert (done(network), house.texts()) == (["prepare"], [])
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).published_at == at
    assert done(network) == ["prepare", "publish"]


@pytest.mark.parametrize("media", [None, {"photo": "Le plan"}])
def test_everything_else_waits_for_its_time(
    house: FakeHouse, network: TwoStepNetwork, media: dict[str, str] | None
) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, media=media)
    assert house.delivery(planned).act_at == at
    house.run(timedelta(minutes=9))
    assert done(network) == []
    house.run(timedelta(minutes=2))
    assert (house.delivery(planned).published_at, done(network)) == (at, ["publish"])


def test_what_is_prepared_is_looked_at_before_the_time(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.parts = True  # the first ticket is of what is not prepared yet
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, media=FILM)
    house.run(timedelta(minutes=6))
    assert done(network) == ["prepare", "prepare"]
    assert (house.delivery(planned).act_at, house.texts()) == (at, [])
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).published_at == at


def test_due_now_it_is_posted_as_soon_as_it_may(house: FakeHouse, network: TwoStepNetwork) -> None:
    planned = house.scheduled(0, media=FILM)
    due = house.clock.now()
    house.run(30)
    published = house.delivery(planned).published_at
    assert published is not None
    assert PROCESSING <= published - due <= PROCESSING + timedelta(seconds=1)


def test_a_post_is_written_at_its_time_and_not_when_its_video_was_handed_over(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    """Bluesky shows that moment, and sorts by it."""
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, media=FILM)
    seen = []
    publish = network.publish

    def noted(account: object, publication: object, gate: object) -> object:
        seen.append((publication.ticket is not None, publication.written_at))  # type: ignore[attr-defined]
        return publish(account, publication, gate)  # type: ignore[arg-type]

    network.publish = noted  # type: ignore[method-assign,assignment]
    network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(minutes=2)))
    house.run(timedelta(minutes=16))
    assert house.delivery(planned).state == "published"
    assert [written for posts, written in seen if posts] == [at, at], "the same at every attempt"


def test_an_edit_that_brings_a_video_brings_its_preparation(house: FakeHouse, network: TwoStepNetwork) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, "Avant")
    edited(house, planned, video=True)
    assert house.delivery(planned).act_at == at - PREPARED_BEFORE
    house.run(timedelta(minutes=11))
    assert (house.delivery(planned).published_at, house.texts()) == (at, ["Après"])


def test_an_edit_that_takes_the_video_away_lets_nothing_leave_early(house: FakeHouse, network: TwoStepNetwork) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, "Avant", media=FILM)
    edited(house, planned, video=False)
    assert house.delivery(planned).act_at == at
    house.run(timedelta(minutes=9))
    assert (done(network), house.texts()) == ([], [])
    house.run(timedelta(minutes=2))
    assert (house.delivery(planned).published_at, house.texts()) == (at, ["Après"])


def test_a_worker_that_comes_before_the_time_with_nothing_to_hand_over_posts_nothing(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    """However it came to be early: the item says so, and the post has no video."""
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at)
    house.store.save(house.delivery(planned).but(act_at=at - PREPARED_BEFORE))
    house.run(timedelta(minutes=9))
    assert (done(network), house.texts(), house.delivery(planned).act_at) == ([], [], at)
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).published_at == at


def test_an_edit_after_the_video_was_handed_over_hands_it_over_anew_and_in_time(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, "Avant", media=FILM)
    house.run(timedelta(minutes=7))
    edited(house, planned, video=True)
    house.run(timedelta(minutes=1))
    assert done(network) == ["prepare", "prepare"]
    house.run(timedelta(minutes=3))
    assert (house.delivery(planned).published_at, house.texts()) == (at, ["Après"])


def test_an_edit_does_not_hurry_what_the_network_asked_to_wait(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.next_outcomes(RetryAfter(timedelta(minutes=4), "rate_limited"))
    planned = house.scheduled(MINUTES_10, media=FILM)
    house.run(timedelta(minutes=6))
    waits = house.delivery(planned)
    assert waits.reason == "rate_limited"
    edited(house, planned, video=True)
    assert house.delivery(planned).act_at == waits.act_at


def test_rescheduling_one_delivery_plans_its_first_step_too(house: FakeHouse, network: TwoStepNetwork) -> None:
    planned = house.scheduled(MINUTES_10, media=FILM)
    later = house.clock.now() + timedelta(hours=1)
    moved = waiting.reschedule(house.delivery(planned).id, later, actor=PUBLISHER, bench=house.bench)
    assert moved.act_at == later - PREPARED_BEFORE
    house.run(timedelta(minutes=61))
    assert house.delivery(planned).published_at == later


def test_a_trouble_at_the_post_is_no_sequel_of_the_looks_before_it(house: FakeHouse, network: TwoStepNetwork) -> None:
    """Patience grows with the attempts at one step, not with all that went before it."""
    network.parts = True
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at, media=FILM)
    house.run(timedelta(minutes=9))
    network.next_outcomes(RetryAfter(timedelta(seconds=10), "network_down"), accept())
    house.run(timedelta(minutes=2))
    published = house.delivery(planned).published_at
    assert published is not None
    assert timedelta(seconds=10) <= published - at <= timedelta(seconds=12)


def test_what_the_network_prepares_still_is_not_said_to_be_out_of_reach(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    network.next_outcomes(accept_and_answer(OutcomeUnknown("being_processed"), seen_after=timedelta(0)))
    planned = house.scheduled(60, media=FILM)
    network.find_error = Unavailable("being_processed")
    house.run(timedelta(minutes=3))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("unconfirmed", "being_processed")
    network.find_error = None
    house.run(timedelta(minutes=1))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_a_worker_may_die_at_any_step_and_it_still_leaves_exactly_once() -> None:
    for after in (False, True):
        step = 0
        while True:
            step += 1
            network = TwoStepNetwork(videos_only=True, parts=True)
            house = FakeHouse(network=network)
            house.film()
            house.profile()
            house.sweep()
            planned = house.scheduled(MINUTES_10, media=FILM)
            house.fate.spare()
            house.fate.kill(step, after=after)
            while house.delivery(planned).act_at is not None:
                house.run(60)
            assert house.delivery(planned).state == "published", (step, after)
            assert len(house.texts()) == 1, (step, after)
            if house.fate.steps < step:
                break
