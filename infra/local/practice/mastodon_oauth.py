"""How a client gets a Mastodon token: registering, the page where a person signs in and agrees, codes, tokens.

Sources: https://docs.joinmastodon.org/methods/apps/, /methods/oauth/; RFC 6749, 7636 (PKCE, S256 only), 7009; errors
in the words of Doorkeeper, which Mastodon uses.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .exchange import Call, Handler, Practice, endpoint
from .mastodon import ApiError, Mastodon, Parameters
from .oauth import ASKED, answers_challenge, sent_back
from .pages import language, sign_in_page
from .store import digest, password_matches

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = {
    "profile", "read", "write", "follow", "push",
    *(f"read:{s}" for s in (
        "accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes",
        "notifications", "search", "statuses",
    )),
    *(f"write:{s}" for s in (
        "accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters", "follows", "lists",
        "media", "mutes", "notifications", "reports", "statuses",
    )),
}  # fmt: skip

_DESCRIPTIONS = {
    "invalid_client": "Client authentication failed due to unknown client, no client authentication included, or "
    "unsupported authentication method.",
    "invalid_grant": "The provided authorization grant is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client.",
    "invalid_request": "The request is missing a required parameter, includes an unsupported parameter value, or is "
    "otherwise malformed.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "unsupported_response_type": "The authorization server does not support this response type.",
    "unauthorized_client": "You are not authorized to revoke this token",
    "access_denied": "The resource owner or authorization server denied the request.",
    "invalid_redirect_uri": "The requested redirect uri is malformed or doesn't match client redirect URI.",
    "invalid_code_challenge_method": "The code_challenge_method must be S256.",
}


def oauth_error(status: int, error: str) -> ApiError:
    return ApiError(status, error, error_description=_DESCRIPTIONS[error])


class MastodonOAuth:
    def __init__(self, practice: Practice, mastodon: Mastodon) -> None:
        self._practice = practice
        self._store = practice.store
        self._mastodon = mastodon

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("POST", "/api/v1/apps", "authorise", self._register),
            ("GET", "/oauth/authorize", "authorise", self._ask),
            ("POST", "/oauth/authorize", "authorise", self._agree),
            ("POST", "/oauth/token", "session", self._token),
            ("POST", "/oauth/revoke", "session", self._revoke),
        ]
        return [
            Route(path, endpoint(self._practice, self._mastodon, operation, self._answer(handler)), methods=[verb])
            for verb, path, operation, handler in methods
        ]

    @staticmethod
    def _answer(handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            try:
                return await handler(call)
            except ApiError as e:
                return e.response()

        return answer

    async def _register(self, call: Call) -> Response:
        parameters = await Parameters.of(call)
        name = (parameters.text("client_name") or "").strip()
        uris = [u for item in parameters.texts("redirect_uris") for u in item.split()]
        scopes = (parameters.text("scopes") or "read").split()
        website = parameters.text("website")
        if not name:
            raise ApiError(422, "Validation failed: Application name can't be blank")
        if not uris:
            raise ApiError(422, "Validation failed: Redirect URI can't be blank")
        for uri in uris:
            parts = urlsplit(uri)
            if uri != OUT_OF_BAND and not (parts.scheme and (parts.netloc or parts.path.startswith("/"))):
                raise ApiError(422, "Validation failed: Redirect URI must be an absolute URI.")
            if parts.fragment:
                raise ApiError(422, "Validation failed: Redirect URI cannot contain a fragment.")
        if not set(scopes) <= SCOPES:
            raise ApiError(422, "Validation failed: Scopes doesn't match configured on the server.")
        client_id, client_secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        number = 1 + sum(n.startswith("mastodon:app:") for n in self._store.grants)
        self._store.grant(
            f"mastodon:app:{client_id}",
            {
                "name": name, "website": website, "redirect_uris": uris, "scopes": scopes,
                "secret": digest(client_secret),
            },
        )  # fmt: skip
        call.accept(remote_id=client_id, created=True)
        return JSONResponse(
            {
                "id": str(number),
                "name": name,
                "website": website,
                "scopes": scopes,
                "redirect_uri": "\n".join(uris),
                "redirect_uris": uris,
                "client_id": client_id,
                "client_secret": client_secret,
                "client_secret_expires_at": 0,
                "vapid_key": "",
            }
        )

    # ------------------------------------------------------------ the page

    async def _ask(self, call: Call) -> Response:
        asked, refused = await self._asked(call)
        return refused or self._page(call, asked)

    async def _agree(self, call: Call) -> Response:
        asked, refused = await self._asked(call)
        if refused:
            return refused
        parameters = await Parameters.of(call)
        if parameters.text("decision") == "deny":
            return sent_back(asked, {"error": "access_denied", "error_description": _DESCRIPTIONS["access_denied"]})
        handle = (parameters.text("username") or "").strip().removeprefix("@").split("@")[0]
        account = self._store.by_handle("mastodon", handle)
        if account is None or not password_matches(account.password, parameters.text("password") or ""):
            return self._page(call, asked, failed=True, handle=handle)
        code = secrets.token_urlsafe(32)
        self._store.grant(
            f"mastodon:code:{digest(code)}",
            {
                "client_id": asked["client_id"],
                "redirect_uri": asked["redirect_uri"],
                "scope": asked["scope"],
                "challenge": asked["code_challenge"],
                "account_id": account.id,
                "until": self._practice.now() + self._practice.settings.authorization_code_seconds,
                "token": None,
            },
        )
        call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=account.id, created=True)
        if asked["redirect_uri"] == OUT_OF_BAND:
            return sign_in_page(language(call.request), asked, code=code)
        return sent_back(asked, {"code": code})

    async def _asked(self, call: Call) -> tuple[dict[str, str], Response | None]:
        """What the client asks for, and the refusal where it may not. A client or an address that is not known is
        told to the person, never to the address."""
        parameters = await Parameters.of(call)
        asked = {name: parameters.text(name) or "" for name in ASKED}
        app = self._store.grants.get(f"mastodon:app:{asked['client_id']}")
        if app is None:
            return asked, self._page(call, asked, problem="invalid_client")
        if asked["redirect_uri"] not in app["redirect_uris"]:
            return asked, self._page(call, asked, problem="invalid_redirect_uri")
        asked["app"] = app["name"]
        asked["scope"] = asked["scope"] or "read"
        problem = None
        if asked["response_type"] != "code":
            problem = "unsupported_response_type"
        elif not all(s in app["scopes"] or s.split(":")[0] in app["scopes"] for s in asked["scope"].split()):
            problem = "invalid_scope"
        elif asked["code_challenge"] and asked["code_challenge_method"] != "S256":
            problem = "invalid_code_challenge_method"
        if problem:
            return asked, sent_back(asked, {"error": problem, "error_description": _DESCRIPTIONS[problem]})
        return asked, None

    def _page(
        self, call: Call, asked: dict[str, str], *, failed: bool = False, handle: str = "", problem: str = ""
    ) -> Response:
        description = _DESCRIPTIONS.get(problem, "")
        return sign_in_page(language(call.request), asked, failed=failed, handle=handle, problem=description)

    # ------------------------------------------------------------ tokens

    async def _token(self, call: Call) -> Response:
        parameters = await Parameters.of(call)
        client_id = self._client(call, parameters)
        match parameters.text("grant_type"):
            case "authorization_code":
                return self._exchange_code(call, parameters, client_id)
            case "client_credentials":
                scope = parameters.text("scope") or "read"
                app = self._store.grants[f"mastodon:app:{client_id}"]
                if not set(scope.split()) <= set(app["scopes"]):
                    raise oauth_error(400, "invalid_scope")
                return self._issue(call, client_id, None, scope)
            case None:
                raise oauth_error(400, "invalid_request")
        raise oauth_error(400, "unsupported_grant_type")

    def _exchange_code(self, call: Call, parameters: Parameters, client_id: str) -> Response:
        name = f"mastodon:code:{digest(parameters.text('code') or '')}"
        kept = self._store.grants.get(name)
        if kept is None or kept["client_id"] != client_id or kept["redirect_uri"] != parameters.text("redirect_uri"):
            raise oauth_error(400, "invalid_grant")
        if kept["token"] is not None:
            # A code that comes back was stolen: what it gave is taken away (RFC 6749, 4.1.2).
            self._revoke_token(kept["token"])
            raise oauth_error(400, "invalid_grant")
        if kept["until"] <= self._practice.now():
            raise oauth_error(400, "invalid_grant")
        challenge, verifier = kept["challenge"], parameters.text("code_verifier") or ""
        if challenge and not answers_challenge(verifier, challenge):
            raise oauth_error(400, "invalid_grant")
        return self._issue(call, client_id, kept["account_id"], kept["scope"], code=(name, kept))

    def _issue(
        self, call: Call, client_id: str, account_id: str | None, scope: str,
        code: tuple[str, dict[str, Any]] | None = None,
    ) -> Response:  # fmt: skip
        token = secrets.token_urlsafe(32)
        name = f"mastodon:token:{digest(token)}"
        now = self._practice.now()
        self._store.grant(name, {"client_id": client_id, "account_id": account_id, "scope": scope, "created_at": now})
        if code:
            self._store.grant(code[0], {**code[1], "token": name})
        account = self._store.accounts.get(("mastodon", str(account_id)))
        if account:
            call.entry.handle, call.entry.account_id = account.handle, account.id
        call.accept(remote_id=account_id or client_id, created=True)
        body = {"access_token": token, "token_type": "Bearer", "scope": scope, "created_at": int(now)}
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def _revoke(self, call: Call) -> Response:
        parameters = await Parameters.of(call)
        client_id = self._client(call, parameters, unknown=403)
        name = f"mastodon:token:{digest(parameters.text('token') or '')}"
        kept = self._store.grants.get(name)
        if kept is None:
            return JSONResponse({})
        if kept["client_id"] != client_id:
            raise oauth_error(403, "unauthorized_client")
        self._revoke_token(name)
        call.accept(remote_id=str(kept["account_id"]), created=False)
        return JSONResponse({})

    def _revoke_token(self, name: str) -> None:
        kept = self._store.grants.get(name)
        if kept:
            self._store.grant(name, {**kept, "revoked": True})

    def _client(self, call: Call, parameters: Parameters, unknown: int = 401) -> str:
        """The client that proves itself by its secret, in the body or by HTTP Basic. Raises ApiError."""
        client_id, client_secret = parameters.text("client_id") or "", parameters.text("client_secret") or ""
        header = call.request.headers.get("authorization", "")
        if not client_id and header.startswith("Basic "):
            try:
                client_id, _, client_secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
            except ValueError:
                client_id = ""
        app = self._store.grants.get(f"mastodon:app:{client_id}")
        if app is None or not hmac.compare_digest(app["secret"], digest(client_secret)):
            raise oauth_error(unknown, "invalid_client" if unknown == 401 else "unauthorized_client")
        return client_id
