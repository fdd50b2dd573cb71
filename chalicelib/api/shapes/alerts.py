"""Alerts, the rules that raise them, and how people are told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.inbox import Citizen
from chalicelib.api.shapes.posts import Author

Sensitivity = Literal["high", "medium", "low"]
Method = Literal["seasonal", "hourly_average"]


class EvidencePost(Shape):
    """A message that drives it. conversation: where it can be answered."""

    conversation: Identifier
    author: Citizen
    text: str
    written_at: Moment
    url: str | None


class Term(Shape):
    word: str
    messages: int


class Told(Shape):
    """One way in which one person was told. state: told, waiting (it will be tried again), failed (given up)."""

    person: Author
    channel: Literal["email", "push"]
    state: Literal["waiting", "told", "failed"]
    at: Moment | None


class AlertSummary(Shape):
    """kind: spike. count in the trailing hour, expected by the rule, ratio of the two."""

    id: Identifier
    kind: Literal["spike"]
    profile: Identifier
    network: str
    handle: str
    department: Identifier
    raised_at: Moment
    escalated_at: Moment | None
    count: int
    expected: float
    ratio: float
    acknowledged: Acknowledged | None
    version: int


class Acknowledged(Shape):
    by: Author
    at: Moment


class Hour(Shape):
    """Messages in one ten-minute step before the alert."""

    at: Moment
    count: int


class Alert(AlertSummary):
    method: Method
    sensitivity: Sensitivity
    terms: list[Term]
    posts: list[EvidencePost]
    steps: list[Hour]
    authors: int = Field(description="How many different people wrote in the hour.")
    told: list[Told]
    hourly_average: float = Field(description="What the plain rule compares with.")


class AlertRuleChange(Shape):
    """floor: fewer messages than this in an hour never ring."""

    method: Method = "seasonal"
    sensitivity: Sensitivity = "medium"
    floor: int = Field(10, ge=1, le=100_000)
    active: bool = True


class AlertRule(AlertRuleChange):
    """One a profile; id is the profile's. learned_hours: how much the seasonal method has seen."""

    id: Identifier
    profile: Identifier
    learned_hours: int
    version: int


class NotificationsChange(Shape):
    """email: spike alerts by SNS e-mail. push: on the devices that are registered."""

    email: bool
    push: bool


class Notifications(NotificationsChange):
    """email_state: on AWS the address must confirm once, by a link that SNS mails. push_available: this deployment
    has a platform application."""

    email_state: Literal["off", "to_confirm", "on"]
    push_available: bool
    devices: list[Device]
    version: int


class NewDevice(Shape):
    """token: an FCM (or APNs) registration token."""

    name: str = Field(min_length=1, max_length=80)
    token: Annotated[str, Field(min_length=8, max_length=4_096)]


class Device(Shape):
    id: Identifier
    name: str
    added_at: Moment
