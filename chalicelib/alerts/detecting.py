"""Each minute: count what came, judge it, and raise an alert with everything that must follow in one transaction.

An agency's tallies of the last minutes are one query; only profiles that have some are judged. Once an hour every
profile is looked at, so that an hour without messages is learned as one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from chalicelib.alerts import evidence
from chalicelib.alerts.alert import Alert
from chalicelib.alerts.duty import on_duty
from chalicelib.alerts.judging import Detector, Verdict
from chalicelib.alerts.letters import letter_of, push_of
from chalicelib.alerts.notice import Topic, tell
from chalicelib.alerts.rule import AlertRule
from chalicelib.alerts.tally import between
from chalicelib.alerts.telling import Channel, Letter, Telling, TellQueue, make_telling
from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Upstream
from chalicelib.inbox.message import Message
from chalicelib.profiles.credentials import Vault
from chalicelib.profiles.profile import Profile
from chalicelib.store import Lost, Store
from chalicelib.team.people import Agency, AgencyListed

AGAIN = timedelta(minutes=2)
"""So far back are minutes read again: a row may be committed a moment after the time it bears."""
AHEAD = timedelta(minutes=1)
"""Two machines' clocks."""
FARTHEST = timedelta(minutes=60)
"""The trailing hour: what lies before it is not read any more after an outage."""
SETTLED = timedelta(minutes=4)
"""After the end of an hour, before everybody is looked at."""
UNTOLD = timedelta(seconds=30)
"""What still waits so long after it was made is handed over again."""
SAMPLE = 400
_SIDE_BY_SIDE = 16
_CHUNK = 50
_AT_ONCE = 90
"""Tellings in the alert's own transaction, which takes 100 items."""


@dataclass(frozen=True)
class Lookout:
    """What detection works with."""

    store: Store
    queue: TellQueue
    vault: Vault
    topic: Topic
    clock: Clock
    detector: Detector
    site_url: str


class Known(Entity):
    """What the detector knows of a profile. alert: the one that rang last."""

    KIND: ClassVar[str] = "known_volume"
    TABLE: ClassVar[str] = "state"

    agency: str
    profile: str
    volume: str = Field(repr=False)
    alert: str | None = None

    @classmethod
    def key_of(cls, agency: str, profile: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "VOLUME", profile), "sk": "VOLUME"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.profile)


class Progress(Entity):
    """How far an agency was looked at. hour: of which everybody was looked at up to and with the profile `up_to`, or
    everybody when that is None."""

    KIND: ClassVar[str] = "detection"
    TABLE: ClassVar[str] = "state"

    agency: str
    seen_to: Moment
    hour: Moment
    up_to: str | None = None

    @classmethod
    def key_of(cls, agency: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "DETECTION"), "sk": "DETECTION"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency)


@dataclass
class Detected:
    """failed: profiles that could not be judged, with the error's name. unfinished: agencies left for the next."""

    judged: int = 0
    raised: list[Alert] = field(default_factory=list)
    grown: list[Alert] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    unfinished: int = 0
    handed_over: int = 0


def detect(lookout: Lookout, *, until: datetime) -> Detected:
    """Look at every agency, those looked at longest ago first, until that moment: the next goes on from there."""
    store, done = lookout.store, Detected()
    agencies = [each.id for each in store.query(AgencyListed, AgencyListed.PARTITION)]
    found = store.get_many([(Progress, Progress.key_of(each)) for each in agencies])
    known = {name: each if isinstance(each, Progress) else None for name, each in zip(agencies, found, strict=True)}
    begun = datetime.min.replace(tzinfo=UTC)
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for agency in sorted(agencies, key=lambda each: (p.seen_to if (p := known[each]) else begun, each)):
            if lookout.clock.now() >= until:
                done.unfinished += 1
                continue
            try:
                done.handed_over += _hand_over(agency, lookout)
                _look(agency, known[agency], lookout, until, pool, done)
            except Exception as error:  # one agency's trouble is not the next one's; it is tried again in a minute
                done.failed.append((agency, type(error).__name__))
    return done


def _hand_over(agency: str, lookout: Lookout) -> int:
    """Once more what was made a while ago and still waits, unless a worker has it."""
    now = lookout.clock.now()
    left = [
        each
        for each in lookout.store.query(Telling, Telling.waiting_partition(agency), consistent=True)
        if each.made_at < now - UNTOLD and (each.lease_until is None or each.lease_until <= now)
    ]
    return lookout.queue.send(left) if left else 0


def _look(
    agency_id: str,
    before: Progress | None,
    lookout: Lookout,
    until: datetime,
    pool: ThreadPoolExecutor,
    done: Detected,
) -> None:
    store, now = lookout.store, lookout.clock.now()
    agency = store.get(Agency, Agency.key_of(agency_id), consistent=False)
    if agency is None:
        return
    hour = (now - SETTLED).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = before or Progress(agency=agency_id, seen_to=now - FARTHEST, hour=hour - timedelta(hours=1))
    start = _minute(max(last.seen_to - AGAIN, now - FARTHEST))
    counts: dict[str, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for tally in between(agency_id, start, now + AHEAD, store=store):
        counts[tally.profile][min(_minute(tally.at), _minute(now))] += len(tally.messages)
    failures = len(done.failed)

    def look_at(profiles: Sequence[str]) -> bool:
        """False when time ran out before all were looked at."""
        if lookout.clock.now() >= until:
            return False
        read = store.get_many(
            [
                key
                for each in profiles
                for key in ((Known, Known.key_of(agency_id, each)), (AlertRule, AlertRule.key_of(agency_id, each)))
            ]
        )
        work = []
        for place, profile in enumerate(profiles):
            volume, rule = read[2 * place], read[2 * place + 1]
            work.append(
                _Work(
                    agency,
                    profile,
                    volume if isinstance(volume, Known) else None,
                    rule if isinstance(rule, AlertRule) else AlertRule(agency=agency_id, profile=profile),
                    counts.get(profile, {}),
                    start,
                    now,
                )
            )
        for each, (said, alert, error) in zip(work, pool.map(lambda each: _one(each, lookout), work), strict=True):
            done.judged += 1
            if error is not None:
                done.failed.append((each.profile, error))
            if alert is not None:
                (done.raised if said == "ring" else done.grown).append(alert)
        return True

    def all_of(profiles: Sequence[str]) -> str | None:
        """Looks at them in their order; returns the last of those it came to when it did not come to the end."""
        for first in range(0, len(profiles), _CHUNK):
            if not look_at(profiles[first : first + _CHUNK]):
                return profiles[first - 1] if first else ""
        return None

    stopped = all_of(sorted(counts))
    seen_to = now if stopped is None and len(done.failed) == failures else last.seen_to
    progress = {"seen_to": seen_to, "hour": last.hour, "up_to": last.up_to}
    if stopped is None and (last.hour < hour or last.up_to is not None):
        reached = last.up_to if last.hour == hour and last.up_to else ""
        others = sorted(each.id for each in store.query(Profile, Profile.partition(agency_id)) if each.id > reached)
        stopped = all_of([each for each in others if each not in counts])
        progress |= {"hour": hour, "up_to": None if stopped is None else stopped or reached or None}
        if stopped is not None and progress["up_to"] is None:
            progress["hour"] = last.hour  # nobody was reached: begin again
    done.unfinished += stopped is not None
    saved = before.but(**progress) if before else last.model_copy(update=progress)
    with suppress(Lost):  # another detection looks at the same time, and what each wrote was conditional
        store.save(saved)


@dataclass(frozen=True)
class _Work:
    agency: Agency
    profile: str
    known: Known | None
    rule: AlertRule
    counts: Mapping[datetime, int]
    start: datetime
    now: datetime


def _one(work: _Work, lookout: Lookout) -> tuple[str, Alert | None, str | None]:
    """(verdict, the alert that rang or grew, the error's name)."""
    try:
        for _ in range(3):
            try:
                return *_judged(work, lookout), None
            except Lost:
                # The detection beside this one, or somebody who acknowledged: look again at what stands now.
                again = lookout.store.get(Known, Known.key_of(work.agency.id, work.profile))
                if work.known is not None and again is not None and again.rev != work.known.rev:
                    return "quiet", None, None  # the other one judged these minutes
                work = replace(work, known=again)
        return "quiet", None, "Lost"
    except Exception as error:  # the others' turn comes; this one's minutes are read again
        return "quiet", None, type(error).__name__


def _judged(work: _Work, lookout: Lookout) -> tuple[str, Alert | None]:
    detector, store, now = lookout.detector, lookout.store, work.now
    volume = work.known.volume if work.known else detector.begin(work.agency.zone)
    # Nothing came between what this profile was last looked at and what was read now: else it would have been its turn.
    first = min(work.start, (detector.seen_to(volume) or work.start) + timedelta(minutes=1))
    first = max(first, _minute(now - FARTHEST))
    counts = dict.fromkeys(_minutes(first, now), 0) | {
        minute: count for minute, count in work.counts.items() if minute >= first
    }
    volume = detector.follow(volume, now=now, counts=counts)
    verdict, after = detector.judge(volume, now=now, rule=work.rule)
    says: Literal["quiet", "ring", "grow"] = verdict.says if work.rule.active else "quiet"
    profile = store.get(Profile, Profile.key_of(work.agency.id, work.profile)) if says != "quiet" else None
    if says == "quiet" or profile is None:
        # A rule that is off learns, and does not remember that it would have rung.
        store.save(_known(work, after if verdict.says == says else volume, None))
        return "quiet", None
    if says == "grow":
        former = work.known.alert if work.known else None
        rang = store.get(Alert, Alert.key_of(work.agency.id, former)) if former else None
        alert = _grown(rang, verdict, work, lookout) if rang else None
        if alert is None:
            store.save(_known(work, after, None))
            return "quiet", None
        _raise(alert, _known(work, after, alert.id), "alert.escalated", work, lookout)
        return "grow", alert
    alert = _rang(profile, verdict, work, lookout)
    _raise(alert, _known(work, after, alert.id), "alert.raised", work, lookout)
    return "ring", alert


def _known(work: _Work, volume: str, alert: str | None) -> Known:
    if work.known is None:
        return Known(agency=work.agency.id, profile=work.profile, volume=volume, alert=alert)
    return work.known.but(volume=volume, alert=alert or work.known.alert)


def _rang(profile: Profile, verdict: Verdict, work: _Work, lookout: Lookout) -> Alert:
    return Alert.model_validate(
        {
            "agency": work.agency.id,
            "id": Alert.id_of(profile.id, work.now),
            "profile": profile.id,
            "network": profile.network,
            "handle": profile.handle,
            "department": profile.department,
            "raised_at": work.now,
            "method": work.rule.method,
            "sensitivity": work.rule.sensitivity,
            **_seen(verdict, work, lookout),
        }
    )


def _grown(rang: Alert, verdict: Verdict, work: _Work, lookout: Lookout) -> Alert | None:
    """None when it has grown already: an alert is told of twice at most."""
    return None if rang.escalated_at else rang.but(escalated_at=work.now, **_seen(verdict, work, lookout))


def _seen(verdict: Verdict, work: _Work, lookout: Lookout) -> dict[str, object]:
    store, now = lookout.store, work.now
    span = evidence.STEP * (evidence.STEPS + 1)
    tallies = list(between(work.agency.id, now - span, now + AHEAD, store=store, profile=work.profile))
    ids = [each for tally in tallies if tally.at > now - FARTHEST for each in tally.messages][-SAMPLE:]
    found = store.get_many([(Message, Message.key_of(work.agency.id, each)) for each in ids])
    messages = [each for each in found if isinstance(each, Message)]
    return {
        "count": verdict.count,
        "expected": verdict.expected,
        "ratio": verdict.ratio,
        "hourly_average": verdict.hourly_average,
        "terms": evidence.terms_of(each.text for each in messages),
        "posts": evidence.posts_of(messages),
        "steps": evidence.steps_of([(min(each.at, now), len(each.messages)) for each in tallies], now),
        "authors": evidence.authors_of(messages),
        "sampled": len(messages),
    }


def _raise(alert: Alert, known: Known, what: str, work: _Work, lookout: Lookout) -> None:
    """The alert, what the detector knows, the event and every telling: all of it or nothing. Raises Lost."""
    store = lookout.store
    tellings = _tellings(alert, work, lookout)
    store.commit(known, alert, alert.event(what, work.now), *tellings[:_AT_ONCE])
    lookout.queue.send(tellings[:_AT_ONCE])  # what is not taken is handed over again in a minute
    for start in range(_AT_ONCE, len(tellings), 100):
        more = tellings[start : start + 100]
        store.commit(*more)
        lookout.queue.send(more)
    if not tellings:
        body = f"Alert {alert.id}: nobody of its department is told of alerts."
        with suppress(Upstream):  # it stands in the list of alerts all the same
            tell(
                alert.agency, "alert_unheard", about=alert.id, body=body, store=store, topic=lookout.topic, now=work.now
            )


def _tellings(alert: Alert, work: _Work, lookout: Lookout) -> list[Telling]:
    """Ids name the alert, whether it grew, the person and the channel: one cause tells nobody twice."""
    turn = "2" if alert.escalated_at else "1"
    made = []
    letters: dict[tuple[str, Channel], Letter] = {}
    for each in on_duty(alert.agency, alert.department, store=lookout.store):
        language = each.person.language
        if (language, "topic") not in letters:
            letters[language, "topic"] = letter_of(
                alert, language=language, zone=work.agency.zone, site_url=lookout.site_url
            )
            letters[language, "push"] = push_of(alert, language=language, site_url=lookout.site_url)
        ways: list[tuple[str, Channel, str]] = [("mail", "topic", each.person.email)] if each.email else []
        ways += [(device.id, "push", device.endpoint) for device in each.devices]
        for name, channel, address in ways:
            made.append(
                make_telling(
                    letters[language, channel],
                    agency=alert.agency,
                    id=f"{alert.id}.{turn}.{each.person.id}.{name}",
                    about=alert.subject,
                    channel=channel,
                    person=each.person.id,
                    address=address,
                    vault=lookout.vault,
                    now=work.now,
                )
            )
    return made


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _minutes(first: datetime, now: datetime) -> list[datetime]:
    return [first + timedelta(minutes=step) for step in range(int((_minute(now) - first) / timedelta(minutes=1)) + 1)]
