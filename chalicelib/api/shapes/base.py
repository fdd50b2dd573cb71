"""What all shapes share: strictness, times, pages and errors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer


def rfc3339(moment: datetime) -> str:
    """A UTC time as RFC 3339 with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(rfc3339, return_type=str)]
"""A point in time. Accepted with any offset, always answered in UTC."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Shape(BaseModel):
    """Unknown fields are refused: a misspelt field must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


T = TypeVar("T")


class Page(Shape, Generic[T]):
    items: list[T]
    next: str | None = None


class ErrorBody(Shape):
    code: str = Field(description="What went wrong; words for people live in the web application.")
    field: str | None = Field(None, description="The field concerned, as a path: targets/0, media/1/alt.")
    hint: str | None = Field(None, description="One English sentence for the developer who reads it.")


class Error(Shape):
    error: ErrorBody


class Empty(Shape):
    """Nothing to say."""
