"""What the practice networks remember: accounts, posts, media, and what lets a client in. Shared by all protocols.

State changes only through `_commit`, which writes an event to the journal and applies it; a restart applies the same
events again. Times are seconds since 1970 (UTC). Passwords and tokens are kept as digests.
"""

from __future__ import annotations

import bisect
import hashlib
import hmac
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .content_address import RAW, cid
from .journal import Journal
from .searching import words_of

Address = tuple[str, str, str]
"""Where a post is kept: network, account id, post id."""

Reach = tuple[str, str, str | None]
"""Whom a post reached: the account's id; how (mention, reply, quote, comment, private); the remote id of that
account's post which it answers or quotes, if any."""


@dataclass
class Account:
    network: str
    id: str  # a DID, a Mastodon account id
    handle: str
    display_name: str
    password: str  # scrypt digest with its salt; empty where nobody signs in
    created_at: float
    suspended: bool = False
    followers: int = 0
    following: int = 0
    citizen: bool = False  # of the practice town: writes here, connects nothing


@dataclass
class Media:
    network: str
    id: str  # a blob's CID, a Mastodon media id
    account_id: str
    content_type: str
    size: int  # bytes
    sha256: str
    created_at: float
    width: int | None = None  # pixels; None where the bytes are not an image
    height: int | None = None
    alt: str = ""
    ready_at: float = 0.0
    attached_to: str | None = None


@dataclass(eq=False)
class Post:
    """`native` is what the protocol file needs to show the post again: a Bluesky record, a status's own fields.

    parent, root, quoted: remote ids. private: for its author and those it reaches. written_at: when it was written by
    its author's word, where that differs from its acceptance."""

    network: str
    account_id: str
    id: str  # a record key, a status id
    remote_id: str  # an at:// URI, a status id
    text: str
    accepted_at: float
    arrived_at: float
    visible_at: float
    key: str | None
    media: list[tuple[str, str]]  # (media id, alternative text), in order
    native: dict[str, Any]
    deleted_at: float | None = None
    sha256: str = field(default="")
    parent: str | None = None
    root: str | None = None
    quoted: str | None = None
    private: bool = False
    written_at: float | None = None
    edited_at: float | None = None
    reaches: list[Reach] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.media = [(m[0], m[1]) for m in self.media]
        self.reaches = [(r[0], r[1], r[2]) for r in self.reaches]
        if not self.sha256:
            self.sha256 = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def address(self) -> Address:
        return self.network, self.account_id, self.id

    @property
    def sort_at(self) -> float:
        """When it was written, but never later than it came."""
        return self.accepted_at if self.written_at is None else min(self.written_at, self.accepted_at)

    @cached_property
    def words(self) -> str:
        """Its words as a search compares them."""
        return words_of(self.text)

    def reached(self, account_id: str) -> bool:
        return any(reach[0] == account_id for reach in self.reaches)


@dataclass(frozen=True, slots=True)
class Notice:
    """That something reached an account. id: rises by one over all accounts. kind: as in Reach, or like, share.

    post: the message, or the post that was liked or shared. subject: remote id of the recipient's post that it is
    about, if any."""

    id: int
    kind: str
    post: Address
    author_id: str
    subject: str | None
    at: float


@dataclass(frozen=True)
class Counts:
    replies: int
    quotes: int
    likes: int
    shares: int


Listener = Callable[[str, str, Post, str], None]
"""Told (network, account id, post, kind) when a post has reached an account: the kinds of Reach, and `edited` and
`deleted` for one that reached it earlier. Likes and shares are counted, not told. It must not wait."""


class Store:
    """Not for several threads: everything happens in the server's event loop."""

    def __init__(self, data: Path, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.listeners: list[Listener] = []
        self.accounts: dict[tuple[str, str], Account] = {}  # (network, id)
        self._handles: dict[tuple[str, str], Account] = {}  # (network, handle)
        self.media: dict[tuple[str, str, str], Media] = {}  # (network, account id, media id)
        self._media_by_id: dict[tuple[str, str], Media] = {}
        self._posts: dict[tuple[str, str, str], Post] = {}  # (network, account id, post id)
        self._by_id: dict[tuple[str, str], Post] = {}  # (network, post id), for networks whose ids are unique
        self._own: dict[tuple[str, str], list[str]] = {}  # (network, account id) -> post ids, sorted, not deleted
        self.timeline: list[Post] = []  # in the order of acceptance, deleted ones included
        self._of_agencies: list[Post] = []  # the same, without the citizens'
        self._by_remote: dict[tuple[str, str], Address] = {}  # (network, remote id)
        self._sorted: dict[str, list[tuple[float, int, Address]]] = {}  # network -> by Post.sort_at, not deleted
        self._places: dict[Address, tuple[float, int, Address]] = {}  # where a post stands in _sorted
        # What points at a post, by (network, remote id). Addresses in a dictionary: a set that keeps its order.
        self._children: dict[tuple[str, str], dict[Address, None]] = {}
        self._replies: Counter[tuple[str, str]] = Counter()  # public ones
        self._quotes: Counter[tuple[str, str]] = Counter()
        self._private: Counter[tuple[str, str]] = Counter()  # (network, account id) -> posts that are not public
        self._reactions: dict[tuple[Address, str], dict[str, None]] = {}  # (post, like or share) -> who
        self._notices: dict[tuple[str, str], list[Notice]] = {}  # (network, account id) -> by rising id
        self._last_notice = 0
        self.grants: dict[str, dict[str, Any]] = {}  # name -> what a protocol keeps of a client, a session, a token
        self.revision = 0  # changes with every event: what a page shown earlier can be compared with
        self._blobs = data / "blobs"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self.secret = _secret(data / "secret")
        self._journal = Journal(data / "journal.jsonl")
        for event in self._journal.read():
            self._apply(event)
        self._journal.start()

    def close(self) -> None:
        self._journal.close()

    # ------------------------------------------------------------ accounts

    def add_account(
        self, *, network: str, account_id: str, handle: str, display_name: str, password: str | None,
        followers: int | None = None, following: int | None = None, citizen: bool = False,
    ) -> tuple[Account, bool]:  # fmt: skip
        """The account, and whether it is new. Given again, name, password and the figures that are given are replaced
        and nothing else changes. Without a password nobody can sign in."""
        found = self._handles.get((network, handle))
        figures = {
            "followers": followers if followers is not None else (found.followers if found else 0),
            "following": following if following is not None else (found.following if found else 0),
        }
        same = found and found.display_name == display_name and figures.items() <= asdict(found).items()
        if found and same and (password is None or password_matches(found.password, password)):
            return found, False
        kept = found.password if found else ""
        event = {
            "network": network,
            "id": account_id,
            "handle": handle,
            "display_name": display_name,
            "password": password_digest(password) if password is not None else kept,
            "created_at": found.created_at if found else self.clock(),
            "suspended": bool(found and found.suspended),
            "citizen": found.citizen if found else citizen,
            **figures,
        }
        self._commit("account", event)
        return self.accounts[network, account_id], found is None

    def suspend(self, account: Account, suspended: bool) -> None:
        if account.suspended != suspended:
            self._commit("account", {**asdict(account), "suspended": suspended})

    def by_handle(self, network: str, handle: str) -> Account | None:
        return self._handles.get((network, handle.lower()))

    # ------------------------------------------------------------ posts

    def put_post(self, post: Post) -> None:
        """Adds a post, or replaces the one with the same id."""
        old = self.post(*post.address)
        known = {reach[:2] for reach in old.reaches} if old else set()
        self._commit("post", asdict(post))
        for account_id, kind, _ in post.reaches:
            self._announce(account_id, post, "edited" if (account_id, kind) in known else kind)

    def delete_post(self, post: Post) -> None:
        self._commit("post_deleted", {"key": list(post.address), "at": self.clock()})
        for account_id in dict.fromkeys(reach[0] for reach in post.reaches):
            self._announce(account_id, post, "deleted")

    def _announce(self, account_id: str, post: Post, kind: str) -> None:
        for listener in self.listeners:
            listener(post.network, account_id, post, kind)

    def post(self, network: str, account_id: str, post_id: str) -> Post | None:
        """The post if it stands, whether it is visible yet or not."""
        post = self._posts.get((network, account_id, post_id))
        return post if post and post.deleted_at is None else None

    def post_by_id(self, network: str, post_id: str) -> Post | None:
        post = self._by_id.get((network, post_id))
        return post if post and post.deleted_at is None else None

    def post_by_remote(self, network: str, remote_id: str) -> Post | None:
        address = self._by_remote.get((network, remote_id))
        return self.post(*address) if address else None

    def own_posts(
        self,
        network: str,
        account_id: str,
        *,
        after: str | None = None,
        before: str | None = None,
        rising: bool = False,
    ) -> Iterator[Post]:
        """Visible posts of an account whose id is > after and < before, by falling id (or rising)."""
        ids = self._own.get((network, account_id), [])
        low = bisect.bisect_right(ids, after) if after is not None else 0
        high = bisect.bisect_left(ids, before) if before is not None else len(ids)
        now = self.clock()
        for i in range(low, high) if rising else range(high - 1, low - 1, -1):
            post = self._posts[network, account_id, ids[i]]
            if post.visible_at <= now:
                yield post

    def count_posts(self, network: str, account_id: str) -> int:
        """Without the private ones, as networks count."""
        return len(self._own.get((network, account_id), [])) - self._private[network, account_id]

    def latest(
        self, *, network: str | None = None, account_id: str | None = None, citizens: bool | None = None,
        limit: int = 60,
    ) -> list[Post]:  # fmt: skip
        """The newest visible public posts of everyone, or of one network or account, or of the citizens, or of all
        others, newest first."""
        now = self.clock()
        found: list[Post] = []
        if network and account_id:
            own = self.own_posts(network, account_id)
            posts: Iterable[Post] = sorted(own, key=lambda post: post.accepted_at, reverse=True)
        else:
            posts = reversed(self._of_agencies if citizens is False else self.timeline)
        for post in posts:
            if post.deleted_at is not None or post.visible_at > now or post.private:
                continue
            if (network and post.network != network) or (account_id and post.account_id != account_id):
                continue
            if citizens and not self.accounts[post.network, post.account_id].citizen:
                continue
            found.append(post)
            if len(found) == limit:
                break
        return found

    def newest(self, network: str, *, since: float | None = None, until: float | None = None) -> Iterator[Post]:
        """Visible public posts, the latest written first, written at or after `since` and before `until`."""
        entries = self._sorted.get(network, [])
        low = bisect.bisect_left(entries, (since,)) if since is not None else 0
        high = bisect.bisect_left(entries, (until,)) if until is not None else len(entries)
        now = self.clock()
        for i in range(high - 1, low - 1, -1):
            post = self._posts[entries[i][2]]
            if not post.private and post.visible_at <= now:
                yield post

    def private_of(self, network: str, account_id: str) -> list[Post]:
        """Visible private posts that an account wrote or that reached it, the latest written first."""
        now = self.clock()
        entries = reversed(self._sorted.get(network, []) if self._has_private(network) else [])
        return [
            post
            for post in (self._posts[entry[2]] for entry in entries)
            if post.private
            and post.visible_at <= now
            and (post.account_id == account_id or any(reach[0] == account_id for reach in post.reaches))
        ]

    def _has_private(self, network: str) -> bool:
        return any(n for (where, _), n in self._private.items() if where == network)

    # ------------------------------------------------------------ conversations

    def ancestors(self, post: Post, limit: int) -> list[Post]:
        """What stands above a post, the nearest first, as far up as nothing is missing."""
        found: list[Post] = []
        seen = {post.remote_id}
        above = post.parent
        while above and above not in seen and len(found) < limit:
            seen.add(above)
            parent = self.post_by_remote(post.network, above)
            if parent is None or parent.visible_at > self.clock():
                break
            found.append(parent)
            above = parent.parent
        return found

    def children(self, post: Post) -> list[Post]:
        """The visible answers to a post, private ones included, oldest first."""
        now = self.clock()
        found = [self._posts[address] for address in self._children.get((post.network, post.remote_id), ())]
        return sorted((child for child in found if child.visible_at <= now), key=lambda child: child.sort_at)

    def counts(self, post: Post) -> Counts:
        here = (post.network, post.remote_id)
        likes, shares = (len(self._reactions.get((post.address, what), ())) for what in ("like", "share"))
        return Counts(replies=self._replies[here], quotes=self._quotes[here], likes=likes, shares=shares)

    def reacted(self, post: Post, what: str) -> dict[str, None]:
        """The ids of those who liked or shared (`what`: like, share)."""
        return self._reactions.get((post.address, what), {})

    def react(self, post: Post, what: str, account_ids: list[str]) -> None:
        """`what`: like or share. Those who did it already are not counted twice."""
        fresh = [i for i in dict.fromkeys(account_ids) if i not in self.reacted(post, what)]
        if fresh:
            self._commit("reaction", {"key": list(post.address), "what": what, "by": fresh, "at": self.clock()})

    def notices(
        self, network: str, account_id: str, *, after: int = 0, before: int | None = None, rising: bool = False
    ) -> Iterator[tuple[Notice, Post]]:
        """What reached an account and still stands, with an id > after and < before, by falling id (or rising)."""
        kept = self._notices.get((network, account_id), [])
        low = bisect.bisect_right(kept, after, key=lambda notice: notice.id)
        high = bisect.bisect_left(kept, before, key=lambda notice: notice.id) if before is not None else len(kept)
        now = self.clock()
        for i in range(low, high) if rising else range(high - 1, low - 1, -1):
            post = self.post(*kept[i].post)
            # A post that was deleted and put again is another one.
            if post and post.visible_at <= now and kept[i].at >= post.accepted_at:
                yield kept[i], post

    # ------------------------------------------------------------ media

    def add_media(self, media: Media, data: bytes) -> None:
        path = self._blobs / media.sha256
        if not path.exists():
            temporary = path.with_suffix(f".{os.getpid()}")
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        self._commit("media", asdict(media))

    def media_by_id(self, network: str, media_id: str) -> Media | None:
        return self._media_by_id.get((network, media_id))

    def change_media(self, media: Media, **changes: Any) -> None:
        self._commit("media", {**asdict(media), **changes})

    def blob_path(self, media: Media) -> Path:
        return self._blobs / media.sha256

    # ------------------------------------------------------------ what lets a client in

    def grant(self, name: str, value: dict[str, Any]) -> None:
        self._commit("grant", {"name": name, "value": value})

    def withdraw(self, name: str) -> None:
        if name in self.grants:
            self._commit("grant", {"name": name, "value": None})

    # ------------------------------------------------------------ events

    def _commit(self, kind: str, event: dict[str, Any]) -> None:
        line = {"kind": kind, **event}
        self._apply(line)
        self._journal.append(line)

    def _apply(self, event: dict[str, Any]) -> None:
        fields = {k: v for k, v in event.items() if k != "kind"}
        self.revision += 1
        match event["kind"]:
            case "account":
                account = Account(**fields)
                self.accounts[account.network, account.id] = account
                self._handles[account.network, account.handle.lower()] = account
            case "post":
                self._apply_post(Post(**fields))
            case "post_deleted":
                network, account_id, post_id = fields["key"]
                post = self._posts[network, account_id, post_id]
                post.deleted_at = fields["at"]
                self._own[network, account_id].remove(post_id)
                self._relate(post, -1)
                entries = self._sorted[network]
                del entries[bisect.bisect_left(entries, self._places.pop(post.address))]
                for what in ("like", "share"):
                    self._reactions.pop((post.address, what), None)
            case "reaction":
                network, account_id, post_id = fields["key"]
                post = self._posts[network, account_id, post_id]
                self._reactions.setdefault((post.address, fields["what"]), {}).update(dict.fromkeys(fields["by"]))
                for who in fields["by"]:
                    self._notify(account_id, fields["what"], post, who, post.remote_id, fields["at"])
            case "media":
                media = Media(**fields)
                self.media[media.network, media.account_id, media.id] = media
                self._media_by_id[media.network, media.id] = media
            case "grant":
                if fields["value"] is None:
                    self.grants.pop(fields["name"], None)
                else:
                    self.grants[fields["name"]] = fields["value"]

    def _apply_post(self, post: Post) -> None:
        old = self._posts.get(post.address)
        stands = old if old and old.deleted_at is None else None
        self._posts[post.address] = self._by_id[post.network, post.id] = post
        self._by_remote[post.network, post.remote_id] = post.address
        agency = not self.accounts[post.network, post.account_id].citizen
        if stands:
            self._relate(stands, -1)
            for posts in (self.timeline, self._of_agencies) if agency else (self.timeline,):
                posts[posts.index(stands)] = post
        else:
            bisect.insort(self._own.setdefault((post.network, post.account_id), []), post.id)
            self.timeline.append(post)
            if agency:
                self._of_agencies.append(post)
            place = self._places[post.address] = (post.sort_at, len(self.timeline), post.address)
            bisect.insort(self._sorted.setdefault(post.network, []), place)
        self._relate(post, 1)
        known = {reach[:2] for reach in stands.reaches} if stands else set()
        for account_id, kind, subject in post.reaches:
            if (account_id, kind) not in known:
                self._notify(account_id, kind, post, post.account_id, subject, post.edited_at or post.accepted_at)

    def _relate(self, post: Post, sign: int) -> None:
        """Counts a post for what it answers and quotes, or (-1) no longer."""
        if post.private:
            self._private[post.network, post.account_id] += sign
        for counter, about in ((self._replies, post.parent), (self._quotes, post.quoted)):
            if about and not post.private:
                counter[post.network, about] += sign
        if post.parent:
            children = self._children.setdefault((post.network, post.parent), {})
            if sign > 0:
                children[post.address] = None
            else:
                children.pop(post.address, None)

    def _notify(self, account_id: str, kind: str, post: Post, author_id: str, subject: str | None, at: float) -> None:
        if author_id != account_id:
            self._last_notice += 1
            notice = Notice(self._last_notice, kind, post.address, author_id, subject, at)
            self._notices.setdefault((post.network, account_id), []).append(notice)


def blob_cid(data: bytes) -> str:
    return cid(data, RAW)


def digest(token: str) -> str:
    """How a random token is kept: enough to recognise it, useless to whoever reads the file."""
    return hashlib.sha256(token.encode()).hexdigest()


def password_digest(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_scrypt(password, salt).hex()}"


def password_matches(kept: str, password: str) -> bool:
    salt, _, expected = kept.partition(":")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)), bytes.fromhex(expected))


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=1 << 12, r=8, p=1)


def _secret(path: Path) -> bytes:
    """The key that signs sessions, made at the first start and kept, so that sessions outlive a restart."""
    if path.exists() and path.stat().st_size == 32:
        return path.read_bytes()
    value = secrets.token_bytes(32)
    temporary = path.with_suffix(".new")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return value
