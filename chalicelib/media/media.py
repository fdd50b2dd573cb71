"""A file: announced, uploaded straight to storage, judged by its content, then used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.media.rendition import Rendition, closest
from chalicelib.networks.contract import CardLimits, Limits, MediaFile


@dataclass(frozen=True)
class Shelf:
    """How stored bytes are had, by key: read whole, in pieces of a size, at an address for a network."""

    read: Callable[[str], bytes]
    chunks: Callable[[str, int], Iterator[bytes]]
    address: Callable[[str], str]


class Media(Entity):
    """content_type, size: as announced until it is ready, then as found in the file itself. width, height: pixels, as
    it is shown (turned as the file says). located: the file says where it was taken. sha256: hex, of the file as it was
    uploaded: what approvals are bound to. renditions: copies for the networks that do not take the file itself
    (rendition.py); none of what was uploaded before there were any."""

    KIND: ClassVar[str] = "media"

    agency: str
    id: str
    department: str
    filename: str
    content_type: str
    size: int
    state: Literal["awaiting", "ready", "refused"] = "awaiting"
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    located: bool = False
    sha256: str | None = None
    renditions: tuple[Rendition, ...] = ()
    by: str
    created_at: Moment

    @staticmethod
    def key_of(agency: str, media: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "MEDIA", media), "sk": "MEDIA"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @property
    def is_video(self) -> bool:
        return self.content_type.startswith("video/")

    @property
    def duration_s(self) -> float | None:
        return None if self.duration_ms is None else self.duration_ms / 1000

    @property
    def object_key(self) -> str:
        return f"{self.agency}/{self.id}"

    def rendition_key(self, rendition: Rendition) -> str:
        """By its content, so that no other copy is ever written over it."""
        return f"{self.object_key}/{rendition.sha256}"

    @property
    def stored_keys(self) -> list[str]:
        return [self.object_key, *(self.rendition_key(each) for each in self.renditions)]

    def file(self, alt: str, *, limits: Limits | CardLimits | None = None, shelf: Shelf | None = None) -> MediaFile:
        """As a network with these limits is given it; None: as it was uploaded. Without a shelf its bytes cannot be
        read. Only of what is ready."""
        if self.width is None or self.height is None or self.sha256 is None:
            raise ValueError(f"media {self.id} has not been checked")
        original = MediaFile(
            media_id=self.id,
            filename=self.filename,
            content_type=self.content_type,
            size=self.size,
            width=self.width,
            height=self.height,
            alt=alt,
            sha256=self.sha256,
            read=_unread,
            duration_s=self.duration_s,
            located=self.located,
        )
        given, key = original, self.object_key
        if limits is not None and not self.is_video:
            chosen = closest(original, self.renditions, limits)
            if isinstance(chosen, Rendition):
                given, key = _copy_of(original, chosen), self.rendition_key(chosen)
        if shelf is None:
            return given
        return replace(
            given,
            read=partial(shelf.read, key),
            chunks=partial(shelf.chunks, key),
            address=partial(shelf.address, key),
        )


def _copy_of(original: MediaFile, rendition: Rendition) -> MediaFile:
    return replace(
        original,
        content_type=rendition.content_type,
        size=rendition.size,
        width=rendition.width,
        height=rendition.height,
        sha256=rendition.sha256,
        located=False,
        original_located=original.located,
        original_sha256=original.sha256,
    )


def _unread() -> bytes:
    raise AssertionError("a check looks at what is known of a file, never at its bytes")
