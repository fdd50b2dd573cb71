"""A link card, as the page behind the link suggests it; a person may say it otherwise.

The page's picture goes into the media library like an uploaded one: it is put where uploads go, and judged there by its
content. What is no picture, or cannot be had, leaves the card without one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from chalicelib.clock import Clock
from chalicelib.entity import Entity, agency_key
from chalicelib.errors import InvalidInput, TooMany
from chalicelib.identifiers import new_id
from chalicelib.media.media import Media
from chalicelib.media.uploading import Bucket
from chalicelib.networks.page_words import NotLookedAt, PageWords
from chalicelib.publishing.post import Card
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

LOOKS_A_MINUTE = 30
"""By one agency. A look is a request of ours to somebody else's server."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
)
_HINTS = {
    "address_refused": "Parvis connects to public https addresses only.",
    "page_not_reached": "The page does not answer, or not with a page.",
    "not_a_page": "What stands there is no web page.",
}


class Pages(Protocol):
    """Both raise NotLookedAt."""

    def words(self, url: str) -> PageWords: ...

    def picture(self, url: str) -> bytes: ...


class Looks(Entity):
    """How many pages an agency looked at in one minute. minute: 2026-11-24T09:41."""

    KIND: ClassVar[str] = "looks"
    TABLE: ClassVar[str] = "state"

    agency: str
    minute: str
    count: int = 0
    expires: int

    @staticmethod
    def key_of(agency: str, minute: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "LOOKS"), "sk": minute}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.minute)


@dataclass(frozen=True)
class Suggested:
    """picture: awaiting its judgement; the card names it when it is ready. refused: why there is none, though the page
    names one."""

    card: Card
    picture: Media | None
    refused: str | None


def suggest(
    url: str, *, department: str, actor: Actor, pages: Pages, store: Store, bucket: Bucket, clock: Clock
) -> Suggested:
    """Raises InvalidInput address_refused, page_not_reached, not_a_page; TooMany; Upstream."""
    actor.require("write", department)
    _count_look(actor.agency, clock.now(), store)
    try:
        words = pages.words(url)
    except NotLookedAt as error:
        hint = f"{_HINTS.get(error.code, '')} {error.detail}".strip()
        raise InvalidInput(error.code, hint, field="url") from None
    card = Card(url=url, title=words.title or _host(url), description=words.description)
    if words.picture is None:
        return Suggested(card, None, None)
    try:
        content = pages.picture(words.picture)
    except NotLookedAt as error:
        return Suggested(card, None, "too_large" if error.code == "too_large" else "picture_not_reached")
    kind = _kind(content)
    if kind is None:
        return Suggested(card, None, "not_an_image")
    media = Media(
        agency=actor.agency,
        id=new_id(),
        department=department,
        filename=f"{_host(url)[:100]}.{kind[1]}",
        content_type=kind[0],
        size=len(content),
        by=actor.person,
        created_at=clock.now(),
    )
    store.save(media)
    bucket.put(media.object_key, content, content_type=media.content_type)
    return Suggested(card, media, None)


def _kind(content: bytes) -> tuple[str, str] | None:
    """(type, ending) by the first bytes, whatever the server called it; whether it is a whole picture is judged later,
    by who decodes it."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", "webp"
    return next(((kind, ending) for mark, kind, ending in _SIGNATURES if content.startswith(mark)), None)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _count_look(agency: str, now: datetime, store: Store) -> None:
    """Raises TooMany. Two at once count as one: a bound, no account."""
    minute = now.strftime("%Y-%m-%dT%H:%M")
    known = store.get(Looks, Looks.key_of(agency, minute))
    if known is not None and known.count >= LOOKS_A_MINUTE:
        raise TooMany("too_many_requests", "Pages are looked at thirty times a minute.", wait_s=60 - now.second)
    fresh: dict[str, Any] = {"agency": agency, "minute": minute, "count": 1}
    expires = int((now + timedelta(hours=1)).timestamp())
    with suppress(Lost):
        store.save(known.but(count=known.count + 1) if known else Looks(**fresh, expires=expires))
