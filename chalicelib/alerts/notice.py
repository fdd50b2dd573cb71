"""Telling people that something waits for them: once a quarter of an hour for each kind of thing, not once a thing."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.errors import Upstream
from chalicelib.store import Lost, Store

QUIET = timedelta(minutes=15)


class Topic(Protocol):
    def publish(self, *, subject: str, body: str) -> None:
        """Send to everybody who subscribed. Raises Upstream."""


class Notice(Entity):
    KIND: ClassVar[str] = "notice"
    TABLE: ClassVar[str] = "state"

    agency: str
    code: str
    about: str
    told_at: Moment

    def key(self) -> dict[str, str]:
        return {"pk": agency_key(self.agency, "NOTICES"), "sk": f"{self.code}#{self.about}"}


def tell(agency: str, code: str, *, about: str = "", body: str, store: Store, topic: Topic, now: datetime) -> bool:
    """True if people were told now, False if they were told of the same within the last quarter of an hour.

    Raises Upstream when the topic does not take it.

    body: ids and codes only; never what citizens or staff wrote.
    """
    fresh = Notice(agency=agency, code=code, about=about, told_at=now)
    before = store.get(Notice, fresh.key())
    if before is not None and now - before.told_at < QUIET:
        return False
    telling = before.but(told_at=now) if before else fresh
    try:
        store.save(telling)
    except Lost:
        return False  # a colleague of ours tells
    try:
        topic.publish(subject=f"Parvis: {code}", body=f"{body}\n\n{stamp(now)} agency {agency}")
    except Upstream:
        with suppress(Lost):  # nobody was told: the next occasion tries again instead of keeping quiet
            store.save(telling.but(told_at=now - QUIET))
        raise
    return True
