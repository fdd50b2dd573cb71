"""What one delivery takes on each network: requests, and dollars to the network by the prices it states."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.results import Row
from bench.scene import Scene

PUBLISHING = ("bluesky", "mastodon", "facebook", "instagram", "threads", "x", "linkedin")
"""YouTube takes no posts."""


def each_network(scene: Scene, posts: int) -> list[Row]:
    """Of short posts without a link, planned ahead on a quiet network; Instagram's with a picture, which it demands."""
    events = scene.stack.client("events")
    for rule in events.list_rules()["Rules"]:  # what is read meanwhile is not a delivery's
        if "Sweep" not in rule["Name"]:
            events.disable_rule(Name=rule["Name"])
    time.sleep(5)
    began = time.time()
    due = datetime.now(UTC) + timedelta(seconds=20)
    for turn in range(posts):
        scene.schedule([(profile, f"The river stands at {turn} m") for profile in scene.profiles], due)
    wanted = posts * len(scene.profiles)
    deadline = time.time() + 180
    while len(scene.accepted(began)) < wanted and time.time() < deadline:
        time.sleep(2)
    time.sleep(3)  # what comes after the post: reading its address
    taken = Counter(each["network"] for each in scene.accepted(began))
    requests = Counter(each["network"] for each in scene.requests(began))
    return [row for network in PUBLISHING for row in _rows(network, taken[network], requests[network], scene)]


def _rows(network: str, taken: int, requests: int, scene: Scene) -> Sequence[Row]:
    if not taken:
        raise RuntimeError(f"nothing was published on {network}")
    prices = {each.what: each for each in scene.house.network_named(network).capabilities().prices}
    post, linked = prices.get("post"), prices.get("post_with_link")
    stated = f"stated by the network on {post.as_of}" if post else "the network asks for nothing"
    how = f"{taken} short posts through the whole stack to the practice network, all requests but those of readings"
    return [
        Row(f"networks.requests.{network}", round(requests / taken, 2), "requests", "lower", how),
        Row(
            f"networks.usd.{network}",
            post.usd if post else 0,
            "USD",
            "lower",
            f"a delivery; {stated}" + (f"; with a link {linked.usd} USD" if linked else ""),
        ),
    ]
