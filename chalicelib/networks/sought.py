"""Which texts a keyword is found in, where a network has no search of its own and we look ourselves. Pure.

Every word must be there, whole, in any order; words in quotes one after the other; a word with a minus before it must
not be there. Case and accents do not count, and neither does what stands between words: l'eau is two of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"\w+")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})
"""What a reader takes for these letters and Unicode does not take apart."""


def folded(text: str) -> str:
    """The words of a text without case and accents, each between spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in apart if not unicodedata.combining(each)).translate(_LETTERS)
    return f" {' '.join(_WORD.findall(plain))} "


@dataclass(frozen=True)
class Sought:
    """wanted, unwanted: words and phrases as `folded` gives them."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()

    def found_in(self, text: str) -> bool:
        """Never where nothing is wanted."""
        if not self.wanted:
            return False
        words = folded(text)
        return all(each in words for each in self.wanted) and not any(each in words for each in self.unwanted)


def sought(words: str) -> Sought:
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in _PART.findall(words):
        if (part := folded(phrase or word)).strip():
            (unwanted if minus else wanted).append(part)
    return Sought(tuple(wanted), tuple(unwanted))
