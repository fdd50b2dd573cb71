"""The queue of what people must be told. A message names a telling; the words stay sealed in the table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.alerts.telling import Telling
from chalicelib.aws.sqs_sending import send_all

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class TellQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, tellings: Sequence[Telling]) -> int:
        bodies = [(json.dumps({"v": 1, "agency": each.agency, "telling": each.id}), 0) for each in tellings]
        return send_all(self._client, self._url, bodies, what="tellings")
