"""What each figure means: the one place. The screen, the PDF, the CSV and the JSON take names and formulas from here.

A figure that a network does not give is None wherever it appears, and is shown as not given; it is never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "percent", "decimal"]
Kind = Literal["post_performance", "profile_performance"]
Values = Mapping[str, float | None]

INTERACTIONS = ("likes", "shares", "replies", "quotes")
"""What people did with a post. A network that counts only some of them gives the sum of those."""


@dataclass(frozen=True)
class Definition:
    """formula: how it is made, in the words of the other names; None where a network gives it as it is.

    sums: whether a total over rows is their sum. A total of anything else is worked out from the totals.
    """

    name: str
    unit: Unit
    applies_to: tuple[Kind, ...]
    formula: str | None = None
    sums: bool = True


DEFINITIONS: tuple[Definition, ...] = (
    Definition("published", "count", ("profile_performance",), "posts published in the period"),
    Definition("likes", "count", ("post_performance",)),
    Definition("shares", "count", ("post_performance",)),
    Definition("replies", "count", ("post_performance",)),
    Definition("quotes", "count", ("post_performance",)),
    Definition(
        "interactions",
        "count",
        ("post_performance", "profile_performance"),
        "likes + shares + replies + quotes, of those that the network counts",
    ),
    Definition("impressions", "count", ("post_performance",)),
    Definition(
        "interaction_rate",
        "percent",
        ("post_performance",),
        "100 x interactions / impressions, over the posts that have both",
        sums=False,
    ),
    Definition("interactions_per_post", "decimal", ("profile_performance",), "interactions / published", sums=False),
    Definition("followers", "count", ("profile_performance",), "at the last reading in the period"),
    Definition(
        "followers_gained",
        "count",
        ("profile_performance",),
        "followers at the last reading in the period less followers at the last reading before it",
    ),
)
BY_NAME = {each.name: each for each in DEFINITIONS}


def columns(kind: Kind) -> tuple[str, ...]:
    return tuple(each.name for each in DEFINITIONS if kind in each.applies_to)


def interactions(given: Values) -> float | None:
    """None where the network counts none of them."""
    known = [value for name in INTERACTIONS if (value := given.get(name)) is not None]
    return sum(known) if known else None


def with_derived(given: Values) -> dict[str, float | None]:
    """A post's figures as its network gave them, and those that follow from them."""
    together = interactions(given)
    impressions = given.get("impressions")
    rate = 100 * together / impressions if together is not None and impressions else None
    return {**given, "interactions": together, "interaction_rate": None if rate is None else round(rate, 2)}


def total(rows: Iterable[Values], names: Iterable[str]) -> dict[str, float | None]:
    """Sums over the rows that have a value; None where none has. What is no sum is worked out from the sums."""
    kept = list(rows)

    def summed(name: str, among: Iterable[Values]) -> float | None:
        known = [value for row in among if (value := row.get(name)) is not None]
        return sum(known) if known else None

    totals: dict[str, float | None] = {}
    for name in names:
        if BY_NAME[name].sums:
            totals[name] = summed(name, kept)
        elif name == "interaction_rate":
            both = [row for row in kept if row.get("interactions") is not None and row.get("impressions")]
            done, seen = summed("interactions", both), summed("impressions", both)
            totals[name] = round(100 * done / seen, 2) if done is not None and seen else None
        elif name == "interactions_per_post":
            done, published = summed("interactions", kept), summed("published", kept)
            totals[name] = round(done / published, 1) if done is not None and published else None
    return totals
