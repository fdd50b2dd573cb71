"""What a connector says (what its network does not allow, asks for, refused) is said to people in both languages."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from chalicelib.networks.registry import NETWORKS, build
from chalicelib.networks.transport import Transport

CONNECTORS = Path(__file__).parents[2] / "chalicelib" / "networks"
LOCALES = Path(__file__).parents[2] / "web" / "src" / "locales"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_notice_and_price_has_its_words(network: str, language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    able = build(network, Transport(), dict).capabilities()
    assert set(able.notices) <= set(words["notices"])
    assert {each.what for each in able.prices} <= set(words["terms"]["price"])


def _codes(*kinds: str) -> set[str]:
    """The codes that are written out where one of these is made, in any connector."""
    found = set()
    for path in CONNECTORS.glob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in kinds:
                words = [each.value for each in call.args if isinstance(each, ast.Constant)]
                found.update(each for each in words[:1] if isinstance(each, str))
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_stops_a_delivery_has_its_words(language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    codes = _codes("Rejected", "Reauthorise", "RetryAfter", "OutcomeUnknown")
    assert len(codes) > 30
    assert codes - set(words["reasons"]) == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_would_be_refused_has_its_words(language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    codes = _codes("Problem")
    assert len(codes) > 10
    assert codes - set(words["errors"]) == set()
