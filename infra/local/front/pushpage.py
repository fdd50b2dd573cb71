"""/push: what the local stack would have pushed to devices; and the push service that gives a browser its token.

/push.json tells the application where it gets a token from. On AWS that file is not there, and the application says
that push is not set up: FCM's own web SDK is not built in yet.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.front.mailpage import page
from infra.local.push import Push, Pushes, practice_token

TOKENS = "/push/tokens"


def routes(pushes: Pushes) -> list[Route]:
    """The page, the application's configuration, and the tokens."""

    async def show(request: Request) -> Response:
        rows = "".join(_row(each) for each in pushes.list())
        heads = "<th>Push<th>Appareil / Device<th>Reçu / Received (UTC)"
        table = f"<table><thead><tr>{heads}</thead><tbody>{rows}</tbody></table>"
        empty = "<p>Rien n’a été envoyé.<br><span lang='en'>Nothing has been pushed.</span></p>"
        head = "<h1>Notifications poussées <span lang='en'>/ Pushes</span></h1><p><a href='/mail'>Mail</a></p>"
        return page("Push", head + (table if rows else empty), language="fr")

    async def configuration(request: Request) -> Response:
        return JSONResponse({"kind": "practice", "tokens": TOKENS}, headers={"Cache-Control": "no-store"})

    async def token(request: Request) -> Response:
        return JSONResponse({"token": practice_token()}, status_code=201, headers={"Cache-Control": "no-store"})

    return [
        Route("/push", show),
        Route("/push/", show),
        Route("/push.json", configuration),
        Route(TOKENS, token, methods=["POST"]),
    ]


def _row(push: Push) -> str:
    title = escape(push.title or "?")
    # Only an address is a link: what was pushed is shown, not trusted.
    named = f"<a href='{escape(push.link)}'>{title}</a>" if push.link.startswith(("http://", "https://")) else title
    moment = f"<time datetime='{push.received.isoformat()}'>{push.received:%Y-%m-%d %H:%M:%S}</time>"
    return f"<tr><td>{named}<br>{escape(push.body)}</td><td>{escape(push.token[:20])}…</td><td>{moment}</td></tr>"
