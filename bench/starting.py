"""How long the second `make run` takes, until /api/health answers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from bench.results import Row
from bench.scene import PROJECT

_LONGEST_S = 600.0


def starting() -> list[Row]:
    state = PROJECT / "build" / "bench" / "starting"
    shutil.rmtree(state, ignore_errors=True)
    first = _start(state)
    second = _start(state)
    how = "make run on a state that was started and stopped before, from the command to the first answer of /api/health"
    return [
        Row(
            "start.second_s",
            round(second, 2),
            "s",
            "lower",
            how,
            "the first start of the same",
            round(first, 2),
            round(second / first, 2),
        )
    ]


def _start(state: os.PathLike[str]) -> float:
    ports = _free_ports(4)
    environment = {
        **os.environ,
        "PARVIS_STATE": str(state),
        "PARVIS_DEMO_PASSWORD": "demonstration-only",
        "PARVIS_PORT": str(ports[0]),
        "PARVIS_PORT_CLOUD": str(ports[1]),
        "PARVIS_PORT_MAIL": str(ports[2]),
        "PARVIS_PORT_PRACTICE": str(ports[3]),
    }
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while time.monotonic() - began < _LONGEST_S:
            if process.poll() is not None:
                raise RuntimeError(f"make run ended with {process.returncode}")
            if _answers(f"http://127.0.0.1:{ports[0]}/api/health"):
                taken = time.monotonic() - began
                time.sleep(15)  # the demonstration is put on after the first answer
                return taken
            time.sleep(0.1)
        raise TimeoutError("make run did not answer")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
