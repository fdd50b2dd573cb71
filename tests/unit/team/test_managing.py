"""What administrators do with people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, Stale, Unauthenticated
from chalicelib.team import managing, second_factor
from chalicelib.team.people import Agency, Person
from chalicelib.team.session import refreshed
from tests.fakes.house import ADMINISTRATOR, AGENCY, FakeHouse
from tests.unit.team.conftest import HERE, PASSWORD, newcomer, now_of
from tests.unit.team.test_session import come_in, enrol, kinds, refusal, standing


def _rev(house: FakeHouse) -> int:
    agency = house.store.get(Agency, Agency.key_of(AGENCY))
    assert agency is not None
    return agency.rev


def test_roles_are_changed_at_the_version_that_was_read(house: FakeHouse, boss: Person, nina: Person) -> None:
    changed = managing.change_roles(
        "nina", {"police": ["approver", "approver"], "water": []}, expected=nina.rev, actor=boss, at=house.reception
    )
    assert changed.roles == now_of(house, nina).roles == {"police": ("approver",)}
    with pytest.raises(Stale):
        managing.change_roles("nina", {}, expected=nina.rev, actor=boss, at=house.reception)
    assert "person.roles_changed" in kinds(house, nina)


def test_an_administrator_of_some_departments_changes_roles_there_only(house: FakeHouse, nina: Person) -> None:
    police = newcomer(house, "pat", {"police": ("administrator",)})
    with pytest.raises(Forbidden):
        managing.change_roles("nina", {}, expected=nina.rev, actor=police, at=house.reception)
    both = {"water": ["publisher"], "police": ["analyst"]}
    changed = managing.change_roles("nina", both, expected=nina.rev, actor=police, at=house.reception)
    assert changed.roles == {"water": ("publisher",), "police": ("analyst",)}
    with refusal(InvalidInput, "department_unknown"):
        managing.change_roles(
            "nina", {**both, "x": ["analyst"]}, expected=changed.rev, actor=police, at=house.reception
        )


@pytest.mark.parametrize("act", ["deactivate", "reactivate", "end_sessions", "reset_second_factor"])
def test_nobody_has_a_say_over_who_holds_roles_elsewhere_or_is_elsewhere(
    house: FakeHouse, nina: Person, act: str
) -> None:
    police = newcomer(house, "pat", {"police": ("administrator",)})
    with pytest.raises(Forbidden):
        getattr(managing, act)("nina", actor=police, at=house.reception)
    stranger = newcomer(house, "zed", {"water": ("administrator",)}, agency="autre")
    with pytest.raises(NotFound):
        getattr(managing, act)("nina", actor=stranger, at=house.reception)


def test_who_is_deactivated_is_out_at_once_and_comes_back_as_before(
    house: FakeHouse, boss: Person, nina: Person
) -> None:
    entered = come_in(house)
    managing.deactivate("nina", actor=boss, at=house.reception)
    managing.deactivate("nina", actor=boss, at=house.reception)
    assert standing(house, nina) == []
    assert entered.tokens.refresh
    for act in (lambda: refreshed(entered.tokens.refresh or "", house.reception), lambda: come_in(house)):
        with pytest.raises(Unauthenticated):
            act()
    managing.reactivate("nina", actor=boss, at=house.reception)
    assert come_in(house).person.roles == {"water": ("publisher",)}
    assert kinds(house, nina).count("person.deactivated") == 1


def test_an_agency_keeps_an_administrator(house: FakeHouse, boss: Person) -> None:
    ada = house.store.get(Person, Person.key_of(AGENCY, ADMINISTRATOR.person))
    assert ada is not None
    house.pool.create(ada.username, email=ada.email, password=PASSWORD)
    managing.deactivate(ada.id, actor=boss, at=house.reception)
    for roles in ({}, {"water": ["publisher"]}):
        with refusal(Conflict, "last_administrator"):
            managing.change_roles("boss", roles, expected=boss.rev, actor=boss, at=house.reception)
    with refusal(Conflict, "yourself"):
        managing.deactivate("boss", actor=boss, at=house.reception)
    managing.reactivate(ada.id, actor=boss, at=house.reception)
    managing.change_roles("boss", {}, expected=boss.rev, actor=boss, at=house.reception)
    with refusal(Conflict, "last_administrator"):
        managing.change_roles(ada.id, {}, expected=now_of(house, ada).rev, actor=now_of(house, ada), at=house.reception)


def test_two_who_take_away_each_others_role_at_once_do_not_both_succeed(house: FakeHouse, boss: Person) -> None:
    """Both have looked, both saw the other as an administrator: the agency's own item lets one of them through."""
    ada = house.store.get(Person, Person.key_of(AGENCY, ADMINISTRATOR.person))
    assert ada is not None
    commit = house.store.commit

    def overtaken(*saves: object, removes: object = ()) -> None:
        house.store.commit = commit  # type: ignore[method-assign]
        managing.change_roles(ada.id, {}, expected=ada.rev, actor=boss, at=house.reception)
        commit(*saves, removes=removes)  # type: ignore[arg-type]

    house.store.commit = overtaken  # type: ignore[method-assign,assignment]
    with refusal(Conflict, "busy"):
        managing.change_roles("boss", {}, expected=boss.rev, actor=ada, at=house.reception)
    assert now_of(house, boss).actor().may("administer")


def test_a_lost_authenticator_is_taken_off_and_the_person_told(house: FakeHouse, boss: Person, nina: Person) -> None:
    enrol(house, come_in(house))
    managing.reset_second_factor("nina", actor=boss, at=house.reception)
    assert now_of(house, nina).second_factor_at is None and standing(house, nina) == []
    assert house.tell_queue.sent[-1].address == nina.email
    assert come_in(house)
    with refusal(Conflict, "yourself"):
        managing.reset_second_factor("boss", actor=boss, at=house.reception)


def test_one_that_policy_demands_is_not_taken_off_by_oneself(house: FakeHouse, boss: Person, nina: Person) -> None:
    with refusal(Conflict, "second_factor_not_set_up"):
        second_factor.remove(nina, PASSWORD, HERE, house.reception)
    enrol(house, come_in(house))
    managing.set_policy("everyone", expected=_rev(house), actor=boss, at=house.reception)
    with refusal(Conflict, "second_factor_must_stay"):
        second_factor.remove(now_of(house, nina), PASSWORD, HERE, house.reception)
    managing.set_policy("administrators", expected=_rev(house), actor=boss, at=house.reception)
    with refusal(InvalidInput, "password_wrong"):
        second_factor.remove(now_of(house, nina), "wrong", HERE, house.reception)
    second_factor.remove(now_of(house, nina), PASSWORD, HERE, house.reception)
    assert come_in(house)


def test_administrators_must_have_one_and_everybody_where_the_agency_says_so(
    house: FakeHouse, boss: Person, nina: Person
) -> None:
    assert not house.policies.missing(boss), "a demonstration waives it"
    house.demand_second_factors()
    assert house.policies.missing(boss) and not house.policies.missing(nina)
    managing.set_policy("everyone", expected=_rev(house), actor=boss, at=house.reception)
    assert house.policies.missing(nina)
    assert not house.policies.missing(nina.but(second_factor_at=house.clock.now()))


def test_a_policy_changed_elsewhere_holds_within_half_a_minute(house: FakeHouse, boss: Person, nina: Person) -> None:
    assert not house.policies.missing(nina)
    elsewhere = FakeHouse()
    elsewhere.store, elsewhere.clock = house.store, house.clock
    elsewhere.demand_second_factors()
    managing.set_policy("everyone", expected=_rev(house), actor=boss, at=elsewhere.reception)
    house.clock.advance(timedelta(seconds=30))
    assert house.policies.missing(nina)
