"""Handing messages to a queue, ten a request, requests side by side."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

DELAY_MAX_S = 900
"""SQS quotas, 2026."""
_BATCH = 10


def send_all(client: SQSClient, url: str, messages: Sequence[tuple[str, int]], *, what: str) -> int:
    """messages: body and delay in seconds. Returns how many were taken; never raises for those that were not, which
    are logged as `what` and come round again."""
    batches = [messages[start : start + _BATCH] for start in range(0, len(messages), _BATCH)]
    if not batches:
        return 0
    with ThreadPoolExecutor(max_workers=min(8, len(batches))) as pool:
        return sum(pool.map(lambda batch: _send(client, url, batch, what), batches))


def _send(client: SQSClient, url: str, batch: Sequence[tuple[str, int]], what: str) -> int:
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(place), "MessageBody": body, "DelaySeconds": max(0, min(DELAY_MAX_S, after))}
        for place, (body, after) in enumerate(batch)
    ]
    try:
        answer = client.send_message_batch(QueueUrl=url, Entries=entries)
    except (BotoCoreError, ClientError) as error:
        logger.warning(f"{what} were not taken", extra={"count": len(batch), "error": type(error).__name__})
        return 0
    if refused := answer.get("Failed", []):
        logger.warning(f"{what} were not taken", extra={"count": len(refused)})
    return len(answer.get("Successful", []))
