"""Deliveries as they travel, and the due times that people send."""

from __future__ import annotations

from datetime import datetime

from chalicelib.api.routing import Call
from chalicelib.api.shapes import posts as shapes
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.due_time import acceptable, instant_of, zone_named
from chalicelib.team.people import Agency


def delivery_shape(delivery: Delivery, *, title: str, handle: str) -> shapes.Delivery:
    reason = shapes.Reason(code=delivery.reason, detail=delivery.detail) if delivery.reason else None
    return shapes.Delivery(
        id=delivery.id,
        post=delivery.post,
        profile=delivery.profile,
        network=delivery.network,
        handle=handle,
        state=delivery.state,
        reason=reason,
        due_at=delivery.due_at,
        next_at=delivery.act_at,
        attempts=delivery.attempts,
        url=delivery.url,
        remote_id=delivery.remote_id,
        published_at=delivery.published_at,
        parts=delivery.parts,
        standing=1 if delivery.state == "published" and delivery.parts == 1 else delivery.part,
        title=title,
    )


def due_of(call: Call, asked: shapes.Schedule) -> tuple[datetime, str]:
    """(UTC instant, IANA zone) of what a person asked for.

    Raises InvalidInput invalid_input (not exactly one of the three), zone_unknown, due_skipped_hour,
    due_repeated_hour, due_in_the_past, due_too_far.
    """
    now = call.house.clock.now()
    zone_name = asked.zone
    if zone_name is None:
        agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency), consistent=False)
        if agency is None:
            raise NotFound
        zone_name = agency.zone
    zone = zone_named(zone_name)
    if sum((asked.now, asked.due_at is not None, asked.due_local is not None)) != 1:
        raise InvalidInput("invalid_input", "Exactly one of now, due_at, due_local.", field="due_at")
    if asked.now:
        return now, zone_name
    if asked.due_at is not None:
        return acceptable(asked.due_at, now=now), zone_name
    return acceptable(instant_of(asked.due_local or "", zone, asked.which), now=now), zone_name
