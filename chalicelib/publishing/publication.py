"""A post as one network shall show it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chalicelib.media.media import Media
from chalicelib.networks.contract import Halted, MediaFile, Publication
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Content, Post
from chalicelib.store import Store


def publication_of(delivery: Delivery, post: Post, desk: Desk) -> Publication:
    """What goes out next of this delivery: the whole, or a part of a thread, whose images are on the first. The same,
    to the byte, at every attempt. Raises Halted when an image is not there any more."""
    files = [] if delivery.part else usable_files(post, desk)
    return Publication(
        key=delivery.publication_key,
        text=post.content.parts_for(delivery.network)[delivery.part],
        # Not when its video was handed over, which may be minutes before.
        written_at=max(delivery.first_began_at or delivery.due_at, delivery.due_at),
        media=files,
        language=post.content.language,
        reply_to=delivery.standing[-1] if delivery.standing else post.content.reply_to,
        ticket=delivery.standing_ticket,
    )


def usable_files(post: Post, desk: Desk) -> list[MediaFile]:
    """Raises Halted when one is not there any more."""
    files, missing = files_of(
        post.agency, post.content, store=desk.store, read=desk.read_media, address=desk.media_address
    )
    if missing:
        raise Halted("media_refused")
    return files


def files_of(
    agency: str,
    content: Content,
    *,
    store: Store,
    read: Callable[[str], bytes],
    address: Callable[[str], str] | None = None,
) -> tuple[list[MediaFile], list[str]]:
    """The images of a post that may be used, in their order, and the ids of those that may not (yet)."""
    stored = store.get_many([(Media, Media.key_of(agency, each.media)) for each in content.media])
    files: list[MediaFile] = []
    missing: list[str] = []
    for attachment, media in zip(content.media, stored, strict=True):
        if isinstance(media, Media) and media.state == "ready":
            where = partial(address, media.object_key) if address else None
            files.append(media.file(attachment.alt, read=partial(read, media.object_key), address=where))
        else:
            missing.append(attachment.media)
    return files, missing
