"""Who works at the demonstration agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.team.founding import found_agency, take_in
from chalicelib.team.people import Language, Role
from chalicelib.wiring import House

AGENCY = "rivemont"
NAME = "Ville de Rivemont"
ZONE = "America/Toronto"
DEPARTMENTS = {"communications": "Communications", "police": "Police", "water": "Eau et voirie"}


@dataclass(frozen=True)
class Employee:
    id: str
    name: str
    email: str
    language: Language
    roles: Mapping[str, Role | Sequence[Role]]


PEOPLE = (
    Employee("camille", "Camille Roy", "camille@rivemont.example", "fr", dict.fromkeys(DEPARTMENTS, "administrator")),
    Employee("marc", "Marc Leduc", "marc@rivemont.example", "fr", dict.fromkeys(DEPARTMENTS, "publisher")),
    Employee("alex", "Alex Chen", "alex@rivemont.example", "en", {"communications": "contributor"}),
    Employee("nadia", "Nadia Benali", "nadia@rivemont.example", "fr", dict.fromkeys(DEPARTMENTS, "approver")),
    Employee("louis", "Louis Gagnon", "louis@rivemont.example", "fr", dict.fromkeys(DEPARTMENTS, "responder")),
    Employee("emma", "Emma Wilson", "emma@rivemont.example", "en", dict.fromkeys(DEPARTMENTS, "responder")),
    Employee("hana", "Hana Sato", "hana@rivemont.example", "en", dict.fromkeys(DEPARTMENTS, "analyst")),
    Employee("jean", "Jean Tremblay", "jean@rivemont.example", "fr", dict.fromkeys(DEPARTMENTS, "duty_officer")),
)


def found(house: House, password: str) -> None:
    found_agency(agency=AGENCY, name=NAME, zone=ZONE, departments=DEPARTMENTS, store=house.store, clock=house.clock)
    for person in PEOPLE:
        take_in(
            agency=AGENCY,
            person=person.id,
            name=person.name,
            email=person.email,
            language=person.language,
            roles=person.roles,
            password=password,
            store=house.store,
            pool=house.pool,
            clock=house.clock,
        )
