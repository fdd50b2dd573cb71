"""/api/audit: who did what, in order."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from chalicelib.api.event_shape import told
from chalicelib.api.routing import Call
from chalicelib.api.shapes import posts as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.errors import InvalidInput
from chalicelib.records.event import Event


def get_audit(call: Call) -> Page[shapes.AuditEvent]:
    """Everything that happened on one day (day: YYYY-MM-DD, UTC), in order."""
    try:
        day = datetime.combine(date.fromisoformat(call.query.get("day", "")), time(), ZoneInfo("UTC"))
    except ValueError as error:
        raise InvalidInput("invalid_input", "A day, e.g. 2026-11-24.", field="day") from error
    rows, following = call.house.store.rows(
        "audit",
        Event.outbox_partition(call.actor.agency, day),
        index="outbox",
        limit=200,
        cursor=call.query.get("cursor"),
    )
    return Page(items=[_shape(row) for row in rows], next=following)


def _shape(row: dict[str, object]) -> shapes.AuditEvent:
    event = Event.of(row)
    return shapes.AuditEvent(**told(row, event), subject=event.subject)
