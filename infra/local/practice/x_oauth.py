"""How an application gets X's tokens: the page where a person agrees, codes, tokens that end, refresh tokens that are
replaced at each use, and revoking.

Sources: docs.x.com, fundamentals/authentication/oauth-2-0/authorization-code and user-access-token (2026-08); RFC 6749,
7009, 7636.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .exchange import Call, Handler, Practice, endpoint
from .oauth import ASKED, answers_challenge, sent_back
from .pages import NAMES, language, sign_in_page
from .store import Account, digest, password_matches
from .x import NETWORK, X

PAGE = "/i/oauth2/authorize"
SCOPES = {
    "tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "users.email", "follows.read", "follows.write",
    "offline.access", "space.read", "mute.read", "mute.write", "like.read", "like.write", "list.read", "list.write",
    "block.read", "block.write", "bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write",
}  # fmt: skip


class _Refused(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, "error_description": description}


class XOAuth:
    def __init__(self, practice: Practice, x: X, app: Mapping[str, str] | None) -> None:
        """app: client_id and client_secret of the only application; without them any is taken."""
        self._practice = practice
        self._store = practice.store
        self._x = x
        self._app = app or {}

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", PAGE, "authorise", self._ask),
            ("POST", PAGE, "authorise", self._agree),
            ("POST", "/2/oauth2/token", "session", self._token),
            ("POST", "/2/oauth2/revoke", "session", self._revoke),
        ]
        return [
            Route(path, endpoint(self._practice, self._x, operation, self._answer(handler)), methods=[verb])
            for verb, path, operation, handler in methods
        ]

    @staticmethod
    def _answer(handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            try:
                return await handler(call)
            except _Refused as e:
                return JSONResponse(e.body, status_code=e.status)

        return answer

    # ------------------------------------------------------------ the page

    async def _ask(self, call: Call) -> Response:
        asked = {name: call.request.query_params.get(name, "") for name in ASKED}
        return self._problem(call, asked) or self._page(call, asked)

    async def _agree(self, call: Call) -> Response:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        asked = {name: form.get(name) or call.request.query_params.get(name, "") for name in ASKED}
        problem = self._problem(call, asked)
        if problem:
            return problem
        if form.get("decision") == "deny":
            return sent_back(asked, {"error": "access_denied"})
        handle = form.get("username", "").strip().removeprefix("@")
        account = self._store.by_handle(NETWORK, handle)
        if account is None or not password_matches(account.password, form.get("password", "")):
            return self._page(call, asked, failed=True, handle=handle)
        code = secrets.token_urlsafe(48)
        kept = {
            "client_id": asked["client_id"],
            "redirect_uri": asked["redirect_uri"],
            "scope": asked["scope"],
            "challenge": asked["code_challenge"],
            "plain": asked["code_challenge_method"] == "plain",
            "account_id": account.id,
            "until": self._practice.now() + self._practice.settings.authorization_code_seconds,
        }
        self._store.grant(f"x:code:{digest(code)}", kept)
        call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=account.id, created=True)
        return sent_back(asked, {"code": code})

    def _problem(self, call: Call, asked: dict[str, str]) -> Response | None:
        """Told to the person: X sends nobody back who came with a request that it does not understand."""
        known = self._app.get("client_id")
        wrong = (
            (known and asked["client_id"] != known) or not asked["client_id"],
            asked["response_type"] != "code",
            not asked["redirect_uri"],
            not asked["state"] or not asked["code_challenge"],
            asked["code_challenge_method"] not in ("S256", "plain"),
            not asked["scope"] or not set(asked["scope"].split()) <= SCOPES,
        )
        if not any(wrong):
            return None
        words = "Something went wrong. You weren't able to give access to the App. Go back and try logging in again."
        return sign_in_page(language(call.request), asked, problem=words, network=NAMES[NETWORK])

    def _page(self, call: Call, asked: dict[str, str], *, failed: bool = False, handle: str = "") -> Response:
        shown = {**asked, "app": "Parvis"}
        tongue, name = language(call.request), NAMES[NETWORK]
        return sign_in_page(tongue, shown, failed=failed, handle=handle, network=name, action=PAGE)

    # ------------------------------------------------------------ tokens

    async def _token(self, call: Call) -> Response:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        client_id = self._client(call)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(call, form, client_id)
            case "refresh_token":
                return self._renew(call, form)
        raise _Refused(400, "unsupported_grant_type", "The grant_type is not supported.")

    def _client(self, call: Call) -> str:
        scheme, _, given = call.request.headers.get("authorization", "").partition(" ")
        try:
            joined = base64.b64decode(given, validate=True).decode() if scheme == "Basic" else ""
        except ValueError:
            joined = ""
        client_id, _, client_secret = joined.partition(":")
        client_id, client_secret = unquote(client_id), unquote(client_secret)
        known = (self._app.get("client_id", client_id), self._app.get("client_secret", client_secret))
        if (
            not client_id
            or not client_secret
            or not hmac.compare_digest(":".join(known), f"{client_id}:{client_secret}")
        ):
            raise _Refused(401, "unauthorized_client", "Missing valid authorization header")
        return client_id

    def _exchange(self, call: Call, form: dict[str, str], client_id: str) -> Response:
        name = f"x:code:{digest(form.get('code', ''))}"
        kept = self._store.grants.get(name)
        if (
            kept is None
            or kept["client_id"] != client_id
            or kept["redirect_uri"] != form.get("redirect_uri")
            or kept["until"] <= self._practice.now()
            or not answers_challenge(form.get("code_verifier", ""), kept["challenge"], plain=kept["plain"])
        ):
            raise _Refused(400, "invalid_request", "Value passed for the authorization code was invalid.")
        self._store.withdraw(name)
        return self._issue(call, kept["account_id"], kept["scope"])

    def _renew(self, call: Call, form: dict[str, str]) -> Response:
        name = f"x:refresh:{digest(form.get('refresh_token', ''))}"
        kept = self._store.grants.get(name)
        if kept is None:
            raise _Refused(400, "invalid_request", "Value passed for the token was invalid.")
        self._store.withdraw(name)
        self._store.withdraw(kept["access"])
        return self._issue(call, kept["account_id"], kept["scope"])

    def _issue(self, call: Call, account_id: str, scope: str) -> Response:
        account: Account = self._store.accounts[NETWORK, account_id]
        access, life = secrets.token_urlsafe(64), self._practice.settings.access_token_seconds
        kept: dict[str, Any] = {"account_id": account_id, "scope": scope}
        access_name = f"x:access:{digest(access)}"
        self._store.grant(access_name, {**kept, "until": self._practice.now() + life})
        body = {"token_type": "bearer", "expires_in": int(life), "access_token": access, "scope": scope}
        if "offline.access" in scope.split():
            refresh = secrets.token_urlsafe(64)
            self._store.grant(f"x:refresh:{digest(refresh)}", {**kept, "access": access_name})
            body["refresh_token"] = refresh
        call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=account_id, created=True)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def _revoke(self, call: Call) -> Response:
        self._client(call)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        key = digest(form.get("token", ""))
        for name in (f"x:access:{key}", f"x:refresh:{key}"):
            kept = self._store.grants.get(name)
            if kept:
                self._store.withdraw(name)
                self._store.withdraw(kept.get("access", ""))
                call.accept(remote_id=kept["account_id"], created=False)
        return JSONResponse({"revoked": True})
