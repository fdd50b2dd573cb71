"""What can be wrong with a file of posts, and with a row of it, is said to people in both languages."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from chalicelib.publishing.sheet import COLUMNS

PUBLISHING = Path(__file__).parents[2] / "chalicelib" / "publishing"
LOCALES = Path(__file__).parents[2] / "web" / "src" / "locales"


def _codes() -> set[str]:
    found = set()
    for name, position in (("InvalidInput", 0), ("TooLarge", 0), ("Conflict", 0), ("RowProblem", 1)):
        for file in ("sheet", "wall_time", "importing", "due_time"):
            for node in ast.walk(ast.parse((PUBLISHING / f"{file}.py").read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                    code = node.args[position]
                    found.update([code.value] if isinstance(code, ast.Constant) else [])
    return {each for each in found if isinstance(each, str)}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_code_and_column_has_its_words(language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    codes = _codes()
    assert len(codes) > 25
    assert codes - set(words["errors"]) == set()
    assert {*COLUMNS, "row"} == set(words["import"]["column"])
    assert set(COLUMNS) == set(words["import"]["about"])
    assert {"comma", "semicolon", "tab"} == set(words["import"]["separators"])
    assert {"approval_required", "may_not_publish"} == set(words["import"]["because"])
