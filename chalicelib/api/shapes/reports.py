"""Reports, their files and links, and what each figure means."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.posts import Author

ReportKind = Literal["post_performance", "profile_performance"]
Format = Literal["pdf", "csv", "json"]


class NewReport(Shape):
    """Whole days in the agency's zone, first and last included. profiles: all when empty."""

    kind: ReportKind
    first: date
    last: date
    profiles: list[Identifier] = Field(default_factory=list, max_length=50)
    language: Literal["fr", "en"] | None = Field(None, description="The reader's when left out.")


class Measured(Shape):
    """value: null where the network does not give it or nothing was measured. before: of the period before."""

    name: str
    value: float | None
    before: float | None


class ReportRow(Shape):
    """One post on one profile, or one profile."""

    id: str
    label: str
    profile: Identifier
    network: str
    handle: str
    at: Moment | None
    url: str | None
    measures: list[Measured]


class ReportPoint(Shape):
    """One day of one profile."""

    day: date
    profile: Identifier
    measures: list[Measured]


class ReportFigures(Shape):
    """columns: names of the measures, in their order (GET /api/definitions says what each means)."""

    columns: list[str]
    totals: list[Measured]
    rows: list[ReportRow]
    days: list[ReportPoint]
    measured_at: Moment | None = Field(description="When the youngest figure in it was read from a network.")


class ReportSummary(Shape):
    id: Identifier
    kind: ReportKind
    first: date
    last: date
    zone: str
    language: Literal["fr", "en"]
    profiles: list[Identifier]
    state: Literal["building", "ready", "failed"]
    reason: str | None
    asked_by: Author
    asked_at: Moment
    ready_at: Moment | None


class Report(ReportSummary):
    figures: ReportFigures | None


class ReportFile(Shape):
    """url: a presigned address that stands for about a minute."""

    url: str
    expires_at: Moment


class NewShareLink(Shape):
    report: Identifier
    format: Format = "pdf"
    days: int = Field(14, ge=1, le=90)


class ShareLink(Shape):
    """url: of ours; each time it is opened it makes a short presigned one. Shown whole only once, when it is made."""

    id: Identifier
    report: Identifier
    format: Format
    url: str | None
    by: Author
    created_at: Moment
    expires_at: Moment
    opened: int
    revoked: bool


class Definition(Shape):
    """One measure. unit: count, percent. networks: which give it, or what it is made from."""

    name: str
    unit: Literal["count", "percent", "decimal"]
    applies_to: list[ReportKind]
    networks: list[str]
    formula: str | None
