"""A report as CSV, for a spreadsheet.

UTF-8 with a byte order mark, or Excel takes it for something else; semicolons and decimal commas in French, as Excel
reads them there. A text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, CSV injection);
numbers are ours and stay numbers.
"""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from chalicelib.reports.report import Figures, Report
from chalicelib.reports.words import say

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def as_csv(report: Report, figures: Figures) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if report.language == "fr" else ",", lineterminator="\r\n")

    def words(*keys: str) -> list[str]:
        return [say(report.language, key) for key in keys]

    def cell(value: float | None) -> str:
        """Empty where it is not given: a spreadsheet's sums pass over it, and it is not zero."""
        if value is None:
            return ""
        written = str(int(value)) if float(value).is_integer() else str(value)
        return written.replace(".", ",") if report.language == "fr" else written

    zone = ZoneInfo(report.zone)
    heads = (
        ["post", "network", "handle", "at"] if report.type == "post_performance" else ["profile", "network", "handle"]
    )
    writer.writerow([*words(*heads), *words(*figures.columns), *words("url")])
    for row in figures.rows:
        at = [row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if row.at else ""]
        named = [harmless(row.label), harmless(row.network), harmless(row.handle)]
        writer.writerow(
            [
                *named,
                *(at if report.type == "post_performance" else []),
                *(cell(row.value(name)) for name in figures.columns),
                harmless(row.url or ""),
            ]
        )
    blank = [""] * (len(heads) - 1)
    writer.writerow([*words("totals"), *blank, *(cell(each.value) for each in figures.totals), ""])
    if figures.days:
        handles = {row.profile: row.handle for row in figures.rows}
        names = [each.name for each in figures.days[0].measures]
        writer.writerow([])
        writer.writerow([*words("day", "handle"), *words(*names)])
        for point in figures.days:
            values = [cell(each.value) for each in point.measures]
            writer.writerow([point.day.isoformat(), harmless(handles.get(point.profile, "")), *values])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def harmless(text: str) -> str:
    """The same text on one line; what would be run as a formula is shown instead."""
    flat = " ".join(text.replace("\x00", "").split())
    return f"'{flat}" if text.lstrip().startswith(_BEGINS_A_FORMULA) or flat.startswith(_BEGINS_A_FORMULA) else flat
