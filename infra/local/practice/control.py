"""What tests, benchmarks and the demonstration ask of the practice networks: /practice/*. No network has any of it."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bluesky import did_for
from .exchange import Practice, Settings
from .facebook import page_id_for
from .faults import NETWORKS, BadRule
from .instagram import user_id_for as instagram_id_for
from .linkedin import organisation_urn_for
from .mastodon import account_id_for
from .post_record import is_handle
from .posting import BadRequest
from .threads import user_id_for as threads_id_for
from .x import user_id_for as x_user_id_for
from .youtube import channel_id_for

_PAGE = 5000


class Control:
    def __init__(self, practice: Practice, on_reset: Callable[[], None]) -> None:
        """`on_reset` is called when rate limits are switched, so that spent budgets do not linger."""
        self._practice = practice
        self._on_reset = on_reset

    def routes(self) -> list[Route]:
        endpoints: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/practice/health", self._health),
            ("POST", "/practice/accounts", self._add_account),
            ("GET", "/practice/accounts", self._list_accounts),
            ("GET", "/practice/faults", self._get_faults),
            ("PUT", "/practice/faults", self._put_faults),
            ("DELETE", "/practice/faults", self._delete_faults),
            ("GET", "/practice/settings", self._get_settings),
            ("PUT", "/practice/settings", self._put_settings),
            ("GET", "/practice/log", self._get_log),
            ("DELETE", "/practice/log", self._delete_log),
            ("GET", "/practice/accepted", self._accepted),
        ]
        return [Route(path, guarded(handler), methods=[verb]) for verb, path, handler in endpoints]

    async def _health(self, request: Request) -> Response:
        store = self._practice.store
        return JSONResponse(
            {"ok": True, "time": self._practice.now(), "accounts": len(store.accounts), "posts": len(store.timeline)}
        )

    async def _add_account(self, request: Request) -> Response:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise BadRequest("", "expected an object")
        account, created = add_account(self._practice, body)
        if isinstance(body.get("suspended"), bool):
            self._practice.store.suspend(account, body["suspended"])
            account = self._practice.store.accounts[account.network, account.id]
        return JSONResponse(_account(account), status_code=201 if created else 200)

    async def _list_accounts(self, request: Request) -> Response:
        """Without the citizens."""
        accounts = self._practice.store.accounts.values()
        return JSONResponse({"accounts": [_account(a) for a in accounts if not a.citizen]})

    async def _get_faults(self, request: Request) -> Response:
        return JSONResponse(self._practice.faults.as_json())

    async def _put_faults(self, request: Request) -> Response:
        try:
            self._practice.faults.replace(await json_body(request))
        except BadRule as e:
            raise BadRequest("rules", str(e)) from e
        return JSONResponse(self._practice.faults.as_json())

    async def _delete_faults(self, request: Request) -> Response:
        self._practice.faults.replace([])
        return Response(status_code=204)

    async def _get_settings(self, request: Request) -> Response:
        return JSONResponse(asdict(self._practice.settings))

    async def _put_settings(self, request: Request) -> Response:
        body = await json_body(request)
        if not isinstance(body, dict):
            raise BadRequest("", "expected an object")
        change_settings(self._practice.settings, body)
        if "rate_limits" in body:
            self._on_reset()
        return JSONResponse(asdict(self._practice.settings))

    async def _get_log(self, request: Request) -> Response:
        query = request.query_params
        entries, after = self._practice.log.page(
            after=int(number(request, "after", 0)),
            since=number(request, "since", 0),
            operation=query.get("operation"),
            network=query.get("network"),
            handle=query.get("handle"),
            limit=max(1, min(int(number(request, "limit", 1000)), _PAGE)),
        )
        return JSONResponse({"entries": entries, "next": after})

    async def _delete_log(self, request: Request) -> Response:
        return JSONResponse({"deleted": self._practice.log.clear()})

    async def _accepted(self, request: Request) -> Response:
        """Every post that was made by a request, deleted ones included, in the order of acceptance: one row a post, so
        that two rows with one text and account are a double. What citizens write is at /practice/citizens/written."""
        store, query = self._practice.store, request.query_params
        since, after = number(request, "since", 0), int(number(request, "after", 0))
        limit = max(1, min(int(number(request, "limit", _PAGE)), _PAGE))
        rows: list[dict[str, Any]] = []
        following = None
        for index in range(after, len(store.timeline)):
            post = store.timeline[index]
            if post.accepted_at < since or query.get("network") not in (None, post.network):
                continue
            account = store.accounts[post.network, post.account_id]
            handle = account.handle
            if account.citizen or query.get("handle") not in (None, handle):
                continue
            if len(rows) == limit:
                following = index
                break
            rows.append(
                {
                    "network": post.network,
                    "account": handle,
                    "account_id": post.account_id,
                    "text_sha256": post.sha256,
                    "arrived_at": post.arrived_at,
                    "accepted_at": post.accepted_at,
                    "visible_at": post.visible_at,
                    "remote_id": post.remote_id,
                    "key": post.key,
                    "media": len(post.media),
                    "parent": post.parent,
                    "deleted": post.deleted_at is not None,
                }
            )
        return JSONResponse({"accepted": rows, "next": following})


def add_account(practice: Practice, body: dict[str, Any]) -> tuple[Any, bool]:
    """Adds or renews an account from {network, handle, display_name?, password, followers?, following?}. Raises
    BadRequest."""
    network, handle, password = (body.get(k) for k in ("network", "handle", "password"))
    if network not in NETWORKS:
        raise BadRequest("network", f"network must be one of {', '.join(NETWORKS)}")
    if not isinstance(handle, str):
        raise BadRequest("handle", "handle must be text")
    handle = handle.strip().removeprefix("@").lower()
    if network == "bluesky" and not is_handle(handle):
        raise BadRequest("handle", "a Bluesky handle is a domain name, such as city.practice.test")
    if network == "mastodon" and not (handle.replace("_", "").isalnum() and handle.isascii() and len(handle) <= 30):
        raise BadRequest("handle", "a Mastodon user name has letters, digits and underscores only, 30 at most")
    if network == "facebook" and not (handle.replace(".", "").isalnum() and handle.isascii() and len(handle) <= 50):
        raise BadRequest("handle", "a Facebook Page's user name has letters, digits and full stops only, 50 at most")
    if network == "x" and not (handle.replace("_", "").isalnum() and handle.isascii() and len(handle) <= 15):
        raise BadRequest("handle", "an X user name has letters, digits and underscores only, 15 at most")
    if network == "linkedin" and not (handle.replace("-", "").isalnum() and handle.isascii() and len(handle) <= 100):
        raise BadRequest("handle", "a LinkedIn page's name has letters, digits and hyphens only, 100 at most")
    if network == "youtube" and not (handle.replace("-", "").replace(".", "").isalnum() and 3 <= len(handle) <= 30):
        raise BadRequest("handle", "a YouTube handle has letters, digits, hyphens and full stops only, 3 to 30")
    if network == "rss" and not (handle.replace("-", "").isalnum() and handle.isascii() and len(handle) <= 40):
        raise BadRequest("handle", "a paper's name has letters, digits and hyphens only, 40 at most")
    if not isinstance(password, str) or not 1 <= len(password) <= 256:
        raise BadRequest("password", "password must be text of 1 to 256 characters")
    name = body.get("display_name") or handle
    if not isinstance(name, str) or len(name) > 100:
        raise BadRequest("display_name", "display_name must be text of 100 characters at most")
    figures = {field: body.get(field) for field in ("followers", "following")}
    for field, figure in figures.items():
        if figure is not None and (not isinstance(figure, int) or isinstance(figure, bool) or figure < 0):
            raise BadRequest(field, f"{field} must be a whole number, 0 or more")
    if network in ("instagram", "threads") and not re.fullmatch(r"[a-z0-9_.]{1,30}", handle):
        raise BadRequest("handle", "a user name there has letters, digits, full stops and underscores, 30 at most")
    ids = {
        "bluesky": did_for, "facebook": page_id_for, "instagram": instagram_id_for, "threads": threads_id_for,
        "x": x_user_id_for, "linkedin": organisation_urn_for, "youtube": channel_id_for,
    }  # fmt: skip
    account_id = ids.get(network, account_id_for)(handle)
    if network == "instagram":
        _stand_behind_a_page(practice, account_id, handle, name, password)
    return practice.store.add_account(
        network=network,
        account_id=account_id,
        handle=handle,
        display_name=name,
        password=password,
        followers=figures["followers"],
        following=figures["following"],
    )


def _stand_behind_a_page(practice: Practice, account_id: str, handle: str, name: str, password: str) -> None:
    """A professional account is reached through a Page: the one of its name, made where there is none."""
    page = handle.replace("_", "")
    store = practice.store
    if store.by_handle("facebook", page) is None:
        add_account(practice, {"network": "facebook", "handle": page, "display_name": name, "password": password})
    store.grant(f"instagram:page:{account_id}", {"page": page_id_for(page)})


def change_settings(settings: Settings, changes: dict[str, Any]) -> None:
    """Raises BadRequest, and then changes nothing."""
    types = {field.name: type(getattr(Settings(), field.name)) for field in fields(Settings)}
    for name, value in changes.items():
        if name not in types:
            raise BadRequest(name, f"unknown setting; there are {', '.join(types)}")
        if types[name] is bool and not isinstance(value, bool):
            raise BadRequest(name, "must be true or false")
        if types[name] is float and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise BadRequest(name, "must be a number of seconds, 0 or more")
    for name, value in changes.items():
        setattr(settings, name, types[name](value))


def _account(account: Any) -> dict[str, Any]:
    return {
        "network": account.network,
        "id": account.id,
        "handle": account.handle,
        "display_name": account.display_name,
        "suspended": account.suspended,
        "followers": account.followers,
        "following": account.following,
    }


def guarded(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Answers a BadRequest with 422 {"error": {code, field, hint}}."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except BadRequest as e:
            return JSONResponse({"error": {"code": "invalid", "field": e.field, "hint": e.message}}, status_code=422)

    return answer


async def json_body(request: Request) -> Any:
    # A page elsewhere in the person's browser cannot send this type without being asked, and nothing here agrees.
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise BadRequest("", "the body must be application/json")
    try:
        return json.loads(await request.body())
    except ValueError as e:
        raise BadRequest("", "the body is not JSON") from e


def number(request: Request, name: str, default: float) -> float:
    value = request.query_params.get(name)
    try:
        return float(value) if value is not None else default
    except ValueError as e:
        raise BadRequest(name, f"{name} must be a number") from e
