"""How long from the message that tips it to the mail: bursts at any second of the minute, through the local stack.

Messages are kept as ingestion keeps them, by this process against the stack's tables; from there on everything is the
stack's own: the schedule of the minute, the detection, the queue, SNS with its filter policy, the relay that stands for
SNS e-mail, and the mailbox. The clock starts when the transaction that keeps the tipping batch has returned.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bench.results import Row, percentile
from bench.scene import AGENCY, DEPARTMENT, ZONE, Scene
from chalicelib.alerts.alert import Alert
from chalicelib.alerts.detecting import Known
from chalicelib.alerts.tally import Tally
from chalicelib.inbox.message import Author, Message
from chalicelib.team.people import Person
from infra.local.mail import Mailbox, TopicRelay

PATIENCE_S = 150
BURST = 60
Ingest = Callable[[Scene, str, int], None]


def alerting(scene: Scene, trials: int, *, seed: int, ingest: Ingest | None = None) -> list[Row]:
    """A trial a profile: they begin at random seconds over as many minutes as are needed for four in each."""
    profiles = list(scene.profiles)[:trials]
    if len(profiles) < trials:
        raise ValueError("a profile a trial: an alert keeps quiet for hours")
    scene.house.store.save(
        Person(
            agency=AGENCY,
            id="duty",
            name="Duty",
            email="duty@bench.example",
            roles={DEPARTMENT: ("duty_officer",)},
            created_at=scene.house.clock.now(),
        )
    )
    for profile in profiles:
        scene.house.store.save(Known(agency=AGENCY, profile=profile, volume=_usual(scene)))
    chance = random.Random(seed)
    starts = sorted(chance.uniform(0, 60 * max(1, trials // 4)) for _ in profiles)
    tipped: dict[str, float] = {}
    began = time.monotonic()
    with _mail(scene) as mailbox:
        for profile, start in zip(profiles, starts, strict=True):
            time.sleep(max(0.0, began + start - time.monotonic()))
            (ingest or kept)(scene, profile, BURST)
            tipped[profile] = time.time()
        arrived = _arrivals(scene, mailbox, set(profiles))
    waits = [arrived[profile] - tipped[profile] for profile in profiles]
    how = (
        f"{trials} bursts of {BURST} messages at random seconds on profiles that know six an hour; local stack: minute "
        f"schedule, detection, queue, SNS with filter policies, mail caught"
    )
    return [
        Row("alert.to_mail_max_s", round(max(waits), 2), "s", "lower", how),
        Row("alert.to_mail_p50_s", round(percentile(waits, 0.5), 2), "s", "lower", how),
    ]


def kept(scene: Scene, profile: str, count: int) -> None:
    """What ingestion leaves behind: the messages, and one tally in the transaction that keeps the last of them."""
    now = scene.house.clock.now()
    messages = [
        Message(
            agency=AGENCY,
            profile=profile,
            network=scene.profiles[profile][0],
            department=DEPARTMENT,
            remote_id=f"{profile}-{now.timestamp()}-{number}",
            anchor=f"{profile}-{number}",
            conversation=f"{profile}-{number}",
            type="mention",
            author=Author(remote_id=f"citizen{number}", handle=f"citizen{number}", followers=number),
            text=f"Le pont est fermé, que faire ? {number}",
            written_at=now,
            received_at=now,
        )
        for number in range(count)
    ]
    tally = Tally(
        agency=AGENCY, profile=profile, at=now, batch=str(now.timestamp()), messages=tuple(m.id for m in messages)
    )
    scene.house.store.commit(*messages, tally)


def _usual(scene: Scene) -> str:
    """What the detector knows after four days of six messages an hour."""
    now = scene.house.clock.now().replace(second=0, microsecond=0)
    minutes = [now - timedelta(minutes=back) for back in range(4 * 1440, 0, -1)]
    detector = scene.house.detector
    return detector.follow(
        detector.begin(ZONE), now=minutes[-1], counts={each: int(each.minute % 10 == 0) for each in minutes}
    )


@contextmanager
def _mail(scene: Scene) -> Iterator[Mailbox]:
    """The relay that `make run` has in its front."""
    mailbox = Mailbox(Path(scene.stack.state) / "mail")
    relay = TopicRelay(scene.stack.endpoint, scene.stack.outputs["AlertsTopicArn"], mailbox)
    loop = asyncio.new_event_loop()
    running = loop.create_task(relay.run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([running])), daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join(30)


def _arrivals(scene: Scene, mailbox: Mailbox, profiles: set[str]) -> dict[str, float]:
    """profile -> when its first mail was caught. Raises RuntimeError when one is missing, or came twice."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found: dict[str, list[float]] = {}
        for mail in mailbox.list():
            named = next((each for each in profiles if f"-{each}\n" in mail.text or f"-{each}." in mail.text), None)
            if named is not None:
                found.setdefault(named, []).append(mail.received.timestamp())
        if set(found) == profiles or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    alerts = [Alert.of(row) for row in _alerts(scene)]
    if set(found) != profiles or any(len(each) != 1 for each in found.values()) or len(alerts) != len(profiles):
        raise RuntimeError(f"{len(profiles)} bursts, {len(alerts)} alerts, mails: {sorted(map(len, found.values()))}")
    return {profile: min(moments) for profile, moments in found.items()}


def _alerts(scene: Scene) -> list[dict[str, object]]:
    month = f"{scene.house.clock.now():%Y-%m}"
    return scene.house.store.rows("inbox", Alert.partition(AGENCY, month), limit=1000)[0]
