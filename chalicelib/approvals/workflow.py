"""How a department's posts are approved: ordered steps, each of people, roles and addresses outside, any or all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, InvalidInput, NotFound, Stale
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person, Role, SignInName


class Step(BaseModel):
    """people: ids. roles: everybody who holds one of them in the department. emails: outside, in lower case. need:
    whether one of all these is enough, or each must agree."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    people: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    emails: tuple[str, ...] = ()
    need: Literal["any", "all"] = "any"


class Workflow(Entity):
    """One a department: its id is the department's. required: nothing of the department leaves without it."""

    KIND: ClassVar[str] = "workflow"

    agency: str
    department: str
    name: str
    steps: tuple[Step, ...]
    required: bool = True
    active: bool = True
    by: str
    changed_at: Moment

    @property
    def id(self) -> str:
        return self.department

    @staticmethod
    def partition(agency: str) -> str:
        return agency_key(agency, "WORKFLOWS")

    @classmethod
    def key_of(cls, agency: str, department: str) -> dict[str, str]:
        return {"pk": cls.partition(agency), "sk": department}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.department)


def workflow_of(agency: str, department: str, *, store: Store) -> Workflow | None:
    """The one by which the department reviews now, if there is one."""
    found = store.get(Workflow, Workflow.key_of(agency, department))
    return found if found is not None and found.active else None


def workflows(agency: str, *, store: Store) -> Iterator[Workflow]:
    return store.query(Workflow, Workflow.partition(agency))


def review_required(agency: str, departments: Collection[str], *, store: Store) -> bool:
    """Whether one of these departments lets nothing leave unreviewed.

    A post concerns its own department and those of the profiles it aims at: otherwise what one department must have
    reviewed could leave through another's door.
    """
    return any(
        each.active and each.required and each.department in departments for each in workflows(agency, store=store)
    )


def set_up(
    *,
    department: str,
    name: str,
    steps: Sequence[Step],
    required: bool,
    active: bool,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> Workflow:
    """Raises Conflict workflow_exists; InvalidInput as `change` does."""
    actor.require("administer", department)
    now = clock.now()
    made = Workflow(
        agency=actor.agency,
        department=department,
        name=name,
        steps=_sound(steps, department, actor.agency, store),
        required=required,
        active=active,
        by=actor.person,
        changed_at=now,
    )
    try:
        store.commit(made, _event(made, "workflow.created", actor))
    except Lost:
        raise Conflict("workflow_exists", "The department has one: change that.") from None
    return made


def change(
    department: str,
    *,
    name: str,
    steps: Sequence[Step],
    required: bool,
    active: bool,
    expected: int,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> Workflow:
    """Reviews under way go on by the steps they began with. Raises InvalidInput step_empty, person_unknown,
    may_not_approve or email_inside."""
    found = store.get(Workflow, Workflow.key_of(actor.agency, department))
    if found is None:
        raise NotFound
    actor.require("administer", department)
    if found.rev != expected:
        raise Stale
    changed = found.but(
        name=name,
        steps=_sound(steps, department, actor.agency, store),
        required=required,
        active=active,
        by=actor.person,
        changed_at=clock.now(),
    )
    try:
        store.commit(changed, _event(changed, "workflow.changed", actor))
    except Lost:
        raise Stale from None
    return changed


def _sound(steps: Sequence[Step], department: str, agency: str, store: Store) -> tuple[Step, ...]:
    sound = []
    for position, step in enumerate(steps):
        people, emails = tuple(dict.fromkeys(step.people)), tuple(dict.fromkeys(each.lower() for each in step.emails))
        if not (people or step.roles or emails):
            raise InvalidInput("step_empty", "Name somebody who decides.", field=f"steps/{position}")
        wanted = [(Person, Person.key_of(agency, each)) for each in people]
        for place, person in enumerate(store.get_many(wanted)):
            field = f"steps/{position}/people/{place}"
            if not isinstance(person, Person):
                raise InvalidInput("person_unknown", "There is no such person.", field=field)
            if not person.actor().may("approve", department):
                raise InvalidInput("may_not_approve", f"{person.name} may not approve there.", field=field)
        for place, email in enumerate(emails):
            # Somebody inside would decide twice, or about their own words, by a link that knows only an address.
            name = store.get(SignInName, SignInName.key_of(email))
            if name is not None and name.agency == agency:
                raise InvalidInput(
                    "email_inside", "This is somebody of the agency.", field=f"steps/{position}/emails/{place}"
                )
        roles = tuple(dict.fromkeys(step.roles))
        sound.append(step.model_copy(update={"people": people, "roles": roles, "emails": emails}))
    return tuple(sound)


def _event(workflow: Workflow, what: str, actor: Actor) -> Event:
    return Event(
        agency=workflow.agency,
        subject=f"WORKFLOW#{workflow.department}",
        what=what,
        at=workflow.changed_at,
        actor=actor.person,
        actor_name=actor.name,
        detail={
            "name": workflow.name,
            "steps": len(workflow.steps),
            "required": workflow.required,
            "active": workflow.active,
        },
        once=str(workflow.rev),
    )
