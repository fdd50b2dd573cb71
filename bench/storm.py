"""make storm: a thousand deliveries under faults and killed workers, then the pause, then ten minutes without a sweep.

SMOKE=1 runs a small size of each and keeps no figures.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.each_network import PUBLISHING
from bench.pausing import pausing
from bench.results import Row, keep, show
from bench.scene import Parts, Scene, scene
from chalicelib.networks.registry import build
from chalicelib.networks.transport import Transport

SEED = 20261123
PROFILES = 20
FAULTS: Sequence[dict[str, Any]] = (
    {"kind": "timeout_after_accept", "operation": "publish", "probability": 0.10, "seconds": 20},
    {"kind": "accept_after_timeout", "operation": "publish", "probability": 0.10, "seconds": 14},
    {"kind": "rate_limit", "operation": "publish", "probability": 0.10, "seconds": 4},
    {"kind": "error_5xx_before", "operation": "publish", "probability": 0.05},
    {"kind": "error_5xx_after_accept", "operation": "publish", "probability": 0.05},
    {"kind": "drop_before", "operation": "publish", "probability": 0.025},
    {"kind": "drop_after_accept", "operation": "publish", "probability": 0.025},
    {"kind": "late_visibility", "probability": 0.2, "seconds": 6},
)
SETTLED = {"published", "failed", "held", "unconfirmed", "cancelled"}


def threads(network: str, text: str) -> Sequence[str]:
    """Every fifth text is the first of three, where a network has threads."""
    number = int("".join(each for each in text.split(":")[0] if each.isdigit()))
    if number % 5 or not build(network, Transport(), dict).capabilities().threads:
        return (text,)
    return (text, f"{text} (2 of 3)", f"{text} (3 of 3)")


def storm(
    scene: Scene,
    count: int,
    *,
    kill_every_s: float,
    name: str = "storm",
    parts: Parts = lambda network, text: (text,),
) -> list[Row]:
    chance = random.Random(SEED)
    scene.faults([{**rule, "seed": SEED} for rule in FAULTS])
    began = time.time()
    first = datetime.now(UTC) + timedelta(seconds=60)
    profiles = list(scene.profiles)
    plan = _plan(profiles, count, first, chance)
    with ThreadPoolExecutor(6) as pool:
        posts = [
            post
            for found in pool.map(lambda group: scene.schedule(group[1], group[0], parts=parts), plan)
            for post in found
        ]
    stop, killed = threading.Event(), [0]
    killer = threading.Thread(target=_kill, args=(scene, stop, killed, kill_every_s, random.Random(SEED)))
    killer.start()
    try:
        time.sleep(max(0.0, plan[-1][0].timestamp() - time.time()) + 30)
    finally:
        stop.set()
        killer.join()
    deliveries = _settled(scene, posts, deadline=time.time() + 25 * 60)
    scene.faults([])
    wanted = Counter(
        (profile, part)
        for _, group in plan
        for profile, text in group
        for part in parts(scene.profiles[profile][0], text)
    )
    return _judged(scene, deliveries, wanted, began, killed[0], name)


def _plan(
    profiles: list[str], count: int, first: datetime, chance: random.Random
) -> list[tuple[datetime, list[tuple[str, str]]]]:
    """(due time, [(profile, text)]): thirty due times, and every tenth text the twin of the one before it."""
    groups: list[tuple[datetime, list[tuple[str, str]]]] = []
    size = -(-count // 30)
    made = 0
    while made < count:
        due_at = first + timedelta(seconds=3 * len(groups))
        group: list[tuple[str, str]] = []
        for _ in range(min(size, count - made)):
            if group and made % 10 == 0:
                group.append(group[-1])
            else:
                group.append((chance.choice(profiles), f"storm {made}: the river stands at {chance.randint(1, 9)} m"))
            made += 1
        groups.append((due_at, group))
    return groups


def _kill(scene: Scene, stop: threading.Event, killed: list[int], every_s: float, chance: random.Random) -> None:
    import signal

    while not stop.wait(chance.uniform(0.5, 1.5) * every_s):
        workers = scene.stack.workers("Publish")
        if workers:
            try:
                os.kill(chance.choice(workers), signal.SIGKILL)
                killed[0] += 1
            except ProcessLookupError:
                continue


def _settled(scene: Scene, posts: list[str], *, deadline: float) -> list[Any]:
    """The deliveries when nothing more is going to happen to them by itself, or at the deadline."""
    while True:
        deliveries = scene.deliveries(posts)
        moving = [each for each in deliveries if each.state not in SETTLED or each.act_at is not None]
        states = dict(Counter(each.state for each in deliveries))
        print(f"storm: {len(moving)} still moving; {states}", flush=True)
        if not moving or time.time() > deadline:
            return deliveries
        time.sleep(15)


def _judged(
    scene: Scene,
    deliveries: list[Any],
    wanted: Counter[tuple[str, str]],
    began: float,
    killed: int,
    name: str,
) -> list[Row]:
    """wanted: how often each (profile, text) was to be published, the parts of threads apart."""
    import hashlib

    handles = {handle: profile for profile, (_, handle) in scene.profiles.items()}
    by_hash = {(profile, hashlib.sha256(text.encode()).hexdigest()): (profile, text) for profile, text in wanted}
    taken: Counter[Any] = Counter()
    for each in scene.accepted(began):
        taken[by_hash.get((handles[each["account"]], each["text_sha256"]), "unknown")] += 1
    twice = sum(max(0, number - wanted[pair]) for pair, number in taken.items())
    claimed = Counter(each.state for each in deliveries)
    early = sum(each.published_at is not None and each.published_at < each.due_at for each in deliveries)
    # What Parvis says is published must stand on the network: a false word is as bad as a lost post.
    lost = sum(each.state not in SETTLED or (each.state != "published" and not each.reason) for each in deliveries)
    standing = sum(len(each.standing) or each.state == "published" for each in deliveries)
    lost += max(0, standing - sum(taken.values())) + sum(wanted.values()) - sum(each.parts for each in deliveries)
    stuck = sum(each.state in ("queued", "publishing") for each in deliveries)
    count = len(deliveries)
    how = (
        f"{count} deliveries over {len(scene.profiles)} profiles, a tenth of them with a twin; 20 % time-outs after "
        f"acceptance or acceptances after our time-out, 10 % 429, 10 % 5xx, 5 % dropped, a fifth seen "
        f"late; {sum(each.parts > 1 for each in deliveries)} threads of three; {killed} workers killed by SIGKILL; "
        f"end states {dict(claimed)}; {early} early"
    )
    print(f"storm: {how}; accepted {sum(taken.values())}", flush=True)
    return [
        Row(f"{name}.twice", twice, "deliveries", "lower", how),
        Row(f"{name}.lost", lost, "deliveries", "lower", how),
        Row(f"{name}.stuck", stuck, "deliveries", "lower", how),
        Row(f"{name}.unconfirmed_share", round(claimed["unconfirmed"] / count, 4), "share", "lower", how),
    ]


def sweep_dead(scene: Scene, *, minutes: float, count: int) -> Row:
    """The schedule of the sweep is switched off while deliveries fall due, then on again."""
    events = scene.stack.client("events")
    rule = next(each["Name"] for each in events.list_rules()["Rules"] if "Sweep" in each["Name"])
    began = time.time()
    events.disable_rule(Name=rule)
    try:
        # More than three minutes ahead, so that nothing but a sweep arms them.
        first = datetime.now(UTC) + timedelta(seconds=200)
        span = max(1.0, minutes * 60 - 210)
        profiles = list(scene.profiles)
        posts = []
        for number in range(count):
            due_at = first + timedelta(seconds=span * number / count)
            posts += scene.schedule([(profiles[number % len(profiles)], f"sweepless {number} {due_at}")], due_at)
        print(f"sweep: off for {minutes} minutes", flush=True)
        time.sleep(max(0.0, began + minutes * 60 - time.time()))
    finally:
        events.enable_rule(Name=rule)
    deadline = time.time() + 240
    while time.time() < deadline:
        states = Counter(each.state for each in scene.deliveries(posts))
        print(f"sweep: {dict(states)}", flush=True)
        if states["published"] + states["held"] == count:
            break
        time.sleep(10)
    missing = count - states["published"] - states["held"]
    how = f"{count} deliveries due while the sweep was off for {minutes:g} minutes: {dict(states)} within four more"
    return Row("storm.sweep_dead_lost", missing, "deliveries", "lower", how)


def main() -> int:
    smoke = os.environ.get("SMOKE") == "1"
    with scene("storm", 6 if smoke else PROFILES) as made:
        rows = storm(made, 60 if smoke else 1000, kill_every_s=4)
    with scene("mixed", 7 if smoke else 21, networks=PUBLISHING) as made:
        rows += storm(made, 70 if smoke else 700, kill_every_s=4, name="storm.mixed", parts=threads)
    with scene("pause", 6 if smoke else PROFILES) as made:
        rows += pausing(made, 12 if smoke else 100, seed=SEED)
    with scene("sweep", 4) as made:
        rows.append(sweep_dead(made, minutes=4 if smoke else 10, count=20 if smoke else 100))
    if smoke:
        show(rows)
    else:
        keep(rows, "make storm")
    bad = [row.name for row in rows if row.value > (0.01 if row.name.endswith("unconfirmed_share") else 0)]
    print(f"storm: {'nothing lost, nothing twice' if not bad else 'NOT AS IT MUST BE: ' + ', '.join(bad)}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
