"""An event as the API tells it, in a post's history and in the audit alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.api.shapes.posts import Author
from chalicelib.records.event import Event


def told(row: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """The fields of shapes.HistoryEvent. row: the event as it is stored, whose key numbers it."""
    return {
        "id": str(row["sk"]).rpartition("#")[2],
        "at": event.at,
        "kind": event.what,
        "actor": Author(id=event.actor, name=event.actor_name or event.actor) if event.actor else None,
        "outside": None if event.actor else event.actor_name,
        "profile": event.profile,
        "detail": dict(event.detail),
    }
