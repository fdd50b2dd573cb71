"""The interface's words, from the same files it reads them from."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).resolve().parents[2] / "web" / "src" / "locales"


@cache
def _locale(language: str) -> dict[str, Any]:
    return dict(json.loads((LOCALES / f"{language}.json").read_text()))


def say(language: str, key: str, **values: object) -> str:
    """The words of a key. `count` chooses the plural form as i18next does. Raises KeyError for an unknown key."""
    *groups, name = key.split(".")
    found: Any = _locale(language)
    for group in groups:
        found = found[group]
    if "count" in values and name not in found:
        count = int(str(values["count"]))
        one = count in (0, 1) if language == "fr" else count == 1
        name = f"{name}_zero" if count == 0 and f"{name}_zero" in found else f"{name}_{'one' if one else 'other'}"
    return re.sub(r"{{(\w+)}}", lambda match: str(values[match[1]]), found[name])
