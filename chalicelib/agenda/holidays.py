"""Public holidays of an agency's country, from the library `holidays`, which is loaded where they are asked for.

Where an agency has not chosen its country, its time zone says which it is: tzdata's zone.tab gives each zone one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from chalicelib.clock import Clock
from chalicelib.errors import InvalidInput, NotFound, Stale
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency, Language

_LONGEST = timedelta(days=400)
_FIRST, _LAST = date(2000, 1, 1), date(2101, 1, 1)
"""The library computes what is in law or usage today; further ahead nobody knows."""


@dataclass(frozen=True)
class Holiday:
    day: date
    name: str


@dataclass(frozen=True)
class Subdivision:
    """code: as ISO 3166-2 has it after the country's, or as the library calls it where that has none. name: in each
    language that the library has it in."""

    code: str
    name: str


def country_of(agency: Agency) -> str | None:
    """ISO 3166-1 alpha-2; None where nobody chose one and the zone belongs to no country (UTC)."""
    return agency.country or _of_zones().get(agency.zone)


def countries() -> list[str]:
    """Those whose holidays are known, ISO 3166-1 alpha-2."""
    return sorted(_known())


def subdivisions(country: str) -> list[Subdivision]:
    """Raises InvalidInput country_unknown."""
    if country not in _known():
        raise _country_unknown()
    named = _library().country_holidays(country).get_subdivision_aliases()
    return [Subdivision(code, " / ".join(named.get(code) or [code])) for code in _known()[country]]


def between(agency: Agency, first: date, end: date, language: Language) -> list[Holiday]:
    """Public holidays in [first, end), in the reader's language where the library has it, else in the country's own.
    Nothing for a country that is not known."""
    if not _FIRST <= first < end <= _LAST or end - first > _LONGEST:
        raise InvalidInput("invalid_input", f"from before to, at most {_LONGEST.days} days apart.", field="to")
    country = country_of(agency)
    if country not in _known():
        return []
    known = _library().country_holidays(country)
    found = _library().country_holidays(
        country,
        subdiv=agency.subdivision if agency.country and agency.subdivision in _known()[country] else None,
        years=range(first.year, end.year + 1),
        # Without one the library speaks the language of the process's environment.
        language=_spoken(known.supported_languages, country, language) or known.default_language,
    )
    return [Holiday(day, name) for day in sorted(found) if first <= day < end for name in found.get_list(day)]


def choose(
    country: str | None, subdivision: str | None, *, expected: int, actor: Actor, store: Store, clock: Clock
) -> Agency:
    """country None: as the zone says. Raises NotFound, Stale, InvalidInput country_unknown, subdivision_unknown."""
    if country is not None and country not in _known():
        raise _country_unknown()
    if subdivision is not None and (country is None or subdivision not in _known()[country]):
        raise InvalidInput("subdivision_unknown", "One of GET /api/calendar/subdivisions.", field="subdivision")
    agency = store.get(Agency, Agency.key_of(actor.agency))
    if agency is None:
        raise NotFound
    if agency.rev != expected:
        raise Stale
    if (agency.country, agency.subdivision) == (country, subdivision):
        return agency
    changed = agency.but(country=country, subdivision=subdivision)
    event = Event(
        agency=agency.id,
        subject="TEAM",
        what="agency.changed",
        at=clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        detail={"country": country, "subdivision": subdivision},
        once=str(changed.rev),
    )
    try:
        store.commit(changed, event)
    except Lost as error:
        raise Stale from error
    return changed


def _spoken(languages: tuple[str, ...], country: str, language: Language) -> str | None:
    """The country's own kind of the language before another's: en_CA before en_US in Canada."""
    fitting = [each for each in languages if each.partition("_")[0] == language]
    return next((each for each in fitting if each.endswith(f"_{country}")), fitting[0] if fitting else None)


def _country_unknown() -> InvalidInput:
    return InvalidInput("country_unknown", "One of GET /api/calendar/countries.", field="country")


def _library() -> Any:
    import holidays  # fourteen megabytes of countries, each of which it loads when it is asked for

    return holidays


@cache
def _known() -> dict[str, list[str]]:
    known: dict[str, list[str]] = _library().list_supported_countries(include_aliases=False)
    return known


@cache
def _of_zones() -> dict[str, str]:
    """zone.tab: country, place, zone, comments, parted by tabs."""
    lines = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {each[2]: each[0] for each in fields}
