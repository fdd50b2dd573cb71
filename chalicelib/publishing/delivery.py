"""A delivery: one post on one profile, and every state it may pass through.

    queued -> publishing -> published | failed | held | queued (a rate limit) | unconfirmed
    unconfirmed -> published | queued (absence proven) | failed | held
    publishing, unconfirmed -> queued (a part of a thread stands, the next one follows)
    held, failed -> queued (a person released it)        anything not leaving or gone -> cancelled

The functions here are pure. What is written is written on condition that nobody else wrote first (rev).
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from chalicelib.entity import Entity, Moment, agency_key, stamp

DeliveryState = Literal["held", "queued", "publishing", "published", "failed", "unconfirmed", "cancelled"]

LEASE = timedelta(seconds=90)
"""Longer than the publish function may live (60 s), so that a lease that ran out has no living owner."""

LATEST = timedelta(hours=1)
"""What is later than this is not sent by itself: old news read as new does harm."""

ATTEMPTS_MAX = 5
DETAIL_MAX = 160  # characters of a vendor's explanation; the item stays within one write unit
ARMS_MAX = 12

PREPARED_BEFORE = timedelta(minutes=5)
"""Where a network publishes in two steps (all posts, or those with a video), the first is taken so long before the
time: it may take a minute or more, and what the network refuses is known while there is time to mend it."""

DUE_SHARDS = 4
"""An index partition takes 1,000 writes a second (DynamoDB's limit, 2026); four carry 4,000 in one minute's bucket."""

WAITS_FOR_A_PERSON: frozenset[str] = frozenset({"held", "failed", "unconfirmed"})


class Delivery(Entity):
    """due_at: when it should leave. act_at: when something must next be done about it, or None when nothing will.

    lease_until: while publishing (or looking whether it was published), nobody else may touch it before then.
    attempts: outward attempts begun since the network last took something of it. began_at: when the present or last
    attempt began, written before the network is called. first_began_at: the same of the first. unsure_since: since when
    the last attempt could no longer be accepted without our knowing (its end, or the end of its lease). looks: how
    often our own posts were read since. absences: attempts that proved not to have been accepted. ticket: what a
    network that publishes in two steps gave for the material that it holds, ticket_version: of which version of the
    post; what is published by it was on record before. ticket_unfinished: the attempt with it hands over more, or looks
    whether it is prepared, and publishes nothing. reviewed: it may leave only while the post's approval stands for
    exactly what is sent; the worker asks last of all. conversation: where it answers, if it is a reply. parts: how many
    a thread has. standing: the remote ids of those that stand already, in their order; what is told of attempts
    and looks is of the part that comes next. remote_id, url, published_at: of the first part. words_hash: of what it
    says there (tracking.words_hash), by which the calendar knows the same words again.
    """

    KIND: ClassVar[str] = "delivery"

    agency: str
    post: str
    profile: str
    network: str
    department: str
    campaign: str | None = None
    reviewed: bool = False
    conversation: str | None = None
    version: int
    state: DeliveryState = "queued"
    due_at: Moment
    act_at: Moment | None = None
    armed_at: Moment | None = None
    arms: int = 0
    lease_until: Moment | None = None
    attempts: int = 0
    began_at: Moment | None = None
    first_began_at: Moment | None = None
    unsure_since: Moment | None = None
    looks: int = 0
    absences: int = 0
    ticket: str | None = None
    ticket_version: int | None = None
    ticket_unfinished: bool | None = None
    parts: int = 1
    words_hash: str | None = None
    standing: tuple[str, ...] = ()
    reason: str | None = None
    detail: str | None = None
    remote_id: str | None = None
    url: str | None = None
    published_at: Moment | None = None
    seq: int = 0

    @property
    def id(self) -> str:
        return f"{self.post}-{self.profile}"

    @property
    def publication_key(self) -> str:
        """Stable over every attempt at this delivery, or this part of it; a new one when a person sends it anew
        (seq)."""
        key = f"{self.agency}-{self.post}-{self.profile}-{self.seq}"
        return f"{key}-{self.part}" if self.part else key

    @property
    def part(self) -> int:
        """Which part of a thread comes next, from 0."""
        return len(self.standing)

    @property
    def cut(self) -> bool:
        """Some parts of its thread stand, and others do not."""
        return 0 < self.part < self.parts

    @property
    def standing_ticket(self) -> str | None:
        """None also where the post was changed since: what the network holds is not what would be published."""
        return self.ticket if self.ticket_version == self.version else None

    @staticmethod
    def key_of(agency: str, post: str, profile: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "POST", post), "sk": f"DELIVERY#{profile}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.post, self.profile)

    @staticmethod
    def attention_partition(agency: str) -> str:
        return agency_key(agency, "ATTENTION")

    def index_keys(self) -> dict[str, str]:
        keys: dict[str, str] = {}
        if self.conversation is None:  # a reply stands in its conversation, not in the calendar
            keys["cal_pk"] = agency_key(self.agency, "CALENDAR", stamp(self.due_at)[:7])
            keys["cal_sk"] = f"{stamp(self.due_at)}#{self.post}#{self.profile}"
            # The calendar shows "publishing" as "queued": a second's state is not worth an index write each.
            keys["cal_state"] = "queued" if self.state == "publishing" else self.state
        if self.act_at is not None:
            shard = zlib.crc32(f"{self.post}{self.profile}".encode()) % DUE_SHARDS
            keys["due_pk"] = due_bucket(self.act_at, shard)
            keys["due_sk"] = f"{stamp(self.act_at)}#{self.post}#{self.profile}"
        elif self.state in WAITS_FOR_A_PERSON:
            keys["due_pk"] = self.attention_partition(self.agency)
            keys["due_sk"] = f"{stamp(self.due_at)}#{self.post}#{self.profile}"
        return keys

    # ------------------------------------------------------------ what may happen to it

    def is_leaving(self) -> bool:
        """Claimed by a worker, or possibly gone: it can be neither changed nor cancelled any more."""
        return self.state == "publishing" or (self.state == "unconfirmed" and self.act_at is not None)

    def lease_stands(self, now: datetime) -> bool:
        return self.lease_until is not None and now < self.lease_until

    def wants_arming(self, now: datetime) -> bool:
        """True when no message that could still do the work is known to be under way."""
        if self.act_at is None or self.lease_stands(now):
            return False
        if self.armed_at is None:
            return True
        return now > self.act_at + timedelta(seconds=30) and now > self.armed_at + timedelta(seconds=50)

    def armed(self, now: datetime) -> Delivery:
        return self.but(armed_at=now, arms=self.arms + 1)

    def claimed(self, now: datetime) -> Delivery:
        """The attempt is on record with this write, before the network hears of it."""
        return self.but(
            state="publishing",
            lease_until=now + LEASE,
            attempts=self.attempts + 1,
            began_at=now,
            first_began_at=self.first_began_at or now,
            unsure_since=None,
            reason=None,
            detail=None,
        )

    def looking(self, now: datetime) -> Delivery:
        """Leased to one worker, which reads the profile's own posts."""
        return self.but(
            state="unconfirmed",
            lease_until=now + LEASE,
            looks=self.looks + 1,
            # A worker that died could have been heard until its lease ran out, never later.
            unsure_since=self.unsure_since or self.lease_until or now,
            reason="worker_lost" if self.state == "publishing" else self.reason or "not_confirmed",
        )

    def published(self, *, remote_id: str, url: str | None, at: datetime) -> Delivery:
        """remote_id, url: of the part that stands now, which is the last."""
        return self.but(
            state="published",
            act_at=None,
            lease_until=None,
            remote_id=self.remote_id or remote_id,
            url=self.url or url,
            published_at=self.published_at or at,
            standing=(*self.standing, remote_id) if self.parts > 1 else (),
            reason=None,
            detail=None,
        )

    def continued(self, *, remote_id: str, url: str | None, at: datetime, now: datetime) -> Delivery:
        """This part stands since `at`; the next one follows at once, with a sheet of its own."""
        return (
            self.again(now, reason=None)
            .model_copy(
                update={
                    "standing": (*self.standing, remote_id),
                    "remote_id": self.remote_id or remote_id,
                    "url": self.url or url,
                    "published_at": self.published_at or at,
                    "attempts": 0,
                    "began_at": None,
                    "first_began_at": None,
                    "absences": 0,
                }
            )
            .without_ticket()
        )

    def without_ticket(self) -> Delivery:
        return self.model_copy(update={"ticket": None, "ticket_version": None, "ticket_unfinished": None})

    def unconfirmed(self, now: datetime, *, reason: str, detail: str, look_at: datetime | None) -> Delivery:
        """look_at None: nothing more can be found out by us; a person must look."""
        return self.but(
            state="unconfirmed",
            act_at=look_at,
            armed_at=None,
            arms=0,
            lease_until=None,
            unsure_since=self.unsure_since or now,
            reason=reason,
            detail=detail[:DETAIL_MAX] or None,
        )

    def again(self, act_at: datetime, *, reason: str | None, detail: str = "") -> Delivery:
        """Back in the queue: nothing of it stands on the network."""
        return self._let_go("queued", act_at, reason, detail)

    def prepared(self, ticket: str, act_at: datetime, *, unfinished: bool, reason: str | None) -> Delivery:
        """The network holds the material and nothing of it stands in public: it is published by the next attempt.

        Which counts as the first: a trouble at it is no sequel of the looks at what was being prepared."""
        return self.again(act_at, reason=reason).model_copy(
            update={
                "ticket": ticket,
                "ticket_version": self.version,
                "ticket_unfinished": unfinished or None,
                "attempts": 0,
            }
        )

    def held(self, reason: str, detail: str = "") -> Delivery:
        return self._let_go("held", None, reason, detail)

    def failed(self, reason: str, detail: str = "") -> Delivery:
        return self._let_go("failed", None, reason, detail)

    def cancelled(self) -> Delivery:
        return self._let_go("cancelled", None, None, "")

    def _let_go(self, state: DeliveryState, act_at: datetime | None, reason: str | None, detail: str) -> Delivery:
        """No worker has it, and none is to look for it on the network."""
        return self.but(
            state=state,
            act_at=act_at,
            armed_at=None,
            arms=0,
            lease_until=None,
            unsure_since=None,
            looks=0,
            reason=reason,
            detail=detail[:DETAIL_MAX] or None,
        )

    def due(self, due_at: datetime, *, version: int, act_at: datetime | None = None) -> Delivery:
        """Planned (anew) for this time by a person. What failed or was held starts with a clean sheet; of a thread, the
        parts that stand are not sent again.

        act_at: when the first step is taken, where that is before the time."""
        return self.but(
            state="queued",
            due_at=due_at,
            act_at=act_at or due_at,
            armed_at=None,
            arms=0,
            lease_until=None,
            attempts=0,
            began_at=None,
            first_began_at=None,
            unsure_since=None,
            looks=0,
            absences=0,
            ticket=None,
            ticket_version=None,
            ticket_unfinished=None,
            reason=None,
            detail=None,
            version=version,
            seq=self.seq + 1,
        )


def due_bucket(moment: datetime, shard: int) -> str:
    """The due index's partition: one minute, one shard. It spans agencies: only the sweep reads it."""
    return f"DUE#{stamp(moment)[:16]}#{shard}"
