"""The import of posts from a CSV file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.publishing.sheet import COLUMNS, FILE_BYTES_MAX, ROWS_MAX

_HEADERS = "; ".join(f"{column}: {', '.join(names)}" for column, names in COLUMNS.items())


class NewImport(Shape):
    """The same file may be sent again: a row that was imported is not imported twice."""

    file: str = Field(
        description=f"The CSV file's bytes in base64; at most {FILE_BYTES_MAX} bytes and {ROWS_MAX} rows. UTF-8, "
        "UTF-16 with its mark, or Windows-1252; commas, semicolons or tabs. The first row names the columns, without "
        f"regard to case and accents: {_HEADERS}. date, text and profiles must be there. Dates: 2026-12-24 or "
        "24/12/2026 (the day first, always); times: 09:30, 9h30, 9:30 am, in a column of their own or behind the date. "
        "Profiles by handle, network:handle, name or id; several with a comma, semicolon or bar between them.",
        json_schema_extra={"contentEncoding": "base64"},
    )
    department: Identifier
    campaign: Identifier | None = Field(None, description="Of the rows that name none.")
    zone: str | None = Field(None, max_length=64, description="Of the rows that name none; IANA, else the agency's.")
    dry_run: bool = Field(True, description="Nothing is written.")
    cursor: str | None = Field(None, description="`next` of the answer before, with the same file and options.")


class RowProblem(Shape):
    """column: a column's name, or row. value: the beginning of what stands there. profile: whose network objects."""

    column: str
    code: str
    hint: str
    profile: Identifier | None = None
    value: str = ""


class ImportedRow(Shape):
    """row: as a spreadsheet counts them, the header being 1."""

    row: int
    outcome: Literal["ok", "bad", "already_imported"]
    becomes: Literal["scheduled", "draft"] | None = Field(description="What a good row is, or would be, made.")
    because: str | None = Field(description="Why it is only a draft: approval_required, may_not_publish.")
    post: Identifier | None = Field(description="The post it was made; null in a dry run, unless it was imported.")
    due_at: Moment | None
    zone: str
    profiles: list[Identifier]
    title: str = Field(description="The first words.")
    problems: list[RowProblem]


class Imported(Shape):
    """One request looks at as many rows as it has time for. total: rows in the file. next: send the same again with
    this cursor; null when every row was looked at."""

    dry_run: bool
    total: int
    encoding: str
    separator: Literal["comma", "semicolon", "tab"]
    ignored_columns: list[str] = Field(description="Headers that mean nothing here; their cells were not read.")
    items: list[ImportedRow]
    next: str | None
