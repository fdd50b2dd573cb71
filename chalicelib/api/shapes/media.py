"""Images and videos: announced, uploaded straight to storage, checked, then used."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape


class NewMedia(Shape):
    department: Identifier
    filename: str = Field(min_length=1, max_length=200)
    content_type: str = Field(max_length=100)
    size: int = Field(gt=0, description="Bytes.")


class Upload(Shape):
    """Send the file with this method, to this address, with exactly these headers."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: Moment


class MediaCopy(Shape):
    """A copy for the networks that do not take the image itself."""

    content_type: str
    size: int
    width: int
    height: int


class Media(Shape):
    id: Identifier
    state: Literal["awaiting", "ready", "refused"]
    reason: str | None = Field(
        description="A code, when refused: not_an_image, not_a_video, video_codec, type_mismatch, ..."
    )
    filename: str
    content_type: str
    size: int
    width: int | None = Field(description="Pixels, as it is shown.")
    height: int | None
    duration_s: float | None = Field(description="Of a video.")
    url: str | None = Field(description="A short-lived address to look at it, when ready.")
    copies: list[MediaCopy]


class MediaUpload(Shape):
    media: Media
    upload: Upload
