"""The whole product as `make run` starts it, on free ports and with a state that is thrown away."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local import processes
from infra.local.demo.staff import PEOPLE
from infra.local.demo.visitor import Visitor

LONGEST_START_S = 420.0
"""The first start of a checkout installs the web application's packages and builds it."""


@dataclass(frozen=True)
class Product:
    """url: where a person goes. practice: the practice networks' own address. cloud: the local cloud's. state: where it
    keeps what it keeps, its logs among them."""

    url: str
    practice: str
    password: str
    cloud: str = ""
    state: Path = Path()

    def visitor(self, email: str = PEOPLE[0].email) -> Visitor:
        """Somebody at the API, to arrange what a test begins with."""
        return Visitor(self.url, email, self.password)


@contextmanager
def running(state: Path) -> Iterator[Product]:
    """Raises RuntimeError, with what the runner said last, when it does not come up."""
    front, cloud, mail, practice = (processes.free_port() for _ in range(4))
    password = f"Parvis-{secrets.token_urlsafe(9)}"
    log = state / "run.log"
    process = processes.start(
        "infra.local.run",
        log=log,
        environment={
            "PARVIS_STATE": str(state / "parvis"),
            "PARVIS_PORT": str(front),
            "PARVIS_PORT_CLOUD": str(cloud),
            "PARVIS_PORT_MAIL": str(mail),
            "PARVIS_PORT_PRACTICE": str(practice),
            "PARVIS_DEMO_PASSWORD": password,
            "PYTHONUNBUFFERED": "1",
        },
    )
    try:
        _wait_until_ready(process, log)
        yield Product(
            f"http://127.0.0.1:{front}",
            f"http://127.0.0.1:{practice}",
            password,
            f"http://127.0.0.1:{cloud}",
            state / "parvis",
        )
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    shutil.rmtree(state, ignore_errors=True)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline:
        said = log.read_text(errors="replace")
        if "Ready in" in said:
            return
        if process.poll() is not None:
            raise RuntimeError(f"the product did not start:\n{said[-2000:]}")
        time.sleep(0.2)
    raise RuntimeError(f"the product was not ready within {LONGEST_START_S:.0f} s:\n{log.read_text()[-2000:]}")
