"""What the page behind a link suggests for its card."""

from __future__ import annotations

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Shape
from chalicelib.api.shapes.media import Media
from chalicelib.api.shapes.posts import LinkCard


class NewLinkCard(Shape):
    url: str = Field(max_length=2_000, pattern=r"^https?://\S+$")
    department: Identifier


class SuggestedCard(Shape):
    """picture: read GET /api/media/{id} until it is ready, and then name it in the card."""

    card: LinkCard
    picture: Media | None
    picture_refused: str | None = Field(description="A code, where the page names a picture that could not be had.")
