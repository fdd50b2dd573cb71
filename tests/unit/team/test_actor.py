"""Who may do what, and where."""

from __future__ import annotations

import pytest

from chalicelib.errors import Conflict, Forbidden
from chalicelib.team.actor import ACTS, Actor
from chalicelib.team.founding import take_in
from chalicelib.team.people import Person, person_of_username
from tests.fakes.house import AGENCY, FakeHouse

MAY = {
    "contributor": {"read", "write"},
    "publisher": {"read", "write", "publish", "pause", "approve", "inbox", "respond"},
    "approver": {"read", "approve"},
    "responder": {"read", "inbox", "respond"},
    "analyst": {"read", "inbox", "analyse"},
    "duty_officer": {"read", "inbox", "pause", "alert"},
    "administrator": {
        *("read", "write", "publish", "pause", "approve"),
        *("inbox", "respond", "analyse", "alert", "administer"),
    },
}


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("act", sorted(MAY["administrator"]))
def test_each_role_may_exactly_its_acts_and_only_in_its_department(role: str, act: str) -> None:
    actor = Actor(AGENCY, "x", "X", {"water": role})
    assert actor.may(act, "water") == (act in MAY[role])
    assert actor.may(act) == (act in MAY[role])
    assert not actor.may(act, "police")
    assert set(ACTS) == set(MAY)


def test_somebody_may_what_any_of_their_roles_in_the_place_allows() -> None:
    actor = Actor(AGENCY, "x", "X", {"water": ("contributor", "responder"), "police": ("duty_officer",)})
    assert actor.may("write", "water") and actor.may("respond", "water")
    assert not actor.may("pause", "water") and actor.may("pause", "police")
    assert actor.places("inbox") == {"water", "police"} and actor.places("write") == {"water"}


def test_somebody_without_a_role_or_with_an_unknown_one_may_nothing() -> None:
    for actor in (Actor(AGENCY, "x", "X"), Actor(AGENCY, "x", "X", {"water": "wizard"})):
        assert not actor.may("read")
        with pytest.raises(Forbidden):
            actor.require("read", "water")


@pytest.mark.parametrize(
    ("username", "found"),
    [
        ("ville.ada", ("ville", "ada")),
        ("ville.a.b", ("ville", "a.b")),
        ("ville", None),
        (".ada", None),
        ("ville.", None),
    ],
)
def test_a_user_names_agency_and_person_are_read_back(username: str, found: tuple[str, str] | None) -> None:
    assert person_of_username(username) == found


def taken_in(house: FakeHouse, *, agency: str = AGENCY, person: str = "nina") -> Person:
    return take_in(
        agency=agency,
        person=person,
        name="Nina",
        email=" Nina@Ville.example ",
        language="fr",
        roles={"water": "publisher"},
        password="the right password",
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )


def test_taking_in_twice_changes_nothing_and_an_address_is_one_persons(house: FakeHouse) -> None:
    assert taken_in(house) == taken_in(house)
    for agency, person in ((AGENCY, "other"), ("autre", "nina")):
        with pytest.raises(Conflict) as refused:
            taken_in(house, agency=agency, person=person)
        assert refused.value.code == "email_taken"


def test_somebody_deactivated_may_nothing_anywhere(house: FakeHouse) -> None:
    left = taken_in(house).but(deactivated_at=house.clock.now())
    assert not left.actor().may("read") and left.roles
