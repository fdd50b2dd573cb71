"""Networks that take the material first and publish it by a second call (Instagram, Threads)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.crisis.pause import pause, resume
from chalicelib.media.media import Media
from chalicelib.networks.contract import (
    Account,
    Capabilities,
    Gate,
    Limits,
    Outcome,
    OutcomeUnknown,
    Publication,
    Rejected,
    RetryAfter,
)
from chalicelib.publishing import planning
from chalicelib.publishing.delivery import PREPARED_BEFORE
from chalicelib.publishing.post import Content
from chalicelib.records.event import Event
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse
from tests.fakes.networks import LIMITS, FakeNetwork, accept, accept_and_answer
from tests.fakes.two_steps import PROCESSING, TwoStepNetwork

MINUTES_10 = timedelta(minutes=10)


@pytest.fixture
def network() -> TwoStepNetwork:
    return TwoStepNetwork()


@pytest.fixture
def house(network: TwoStepNetwork) -> FakeHouse:
    house = FakeHouse(network=network)
    house.profile()
    house.sweep()
    return house


def _paused(house: FakeHouse) -> str:
    fence, _ = pause(
        actor=PUBLISHER, scope="agency", scope_id=None, reason="Crue", store=house.store, clock=house.clock
    )
    return fence.id


def test_it_is_handed_over_ahead_and_published_at_its_second(house: FakeHouse, network: TwoStepNetwork) -> None:
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at)
    assert house.delivery(planned).act_at == at - PREPARED_BEFORE
    house.run(timedelta(minutes=9))
    (ticket,) = network.handed_over
    waiting = house.delivery(planned)
    assert (waiting.state, waiting.ticket, waiting.act_at, waiting.reason) == ("queued", ticket, at, None)
    assert house.texts() == []
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).published_at == at
    assert [what for what, _ in network.calls] == ["prepare", "publish"]
    told = [each.what for each in house.store.all(Event, AGENCY) if each.what.startswith("delivery.")]
    assert sorted(told) == ["delivery.prepared", "delivery.published"]


def test_of_several_parts_the_whole_is_made_ahead_too(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.parts = True
    at = house.clock.now() + MINUTES_10
    planned = house.scheduled(at)
    house.run(timedelta(minutes=6))
    assert [what for what, _ in network.calls] == ["prepare", "prepare"]
    assert house.delivery(planned).act_at == at
    assert house.texts() == []
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).published_at == at
    assert len(house.texts()) == 1


def test_due_now_it_is_handed_over_and_published_as_soon_as_it_may(house: FakeHouse, network: TwoStepNetwork) -> None:
    planned = house.scheduled(0)
    due = house.clock.now()
    house.run(30)
    assert [what for what, _ in network.calls] == ["prepare", "publish"]
    published = house.delivery(planned)
    assert published.published_at is not None
    assert PROCESSING <= published.published_at - due <= PROCESSING + timedelta(seconds=1)


def test_trap_2_an_unknown_outcome_of_the_second_step_is_found_by_its_ticket(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(seconds=20)))
    planned = house.scheduled(MINUTES_10)
    house.run(timedelta(minutes=15))
    assert house.delivery(planned).state == "published"
    assert len(house.texts()) == 1


def test_what_was_never_published_is_published_by_the_same_ticket(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.next_outcomes(OutcomeUnknown("timeout"), accept())
    planned = house.scheduled(MINUTES_10)
    house.run(timedelta(minutes=20))
    assert house.delivery(planned).state == "published"
    assert (len(network.handed_over), len(house.texts())) == (1, 1)


def test_an_edit_after_the_first_step_publishes_the_new_words(house: FakeHouse, network: TwoStepNetwork) -> None:
    planned = house.scheduled(MINUTES_10, "Avant")
    house.run(timedelta(minutes=7))
    assert len(network.handed_over) == 1
    standing = planning.load(AGENCY, planned.post.id, store=house.store)
    content = Content(text="Après", targets=("p1",))
    planning.change(planned.post.id, content, expected=standing.post.version, actor=PUBLISHER, bench=house.bench)
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "published"
    assert house.texts() == ["Après"]


def test_a_pause_during_the_first_step_that_is_over_in_time_holds_nothing(
    house: FakeHouse, network: TwoStepNetwork
) -> None:
    planned = house.scheduled(MINUTES_10)
    house.run(timedelta(minutes=4))
    fence = _paused(house)
    house.run(timedelta(minutes=3))
    assert network.handed_over == {}
    assert house.delivery(planned).state == "queued"
    resume(fence, actor=PUBLISHER, store=house.store, clock=house.clock)
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "published"


def test_a_pause_after_the_first_step_holds_what_falls_due(house: FakeHouse, network: TwoStepNetwork) -> None:
    planned = house.scheduled(MINUTES_10)
    house.run(timedelta(minutes=7))
    _paused(house)
    house.run(timedelta(minutes=5))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "paused")
    assert house.texts() == []


def test_what_the_network_refuses_is_known_before_its_time(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.next_outcomes(Rejected("content_refused", "Trop long."))
    planned = house.scheduled(MINUTES_10)
    house.run(timedelta(minutes=6))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("failed", "content_refused")


def test_a_rate_limit_of_the_first_step_is_waited_for(house: FakeHouse, network: TwoStepNetwork) -> None:
    network.next_outcomes(RetryAfter(timedelta(minutes=2), "rate_limited"))
    planned = house.scheduled(MINUTES_10)
    due = house.delivery(planned).due_at
    house.run(timedelta(minutes=12))
    assert house.delivery(planned).published_at == due


def test_a_worker_may_die_at_any_step_and_it_still_leaves_exactly_once() -> None:
    for after in (False, True):
        step = 0
        while True:
            step += 1
            network = TwoStepNetwork()
            house = FakeHouse(network=network)
            house.profile()
            house.sweep()
            planned = house.scheduled(MINUTES_10)
            house.fate.spare()
            house.fate.kill(step, after=after)
            while house.delivery(planned).act_at is not None:
                house.run(60)
            assert house.delivery(planned).state == "published", (step, after)
            assert len(house.texts()) == 1, (step, after)
            if house.fate.steps < step:
                break


# ---------------------------------------------------------------- a video alone is begun ahead (X, LinkedIn)


class VideosAhead(TwoStepNetwork):
    """Publishes at the first attempt, but for a post with a video."""

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), two_steps=False, videos_ahead=True)

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return replace(LIMITS, videos_max=1, video_bytes_max=10**9, video_seconds_max=60, video_types=("video/mp4",))

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if any(file.is_video for file in publication.media):
            return super().publish(account, publication, gate)
        return FakeNetwork.publish(self, account, publication, gate)


@pytest.fixture
def cinema() -> FakeHouse:
    house = FakeHouse(network=VideosAhead())
    house.profile()
    house.sweep()
    film = {"filename": "pont.mp4", "content_type": "video/mp4", "size": 9, "width": 320, "height": 180, "sha256": "a"}
    house.store.save(
        Media(
            agency=AGENCY,
            id="v1",
            department="water",
            state="ready",
            duration_ms=4000,
            by="carla",
            created_at=house.clock.now(),
            **film,
        )
    )
    return house


def test_a_video_is_handed_over_ahead_and_published_at_its_second(cinema: FakeHouse) -> None:
    at = cinema.clock.now() + MINUTES_10
    planned = cinema.scheduled(at, media={"v1": "Le pont"})
    assert cinema.delivery(planned).act_at == at - PREPARED_BEFORE
    cinema.run(timedelta(minutes=9))
    assert cinema.delivery(planned).ticket is not None
    assert cinema.texts() == []
    cinema.run(timedelta(minutes=2))
    assert cinema.delivery(planned).published_at == at


def test_words_alone_are_not_begun_ahead_there(cinema: FakeHouse) -> None:
    at = cinema.clock.now() + MINUTES_10
    assert cinema.delivery(cinema.scheduled(at)).act_at == at


def test_a_post_that_lost_its_video_does_not_go_out_early(cinema: FakeHouse) -> None:
    """It was to begin ahead for the video's sake; without one the first attempt would publish it."""
    at = cinema.clock.now() + MINUTES_10
    planned = cinema.scheduled(at, media={"v1": "Le pont"})
    bare = Content(text="Sans vidéo.", targets=("p1",))
    planning.change(planned.post.id, bare, expected=planned.post.rev, actor=PUBLISHER, bench=cinema.bench)
    cinema.run(timedelta(minutes=9))
    assert cinema.texts() == []
    assert cinema.delivery(planned).state == "queued"
    cinema.run(timedelta(minutes=2))
    assert cinema.delivery(planned).published_at == at
    assert cinema.texts() == ["Sans vidéo."]
