"""What an image really is. The only module that loads Pillow; only the media function loads this module."""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from chalicelib.errors import InvalidInput

_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
PIXELS_MAX = 100_000_000
"""A hundred megapixels: about 300 MB decoded, within the media function's memory."""


def judge_image(content: bytes) -> tuple[str, int, int]:
    """(content type, width, height in pixels), by decoding it whole.

    Raises InvalidInput not_an_image (no image, or a broken one), image_type, too_many_pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = PIXELS_MAX
        try:
            with Image.open(io.BytesIO(content)) as image:
                kind, (width, height) = image.format or "", image.size
                if kind not in _TYPES:
                    raise InvalidInput("image_type", f"{kind} is not a type that the networks take.")
                image.load()
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise InvalidInput("too_many_pixels", f"At most {PIXELS_MAX} pixels.") from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            # Pillow raises any of these for a damaged file, by format
            raise InvalidInput("not_an_image", "It does not decode as an image.") from error
    return _TYPES[kind], width, height
