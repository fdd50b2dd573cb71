"""What people write below a channel's videos, and what is counted.

- The inbox is commentThreads of everything related to the channel, newest first: one request, one unit of the quota.
  Answers come with their thread, five at most; a thread whose number of answers is another than at the last reading is
  asked for all of them (marks.py). Threads are looked at as far back as the newest hundred, and further in a flood.
- `textFormat=plainText`. `root` and `parent` of a comment are the video's id; an answer's parent is its first comment.
- What YouTube holds for review or took for spam is not told.
- A search would cost 100 units of 10,000 a day, and finds videos and not what people say: there is none.
- Figures of a video: likes, comments; views are impressions. Followers are subscribers, unless they are hidden.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import Field

from chalicelib.networks import marks
from chalicelib.networks.clocks import date_of
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    Inbound,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.inbound import moment, one_line, web_address, words
from chalicelib.networks.marks import mark_of
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer, each_of
from chalicelib.networks.youtube_wire import WATCH, Gone, is_video, public_url, require_ok, top_of

M = TypeVar("M", bound=Wire)

READS = frozenset({"inbox", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "replies", "impressions"})

_PAGE = 100
_PAGES_MAX = 10


class _Author(Wire):
    value: str = ""


class CommentSnippet(Wire):
    author_channel: _Author = Field(default_factory=_Author, alias="authorChannelId")
    author_name: str = Field("", alias="authorDisplayName")
    author_url: str = Field("", alias="authorChannelUrl")
    author_picture: str = Field("", alias="authorProfileImageUrl")
    text_display: str = Field("", alias="textDisplay")
    text_original: str = Field("", alias="textOriginal")
    parent_id: str | None = Field(None, alias="parentId")
    video_id: str | None = Field(None, alias="videoId")
    published_at: object = Field(None, alias="publishedAt")
    updated_at: object = Field(None, alias="updatedAt")
    likes: object = Field(None, alias="likeCount")


class Comment(Wire):
    id: str = Field(min_length=1)
    snippet: CommentSnippet

    @property
    def author(self) -> str:
        return self.snippet.author_channel.value

    @property
    def text(self) -> str:
        return self.snippet.text_original or self.snippet.text_display

    @property
    def written_at(self) -> datetime | None:
        return moment(self.snippet.published_at)

    @property
    def seen_at(self) -> datetime | None:
        """When it was written, or changed last."""
        return max(filter(None, (self.written_at, moment(self.snippet.updated_at))), default=None)


class _ThreadSnippet(Wire):
    top: Comment = Field(alias="topLevelComment")
    video_id: str | None = Field(None, alias="videoId")
    answers: int = Field(0, alias="totalReplyCount")


class _Replies(Wire):
    comments: list[object] = Field(default_factory=list)


class _Thread(Wire):
    id: str = Field(min_length=1)
    snippet: _ThreadSnippet
    replies: _Replies = Field(default_factory=_Replies)


class _Listed(Wire):
    items: list[object]
    next: str | None = Field(None, alias="nextPageToken")


class _Thumbnail(Wire):
    url: str = ""


class _ChannelSnippet(Wire):
    title: str = ""
    custom_url: str = Field("", alias="customUrl")
    thumbnails: dict[str, _Thumbnail] = Field(default_factory=dict)


class _ChannelStatistics(Wire):
    """Numbers come as text."""

    subscribers: object = Field(None, alias="subscriberCount")
    hidden: bool = Field(False, alias="hiddenSubscriberCount")
    videos: object = Field(None, alias="videoCount")


class _Channel(Wire):
    id: str = Field(min_length=1)
    snippet: _ChannelSnippet = Field(default_factory=_ChannelSnippet)
    statistics: _ChannelStatistics = Field(default_factory=_ChannelStatistics)

    @property
    def avatar(self) -> str | None:
        picture = self.snippet.thumbnails.get("default")
        return web_address(picture.url) if picture else None


class Channels(Wire):
    items: list[_Channel] = Field(default_factory=list)


class _VideoSnippet(Wire):
    title: str = ""
    channel_id: str = Field("", alias="channelId")
    channel_title: str = Field("", alias="channelTitle")
    published_at: object = Field(None, alias="publishedAt")


class _VideoStatistics(Wire):
    views: object = Field(None, alias="viewCount")
    likes: object = Field(None, alias="likeCount")
    comments: object = Field(None, alias="commentCount")


class _Video(Wire):
    id: str = Field(min_length=1)
    snippet: _VideoSnippet = Field(default_factory=_VideoSnippet)
    statistics: _VideoStatistics = Field(default_factory=_VideoStatistics)


class YouTubeReading:
    """Raises, in every call, CredentialsRefused, NotPermitted, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, account: Account, what: str, *query: tuple[str, str]) -> Answer:
        """Raises what require_ok raises."""
        answer = self._transport.get(
            f"{account.server}/youtube/v3/{what}",
            query=query,
            headers=bearer(account.secrets.get("access", "")),
        )
        require_ok(answer, self._transport.now())
        return answer

    # ------------------------------------------------------------ the inbox

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        place = marks.read(cursor)
        threads, now = self._threads(account, place)
        whole = marks.is_due(place, now)
        found: dict[str, tuple[Inbound, datetime]] = {}
        counts: dict[str, int] = {}
        for thread in threads:
            mark = mark_of(thread.id)
            counts[mark] = thread.snippet.answers
            known = place.counts.get(mark, 0) == thread.snippet.answers
            for comment in [thread.snippet.top, *self._answers_in(account, thread, known=known)]:
                seen_at = comment.seen_at or now
                if comment.author != account.remote_id and seen_at >= place.floor:
                    inbound = self._inbound(account, comment, thread.snippet.video_id)
                    found[mark_of(inbound.remote_id, inbound.revision)] = inbound, seen_at
        return marks.told(place, found, limit=limit, now=now, whole=whole, counts=counts)

    def _threads(self, account: Account, place: marks.Place) -> tuple[list[_Thread], datetime]:
        """The newest, at least a page of them, and back to the floor; and what time it is with YouTube."""
        found: list[_Thread] = []
        now, after = self._transport.now(), ""
        for page in range(_PAGES_MAX):
            answer = self._get(
                account,
                "commentThreads",
                ("part", "snippet,replies"),
                ("allThreadsRelatedToChannelId", account.remote_id),
                ("order", "time"),
                ("textFormat", "plainText"),
                ("maxResults", str(_PAGE)),
                *([("pageToken", after)] if after else []),
            )
            if page == 0:
                now = date_of(answer) or now
            listed = answer.read(_Listed)
            threads = each_of(_Thread, listed.items)
            found += threads
            older = [each for each in threads if (each.snippet.top.written_at or now) < place.floor]
            after = listed.next or ""
            if not after or older or not threads or place == marks.Place():
                return found, now
        raise Unavailable("history_too_long")

    def _answers_in(self, account: Account, thread: _Thread, *, known: bool) -> list[Comment]:
        """Those that came with it, or all where they are others than before and do not all come with it."""
        shown = each_of(Comment, thread.replies.comments)
        if known or thread.snippet.answers <= len(shown):
            return shown
        with contextlib.suppress(Gone):
            return self._answers_to(account, thread.id)[0]
        return shown

    def _answers_to(self, account: Account, top: str) -> tuple[list[Comment], Answer]:
        """All of them, and the first answer of YouTube's. Raises Gone."""
        found: dict[str, Comment] = {}
        first: Answer | None = None
        after = ""
        for _ in range(_PAGES_MAX):
            answer = self._get(
                account,
                "comments",
                ("part", "snippet"),
                ("parentId", top),
                ("textFormat", "plainText"),
                ("maxResults", str(_PAGE)),
                *([("pageToken", after)] if after else []),
            )
            first = first or answer
            listed = answer.read(_Listed)
            new = [each for each in each_of(Comment, listed.items) if each.id not in found]
            found.update((each.id, each) for each in new)
            after = listed.next or ""
            if not after or not new:
                return list(found.values()), first
        raise Unavailable("history_too_long")

    def _inbound(self, account: Account, comment: Comment, video: str | None) -> Inbound:
        snippet, now = comment.snippet, self._transport.now()
        video = video or snippet.video_id
        text = words(comment.text)
        name = one_line(snippet.author_name)
        return Inbound(
            remote_id=comment.id,
            kind="comment",
            author=Citizen(
                comment.author,
                name.removeprefix("@"),
                name,
                web_address(snippet.author_url),
                web_address(snippet.author_picture),
            ),
            text=text,
            written_at=min(comment.written_at or now, now),
            url=public_url(account.server, video, comment.id),
            parent=snippet.parent_id or video,
            root=video,
            revision=revision_of(text),
        )

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """YouTube searches no comments of everybody's. Raises NotUnderstood not_offered."""
        raise NotUnderstood("not_offered")

    # ------------------------------------------------------------ threads

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Above a comment: the video, then the comment that it answers. What is gone is left out."""
        if is_video(remote_id):
            return []
        top = top_of(remote_id)
        with contextlib.suppress(Gone):
            found = self._comments(account, list(dict.fromkeys((remote_id, top))))
            if remote_id not in found:
                return []
            video = next((each.snippet.video_id for each in found.values() if each.snippet.video_id), None)
            if video is None:
                video = self._video_of(account, top)
            above = [self._video(account, video)] if video else []
            if top != remote_id and top in found:
                above.append(self._inbound(account, found[top], video))
            return [each for each in above if each is not None]
        return []

    def _comments(self, account: Account, ids: Sequence[str]) -> dict[str, Comment]:
        answer = self._get(account, "comments", ("part", "snippet"), ("id", ",".join(ids)), ("textFormat", "plainText"))
        return {each.id: each for each in each_of(Comment, answer.read(_Listed).items)}

    def _video_of(self, account: Account, top: str) -> str | None:
        """Comments asked for by their ids do not say it; their thread does."""
        answer = self._get(account, "commentThreads", ("part", "snippet"), ("id", top), ("textFormat", "plainText"))
        threads = each_of(_Thread, answer.read(_Listed).items)
        return threads[0].snippet.video_id if threads else None

    def _videos(self, account: Account, ids: Sequence[str]) -> dict[str, _Video]:
        if not ids:
            return {}
        answer = self._get(account, "videos", ("part", "snippet,statistics"), ("id", ",".join(ids)))
        return {each.id: each for each in each_of(_Video, answer.read(_Listed).items)}

    def _video(self, account: Account, video: str) -> Inbound | None:
        found = self._videos(account, [video]).get(video)
        if found is None:
            return None
        now, snippet = self._transport.now(), found.snippet
        name = one_line(snippet.channel_title)
        text = words(snippet.title)
        made_at = min(moment(snippet.published_at) or now, now)
        url = f"{WATCH}/watch?v={video}"
        author = Citizen(snippet.channel_id, name, name)
        return Inbound(video, "mention", author, text, made_at, url, revision=revision_of(text))

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Of videos and of comments, each kind in one request."""
        distinct = list(dict.fromkeys(remote_ids))
        videos = self._videos(account, [each for each in distinct if is_video(each)])
        comments = [each for each in distinct if not is_video(each)]
        seen: dict[str, Comment] = {}
        if comments:
            with contextlib.suppress(Gone):
                seen = self._comments(account, comments)
        return [_figures(each, videos.get(each), seen.get(each)) for each in remote_ids]

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        answer = self._get(account, "channels", ("part", "statistics"), ("id", account.remote_id))
        channels = answer.read(Channels).items
        if not channels:
            raise NotUnderstood("gone")
        figures = channels[0].statistics
        return ProfileMetrics(
            followers=None if figures.hidden else _number(figures.subscribers), posts=_number(figures.videos)
        )


def _number(value: object) -> int | None:
    """Google writes its 64-bit numbers as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    fits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 18
    return int(str(value)) if fits else None


def _figures(remote_id: str, video: _Video | None, comment: Comment | None) -> PostMetrics:
    if video is not None:
        counted = video.statistics
        return PostMetrics(
            remote_id,
            likes=_number(counted.likes),
            replies=_number(counted.comments),
            impressions=_number(counted.views),
        )
    if comment is not None:
        return PostMetrics(remote_id, likes=_number(comment.snippet.likes))
    return PostMetrics(remote_id, gone=True)
