"""What citizens write on a Page, and what is counted.

- The inbox is the comments on the Page's 25 newest posts, read by time (graph_cursor.py), for Graph has no one list of
  them. It is the net below the webhook, which also brings those on older posts and what visitors post.
- Private messages are the conversations of Messenger (graph_private.py); a Page that was connected without
  pages_messaging is read without them (parts.py). They are asked for: the webhook's `messages` is not subscribed to.
- Facebook searches no public posts for us.
- Figures are read several in one request; views need an insight, which a Page may not be allowed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel

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
from chalicelib.networks.facebook_wire import (
    COMMENT_FIELDS,
    PAGE,
    Named,
    Page,
    Written,
    WrittenList,
    headers_of,
    node,
    public_url,
    utc,
)
from chalicelib.networks.graph import META, VERSION, Gone, require_ok
from chalicelib.networks.graph_cursor import batch_of, since_of
from chalicelib.networks.graph_private import PRIVATE_PACE, private_messages
from chalicelib.networks.parts import read_parts
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Transport
from chalicelib.networks.wire import Wire

Model = TypeVar("Model", bound=BaseModel)

READS = frozenset({"inbox", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "impressions"})

_POSTS_WATCHED = 25
_COMMENTS_FIRST = 25
_COMMENT_PAGES_MAX = 40

_POST_FIELDS = "id,message,created_time,from{id,name},permalink_url"


class _Answering(Wire):
    id: str
    parent: Written | None = None


class _Summary(Wire):
    total_count: int | None = None


class _Summarised(Wire):
    summary: _Summary = Field(default_factory=_Summary)


class _Shares(Wire):
    count: int | None = None


class _Value(Wire):
    value: object = None


class _Insight(Wire):
    name: str
    values: list[_Value] = Field(default_factory=list)


class _Insights(Wire):
    data: list[_Insight] = Field(default_factory=list)


class _Measured(Wire):
    """A post's figures, or a comment's (like_count, comment_count). Where nobody shared a post there is no `shares`."""

    id: str
    reactions: _Summarised | None = None
    comments: _Summarised | None = None
    shares: _Shares | None = None
    like_count: int | None = None
    comment_count: int | None = None
    insights: _Insights | None = None


class _MeasuredById(RootModel[dict[str, _Measured]]):
    model_config = ConfigDict(defer_build=True)


class FacebookReading:
    """Raises, in every call, CredentialsRefused, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        self._transport = transport
        self._private_pace = private_pace

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        return read_parts(
            lambda place, most: self._commented(account, place, most),
            lambda place, most: self._private(account, place, most),
            cursor,
            limit=limit,
            now=self._transport.now(),
            pace=self._private_pace,
        )

    def _private(self, account: Account, cursor: str | None, limit: int) -> Batch:
        return private_messages(
            lambda query: self._transport.get(
                node(account.server, account.remote_id, "conversations"), query=query, headers=headers_of(account)
            ),
            META,
            "messenger",
            own={account.remote_id},
            cursor=cursor,
            limit=limit,
            now=self._transport.now(),
        )

    def _commented(self, account: Account, cursor: str | None, limit: int) -> Batch:
        """Citizens' comments on the Page's 25 newest posts: the net below the webhook, which also brings those on older
        posts and what visitors post. Raises Unavailable history_too_long after 4,000 new comments on one post."""
        since = since_of(cursor)
        nested = f"comments.filter(stream).order(reverse_chronological).limit({_COMMENTS_FIRST}){{{COMMENT_FIELDS}}}"
        answer = self._transport.get(
            node(account.server, account.remote_id, "published_posts"),
            query=[("fields", f"id,created_time,{nested}"), ("limit", str(_POSTS_WATCHED))],
            headers=headers_of(account),
        )
        require_ok(answer, META)
        found: dict[str, Inbound] = {}
        for post in answer.read(WrittenList).data:
            for comment in self._comments(account, post, since):
                if comment.author is None or comment.author.id != account.remote_id:
                    found[comment.id] = _inbound(comment, "comment", post.id, account)
        return batch_of(found.values(), cursor, limit)

    def _comments(self, account: Account, post: Written, since: datetime | None) -> Iterator[Written]:
        """Those of one post written since then, or its newest page where nothing was ever read."""
        page = post.comments or WrittenList()
        for _ in range(_COMMENT_PAGES_MAX):
            comments = [utc(each) for each in page.data]
            yield from (each for each in comments if since is None or each.created_time >= since)
            after = page.paging.cursors.after
            if since is None or not page.paging.next or not after or any(e.created_time < since for e in comments):
                return
            answer = self._transport.get(
                node(account.server, post.id, "comments"),
                query=[
                    ("fields", COMMENT_FIELDS),
                    ("filter", "stream"),
                    ("order", "reverse_chronological"),
                    ("limit", str(PAGE)),
                    ("after", after),
                ],
                headers=headers_of(account),
            )
            try:
                require_ok(answer, META)
            except Gone:
                return
            page = answer.read(WrittenList)
        raise Unavailable("history_too_long")

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Facebook has no search of public posts for us. Raises NotUnderstood not_offered."""
        raise NotUnderstood("not_offered")

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Above a comment: the post, then the comment that it answers."""
        if remote_id.startswith(f"{account.remote_id}_"):
            return []
        above: list[Inbound] = []
        with contextlib.suppress(Gone):
            # A comment's id begins with its post's, less the Page.
            post_id = f"{account.remote_id}_{remote_id.partition('_')[0]}"
            post = self._read(account, post_id, Written, fields=_POST_FIELDS)
            above.append(_inbound(post, "mention", None, account))
        with contextlib.suppress(Gone):
            asked = self._read(account, remote_id, _Answering, fields=f"id,parent{{{COMMENT_FIELDS}}}")
            if asked.parent is not None:
                above.append(_inbound(asked.parent, "comment", above[0].remote_id if above else None, account))
        return above

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Likes are all reactions; impressions are views (post_media_view), where the Page may read insights."""
        posts = [each for each in remote_ids if each.startswith(f"{account.remote_id}_")]
        comments = [each for each in remote_ids if each not in posts]
        figures = (
            "id,shares,reactions.limit(0).summary(total_count),comments.filter(stream).limit(0).summary(total_count)"
        )
        found = self._measured(account, posts, figures) | self._measured(
            account, comments, "id,like_count,comment_count"
        )
        views: dict[str, _Measured] = {}
        with contextlib.suppress(
            CredentialsRefused, NotUnderstood
        ):  # the insights alone: too small a Page, no permission
            views = self._measured(
                account, [each for each in posts if each in found], "id,insights.metric(post_media_view)"
            )
        return [_metrics(each, found.get(each), views.get(each)) for each in remote_ids]

    def _measured(self, account: Account, ids: Sequence[str], fields: str) -> dict[str, _Measured]:
        """Several in one request; one that is gone fails them all, and then each is asked for alone."""
        if not ids:
            return {}
        answer = self._transport.get(
            f"{account.server}/{VERSION}/",
            query=[("ids", ",".join(ids)), ("fields", fields)],
            headers=headers_of(account),
        )
        try:
            require_ok(answer, META)
        except Gone:
            if len(ids) == 1:
                return {}
            return {each: one for part in ids for each, one in self._measured(account, [part], fields).items()}
        return {each: one for each, one in answer.read(_MeasuredById).root.items() if each in ids}

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        page = self._read(account, account.remote_id, Page, fields="id,name,followers_count,fan_count")
        return ProfileMetrics(followers=page.followers_count if page.followers_count is not None else page.fan_count)

    def _read(self, account: Account, remote_id: str, model: type[Model], *, fields: str) -> Model:
        answer = self._transport.get(
            node(account.server, remote_id),
            query=[("fields", fields)],
            headers=headers_of(account),
        )
        require_ok(answer, META)
        return answer.read(model)


def _inbound(written: Written, kind: str, post: str | None, account: Account) -> Inbound:
    written = utc(written)
    author = written.author or Named()
    attached = written.attachment
    # Of a shared link too there is a picture, which is not the citizen's.
    picture = attached.media.image if attached and attached.media and "photo" in (attached.type or "") else None
    inbound = Inbound(
        remote_id=written.id,
        kind="comment",
        author=Citizen(author.id, author.name, author.name),
        text=written.message,
        written_at=written.created_time.astimezone(UTC),
        url=written.permalink_url or public_url(account.server, written.id),
        parent=written.parent.id if written.parent else post,
        root=post,
        media=(InboundMedia("image", picture.src),) if picture and picture.src else (),
        revision=revision_of(written.message),
    )
    return inbound if kind == "comment" else replace(inbound, kind="mention")


def _metrics(remote_id: str, seen: _Measured | None, viewed: _Measured | None) -> PostMetrics:
    if seen is None:
        return PostMetrics(remote_id, gone=True)
    if seen.like_count is not None or seen.comment_count is not None:
        return PostMetrics(remote_id, likes=seen.like_count, replies=seen.comment_count)
    insights = viewed.insights.data if viewed and viewed.insights else []
    views = [value.value for each in insights if each.name == "post_media_view" for value in each.values]
    return PostMetrics(
        remote_id,
        likes=seen.reactions.summary.total_count if seen.reactions else None,
        shares=seen.shares.count if seen.shares else 0,
        replies=seen.comments.summary.total_count if seen.comments else None,
        impressions=next((value for value in views if isinstance(value, int)), None),
    )
