from __future__ import annotations

import pytest

from chalicelib.team.founding import take_in
from chalicelib.team.people import Person
from chalicelib.team.reception import Visitor
from tests.fakes.house import AGENCY, FakeHouse

PASSWORD = "correct horse battery"
HERE = Visitor("198.51.100.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
ELSEWHERE = Visitor("203.0.113.9", "Mozilla/5.0 (iPhone)")


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse()


@pytest.fixture
def nina(house: FakeHouse) -> Person:
    """A publisher of the water department who signs in with nina@ville.example."""
    return newcomer(house, "nina", {"water": ("publisher",)})


@pytest.fixture
def boss(house: FakeHouse) -> Person:
    """An administrator of both departments."""
    return newcomer(house, "boss", {"water": ("administrator",), "police": ("administrator",)})


def newcomer(house: FakeHouse, name: str, roles: dict[str, tuple[str, ...]], agency: str = AGENCY) -> Person:
    return take_in(
        agency=agency,
        person=name,
        name=name.title(),
        email=f"{name}@{agency}.example",
        language="fr",
        roles=roles,  # type: ignore[arg-type]
        password=PASSWORD,
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )


def now_of(house: FakeHouse, person: Person) -> Person:
    found = house.store.get(Person, person.key())
    assert found is not None
    return found
