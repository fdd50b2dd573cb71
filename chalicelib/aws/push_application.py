"""Mobile and web push by an SNS platform application (FCM).

Source: Amazon SNS Developer Guide (2026), "Creating a platform endpoint": creating is repeatable for a token; when the
endpoint is there with other attributes the error names it; one that was disabled must be enabled again.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.alerts.telling import Letter
from chalicelib.aws.heard import calling
from chalicelib.errors import InvalidInput, Upstream

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_NAMED = re.compile(r"Endpoint (arn:\S+) already exists")


class PushApplication:
    """client: one that does not repeat calls by itself. arn: the platform application's."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def register(self, token: str) -> str:
        try:
            endpoint = self._created(token)
            present = self._client.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
            if present.get("Enabled") != "true" or present.get("Token") != token:
                self._client.set_endpoint_attributes(
                    EndpointArn=endpoint, Attributes={"Enabled": "true", "Token": token}
                )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("InvalidParameter", "InvalidParameterException"):
                raise InvalidInput(
                    "token_refused", "The push service does not know this token.", field="token"
                ) from error
            raise Upstream("push_unavailable", error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise Upstream("push_unavailable", type(error).__name__) from error
        return endpoint

    def _created(self, token: str) -> str:
        try:
            answer = self._client.create_platform_endpoint(PlatformApplicationArn=self._arn, Token=token)
            return answer["EndpointArn"]
        except ClientError as error:
            named = _NAMED.search(error.response["Error"].get("Message", ""))
            if named is None:
                raise
            return named[1]

    def forget(self, endpoint: str) -> None:
        try:
            self._client.delete_endpoint(EndpointArn=endpoint)
        except (BotoCoreError, ClientError) as error:
            raise Upstream("push_unavailable", type(error).__name__) from error

    def send(self, *, endpoint: str, letter: Letter) -> None:
        shown = {"title": letter.subject, "body": letter.body}
        gcm = {"notification": shown, "data": {**shown, "link": letter.link}, "priority": "high"}
        message = {"default": f"{letter.subject}\n{letter.body}", "GCM": json.dumps(gcm, ensure_ascii=False)}
        with calling("push"):
            self._client.publish(
                TargetArn=endpoint, MessageStructure="json", Message=json.dumps(message, ensure_ascii=False)
            )
