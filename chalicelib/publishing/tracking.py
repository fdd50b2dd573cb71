"""Campaign tracking: the parameters that tell a site's own statistics from which network a reader came.

The web application counts and previews by the same rules (web/src/text/tracking.ts); both are held to the table
tests/fixtures/tracking.json. The names utm_source, utm_medium, utm_campaign are Google Analytics' and everybody's:
https://support.google.com/analytics/answer/10917952 (2026-09).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import regex

MEDIUM = "social"


# A link begins a word and runs to the next space, bracket or quotation mark; what closes the sentence is given back.
# \p{Cc} and U+FEFF are spaces to one of Python and JavaScript only.
@cache
def _link() -> regex.Pattern[str]:
    """Loaded when a text is first looked through: who publishes without tracking starts sooner."""
    import regex

    return regex.compile(r"(?<![\p{L}\p{N}_@/#$])https?://[^\s\p{Cc}\uFEFF<>\"«»“”]+", regex.IGNORECASE)


_SENTENCE_ENDS = ".,;:!?…'’*_~`"
_HASH_LENGTH = 12  # 48 bits: among a million texts of one agency, two would share one in less than one case of 500


class Tracking(BaseModel):
    """campaign: utm_campaign as it is written, or None for none. hosts: the sites whose links are marked, in lower
    case; others may break, or are not ours to count."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    campaign: str | None = None
    hosts: tuple[str, ...] = ()


def tracked(text: str, network: str, tracking: Tracking) -> str:
    """The text as it leaves for that network. Applied twice, it is what it was after once."""
    return _with_links(text, lambda url: tracked_link(url, network, tracking))


def tracked_link(url: str, network: str, tracking: Tracking) -> str:
    """The link with its parameters after those that it has. A link with any utm_ parameter stays as it is: who wrote
    one meant it, and half of two campaigns would be counted as neither."""
    scheme, separator, rest = url.partition("://")
    head, hash_, fragment = rest.partition("#")
    base, _, query = head.partition("?")
    authority, slash, path = base.partition("/")
    host = "" if "@" in authority else authority.partition(":")[0].lower()
    if host not in tracking.hosts or any(map(_is_utm, query.split("&"))):
        return url
    added = f"utm_source={network}&utm_medium={MEDIUM}"
    if tracking.campaign:
        added += f"&utm_campaign={tracking.campaign}"
    joined = f"{query}{'' if query.endswith('&') or not query else '&'}{added}"
    return f"{scheme}{separator}{authority}{slash or '/'}{path}?{joined}{hash_}{fragment}"


def words_hash(parts: Iterable[str]) -> str | None:
    """A short hash of what a text, or a thread, says: the same for other capitals, spaces and campaigns, another for
    other accents. None where there are no words."""
    said = " ".join(_with_links(unicodedata.normalize("NFC", part), _untracked) for part in parts)
    plain = " ".join(said.casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH] if plain else None


def _is_utm(pair: str) -> bool:
    return pair.lower().startswith("utm_")


def _untracked(url: str) -> str:
    head, hash_, fragment = url.partition("#")
    base, _, query = head.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair and not _is_utm(pair))
    return f"{base.rstrip('/')}{'?' if kept else ''}{kept}{hash_}{fragment}"


def _with_links(text: str, change: Callable[[str], str]) -> str:
    def changed(match: regex.Match[str]) -> str:
        whole = match.group()
        url = _trimmed(whole)
        return change(url) + whole[len(url) :]

    return _link().sub(changed, text)


def _trimmed(url: str) -> str:
    while url[-1] in _SENTENCE_ENDS or _closes_nothing(url, "(", ")") or _closes_nothing(url, "[", "]"):
        url = url[:-1]
    return url


def _closes_nothing(url: str, opening: str, closing: str) -> bool:
    return url.endswith(closing) and url.count(closing) > url.count(opening)
