"""Making renditions. Loads Pillow: for the media function alone.

Each is made from the original, never from another copy: turned as its EXIF says, in sRGB, on white where it was
transparent, and without any metadata (a telephone writes the place into every photograph).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, sqrt
from pathlib import Path

from PIL import Image, ImageCms, ImageOps

from chalicelib.media.rendition import JPEG, Rendition, Spec

PIXELS_MAX = 40_000_000
"""Above the most that a network states (LinkedIn: 36,152,320). With 120 MB a copy the function's memory is enough."""

_QUALITIES = (92, 88, 84, 80)
"""Stepped down before the picture is made smaller. Below 80 blocks show on lettering, of which agencies publish a lot.
"""
_ROUNDS = 8
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Made:
    rendition: Rendition
    content: bytes


def make_renditions(path: Path, specs: Sequence[Spec]) -> list[Made]:
    """One for each spec that no copy before it holds to. path: an image that was judged. Nothing of an animation, nor
    what cannot be made small enough, nor what no JPEG can hold (65,535 pixels a side): the file itself stays usable."""
    made: list[Made] = []
    picture: Image.Image | None = None
    for spec in specs:
        if any(spec.holds(each.rendition) for each in made):
            continue
        if picture is None:
            picture = _opened(path)
            if picture is None:
                return []
        try:
            found = _made(picture, spec)
        except (OSError, ValueError):  # as Pillow says of what it cannot write
            found = None
        if found is not None:
            made.append(found)
    return made


def _opened(path: Path) -> Image.Image | None:
    """As people see it: upright, RGB, opaque. None for an animation."""
    with Image.open(path) as image:
        # The further pictures of a photograph (MPO) are depths and previews of the same one.
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            return None
        profile = image.info.get("icc_profile")
        ImageOps.exif_transpose(image, in_place=True)
        upright: Image.Image = image
        pixels = upright.width * upright.height
        if pixels > PIXELS_MAX:
            if upright.mode in ("1", "P"):  # these cannot be averaged
                upright = upright.convert("RGBA" if "transparency" in upright.info else "RGB")
            upright = upright.resize(scaled(upright.size, sqrt(PIXELS_MAX / pixels)), Image.Resampling.LANCZOS)
        shown = _srgb(_opaque(upright), profile)
        shown.info = {}  # Pillow would write a comment, and may one day write more, from here
        return shown


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, _WHITE)
    white.paste(image, mask=image.getchannel("A"))
    return white


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A copy has no colour profile, without which wide colours would look dull."""
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile that is damaged, or of another kind of picture
        if converted is not None:
            return converted
    return image.convert("RGB")


def _made(picture: Image.Image, spec: Spec) -> Made | None:
    pixels = picture.width * picture.height
    scale = 1.0
    if spec.pixels_max is not None and pixels > spec.pixels_max:
        scale = sqrt(spec.pixels_max / pixels)
    for _ in range(_ROUNDS):
        size = scaled(picture.size, scale) if scale < 1 else picture.size
        drawn = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        least = _jpeg(drawn, _QUALITIES[-1])
        if len(least) <= spec.bytes_max:
            better = (_jpeg(drawn, quality) for quality in _QUALITIES[:-1])
            content = next((each for each in better if len(each) <= spec.bytes_max), least)
            return Made(_described(spec, content, size), content)
        scale *= min(0.95, 0.98 * sqrt(spec.bytes_max / len(least)))
    return None


def _described(spec: Spec, content: bytes, size: tuple[int, int]) -> Rendition:
    return Rendition(
        spec=spec.name,
        content_type=JPEG,
        size=len(content),
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    # Colour at full resolution where quality is high: red lettering on white frays otherwise.
    picture.save(out, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
    return out.getvalue()


def scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """A smaller size; of exactly the same ratio where whole pixels allow, for a network may stand on the very edge."""
    width, height = size
    unit = gcd(width, height)
    times = int(unit * scale)
    if times and times / unit > scale * 0.97:
        return width // unit * times, height // unit * times
    return max(1, int(width * scale)), max(1, int(height * scale))
