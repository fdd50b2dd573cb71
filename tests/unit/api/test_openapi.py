"""The OpenAPI document says all of the API, and is sound."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from chalicelib.api.openapi import document
from chalicelib.api.routes import ROUTES

DOCUMENT = document(ROUTES)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, item in DOCUMENT["paths"].items() for method, each in item.items()]


def test_every_route_is_there_once() -> None:
    assert sorted((path, method.upper()) for path, method, _ in operations()) == sorted(
        (route.path, route.method) for route in ROUTES
    )


def test_operation_ids_are_unique() -> None:
    ids = [each["operationId"] for _, _, each in operations()]
    assert len(ids) == len(set(ids))


def test_every_operation_is_whole() -> None:
    for path, method, each in operations():
        assert each["summary"].endswith((".", "?")), (path, method)
        assert any(status.startswith("2") for status in each["responses"]), (path, method)
        assert all(answer["description"] for answer in each["responses"].values())
        declared = {one["name"] for one in each["parameters"] if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))
        assert all(one["required"] for one in each["parameters"] if one["in"] == "path")
        if "requestBody" in each:
            assert method in ("post", "patch", "put")


def test_every_schema_is_sound_and_every_reference_leads_somewhere() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT))) <= known


def test_only_what_is_meant_to_be_public_is_open() -> None:
    public = {(method.upper(), path) for path, method, each in operations() if not each["security"]}
    assert public == {(route.method, route.path) for route in ROUTES if route.public}
    assert {path for _, path in public} == {
        "/api/session",
        "/api/session/refresh",
        "/api/session/challenge",  # the password went before
        "/api/session/recovery",
        "/api/session/reset",  # whoever asks has lost what they would sign in with
        "/api/session/reset/completion",  # the link is the proof
        "/api/session/invitation",
        "/api/session/invitation/acceptance",
        "/api/health",
        "/api/openapi.json",
        "/api/review/{token}",  # the link is the proof
        "/api/shared/{token}",
        "/api/calendar.ics",  # a calendar program cannot sign in: its key is the proof
        "/api/webhooks/{network}",  # the signature is
    }


def test_a_change_asks_for_the_version_that_was_read() -> None:
    for path, method, each in operations():
        if path.startswith("/api/me") or path.endswith("/presence"):  # one's own: nobody else changes it
            continue
        headers = {one["name"] for one in each["parameters"] if one["in"] == "header"}
        if method in ("patch", "put") or path in ("/api/posts/{id}/schedule", "/api/posts/{id}/cancellation"):
            assert "If-Match" in headers, (path, method)
            assert "412" in each["responses"]
