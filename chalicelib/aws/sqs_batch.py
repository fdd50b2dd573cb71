"""Working a batch's messages side by side, and telling SQS which of them to bring again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Malformed(Exception):
    """This message will never be understood: it goes to the dead letters without waiting for its time-outs."""


def side_by_side(
    records: Sequence[Mapping[str, Any]], handle: Callable[[Mapping[str, Any]], str], *, sqs: SQSClient, queue_url: str
) -> dict[str, list[dict[str, str]]]:
    """Handle each record in a thread of its own; the answer is a partial batch response.

    Powertools' BatchProcessor works its records one after the other, which would make the tenth of a batch wait for
    nine networks.
    """

    def one(record: Mapping[str, Any]) -> str | None:
        try:
            result = handle(record)
        except Malformed as error:
            logger.error("malformed message", extra={"message_id": record["messageId"], "error": str(error)})
            with suppress(ClientError):
                # Visible again at once, so that it reaches the dead-letter queue in seconds.
                sqs.change_message_visibility(
                    QueueUrl=queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
                )
            return str(record["messageId"])
        except Exception as error:
            logger.error(
                "message not handled",
                extra={
                    "message_id": record["messageId"],
                    "error": type(error).__name__,
                    "code": getattr(error, "code", ""),
                },
            )
            return str(record["messageId"])
        logger.info("message handled", extra={"message_id": record["messageId"], "result": result})
        return None

    with ThreadPoolExecutor(max_workers=max(1, len(records))) as pool:
        failed = [each for each in pool.map(one, records) if each is not None]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
