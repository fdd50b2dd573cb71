"""An alert: what rang, what it saw, and who has it in hand."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import PlainSerializer

from chalicelib.alerts.evidence import Post, Step, Term
from chalicelib.alerts.rule import Method, Sensitivity
from chalicelib.alerts.telling import Telling
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

PAGE = 50
_MONTHS_A_PAGE, _MONTHS_BACK = 6, 36
_ID = re.compile(r"(\d{4})(\d{2})\d{2}T\d{6}-.{1,40}")

Real = Annotated[float, PlainSerializer(lambda value: f"{value:.6g}", return_type=str, when_used="json")]
"""As text in the table, whose numbers are whole."""


class Alert(Entity):
    """A spike on a profile. count of the trailing hour, expected by the rule, ratio of the two; hourly_average: what
    the plain rule compares with. What it saw is of the moment it rang, or grew (escalated_at).

    sampled: of how many messages, the newest, terms, posts and authors were taken. The key is found from the id, which
    begins with the moment; an agency's alerts of a month lie together.
    """

    KIND: ClassVar[str] = "alert"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    id: str
    type: Literal["spike"] = "spike"
    profile: str
    network: str
    handle: str
    department: str
    raised_at: Moment
    escalated_at: Moment | None = None
    method: Method
    sensitivity: Sensitivity
    count: int
    expected: Real
    ratio: Real
    hourly_average: Real
    terms: tuple[Term, ...] = ()
    posts: tuple[Post, ...] = ()
    steps: tuple[Step, ...] = ()
    authors: int
    sampled: int
    acknowledged_at: Moment | None = None
    acknowledged_by: str | None = None
    acknowledged_by_name: str | None = None

    @staticmethod
    def id_of(profile: str, rang_at: datetime) -> str:
        return f"{rang_at.astimezone(UTC):%Y%m%dT%H%M%S}-{profile}"

    @staticmethod
    def partition(agency: str, month: str) -> str:
        """month: 2026-11."""
        return agency_key(agency, "ALERTS", month)

    @classmethod
    def key_of(cls, agency: str, alert: str) -> dict[str, str]:
        """Raises NotFound for what is no alert's id."""
        found = _ID.fullmatch(alert)
        if found is None:
            raise NotFound
        return {"pk": cls.partition(agency, f"{found[1]}-{found[2]}"), "sk": alert}

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, f"{self.raised_at.astimezone(UTC):%Y-%m}"), "sk": self.id}

    @property
    def subject(self) -> str:
        """Of its events and tellings."""
        return f"ALERT#{self.id}"

    def event(self, what: str, at: datetime, *, actor: Actor | None = None) -> Event:
        """Figures only; what citizens wrote stays with the alert."""
        return Event(
            agency=self.agency,
            subject=self.subject,
            what=what,
            at=at,
            actor=actor.person if actor else None,
            actor_name=actor.name if actor else None,
            profile=self.profile,
            detail={
                "count": self.count,
                "expected": f"{self.expected:.1f}",
                "ratio": f"{self.ratio:.1f}",
                "method": self.method,
                "sensitivity": self.sensitivity,
            },
        )


def find(alert_id: str, *, actor: Actor, store: Store) -> Alert:
    """Raises NotFound, also for one of a department whose inbox they may not read."""
    alert = store.get(Alert, Alert.key_of(actor.agency, alert_id))
    if alert is None or not actor.may("inbox", alert.department):
        raise NotFound
    return alert


def newest(*, actor: Actor, cursor: str | None, store: Store, now: datetime) -> tuple[list[Alert], str | None]:
    """A page of what they may see, the newest first, and the cursor of the next. Usually one query; a page that runs
    over the end of a month takes one more. Goes back three years. Raises InvalidInput cursor_invalid."""
    month, inner = _opened(cursor) if cursor else (_number(now), None)
    oldest = _number(now) - _MONTHS_BACK
    found: list[Alert] = []
    for _ in range(_MONTHS_A_PAGE):
        rows, inner = store.rows(
            Alert.TABLE,
            Alert.partition(actor.agency, _named(month)),
            reverse=True,
            limit=PAGE - len(found),
            cursor=inner,
        )
        found += [Alert.of(row) for row in rows]
        if inner is None:
            month -= 1
        if len(found) >= PAGE or month < oldest:
            break
    seen = [each for each in found if actor.may("inbox", each.department)]
    return seen, None if month < oldest else _closed(month, inner)


def acknowledge(alert_id: str, *, actor: Actor, store: Store, now: datetime) -> Alert:
    """Somebody has it in hand. Asked again, by whomever, it answers the alert as it stands. Raises NotFound."""
    for _ in range(5):
        alert = find(alert_id, actor=actor, store=store)
        if alert.acknowledged_at is not None:
            return alert
        taken = alert.but(acknowledged_at=now, acknowledged_by=actor.person, acknowledged_by_name=actor.name)
        try:
            store.commit(taken, taken.event("alert.acknowledged", now, actor=actor))
            return taken
        except Lost:
            continue  # it grew, or somebody was quicker
    raise NotFound


def tellings_of(alert: Alert, *, store: Store) -> list[Telling]:
    """Everything that was, is, or could not be told of it, in the order it was made."""
    waiting = store.query(Telling, Telling.waiting_partition(alert.agency), begins=f"{alert.id}.", consistent=True)
    settled = store.query(Telling, Telling.settled_partition(alert.agency, alert.subject), consistent=True)
    # What settles between the two reads is in both: as settled.
    found = {each.id: each for each in [*waiting, *settled]}
    return sorted(found.values(), key=lambda each: (each.made_at, each.id))


def _number(moment: datetime) -> int:
    """A month as a number that can be counted down."""
    return moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month - 1


def _named(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _closed(month: int, inner: str | None) -> str:
    return base64.urlsafe_b64encode(json.dumps([month, inner]).encode()).decode().rstrip("=")


def _opened(cursor: str) -> tuple[int, str | None]:
    try:
        month, inner = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("cursor_invalid", "Use the cursor of the answer before.", field="cursor") from error
    if not (isinstance(month, int) and 2000 * 12 < month < 2200 * 12 and (inner is None or isinstance(inner, str))):
        raise InvalidInput("cursor_invalid", "Use the cursor of the answer before.", field="cursor")
    return month, inner
