"""Dates and times as people write them in a sheet."""

from __future__ import annotations

import re
from datetime import date, time

from chalicelib.errors import InvalidInput

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
_TIME = re.compile(r"(\d{1,2})(?:\s*[h:]\s*(\d{2})?(?::(\d{2}))?)?\s*([ap])?\.?\s*(m)?\.?", re.IGNORECASE)


def date_of(written: str) -> date:
    """2026-12-24, or the day first: 24/12/2026, 24.12.2026, 24-12-2026. Never the month first, whatever the numbers:
    what can be read in two ways in one row would be read in two ways in one file. Raises InvalidInput date_invalid."""
    if found := _ISO.fullmatch(written):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _DAY_FIRST.fullmatch(written):
        year, month, day = int(found[4]), int(found[3]), int(found[1])
    else:
        raise InvalidInput("date_invalid", "Year-month-day, or day/month/year with four digits of year.", field="date")
    try:
        return date(year, month, day)
    except ValueError:
        raise InvalidInput(
            "date_invalid", "There is no such day (the day comes before the month).", field="date"
        ) from None


def time_of(written: str) -> time:
    """9:30, 09:30:00, 9h, 9 h 30, 9:30 am. A bare number is no time. Raises InvalidInput time_invalid."""
    refused = InvalidInput("time_invalid", "Hours and minutes: 09:30, 9h30, 9:30 am.", field="time")
    found = _TIME.fullmatch(written)
    if found is None or bool(found[4]) != bool(found[5]) or re.fullmatch(r"\d+|\d+\s*:\s*", written):
        raise refused
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            raise refused
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise refused from None


def wall_of(day: str, hour: str) -> str:
    """YYYY-MM-DDTHH:MM:SS, from two cells, or from one that holds both. Raises InvalidInput date_missing,
    date_invalid, time_missing or time_invalid."""
    if not day:
        raise InvalidInput("date_missing", "Say on which day.", field="date")
    if not hour and (both := re.fullmatch(r"(\S+?)(?:T|\s+)(\d.*)", day)):
        day, hour = both[1], both[2]
    when = date_of(day)
    if not hour:
        raise InvalidInput("time_missing", "Say at what time.", field="time")
    return f"{when.isoformat()}T{time_of(hour).isoformat(timespec='seconds')}"
