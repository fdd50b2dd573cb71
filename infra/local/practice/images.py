"""What bytes are, by looking at them."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


@dataclass(frozen=True)
class Seen:
    content_type: str
    width: int  # pixels
    height: int


def look_at(data: bytes) -> Seen | None:
    """Type and size of an image, read from its head alone; None where the bytes are not an image that we know."""
    try:
        with Image.open(io.BytesIO(data), formats=list(_TYPES)) as image:
            return Seen(_TYPES[str(image.format)], image.width, image.height)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
