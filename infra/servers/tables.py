"""The tables of infra/resources/tables.json on any server that speaks DynamoDB, without CloudFormation.

Made from the very file that goes to AWS, so that a wrong key or projection there shows in the tests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.template import RESOURCES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_UNDERSTOOD = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def definitions(stage: str) -> dict[str, dict[str, Any]]:
    """logical name (content, team, state, audit) -> what CreateTable takes."""
    resources = json.loads((RESOURCES / "tables.json").read_text())["Resources"]
    found: dict[str, dict[str, Any]] = {}
    for resource in resources.values():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        properties = resource["Properties"]
        name = properties["TableName"]["Fn::Sub"].replace("${Stage}", stage)
        wanted = {key: properties[key] for key in _UNDERSTOOD if key in properties}
        found[name.rpartition("-")[2]] = {"TableName": name, **wanted}
    return found


def create_tables(client: DynamoDBClient, stage: str) -> dict[str, str]:
    """logical name -> the table's name; ready for use when this returns."""
    names = {}
    for logical, definition in definitions(stage).items():
        client.create_table(**definition)
        client.get_waiter("table_exists").wait(
            TableName=definition["TableName"], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
        )
        names[logical] = definition["TableName"]
    return names


def delete_tables(client: DynamoDBClient, names: dict[str, str]) -> None:
    for name in names.values():
        client.delete_table(TableName=name)
