"""What nobody looks at must make itself heard: dead letters, health, notices; and the API's own document."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from chalicelib.api.openapi import document
from chalicelib.api.routes import ROUTES
from infra.local.stack import Stack
from tests.integration.client import Client, run_schedule, wait_for


@pytest.fixture(scope="module")
def heard(stack: Stack) -> Any:
    """What the operations topic says from now on: a queue that subscribes to it."""
    sqs, sns = stack.client("sqs"), stack.client("sns")
    url = sqs.create_queue(QueueName=f"heard-{secrets.token_hex(4)}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = stack.outputs["OperationsTopicArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    notices: list[dict[str, Any]] = []

    def listen() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        for message in answer.get("Messages", []):
            notices.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return notices

    return listen


def _waiting(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(answer["Attributes"][names[0]])


def test_malformed_messages_reach_the_dead_letters_and_are_told_of(stack: Stack, nobody: Client, heard: Any) -> None:
    dead = stack.outputs["PublishDeadLetterQueueUrl"]
    assert _waiting(stack, dead) == 0
    malformed = (
        "not json",
        "{}",
        '{"v": 2, "agency": "rivemont", "post": "p", "profile": "f", "act_at": "2026-11-23T00:00:00Z"}',
        '{"v": 1, "agency": "rivemont", "post": "p", "profile": "f", "act_at": "2026-11-23T00:00:00"}',
    )
    for body in malformed:
        stack.client("sqs").send_message(QueueUrl=stack.outputs["PublishQueueUrl"], MessageBody=body)
    wait_for(lambda: _waiting(stack, dead) == len(malformed), 60, "the malformed messages in the dead-letter queue")

    for function in ("Sweep", "Watch"):
        run_schedule(stack, function)
    health = nobody.ok("GET", "/api/health")
    assert health["status"] == "degraded" and health["dead_letters"] == len(malformed)
    notice = wait_for(
        lambda: next((each for each in heard() if each["Subject"] == "Parvis: dead_letters"), None), 20, "a notice"
    )
    assert "dead-letter" in notice["Message"] and "not json" not in notice["Message"]

    stack.client("sqs").purge_queue(QueueUrl=dead)
    wait_for(lambda: _waiting(stack, dead) == 0, 20, "the queue to be empty")
    run_schedule(stack, "Watch")
    assert nobody.ok("GET", "/api/health")["dead_letters"] == 0


def test_a_message_for_what_is_not_there_is_no_failure(stack: Stack) -> None:
    """A deleted post's message: done with, not a dead letter."""
    body = {"v": 1, "agency": "rivemont", "post": "gone", "profile": "gone", "act_at": "2026-11-23T00:00:00Z"}
    queue, sqs = stack.outputs["PublishQueueUrl"], stack.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))

    def handled() -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return bool(answer[names[0]] == "0")

    wait_for(handled, 20, "the message to be taken")
    assert _waiting(stack, stack.outputs["PublishDeadLetterQueueUrl"]) == 0


def test_health_says_what_was_looked_at_and_names_no_agency(stack: Stack, nobody: Client) -> None:
    for function in ("Sweep", "Watch"):
        run_schedule(stack, function)
    answer = nobody.call("GET", "/api/health")
    assert answer.headers["Cache-Control"] == "no-store"
    health = answer.json()
    assert health["status"] in ("ok", "degraded") and health["looked_at"] is not None
    assert 0 <= health["sweep_behind_s"] < 60
    assert "rivemont" not in answer.text


# ---------------------------------------------------------------- the document


@pytest.fixture(scope="module")
def served(nobody: Client) -> dict[str, Any]:
    found: dict[str, Any] = nobody.ok("GET", "/api/openapi.json")
    return found


def test_the_document_that_is_served_is_the_one_that_is_made(served: dict[str, Any]) -> None:
    assert served == json.loads(json.dumps(document(ROUTES)))
    assert served["openapi"] == "3.1.0"
    assert {(method.upper(), path) for path, item in served["paths"].items() for method in item} == {
        (route.method, route.path) for route in ROUTES
    }


def test_its_schemas_are_schemas(served: dict[str, Any]) -> None:
    for schema in served["components"]["schemas"].values():
        validator_for(schema, default=Draft202012Validator).check_schema(schema)


def _validate(served: dict[str, Any], method: str, path: str, status: int, body: Any) -> None:
    place = f"/paths/{path.replace('/', '~1')}/{method.lower()}/responses/{status}/content/application~1json/schema"
    validator = Draft202012Validator({**served, "$ref": f"#{place}"})
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(body)]
    assert not problems, (method, path, problems)


def test_real_answers_are_as_the_document_says(
    served: dict[str, Any], administrator: Client, connected: dict[str, str]
) -> None:
    campaign = administrator.ok("POST", "/api/campaigns", {"name": "Schéma", "department": "communications"})
    targets = list(connected.values())
    draft = administrator.draft("Schéma", targets, campaign=campaign["id"], tags=["essai"])
    planned = administrator.schedule(draft, due_at="2027-06-15T12:00:00Z")
    new_media = {"department": "communications", "filename": "a.png", "content_type": "image/png", "size": 10}
    media = administrator.ok("POST", "/api/media", new_media)
    scope = {"kind": "campaign", "id": campaign["id"]}
    pause = administrator.ok("POST", "/api/pauses", {"scope": scope, "reason": "Schéma"})
    for method, path, status, body in (
        ("POST", "/api/campaigns", 201, campaign),
        ("POST", "/api/posts", 201, draft),
        ("POST", "/api/posts/{id}/schedule", 200, planned),
        ("POST", "/api/media", 201, media),
        ("POST", "/api/pauses", 201, pause),
    ):
        _validate(served, method, path, status, body)
    for path, ids in (
        ("/api/me", ""),
        ("/api/health", ""),
        ("/api/networks", ""),
        ("/api/profiles", ""),
        ("/api/profiles/{id}", connected["mastodon"]),
        ("/api/campaigns", ""),
        ("/api/campaigns/{id}", campaign["id"]),
        ("/api/departments", ""),
        ("/api/people", ""),
        ("/api/posts", ""),
        ("/api/posts/{id}", draft["id"]),
        ("/api/posts/{id}/deliveries", draft["id"]),
        ("/api/posts/{id}/history", draft["id"]),
        ("/api/media/{id}", media["media"]["id"]),
        ("/api/deliveries", ""),
        ("/api/pauses", ""),
        ("/api/calendar?from=2027-06-01T00:00:00Z&to=2027-07-01T00:00:00Z", ""),
    ):
        answer = administrator.ok("GET", path.replace("{id}", ids))
        _validate(served, "GET", path.partition("?")[0], 200, answer)
        if "calendar" in path:
            assert answer["items"]
    check = administrator.ok("POST", "/api/checks", {"text": "x" * 400, "targets": targets})
    _validate(served, "POST", "/api/checks", 200, check)
    _validate(served, "DELETE", "/api/pauses/{id}", 200, administrator.ok("DELETE", f"/api/pauses/{pause['id']}"))


def test_a_validator_that_finds_nothing_would_be_noticed(served: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        _validate(served, "GET", "/api/me", 200, {"id": "camille"})


def test_refusals_are_as_the_document_says(served: dict[str, Any], administrator: Client, nobody: Client) -> None:
    for status, method, path, client, more in (
        (401, "GET", "/api/posts", nobody, {}),
        (404, "GET", "/api/posts/{id}", administrator, {}),
        (422, "POST", "/api/posts", administrator, {"body": {"no": "such field"}}),
        (428, "PATCH", "/api/posts/{id}", administrator, {"body": {"text": "x"}}),
        (401, "POST", "/api/session/refresh", nobody, {}),
    ):
        answer = client.call(method, path.replace("{id}", "nothing"), more.get("body"))
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("application/json")
        _validate(served, method, path, status, answer.json())
