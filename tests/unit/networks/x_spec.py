"""X's OpenAPI specification: what it says of a request and of an answer. OpenAPI 3.0, whose `nullable` JSON Schema does
not know."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema

SPECIFICATION = "x-openapi-docs.json"


@cache
def document(specs: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((specs / SPECIFICATION).read_text("utf-8"))
    _plain(found)
    return found


def _plain(node: Any) -> None:
    if isinstance(node, dict):
        if node.pop("nullable", False) and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        for each in node.values():
            _plain(each)
    elif isinstance(node, list):
        for each in node:
            _plain(each)


def operation(specs: Path, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The operation and the values of its path. Raises LookupError for what the specification does not have."""
    whole = document(specs)
    for pattern in sorted(whole["paths"], key=lambda each: each.count("{")):
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if found and method.lower() in whole["paths"][pattern]:
            return whole["paths"][pattern][method.lower()], found.groupdict()
    raise LookupError(f"{method} {path}")


def check(specs: Path, value: Any, schema: dict[str, Any]) -> list[str]:
    resolved = {**schema, "components": document(specs)["components"]}
    return [error.message for error in jsonschema.Draft7Validator(resolved).iter_errors(value)]


def request_problems(specs: Path, method: str, target: str, body: Any, form: dict[str, Any] | None = None) -> list[str]:
    """What the specification has against a request; body: as JSON; form: the fields of a multipart body."""
    parts = urlsplit(target)
    asked, values = operation(specs, method, parts.path)
    whole = document(specs)
    known = {}
    for parameter in asked.get("parameters", []):
        if "$ref" in parameter:
            parameter = whole["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        known[parameter["in"], parameter["name"]] = parameter
    given = {("query", name): text for name, text in parse_qsl(parts.query)}
    given |= {("path", name): text for name, text in values.items()}
    problems = [f"{where} {name}: unknown" for where, name in given if (where, name) not in known]
    problems += [f"{name}: missing" for key, each in known.items() if each.get("required") and key not in given
                 for name in [key[1]]]  # fmt: skip
    for key, text in given.items():
        schema = known.get(key, {}).get("schema", {})
        value: Any = text
        if schema.get("type") == "array":
            value = text.split(",")
        elif schema.get("type") == "integer":
            value = int(text) if text.lstrip("-").isdecimal() else text
        problems += [f"{key[1]}: {each}" for each in check(specs, value, schema)]
    content = asked.get("requestBody", {}).get("content", {})
    if form is not None:
        problems += check(specs, form, content["multipart/form-data"]["schema"])
    elif body is not None:
        problems += check(specs, body, content["application/json"]["schema"])
    elif asked.get("requestBody", {}).get("required"):
        problems.append("no body")
    return problems


def answer_problems(specs: Path, method: str, path: str, status: int, kind: str, body: Any) -> list[str]:
    asked, _ = operation(specs, method, path)
    answers = asked["responses"]
    described = answers.get(str(status)) or answers["default"]
    content = described["content"]
    schema = content.get(kind.partition(";")[0].strip())
    return check(specs, body, schema["schema"]) if schema else [f"{status} {kind}: not in the specification"]
