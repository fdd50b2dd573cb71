"""What is clickable in a Bluesky post: links, hashtags and mentions, as app.bsky.richtext.facet wants them.

Offsets count bytes of the UTF-8 text. The rules for hashtags and mentions follow the official client's
(packages/api/src/rich-text/util.ts of bluesky-social/atproto, 2026-08); links must carry their http or https.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import regex

from chalicelib.networks.counting import graphemes, links, utf8_bytes

_INVISIBLE = r"\u00AD\u2060\u200A\u200B\u200C\u200D\u20e2"
_TAG = regex.compile(
    rf"(?:^|\s)(?P<whole>[#＃](?P<tag>(?!\ufe0f)[^\s{_INVISIBLE}]*[^\d\s\p{{P}}{_INVISIBLE}]+[^\s{_INVISIBLE}]*))"
)
_TAG_END = regex.compile(r"\p{P}+$")
_MENTION = regex.compile(r"(?:^|\s|\()(?P<whole>@(?P<handle>[a-zA-Z0-9.-]+))(?:\b)")
# https://atproto.com/specs/handle
_HANDLE = regex.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
)
_TAG_GRAPHEMES_MAX = 64
_TAG_BYTES_MAX = 640


@dataclass(frozen=True)
class _Span:
    start: int  # code points, end exclusive
    end: int
    feature: dict[str, str]


def facets(text: str, resolve_handle: Callable[[str], str | None]) -> list[dict[str, object]]:
    """In the order of the text. `resolve_handle` answers a handle's DID, or None: then the mention stays plain text."""
    spans = [
        _Span(link.start, link.end, {"$type": "app.bsky.richtext.facet#link", "uri": link.url}) for link in links(text)
    ]
    spans += _tags(text)
    spans += _mentions(text, resolve_handle)
    spans.sort(key=lambda span: span.start)
    found: list[dict[str, object]] = []
    end = 0
    for span in spans:
        if span.start < end:
            continue  # a hashtag or mention inside a link belongs to the link
        end = span.end
        found.append(
            {
                "index": {"byteStart": utf8_bytes(text[: span.start]), "byteEnd": utf8_bytes(text[: span.end])},
                "features": [span.feature],
            }
        )
    return found


def handles(text: str) -> list[str]:
    """The handles mentioned in a text, lower case, each once."""
    return list(dict.fromkeys(match.group("handle").lower() for match in _MENTION.finditer(text) if _is_handle(match)))


def _is_handle(match: regex.Match[str]) -> bool:
    handle = match.group("handle")
    return len(handle) <= 253 and _HANDLE.fullmatch(handle) is not None


def _tags(text: str) -> list[_Span]:
    spans = []
    for match in _TAG.finditer(text):
        tag = _TAG_END.sub("", match.group("tag"))
        if not tag or graphemes(tag) > _TAG_GRAPHEMES_MAX or utf8_bytes(tag) > _TAG_BYTES_MAX:
            continue
        start = match.start("whole")
        spans.append(_Span(start, match.start("tag") + len(tag), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}))
    return spans


def _mentions(text: str, resolve_handle: Callable[[str], str | None]) -> list[_Span]:
    spans = []
    for match in _MENTION.finditer(text):
        if not _is_handle(match):
            continue
        did = resolve_handle(match.group("handle").lower())
        if did is not None:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
            spans.append(_Span(match.start("whole"), match.end("whole"), feature))
    return spans
