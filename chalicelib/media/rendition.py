"""Renditions: copies of an image for the networks that do not take the image itself.

What a rendition must hold to follows from the networks' own limits, not from a list of networks: a limit that the
image breaks becomes a `Spec`, and one copy serves every limit that it keeps. A JPEG is what every network takes.

A copy is the same picture in another file: other type, fewer bytes, fewer pixels, no metadata. What would be another
picture (cropped, a still of an animation) is a person's choice and is never made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from chalicelib.networks.contract import CardLimits, Limits

JPEG = "image/jpeg"


class Rendition(BaseModel):
    """spec: what it was made to hold to, by name. sha256: hex, of its bytes, by which it is also stored."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    spec: str
    content_type: str
    size: int
    width: int
    height: int
    sha256: str

    @property
    def located(self) -> bool:
        """A copy has no metadata."""
        return False


class Image(Protocol):
    """Sizes in bytes and pixels."""

    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def located(self) -> bool: ...


AnImage = TypeVar("AnImage", bound=Image)


@dataclass(frozen=True)
class Spec:
    """A JPEG of at most so many bytes and pixels (None: as many as there are)."""

    bytes_max: int
    pixels_max: int | None

    @property
    def name(self) -> str:
        pixels = f"-{self.pixels_max // 1000}kpx" if self.pixels_max is not None else ""
        return f"jpeg-{self.bytes_max // 1000}kb{pixels}"

    def holds(self, image: Image) -> bool:
        return (
            image.content_type == JPEG
            and image.size <= self.bytes_max
            and (self.pixels_max is None or image.width * image.height <= self.pixels_max)
        )


def fits(image: Image, limits: Limits | CardLimits) -> bool:
    """By type, bytes and pixels; the ratio is the same in every rendition and no reason to take one. What says where
    it was taken fits nowhere: some networks (Bluesky) hand the very file to everybody, and whose garden a photograph of
    the police was taken in is for nobody."""
    return (
        not image.located
        and image.content_type in limits.image_types
        and image.size <= limits.image_bytes_max
        and (limits.image_pixels_max is None or image.width * image.height <= limits.image_pixels_max)
    )


def specs_for(image: Image, every: Iterable[Limits | CardLimits]) -> list[Spec]:
    """What must be made so that all of these limits can be kept, the most generous first."""
    wanted = {
        Spec(limits.image_bytes_max, limits.image_pixels_max)
        for limits in every
        if JPEG in limits.image_types and not fits(image, limits)
    }
    return sorted(wanted, key=lambda spec: (-spec.bytes_max, -(spec.pixels_max or 10**12)))


def closest(image: AnImage, renditions: Sequence[Rendition], limits: Limits | CardLimits) -> AnImage | Rendition:
    """What a network with these limits is given: the image where it fits, else the rendition that changes it least,
    else the image, of which the network's check then says what is wrong."""
    if fits(image, limits):
        return image
    fitting = [each for each in renditions if fits(each, limits)]
    return max(fitting, key=lambda each: (each.width * each.height, each.size), default=image)
