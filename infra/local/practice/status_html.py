"""Text as Mastodon shows it: paragraphs, links, hashtags and mentions in HTML, and how long it counts.

Sources: https://docs.joinmastodon.org/spec/activitypub/#sanitization, https://docs.joinmastodon.org/user/posting/ and
the output of Mastodon's text formatter (spans `invisible` and `ellipsis`, `<br />`, `h-card`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import regex

URL_LENGTH = 23

_ENTITY = re.compile(
    r"(?P<url>(?<![\w@/])https?://[^\s<>\"']+)"
    r"|(?P<hashtag>(?<![\w/])#(?=[\w·]*[^\W\d_])[\w·]+)"
    r"|(?P<mention>(?<![\w/])@[a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_]+)?(?:@[a-z0-9.-]+\.[a-z]+(?::\d+)?)?)",
    re.IGNORECASE,
)
_URL_TAIL = ".,;:!?…»'\""


@dataclass(frozen=True)
class Entity:
    kind: str  # url, hashtag, mention
    text: str  # as written: with # or @
    start: int
    end: int


def entities(text: str) -> Iterator[Entity]:
    for match in _ENTITY.finditer(text):
        kind = str(match.lastgroup)
        found = match[0]
        if kind == "url":
            found = _trimmed(found)
        yield Entity(kind, found, match.start(), match.start() + len(found))


def counted_length(text: str) -> int:
    """Characters as Mastodon counts them: graphemes, every link 23, of a mention only its local part."""
    out, at = [], 0
    for entity in entities(text):
        out.append(text[at : entity.start])
        if entity.kind == "url":
            out.append("x" * URL_LENGTH)
        elif entity.kind == "mention":
            out.append("@" + entity.text[1:].split("@")[0])
        else:
            out.append(entity.text)
        at = entity.end
    out.append(text[at:])
    return len(regex.findall(r"\X", "".join(out)))


def to_html(text: str, *, tag_url: Callable[[str], str], mention_url: Callable[[str], str | None]) -> str:
    """`mention_url` answers None for an account that is not known: such a mention stays plain text."""
    if not text:
        return ""
    out, at = [], 0
    for entity in entities(text):
        out.append(html.escape(text[at : entity.start]))
        out.append(_linked(entity, tag_url, mention_url))
        at = entity.end
    out.append(html.escape(text[at:]))
    joined = re.sub(r"\r\n?", "\n", "".join(out)).replace("&#x27;", "&#39;")
    paragraphs = re.split(r"\n\n+", joined)
    return "".join("<p>" + paragraph.replace("\n", "<br />") + "</p>" for paragraph in paragraphs)


def _linked(entity: Entity, tag_url: Callable[[str], str], mention_url: Callable[[str], str | None]) -> str:
    escape = html.escape
    if entity.kind == "hashtag":
        name = entity.text[1:]
        return f'<a href="{escape(tag_url(name))}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'
    if entity.kind == "mention":
        url = mention_url(entity.text[1:])
        if url is None:
            return escape(entity.text)
        user = escape(entity.text[1:].split("@")[0])
        return (
            f'<span class="h-card" translate="no"><a href="{escape(url)}" class="u-url mention">'
            f"@<span>{user}</span></a></span>"
        )
    prefix = re.match(r"https?://(www\.)?", entity.text, re.IGNORECASE)
    head = prefix[0] if prefix else ""
    shown, rest = entity.text[len(head) : len(head) + 30], entity.text[len(head) + 30 :]
    return (
        f'<a href="{escape(entity.text)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(head)}</span>'
        f'<span class="{"ellipsis" if rest else ""}">{escape(shown)}</span>'
        f'<span class="invisible">{escape(rest)}</span></a>'
    )


def _trimmed(url: str) -> str:
    """Without the punctuation that ends the sentence rather than the address."""
    while url:
        if url[-1] in _URL_TAIL or (url[-1] == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        else:
            break
    return url
