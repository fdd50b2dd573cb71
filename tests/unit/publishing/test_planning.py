"""What people do with posts: who may, on which version, and what it does to what is under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Stale
from chalicelib.networks.contract import OutcomeUnknown, Unavailable
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.planning import Planned, load
from chalicelib.publishing.post import Content, PostVersion, post_state
from chalicelib.team.actor import Actor
from tests.fakes.house import AGENCY, CONTRIBUTOR, PUBLISHER, STRANGER, ZONE, FakeHouse
from tests.fakes.networks import accept_and_answer

TIMEOUT = OutcomeUnknown("timeout")
MIXED = Actor(AGENCY, "mia", "Mia", {"water": "publisher", "police": "contributor"})


def now_of(house: FakeHouse, planned: Planned) -> Planned:
    return load(AGENCY, planned.post.id, store=house.store)


def state(house: FakeHouse, planned: Planned) -> str:
    found = now_of(house, planned)
    return post_state(found.post, found.deliveries)


def change(
    house: FakeHouse, planned: Planned, text: str = "Corrigé", *targets: str, actor: Actor = PUBLISHER
) -> Planned:
    return planning.change(
        planned.post.id,
        Content(text=text, targets=targets or ("p1",)),
        expected=planned.post.rev,
        actor=actor,
        bench=house.bench,
    )


def cancel(house: FakeHouse, planned: Planned, expected: int | None = None) -> Planned:
    return planning.cancel(planned.post.id, expected=expected, actor=PUBLISHER, bench=house.bench)


def unsure_for_good(house: FakeHouse) -> Planned:
    """The network took it, nobody heard, and nobody can look: only a person can say."""
    house.network.next_outcomes(accept_and_answer(TIMEOUT))
    house.network.find_error = Unavailable("network_down")
    planned = house.scheduled(0)
    house.run(timedelta(minutes=35))
    delivery = house.delivery(planned)
    assert (delivery.state, delivery.act_at) == ("unconfirmed", None)
    house.network.find_error = None
    return now_of(house, planned)


# ---------------------------------------------------------------- the states of a post


def test_the_life_of_a_post(house: FakeHouse) -> None:
    planned = house.written()
    assert state(house, planned) == "draft"
    planned = house.schedule(planned, 600)
    assert state(house, planned) == "scheduled"
    planned = cancel(house, planned)
    assert state(house, planned) == "cancelled"
    planned = house.schedule(planned, 600)
    assert state(house, planned) == "scheduled"
    house.run(660)
    assert state(house, planned) == "done"
    assert sorted(house.kinds(planned)) == [
        "delivery.published",
        "post.cancelled",
        "post.created",
        "post.scheduled",
        "post.scheduled",
    ]


def test_every_version_of_the_words_is_kept(house: FakeHouse) -> None:
    planned = change(house, change(house, house.written("Un")), "Trois")
    versions = list(house.store.query(PostVersion, planned.post.key()["pk"], begins="VERSION#"))
    assert [each.content.text for each in versions] == ["Un", "Corrigé", "Trois"]
    assert len({each.fingerprint for each in versions}) == 3


@pytest.mark.parametrize("act", ["change", "delete", "schedule", "cancel"])
def test_an_act_on_what_changed_meanwhile_is_stale(house: FakeHouse, act: str) -> None:
    old = house.scheduled(600)
    change(house, old)
    with pytest.raises(Stale):
        if act == "change":
            change(house, old, "Le mien")
        elif act == "delete":
            planning.delete(old.post.id, expected=old.post.rev, actor=PUBLISHER, bench=house.bench)
        elif act == "schedule":
            house.schedule(old, 900, expected=old.post.rev)
        else:
            cancel(house, old, expected=old.post.rev)


@pytest.mark.parametrize("act", ["change", "delete", "schedule", "cancel"])
@pytest.mark.parametrize("leaving", ["publishing", "unconfirmed"])
def test_what_is_leaving_refuses_every_act(house: FakeHouse, act: str, leaving: str) -> None:
    if leaving == "publishing":
        house.scheduled(0, "Autre")
        planned = house.scheduled(0)
        house.store.save(house.delivery(planned).claimed(house.clock.now()))
    else:
        house.network.next_outcomes(accept_and_answer(TIMEOUT, seen_after=timedelta(minutes=1)))
        planned = house.scheduled(0)
        house.run(1, sweeping=False)
        assert house.delivery(planned).state == "unconfirmed"
    _refused(house, planned, act, "already_leaving")


@pytest.mark.parametrize("act", ["change", "delete", "schedule", "cancel"])
def test_what_may_stand_on_the_network_waits_for_a_persons_word_before_any_act(house: FakeHouse, act: str) -> None:
    """Trap 2 by another door: moving an unconfirmed post in the calendar must not send it a second time."""
    planned = unsure_for_good(house)
    _refused(house, planned, act, "already_leaving")
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "unconfirmed"
    assert len(house.texts()) == 1


def _refused(house: FakeHouse, planned: Planned, act: str, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        if act == "change":
            change(house, planned)
        elif act == "delete":
            planning.delete(planned.post.id, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
        elif act == "schedule":
            house.schedule(planned, 900)
        else:
            cancel(house, planned)
    assert refused.value.code == code


def test_a_worker_that_writes_between_reading_and_committing_is_noticed(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    commit, claimed = house.store.commit, []

    def raced(*saves: object, removes: object = ()) -> None:
        if not claimed:
            claimed.append(True)
            commit(house.delivery(planned).claimed(house.clock.now()))
        commit(*saves, removes=removes)  # type: ignore[arg-type]

    house.store.commit = raced  # type: ignore[method-assign,assignment]
    with pytest.raises(Conflict) as refused:
        house.schedule(planned, 900)
    assert refused.value.code == "already_leaving"


def test_what_was_published_cannot_be_changed_or_deleted(house: FakeHouse) -> None:
    planned = house.scheduled(0)
    house.run(10)
    for act in ("change", "delete", "schedule"):
        _refused(house, now_of(house, planned), act, "already_published")
    _refused(house, planned, "cancel", "nothing_to_cancel")


def test_cancelling_stops_what_has_not_left_and_says_so_of_the_rest(house: FakeHouse) -> None:
    house.profile("p2")
    planned = house.scheduled(0, "Bonjour", "p1", "p2")
    moved = house.delivery(planned, "p2").due(house.clock.now() + timedelta(hours=1), version=planned.post.version)
    house.store.save(moved)
    house.run(10)
    planned = cancel(house, planned)
    assert [each.state for each in planned.deliveries] == ["published", "cancelled"]
    assert state(house, planned) == "done"


def test_deleting_leaves_the_record_of_what_was_written(house: FakeHouse) -> None:
    planned = house.scheduled(600)
    planning.delete(planned.post.id, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
    with pytest.raises(NotFound):
        now_of(house, planned)
    assert house.deliveries() == []
    assert sorted(house.kinds(planned)) == ["post.created", "post.deleted", "post.scheduled"]
    assert list(house.store.query(PostVersion, planned.post.key()["pk"], begins="VERSION#"))


# ---------------------------------------------------------------- changes carry to what is scheduled


def test_an_edit_of_a_scheduled_post_is_what_leaves(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    change(house, planned, "Corrigé à temps")
    house.run(90)
    assert house.texts() == ["Corrigé à temps"]


def test_an_edit_while_the_worker_waits_wins_over_it(house: FakeHouse) -> None:
    planned = house.scheduled(30)
    sleep = house.clock.sleep

    def edited(seconds: float) -> None:
        house.clock.sleep = sleep  # type: ignore[method-assign]
        change(house, planned, "Corrigé")
        sleep(seconds)

    house.clock.sleep = edited  # type: ignore[method-assign]
    house.run(timedelta(minutes=4))
    assert house.texts() == ["Corrigé"]


def test_an_edit_that_a_network_would_refuse_is_refused_and_the_old_words_stay(house: FakeHouse) -> None:
    planned = house.scheduled(60)
    with pytest.raises(InvalidInput) as refused:
        change(house, planned, "x" * 301)
    assert refused.value.code == "text_too_long"
    house.run(90)
    assert house.texts() == ["La rue Haute est fermée."]


def test_a_target_added_to_a_scheduled_post_is_scheduled_with_it(house: FakeHouse) -> None:
    house.profile("p2")
    planned = change(house, house.scheduled(60), "À tous", "p1", "p2")
    assert [each.state for each in planned.deliveries] == ["queued", "queued"]
    house.run(90)
    assert (house.texts("p1"), house.texts("p2")) == (["À tous"], ["À tous"])


def test_a_target_taken_away_is_cancelled_and_one_brought_back_is_scheduled_again(house: FakeHouse) -> None:
    house.profile("p2")
    planned = house.scheduled(60, "À tous", "p1", "p2")
    planned = change(house, planned, "À un", "p1")
    assert house.delivery(planned, "p2").state == "cancelled"
    planned = change(house, planned, "À tous encore", "p1", "p2")
    assert house.delivery(planned, "p2").state == "queued"
    house.run(90)
    assert (house.texts("p1"), house.texts("p2")) == (["À tous encore"], ["À tous encore"])


def test_a_target_added_after_its_time_does_not_leave_by_itself(house: FakeHouse) -> None:
    """An edit is not an order to send: what nobody scheduled for a time to come waits for a person."""
    house.profile("p2")
    planned = house.scheduled(60)
    house.clock.advance(timedelta(hours=2))
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "held"
    planned = change(house, now_of(house, planned), "À tous", "p1", "p2")
    added = house.delivery(planned, "p2")
    assert (added.state, added.reason) == ("held", "late")
    house.run(timedelta(minutes=5))
    assert house.texts("p2") == []
    assert {each.profile for each in waiting.waiting(AGENCY, store=house.store)} == {"p1", "p2"}
    waiting.release(added.id, actor=PUBLISHER, bench=house.bench)
    house.run(10)
    assert house.texts("p2") == ["À tous"]


def test_a_campaign_given_later_reaches_the_deliveries(house: FakeHouse) -> None:
    planned = house.scheduled(600)
    planning.change(
        planned.post.id,
        Content(text="Bonjour", targets=("p1",), campaign="c1"),
        expected=planned.post.rev,
        actor=PUBLISHER,
        bench=house.bench,
    )
    assert house.delivery(planned).campaign == "c1"


# ---------------------------------------------------------------- who may


def test_a_contributor_writes_but_may_not_schedule(house: FakeHouse) -> None:
    planned = house.written(actor=CONTRIBUTOR)
    with pytest.raises(Forbidden):
        house.schedule(planned, 60, actor=CONTRIBUTOR)
    assert house.deliveries() == []


def test_a_contributor_may_not_change_delete_or_cancel_what_is_scheduled(house: FakeHouse) -> None:
    planned = house.scheduled(600)
    with pytest.raises(Forbidden):
        change(house, planned, actor=CONTRIBUTOR)
    with pytest.raises(Forbidden):
        planning.delete(planned.post.id, expected=planned.post.rev, actor=CONTRIBUTOR, bench=house.bench)
    with pytest.raises(Forbidden):
        planning.cancel(planned.post.id, expected=None, actor=CONTRIBUTOR, bench=house.bench)


def test_a_role_in_one_department_opens_no_other(house: FakeHouse) -> None:
    water_only = replace(PUBLISHER, roles={"water": "publisher"})
    planned = house.written(department="police")
    with pytest.raises(Forbidden):
        house.schedule(planned, 60, actor=water_only)
    with pytest.raises(Forbidden):
        house.written(actor=water_only, department="police")


def test_a_departments_profile_takes_only_those_with_a_role_there(house: FakeHouse) -> None:
    house.profile("cops", department="police")
    with pytest.raises(Forbidden):
        house.written("Bonjour", "cops", actor=replace(PUBLISHER, roles={"water": "publisher"}))


def test_who_may_only_write_for_a_departments_profile_may_not_publish_to_it(house: FakeHouse) -> None:
    """A publisher of Water who contributes to Police would otherwise publish as the police."""
    house.profile("cops", department="police")
    planned = house.written("Bonjour", "cops", actor=MIXED)
    with pytest.raises(Forbidden):
        house.schedule(planned, 60, actor=MIXED)
    planned = house.scheduled(600, "Bonjour", "p1", actor=MIXED)
    with pytest.raises(Forbidden):
        change(house, planned, "Bonjour", "p1", "cops", actor=MIXED)


def test_another_agencys_profile_and_post_do_not_exist(house: FakeHouse) -> None:
    house.profile("theirs", agency="autre")
    with pytest.raises(NotFound):
        house.written("Bonjour", "theirs")
    planned = house.written()
    with pytest.raises(NotFound):
        house.schedule(planned, 60, actor=STRANGER)
    with pytest.raises(NotFound):
        planning.delete(planned.post.id, expected=planned.post.rev, actor=STRANGER, bench=house.bench)


def test_nothing_is_scheduled_without_a_target_or_twice_to_one(house: FakeHouse) -> None:
    draft = planning.write(Content(text="Bonjour"), department="water", zone=ZONE, actor=PUBLISHER, bench=house.bench)
    with pytest.raises(InvalidInput) as refused:
        house.schedule(draft, 60)
    assert refused.value.code == "no_targets"
    with pytest.raises(InvalidInput):
        house.written("Bonjour", "p1", "p1")


def test_an_image_that_is_not_ready_refuses_the_schedule_and_is_named(house: FakeHouse) -> None:
    planned = house.written(media={"m1": "Un pont"})
    with pytest.raises(InvalidInput) as refused:
        house.schedule(planned, 60)
    assert (refused.value.code, refused.value.field) == ("media_not_ready", "targets/p1/media/m1")


# ---------------------------------------------------------------- what waits for a person


def test_releasing_sends_it_now(house: FakeHouse) -> None:
    planned = house.scheduled(600)
    house.clock.advance(timedelta(hours=2))
    house.run(timedelta(minutes=3))
    waiting.release(house.delivery(planned).id, actor=PUBLISHER, bench=house.bench)
    house.run(5)
    assert house.delivery(planned).state == "published"
    assert list(waiting.waiting(AGENCY, store=house.store)) == []


def test_a_release_twice_is_one_release(house: FakeHouse) -> None:
    planned = house.scheduled(600)
    house.clock.advance(timedelta(hours=2))
    house.run(timedelta(minutes=3))
    waiting.release(house.delivery(planned).id, actor=PUBLISHER, bench=house.bench)
    with pytest.raises(Conflict) as refused:
        waiting.release(house.delivery(planned).id, actor=PUBLISHER, bench=house.bench)
    assert refused.value.code == "not_waiting"
    house.run(60)
    assert len(house.texts()) == 1


@pytest.mark.parametrize("published", [True, False])
def test_a_person_settles_what_could_not_be_proven(house: FakeHouse, published: bool) -> None:
    planned = unsure_for_good(house)
    settled = waiting.resolve(
        house.delivery(planned).id, published=published, url=None, actor=PUBLISHER, bench=house.bench
    )
    assert settled.state == ("published" if published else "held")
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == settled.state, "sending it again is an act of its own"
    assert len(house.texts()) == 1


def test_what_is_unsure_is_neither_released_nor_dropped(house: FakeHouse) -> None:
    delivery_id = house.delivery(unsure_for_good(house)).id
    with pytest.raises(Conflict):
        waiting.release(delivery_id, actor=PUBLISHER, bench=house.bench)
    with pytest.raises(Conflict):
        waiting.drop(delivery_id, actor=PUBLISHER, bench=house.bench)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x", "//evil.example"])
def test_a_seen_address_is_a_web_address(house: FakeHouse, url: str) -> None:
    delivery_id = house.delivery(unsure_for_good(house)).id
    with pytest.raises(InvalidInput):
        waiting.resolve(delivery_id, published=True, url=url, actor=PUBLISHER, bench=house.bench)


def test_another_agencys_delivery_does_not_exist(house: FakeHouse) -> None:
    delivery_id = house.delivery(house.scheduled(600)).id
    with pytest.raises(NotFound):
        waiting.drop(delivery_id, actor=STRANGER, bench=house.bench)
    with pytest.raises(NotFound):
        waiting.find(AGENCY, "no-such", store=house.store)
    with pytest.raises(NotFound):
        waiting.find(AGENCY, "nodash", store=house.store)


def test_a_contributor_decides_nothing_that_waits(house: FakeHouse) -> None:
    delivery_id = house.delivery(house.scheduled(600)).id
    with pytest.raises(Forbidden):
        waiting.drop(delivery_id, actor=CONTRIBUTOR, bench=house.bench)
