"""What goes on at the agency and is no post: a council, a market, a closed road. It stands in the calendar beside them.

Whole days are dates and no instants: a market on the 5th is on the 5th wherever the reader sits. What has a time is an
instant, with the zone that it was meant in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Self

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import InvalidInput, NotFound, Stale
from chalicelib.identifiers import new_id
from chalicelib.publishing.due_time import zone_named
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

_LONGEST = timedelta(days=366)
_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
"""How far clocks stand from UTC: a day begins 14 hours before UTC's at Kiritimati, and ends 12 after it at Howland."""


@dataclass(frozen=True)
class Span:
    """Either dates, the last included, or an instant and perhaps its end, with a zone."""

    starts_on: date | None = None
    ends_on: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    zone: str | None = None

    def checked(self) -> Self:
        """Raises InvalidInput invalid_input, zone_unknown."""
        if self.starts_on is not None and self.starts_at is None:
            if self.ends_at is not None or self.zone is not None:
                raise InvalidInput("invalid_input", "Whole days have no time and no zone.", field="ends_at")
            return self._in_order(self.starts_on, self.ends_on or self.starts_on, "ends_on")
        if self.starts_at is None or self.starts_on is not None:
            raise InvalidInput("invalid_input", "Either starts_on or starts_at.", field="starts_on")
        if self.ends_on is not None:
            raise InvalidInput("invalid_input", "What has a time ends at one: ends_at.", field="ends_on")
        if self.zone is None:
            raise InvalidInput("zone_unknown", "A time needs its zone, e.g. Europe/Paris.", field="zone")
        zone_named(self.zone)
        return self._in_order(self.starts_at, self.ends_at or self.starts_at, "ends_at")

    def _in_order(self, first: date, last: date, field: str) -> Self:
        if last < first or last - first > _LONGEST:
            raise InvalidInput("invalid_input", "It ends after it starts, within a year.", field=field)
        for each in (first, last):
            day = each.astimezone(UTC).date() if isinstance(each, datetime) else each
            if not _FIRST <= day < _LAST:
                raise InvalidInput("invalid_input", f"From {_FIRST.year} to {_LAST.year - 1}.", field=field)
        return self


class AgencyEvent(Entity):
    """department: None where it is everybody's. starts_on to ends_on, the last included; or starts_at, perhaps until
    ends_at, in a zone."""

    KIND: ClassVar[str] = "agency_event"

    agency: str
    id: str
    title: str
    note: str = ""
    department: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    zone: str | None = None
    by: str
    by_name: str
    created_at: Moment

    @classmethod
    def key_of(cls, agency: str, event: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "AGENCYEVENT", event), "sk": "AGENCYEVENT"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    def begins(self) -> datetime:
        """For the order only: a whole day before what has a time on it."""
        return self.starts_at or datetime.combine(self.starts_on or _FIRST, time(), UTC)

    def days(self) -> tuple[date, date]:
        """The first and the last day that it touches: its own, or UTC's where it has a time."""
        if self.starts_on is not None:
            return self.starts_on, self.ends_on or self.starts_on
        first = self.begins()
        return first.astimezone(UTC).date(), (self.ends_at or first).astimezone(UTC).date()

    def touches(self, first: date, end: date) -> bool:
        """Whether any of it is in [first, end), on some clock of the world where it has a time."""
        if self.starts_on is not None:
            return self.starts_on < end and self.days()[1] >= first
        begins = self.begins()
        return (
            begins < datetime.combine(end, time(), UTC) + _WEST
            and (self.ends_at or begins) >= datetime.combine(first, time(), UTC) - _EAST
        )


class EventInMonth(Entity):
    """An event as a month lists it: one row for each month that it touches, so that a month is one query.

    Written and removed only in the transaction of the event itself, whose condition stands for all of them.
    """

    KIND: ClassVar[str] = "event_in_month"
    CONDITIONAL: ClassVar[bool] = False

    agency: str
    month: str
    event: AgencyEvent

    @staticmethod
    def partition(agency: str, month: str) -> str:
        """month: YYYY-MM."""
        return agency_key(agency, "AGENDA", month)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.month), "sk": self.event.id}


def create(
    *, title: str, note: str, department: str | None, span: Span, actor: Actor, store: Store, clock: Clock
) -> AgencyEvent:
    """By whoever may write, in the department where it has one. Raises Forbidden, InvalidInput."""
    actor.require("write", department)
    span = span.checked()
    made = AgencyEvent(
        agency=actor.agency,
        id=new_id(),
        title=_said(title),
        note=note,
        department=department,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        zone=span.zone,
        by=actor.person,
        by_name=actor.name,
        created_at=clock.now(),
    )
    store.commit(made, *_rows(made), _record(made, "agency_event.created", actor, clock))
    return made


def find(event_id: str, *, actor: Actor, store: Store) -> AgencyEvent:
    found = store.get(AgencyEvent, AgencyEvent.key_of(actor.agency, event_id))
    if found is None:
        raise NotFound
    return found


def change(
    event_id: str,
    *,
    title: str,
    note: str,
    department: str | None,
    span: Span,
    expected: int,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> AgencyEvent:
    """By whoever may write where it was and where it goes. Raises NotFound, Forbidden, Stale, InvalidInput."""
    before = find(event_id, actor=actor, store=store)
    actor.require("write", before.department)
    actor.require("write", department)
    span = span.checked()
    if before.rev != expected:
        raise Stale
    after = before.but(
        title=_said(title),
        note=note,
        department=department,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        zone=span.zone,
    )
    rows = _rows(after)
    left = [each for each in _rows(before) if each.month not in {row.month for row in rows}]
    try:
        store.commit(after, *rows, _record(after, "agency_event.changed", actor, clock), removes=left)
    except Lost as error:
        raise Stale from error
    return after


def delete(event_id: str, *, expected: int, actor: Actor, store: Store, clock: Clock) -> None:
    """Raises NotFound, Forbidden, Stale."""
    found = find(event_id, actor=actor, store=store)
    actor.require("write", found.department)
    if found.rev != expected:
        raise Stale
    record = _record(found, "agency_event.deleted", actor, clock)
    try:
        store.commit(record, removes=[found, *_rows(found)])
    except Lost as error:
        raise Stale from error


def between(agency: str, first: date, end: date, *, store: Store) -> list[AgencyEvent]:
    """Every event of which some is in [first, end), on some clock of the world; in their order. One query a month."""
    if not _FIRST <= first < end <= _LAST or end - first > _LONGEST:
        raise InvalidInput("invalid_input", "from before to, at most a year apart.", field="to")
    found: dict[str, AgencyEvent] = {}
    for month in _months(first - timedelta(days=1), end):
        for row in store.query(EventInMonth, EventInMonth.partition(agency, month), consistent=True):
            if row.event.touches(first, end):
                found[row.event.id] = row.event
    return sorted(found.values(), key=lambda each: (each.begins(), each.title, each.id))


def _said(title: str) -> str:
    said = " ".join(title.split())
    if not said:
        raise InvalidInput("invalid_input", "It needs a title.", field="title")
    return said


def _rows(event: AgencyEvent) -> list[EventInMonth]:
    return [EventInMonth(agency=event.agency, month=month, event=event) for month in _months(*event.days())]


def _months(first: date, last: date) -> Iterator[str]:
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield f"{year:04d}-{month:02d}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _record(event: AgencyEvent, what: str, actor: Actor, clock: Clock) -> Event:
    return Event(
        agency=event.agency,
        subject=f"AGENCYEVENT#{event.id}",
        what=what,
        at=clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        detail={"title": event.title},
        once=str(event.rev),
    )
