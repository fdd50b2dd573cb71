"""/api/events, /api/calendar/holidays, /api/calendar.ics: what stands beside posts, and all of it elsewhere."""

from __future__ import annotations

from datetime import date

from chalicelib.agenda import event as events
from chalicelib.agenda import holidays
from chalicelib.agenda.feed import feed_of
from chalicelib.api.routing import Call, Reply
from chalicelib.api.shapes import agenda as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.team import feed_keys
from chalicelib.team.people import Agency

_PRIVATE = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def get_feed(call: Call) -> Reply:
    """The calendar, for a calendar program, by a person's key (iCalendar)."""
    house = call.house
    person = feed_keys.bearer(call.query.get("key", ""), store=house.store, clock=house.clock)
    agency = house.store.get(Agency, Agency.key_of(person.agency), consistent=False)
    if agency is None or house.policies.missing(person):  # who gets nowhere signed in does not by a key
        raise NotFound
    now = house.clock.now()
    feed = feed_of(agency, language=person.language, site_url=house.settings.site_url, store=house.store, now=now)
    etag = feed.etag()
    if etag in [each.strip() for each in call.sent.get("if-none-match", "").split(",")]:
        return Reply(304, None, {**_PRIVATE, "ETag": etag})
    headers = {"Content-Type": "text/calendar; charset=utf-8", "Content-Disposition": 'inline; filename="parvis.ics"'}
    return Reply(200, feed.document(now), {**_PRIVATE, **headers, "ETag": etag})


def get_holidays(call: Call) -> Page[shapes.Holiday]:
    """Public holidays from a day up to, not including, another."""
    agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency), consistent=False)
    if agency is None:
        raise NotFound
    found = holidays.between(agency, *_days(call), call.signed_in.language)
    return Page(items=[shapes.Holiday(day=each.day, name=each.name) for each in found])


def get_countries(call: Call) -> Page[shapes.Country]:
    """The countries whose public holidays are known."""
    return Page(items=[shapes.Country(code=each) for each in holidays.countries()])


def get_subdivisions(call: Call) -> Page[shapes.Subdivision]:
    """The parts of a country that have public holidays of their own."""
    found = holidays.subdivisions(call.query.get("country", ""))
    return Page(items=[shapes.Subdivision(code=each.code, name=each.name) for each in found])


def get_events(call: Call) -> Page[shapes.AgencyEvent]:
    """The agency's events from a day up to, not including, another."""
    found = events.between(call.actor.agency, *_days(call), store=call.house.store)
    return Page(items=[_shape(each) for each in found])


def post_event(call: Call, asked: shapes.NewAgencyEvent) -> shapes.AgencyEvent:
    """A new event of the agency."""
    made = events.create(
        title=asked.title,
        note=asked.note,
        department=asked.department,
        span=_span(asked),
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _shape(made)


def get_event(call: Call) -> shapes.AgencyEvent:
    """One event of the agency."""
    return _shape(events.find(call.path["id"], actor=call.actor, store=call.house.store))


def patch_event(call: Call, asked: shapes.NewAgencyEvent) -> shapes.AgencyEvent:
    """Replace all that is said of an event."""
    changed = events.change(
        call.path["id"],
        title=asked.title,
        note=asked.note,
        department=asked.department,
        span=_span(asked),
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _shape(changed)


def delete_event(call: Call) -> None:
    """Take an event out of the calendar."""
    events.delete(
        call.path["id"],
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )


def _span(asked: shapes.NewAgencyEvent) -> events.Span:
    return events.Span(
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        zone=asked.zone,
    )


def _shape(event: events.AgencyEvent) -> shapes.AgencyEvent:
    return shapes.AgencyEvent(
        id=event.id,
        title=event.title,
        note=event.note,
        department=event.department,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        zone=event.zone,
        by=Author(id=event.by, name=event.by_name),
        version=event.rev,
    )


def _days(call: Call) -> tuple[date, date]:
    return _day(call, "from"), _day(call, "to")


def _day(call: Call, name: str) -> date:
    try:
        return date.fromisoformat(call.query.get(name, ""))
    except ValueError as error:
        raise InvalidInput("invalid_input", "A date, e.g. 2026-11-01.", field=name) from error
