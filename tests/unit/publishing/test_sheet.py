"""CSV as staff's programs save it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidInput, ParvisError, TooLarge
from chalicelib.publishing.sheet import COLUMNS, FILE_BYTES_MAX, ROWS_MAX, read_sheet

FRENCH = "Date;Heure;Texte;Profils\n24/12/2026;9h30;Noël à l’Hôtel de ville – 12 €;@ville\n"
ENGLISH = "date,time,text,profiles\n2026-12-24,09:30,Café,@ville\n"


def refused(content: bytes) -> tuple[type[ParvisError], str, str | None]:
    with pytest.raises(ParvisError) as failure:
        read_sheet(content)
    return type(failure.value), failure.value.code, failure.value.field


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (FRENCH.encode(), "utf-8"),
        (FRENCH.encode("utf-8-sig"), "utf-8"),
        (FRENCH.encode("cp1252"), "windows-1252"),
        (FRENCH.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + FRENCH.encode("utf-16-be"), "utf-16"),
    ],
)
def test_each_encoding_is_recognised(encoded: bytes, expected: str) -> None:
    sheet = read_sheet(encoded)
    assert (sheet.encoding, sheet.separator, sheet.ignored) == (expected, "semicolon", ())
    assert sheet.rows[0].cells == {
        "date": "24/12/2026",
        "time": "9h30",
        "text": "Noël à l’Hôtel de ville – 12 €",
        "profiles": "@ville",
    }


def test_latin_1_where_windows_has_no_such_letter() -> None:
    """A byte that Windows-1252 leaves free."""
    sheet = read_sheet(b"date,text,profiles\n2026-12-24,\xe9t\xe9 \x81,@ville\n")
    assert (sheet.encoding, sheet.rows[0].cells["text"]) == ("iso-8859-1", "été \x81")


@pytest.mark.parametrize(("separator", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_each_separator_and_line_ending(separator: str, name: str, ending: str) -> None:
    text = ENGLISH.replace("Café", "un mot").replace(",", separator).replace("\n", ending)
    sheet = read_sheet(text.encode())
    assert (sheet.separator, sheet.rows[0].cells["text"], len(sheet.rows)) == (name, "un mot", 1)


def test_the_separator_is_that_of_the_header_whatever_the_texts_hold() -> None:
    sheet = read_sheet(b"date;texte;profils\n2026-12-24;un, deux, trois, quatre, cinq;@a\n")
    assert (sheet.separator, sheet.rows[0].cells["text"]) == ("semicolon", "un, deux, trois, quatre, cinq")


def test_excel_names_its_separator() -> None:
    sheet = read_sheet(b"sep=;\r\ndate;text;profiles\r\n2026-12-24;x;@a\r\n")
    assert (sheet.separator, sheet.rows[0].number) == ("semicolon", 2)


@pytest.mark.parametrize(
    "formula", ["=1+1", '=HYPERLINK("https://a.example";"b")', "+33 1 23", "-5 °C", "@ville", "=cmd|' /C calc'!A0"]
)
def test_a_formula_is_text(formula: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["date", "text", "profiles"], ["2026-12-24", formula, "@a"]])
    assert read_sheet(out.getvalue().encode()).rows[0].cells["text"] == formula


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    """Lines within quotation marks belong to their row; an empty row counts and is left out."""
    sheet = read_sheet(b'date,text,profiles\n2026-12-24,"one\r\ntwo ""quoted""",@a\n,,\n2026-12-25,"three",@a,\n')
    assert [each.number for each in sheet.rows] == [2, 4]
    assert sheet.rows[0].cells["text"] == 'one\ntwo "quoted"'
    assert sheet.rows[1].surplus == 0


def test_a_row_with_more_cells_than_the_header_says_so() -> None:
    assert read_sheet(b"date,text,profiles\n2026-12-24,one, two,@a\n").rows[0].surplus == 1


def test_a_column_that_means_nothing_is_named() -> None:
    assert read_sheet(b"date,text,profiles,Budget,\n2026-12-24,x,@a,5,\n").ignored == ("Budget",)


@pytest.mark.parametrize(("column", "names"), COLUMNS.items())
def test_each_header_in_both_languages(column: str, names: tuple[str, ...]) -> None:
    for name in names:
        others = [each for each in ("date", "text", "profiles") if each != column]
        sheet = read_sheet(",".join([f"  {name.upper()} ", *others]).encode() + b"\nhere,a,b,c\n")
        assert sheet.rows[0].cells[column] == "here"


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (b"", "file_empty", "file"),
        (b"\xef\xbb\xbf \r\n", "file_empty", "file"),
        (b"date,text,profiles\n\n,,\n", "file_empty", "file"),
        (b"PK\x03\x04\x00\x00", "file_not_text", "file"),
        (b"\xff\xfeabc", "file_not_text", "file"),
        (b"2026-12-24,09:00,hello,@a\n", "columns_missing", "file"),
        (b"date,text\n2026-12-24,x\n", "columns_missing", "file"),
        (b"date,text,texte,profiles\n2026-12-24,x,y,@a\n", "column_repeated", "file/text"),
        (b'date,text,profiles\n2026-12-24,"x,@a\n2026-12-25,y,@a\n', "csv_malformed", "file/2"),
        (b'date,text,profiles\n2026-12-24,"x" y,@a\n', "csv_malformed", "file/2"),
        (b"date,text,profiles\n2026-12-24," + b"x" * 140_000 + b",@a\n", "csv_malformed", "file/2"),
    ],
)
def test_a_file_that_cannot_be_read(content: bytes, code: str, field: str) -> None:
    assert refused(content) == (InvalidInput, code, field)


def test_fifty_megabytes_are_refused_unread() -> None:
    assert refused(b"\0" * 50_000_000) == (TooLarge, "file_too_large", "file")
    assert refused(b"\0" * (FILE_BYTES_MAX + 1))[1] == "file_too_large"


def test_as_many_rows_as_are_taken_and_no_more() -> None:
    head, row = b"date,text,profiles\n", b"2026-12-24,x,@a\n"
    assert len(read_sheet(head + row * ROWS_MAX).rows) == ROWS_MAX
    assert refused(head + row * (ROWS_MAX + 1))[1] == "too_many_rows"


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused_with_a_code(content: bytes) -> None:
    for each in (content, b"date,text,profiles\n" + content):
        try:
            read_sheet(each)
        except ParvisError as error:
            assert error.field
