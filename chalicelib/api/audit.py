"""/api/audit: who did what, in order."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import posts as shapes
from chalicelib.api.shapes.base import Page


def get_audit(call: Call) -> Page[shapes.AuditEvent]:
    """Everything that happened on one day (day: YYYY-MM-DD, UTC), in order."""
    raise NotImplementedError
