"""A post as one network shall show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial

from chalicelib.media.media import Media
from chalicelib.networks.contract import Capabilities, Halted, LinkCard, MediaFile, Publication
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Card, Content, Post
from chalicelib.publishing.tracking import tracked_link
from chalicelib.store import Store


def publication_of(delivery: Delivery, post: Post, desk: Desk) -> Publication:
    """What goes out next of this delivery: the whole, or a part of a thread, whose files and card are on the first.
    The same, to the byte, at every attempt. Raises Halted when a file is not there any more."""
    files, card = ([], None) if delivery.part else _files_and_card(delivery, post, desk)
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


def _files_and_card(delivery: Delivery, post: Post, desk: Desk) -> tuple[list[MediaFile], LinkCard | None]:
    files, missing = files_of(
        post.agency, post.content, store=desk.store, read=desk.read_media, address=desk.media_address
    )
    card, unready = card_of(
        post.agency,
        post.content,
        desk.network_named(delivery.network).capabilities(),
        store=desk.store,
        read=desk.read_media,
        address=desk.media_address,
    )
    if missing or unready:
        raise Halted("media_refused")
    return files, card


def hashes_of(publication: Publication, post: Post, *, store: Store) -> list[str]:
    """SHA-256 of the files of a post's content as they are being sent, for its fingerprint. What was approved is the
    whole: also the files that are on another part of a thread, and a card's picture where this network shows none."""
    sent = {each.media_id: each.sha256 for each in publication.media}
    if publication.card is not None and publication.card.image is not None:
        sent[publication.card.image.media_id] = publication.card.image.sha256
    wanted = post.content.media_ids()
    others = [each for each in wanted if each not in sent]
    stored = store.get_many([(Media, Media.key_of(post.agency, each)) for each in others]) if others else []
    known = {each.id: each.sha256 for each in stored if isinstance(each, Media) and each.sha256}
    return [{**known, **sent}[each] for each in wanted if each in sent or each in known]


def files_of(
    agency: str,
    content: Content,
    *,
    store: Store,
    read: Callable[[str], bytes],
    address: Callable[[str], str] | None = None,
) -> tuple[list[MediaFile], list[str]]:
    """The images of a post that may be used, in their order, and the ids of those that may not (yet)."""
    wanted = [(each.media, each.alt) for each in content.media]
    return _files(agency, wanted, store=store, read=read, address=address)


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
    agency: str,
    content: Content,
    able: Capabilities,
    *,
    store: Store,
    read: Callable[[str], bytes],
    address: Callable[[str], str] | None = None,
) -> tuple[LinkCard | None, list[str]]:
    """The card as this network shall show it, and its picture's id if that may not be used (yet). A picture that the
    network would not take is left out; where the network makes the card itself, it asks for none."""
    card = shown_card(content, able)
    if card is None:
        return None, []
    wanted = [(card.image, "")] if card.image and able.card_limits else []
    files, missing = _files(agency, wanted, store=store, read=read, address=address)
    image = next((each for each in files if able.card_limits and able.card_limits.takes(each)), None)
    return LinkCard(card.url, card.title, card.description, image), missing


def _files(
    agency: str,
    wanted: Iterable[tuple[str, str]],
    *,
    store: Store,
    read: Callable[[str], bytes],
    address: Callable[[str], str] | None,
) -> tuple[list[MediaFile], list[str]]:
    """wanted: (media id, description)."""
    wanted = list(wanted)
    stored = store.get_many([(Media, Media.key_of(agency, each)) for each, _ in wanted])
    files: list[MediaFile] = []
    missing: list[str] = []
    for (media_id, alt), media in zip(wanted, stored, strict=True):
        if isinstance(media, Media) and media.state == "ready":
            where = partial(address, media.object_key) if address else None
            files.append(media.file(alt, read=partial(read, media.object_key), address=where))
        else:
            missing.append(media_id)
    return files, missing
