"""The queue whose delay carries a delivery to its second.

A standard queue: FIFO queues have no delay per message. A delay is at most 900 s (SQS quotas, 2026); the sweep's two
minutes and the writer's three are within it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.aws.sqs_sending import send_all
from chalicelib.publishing.message import DeliveryDue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

EARLY_S = 3
"""Messages show this much before their time: a function starts cold within it and waits out the rest."""


class PublishQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[DeliveryDue], *, now: datetime) -> int:
        timed = [
            (each.model_dump_json(), math.floor((each.act_at - now).total_seconds()) - EARLY_S) for each in messages
        ]
        return send_all(self._client, self._url, timed, what="deliveries")
