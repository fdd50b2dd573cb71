"""/practice/citizens/*: what tests and the demonstration ask of the citizens of the practice town."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .citizens import COPIES_MAX, MESSAGES_MAX, REACTIONS_MAX, SECONDS_MAX, Citizens, Flood
from .control import guarded, json_body, number
from .exchange import Practice, whole
from .incidents import TOPICS
from .posting import BadRequest
from .store import Post

_PAGE = 5000
_TEXT_MAX = 20_000  # characters; each network has a limit of its own below
_LANGUAGES = ("fr", "en")


class CitizensControl:
    def __init__(self, practice: Practice, citizens: Citizens) -> None:
        self._practice = practice
        self._store = practice.store
        self._citizens = citizens

    def routes(self) -> list[Route]:
        endpoints: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("POST", "/write", self._write),
            ("POST", "/edit", self._edit),
            ("POST", "/delete", self._delete),
            ("POST", "/react", self._react),
            ("POST", "/flood", self._flood),
            ("POST", "/quiet", self._quiet),
            ("GET", "/flood", self._floods),
            ("GET", "/flood/{id}", self._one_flood),
            ("DELETE", "/flood", self._stop_all),
            ("DELETE", "/flood/{id}", self._stop),
            ("GET", "/written", self._written),
        ]
        return [
            Route(f"/practice/citizens{path}", guarded(handler), methods=[verb]) for verb, path, handler in endpoints
        ]

    # ------------------------------------------------------------ single acts

    async def _write(self, request: Request) -> Response:
        body = await _body(request)
        language = _optional(body, "language", str)
        if language is not None and language not in _LANGUAGES:
            raise BadRequest("language", "language must be fr or en")
        author = _optional(body, "author", str)
        if author is not None and not 1 <= len(author.strip()) <= 64:
            raise BadRequest("author", "author must have 1 to 64 characters")
        posts = self._citizens.write(
            _text(body, "network"),
            _text(body, "text"),
            author=author,
            followers=_whole_number(body, "followers", None, 0, 10**9),
            language=language,
            reply_to=_optional(body, "reply_to", str),
            mention=_optional(body, "mention", str),
            quote=_optional(body, "quote", str),
            private=bool(_optional(body, "private", bool)),
            count=_whole_number(body, "count", 1, 1, COPIES_MAX) or 1,
            at=_moment(body),
        )
        return JSONResponse({"written": [self._row(post) for post in posts]}, status_code=201)

    async def _edit(self, request: Request) -> Response:
        body = await _body(request)
        post = self._citizens.edit(_text(body, "network"), _text(body, "remote_id"), _text(body, "text"))
        return JSONResponse(self._row(post))

    async def _delete(self, request: Request) -> Response:
        body = await _body(request)
        return JSONResponse(self._row(self._citizens.delete(_text(body, "network"), _text(body, "remote_id"))))

    async def _react(self, request: Request) -> Response:
        body = await _body(request)
        likes, shares = (_whole_number(body, name, 0, 0, REACTIONS_MAX) or 0 for name in ("likes", "shares"))
        post = self._citizens.react(_text(body, "network"), _text(body, "remote_id"), likes=likes, shares=shares)
        counts = self._store.counts(post)
        return JSONResponse({"likes": counts.likes, "shares": counts.shares})

    # ------------------------------------------------------------ floods

    async def _flood(self, request: Request) -> Response:
        body = await _body(request)
        return await self._begin(body, _optional(body, "topic", str) or next(iter(TOPICS)), messages=200, over_s=60.0)

    async def _quiet(self, request: Request) -> Response:
        return await self._begin(await _body(request), "quiet", messages=8, over_s=3600.0)

    async def _begin(self, body: dict[str, Any], topic: str, *, messages: int, over_s: float) -> Response:
        language = _optional(body, "language", str) or "both"
        if language not in (*_LANGUAGES, "both"):
            raise BadRequest("language", "language must be fr, en or both")
        seconds = body.get("over_s", over_s)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= SECONDS_MAX:
            raise BadRequest("over_s", f"over_s must be a number from 0 to {SECONDS_MAX:.0f}")
        seed = body.get("seed")
        flood = await self._citizens.flood(
            _targets(body),
            topic=topic,
            language=language,
            messages=_whole_number(body, "messages", messages, 1, MESSAGES_MAX) or 1,
            over_s=float(seconds),
            seed=None if seed is None else str(seed),
        )
        return JSONResponse(_flood_json(flood), status_code=202 if flood.state == "running" else 201)

    async def _floods(self, request: Request) -> Response:
        return JSONResponse({"floods": [_flood_json(flood) for flood in reversed(self._citizens.floods)]})

    async def _one_flood(self, request: Request) -> Response:
        flood = self._find(request)
        return JSONResponse(_flood_json(flood)) if flood else Response(status_code=404)

    async def _stop(self, request: Request) -> Response:
        flood = self._find(request)
        if flood is None:
            return Response(status_code=404)
        self._citizens.stop(flood)
        return JSONResponse(_flood_json(flood))

    async def _stop_all(self, request: Request) -> Response:
        for flood in self._citizens.floods:
            self._citizens.stop(flood)
        return await self._floods(request)

    def _find(self, request: Request) -> Flood | None:
        return next((f for f in self._citizens.floods if f.id == request.path_params["id"]), None)

    # ------------------------------------------------------------ what was written

    async def _written(self, request: Request) -> Response:
        """Every message of a citizen, deleted ones included, in the order of acceptance."""
        limit = max(1, min(int(number(request, "limit", _PAGE)), _PAGE))
        rows: list[dict[str, Any]] = []
        for index, post in self._citizens.written(
            after=int(number(request, "after", 0)),
            since=number(request, "since", 0),
            network=request.query_params.get("network"),
        ):
            if len(rows) == limit:
                return JSONResponse({"written": rows, "next": index})
            rows.append(self._row(post))
        return JSONResponse({"written": rows, "next": None})

    def _row(self, post: Post) -> dict[str, Any]:
        account = self._store.accounts[post.network, post.account_id]
        handles = {who: self._store.accounts[post.network, who].handle for who, _, _ in post.reaches}
        return {
            "network": post.network,
            "remote_id": post.remote_id,
            "url": self._practice.public_url + self._citizens.poster(post.network).url(post),
            "author": account.handle,
            "author_id": account.id,
            "author_name": account.display_name,
            "followers": account.followers,
            "text": post.text,
            "private": post.private,
            "parent": post.parent,
            "root": post.root,
            "quoted": post.quoted,
            "reaches": [{"handle": handles[who], "kind": kind} for who, kind, _ in post.reaches],
            "written_at": post.sort_at,
            "accepted_at": post.accepted_at,
            "edited_at": post.edited_at,
            "deleted": post.deleted_at is not None,
        }


def _flood_json(flood: Flood) -> dict[str, Any]:
    return {
        "id": flood.id,
        "topic": flood.topic,
        "language": flood.language,
        "seed": flood.seed,
        "to": dict(flood.to),
        "messages": flood.messages,
        "over_s": flood.over_s,
        "started_at": flood.started_at,
        "written": flood.written,
        "state": flood.state,
        "error": flood.error,
    }


async def _body(request: Request) -> dict[str, Any]:
    body = whole(await json_body(request))
    if not isinstance(body, dict):
        raise BadRequest("", "expected an object")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= _TEXT_MAX:
        raise BadRequest(name, f"{name} must be text of 1 to {_TEXT_MAX} characters")
    return value


def _optional(body: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(name, f"{name} must be {'text' if kind is str else 'true or false'}")
    return value or None


def _whole_number(body: dict[str, Any], name: str, default: int | None, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequest(name, f"{name} must be a whole number from {low} to {high}")
    return value


def _moment(body: dict[str, Any]) -> float | None:
    """`at`: seconds since 1970, or a time with its zone."""
    value = body.get("at")
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11):
            return value
    except ValueError:
        pass
    raise BadRequest("at", "at must be seconds since 1970 or an ISO 8601 time")


def _targets(body: dict[str, Any]) -> dict[str, str]:
    """{"networks": […], "to": "…"}, {"network": "…", "to": "…"} or {"to": {network: "…"}}."""
    to = body.get("to")
    if isinstance(to, dict):
        named = to
    else:
        networks = body.get("networks", [body.get("network")])
        if not isinstance(networks, list) or not all(isinstance(n, str) for n in networks):
            raise BadRequest("networks", "networks must be a list of names")
        named = dict.fromkeys(networks, to)
    if not named or not all(isinstance(value, str) and value for value in named.values()):
        raise BadRequest("to", "to must be a handle or a post's remote id, or an object with one for each network")
    return named
