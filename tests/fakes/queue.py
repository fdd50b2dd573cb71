"""The publish queue in memory: a standard queue, which may lose, double and delay what it is given.

A message travels as JSON, as on the wire, and shows two seconds before its time as PublishQueue arranges it. A worker
that dies leaves its message to be seen again after the visibility time-out, until it was received too often.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.publishing.message import DeliveryDue
from tests.fakes.clock import FakeClock

EARLY = timedelta(seconds=2)
VISIBILITY = timedelta(seconds=180)  # infra/resources/queues.json
RECEIVES_MAX = 3

Fault = Literal["lose", "double"] | timedelta


class Killed(BaseException):
    """The worker's process is gone: no `except Exception` of its own runs any more."""


@dataclass(order=True)
class _Waiting:
    visible_at: datetime
    turn: int
    body: str = field(compare=False)
    receives: int = field(compare=False, default=0)


class FakeQueue:
    """sent: every message handed over, lost ones included. dead: bodies received too often. down: takes nothing."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._turns = itertools.count()
        self._faults: deque[Fault | None] = deque()
        self._lock = threading.Lock()
        self.sent: list[DeliveryDue] = []
        self.dead: list[str] = []
        self.down = False

    def next_faults(self, *faults: Fault | None) -> None:
        """What happens to the coming messages, in order; None is a message that travels as it should."""
        self._faults.extend(faults)

    def send(self, messages: Sequence[DeliveryDue], *, now: datetime) -> int:
        if self.down:
            return 0
        with self._lock:
            for message in messages:
                self.sent.append(message)
                fault = self._faults.popleft() if self._faults else None
                if fault == "lose":
                    continue
                visible_at = max(message.act_at - EARLY, now)
                if isinstance(fault, timedelta):
                    visible_at += fault
                for _ in range(2 if fault == "double" else 1):
                    self._push(_Waiting(visible_at, next(self._turns), message.model_dump_json()))
        return len(messages)

    def _push(self, waiting: _Waiting) -> None:
        heapq.heappush(self._waiting, waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def next_at(self) -> datetime | None:
        return self._waiting[0].visible_at if self._waiting else None

    def run(self, handle: Callable[[DeliveryDue], str], *, until: datetime) -> list[str]:
        """Hand over each message at its time, the clock going with them, and leave the clock at `until` (or later,
        if the last worker took longer). Returns what became of each: the handler's word, "killed" or "raised"."""
        results: list[str] = []
        while self._waiting and self._waiting[0].visible_at <= until:
            message = heapq.heappop(self._waiting)
            self._clock.go_to(message.visible_at)
            try:
                results.append(handle(DeliveryDue.model_validate_json(message.body)))
                continue
            except Killed:
                results.append("killed")
            except Exception:
                results.append("raised")
            message.receives += 1
            if message.receives >= RECEIVES_MAX:
                self.dead.append(message.body)
                continue
            message.visible_at = self._clock.now() + VISIBILITY
            self._push(message)
        self._clock.go_to(until)
        return results
