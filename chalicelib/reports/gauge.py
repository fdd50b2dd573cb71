"""What a network counts of one published post: the latest reading, and when to read again."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.networks.contract import PostMetrics

SHARDS = 2

_MINUTES = (1, 3, 6, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1080, 1440)
_DAYS = (1.5, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30)
READINGS = (*(timedelta(minutes=each) for each in _MINUTES), *(timedelta(days=each) for each in _DAYS))
"""How long after publication a post is read: dense at first, when a post lives, and sparse later; a month in all."""

MEASURES = ("likes", "shares", "replies", "quotes", "clicks", "impressions")


def values_of(seen: PostMetrics) -> dict[str, int]:
    """Only what the network gave."""
    given = {name: getattr(seen, name) for name in MEASURES}
    return {name: value for name, value in given.items() if value is not None}


class Gauge(Entity):
    """values: name -> count, as the network last gave them. next_at: the next reading, None when there is none.

    Kept by the month of publication, so that a report of a period reads one partition a month.
    """

    KIND: ClassVar[str] = "gauge"

    agency: str
    post: str
    profile: str
    network: str
    department: str
    remote_id: str
    url: str | None = None
    title: str
    published_at: Moment
    values: dict[str, int] = Field(default_factory=dict)
    measured_at: Moment | None = None
    readings: int = 0
    next_at: Moment | None = None
    gone: bool = False

    @staticmethod
    def partition(agency: str, month: str) -> str:
        """month: YYYY-MM, UTC."""
        return agency_key(agency, "GAUGES", month)

    @classmethod
    def key_of(cls, agency: str, published_at: datetime, post: str, profile: str) -> dict[str, str]:
        moment = stamp(published_at)
        return {"pk": cls.partition(agency, moment[:7]), "sk": f"{moment}#{post}#{profile}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.published_at, self.post, self.profile)

    def index_keys(self) -> dict[str, str]:
        if self.next_at is None:
            return {}
        shard = zlib.crc32(f"{self.post}{self.profile}".encode()) % SHARDS
        return {"due_pk": bucket(self.next_at, shard), "due_sk": f"{stamp(self.next_at)}#{self.post}#{self.profile}"}

    def read(self, seen: PostMetrics, now: datetime) -> Gauge:
        """What was counted before and is not given now keeps its last value."""
        return self.but(
            values={**self.values, **values_of(seen)},
            measured_at=self.measured_at if seen.gone else now,
            readings=self.readings + 1,
            next_at=None if seen.gone else next_reading(self.published_at, now),
            gone=seen.gone,
        )

    def put_off(self, until: datetime) -> Gauge:
        return self.but(next_at=until)


class Reading(Entity):
    """What was counted at one moment; the history behind a gauge. Written once."""

    KIND: ClassVar[str] = "reading"
    TABLE: ClassVar[str] = "state"
    CONDITIONAL: ClassVar[bool] = False

    agency: str
    post: str
    profile: str
    at: Moment
    values: dict[str, int]

    def key(self) -> dict[str, str]:
        return {"pk": agency_key(self.agency, "READINGS", self.post, self.profile), "sk": stamp(self.at)}


class Following(Entity):
    """What a network counted of an account on one day (of the agency's zone), at the last reading of that day."""

    KIND: ClassVar[str] = "following"
    TABLE: ClassVar[str] = "state"

    agency: str
    profile: str
    day: str
    at: Moment
    values: dict[str, int] = Field(default_factory=dict)

    @staticmethod
    def partition(agency: str, profile: str) -> str:
        return agency_key(agency, "FOLLOWING", profile)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.profile), "sk": self.day}


def bucket(moment: datetime, shard: int) -> str:
    """The due index's partition of one minute; it spans agencies and holds keys only."""
    return f"GAUGE#{stamp(moment)[:16]}#{shard}"


def next_reading(published_at: datetime, now: datetime) -> datetime | None:
    """The first of READINGS that lies ahead by more than half a minute."""
    for after in READINGS:
        if published_at + after > now + timedelta(seconds=30):
            return published_at + after
    return None
