"""How an application gets tokens of Google's for a channel: the page where a person agrees, codes, tokens.

Source: developers.google.com/identity/protocols/oauth2/web-server (2026-08). A refresh token comes with the first
exchange of a code that asked for offline access, and never again; a refresh gives an access token alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .exchange import Call, Practice, endpoint
from .oauth import ASKED, answers_challenge, form_of, proves_itself, sent_back, token_refused
from .pages import NAMES, language, sign_in_page
from .store import digest, password_matches
from .youtube import NETWORK, SCOPE, YouTube

_PATH = "/o/oauth2/v2/auth"


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
        said = form_of(call)
        if said.get("decision") == "deny":
            return sent_back(asked, {"error": "access_denied"})
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
        return sent_back(asked, {"code": code, "scope": asked["scope"]})

    @staticmethod
    def _action(call: Call) -> str:
        access = call.request.query_params.get("access_type", "")
        return f"{_PATH}?{urlencode({'access_type': access})}" if access else _PATH

    def _asked(self, call: Call) -> tuple[dict[str, str], Response | None]:
        said = {**dict(call.request.query_params), **form_of(call)}
        asked = {name: said.get(name, "") for name in ASKED} | {"app": "Parvis"}
        known = asked["client_id"] if self._app is None else self._app.get("client_id", "")
        if not asked["client_id"] or asked["client_id"] != known or not urlsplit(asked["redirect_uri"]).scheme:
            return asked, sign_in_page(
                language(call.request), asked, problem="Error 401: invalid_client", network="YouTube"
            )
        if asked["response_type"] != "code" or asked["code_challenge_method"] not in ("", "S256"):
            return asked, sent_back(asked, {"error": "invalid_request"})
        if asked["scope"] != SCOPE:
            return asked, sent_back(asked, {"error": "invalid_scope"})
        return asked, None

    # ------------------------------------------------------------ tokens

    async def _token(self, call: Call) -> Response:
        said = form_of(call)
        if not proves_itself(said, self._app):
            return token_refused(401, "invalid_client", "The OAuth client was not found.")
        match said.get("grant_type"):
            case "authorization_code":
                name = f"youtube:code:{digest(said.get('code', ''))}"
                kept = self._store.grants.get(name)
                if kept is None or not self._fits(kept, said):
                    return token_refused(400, "invalid_grant", "Bad Request")
                self._store.withdraw(name)
                refresh = secrets.token_urlsafe(48) if kept["offline"] else None
                if refresh:
                    self._store.grant(f"youtube:refresh:{digest(refresh)}", kept)
                return self._issue(call, kept, refresh)
            case "refresh_token":
                kept = self._store.grants.get(f"youtube:refresh:{digest(said.get('refresh_token', ''))}")
                if kept is None or kept["client_id"] != said["client_id"]:
                    return token_refused(400, "invalid_grant", "Token has been expired or revoked.")
                return self._issue(call, kept, None)
        return token_refused(400, "unsupported_grant_type", "Invalid grant_type")

    def _fits(self, kept: Mapping[str, Any], said: Mapping[str, str]) -> bool:
        if kept["until"] <= self._practice.now():
            return False
        if (kept["client_id"], kept["redirect_uri"]) != (said["client_id"], said.get("redirect_uri")):
            return False
        return not kept["code_challenge"] or answers_challenge(said.get("code_verifier", ""), kept["code_challenge"])

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
