"""One decision: who may make it, about what, and what comes of it. Held as a pure function, whatever the order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.approvals.deciding import By, Decision, decide
from chalicelib.approvals.review import AskedStep, Review
from chalicelib.errors import Conflict, Forbidden, InvalidInput, ParvisError

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = ("anne", "bruno", "carla")
EMAILS = ("a@dehors.example", "b@dehors.example")
AUTHOR = "carla"


def review(*steps: AskedStep) -> Review:
    return Review(
        agency="ville",
        post="p",
        number=1,
        department="water",
        title="t",
        version=3,
        fingerprint="f",
        language="fr",
        steps=steps,
        author=AUTHOR,
        author_name="Carla",
        asked_by=AUTHOR,
        asked_by_name="Carla",
        asked_at=NOW,
        barred=(AUTHOR, "submitter"),
        zone="Europe/Paris",
    )


def step(*members: str, emails: tuple[str, ...] = (), need: str = "any") -> AskedStep:
    return AskedStep(name="s", people=members, members=members, emails=emails, need=need)  # type: ignore[arg-type]


def by(who: str) -> By:
    return By(None, who) if "@" in who else By(who, who.title())


APPROVE = Decision("approve", 3)


def test_any_one_of_a_step_passes_it_and_the_next_one_opens() -> None:
    first = decide(review(step("anne", "bruno"), step(emails=EMAILS)), APPROVE, by("bruno"), NOW)
    assert (first.state, first.step) == ("open", 1)
    assert [first.state_of(0), first.state_of(1)] == ["approved", "open"]
    done = decide(first, APPROVE, by(EMAILS[1]), NOW)
    assert (done.state, done.closed_at) == ("approved", NOW)
    assert [done.state_of(0), done.state_of(1)] == ["approved", "approved"]


def test_all_means_everybody_inside_and_outside() -> None:
    under_way = review(step("anne", "bruno", emails=EMAILS[:1], need="all"))
    for who in ("anne", EMAILS[0]):
        under_way = decide(under_way, APPROVE, by(who), NOW)
        assert under_way.state == "open"
    assert under_way.undecided(0) == (("bruno",), ())
    assert decide(under_way, APPROVE, by("bruno"), NOW).state == "approved"


def test_one_who_sends_back_ends_it_in_whatever_step() -> None:
    under_way = decide(review(step("anne", "bruno", need="all"), step("bruno")), APPROVE, by("anne"), NOW)
    ended = decide(under_way, Decision("send_back", 3, " le ton "), by("bruno"), NOW)
    assert (ended.state, ended.decisions[-1].comment, ended.state_of(0)) == ("sent_back", "le ton", "sent_back")


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_sending_back_says_why(comment: str) -> None:
    with pytest.raises(InvalidInput, match="comment_required"):
        decide(review(step("anne")), Decision("send_back", 3, comment), by("anne"), NOW)


@pytest.mark.parametrize("who", [AUTHOR, "submitter"])
def test_nobody_decides_about_their_own_even_if_the_step_names_them(who: str) -> None:
    with pytest.raises(Conflict, match="own_post"):
        decide(review(step(who, "anne")), APPROVE, by(who), NOW)


@pytest.mark.parametrize("who", ["bruno", "nobody", EMAILS[0], "a@ailleurs.example"])
def test_whom_the_open_step_does_not_name_is_refused(who: str) -> None:
    with pytest.raises(Forbidden):
        decide(review(step("anne"), step("bruno", emails=EMAILS)), APPROVE, by(who), NOW)


def test_an_address_that_reads_like_somebodys_id_is_not_that_person() -> None:
    with pytest.raises(Forbidden):
        decide(review(step("anne")), APPROVE, By(None, "anne"), NOW)


def test_nobody_decides_twice_in_a_step_whatever_they_are_called_now() -> None:
    under_way = decide(review(step("anne", "bruno", need="all")), APPROVE, by("anne"), NOW)
    with pytest.raises(Conflict, match="already_decided"):
        decide(under_way, APPROVE, By("anne", "Anne Mariée"), NOW)
    again = decide(review(step("anne"), step("anne")), APPROVE, by("anne"), NOW)
    assert decide(again, APPROVE, by("anne"), NOW).state == "approved", "in another step they may"


@pytest.mark.parametrize("version", [2, 4])
def test_a_decision_about_another_version_names_the_one_there_is(version: int) -> None:
    with pytest.raises(Conflict, match="version_old: It is at version 3"):
        decide(review(step("anne")), Decision("approve", version), by("anne"), NOW)


@pytest.mark.parametrize("state", ["approved", "sent_back", "void", "withdrawn"])
def test_a_closed_review_takes_no_decision(state: str) -> None:
    closed = review(step("anne")).model_copy(update={"state": state})
    with pytest.raises(Conflict, match="review_closed"):
        decide(closed, APPROVE, by("anne"), NOW)


def test_comments_end_before_the_item_does() -> None:
    under_way = review(step(*(f"x{each}" for each in range(20)), need="all"))
    with pytest.raises(InvalidInput, match="too_large"):
        for each in range(20):
            under_way = decide(under_way, Decision("approve", 3, "é" * 4000), By(f"x{each}", "X"), NOW)


steps = st.builds(
    lambda members, emails, need: AskedStep(name="s", members=tuple(members), emails=tuple(emails), need=need),
    st.lists(st.sampled_from(PEOPLE[:2]), unique=True, max_size=2),
    st.lists(st.sampled_from(EMAILS), unique=True, max_size=2),
    st.sampled_from(["any", "all"]),
).filter(lambda each: bool(each.members or each.emails))
attempts = st.lists(
    st.tuples(
        st.sampled_from([*PEOPLE, *EMAILS, "submitter"]),
        st.sampled_from(["approve", "approve", "approve", "send_back"]),
        st.sampled_from([3, 3, 3, 2]),
    ),
    max_size=30,
)


@given(st.lists(steps, min_size=1, max_size=4), attempts)
def test_in_whatever_order_people_press_a_review_is_approved_only_by_all_its_steps(
    asked: list[AskedStep], pressed: list[tuple[str, str, int]]
) -> None:
    under_way = review(*asked)
    for turn, (who, verdict, version) in enumerate(pressed):
        before = under_way
        try:
            under_way = decide(
                before,
                Decision(verdict, version, "x"),
                by(who),
                NOW + timedelta(seconds=turn),  # type: ignore[arg-type]
            )
        except ParvisError:
            assert under_way is before
            continue
        made = under_way.decisions[-1]
        assert before.state == "open" and version == 3 and who not in before.barred
        assert made.step == before.step and who in (*asked[made.step].members, *asked[made.step].emails)
        assert under_way.rev == before.rev + 1 and under_way.decisions[:-1] == before.decisions
        assert under_way.step - before.step in (0, 1) and under_way.step < len(asked)
    assert max(Counter((each.step, each.person, each.name) for each in under_way.decisions).values(), default=1) == 1
    agreed: Counter[int] = Counter(each.step for each in under_way.decisions if each.decision == "approve")
    needed = [1 if each.need == "any" else len(each.members) + len(each.emails) for each in asked]
    passed = [agreed[place] >= needed[place] for place in range(len(asked))]
    sent_back = any(each.decision == "send_back" for each in under_way.decisions)
    assert (under_way.state == "approved") == all(passed)
    assert (under_way.state == "sent_back") == sent_back
    assert passed == sorted(passed, reverse=True), "no step is passed before the one before it"
