"""A report that somebody asked for, and the figures in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.reports.definitions import Kind
from chalicelib.team.people import Language

FORMATS = ("pdf", "csv", "json")
CONTENT_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


class Report(Entity):
    """type: what it is about. first, last: whole days in `zone`, both included.

    It is ready when its three files stand in the bucket.
    """

    KIND: ClassVar[str] = "report"

    agency: str
    id: str
    type: Kind
    first: date
    last: date
    zone: str
    language: Language
    profiles: tuple[str, ...]
    state: Literal["building", "ready", "failed"] = "building"
    reason: str | None = None
    by: str
    by_name: str
    asked_at: Moment
    ready_at: Moment | None = None

    @staticmethod
    def key_of(agency: str, report: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "REPORT", report), "sk": "REPORT"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @staticmethod
    def listed(agency: str, year: int) -> str:
        return agency_key(agency, "REPORTS", f"{year:04d}")

    def index_keys(self) -> dict[str, str]:
        return {
            "cal_pk": self.listed(self.agency, self.asked_at.year),
            "cal_sk": f"{stamp(self.asked_at)}#{self.id}",
        }

    def object_key(self, format: str) -> str:
        return f"{self.agency}/{self.id}.{format}"

    def file_name(self, format: str) -> str:
        return f"parvis-{self.type.replace('_', '-')}-{self.first}-{self.last}.{format}"

    def span(self) -> tuple[datetime, datetime]:
        """[start, end) as instants."""
        return _midnight(self.first, self.zone), _midnight(self.last + timedelta(days=1), self.zone)

    def span_before(self) -> tuple[datetime, datetime]:
        """As many days, just before."""
        days = (self.last - self.first).days + 1
        return _midnight(self.first - timedelta(days=days), self.zone), _midnight(self.first, self.zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Measured(_Figures):
    """value None: not given by the network, or never read. before: the same of the period before."""

    name: str
    value: float | None
    before: float | None = None


class Row(_Figures):
    """One post on one profile, or one profile."""

    id: str
    label: str
    profile: str
    network: str
    handle: str
    at: Moment | None = None
    url: str | None = None
    measures: tuple[Measured, ...]

    def value(self, name: str) -> float | None:
        return next((each.value for each in self.measures if each.name == name), None)


class Point(_Figures):
    """One day of one profile."""

    day: date
    profile: str
    measures: tuple[Measured, ...]


class Figures(_Figures):
    """All that any form of a report shows: they agree because they are made from this one."""

    columns: tuple[str, ...]
    totals: tuple[Measured, ...]
    rows: tuple[Row, ...]
    days: tuple[Point, ...] = Field(default=())
    measured_at: Moment | None = None
