"""A report as PDF, ready to be shown to a council: the agency's name, the totals first, a chart beside its data.

reportlab (BSD) draws; Source Sans Pro (SIL OFL, package font-source-sans-pro) has the letters. Both are loaded by the
report function only.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import font_source_sans_pro
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from chalicelib.reports.report import Figures, Measured, Report
from chalicelib.reports.words import day, day_and_time, meaning, number, say, short_day

INK, QUIET, LINE, ACCENT, PALE = (HexColor(each) for each in ("#16202b", "#5a6675", "#d8dee5", "#1f5fa8", "#f3f6f9"))
_NORMAL, _BOLD = "ParvisSans", "ParvisSans-Bold"
_MARGIN = 18 * mm
_DAYS_IN_CHART_MAX = 62
_ROWS_MAX = 500
"""What a person can read; the CSV has them all."""


@cache
def _fonts() -> frozenset[int]:
    """Registers the letters; gives the code points that they have."""
    folder = Path(font_source_sans_pro.__file__).parent / "files"
    normal = TTFont(_NORMAL, str(folder / "SourceSansPro-Regular.ttf"))
    pdfmetrics.registerFont(normal)
    pdfmetrics.registerFont(TTFont(_BOLD, str(folder / "SourceSansPro-Semibold.ttf")))
    return frozenset(normal.face.charToGlyph)


def _style(size: float, *, bold: bool = False, color: Any = INK, **more: Any) -> ParagraphStyle:
    name = f"{size}-{bold}-{color}-{sorted(more.items())}"
    return ParagraphStyle(
        name, fontName=_BOLD if bold else _NORMAL, fontSize=size, leading=size * 1.3, textColor=color, **more
    )


class _Pages(Canvas):
    """Writes "page 1 of 3" at the end, when the number of pages is known."""

    words: Any = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        pages = len(self._kept)
        for kept in self._kept:
            self.__dict__.update(kept)
            self.setFont(_NORMAL, 8)
            self.setFillColor(QUIET)
            width, _ = self._pagesize
            foot, count = self.words(self._pageNumber, pages)
            self.drawString(_MARGIN, 10 * mm, foot)
            self.drawRightString(width - _MARGIN, 10 * mm, count)
            super().showPage()
        super().save()


def as_pdf(report: Report, figures: Figures, *, agency: str, now: datetime) -> bytes:
    """agency: its name. A text is only ever text: no markup of ours or of anybody else's is read from it."""
    known = _fonts()
    language = report.language

    def shown(text: str) -> str:
        """Without what the letters do not have (emoji) and what turns the direction of writing."""
        return escape("".join(each if ord(each) in known else " " for each in " ".join(text.split())))

    title = say(language, report.type)
    period = say(language, "period", first=day(language, report.first), last=day(language, report.last))
    made = say(language, "made", at=day_and_time(language, now, report.zone))
    measured = (
        say(language, "measured", at=day_and_time(language, figures.measured_at, report.zone))
        if figures.measured_at
        else say(language, "not_measured")
    )
    size = landscape(A4)
    width = size[0] - 2 * _MARGIN - 12  # a frame keeps six points on each side
    story: list[Any] = [
        Paragraph(shown(agency), _style(10, color=QUIET)),
        Paragraph(escape(title), _style(22, bold=True, spaceAfter=2)),
        Paragraph(escape(period), _style(12)),
        Paragraph(escape(f"{say(language, 'zone', zone=report.zone)}  ·  {measured}"), _style(9, color=QUIET)),
        Spacer(1, 6 * mm),
        _totals(report, figures, width),
        Spacer(1, 6 * mm),
    ]
    if not figures.rows:
        story.append(Paragraph(escape(say(language, "empty")), _style(11, color=QUIET)))
    else:
        chart = _chart(report, figures, width)
        if chart is not None:
            story += [chart, Spacer(1, 5 * mm)]
        story.append(_table(report, figures, width, shown))
    story += [Spacer(1, 6 * mm), _definitions(report, figures, width)]

    def words(page: int, pages: int) -> tuple[str, str]:
        return f"{agency_flat} · {title} · {made}", say(language, "page", page=page, pages=pages)

    agency_flat = "".join(each if ord(each) in known else " " for each in agency)
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=size,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=15 * mm,
        bottomMargin=18 * mm,
        title=f"{title} · {agency}",
        author=agency,
        lang="fr-CA" if language == "fr" else "en-CA",
    )
    document.build(story, canvasmaker=type("Pages", (_Pages,), {"words": staticmethod(words)}))
    return file.getvalue()


def _totals(report: Report, figures: Figures, width: float) -> Table:
    """One card a measure: the value, and that of the period before under it."""
    language = report.language

    def card(each: Measured) -> list[Any]:
        given = each.value is not None
        before = say(language, "before", value=number(language, each.name, each.before))
        return [
            Paragraph(escape(say(language, each.name)), _style(8.5, color=QUIET)),
            Paragraph(
                escape(number(language, each.name, each.value)),
                _style(17 if given else 11, bold=given, color=INK if given else QUIET),
            ),
            Paragraph(escape(before), _style(7.5, color=QUIET)),
        ]

    cards = [card(each) for each in figures.totals]
    table = Table([cards], colWidths=[width / len(cards)] * len(cards))
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 7),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), 7),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
                ("LINEAFTER", (0, 0), (-2, -1), 3, HexColor("#ffffff")),
            ]
        )
    )
    return table


def _by_day(report: Report, figures: Figures) -> dict[date, float]:
    """Interactions by the day on which their post was published; days without a known figure are left out."""
    found: dict[date, float] = defaultdict(float)
    if report.type == "profile_performance":
        for point in figures.days:
            for each in point.measures:
                if each.name == "interactions" and each.value is not None:
                    found[point.day] += each.value
        return dict(found)
    for row in figures.rows:
        value = row.value("interactions")
        if row.at is not None and value is not None:
            found[row.at.astimezone(ZoneInfo(report.zone)).date()] += value
    return dict(found)


def _chart(report: Report, figures: Figures, width: float) -> Any:
    """None where a chart would show less than the table does."""
    found = _by_day(report, figures)
    days = (report.last - report.first).days + 1
    if len(found) < 2 or days > _DAYS_IN_CHART_MAX:
        return None
    along = [date.fromordinal(report.first.toordinal() + each) for each in range(days)]
    drawing = Drawing(width, 42 * mm)
    bars = VerticalBarChart()
    bars.x, bars.y, bars.width, bars.height = 30, 16, width - 40, 42 * mm - 22
    bars.data = [[found.get(each, 0) for each in along]]
    bars.bars[0].fillColor = ACCENT
    bars.bars[0].strokeColor = None
    bars.barSpacing = 0
    bars.groupSpacing = 4 if days < 20 else 1.5
    bars.valueAxis.valueMin = 0
    bars.valueAxis.labels.fontName = bars.categoryAxis.labels.fontName = _NORMAL
    bars.valueAxis.labels.fontSize = bars.categoryAxis.labels.fontSize = 7.5
    bars.valueAxis.labelTextFormat = lambda value: number(report.language, "interactions", value)
    bars.valueAxis.strokeColor = bars.categoryAxis.strokeColor = LINE
    bars.valueAxis.visibleGrid, bars.valueAxis.gridStrokeColor = 1, LINE
    step = max(1, days // 15)
    bars.categoryAxis.categoryNames = [
        short_day(report.language, each) if index % step == 0 else "" for index, each in enumerate(along)
    ]
    bars.categoryAxis.tickDown = 0
    drawing.add(bars)
    return KeepTogether(
        [Paragraph(escape(say(report.language, "by_day")), _style(12, bold=True, spaceAfter=3)), drawing]
    )


def _table(report: Report, figures: Figures, width: float, shown: Any) -> Table:
    language = report.language
    posts = report.type == "post_performance"
    small, right = _style(8.5), _style(8.5, alignment=TA_RIGHT)
    head, head_right = _style(8, bold=True), _style(8, bold=True, alignment=TA_RIGHT)
    quiet_right = _style(8, color=QUIET, alignment=TA_RIGHT)

    def words(key: str) -> str:
        return escape(say(language, key))

    def cell(name: str, value: float | None) -> Paragraph:
        return Paragraph(escape(number(language, name, value)), right if value is not None else quiet_right)

    rows = sorted(figures.rows, key=lambda row: -(row.value("interactions") or 0)) if posts else list(figures.rows)
    lines: list[list[Any]] = [
        [
            Paragraph(words("post" if posts else "profile"), head),
            *([Paragraph(words("at"), head)] if posts else []),
            *(Paragraph(words(name), head_right) for name in figures.columns),
        ]
    ]
    for row in rows[:_ROWS_MAX]:
        account = f"{shown(row.network.capitalize())} · {shown(row.handle)}"
        label = f"{shown(row.label)}<br/><font size='7.5' color='#5a6675'>{account}</font>"
        at = [Paragraph(escape(day_and_time(language, row.at, report.zone)), small)] if posts and row.at else []
        lines.append([Paragraph(label, small), *at, *(cell(name, row.value(name)) for name in figures.columns)])
    lines.append(
        [
            Paragraph(words("totals"), head),
            *([""] if posts else []),
            *(cell(each.name, each.value) for each in figures.totals),
        ]
    )
    named = width * (0.28 if posts else 0.34)
    dated = width * 0.17 if posts else 0
    each = (width - named - dated) / len(figures.columns)
    table = Table(lines, colWidths=[named, *([dated] if posts else []), *([each] * len(figures.columns))], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
                ("LINEBELOW", (0, 0), (-1, 0), 1, INK),
                ("LINEABOVE", (0, -1), (-1, -1), 1, INK),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ]
        )
    )
    return table


def _definitions(report: Report, figures: Figures, width: float) -> Any:
    language = report.language
    lines = [
        [
            Paragraph(escape(say(language, name)), _style(8, bold=True)),
            Paragraph(escape(meaning(language, name)), _style(8, color=QUIET)),
        ]
        for name in figures.columns
    ]
    table = Table(lines, colWidths=[width * 0.22, width * 0.78])
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    note: Sequence[Any] = [Paragraph(escape(say(language, "not_given_note")), _style(8, color=QUIET, spaceBefore=4))]
    return KeepTogether(
        [Paragraph(escape(say(language, "definitions")), _style(12, bold=True, spaceAfter=3)), table, *note]
    )
