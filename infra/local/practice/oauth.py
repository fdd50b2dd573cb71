"""What OAuth 2.0 is alike on every practice network: forms, the way back, a client's secret, PKCE. Sources: RFC 6749,
RFC 7636."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response

from .exchange import Call

ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")
"""What an application asks a person's browser to ask for."""


def form_of(call: Call) -> dict[str, str]:
    """Empty for a body that does not say that it is a form."""
    kind = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))


def sent_back(asked: Mapping[str, str], answer: Mapping[str, str], *, fragment: str = "") -> Response:
    """The person, to the application, with the state that it gave."""
    if asked["state"]:
        answer = {**answer, "state": asked["state"]}
    uri = asked["redirect_uri"]
    to = f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(answer)}"
    return RedirectResponse(f"{to}#{fragment}" if fragment else to, status_code=302)


def proves_itself(said: Mapping[str, str], app: Mapping[str, str] | None) -> bool:
    """Whether a client gave its id and its secret, of the only application where there is one."""
    if not said.get("client_id") or not said.get("client_secret"):
        return False
    pairs = ((said[name], app.get(name, "") if app else said[name]) for name in ("client_id", "client_secret"))
    return all(hmac.compare_digest(given.encode(), known.encode()) for given, known in pairs)


def answers_challenge(verifier: str, challenge: str, *, plain: bool = False) -> bool:
    """By S256, or plain (RFC 7636, 4.6)."""
    hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(verifier if plain else hashed, challenge)


def token_refused(status: int, error: str, description: str) -> Response:
    """RFC 6749, 5.2."""
    return JSONResponse({"error": error, "error_description": description}, status_code=status)
