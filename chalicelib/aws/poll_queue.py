"""The queue of readings: each message asks for one, after a delay of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.aws.sqs_sending import send_all
from chalicelib.inbox.polling import Ask

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsPollQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, asks: Sequence[tuple[Ask, int]]) -> int:
        bodies = [(ask.model_dump_json(exclude_none=True), after) for ask, after in asks]
        return send_all(self._client, self._url, bodies, what="readings")
