"""The citizens of the demonstration's first day: ordinary questions, so that the inbox is not empty."""

from __future__ import annotations

import requests

from infra.local.demo.posts import TOWN, TOWN_MASTODON

SEED = 20261124
QUESTIONS = 8
"""Fewer than ring, even on a town's quietest night."""


def ask_questions(practice: str) -> None:
    """Nothing when citizens have written already."""
    written = requests.get(f"{practice}/practice/citizens/written", params={"limit": 1}, timeout=10)
    written.raise_for_status()
    if written.json()["written"]:
        return
    asked = {
        "to": {"bluesky": TOWN, "mastodon": TOWN_MASTODON},
        "messages": QUESTIONS,
        "over_s": 0,
        "language": "both",
        "seed": SEED,
    }
    requests.post(f"{practice}/practice/citizens/quiet", json=asked, timeout=10).raise_for_status()
