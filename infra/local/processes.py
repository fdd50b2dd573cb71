"""Processes that end with the one that started them, and the ports they listen on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

PARENT = "PARVIS_PARENT"
"""Environment variable by which a child learns who started it, even if that one is gone already."""
_LOOK = 0.25


def end_with_parent(grace: float) -> None:
    """Have this process notice within half a second that its parent is gone, however the parent ended, and leave.

    It is asked first (SIGTERM to itself) and has `grace` seconds. Looked for rather than asked of Linux
    (PR_SET_PDEATHSIG), which would also fire when only the thread that started the child ends.
    """
    parent = int(os.environ.pop(PARENT, "") or os.getppid())

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def start(
    module: str, *arguments: str, log: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a Python module as a child in a session of its own, its output appended to a file.

    A session of its own keeps the terminal's Ctrl-C from it: its parent tells it when to end.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local.child", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), PARENT: str(os.getpid())},
            start_new_session=True,
        )


def stop(processes: list[subprocess.Popen[bytes]], grace: float = 6.0) -> None:
    """Ask processes to end, the last started first, and insist after `grace` seconds."""
    for process in reversed(processes):
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    for process in reversed(processes):
        try:
            process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nothing listens there and this process may."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def children_of(pid: int) -> list[int]:
    """The processes a process started (Linux)."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in children.read_text().split()]
        except OSError:
            continue
    return found


def environment_of(pid: int) -> dict[str, str]:
    """A process's environment as it was started (Linux); empty when it is gone."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in raw.split("\0") if "=" in pair)
