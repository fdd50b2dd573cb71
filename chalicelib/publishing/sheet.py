"""A spreadsheet saved as CSV, as staff's programs save it: which encoding, which separator, which column is which.

RFC 4180 with what Excel and LibreOffice make of it in a French-speaking country: Windows-1252, semicolons, a line
"sep=;" ahead of the header. What begins with =, +, - or @ is text like any other: a formula is dangerous to whoever
opens a file that is given out, never here.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.errors import InvalidInput, TooLarge

FILE_BYTES_MAX: Final = 4_000_000
"""As base64 in JSON it stays below the six megabytes that Lambda takes of a request."""

ROWS_MAX: Final = 5_000
CELL_LENGTH_MAX: Final = 131_072
"""csv's own limit, which is the process's: it is not changed here."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("date", "jour", "day", "date de publication", "publication date", "due date"),
    "time": ("time", "heure", "heure de publication", "publication time", "due time"),
    "zone": ("zone", "fuseau", "fuseau horaire", "time zone", "timezone"),
    "text": ("text", "texte", "message", "contenu", "content"),
    "profiles": ("profiles", "profils", "profile", "profil", "handles", "handle", "comptes", "compte", "accounts"),
    "campaign": ("campaign", "campagne"),
    "tags": ("tags", "tag", "etiquettes", "etiquette", "mots-cles", "labels"),
    "language": ("language", "langue", "lang"),
    "link": ("link", "lien", "url"),
}
"""Column -> the names of its header, in lower case and without accents."""

REQUIRED: Final = ("date", "text", "profiles")
Separator = Literal["comma", "semicolon", "tab"]
SEPARATORS: Final[Mapping[str, Separator]] = {",": "comma", ";": "semicolon", "\t": "tab"}


@dataclass(frozen=True)
class SheetRow:
    """number: as a spreadsheet counts, the header being 1. cells: column -> words without what surrounds them, of those
    columns that are known. surplus: cells beyond the header's last column that are not empty."""

    number: int
    cells: Mapping[str, str]
    surplus: int = 0


@dataclass(frozen=True)
class Sheet:
    """encoding: its name by IANA, in lower case. ignored: headers that mean nothing here."""

    rows: tuple[SheetRow, ...]
    encoding: str
    separator: Separator
    ignored: tuple[str, ...]


def read_sheet(content: bytes) -> Sheet:
    """Raises TooLarge file_too_large; InvalidInput file_empty, file_not_text, csv_malformed, columns_missing,
    column_repeated or too_many_rows, with the field `file`. Rows without any words are left out and still counted."""
    if len(content) > FILE_BYTES_MAX:
        raise TooLarge("file_too_large", f"At most {FILE_BYTES_MAX} bytes; part the file.", field="file")
    text, encoding = _decoded(content)
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise InvalidInput("file_empty", "There is nothing in the file.", field="file")
    if told := re.match(r'"?sep=([,;\t])"?\r?\n', text):
        text = text[told.end() :]
    separator = told[1] if told else _separator_of(text)
    records = _records(text, separator)
    header = records[0] if records else []
    places, ignored = _places(header)
    rows = []
    for number, record in enumerate(records[1:], 2):
        if not any(cell.strip() for cell in record):
            continue
        cells = {column: _tidy(record[place]) for column, place in places.items() if place < len(record)}
        surplus = sum(1 for cell in record[len(header) :] if cell.strip())
        rows.append(SheetRow(number, cells, surplus))
        if len(rows) > ROWS_MAX:
            raise InvalidInput("too_many_rows", f"At most {ROWS_MAX} rows; part the file.", field="file")
    if not rows:
        raise InvalidInput("file_empty", "There is no row below the header.", field="file")
    return Sheet(tuple(rows), encoding, SEPARATORS[separator], ignored)


def _decoded(content: bytes) -> tuple[str, str]:
    """UTF-8 shows itself: hardly any text of another encoding is valid in it. UTF-16 only with its mark."""
    encodings = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "latin-1": "iso-8859-1"}
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = {"utf-16": "utf-16"}
    elif b"\0" in content:  # a workbook (a zip file) holds them; no text does
        raise InvalidInput("file_not_text", "Save it as CSV: this is no text.", field="file")
    for encoding, name in encodings.items():
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, name
    raise InvalidInput("file_not_text", "Save it as CSV in UTF-8.", field="file")


def _separator_of(text: str) -> str:
    """The one by which the header names most columns that we know; by which it has most columns, where that is even."""

    def found(separator: str) -> tuple[int, int]:
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        except (csv.Error, StopIteration):
            return 0, 0
        return sum(_column_of(cell) is not None for cell in header), len(header)

    return max(SEPARATORS, key=found)


def _records(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
    except csv.Error as error:
        # An unclosed quotation mark takes in all that follows, so nothing behind it can be trusted.
        hint = f"Row {len(records) + 1}, about line {reader.line_num}: {error}."
        raise InvalidInput("csv_malformed", hint, field=f"file/{len(records) + 1}") from None
    return records


def _places(header: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    places: dict[str, int] = {}
    ignored = []
    for place, cell in enumerate(header):
        column = _column_of(cell)
        if column is None:
            ignored += [cell.strip()] if cell.strip() else []
        elif column in places:
            raise InvalidInput("column_repeated", f"Two columns are headed as {column}.", field=f"file/{column}")
        else:
            places[column] = place
    missing = [column for column in REQUIRED if column not in places]
    if missing:
        raise InvalidInput(
            "columns_missing", f"The first row must name the columns; it lacks {', '.join(missing)}.", field="file"
        )
    return places, tuple(ignored)


def _column_of(header: str) -> str | None:
    bare = "".join(each for each in unicodedata.normalize("NFD", header) if not unicodedata.combining(each))
    name = " ".join(bare.replace("_", " ").casefold().split())
    return next((column for column, names in COLUMNS.items() if name in names), None)


def _tidy(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip()
