"""What the calendar shows beside posts: the agency's events and public holidays."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.posts import Author


class NewAgencyEvent(Shape):
    """Whole days (starts_on, perhaps ends_on, both included) or a time with its zone (starts_at, perhaps ends_at)."""

    title: str = Field(min_length=1, max_length=120)
    note: str = Field("", max_length=2_000)
    department: Identifier | None = Field(None, description="null: the whole agency's.")
    starts_on: date | None = None
    ends_on: date | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    zone: str | None = Field(None, max_length=64)


class AgencyEvent(NewAgencyEvent):
    id: Identifier
    by: Author
    version: int


class Holiday(Shape):
    day: date
    name: str = Field(description="In the reader's language where it is known, else in the country's.")


class Country(Shape):
    code: str = Field(description="ISO 3166-1 alpha-2.")


class Subdivision(Shape):
    code: str
    name: str
