"""The topic that those who run an agency's Parvis subscribe to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Upstream
from chalicelib.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class OperationsTopic:
    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, *, subject: str, body: str) -> None:
        try:
            # SNS takes a subject of up to 99 ASCII characters.
            self._client.publish(TopicArn=self._arn, Subject=subject[:99], Message=body)
        except (BotoCoreError, ClientError) as error:
            logger.error("nobody could be told", extra={"subject": subject, "error": type(error).__name__})
            raise Upstream("topic_unavailable") from error
