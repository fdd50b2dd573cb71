"""Rules of the house that a linter of imports cannot see, read from the code's own syntax."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.package import PROJECT
from tests.contract.store.entities import kinds, made

CODE = PROJECT / "chalicelib"
EDGES = {"api", "aws", "networks"}
FILES = sorted(path for path in CODE.rglob("*.py") if "__pycache__" not in path.parts)
FEATURES = [path for path in FILES if path.parent != CODE and path.relative_to(CODE).parts[0] not in EDGES]


def _named(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def names(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that is referred to, with imported names as where they come from."""
    tree = ast.parse(source)
    origin: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                origin[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                origin[each.asname or each.name] = f"{node.module}.{each.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            parts: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield node.lineno, ".".join([origin.get(inner.id, inner.id), *reversed(parts)])
            elif parts:
                yield node.lineno, "." + ".".join(reversed(parts))


ENVIRONMENT = ("os.environ", "os.getenv", "os.environb")
CLOCKS = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "time.localtime",
    "time.gmtime",
)


@pytest.mark.parametrize("path", [each for each in FILES if each != CODE / "settings.py"], ids=_named)
def test_only_settings_reads_the_environment(path: Path) -> None:
    found = [(line, name) for line, name in names(path.read_text()) if name.startswith(ENVIRONMENT)]
    assert not found, f"{path}: {found}"


@pytest.mark.parametrize("path", FEATURES, ids=_named)
def test_a_feature_is_handed_the_time(path: Path) -> None:
    found = [(line, name) for line, name in names(path.read_text()) if name in CLOCKS]
    assert not found, f"{path}: {found}"


@pytest.mark.parametrize("path", FILES, ids=_named)
def test_nothing_scans_a_table(path: Path) -> None:
    found = [(line, name) for line, name in names(path.read_text()) if name.rpartition(".")[2] == "scan"]
    assert not found, f"{path}: {found}"
    assert '"scan"' not in path.read_text(), "nor by a paginator's name"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nos.environ['X']", "os.environ"),
        ("from os import environ as e\ne.get('X')", "os.environ.get"),
        ("import datetime as d\nd.datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime\nx = datetime.now", "datetime.datetime.now"),
        ("from time import time\ntime()", "time.time"),
        ("table().scan()", ".scan"),
    ],
)
def test_the_reading_of_names_sees_them_under_any_name(source: str, expected: str) -> None:
    assert expected in [name for _, name in names(source)]


def test_every_package_is_under_the_rules_of_imports() -> None:
    """lint-imports runs in `make check`; a new feature folder must be named in its contracts, or nothing holds it."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    packages = {f"chalicelib.{path.name}" for path in CODE.iterdir() if (path / "__init__.py").is_file()}
    features = {name for name in packages if name.rpartition(".")[2] not in EDGES}
    for contract in contracts:
        held = set(contract["source_modules"])
        if "boto3" in contract["forbidden_modules"]:
            assert held == packages - {"chalicelib.aws"}, contract["name"]
        elif "requests" in contract["forbidden_modules"]:
            assert held == packages - {"chalicelib.networks"}, contract["name"]
        elif "chalice" in contract["forbidden_modules"]:
            assert held == packages - {"chalicelib.api"}, contract["name"]
        elif "chalicelib.wiring" in contract["forbidden_modules"]:
            assert held == features, contract["name"]


# ---------------------------------------------------------------- keys

OF_NO_AGENCY = {"agency_listed", "account_listed", "watermark", "seen", "gauge_mark", "tried"}
"""Of the deployment itself; they hold nothing that an agency wrote."""

BEFORE_AN_AGENCY_IS_KNOWN = {
    "sign_in",
    "share_token",
    "feed_key_known",
    "review_link",
    "password_link",
    "invitation_link",
}
"""Found by an e-mail address or by the token of a link, when nobody is signed in."""

ACROSS_AGENCIES = {"due_pk": ("DUE#", "GAUGE#")}
"""Index partitions that only the minute's sweeps read."""


@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.KIND)
def test_every_key_of_an_agencys_data_begins_with_the_agency(kind: type, full: bool) -> None:
    entity = made(kind, full=full)
    owner = entity.id if kind.KIND == "agency" else getattr(entity, "agency", None)  # type: ignore[attr-defined]
    if kind.KIND in OF_NO_AGENCY | BEFORE_AN_AGENCY_IS_KNOWN:  # type: ignore[attr-defined]
        assert not entity.key()["pk"].startswith("A#")
        return
    assert owner, "what has no agency is named in one of the lists above"
    assert entity.key()["pk"].startswith(f"A#{owner}#")
    for name, value in entity.index_keys().items():
        if name.endswith("_pk"):
            across = ACROSS_AGENCIES.get(name)
            assert value.startswith(f"A#{owner}#") or (across and value.startswith(across)), name
