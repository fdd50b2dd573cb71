"""The queue whose delay carries a delivery to its second.

A standard queue: FIFO queues have no delay per message. A delay is at most 900 s (SQS quotas, 2026); the sweep's two
minutes and the writer's three are within it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.observability import logger
from chalicelib.publishing.message import DeliveryDue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

EARLY_S = 3
"""Messages show this much before their time: a function starts cold within it and waits out the rest."""

_DELAY_MAX_S = 900
_BATCH = 10


class PublishQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[DeliveryDue], *, now: datetime) -> int:
        batches = [messages[start : start + _BATCH] for start in range(0, len(messages), _BATCH)]
        if not batches:
            return 0
        with ThreadPoolExecutor(max_workers=min(8, len(batches))) as pool:
            return sum(pool.map(lambda batch: self._send(batch, now), batches))

    def _send(self, batch: Sequence[DeliveryDue], now: datetime) -> int:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(position),
                "MessageBody": message.model_dump_json(),
                "DelaySeconds": _delay((message.act_at - now).total_seconds()),
            }
            for position, message in enumerate(batch)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            logger.warning("messages were not taken", extra={"count": len(batch), "error": type(error).__name__})
            return 0
        if refused := answer.get("Failed", []):
            logger.warning("messages were not taken", extra={"count": len(refused)})
        return len(answer.get("Successful", []))


def _delay(seconds: float) -> int:
    return max(0, min(_DELAY_MAX_S, math.floor(seconds) - EARLY_S))
