"""What administrators do with people: roles, leaving and coming back, a lost authenticator, sessions, the policy.

An administrator of some departments has no say over what somebody holds in the others. An agency is never left without
an administrator: what could leave it so is written together with the agency's own item, so that two who take away each
other's role at the same moment cannot both succeed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from chalicelib.entity import Entity
from chalicelib.errors import Conflict, InvalidInput, NotFound, Stale
from chalicelib.records.event import Event
from chalicelib.team import feed_keys, second_factor
from chalicelib.team.people import Agency, Department, Person, Role
from chalicelib.team.reception import Reception
from chalicelib.team.sessions import act, end_all

SecondFactorPolicy = Literal["administrators", "everyone"]


def require_places(actor: Person, roles: Mapping[str, Sequence[str]], at: Reception) -> None:
    """That they administer every department named. Raises Forbidden, InvalidInput department_unknown."""
    if not roles:
        return
    keys = [(Department, Department(agency=actor.agency, id=each, name="").key()) for each in roles]
    for place, found in zip(roles, at.store.get_many(keys, consistent=False), strict=True):
        if found is None:
            raise InvalidInput("department_unknown", field="roles")
        actor.actor().require("administer", place)


def change_roles(
    id_: str, roles: Mapping[str, Sequence[Role]], *, expected: int, actor: Person, at: Reception
) -> Person:
    """roles: all that they hold from now on. Raises NotFound, Stale, Forbidden, InvalidInput, Conflict
    last_administrator."""
    person = _theirs(id_, actor, at)
    if person.rev != expected:
        raise Stale
    wanted = {place: tuple(dict.fromkeys(held)) for place, held in roles.items() if held}
    touched = {
        place for place in {*wanted, *person.roles} if set(wanted.get(place, ())) != set(person.roles.get(place, ()))
    }
    require_places(actor, dict.fromkeys(sorted(touched), ()), at)
    changed = person.but(roles=wanted)
    now = at.clock.now()
    event = act(
        person,
        "person.roles_changed",
        by=actor,
        now=now,
        once=str(changed.rev),
        detail={"before": said(person.roles), "after": said(wanted)},
    )
    at.write(changed, *_guarded(person, changed, at), event)
    return changed


def deactivate(id_: str, *, actor: Person, at: Reception) -> Person:
    """They may do nothing any more, their sessions and feed keys end; what they did keeps their name. Raises NotFound,
    Forbidden, Conflict yourself, last_administrator."""
    person = _over(id_, actor, at)
    if person.id == actor.id:
        raise Conflict("yourself", "Ask another administrator.")
    now = at.clock.now()
    if person.deactivated_at is None:
        changed = person.but(deactivated_at=now)
        event = act(person, "person.deactivated", by=actor, now=now, once=str(changed.rev))
        at.write(changed, *_guarded(person, changed, at), event)
        person = changed
    end_all(person, by=actor, store=at.store, now=now)
    feed_keys.revoke_all(person, by=actor, store=at.store, now=now)
    at.pool.disable(person.username)
    return person


def reactivate(id_: str, *, actor: Person, at: Reception) -> Person:
    """With the roles and the password that they had. Raises NotFound, Forbidden."""
    person = _over(id_, actor, at)
    at.pool.enable(person.username)  # first: what is enabled and deactivated here may still do nothing
    if person.deactivated_at is not None:
        # A deactivation that died half way may have left some.
        feed_keys.revoke_all(person, by=actor, store=at.store, now=at.clock.now())
        person = person.but(deactivated_at=None)
        at.write(person, act(person, "person.reactivated", by=actor, now=at.clock.now(), once=str(person.rev)))
    return person


def end_sessions(id_: str, *, actor: Person, at: Reception) -> None:
    """All of them, at once. Raises NotFound, Forbidden."""
    person = _over(id_, actor, at)
    end_all(person, by=actor, store=at.store, now=at.clock.now())
    at.pool.end_sessions(person.username)


def reset_second_factor(id_: str, *, actor: Person, at: Reception) -> None:
    """For somebody who lost it and has no recovery code: they sign in with the password and set it up anew. Raises
    NotFound, Forbidden, Conflict yourself."""
    person = _over(id_, actor, at)
    if person.id == actor.id:
        raise Conflict("yourself", "Ask another administrator, or use a recovery code.")
    second_factor.take_off(person, "second_factor.reset", by=actor, at=at)
    end_all(person, by=actor, store=at.store, now=at.clock.now())
    at.pool.end_sessions(person.username)


def set_policy(second: SecondFactorPolicy, *, expected: int, actor: Person, at: Reception) -> Agency:
    """Who must have a second factor. Holds everywhere within half a minute. Raises NotFound, Stale."""
    agency = at.store.get(Agency, Agency.key_of(actor.agency))
    if agency is None:
        raise NotFound
    if agency.rev != expected:
        raise Stale
    if agency.second_factor == second:
        return agency
    changed = agency.but(second_factor=second)
    event = Event(
        agency=agency.id,
        subject="TEAM",
        what="policy.changed",
        at=at.clock.now(),
        actor=actor.id,
        actor_name=actor.name,
        detail={"second_factor": second},
        once=str(changed.rev),
    )
    at.write(changed, event)
    at.policies.forget(agency.id)
    return changed


def said(roles: Mapping[str, Sequence[str]]) -> str:
    """For the audit: "water: publisher, approver; police: responder"."""
    return "; ".join(f"{place}: {', '.join(held)}" for place, held in sorted(roles.items()) if held)


def _theirs(id_: str, actor: Person, at: Reception) -> Person:
    person = at.store.get(Person, Person.key_of(actor.agency, id_))
    if person is None:
        raise NotFound
    return person


def _over(id_: str, actor: Person, at: Reception) -> Person:
    """Somebody all of whose departments they administer: who comes in as somebody, comes in with all their roles."""
    person = _theirs(id_, actor, at)
    require_places(actor, {place: held for place, held in person.roles.items() if held}, at)
    return person


def _guarded(before: Person, after: Person, at: Reception) -> list[Entity]:
    """The agency's item, to be written too, where this takes an administrator away. Raises Conflict
    last_administrator."""
    if not before.actor().may("administer") or after.actor().may("administer"):
        return []
    agency = at.store.get(Agency, Agency.key_of(before.agency))
    people = at.store.query(Person, Person.partition(before.agency), consistent=True)
    if agency is None or not any(each.id != before.id and each.actor().may("administer") for each in people):
        raise Conflict("last_administrator", "Make somebody else an administrator first.")
    return [agency.but()]
