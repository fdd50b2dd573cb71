"""A Postgres of one test run: its own cluster in a temporary directory, reached by a socket in that directory.

It opens no port and touches no cluster of the machine. Postgres refuses to run as root, so root hands it to an
unprivileged user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.servers.process import Missing, Process

_START_SECONDS = 30.0
_PREFIX = "parvis-postgres-"


@dataclass
class Postgres:
    url: str
    stop: Callable[[], None] = field(repr=False)


def start_postgres() -> Postgres:
    """Ready for use when this returns. Raises Missing with one sentence when this machine has no Postgres."""
    programs = _programs()
    _sweep()
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    data, log = directory / "data", directory / "log.txt"
    try:
        user = _unprivileged(directory)
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "parvis", "-A", "trust", "-E", "UTF8", "-N"]
        made = subprocess.run(
            [*user, *initdb, "--locale=C.UTF-8"],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb ended with {made.returncode}: {made.stderr.strip()[-300:]}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(directory),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "max_connections": "60",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        process = Process([*user, str(programs / "postgres"), "-D", str(data), *options], cwd=directory, log=log)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise

    def stop() -> None:
        process.stop()
        shutil.rmtree(directory, ignore_errors=True)

    try:
        _wait(process, programs, directory)
    except BaseException:
        stop()
        raise
    return Postgres(f"postgresql://parvis@/postgres?host={directory}", stop)


def _sweep() -> None:
    """What killed processes left behind is thrown away."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        if not Path("/proc", left.name.removeprefix(_PREFIX).split("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)


def _wait(process: Process, programs: Path, directory: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.child.poll() is not None:
            break
        ready = [str(programs / "pg_isready"), "-q", "-h", str(directory), "-U", "parvis"]
        if subprocess.run(ready, timeout=10, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"Postgres did not start: {process.log.read_text(errors='replace')[-300:]}")


def _programs() -> Path:
    """Debian keeps them off the PATH, by version; the newest is taken."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        (folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdecimal() else 0,
    )
    if not found:
        raise Missing(
            "the Bluesky network needs Postgres 14 or later, which this machine lacks (apt install postgresql)"
        )
    return found[-1]


def _unprivileged(directory: Path) -> list[str]:
    """What to put before a command so that it runs as somebody else than root; gives them the directory."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Missing("Postgres does not run as root, and there is no setpriv here to leave it by (util-linux)")
    names = {each.pw_name for each in pwd.getpwall()}
    owner = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(directory, owner.pw_uid, owner.pw_gid)
    # A change of user clears what the kernel was told to do when the parent dies: said again, as a fast shutdown.
    who = ["--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups"]
    return [setpriv, *who, "--pdeathsig", "INT", "--"]
