"""The queue of readings: each message asks for one, after a delay of its own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.inbox.polling import Ask
from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_DELAY_MAX_S = 900
_BATCH = 10


class SqsPollQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, asks: Sequence[tuple[Ask, int]]) -> int:
        batches = [asks[start : start + _BATCH] for start in range(0, len(asks), _BATCH)]
        if not batches:
            return 0
        with ThreadPoolExecutor(max_workers=min(8, len(batches))) as pool:
            return sum(pool.map(self._send, batches))

    def _send(self, batch: Sequence[tuple[Ask, int]]) -> int:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(position),
                "MessageBody": ask.model_dump_json(exclude_none=True),
                "DelaySeconds": max(0, min(_DELAY_MAX_S, after)),
            }
            for position, (ask, after) in enumerate(batch)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            logger.warning("readings were not taken", extra={"count": len(batch), "error": type(error).__name__})
            return 0
        if refused := answer.get("Failed", []):
            logger.warning("readings were not taken", extra={"count": len(refused)})
        return len(answer.get("Successful", []))
