"""Setting up how a department reviews: what could never work is refused when it is set up."""

from __future__ import annotations

import pytest

from chalicelib.approvals import workflow
from chalicelib.approvals.workflow import Step
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, ParvisError, Stale
from chalicelib.team.actor import Actor
from chalicelib.team.people import SignInName
from tests.fakes.house import ADMINISTRATOR, AGENCY, PUBLISHER, STRANGER
from tests.unit.approvals.council import INSIDE, OUTSIDE, Council


def changed(council: Council, *steps: Step, expected: int = 0, actor: Actor = ADMINISTRATOR) -> workflow.Workflow:
    return workflow.change(
        "water",
        name="Neuf",
        steps=steps or (INSIDE,),
        required=True,
        active=True,
        expected=expected,
        actor=actor,
        store=council.store,
        clock=council.clock,
    )


def test_a_department_has_one(council: Council) -> None:
    made = council.workflow()
    assert workflow.workflow_of(AGENCY, "water", store=council.store) == made
    with pytest.raises(Conflict, match="workflow_exists"):
        council.workflow()
    assert changed(council).name == "Neuf"
    with pytest.raises(Stale):
        changed(council)


def test_only_its_administrators_set_it_up(council: Council) -> None:
    council.workflow()
    for actor, refused in ((PUBLISHER, Forbidden), (STRANGER, NotFound)):
        with pytest.raises(refused):
            changed(council, actor=actor)


@pytest.mark.parametrize(
    ("step", "code", "field"),
    [
        (Step(name="s"), "step_empty", "steps/1"),
        (Step(name="s", people=("anne", "personne")), "person_unknown", "steps/1/people/1"),
        (Step(name="s", people=("sam",)), "person_unknown", "steps/1/people/0"),
        (Step(name="s", people=("carla",)), "may_not_approve", "steps/1/people/0"),
        (Step(name="s", emails=("x@y.example", "Anne@Ville.example")), "email_inside", "steps/1/emails/1"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_step_that_could_not_work_is_refused_by_its_place(
    council: Council, step: Step, code: str, field: str
) -> None:
    council.store.save(SignInName(email="anne@ville.example", agency=AGENCY, person="anne"))
    with pytest.raises(InvalidInput) as refused:
        council.workflow(INSIDE, step)
    error: ParvisError = refused.value
    assert (error.code, error.field) == (code, field)


def test_who_is_named_twice_is_one_person_and_addresses_know_no_capitals(council: Council) -> None:
    made = council.workflow(Step(name="s", people=("anne", "anne"), emails=("A@B.example", "a@b.example")), OUTSIDE)
    assert (made.steps[0].people, made.steps[0].emails) == (("anne",), ("a@b.example",))
