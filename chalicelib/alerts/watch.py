"""Looking, each minute, at what could go wrong in silence. Health is what was seen, never what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from chalicelib.alerts.notice import Topic, tell
from chalicelib.alerts.telling import Telling
from chalicelib.entity import Entity, Moment
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import Watermark, overdue
from chalicelib.store import Lost, Store
from chalicelib.team.people import AgencyListed

STALE = timedelta(minutes=3)
UNTOLD = timedelta(minutes=5)
SYSTEM = "system"


class Seen(Entity):
    """What the last look saw. oldest_overdue_s: seconds. untold: what people should have been told five minutes ago."""

    KIND: ClassVar[str] = "seen"
    TABLE: ClassVar[str] = "state"

    looked_at: Moment
    overdue: int
    oldest_overdue_s: int
    broken_profiles: int
    dead_letters: int
    untold: int = 0

    @staticmethod
    def key_of() -> dict[str, str]:
        return {"pk": "WATCH", "sk": "SEEN"}

    def key(self) -> dict[str, str]:
        return self.key_of()


def look(*, store: Store, topic: Topic, dead_letters: Callable[[], int], now: datetime) -> Seen:
    """Look, write down what was seen, and tell people when something waits that nobody may know of."""
    mark = store.get(Watermark, Watermark.key_of())
    late = overdue(mark, store=store, now=now) if mark else []
    agencies = [agency.id for agency in store.query(AgencyListed, AgencyListed.PARTITION)]
    broken = sum(
        profile.status == "broken" for agency in agencies for profile in store.query(Profile, Profile.partition(agency))
    )
    untold = sum(
        telling.made_at < now - UNTOLD
        for agency in agencies
        for telling in store.query(Telling, Telling.waiting_partition(agency))
    )
    fresh = {
        "looked_at": now,
        "overdue": len(late),
        "oldest_overdue_s": max((int((now - each.act_at).total_seconds()) for each in late if each.act_at), default=0),
        "broken_profiles": broken,
        "dead_letters": dead_letters(),
        "untold": untold,
    }
    before = store.get(Seen, Seen.key_of())
    seen = before.but(**fresh) if before else Seen.model_validate(fresh)
    try:
        store.save(seen)
    except Lost:
        return seen  # two looks at once: the other one tells
    if seen.dead_letters:
        body = (
            f"{seen.dead_letters} message(s) could not be handled and lie in a dead-letter queue (docs/operating.md)."
        )
        tell(SYSTEM, "dead_letters", body=body, store=store, topic=topic, now=now)
    if seen.untold:
        body = f"{seen.untold} mail(s) or push(es) have waited for more than five minutes (docs/operating.md)."
        tell(SYSTEM, "people_untold", body=body, store=store, topic=topic, now=now)
    if seen.oldest_overdue_s > STALE.total_seconds():
        body = f"{seen.overdue} deliveries are overdue, the oldest by {seen.oldest_overdue_s} s."
        tell(SYSTEM, "deliveries_overdue", body=body, store=store, topic=topic, now=now)
    if mark is not None and now - mark.swept_at > STALE:
        tell(SYSTEM, "sweep_stopped", body="The minute sweep has not run.", store=store, topic=topic, now=now)
    return seen
