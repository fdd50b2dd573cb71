"""The front of the local stack: what CloudFront does on AWS, and pages of the mail and the pushes that were caught."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.front.headers import security_headers
from infra.local.front.mailpage import routes as mail_routes
from infra.local.front.proxy import GATEWAY_SECONDS, Proxy
from infra.local.front.pushpage import routes as push_routes
from infra.local.front.site import Site
from infra.local.mail import Mailbox
from infra.local.push import Pushes

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True)
class FrontSettings:
    """Where things are: the API before /api, the origin of presigned addresses, the built site, the caught mail and,
    where there are any, the kept pushes."""

    api_url: str
    file_origin: str
    site: Path
    mail: Path
    gateway_seconds: float = GATEWAY_SECONDS
    push: Path | None = None


class SecurityHeaders:
    """Adds the site's headers to each answer that does not bring its own."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in self._headers if name not in present),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)


Background = Callable[[Mailbox], AbstractAsyncContextManager[None]]


def application(settings: FrontSettings, background: Background | None = None) -> Starlette:
    """The front as an ASGI application; `background` runs as long as it does (the mail catcher)."""
    mailbox = Mailbox(settings.mail)
    proxy = Proxy(settings.api_url, seconds=settings.gateway_seconds)
    site = Site(settings.site)

    async def api(request: Request) -> Response:
        return await proxy(request)

    async def page(request: Request) -> Response:
        return await site(request)

    async def root_of_api(request: Request) -> Response:
        return RedirectResponse("/api/", status_code=308)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with background(mailbox) if background else contextlib.nullcontext():
            yield
        await proxy.close()

    return Starlette(
        routes=[
            Route("/api", root_of_api, methods=_METHODS),
            Route("/api/{path:path}", api, methods=_METHODS),
            *mail_routes(mailbox),
            *(push_routes(Pushes(settings.push)) if settings.push else []),
            Route("/{path:path}", page, methods=_METHODS),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(settings.file_origin))],
        lifespan=lifespan,
    )
