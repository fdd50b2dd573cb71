"""An image: announced, uploaded straight to storage, judged by its content, then used."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.networks.contract import MediaFile


class Media(Entity):
    """content_type, size: as announced until it is ready, then as found in the file itself. sha256: hex."""

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
    sha256: str | None = None
    by: str
    created_at: Moment

    @staticmethod
    def key_of(agency: str, media: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "MEDIA", media), "sk": "MEDIA"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @property
    def object_key(self) -> str:
        return f"{self.agency}/{self.id}"

    def file(self, alt: str, *, read: Callable[[], bytes], address: Callable[[], str] | None = None) -> MediaFile:
        """Only of an image that is ready."""
        if self.width is None or self.height is None or self.sha256 is None:
            raise ValueError(f"media {self.id} has not been checked")
        return MediaFile(
            media_id=self.id,
            filename=self.filename,
            content_type=self.content_type,
            size=self.size,
            width=self.width,
            height=self.height,
            alt=alt,
            sha256=self.sha256,
            read=read,
            address=address,
        )
