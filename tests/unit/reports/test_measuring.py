"""What was published is measured: often at first, seldom later; a network that is down costs a wait, no reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chalicelib.networks.contract import CredentialsRefused, NotPermitted, NotUnderstood, PostMetrics, Unavailable
from chalicelib.profiles.profile import Profile
from chalicelib.reports.gauge import READINGS, Following, Gauge, Reading, next_reading
from chalicelib.reports.measuring import Due, measure, sweep_gauges
from tests.fakes.figures import CountingNetwork
from tests.fakes.house import AGENCY, FakeHouse


class Queued:
    """full: nothing is taken any more."""

    def __init__(self) -> None:
        self.messages: list[Due] = []
        self.full = False

    def send_all(self, messages: Sequence[Due]) -> int:
        if self.full:
            return 0
        self.messages += messages
        return len(messages)


class Scene:
    def __init__(self) -> None:
        self.network = CountingNetwork()
        self.house = FakeHouse(network=self.network)
        self.house.profile("p1")
        self.queue = Queued()
        self.broken: list[str] = []

    def publish(self, text: str = "La rue Haute est fermée.", *targets: str) -> str:
        planned = self.house.scheduled(5, text, *targets)
        self.house.run(10)
        remote = self.house.delivery(planned).remote_id
        assert remote is not None
        self.network.counts[remote] = PostMetrics(remote, likes=3, shares=1, replies=2, quotes=0)
        return remote

    def minute(self) -> list[str]:
        """One sweep and the work it hands over."""
        sweep_gauges(store=self.house.store, queue=self.queue, clock=self.house.clock)
        waiting, self.queue.messages = self.queue.messages, []
        return [self.measure(each) for each in waiting]

    def measure(self, due: Due) -> str:
        return measure(
            due,
            store=self.house.store,
            vault=self.house.vault,
            clock=self.house.clock,
            network_named=self.house.network_named,
            broken=lambda profile, code: self.broken.append(code),
        )

    def minutes(self, count: int) -> None:
        for _ in range(count):
            self.house.clock.advance(60)
            self.minute()

    def gauges(self) -> list[Gauge]:
        return self.house.store.all(Gauge, AGENCY)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_readings_are_dense_at_first_and_sparse_later_and_end() -> None:
    assert list(READINGS) == sorted(set(READINGS))
    within = [sum(each <= timedelta(**span) for each in READINGS) for span in ({"hours": 1}, {"days": 1}, {"days": 30})]
    assert within == [9, 18, 29], "nine in the first hour, nine in the rest of the day, eleven in the rest of the month"
    assert READINGS[0] <= timedelta(minutes=1) and READINGS[-1] == timedelta(days=30)


def test_a_published_post_is_read_within_minutes_and_its_figures_kept(scene: Scene) -> None:
    remote = scene.publish()
    scene.minutes(2)
    [gauge] = scene.gauges()
    assert gauge.remote_id == remote
    assert gauge.values == {"likes": 3, "shares": 1, "replies": 2, "quotes": 0}
    assert gauge.measured_at is not None and gauge.measured_at - gauge.published_at < timedelta(minutes=2, seconds=30)
    readings = list(scene.house.store.query(Reading, f"A#{AGENCY}#READINGS#{gauge.post}#p1"))
    assert [each.values["likes"] for each in readings] == [3] * gauge.readings


def test_an_hour_is_read_a_dozen_times_and_the_next_day_twice(scene: Scene) -> None:
    scene.publish()
    scene.minutes(62)
    [gauge] = scene.gauges()
    assert 8 <= gauge.readings <= 10
    before = gauge.readings
    scene.house.clock.go_to(gauge.published_at + timedelta(hours=25))
    for _ in range(23):
        scene.house.clock.advance(timedelta(hours=1))
        scene.minute()
    [gauge] = scene.gauges()
    assert gauge.readings - before <= 3


def test_the_last_reading_is_a_month_after(scene: Scene) -> None:
    remote = scene.publish()
    scene.minutes(2)
    [gauge] = scene.gauges()
    at_the_end = gauge.published_at + READINGS[-1]
    assert next_reading(gauge.published_at, at_the_end) is None
    last = gauge.read(PostMetrics(remote, likes=9), at_the_end)
    assert last.next_at is None and last.index_keys() == {}


def test_figures_that_are_not_given_keep_their_last_value_and_none_is_invented(scene: Scene) -> None:
    remote = scene.publish()
    scene.minutes(2)
    scene.network.counts[remote] = PostMetrics(remote, likes=4)
    scene.minutes(3)
    [gauge] = scene.gauges()
    assert gauge.values == {"likes": 4, "shares": 1, "replies": 2, "quotes": 0}
    assert "impressions" not in gauge.values


def test_a_post_that_is_gone_is_read_no_more_and_keeps_what_it_had(scene: Scene) -> None:
    remote = scene.publish()
    scene.minutes(2)
    del scene.network.counts[remote]
    scene.minutes(8)
    [gauge] = scene.gauges()
    assert gauge.gone and gauge.next_at is None and gauge.values["likes"] == 3


def test_what_was_found_only_by_reconciling_is_measured_too(scene: Scene) -> None:
    """Its event stands in the outbox under the moment when the network took it, behind the sweep's mark."""
    from chalicelib.networks.contract import OutcomeUnknown
    from tests.fakes.networks import accept_and_answer

    scene.minutes(1)
    scene.network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(minutes=3)))
    planned = scene.house.scheduled(1)
    for _ in range(8):
        scene.house.run(60)
        scene.minute()
    assert scene.house.delivery(planned).state == "published"
    assert len(scene.gauges()) == 1


def test_a_network_that_is_down_is_asked_again_when_it_says_so(scene: Scene) -> None:
    scene.publish()
    scene.network.fails = [Unavailable("rate_limited", wait=timedelta(minutes=7))]
    scene.minutes(1)
    [gauge] = scene.gauges()
    assert gauge.values == {} and gauge.next_at == scene.house.clock.now() + timedelta(minutes=7)
    scene.minutes(9)
    assert scene.gauges()[0].values["likes"] == 3
    assert scene.broken == []


def test_an_answer_that_is_not_understood_loses_nothing(scene: Scene) -> None:
    scene.publish()
    scene.network.fails = [NotUnderstood("answer_unexpected")]
    scene.minutes(2)
    assert scene.gauges()[0].next_at is not None
    scene.minutes(65)
    assert scene.gauges()[0].values["likes"] == 3


def test_credentials_that_are_void_for_good_break_the_profile_once_and_reading_stops(scene: Scene) -> None:
    scene.publish()
    scene.network.fails = [CredentialsRefused("token_revoked"), CredentialsRefused("token_revoked")]
    scene.minutes(2)
    assert scene.broken == ["token_revoked"]
    profile = scene.house.profile_now()
    scene.house.store.save(profile.but(status="broken"))
    scene.network.asked.clear()
    scene.minutes(5)
    assert scene.network.asked == []


def test_a_profile_that_may_publish_but_not_read_stays_connected(scene: Scene) -> None:
    scene.publish()
    scene.network.fails = [NotPermitted("scope_missing")]
    scene.minutes(2)
    assert scene.broken == []
    assert isinstance(scene.house.profile_now(), Profile) and scene.house.profile_now().status == "connected"


def test_a_message_that_is_lost_comes_round_again(scene: Scene) -> None:
    scene.publish()
    scene.queue.full = True
    scene.minutes(3)
    assert scene.gauges()[0].values == {}
    scene.queue.full = False
    scene.minutes(8)
    assert scene.gauges()[0].values["likes"] == 3


def test_a_message_that_comes_twice_or_for_what_is_not_there_does_no_harm(scene: Scene) -> None:
    scene.publish()
    sweep_gauges(store=scene.house.store, queue=scene.queue, clock=scene.house.clock)
    scene.house.clock.advance(60)
    sweep_gauges(store=scene.house.store, queue=scene.queue, clock=scene.house.clock)
    for due in [*scene.queue.messages, *scene.queue.messages]:
        scene.measure(due)
    assert scene.gauges()[0].values["likes"] == 3
    assert scene.measure(Due(agency=AGENCY, profile="nobody", account=True)) == "void"
    assert scene.measure(Due(agency="autre", profile="p1", account=True)) == "void"


def test_two_sweeps_at_once_make_one_gauge_and_hand_over_once(scene: Scene) -> None:
    scene.publish()
    for _ in range(2):
        sweep_gauges(store=scene.house.store, queue=scene.queue, clock=scene.house.clock)
    assert len(scene.gauges()) == 1
    scene.house.clock.advance(90)
    for _ in range(2):
        sweep_gauges(store=scene.house.store, queue=scene.queue, clock=scene.house.clock)
    assert len(scene.gauges()) == 1
    assert sum(len(each.gauges) for each in scene.queue.messages) == 1


def test_thirty_posts_are_asked_about_in_two_readings(scene: Scene) -> None:
    for number in range(30):
        scene.publish(f"Rue {number} fermée.")
    scene.minutes(1)
    scene.network.asked.clear()
    scene.house.clock.advance(timedelta(hours=8))
    scene.minutes(1)
    assert sorted(len(each) for each in scene.network.asked) == [5, 25]


def test_followers_are_kept_by_the_day_of_the_agency(scene: Scene) -> None:
    scene.minute()  # just connected: read at once
    rows = scene.house.store.all(Following, AGENCY)
    assert [(each.day, each.values["followers"]) for each in rows] == [("2026-11-02", 1200)]
    scene.minutes(35)
    assert len(scene.house.store.all(Following, AGENCY)) == 1
    scene.house.clock.advance(timedelta(hours=14))  # past midnight in Paris, not yet in UTC
    scene.minutes(31)
    assert [each.day for each in scene.house.store.all(Following, AGENCY)] == ["2026-11-02", "2026-11-03"]
