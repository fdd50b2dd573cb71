"""What is said to a Threads account, what people say in public, and what is counted.

- The inbox is the replies below the account's 25 newest posts (/conversation, all levels) and the posts that mention it
  (/me/mentions). Of a conversation that was read before, pages are turned as long as they can hold anything new.
- A search pages by `until`, the only way back that keyword_search documents. It counts 2,200 queries in a day.
- Threads names people by their user name alone; that is their id here.
- What needs a permission of its own (replies, mentions, search) and does not have it is NotPermitted scope_missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, Field

from chalicelib.networks.backwards import Entry, Page, read_back
from chalicelib.networks.clocks import on_their_clock
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    CredentialsRefused,
    Inbound,
    InboundKind,
    InboundMedia,
    NotPermitted,
    PostMetrics,
    ProfileMetrics,
    Unavailable,
)
from chalicelib.networks.graph import META, Gone, Paging, in_utc, node_address, require_ok
from chalicelib.networks.graph_cursor import batch_of, since_of
from chalicelib.networks.inbound import count, one_line, web_address, words
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

Model = TypeVar("Model", bound=BaseModel)

GRAPH = "https://graph.threads.net"
VERSION = "v1.0"

READS = frozenset({"inbox", "search", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "quotes", "impressions"})

THREADS = replace(
    META,
    temporary=META.temporary | {-1, -2, 24, 9004, 9007},
    refused=META.refused | {352, 36003, 36004},
)

_WATCHED = 25
_PAGE = 50
_PAGES_MAX = 20
_ABOVE_MAX = 20
_POST = "id,media_type,media_url,permalink,username,text,timestamp,alt_text"
_REPLY = f"{_POST},root_post,replied_to"
_OWN = "id,text,timestamp,permalink,media_type,children"


class _Id(Wire):
    id: str = ""


class _Children(Wire):
    data: list[_Id] = Field(default_factory=list)


class Written(Wire):
    id: str = Field(min_length=1)
    text: str = ""
    timestamp: datetime | None = None
    permalink: str | None = None
    username: str = ""
    media_type: str = ""
    media_url: str | None = None
    alt_text: str | None = None
    children: _Children | None = None
    root_post: _Id | None = None
    replied_to: _Id | None = None
    has_replies: bool = False

    @property
    def at(self) -> datetime:
        return in_utc(self.timestamp).astimezone(UTC) if self.timestamp else datetime.fromtimestamp(0, UTC)

    @property
    def files(self) -> int:
        if self.children is not None and self.children.data:
            return len(self.children.data)
        return int(self.media_type in ("IMAGE", "VIDEO"))


class _WrittenList(Wire):
    data: list[Written] = Field(default_factory=list)
    paging: Paging = Field(default_factory=Paging)


class _Value(Wire):
    value: object = None


class _Insight(Wire):
    name: str = ""
    values: list[_Value] = Field(default_factory=list)
    total_value: _Value | None = None


class _Insights(Wire):
    data: list[_Insight] = Field(default_factory=list)

    def figures(self) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for each in self.data:
            value = each.total_value or (each.values[-1] if each.values else None)
            found[each.name] = count(value.value) if value else None
        return found


class ThreadsReading:
    """Raises, in every call, CredentialsRefused, NotPermitted, Unavailable and NotUnderstood."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # ------------------------------------------------------------ lists

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        since = since_of(cursor)
        posts = self._list(account, "me", "threads", fields="id,timestamp,has_replies", limit=_WATCHED)
        mentions = self._pages(account, since, "me", "mentions", fields=_POST)
        found = [_inbound(account, each, "mention") for each in mentions]
        # A reply that mentions us is told as a reply, which says more.
        found += [
            _inbound(account, reply, "reply")
            for post in posts.data
            if post.has_replies
            for reply in self._replies(account, post.id, since)
        ]
        return batch_of((each for each in found if each.author.handle != account.handle), cursor, limit)

    def _replies(self, account: Account, post: str, since: datetime | None) -> Iterator[Written]:
        try:
            yield from self._pages(account, since, post, "conversation", fields=_REPLY, size=None, reverse="true")
        except Gone:
            return  # the post went meanwhile, and all replies with it

    def _pages(
        self,
        account: Account,
        since: datetime | None,
        *parts: str,
        fields: str,
        size: int | None = _PAGE,
        **more: str,
    ) -> Iterator[Written]:
        """Newest first; the first page alone where nothing was read before. size: None where none can be asked for."""
        after = ""
        for _ in range(_PAGES_MAX):
            page = self._list(account, *parts, fields=fields, limit=size, after=after, **more)
            yield from page.data
            after = page.paging.cursors.after or ""
            old = since is None or any(each.at < since for each in page.data)
            if old or not after or not page.data or not page.paging.next:
                return
        raise Unavailable("history_too_long")

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [
                ("q", words),
                ("search_type", "RECENT"),
                ("fields", _POST),
                ("limit", str(min(max(limit, 1), 100))),
            ]
            if after is not None and after.isdecimal():
                query.append(("until", after))
            answer = self._get(account, query, "keyword_search")
            _require_readable(answer)
            found = answer.read(_WrittenList).data
            entries = [self._entry(account, each) for each in found]
            # `until` shuts the second itself out: one more is asked for, and what was told already is known again.
            return Page(entries, str(int(min(each.at for each in found).timestamp()) + 1) if found else None)

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def _entry(self, account: Account, written: Written) -> Entry:
        own = written.username == account.handle
        return Entry(written.id, written.at, None if own else _inbound(account, written, "keyword"))

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """What is gone, or may not be shown, ends the way up."""
        above: list[Inbound] = []
        seen = {remote_id}
        asked = remote_id
        for _ in range(_ABOVE_MAX):
            try:
                written = self._read(account, Written, asked, fields=_REPLY)
            except Gone:
                break
            if asked != remote_id:
                above.append(_inbound(account, written, "reply" if written.replied_to else "mention"))
            asked = written.replied_to.id if written.replied_to else ""
            if not asked or asked in seen:
                break
            seen.add(asked)
        return above[::-1]

    # ------------------------------------------------------------ own posts

    def _own(self, account: Account, since: datetime, *, replies: bool) -> Iterator[tuple[Written, datetime]]:
        """Newest first, each with what `since` was on Meta's clock."""
        fields = f"{_OWN},replied_to" if replies else _OWN
        after = ""
        for _ in range(_PAGES_MAX):
            query = [("fields", fields), ("limit", str(_PAGE)), *([("after", after)] if after else [])]
            answer = self._get(account, query, "me", "replies" if replies else "threads")
            require_ok(answer, THREADS)
            page = answer.read(_WrittenList)
            earliest = on_their_clock(answer, since, self._transport.now())
            yield from ((each, earliest) for each in page.data)
            after = page.paging.cursors.after or ""
            if not page.paging.next or not after or all(each.at < earliest for each in page.data):
                return
        raise Unavailable("history_too_long")

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Shares are reposts; impressions are views. One request for each post: Threads counts no several at once."""
        found = {each: self._measured(account, each) for each in dict.fromkeys(remote_ids)}
        return [found[each] for each in remote_ids]

    def _measured(self, account: Account, remote_id: str) -> PostMetrics:
        answer = self._get(account, [("metric", "views,likes,replies,reposts,quotes")], remote_id, "insights")
        try:
            _require_readable(answer)
        except Gone:
            return PostMetrics(remote_id, gone=True)
        figures = answer.read(_Insights).figures()
        return PostMetrics(
            remote_id,
            likes=figures.get("likes"),
            shares=figures.get("reposts"),
            replies=figures.get("replies"),
            quotes=figures.get("quotes"),
            impressions=figures.get("views"),
        )

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        answer = self._get(account, [("metric", "followers_count")], "me", "threads_insights")
        _require_readable(answer)
        return ProfileMetrics(followers=answer.read(_Insights).figures().get("followers_count"))

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
        require_ok(answer, THREADS)
        return answer.read(model)

    def _list(
        self, account: Account, *parts: str, fields: str, limit: int | None, after: str = "", **more: str
    ) -> _WrittenList:
        query = [("fields", fields), *more.items()]
        if limit is not None:
            query.append(("limit", str(limit)))
        if after:
            query.append(("after", after))
        answer = self._get(account, query, *parts)
        _require_readable(answer)
        return answer.read(_WrittenList)


def _require_readable(answer: Answer) -> None:
    """What a permission of its own opens is not what the connection stands on."""
    try:
        require_ok(answer, THREADS)
    except CredentialsRefused as error:
        if error.code == "forbidden":
            raise NotPermitted("scope_missing") from None
        raise


def _inbound(account: Account, written: Written, kind: InboundKind) -> Inbound:
    text = words(written.text)
    name = one_line(written.username)
    url = web_address(written.media_url)
    shown = {"IMAGE": "image", "VIDEO": "video"}.get(written.media_type, "other")
    profile = web_address(f"https://www.threads.net/@{name}") if name else None
    return Inbound(
        remote_id=written.id,
        kind=kind,
        author=Citizen(name, name, name, profile),
        text=text,
        written_at=written.at,
        url=web_address(written.permalink),
        parent=written.replied_to.id if written.replied_to and written.replied_to.id else None,
        root=written.root_post.id if written.root_post and written.root_post.id else None,
        media=(InboundMedia(shown, url, words(written.alt_text)),) if url else (),
        revision=revision_of(text),
        native={"id": written.id},
    )
