"""From what a person means by a time to one instant, with the hours that clocks skip or repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import InvalidInput

_PAST_TOLERANCE = timedelta(seconds=60)  # a form filled in slowly is not a mistake
FURTHEST = timedelta(days=731)
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone, or InvalidInput zone_unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # ValueError and OSError: names that are paths, folders or empty
        raise InvalidInput("zone_unknown", "Use an IANA name such as Europe/Paris.", field="zone") from error


def instant_of(local: str, zone: ZoneInfo, which: str | None) -> datetime:
    """The UTC instant of a wall-clock time in a zone.

    local: YYYY-MM-DDTHH:MM[:SS], no offset. which: "earlier" or "later" for an hour that is repeated.
    Raises InvalidInput due_invalid, due_skipped_hour (the hint names the instants on either side) or
    due_repeated_hour.
    """
    try:
        wall = datetime.fromisoformat(local)
    except ValueError as error:
        raise InvalidInput("due_invalid", "Not a date and time.", field="due_local") from error
    if not _FIRST_YEAR <= wall.year <= _LAST_YEAR:  # at the very ends of the calendar UTC has no such moment
        raise InvalidInput("due_invalid", f"A year from {_FIRST_YEAR} to {_LAST_YEAR}.", field="due_local")
    if wall.tzinfo is not None:
        raise InvalidInput("due_invalid", "due_local has no offset; use due_at for that.", field="due_local")
    try:
        first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError as error:  # the first or the last day that can be written
        raise InvalidInput("due_invalid", "Not a date that is near enough.", field="due_local") from error
    # PEP 495: in a gap fold=0 applies the offset before it, so the instant it gives reads differently on the wall.
    if first.astimezone(zone).replace(tzinfo=None) != wall and second.astimezone(zone).replace(tzinfo=None) != wall:
        after = first.astimezone(zone).replace(tzinfo=None)
        before = second.astimezone(zone).replace(tzinfo=None)
        raise InvalidInput(
            "due_skipped_hour",
            f"Clocks skip this time in {zone.key}: the nearest are {before.isoformat()} and {after.isoformat()}.",
            field="due_local",
        )
    if first != second:
        if which is None:
            raise InvalidInput(
                "due_repeated_hour",
                f"Clocks show this time twice in {zone.key}: choose which=earlier or which=later.",
                field="due_local",
            )
        return min(first, second) if which == "earlier" else max(first, second)
    return first


def acceptable(due_at: datetime, *, now: datetime) -> datetime:
    """The due time if it may be used; InvalidInput due_in_the_past or due_too_far if not.

    Only the new time is judged, never the one it replaces (mixpost #200).
    """
    if due_at < now - _PAST_TOLERANCE:
        raise InvalidInput("due_in_the_past", "The due time has passed.", field="due_at")
    if due_at > now + FURTHEST:
        raise InvalidInput("due_too_far", "At most two years ahead.", field="due_at")
    return max(due_at, now)
