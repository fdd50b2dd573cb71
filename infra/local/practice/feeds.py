"""The newspapers of the practice town: what their people write stands in an RSS 2.0 and an Atom feed of each.

A paper is an account of the network "rss". The citizens write for it (Poster): the first line is the headline, what
follows the article. Sources: cyber.harvard.edu/rss/rss.html (2.0.11), RFC 4287, RFC 9110 13.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .exchange import Call, Practice, endpoint
from .posting import BadRequest, Message
from .store import Account, Post

NETWORK = "rss"
CHARACTERS = 20_000
ENTRIES = 40
"""What a feed holds: the newest."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Feeds:
    network = NETWORK

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store

    def routes(self) -> list[Route]:
        return [
            Route("/feeds/{paper}.xml", endpoint(self._practice, self, "read", self._rss)),
            Route("/feeds/{paper}.atom", endpoint(self._practice, self, "read", self._atom)),
        ]

    def paper(self, handle: str) -> Account | None:
        found = self._store.by_handle(NETWORK, handle)
        return found if found and not found.citizen else None

    def articles(self, paper: Account) -> Iterator[Post]:
        """The newest first."""
        return (post for post in self._store.newest(NETWORK) if post.native["paper"] == paper.handle)

    # ------------------------------------------------------------ what the citizens write

    def citizen(self, name: str) -> tuple[str, str]:
        return f"author-{name}", name

    def write(self, author: Account, message: Message) -> Post:
        paper = message.mention
        if paper is None or paper.citizen:
            raise BadRequest("mention", "mention must be the paper that prints it")
        if message.reply_to or message.quote or message.private:
            raise BadRequest("", "an article answers nothing, quotes nothing and is public")
        now = self._practice.now()
        number = int(now * 1_000_000)
        while self._store.post_by_id(NETWORK, f"{number:x}"):
            number += 1
        post = Post(
            network=NETWORK,
            account_id=author.id,
            id=f"{number:x}",
            remote_id=f"tag:{paper.handle}.practice.test,2026:{number:x}",
            text=_printable(message.text),
            accepted_at=now,
            arrived_at=now,
            visible_at=now,
            key=None,
            media=[],
            native={"paper": paper.handle, "language": message.language},
            written_at=message.written_at,
        )
        self._store.put_post(post)
        return post

    def edit(self, post: Post, text: str) -> Post:
        edited = replace(post, text=_printable(text), sha256="", edited_at=self._practice.now())
        self._store.put_post(edited)
        return edited

    def url(self, post: Post) -> str:
        return f"/feeds/{quote(post.native['paper'])}/{post.id}"

    # ------------------------------------------------------------ the feeds

    async def _rss(self, call: Call) -> Response:
        if call.account is None:
            return Response(status_code=404)
        return self._answer(call, self._rss_of(call.account), "application/rss+xml")

    async def _atom(self, call: Call) -> Response:
        if call.account is None:
            return Response(status_code=404)
        return self._answer(call, self._atom_of(call.account), "application/atom+xml")

    def _answer(self, call: Call, body: str, kind: str) -> Response:
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:24]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if call.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=f"{kind}; charset=utf-8", headers=headers)

    def _rss_of(self, paper: Account) -> str:
        items = "".join(
            f"<item><title>{escape(head)}</title><link>{self._link(post)}</link>"
            f'<guid isPermaLink="false">{escape(post.remote_id)}</guid><pubDate>{_rfc822(post.sort_at)}</pubDate>'
            f'<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">{escape(self._author(post))}</dc:creator>'
            f"<description>{escape(_as_html(rest))}</description></item>"
            for post, head, rest in self._printed(paper)
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>{escape(paper.display_name)}</title><link>{self._home(paper)}</link>"
            f"<description>{escape(paper.display_name)}</description>{items}</channel></rss>"
        )

    def _atom_of(self, paper: Account) -> str:
        printed = list(self._printed(paper))
        entries = "".join(
            f'<entry><id>{escape(post.remote_id)}</id><title type="text">{escape(head)}</title>'
            f"<link href={quoteattr(self._link(post))}/><published>{_iso(post.sort_at)}</published>"
            f"<updated>{_iso(post.edited_at or post.sort_at)}</updated>"
            f"<author><name>{escape(self._author(post))}</name></author>"
            f'<content type="html">{escape(_as_html(rest))}</content></entry>'
            for post, head, rest in printed
        )
        changed = max((post.edited_at or post.sort_at for post, _, _ in printed), default=paper.created_at)
        return (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
            f"<id>tag:{paper.handle}.practice.test,2026:feed</id><title>{escape(paper.display_name)}</title>"
            f"<link href={quoteattr(self._home(paper))}/><updated>{_iso(changed)}</updated>{entries}</feed>"
        )

    def _printed(self, paper: Account) -> Iterator[tuple[Post, str, str]]:
        for post in islice(self.articles(paper), ENTRIES):
            head, _, rest = post.text.partition("\n")
            yield post, head.strip(), rest.strip()

    def _author(self, post: Post) -> str:
        return self._store.accounts[NETWORK, post.account_id].display_name

    def _link(self, post: Post) -> str:
        return escape(self._practice.public_url + self.url(post))

    def _home(self, paper: Account) -> str:
        return escape(f"{self._practice.public_url}/feeds/{quote(paper.handle)}")

    # ------------------------------------------------------------ for the faults

    def identify(self, request: Request) -> Account | None:
        return self.paper(str(request.path_params["paper"]))

    def server_error(self, status: int) -> Response:
        return Response(status_code=status)

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        return Response(status_code=429, headers={"Retry-After": str(max(1, round(reset_in)))})

    def token_expired(self, call: Call) -> Response:
        return Response(status_code=401)

    def token_revoked(self, call: Call) -> Response:
        return Response(status_code=401)

    def suspended(self, call: Call) -> Response:
        return Response(status_code=410)


def _printable(text: str) -> str:
    if len(text) > CHARACTERS or not text.strip():
        raise BadRequest("text", f"an article has 1 to {CHARACTERS} characters")
    return _NO_XML.sub("", text)


def _as_html(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines() if line.strip())


def _iso(t: float) -> str:
    return datetime.fromtimestamp(int(t), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc822(t: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(t), UTC), usegmt=True)
