"""One server process of a test run: started on a free port of 127.0.0.1, waited for, and ended by its own id."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def _with_parent() -> list[str]:
    """util-linux's way to end a child whose parent was killed; without it, only an orderly end takes it along."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM", "--"] if program else []


class Missing(Exception):
    """One sentence: what this machine lacks to run the server."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Among all processes of this machine: test runs side by side must not build the same program twice."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Process:
    """A child in a process group of its own, that ends with its parent. Its output goes to `log`."""

    def __init__(self, command: Sequence[str], *, cwd: Path, log: Path, environment: Mapping[str, str] | None = None):
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                [*_with_parent(), *command],
                cwd=cwd,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,  # its end tells a server that watches for it that this process is gone
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_answers(self, url: str, *, seconds: float) -> None:
        """Any HTTP answer will do. Raises RuntimeError with the end of the log when none came."""
        until = time.monotonic() + seconds
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until:
            if self.child.poll() is not None:
                raise RuntimeError(f"the server ended with {self.child.returncode}: {self._end_of_log()}")
            try:
                with opener.open(url, timeout=2):
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"no answer from {url} within {seconds:.0f} s: {self._end_of_log()}")

    def _end_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-600:]

    def stop(self, seconds: float = 8.0) -> None:
        """Ends the child and what it started. Safe to call twice."""
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        if self.child.stdin:
            with contextlib.suppress(OSError):
                self.child.stdin.close()
