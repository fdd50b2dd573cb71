"""The application put together, and how to run it: in the foreground, or beside a test."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .bluesky import Bluesky
from .bluesky_appview import AppView
from .citizens import Citizens
from .citizens_control import CitizensControl
from .control import Control
from .exchange import Practice, Settings
from .facebook import Facebook
from .facebook_pages import FacebookPages
from .faults import Faults
from .feed_pages import FeedPages
from .feeds import Feeds
from .instagram import Instagram
from .linkedin import LinkedIn
from .linkedin_oauth import LinkedInOAuth
from .linkedin_pages import LinkedInPages
from .mastodon import Mastodon, media_file
from .mastodon_oauth import MastodonOAuth
from .meta_login import MetaLogin, Tokens
from .pages import Pages
from .pushing import Pusher, Webhook
from .request_log import RequestLog
from .store import Store
from .threads import Threads
from .wire import TimedProtocol
from .x import X
from .x_oauth import XOAuth
from .youtube import YouTube
from .youtube_oauth import YouTubeOAuth
from .youtube_pages import YouTubePages

HOST = "127.0.0.1"
BACKLOG = 2048


def build(
    store: Store,
    public_url: str,
    settings: Settings | None = None,
    webhook: Webhook | None = None,
    apps: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Starlette, Practice]:
    """The application on a store. `public_url`: the origin under which clients and people reach it. `webhook`: whom
    Facebook calls, if anybody. `apps`: network -> the secrets of its only application. Where a network is not named
    there, Meta's three know PRACTICE_APP (meta_login) and the others any."""
    practice = Practice(store, Faults(), RequestLog(), settings or Settings(), public_url.rstrip("/"))
    bluesky, mastodon = Bluesky(practice), Mastodon(practice)
    tokens = Tokens(practice)
    facebook = Facebook(practice, Pusher(webhook, practice.now), tokens)
    instagram = Instagram(practice, tokens)
    threads = Threads(practice, tokens)
    facebook_pages = FacebookPages(store, facebook)
    x = X(practice)
    feeds = Feeds(practice)
    citizens = Citizens(practice, [bluesky, mastodon, instagram, threads, x, feeds])
    linkedin = LinkedIn(practice)
    linkedin_pages = LinkedInPages(store, linkedin)
    youtube = YouTube(practice)
    youtube_pages = YouTubePages(store, youtube)
    below = (facebook_pages.below, linkedin_pages.below, youtube_pages.below)
    pages = Pages(practice, citizens, lambda post, lang: "".join(each(post, lang) for each in below))

    def forget_budgets() -> None:
        bluesky.forget_budgets()
        mastodon.forget_budgets()
        x.forget_budgets()
        youtube.forget_budgets()

    async def media(request: Request) -> Response:
        return await media_file(practice, request)

    routes = [
        *AppView(practice, bluesky).routes(),  # before the PDS, which answers all other methods
        *bluesky.routes(),
        *MetaLogin(practice, tokens, facebook, threads, apps or {}).routes(),  # before Mastodon's and Facebook's
        *MastodonOAuth(practice, mastodon).routes(),
        *mastodon.routes(),
        Route("/media/{id}", media),
        *Control(practice, forget_budgets).routes(),
        *threads.routes(),  # before Facebook, which takes every version,
        *instagram.routes(),  # and every id
        *facebook.routes(),
        *XOAuth(practice, x, (apps or {}).get("x")).routes(),
        *x.routes(),
        *LinkedInOAuth(practice, linkedin, (apps or {}).get("linkedin")).routes(),
        *linkedin.routes(),
        *YouTubeOAuth(practice, youtube, (apps or {}).get("youtube")).routes(),
        *youtube.routes(),
        *feeds.routes(),
        *CitizensControl(practice, citizens).routes(),
        *pages.routes(),
        *facebook_pages.routes(pages),
        *linkedin_pages.routes(pages),
        *youtube_pages.routes(pages),
        *FeedPages(store, feeds).routes(pages),
    ]
    return Starlette(routes=routes), practice


def configure(app: Starlette, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        http=TimedProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        backlog=BACKLOG,
        timeout_keep_alive=60,
        # Held requests (a fault may hold one for minutes) do not keep a Ctrl-C waiting.
        timeout_graceful_shutdown=1,
    )


def listening(port: int) -> socket.socket:
    """A socket on the loopback address; port 0 takes a free one. Raises OSError."""
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: an answer would otherwise
    # wait 40 ms for the client's delayed acknowledgement.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


@dataclass(frozen=True)
class Running:
    url: str
    practice: Practice


@contextmanager
def running(
    data: Path,
    *,
    settings: Settings | None = None,
    clock: Callable[[], float] = time.time,
    port: int = 0,
    webhook: Webhook | None = None,
    apps: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[Running]:
    """A server in a thread of this process, on a free port unless one is named, for as long as the block lasts."""
    sock = listening(port)
    url = f"http://{HOST}:{sock.getsockname()[1]}"
    store = Store(data, clock)
    app, practice = build(store, url, settings, webhook, apps)
    server = uvicorn.Server(configure(app, 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[sock])), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the practice server did not start")
            time.sleep(0.005)
        yield Running(url, practice)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        store.close()
        sock.close()
