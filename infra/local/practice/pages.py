"""What people see: the timeline, the page of an account, a post with its conversation, the citizens' page, the sign-in
page, the control page.

Everything that came from a client is escaped; characters that would turn the direction of the text around it are
shown by their code point instead of being obeyed. Nothing is loaded from elsewhere and no inline script runs.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from .citizens import Citizens
from .exchange import Practice
from .faults import CONDITIONS, FAULTS
from .incidents import TOPICS
from .status_html import entities
from .store import Account, Post
from .words import LANGUAGES, WORDS

SHOWN = 60  # posts on a page
ANSWERS_SHOWN = 300  # below a post
INDENTED = 4  # levels of answers that are set apart
NAMES = {
    "bluesky": "Bluesky", "mastodon": "Mastodon", "facebook": "Facebook", "instagram": "Instagram",
    "threads": "Threads", "x": "X", "linkedin": "LinkedIn", "youtube": "YouTube",
    "rss": "RSS",
}  # fmt: skip

CURRENT = ' aria-current="page"'
_ICONS = {
    name: f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>'
    for name, path in (
        ("replies", "M4 5h16v11H11l-5 4v-4H4z"),
        ("shares", "M4 9l3-3 3 3M7 6v9a2 2 0 0 0 2 2h5M20 15l-3 3-3-3M17 18V9a2 2 0 0 0-2-2h-5"),
        ("likes", "M12 20C7 16 3.5 12.8 3.5 9a4.5 4.5 0 0 1 8.5-2 4.5 4.5 0 0 1 8.5 2c0 3.8-3.5 7-8.5 11z"),
        ("quotes", "M10 7H5v6h4c0 2-1 3-3 4M20 7h-5v6h4c0 2-1 3-3 4"),
    )
}
_CSP = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"  # noqa: E501
# Marks, embeddings, overrides and isolates of the bidirectional algorithm, and controls that have no place in a post.
_UNSAFE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]")


def escape(text: str) -> str:
    """HTML in which nothing of `text` is obeyed."""
    shown = html.escape(text)
    return _UNSAFE.sub(lambda m: f'<span class="control">U+{ord(m[0]):04X}</span>', shown)


def language(request: Request) -> str:
    """The one asked for in the address, else the one chosen earlier, else the browser's first that we have."""
    for chosen in (request.query_params.get("lang"), request.cookies.get("practice_lang")):
        if chosen in LANGUAGES:
            return str(chosen)
    accepted = []
    for position, part in enumerate(request.headers.get("accept-language", "").split(",")):
        tag, _, q = part.strip().partition(";q=")
        try:
            accepted.append((-float(q or 1), position, tag[:2].lower()))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(accepted) if tag in LANGUAGES), "en")


class Pages:
    def __init__(
        self, practice: Practice, citizens: Citizens, below: Callable[[Post, str], str] = lambda post, lang: ""
    ) -> None:
        """`below`: HTML to be shown under a post of a network whose comments are no posts, in a language."""
        self._practice = practice
        self._below = below
        self._store = practice.store
        self._citizens = citizens
        folder = resources.files(__package__) / "static"
        self._static = {
            name: ((folder / name).read_bytes(), kind)
            for name, kind in (
                ("practice.css", "text/css"),
                ("timeline.js", "text/javascript"),
                ("control.js", "text/javascript"),
                ("citizens.js", "text/javascript"),
            )
        }

    def routes(self) -> list[Route]:
        return [
            Route("/", self._home),
            Route("/fragment", self._fragment),
            Route("/practice/", self._control),
            Route("/practice/citizens", self._citizens_page),
            Route("/practice/static/{name}", self._static_file),
            Route("/avatars/{network}/{name}.svg", self._avatar),
            Route("/@{handle}", self._mastodon_account),
            Route("/@{handle}/{id}", self._mastodon_post),
            Route("/tags/{tag}", self._home),
            Route("/profile/{handle}", self._bluesky_account),
            Route("/profile/{handle}/post/{id}", self._bluesky_post),
            Route("/instagram/{handle}", self._instagram_account),
            Route("/p/{id}", self._instagram_post),
            Route("/threads/{handle}", self._threads_account),
            Route("/@{handle}/post/{id}", self._threads_post),
            Route("/x/{handle}", self._x_account),
            Route("/x/{handle}/status/{id}", self._x_post),
        ]

    # ------------------------------------------------------------ the timeline

    async def _home(self, request: Request) -> Response:
        network = request.query_params.get("network")
        network = network if network in NAMES else None
        lang = language(request)
        return self._timeline(request, lang, network=network, citizens=request.query_params.get("who") == "citizens")

    async def _mastodon_account(self, request: Request) -> Response:
        return self._account(request, "mastodon")

    async def _bluesky_account(self, request: Request) -> Response:
        return self._account(request, "bluesky")

    async def _instagram_account(self, request: Request) -> Response:
        return self._account(request, "instagram")

    async def _threads_account(self, request: Request) -> Response:
        return self._account(request, "threads")

    async def _threads_post(self, request: Request) -> Response:
        return self._post(request, "threads")

    async def _instagram_post(self, request: Request) -> Response:
        """The addresses of Instagram's posts name no author. A comment is shown below its post."""
        post = self._store.post_by_id("instagram", request.path_params["id"])
        if post is not None and post.root:
            post = self._store.post_by_id("instagram", post.root)
        if post is None or post.visible_at > self._practice.now():
            return missing(request)
        return self._conversation_page(request, post)

    async def _x_account(self, request: Request) -> Response:
        return self._account(request, "x")

    async def _x_post(self, request: Request) -> Response:
        return self._post(request, "x")

    def _account(self, request: Request, network: str) -> Response:
        account = self._find(network, request.path_params["handle"])
        return self.account_page(request, account) if account else missing(request)

    def account_page(self, request: Request, account: Account) -> Response:
        return self._timeline(request, language(request), account=account)

    async def _mastodon_post(self, request: Request) -> Response:
        return self._post(request, "mastodon")

    async def _bluesky_post(self, request: Request) -> Response:
        return self._post(request, "bluesky")

    def _post(self, request: Request, network: str) -> Response:
        post = self._visible(network, request.path_params["handle"], request.path_params["id"])
        return self._conversation_page(request, post) if post else missing(request)

    def _conversation_page(self, request: Request, post: Post) -> Response:
        lang, network = language(request), post.network
        handle = self._author(post).handle
        asked = f"lang={lang}&network={network}&handle={quote(handle)}&id={quote(post.id)}"
        shown = self._conversation(post, lang)
        body = (
            f'<main class="posts" id="posts" data-fragment="/fragment?{html.escape(asked)}" '
            f'data-etag="{html.escape(_etag(shown))}" aria-live="polite">{shown}</main>{self._answer_form(post, lang)}'
            '<script src="/practice/static/timeline.js" defer></script>'
            '<script src="/practice/static/citizens.js" defer></script>'
        )
        return _page(request, lang, escape(post.text[:60]) or NAMES[network], self._header(request, lang) + body)

    def post_page(self, request: Request, post: Post | None) -> Response:
        """A post whose comments are shown with it, and not as posts of their own."""
        if post is None or post.visible_at > self._practice.now():
            return missing(request)
        lang = language(request)
        failed = html.escape(WORDS[lang]["failed"])
        form = (
            f'<section class="write" id="answer"><h2>{WORDS[lang]["answer_as"]}</h2><form data-act="comment" '
            f'data-network="{post.network}" data-post="{html.escape(post.id)}" data-failed="{failed}">'
            f"{_name_and_text(lang)}"
            f'<div class="actions"><button>{WORDS[lang]["answer"]}</button></div><p role="status"></p></form></section>'
            '<script src="/practice/static/citizens.js" defer></script>'
        )
        body = f'<main class="posts">{self._article(post, lang, "focus")}</main>{form}'
        return _page(request, lang, escape(post.text[:60]) or NAMES[post.network], self._header(request, lang) + body)

    def paper_page(self, request: Request, paper: Account, articles: list[Post]) -> Response:
        """A newspaper: the addresses of its feeds, what it printed, and a form to write for it."""
        lang = language(request)
        words = WORDS[lang]
        home = f"{self._practice.public_url}/feeds/{quote(paper.handle)}"
        addresses = "".join(
            f'<li>{name}: <a href="{html.escape(home + end)}"><code>{html.escape(home + end)}</code></a></li>'
            for name, end in (("RSS", ".xml"), ("Atom", ".atom"))
        )
        shown = "".join(self._article(post, lang) for post in articles) or f"<p>{words['nothing_printed']}</p>"
        body = (
            f'<main class="citizens"><h1><bdi>{escape(paper.display_name)}</bdi></h1><p>{words["paper_more"]}</p>'
            f'<ul>{addresses}</ul><section class="write"><h2>{words["write_article"]}</h2><form data-act="write" '
            f'data-network="{paper.network}" data-mention="{html.escape(paper.handle)}" '
            f'data-failed="{html.escape(words["failed"])}"><p>{words["first_line"]}</p>{_name_and_text(lang)}'
            f'<div class="actions"><button>{words["print"]}</button></div><p role="status"></p></form></section></main>'
            f'<div class="posts">{shown}</div><script src="/practice/static/citizens.js" defer></script>'
        )
        return _page(request, lang, escape(paper.display_name), self._header(request, lang) + body)

    def _visible(self, network: str, handle: str, post_id: str) -> Post | None:
        account = self._find(network, handle)
        post = self._store.post(network, account.id, post_id) if account else None
        return post if post and post.visible_at <= self._practice.now() else None

    def _author(self, post: Post) -> Account:
        return self._store.accounts[post.network, post.account_id]

    def _conversation(self, post: Post, lang: str) -> str:
        """What stands above a post, the post, and what stands below it, the oldest answer first."""
        above = "".join(self._article(each, lang, "above") for each in reversed(self._store.ancestors(post, SHOWN)))
        below: list[str] = []
        waiting = [(child, 1) for child in reversed(self._store.children(post))]
        while waiting and len(below) < ANSWERS_SHOWN:
            child, depth = waiting.pop()
            below.append(self._article(child, lang, f"answer d{min(depth, INDENTED)}"))
            waiting += [(each, depth + 1) for each in reversed(self._store.children(child))]
        words = WORDS[lang]
        to_form = f'<a href="#answer">{words["answer_as"]}</a>' if len(below) > 3 else ""
        answers = f'<h2 class="answers">{words["answers"]} {to_form}</h2>{"".join(below)}' if below else ""
        more = f'<p class="more">{words["more_answers"].format(n=ANSWERS_SHOWN)}</p>' if waiting else ""
        return f"{above}{self._article(post, lang, 'focus')}{answers}{more}"

    def _answer_form(self, post: Post, lang: str) -> str:
        words = WORDS[lang]
        return (
            f'<section class="write" id="answer"><h2>{words["answer_as"]}</h2><form data-act="write" '
            f'data-network="{post.network}" data-reply_to="{html.escape(post.remote_id)}" '
            f'data-failed="{html.escape(words["failed"])}">'
            f"{_name_and_text(lang)}{_private_box(lang) if post.network == 'mastodon' else ''}"
            f'<div class="actions"><button>{words["answer"]}</button></div><p role="status"></p></form></section>'
        )

    def _find(self, network: str, name: str) -> Account | None:
        if name.startswith("did:"):
            return self._store.accounts.get((network, name))
        return self._store.by_handle(network, name)

    def _timeline(
        self, request: Request, lang: str, *, network: str | None = None, account: Account | None = None,
        citizens: bool = False,
    ) -> Response:  # fmt: skip
        words = WORDS[lang]
        top = self._header(request, lang, network=network, account=account, citizens=citizens)
        asked = f"lang={lang}"
        if account:
            asked += f"&network={account.network}&handle={quote(account.handle)}"
        elif network:
            asked += f"&network={network}"
        if citizens:
            asked += "&who=citizens"
        shown = self._list(self._posts(network, account, citizens), lang)
        body = (
            f'{top}<main class="posts" id="posts" data-fragment="/fragment?{html.escape(asked)}" '
            f'data-etag="{html.escape(_etag(shown))}" aria-live="polite">{shown}</main>'
            '<script src="/practice/static/timeline.js" defer></script>'
        )
        title = escape(account.display_name) if account else words["title"]
        return _page(request, lang, title, body)

    async def _fragment(self, request: Request) -> Response:
        """The list or the conversation alone, for the page that is already open; 304 while nothing changed."""
        query = request.query_params
        network = query.get("network") if query.get("network") in NAMES else None
        lang = language(request)
        if network and query.get("id"):
            post = self._visible(network, query.get("handle", ""), query["id"])
            shown = self._conversation(post, lang) if post else f"<p>{WORDS[lang]['missing']}</p>"
        else:
            account = self._find(network, query.get("handle", "")) if network and query.get("handle") else None
            shown = self._list(self._posts(network, account, query.get("who") == "citizens"), lang)
        headers = {"ETag": _etag(shown), "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(shown, headers={**headers, "Content-Security-Policy": _CSP})

    def _posts(self, network: str | None, account: Account | None, citizens: bool) -> list[Post]:
        if account:
            found = self._store.latest(network=account.network, account_id=account.id, limit=SHOWN)
        else:
            found = self._store.latest(network=network, citizens=citizens, limit=SHOWN)
        # A comment of a Page is shown below what it was written on.
        return [post for post in found if post.native.get("kind") != "comment"]

    def _header(
        self, request: Request, lang: str, *, network: str | None = None, account: Account | None = None,
        citizens: bool = False,
    ) -> str:  # fmt: skip
        words = WORDS[lang]
        home = account is None and request.url.path == "/"
        who = "who=citizens" if citizens else ""

        def link(href: str, name: str, current: bool) -> str:
            return f'<a href="{html.escape(href)}"{CURRENT if current and home else ""}>{name}</a>'

        links = [
            link(_home(f"network={value}" if value else "", who), name, value == network)
            for value, name in ((None, words["all"]), *NAMES.items())
        ]
        chosen = f"network={network}" if network else ""
        authors = [
            link(_home(chosen, wanted), words[name], bool(wanted) == citizens)
            for wanted, name in (("", "by_agencies"), ("who=citizens", "by_citizens"))
        ]
        filters = (
            f'<div class="filters"><nav aria-label="{words["filter"]}">{"".join(links)}</nav>'
            f'<nav aria-label="{words["by"]}">{"".join(authors)}</nav></div>'
        )
        if account is None:
            return filters
        count = self._store.count_posts(account.network, account.id)
        counted = words["one_post"] if count == 1 else words["posts"].format(n=count)
        return (
            f'{filters}<section class="profile">{_initials(account)}<div><h1><bdi>{escape(account.display_name)}</bdi>'
            f'</h1><p class="handle"><bdi>@{escape(account.handle)}</bdi> {_badge(account.network)}</p>'
            f'<p class="count">{counted}</p></div></section>'
        )

    def _list(self, posts: list[Post], lang: str) -> str:
        if posts:
            return "".join(self._article(post, lang) for post in posts)
        words = WORDS[lang]
        return (
            f'<div class="empty"><svg viewBox="0 0 48 48" aria-hidden="true"><path d="M8 40V20L24 8l16 12v20M8 40h32'
            f'M19 40V28h10v12"/></svg><h2>{words["empty"]}</h2><p>{words["empty_more"]}</p></div>'
        )

    def _url(self, post: Post) -> str:
        if post.network == "linkedin":
            return f"/feed/update/{post.id}/"
        if post.network == "youtube":
            return f"/watch?v={quote(post.id)}"
        return f"/{post.id}" if post.network == "facebook" else self._citizens.poster(post.network).url(post)

    def _article(self, post: Post, lang: str, kind: str = "") -> str:
        words = WORDS[lang]
        account = self._author(post)
        permalink = html.escape(self._url(post))
        at = datetime.fromtimestamp(post.sort_at if account.citizen else post.accepted_at, UTC)
        native = post.native.get("record", post.native)
        spoken = native.get("language") or next(iter(native.get("langs") or []), None)
        tongue = f' lang="{html.escape(str(spoken))}"' if spoken else ""
        body = f'<div class="text" dir="auto"{tongue}>{_text(post)}</div>' if post.text else ""
        card = self._card(post, words)
        images = "" if card else "".join(self._image(post, m, alt, words) for m, alt in post.media)
        body += card
        if images:
            body += f'<div class="images n{len(post.media)}">{images}</div>'
        spoiler = post.native.get("spoiler_text")
        if spoiler:
            body = f"<details><summary>{escape(spoiler)}</summary>{body}</details>"
        body += self._quoted(post, words)
        answers_to = self._answers_to(post, words) if kind in ("", "focus") else ""
        marks = f'<span class="mark">{words["private"]}</span>' if post.private else ""
        marks += f'<span class="mark">{words["edited"]}</span>' if post.edited_at else ""
        return (
            f'<article class="post {kind}"><a class="who" href="{_profile_path(account)}">{_initials(account)}'
            f'<span class="names"><strong><bdi>{escape(account.display_name)}</bdi></strong><span class="handle"><bdi>@'
            f"{escape(account.handle)}</bdi></span></span></a>{_badge(post.network)}"
            f'<div class="body">{answers_to}{body}<div class="foot"><a class="when" href="{permalink}"><time datetime="'
            f'{at.isoformat(timespec="milliseconds")}">{when(at, lang)}</time></a>{marks}'
            f"{self._counted(post, permalink, words)}</div>{self._below(post, lang)}</div></article>"
        )

    def _answers_to(self, post: Post, words: dict[str, str]) -> str:
        if not post.parent:
            return ""
        parent = self._store.post_by_remote(post.network, post.parent)
        if parent is None:
            return f'<p class="reply">{words["reply"]}</p>'
        link = f'<a href="{html.escape(self._url(parent))}"><bdi>@{escape(self._author(parent).handle)}</bdi></a>'
        return f'<p class="reply">{words["reply_to"].format(whom=link)}</p>'

    def _quoted(self, post: Post, words: dict[str, str]) -> str:
        if not post.quoted:
            return ""
        quoted = self._store.post_by_remote(post.network, post.quoted)
        if quoted is None or quoted.private:
            return f'<blockquote class="quoted">{words["gone"]}</blockquote>'
        author = self._author(quoted)
        return (
            f'<blockquote class="quoted"><a href="{html.escape(self._url(quoted))}">'
            f"<strong><bdi>{escape(author.display_name)}</bdi></strong></a> "
            f'<div class="text" dir="auto">{_text(quoted)}</div></blockquote>'
        )

    def _counted(self, post: Post, permalink: str, words: dict[str, str]) -> str:
        counts = self._store.counts(post)
        shown = (
            ("replies", counts.replies), ("shares", counts.shares), ("likes", counts.likes), ("quotes", counts.quotes),
        )  # fmt: skip
        items = "".join(
            f'<span title="{words[name]}">{_ICONS[name]}<span class="hidden">{words[name]} </span>{n}</span>'
            for name, n in shown
            if n or name != "quotes"
        )
        return f'<a class="counts" href="{permalink}">{items}</a>'

    def _card(self, post: Post, words: dict[str, str]) -> str:
        """Of the post's link: as it was said (Bluesky, LinkedIn), or that the network would make one of the page, which
        nobody reads here (Facebook, Threads)."""
        said = _said_card(post)
        if said is not None:
            url, title, description, picture = said
            image = f'<img src="{html.escape(_media_url(post, picture))}" alt="" loading="lazy">' if picture else ""
            inner = f"{image}<strong>{escape(title)}</strong>"
            inner += f"<span>{escape(description)}</span>" if description else ""
        elif post.native.get("link"):
            url, inner = str(post.native["link"]), f"<span>{words['own_card']}</span>"
        else:
            return ""
        host = escape(urlsplit(url).hostname or "")
        return f'<div class="link-card">{_link(url, f"{inner}<small>{host}</small>")}</div>'

    def _image(self, post: Post, media_id: str, alt: str, words: dict[str, str]) -> str:
        media = self._store.media.get((post.network, post.account_id, media_id))
        if media is None:
            return ""
        src = _media_url(post, media_id)
        size = f' width="{media.width}" height="{media.height}"' if media.width and media.height else ""
        caption = (
            f'<figcaption><span class="alt">ALT</span> <bdi>{escape(alt)}</bdi></figcaption>'
            if alt
            else f'<figcaption class="missing">{words["no_alt"]}</figcaption>'
        )
        if media.content_type.startswith("video/"):
            source = f'<source src="{html.escape(src)}" type="{html.escape(media.content_type)}">'
            return f'<figure><video controls preload="metadata">{source}</video>{caption}</figure>'
        if not media.content_type.startswith("image/"):
            return f'<figure><figcaption class="missing">{escape(media.content_type)}</figcaption></figure>'
        return (
            f'<figure><img src="{html.escape(src)}" alt="{html.escape(_UNSAFE.sub("", alt))}" loading="lazy"'
            f"{size}>{caption}</figure>"
        )

    # ------------------------------------------------------------ the citizens' page

    async def _citizens_page(self, request: Request) -> Response:
        lang = language(request)
        words = WORDS[lang]
        networks = [network for network in self._citizens.networks if network in NAMES]
        failed = html.escape(words["failed"])
        written = [post for _, post in zip(range(30), self._latest_of_citizens(), strict=False)]
        shown = "".join(self._article(post, lang) for post in written) or f"<p>{words['nobody_wrote']}</p>"
        messages = {name: words[name] for name in ("running", "done", "stopped", "failed_flood", "no_flood", "stop")}
        messages |= {f"topic_{topic}": words[f"topic_{topic}"] for topic in (*TOPICS, "quiet")}
        body = (
            f'<main class="citizens"><h1>{words["citizens"]}</h1><p>{words["citizens_more"]}</p>'
            f'<section class="write"><h2>{words["storm"]}</h2><p>{words["storm_more"]}</p>'
            f'<form id="storm" data-failed="{failed}">'
            f'<div class="fields">{"".join(self._whom(network, lang) for network in networks if network != "rss")}'
            f"{_select('topic', words['topic'], [(t, words[f'topic_{t}']) for t in TOPICS])}"
            f"{_select('language', words['language'], [('both', words['both']), *LANGUAGES.items()])}"
            f"{_amount('messages', words['messages'], 300, 1, 20000)}{_amount('minutes', words['minutes'], 3, 0, 1440)}"
            f'</div><div class="actions"><button name="kind" value="flood">{words["storm_start"]}</button>'
            f'<button name="kind" value="quiet" class="plain">{words["quiet_start"]}</button></div>'
            f'<p role="status"></p></form><ul id="floods" data-words="{html.escape(json.dumps(messages))}"></ul>'
            "</section>"
            f'<section class="write"><h2>{words["write_one"]}</h2><form data-act="write" data-failed="{failed}">'
            f"{_select('to', words['mention_whom'], self._everybody(networks, words))}"
            f"{_name_and_text(lang)}{_private_box(lang, words['where_private'])}"
            f'<div class="actions"><button>{words["send"]}</button></div><p role="status"></p></form></section>'
            f'<h2 class="answers">{words["latest_citizens"]}</h2></main><div class="posts">{shown}</div>'
            '<script src="/practice/static/timeline.js" defer></script>'
            '<script src="/practice/static/citizens.js" defer></script>'
        )
        return _page(request, lang, words["citizens"], self._header(request, lang) + body)

    def _latest_of_citizens(self) -> Iterator[Post]:
        for post in reversed(self._store.timeline):
            if post.deleted_at is None and self._author(post).citizen:
                yield post

    def _agencies(self, network: str) -> list[Account]:
        return [a for (n, _), a in self._store.accounts.items() if n == network and not a.citizen]

    def _whom(self, network: str, lang: str) -> str:
        """Which account of a network a storm is for."""
        options = [(account.handle, f"@{escape(account.handle)}") for account in self._agencies(network)]
        nobody = ("", WORDS[lang]["nobody"])
        chosen = options[0][0] if options else ""
        return _select(f"to-{network}", NAMES[network], [*options, nobody], chosen)

    def _everybody(self, networks: list[str], words: dict[str, str]) -> list[tuple[str, str]]:
        found = []
        for network in networks:
            for account in self._agencies(network):
                found.append((f"{network}|{account.handle}", f"{NAMES[network]} · @{escape(account.handle)}"))
            if network != "rss":  # an article stands in a paper, or nowhere
                found.append((f"{network}|", f"{NAMES[network]} · {words['nobody']}"))
        return found

    # ------------------------------------------------------------ the rest

    async def _avatar(self, request: Request) -> Response:
        network, name = request.path_params["network"], request.path_params["name"]
        account = self._store.by_handle(network, name)
        letters, hue = _letters(account.display_name if account else name), _hue(name)
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img"><rect width="96" height="96" '
            f'fill="hsl({hue} 38% 38%)"/><text x="48" y="50" fill="#fff" font-family="system-ui,sans-serif" '
            f'font-size="36" font-weight="600" '
            f'text-anchor="middle" dominant-baseline="middle">{html.escape(letters)}</text></svg>'
        )
        return Response(svg, media_type="image/svg+xml", headers={"Content-Security-Policy": "default-src 'none'"})

    async def _static_file(self, request: Request) -> Response:
        found = self._static.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        etag = f'"{hashlib.sha256(found[0]).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(found[0], media_type=found[1], headers=headers)

    async def _control(self, request: Request) -> Response:
        lang = language(request)
        words = WORDS[lang]
        rows = "".join(
            f'<tr><th scope="row"><code>{kind}</code><p>{words["fault_" + kind]}</p></th><td>'
            f'<button data-kind="{kind}" data-count="1">{words["once"]}</button>'
            f'<button data-kind="{kind}" data-probability="0.2">20 %</button>'
            f'<button data-kind="{kind}" data-probability="1">{words["always"]}</button></td></tr>'
            for kind in (*FAULTS, *CONDITIONS)
        )
        messages = {key: words[key] for key in ("none_on", "failed", "fired")}
        body = (
            f'<main class="control-page" data-words="{html.escape(json.dumps(messages))}"><h1>{words["control"]}</h1>'
            f'<p>{words["control_more"]}</p><section class="active"><h2>{words["active"]}</h2><ul id="rules"></ul>'
            f'<button id="off">{words["all_off"]}</button></section><table>{rows}</table></main>'
            '<script src="/practice/static/control.js" defer></script>'
        )
        return _page(request, lang, words["control"], self._header(request, lang) + body)


def sign_in_page(
    lang: str, asked: dict[str, str], *, failed: bool = False, handle: str = "", problem: str = "", code: str = "",
    network: str = "Mastodon", action: str = "/oauth/authorize",
) -> Response:  # fmt: skip
    """A network's page on which a person signs in and agrees, or is told why it cannot be."""
    words = WORDS[lang]
    title = words["sign_in"].format(network=network)
    if problem:
        body = f'<main class="sign-in"><h1>{words["sign_in_problem"]}</h1><p role="alert">{escape(problem)}</p></main>'
        return _bare(lang, words["sign_in_problem"], body, 400)
    if code:
        body = f'<main class="sign-in"><h1>{words["your_code"]}</h1><p><code>{html.escape(code)}</code></p></main>'
        return _bare(lang, words["your_code"], body, 200)
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">'
        for name in (
            "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method",
        )
        if name in asked
    )  # fmt: skip
    wrong = f'<p class="error" role="alert" id="wrong">{words["wrong_password"]}</p>' if failed else ""
    described = ' aria-describedby="wrong" aria-invalid="true"' if failed else ""
    app = f"<strong>{escape(asked['app'])}</strong>"
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in asked["scope"].split())
    body = (
        f'<main class="sign-in"><h1>{title}</h1><p>{words["asks"].format(app=app)}'
        f'</p><ul class="scopes">{scopes}</ul>{wrong}<form method="post" action="{html.escape(action)}">{hidden}'
        f'<label for="username">{words["username"]}</label><input id="username" name="username" required '
        f'autocomplete="username" autocapitalize="none" value="{html.escape(handle)}"{described}>'
        f'<label for="password">{words["password"]}</label><input id="password" name="password" type="password" '
        f'required autocomplete="current-password"{described}><div class="actions"><button name="decision" '
        f'value="allow">'
        f'{words["allow"]}</button><button name="decision" value="deny" class="plain" formnovalidate>'
        f"{words['deny']}</button></div></form></main>"
    )
    return _bare(lang, title, body, 401 if failed else 200)


def _bare(lang: str, title: str, body: str, status: int) -> Response:
    return HTMLResponse(
        _document(lang, title, body, switch=""),
        status_code=status,
        headers={"Content-Security-Policy": _CSP, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )


def missing(request: Request) -> Response:
    lang = language(request)
    body = f'<main class="sign-in"><h1>{WORDS[lang]["missing"]}</h1><p><a href="/">{WORDS[lang]["back"]}</a></p></main>'
    return _page(request, lang, WORDS[lang]["missing"], body, status=404)


def _page(request: Request, lang: str, title: str, body: str, status: int = 200) -> Response:
    links = []
    for value, name in LANGUAGES.items():
        url = request.url.include_query_params(lang=value)
        current = ' aria-current="true"' if value == lang else ""
        links.append(f'<a href="{html.escape(url.path)}?{html.escape(url.query)}" lang="{value}"{current}>{name}</a>')
    tools = (
        f'<nav class="tools" aria-label="{WORDS[lang]["tools"]}"><a href="/practice/citizens">{WORDS[lang]["citizens"]}'
        f'</a><a href="/practice/">{WORDS[lang]["control"]}</a></nav>'
    )
    switch = f'{tools}<nav class="languages" aria-label="{WORDS[lang]["language"]}">{"".join(links)}</nav>'
    response = HTMLResponse(
        _document(lang, title, body, switch),
        status_code=status,
        headers={"Content-Security-Policy": _CSP, "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"},
    )
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie("practice_lang", lang, max_age=365 * 86400, samesite="lax", httponly=True)
    return response


def _document(lang: str, title: str, body: str, switch: str) -> str:
    words = WORDS[lang]
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>'
        f'{title} · {words["brand"]}</title><link rel="icon" href="/avatars/mastodon/practice.svg">'
        f'<link rel="stylesheet" href="/practice/static/practice.css"></head><body>'
        f'<p class="banner"><strong>{words["banner"]}</strong> {words["banner_more"]}</p>'
        f'<header><a class="brand" href="/">{words["brand"]}</a>{switch}</header>{body}</body></html>'
    )


def _etag(shown: str) -> str:
    return f'"{hashlib.sha256(shown.encode()).hexdigest()[:24]}"'


def _home(*queries: str) -> str:
    asked = "&".join(query for query in queries if query)
    return f"/?{asked}" if asked else "/"


def _select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str | None = None) -> str:
    """`options`: values as they are, words as HTML."""
    inner = "".join(
        f'<option value="{html.escape(value)}"{" selected" if value == chosen else ""}>{words}</option>'
        for value, words in options
    )
    return f'<label>{label}<select name="{name}">{inner}</select></label>'


def _amount(name: str, label: str, value: int, low: int, high: int) -> str:
    return (
        f'<label>{label}<input name="{name}" type="number" required value="{value}" min="{low}" max="{high}"></label>'
    )


def _name_and_text(lang: str) -> str:
    words = WORDS[lang]
    return (
        f'<label>{words["your_name"]}<input name="author" maxlength="64" autocomplete="off" '
        f'placeholder="{words["anybody"]}"></label><label>{words["message"]}<textarea name="text" rows="3" required '
        f"></textarea></label>"
    )


def _private_box(lang: str, more: str = "") -> str:
    words = WORDS[lang]
    return f'<label class="box"><input type="checkbox" name="private"> {words["as_private"]}{more}</label>'


def when(at: datetime, lang: str) -> str:
    months = WORDS[lang]["months"].split()
    return f"{at.day} {months[at.month - 1]} {at.year}, {at:%H:%M:%S} UTC"


def _profile_path(account: Account) -> str:
    if account.network == "facebook":
        return f"/{account.id}"
    if account.network in ("instagram", "threads"):
        return f"/{account.network}/{quote(account.handle)}"
    if account.network == "x":
        return f"/x/{quote(account.handle)}"
    if account.network == "rss":
        return "/?network=rss&amp;who=citizens" if account.citizen else f"/feeds/{quote(account.handle)}"
    if account.network == "youtube":
        return f"/channel/{account.id}"
    if account.network == "linkedin":
        return f"/company/{quote(account.handle)}"
    return f"/profile/{quote(account.handle)}" if account.network == "bluesky" else f"/@{quote(account.handle)}"


def _badge(network: str) -> str:
    return f'<span class="badge {network}">{NAMES[network]}</span>'


def _initials(account: Account) -> str:
    return f'<span class="avatar hue{_hue(account.handle) // 30}" aria-hidden="true">{escape(_letters(account.display_name))}</span>'  # noqa: E501


def _letters(name: str) -> str:
    words = [word for word in re.split(r"[\s·.,'’_-]+", name) if word[:1].isalnum()]
    capitals = [word for word in words if word[0].isupper()]
    kept = capitals if len(capitals) > 1 else words
    return (kept[0][0] + (kept[-1][0] if len(kept) > 1 else "")).upper() if kept else "?"


def _hue(name: str) -> int:
    return hashlib.sha256(name.lower().encode()).digest()[0] * 359 // 255


def _text(post: Post) -> str:
    if post.network == "bluesky":
        return _lines(_with_facets(post.text, post.native["record"].get("facets") or []))
    out, at = [], 0
    for entity in entities(post.text):
        out.append(escape(post.text[at : entity.start]))
        shown = escape(entity.text)
        if entity.kind == "url":
            out.append(_link(entity.text, shown))
        elif entity.kind == "hashtag":
            out.append(f'<span class="tag">{shown}</span>')
        else:
            out.append(f'<span class="mention">{shown}</span>')
        at = entity.end
    out.append(escape(post.text[at:]))
    return _lines("".join(out))


def _with_facets(text: str, facets: list[dict[str, Any]]) -> str:
    """Only what a facet marks is a link, as on Bluesky; facets that overlap an earlier one are left out."""
    data = text.encode()
    out, at = [], 0
    for facet in sorted(facets, key=lambda f: int(f["index"]["byteStart"])):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        if start < at:
            continue
        out.append(escape(data[at:start].decode()))
        shown = escape(data[start:end].decode())
        feature: dict[str, Any] = next(iter(facet["features"]), {})
        match str(feature.get("$type")).partition("#")[2]:
            case "link":
                out.append(_link(feature["uri"], shown))
            case "tag":
                out.append(f'<span class="tag">{shown}</span>')
            case "mention":
                out.append(f'<span class="mention">{shown}</span>')
            case _:
                out.append(shown)
        at = end
    out.append(escape(data[at:].decode()))
    return "".join(out)


def _said_card(post: Post) -> tuple[str, str, str, str | None] | None:
    """(address, title, description, picture's media id)."""
    embed = post.native.get("record", {}).get("embed") or {}
    if embed.get("$type") == "app.bsky.embed.external":
        external = embed["external"]
        thumb = external.get("thumb")
        return external["uri"], external["title"], external["description"], thumb["ref"]["$link"] if thumb else None
    card = post.native.get("card")
    return (card["url"], card["title"], card["description"], card["picture"]) if card else None


def _media_url(post: Post, media_id: str) -> str:
    match post.network:
        case "bluesky":
            return f"/xrpc/com.atproto.sync.getBlob?did={quote(post.account_id, safe='')}&cid={media_id}"
        case "facebook":
            return f"/facebook/photos/{media_id}"
        case "instagram" | "threads":
            return f"/{post.network}/files/{media_id}"
        case "x":
            return f"/x/media/{media_id}"
        case "linkedin":
            return f"/linkedin/images/{media_id}"
    return f"/media/{media_id}"


def _link(url: str, shown: str) -> str:
    if not re.match(r"https?://", url, re.IGNORECASE):
        return shown
    return f'<a href="{html.escape(url)}" rel="nofollow noopener noreferrer" target="_blank">{shown}</a>'


def _lines(escaped: str) -> str:
    return escaped.replace("\r\n", "\n").replace("\n", "<br>")
