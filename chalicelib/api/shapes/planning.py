"""Campaigns, pauses and the health of the deployment."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.posts import Author


class NewCampaign(Shape):
    name: str = Field(min_length=1, max_length=120)
    department: Identifier
    brief: str = Field("", max_length=5_000)
    starts_on: date | None = None
    ends_on: date | None = None


class CampaignChange(Shape):
    name: str = Field(min_length=1, max_length=120)
    brief: str = Field("", max_length=5_000)
    starts_on: date | None = None
    ends_on: date | None = None


class Campaign(NewCampaign):
    id: Identifier
    owner: Author
    version: int


class Scope(Shape):
    kind: Literal["agency", "department", "profile", "campaign"]
    id: Identifier | None = Field(None, description="Of the department, profile or campaign; null for the agency.")


class NewPause(Shape):
    scope: Scope
    reason: str = Field(min_length=3, max_length=500)


class Pause(Shape):
    id: Identifier
    scope: Scope
    reason: str
    by: Author
    begun_at: Moment


class PauseAcknowledged(Pause):
    """From acknowledged_at on, no call of this scope begins. calls_begun: how many had begun and may still land."""

    acknowledged_at: Moment
    calls_begun: int


class PauseEnded(Shape):
    held: int = Field(description="Deliveries that fell due during the pause and wait for a person.")


class Health(Shape):
    """status: ok; degraded (something is late, stuck, dead or disconnected); unknown (nothing has looked lately)."""

    status: Literal["ok", "degraded", "unknown"]
    looked_at: Moment | None
    sweep_behind_s: float | None
    overdue: int | None = Field(description="Deliveries more than a minute past their time and not yet out.")
    oldest_overdue_s: float | None
    broken_profiles: int | None
    dead_letters: int | None
