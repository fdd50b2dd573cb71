"""What every node of the practice Graph answers alike: errors, fields, pages, parameters. Of Facebook, Instagram and
Threads."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.convertors import Convertor, register_url_convertor
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from .exchange import Call, Handler
from .graph_fields import Asked, BadFields, read


class _Version(Convertor[str]):
    """v25.0, and nothing that another network's addresses begin with."""

    regex = r"v\d{1,2}\.\d"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("graph", _Version())


class GraphError(Exception):
    def __init__(self, code: int, message: str, *, status: int = 400, subcode: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.subcode = code, message, status, subcode

    def response(self) -> Response:
        error: dict[str, Any] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.code in (1, 2):
            error["is_transient"] = True
        return JSONResponse({"error": {**error, "fbtrace_id": "Apractice"}}, status_code=self.status)


def iso(t: float) -> str:
    return datetime.fromtimestamp(int(t), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def no_such(node: str) -> GraphError:
    message = (
        f"Unsupported request. Object with ID '{node}' does not exist, cannot be loaded due to missing permissions"
    )
    return GraphError(100, message, subcode=33)


def fields_of(call: Call, default: str) -> tuple[Asked, ...]:
    try:
        return read(call.request.query_params.get("fields") or default)
    except BadFields as e:
        raise GraphError(2500, f"Syntax error at {str(e)[:40]!r}") from e


def chosen(
    values: dict[str, Callable[[Asked], Any]], fields: Sequence[Asked], kind: str, known: set[str]
) -> dict[str, Any]:
    for asked in fields:
        if asked.name not in known:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({asked.name}) on node type ({kind})")
    found = {asked.name: values[asked.name](asked) for asked in fields}
    return {name: value for name, value in found.items() if value is not None} | {"id": values["id"](Asked("id"))}


def paged(rows: Sequence[tuple[str, Callable[[], Any]]], limit: str | None, after: str | None) -> dict[str, Any]:
    """A page of an edge. `after` is the id of the last row that was given."""
    size = min(max(int(limit), 0), 100) if limit and limit.isdigit() else 25
    start = next((i + 1 for i, (row, _) in enumerate(rows) if row == after), 0) if after else 0
    given = rows[start : start + size]
    answer: dict[str, Any] = {"data": [make() for _, make in given]}
    if given:
        answer["paging"] = {"cursors": {"before": given[0][0], "after": given[-1][0]}}
        if start + size < len(rows):
            answer["paging"]["next"] = "https://graph.facebook.com/next"
    return answer


def moment(value: str | None) -> float:
    if not value:
        return 0.0
    try:
        return float(value) if value.replace(".", "").isdigit() else datetime.fromisoformat(value).timestamp()
    except ValueError as e:
        raise GraphError(100, "(#100) since is not a valid time") from e


async def parameters_of(call: Call) -> dict[str, Any]:
    """Of the query and of the form, as Graph merges them. Raises GraphError."""
    values: dict[str, Any] = dict(call.request.query_params)
    kind = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        values.update(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind == "multipart/form-data":
        try:
            values.update((await call.request.form(max_part_size=1 << 20)).items())
        except (MultiPartException, FormParserError, AssertionError) as e:
            raise GraphError(100, "(#100) The form cannot be read") from e
    elif kind == "application/json" and call.body:
        try:
            values.update(call.json())
        except (ValueError, TypeError) as e:
            raise GraphError(100, "(#100) The JSON cannot be read") from e
    return values


def counted(what: str, most: int) -> int:
    """A number that is always the same for a thing: nobody really likes or looks here."""
    return hashlib.sha256(what.encode()).digest()[0] * most // 255


def answering(handler: Handler) -> Handler:
    """The handler, with Graph's errors as Graph words them."""

    async def answer(call: Call) -> Response:
        try:
            return await handler(call)
        except GraphError as e:
            return e.response()

    return answer


def bearer_of(call_headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    header = call_headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else query.get("access_token", "")


class Failing:
    """What faults need of a network of Meta's."""

    usage = "pages"

    def server_error(self, status: int) -> Response:
        if status in (500, 503):
            return GraphError(2, "An unexpected error has occurred. Please retry it later.", status=status).response()
        return Response("<html><body>Sorry, something went wrong.</body></html>", status, media_type="text/html")

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        page = call.account.id if call.account else "0"
        usage = {"type": self.usage, "call_count": 100, "total_cputime": 10, "total_time": 10}
        usage["estimated_time_to_regain_access"] = math.ceil(reset_in / 60)
        call.headers["X-Business-Use-Case-Usage"] = json.dumps({page: [usage]})
        return GraphError(32, "(#32) Page request limit reached").response()

    def token_expired(self, call: Call) -> Response:
        return GraphError(190, "Error validating access token: Session has expired", status=401, subcode=463).response()

    def token_revoked(self, call: Call) -> Response:
        message = "Error validating access token: The user has not authorized application"
        return GraphError(190, message, status=401, subcode=458).response()

    def suspended(self, call: Call) -> Response:
        return GraphError(368, "The action attempted has been deemed abusive or is otherwise disallowed").response()

    def refused(self, call: Call, subcode: int | None) -> Response:
        return GraphError(100, "(#100) Invalid parameter", subcode=subcode).response()


class Chosen(Route):
    """A route that is taken only where its query says so: Meta's hosts are one origin here, and the networks' too."""

    def __init__(self, path: str, endpoint: Any, *, methods: list[str], where: Callable[[Mapping[str, str]], bool]):
        super().__init__(path, endpoint, methods=methods)
        self._where = where

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        return (match, child) if match is not Match.NONE and self._where(query) else (Match.NONE, {})
