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
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .content_address import RAW, cid
from .journal import Journal


@dataclass
class Account:
    network: str
    id: str  # a DID, a Mastodon account id
    handle: str
    display_name: str
    password: str  # scrypt digest with its salt
    created_at: float
    suspended: bool = False


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
    """`native` is what the protocol file needs to show the post again: a Bluesky record, a status's own fields."""

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

    def __post_init__(self) -> None:
        self.media = [(m[0], m[1]) for m in self.media]
        if not self.sha256:
            self.sha256 = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


class Store:
    """Not for several threads: everything happens in the server's event loop."""

    def __init__(self, data: Path, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.accounts: dict[tuple[str, str], Account] = {}  # (network, id)
        self._handles: dict[tuple[str, str], Account] = {}  # (network, handle)
        self.media: dict[tuple[str, str, str], Media] = {}  # (network, account id, media id)
        self._media_by_id: dict[tuple[str, str], Media] = {}
        self._posts: dict[tuple[str, str, str], Post] = {}  # (network, account id, post id)
        self._by_id: dict[tuple[str, str], Post] = {}  # (network, post id), for networks whose ids are unique
        self._own: dict[tuple[str, str], list[str]] = {}  # (network, account id) -> post ids, sorted, not deleted
        self.timeline: list[Post] = []  # in the order of acceptance, deleted ones included
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
        self, *, network: str, account_id: str, handle: str, display_name: str, password: str
    ) -> tuple[Account, bool]:
        """The account, and whether it is new. Given again, name and password are replaced and nothing else changes."""
        found = self._handles.get((network, handle))
        if found and found.display_name == display_name and password_matches(found.password, password):
            return found, False
        event = {
            "network": network,
            "id": account_id,
            "handle": handle,
            "display_name": display_name,
            "password": password_digest(password),
            "created_at": found.created_at if found else self.clock(),
            "suspended": bool(found and found.suspended),
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
        self._commit("post", asdict(post))

    def delete_post(self, post: Post) -> None:
        key = (post.network, post.account_id, post.id)
        self._commit("post_deleted", {"key": list(key), "at": self.clock()})

    def post(self, network: str, account_id: str, post_id: str) -> Post | None:
        """The post if it stands, whether it is visible yet or not."""
        post = self._posts.get((network, account_id, post_id))
        return post if post and post.deleted_at is None else None

    def post_by_id(self, network: str, post_id: str) -> Post | None:
        post = self._by_id.get((network, post_id))
        return post if post and post.deleted_at is None else None

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
        return len(self._own.get((network, account_id), []))

    def latest(self, *, network: str | None = None, account_id: str | None = None, limit: int = 60) -> list[Post]:
        """The newest visible posts of everyone, or of one network or account, newest first."""
        now = self.clock()
        found: list[Post] = []
        for post in reversed(self.timeline):
            if post.deleted_at is not None or post.visible_at > now:
                continue
            if (network and post.network != network) or (account_id and post.account_id != account_id):
                continue
            found.append(post)
            if len(found) == limit:
                break
        return found

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
        key = (post.network, post.account_id, post.id)
        old = self._posts.get(key)
        self._posts[key] = self._by_id[post.network, post.id] = post
        if old and old.deleted_at is None:
            self.timeline[self.timeline.index(old)] = post
            return
        bisect.insort(self._own.setdefault((post.network, post.account_id), []), post.id)
        self.timeline.append(post)


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
