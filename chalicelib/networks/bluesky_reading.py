"""What reached a Bluesky account, what people say in public, and what is counted: read through the account's own PDS,
which passes these calls on to its AppView (no atproto-proxy header: each PDS knows its AppView).

- The inbox is listNotifications with the reasons mention, reply and quote. An edited record is not announced again.
  Private messages are another service (chat.bsky), closed to app passwords.
- Both lists are sorted by the AppView's own moment, the earlier of what the author's device claims (createdAt) and of
  when it was seen (indexedAt); `written_at` is that same moment and never later than now. So a clock that is ahead
  cannot put a message into the future; one that lies backwards is believed, as Bluesky itself does.
- Pages are cut at a moment, exclusively: what shares the last millisecond of a page would be passed over, so the next
  page begins a millisecond later than the network proposes, where its cursor is a time.
- A search tells nothing of the account's own posts.
- A post that the AppView does not show is `gone` only if its repository has no such record either: what was just
  published is not indexed yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.networks.backwards import Entry, Page, read_back
from chalicelib.networks.bluesky_wire import (
    POST,
    Wire,
    credentials_code,
    get_record,
    method_url,
    public_url,
    require_ok,
    said_of,
)
from chalicelib.networks.contract import (
    Account,
    Batch,
    Citizen,
    Inbound,
    InboundKind,
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
from chalicelib.networks.transport import Answer, Transport, is_loopback
from chalicelib.networks.wire import bearer, each_of

READS = frozenset({"inbox", "search", "thread", "post_metrics", "profile_metrics"})
MEASURES = frozenset({"likes", "shares", "replies", "quotes"})

_REASONS: tuple[InboundKind, ...] = ("reply", "quote", "mention")  # of two for one post, the first is told
_AT_ONCE = 25
_PAGE = 100
_PARENTS = 80
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class _Author(Wire):
    did: str
    handle: str = ""
    display_name: object = None
    avatar: object = None


class _Seen(Wire):
    """A notification, or a post as the AppView shows it."""

    uri: str
    cid: str = ""
    author: _Author
    record: dict[str, object]
    indexed_at: object = None
    reason: str = ""
    embed: object = None
    like_count: object = None
    repost_count: object = None
    reply_count: object = None
    quote_count: object = None


class _Notifications(Wire):
    notifications: list[object]
    cursor: str | None = None


class _Posts(Wire):
    posts: list[object]
    cursor: str | None = None


class _Thread(Wire):
    thread: dict[str, object]


class _Counts(Wire):
    did: str
    followers_count: object = None
    follows_count: object = None
    posts_count: object = None


class BlueskyReading:
    """Raises, in every call, CredentialsRefused, Unavailable, NotUnderstood and AddressRefused."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # ------------------------------------------------------------ lists

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        with_files: set[str] = set()

        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("reasons", reason) for reason in _REASONS]
            answer = self._list(account, "app.bsky.notification.listNotifications", query, after, limit)
            said = answer.read(_Notifications)
            seen = each_of(_Seen, said.notifications)
            with_files.update(each.uri for each in seen if _has_files(each.record))
            # One post may be announced for two reasons: the first of _REASONS stands.
            best: dict[str, _Seen] = {}
            for each in seen:
                if each.uri not in best or _rank(each) < _rank(best[each.uri]):
                    best[each.uri] = each
            return Page(
                [self._entry(account, each, _reason(each)) for each in best.values()], _older(said.cursor, after)
            )

        batch = read_back(fetch, cursor, limit=limit, now=self._transport.now())
        wanted = [message.remote_id for message in batch.messages if message.remote_id in with_files]
        files = self._files(account, wanted)
        messages = [replace(message, media=files.get(message.remote_id, ())) for message in batch.messages]
        return replace(batch, messages=messages)

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        def fetch(after: str | None, floor: datetime | None) -> Page:
            query = [("q", words), ("sort", "latest")]
            if floor is not None:
                query.append(("since", _stamp(floor)))
            said = self._list(account, "app.bsky.feed.searchPosts", query, after, limit).read(_Posts)
            entries = [self._entry(account, each, "keyword") for each in each_of(_Seen, said.posts)]
            return Page(entries, _older(said.cursor, after))

        return read_back(fetch, cursor, limit=limit, now=self._transport.now())

    def _list(
        self, account: Account, method: str, query: Sequence[tuple[str, str]], after: str | None, limit: int
    ) -> Answer:
        query = [*query, ("limit", str(min(max(limit, 1), _PAGE)))]
        if after is not None:
            query.append(("cursor", after))
        return self._ask(account, method, query)

    def _ask(self, account: Account, method: str, query: Sequence[tuple[str, str]]) -> Answer:
        answer = self._get(account, method, query)
        require_ok(answer, self._transport.now())
        return answer

    def _get(self, account: Account, method: str, query: Sequence[tuple[str, str]]) -> Answer:
        headers = bearer(account.secrets.get("access", ""))
        return self._transport.get(method_url(account.server, method), query=query, headers=headers)

    # ------------------------------------------------------------ one message

    def _entry(self, account: Account, seen: _Seen, kind: InboundKind | None) -> Entry:
        at = self._moment(seen)
        own = seen.author.did == account.remote_id
        message = None if own or kind is None else self._message(account, seen, kind)
        return Entry(f"{seen.uri} {seen.cid}", at, message)

    def _moment(self, seen: _Seen) -> datetime:
        now = self._transport.now()
        claimed, indexed = moment(seen.record.get("createdAt")), moment(seen.indexed_at)
        return min(claimed or indexed or now, indexed or now, now)

    def _message(self, account: Account, seen: _Seen, kind: InboundKind) -> Inbound | None:
        did, collection, key = _parts(seen.uri)
        if collection != POST:
            return None
        record = seen.record
        reply = record.get("reply")
        native = {"uri": seen.uri, "cid": seen.cid}
        quoted = _quoted(record.get("embed"))
        if quoted is not None:
            native["quotes"] = quoted
        languages = record.get("langs")
        return Inbound(
            remote_id=seen.uri,
            kind=kind,
            author=Citizen(
                remote_id=seen.author.did,
                handle=one_line(seen.author.handle),
                name=one_line(seen.author.display_name),
                url=_profile_url(account, seen.author.did),
                avatar_url=web_address(seen.author.avatar),
            ),
            text=words(record.get("text")),
            written_at=self._moment(seen),
            url=public_url(account.server, did, key),
            parent=_uri_in(reply, "parent"),
            root=_uri_in(reply, "root"),
            language=language(languages[0]) if isinstance(languages, list) and languages else None,
            media=_files_of(seen.embed),
            revision=seen.cid,
            native=native,
        )

    def _files(self, account: Account, uris: Sequence[str]) -> dict[str, Sequence[InboundMedia]]:
        """Notifications name a file by its hash only; the post as it is shown has its address."""
        files: dict[str, Sequence[InboundMedia]] = {}
        for index in range(0, len(uris), _AT_ONCE):
            try:
                found = self._posts(account, uris[index : index + _AT_ONCE])
            except NotUnderstood:
                continue  # the words are what matters; no file may keep them from being read
            files |= {uri: _files_of(seen.embed) for uri, seen in found.items()}
        return files

    # ------------------------------------------------------------ threads

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """What is between and cannot be seen (deleted, blocked) is left out. kind: reply, or mention for the first."""
        if not _is_post(remote_id):
            return []
        query = [("uri", remote_id), ("depth", "0"), ("parentHeight", str(_PARENTS))]
        answer = self._get(account, "app.bsky.feed.getPostThread", query)
        if answer.status in (400, 404) and said_of(answer).error == "NotFound":
            return []
        require_ok(answer, self._transport.now())
        above: list[Inbound] = []
        node: object = answer.read(_Thread).thread.get("parent")
        for _ in range(_PARENTS):
            if not isinstance(node, dict):
                break
            for seen in each_of(_Seen, [node["post"]], strict=False) if "post" in node else []:
                message = self._message(
                    account, seen, "reply" if _uri_in(seen.record.get("reply"), "parent") else "mention"
                )
                above += [message] if message is not None else []
            node = node.get("parent")
        return above[::-1]

    # ------------------------------------------------------------ figures

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        wanted = [uri for uri in dict.fromkeys(remote_ids) if _is_post(uri)]
        found: dict[str, _Seen] = {}
        for index in range(0, len(wanted), _AT_ONCE):
            found |= self._posts(account, wanted[index : index + _AT_ONCE])
        return [
            PostMetrics(
                uri,
                likes=count(found[uri].like_count),
                shares=count(found[uri].repost_count),
                replies=count(found[uri].reply_count),
                quotes=count(found[uri].quote_count),
            )
            if uri in found
            else PostMetrics(uri, gone=self._is_gone(account, uri))
            for uri in remote_ids
        ]

    def _posts(self, account: Account, uris: Sequence[str]) -> dict[str, _Seen]:
        said = self._ask(account, "app.bsky.feed.getPosts", [("uris", uri) for uri in uris]).read(_Posts)
        return {seen.uri: seen for seen in each_of(_Seen, said.posts)}

    def _is_gone(self, account: Account, uri: str) -> bool:
        if not _is_post(uri):
            return True
        access = account.secrets.get("access", "")
        answer = get_record(self._transport, account.server, *_parts(uri), access)
        if answer.status == 200:
            return False
        if answer.status in (400, 404) and credentials_code(answer.status, said_of(answer).error) is None:
            return True  # RecordNotFound, and what a PDS says of a repository that nobody has
        require_ok(answer, self._transport.now())
        return False

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        said = self._ask(account, "app.bsky.actor.getProfile", [("actor", account.remote_id)]).read(_Counts)
        return ProfileMetrics(count(said.followers_count), count(said.follows_count), count(said.posts_count))


# ---------------------------------------------------------------- reading what was said


def _reason(seen: _Seen) -> InboundKind | None:
    return next((reason for reason in _REASONS if reason == seen.reason), None)


def _rank(seen: _Seen) -> int:
    reason = _reason(seen)
    return len(_REASONS) if reason is None else _REASONS.index(reason)


def _older(cursor: str | None, after: str | None) -> str | None:
    """Where the next page begins, a millisecond later than proposed if that is a time; as proposed where the page would
    then be the same again (more posts in one millisecond than a page holds)."""
    if not cursor or not _ISO.fullmatch(cursor):
        return cursor or None
    at = moment(cursor)
    later = "" if at is None else _stamp(at + timedelta(milliseconds=1))
    return cursor if later in ("", after) else later


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(uri: str) -> tuple[str, str, str]:
    """at://repository/collection/key; empty strings for anything else."""
    repository, collection, key, *more = [*uri.removeprefix("at://").split("/"), "", "", ""]
    return (repository, collection, key) if uri.startswith("at://") and not any(more) else ("", "", "")


def _is_post(uri: str) -> bool:
    return _parts(uri)[1] == POST and all(_parts(uri))


def _uri_in(value: object, name: str) -> str | None:
    held = value.get(name) if isinstance(value, dict) else None
    uri = held.get("uri") if isinstance(held, dict) else None
    return uri if isinstance(uri, str) and _is_post(uri) else None


def _quoted(embed: object) -> str | None:
    """app.bsky.embed.record has the quoted post's uri in `record`; recordWithMedia has such an embed there."""
    held = embed.get("record") if isinstance(embed, dict) else None
    return _uri_in(embed, "record") or _uri_in(held, "record")


def _has_files(record: Mapping[str, object]) -> bool:
    embed = record.get("embed")
    return isinstance(embed, dict) and bool({"images", "items", "video", "media"} & embed.keys())


def _files_of(embed: object) -> Sequence[InboundMedia]:
    """Of an embed as it is shown (#view). A card of a link is no file: the link stands in the text."""
    if not isinstance(embed, dict):
        return ()
    if isinstance(embed.get("media"), dict):
        return _files_of({name: value for name, value in embed["media"].items() if name != "media"})
    shown = embed.get("images") or embed.get("items") or []
    found = []
    for image in shown[:MEDIA_MAX] if isinstance(shown, list) else []:
        url = web_address(image.get("fullsize")) if isinstance(image, dict) else None
        if url is not None:
            found.append(InboundMedia("image", url, words(image.get("alt"), ALT_MAX)))
    playlist = web_address(embed.get("playlist"))
    if playlist is not None:
        found.append(InboundMedia("video", playlist, words(embed.get("alt"), ALT_MAX)))
    return found


def _profile_url(account: Account, did: str) -> str | None:
    return None if is_loopback(account.server) else f"https://bsky.app/profile/{did}"
