"""A network's clock and ours: which moment of theirs is a moment of ours. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from chalicelib.networks.transport import Answer

TOLERANCE = timedelta(seconds=2)
"""The Date header is cut to the second, and so are most networks' times (X cuts its to the millisecond)."""
TOLERANCE_UNKNOWN = timedelta(seconds=10)
"""Without a Date header the distance of the clocks is unknown."""


def date_of(answer: Answer) -> datetime | None:
    """When it was by the clock of who answered (RFC 9110, 6.6.1), where they say it."""
    try:
        at = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def on_their_clock(answer: Answer, since: datetime, now: datetime) -> datetime:
    """What `since` was on the clock of who answered, a little earlier: what is looked for may not be missed."""
    server = date_of(answer)
    if server is None:
        return since - TOLERANCE_UNKNOWN
    return since + (server - now) - TOLERANCE
