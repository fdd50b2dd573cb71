"""The template: every piece in it, every queue consumer as it must be, and refused when things do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.template import TemplateError, complete, functions, merged, pieces, queue_sources

ROOT = Path(__file__).parents[3]
# The Service Authorization Reference of Amazon SNS knows one resource type, the topic, and none for these actions:
# "If there is no value for this column, you must specify all resources" (list_amazonsns.html, read 2026-11-24).
WITHOUT_RESOURCE = {
    f"sns:{action}"
    for action in (
        "GetSubscriptionAttributes",
        "SetSubscriptionAttributes",
        "Unsubscribe",
        "CreatePlatformEndpoint",
        "GetEndpointAttributes",
        "SetEndpointAttributes",
        "DeleteEndpoint",
    )
}


def packaged(queue: str = "parvis-publish", *, timeout: int = 120) -> dict[str, Any]:
    """What `chalice package` writes for one queue consumer, in small."""
    arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + queue
    source = {"Type": "SQS", "Properties": {"Queue": {"Fn::Sub": arn}, "BatchSize": 10}}
    deliver = {"Handler": "app.deliver", "Timeout": timeout, "Events": {"DeliverSqsEventSource": source}}
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Outputs": {"RestAPIId": {"Value": {"Ref": "RestAPI"}}},
        "Resources": {
            "Deliver": {"Type": "AWS::Serverless::Function", "Properties": deliver},
            "Media": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "app.media"}},
            "RestAPI": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "s"}},
        },
    }


def test_pieces_are_laid_over_what_chalice_wrote() -> None:
    template = complete(packaged())
    assert template["Outputs"]["RestAPIId"] == {"Value": {"Ref": "RestAPI"}}
    assert template["Resources"]["RestAPI"]["Properties"]["StageName"] == "s"
    assert "MISSING_AUTHENTICATION_TOKEN" in template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]


def test_a_queue_consumer_reports_the_messages_that_failed_and_is_bound_to_the_queue_itself() -> None:
    [(name, source)] = queue_sources(complete(packaged()))
    assert name == "Deliver"
    assert source == {
        "Queue": {"Fn::GetAtt": ["PublishQueue", "Arn"]},
        "BatchSize": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }


def test_a_queue_declared_nowhere_is_refused() -> None:
    with pytest.raises(TemplateError, match="parvis-nowhere"):
        complete(packaged("parvis-nowhere"))


def test_a_queue_that_shows_a_message_again_too_soon_is_refused() -> None:
    with pytest.raises(TemplateError, match="PublishQueue"):
        complete(packaged(timeout=901))


def test_two_files_may_not_declare_the_same_thing(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text('{"Resources": {"Same": {"Type": "AWS::SQS::Queue"}}}')
    with pytest.raises(TemplateError, match=r"b\.json declares Same"):
        pieces(tmp_path)


def test_merging_replaces_lists_and_leaves_its_inputs_alone() -> None:
    base = {"a": {"b": [1, 2], "c": 3}}
    piece = {"a": {"b": [9]}}
    assert merged(base, piece) == {"a": {"b": [9], "c": 3}}
    assert base == {"a": {"b": [1, 2], "c": 3}}


def test_what_the_emulator_does_not_know_is_left_out_locally() -> None:
    unknown = ("AWS::CloudFront::", "AWS::CloudWatch::", "AWS::WAFv2::")
    for name, resource in pieces()["Resources"].items():
        if resource.get("Type", "").startswith(unknown):
            assert resource["Condition"] == "OnAws", name


def test_every_table_is_protected() -> None:
    tables = {n: r for n, r in pieces()["Resources"].items() if r.get("Type") == "AWS::DynamoDB::Table"}
    assert tables
    for name, table in tables.items():
        properties = table["Properties"]
        assert table["DeletionPolicy"] == "Retain", name
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert properties["SSESpecification"]["SSEType"] == "KMS", name
        assert properties["DeletionProtectionEnabled"]["Fn::If"][:2] == ["OnAws", True], name


def test_every_function_has_a_policy_file_of_its_own() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    named = config["stages"]["production"]["lambda_functions"]
    files = [function["iam_policy_file"] for function in named.values()]
    assert len(files) == len(set(files))
    declared = set(pieces()["Resources"])
    for file in files:
        policy = json.loads((ROOT / ".chalice" / file).read_text())
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert "*" not in actions, file
            if statement["Resource"] == "*":
                assert set(actions) <= WITHOUT_RESOURCE, file
                continue
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for resource in resources:
                if isinstance(resource, dict) and "Fn::GetAtt" in resource:
                    assert resource["Fn::GetAtt"][0] in declared, f"{file}: {resource}"


def test_functions_are_found() -> None:
    assert [name for name, _ in functions(complete(packaged()))] == ["Deliver", "Media"]
