"""The first step on a fresh machine: a virtual environment with everything the project needs.

Runs with the machine's own Python and nothing else, before anything is installed:

    python3 infra/bootstrap.py setup    makes .venv, or finds it up to date
    python3 infra/bootstrap.py run      the same, then starts the local stack

Says in one sentence what is missing, and then leaves nothing half made.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
REQUIREMENTS = PROJECT / "requirements-dev.txt"
STAMP = "parvis-requirements"
OLDEST, NEWEST = (3, 11), (3, 13)
SPACE_TO_INSTALL = 2_000_000_000
SPACE_TO_RUN = 200_000_000


def fail(sentence: str) -> None:
    """Say why not, and end."""
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:2]))
        fail(f"Parvis needs Python 3.11, 3.12 or 3.13 and this is {found}: name another with `make PYTHON=python3.13`.")


def check_space(folder: Path, needed: int) -> None:
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        fail(f"There are {free // 1_000_000} MB free on the disk of {folder} and {needed // 1_000_000} MB are needed.")


def check_ports() -> None:
    """The ports of `make run`, as infra/local/run.py derives them."""
    try:
        port = int(os.environ.get("PARVIS_PORT", "8000"))
        wanted = {
            "PARVIS_PORT": port,
            "PARVIS_PORT_CLOUD": int(os.environ.get("PARVIS_PORT_CLOUD", port + 1)),
            "PARVIS_PORT_MAIL": int(os.environ.get("PARVIS_PORT_MAIL", port + 2)),
            "PARVIS_PORT_PRACTICE": int(os.environ.get("PARVIS_PORT_PRACTICE", port + 90)),
        }
    except ValueError as error:
        fail(f"A port must be a number: {error}.")
    for name, number in wanted.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except (OSError, OverflowError) as error:
                fail(
                    f"Port {number} of 127.0.0.1 cannot be used ({error}): stop what uses it, or set {name} to another."
                )


def installed_version(name: str) -> str | None:
    normalised = re.sub(r"[-_.]+", "_", name).lower()
    for folder in VENV.glob("lib/python3.*/site-packages/*.dist-info"):
        found, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        if re.sub(r"[-_.]+", "_", found).lower() == normalised:
            return version
    return None


def everything_is_installed() -> bool:
    """Whether .venv, made by somebody else, holds each locked version already."""
    pins = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;.*)?$", REQUIREMENTS.read_text(), re.M)
    return all(marker or installed_version(name) == version for name, version, marker in pins)


def setup() -> Path:
    """Make .venv or bring it up to date; returns its Python."""
    python = VENV / "bin" / "python"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / STAMP
    if python.exists() and stamp.is_file() and stamp.read_text() == digest:
        return python
    if python.exists() and everything_is_installed():
        stamp.write_text(digest)
        return python
    check_space(PROJECT, SPACE_TO_INSTALL)
    if not python.exists():
        check_python()
        try:
            import ensurepip  # noqa: F401
            import sqlite3  # noqa: F401
            import ssl  # noqa: F401
            import venv  # noqa: F401
        except ImportError as error:
            fail(f"This Python has no {error.name}: on Debian and Ubuntu, `apt install python3-venv`.")
        print("Making a virtual environment in .venv", flush=True)
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    print("Installing what the project needs into it (the first time: a few minutes)", flush=True)
    run(
        [
            str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "60",
            "-r", str(REQUIREMENTS),
        ]
    )  # fmt: skip
    stamp.write_text(digest)
    return python


def run(command: list[str]) -> None:
    result = subprocess.run(command, check=False)
    if result.returncode:
        fail(f"This did not work (status {result.returncode}): {' '.join(command)}")


def main() -> None:
    task = sys.argv[1] if len(sys.argv) > 1 else "setup"
    if task not in ("setup", "run"):
        fail(f"There is no task {task!r}: it is setup or run.")
    if task == "run":
        check_ports()
        check_space(PROJECT, SPACE_TO_RUN)
    python = setup()
    if task == "run":
        os.chdir(PROJECT)
        os.execv(python, [str(python), "-m", "infra.local.run"])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
