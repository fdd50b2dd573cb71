"""The targets of the store's contract: the fake, DynamoDB as the local stack has it, and Amazon's DynamoDB Local."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.aws.dynamodb import DynamoDBStore
from chalicelib.store import Store
from infra.local import processes
from infra.local.deploy import client
from infra.local.stack import start_cloud, wait_until_answers
from infra.servers.dynamodb_local import DynamoDBLocal, start_dynamodb_local
from infra.servers.process import Missing
from infra.servers.tables import create_tables
from tests.fakes.store import FakeStore
from tests.required import cannot


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[DynamoDBLocal]:
    running = start_dynamodb_local()
    try:
        server = running.__enter__()
    except Missing as missing:
        cannot(str(missing))
    yield server
    running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def local_store(dynamodb_local: DynamoDBLocal) -> DynamoDBStore:
    reference = dynamodb_local.client()
    return DynamoDBStore(reference, create_tables(reference, "contract"))


@pytest.fixture(scope="session")
def stack_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoDBStore]:
    state: Path = tmp_path_factory.mktemp("cloud")
    port = processes.free_port()
    process = start_cloud(state, port, smtp_port=None, environment=None)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until_answers(f"{endpoint}/_ministack/health", process, state / "logs" / "cloud.log")
        emulated = client("dynamodb", endpoint)
        yield DynamoDBStore(emulated, create_tables(emulated, "contract"))
    finally:
        processes.stop([process])


@pytest.fixture(
    scope="session",
    params=[
        "fake",
        pytest.param("stack", marks=pytest.mark.stack),
        pytest.param("local", marks=pytest.mark.dynamodb_local),
    ],
)
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeStore()
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
