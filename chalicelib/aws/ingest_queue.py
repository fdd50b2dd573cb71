"""The queue of what networks told us, on its way to the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Upstream
from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class IngestQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Sequence[str]) -> None:
        """One message each, in order: a batch of SQS may be no larger than one message."""
        for body in bodies:
            try:
                self._client.send_message(QueueUrl=self._url, MessageBody=body)
            except (BotoCoreError, ClientError) as error:
                logger.warning("a push was not taken", extra={"error": type(error).__name__})
                raise Upstream("ingest_unavailable") from error
