"""The topic of alerts: each person is an e-mail subscriber who is sent only what is for them.

Source: Amazon SNS Developer Guide (2026). A filter policy is per subscription (10,000 in an account, 200 on a topic
until more are asked for) and takes up to fifteen minutes to count. A subscription that nobody confirmed is deleted
after 48 hours. A subject is ASCII, under 100 characters, begins with a letter or a figure, and has no line break.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.alerts.channels import NotTaken
from chalicelib.alerts.telling import Letter
from chalicelib.aws.heard import calling
from chalicelib.errors import Upstream

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_FILTER = "FilterPolicy"
_GONE = {"NotFound", "NotFoundException"}


class AlertTopic:
    """client: one that does not repeat calls by itself. arn: the topic's."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def subscribe(self, address: str, *, to: str) -> str:
        policy = json.dumps({"to": [to]})
        try:
            answer = self._client.subscribe(
                TopicArn=self._arn,
                Protocol="email",
                Endpoint=address,
                Attributes={_FILTER: policy},
                ReturnSubscriptionArn=True,
            )
            subscription = answer["SubscriptionArn"]
        except ClientError as error:
            # The address has a subscription, for somebody else it once belonged to or from another deployment.
            if "different attributes" not in error.response["Error"].get("Message", ""):
                raise Upstream("topic_unavailable", error.response["Error"]["Code"]) from error
            subscription = self._found(address)
        except BotoCoreError as error:
            raise Upstream("topic_unavailable", type(error).__name__) from error
        try:
            present = self._client.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
            if present.get(_FILTER) != policy:
                self._client.set_subscription_attributes(
                    SubscriptionArn=subscription, AttributeName=_FILTER, AttributeValue=policy
                )
        except (BotoCoreError, ClientError) as error:
            raise Upstream("topic_unavailable", type(error).__name__) from error
        return subscription

    def _found(self, address: str) -> str:
        try:
            for page in self._client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._arn):
                for each in page["Subscriptions"]:
                    if (
                        each["Protocol"] == "email"
                        and each["Endpoint"] == address
                        and each["SubscriptionArn"][:4] == "arn:"
                    ):
                        return each["SubscriptionArn"]
        except (BotoCoreError, ClientError) as error:
            raise Upstream("topic_unavailable", type(error).__name__) from error
        raise Upstream("topic_unavailable", "The address waits to be confirmed for somebody else; two days at most.")

    def confirmed(self, subscription: str) -> bool:
        try:
            answer = self._client.get_subscription_attributes(SubscriptionArn=subscription)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise NotTaken("topic_unavailable", error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise NotTaken("topic_unavailable", type(error).__name__) from error
        return answer["Attributes"].get("PendingConfirmation") == "false"

    def unsubscribe(self, subscription: str) -> None:
        try:
            self._client.unsubscribe(SubscriptionArn=subscription)
        except ClientError as error:
            # One that was never confirmed cannot be taken away; it goes by itself, and nothing is published for it.
            if error.response["Error"]["Code"] in {*_GONE, "InvalidParameter", "InvalidParameterException"}:
                return
            raise Upstream("topic_unavailable", error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise Upstream("topic_unavailable", type(error).__name__) from error

    def publish(self, *, to: str, letter: Letter) -> None:
        with calling("topic"):
            self._client.publish(
                TopicArn=self._arn,
                Subject=ascii_subject(letter.subject),
                Message=letter.body,
                MessageAttributes={"to": {"DataType": "String.Array", "StringValue": json.dumps([to])}},
            )


def ascii_subject(subject: str) -> str:
    """What SNS takes of it: accents go, other scripts become "?"."""
    parts = unicodedata.normalize("NFKD", subject.replace("’", "'").replace("×", "x"))
    kept = "".join(each for each in parts if not unicodedata.combining(each))
    text = " ".join(kept.encode("ascii", "replace").decode().split())
    return text[:99].rstrip() if text[:1].isalnum() else f"Parvis: {text}"[:99].rstrip()
