"""What a search asks for, as both networks' search boxes understand it: words that must all be there, "a phrase",
-left out, from:someone, lang:fr, #tag. Words are compared whole, without case and accents.

Neither network specifies its syntax; this is the part that both share.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_PART = re.compile(r'(-?)(?:(from|mentions|lang|language|since|until|before|after|domain):(\S+)|"([^"]*)"|(\S+))')
_NAMES = {"language": "lang", "before": "until", "after": "since"}


def words_of(text: str) -> str:
    """The words of a text, folded, each between spaces: what a phrase is looked for in."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " " + " ".join(re.findall(r"\w+", folded)) + " "


@dataclass
class Query:
    wanted: list[str] = field(default_factory=list)  # as words_of gives them
    unwanted: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)  # folded, without #
    named: dict[str, str] = field(default_factory=dict)  # from, mentions, lang, since, until, domain -> value

    @property
    def empty(self) -> bool:
        return not (self.wanted or self.tags or self.named)

    def matches(self, words: str) -> bool:
        return all(word in words for word in self.wanted) and not any(word in words for word in self.unwanted)


def query_of(text: str) -> Query:
    query = Query()
    for minus, name, value, phrase, word in _PART.findall(text):
        if name:
            query.named[_NAMES.get(name, name)] = value.removeprefix("@")
        elif word.startswith("#") and not minus:
            query.tags.append(words_of(word).strip())
        elif (found := words_of(phrase or word)).strip():
            (query.unwanted if minus else query.wanted).append(found)
    return query
