"""What reaches an account on X, what people say there, and what is counted.

- The inbox is /2/users/{id}/mentions: X names whom a reply answers, so that replies to our posts are in it as well. A
  quote that does not mention us is not.
- Private messages are /2/dm_events, of thirty days, those of groups among them; what this account wrote itself is left
  out. X lets a user ask 15 times in 15 minutes (rate-limits, 2026-08), so that they rest for PRIVATE_PACE between two
  readings. It takes no start_time: they are asked for a few at a time. An account that was connected without dm.read is
  read without them (parts.py). What a private message brings along (a file) is told by its link.
- A search is /2/tweets/search/recent: seven days, at most QUERY_MAX characters for self-serve access. What the account
  itself wrote is left out.
- X sells what it shows, each post once a day (pricing, 2026-08): readings ask from the time on that they need and not
  for pages that were read.
- `kind`: reply where it answers a post, quote where it quotes one, otherwise mention. `root` is X's conversation.
- X tells of an edit by giving the post a new id, so that an edited post is another message.
- 403 while reading is NotPermitted; used-up credits and access that our application does not have are Unavailable.
- `written_at` is X's created_at, never later than now.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from chalicelib.networks.backwards import Entry, Page, read_back
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    Inbound,
    InboundMedia,
    NotUnderstood,
    PostMetrics,
    ProfileMetrics,
)
from chalicelib.networks.inbound import (
    ALT_MAX,
    MEDIA_MAX,
    count,
    language,
    moment,
    one_line,
    web_address,
    words,
)
from chalicelib.networks.parts import read_parts
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Transport
from chalicelib.networks.wire import Wire, each_of
from chalicelib.networks.x_wire import (
    FIGURES,
    MESSAGES,
    PRIVATE,
    DmEvent,
    Entities,
    Gone,
    Includes,
    OnePost,
    OneUser,
    Post,
    Posts,
    Speaker,
    User,
    View,
    headers_of,
    require_ok,
)

Model = TypeVar("Model", bound=Wire)

READS = frozenset({"inbox", "search", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "quotes", "impressions"})

QUERY_MAX = 512
"""Characters, for self-serve access (rate-limits; search/integrate/build-a-query, 2026-08)."""

PRIVATE_PACE = timedelta(seconds=65)

_PRIVATE_PAGE = 20
"""Every message that X shows is paid for, also one that was told already, once a day."""

_ABOVE_MAX = 20  # posts of a thread
_ID = re.compile(r"[0-9]{1,19}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_WEEK = timedelta(days=6, hours=23)
_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}


class XReading:
    """Raises, in every call, CredentialsRefused, NotPermitted, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        self._transport = transport
        self._private_pace = private_pace
        self._speaker = Speaker(transport)

    # ------------------------------------------------------------ lists

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        return read_parts(
            lambda place, most: self._mentions(account, place, most),
            lambda place, most: self._private(account, place, most),
            cursor,
            limit=limit,
            now=self._transport.now(),
            pace=self._private_pace,
        )

    def _private(self, account: Account, cursor: str | None, limit: int) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("event_types", "MessageCreate"), ("max_results", str(min(max(limit, 1), _PRIVATE_PAGE)))]
            if after is not None:
                query.append(("pagination_token", after))
            said = self._speaker.ask(account, "/2/dm_events", PRIVATE, query).read(Posts)
            if said.meta is None and not said.data:
                raise NotUnderstood("answer_unexpected")
            entries = [self._private_entry(account, each, said.includes) for each in each_of(DmEvent, said.data)]
            return Page(entries, said.meta.next_token if said.meta else None)

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def _private_entry(self, account: Account, event: DmEvent, includes: Includes) -> Entry:
        now = self._transport.now()
        at = min(moment(event.created_at) or now, now)
        if event.sender_id == account.remote_id or event.event_type not in (None, "MessageCreate"):
            return Entry(event.id, at, None)
        sender_id = event.sender_id if isinstance(event.sender_id, str) else ""
        users = {user.id: user for user in each_of(User, includes.users, strict=False)}
        text = words(_with_links(event.text if isinstance(event.text, str) else "", event.entities, files=True))
        message = Inbound(
            remote_id=event.id,
            kind="private",
            author=_citizen(users[sender_id]) if sender_id in users else Citizen(sender_id, ""),
            text=text,
            written_at=at,
            revision=revision_of(text),
            native={"id": event.id, "dm_conversation_id": one_line(event.dm_conversation_id)},
        )
        return Entry(event.id, at, message)

    def _mentions(self, account: Account, cursor: str | None, limit: int) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("max_results", str(min(max(limit, 5), 100)))]
            if after is not None:
                query.append(("pagination_token", after))
            if floor is not None:
                query.append(("start_time", _time(floor)))
            return self._page(account, f"/2/users/{quote(account.remote_id, safe='')}/mentions", query)

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Raises NotUnderstood query_too_long, and http_400 where X does not understand the query."""
        if len(words) > QUERY_MAX:
            raise NotUnderstood("query_too_long")
        without_us = f"({words}) -from:{account.handle}"
        asked = without_us if _USERNAME.fullmatch(account.handle) and len(without_us) <= QUERY_MAX else words

        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("query", asked), ("max_results", str(min(max(limit, 10), 100))), ("sort_order", "recency")]
            if after is not None:
                query.append(("next_token", after))
            if floor is not None and floor > self._transport.now() - _WEEK:
                query.append(("start_time", _time(floor)))
            return self._page(account, "/2/tweets/search/recent", query, keyword=True)

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def _page(self, account: Account, path: str, query: Sequence[tuple[str, str]], *, keyword: bool = False) -> Page:
        said = self._speaker.ask(account, path, MESSAGES, query).read(Posts)
        if said.meta is None and not said.data:
            raise NotUnderstood("answer_unexpected")  # also of an empty list X says that it is empty
        entries = []
        for post in each_of(Post, said.data):
            message = self._message(post, said.includes, keyword=keyword)
            own = post.author_id == account.remote_id
            entries.append(Entry(post.id, message.written_at, None if own else message))
        return Page(entries, said.meta.next_token if said.meta else None)

    # ------------------------------------------------------------ one message

    def _message(self, post: Post, includes: Includes, *, keyword: bool = False) -> Inbound:
        now = self._transport.now()
        users = {user.id: user for user in each_of(User, includes.users, strict=False)}
        author_id = post.author_id if isinstance(post.author_id, str) else ""
        author = users.get(author_id)
        parent = post.answers()
        root = post.conversation_id if isinstance(post.conversation_id, str) else None
        text = words(text_shown(post))
        return Inbound(
            remote_id=post.id,
            kind="keyword" if keyword else "reply" if parent else "quote" if post.quotes() else "mention",
            author=_citizen(author) if author else Citizen(author_id, ""),
            text=text,
            written_at=min(moment(post.created_at) or now, now),
            url=public_url(author.username if author else "", post.id),
            parent=parent,
            root=root if root != post.id and parent else None,
            language=language(post.lang),
            media=_files_of(post, includes),
            revision=revision_of(text),
            native={"id": post.id},
        )

    # ------------------------------------------------------------ threads

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Upwards, two posts a request, as far as posts can be seen."""
        above: list[Inbound] = []
        seen = {remote_id}
        wanted: str | None = remote_id
        while wanted is not None and len(above) < _ABOVE_MAX:
            found = self._one(account, wanted, MESSAGES)
            if found is None or found.data is None:
                break
            if wanted != remote_id:
                above.append(self._message(found.data, found.includes))
            wanted = self._next_above(found.data, found.includes, above, seen)
        return above[::-1]

    def _next_above(self, post: Post, includes: Includes, above: list[Inbound], seen: set[str]) -> str | None:
        """Takes the parent from what came with a post where it did; answers what has to be asked for next."""
        parent = post.answers()
        if parent is None or parent in seen:
            return None
        seen.add(parent)
        given = {each.id: each for each in each_of(Post, includes.posts, strict=False)}
        authors = {user.id for user in each_of(User, includes.users, strict=False)}
        there = given.get(parent)
        if there is None or there.author_id not in authors:
            return parent
        above.append(self._message(there, includes))
        further = there.answers()
        if further is None or further in seen:
            return None
        seen.add(further)
        return further

    def _one(self, account: Account, remote_id: str, view: View) -> OnePost | None:
        if not _ID.fullmatch(remote_id):
            return None
        try:
            return self._speaker.ask(account, f"/2/tweets/{remote_id}", view).read(OnePost)
        except Gone:
            return None

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """All in one request; what X does not find is gone, what it does not show is not known."""
        ids = [each for each in dict.fromkeys(remote_ids) if _ID.fullmatch(each)]
        said = Posts()
        if ids:
            said = self._speaker.ask(account, "/2/tweets", FIGURES, [("ids", ",".join(ids))]).read(Posts)
        found = {post.id: post for post in each_of(Post, said.data, strict=False)}
        gone = {each for each in remote_ids if each not in ids} | {
            str(error.get("resource_id") or error.get("value"))
            for error in said.errors
            if isinstance(error, dict) and str(error.get("type")).endswith("/resource-not-found")
        }
        return [_counted(each, found.get(each), gone=each in gone) for each in remote_ids]

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        answer = self._transport.get(
            f"{account.server}/2/users/{quote(account.remote_id, safe='')}",
            query=[("user.fields", "public_metrics,username")],
            headers=headers_of(account),
        )
        require_ok(answer, self._transport.now())
        figures = _figures(answer.read(OneUser).data.public_metrics)
        return ProfileMetrics(
            count(figures.get("followers_count")),
            count(figures.get("following_count")),
            count(figures.get("post_count", figures.get("tweet_count"))),
        )


# ---------------------------------------------------------------- reading what was said


def text_shown(post: Post) -> str:
    """With the links as they were written in place of X's own, and without the links that X adds for files."""
    return _with_links(post.whole_text(), post.entities)


def _with_links(text: str, entities: Entities | None, *, files: bool = False) -> str:
    """files: the links that X adds for them stay."""
    for link in (entities.urls if entities else None) or []:
        if not isinstance(link.url, str) or not link.url:
            continue
        shown = link.expanded_url if isinstance(link.expanded_url, str) else link.url
        own_file = not files and (link.media_key or re.search(r"/status/\d+/(photo|video)/\d+$", shown))
        text = text.replace(link.url, "" if own_file else html.escape(shown, quote=False), 1)
    return html.unescape(text).strip()


def public_url(username: str, post: str) -> str:
    return f"https://x.com/{username or 'i'}/status/{post}"


def each_post(items: Sequence[object]) -> list[Post]:
    return each_of(Post, items)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _figures(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _citizen(user: User) -> Citizen:
    return Citizen(
        remote_id=user.id,
        handle=one_line(user.username),
        name=one_line(user.name),
        url=web_address(f"https://x.com/{user.username}"),
        avatar_url=web_address(user.profile_image_url),
        followers=count(_figures(user.public_metrics).get("followers_count")),
    )


def _files_of(post: Post, includes: Includes) -> Sequence[InboundMedia]:
    known = {str(each.get("media_key")): each for each in includes.media if isinstance(each, dict)}
    found = []
    for key in ((post.attachments.media_keys if post.attachments else None) or [])[:MEDIA_MAX]:
        file = known.get(key, {})
        url = web_address(file.get("url")) or web_address(file.get("preview_image_url"))
        if url is not None:
            found.append(
                InboundMedia(_KINDS.get(str(file.get("type")), "other"), url, words(file.get("alt_text"), ALT_MAX))
            )
    return found


def _counted(remote_id: str, post: Post | None, *, gone: bool) -> PostMetrics:
    if post is None:
        return PostMetrics(remote_id, gone=gone)
    figures = _figures(post.public_metrics)
    return PostMetrics(
        remote_id,
        likes=count(figures.get("like_count")),
        shares=count(figures.get("repost_count", figures.get("retweet_count"))),
        replies=count(figures.get("reply_count")),
        quotes=count(figures.get("quote_count")),
        impressions=count(figures.get("impression_count")),
    )
