"""How an application gets tokens of Google's for a channel: the page where a person agrees, codes, tokens.

Source: developers.google.com/identity/protocols/oauth2/web-server (2026-08). A refresh token comes with the first
exchange of a code that asked for offline access, and never again; a refresh gives an access token alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .exchange import Call, Practice, endpoint
from .pages import NAMES, language, sign_in_page
from .store import digest, password_matches
from .youtube import NETWORK, SCOPE, YouTube

_PATH = "/o/oauth2/v2/auth"
_NAMES = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")


class YouTubeOAuth:
    def __init__(self, practice: Practice, youtube: YouTube, app: Mapping[str, str] | None) -> None:
        """app: client_id and client_secret of the only application, or None: any."""
        self._practice = practice
        self._store = practice.store
        self._youtube = youtube
        self._app = app

    def routes(self) -> list[Route]:
        methods = [
            ("GET", _PATH, "authorise", self._ask),
            ("POST", _PATH, "authorise", self._agree),
            ("POST", "/o/oauth2/token", "session", self._token),
        ]
        return [
            Route(path, endpoint(self._practice, self._youtube, operation, handler), methods=[verb])
            for verb, path, operation, handler in methods
        ]

    async def _ask(self, call: Call) -> Response:
        asked, refused = self._asked(call)
        # The page's form goes back to its own address, which says whether offline access is asked for.
        return refused or sign_in_page(language(call.request), asked, action=self._action(call), network=NAMES[NETWORK])

    async def _agree(self, call: Call) -> Response:
        asked, refused = self._asked(call)
        if refused:
            return refused
        said = _form(call)
        if said.get("decision") == "deny":
            return self._redirect(asked, {"error": "access_denied"})
        handle = said.get("username", "").strip().removeprefix("@")
        account = self._store.by_handle(NETWORK, handle)
        if account is None or not password_matches(account.password, said.get("password", "")):
            page = self._action(call)
            return sign_in_page(
                language(call.request), asked, failed=True, handle=handle, action=page, network="YouTube"
            )
        if not self._youtube.videos_of(account.id):
            self._youtube.publish_video(account, "Bienvenue · Welcome")
        code = secrets.token_urlsafe(32)
        kept = {name: asked[name] for name in ("client_id", "redirect_uri", "scope", "code_challenge")}
        offline = call.request.query_params.get("access_type") == "offline"
        until = self._practice.now() + self._practice.settings.authorization_code_seconds
        grant = {**kept, "channel": account.id, "until": until, "offline": offline}
        self._store.grant(f"youtube:code:{digest(code)}", grant)
        call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=account.id, created=True)
        return self._redirect(asked, {"code": code, "scope": asked["scope"]})

    @staticmethod
    def _action(call: Call) -> str:
        access = call.request.query_params.get("access_type", "")
        return f"{_PATH}?{urlencode({'access_type': access})}" if access else _PATH

    def _asked(self, call: Call) -> tuple[dict[str, str], Response | None]:
        said = {**dict(call.request.query_params), **_form(call)}
        asked = {name: said.get(name, "") for name in _NAMES} | {"app": "Parvis"}
        known = asked["client_id"] if self._app is None else self._app.get("client_id", "")
        if not asked["client_id"] or asked["client_id"] != known or not urlsplit(asked["redirect_uri"]).scheme:
            return asked, sign_in_page(
                language(call.request), asked, problem="Error 401: invalid_client", network="YouTube"
            )
        if asked["response_type"] != "code" or asked["code_challenge_method"] not in ("", "S256"):
            return asked, self._redirect(asked, {"error": "invalid_request"})
        if asked["scope"] != SCOPE:
            return asked, self._redirect(asked, {"error": "invalid_scope"})
        return asked, None

    @staticmethod
    def _redirect(asked: dict[str, str], answer: dict[str, str]) -> Response:
        if asked["state"]:
            answer = {**answer, "state": asked["state"]}
        uri = asked["redirect_uri"]
        return RedirectResponse(f"{uri}{'&' if urlsplit(uri).query else '?'}{urlencode(answer)}", status_code=302)

    # ------------------------------------------------------------ tokens

    async def _token(self, call: Call) -> Response:
        said = _form(call)
        if not self._is_known(said):
            return _error(401, "invalid_client", "The OAuth client was not found.")
        match said.get("grant_type"):
            case "authorization_code":
                name = f"youtube:code:{digest(said.get('code', ''))}"
                kept = self._store.grants.get(name)
                if kept is None or not self._fits(kept, said):
                    return _error(400, "invalid_grant", "Bad Request")
                self._store.withdraw(name)
                refresh = secrets.token_urlsafe(48) if kept["offline"] else None
                if refresh:
                    self._store.grant(f"youtube:refresh:{digest(refresh)}", kept)
                return self._issue(call, kept, refresh)
            case "refresh_token":
                kept = self._store.grants.get(f"youtube:refresh:{digest(said.get('refresh_token', ''))}")
                if kept is None or kept["client_id"] != said["client_id"]:
                    return _error(400, "invalid_grant", "Token has been expired or revoked.")
                return self._issue(call, kept, None)
        return _error(400, "unsupported_grant_type", "Invalid grant_type")

    def _is_known(self, said: Mapping[str, str]) -> bool:
        if not said.get("client_id") or not said.get("client_secret"):
            return False
        app = self._app
        pairs = ((said[name], app.get(name, "") if app else said[name]) for name in ("client_id", "client_secret"))
        return all(hmac.compare_digest(given.encode(), known.encode()) for given, known in pairs)

    def _fits(self, kept: Mapping[str, Any], said: Mapping[str, str]) -> bool:
        if kept["until"] <= self._practice.now():
            return False
        if (kept["client_id"], kept["redirect_uri"]) != (said["client_id"], said.get("redirect_uri")):
            return False
        made = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        return not kept["code_challenge"] or hmac.compare_digest(challenge, kept["code_challenge"])

    def _issue(self, call: Call, kept: Mapping[str, Any], refresh: str | None) -> Response:
        access, seconds = secrets.token_urlsafe(64), self._practice.settings.youtube_access_seconds
        until = self._practice.now() + seconds
        grant = {"channel": kept["channel"], "scope": kept["scope"], "until": until}
        self._store.grant(f"youtube:token:{digest(access)}", grant)
        account = self._store.accounts.get((NETWORK, kept["channel"]))
        if account:
            call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=kept["channel"], created=True)
        body: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "scope": kept["scope"]}
        body["expires_in"] = max(1, int(seconds))
        if refresh:
            body["refresh_token"] = refresh
        return JSONResponse(body, headers={"Cache-Control": "no-store"})


def _form(call: Call) -> dict[str, str]:
    kind = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))


def _error(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status_code=status)
