"""A post as one network shall show it."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.media.media import Media, Shelf
from chalicelib.networks.contract import Halted, Limits, MediaFile, Publication
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Content, Post
from chalicelib.store import Store


def publication_of(delivery: Delivery, post: Post, profile: Profile, desk: Desk) -> Publication:
    """The same, to the byte, at every attempt of this delivery, as long as the network's limits are the same. Raises
    Halted when a file is not there any more."""
    limits = desk.network_named(delivery.network).limits(profile.limits)
    stored = stored_media(post.agency, post.content, store=desk.store)
    files, missing = files_of(post.content, stored, limits=limits, shelf=desk.shelf)
    if missing:
        raise Halted("media_refused")
    return Publication(
        key=delivery.publication_key,
        text=post.content.text_for(delivery.network),
        written_at=delivery.first_began_at or delivery.due_at,
        media=files,
        language=post.content.language,
        reply_to=post.content.reply_to,
        ticket=delivery.standing_ticket,
    )


def stored_media(agency: str, content: Content, *, store: Store) -> list[Media | None]:
    """Each attachment's file, in their order; None where it may not be used (yet)."""
    found = store.get_many([(Media, Media.key_of(agency, each.media)) for each in content.media])
    return [each if isinstance(each, Media) and each.state == "ready" else None for each in found]


def files_of(
    content: Content, stored: Sequence[Media | None], *, limits: Limits, shelf: Shelf | None = None
) -> tuple[list[MediaFile], list[str]]:
    """The files of a post as a network with these limits is given them, in their order, and the ids of those that may
    not be used (yet)."""
    files: list[MediaFile] = []
    missing: list[str] = []
    for attachment, media in zip(content.media, stored, strict=True):
        if media is None:
            missing.append(attachment.media)
        else:
            files.append(media.file(attachment.alt, limits=limits, shelf=shelf))
    return files, missing
