"""Several posts of ours as a thread: each part is an attempt of its own, an answer to the one before, sent once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from chalicelib.crisis.pause import pause, resume
from chalicelib.errors import Conflict
from chalicelib.networks.contract import Capabilities, OutcomeUnknown, Rejected, RetryAfter
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.checking import check
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Content
from chalicelib.publishing.remote import Remote
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse
from tests.fakes.networks import FakeNetwork, accept, accept_and_answer
from tests.fakes.two_steps import TwoStepNetwork

PARTS = ("Un", "Deux", "Trois")


def _scheduled(house: FakeHouse, due: float = 0) -> Planned:
    return house.scheduled(due, PARTS[0], thread=PARTS[1:])


def _chain(house: FakeHouse) -> list[tuple[str, str | None]]:
    """Each text, with the text that it answers."""
    texts = {post.remote_id: post.publication.text for post in house.network.posts}
    return [(each.publication.text, texts.get(each.publication.reply_to or "")) for each in house.network.posts]


WHOLE = [("Un", None), ("Deux", "Un"), ("Trois", "Deux")]


@pytest.mark.parametrize("chosen_id", [False, True])
def test_each_part_answers_the_one_before(chosen_id: bool) -> None:
    house = FakeHouse(chosen_id=chosen_id)
    house.profile()
    planned = _scheduled(house)
    house.run(10)
    assert _chain(house) == WHOLE
    delivery = house.delivery(planned)
    first = house.network.posts[0].remote_id
    assert (delivery.state, delivery.remote_id, delivery.part, delivery.cut) == ("published", first, 3, False)
    assert delivery.url == f"https://fake.example/{first}"
    assert delivery.published_at == house.network.posts[0].created_at
    told = {each.detail["part"]: each for each in house.events(planned) if each.what.startswith("delivery.")}
    assert [told[part].what for part in (1, 2, 3)] == [*["delivery.part_published"] * 2, "delivery.published"]
    assert told[3].detail["remote_id"] == first


def test_each_part_is_sent_for_at_once_and_not_by_the_next_sweep(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock that goes on between two looks at it, as clocks do."""
    now = house.clock.now

    def later() -> datetime:
        house.clock.advance(timedelta(microseconds=7))
        return now()

    monkeypatch.setattr(house.clock, "now", later)
    planned = _scheduled(house)
    house.run(20, sweeping=False)
    assert house.delivery(planned).state == "published"


def test_each_part_has_a_key_of_its_own(house: FakeHouse) -> None:
    planned = _scheduled(house)
    house.run(10)
    assert house.delivery(planned).state == "published"
    keys = [post.publication.key for post in house.network.posts]
    assert len(set(keys)) == 3


def test_every_part_is_known_as_the_posts_own(house: FakeHouse) -> None:
    """What citizens answer to any of them is shown below the post."""
    planned = _scheduled(house)
    house.run(10)
    remotes = house.store.all(Remote, AGENCY)
    assert sorted((each.post, each.part) for each in remotes) == [(planned.post.id, part) for part in range(3)]


def test_a_part_whose_outcome_is_unknown_is_looked_for_and_not_sent_again(house: FakeHouse) -> None:
    house.network.next_outcomes(accept(), accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(seconds=5)))
    planned = _scheduled(house)
    house.run(timedelta(minutes=2))
    assert _chain(house) == WHOLE
    assert house.delivery(planned).state == "published"


def test_a_part_that_proves_absent_is_sent_again(house: FakeHouse) -> None:
    house.network.next_outcomes(accept(), OutcomeUnknown("timeout"))
    planned = _scheduled(house)
    house.run(timedelta(minutes=5))
    assert _chain(house) == WHOLE
    assert house.delivery(planned).state == "published"


def test_equal_parts_are_not_taken_for_each_other(house: FakeHouse) -> None:
    house.network.next_outcomes(accept(), accept(), OutcomeUnknown("timeout"))
    planned = house.scheduled(0, "Attention", thread=("Attention", "Attention"))
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "published"
    posts = house.network.posts
    assert [each.publication.reply_to for each in posts] == [None, posts[0].remote_id, posts[1].remote_id]


@pytest.mark.parametrize("after", [True, False])
def test_whenever_a_worker_dies_no_part_is_doubled_or_missing(after: bool) -> None:
    for death in range(1, 40):
        house = FakeHouse()
        house.profile()
        house.sweep()
        planned = _scheduled(house)
        house.fate.kill(death, after=after)
        house.run(timedelta(minutes=20))
        assert _chain(house) == WHOLE, death
        assert house.delivery(planned).state == "published"


def test_a_pause_between_two_parts_cuts_it_visibly_and_a_person_lets_the_rest_go(house: FakeHouse) -> None:
    house.network.next_outcomes(accept(), RetryAfter(timedelta(seconds=30), "rate_limited"))
    planned = _scheduled(house)
    house.run(10)
    fence, _ = pause(
        actor=PUBLISHER, scope="agency", scope_id=None, reason="Crue", store=house.store, clock=house.clock
    )
    house.run(60)
    held = house.delivery(planned)
    assert (held.state, held.reason, held.part, held.parts, held.cut) == ("held", "paused", 1, 3, True)
    assert _chain(house) == WHOLE[:1]
    resume(fence.id, actor=PUBLISHER, store=house.store, clock=house.clock)
    waiting.release(held.id, actor=PUBLISHER, bench=house.bench)
    house.run(10)
    assert _chain(house) == WHOLE
    assert house.delivery(planned).state == "published"


def _cut(house: FakeHouse) -> Planned:
    house.network.next_outcomes(accept(), Rejected("content_refused"))
    planned = _scheduled(house)
    house.run(10)
    assert house.delivery(planned).state == "failed"
    assert house.delivery(planned).cut
    return planning.load(AGENCY, planned.post.id, store=house.store)


def test_a_thread_that_stands_in_part_is_not_edited_or_planned_anew_or_deleted(house: FakeHouse) -> None:
    planned = _cut(house)
    at = house.clock.now() + timedelta(hours=1)
    for act in (
        lambda: planning.change(
            planned.post.id,
            Content(text="Autre", targets=("p1",)),
            expected=planned.post.rev,
            actor=PUBLISHER,
            bench=house.bench,
        ),
        lambda: house.schedule(planned, at),
        lambda: planning.delete(planned.post.id, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench),
    ):
        with pytest.raises(Conflict, match="partly_published"):
            act()


def test_the_rest_of_a_cut_thread_can_be_dropped(house: FakeHouse) -> None:
    planned = _cut(house)
    dropped = waiting.drop(house.delivery(planned).id, actor=PUBLISHER, bench=house.bench)
    assert (dropped.state, dropped.part) == ("cancelled", 1)
    house.run(60)
    assert _chain(house) == WHOLE[:1]


def test_the_rest_is_sent_at_another_time(house: FakeHouse) -> None:
    planned = _cut(house)
    at = house.clock.now() + timedelta(minutes=30)
    waiting.reschedule(house.delivery(planned).id, at, actor=PUBLISHER, bench=house.bench)
    house.run(timedelta(minutes=31))
    assert _chain(house) == WHOLE
    assert [post.created_at >= at for post in house.network.posts] == [False, True, True]


def test_an_edit_before_it_leaves_makes_it_longer_or_shorter(house: FakeHouse) -> None:
    planned = _scheduled(house, 300)
    content = planned.post.content.model_copy(update={"thread": {"fake": ("Deux et demi",)}})
    planning.change(planned.post.id, content, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
    house.run(310)
    assert _chain(house) == [("Un", None), ("Deux et demi", "Un")]


def test_where_there_are_two_steps_each_part_takes_both() -> None:
    network = TwoStepNetwork()
    house = FakeHouse(network=network)
    house.profile()
    house.sweep()
    planned = _scheduled(house, 600)
    house.run(timedelta(minutes=15))
    assert _chain(house) == WHOLE
    assert [what for what, _ in network.calls] == ["prepare", "publish"] * 3
    assert house.delivery(planned).state == "published"


# ---------------------------------------------------------------- checked before


def test_each_part_is_counted_by_the_network(house: FakeHouse) -> None:
    content = Content(text="Un", targets=("p1",), thread={"fake": ("Deux", "x" * 301, "")})
    (verdict,) = check(AGENCY, content, [house.profile_now()], store=house.store, network_named=house.network_named)
    assert [(each.code, each.field) for each in verdict.problems] == [
        ("text_too_long", "thread/2"),
        ("text_empty", "thread/3"),
    ]


def test_a_network_without_threads_says_so(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def able(network: FakeNetwork) -> Capabilities:
        return replace(cast("Capabilities", real(network)), threads=False)

    real = FakeNetwork.capabilities
    monkeypatch.setattr(FakeNetwork, "capabilities", able)
    content = Content(text="Un", targets=("p1",), thread={"fake": ("Deux",)})
    (verdict,) = check(AGENCY, content, [house.profile_now()], store=house.store, network_named=house.network_named)
    assert [(each.code, each.field) for each in verdict.problems] == [("thread_not_supported", "thread")]


def test_what_was_approved_before_there_were_threads_stays_approved() -> None:
    content = Content(text="Un", targets=("p1",))
    assert content.fingerprint() == content.model_copy(update={"thread": {}}).fingerprint()
    assert content.fingerprint() != content.model_copy(update={"thread": {"x": ("Deux",)}}).fingerprint()
