"""The functions that are deployed: each is in app.py, in .chalice/config.json, and has a role of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from chalicelib.networks.registry import NETWORKS
from infra.local.package import PROJECT, REGION, package
from infra.template import functions, handlers, made_up_environment, pieces

CHALICE = PROJECT / ".chalice"


@cache
def said_by(code: str) -> Any:
    """What a fresh interpreter, with nothing imported but what `code` imports, prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PROJECT,
        env={
            "PATH": os.defpath,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_NAME": "parvis",
            **made_up_environment(pieces()),
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return package(tmp_path_factory.mktemp("package")).template


@cache
def configured() -> dict[str, Any]:
    config = json.loads((CHALICE / "config.json").read_text())
    found: dict[str, Any] = config["stages"]["production"]["lambda_functions"]
    return found


REGISTERED = """
import json
from app import app
handlers = [*app.event_sources, *app.pure_lambda_functions, *app.builtin_auth_handlers]
print(json.dumps(sorted({handler.name for handler in handlers} | {"api_handler"})))
"""


def test_app_and_configuration_name_the_same_functions() -> None:
    assert said_by(REGISTERED) == sorted(configured())


def test_each_function_has_a_policy_file_of_its_own() -> None:
    assert json.loads((CHALICE / "config.json").read_text())["autogen_policy"] is False
    files = [function["iam_policy_file"] for function in configured().values()]
    assert len(set(files)) == len(files)
    assert {path.name for path in CHALICE.glob("policy-*.json")} == set(files)


def _statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(CHALICE.glob("policy-*.json")):
        for statement in json.loads(path.read_text())["Statement"]:
            yield path.name, statement


OF_NO_RESOURCE = {
    "sns:CreatePlatformEndpoint",
    "sns:DeleteEndpoint",
    "sns:GetEndpointAttributes",
    "sns:SetEndpointAttributes",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
}
"""Service Authorization Reference, Amazon SNS (2026): these take no resource, so a policy must say "*"."""


def test_no_policy_allows_everything_of_anything() -> None:
    for name, statement in _statements():
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        for action in actions:
            assert not action.endswith(":*") and action != "*", (name, action)
            assert action != "dynamodb:Scan", (name, "no scans")
        resources = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
        if "*" in resources:
            assert all(action in OF_NO_RESOURCE or action.startswith(("xray:", "logs:")) for action in actions), (
                name,
                actions,
            )


def test_whoever_renews_credentials_may_read_our_applications_with_the_networks() -> None:
    """A refresh token is of use only beside the secret of the application that it was given to."""
    reading = {name for name, statement in _statements() if "ssm:GetParameter" in statement["Action"]}
    renewing = {f"policy-{each}.json" for each in ("api_handler", "publish", "poll", "ingest", "measure")}
    assert reading == renewing
    keyed = {name for name, statement in _statements() if statement.get("Sid") == "NetworkCredentials"}
    sealing = {name for name, statement in _statements() if _seals_ahead(statement)}
    assert sealing == keyed == renewing, "new tokens are sealed under a key that is at hand before they come"


def _seals_ahead(statement: dict[str, Any]) -> bool:
    return statement.get("Sid") == "NetworkCredentials" and "kms:GenerateDataKey" in statement["Action"]


def test_every_handler_of_the_packaged_template_resolves(template: dict[str, Any]) -> None:
    named = handlers(template)
    assert len(named) == len(list(functions(template))) == len(configured())
    code = "import importlib, json\nfound = {}\n"
    for handler in named:
        module, _, function = handler.rpartition(".")
        code += f"found[{handler!r}] = callable(getattr(importlib.import_module({module!r}), {function!r}))\n"
    assert said_by(code + "print(json.dumps(found))") == dict.fromkeys(named, True)


HEAVY = ("duckdb", "reportlab", "PIL", "pymediainfo", "pandas", "numpy")

API = """
import json, sys
import app
import chalicelib.api.idempotency, chalicelib.api.openapi
import chalicelib.networks.bluesky, chalicelib.networks.facebook, chalicelib.networks.mastodon
import chalicelib.networks.instagram, chalicelib.networks.threads
"""
PUBLISH = """
import json, sys
import app
import chalicelib.publishing.delivering, chalicelib.publishing.reconciling
import chalicelib.networks.bluesky, chalicelib.networks.facebook, chalicelib.networks.mastodon
import chalicelib.networks.instagram, chalicelib.networks.threads
"""
LOADED = "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


@pytest.mark.parametrize("code", [API, PUBLISH], ids=["api", "publish"])
def test_a_function_that_must_be_quick_loads_nothing_heavy(code: str) -> None:
    """All that its requests may import by and by, not only what its start does."""
    assert not set(HEAVY) & set(said_by(code + LOADED))


def test_the_start_of_a_function_loads_no_cryptography_and_no_network() -> None:
    loaded = set(said_by("import json, sys\nimport app\n" + LOADED))
    assert not {"jwt", "cryptography", *HEAVY} & loaded
    whole = said_by("import json, sys\nimport app\nprint(json.dumps(sorted(sys.modules)))")
    connectors = {f"chalicelib.networks.{name}" for name in NETWORKS}
    assert not {*connectors, "chalicelib.api.openapi"} & set(whole)


def test_the_libraries_of_the_calendar_are_loaded_where_it_is_written_and_nowhere_else() -> None:
    loaded = set(
        said_by("import json, sys\nimport app\nimport chalicelib.api.agenda, chalicelib.api.people\n" + LOADED)
    )
    assert not {"holidays", "icalendar"} & loaded


def test_a_webhook_loads_no_connector() -> None:
    """A network calls often and waits little; what proves a push needs neither requests nor Graph."""
    code = "import json, sys\nimport chalicelib.inbox.webhook\nprint(json.dumps(sorted(sys.modules)))"
    whole = set(said_by(code))
    assert not {"requests", "boto3", *(f"chalicelib.networks.{name}" for name in NETWORKS)} & whole


def test_the_check_would_see_what_it_looks_for() -> None:
    assert "PIL" in said_by("import json, sys\nimport chalicelib.media.judging\n" + LOADED)


ROUTES_OF_APP = """
import json
from app import app
print(json.dumps([
    [entry.method, path, entry.authorizer is not None] for path, methods in app.routes.items()
    for entry in methods.values()
]))
"""


def test_every_route_that_is_not_public_asks_the_authorizer() -> None:
    from chalicelib.api.routes import ROUTES

    served = {(method, path): guarded for method, path, guarded in said_by(ROUTES_OF_APP)}
    assert served == {(route.method, route.path): not route.public for route in ROUTES}


def test_no_two_routes_share_a_method_and_a_path() -> None:
    from chalicelib.api.routes import ROUTES

    places = [(route.method, route.path) for route in ROUTES]
    assert len(set(places)) == len(places)
    assert all(path.startswith("/api/") for _, path in places)


_WITHOUT_VERSION = (
    *("/api/pauses", "/api/keywords", "/api/share-links", "/api/me/devices"),
    *(
        "/api/me/sessions",
        "/api/me/feed-keys",
        "/api/invitations",
        "/api/people/{id}/sessions",
        "/api/people/{id}/second-factor",
    ),
)
"""Made once and taken away once, or taken away whatever it is by now: there is no version to mistake."""


def test_every_route_that_creates_is_a_post_and_every_change_is_versioned() -> None:
    """api.md: Idempotency-Key on every POST that creates, If-Match on every change of a thing with a version."""
    from chalicelib.api.routes import ROUTES

    for route in ROUTES:
        assert not route.creates or (route.method == "POST" and not route.public), route.path
        if route.path.startswith(_WITHOUT_VERSION) or route.path.endswith("/presence"):
            continue
        if route.method in ("PATCH", "PUT", "DELETE") and "{id}" in route.path:
            assert route.versioned, f"{route.method} {route.path}"
