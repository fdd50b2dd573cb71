"""LinkedIn's "little text", in which the commentary of a post is written. Pure.

LinkedIn (learn.microsoft.com, linkedin/marketing/community-management/shares/little-text-format, 2026-07): a reserved
character must be escaped with a backslash even where it begins no element; what is not escaped is cut off or refused
without a word. A hashtag is {hashtag|\\#|name}, a mention @[name](urn).

So every reserved character is escaped, and a hashtag is written as LinkedIn's own template for one, because an escaped
"#" would stay plain text that nobody finds by. As a hashtag counts what LinkedIn makes one of: a "#" that begins a
word, before letters and digits of which one is a letter. What goes on with an underscore stays text. A mention stays
the plain text that it is: an organisation or a person is named by a URN, which nobody can type.
"""

from __future__ import annotations

import regex

RESERVED = "\\|{}@[]()<>#*_~"

_HASHTAG = regex.compile(r"(?<![\w#&/])#((?=[\p{N}]*\p{L})[\p{L}\p{N}]{1,100})(?![\w])")
_RESERVED = regex.compile("[" + regex.escape(RESERVED) + "]")
_TEMPLATE = regex.compile(r"\{hashtag\|\\?([#＃])\|((?:\\.|[^\\|{}])*)\}")
_MENTION = regex.compile(r"@\[((?:\\.|[^\\\[\]])*)\]\s?\(urn:li:[^()\s]{1,100}\)")
_ESCAPED = regex.compile(r"\\(.)", regex.DOTALL)


def escape(text: str) -> str:
    """The text, all of it plain."""
    return _RESERVED.sub(r"\\\g<0>", text)


def little(text: str) -> str:
    """The text as commentary: hashtags as hashtags, everything else as the very characters that it is."""
    pieces, position = [], 0
    for match in _HASHTAG.finditer(text):
        pieces += [escape(text[position : match.start()]), f"{{hashtag|\\#|{match[1]}}}"]
        position = match.end()
    return "".join([*pieces, escape(text[position:])])


def plain(commentary: str) -> str:
    """What a reader sees of a commentary; of a mention, its name."""
    pieces, position = [], 0
    while position < len(commentary):
        element = None
        if commentary[position] == "{":
            element = _TEMPLATE.match(commentary, position)
        elif commentary[position] == "@":
            element = _MENTION.match(commentary, position)
        if element is not None:
            sign = element[1] if element.re is _TEMPLATE else ""
            pieces.append(sign + _unescaped(element[2] if element.re is _TEMPLATE else element[1]))
            position = element.end()
        elif commentary[position] == "\\" and position + 1 < len(commentary):
            pieces.append(commentary[position + 1])
            position += 2
        else:
            pieces.append(commentary[position])
            position += 1
    return "".join(pieces)


def _unescaped(text: str) -> str:
    return str(_ESCAPED.sub(r"\1", text))
