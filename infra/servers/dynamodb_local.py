"""Amazon's own DynamoDB Local, the reference for expressions, validation, limits and capacity units.

    with start_dynamodb_local() as server: ...    # server.url

Its jars come once from Maven into build/servers (dynamodb-local/pom.xml names the version). It needs Java 17.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from infra.servers.process import Missing, Process, free_port

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POM = Path(__file__).resolve().parent / "dynamodb-local" / "pom.xml"
_BUILD = Path(__file__).resolve().parents[2] / "build" / "servers"
_FETCH_SECONDS = 600
_START_SECONDS = 40.0


@dataclass(frozen=True)
class DynamoDBLocal:
    """url: the endpoint. Everything is in memory and gone when the server ends."""

    url: str

    def client(self) -> DynamoDBClient:
        return boto3.client(
            "dynamodb",
            endpoint_url=self.url,
            region_name="ca-central-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(
                connect_timeout=3, read_timeout=30, retries={"total_max_attempts": 2}, max_pool_connections=32
            ),
        )


def _fetched() -> Path:
    """The folder of the jars. Raises Missing."""
    folder = _BUILD / f"dynamodb-local-{_version()}"
    if (folder / "complete").is_file():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("DynamoDB Local is fetched by Maven, and there is no mvn on this machine (apt install maven).")
    shutil.rmtree(folder, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)
    if done.returncode:
        raise Missing(f"Maven could not fetch DynamoDB Local: {done.stdout.strip()[-300:]}")
    (folder / "complete").touch()
    return folder


def _version() -> str:
    return _POM.read_text().partition("<artifactId>DynamoDBLocal</artifactId>")[2].split("<version>")[1].split("<")[0]


@contextmanager
def start_dynamodb_local() -> Iterator[DynamoDBLocal]:
    """Raises Missing (one sentence) when this machine cannot run it."""
    java = shutil.which("java")
    if java is None:
        raise Missing("DynamoDB Local needs Java 17, and there is no java on this machine (apt install default-jre).")
    jars = _fetched()
    port = free_port()
    # sqlite4java's native library is copied beside the jars; -sharedDb makes one database for every key and region.
    command = [
        *(java, "-Xmx512m", f"-Djava.library.path={jars}", "-cp", f"{jars}/*"),
        *("software.amazon.dynamodb.services.local.main.ServerRunner", "-inMemory", "-sharedDb"),
        "-disableTelemetry",
        *("-port", str(port)),
    ]
    process = Process(command, cwd=jars, log=_BUILD / "dynamodb-local.log")
    try:
        process.wait_until_answers(f"http://127.0.0.1:{port}", seconds=_START_SECONDS)
        yield DynamoDBLocal(f"http://127.0.0.1:{port}")
    finally:
        process.stop()
