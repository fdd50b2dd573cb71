"""From submission to departure: what review makes of a post, and that nothing leaves that was not approved as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.approvals.review import open_reviews
from chalicelib.approvals.workflow import Step
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Stale
from chalicelib.media.media import Media
from chalicelib.media.rendition import Rendition
from chalicelib.networks.contract import RetryAfter
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Attachment
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, PUBLISHER, STRANGER
from tests.fakes.networks import LIMITS, accept
from tests.unit.approvals.council import ANNE, BRUNO, INSIDE, LAWYER, OUTSIDE, TEXT, Council

HELD = ("held", "not_approved")


def outcome(council: Council, planned: Planned, profile: str = "p1") -> tuple[str, str | None]:
    delivery = council.delivery(planned, profile)
    return delivery.state, delivery.reason


# ---------------------------------------------------------------- approved in time, and not


def test_what_is_approved_in_time_leaves_at_its_second(council: Council) -> None:
    council.workflow()
    planned = council.submitted(600, TEXT, "p1", "p2")
    assert council.state(planned) == "in_review"
    council.decide(planned, comment="Bien.")
    assert council.state(planned) == "in_review", "a lawyer is still to be asked"
    council.decide_by(council.token())
    assert council.state(planned) == "scheduled"
    council.run(660)
    assert [council.texts("p1"), council.texts("p2")] == [[TEXT], [TEXT]]
    assert council.delivery(planned).published_at == council.delivery(planned).due_at
    assert council.state(planned) == "done"
    assert council.kinds(planned) == [
        "post.created",
        "review.asked",
        "review.approved",
        "review.approved",
        "post.approved",
        "delivery.published",
        "delivery.published",
    ]
    first, second = [each for each in council.events(planned) if each.what == "review.approved"]
    assert (first.actor, first.actor_name, first.detail["comment"], first.detail["step"]) == (
        "anne",
        "Anne Approver",
        "Bien.",
        1,
    )
    assert (second.actor, second.actor_name, second.detail["email"], second.detail["step"]) == (None, LAWYER, LAWYER, 2)


@pytest.mark.parametrize("decisions", [0, 1], ids=["by nobody", "by the first step only"])
def test_what_is_not_approved_when_due_is_held_and_told_and_never_leaves_by_itself(
    council: Council, decisions: int
) -> None:
    council.workflow()
    planned = council.submitted(60)
    for _ in range(decisions):
        council.decide(planned)
    council.run(timedelta(hours=2))
    assert outcome(council, planned) == HELD
    assert council.topic.subjects == ["Parvis: delivery_held"]
    assert council.texts() == []
    assert council.state(planned) == "in_review"


def test_approved_after_its_time_it_stays_held_until_a_person_releases_it(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(60)
    council.run(120)
    held = council.delivery(planned)
    with pytest.raises(Conflict, match="not_approved"):
        waiting.release(held.id, actor=PUBLISHER, bench=council.bench)
    council.decide(planned)
    assert council.events(planned)[-1].detail["late"] is True
    assert "until a publisher releases it" in council.letters("carla@ville.example")[-1]["body"]
    council.run(600)
    assert council.texts() == []
    waiting.release(held.id, actor=PUBLISHER, bench=council.bench)
    council.run(10)
    assert council.texts() == [TEXT]


def test_one_that_waits_may_be_given_more_time(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(60)
    council.run(120)
    later = council.clock.now() + timedelta(minutes=10)
    waiting.reschedule(council.delivery(planned).id, later, actor=PUBLISHER, bench=council.bench)
    council.decide(planned)
    council.run(660)
    assert council.texts() == [TEXT]


def test_without_a_time_it_waits_for_a_publisher_to_choose_one(council: Council) -> None:
    council.workflow()
    planned = council.approved(None)
    assert council.state(planned) == "approved"
    assert planned.deliveries == ()
    council.schedule(planned, 60)
    assert council.delivery(planned).reviewed is True
    council.schedule(council.now(planned), 120)
    assert council.approval(planned.post) is not None, "an approval is of what is said, not of when"
    council.run(180)
    assert council.texts() == [TEXT]


# ---------------------------------------------------------------- the gate


def tampered(council: Council, planned: Planned, **changes: Any) -> None:
    """The post's item changed behind everybody's back, as no act of ours does."""
    post = council.now(planned).post
    council.store.save(post.but(content=post.content.model_copy(update=changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Autre chose."},
        {"variants": {"fake": "Autre chose."}},
        {"language": "en"},
        {"thread": {"fake": ("Et encore.",)}},
        {"targets": ("p1", "p2")},
        {"media": ()},
        {"media": (Attachment(media="m1", alt="Autre"),)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_gate_compares_exactly_what_is_sent(council: Council, changes: dict[str, Any]) -> None:
    council.workflow(INSIDE)
    council.image()
    planned = council.submitted(60, TEXT, "p1", media={"m1": "Un plan"})
    council.decide(planned)
    tampered(council, planned, **changes)
    council.run(120)
    assert outcome(council, planned) == ("held", "approval_void")
    assert council.texts() == []


def test_other_bytes_under_the_same_image_are_not_what_was_approved(council: Council) -> None:
    council.workflow(INSIDE)
    council.image("m1", b"one")
    planned = council.submitted(60, TEXT, "p1", media={"m1": "Un plan"})
    council.decide(planned)
    media = council.store.get(Media, Media.key_of(AGENCY, "m1"))
    assert media is not None
    council.store.save(media.but(sha256="0" * 64))
    council.run(120)
    assert outcome(council, planned) == ("held", "approval_void")


def test_a_copy_made_for_the_network_is_within_what_was_approved(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The approval is of the file that people uploaded; the network is given the JPEG that was made of it."""
    monkeypatch.setattr(council.network, "limits", lambda stated: replace(LIMITS, image_types=("image/jpeg",)))
    council.workflow(INSIDE)
    council.image()
    media = council.store.get(Media, Media.key_of(AGENCY, "m1"))
    assert media is not None
    copy = Rendition(
        spec="jpeg-2000kb",
        content_type="image/jpeg",
        size=4,
        width=40,
        height=30,
        sha256=hashlib.sha256(b"jpeg").hexdigest(),
    )
    council.store.save(media.but(renditions=(copy,)))
    council.bucket.objects[media.rendition_key(copy)] = b"jpeg"
    planned = council.submitted(60, TEXT, "p1", media={"m1": "Un plan"})
    council.decide(planned)
    council.run(120)
    assert council.delivery(planned).state == "published"
    [standing] = council.network.posts_of("p1@")
    [given] = standing.publication.media
    assert (given.content_type, given.read(), given.alt) == ("image/jpeg", b"jpeg", "Un plan")


def test_without_such_a_copy_the_network_refuses_the_file_before(
    council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(council.network, "limits", lambda stated: replace(LIMITS, image_types=("image/jpeg",)))
    council.workflow(INSIDE)
    council.image()
    with pytest.raises(InvalidInput, match=r"m1\.png is image/png; allowed are image/jpeg"):
        council.submitted(60, TEXT, "p1", media={"m1": "Un plan"})


def test_images_and_all_it_leaves_when_they_are_what_was_approved(council: Council) -> None:
    council.workflow(INSIDE)
    council.image()
    planned = council.submitted(60, TEXT, "p1", media={"m1": "Un plan"})
    council.decide(planned)
    council.run(120)
    assert outcome(council, planned) == ("published", None)


def test_every_part_of_a_thread_leaves_by_the_approval_of_the_whole(council: Council) -> None:
    council.workflow(INSIDE)
    council.image()
    planned = council.submitted(60, TEXT, "p1", media={"m1": "Un plan"}, thread=("Passez par la rue Basse.",))
    council.decide(planned)
    council.run(120)
    assert outcome(council, planned) == ("published", None)
    assert [len(post.publication.media) for post in council.network.posts] == [1, 0]


def test_a_part_does_not_leave_once_the_whole_is_not_what_was_approved(council: Council) -> None:
    council.workflow(INSIDE)
    council.network.next_outcomes(accept(), RetryAfter(timedelta(seconds=30), "rate_limited"))
    planned = council.submitted(60, TEXT, "p1", thread=("Passez par la rue Basse.",))
    council.decide(planned)
    council.run(70)
    tampered(council, planned, thread={"fake": ("Autre chose.",)})
    council.run(120)
    assert outcome(council, planned) == ("held", "approval_void")
    assert council.texts() == [TEXT]


def test_the_approval_is_read_after_the_fence_before_each_step_and_strongly_consistent(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(60)
    council.decide(planned)
    council.network.steps = 3
    read: list[str] = []
    get, query = council.store.get, council.store.query

    def got(kind: Any, key: Any, *, consistent: bool = True) -> Any:
        if kind.KIND == "approval":
            assert consistent
            read.append("approval")
        return get(kind, key, consistent=consistent)

    def queried(kind: Any, pk: str, **more: Any) -> Any:
        if kind.KIND == "fence":
            assert more["consistent"]
            read.append("fence")
        return query(kind, pk, **more)

    council.store.get, council.store.query = got, queried  # type: ignore[method-assign,assignment]
    council.run(120)
    assert read == ["fence", "approval"] * 3


def test_what_is_not_reviewed_pays_no_read_and_writes_no_more(council: Council) -> None:
    plain = council.scheduled(60, "Sans relecture")
    read: list[str] = []
    get = council.store.get

    def got(kind: Any, key: Any, *, consistent: bool = True) -> Any:
        read.append(kind.KIND)
        return get(kind, key, consistent=consistent)

    council.store.get = got  # type: ignore[method-assign,assignment]
    council.run(120, sweeping=False)
    assert council.delivery(plain).state == "published"
    assert "approval" not in read and "workflow" not in read


def test_a_reviewed_delivery_costs_as_many_writes_as_any_other(council: Council) -> None:
    plain = council.scheduled(60, "Sans relecture")
    council.workflow(INSIDE)
    costs = []
    for planned in (plain, council.approved_by_anne(200)):
        due = council.delivery(planned).due_at
        council.run(due - council.clock.now() - timedelta(seconds=5))
        before = council.store.writes
        council.run(8, sweeping=False)
        assert council.delivery(planned).state == "published"
        costs.append(council.store.writes - before)
    assert costs[0] == costs[1]


# ---------------------------------------------------------------- edits, sending back, withdrawing


def gone(council: Council, planned: Planned, review_state: str, number: int = 1) -> None:
    """It is a draft at the time that was wanted, and nothing of it would leave."""
    present = council.now(planned)
    assert council.state(planned) == "draft"
    assert present.deliveries == ()
    assert present.post.due_at == planned.post.due_at
    assert council.approval(present.post) is None
    assert council.review(planned, number).state == review_state
    assert list(open_reviews(AGENCY, store=council.store)) == []
    council.run(timedelta(hours=1))
    assert council.texts() == []


@pytest.mark.parametrize("approved", [False, True], ids=["in review", "approved"])
@pytest.mark.parametrize("who", [CONTRIBUTOR, PUBLISHER], ids=["contributor", "publisher"])
def test_an_edit_voids_it(council: Council, approved: bool, who: Actor) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(600)
    if approved:
        council.decide(planned)
    council.edit(planned, "Une autre rue.", actor=who)
    assert council.kinds(planned)[-2:] == ["post.changed", "review.void"]
    with pytest.raises(Conflict, match="version_old: It is at version 2"):
        council.decide(planned, version=1, review=f"{planned.post.id}-1")
    gone(council, planned, "void")


def test_saving_the_same_words_again_voids_nothing(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(600)
    council.decide(planned)
    council.edit(planned, TEXT)
    assert council.state(planned) == "scheduled"


@pytest.mark.parametrize("approved", [False, True], ids=["in review", "approved"])
def test_it_can_be_withdrawn(council: Council, approved: bool) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(600)
    if approved:
        council.decide(planned)
    council.withdraw(planned)
    with pytest.raises(Conflict, match="not_in_review"):
        council.withdraw(planned)
    with pytest.raises(Conflict, match="review_closed"):
        council.decide(planned)
    gone(council, planned, "withdrawn")


def test_sent_back_the_author_reads_why_and_submits_again(council: Council) -> None:
    council.workflow()
    planned = council.submitted(600)
    council.decide(planned, "send_back", comment="Nommez la rue.")
    letter = council.letters("carla@ville.example")[-1]
    assert "Nommez la rue." in letter["body"] and f"/posts/{planned.post.id}" in letter["body"]
    assert council.state(planned) == "draft"
    council.edit(planned, "La rue Haute, au pont.")
    council.submit(planned)
    second = council.review(planned)
    assert (second.number, second.version, second.before, second.decisions) == (2, 2, 1, ())
    council.decide(planned)
    council.decide_by(council.token(), version=2)
    council.run(700)
    assert council.texts() == ["La rue Haute, au pont."]
    versions = [
        row["version"] for row in council.store.rows("content", planned.post.key()["pk"])[0] if row["kind"] == "version"
    ]
    assert versions == [1, 2]


def test_sending_back_leaves_nothing_behind(council: Council) -> None:
    council.workflow()
    planned = council.submitted(600)
    council.decide(planned, "send_back", comment="Non.")
    gone(council, planned, "sent_back")


def test_a_delivery_made_anew_never_repeats_a_publication_key(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(600)
    keys = {council.delivery(planned).publication_key}
    for text in ("b", "c"):
        waiting.reschedule(
            council.delivery(planned).id, council.clock.now() + timedelta(hours=1), actor=PUBLISHER, bench=council.bench
        )
        keys.add(council.delivery(planned).publication_key)
        council.edit(planned, text)
        council.submit(planned)
        keys.add(council.delivery(planned).publication_key)
    assert len(keys) == 5


def test_what_is_leaving_can_be_neither_edited_nor_withdrawn_nor_sent_back(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(60)
    council.store.save(council.delivery(planned).claimed(council.clock.now()))
    acts: list[Callable[[], object]] = [
        lambda: council.edit(planned, "x"),
        lambda: council.withdraw(planned),
        lambda: council.decide(planned, "send_back", comment="x"),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="already_leaving"):
            act()


def test_cancelling_ends_the_review_and_keeps_an_approval(council: Council) -> None:
    council.workflow(INSIDE)
    asked, approved = council.submitted(600), council.approved_by_anne(600)
    for planned in (asked, approved):
        planning.cancel(planned.post.id, expected=None, actor=PUBLISHER, bench=council.bench)
        assert council.state(planned) == "cancelled"
    assert council.review(asked).state == "withdrawn"
    with pytest.raises(Conflict, match="approval_required"):
        council.schedule(council.now(asked), 60)
    council.schedule(council.now(approved), 60)
    council.run(120)
    assert len(council.texts()) == 1


def test_deleting_one_in_review_closes_its_review(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted(600)
    council.clock.advance(1)
    planning.delete(planned.post.id, expected=council.now(planned).post.rev, actor=CONTRIBUTOR, bench=council.bench)
    assert council.deliveries() == [] and list(open_reviews(AGENCY, store=council.store)) == []
    assert council.kinds(planned)[-2:] == ["post.deleted", "review.void"]


# ---------------------------------------------------------------- what may be submitted, and by whom


def test_a_required_workflow_lets_nothing_be_scheduled_unreviewed(council: Council) -> None:
    before = council.scheduled(600)
    council.workflow()
    draft = council.draft()
    with pytest.raises(Conflict, match="approval_required"):
        council.schedule(draft, 60)
    with pytest.raises(Conflict, match="approval_required"):
        council.edit(before, "Changé après coup", actor=PUBLISHER)
    council.submit(draft)
    with pytest.raises(Conflict, match="approval_required"):
        council.schedule(council.now(draft), 60)


def test_what_one_department_reviews_does_not_leave_through_anothers_door(council: Council) -> None:
    council.profile("p9", department="police")
    council.workflow(Step(name="Police", roles=("publisher",)), department="police")
    planned = council.written(TEXT, "p9", actor=PUBLISHER, department="water")
    with pytest.raises(Conflict, match="approval_required"):
        council.schedule(planned, 60)


def test_a_workflow_that_is_not_required_or_not_active_leaves_publishers_free(council: Council) -> None:
    council.workflow(required=False)
    council.workflow(Step(name="Police", roles=("publisher",)), department="police", active=False)
    council.profile("p9", department="police")
    council.schedule(council.draft(), 60)
    council.schedule(council.written(TEXT, "p9", actor=PUBLISHER, department="police"), 60)
    with pytest.raises(Conflict, match="no_workflow"):
        council.submit(council.written(TEXT, "p9", actor=CONTRIBUTOR, department="police"))


def test_what_is_reviewed_by_choice_is_bound_to_its_approval_as_well(council: Council) -> None:
    council.workflow(INSIDE, required=False)
    planned = council.submitted(60)
    council.run(120)
    assert outcome(council, planned) == HELD


def test_only_a_publisher_puts_under_review_what_is_planned(council: Council) -> None:
    planned = council.scheduled(600)
    council.workflow(INSIDE)
    with pytest.raises(Forbidden):
        council.submit(planned)
    council.submit(planned, actor=PUBLISHER)
    assert council.delivery(planned).reviewed is True
    council.run(660)
    assert outcome(council, planned) == HELD


def test_what_a_network_would_refuse_or_is_not_uploaded_cannot_be_submitted(council: Council) -> None:
    council.workflow()
    with pytest.raises(InvalidInput, match="text_too_long"):
        council.submitted(600, "x" * 5000)
    waiting_media = Media(
        agency=AGENCY,
        id="m2",
        department="water",
        filename="f",
        content_type="image/png",
        size=1,
        by="carla",
        created_at=council.clock.now(),
    )
    council.store.save(waiting_media)
    with pytest.raises(InvalidInput, match="media_not_ready"):
        council.submitted(600, TEXT, "p1", media={"m2": "x"})
    assert council.tell_queue.sent == []


def test_twice_submitted_stale_foreign_or_approved_is_refused(council: Council) -> None:
    council.workflow(INSIDE)
    draft = council.draft()
    with pytest.raises(NotFound):
        council.submit(draft, actor=STRANGER)
    with pytest.raises(Forbidden):
        council.submit(draft, actor=ANNE)
    council.submit(draft)
    with pytest.raises(Conflict, match="in_review"):
        council.submit(draft)
    with pytest.raises(Stale):
        planning.withdraw(draft.post.id, expected=draft.post.rev, actor=CONTRIBUTOR, bench=council.bench)
    council.decide(draft)
    with pytest.raises(Conflict, match="already_approved"):
        council.submit(draft)


# ---------------------------------------------------------------- who decides


def test_nobody_decides_about_what_they_wrote_submitted_or_edited_last(council: Council) -> None:
    council.workflow(Step(name="Tous", roles=("publisher", "approver", "administrator")))
    own = council.submit(council.written(TEXT, actor=PUBLISHER), actor=PUBLISHER)
    foreign = council.submit(council.draft(), actor=ADMINISTRATOR)
    edited = council.draft()
    council.edit(edited, "Autrement.", actor=PUBLISHER)
    council.submit(edited)
    for planned, actor in ((own, PUBLISHER), (foreign, ADMINISTRATOR), (edited, PUBLISHER)):
        with pytest.raises(Conflict, match="own_post"):
            council.decide(planned, actor=actor)
        assert actor.person not in council.review(planned).steps[0].members


def test_a_step_that_nobody_could_pass_is_said_at_submission(council: Council) -> None:
    council.workflow(Step(name="Moi", people=("paul",)))
    with pytest.raises(Conflict, match="nobody_to_decide"):
        council.submit(council.written(TEXT, actor=PUBLISHER), actor=PUBLISHER)


def test_the_authors_own_address_outside_is_not_asked(council: Council) -> None:
    council.workflow(Step(name="Dehors", emails=(LAWYER,)))
    person = council.store.get(Person, Person.key_of(AGENCY, "carla"))
    assert person is not None
    council.store.save(person.but(email=LAWYER.upper()))
    with pytest.raises(Conflict, match="nobody_to_decide"):
        council.submitted()


def test_somebody_whose_right_was_taken_decides_no_more(council: Council) -> None:
    council.workflow(Step(name="Deux", people=("anne", "bruno"), need="all"))
    planned = council.submitted()
    with pytest.raises(Forbidden):
        council.decide(planned, actor=Actor(AGENCY, "bruno", "Bruno", {"water": "contributor"}))
    council.decide(planned)
    person = council.store.get(Person, Person.key_of(AGENCY, "bruno"))
    assert person is not None
    council.store.save(person.but(roles={"water": ("analyst",)}))
    council.withdraw(planned)
    with pytest.raises(Conflict, match="nobody_to_decide"):
        council.submit(planned)


def test_a_review_keeps_the_steps_it_began_with(council: Council) -> None:
    from chalicelib.approvals import workflow

    made = council.workflow()
    planned = council.submitted()
    workflow.change(
        "water",
        name="Autre",
        steps=[Step(name="Bruno", people=("bruno",))],
        required=False,
        active=False,
        expected=made.rev,
        actor=ADMINISTRATOR,
        store=council.store,
        clock=council.clock,
    )
    with pytest.raises(Forbidden):
        council.decide(planned, actor=BRUNO)
    council.decide(planned)
    council.decide_by(council.token())
    council.run(660)
    assert council.texts() == [TEXT]


def test_of_two_who_press_at_once_both_are_counted_or_one_is_told(council: Council) -> None:
    council.workflow(Step(name="Deux", people=("anne", "bruno"), need="all"), OUTSIDE)
    planned = council.submitted()
    commit = council.store.commit

    def bruno_first(*saves: Any, **more: Any) -> None:
        council.store.commit = commit  # type: ignore[method-assign]
        council.decide(planned, actor=BRUNO)
        commit(*saves, **more)

    council.store.commit = bruno_first  # type: ignore[method-assign]
    council.decide(planned)
    review = council.review(planned)
    assert [each.person for each in review.decisions] == ["bruno", "anne"]
    assert (review.step, len(council.letters(LAWYER))) == (1, 1)


def test_an_edit_and_an_approval_at_once_never_both_stand(council: Council) -> None:
    council.workflow(INSIDE)
    planned = council.submitted()
    commit = council.store.commit

    def edited_first(*saves: Any, **more: Any) -> None:
        council.store.commit = commit  # type: ignore[method-assign]
        council.edit(planned, "Entre-temps.")
        commit(*saves, **more)

    council.store.commit = edited_first  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="version_old"):
        council.decide(planned, version=1, review=f"{planned.post.id}-1")
    assert council.approval(planned.post) is None
    assert council.state(planned) == "draft"


# ---------------------------------------------------------------- telling


def test_those_of_the_open_step_are_told_in_their_language_and_no_others(council: Council) -> None:
    council.workflow(Step(name="Chefs", roles=("approver",)), OUTSIDE)
    planned = council.submitted(600, note="Avant midi.")
    told = council.tell_queue.sent
    assert {(each.person, each.address, each.channel) for each in told} == {
        ("anne", "anne@ville.example", "mail"),
        ("bruno", "bruno@ville.example", "mail"),
    }
    letter = council.letter(told[0])
    assert letter["subject"].startswith("À approuver")
    for said in ("Carla Contributor", TEXT, "02/11/2026 à 10 h 10 (Europe/Paris)", f"/posts/{planned.post.id}"):
        assert said in letter["body"]
    council.decide(planned)
    assert [each.address for each in told[2:]] == [LAWYER]
    outside = council.letter(told[-1])
    assert "Ville" in outside["subject"]
    assert "https://parvis.example/review/" in outside["body"] and "Opening the link decides nothing" in outside["body"]
    assert all(TEXT not in each.sealed and "review/" not in str(each.item()) for each in told)


def test_a_queue_that_is_down_loses_no_telling(council: Council) -> None:
    from chalicelib.alerts.telling import Telling

    council.workflow(Step(name="Deux", people=("anne",), emails=(LAWYER,)))
    council.tell_queue.down = True
    council.submitted()
    kept = council.store.all(Telling, AGENCY)
    assert {(each.person, each.address, each.state) for each in kept} == {
        ("anne", "anne@ville.example", "waiting"),
        (None, LAWYER, "waiting"),
    }


def test_open_reviews_come_in_the_order_of_their_times(council: Council) -> None:
    council.workflow(INSIDE)
    late, undated, soon = council.submitted(6000), council.submitted(None), council.submitted(60)
    found = [each.post for each in open_reviews(AGENCY, store=council.store)]
    assert found == [each.post.id for each in (soon, late, undated)]


def test_reviewed_deliveries_stand_in_the_calendar_as_what_they_are(council: Council) -> None:
    from chalicelib.publishing import calendar

    council.workflow(INSIDE)
    planned = council.submitted(600)
    span = (council.clock.now(), council.clock.now() + timedelta(hours=1))
    assert [row.state for row in calendar.between(AGENCY, *span, store=council.store)] == ["in_review"]
    council.decide(planned)
    assert [row.state for row in calendar.between(AGENCY, *span, store=council.store)] == ["scheduled"]
    council.withdraw(planned)
    assert [row.state for row in calendar.between(AGENCY, *span, store=council.store)] == ["draft"]


def test_a_delivery_says_whether_it_was_reviewed(council: Council) -> None:
    assert council.delivery(council.scheduled(600)).reviewed is False
    assert Delivery.model_fields["reviewed"].default is False
