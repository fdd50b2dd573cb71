"""Who may do what, and where."""

from __future__ import annotations

import pytest

from chalicelib.errors import Conflict, Forbidden, Unauthenticated
from chalicelib.team.actor import ACTS, Actor
from chalicelib.team.founding import take_in
from chalicelib.team.people import Person, SignInName, person_of_username
from chalicelib.team.session import NOBODY, sign_in
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


class FakePool:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def create(self, username: str, *, email: str, password: str) -> None:
        self.asked.append(username)

    def sign_in(self, username: str, password: str) -> object:
        self.asked.append(username)
        if password != "right":
            raise Unauthenticated("sign_in_refused")
        return object()


def taken_in(house: FakeHouse, pool: FakePool, *, agency: str = AGENCY, person: str = "nina") -> Person:
    return take_in(
        agency=agency,
        person=person,
        name="Nina",
        email=" Nina@Ville.example ",
        language="fr",
        roles={"water": "publisher"},
        password="right",
        store=house.store,
        pool=pool,
        clock=house.clock,
    )


def test_taking_in_twice_changes_nothing_and_an_address_is_one_persons(house: FakeHouse) -> None:
    pool = FakePool()
    assert taken_in(house, pool) == taken_in(house, pool)
    for agency, person in ((AGENCY, "other"), ("autre", "nina")):
        with pytest.raises(Conflict) as refused:
            taken_in(house, pool, agency=agency, person=person)
        assert refused.value.code == "email_taken"


def test_an_address_signs_in_however_it_is_written(house: FakeHouse) -> None:
    pool = FakePool()
    taken_in(house, pool)
    person, _ = sign_in("NINA@ville.EXAMPLE ", "right", store=house.store, pool=pool)  # type: ignore[arg-type]
    assert person.id == "nina"


def test_who_is_unknown_and_who_is_refused_look_the_same(house: FakeHouse) -> None:
    pool = FakePool()
    taken_in(house, pool)
    said = []
    for email, password in (
        ("nina@ville.example", "wrong"),
        ("nobody@ville.example", "wrong"),
        ("x@y.example", "right"),
    ):
        with pytest.raises(Unauthenticated) as refused:
            sign_in(email, password, store=house.store, pool=pool)  # type: ignore[arg-type]
        said.append((refused.value.code, refused.value.hint))
    assert len(set(said)) == 1
    assert pool.asked[-2:] == [NOBODY, NOBODY]


def test_whoever_was_removed_signs_in_no_more(house: FakeHouse) -> None:
    pool = FakePool()
    house.store.remove(taken_in(house, pool))
    assert house.store.get(SignInName, SignInName.key_of("nina@ville.example"))
    with pytest.raises(Unauthenticated):
        sign_in("nina@ville.example", "right", store=house.store, pool=pool)  # type: ignore[arg-type]
