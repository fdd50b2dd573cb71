"""What else stands near a post on the same profiles: its own words once more, or another post minutes away.

Neither stops anybody: an agency repeats itself on purpose, and two posts may have to leave together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from chalicelib.profiles.profile import Profile
from chalicelib.publishing.calendar import rows_between
from chalicelib.publishing.due_time import FURTHEST
from chalicelib.publishing.post import Content
from chalicelib.publishing.tracking import words_hash
from chalicelib.store import Store

DUPLICATE_WITHIN = timedelta(days=30)
CLASH_WITHIN = timedelta(minutes=10)

_SHOWN_MAX = 5  # of each code
_MONTHS_MAX = 3
_GONE: frozenset[str] = frozenset({"cancelled", "failed"})


@dataclass(frozen=True)
class Overlap:
    """due_at: of the other post's delivery that is nearest. profiles: ids, those that it concerns. title: the other
    post's first words; empty where its time is another than its deliveries'."""

    code: Literal["duplicate", "clash"]
    post: str
    title: str
    due_at: str
    profiles: tuple[str, ...]


def overlaps(
    agency: str,
    content: Content,
    profiles: Sequence[Profile],
    *,
    post: str | None,
    due_at: datetime | None,
    now: datetime,
    store: Store,
) -> list[Overlap]:
    """Clashes first, then the nearest first. post: itself, which is no overlap. due_at: when it should leave; without
    it only its words are looked for, around now.

    One query a month of the calendar, three at most; none where there is nothing to look for.
    """
    said = {each.id: words_hash(content.written_for(each.network)) for each in profiles}
    moment = min(max(due_at or now, now), now + FURTHEST)
    reach = DUPLICATE_WITHIN if any(said.values()) else CLASH_WITHIN
    if not profiles or (reach is CLASH_WITHIN and due_at is None):
        return []
    deliveries: list[tuple[timedelta, dict[str, Any]]] = []
    titles: dict[str, str] = {}
    for row in _near(agency, moment, reach, store):
        if row["kind"] == "post":
            titles[row["id"]] = row["cal_title"]
        elif row["profile"] in said and row["post"] != post and row["cal_state"] not in _GONE:
            deliveries.append((abs(datetime.fromisoformat(row["due_at"]) - moment), row))
    deliveries.sort(key=lambda each: (each[0], each[1]["post"], each[1]["profile"]))
    found: dict[tuple[Literal["duplicate", "clash"], str], list[dict[str, Any]]] = {}
    for distance, row in deliveries:
        if due_at is not None and distance < CLASH_WITHIN:
            found.setdefault(("clash", row["post"]), []).append(row)
    for _, row in deliveries:
        if said[row["profile"]] is not None and row.get("words_hash") == said[row["profile"]]:
            found.setdefault(("duplicate", row["post"]), []).append(row)
    listed = [
        Overlap(code, other, titles.get(other, ""), rows[0]["due_at"], tuple(each["profile"] for each in rows))
        for (code, other), rows in found.items()
    ]
    clashes = [each for each in listed if each.code == "clash"]
    duplicates = [each for each in listed if each.code == "duplicate"]
    return [*clashes[:_SHOWN_MAX], *duplicates[:_SHOWN_MAX]]


def _near(agency: str, moment: datetime, reach: timedelta, store: Store) -> Iterator[dict[str, Any]]:
    """61 days may touch four months (31 December to 1 March): then the last day is not looked at."""
    return rows_between(agency, moment - reach, moment + reach, store=store, months=_MONTHS_MAX)
