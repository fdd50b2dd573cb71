"""Graph's `fields` parameter: names, nested fields in braces, and what is asked of an edge (.limit(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[a-z_0-9]+")
_ASKED = re.compile(r"\.([a-z_]+)\(([^()]*)\)")


class BadFields(ValueError):
    """It cannot be read; the message says from where on."""


@dataclass(frozen=True)
class Asked:
    """One field. arguments: of an edge. fields: what of it is wanted; empty for its default."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    fields: tuple[Asked, ...] = ()


def read(text: str) -> tuple[Asked, ...]:
    """Raises BadFields."""
    found, at = _list(text.replace(" ", ""), 0)
    if at != len(text.replace(" ", "")):
        raise BadFields(text[at:])
    return found


def _list(text: str, at: int) -> tuple[tuple[Asked, ...], int]:
    found: list[Asked] = []
    while True:
        name = _NAME.match(text, at)
        if name is None:
            raise BadFields(text[at:])
        at = name.end()
        arguments: dict[str, str] = {}
        while (asked := _ASKED.match(text, at)) is not None:
            arguments[asked[1]] = asked[2]
            at = asked.end()
        within: tuple[Asked, ...] = ()
        if text[at : at + 1] == "{":
            within, at = _list(text, at + 1)
            if text[at : at + 1] != "}":
                raise BadFields(text[at:])
            at += 1
        found.append(Asked(name[0], arguments, within))
        if text[at : at + 1] != ",":
            return tuple(found), at
        at += 1
