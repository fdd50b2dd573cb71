"""What is declared in infra/resources and what the code takes it for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib import triggers
from chalicelib.settings import Settings, read
from infra.template import pieces

WHOLE = pieces()
RESOURCES: dict[str, Any] = WHOLE["Resources"]
VARIABLES: dict[str, Any] = WHOLE["Globals"]["Function"]["Environment"]["Variables"]


def _of(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in RESOURCES.items():
        if resource.get("Type") == kind:
            yield name, resource["Properties"]


def _dead_letter_queues() -> set[str]:
    return {
        properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for _, properties in _of("AWS::SQS::Queue")
        if "RedrivePolicy" in properties
    }


def _alarmed() -> set[str]:
    """Queues for which an alarm tells the operations topic."""
    found = set()
    for _, alarm in _of("AWS::CloudWatch::Alarm"):
        if alarm["Namespace"] == "AWS/SQS" and {"Ref": "OperationsTopic"} in alarm["AlarmActions"]:
            found |= {each["Value"]["Fn::GetAtt"][0] for each in alarm["Dimensions"] if each["Name"] == "QueueName"}
    return found


def test_every_queue_gives_up_into_a_dead_letter_queue() -> None:
    queues = dict(_of("AWS::SQS::Queue"))
    dead = _dead_letter_queues()
    assert dead and dead <= set(queues)
    for name, properties in queues.items():
        if name not in dead:
            assert 1 < properties["RedrivePolicy"]["maxReceiveCount"] <= 5, name
        else:
            # What lies there waits for people: longer than the source kept it, as its age goes on counting.
            sources = [each for each in queues.values() if _target(each) == name]
            assert all(properties["MessageRetentionPeriod"] > each["MessageRetentionPeriod"] for each in sources)


def _target(properties: dict[str, Any]) -> str | None:
    policy = properties.get("RedrivePolicy")
    return policy["deadLetterTargetArn"]["Fn::GetAtt"][0] if policy else None


def test_a_report_is_given_up_with_the_last_receive_of_its_message() -> None:
    policy = RESOURCES["ReportQueue"]["Properties"]["RedrivePolicy"]
    assert policy["maxReceiveCount"] == triggers.LAST_RECEIVE


def test_every_dead_letter_queue_rings_and_is_watched() -> None:
    assert _dead_letter_queues() <= _alarmed()
    watched = {each["Ref"] for each in VARIABLES["PARVIS_DEAD_LETTER_QUEUES"]["Fn::Join"][1]}
    assert watched == _dead_letter_queues()


def test_every_queue_rings_itself_or_through_its_dead_letters() -> None:
    for name, properties in _of("AWS::SQS::Queue"):
        assert {name, _target(properties)} & _alarmed(), name


def test_every_table_is_kept_encrypted_and_recoverable() -> None:
    for name, properties in _of("AWS::DynamoDB::Table"):
        assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert properties["SSESpecification"]["SSEType"] == "KMS"
        assert "DeletionProtectionEnabled" in properties


def test_the_environment_and_the_settings_name_the_same_things() -> None:
    given = {name for name in VARIABLES if name.startswith("PARVIS_")}
    known = {f"PARVIS_{name.upper()}" for name in Settings.model_fields}
    required = {f"PARVIS_{name.upper()}" for name, field in Settings.model_fields.items() if field.is_required()}
    assert given <= known, "a variable that nothing reads"
    assert required <= given, "a setting that no function is given"


def _as_deployed(**parameters: str) -> dict[str, str]:
    """The functions' environment with the template's own defaults, and names for what only AWS knows."""
    defaults = {name: str(each["Default"]) for name, each in WHOLE["Parameters"].items() if "Default" in each}
    chosen = {**defaults, **parameters}
    environment = {}
    for name, value in VARIABLES.items():
        if isinstance(value, str):
            environment[name] = value
        else:
            environment[name] = chosen.get(value.get("Ref", ""), f"made-up-{name.lower()}")
    return environment


def test_settings_are_read_from_the_templates_defaults() -> None:
    settings = read(_as_deployed())
    assert settings.allow_loopback_networks is False, "never on AWS, unless somebody says so"
    assert read(_as_deployed(AllowLoopbackNetworks="1")).allow_loopback_networks is True


def test_a_setting_that_is_missing_is_named() -> None:
    environment = _as_deployed()
    del environment["PARVIS_QUEUE_PUBLISH"]
    with pytest.raises(ValidationError, match="queue_publish"):
        read(environment)


def test_the_media_function_can_hold_the_largest_video() -> None:
    storage = RESOURCES["Media"]["Properties"]["EphemeralStorage"]["Size"] * 2**20
    assert storage > read(_as_deployed()).video_bytes_max + 200 * 2**20, "and what the runtime itself keeps there"
