"""Announcing a file, and judging what was then uploaded by its content, never by its name."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from chalicelib.clock import Clock
from chalicelib.errors import InvalidInput
from chalicelib.identifiers import new_id
from chalicelib.media.media import Media
from chalicelib.media.rendition import Rendition, Spec, specs_for
from chalicelib.networks.contract import CardLimits, Limits
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
VIDEO_TYPES = ("video/mp4", "video/quicktime")

_PIECE = 8 * 1024 * 1024


class Bucket(Protocol):
    def upload_address(self, key: str, *, content_type: str, size: int, now: datetime) -> tuple[str, datetime]: ...

    def chunks(self, key: str, size: int) -> Iterator[bytes]: ...

    def put(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True)
class Judged:
    """What was found in a file. width, height: pixels, as it is shown. located: it says where it was taken."""

    content_type: str
    width: int
    height: int
    duration_ms: int | None = None
    located: bool = False


class Judge(Protocol):
    def __call__(self, path: Path, *, video: bool) -> Judged:
        """Raises InvalidInput with the reason for which a file is refused (judging.py)."""


class Copy(Protocol):
    @property
    def rendition(self) -> Rendition: ...
    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True)
class Workshop:
    """What the media function judges and makes copies with. limits: of every network that takes posts, and of the link
    cards that are ours to build."""

    judge: Judge
    make: Callable[[Path, Sequence[Spec]], Sequence[Copy]]
    limits: Callable[[], Iterable[Limits | CardLimits]]
    store: Store
    bucket: Bucket


def announce(
    *,
    department: str,
    filename: str,
    content_type: str,
    size: int,
    image_bytes_max: int,
    video_bytes_max: int,
    actor: Actor,
    store: Store,
    bucket: Bucket,
    clock: Clock,
) -> tuple[Media, str, datetime]:
    """The media, the address to PUT the file to, and until when. Raises InvalidInput media_type, too_large."""
    actor.require("write", department)
    if content_type not in (*IMAGE_TYPES, *VIDEO_TYPES):
        taken = ", ".join((*IMAGE_TYPES, *VIDEO_TYPES))
        raise InvalidInput("media_type", f"{filename}: images and videos only, of {taken}.", field="content_type")
    bytes_max = video_bytes_max if content_type in VIDEO_TYPES else image_bytes_max
    if size > bytes_max:
        raise InvalidInput("too_large", f"{filename}: at most {bytes_max} bytes.", field="size")
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


def judge_upload(object_key: str, workshop: Workshop) -> str:
    """Decide about an uploaded object; returns the media's state. Judging the same object again changes nothing.

    A rendition is an object too, of whose making storage tells as it does of an upload: it is let pass.
    """
    agency, _, media_id = object_key.partition("/")
    if "/" in media_id:
        return "rendition"
    store, bucket = workshop.store, workshop.bucket
    media = store.get(Media, Media.key_of(agency, media_id))
    if media is None:
        return "unknown"
    if media.state != "awaiting":
        return media.state
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        size, sha256 = _fetched(bucket.chunks(object_key, _PIECE), path)
        try:
            judged = _found(media, workshop.judge(path, video=media.is_video), size, sha256)
        except InvalidInput as error:
            judged = media.but(state="refused", reason=error.code)
        else:
            judged = _with_renditions(judged, path, workshop)
    try:
        store.save(judged)
    except Lost:
        # The same notice came twice and the other one decided; a copy that it made too is one and the same object.
        kept = store.get(Media, media.key())
        _delete(set(judged.stored_keys[1:]) - set(kept.stored_keys if kept else ()), bucket)
        return "lost"
    if judged.state == "refused":
        _delete(judged.stored_keys, bucket)
    return judged.state


def _fetched(chunks: Iterator[bytes], path: Path) -> tuple[int, str]:
    """On to the disk, for half a gigabyte is no matter for memory: (bytes, SHA-256)."""
    size, digest = 0, hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def _found(media: Media, judged: Judged, size: int, sha256: str) -> Media:
    """Raises InvalidInput type_mismatch."""
    if judged.content_type != media.content_type:
        raise InvalidInput("type_mismatch", f"Announced as {media.content_type}, but it is {judged.content_type}.")
    return media.but(
        state="ready",
        content_type=judged.content_type,
        size=size,
        width=judged.width,
        height=judged.height,
        duration_ms=judged.duration_ms,
        located=judged.located,
        sha256=sha256,
    )


def _with_renditions(media: Media, path: Path, workshop: Workshop) -> Media:
    """The copies are stored before the item that names them: what it names is always there."""
    if media.is_video:
        return media
    specs = specs_for(media.file(""), workshop.limits())
    copies = workshop.make(path, specs) if specs else []
    named = media.model_copy(update={"renditions": tuple(each.rendition for each in copies)})
    for each in copies:
        key = named.rendition_key(each.rendition)
        workshop.bucket.put(key, each.content, content_type=each.rendition.content_type)
    return named


def _delete(keys: Iterable[str], bucket: Bucket) -> None:
    for key in keys:
        bucket.delete(key)
