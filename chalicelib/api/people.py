"""/api/departments, /api/people, /api/invitations, /api/policy, /api/agency."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.agenda import holidays
from chalicelib.api.routing import Call
from chalicelib.api.shapes import session as shapes
from chalicelib.api.shapes import team
from chalicelib.api.shapes.base import Page
from chalicelib.errors import NotFound
from chalicelib.identifiers import new_id
from chalicelib.records.event import Event
from chalicelib.team import inviting, managing
from chalicelib.team.people import Agency, Department, Person, Role


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


# ---------------------------------------------------------------- people


def get_people(call: Call) -> Page[team.Person]:
    """Everybody of the agency, with their roles."""
    found = call.house.store.query(Person, Person.partition(call.actor.agency))
    return Page(items=[_person(each) for each in found])


def patch_person(call: Call, asked: team.PersonChange) -> team.Person:
    """What somebody may do, in each department."""
    changed = managing.change_roles(
        call.path["id"],
        _by_place(asked.roles),
        expected=call.expected,
        actor=call.signed_in,
        at=call.house.reception,
    )
    return _person(changed)


def post_deactivation(call: Call) -> team.Person:
    """Somebody may do nothing any more; their sessions end at once."""
    return _person(managing.deactivate(call.path["id"], actor=call.signed_in, at=call.house.reception))


def post_reactivation(call: Call) -> team.Person:
    """Somebody comes back, with the roles that they had."""
    return _person(managing.reactivate(call.path["id"], actor=call.signed_in, at=call.house.reception))


def delete_person_sessions(call: Call) -> None:
    """End all of somebody's sessions, at once."""
    managing.end_sessions(call.path["id"], actor=call.signed_in, at=call.house.reception)


def delete_person_second_factor(call: Call) -> None:
    """Take off the authenticator of somebody who lost it."""
    managing.reset_second_factor(call.path["id"], actor=call.signed_in, at=call.house.reception)


# ---------------------------------------------------------------- invitations


def get_invitations(call: Call) -> Page[team.Invitation]:
    """Those that were neither accepted nor withdrawn."""
    found = inviting.waiting(call.actor.agency, call.house.reception)
    return Page(items=[_invitation(call, each) for each in found])


def post_invitation(call: Call, asked: team.NewInvitation) -> team.Invitation:
    """Invite somebody by mail."""
    made = inviting.invite(
        asked.email,
        language=asked.language,
        roles=_by_place(asked.roles),
        actor=call.signed_in,
        at=call.house.reception,
    )
    return _invitation(call, made)


def post_invitation_sending(call: Call) -> team.Invitation:
    """Send an invitation again, with a link of its own."""
    return _invitation(call, inviting.send_again(call.path["id"], actor=call.signed_in, at=call.house.reception))


def delete_invitation(call: Call) -> None:
    """Withdraw an invitation: its link is worth nothing any more."""
    inviting.withdraw(call.path["id"], actor=call.signed_in, at=call.house.reception)


# ---------------------------------------------------------------- policy


def get_policy(call: Call) -> team.Policy:
    """Who must have a second factor."""
    agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency))
    if agency is None:
        raise NotFound
    return _policy(call, agency)


def put_policy(call: Call, asked: team.PolicyChange) -> team.Policy:
    """Decide who must have a second factor. Holds everywhere within half a minute."""
    agency = managing.set_policy(
        asked.second_factor, expected=call.expected, actor=call.signed_in, at=call.house.reception
    )
    return _policy(call, agency)


def get_agency(call: Call) -> team.AgencySettings:
    """The agency's own settings."""
    agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency))
    if agency is None:
        raise NotFound
    return _agency(agency)


def patch_agency(call: Call, asked: team.AgencySettingsChange) -> team.AgencySettings:
    """Choose whose public holidays the calendar shows."""
    agency = holidays.choose(
        asked.country,
        asked.subdivision,
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _agency(agency)


def _agency(agency: Agency) -> team.AgencySettings:
    return team.AgencySettings(
        id=agency.id,
        name=agency.name,
        zone=agency.zone,
        country=agency.country,
        subdivision=agency.subdivision,
        country_shown=holidays.country_of(agency),
        version=agency.rev,
    )


def _policy(call: Call, agency: Agency) -> team.Policy:
    return team.Policy(second_factor=agency.second_factor, waived=call.house.policies.waived, version=agency.rev)


def _by_place(held: Sequence[shapes.RoleHeld]) -> dict[str, list[Role]]:
    roles: dict[str, list[Role]] = {}
    for each in held:
        roles.setdefault(each.department, []).append(each.role)
    return roles


def _person(person: Person) -> team.Person:
    return team.Person(
        id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        roles=shapes.roles_held(person.roles),
        second_factor=person.second_factor_at is not None,
        deactivated_at=person.deactivated_at,
        version=person.rev,
    )


def _invitation(call: Call, invitation: inviting.Invitation) -> team.Invitation:
    return team.Invitation(
        id=invitation.id,
        email=invitation.email,
        language=invitation.language,
        roles=shapes.roles_held(invitation.roles),
        by=invitation.by_name,
        sent_at=invitation.sent_at,
        until=invitation.until,
        expired=invitation.until <= call.house.clock.now(),
    )
