"""How late a burst leaves: deliveries due in one second, accepted by the network minus due."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from bench.results import Row, percentile
from bench.scene import Scene


def burst(scene: Scene, count: int, *, ahead: timedelta, label: str) -> tuple[list[float], int, int]:
    """(lateness in seconds of each accepted post, how many were accepted early, how many more than once)."""
    began = time.time()
    due_at = (datetime.now(UTC) + ahead).replace(microsecond=0)
    profiles = list(scene.profiles)
    texts = [(profiles[each % len(profiles)], f"{label} {each}: due {due_at.isoformat()}") for each in range(count)]
    scene.schedule(texts, due_at)
    if datetime.now(UTC) > due_at - timedelta(seconds=5):
        raise RuntimeError("writing the posts took too long for this due time")
    deadline = due_at.timestamp() + 120
    while time.time() < deadline:
        accepted = scene.accepted(began)
        if len(accepted) >= count:
            break
        time.sleep(1)
    time.sleep(3)  # whatever comes twice comes now
    accepted = scene.accepted(began)
    late = [each["accepted_at"] - due_at.timestamp() for each in accepted]
    times = Counter((each["account"], each["text_sha256"]) for each in accepted)
    missing = count - len(times)
    if missing:
        raise RuntimeError(f"{missing} of {count} were not accepted within two minutes")
    print(
        f"{label}: {count} deliveries over {len(profiles)} profiles: p50 {percentile(late, 0.5):.2f} s, "
        f"p99 {percentile(late, 0.99):.2f} s, latest {max(late):.2f} s, first {min(late):.3f} s",
        flush=True,
    )
    return late, sum(each < 0 for each in late), sum(number - 1 for number in times.values())


def lateness(scene: Scene, *, sizes: tuple[int, ...], latency_size: int) -> list[Row]:
    over = f"over {len(scene.profiles)} profiles, half Bluesky, half Mastodon, on the practice networks"
    rows, early, twice = [], 0, 0
    for size in sizes:
        # A thousand are written more than three minutes ahead, so that the sweep arms them; a hundred arm themselves.
        ahead = timedelta(seconds=45) if size <= 100 else timedelta(seconds=240)
        late, too_early, doubled = burst(scene, size, ahead=ahead, label=f"burst-{size}")
        early, twice = early + too_early, twice + doubled
        how = f"{size} deliveries due in one second {over}; accepted by the network minus due"
        rows.append(Row(f"publish.late_p99_s.{size}", round(percentile(late, 0.99), 3), "s", "lower", how))
        rows.append(Row(f"publish.late_p50_s.{size}", round(percentile(late, 0.5), 3), "s", "lower", how))
    runs = " and ".join(str(size) for size in sizes)
    rows.append(Row("publish.early", early, "deliveries", "lower", f"accepted before due, runs of {runs}"))
    rows.append(Row("publish.twice", twice, "deliveries", "lower", f"accepted more than once, runs of {runs}"))
    scene.faults([{"kind": "latency", "probability": 1.0, "seconds": 0.5}])
    try:
        late, _, _ = burst(scene, latency_size, ahead=timedelta(seconds=45), label="latency-500ms")
    finally:
        scene.faults([])
    how = f"{latency_size} deliveries due in one second {over}, with 500 ms of latency on every request to the networks"
    rows.append(
        Row(f"publish.late_p99_s.{latency_size}.latency_500ms", round(percentile(late, 0.99), 3), "s", "lower", how)
    )
    return rows
