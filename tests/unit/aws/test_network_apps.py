"""The networks' application secrets: read seldom, never shown."""

from __future__ import annotations

import json
import traceback
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.aws.network_apps import NetworkApps
from chalicelib.errors import Upstream
from tests.fakes.clock import FakeClock


class Parameters:
    """value: what the parameter holds, or the error of asking for it."""

    def __init__(self, value: str | Exception) -> None:
        self.value = value
        self.asked: list[dict[str, Any]] = []

    def get_parameter(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if isinstance(self.value, Exception):
            raise self.value
        return {"Parameter": {"Value": self.value}}


VALUE = json.dumps({"facebook": {"app_secret": "s3cret", "verify_token": "t0ken", "number": 7}})
ABSENT = ClientError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")


def apps(value: str | Exception) -> tuple[NetworkApps, Parameters, FakeClock]:
    parameters, clock = Parameters(value), FakeClock()
    return NetworkApps(parameters, "/parvis/test/network-apps", clock), parameters, clock


def test_secrets_are_decrypted_and_kept_for_five_minutes() -> None:
    known, parameters, clock = apps(VALUE)
    assert known.secrets_of("facebook") == {"app_secret": "s3cret", "verify_token": "t0ken"}
    assert known.secrets_of("x") == {}
    assert parameters.asked == [{"Name": "/parvis/test/network-apps", "WithDecryption": True}]
    parameters.value = json.dumps({"x": {"consumer_secret": "new"}})
    clock.go_to(clock.now() + timedelta(minutes=4, seconds=59))
    assert known.secrets_of("x") == {}
    clock.go_to(clock.now() + timedelta(seconds=1))
    assert known.secrets_of("x") == {"consumer_secret": "new"}
    assert known.secrets_of("facebook") == {}


def test_without_the_parameter_there_is_no_application() -> None:
    known, parameters, _ = apps(ABSENT)
    assert known.secrets_of("facebook") == {}
    assert known.secrets_of("facebook") == {}
    assert len(parameters.asked) == 1


@pytest.mark.parametrize(
    "failure",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter"),
        EndpointConnectionError(endpoint_url="https://ssm.example"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_asked_for_again(failure: Exception) -> None:
    known, parameters, _ = apps(failure)
    with pytest.raises(Upstream):
        known.secrets_of("facebook")
    parameters.value = VALUE
    assert known.secrets_of("facebook")["app_secret"] == "s3cret"


@pytest.mark.parametrize(
    "value", ["s3cret", '["s3cret"]', '{"facebook": "s3cret"}', '{"facebook": {"app_secret": s3cret']
)
def test_nothing_of_a_broken_parameter_is_shown(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    known, _, _ = apps(value)
    with pytest.raises(Upstream) as raised:
        known.secrets_of("facebook")
    shown = "".join(traceback.format_exception(raised.value)) + repr(known)
    printed = capsys.readouterr()
    assert "s3cret" not in shown + printed.out + printed.err
