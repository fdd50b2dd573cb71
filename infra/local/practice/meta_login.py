"""How a client gets Meta's tokens: the page where a person signs in and agrees, codes, tokens of people, of Pages and
of Threads users.

Sources: developers.facebook.com (facebook-login/guides/advanced/manual-flow, access-tokens; threads/get-started),
2026-06.
A person here is whoever knows the password of a Page or of an Instagram account, and manages every Page with that
password. An Instagram account stands behind a Page, which is made with it where there is none of its name.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .exchange import Call, Handler, Practice, Protocol_, endpoint
from .graph_answers import Chosen, GraphError, answering, paged
from .oauth import sent_back
from .pages import NAMES, language, sign_in_page
from .store import Account, Store, digest, password_matches

PRACTICE_APP = {"client_id": "700000000000001", "client_secret": "practice-app-secret"}
"""Of an application with Meta, where the server was given none."""

SHORT_SECONDS = 3600.0
LONG_SECONDS = 60 * 86_400.0
_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state")


def is_meta_app(client_id: str) -> bool:
    """Meta's are numbers, and nobody else's here are."""
    return client_id.isascii() and client_id.isdigit()


class Tokens:
    """Of people ("user"), of their Pages ("page") and of Threads users ("threads"), kept as digests."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store

    def issue(self, kind: str, seconds: float | None, **more: Any) -> str:
        token = f"EAA{secrets.token_hex(24)}" if kind != "threads" else f"TH{secrets.token_hex(24)}"
        now = self._practice.now()
        until = now + seconds if seconds is not None else None
        self._store.grant(f"meta:token:{digest(token)}", {"kind": kind, "at": now, "until": until, **more})
        return token

    def read(self, token: str, kind: str) -> dict[str, Any] | None:
        """What the token stands for, if it does."""
        kept = self._store.grants.get(f"meta:token:{digest(token)}") if token else None
        if kept is None or kept["kind"] != kind:
            return None
        return None if kept["until"] is not None and kept["until"] <= self._practice.now() else kept

    def withdraw(self, token: str) -> None:
        self._store.withdraw(f"meta:token:{digest(token)}")


def instagram_behind(store: Store, page: str) -> Account | None:
    """The Instagram account that stands behind a Page."""
    for name, kept in store.grants.items():
        if name.startswith("instagram:page:") and kept["page"] == page:
            return store.accounts.get(("instagram", name.rpartition(":")[2]))
    return None


class MetaLogin:
    """`apps`: network -> client_id and client_secret, PRACTICE_APP for one that is not named."""

    def __init__(
        self, practice: Practice, tokens: Tokens, facebook: Protocol_, threads: Protocol_,
        apps: Mapping[str, Mapping[str, str]],
    ) -> None:  # fmt: skip
        self._practice = practice
        self._store = practice.store
        self._tokens = tokens
        self._facebook = facebook
        self._threads = threads
        self._apps = apps

    def routes(self) -> list[Route]:
        version = "/{version:graph}"
        plain: list[tuple[str, str, str, Protocol_, Handler]] = [
            ("GET", f"{version}/dialog/oauth", "authorise", self._facebook, self._ask),
            ("POST", f"{version}/dialog/oauth", "authorise", self._facebook, self._agree),
            ("GET", f"{version}/oauth/access_token", "session", self._facebook, self._exchange),
            ("GET", f"{version}/me/accounts", "session", self._facebook, self._accounts),
            ("POST", "/oauth/access_token", "session", self._threads, self._threads_code),
            ("GET", "/access_token", "session", self._threads, self._threads_long),
            ("GET", "/refresh_access_token", "session", self._threads, self._threads_refresh),
        ]
        routes: list[Route] = [
            Route(path, endpoint(self._practice, network, operation, answering(handler)), methods=[verb])
            for verb, path, operation, network, handler in plain
        ]
        # The practice Mastodon has the same address.
        for verb, handler in (("GET", self._ask), ("POST", self._agree)):
            serve = endpoint(self._practice, self._threads, "authorise", answering(handler))
            routes.append(
                Chosen("/oauth/authorize", serve, methods=[verb], where=lambda q: is_meta_app(q.get("client_id", "")))
            )
        return routes

    # ------------------------------------------------------------ the page

    def _network_of(self, call: Call) -> str:
        """Whose sign-in it is: Threads has an address of its own; the dialog is Instagram's where it asks for that."""
        if call.request.url.path == "/oauth/authorize":
            return "threads"
        return "instagram" if "instagram_basic" in call.request.query_params.get("scope", "") else "facebook"

    def _known(self, network: str, client_id: str) -> bool:
        return hmac.compare_digest(self._app(network)["client_id"].encode(), client_id.encode())

    def _app(self, network: str) -> Mapping[str, str]:
        given = self._apps.get(network, {})
        secret = given.get("client_secret") or given.get("app_secret") or ""
        return {"client_id": given["client_id"], "client_secret": secret} if "client_id" in given else PRACTICE_APP

    def _asked(self, call: Call) -> dict[str, str]:
        """Raises GraphError: what is wrong is told to the person, and never to the address."""
        network = self._network_of(call)
        asked = {name: call.request.query_params.get(name, "") for name in _ASKED}
        if not self._known(network, asked["client_id"]):
            raise GraphError(101, "Invalid App ID: The provided app ID does not look like a valid app ID.")
        parts = urlsplit(asked["redirect_uri"])
        if not (parts.scheme in ("https", "http") and parts.netloc) or parts.fragment:
            raise GraphError(191, "URL blocked: the redirect URI is not whitelisted in the app's settings.")
        if asked["response_type"] != "code" or not asked["scope"]:
            raise GraphError(100, "Invalid parameter")
        return {**asked, "app": "Parvis", "scope": asked["scope"].replace(",", " ")}

    async def _ask(self, call: Call) -> Response:
        return self._page(call)

    def _page(self, call: Call, *, failed: bool = False, handle: str = "") -> Response:
        tongue, network = language(call.request), NAMES[self._network_of(call)]
        try:
            asked = self._asked(call)
        except GraphError as e:
            return sign_in_page(tongue, {}, problem=e.message, network=network)
        action = f"{call.request.url.path}?{call.request.url.query}"
        return sign_in_page(tongue, asked, failed=failed, handle=handle, network=network, action=action)

    async def _agree(self, call: Call) -> Response:
        try:
            asked = self._asked(call)
        except GraphError:
            return self._page(call)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("decision") == "deny":
            refused = {
                "error": "access_denied",
                "error_code": "200",
                "error_description": "Permissions error",
                "error_reason": "user_denied",
            }
            return self._back(asked, refused)
        network, handle, password = self._network_of(call), form.get("username", "").strip(), form.get("password", "")
        known = self._known_by(network, handle, password)
        if not known:
            return self._page(call, failed=True, handle=handle)
        code = secrets.token_urlsafe(48)
        self._store.grant(
            f"meta:code:{digest(code)}",
            {
                "network": network,
                "client_id": asked["client_id"],
                "redirect_uri": asked["redirect_uri"],
                "accounts": known,
                "scopes": asked["scope"].split(),
                "until": self._practice.now() + self._practice.settings.authorization_code_seconds,
            },
        )
        call.accept(remote_id=known[0], created=True)
        return self._back(asked, {"code": code})

    @staticmethod
    def _back(asked: dict[str, str], answer: dict[str, str]) -> Response:
        """Meta ends its redirects so, for old browsers."""
        return sent_back(asked, answer, fragment="_")

    def _known_by(self, network: str, handle: str, password: str) -> list[str]:
        """The Threads user's id; of the others the ids of the Pages that the person manages. Empty where nobody may
        come in."""
        name = handle.removeprefix("@")
        asked = [self._store.by_handle(each, name) for each in ("facebook", "instagram")]
        if network == "threads":
            asked = [self._store.by_handle("threads", name)]
        found = [each for each in asked if each and each.password and password_matches(each.password, password)]
        if not found:
            return []
        return [found[0].id] if network == "threads" else self._managed(password)

    def _managed(self, password: str) -> list[str]:
        pages = {}
        for (network, _), account in list(self._store.accounts.items()):
            if network not in ("facebook", "instagram") or not account.password or account.citizen:
                continue
            if password_matches(account.password, password):
                page = account.id
                if network == "instagram":
                    page = self._store.grants[f"instagram:page:{account.id}"]["page"]
                pages[page] = None
        return list(pages)

    # ------------------------------------------------------------ Facebook's tokens

    async def _exchange(self, call: Call) -> Response:
        query = call.request.query_params
        if query.get("grant_type") == "fb_exchange_token":
            kept = self._tokens.read(query.get("fb_exchange_token", ""), "user")
            if kept is None:
                raise GraphError(190, "Invalid OAuth access token data.")
            self._require_app(call, kept["network"])
            return self._user_token(call, kept["network"], kept["pages"], LONG_SECONDS, kept.get("scopes"))
        kept = self._code(call, query.get("code", ""), query.get("redirect_uri", ""))
        return self._user_token(call, kept["network"], kept["accounts"], SHORT_SECONDS, kept.get("scopes"))

    def _code(self, call: Call, code: str, redirect_uri: str) -> dict[str, Any]:
        name = f"meta:code:{digest(code)}"
        kept = self._store.grants.get(name)
        if kept is None:
            raise GraphError(100, "Invalid verification code format.", subcode=36007)
        self._require_app(call, kept["network"])
        if kept["redirect_uri"] != redirect_uri:
            message = "Error validating verification code. Please make sure your redirect_uri is identical"
            raise GraphError(100, message, subcode=36008)
        self._store.withdraw(name)
        if kept["until"] <= self._practice.now():
            raise GraphError(100, "This authorization code has expired.", subcode=36007)
        return kept

    def _require_app(self, call: Call, network: str) -> None:
        given, app = call.request.query_params, self._app(network)
        if not hmac.compare_digest(app["client_secret"].encode(), given.get("client_secret", "").encode()):
            raise GraphError(1, "Error validating client secret.")
        if "client_id" in given and given["client_id"] != app["client_id"]:
            raise GraphError(101, "Error validating application. Cannot get application info due to a system error.")

    def _user_token(
        self, call: Call, network: str, pages: list[str], seconds: float, scopes: list[str] | None
    ) -> Response:
        token = self._tokens.issue("user", seconds, network=network, pages=pages, scopes=scopes)
        call.accept(remote_id=pages[0], created=True)
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": int(seconds)})

    async def _accounts(self, call: Call) -> Response:
        from .facebook import managed_page_json

        header = call.request.headers.get("authorization", "")
        kept = self._tokens.read(header.removeprefix("Bearer "), "user")
        if kept is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        query = call.request.query_params

        def token_of(page: str) -> str:
            return self._tokens.issue("page", None, page=page, scopes=kept.get("scopes"))

        rows = [
            (page.id, lambda page=page: managed_page_json(self._practice, page, call, token_of))
            for page in (self._store.accounts["facebook", each] for each in kept["pages"])
        ]
        return JSONResponse(paged(rows, query.get("limit"), query.get("after")))

    # ------------------------------------------------------------ Threads' tokens

    async def _threads_code(self, call: Call) -> Response:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"))) or dict(call.request.query_params)
        if form.get("grant_type") != "authorization_code":
            raise GraphError(100, "Unsupported grant_type")
        app = self._app("threads")
        if form.get("client_id") != app["client_id"] or form.get("client_secret") != app["client_secret"]:
            raise GraphError(101, "Error validating client secret.")
        name = f"meta:code:{digest(form.get('code', ''))}"
        kept = self._store.grants.get(name)
        if kept is None or kept["network"] != "threads" or kept["until"] <= self._practice.now():
            raise GraphError(100, "Invalid verification code format.", subcode=36007)
        if kept["redirect_uri"] != form.get("redirect_uri"):
            raise GraphError(100, "redirect_uri must match", subcode=36008)
        self._store.withdraw(name)
        user = kept["accounts"][0]
        call.accept(remote_id=user, created=True)
        return JSONResponse(
            {"access_token": self._tokens.issue("threads", SHORT_SECONDS, user=user, long=False), "user_id": int(user)}
        )

    async def _threads_long(self, call: Call) -> Response:
        query = call.request.query_params
        kept = self._tokens.read(query.get("access_token", ""), "threads")
        if kept is None:
            raise GraphError(190, "Invalid OAuth access token", status=401)
        if query.get("grant_type") != "th_exchange_token" or kept["long"]:
            raise GraphError(452, "Session key invalid. This could be because the session key has an incorrect format")
        if query.get("client_secret") != self._app("threads")["client_secret"]:
            raise GraphError(1, "Error validating client secret.")
        return self._threads_token(call, kept["user"])

    async def _threads_refresh(self, call: Call) -> Response:
        query = call.request.query_params
        kept = self._tokens.read(query.get("access_token", ""), "threads")
        if kept is None or not kept["long"]:
            raise GraphError(190, "Error validating access token: Session has expired", status=401, subcode=463)
        if query.get("grant_type") != "th_refresh_token":
            raise GraphError(100, "Unsupported grant_type")
        if self._practice.now() - kept["at"] < self._practice.settings.threads_token_rest_seconds:
            raise GraphError(100, "The access token must be at least 24 hours old")
        return self._threads_token(call, kept["user"])

    def _threads_token(self, call: Call, user: str) -> Response:
        seconds = self._practice.settings.threads_token_seconds
        token = self._tokens.issue("threads", seconds, user=user, long=True)
        call.accept(remote_id=user, created=True)
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": int(seconds)})
