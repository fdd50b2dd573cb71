"""How many messages lie in the dead-letter queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def count_dead_letters(client: SQSClient, urls: Sequence[str]) -> int:
    total = 0
    for url in urls:
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        total += int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return total
