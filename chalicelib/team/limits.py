"""How often something may be tried: by person and by where it comes from. The try is counted before it is made, so that
many at the same time are no way around it.

A limit counts an address that nobody has exactly as one that somebody has: being refused tells nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment
from chalicelib.errors import TooMany
from chalicelib.store import Lost, Store

_TRIES = 8
_WAIT_S = 0.03


@dataclass(frozen=True)
class Limit:
    """At most `most` within `window`, which begins with the first. subject: whose they are; kept as its hash."""

    what: str
    subject: str
    most: int
    window: timedelta

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.what}|{self.subject}".encode()).hexdigest()[:32]


class Tried(Entity):
    """How often within the window that ends at `until`. It spans agencies: who tries is not known yet."""

    KIND: ClassVar[str] = "tried"
    TABLE: ClassVar[str] = "state"

    digest: str
    count: int
    until: Moment

    @staticmethod
    def key_of(limit: Limit) -> dict[str, str]:
        return {"pk": f"TRIED#{limit.digest}", "sk": "TRIED"}

    def key(self) -> dict[str, str]:
        return {"pk": f"TRIED#{self.digest}", "sk": "TRIED"}

    def item(self) -> dict[str, Any]:
        return {**super().item(), "expires": int(self.until.timestamp()) + 3600}


def take(limits: Sequence[Limit], *, store: Store, clock: Clock) -> None:
    """Count one try against each. Raises TooMany too_many_attempts, with how long to wait, when one is used up."""
    for _ in range(_TRIES):
        now, counted = clock.now(), []
        for limit, found in _found(limits, store):
            if found is None:
                counted.append(Tried(digest=limit.digest, count=1, until=now + limit.window))
            elif found.until <= now:
                counted.append(found.but(count=1, until=now + limit.window))
            elif found.count >= limit.most:
                raise _refusal(found.until, now)
            else:
                counted.append(found.but(count=found.count + 1))
        try:
            return store.commit(*counted)
        except Lost:
            clock.sleep(_WAIT_S)
    raise TooMany("too_many_attempts", wait_s=5)  # so many at once that they cannot be counted


def give_back(limits: Sequence[Limit], *, store: Store, clock: Clock, forget: Sequence[Limit] = ()) -> None:
    """A try that succeeded does not count; those to forget begin anew."""
    for _ in range(_TRIES):
        saves: list[Entity] = [found.but(count=max(found.count - 1, 0)) for _, found in _found(limits, store) if found]
        removes = [found for _, found in _found(forget, store) if found]
        try:
            return store.commit(*saves, removes=removes) if saves or removes else None
        except Lost:
            clock.sleep(_WAIT_S)
    return None  # it counts for a while: no reason to refuse who has succeeded


def _found(limits: Sequence[Limit], store: Store) -> list[tuple[Limit, Tried | None]]:
    found = store.get_many([(Tried, Tried.key_of(each)) for each in limits]) if limits else []
    return [(limit, each if isinstance(each, Tried) else None) for limit, each in zip(limits, found, strict=True)]


def _refusal(until: datetime, now: datetime) -> TooMany:
    return TooMany("too_many_attempts", wait_s=max(1, int((until - now).total_seconds())))
