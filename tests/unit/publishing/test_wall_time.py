"""Dates and times as people write them."""

from __future__ import annotations

import pytest

from chalicelib.errors import InvalidInput
from chalicelib.publishing.wall_time import wall_of


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ("2026-12-24", "09:30", "2026-12-24T09:30:00"),
        ("24/12/2026", "9h30", "2026-12-24T09:30:00"),
        ("24.12.2026", "9 h 30", "2026-12-24T09:30:00"),
        ("4-1-2027", "9h", "2027-01-04T09:00:00"),
        ("03/04/2026", "00:00", "2026-04-03T00:00:00"),  # the day first, always
        ("2026-12-24", "23:59:59", "2026-12-24T23:59:59"),
        ("2026-12-24", "9:30 am", "2026-12-24T09:30:00"),
        ("2026-12-24", "9:30 P.M.", "2026-12-24T21:30:00"),
        ("2026-12-24", "12 am", "2026-12-24T00:00:00"),
        ("2026-12-24", "12pm", "2026-12-24T12:00:00"),
        ("2026-12-24T09:30", "", "2026-12-24T09:30:00"),
        ("24/12/2026 9h30", "", "2026-12-24T09:30:00"),
        ("24/12/2026 9 h 30", "", "2026-12-24T09:30:00"),
        ("29/02/2028", "9h", "2028-02-29T09:00:00"),
    ],
)
def test_what_is_understood(day: str, hour: str, expected: str) -> None:
    assert wall_of(day, hour) == expected


@pytest.mark.parametrize(
    ("day", "hour", "code", "field"),
    [
        ("", "09:30", "date_missing", "date"),
        ("2026-12-24", "", "time_missing", "time"),
        ("12/25/2026", "09:30", "date_invalid", "date"),  # the month first is never meant
        ("29/02/2027", "09:30", "date_invalid", "date"),
        ("24/12/26", "09:30", "date_invalid", "date"),
        ("24/12-2026", "09:30", "date_invalid", "date"),
        ("24 décembre", "09:30", "date_invalid", "date"),
        ("0000-01-01", "09:30", "date_invalid", "date"),
        ("46380", "09:30", "date_invalid", "date"),  # a spreadsheet's own number of a day
        ("2026-12-24", "9", "time_invalid", "time"),
        ("2026-12-24", "24:00", "time_invalid", "time"),
        ("2026-12-24", "9h75", "time_invalid", "time"),
        ("2026-12-24", "13 pm", "time_invalid", "time"),
        ("2026-12-24", "0 am", "time_invalid", "time"),
        ("2026-12-24", "9:30 a", "time_invalid", "time"),
        ("2026-12-24", "0.395833", "time_invalid", "time"),
        ("2026-12-24", "midi", "time_invalid", "time"),
        ("2026-12-24T09:30", "09:30", "date_invalid", "date"),
    ],
)
def test_what_is_not(day: str, hour: str, code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        wall_of(day, hour)
    assert (failure.value.code, failure.value.field) == (code, field)
