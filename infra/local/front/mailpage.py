"""/mail: what the local stack would have sent.

A mail's text is shown as text. Its HTML is shown in a frame that has no origin, runs no script and loads nothing from
anywhere, whatever the sender wrote: the frame's own address answers with a policy that says so too.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.local.mail import Mail, Mailbox

_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HTML_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.5rem .75rem .5rem 0;
border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top;overflow-wrap:anywhere}
td:last-child,th:last-child{white-space:nowrap}
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;
border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:.375rem;font:inherit}
iframe{width:100%;height:60vh;border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:.375rem;
background:#fff}
@media(max-width:40rem){thead{display:none}tr{display:block;padding:.6rem 0;
border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}
td,td:last-child{display:block;border:0;padding:.1rem 0;white-space:normal}}
"""


def routes(mailbox: Mailbox) -> list[Route]:
    """The list, a message, and a message's HTML for the frame."""

    async def show_list(request: Request) -> Response:
        rows = "".join(
            f"<tr><td><a href='/mail/{mail.id}'>{escape(mail.subject or '(no subject)')}</a></td>"
            f"<td>{escape(mail.recipients)}</td><td>{_time(mail)}</td></tr>"
            for mail in mailbox.list()
        )
        empty = "<p>No mail has been sent.</p>"
        table = f"<table><thead><tr><th>Subject<th>To<th>Received (UTC)</thead><tbody>{rows}</tbody></table>"
        return page("Mail", f"<h1>Mail sent by this stack</h1>{table if rows else empty}")

    async def show_message(request: Request) -> Response:
        mail = mailbox.read(request.path_params["id"])
        if mail is None:
            return page("Mail", "<h1>There is no such mail</h1><p><a href='/mail'>All mail</a></p>", status=404)
        html = f"<h2>HTML</h2><iframe sandbox title='HTML of the mail' src='/mail/{mail.id}/html'></iframe>"
        return page(
            mail.subject or "Mail",
            f"<p><a href='/mail'>All mail</a></p><h1>{escape(mail.subject or '(no subject)')}</h1>"
            f"<dl><dt>From</dt><dd>{escape(mail.sender)}</dd><dt>To</dt><dd>{escape(mail.recipients)}</dd>"
            f"<dt>Received (UTC)</dt><dd>{_time(mail)}</dd></dl>"
            f"<pre>{escape(mail.text)}</pre>{html if mail.html is not None else ''}",
        )

    async def show_html(request: Request) -> Response:
        mail = mailbox.read(request.path_params["id"])
        if mail is None or mail.html is None:
            return Response("Not found", status_code=404, media_type="text/plain")
        return HTMLResponse(mail.html, headers={"Content-Security-Policy": _HTML_POLICY, "Cache-Control": "no-store"})

    return [
        Route("/mail", show_list),
        Route("/mail/", show_list),
        Route("/mail/{id}", show_message),
        Route("/mail/{id}/html", show_html),
    ]


def _time(mail: Mail) -> str:
    return f"<time datetime='{mail.received.isoformat()}'>{mail.received:%Y-%m-%d %H:%M:%S}</time>"


def page(title: str, body: str, *, status: int = 200, language: str = "en") -> Response:
    """A page of the local stack, which runs no script."""
    return HTMLResponse(
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<meta name='viewport' content='width=device-width'><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>",
        status_code=status,
        headers={"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store"},
    )
