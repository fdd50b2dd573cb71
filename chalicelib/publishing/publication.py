"""A post as one network shall show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chalicelib.media.media import Media, Shelf
from chalicelib.networks.contract import Capabilities, Halted, Limits, LinkCard, MediaFile, Publication
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Card, Content, Post
from chalicelib.publishing.tracking import tracked_link
from chalicelib.store import Store


def publication_of(delivery: Delivery, post: Post, profile: Profile, desk: Desk) -> Publication:
    """What goes out next of this delivery: the whole, or a part of a thread, whose files and card are on the first.
    The same, to the byte, at every attempt, as long as the network's limits are the same. Raises Halted when a file is
    not there any more."""
    files, card = ([], None) if delivery.part else _files_and_card(delivery, post, profile, desk)
    return Publication(
        key=delivery.publication_key,
        text=post.content.parts_for(delivery.network)[delivery.part],
        # Not when its video was handed over, which may be minutes before.
        written_at=max(delivery.first_began_at or delivery.due_at, delivery.due_at),
        media=files,
        language=post.content.language,
        reply_to=delivery.standing[-1] if delivery.standing else post.content.reply_to,
        ticket=delivery.standing_ticket,
        card=card,
    )


def _files_and_card(
    delivery: Delivery, post: Post, profile: Profile, desk: Desk
) -> tuple[list[MediaFile], LinkCard | None]:
    network = desk.network_named(delivery.network)
    stored = stored_media(post.agency, post.content, store=desk.store)
    files, missing = files_of(post.content, stored, limits=network.limits(profile.limits), shelf=desk.shelf)
    card, unready = card_of(post.agency, post.content, network.capabilities(), store=desk.store, shelf=desk.shelf)
    if missing or unready:
        raise Halted("media_refused")
    return files, card


def hashes_of(publication: Publication, post: Post, *, store: Store) -> list[str]:
    """SHA-256 of the files of a post's content as people approved them, for its fingerprint: of those that are being
    sent by what is sent. What was approved is the whole: also the files that are on another part of a thread, and a
    card's picture where this network shows none."""
    sent = {each.media_id: each.approved_sha256 for each in publication.media}
    if publication.card is not None and publication.card.image is not None:
        sent[publication.card.image.media_id] = publication.card.image.approved_sha256
    wanted = post.content.media_ids()
    others = [each for each in wanted if each not in sent]
    stored = store.get_many([(Media, Media.key_of(post.agency, each)) for each in others]) if others else []
    known = {each.id: each.sha256 for each in stored if isinstance(each, Media) and each.sha256}
    return [{**known, **sent}[each] for each in wanted if each in sent or each in known]


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


def shown_card(content: Content, able: Capabilities) -> Card | None:
    """The card, where this network shows one: it stands in the place of media, below words that hold its link, and
    never below a reply. Its link is the one that leaves in those words."""
    card = content.card
    if card is None or content.media or content.reply_to is not None or able.link_cards == "none":
        return None
    if not holds_link(content.written_for(able.network)[0], card.url):
        return None
    if content.tracking is None:
        return card
    return card.model_copy(update={"url": tracked_link(card.url, able.network, content.tracking)})


def holds_link(text: str, url: str) -> bool:
    """As a whole, and not as the beginning of another; the punctuation of the sentence may follow it."""
    return re.search(rf"(?<![\w/]){re.escape(url)}{_AFTER_A_LINK}", text) is not None


_AFTER_A_LINK = r"[.,;:!?…'’*_~`)\]}]*(?:[\s<>\"«»“”]|$)"


def card_of(
    agency: str, content: Content, able: Capabilities, *, store: Store, shelf: Shelf | None = None
) -> tuple[LinkCard | None, list[str]]:
    """The card as this network shall show it, and its picture's id if that may not be used (yet). A picture that the
    network would take no copy of is left out; where the network makes the card itself, it asks for none."""
    card = shown_card(content, able)
    if card is None:
        return None, []
    image, missing = None, []
    if card.image is not None and able.card_limits is not None:
        media = store.get(Media, Media.key_of(agency, card.image))
        if media is None or media.state != "ready":
            missing = [card.image]
        else:
            given = media.file("", limits=able.card_limits, shelf=shelf)
            image = given if able.card_limits.takes(given) else None
    return LinkCard(card.url, card.title, card.description, image), missing
