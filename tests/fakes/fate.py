"""Death at a chosen step: everything a worker does outside itself is counted, and it can be killed at any count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from tests.fakes.queue import Killed

T = TypeVar("T")


class Fate:
    """steps: how many outward calls were made since `kill` or `spare`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[int, bool] = {}
        self._dead = False
        self.steps = 0

    def kill(self, at: int, *, after: bool = False) -> None:
        """Die at the at-th step from now (from 1): before the call is made, or once it was made and before its answer
        is heard. The dead make no further call, whichever thread of theirs would."""
        self._at[self.steps + at] = after

    def spare(self) -> None:
        self._at.clear()
        self.steps = 0

    def reborn(self) -> None:
        """The next worker begins."""
        self._dead = False

    def step(self, call: Callable[[], T]) -> T:
        with self._lock:
            if self._dead:
                raise Killed
            self.steps += 1
            after = self._at.pop(self.steps, None)
            if after is not None:
                self._dead = True
        if after is False:
            raise Killed
        made = call()
        if after is True:
            raise Killed
        return made


def mortal(target: T, fate: Fate, *methods: str) -> T:
    """The same thing, whose named methods (all, if none is named) are steps that may be the last."""
    return cast(T, _Mortal(target, fate, methods))


class _Mortal:
    def __init__(self, target: object, fate: Fate, methods: tuple[str, ...]) -> None:
        self._target, self._fate, self._methods = target, fate, methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found) or (self._methods and name not in self._methods):
            return found
        return lambda *args, **kwargs: self._fate.step(lambda: found(*args, **kwargs))
