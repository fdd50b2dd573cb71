"""The bucket of images and videos, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.errors import Upstream


class FakeBucket:
    """announced: key -> (content type, size) of each upload address that was given."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.announced: dict[str, tuple[str, int]] = {}

    def upload_address(self, key: str, *, content_type: str, size: int, now: datetime) -> tuple[str, datetime]:
        self.announced[key] = (content_type, size)
        return f"https://bucket.example/{key}?put", now + timedelta(minutes=15)

    def look_address(self, key: str, *, content_type: str) -> str:
        return f"https://bucket.example/{key}?get"

    def public_address(self, key: str) -> str:
        return f"https://bucket.example/{key}?public"

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        self.announced[key] = (content_type, len(content))
        self.objects[key] = content

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise Upstream("media_unreadable", "NoSuchKey")
        return self.objects[key]

    def chunks(self, key: str, size: int) -> Iterator[bytes]:
        content = self.read(key)
        for first in range(0, len(content), size):
            yield content[first : first + size]

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)
