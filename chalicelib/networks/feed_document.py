"""An RSS or Atom document, of whatever version and however badly written, as plain text and times. Fetches nothing.

feedparser reads it, with three things decided before it does, because it would decide them for the worse:

- It is given an open stream, never bytes or text: it takes those for the name of a file or an address, and opens it.
- It is given UTF-8. We decode (byte order mark, then the Content-Type, then the document's own word: RFC 7303 3), with
  the text encodings of the web only: Python also has some whose decoding takes a time that grows with the square.
- It is given no prolog. A document type may declare entities that swell to gigabytes, and whether that is stopped,
  after seconds, is left to the expat that the interpreter was built with. Who declares any is refused, and after the
  first element no XML can.

What is not well-formed is read by feedparser's second, lenient reader. Both take a time that grows with the length,
which FEED_BYTES_MAX bounds.

Sources: RFC 4287, cyber.harvard.edu/rss/rss.html (2.0.11), feedparser.readthedocs.io 6.0; 2026-11.
"""

from __future__ import annotations

import calendar
import codecs
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from chalicelib.networks.contract import NotUnderstood
from chalicelib.networks.inbound import language, one_line, text_of_html, web_address, words

FEED_BYTES_MAX = 2_000_000
"""Some 5,000 entries; reading it takes two seconds, and ten where it was written to take long."""
_ID_MAX = 500

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before the shorter mark that it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_ENCODINGS = re.compile(r"utf-(8|16|32)|iso8859-\d+|cp(125\d|932|949|950|866)|koi8|gb|big5|euc|shift|mac|ascii|tis")
_AS_WINDOWS = {"iso8859-1", "ascii"}
"""What says it is one of these is windows-1252 (encoding.spec.whatwg.org), which has their characters and quotes."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ADDRESS_AND_NAME = re.compile(r"[^\s@()]+@[^\s@()]+ \(([^()]+)\)")
_NAME_AND_ADDRESS = re.compile(r"([^()]+) \([^\s@()]+@[^\s@()]+\)")
_ROOT = re.compile(r"<(?:\w+:)?(?:rss|rdf|feed)[\s>]", re.IGNORECASE)


@dataclass(frozen=True)
class Item:
    """id: its own where that is unique in its feed, else its link, else a hash of its words. title, text: plain.
    updated: only where the document says so apart from when it was published."""

    id: str
    title: str
    text: str
    link: str | None
    author: str
    published: datetime | None
    updated: datetime | None


@dataclass(frozen=True)
class Feed:
    """items: in the document's order, each id once."""

    title: str
    link: str | None
    language: str | None
    updated: datetime | None
    items: Sequence[Item]


def read_feed(body: bytes, content_type: str, address: str) -> Feed:
    """address: what relative links are relative to.

    Raises NotUnderstood: not_a_feed, feed_too_large, feed_declares_entities."""
    if len(body) > FEED_BYTES_MAX:
        raise NotUnderstood("feed_too_large")
    document = _without_prolog(_NO_XML.sub("", _decoded(body, content_type)))
    if not _ROOT.match(document):
        raise NotUnderstood("not_a_feed")
    said = _parsed(document, address)
    about = said["feed"]
    return Feed(
        title=one_line(_plain(about.get("title_detail"))),
        link=web_address(about.get("link")),
        language=language(about.get("language")),
        updated=_time(about, "updated_parsed") or _time(about, "published_parsed"),
        items=_items(said["entries"]),
    )


# ---------------------------------------------------------------- before feedparser


def _decoded(body: bytes, content_type: str) -> str:
    marked = next((encoding for mark, encoding in _MARKS if body.startswith(mark)), None)
    if marked is not None:
        return body.decode(marked, "replace")
    header = Message()
    header["Content-Type"] = content_type
    declared = _DECLARED.match(body.lstrip()[:300])
    named = [header.get_content_charset(), declared[1].decode("ascii") if declared else None, "utf-8"]
    for name in filter(None, (_encoding(each) for each in named)):
        try:
            return body.decode(name)
        except UnicodeError:
            continue
    return body.decode("cp1252", "replace")


def _encoding(name: str | None) -> str | None:
    """Python's name for it; None for what is none of the web's."""
    try:
        known = codecs.lookup(name or "").name
    except (LookupError, ValueError):
        return None
    if known in _AS_WINDOWS:
        return "cp1252"
    return known if _ENCODINGS.match(known) else None


def _without_prolog(text: str) -> str:
    at = 0
    while True:
        if found := _BEFORE_ROOT.match(text, at):
            at = found.end()
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            end, subset = text.find(">", at), text.find("[", at)
            if end < 0:
                raise NotUnderstood("not_a_feed")
            if 0 <= subset < end:
                raise NotUnderstood("feed_declares_entities")
            at = end + 1
        else:
            return text[at:]


def _parsed(document: str, address: str) -> Any:
    import feedparser

    try:
        return feedparser.parse(
            io.BytesIO(document.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": address},
            # What comes of HTML here is text; nobody is ever shown it as HTML.
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception:  # noqa: S110 - whatever a library makes of what strangers wrote, and without their words
        pass
    raise NotUnderstood("not_a_feed")


# ---------------------------------------------------------------- after it


def _items(entries: Sequence[Mapping[str, Any]]) -> list[Item]:
    links = defaultdict(set)
    for each in entries:
        links[each.get("id")].add(each.get("link"))
    found: dict[str, Item] = {}
    for each in entries:
        own = each.get("id")
        item = _item(each, own if isinstance(own, str) and len(links[own]) == 1 else None)
        found.setdefault(item.id, item)
    return list(found.values())


def _item(entry: Mapping[str, Any], own: str | None) -> Item:
    title, text, link = one_line(_plain(entry.get("title_detail")), 1_000), _body(entry), web_address(entry.get("link"))
    published, updated = _time(entry, "published_parsed"), _time(entry, "updated_parsed")
    source = entry.get("source") or {}
    return Item(
        id=_short(one_line(own, 10 * _ID_MAX) or link or _hash(f"{title}\n{text}")),
        title=title,
        text=text,
        link=link,
        author=_name(one_line(entry.get("author"))) or one_line(source.get("title")),
        published=published or updated,
        updated=updated if updated != published else None,
    )


def _body(entry: Mapping[str, Any]) -> str:
    """The fullest of what it says of itself: the article, or what sums it up."""
    told = [_plain(each) for each in (entry.get("summary_detail"), *(entry.get("content") or ()))]
    return max(told, key=len)


def _plain(detail: object) -> str:
    """feedparser says of every text whether it is HTML; where a format leaves that open, it guesses."""
    if not isinstance(detail, Mapping):
        return ""
    value, kind = detail.get("value"), str(detail.get("type") or "")
    return text_of_html(value) if kind.endswith(("html", "xml")) else words(value).strip()


def _name(author: str) -> str:
    """Of RSS's "address (name)", and of what feedparser makes of Atom's two: "name (address)". Its own taking apart of
    the first knows no domain that ends in more than four letters."""
    found = _ADDRESS_AND_NAME.fullmatch(author) or _NAME_AND_ADDRESS.fullmatch(author)
    return found[1].strip() if found else author


def _time(said: Mapping[str, Any], name: str) -> datetime | None:
    # dict.get, because feedparser gives the time of publication where one of an update is asked for and there is none.
    value = dict.get(said, name) if isinstance(said, dict) else None
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _short(text: str) -> str:
    return text if len(text) <= _ID_MAX else _hash(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
