"""One action stops everything of its scope; from its acknowledgement on no call of that scope begins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.crisis.pause import ScopeKind, fence_before, pause, resume, standing
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.networks.contract import OutcomeUnknown
from chalicelib.publishing import waiting
from chalicelib.records.event import Event
from tests.fakes.house import AGENCY, PUBLISHER, STRANGER, FakeHouse
from tests.fakes.networks import FakeNetwork, accept_and_answer


def paused(house: FakeHouse, scope: ScopeKind = "agency", scope_id: str | None = None) -> str:
    fence, _ = pause(
        actor=PUBLISHER, scope=scope, scope_id=scope_id, reason="Crue", store=house.store, clock=house.clock
    )
    return fence.id


@pytest.mark.parametrize(
    ("scope", "scope_id", "stopped"),
    [
        ("agency", None, True),
        ("department", "water", True),
        ("department", "police", False),
        ("profile", "p1", True),
        ("profile", "p2", False),
        ("campaign", "c1", True),
        ("campaign", "c2", False),
    ],
)
def test_a_scope_stops_what_it_covers_and_nothing_else(
    house: FakeHouse, scope: ScopeKind, scope_id: str | None, stopped: bool
) -> None:
    planned = house.scheduled(30, campaign="c1")
    paused(house, scope, scope_id)
    house.run(timedelta(minutes=2))
    assert house.delivery(planned).state == ("held" if stopped else "published")
    assert len(house.texts()) == (not stopped)


def test_a_campaigns_pause_leaves_what_has_no_campaign_alone(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    paused(house, "campaign", "c1")
    house.run(60)
    assert house.delivery(planned).state == "published"


def test_another_agencys_pause_stops_nothing_here(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    pause(actor=STRANGER, scope="agency", scope_id=None, reason="x", store=house.store, clock=house.clock)
    house.run(60)
    assert house.delivery(planned).state == "published"


def test_it_is_acknowledged_more_than_a_second_after_the_fence_was_written(house: FakeHouse) -> None:
    written_at = []
    commit = house.store.commit

    def noted(*saves: object, removes: object = ()) -> None:
        commit(*saves, removes=removes)  # type: ignore[arg-type]
        written_at.append(house.clock.now())

    house.store.commit = noted  # type: ignore[method-assign,assignment]
    _, acknowledged = pause(
        actor=PUBLISHER, scope="agency", scope_id=None, reason="Crue", store=house.store, clock=house.clock
    )
    assert acknowledged - written_at[0] > timedelta(seconds=1)


@pytest.mark.parametrize("raised_before_step", [1, 2, 3])
def test_the_fence_is_read_before_each_outward_step(house: FakeHouse, raised_before_step: int) -> None:
    """A post with images is several requests; a pause between them halts the next."""
    house.network.steps = 3
    planned = house.scheduled(0)
    publish, taken = FakeNetwork.publish, []

    def stepping(account: object, publication: object, gate: object) -> object:
        def passed() -> None:
            if len(taken) + 1 == raised_before_step:
                paused(house)
            gate()  # type: ignore[operator]
            taken.append(1)

        return publish(house.network, account, publication, passed)  # type: ignore[arg-type]

    house.network.publish = stepping  # type: ignore[method-assign,assignment]
    house.run(10, sweeping=False)
    assert len(taken) == raised_before_step - 1
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "paused")
    assert house.texts() == []


def test_the_fence_is_read_strongly_consistent(house: FakeHouse) -> None:
    house.scheduled(0)
    query, asked = house.store.query, []

    def noted(kind: type, pk: str, *, consistent: bool = False, **more: object) -> object:
        if pk.endswith("#FENCES"):
            asked.append(consistent)
        return query(kind, pk, consistent=consistent, **more)  # type: ignore[arg-type]

    house.store.query = noted  # type: ignore[method-assign,assignment]
    house.run(5, sweeping=False)
    assert asked == [True]


def test_what_was_accepted_before_the_pause_is_still_found_and_said(house: FakeHouse) -> None:
    """Reading our own posts is no outward step: the truth about what has left is not paused."""
    house.network.next_outcomes(accept_and_answer(OutcomeUnknown("timeout"), seen_after=timedelta(seconds=20)))
    planned = house.scheduled(0)
    house.run(2, sweeping=False)
    paused(house)
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"


def test_what_proves_absent_during_a_pause_is_held_not_sent(house: FakeHouse) -> None:
    house.network.next_outcomes(OutcomeUnknown("timeout"))
    planned = house.scheduled(0)
    house.run(2, sweeping=False)
    paused(house)
    house.run(timedelta(minutes=5))
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("held", "paused")
    assert house.texts() == []


def test_a_second_pause_of_the_same_scope_is_a_conflict_and_of_another_is_not(house: FakeHouse) -> None:
    paused(house)
    with pytest.raises(Conflict) as refused:
        paused(house)
    assert refused.value.code == "already_paused"
    paused(house, "department", "water")
    paused(house, "department", "police")
    assert len(standing(AGENCY, store=house.store)) == 3


@pytest.mark.parametrize(("scope", "scope_id"), [("agency", "x"), ("department", None), ("profile", None)])
def test_a_scope_that_says_nothing_is_refused(house: FakeHouse, scope: ScopeKind, scope_id: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        paused(house, scope, scope_id)
    assert refused.value.code == "scope_invalid"
    assert standing(AGENCY, store=house.store) == []


def test_resuming_leaves_held_what_was_held_and_lets_the_rest_go(house: FakeHouse) -> None:
    during, after = house.scheduled(30), house.scheduled(300, "Plus tard")
    fence = paused(house)
    house.run(60)
    resume(fence, actor=PUBLISHER, store=house.store, clock=house.clock)
    house.run(timedelta(minutes=6))
    assert (house.delivery(during).state, house.delivery(during).reason) == ("held", "paused")
    assert house.delivery(after).state == "published"
    assert house.texts() == ["Plus tard"]


def test_resuming_one_of_two_fences_opens_nothing(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    first = paused(house)
    paused(house, "profile", "p1")
    resume(first, actor=PUBLISHER, store=house.store, clock=house.clock)
    house.run(60)
    assert house.delivery(planned).state == "held"


def test_releasing_is_refused_while_a_pause_stands_over_it(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    fence = paused(house)
    house.run(60)
    delivery_id = house.delivery(planned).id
    with pytest.raises(Conflict) as refused:
        waiting.release(delivery_id, actor=PUBLISHER, bench=house.bench)
    assert refused.value.code == "paused"
    resume(fence, actor=PUBLISHER, store=house.store, clock=house.clock)
    waiting.release(delivery_id, actor=PUBLISHER, bench=house.bench)
    house.run(10)
    assert house.delivery(planned).state == "published"


def test_ending_a_pause_twice_or_anothers_pause_is_not_found(house: FakeHouse) -> None:
    fence = paused(house)
    with pytest.raises(NotFound):
        resume(fence, actor=STRANGER, store=house.store, clock=house.clock)
    resume(fence, actor=PUBLISHER, store=house.store, clock=house.clock)
    with pytest.raises(NotFound):
        resume(fence, actor=PUBLISHER, store=house.store, clock=house.clock)


def test_who_paused_and_why_is_on_record(house: FakeHouse) -> None:
    resume(paused(house), actor=PUBLISHER, store=house.store, clock=house.clock)
    begun, ended = house.store.query(Event, Event.partition(AGENCY, "PAUSES"))
    assert (begun.what, begun.actor, begun.detail["reason"]) == ("pause.begun", "paul", "Crue")
    assert (ended.what, ended.actor) == ("pause.ended", "paul")


def test_a_profile_moved_to_another_department_is_covered_by_that_departments_pause(house: FakeHouse) -> None:
    """What was scheduled before the move belongs, from the move on, to the new department's crisis."""
    planned = house.scheduled(120)
    house.store.save(house.profile_now().but(department="police"))
    paused(house, "department", "police")
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "held"
    assert house.texts() == []


def test_a_fence_that_covers_nothing_of_it_is_no_fence(house: FakeHouse) -> None:
    planned = house.scheduled(300)
    paused(house, "profile", "p2")
    assert fence_before(house.delivery(planned), standing(AGENCY, store=house.store)) is None
