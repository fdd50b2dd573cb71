"""/api/reports, /api/share-links, /api/shared, /api/definitions."""

from __future__ import annotations

from chalicelib.api.routing import Call, Reply
from chalicelib.api.shapes import reports as shapes
from chalicelib.api.shapes.base import Page


def get_reports(call: Call) -> Page[shapes.ReportSummary]:
    """Reports, the newest first."""
    raise NotImplementedError


def post_report(call: Call, asked: shapes.NewReport) -> shapes.Report:
    """Ask for a report: it is built beside, ask again for it."""
    raise NotImplementedError


def get_report(call: Call) -> shapes.Report:
    """One report, with its figures once it is ready."""
    raise NotImplementedError


def get_report_file(call: Call) -> shapes.ReportFile:
    """A short-lived address of one of a report's files: format pdf, csv or json."""
    raise NotImplementedError


def get_share_links(call: Call) -> Page[shapes.ShareLink]:
    """The links of a report."""
    raise NotImplementedError


def post_share_link(call: Call, asked: shapes.NewShareLink) -> shapes.ShareLink:
    """A link to a report's file for somebody without an account."""
    raise NotImplementedError


def delete_share_link(call: Call) -> None:
    """Revoke a link."""
    raise NotImplementedError


def get_shared(call: Call) -> Reply:
    """Whoever has the link is sent on to the file."""
    raise NotImplementedError


def get_definitions(call: Call) -> Page[shapes.Definition]:
    """What each figure means."""
    raise NotImplementedError
