"""What AWS answers, and what it is taken for; what it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.alerts.channels import DeviceGone, NotTaken, Refused, Unheard
from chalicelib.alerts.telling import Letter
from chalicelib.aws import clients
from chalicelib.aws.alert_topic import AlertTopic, ascii_subject
from chalicelib.aws.heard import calling
from chalicelib.aws.mailer import SesMailer
from chalicelib.aws.push_application import PushApplication
from chalicelib.errors import InvalidInput, Upstream

LETTER = Letter("Parvis: pic à la mairie (×9,6)", "86 messages — « été »", "https://parvis.example/alerts/a1")
TOPIC, APPLICATION = "arn:aws:sns:eu-west-3:000000000000:alerts", "arn:aws:sns:eu-west-3:000000000000:app/GCM/parvis"
ENDPOINT = "arn:aws:sns:eu-west-3:000000000000:endpoint/GCM/parvis/1"
SUBSCRIPTION = f"{TOPIC}:1"


def client(service: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    return boto3.client(service, region_name="eu-west-3", config=Config(retries={"max_attempts": 0}), **keys)  # type: ignore[call-overload]


@pytest.fixture
def sns() -> Iterator[Stubber]:
    with Stubber(client("sns")) as stub:
        yield stub
        stub.assert_no_pending_responses()


# ---------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("Throttling", NotTaken),
        ("TooManyRequestsException", NotTaken),
        ("InternalError", NotTaken),
        ("ServiceUnavailable", NotTaken),
        ("AuthorizationError", NotTaken),
        ("SendingPausedException", NotTaken),
        ("InvalidParameter", Refused),
        ("MessageRejected", Refused),
        ("EndpointDisabled", DeviceGone),
        ("NotFound", DeviceGone),
    ],
)
def test_what_sns_answers_for_a_device(sns: Stubber, code: str, outcome: type[Exception]) -> None:
    sns.add_client_error("publish", code, "secret words of somebody", 400)
    with pytest.raises(outcome) as caught:
        PushApplication(sns.client, APPLICATION).send(endpoint=ENDPOINT, letter=LETTER)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (EndpointConnectionError(endpoint_url="x"), NotTaken),
        (ConnectTimeoutError(endpoint_url="x"), NotTaken),
        (ReadTimeoutError(endpoint_url="x"), Unheard),
        (ConnectionClosedError(endpoint_url="x"), Unheard),
    ],
)
def test_what_is_not_heard_is_not_taken_for_what_was_not_sent(error: Exception, outcome: type[Exception]) -> None:
    with pytest.raises(outcome), calling("mail"):
        raise error


def test_the_clients_that_tell_people_repeat_nothing_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    for made in (clients.sns_once, clients.ses_once):
        made.cache_clear()
        assert made().meta.config.retries["total_max_attempts"] == 1
        made.cache_clear()


# ---------------------------------------------------------------- the topic


def test_a_subscription_is_only_for_its_person(sns: Stubber) -> None:
    policy = json.dumps({"to": ["ville.ada"]})
    sns.add_response(
        "subscribe",
        {"SubscriptionArn": SUBSCRIPTION},
        {
            "TopicArn": TOPIC,
            "Protocol": "email",
            "Endpoint": "ada@ville.example",
            "Attributes": {"FilterPolicy": policy},
            "ReturnSubscriptionArn": True,
        },
    )
    sns.add_response("get_subscription_attributes", {"Attributes": {"FilterPolicy": policy}})
    assert AlertTopic(sns.client, TOPIC).subscribe("ada@ville.example", to="ville.ada") == SUBSCRIPTION


def test_an_address_that_was_somebody_elses_is_given_to_its_person(sns: Stubber) -> None:
    message = "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    sns.add_client_error("subscribe", "InvalidParameter", message)
    found = {"Protocol": "email", "Endpoint": "ada@ville.example", "SubscriptionArn": SUBSCRIPTION}
    sns.add_response("list_subscriptions_by_topic", {"Subscriptions": [{**found, "Endpoint": "x@y.z"}, found]})
    sns.add_response("get_subscription_attributes", {"Attributes": {"FilterPolicy": '{"to": ["ville.paul"]}'}})
    sns.add_response(
        "set_subscription_attributes",
        {},
        {"SubscriptionArn": SUBSCRIPTION, "AttributeName": "FilterPolicy", "AttributeValue": '{"to": ["ville.ada"]}'},
    )
    assert AlertTopic(sns.client, TOPIC).subscribe("ada@ville.example", to="ville.ada") == SUBSCRIPTION


def test_an_address_that_waits_for_its_confirmation_elsewhere_is_said_to(sns: Stubber) -> None:
    sns.add_client_error("subscribe", "InvalidParameter", "already exists with different attributes")
    waiting = {"Protocol": "email", "Endpoint": "ada@ville.example", "SubscriptionArn": "PendingConfirmation"}
    sns.add_response("list_subscriptions_by_topic", {"Subscriptions": [waiting]})
    with pytest.raises(Upstream):
        AlertTopic(sns.client, TOPIC).subscribe("ada@ville.example", to="ville.ada")


def test_whether_an_address_may_be_written_to(sns: Stubber) -> None:
    topic = AlertTopic(sns.client, TOPIC)
    for attributes, expected in (
        ({"PendingConfirmation": "false"}, True),
        ({"PendingConfirmation": "true"}, False),
    ):
        sns.add_response("get_subscription_attributes", {"Attributes": attributes})
        assert topic.confirmed(SUBSCRIPTION) is expected
    sns.add_client_error("get_subscription_attributes", "NotFound")
    assert topic.confirmed(SUBSCRIPTION) is False
    sns.add_client_error("get_subscription_attributes", "Throttling")
    with pytest.raises(NotTaken):
        topic.confirmed(SUBSCRIPTION)


def test_one_that_was_never_confirmed_cannot_be_taken_away_and_need_not(sns: Stubber) -> None:
    topic = AlertTopic(sns.client, TOPIC)
    for code in ("InvalidParameter", "NotFound"):
        sns.add_client_error("unsubscribe", code)
        topic.unsubscribe(SUBSCRIPTION)
    sns.add_client_error("unsubscribe", "InternalError", http_status_code=500)
    with pytest.raises(Upstream):
        topic.unsubscribe(SUBSCRIPTION)


def test_what_is_published_names_its_person_and_has_a_subject_sns_takes(sns: Stubber) -> None:
    sns.add_response(
        "publish",
        {"MessageId": "1"},
        {
            "TopicArn": TOPIC,
            "Subject": "Parvis: pic a la mairie (x9,6)",
            "Message": LETTER.body,
            "MessageAttributes": {"to": {"DataType": "String.Array", "StringValue": '["ville.ada"]'}},
        },
    )
    AlertTopic(sns.client, TOPIC).publish(to="ville.ada", letter=LETTER)


@pytest.mark.parametrize("subject", ["é" * 300, "مرحبا", "a\r\nBcc: x", "  ", "’× œuvre", "@mairie"])
def test_any_subject_becomes_one_that_sns_takes(subject: str) -> None:
    made = ascii_subject(subject)
    assert made.isascii() and 0 < len(made) < 100 and "\n" not in made and made[0].isalnum()


# ---------------------------------------------------------------- push and mail


def test_a_token_that_is_there_with_a_disabled_endpoint_is_enabled(sns: Stubber) -> None:
    sns.add_client_error(
        "create_platform_endpoint",
        "InvalidParameter",
        f"Invalid parameter: Token Reason: Endpoint {ENDPOINT} already exists with the same Token, but different"
        " attributes.",
    )
    sns.add_response("get_endpoint_attributes", {"Attributes": {"Enabled": "false", "Token": "t"}})
    sns.add_response(
        "set_endpoint_attributes", {}, {"EndpointArn": ENDPOINT, "Attributes": {"Enabled": "true", "Token": "t"}}
    )
    assert PushApplication(sns.client, APPLICATION).register("t") == ENDPOINT


def test_a_token_that_the_push_service_does_not_take(sns: Stubber) -> None:
    sns.add_client_error("create_platform_endpoint", "InvalidParameter", "Invalid parameter: Token")
    with pytest.raises(InvalidInput, match="token_refused"):
        PushApplication(sns.client, APPLICATION).register("t")
    sns.add_client_error("create_platform_endpoint", "InternalError", http_status_code=500)
    with pytest.raises(Upstream):
        PushApplication(sns.client, APPLICATION).register("t")


def test_a_push_carries_its_link(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}

    class Sns:
        def publish(self, **asked: Any) -> None:
            sent.update(asked)

    PushApplication(Sns(), APPLICATION).send(endpoint=ENDPOINT, letter=LETTER)  # type: ignore[arg-type]
    assert (sent["TargetArn"], sent["MessageStructure"]) == (ENDPOINT, "json")
    message = json.loads(sent["Message"])
    gcm = json.loads(message["GCM"])
    assert gcm["notification"] == {"title": LETTER.subject, "body": LETTER.body} and gcm["data"]["link"] == LETTER.link
    assert message["default"]


def test_a_mail_is_plain_text_from_the_agencys_sender() -> None:
    with Stubber(client("sesv2")) as ses:
        ses.add_response(
            "send_email",
            {"MessageId": "1"},
            {
                "FromEmailAddress": "parvis@ville.example",
                "Destination": {"ToAddresses": ["a@b.example"]},
                "Content": {
                    "Simple": {
                        "Subject": {"Data": LETTER.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": LETTER.body, "Charset": "UTF-8"}},
                    }
                },
            },
        )
        SesMailer(ses.client, "parvis@ville.example").send(to="a@b.example", letter=LETTER)
        ses.add_client_error("send_email", "MessageRejected", "Email address is not verified: a@b.example")
        with pytest.raises(Refused) as caught:
            SesMailer(ses.client, "parvis@ville.example").send(to="a@b.example", letter=LETTER)
        assert "a@b" not in str(caught.value)
