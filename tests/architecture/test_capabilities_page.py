"""docs/capabilities.md says what the connectors say."""

from __future__ import annotations

from pathlib import Path

from infra.capabilities import table

PAGE = Path(__file__).parents[2] / "docs" / "capabilities.md"


def test_the_page_is_made_from_the_connectors() -> None:
    assert PAGE.read_text("utf-8").rstrip("\n") == table(), "make api writes it anew"
