"""LinkedIn's little text as LinkedIn reads it: an element, an escaped character, or text; and where a reserved
character stands that begins no element, the text ends without a word."""

from __future__ import annotations

import re

_HASHTAG = re.compile(r"\{hashtag\|\\?([#＃])\|((?:\\.|[^\\|{}])+)\}")
_BARE_HASHTAG = re.compile(r"#\w+")
_MENTION = re.compile(r"@\[((?:\\.|[^\]\\])+)\]\s?\((urn:li:(?:person|organization):[^)]+)\)")
_RESERVED = set("\\|{}@[]()<>#*_~")


def shown(commentary: str) -> str:
    """What a member sees of it."""
    out: list[str] = []
    at = 0
    while at < len(commentary):
        here = commentary[at]
        if here == "\\" and at + 1 < len(commentary):
            out.append(commentary[at + 1])
            at += 2
            continue
        element = _HASHTAG.match(commentary, at) or _MENTION.match(commentary, at)
        if element is not None:
            out.append(element[1] + element[2] if element.re is _HASHTAG else element[1])
            at = element.end()
            continue
        bare = _BARE_HASHTAG.match(commentary, at)
        if bare is not None:
            out.append(bare[0])
            at = bare.end()
            continue
        if here in _RESERVED:
            break
        out.append(here)
        at += 1
    return "".join(out)
