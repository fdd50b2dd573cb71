"""Posts, people and failures as X's API gives them, in the words of its specification or in those of its guides.

A failure satisfies both: the specification's {code, message}, and the title, type and detail of a problem.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from chalicelib.networks.tweet_counting import tweet_links

from .store import Account, Post, Store

NETWORK = "x"
PROBLEMS = "https://api.x.com/2/problems/"
_MEDIA_PREFIX = {"image": "3_", "video": "13_"}


class XError(Exception):
    """kind: of a problem that the specification knows; "" for about:blank."""

    def __init__(self, status: int, detail: str, *, kind: str = "", code: int | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.code, self.more = status, detail, kind, code, more

    def response(self) -> Response:
        titles = {400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found Error",
                  429: "Too Many Requests", 503: "Service Unavailable"}  # fmt: skip
        words = {"title": titles.get(self.status, "Error"), "detail": self.detail, "status": self.status}
        body = {**words, "code": self.code or self.status, "message": self.detail, **self.more}
        if self.kind:
            body["type"] = PROBLEMS + self.kind
            return JSONResponse(body, status_code=self.status, media_type="application/problem+json")
        return JSONResponse({**body, "type": "about:blank"}, status_code=self.status)


def not_found(post_id: str, parameter: str = "id") -> dict[str, Any]:
    return {
        "value": post_id,
        "detail": f"Could not find post with {parameter}: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "post",
        "parameter": parameter,
        "resource_id": post_id,
        "type": f"{PROBLEMS}resource-not-found",
    }


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def media_key(media_id: str, content_type: str) -> str:
    return _MEDIA_PREFIX[content_type.partition("/")[0]] + media_id


@dataclass
class View:
    """What a request asked to see. guided: in the guides' words."""

    guided: bool = False
    fields: set[str] = field(default_factory=set)
    expansions: set[str] = field(default_factory=set)
    user_fields: set[str] = field(default_factory=set)
    media_fields: set[str] = field(default_factory=set)

    def word(self, specified: str, guided: str) -> str:
        return guided if self.guided else specified


class Shown:
    """Makes the JSON, and remembers what its expansions ask for."""

    def __init__(self, store: Store, origin: str, view: View) -> None:
        self._store, self._origin, self._view = store, origin, view

    def posts(self, posts: Iterable[Post]) -> dict[str, Any]:
        """data and includes."""
        given = list(posts)
        return {"data": [self.post(each) for each in given], **self._included(given)}

    def _included(self, posts: list[Post]) -> dict[str, Any]:
        view, includes = self._view, {}
        referenced = [self._store.post_by_remote(NETWORK, i) for p in posts for _, i in self._references(p)]
        above = {p.id: p for p in referenced if p is not None}
        with_parents = bool(view.expansions & {"referenced_posts", "referenced_tweets.id"})
        if with_parents and above:
            includes[view.word("posts", "tweets")] = [self.post(p) for p in above.values()]
        people = [*posts, *(above.values() if with_parents else ())]
        if "author_id" in view.expansions and posts:
            ids = dict.fromkeys(p.account_id for p in people)
            includes["users"] = [self.user(self._store.accounts[NETWORK, i]) for i in ids]
        files = [self.media(p, m, alt) for p in posts for m, alt in p.media]
        if "attachments.media_keys" in view.expansions and files:
            includes["media"] = files
        return {"includes": includes} if includes else {}

    def post(self, post: Post) -> dict[str, Any]:
        view = self._view
        text, urls = self.text(post)
        counts = self._store.counts(post)
        seen = {
            "like_count": counts.likes,
            "reply_count": counts.replies,
            "quote_count": counts.quotes,
            view.word("repost_count", "retweet_count"): counts.shares,
            "bookmark_count": 0,
            "impression_count": looked(post.id),
        }
        keys = [media_key(m, self._kind(post, m)) for m, _ in post.media]
        references = [{"type": kind, "id": i} for kind, i in self._references(post)]
        optional: dict[str, Any] = {
            "created_at": iso(post.sort_at),
            "conversation_id": post.root or post.id,
            "lang": post.native.get("language") or "und",
            "public_metrics": seen,
            "entities": {"urls": urls} if urls else None,
            "attachments": {"media_keys": keys} if keys else None,
        }
        shown = {name: value for name, value in optional.items() if name in view.fields and value is not None}
        if "author_id" in view.fields or "author_id" in view.expansions:
            shown["author_id"] = post.account_id
        asked = {"referenced_posts", "referenced_tweets", "referenced_tweets.id"}
        if references and asked & (view.fields | view.expansions):
            shown[view.word("referenced_posts", "referenced_tweets")] = references
        edits = view.word("edit_history_post_ids", "edit_history_tweet_ids")
        return {"id": post.id, "text": text, edits: [post.id], **shown}

    def private(self, post: Post, fields: set[str], *, sender: bool) -> dict[str, Any]:
        """A private message, as an event."""
        text, urls = self.text(post)
        everyone = sorted([post.account_id, *(reach[0] for reach in post.reaches)], key=int)
        optional: dict[str, Any] = {
            "created_at": iso(post.sort_at),
            "dm_conversation_id": "-".join(everyone),
            "entities": {"urls": urls} if urls else None,
            "event_type": "MessageCreate",
            "text": text,
        }
        shown = {name: value for name, value in optional.items() if name in fields and value is not None}
        # Without dm_event.fields X gives id, event_type and text.
        shown |= {name: optional[name] for name in ("event_type", "text")}
        return {"id": post.id, **shown, **({"sender_id": post.account_id} if sender else {})}

    def text(self, post: Post) -> tuple[str, list[dict[str, Any]]]:
        """As X gives it: links shortened, files as links at the end, escaped; and what the links stand for."""
        pieces: list[str] = []
        urls: list[dict[str, Any]] = []
        at = 0

        def put(url: str, **more: Any) -> None:
            start = sum(map(len, pieces))
            pieces.append(short := self._short(post.id, len(urls)))
            urls.append({"start": start, "end": start + len(short), "url": short, "expanded_url": url, **more})

        for link in tweet_links(post.text):
            pieces.append(html.escape(post.text[at : link.start], quote=False))
            whole = link.url if "://" in link.url else f"http://{link.url}"
            put(whole, display_url=whole.partition("://")[2][:30])
            at = link.end
        pieces.append(html.escape(post.text[at:], quote=False))
        for media_id, _ in post.media[:1]:
            kind = self._kind(post, media_id).partition("/")[0].replace("image", "photo")
            handle = self._store.accounts[NETWORK, post.account_id].handle
            pieces.append(" ")
            put(
                f"https://x.com/{handle}/status/{post.id}/{kind}/1",
                media_key=media_key(media_id, self._kind(post, media_id)),
            )
        return "".join(pieces), urls

    @staticmethod
    def _short(post_id: str, index: int) -> str:
        return f"https://t.co/{hashlib.sha256(f'{post_id}/{index}'.encode()).hexdigest()[:10]}"

    @staticmethod
    def _references(post: Post) -> list[tuple[str, str]]:
        found = [("replied_to", post.parent)] if post.parent else []
        return [*found, *([("quoted", post.quoted)] if post.quoted else [])]

    def _kind(self, post: Post, media_id: str) -> str:
        media = self._store.media.get((NETWORK, post.account_id, media_id))
        return media.content_type if media else "image/png"

    def media(self, post: Post, media_id: str, alt: str) -> dict[str, Any]:
        kind = self._kind(post, media_id)
        image = kind.startswith("image/")
        optional = {
            "alt_text": alt or None,
            "url": f"{self._origin}/x/media/{media_id}" if image else None,
            "preview_image_url": None if image else f"{self._origin}/avatars/x/video.svg",
        }
        fields = {name: value for name, value in optional.items() if value and name in self._view.media_fields}
        return {"media_key": media_key(media_id, kind), "type": "photo" if image else "video", **fields}

    def user(self, account: Account) -> dict[str, Any]:
        optional: dict[str, Any] = {
            "profile_image_url": f"{self._origin}/avatars/x/{account.handle}.svg",
            "public_metrics": {
                "followers_count": account.followers,
                "following_count": account.following,
                self._view.word("post_count", "tweet_count"): self._store.count_posts(NETWORK, account.id),
                "listed_count": 0,
            },
        }
        fields = {name: value for name, value in optional.items() if name in self._view.user_fields}
        return {"id": account.id, "name": account.display_name, "username": account.handle, **fields}


def looked(what: str) -> int:
    """How many looked at a post: always the same for one."""
    return hashlib.sha256(what.encode()).digest()[0] * 7
