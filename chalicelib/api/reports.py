"""/api/reports, /api/share-links, /api/shared, /api/definitions."""

from __future__ import annotations

from chalicelib.api.routing import Call, Reply
from chalicelib.api.shapes import reports as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.aws.reports_bucket import FOR
from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.networks import registry
from chalicelib.reports import asking, sharing
from chalicelib.reports.definitions import DEFINITIONS, INTERACTIONS
from chalicelib.reports.gauge import MEASURES
from chalicelib.reports.report import CONTENT_TYPES, FORMATS, Figures, Report


def get_reports(call: Call) -> Page[shapes.ReportSummary]:
    """Reports of this year, the newest first."""
    found, following = asking.listed(
        actor=call.actor, store=call.house.store, clock=call.house.clock, cursor=call.query.get("cursor")
    )
    return Page(items=[shapes.ReportSummary.model_validate(_summary(each)) for each in found], next=following)


def post_report(call: Call, asked: shapes.NewReport) -> shapes.Report:
    """Ask for a report: it is built beside, ask again for it."""
    report = asking.ask(
        asked.kind,
        asked.first,
        asked.last,
        list(asked.profiles),
        asked.language or call.signed_in.language,
        actor=call.actor,
        store=call.house.store,
        queue=call.house.report_queue,
        clock=call.house.clock,
    )
    return _shape(report, None)


def get_report(call: Call) -> shapes.Report:
    """One report, with its figures once it is ready."""
    report = asking.load(call.path["id"], actor=call.actor, store=call.house.store)
    asking.nudge(report, queue=call.house.report_queue, clock=call.house.clock)
    return _shape(report, asking.figures_kept(report, call.house.reports))


def get_report_file(call: Call) -> shapes.ReportFile:
    """A short-lived address of one of a report's files: format pdf, csv or json."""
    report = asking.load(call.path["id"], actor=call.actor, store=call.house.store)
    format = call.path["format"]
    if format not in FORMATS:
        raise NotFound(f"One of {', '.join(FORMATS)}.")
    if report.state != "ready":
        raise Conflict("report_not_ready", "It is not built yet.")
    call.headers["Cache-Control"] = "no-store"
    return shapes.ReportFile(url=_address(call, report, format), expires_at=call.house.clock.now() + FOR)


def get_share_links(call: Call) -> Page[shapes.ShareLink]:
    """The links of a report (report: its id)."""
    asked = call.query.get("report")
    if not asked:
        raise InvalidInput("invalid_input", "Name the report.", field="report")
    report = asking.load(asked, actor=call.actor, store=call.house.store)
    return Page(items=[_link(each, None) for each in sharing.links(report, store=call.house.store)])


def post_share_link(call: Call, asked: shapes.NewShareLink) -> shapes.ShareLink:
    """A link to a report's file for somebody without an account."""
    report = asking.load(asked.report, actor=call.actor, store=call.house.store)
    link, token = sharing.share(
        report, asked.format, asked.days, actor=call.actor, store=call.house.store, clock=call.house.clock
    )
    return _link(link, f"{call.house.settings.site_url}/api/shared/{token}")


def delete_share_link(call: Call) -> None:
    """Revoke a link."""
    asking.load(call.path["id"].partition("-")[0], actor=call.actor, store=call.house.store)
    sharing.revoke(call.path["id"], actor=call.actor, store=call.house.store, clock=call.house.clock)


def get_shared(call: Call) -> Reply:
    """Whoever has the link is sent on to the file."""
    report, format = sharing.open_link(call.path["token"], store=call.house.store, clock=call.house.clock)
    return Reply(
        303,
        None,
        {
            "Location": _address(call, report, format),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        },
    )


def get_definitions(call: Call) -> Page[shapes.Definition]:
    """What each figure means."""
    able = {name: call.house.network_named(name).capabilities() for name in registry.NETWORKS}

    def networks(name: str) -> list[str]:
        if name in MEASURES:
            return [each for each, can in able.items() if name in can.measures]
        if name == "interactions":
            return [each for each, can in able.items() if can.measures & set(INTERACTIONS)]
        if name == "interaction_rate":
            return [each for each, can in able.items() if "impressions" in can.measures]
        if name in ("followers", "followers_gained"):
            return [each for each, can in able.items() if "profile_metrics" in can.reads]
        return list(able)

    return Page(
        items=[
            shapes.Definition(
                name=each.name,
                unit=each.unit,
                applies_to=list(each.applies_to),
                networks=networks(each.name),
                formula=each.formula,
            )
            for each in DEFINITIONS
        ]
    )


def _address(call: Call, report: Report, format: str) -> str:
    return call.house.reports.address(
        report.object_key(format), file_name=report.file_name(format), content_type=CONTENT_TYPES[format]
    )


def _summary(report: Report) -> dict[str, object]:
    return {
        "id": report.id,
        "kind": report.type,
        "first": report.first,
        "last": report.last,
        "zone": report.zone,
        "language": report.language,
        "profiles": list(report.profiles),
        "state": report.state,
        "reason": report.reason,
        "asked_by": Author(id=report.by, name=report.by_name),
        "asked_at": report.asked_at,
        "ready_at": report.ready_at,
    }


def _shape(report: Report, figures: Figures | None) -> shapes.Report:
    shown = shapes.ReportFigures.model_validate(figures.model_dump()) if figures else None
    return shapes.Report.model_validate({**_summary(report), "figures": shown})


def _link(link: sharing.ShareLink, url: str | None) -> shapes.ShareLink:
    return shapes.ShareLink(
        id=link.id,
        report=link.report,
        format=link.format,
        url=url,
        by=Author(id=link.by, name=link.by_name),
        created_at=link.created_at,
        expires_at=link.expires_at,
        opened=link.opened,
        revoked=link.revoked,
    )
