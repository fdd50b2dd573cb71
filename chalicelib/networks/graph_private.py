"""Private messages to a Page, or to the Instagram account behind it, as Graph has them: conversations and what is in
each.

- /{page}/conversations of a platform, the latest that moved first, each with its newest messages. Meta gives the words
  of the twenty newest of a conversation only (graph-api/reference/conversation, 2026-08), so no older page is asked
  for: what of more than twenty messages of one person comes within one rest is not seen.
- They are read by time (graph_cursor.py), once a minute: they count against the Page's calls, by which it is published
  to as well.
- What the account wrote itself is left out, whoever wrote it.
- An image is given by an address that ends after a while; other files are not told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from pydantic import Field

from chalicelib.networks.contract import Batch, Citizen, Inbound, InboundMedia, Unavailable
from chalicelib.networks.graph import Codes, Paging, require_ok
from chalicelib.networks.graph_cursor import batch_of, since_of
from chalicelib.networks.inbound import MEDIA_MAX, moment, one_line, web_address, words
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Answer
from chalicelib.networks.wire import Wire, each_of

PRIVATE_PACE = timedelta(minutes=1)

_CONVERSATIONS = 25
_MESSAGES = 20
_PAGES_MAX = 20
_MESSAGE = "id,created_time,from,message,attachments{mime_type,image_data}"
_FIELDS = f"id,updated_time,messages.limit({_MESSAGES}){{{_MESSAGE}}}"

Ask = Callable[[list[tuple[str, str]]], Answer]
"""GET of the conversations, with this query."""


class _From(Wire):
    id: str = ""
    name: object = None
    username: object = None


class _List(Wire):
    data: list[object] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


class _Conversation(Wire):
    id: str = Field(min_length=1)
    updated_time: object = None
    messages: _List = Field(default_factory=_List)


class _Image(Wire):
    url: object = None


class _Attached(Wire):
    image_data: _Image | None = None


class _Message(Wire):
    """from: absent where we may not know who wrote it."""

    id: str = Field(min_length=1)
    created_time: object = None
    author: _From | None = Field(None, alias="from")
    message: object = ""
    attachments: _List | None = None


def private_messages(
    ask: Ask, codes: Codes, platform: str, *, own: Collection[str], cursor: str | None, limit: int, now: datetime
) -> Batch:
    """platform: messenger or instagram. own: ids and user names of the account itself.

    Raises what require_ok raises, NotUnderstood, and Unavailable history_too_long after 500 conversations."""
    since = since_of(cursor)
    found: list[Inbound] = []
    after = ""
    for _ in range(_PAGES_MAX):
        query = [("platform", platform), ("fields", _FIELDS), ("limit", str(_CONVERSATIONS))]
        answer = ask([*query, *([("after", after)] if after else [])])
        require_ok(answer, codes)
        page = answer.read(_List)
        conversations = each_of(_Conversation, page.data)
        for conversation in conversations:
            found += _said(conversation, own, now)
        moved = [moment(each.updated_time) for each in conversations]
        older = since is not None and any(at is not None and at < since for at in moved)
        after = page.paging.cursors.after or ""
        if since is None or older or not page.paging.next or not after:
            return batch_of(found, cursor, limit)
    raise Unavailable("history_too_long")


def _said(conversation: _Conversation, own: Collection[str], now: datetime) -> Iterator[Inbound]:
    for message in each_of(_Message, conversation.messages.data, strict=False):
        author = message.author or _From()
        username, at = one_line(author.username), moment(message.created_time)
        if at is None or author.id in own or (username and username in own):
            continue
        text = words(message.message)
        name = one_line(author.name) or username
        yield Inbound(
            remote_id=message.id,
            kind="private",
            author=Citizen(author.id, username or name, name, _profile(username)),
            text=text,
            written_at=min(at, now),
            media=_images(message),
            revision=revision_of(text),
            native={"conversation": conversation.id},
        )


def _profile(username: str) -> str | None:
    """Of Instagram's people: Messenger gives no user names."""
    return web_address(f"https://www.instagram.com/{username}/") if username else None


def _images(message: _Message) -> tuple[InboundMedia, ...]:
    attached = each_of(_Attached, message.attachments.data if message.attachments else [], strict=False)
    addresses = [web_address(each.image_data.url) for each in attached if each.image_data]
    return tuple(InboundMedia("image", each) for each in addresses[:MEDIA_MAX] if each)
