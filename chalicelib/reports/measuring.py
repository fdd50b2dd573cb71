"""Reading what networks count: which readings are due (each minute), and the readings themselves (from the queue).

The outbox says what was published; a post's own delivery pays nothing for being measured. Everything here may be done
twice: a gauge is made once by condition, a reading replaces the one before.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, stamp
from chalicelib.errors import Upstream
from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    Network,
    NetworkError,
    PostMetrics,
    ReadingNetwork,
    Unavailable,
)
from chalicelib.profiles.credentials import Vault, with_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.post import Post
from chalicelib.records.event import Event
from chalicelib.reports.gauge import SHARDS, Following, Gauge, Reading, bucket, next_reading
from chalicelib.store import Lost, Store, indexed
from chalicelib.team.people import Agency, AgencyListed

TOGETHER = 25
"""Posts in one reading: what Bluesky's getPosts takes at once."""

_BACK = timedelta(minutes=10)
"""How far behind its mark the outbox is read again: an index follows its table, usually within a second, and what was
found only by reconciling stands there under the moment when the network took it, minutes ago."""
_FAR_BACK = timedelta(hours=2)
"""The same, twice an hour: a network that could not be read for long."""
_LONGEST_LOOK = timedelta(hours=6)
_ARMED_FOR = timedelta(minutes=5)
"""A reading that was handed over and not made is due again after this."""
_EVERY_MINUTES = 30
"""How often an account's followers are read."""


class Due(BaseModel):
    """One message: readings of one profile. gauges: (published_at, post) pairs; account: its followers, too."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    v: Literal[1] = 1
    agency: str
    profile: str
    gauges: tuple[tuple[Moment, str], ...] = ()
    account: bool = False


class MeasureQueue(Protocol):
    def send_all(self, messages: Sequence[Due]) -> int:
        """Hand over; returns how many were taken. What is not is due again some minutes later."""


class GaugeMark(Entity):
    """seen_to: everything published before it has its gauge. swept_to: every reading due before it was handed over."""

    KIND: ClassVar[str] = "gauge_mark"
    TABLE: ClassVar[str] = "state"

    seen_to: Moment
    swept_to: Moment

    @staticmethod
    def key_of() -> dict[str, str]:
        return {"pk": "GAUGES", "sk": "MARK"}

    def key(self) -> dict[str, str]:
        return self.key_of()


@dataclass(frozen=True)
class Round:
    new: int
    handed_over: int
    accounts: int


# ---------------------------------------------------------------- each minute


def sweep_gauges(*, store: Store, queue: MeasureQueue, clock: Clock) -> Round:
    """Make gauges of what was published, and hand over the readings that are due."""
    now = clock.now()
    mark = store.get(GaugeMark, GaugeMark.key_of())
    seen_to = max(mark.seen_to if mark else now - _LONGEST_LOOK, now - timedelta(days=2))
    swept_to = max(mark.swept_to if mark else now - _LONGEST_LOOK, now - timedelta(days=2))
    agencies = [each.id for each in store.query(AgencyListed, AgencyListed.PARTITION)]
    back = _FAR_BACK if now.minute % 30 == 0 else _BACK
    new = sum(_gauges_of_published(each, seen_to - back, now, store=store) for each in agencies)
    accounts = [due for each in agencies for due in _accounts_due(each, now, store=store)]
    queue.send_all(accounts)
    buckets = _minutes(swept_to - timedelta(minutes=2), now)
    waiting = [gauge for minute in buckets for gauge in _in_bucket(minute, store)]
    due = [gauge for gauge in waiting if gauge.next_at is not None and gauge.next_at <= now]
    handed_over = _hand_over(due, now, store=store, queue=queue)
    moved = {"seen_to": now, "swept_to": now}
    with suppress(Lost):  # two at once: what both did, they did on condition
        store.save(mark.but(**moved) if mark else GaugeMark.model_validate(moved))
    return Round(new, handed_over, len(accounts))


def _gauges_of_published(agency: str, since: datetime, now: datetime, *, store: Store) -> int:
    made = 0
    day = since
    while day.date() <= now.date():
        for event in _outbox(agency, day, since, store):
            if event.what == "delivery.published" and event.profile is not None:
                made += _gauge_of(event, now, store=store)
        day += timedelta(days=1)
    return made


def _outbox(agency: str, day: datetime, since: datetime, store: Store) -> Iterator[Event]:
    cursor: str | None = None
    while True:
        rows, cursor = store.rows(
            "audit", Event.outbox_partition(agency, day), index="outbox", between=(stamp(since), "~"), cursor=cursor
        )
        yield from (Event.of(row) for row in rows if row.get("what") == "delivery.published")
        if cursor is None:
            return


def _gauge_of(event: Event, now: datetime, *, store: Store) -> bool:
    """False for one that has a gauge, or is an answer to a citizen."""
    post_id, profile = event.subject.removeprefix("POST#"), event.profile or ""
    if store.get(Gauge, Gauge.key_of(event.agency, event.at, post_id, profile)) is not None:
        return False
    post = store.get(Post, {"pk": Post.partition(event.agency, post_id), "sk": "POST"})
    if post is None or post.content.reply_to is not None:
        return False
    url = event.detail.get("url")
    gauge = Gauge(
        agency=event.agency,
        post=post_id,
        profile=profile,
        network=str(event.detail.get("network", "")),
        department=post.department,
        remote_id=str(event.detail.get("remote_id", "")),
        url=str(url) if url else None,
        title=post.content.title(),
        published_at=event.at,
        next_at=next_reading(event.at, max(event.at, now - timedelta(minutes=1))),
    )
    try:
        store.save(gauge)
    except Lost:
        return False
    return True


def _accounts_due(agency: str, now: datetime, *, store: Store) -> Iterator[Due]:
    """Each profile in a minute of its own, so that a thousand are not asked about in one."""
    minute = int(now.timestamp() // 60)
    for profile in store.query(Profile, Profile.partition(agency)):
        young = now - profile.connected_at < timedelta(minutes=3)
        if profile.status == "connected" and (
            young or (minute + zlib.crc32(profile.id.encode())) % _EVERY_MINUTES == 0
        ):
            yield Due(agency=agency, profile=profile.id, account=True)


def _minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    minute = first.replace(second=0, microsecond=0)
    while minute <= last:
        yield minute
        minute += timedelta(minutes=1)


def _in_bucket(minute: datetime, store: Store) -> Iterator[Gauge]:
    for shard in range(SHARDS):
        yield from indexed(Gauge, bucket(minute, shard), index="due", store=store)


def _hand_over(due: Iterable[Gauge], now: datetime, *, store: Store, queue: MeasureQueue) -> int:
    """Each is put off first: a reading that is never made comes back, and one that is made is not made twice."""
    taken: dict[tuple[str, str], list[Gauge]] = {}
    for gauge in due:
        with suppress(Lost):
            store.save(gauge.put_off(now + _ARMED_FOR))
            taken.setdefault((gauge.agency, gauge.profile), []).append(gauge)
    messages = [
        Due(
            agency=agency,
            profile=profile,
            gauges=tuple((each.published_at, each.post) for each in gauges[start : start + TOGETHER]),
        )
        for (agency, profile), gauges in taken.items()
        for start in range(0, len(gauges), TOGETHER)
    ]
    queue.send_all(messages)
    return sum(len(each.gauges) for each in messages)


# ---------------------------------------------------------------- from the queue


def measure(
    due: Due,
    *,
    store: Store,
    vault: Vault,
    clock: Clock,
    network_named: Callable[[str], Network],
    broken: Callable[[Profile, str], None],
) -> str:
    """Make the readings of one message; returns, for the log, what that was.

    broken: the credentials are void for good; the connection is marked and people are told. A network that cannot be
    reached is asked again when it says so, or minutes later.
    """
    profile = store.get(Profile, Profile.key_of(due.agency, due.profile))
    if profile is None or profile.status == "broken":
        return "void"
    network = cast(ReadingNetwork, network_named(profile.network))
    reads = network.capabilities().reads
    found = store.get_many([(Gauge, Gauge.key_of(due.agency, at, post, due.profile)) for at, post in due.gauges])
    gauges = [each for each in found if isinstance(each, Gauge)]

    def read(account: Account) -> None:
        if gauges and "post_metrics" in reads:
            seen = network.post_metrics(account, [each.remote_id for each in gauges])
            _write_down(gauges, seen, clock.now(), store)
        if due.account and "profile_metrics" in reads:
            _follow(profile, network, account, clock.now(), store)

    try:
        with_account(profile, read, network=network, store=store, vault=vault, clock=clock)
    except CredentialsRefused as error:
        broken(profile, error.code)
        return "broken"
    except Unavailable as error:
        _put_off(gauges, clock.now() + max(error.wait, timedelta(minutes=1)), store)
        return error.code
    except Upstream as error:  # what we depend on ourselves
        _put_off(gauges, clock.now() + timedelta(minutes=1), store)
        return error.code
    except NetworkError as error:  # not understood, or not permitted: it may publish all the same
        _put_off(gauges, clock.now() + timedelta(hours=1), store)
        return error.code
    return "measured"


def _write_down(gauges: Sequence[Gauge], seen: Sequence[PostMetrics], now: datetime, store: Store) -> None:
    by_id = {each.remote_id: each for each in seen}
    for gauge in gauges:
        counted = by_id.get(gauge.remote_id)
        if counted is None:
            continue
        read = gauge.read(counted, now)
        with suppress(Lost):
            store.save(read)
            if not counted.gone:
                store.save(
                    Reading(agency=gauge.agency, post=gauge.post, profile=gauge.profile, at=now, values=read.values)
                )


def _put_off(gauges: Sequence[Gauge], until: datetime, store: Store) -> None:
    for gauge in gauges:
        with suppress(Lost):
            store.save(gauge.put_off(until))


def _follow(profile: Profile, network: ReadingNetwork, account: Account, now: datetime, store: Store) -> None:
    agency = store.get(Agency, Agency.key_of(profile.agency), consistent=False)
    seen = network.profile_metrics(account)
    counts = {"followers": seen.followers, "following": seen.following, "posts": seen.posts}
    day = now.astimezone(ZoneInfo(agency.zone if agency else "UTC")).date().isoformat()
    fresh = Following(
        agency=profile.agency,
        profile=profile.id,
        day=day,
        at=now,
        values={name: value for name, value in counts.items() if value is not None},
    )
    present = store.get(Following, fresh.key())
    with suppress(Lost):
        store.save(present.but(at=now, values={**present.values, **fresh.values}) if present else fresh)
