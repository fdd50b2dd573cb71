"""Fixed-window counters, as both networks keep them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What is left of a limit. reset_at: seconds since 1970."""

    limit: int
    remaining: int
    reset_at: float
    window: int  # seconds
    exceeded: bool = False


class Rates:
    """`aligned` windows begin at whole multiples of their length (Rack::Attack); others at their first use."""

    def __init__(self, *, aligned: bool) -> None:
        self._aligned = aligned
        self._used: dict[tuple[str, str], tuple[float, int]] = {}  # -> (the window's end, points)

    def spend(self, name: str, key: str, *, limit: int, window: int, now: float, points: int = 1) -> Budget:
        end, used = self._used.get((name, key), (0.0, 0))
        if end <= now:
            end, used = (now - now % window if self._aligned else now) + window, 0
        used += points
        self._used[name, key] = (end, used)
        return Budget(limit, max(0, limit - used), end, window, exceeded=used > limit)

    def clear(self) -> None:
        self._used.clear()
