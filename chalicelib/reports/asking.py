"""Asking for a report, and building it. What is asked for is on record before it is queued; building twice is building
the same files again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from chalicelib.clock import Clock
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.identifiers import new_id
from chalicelib.profiles.profile import Profile
from chalicelib.records.event import Event
from chalicelib.reports.definitions import Kind
from chalicelib.reports.figures import figures_of
from chalicelib.reports.report import CONTENT_TYPES, Figures, Report
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency, Language

_LONGEST = 366  # days
_ASK_AGAIN = timedelta(minutes=2)


class ToBuild(BaseModel):
    """The message that has one report built."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    v: Literal[1] = 1
    agency: str
    report: str


class ReportQueue(Protocol):
    def send(self, message: ToBuild) -> None:
        """Raises Upstream when it is not taken."""


class ReportBucket(Protocol):
    def put(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def read(self, key: str) -> bytes:
        """Raises Upstream."""


Document = Callable[[Report, Figures], bytes]


def ask(
    kind: Kind,
    first: date,
    last: date,
    profiles: list[str],
    language: Language,
    *,
    actor: Actor,
    store: Store,
    queue: ReportQueue,
    clock: Clock,
) -> Report:
    """Raises InvalidInput period_invalid, profiles_none; NotFound for a profile that is not there or not theirs."""
    agency = store.get(Agency, Agency.key_of(actor.agency), consistent=False)
    if agency is None:
        raise NotFound
    now = clock.now()
    today = now.astimezone(ZoneInfo(agency.zone)).date()
    if last < first or (last - first).days >= _LONGEST:
        raise InvalidInput("period_invalid", f"first before last, at most {_LONGEST} days.", field="last")
    if first > today or first.year < 2000:
        raise InvalidInput("period_invalid", "A report is of days that have begun.", field="first")
    report = Report(
        agency=actor.agency,
        id=new_id(),
        type=kind,
        first=first,
        last=last,
        zone=agency.zone,
        language=language,
        profiles=tuple(_theirs(profiles, actor, store)),
        by=actor.person,
        by_name=actor.name,
        asked_at=now,
    )
    store.commit(report, _event(report, "report.asked", actor, clock, once="asked"))
    queue.send(ToBuild(agency=report.agency, report=report.id))
    return report


def _theirs(profiles: list[str], actor: Actor, store: Store) -> list[str]:
    """Those asked for, or all that the person may analyse."""
    known = {
        each.id: each
        for each in store.query(Profile, Profile.partition(actor.agency))
        if actor.may("analyse", each.department)
    }
    wanted = list(dict.fromkeys(profiles)) or sorted(known)
    for position, each in enumerate(wanted):
        if each not in known:
            raise NotFound(f"profiles/{position}: there is no such profile.")
    if not wanted:
        raise InvalidInput("profiles_none", "No profile is connected.", field="profiles")
    return wanted


def load(report_id: str, *, actor: Actor, store: Store) -> Report:
    """Raises NotFound, for a report on profiles that the person may not analyse as well."""
    report = store.get(Report, Report.key_of(actor.agency, report_id))
    if report is None or not _seen_by(actor, [report], store):
        raise NotFound
    return report


def _seen_by(actor: Actor, reports: Sequence[Report], store: Store) -> list[Report]:
    """Those that the person asked for, or whose profiles, as far as they still stand, they may analyse."""
    profiles = dict.fromkeys(each for report in reports if report.by != actor.person for each in report.profiles)
    found = store.get_many([(Profile, Profile.key_of(actor.agency, each)) for each in profiles])
    closed = {p.id for p in found if isinstance(p, Profile) and not actor.may("analyse", p.department)}
    return [each for each in reports if each.by == actor.person or closed.isdisjoint(each.profiles)]


def listed(*, actor: Actor, store: Store, clock: Clock, cursor: str | None) -> tuple[list[Report], str | None]:
    """Of this year, the newest first."""
    rows, following = store.rows(
        "content",
        Report.listed(actor.agency, clock.now().year),
        index="calendar",
        reverse=True,
        limit=30,
        cursor=cursor,
    )
    found = store.get_many([(Report, {"pk": row["pk"], "sk": row["sk"]}) for row in rows])
    return _seen_by(actor, [each for each in found if isinstance(each, Report)], store), following


def nudge(report: Report, *, queue: ReportQueue, clock: Clock) -> None:
    """Whoever looks at a report that should be there by now has it built again: a message may have been lost."""
    if report.state == "building" and clock.now() - report.asked_at > _ASK_AGAIN:
        queue.send(ToBuild(agency=report.agency, report=report.id))


def build(
    message: ToBuild, *, store: Store, bucket: ReportBucket, documents: Mapping[str, Document], clock: Clock
) -> str:
    """Make the report's files; returns, for the log, what came of it."""
    report = store.get(Report, Report.key_of(message.agency, message.report))
    if report is None or report.state != "building":
        return "void"
    figures = figures_of(report, store=store)
    for format, document in documents.items():
        bucket.put(report.object_key(format), document(report, figures), content_type=CONTENT_TYPES[format])
    ready = report.but(state="ready", ready_at=clock.now())
    try:
        store.commit(ready, _event(ready, "report.ready", None, clock, once="ready"))
    except Lost:
        return "void"
    return "ready"


def give_up(message: ToBuild, *, store: Store, clock: Clock) -> None:
    """It could not be built, several times over: whoever waits is told so."""
    report = store.get(Report, Report.key_of(message.agency, message.report))
    if report is None or report.state != "building":
        return
    failed = report.but(state="failed", reason="could_not_build")
    store.commit(failed, _event(failed, "report.failed", None, clock, once="failed"))


def as_json(report: Report, figures: Figures) -> bytes:
    head = report.model_dump(mode="json", include={"id", "type", "first", "last", "zone", "language", "profiles"})
    return json.dumps({**head, "figures": figures.model_dump(mode="json")}, ensure_ascii=False).encode()


def figures_kept(report: Report, bucket: ReportBucket) -> Figures | None:
    """Those of the JSON file, so that the screen shows what the documents say. None until it is ready."""
    if report.state != "ready":
        return None
    return Figures.model_validate(json.loads(bucket.read(report.object_key("json")))["figures"])


def _event(report: Report, what: str, actor: Actor | None, clock: Clock, *, once: str) -> Event:
    return Event(
        agency=report.agency,
        subject=f"REPORT#{report.id}",
        what=what,
        at=clock.now(),
        actor=actor.person if actor else None,
        actor_name=actor.name if actor else None,
        detail={"kind": report.type, "first": report.first.isoformat(), "last": report.last.isoformat()},
        once=once,
    )
