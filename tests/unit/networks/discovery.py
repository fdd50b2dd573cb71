"""Whether a request is in a discovery document of Google's: its method and path, every parameter and its value, and
every field of its body, all the way down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

_OF_ALL = "parameters"  # alt, fields, key and the like, which every method takes


class Sent(Protocol):
    @property
    def method(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def body(self) -> bytes: ...


def outside(document: Mapping[str, Any], requests: Iterable[Sent]) -> list[str]:
    """One sentence for each request that the document does not allow. len() of it is what is counted."""
    return [why for request in requests if (why := refusal(document, request)) is not None]


def refusal(document: Mapping[str, Any], request: Sent) -> str | None:
    parts = urlsplit(request.target)
    name = f"{request.method} {parts.path}"
    method = _method(document, request.method, parts.path)
    if method is None:
        return f"{name}: there is no such method"
    known = {**document[_OF_ALL], **method.get("parameters", {})}
    given = parse_qsl(parts.query, keep_blank_values=True)
    for parameter, value in given:
        wrong = f"there is no parameter {parameter}" if parameter not in known else _value(known[parameter], value)
        if wrong:
            return f"{name}: {parameter}: {wrong}"
    missing = {each for each, of in known.items() if of.get("required")} - {each for each, _ in given}
    if missing:
        return f"{name}: {sorted(missing)[0]} is required"
    if not request.body:
        return None
    schema = method.get("request", {}).get("$ref")
    if schema is None:
        return f"{name}: it takes no body"
    wrong = _fits(document, {"$ref": schema}, json.loads(request.body), "body")
    return f"{name}: {wrong}" if wrong else None


def fits(document: Mapping[str, Any], schema: str, value: object) -> str | None:
    """What of an answer is not in a schema, if anything."""
    return _fits(document, {"$ref": schema}, value, schema)


def _method(document: Mapping[str, Any], verb: str, path: str) -> Mapping[str, Any] | None:
    for resource in document["resources"].values():
        for method in resource.get("methods", {}).values():
            if method["httpMethod"] == verb and f"/{document['servicePath']}{method['path']}" == path:
                found: Mapping[str, Any] = method
                return found
    return None


def _value(parameter: Mapping[str, Any], value: str) -> str | None:
    if "enum" in parameter and value not in parameter["enum"]:
        return f"{value!r} is none of its values"
    if parameter.get("type") == "boolean" and value not in ("true", "false"):
        return f"{value!r} is neither true nor false"
    if parameter.get("type") == "integer":
        if not value.isdecimal():
            return f"{value!r} is no number"
        low, high = int(parameter.get("minimum", "0")), int(parameter.get("maximum", str(10**9)))
        if not low <= int(value) <= high:
            return f"{value} is not from {low} to {high}"
    return None


_TYPES = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "object": dict, "array": list}


def _fits(document: Mapping[str, Any], schema: Mapping[str, Any], value: object, where: str) -> str | None:
    if "$ref" in schema:
        schema = document["schemas"][schema["$ref"]]
    kind = schema.get("type", "object")
    if not isinstance(value, _TYPES.get(kind, object)) or (kind == "integer" and isinstance(value, bool)):  # type: ignore[arg-type]
        return f"{where} is no {kind}"
    if isinstance(value, list):
        found = (_fits(document, schema["items"], each, f"{where}[{i}]") for i, each in enumerate(value))
        return next((each for each in found if each), None)
    if isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            if name not in schema["properties"]:
                return f"{where}.{name} is not known"
            wrong = _fits(document, schema["properties"][name], inner, f"{where}.{name}")
            if wrong:
                return wrong
    return None
