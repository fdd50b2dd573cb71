"""The calendar as a calendar program reads it (iCalendar, RFC 5545): what a person may see, three months back and a
year ahead. `icalendar` escapes and folds; it is loaded where a document is written."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.networks.names import NAMES
from chalicelib.publishing import calendar
from chalicelib.publishing.calendar import DeliveryRow, PostRow
from chalicelib.publishing.post import PostState
from chalicelib.store import Store
from chalicelib.team.people import Agency, Language

BACK, AHEAD = timedelta(days=92), timedelta(days=366)
_SHOWN = timedelta(minutes=15)
"""A post is a moment; what has no length is a line that nobody can hit."""
_JOINER = "\u200d"  # holds an emoji's parts together

_STATUS: dict[PostState, str] = {
    "draft": "TENTATIVE",
    "in_review": "TENTATIVE",
    "approved": "TENTATIVE",
    "scheduled": "CONFIRMED",
    "done": "CONFIRMED",
    "cancelled": "CANCELLED",
}
WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "draft": "Brouillon",
        "in_review": "En validation",
        "approved": "Validée",
        "scheduled": "Programmée",
        "done": "Terminée",
        "cancelled": "Annulée",
        "untitled": "Sans texte",
        "state": "État : {state}",
        "networks": "Réseaux : {networks}",
        "time": "Heure : {time} ({zone})",
    },
    "en": {
        "draft": "Draft",
        "in_review": "In review",
        "approved": "Approved",
        "scheduled": "Scheduled",
        "done": "Done",
        "cancelled": "Cancelled",
        "untitled": "No words yet",
        "state": "State: {state}",
        "networks": "Networks: {networks}",
        "time": "Time: {time} ({zone})",
    },
}


@dataclass(frozen=True)
class Feed:
    """site_url: where a post's page is."""

    agency: Agency
    rows: tuple[PostRow, ...]
    language: Language
    site_url: str

    def etag(self) -> str:
        """Weak: the same posts shown in the same words, whenever the document was written."""
        said = repr((self.agency.name, self.agency.zone, self.language, self.site_url, self.rows))
        return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'

    def document(self, now: datetime) -> str:
        from icalendar import Calendar, Event  # a tenth of a second, which only a feed that changed pays

        made = Calendar()
        made.add("prodid", "-//Parvis//Parvis//FR")
        made.add("version", "2.0")
        made.add("x-wr-calname", _line(self.agency.name))
        made.add("x-wr-timezone", self.agency.zone)
        for row in self.rows:
            for uid, at, deliveries in self._moments(row):
                event = Event()
                event.add("uid", uid)
                event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
                event.add("dtstart", at)
                event.add("dtend", at + _SHOWN)
                event.add("summary", _line(row.title) or self._words["untitled"])
                event.add("description", self._description(row, at, deliveries))
                event.add("url", f"{self.site_url}/posts/{row.id}")
                event.add("status", _STATUS[row.state])
                event.add("transp", "TRANSPARENT")  # a post does not keep its author busy
                if networks := self._networks(deliveries):
                    event.add("categories", networks)
                made.add_component(event)
        text: str = made.to_ical().decode()
        return text

    @property
    def _words(self) -> dict[str, str]:
        return WORDS[self.language]

    def _moments(self, row: PostRow) -> Iterator[tuple[str, datetime, list[DeliveryRow]]]:
        """(uid, time, what leaves then): one, or several where deliveries were moved. A post that is moved keeps its
        uid, so that a program moves it too."""
        host = self.site_url.partition("://")[2]
        times: dict[datetime, list[DeliveryRow]] = {}
        for each in row.deliveries:
            times.setdefault(_moment(each.due_at), []).append(each)
        if not times and row.due_at:
            times[_moment(row.due_at)] = []
        own = _moment(row.due_at) if row.due_at and _moment(row.due_at) in times else min(times, default=None)
        for at, deliveries in sorted(times.items()):
            part = "" if at == own else f"-{min(each.profile for each in deliveries)}"
            yield f"{row.id}{part}@{host}", at, deliveries

    def _networks(self, deliveries: list[DeliveryRow]) -> list[str]:
        return sorted({NAMES.get(each.network, each.network) for each in deliveries})

    def _description(self, row: PostRow, at: datetime, deliveries: list[DeliveryRow]) -> str:
        local = at.astimezone(ZoneInfo(self.agency.zone))
        lines = [
            self._words["time"].format(time=f"{local:%Y-%m-%d %H:%M}", zone=self.agency.zone),
            self._words["state"].format(state=self._words[row.state]),
        ]
        if networks := self._networks(deliveries):
            lines.append(self._words["networks"].format(networks=", ".join(networks)))
        return "\n".join(lines)


def feed_of(agency: Agency, *, language: Language, site_url: str, store: Store, now: datetime) -> Feed:
    """From the beginning of a day, so that what is shown does not change from one minute to the next by itself."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = {
        row.id: row  # one whose deliveries stand on both sides is found twice, and whole
        for start, end in ((today - BACK, today), (today, today + AHEAD))
        for row in calendar.between(agency.id, start, end, store=store)
    }
    shown = tuple(sorted(rows.values(), key=lambda each: (each.due_at or "", each.id)))
    return Feed(agency, shown, language, site_url)


def _moment(stamped: str) -> datetime:
    return datetime.fromisoformat(stamped).astimezone(UTC).replace(microsecond=0)


def _line(text: str) -> str:
    """One line, without what controls or turns a line: a lone carriage return would begin a property of its own."""
    return " ".join("".join(_kept(each) for each in text).split())


def _kept(each: str) -> str:
    kind = unicodedata.category(each)[0]
    if each.isspace() or kind == "Z":
        return " "
    return each if each == _JOINER or kind != "C" else ""
