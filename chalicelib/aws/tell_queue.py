"""The queue of what people must be told. A message names a telling; the words stay sealed in the table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.alerts.telling import Telling
from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10


class TellQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, tellings: Sequence[Telling]) -> int:
        return sum(self._send(tellings[start : start + _BATCH]) for start in range(0, len(tellings), _BATCH))

    def _send(self, batch: Sequence[Telling]) -> int:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(place), "MessageBody": json.dumps({"v": 1, "agency": each.agency, "telling": each.id})}
            for place, each in enumerate(batch)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            logger.warning("tellings were not taken", extra={"count": len(batch), "error": type(error).__name__})
            return 0
        if refused := answer.get("Failed", []):
            logger.warning("tellings were not taken", extra={"count": len(refused)})
        return len(answer.get("Successful", []))
