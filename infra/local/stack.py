"""A running Parvis on this machine, for `make run`, for the tests and for the benchmarks.

with start(Path("...")) as stack:
    requests.get(stack.api_url + "/api/health", timeout=10)
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from infra.local import processes
from infra.local.deploy import API_STAGE, Deployed, client, deploy, push_application, verify_sender
from infra.local.package import PROJECT, REGION, package

START_SECONDS = 40.0


class StartError(Exception):
    """Something of the stack did not come up; the message says what, and where its log is."""


@dataclass
class Stack:
    """A running local cloud with Parvis on it."""

    state: Path
    port: int
    process: subprocess.Popen[bytes]
    deployed: Deployed

    @property
    def endpoint(self) -> str:
        """Where every AWS client goes, and where presigned S3 addresses point."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """What comes before /api/... without the front."""
        return f"{self.endpoint}/_aws/execute-api/{self.deployed.outputs['RestAPIId']}/{API_STAGE}"

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the CloudFormation stack (infra/resources/environment.json)."""
        return self.deployed.outputs

    @property
    def resources(self) -> dict[str, str]:
        """Physical by logical name: `stack.resources["Publish"]` is the function's name."""
        return self.deployed.resources

    @property
    def function_log(self) -> Path:
        """What the functions wrote, in one file."""
        return self.state / "logs" / "functions.log"

    @property
    def pushes(self) -> Path:
        """Where what was published to devices is kept (infra.local.push)."""
        return self.state / "push"

    def client(self, service: str) -> Any:
        """A boto3 client of this stack."""
        return client(service, self.endpoint)

    def workers(self, function: str) -> list[int]:
        """Process ids of a function's warm execution environments, by its logical name. Linux only.

        ministack runs each environment as a child process and starts a new one for the next invocation when one died.
        """
        name = self.resources[function]
        return [
            pid
            for pid in processes.children_of(self.process.pid)
            if processes.environment_of(pid).get("AWS_LAMBDA_FUNCTION_NAME") == name
        ]

    def kill_workers(self, function: str) -> int:
        """Kill (SIGKILL) every execution environment of a function, as losing its machine would; returns how many."""
        killed = 0
        for pid in self.workers(function):
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
        return killed

    def kill(self) -> None:
        """Kill (SIGKILL) the cloud, as losing the whole machine would. Start again with the same state to go on."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the cloud cleanly; what is there is written down."""
        processes.stop([self.process])

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    state: Path,
    port: int | None = None,
    *,
    site_url: str = "http://127.0.0.1:8000",
    smtp_port: int | None = None,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    project: Path = PROJECT,
    started: Callable[[subprocess.Popen[bytes]], None] = lambda _: None,
) -> Stack:
    """Start a cloud on `port` (a free one if none is given) and put the application on it.

    `state` keeps everything between two starts; `environment` is for the cloud's process and through it for every
    function; `parameters` are added to those of the template; `started` is told the process as soon as there is one.
    Raises StartError, infra.local.deploy.DeployError and
    RuntimeError (packaging).
    """
    port = port or processes.free_port()
    packaged = package(state / "package", project)
    process = start_cloud(state, port, smtp_port=smtp_port, environment=environment)
    started(process)
    try:
        wait_until_answers(f"http://127.0.0.1:{port}/_ministack/health", process, state / "logs" / "cloud.log")
        verify_sender(packaged, f"http://127.0.0.1:{port}")
        deployed = deploy(
            packaged,
            endpoint=f"http://127.0.0.1:{port}",
            parameters={
                "Stage": "local",
                "SiteUrl": site_url,
                "AllowLoopbackNetworks": "1",
                "SecondFactorOptional": "1",
                "IdentityEndpoint": f"http://127.0.0.1:{port}",
                "PushApplication": push_application(f"http://127.0.0.1:{port}"),
                **(parameters or {}),
            },
        )
    except BaseException:
        processes.stop([process])
        raise
    return Stack(state=state, port=port, process=process, deployed=deployed)


def start_cloud(
    state: Path, port: int, *, smtp_port: int | None, environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    """Start the process that is AWS; returns at once."""
    if not processes.port_is_free(port):
        raise StartError(f"port {port} is in use")
    cloud = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "PERSIST_STATE": "1",
        "STATE_DIR": str((state / "cloud").resolve()),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str((state / "files").resolve()),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
        # IAM is enforced: a role that lacks a right fails here and not first on AWS; S3 refuses what is not signed.
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(PROJECT),
        **({"SMTP_HOST": f"127.0.0.1:{smtp_port}"} if smtp_port else {}),
        **(environment or {}),
    }
    (state / "cloud").mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    return processes.start("infra.local.cloud", log=state / "logs" / "cloud.log", environment=cloud)


def wait_until_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for an address to answer anything; raises StartError when the process ends or time runs out."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"it ended with status {process.returncode}: see {log}\n{_last_lines(log)}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise StartError(f"it did not answer within {START_SECONDS:.0f} s: see {log}")


def _last_lines(log: Path, count: int = 5) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""
