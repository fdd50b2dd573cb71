"""The message that carries one delivery to a worker at its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

from chalicelib.entity import Moment
from chalicelib.publishing.delivery import Delivery


class DeliveryDue(BaseModel):
    """act_at names the moment this message was made for: when the delivery has another by now, the message is void."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    agency: str
    post: str
    profile: str
    act_at: Moment

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryDue:
        if delivery.act_at is None:
            raise ValueError("nothing is to be done about this delivery")
        return cls(agency=delivery.agency, post=delivery.post, profile=delivery.profile, act_at=delivery.act_at)


class Queue(Protocol):
    def send(self, messages: Sequence[DeliveryDue], *, now: datetime) -> int:
        """Hand over messages, each to become visible shortly before its act_at; returns how many were taken.

        Never raises for those that were not taken: the sweep sends them again.
        """
