"""A local cloud without the application, for the tests of the stack itself."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import processes
from infra.local.deploy import client
from infra.local.stack import start_cloud, wait_until_answers


@dataclass
class Cloud:
    """A cloud that can be killed and started again over the same state."""

    state: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = start_cloud(self.state, self.port, smtp_port=None, environment=None)
        wait_until_answers(f"{self.endpoint}/_ministack/health", self.process, self.state / "logs" / "cloud.log")

    def kill(self) -> None:
        assert self.process is not None
        for pid in [*processes.children_of(self.process.pid), self.process.pid]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def client(self, service: str) -> Any:
        return client(service, self.endpoint)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path / "state", processes.free_port())
    cloud.start()
    yield cloud
    if cloud.process is not None:
        processes.stop([cloud.process])
