"""/api/health: for monitors. It names no agency."""

from __future__ import annotations

from chalicelib.alerts.watch import STALE, Seen
from chalicelib.api.routing import Call
from chalicelib.api.shapes.planning import Health
from chalicelib.publishing.arming import Watermark


def get_health(call: Call) -> Health:
    """What the last look saw; `unknown` when nobody has looked within three minutes."""
    now = call.house.clock.now()
    mark, seen = call.house.store.get_many([(Watermark, Watermark.key_of()), (Seen, Seen.key_of())], consistent=False)
    behind = (now - mark.swept_at).total_seconds() if isinstance(mark, Watermark) else None
    call.headers["Cache-Control"] = "no-store"
    if not isinstance(seen, Seen) or now - seen.looked_at > STALE or behind is None:
        return Health(
            status="unknown",
            looked_at=seen.looked_at if isinstance(seen, Seen) else None,
            sweep_behind_s=behind,
            overdue=None,
            oldest_overdue_s=None,
            broken_profiles=None,
            dead_letters=None,
        )
    waits = seen.overdue or seen.broken_profiles or seen.dead_letters or seen.untold
    troubled = behind > STALE.total_seconds() or waits
    return Health(
        status="degraded" if troubled else "ok",
        looked_at=seen.looked_at,
        sweep_behind_s=behind,
        overdue=seen.overdue,
        oldest_overdue_s=seen.oldest_overdue_s,
        broken_profiles=seen.broken_profiles,
        dead_letters=seen.dead_letters,
    )
