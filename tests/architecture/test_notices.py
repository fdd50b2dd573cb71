"""What a connector says that its network does not allow, and asks for, is said to people in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.networks.registry import NETWORKS, build
from chalicelib.networks.transport import Transport

LOCALES = Path(__file__).parents[2] / "web" / "src" / "locales"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_notice_and_price_has_its_words(network: str, language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    able = build(network, Transport(), dict).capabilities()
    assert set(able.notices) <= set(words["notices"])
    assert {each.what for each in able.prices} <= set(words["terms"]["price"])
