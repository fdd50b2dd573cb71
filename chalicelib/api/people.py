"""/api/departments, /api/people."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import session as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.identifiers import new_id
from chalicelib.records.event import Event
from chalicelib.team.people import Department, Person


def get_departments(call: Call) -> Page[shapes.Department]:
    """The agency's departments."""
    found = call.house.store.query(Department, Department.partition(call.actor.agency))
    return Page(items=[shapes.Department(id=each.id, name=each.name) for each in found])


def post_department(call: Call, asked: shapes.NewDepartment) -> shapes.Department:
    """A new department. Whoever makes it administers it."""
    actor, name = call.actor, asked.name
    department = Department(agency=actor.agency, id=new_id(), name=name)
    person = call.signed_in
    event = Event(
        agency=actor.agency,
        subject="TEAM",
        what="department.created",
        at=call.house.clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        detail={"name": name},
        once=department.id,
    )
    call.house.store.commit(department, person.but(roles={**person.roles, department.id: ("administrator",)}), event)
    return shapes.Department(id=department.id, name=name)


def get_people(call: Call) -> Page[shapes.Person]:
    """Everybody of the agency, with their roles."""
    found = call.house.store.query(Person, Person.partition(call.actor.agency))
    return Page(
        items=[
            shapes.Person(
                id=each.id,
                name=each.name,
                email=each.email,
                language=each.language,
                roles=shapes.roles_held(each.roles),
            )
            for each in found
        ]
    )
