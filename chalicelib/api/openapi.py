"""GET /api/openapi.json: made from the routes and the shapes, so that it cannot say anything else than the code."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from chalicelib.api.routes import ROUTES
from chalicelib.api.routing import Call, Route
from chalicelib.api.shapes.base import Error

_ERRORS = {
    "400": "The request could not be read.",
    "401": "Nobody is signed in.",
    "403": "Not allowed.",
    "404": "There is no such thing in this agency.",
    "409": "The thing's present state does not allow it.",
    "410": "It is used up, expired, revoked or overtaken.",
    "412": "It has changed since it was read.",
    "422": "It cannot be done as asked.",
    "428": "If-Match is missing.",
    "429": "Too many; see Retry-After.",
    "503": "Something that Parvis depends on does not answer.",
}


def get_openapi(call: Call) -> dict[str, Any]:
    """This API, as OpenAPI 3.1."""
    call.headers["Cache-Control"] = "public, max-age=300"
    return document(ROUTES)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    wanted: list[tuple[Any, Any]] = [(Error, "serialization")]
    wanted += [(route.takes, "validation") for route in routes if route.takes is not None]
    wanted += [(route.returns, "serialization") for route in routes if route.returns is not None]
    places, definitions = models_json_schema(list(dict.fromkeys(wanted)), ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, places)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parvis", "version": "1", "description": "Times are UTC; ids and cursors are opaque."},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, places: dict[Any, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": name in ("from", "to"), "schema": {"type": "string"}}
        for name in route.query
    ]
    if route.versioned:
        parameters.append({"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}})
    if route.creates:
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}})
    refused = {"content": {"application/json": {"schema": places[Error, "serialization"]}}}
    answers: dict[str, Any] = {
        status: {"description": words, **refused}
        for status, words in _ERRORS.items()
        if not (route.public and status in ("403", "404", "409")) and (route.versioned or status not in ("412", "428"))
    }
    if route.plain:
        answers["200"] = {"description": "Done; what is no JSON, or the way to it (303)."}
    elif route.returns is None:
        answers["204"] = {"description": "Done."}
    else:
        schema = places[route.returns, "serialization"]
        answers[str(route.status)] = {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": dict(sorted(answers.items())),
        "security": [] if route.public else [{"accessToken": []}],
    }
    if route.takes is not None:
        schema = places[route.takes, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


if __name__ == "__main__":
    print(json.dumps(document(ROUTES), indent=1, ensure_ascii=False))  # noqa: T201
