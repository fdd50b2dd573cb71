"""Links to a report's file for somebody without an account: ours, with an end, revocable; each opening mints a
presigned address that stands for a minute."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, Gone, NotFound
from chalicelib.identifiers import new_id
from chalicelib.records.event import Event
from chalicelib.reports.report import Report
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor


class ShareLink(Entity):
    """opened: how often. digest: of the token, which is nowhere kept."""

    KIND: ClassVar[str] = "share_link"

    agency: str
    report: str
    id: str
    format: Literal["pdf", "csv", "json"]
    digest: str
    by: str
    by_name: str
    created_at: Moment
    expires_at: Moment
    opened: int = 0
    revoked: bool = False

    @staticmethod
    def partition(agency: str, report: str) -> str:
        return agency_key(agency, "REPORT", report)

    @classmethod
    def key_of(cls, agency: str, report: str, link: str) -> dict[str, str]:
        return {"pk": cls.partition(agency, report), "sk": f"SHARE#{link}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.report, self.id)


class ShareToken(Entity):
    """From a token's digest to its link. Spans agencies: whoever opens a link names none."""

    KIND: ClassVar[str] = "share_token"

    digest: str
    agency: str
    report: str
    link: str

    @staticmethod
    def key_of(digest: str) -> dict[str, str]:
        return {"pk": f"SHARE#{digest}", "sk": "SHARE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.digest)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def share(report: Report, format: str, days: int, *, actor: Actor, store: Store, clock: Clock) -> tuple[ShareLink, str]:
    """The link and its token, which is shown once. Raises Conflict report_not_ready."""
    if report.state != "ready":
        raise Conflict("report_not_ready", "It is not built yet.")
    token, now = secrets.token_urlsafe(32), clock.now()
    link = ShareLink.model_validate(
        {
            "agency": report.agency,
            "report": report.id,
            "id": f"{report.id}-{new_id()}",
            "format": format,
            "digest": digest_of(token),
            "by": actor.person,
            "by_name": actor.name,
            "created_at": now,
            "expires_at": now + timedelta(days=days),
        }
    )
    known = ShareToken(digest=link.digest, agency=link.agency, report=link.report, link=link.id)
    store.commit(link, known, _event(link, "share.made", now, actor))
    return link, token


def links(report: Report, *, store: Store) -> list[ShareLink]:
    return list(store.query(ShareLink, ShareLink.partition(report.agency, report.id), begins="SHARE#"))


def revoke(link_id: str, *, actor: Actor, store: Store, clock: Clock) -> None:
    """Raises NotFound. A link that is revoked already stays so."""
    for _ in range(4):
        link = store.get(ShareLink, ShareLink.key_of(actor.agency, link_id.partition("-")[0], link_id))
        if link is None:
            raise NotFound
        if link.revoked:
            return
        try:
            store.commit(link.but(revoked=True), _event(link, "share.revoked", clock.now(), actor))
            return
        except Lost:
            continue  # somebody opened it just now
    raise Conflict("busy", "It keeps changing: try again in a moment.")


def open_link(token: str, *, store: Store, clock: Clock) -> tuple[Report, str]:
    """The report and the format that a link leads to; counts the opening.

    Raises NotFound for a token that is none, Gone link_expired or link_revoked.
    """
    known = store.get(ShareToken, ShareToken.key_of(digest_of(token)))
    link = store.get(ShareLink, ShareLink.key_of(known.agency, known.report, known.link)) if known else None
    report = store.get(Report, Report.key_of(link.agency, link.report)) if link else None
    if link is None or report is None:
        raise NotFound
    now: datetime = clock.now()
    if link.revoked:
        raise Gone("link_revoked", "Whoever sent it has taken it back.")
    if now >= link.expires_at:
        raise Gone("link_expired", "Ask whoever sent it for a new one.")
    opened = link.but(opened=link.opened + 1)
    with suppress(Lost):  # two at once: one of them is not counted, both are on record
        store.save(opened)
    store.save(_event(link, "share.opened", now, None))
    return report, link.format


def _event(link: ShareLink, what: str, at: datetime, actor: Actor | None) -> Event:
    return Event(
        agency=link.agency,
        subject=f"REPORT#{link.report}",
        what=what,
        at=at,
        actor=actor.person if actor else None,
        actor_name=actor.name if actor else None,
        detail={"format": link.format, "link": link.id},
        once=f"{link.id}#{link.rev}",
    )
