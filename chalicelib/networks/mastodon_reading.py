"""What reached a Mastodon account, what people say in public, and what is counted.

- The inbox is /api/v1/notifications of the type mention, which Mastodon uses for replies and private mentions too.
  Pages go backwards by max_id: snac2 takes min_id for since_id, and an id may be given before it can be seen.
- A search finds what the server holds and its authors let it find; many servers search nothing (an empty answer). It
  pages by offset; snac2 knows neither offset nor limit.
- `kind`: private where the status is not for everybody (direct, or for followers only: snac2 calls both private), reply
  where it answers one, otherwise mention. `root` is known only where the batch holds the thread from its beginning.
- `revision` is edited_at. An edit is not announced; a search tells it again.
- A search tells nothing of the account's own posts.
- 403 while reading is NotPermitted, whatever the reason: publishing finds out for itself whether it is refused.
  scope_missing: the profile was connected before these scopes were asked for (SCOPES) and must be connected again.
- `written_at` is the server's created_at, never later than now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pydantic import Field

from chalicelib.networks.backwards import Entry, Page, read_back
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    Inbound,
    InboundKind,
    InboundMedia,
    NotPermitted,
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
    text_of_html,
    web_address,
    words,
)
from chalicelib.networks.mastodon_wire import Error, require_ok
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer, each_of

Model = TypeVar("Model", bound=Wire)

READS = frozenset({"inbox", "search", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "quotes"})

_PAGE = 40
_KINDS = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


class _Person(Wire):
    id: str = Field(min_length=1)
    acct: str = ""
    display_name: object = None
    url: object = None
    avatar: object = None
    followers_count: object = None
    following_count: object = None
    statuses_count: object = None


class _Shown(Wire):
    """A status."""

    id: str = Field(min_length=1)
    account: _Person
    created_at: object = None
    edited_at: object = None
    url: object = None
    uri: object = None
    content: object = ""
    spoiler_text: object = ""
    visibility: object = "public"
    language: object = None
    in_reply_to_id: object = None
    reblog: object = None
    media_attachments: object = None
    favourites_count: object = None
    reblogs_count: object = None
    replies_count: object = None
    quotes_count: object = None


class _Notification(Wire):
    id: str = Field(min_length=1)
    type: str = ""
    created_at: object = None
    status: object = None


class _Context(Wire):
    ancestors: list[object]


class _Found(Wire):
    statuses: list[object]


class MastodonReading:
    """Raises, in every call, CredentialsRefused, NotPermitted, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # ------------------------------------------------------------ lists

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("types[]", "mention"), ("limit", _size(limit))]
            if after is not None:
                query.append(("max_id", after))
            answer = self._ask(account, "/api/v1/notifications", query)
            items = answer.json()
            if not isinstance(items, list):
                raise NotUnderstood("answer_unexpected")
            told = each_of(_Notification, items)
            entries = [self._announced(account, each) for each in told]
            return Page(entries, told[-1].id if told else None)

        batch = read_back(fetch, cursor, limit=limit, now=self._transport.now())
        return replace(batch, messages=_rooted(batch.messages))

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            offset = int(after) if after is not None and after.isdecimal() else 0
            query = [("q", words), ("type", "statuses"), ("resolve", "false"), ("limit", _size(limit))]
            if offset:
                query.append(("offset", str(offset)))
            items = self._ask(account, "/api/v2/search", query).read(_Found).statuses
            entries = [self._entry(account, each) for each in each_of(_Shown, items)]
            return Page(entries, str(offset + len(items)) if items else None)

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def _ask(self, account: Account, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        answer = self._get(account, path, query)
        _require_readable(answer, self._transport.now())
        return answer

    def _get(self, account: Account, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        headers = bearer(account.secrets.get("access", ""))
        return self._transport.get(f"{account.server}{path}", query=query, headers=headers)

    # ------------------------------------------------------------ one message

    def _announced(self, account: Account, told: _Notification) -> Entry:
        at = min(moment(told.created_at) or self._transport.now(), self._transport.now())
        statuses = each_of(_Shown, [told.status], strict=False) if told.type == "mention" else []
        if not statuses or statuses[0].account.id == account.remote_id:
            return Entry(told.id, at, None)
        return Entry(told.id, at, self._message(account, statuses[0]))

    def _entry(self, account: Account, status: _Shown) -> Entry:
        message = self._message(account, status, "keyword")
        own = status.account.id == account.remote_id or status.reblog is not None
        return Entry(f"{status.id} {message.revision}", message.written_at, None if own else message)

    def _message(self, account: Account, status: _Shown, kind: InboundKind | None = None) -> Inbound:
        now = self._transport.now()
        parent = status.in_reply_to_id if isinstance(status.in_reply_to_id, str) else None
        if kind is None:
            kind = "private" if status.visibility in ("direct", "private") else "reply" if parent else "mention"
        warning, text = words(status.spoiler_text).strip(), text_of_html(status.content)
        native = {"id": status.id}
        for name in ("uri", "visibility"):
            value = getattr(status, name)
            if isinstance(value, str):
                native[name] = one_line(value)
        return Inbound(
            remote_id=status.id,
            kind=kind,
            author=_citizen(account, status.account),
            text=words(f"{warning}\n\n{text}" if warning and text else warning or text),
            written_at=min(moment(status.created_at) or now, now),
            url=web_address(status.url) or web_address(status.uri),
            parent=parent,
            language=language(status.language),
            media=_files_of(status.media_attachments),
            revision=one_line(status.edited_at),
            native=native,
        )

    # ------------------------------------------------------------ threads

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """What the server does not hold or may not show is left out."""
        answer = self._get(account, f"/api/v1/statuses/{quote(remote_id, safe='')}/context")
        if answer.status in (404, 410):
            return []
        _require_readable(answer, self._transport.now())
        statuses = each_of(_Shown, answer.read(_Context).ancestors)
        return _rooted([self._message(account, status) for status in statuses])

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """All in one request where the server knows how (Mastodon 4.3); what is not in its answer is asked for alone,
        since only that says that a post is gone."""
        several = self._several(account, list(dict.fromkeys(remote_ids))) if len(remote_ids) > 1 else {}
        return [_counted(each, several.get(each) or self._status(account, each)) for each in remote_ids]

    def _several(self, account: Account, remote_ids: Sequence[str]) -> dict[str, _Shown]:
        answer = self._get(account, "/api/v1/statuses", [("id[]", remote_id) for remote_id in remote_ids])
        if answer.status in (400, 404, 405, 410, 422, 501):
            return {}
        _require_readable(answer, self._transport.now())
        items = answer.json()
        return {status.id: status for status in each_of(_Shown, items, strict=False)} if isinstance(items, list) else {}

    def _status(self, account: Account, remote_id: str) -> _Shown | None:
        answer = self._get(account, f"/api/v1/statuses/{quote(remote_id, safe='')}")
        if answer.status in (404, 410):
            return None
        _require_readable(answer, self._transport.now())
        return answer.read(_Shown)

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        said = self._ask(account, f"/api/v1/accounts/{quote(account.remote_id, safe='')}").read(_Person)
        return ProfileMetrics(count(said.followers_count), count(said.following_count), count(said.statuses_count))


# ---------------------------------------------------------------- reading what was said


def _require_readable(answer: Answer, now: datetime) -> None:
    if answer.status == 403:
        said = answer.read_or_none(Error) or Error()
        told = f"{said.error} {said.error_description} {answer.headers.get('www-authenticate', '')}".lower()
        raise NotPermitted("scope_missing" if "scope" in told else "forbidden")
    require_ok(answer, now)


def _size(limit: int) -> str:
    return str(min(max(limit, 1), _PAGE))


def _rooted(messages: Sequence[Inbound]) -> list[Inbound]:
    """With the root of those whose thread is here from its beginning."""
    known = {message.remote_id: message for message in messages}
    return [replace(message, root=_root(message, known)) for message in messages]


def _root(message: Inbound, known: Mapping[str, Inbound]) -> str | None:
    passed = {message.remote_id}
    parent = message.parent
    while parent is not None and parent in known and parent not in passed:
        passed.add(parent)
        if known[parent].parent is None:
            return parent
        parent = known[parent].parent
    return None


def _citizen(account: Account, person: _Person) -> Citizen:
    """The handle with its server, as one would write it from elsewhere: Mastodon leaves out its own."""
    handle = one_line(person.acct)
    if handle and "@" not in handle:
        own = account.handle.rpartition("@")[2] if "@" in account.handle else urlsplit(account.server).netloc
        handle = f"{handle}@{own}"
    return Citizen(
        remote_id=person.id,
        handle=handle,
        name=one_line(person.display_name),
        url=web_address(person.url),
        avatar_url=web_address(person.avatar),
        followers=count(person.followers_count),
    )


def _files_of(attachments: object) -> Sequence[InboundMedia]:
    found = []
    for each in attachments[:MEDIA_MAX] if isinstance(attachments, list) else []:
        if not isinstance(each, dict):
            continue
        url = web_address(each.get("url")) or web_address(each.get("remote_url"))
        if url is not None:
            kind = _KINDS.get(each["type"], "other") if isinstance(each.get("type"), str) else "other"
            found.append(InboundMedia(kind, url, words(each.get("description"), ALT_MAX)))
    return found


def _counted(remote_id: str, status: _Shown | None) -> PostMetrics:
    if status is None:
        return PostMetrics(remote_id, gone=True)
    return PostMetrics(
        remote_id,
        likes=count(status.favourites_count),
        shares=count(status.reblogs_count),
        replies=count(status.replies_count),
        quotes=count(status.quotes_count),
    )
