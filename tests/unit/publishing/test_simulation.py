"""The promise itself, held against hostile schedules: exactly once, or said to be uncertain; never lost, never stuck.

A small world in which everything that may go wrong does, as hypothesis chooses: workers and sweeps die at any outward
step, the queue loses, doubles and delays, the network times out before or after it took the post, or takes it only
when we have hung up, shows it late, limits the rate, is down, cannot be read; deliveries have twins; ids are chosen by
us or not. What a network does is bounded by its own absence_after (90 s): beyond that no absence could be proven.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.networks.contract import Account, Gate, Outcome, OutcomeUnknown, Publication, RetryAfter, Unavailable
from chalicelib.publishing.delivery import LATEST, Delivery
from chalicelib.publishing.post import Post
from tests.fakes.clock import FakeClock
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.networks import FakeNetwork, Script, accept, accept_and_answer, accept_later_and_answer
from tests.fakes.networks import Post as Standing
from tests.fakes.queue import Fault
from tests.fakes.two_steps import TwoStepNetwork

EXAMPLES = int(os.environ.get("PARVIS_EXAMPLES", "120"))
TIMEOUT_S = 10


class _Slow:
    """A call whose answer never comes takes as long as our patience."""

    fake_clock: FakeClock | None = None

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        outcome: Outcome = super().publish(account, publication, gate)  # type: ignore[misc]
        if isinstance(outcome, OutcomeUnknown) and self.fake_clock is not None:
            self.fake_clock.advance(TIMEOUT_S)
        return outcome


class SlowNetwork(_Slow, FakeNetwork): ...


class SlowTwoStepNetwork(_Slow, TwoStepNetwork): ...


def seconds(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda each: timedelta(seconds=each))


unknown = st.sampled_from([OutcomeUnknown("timeout"), OutcomeUnknown("server_error", "502")])
attempts = st.one_of(
    st.just(accept()),
    st.builds(Script, unknown),
    st.builds(accept_and_answer, unknown, seen_after=seconds(0, 60)),
    st.builds(accept_later_and_answer, unknown, accepted_after=seconds(0, 40), seen_after=seconds(0, 40)),
    st.builds(Script, st.builds(RetryAfter, seconds(1, 4000), st.just("rate_limited"))),
    st.builds(Script, st.builds(RetryAfter, seconds(1, 60), st.just("network_down"))),
)
faults: st.SearchStrategy[Fault | None] = st.one_of(st.none(), st.just("lose"), st.just("double"), seconds(1, 200))


@dataclass(frozen=True)
class Plan:
    """due: seconds from the beginning. text, profile, thread: small choices, so that twins are common. video: where the
    network takes any."""

    due: int
    text: str
    profile: str
    thread: tuple[str, ...]
    video: bool


plans = st.builds(
    Plan,
    st.integers(0, 600),
    st.sampled_from(["même", "autre"]),
    st.sampled_from(["p1", "p2"]),
    st.sampled_from([(), (), ("même",), ("suite", "suite")]),
    st.booleans(),
)


@dataclass(frozen=True)
class Weather:
    chosen_id: bool
    two_steps: bool
    videos_only: bool
    parts: bool
    attempts: list[Script]
    faults: list[Fault | None]
    deaths: list[tuple[int, bool]]
    unreadable: list[bool]
    no_sweep_for: int


weather = st.builds(
    Weather,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(attempts, max_size=8),
    st.lists(faults, max_size=10),
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=5),
    st.lists(st.booleans(), max_size=4),
    st.integers(0, 15),
)


@settings(
    max_examples=EXAMPLES,
    derandomize="PARVIS_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(plans, min_size=1, max_size=4), weather)
def test_whatever_happens_each_delivery_leaves_once_or_is_said_not_to_have(plans: list[Plan], weather: Weather) -> None:
    house = _world(weather)
    due = {}
    for plan in plans:
        media = {"film": "Le pont"} if plan.video and weather.two_steps and weather.videos_only else None
        planned = house.scheduled(plan.due, plan.text, plan.profile, media=media, thread=plan.thread)
        delivery = house.delivery(planned, plan.profile)
        due[delivery.publication_key] = delivery.due_at
    house.sweep()
    for at, after in weather.deaths:
        house.fate.kill(at, after=after)
    house.run(timedelta(minutes=weather.no_sweep_for), sweeping=False)
    for _ in range(36):  # ten minutes each; what rate limits and late looks can drag out ends within the time allowed
        house.run(timedelta(minutes=10))
        if all(_rests(each) for each in house.deliveries()) and not len(house.queue):
            break
    _check(house, weather, due)


def _world(weather: Weather) -> FakeHouse:
    kind = SlowTwoStepNetwork if weather.two_steps else SlowNetwork
    network = kind(chosen_id=weather.chosen_id and not weather.two_steps)
    if isinstance(network, TwoStepNetwork):
        network.parts = weather.parts
        network.videos_only = weather.videos_only
    house = FakeHouse(network=network)
    house.film()
    network.fake_clock = house.clock
    network.next_outcomes(*weather.attempts)
    readable = iter(weather.unreadable)

    def find(*args: object, **kwargs: object) -> object:
        if next(readable, False):
            raise Unavailable("network_down")
        return kind.find(network, *args, **kwargs)  # type: ignore[arg-type]

    network.find = find  # type: ignore[method-assign,assignment]
    house.queue.next_faults(*weather.faults)
    for profile in ("p1", "p2"):
        house.profile(profile)
    return house


def _rests(delivery: Delivery) -> bool:
    return delivery.act_at is None


def _check(house: FakeHouse, weather: Weather, due: dict[str, object]) -> None:
    deliveries = house.deliveries()
    assert len(deliveries) == len(due), "a delivery was lost"
    for each in deliveries:
        assert each.state in ("published", "held", "failed", "unconfirmed"), f"stuck: {each}"
        assert _rests(each), f"stuck: {each}"
        if each.state != "published":
            assert each.reason, "said without a reason"
            # A worker may die between holding it and telling; it then stands on the list of what waits, untold.
            assert weather.deaths or f"Parvis: delivery_{each.state}" in house.topic.subjects, "nobody was told"
    standing = house.network.posts
    for post in standing:
        whose = post.publication.key.removesuffix(f"-{_part(post)}") if _part(post) else post.publication.key
        assert post.created_at >= due[whose], "it left early"  # type: ignore[operator]
        assert post.created_at <= due[whose] + LATEST + timedelta(minutes=2)  # type: ignore[operator]
    remote = {post.remote_id: post for post in standing}
    accepted = Counter((post.account_id, _part(post), post.publication.text) for post in standing)
    words = {post.id: post.content.parts_for("fake") for post in house.store.all(Post, AGENCY)}
    published: Counter[tuple[str, int, str]] = Counter()
    doubtful: Counter[tuple[str, int, str]] = Counter()
    named: Counter[str] = Counter()
    for each in deliveries:
        texts = words[each.post]
        ids = _ids(each)
        for part, remote_id in enumerate(ids):
            post = remote[remote_id]
            place = (f"{each.profile}@", part, texts[part])
            assert (post.account_id, _part(post), post.publication.text) == place
            assert post.publication.reply_to == (ids[part - 1] if part else None), "it answers the part before"
            published[place] += 1
            named[remote_id] += 1
        if each.state == "published":
            assert len(ids) == len(texts)
        elif each.state == "unconfirmed":
            # Where a part that was taken for its own was another's, what followed may stand below that one.
            displaced = each.detail is not None and "another's" in each.detail
            for part in range(each.part, len(texts) if displaced else each.part + 1):
                doubtful[f"{each.profile}@", part, texts[part]] += 1
    assert all(times == 1 for times in named.values()), "one post on the network, two deliveries"
    for place in accepted | published:
        extra = accepted[place] - published[place]
        assert extra >= 0
        assert extra <= doubtful[place], f"{extra} too many of {place} stand on the network"


def _part(post: Standing) -> int:
    """Which part of a thread: what its key ends in after agency, post, profile and seq."""
    return int((*post.publication.key.split("-")[4:], "0")[0])


def _ids(delivery: Delivery) -> tuple[str, ...]:
    if delivery.parts == 1:
        return (delivery.remote_id,) if delivery.state == "published" and delivery.remote_id else ()
    return delivery.standing
