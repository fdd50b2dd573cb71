"""A queue of small messages that are one model each: what is due to be measured, a report to build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from chalicelib.aws.sqs_sending import send_all
from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

M = TypeVar("M", bound=BaseModel)


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

    def send_all(self, messages: Sequence[M]) -> int:
        """How many were taken; never raises for those that were not: they come round again."""
        return send_all(self._client, self._url, [(each.model_dump_json(), 0) for each in messages], what="messages")
