"""The append-only file that lets posts and accounts outlive the process.

One JSON object a line. A writer thread takes what was appended, writes it and asks the disk to keep it, twice a
second at most; kill -9 loses what was appended since its last write. A line that was cut by a crash can only be the
last one and is dropped; anything else that cannot be read stops the start, with the line's number.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WRITE_EVERY = 0.5  # seconds


class DamagedJournal(Exception):
    """A line in the middle of the file is not JSON: it was edited or the disk failed."""


class InUse(Exception):
    """Another process writes this journal."""


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._complained = False
        self._thread: threading.Thread | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            os.close(self._fd)
            raise InUse(f"{path} is in use by another process") from e

    def read(self) -> Iterator[dict[str, Any]]:
        """Every event written so far, oldest first. Cuts an unfinished last line off the file."""
        good = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    event = json.loads(line)
                except ValueError as e:
                    raise DamagedJournal(f"{self._path}: line {number} is not JSON") from e
                good += len(line)
                yield event
        if good != self._path.stat().st_size:
            os.truncate(self._path, good)

    def start(self) -> None:
        """Begins to write behind. To be called after `read` has been exhausted."""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def append(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._pending.append(event)

    def close(self) -> None:
        """Writes what is left."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=10)
        else:
            os.close(self._fd)

    def _run(self) -> None:
        try:
            while not self._stop.wait(WRITE_EVERY):
                self._write()
            self._write()
        finally:
            os.close(self._fd)

    def _write(self) -> None:
        """Writes what is pending. Where the disk refuses, the file is cut back to whole lines and the events wait."""
        with self._lock:
            events, self._pending = self._pending, []
        if not events:
            return
        size = os.fstat(self._fd).st_size
        view = memoryview(b"".join(json.dumps(e, separators=(",", ":")).encode() + b"\n" for e in events))
        try:
            while view:
                view = view[os.write(self._fd, view) :]
            os.fsync(self._fd)
        except OSError as e:
            os.ftruncate(self._fd, size)
            with self._lock:
                self._pending = events + self._pending
            if not self._complained:
                self._complained = True
                print(f"The practice networks cannot write {self._path}: {e.strerror}", file=sys.stderr, flush=True)
        else:
            self._complained = False
