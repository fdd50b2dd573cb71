"""What people see: the public timeline, the page of an account and of a post, the sign-in page, the control page.

Everything that came from a client is escaped; characters that would turn the direction of the text around it are
shown by their code point instead of being obeyed. Nothing is loaded from elsewhere and no inline script runs.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from .exchange import Practice
from .faults import CONDITIONS, FAULTS
from .status_html import entities
from .store import Account, Post
from .words import LANGUAGES, WORDS

SHOWN = 60  # posts on a page
NAMES = {"bluesky": "Bluesky", "mastodon": "Mastodon", "facebook": "Facebook"}

_CSP = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"  # noqa: E501
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
    def __init__(self, practice: Practice, below: Callable[[Post, str], str] = lambda post, lang: "") -> None:
        """`below`: HTML to be shown under a post, in a language."""
        self._practice = practice
        self._below = below
        self._store = practice.store
        folder = resources.files(__package__) / "static"
        self._static = {
            name: ((folder / name).read_bytes(), kind)
            for name, kind in (
                ("practice.css", "text/css"),
                ("timeline.js", "text/javascript"),
                ("control.js", "text/javascript"),
            )
        }

    def routes(self) -> list[Route]:
        return [
            Route("/", self._home),
            Route("/fragment", self._fragment),
            Route("/practice/", self._control),
            Route("/practice/static/{name}", self._static_file),
            Route("/avatars/{network}/{name}.svg", self._avatar),
            Route("/@{handle}", self._mastodon_account),
            Route("/@{handle}/{id}", self._mastodon_post),
            Route("/tags/{tag}", self._home),
            Route("/profile/{handle}", self._bluesky_account),
            Route("/profile/{handle}/post/{id}", self._bluesky_post),
        ]

    # ------------------------------------------------------------ the timeline

    async def _home(self, request: Request) -> Response:
        network = request.query_params.get("network")
        network = network if network in NAMES else None
        lang = language(request)
        return self._timeline(request, lang, network=network)

    async def _mastodon_account(self, request: Request) -> Response:
        return self._account(request, "mastodon")

    async def _bluesky_account(self, request: Request) -> Response:
        return self._account(request, "bluesky")

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
        account = self._find(network, request.path_params["handle"])
        post = self._store.post(network, account.id, request.path_params["id"]) if account else None
        return self.post_page(request, post)

    def post_page(self, request: Request, post: Post | None) -> Response:
        if post is None or post.visible_at > self._practice.now():
            return missing(request)
        lang = language(request)
        body = f'<main class="posts">{self._article(post, lang)}</main>'
        return _page(request, lang, escape(post.text[:60]) or NAMES[post.network], self._header(request, lang) + body)

    def _find(self, network: str, name: str) -> Account | None:
        if name.startswith("did:"):
            return self._store.accounts.get((network, name))
        return self._store.by_handle(network, name)

    def _timeline(
        self, request: Request, lang: str, *, network: str | None = None, account: Account | None = None
    ) -> Response:
        posts = self._posts(network, account)
        words = WORDS[lang]
        top = self._header(request, lang, network=network, account=account)
        asked = f"lang={lang}"
        if account:
            asked += f"&network={account.network}&handle={quote(account.handle)}"
        elif network:
            asked += f"&network={network}"
        body = (
            f'{top}<main class="posts" id="posts" data-fragment="/fragment?{html.escape(asked)}" '
            f'data-etag="{html.escape(self._etag(posts, lang))}" aria-live="polite">{self._list(posts, lang)}</main>'
            '<script src="/practice/static/timeline.js" defer></script>'
        )
        title = escape(account.display_name) if account else words["title"]
        return _page(request, lang, title, body)

    async def _fragment(self, request: Request) -> Response:
        """The list alone, for the page that is already open; 304 while nothing changed."""
        query = request.query_params
        network = query.get("network") if query.get("network") in NAMES else None
        account = self._find(network, query.get("handle", "")) if network and query.get("handle") else None
        lang = language(request)
        posts = self._posts(network, account)
        headers = {"ETag": self._etag(posts, lang), "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(self._list(posts, lang), headers={**headers, "Content-Security-Policy": _CSP})

    def _posts(self, network: str | None, account: Account | None) -> list[Post]:
        if account:
            found = self._store.latest(network=account.network, account_id=account.id, limit=SHOWN)
        else:
            found = self._store.latest(network=network, limit=SHOWN)
        # A comment of a Page is shown below what it was written on.
        return [post for post in found if post.native.get("kind") != "comment"]

    def _header(
        self, request: Request, lang: str, *, network: str | None = None, account: Account | None = None
    ) -> str:
        words = WORDS[lang]
        links = []
        for value, name in ((None, words["all"]), *NAMES.items()):
            href = f"/?network={value}" if value else "/"
            current = ' aria-current="page"' if value == network and account is None and request.url.path == "/" else ""
            links.append(f'<a href="{href}"{current}>{name}</a>')
        filters = f'<nav class="filters" aria-label="{words["filter"]}">{"".join(links)}</nav>'
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

    def _etag(self, posts: list[Post], lang: str) -> str:
        seen = [(p.network, p.id, p.native.get("cid"), p.sha256, self._below(p, lang)) for p in posts]
        return f'"{hashlib.sha256(repr((lang, seen)).encode()).hexdigest()[:24]}"'

    def _article(self, post: Post, lang: str) -> str:
        words = WORDS[lang]
        account = self._store.accounts[post.network, post.account_id]
        profile = _profile_path(account)
        permalink = {"bluesky": f"{profile}/post/{post.id}", "facebook": f"/{post.id}"}.get(
            post.network, f"{profile}/{post.id}"
        )
        at = datetime.fromtimestamp(post.accepted_at, UTC)
        native = post.native.get("record", post.native)
        spoken = native.get("language") or next(iter(native.get("langs") or []), None)
        tongue = f' lang="{html.escape(str(spoken))}"' if spoken else ""
        body = f'<div class="text" dir="auto"{tongue}>{_text(post)}</div>' if post.text else ""
        images = "".join(self._image(post, m, alt, words) for m, alt in post.media)
        if images:
            body += f'<div class="images n{len(post.media)}">{images}</div>'
        spoiler = post.native.get("spoiler_text")
        if spoiler:
            body = f"<details><summary>{escape(spoiler)}</summary>{body}</details>"
        reply = f'<p class="reply">{words["reply"]}</p>' if native.get("reply") or native.get("in_reply_to_id") else ""
        return (
            f'<article class="post"><a class="who" href="{profile}">{_initials(account)}<span class="names">'
            f'<strong><bdi>{escape(account.display_name)}</bdi></strong><span class="handle"><bdi>@'
            f"{escape(account.handle)}</bdi></span></span></a>{_badge(post.network)}"
            f'<div class="body">{reply}{body}<a class="when" href="{permalink}"><time datetime="'
            f'{at.isoformat(timespec="milliseconds")}">{when(at, lang)}</time></a>'
            f"{self._below(post, lang)}</div></article>"
        )

    def _image(self, post: Post, media_id: str, alt: str, words: dict[str, str]) -> str:
        media = self._store.media.get((post.network, post.account_id, media_id))
        if media is None:
            return ""
        if post.network == "bluesky":
            src = f"/xrpc/com.atproto.sync.getBlob?did={quote(post.account_id, safe='')}&cid={media_id}"
        elif post.network == "facebook":
            src = f"/facebook/photos/{media_id}"
        else:
            src = f"/media/{media_id}"
        size = f' width="{media.width}" height="{media.height}"' if media.width and media.height else ""
        if not media.content_type.startswith("image/"):
            return f'<figure><figcaption class="missing">{escape(media.content_type)}</figcaption></figure>'
        caption = (
            f'<figcaption><span class="alt">ALT</span> <bdi>{escape(alt)}</bdi></figcaption>'
            if alt
            else f'<figcaption class="missing">{words["no_alt"]}</figcaption>'
        )
        return (
            f'<figure><img src="{html.escape(src)}" alt="{html.escape(_UNSAFE.sub("", alt))}" loading="lazy"'
            f"{size}>{caption}</figure>"
        )

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
    lang: str, asked: dict[str, str], *, failed: bool = False, handle: str = "", problem: str = "", code: str = ""
) -> Response:
    """Mastodon's page on which a person signs in and agrees, or is told why it cannot be."""
    words = WORDS[lang]
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
    )  # fmt: skip
    wrong = f'<p class="error" role="alert" id="wrong">{words["wrong_password"]}</p>' if failed else ""
    described = ' aria-describedby="wrong" aria-invalid="true"' if failed else ""
    app = f"<strong>{escape(asked['app'])}</strong>"
    scopes = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in asked["scope"].split())
    body = (
        f'<main class="sign-in"><h1>{words["sign_in"]}</h1><p>{words["asks"].format(app=app)}'
        f'</p><ul class="scopes">{scopes}</ul>{wrong}<form method="post" action="/oauth/authorize">{hidden}'
        f'<label for="username">{words["username"]}</label><input id="username" name="username" required '
        f'autocomplete="username" autocapitalize="none" value="{html.escape(handle)}"{described}>'
        f'<label for="password">{words["password"]}</label><input id="password" name="password" type="password" '
        f'required autocomplete="current-password"{described}><div class="actions"><button name="decision" '
        f'value="allow">'
        f'{words["allow"]}</button><button name="decision" value="deny" class="plain" formnovalidate>'
        f"{words['deny']}</button></div></form></main>"
    )
    return _bare(lang, words["sign_in"], body, 401 if failed else 200)


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
    switch = f'<nav class="languages" aria-label="{WORDS[lang]["language"]}">{"".join(links)}</nav>'
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


def when(at: datetime, lang: str) -> str:
    months = WORDS[lang]["months"].split()
    return f"{at.day} {months[at.month - 1]} {at.year}, {at:%H:%M:%S} UTC"


def _profile_path(account: Account) -> str:
    if account.network == "facebook":
        return f"/{account.id}"
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


def _link(url: str, shown: str) -> str:
    if not re.match(r"https?://", url, re.IGNORECASE):
        return shown
    return f'<a href="{html.escape(url)}" rel="nofollow noopener noreferrer" target="_blank">{shown}</a>'


def _lines(escaped: str) -> str:
    return escaped.replace("\r\n", "\n").replace("\n", "<br>")
