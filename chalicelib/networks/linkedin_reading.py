"""What is said below a LinkedIn page's posts, and what is counted.

- The inbox is the comments on the page's 25 newest posts, and the answers below them. A list of them costs a request a
  post, and LinkedIn counts requests by the day; so the comments of a post are read when their number (socialMetadata,
  one request for all posts) is another than at the last reading, and those of all posts every quarter of an hour, for
  one that went and one that came leave the number as it was. An application of LinkedIn's Development Tier may not ask
  for several posts at once (403), and then every post is read every time.
- The cursor is a time below which nothing is told any more, the marks of what was told above it, and the numbers.
  LinkedIn states no order of comments: all of a post are read, 1,000 at most, else Unavailable history_too_long.
- `revision` is of the words; an edit is told again where it is seen.
- LinkedIn says of a commenter their URN and no name: names need a permission that it gives for other uses.
- There is no search of posts by words. 403 while reading is NotPermitted, whatever the reason.
- A post without statistics has none yet (share-statistics): zero, unless it is gone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import Field

from chalicelib.networks import marks
from chalicelib.networks.clocks import date_of
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    Inbound,
    InboundKind,
    NotPermitted,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.inbound import count, words
from chalicelib.networks.linkedin_urns import CommentUrn, comment_urn, is_post, public_url
from chalicelib.networks.linkedin_wire import Gone, address, headers, listed, moment, require_ok
from chalicelib.networks.little_text import plain
from chalicelib.networks.marks import mark_of
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, each_of

M = TypeVar("M", bound=Wire)

READS = frozenset({"inbox", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "clicks", "impressions"})

POSTS_WATCHED = 25
_PAGE = 100
_PAGES_MAX = 10
_THREADS_MAX = 100


class _Media(Wire):
    id: str = ""


class _MultiImage(Wire):
    images: list[_Media] = Field(default_factory=list)


class _Content(Wire):
    media: _Media | None = None
    multi_image: _MultiImage | None = Field(None, alias="multiImage")


class Post(Wire):
    """Times are milliseconds since 1970."""

    id: str = Field(min_length=1)
    commentary: str = ""
    author: str = ""
    created_at: object = Field(None, alias="createdAt")
    published_at: object = Field(None, alias="publishedAt")
    content: _Content | None = None

    def media(self) -> tuple[int, int]:
        """How many images and videos it has."""
        if self.content is None:
            return 0, 0
        if self.content.multi_image is not None:
            return len(self.content.multi_image.images), 0
        one = self.content.media.id if self.content.media else ""
        return int(one.startswith("urn:li:image:")), int(one.startswith("urn:li:video:"))


class _Elements(Wire):
    elements: list[object]


class _Stamp(Wire):
    time: object = None


class _Message(Wire):
    text: str = ""


class _CommentsSummary(Wire):
    aggregated: object = Field(None, alias="aggregatedTotalComments")
    first_level: object = Field(None, alias="totalFirstLevelComments")


class _LikesSummary(Wire):
    total: object = Field(None, alias="totalLikes")
    aggregated: object = Field(None, alias="aggregatedTotalLikes")


class Comment(Wire):
    id: str = ""
    comment_urn: str = Field("", alias="commentUrn")
    actor: str = ""
    object: str = ""
    parent: str = Field("", alias="parentComment")
    message: _Message = Field(default_factory=_Message)
    created: _Stamp = Field(default_factory=_Stamp)
    last_modified: _Stamp = Field(default_factory=_Stamp, alias="lastModified")
    comments_summary: _CommentsSummary = Field(default_factory=_CommentsSummary, alias="commentsSummary")
    likes_summary: _LikesSummary = Field(default_factory=_LikesSummary, alias="likesSummary")

    @property
    def urn(self) -> CommentUrn | None:
        return comment_urn(self.comment_urn) or comment_urn(f"urn:li:comment:({self.object},{self.id})")

    @property
    def written_at(self) -> datetime | None:
        return moment(self.created.time)

    @property
    def seen_at(self) -> datetime | None:
        """When it was written, or changed last."""
        times = [at for at in (self.written_at, moment(self.last_modified.time)) if at is not None]
        return max(times, default=None)

    @property
    def answers(self) -> int:
        return max(count(self.comments_summary.aggregated) or 0, count(self.comments_summary.first_level) or 0)


class _CommentSummary(Wire):
    count: int = 0


class _Metadata(Wire):
    comment_summary: _CommentSummary = Field(default_factory=_CommentSummary, alias="commentSummary")


class _MetadataById(Wire):
    results: dict[str, _Metadata] = Field(default_factory=dict)


class _Totals(Wire):
    likes: object = Field(None, alias="likeCount")
    shares: object = Field(None, alias="shareCount")
    comments: object = Field(None, alias="commentCount")
    clicks: object = Field(None, alias="clickCount")
    impressions: object = Field(None, alias="impressionCount")


class _Statistics(Wire):
    share: str = ""
    ugc_post: str = Field("", alias="ugcPost")
    totals: _Totals = Field(default_factory=_Totals, alias="totalShareStatistics")


class _AllStatistics(Wire):
    elements: list[_Statistics]


class _Size(Wire):
    size: int = Field(alias="firstDegreeSize")


class LinkedInReading:
    """Raises, in every call, CredentialsRefused, NotPermitted, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # ------------------------------------------------------------ the inbox

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        place = marks.read(cursor)
        posts, now = self._newest(account)
        counts = self._counted(account, posts)
        whole = counts is None or marks.is_due(place, now)
        found: dict[str, tuple[Inbound, datetime]] = {}
        for post in posts:
            mark = mark_of(post.id)
            if counts is not None and not whole and counts.get(mark, 0) == place.counts.get(mark, 0):
                continue
            for comment in self._below(account, post.id):
                seen_at = comment.seen_at or now
                if comment.actor != account.remote_id and comment.urn is not None and seen_at >= place.floor:
                    inbound = self._inbound(account, comment, comment.urn, post.id)
                    found[mark_of(inbound.remote_id, inbound.revision)] = inbound, seen_at
        return marks.told(place, found, limit=limit, now=now, whole=whole, counts=counts or {})

    def _newest(self, account: Account) -> tuple[list[Post], datetime]:
        """And what time it is with LinkedIn."""
        answer = self._transport.get(
            address(
                account.server,
                "posts",
                q="author",
                author=quote(account.remote_id, safe=""),
                count=str(POSTS_WATCHED),
                sortBy="CREATED",
            ),
            headers=headers(account, "FINDER"),
        )
        require_ok(answer, self._transport.now())
        return self._posts_of(answer), date_of(answer) or self._transport.now()

    def _posts_of(self, answer: Answer) -> list[Post]:
        """What cannot be read is passed over; a list of nothing else is not LinkedIn's."""
        return each_of(Post, answer.read(_Elements).elements)

    def _counted(self, account: Account, posts: Sequence[Post]) -> dict[str, int] | None:
        """How many comments each has, by its mark; None where they cannot be asked for together."""
        if not posts:
            return {}
        answer = self._transport.get(
            address(account.server, "socialMetadata", ids=listed([post.id for post in posts])),
            headers=headers(account, "BATCH_GET"),
        )
        try:
            require_ok(answer, self._transport.now())
        except (NotPermitted, NotUnderstood):
            return None
        found = answer.read(_MetadataById).results
        return {mark_of(post.id): found[post.id].comment_summary.count for post in posts if post.id in found}

    def _below(self, account: Account, post: str) -> Iterable[Comment]:
        """The comments on a post and the answers to them."""
        try:
            comments, _ = self._comments_of(account, post)
        except Gone:
            return
        yield from comments
        answered = [each for each in comments if each.answers and each.urn is not None]
        if len(answered) > _THREADS_MAX:
            raise Unavailable("history_too_long")
        for comment in answered:
            with contextlib.suppress(Gone):
                yield from self._comments_of(account, comment.urn.whole if comment.urn else "")[0]

    def _comments_of(self, account: Account, urn: str) -> tuple[list[Comment], Answer]:
        """All of them, and the answer with the first. Raises Gone."""
        found: dict[str, Comment] = {}
        first: Answer | None = None
        for page in range(_PAGES_MAX):
            answer = self._transport.get(
                address(account.server, "socialActions", urn, "comments", start=str(page * _PAGE), count=str(_PAGE)),
                headers=headers(account),
            )
            require_ok(answer, self._transport.now())
            first = first or answer
            elements = answer.read(_Elements).elements
            new = [each for each in each_of(Comment, elements) if each.urn and each.urn.whole not in found]
            found.update((each.urn.whole, each) for each in new if each.urn)
            if len(elements) < _PAGE or not new:
                return list(found.values()), first
        raise Unavailable("history_too_long")

    def _comment_seen(self, account: Account, comment: CommentUrn) -> Comment:
        """Raises Gone."""
        answer = self._transport.get(
            address(account.server, "socialActions", comment.thread, "comments", comment.id),
            headers=headers(account),
        )
        require_ok(answer, self._transport.now())
        return answer.read(Comment)

    def _inbound(self, account: Account, comment: Comment, urn: CommentUrn, post: str | None) -> Inbound:
        now = self._transport.now()
        text = words(comment.message.text)
        parent = comment_urn(comment.parent)
        return Inbound(
            remote_id=urn.whole,
            kind="comment",
            author=Citizen(comment.actor, ""),
            text=text,
            written_at=min(comment.written_at or now, now),
            url=public_url(account.server, urn.whole),
            parent=parent.whole if parent else post,
            root=post,
            revision=revision_of(text),
            native={"thread": urn.thread},
        )

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """LinkedIn has no search of posts by words. Raises NotUnderstood not_offered."""
        raise NotUnderstood("not_offered")

    # ------------------------------------------------------------ threads

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Above a comment: the post, then the comment that it answers. What is gone is left out."""
        comment = comment_urn(remote_id)
        if comment is None:
            return []
        above: list[Inbound] = []
        try:
            seen = self._comment_seen(account, comment)
        except Gone:
            return []
        with contextlib.suppress(Gone, NotPermitted):
            above.append(self._post_inbound(account, comment.thread))
        parent = comment_urn(seen.parent)
        if parent is not None:
            with contextlib.suppress(Gone):
                post = above[0].remote_id if above else None
                above.append(self._inbound(account, self._comment_seen(account, parent), parent, post))
        return above

    def _post_inbound(self, account: Account, urn: str) -> Inbound:
        answer = self._transport.get(address(account.server, "posts", urn), headers=headers(account))
        require_ok(answer, self._transport.now())
        post, now = answer.read(Post), self._transport.now()
        kind: InboundKind = "mention"
        text = words(plain(post.commentary))
        made_at = moment(post.published_at) or moment(post.created_at) or now
        author = Citizen(post.author, account.handle if post.author == account.remote_id else "")
        url = public_url(account.server, post.id)
        return Inbound(post.id, kind, author, text, min(made_at, now), url, revision=revision_of(text))

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Of posts: what LinkedIn counts of them, a day late at times; of comments: likes and answers."""
        posts = [each for each in dict.fromkeys(remote_ids) if is_post(each)]
        totals = self._totals(account, posts)
        found = {each: _post_figures(each, totals[each]) for each in totals}
        for each in dict.fromkeys(remote_ids):
            if each not in found:
                found[each] = self._alone(account, each)
        return [found[each] for each in remote_ids]

    def _totals(self, account: Account, posts: Sequence[str]) -> dict[str, _Totals]:
        asked = {
            name: listed(some)
            for name, prefix in (("shares", "urn:li:share:"), ("ugcPosts", "urn:li:ugcPost:"))
            if (some := [each for each in posts if each.startswith(prefix)])
        }
        found: dict[str, _Totals] = {}
        for name, urns in asked.items():
            answer = self._transport.get(
                address(
                    account.server,
                    "organizationalEntityShareStatistics",
                    q="organizationalEntity",
                    organizationalEntity=quote(account.remote_id, safe=""),
                    **{name: urns},
                ),
                headers=headers(account, "FINDER"),
            )
            require_ok(answer, self._transport.now())
            for each in answer.read(_AllStatistics).elements:
                found[each.share or each.ugc_post] = each.totals
        return {urn: figures for urn, figures in found.items() if urn in posts}

    def _alone(self, account: Account, urn: str) -> PostMetrics:
        """A comment, or a post without statistics."""
        comment = comment_urn(urn)
        try:
            if comment is None:
                if not is_post(urn):
                    return PostMetrics(urn, gone=True)
                self._post_inbound(account, urn)
                return PostMetrics(urn, likes=0, shares=0, replies=0, clicks=0, impressions=0)
            seen = self._comment_seen(account, comment)
        except Gone:
            return PostMetrics(urn, gone=True)
        likes = count(seen.likes_summary.aggregated)
        return PostMetrics(
            urn, likes=likes if likes is not None else count(seen.likes_summary.total), replies=seen.answers
        )

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        answer = self._transport.get(
            address(account.server, "networkSizes", account.remote_id, edgeType="COMPANY_FOLLOWED_BY_MEMBER"),
            headers=headers(account),
        )
        require_ok(answer, self._transport.now())
        return ProfileMetrics(followers=count(answer.read(_Size).size))


def _post_figures(urn: str, totals: _Totals) -> PostMetrics:
    return PostMetrics(
        urn,
        likes=count(totals.likes),
        shares=count(totals.shares),
        replies=count(totals.comments),
        clicks=count(totals.clicks),
        impressions=count(totals.impressions),
    )
