"""How long a text is, as each network counts it. Pure; also finds the links and mentions that the counting needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

MASTODON_URL_LENGTH = 23

_GRAPHEME = regex.compile(r"\X")
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Regional_Indicator}|\p{Extended_Pictographic}\ufe0f|\u20e3")
# A link starts a word and names a host with a dot; bare domains are not links here (no list of top-level domains is
# carried). The part after the host runs to the next space, bracket or quotation mark; trim() then gives back the
# punctuation that belongs to the sentence.
_LINK = regex.compile(
    r"(?<![\w@/#$])https?://(?:[\w\-]+\.)+[\p{L}][\w\-]*(?::\d{1,5})?(?:[/?#][^\s<>\"«»“”]*)?", regex.IGNORECASE
)
# app/models/account.rb of Mastodon, MENTION_RE (2026-08).
_MENTION = regex.compile(
    r"(?<![=/\w])@(?P<user>[a-z0-9_]+(?:[.\-]+[a-z0-9_]+)*)(?:@[\w]+(?:[.\-]+[\w]+)*)?", regex.IGNORECASE
)
_SENTENCE_ENDS = ".,;:!?…'’*_~`"


@dataclass(frozen=True)
class Link:
    """start, end: code points of the text, end exclusive."""

    start: int
    end: int
    url: str


def graphemes(text: str) -> int:
    """Extended grapheme clusters (UAX 29): what a reader calls a character."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def threads_length(text: str) -> int:
    """Graphemes, but an emoji counts as many as it has bytes in UTF-8.

    Source: developers.facebook.com/docs/threads/posts, 2026-09: "Text posts are limited to 500 characters. Emojis are
    counted as the number of UTF-8 bytes." What an emoji is it does not say; taken here is every grapheme with one in
    it, digits with a keycap and flags too, and not the characters that are plain text unless told otherwise (\u00a9).
    """
    return sum(utf8_bytes(each[0]) if _EMOJI.search(each[0]) else 1 for each in _GRAPHEME.finditer(text))


def utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which JSON can carry into a string and no network can be sent."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def links(text: str) -> Iterator[Link]:
    """The http and https links of a text, in order, without the punctuation that follows them in a sentence."""
    for match in _LINK.finditer(text):
        url = _trim(match.group())
        yield Link(match.start(), match.start() + len(url), url)


def _trim(url: str) -> str:
    while url and (url[-1] in _SENTENCE_ENDS or _closes_nothing(url, "(", ")") or _closes_nothing(url, "[", "]")):
        url = url[:-1]
    return url


def _closes_nothing(url: str, opening: str, closing: str) -> bool:
    return url.endswith(closing) and url.count(closing) > url.count(opening)


def without_remote_domains(text: str) -> str:
    """`@user@domain` as `@user`, which is how Mastodon both counts and shows a mention."""
    return str(_MENTION.sub(lambda match: "@" + match.group("user"), text))


def mastodon_length(text: str, url_length: int = MASTODON_URL_LENGTH) -> int:
    """Graphemes, where every link counts `url_length` and a remote mention counts without its domain.

    Source: app/validators/status_length_validator.rb of Mastodon and the documentation of `characters_reserved_per_url`
    (docs.joinmastodon.org, entities/Instance).
    """
    rest: list[str] = []
    position = 0
    count = 0
    for link in links(text):
        rest.append(text[position : link.start])
        count += url_length
        position = link.end
    rest.append(text[position:])
    # A link is a boundary: a mention cannot run across it.
    return count + sum(graphemes(without_remote_domains(piece)) for piece in rest)
