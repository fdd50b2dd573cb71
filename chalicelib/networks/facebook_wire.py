"""How a Page is spoken to at Graph, and what posts and comments look like there."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from chalicelib.networks.contract import Account
from chalicelib.networks.graph import GRAPH, VERSION, Made, Paging, in_utc, node_address
from chalicelib.networks.wire import Wire, bearer

PAGE = 100
"""Posts or comments in one answer."""

COMMENT_FIELDS = "id,message,created_time,from{id,name},parent{id},permalink_url,attachment"


class _PictureData(Wire):
    url: str | None = None


class _Picture(Wire):
    data: _PictureData = Field(default_factory=_PictureData)


class Page(Wire):
    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    username: str | None = None
    picture: _Picture | None = None
    followers_count: int | None = None
    fan_count: int | None = None


class Named(Wire):
    id: str = ""
    name: str = ""


class _Attached(Wire):
    media_type: str | None = None
    subattachments: _AttachedList | None = None


class _AttachedList(Wire):
    data: list[_Attached] = Field(default_factory=list)


class _Source(Wire):
    src: str | None = None


class _AttachedMedia(Wire):
    image: _Source | None = None


class _CommentAttachment(Wire):
    type: str | None = None
    media: _AttachedMedia | None = None


class Written(Wire):
    """A post or a comment. from: absent where the Page may not know who wrote it."""

    id: str = Field(min_length=1)
    created_time: datetime
    message: str = ""
    author: Named | None = Field(None, alias="from")
    parent: Made | None = None
    permalink_url: str | None = None
    attachments: _AttachedList | None = None
    attachment: _CommentAttachment | None = None
    comments: WrittenList | None = None


class WrittenList(Wire):
    data: list[Written] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


def node(origin: str, *parts: str) -> str:
    """The address of a Page, a post, a comment, or of an edge of one."""
    return node_address(origin, VERSION, *parts)


def headers_of(account: Account) -> dict[str, str]:
    return bearer(account.secrets.get("access", ""))


def site_of(server: str) -> str:
    """Where people see what stands on a Graph."""
    return "https://www.facebook.com" if server == GRAPH else server


def public_url(server: str, remote_id: str) -> str:
    return f"{site_of(server)}/{remote_id}"


def utc(written: Written) -> Written:
    return written.model_copy(update={"created_time": in_utc(written.created_time)})
