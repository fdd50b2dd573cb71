"""What is said to an Instagram account, and what is counted.

- The inbox is the comments on the account's 25 newest posts, with the answers to them, and the posts in which it was
  tagged. Instagram gives 50 comments a page, the newest first, and shows no older page to us unless something on it can
  be new; a late answer to a comment that is not among a post's 50 newest is not seen.
- Who only writes @us in a caption or a comment of their own is told to nobody but a webhook (mentioned_media,
  mentioned_comment); that is not built.
- Private messages are the conversations of the Page before the account, whose token it is (graph_private.py); an
  account that was connected without instagram_manage_messages is read without them (parts.py).
- There is no search but of hashtags, 30 different ones a week, without authors. It is not built.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel

from chalicelib.networks.clocks import on_their_clock
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    CredentialsRefused,
    Inbound,
    InboundMedia,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.graph import (
    META,
    VERSION,
    Gone,
    Paging,
    in_utc,
    node_address,
    require_ok,
)
from chalicelib.networks.graph_cursor import batch_of, since_of
from chalicelib.networks.graph_private import PRIVATE_PACE, private_messages
from chalicelib.networks.inbound import count, one_line, web_address, words
from chalicelib.networks.parts import read_parts
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

Model = TypeVar("Model", bound=BaseModel)

READS = frozenset({"inbox", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "impressions"})

INSTAGRAM = replace(
    META,
    throttled=META.throttled | {9},
    blocked=META.blocked | {25},
    temporary=META.temporary | {-1, -2, 24, 9004, 9007},
    refused=META.refused | {352, 36003, 36004},
    subcodes=((2207051, "blocked"), (2207050, "blocked"), (2207057, "refused")),
)

_POSTS_WATCHED = 25
_COMMENTS_FIRST = 50
_PAGE = 100
_COMMENT_PAGE = 50
_PAGES_MAX = 10
_COMMENT_PAGES_MAX = 40

_COMMENT = "id,text,timestamp,username,from{id,username},parent_id"
_COMMENTS = f"{_COMMENT},replies.limit({_COMMENT_PAGE}){{{_COMMENT}}}"
_TAGGED = "id,caption,media_type,media_url,permalink,timestamp,username"
_VIEWS = "id,insights.metric(views,shares)"
_OWN = "id,caption,media_type,timestamp,permalink,children{id}"


class _From(Wire):
    id: str = ""
    username: str = ""


class _Child(Wire):
    id: str = ""


class _Children(Wire):
    data: list[_Child] = Field(default_factory=list)


class Comment(Wire):
    """from: absent where we may not know who wrote it."""

    id: str = Field(min_length=1)
    timestamp: datetime
    text: str = ""
    username: str = ""
    author: _From | None = Field(None, alias="from")
    parent_id: str | None = None
    replies: CommentList | None = None
    media: Media | None = None

    @property
    def at(self) -> datetime:
        return in_utc(self.timestamp).astimezone(UTC)

    @property
    def author_id(self) -> str:
        return self.author.id if self.author else ""

    @property
    def author_name(self) -> str:
        return self.username or (self.author.username if self.author else "")


class CommentList(Wire):
    data: list[Comment] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


class Media(Wire):
    id: str = Field(min_length=1)
    caption: str = ""
    media_type: str = ""
    media_url: str | None = None
    permalink: str | None = None
    timestamp: datetime | None = None
    username: str = ""
    children: _Children | None = None
    comments: CommentList | None = None

    @property
    def at(self) -> datetime:
        return in_utc(self.timestamp).astimezone(UTC) if self.timestamp else datetime.fromtimestamp(0, UTC)

    @property
    def files(self) -> int:
        return len(self.children.data) if self.children and self.children.data else 1


class _MediaList(Wire):
    data: list[Media] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


class _Value(Wire):
    value: object = None


class _Insight(Wire):
    name: str = ""
    values: list[_Value] = Field(default_factory=list)


class _Insights(Wire):
    data: list[_Insight] = Field(default_factory=list)


class _Measured(Wire):
    id: str
    like_count: object = None
    comments_count: object = None
    insights: _Insights | None = None


class _MeasuredById(RootModel[dict[str, _Measured]]):
    model_config = ConfigDict(defer_build=True)


class _User(Wire):
    id: str = Field(min_length=1)
    followers_count: object = None
    follows_count: object = None
    media_count: object = None


@dataclass(frozen=True)
class Place:
    """What a remote id names: a post, or a comment by the ids of its post, of the comment that it answers and its own,
    joined by _. Instagram's own ids tell nothing of what they are, and its nodes answer only fields of their kind."""

    media: str
    parent: str | None = None
    comment: str | None = None

    @staticmethod
    def read(remote_id: str) -> Place:
        media, _, rest = remote_id.partition("_")
        parent, _, comment = rest.rpartition("_")
        return Place(media, parent or None, comment or None)

    def written(self) -> str:
        return "_".join(each for each in (self.media, self.parent, self.comment) if each)

    @property
    def node(self) -> str:
        return self.comment or self.media

    def answer(self, comment: str) -> Place:
        """Of a comment here. An answer to an answer is filed below the comment that both answer."""
        return Place(self.media, self.parent or self.comment, comment)


@dataclass(frozen=True)
class Target:
    """Where an answer is written: below a post or a comment of ours, or, by a mention, below a post of others."""

    place: Place
    url: str | None
    mentions: bool = False

    @property
    def edge(self) -> tuple[str, str]:
        parent = self.place.parent or self.place.comment
        return (parent, "replies") if parent else (self.place.media, "comments")


class InstagramReading:
    """Raises, in every call, CredentialsRefused, Unavailable and NotUnderstood."""

    def __init__(self, transport: Transport, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        self._transport = transport
        self._private_pace = private_pace

    # ------------------------------------------------------------ lists

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        return read_parts(
            lambda place, most: self._said_in_public(account, place, most),
            lambda place, most: self._private(account, place, most),
            cursor,
            limit=limit,
            now=self._transport.now(),
            pace=self._private_pace,
        )

    def _private(self, account: Account, cursor: str | None, limit: int) -> Batch:
        return private_messages(
            lambda query: self._get(account, query, "me", "conversations"),
            INSTAGRAM,
            "instagram",
            own={account.remote_id, account.handle},
            cursor=cursor,
            limit=limit,
            now=self._transport.now(),
        )

    def _said_in_public(self, account: Account, cursor: str | None, limit: int) -> Batch:
        since = since_of(cursor)
        nested = f"id,permalink,comments.limit({_COMMENTS_FIRST}){{{_COMMENTS}}}"
        posts = self._page(account, account.remote_id, "media", fields=nested, limit=_POSTS_WATCHED)
        found = [
            _of_comment(comment, post)
            for post in posts.data
            for comment in self._with_answers(self._newest_comments(account, post, since))
            if comment.author_id != account.remote_id and comment.author_name != account.handle
        ]
        with contextlib.suppress(Gone):
            tagged = self._page(account, account.remote_id, "tags", fields=_TAGGED, limit=_POSTS_WATCHED)
            found += [_of_tagged(each) for each in tagged.data if each.username != account.handle]
        return batch_of(found, cursor, limit)

    def _newest_comments(self, account: Account, post: Media, since: datetime | None) -> Iterator[Comment]:
        page = post.comments or CommentList()
        for _ in range(_COMMENT_PAGES_MAX):
            yield from page.data
            after = page.paging.cursors.after
            older = since is not None and any(each.at < since for each in page.data)
            if since is None or older or not page.paging.next or not after or not page.data:
                return
            answer = self._get(
                account,
                [("fields", _COMMENTS), ("limit", str(_COMMENT_PAGE)), ("after", after)],
                post.id,
                "comments",
            )
            try:
                require_ok(answer, INSTAGRAM)
            except Gone:
                return
            page = answer.read(CommentList)
        raise Unavailable("history_too_long")

    @staticmethod
    def _with_answers(comments: Iterator[Comment]) -> Iterator[Comment]:
        for comment in comments:
            yield comment
            for answer in comment.replies.data if comment.replies else []:
                yield answer if answer.parent_id else answer.model_copy(update={"parent_id": comment.id})

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Instagram searches hashtags only. Raises NotUnderstood not_offered."""
        raise NotUnderstood("not_offered")

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Above a comment: the post, then the comment that it answers."""
        place = Place.read(remote_id)
        if place.comment is None:
            return []
        above: list[Inbound] = []
        post = Media(id=place.media)
        with contextlib.suppress(Gone):
            post = self._read(account, Media, place.media, fields=_TAGGED)
            above.append(_of_tagged(post))
        if place.parent is not None:
            with contextlib.suppress(Gone):
                parent = self._read(account, Comment, place.parent, fields=_COMMENT)
                above.append(_of_comment(parent, post))
        return above

    # ------------------------------------------------------------ where an answer goes

    def _target(self, account: Account, remote_id: str) -> Target:
        """Raises Gone and what reading raises."""
        place = Place.read(remote_id)
        media = self._read(account, Media, place.media, fields="id,username,permalink")
        others = bool(media.username) and media.username != account.handle
        return Target(place, web_address(media.permalink), mentions=others)

    def _comments_at(self, account: Account, target: Target, since: datetime) -> Iterator[tuple[Comment, datetime]]:
        """Below a target, each with what `since` was on Meta's clock. All pages are turned: only comments are said to
        come newest first, and not the answers to one."""
        after = ""
        for _ in range(_COMMENT_PAGES_MAX):
            query = [("fields", _COMMENT), ("limit", str(_COMMENT_PAGE)), *([("after", after)] if after else [])]
            answer = self._get(account, query, *target.edge)
            require_ok(answer, INSTAGRAM)
            page = answer.read(CommentList)
            earliest = on_their_clock(answer, since, self._transport.now())
            yield from ((each, earliest) for each in page.data)
            after = page.paging.cursors.after or ""
            if not page.paging.next or not after:
                return
        raise Unavailable("history_too_long")

    def _own_media(self, account: Account, since: datetime) -> Iterator[tuple[Media, datetime]]:
        """Newest first, each with what `since` was on Meta's clock."""
        after = ""
        for _ in range(_PAGES_MAX):
            query = [("fields", _OWN), ("limit", str(_PAGE)), *([("after", after)] if after else [])]
            answer = self._get(account, query, account.remote_id, "media")
            require_ok(answer, INSTAGRAM)
            page = answer.read(_MediaList)
            earliest = on_their_clock(answer, since, self._transport.now())
            yield from ((each, earliest) for each in page.data)
            after = page.paging.cursors.after or ""
            if not page.paging.next or not after or all(each.at < earliest for each in page.data):
                return
        raise Unavailable("history_too_long")

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Impressions are views, where insights may be read. Of a comment the likes alone are counted."""
        places = [Place.read(each) for each in dict.fromkeys(remote_ids)]
        posts = [each.media for each in places if each.comment is None]
        comments = [each.comment for each in places if each.comment is not None]
        found = self._measured(account, posts, "id,like_count,comments_count")
        found |= self._measured(account, comments, "id,like_count")
        seen: dict[str, _Measured] = {}
        with contextlib.suppress(CredentialsRefused, NotUnderstood):  # the insights alone: no permission, too old
            seen = self._measured(account, [each for each in posts if each in found], _VIEWS)
        nodes = [Place.read(each).node for each in remote_ids]
        return [_metrics(each, found.get(node), seen.get(node)) for each, node in zip(remote_ids, nodes, strict=True)]

    def _measured(self, account: Account, ids: Sequence[str], fields: str) -> dict[str, _Measured]:
        """Several in one request; one that is gone fails them all, and then each is asked for alone."""
        if not ids:
            return {}
        answer = self._get(account, [("ids", ",".join(ids)), ("fields", fields)], "")
        try:
            require_ok(answer, INSTAGRAM)
        except Gone:
            if len(ids) == 1:
                return {}
            return {each: one for part in ids for each, one in self._measured(account, [part], fields).items()}
        return {each: one for each, one in answer.read(_MeasuredById).root.items() if each in ids}

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        user = self._read(account, _User, account.remote_id, fields="id,followers_count,follows_count,media_count")
        return ProfileMetrics(count(user.followers_count), count(user.follows_count), count(user.media_count))

    # ------------------------------------------------------------ requests

    @staticmethod
    def _address(account: Account, *parts: str) -> str:
        return node_address(account.server, VERSION, *parts)

    def _get(self, account: Account, query: Sequence[tuple[str, str]], *parts: str) -> Answer:
        return self._transport.get(
            self._address(account, *parts), query=query, headers=bearer(account.secrets.get("access", ""))
        )

    def _read(self, account: Account, model: type[Model], *parts: str, fields: str) -> Model:
        answer = self._get(account, [("fields", fields)], *parts)
        require_ok(answer, INSTAGRAM)
        return answer.read(model)

    def _page(self, account: Account, *parts: str, fields: str, limit: int) -> _MediaList:
        answer = self._get(account, [("fields", fields), ("limit", str(limit))], *parts)
        require_ok(answer, INSTAGRAM)
        return answer.read(_MediaList)


def _of_comment(comment: Comment, post: Media) -> Inbound:
    text = words(comment.text)
    name = one_line(comment.author_name)
    above = Place(post.id, None, comment.parent_id)
    return Inbound(
        remote_id=Place(post.id, comment.parent_id, comment.id).written(),
        kind="comment",
        author=Citizen(comment.author_id or name, name, name, _profile(name)),
        text=text,
        written_at=comment.at,
        url=web_address(post.permalink),
        parent=above.written(),
        root=post.id,
        revision=revision_of(text),
        native={"id": comment.id},
    )


def _of_tagged(media: Media) -> Inbound:
    text = words(media.caption)
    name = one_line(media.username)
    url = web_address(media.media_url)
    return Inbound(
        remote_id=media.id,
        kind="mention",
        author=Citizen(name, name, name, _profile(name)),
        text=text,
        written_at=media.at,
        url=web_address(media.permalink),
        media=(InboundMedia("video" if media.media_type == "VIDEO" else "image", url),) if url else (),
        revision=revision_of(text),
        native={"id": media.id},
    )


def _profile(username: str) -> str | None:
    return web_address(f"https://www.instagram.com/{username}/") if username else None


def _metrics(remote_id: str, seen: _Measured | None, viewed: _Measured | None) -> PostMetrics:
    if seen is None:
        return PostMetrics(remote_id, gone=True)
    figures = {
        each.name: count(value.value)
        for each in (viewed.insights.data if viewed and viewed.insights else [])
        for value in each.values[:1]
    }
    return PostMetrics(
        remote_id,
        likes=count(seen.like_count),
        shares=figures.get("shares"),
        replies=count(seen.comments_count),
        impressions=figures.get("views"),
    )
