"""How an application gets LinkedIn tokens: the page where a person agrees, codes, access tokens, refresh tokens.

Source: learn.microsoft.com, linkedin/shared/authentication (authorization-code-flow, programmatic-refresh-tokens). A
practice person signs in with the name and password of one page, and administers every page with that password. A
refresh token stands 365 days from then on, and using it changes nothing about it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .comments import person_id
from .exchange import Call, Practice, endpoint
from .linkedin import NETWORK, LinkedIn
from .oauth import form_of, proves_itself, sent_back, token_refused
from .pages import NAMES, language, sign_in_page
from .store import digest, password_matches

SCOPES = {
    "r_organization_social", "w_organization_social", "r_organization_social_feed", "w_organization_social_feed",
    "rw_organization_admin", "r_organization_admin", "r_basicprofile", "w_member_social",
}  # fmt: skip
_PATH = "/oauth/v2/authorization"


class LinkedInOAuth:
    def __init__(self, practice: Practice, linkedin: LinkedIn, app: Mapping[str, str] | None) -> None:
        """app: client_id and client_secret of the only application, or None: any."""
        self._practice = practice
        self._store = practice.store
        self._linkedin = linkedin
        self._app = app

    def routes(self) -> list[Route]:
        methods = [
            ("GET", _PATH, "authorise", self._ask),
            ("POST", _PATH, "authorise", self._agree),
            ("POST", "/oauth/v2/accessToken", "session", self._token),
        ]
        return [
            Route(path, endpoint(self._practice, self._linkedin, operation, handler), methods=[verb])
            for verb, path, operation, handler in methods
        ]

    # ------------------------------------------------------------ the page

    async def _ask(self, call: Call) -> Response:
        asked, refused = self._asked(call)
        return refused or sign_in_page(language(call.request), asked, action=_PATH, network=NAMES[NETWORK])

    async def _agree(self, call: Call) -> Response:
        asked, refused = self._asked(call)
        if refused:
            return refused
        said = form_of(call)
        if said.get("decision") == "deny":
            return sent_back(asked, {"error": "user_cancelled_authorize", "error_description": "Cancelled"})
        handle, password = said.get("username", "").strip().removeprefix("@"), said.get("password", "")
        account = self._store.by_handle(NETWORK, handle)
        if account is None or not password_matches(account.password, password):
            return sign_in_page(
                language(call.request), asked, failed=True, handle=handle, action=_PATH, network="LinkedIn"
            )
        pages = [each for (network, _), each in self._store.accounts.items() if network == NETWORK]
        others = [each.id for each in pages if each is not account and password_matches(each.password, password)]
        code = secrets.token_urlsafe(32)
        self._store.grant(
            f"linkedin:code:{digest(code)}",
            {
                "client_id": asked["client_id"],
                "redirect_uri": asked["redirect_uri"],
                "scope": asked["scope"],
                "person": f"urn:li:person:{person_id(NETWORK, handle)}",
                "organisations": [account.id, *others],
                "until": self._practice.now() + self._practice.settings.authorization_code_seconds,
            },
        )
        call.accept(remote_id=account.id, created=True)
        return sent_back(asked, {"code": code})

    def _asked(self, call: Call) -> tuple[dict[str, str], Response | None]:
        said = {**dict(call.request.query_params), **form_of(call)}
        names = ("client_id", "redirect_uri", "response_type", "scope", "state")
        asked = {name: said.get(name, "") for name in names} | {"code_challenge": "", "code_challenge_method": ""}
        asked["app"] = "Parvis"
        known = asked["client_id"] if self._app is None else self._app.get("client_id", "")
        if not asked["client_id"] or asked["client_id"] != known or not urlsplit(asked["redirect_uri"]).scheme:
            problem = "The application or its address is not known"
            return asked, sign_in_page(language(call.request), asked, problem=problem, network=NAMES[NETWORK])
        scopes = set(asked["scope"].split())
        if asked["response_type"] != "code" or not scopes or not scopes <= SCOPES:
            return asked, sent_back(asked, {"error": "unauthorized_scope_error"})
        return asked, None

    # ------------------------------------------------------------ tokens

    async def _token(self, call: Call) -> Response:
        said = form_of(call)
        if not proves_itself(said, self._app):
            return token_refused(401, "invalid_client", "Client authentication failed")
        match said.get("grant_type"):
            case "authorization_code":
                name = f"linkedin:code:{digest(said.get('code', ''))}"
                kept = self._store.grants.get(name)
                if (
                    kept is None
                    or (kept["client_id"], kept["redirect_uri"]) != (said["client_id"], said.get("redirect_uri"))
                    or kept["until"] <= self._practice.now()
                ):
                    message = "Unable to retrieve access token: appid/redirect uri/code verifier does not match"
                    return token_refused(400, "invalid_request", message)
                self._store.withdraw(name)
                until = self._practice.now() + self._practice.settings.linkedin_refresh_seconds
                refresh = secrets.token_urlsafe(48) if self._practice.settings.linkedin_refresh_tokens else None
                if refresh:
                    self._store.grant(f"linkedin:refresh:{digest(refresh)}", {**kept, "until": until})
                return self._issue(call, kept, refresh, until)
            case "refresh_token":
                refresh = said.get("refresh_token", "")
                kept = self._store.grants.get(f"linkedin:refresh:{digest(refresh)}")
                if kept is None or kept["client_id"] != said["client_id"] or kept["until"] <= self._practice.now():
                    message = "The provided authorization grant or refresh token is invalid, expired or revoked"
                    return token_refused(400, "invalid_request", message)
                return self._issue(call, kept, refresh, kept["until"])
        return token_refused(400, "invalid_request", "grant_type is not what it may be")

    def _issue(self, call: Call, kept: Mapping[str, Any], refresh: str | None, until: float) -> Response:
        access, now = secrets.token_urlsafe(64), self._practice.now()
        # An access token does not outlive the refresh token that it came from.
        seconds = min(self._practice.settings.linkedin_access_seconds, max(until - now, 1.0))
        self._store.grant(f"linkedin:token:{digest(access)}", {**kept, "until": now + seconds})
        account = self._store.accounts.get((NETWORK, kept["organisations"][0]))
        if account:
            call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=kept["organisations"][0], created=True)
        body: dict[str, Any] = {"access_token": access, "expires_in": int(seconds), "scope": kept["scope"]}
        if refresh:
            body |= {"refresh_token": refresh, "refresh_token_expires_in": int(until - now)}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})
