"""Announcing an image, and judging what was then uploaded by its content, never by its name."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from chalicelib.clock import Clock
from chalicelib.errors import InvalidInput
from chalicelib.identifiers import new_id
from chalicelib.media.media import Media
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

ANNOUNCED_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")


class Bucket(Protocol):
    def upload_address(self, key: str, *, content_type: str, size: int, now: datetime) -> tuple[str, datetime]: ...

    def put(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def read(self, key: str) -> bytes: ...

    def delete(self, key: str) -> None: ...


class Judge(Protocol):
    def __call__(self, content: bytes) -> tuple[str, int, int]:
        """(content type, width, height in pixels), or InvalidInput not_an_image, image_type, too_many_pixels."""


def announce(
    *,
    department: str,
    filename: str,
    content_type: str,
    size: int,
    bytes_max: int,
    actor: Actor,
    store: Store,
    bucket: Bucket,
    clock: Clock,
) -> tuple[Media, str, datetime]:
    """The media, the address to PUT the file to, and until when. Raises InvalidInput image_type, too_large."""
    actor.require("write", department)
    if content_type not in ANNOUNCED_TYPES:
        raise InvalidInput("image_type", f"Images only: {', '.join(ANNOUNCED_TYPES)}.", field="content_type")
    if size > bytes_max:
        raise InvalidInput("too_large", f"At most {bytes_max} bytes.", field="size")
    now = clock.now()
    media = Media(
        agency=actor.agency,
        id=new_id(),
        department=department,
        filename=filename,
        content_type=content_type,
        size=size,
        by=actor.person,
        created_at=now,
    )
    store.save(media)
    url, until = bucket.upload_address(media.object_key, content_type=content_type, size=size, now=now)
    return media, url, until


def judge_upload(object_key: str, *, judge: Judge, store: Store, bucket: Bucket) -> str:
    """Decide about an uploaded object; returns the media's state. Judging the same object again changes nothing."""
    agency, _, media_id = object_key.partition("/")
    media = store.get(Media, Media.key_of(agency, media_id))
    if media is None:
        return "unknown"
    if media.state != "awaiting":
        return media.state
    content = bucket.read(object_key)
    try:
        content_type, width, height = judge(content)
        if content_type != media.content_type:
            raise InvalidInput("type_mismatch", f"Announced as {media.content_type}, but it is {content_type}.")
    except InvalidInput as error:
        judged = media.but(state="refused", reason=error.code)
    else:
        judged = media.but(
            state="ready",
            content_type=content_type,
            size=len(content),
            width=width,
            height=height,
            sha256=hashlib.sha256(content).hexdigest(),
        )
    try:
        store.save(judged)
    except Lost:
        return "lost"  # the same notice came twice and the other one decided
    if judged.state == "refused":
        bucket.delete(object_key)
    return judged.state
