"""What a page says of itself for a link card: title, description, the address of a picture. Pure.

Read are Open Graph's and Twitter's properties, the page's own title and its meta description, from HTML that anybody
may have written: nothing of it is run, kept or shown as HTML, and the time grows with the length alone (html.parser's
grows with the square of it). The encoding is told by a byte order mark, else by the answer, else by the page itself,
else it is UTF-8 (WHATWG Encoding, whose labels mean what they mean to browsers: iso-8859-1 is windows-1252).
"""

from __future__ import annotations

import codecs
import html
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from chalicelib.networks.contract import CARD_DESCRIPTION_MAX, CARD_TITLE_MAX
from chalicelib.networks.inbound import web_address

_CHARSET = re.compile(r"charset\s{0,20}=\s{0,20}[\"']?([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s{0,20}=\s{0,20}[\"']?([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 4_096
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ENCODINGS = re.compile(
    r"utf-8|utf-16-[lb]e|cp125\d|cp866|cp874|iso8859-\d{1,2}|koi8-[ru]|mac-roman|gbk|gb18030|gb2312|big5|euc_jp|iso2022_jp"
    r"|shift_jis|euc_kr"
)
_AS_BROWSERS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gbk", "utf-16": "utf-16-le"}

_OPENING = re.compile(r"<(?:(!--)|(/?)([A-Za-z][A-Za-z0-9-]{0,20}))")
_REST_OF_TAG = re.compile(r"((?:=\s*+\"[^\"]*+\"|=\s*+'[^']*+'|[^>])*+)>")
_TAG_LENGTH = 20_000
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""")
_METAS_MAX = 300
_NO_MARKUP_INSIDE = {"script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp"}

# Controls, halves of characters, and the marks that turn the direction of what stands beside them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class PageWords:
    """Plain text of one line each, "" where the page says nothing. picture: an http or https address."""

    title: str
    description: str
    picture: str | None


class NotLookedAt(Exception):
    """code: address_refused, page_not_reached, not_a_page; of a picture also too_large. detail: never the page's."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def words_of_page(content: bytes, content_type: str, url: str) -> PageWords:
    """content_type: the answer's header. url: where the page was found, from which it counts its addresses."""
    title, said = _read(_decoded(content, content_type))
    picture = next((each for name in _PICTURES if (each := said.get(name, "").strip())), "")
    return PageWords(
        title=line(said.get("og:title") or said.get("twitter:title") or title, CARD_TITLE_MAX),
        description=line(
            said.get("og:description") or said.get("twitter:description") or said.get("description") or "",
            CARD_DESCRIPTION_MAX,
        ),
        picture=_address(url, picture) if picture else None,
    )


_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_WANTED = {*_PICTURES, "og:title", "twitter:title", "og:description", "twitter:description", "description"}


def line(text: str, most: int) -> str:
    """On one line, and cut at a word where it is too long, which an ellipsis says."""
    words = " ".join(_UNFIT.sub(" ", text).split())
    if len(words) <= most:
        return words
    kept = words[: most - 1]
    space = kept.rfind(" ")
    return f"{kept[:space] if space > most // 2 else kept}…".replace(",…", "…").replace(".…", "…")


def _address(url: str, picture: str) -> str | None:
    try:
        return web_address(urljoin(url, picture))
    except ValueError:
        return None


# ---------------------------------------------------------------- encoding


def _decoded(content: bytes, content_type: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    declared = _CHARSET.search(content_type)
    encoding_said = _encoding(declared[1]) if declared else None
    if encoding_said is None:
        inside = _META_CHARSET.search(content[:_DECLARED_WITHIN])
        encoding_said = _encoding(inside[1].decode("ascii")) if inside else None
        # What could be read as ASCII this far is no UTF-16, whatever it says (WHATWG, 13.2.3.2).
        if encoding_said is not None and encoding_said.startswith("utf-16"):
            encoding_said = "utf-8"
    if encoding_said is not None:
        return content.decode(encoding_said, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, it is UTF-8 all the same.
        return content.decode("utf-8" if error.start >= len(content) - 4 else "cp1252", "replace")


def _encoding(label: str) -> str | None:
    """One that pages are written in; Python knows others that are none (rot13, unicode_escape)."""
    try:
        name = codecs.lookup(label.replace(":", "-")).name
    except LookupError:
        return None
    name = _AS_BROWSERS.get(name, name)
    return name if _ENCODINGS.fullmatch(name) else None


# ---------------------------------------------------------------- markup


def _read(text: str) -> tuple[str, dict[str, str]]:
    """The first title, and the first content of each property that is wanted."""
    title, said, at, metas = "", dict[str, str](), 0, 0
    while (opening := _OPENING.search(text, at)) is not None:
        at = opening.end()
        if opening[1]:
            at = text.find("-->", at) + 3
            if at < 3:
                break
            continue
        rest = _REST_OF_TAG.match(text, at, at + _TAG_LENGTH)
        if rest is None:
            at += _TAG_LENGTH  # never a meta of any use, and looking for its end again and again would take too long
            continue
        at = rest.end()
        name = opening[3].lower()
        if opening[2]:
            continue
        if name == "meta" and metas < _METAS_MAX:
            metas += 1
            _take(rest[1], said)
        elif name in _NO_MARKUP_INSIDE:
            end = _end_of(name, text, at)
            if name == "title" and not title:
                title = html.unescape(text[at:end])
            at = end
    return title, said


_ENDS = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in _NO_MARKUP_INSIDE}


def _end_of(name: str, text: str, at: int) -> int:
    """The end of the text where it is never closed: then everything that follows is inside."""
    end = _ENDS[name].search(text, at)
    return end.start() if end else len(text)


def _take(attributes: str, said: dict[str, str]) -> None:
    values: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), html.unescape(double or single or bare))
    for key in (values.get("property", ""), values.get("name", "")):
        key = key.strip().lower()
        if key in _WANTED and values.get("content", "").strip():
            said.setdefault(key, values["content"])
