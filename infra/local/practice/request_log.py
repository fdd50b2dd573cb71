"""What reached the networks, and when: the witness that tests and benchmarks count with. In memory only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200_000  # entries


@dataclass(slots=True)
class Entry:
    """Times are seconds since 1970 by the server's clock.

    arrived_at: when the first bytes of the request's head were read. accepted_at: when it changed something; None
    when it did not.
    created: it made a new post, medium or session (a repeated putRecord is accepted and creates nothing).
    status: what was answered; None when nothing was.
    """

    seq: int
    arrived_at: float
    network: str
    method: str
    path: str
    operation: str
    handle: str | None = None
    account_id: str | None = None
    accepted: bool = False
    accepted_at: float | None = None
    created: bool = False
    fault: str | None = None
    remote_id: str | None = None
    key: str | None = None
    text_sha256: str | None = None
    status: int | None = None
    finished_at: float | None = None


class RequestLog:
    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._seq = 0

    def begin(self, *, arrived_at: float, network: str, method: str, path: str, operation: str) -> Entry:
        self._seq += 1
        entry = Entry(self._seq, arrived_at, network, method, path, operation)
        self._entries.append(entry)
        return entry

    def clear(self) -> int:
        n = len(self._entries)
        self._entries.clear()
        return n

    def page(
        self,
        *,
        after: int = 0,
        since: float = 0.0,
        operation: str | None = None,
        network: str | None = None,
        handle: str | None = None,
        limit: int = 1000,
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Entries by rising seq, and the seq to go on after, or None at the end."""
        found: list[dict[str, Any]] = []
        for entry in self._from(after):
            if (
                entry.arrived_at < since
                or (operation and entry.operation != operation)
                or (network and entry.network != network)
                or (handle and entry.handle != handle)
            ):
                continue
            if len(found) == limit:
                return found, found[-1]["seq"]
            found.append(asdict(entry))
        return found, None

    def _from(self, after: int) -> Iterator[Entry]:
        if self._entries and after >= self._entries[0].seq:
            # seq rises by one, so the place is known without a search
            skip = after - self._entries[0].seq + 1
            for i in range(skip, len(self._entries)):
                yield self._entries[i]
        else:
            yield from self._entries
