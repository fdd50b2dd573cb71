"""A queue of small messages that are one model each: what is due to be measured, a report to build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from chalicelib.errors import Upstream
from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

M = TypeVar("M", bound=BaseModel)
_BATCH = 10


class MessageQueue(Generic[M]):
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: M) -> None:
        """Raises Upstream queue_unavailable."""
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=message.model_dump_json())
        except (BotoCoreError, ClientError) as error:
            raise Upstream("queue_unavailable") from error

    def send_all(self, messages: Sequence[M], *, delay_s: int = 0) -> int:
        """How many were taken; never raises for those that were not: they come round again."""
        taken = 0
        for start in range(0, len(messages), _BATCH):
            batch = messages[start : start + _BATCH]
            try:
                answer = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(place), "MessageBody": each.model_dump_json(), "DelaySeconds": delay_s}
                        for place, each in enumerate(batch)
                    ],
                )
            except (BotoCoreError, ClientError) as error:
                logger.warning("messages were not taken", extra={"count": len(batch), "error": type(error).__name__})
                continue
            if refused := answer.get("Failed", []):
                logger.warning("messages were not taken", extra={"count": len(refused)})
            taken += len(answer.get("Successful", []))
        return taken
