"""Public holidays: whose, in which language, and that nothing is shown of a country that nobody knows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.agenda import holidays
from chalicelib.errors import InvalidInput, NotFound, Stale
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency, Language
from tests.fakes.house import ADMINISTRATOR, AGENCY, FakeHouse

YEAR = date(2026, 1, 1), date(2027, 1, 1)


def named(zone: str = "Europe/Paris", language: Language = "fr", **more: str) -> dict[date, list[str]]:
    found: dict[date, list[str]] = {}
    for each in holidays.between(Agency(id="a", name="A", zone=zone, **more), *YEAR, language):
        found.setdefault(each.day, []).append(each.name)
    return found


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Paris", "FR"),
        ("America/Toronto", "CA"),
        ("America/Vancouver", "CA"),
        ("Europe/Zurich", "CH"),
        ("America/Martinique", "MQ"),
        ("UTC", None),
        ("Nowhere/Atall", None),
    ],
)
def test_the_zone_says_which_country_unless_one_was_chosen(zone: str, country: str | None) -> None:
    assert holidays.country_of(Agency(id="a", name="A", zone=zone)) == country
    assert holidays.country_of(Agency(id="a", name="A", zone=zone, country="BE")) == "BE"


def test_they_are_named_in_the_readers_language() -> None:
    assert named()[date(2026, 7, 14)] == ["Fête nationale"]
    assert named(language="en")[date(2026, 7, 14)] == ["National Day"]
    assert named("America/Toronto")[date(2026, 7, 1)] == ["Fête du Canada"]
    assert named("America/Toronto", "en")[date(2026, 9, 7)] == ["Labour Day"], "Canada's own English, not America's"


def test_where_the_library_has_not_the_language_the_countrys_own_is_shown() -> None:
    assert named("Europe/Berlin", "fr")[date(2026, 10, 3)] == ["Tag der Deutschen Einheit"]


def test_a_part_of_a_country_has_its_own() -> None:
    quebec = named(country="CA", subdivision="QC")
    assert quebec[date(2026, 6, 24)] == ["Fête nationale du Québec"]
    assert date(2026, 6, 24) not in named(country="CA")


def test_the_end_is_exclusive_and_years_are_crossed() -> None:
    agency = Agency(id="a", name="A", zone="Europe/Paris")
    found = holidays.between(agency, date(2026, 12, 25), date(2027, 1, 1), "fr")
    assert [each.day for each in found] == [date(2026, 12, 25)]
    found = holidays.between(agency, date(2026, 12, 26), date(2027, 1, 2), "fr")
    assert [each.day for each in found] == [date(2027, 1, 1)]


def test_without_a_country_there_are_none() -> None:
    assert named("UTC") == {}


@pytest.mark.parametrize("days", [0, -1, 401])
def test_a_span_without_end_or_backwards_is_refused(days: int) -> None:
    agency, first = Agency(id="a", name="A", zone="Europe/Paris"), date(2026, 1, 1)
    with pytest.raises(InvalidInput):
        holidays.between(agency, first, first + timedelta(days=days), "fr")


def test_every_country_and_part_that_is_offered_can_be_shown() -> None:
    assert {"FR", "CA", "BE", "CH", "LU"} <= set(holidays.countries())
    assert all(len(each) == 2 and each.isupper() for each in holidays.countries())
    offered = holidays.subdivisions("CA")
    assert {"QC", "ON"} <= {each.code for each in offered}
    for each in offered:
        assert named(country="CA", subdivision=each.code)
    with pytest.raises(InvalidInput):
        holidays.subdivisions("Québec")


def choose(
    house: FakeHouse, country: str | None, part: str | None = None, expected: int = 0, actor: Actor = ADMINISTRATOR
) -> Agency:
    return holidays.choose(country, part, expected=expected, actor=actor, store=house.store, clock=house.clock)


def test_an_administrators_choice_is_kept_and_can_be_taken_back(house: FakeHouse) -> None:
    chosen = choose(house, "CA", "QC")
    assert (chosen.country, chosen.subdivision, chosen.second_factor) == ("CA", "QC", "administrators")
    with pytest.raises(Stale):
        choose(house, "BE")
    assert holidays.country_of(choose(house, None, expected=1)) == "FR"


@pytest.mark.parametrize(
    ("country", "part", "field"),
    [("XX", None, "country"), ("fr", None, "country"), ("FR", "QC", "subdivision"), (None, "QC", "subdivision")],
)
def test_a_place_that_is_none_is_refused(house: FakeHouse, country: str | None, part: str | None, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose(house, country, part)
    assert (refused.value.code, refused.value.field) == (f"{field}_unknown", field)
    kept = house.store.get(Agency, Agency.key_of(AGENCY))
    assert kept is not None and kept.rev == 0


def test_an_agency_that_is_none_is_not_found(house: FakeHouse) -> None:
    with pytest.raises(NotFound):
        choose(house, "FR", actor=Actor("nowhere", "x", "X", {"a": "administrator"}))
