"""Does anything leave after a pause was acknowledged? Trials in which workers are stalled between fence and call.

Two kinds of workers deliver at once: the functions of the local stack, which are stopped (SIGSTOP) and continued at
random, and workers in this process, whose reading of the fence is followed by a sleep of up to two seconds. Begin times
come from the workers (called_at of what was published), arrivals from the practice networks' own log.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.results import Row
from bench.scene import AGENCY, DEPARTMENT, ZONE, Scene
from chalicelib.crisis.pause import Fence, pause, resume
from chalicelib.publishing import planning
from chalicelib.publishing.delivering import deliver
from chalicelib.publishing.message import DeliveryDue
from chalicelib.publishing.planning import Bench
from chalicelib.publishing.post import Content, Post
from chalicelib.records.event import Event

STALLED, QUEUED = 6, 12
"""Deliveries of a trial that the stalled workers of this process take, and that the stack's functions take."""


class StallingStore:
    """The real store; after reading fences it sleeps, as a worker that loses the processor there would."""

    def __init__(self, store: Any, chance: random.Random) -> None:
        self._store, self._chance = store, chance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def query(self, kind: Any, pk: str, **more: Any) -> Iterator[Any]:
        found = list(self._store.query(kind, pk, **more))
        if kind is Fence:
            time.sleep(self._chance.choice((0, 0.3, 0.8, 0.95, 1.05, 1.4, 2.0)))
        return iter(found)


class KeptQueue:
    """Keeps the messages instead of sending them: this process delivers them itself."""

    def __init__(self) -> None:
        self.messages: list[DeliveryDue] = []

    def send(self, messages: Any, *, now: datetime) -> int:
        self.messages += messages
        return len(messages)


@dataclass(frozen=True)
class Trial:
    profile: str
    handle: str
    acknowledged_at: float
    resumed_at: float
    posts: tuple[str, ...]


def pausing(scene: Scene, trials: int, *, seed: int) -> list[Row]:
    began = time.time()
    stop = threading.Event()
    stopper = threading.Thread(target=_stop_and_continue, args=(scene, stop, random.Random(seed)))
    stopper.start()
    profiles = list(scene.profiles)
    done: list[Trial] = []
    try:
        with ThreadPoolExecutor(len(profiles)) as pool:
            for start in range(0, trials, len(profiles)):
                chosen = profiles[: min(len(profiles), trials - start)]
                done += pool.map(
                    lambda pair: _trial(scene, pair[1], random.Random(f"{seed}-{pair[0]}")),
                    [(start + place, profile) for place, profile in enumerate(chosen)],
                )
                print(f"pause: {len(done)} of {trials} trials", flush=True)
    finally:
        stop.set()
        stopper.join()
    return _judged(scene, done, began)


def _trial(scene: Scene, profile: str, chance: random.Random) -> Trial:
    house, actor = scene.house, scene.actor
    kept = KeptQueue()
    aside = Bench(store=house.store, queue=kept, clock=house.clock, network_named=house.network_named)
    due_at = datetime.now(UTC) + timedelta(seconds=2.5)
    posts = [_post(scene, profile, due_at, house.bench, f"queued {number} {due_at}") for number in range(QUEUED)]
    posts += [_post(scene, profile, due_at, aside, f"stalled {number} {due_at}") for number in range(STALLED)]
    desk = replace(house.desk, store=StallingStore(house.store, chance), queue=kept)
    with ThreadPoolExecutor(STALLED) as pool:
        work = [pool.submit(deliver, message, desk) for message in list(kept.messages)]
        time.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds() + chance.uniform(-0.6, 0.9)))
        fence, acknowledged_at = pause(
            actor=actor, scope="profile", scope_id=profile, reason="trial", store=house.store, clock=house.clock
        )
        for each in work:
            each.result()
        time.sleep(3)
    resume(fence.id, actor=actor, store=house.store, clock=house.clock)
    resumed_at = time.time()
    return Trial(profile, scene.profiles[profile][1], acknowledged_at.timestamp(), resumed_at, tuple(posts))


def _post(scene: Scene, profile: str, due_at: datetime, bench: Bench, text: str) -> str:
    content = Content(text=f"{text} {profile}", targets=(profile,))
    draft: planning.Planned = planning.write(content, department=DEPARTMENT, zone=ZONE, actor=scene.actor, bench=bench)
    post: Post = draft.post
    planning.schedule(post.id, due_at=due_at, zone=ZONE, expected=None, actor=scene.actor, bench=bench)
    return post.id


def _stop_and_continue(scene: Scene, stop: threading.Event, chance: random.Random) -> None:
    while not stop.wait(chance.uniform(0.05, 0.3)):
        workers = scene.stack.workers("Publish")
        if not workers:
            continue
        worker = chance.choice(workers)
        try:
            os.kill(worker, signal.SIGSTOP)
            stop.wait(chance.uniform(0.2, 1.6))
            os.kill(worker, signal.SIGCONT)
        except ProcessLookupError:
            continue


def _judged(scene: Scene, trials: list[Trial], began: float) -> list[Row]:
    arrivals = scene.arrivals(began)
    leaked = before = after = 0
    for trial in trials:
        for arrival in arrivals:
            if arrival["handle"] == trial.handle and arrival["arrived_at"] <= trial.resumed_at:
                after += trial.acknowledged_at < arrival["arrived_at"]
        for post in trial.posts:
            for event in scene.house.store.query(Event, Event.partition(AGENCY, f"POST#{post}")):
                called_at = event.detail.get("called_at_ms")
                if event.what == "delivery.published" and isinstance(called_at, int):
                    leaked += trial.acknowledged_at < called_at / 1000 < trial.resumed_at
                    before += called_at / 1000 <= trial.acknowledged_at
    deliveries = len(trials) * (STALLED + QUEUED)
    print(
        f"pause: {deliveries} deliveries in {len(trials)} trials; {before} calls began before the acknowledgement, "
        f"{leaked} after it by the workers' word, {after} arrived after it by the networks' log",
        flush=True,
    )
    if not 0 < before < deliveries:
        raise RuntimeError("the trials show nothing: every pause came too early or too late")
    how = (
        f"{len(trials)} trials of {STALLED + QUEUED} deliveries around a pause, functions stopped by SIGSTOP and "
        f"workers asleep for up to 2 s between fence and call; the larger of the workers' and the networks' count; "
        f"{before} calls began before"
    )
    return [Row("pause.leaked", max(leaked, after), "calls", "lower", how)]
