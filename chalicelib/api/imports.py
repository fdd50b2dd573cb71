"""/api/posts/imports."""

from __future__ import annotations

import base64
import binascii

from chalicelib.api.routing import Call
from chalicelib.api.shapes import imports as shapes
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.publishing import importing
from chalicelib.publishing.sheet import read_sheet
from chalicelib.team.people import Agency


def post_import(call: Call, asked: shapes.NewImport) -> shapes.Imported:
    """Judge the rows of a CSV file of posts and, unless it is a dry run, make posts of those that are good."""
    agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency), consistent=False)
    if agency is None:
        raise NotFound
    sheet = read_sheet(_bytes(asked.file))
    options = importing.Options(
        department=asked.department,
        zone=asked.zone or agency.zone,
        campaign=asked.campaign,
        dry_run=asked.dry_run,
    )
    made = importing.take_in(sheet, options, begin=_row(asked.cursor), actor=call.actor, bench=call.house.bench)
    return shapes.Imported(
        dry_run=asked.dry_run,
        total=len(sheet.rows),
        encoding=sheet.encoding,
        separator=sheet.separator,
        ignored_columns=list(sheet.ignored),
        items=[_shape(each) for each in made.rows],
        next=None if made.following is None else str(made.following),
    )


def _bytes(file: str) -> bytes:
    try:
        return base64.b64decode(file, validate=True)
    except (binascii.Error, ValueError):  # ValueError: what is not ASCII
        raise InvalidInput("invalid_input", "The file's bytes in base64.", field="file") from None


def _row(cursor: str | None) -> int:
    if cursor is None:
        return 1
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 9):
        raise InvalidInput("cursor_invalid", "Send the cursor of the answer before.", field="cursor")
    return int(cursor)


def _shape(judged: importing.Judged) -> shapes.ImportedRow:
    return shapes.ImportedRow(
        row=judged.number,
        outcome=judged.outcome,
        becomes=judged.becomes,
        because=judged.because,
        post=judged.post,
        due_at=judged.due_at,
        zone=judged.zone,
        profiles=list(judged.profiles),
        title=judged.title,
        problems=[
            shapes.RowProblem(
                column=each.column, code=each.code, hint=each.hint, profile=each.profile, value=each.value
            )
            for each in judged.problems
        ],
    )
