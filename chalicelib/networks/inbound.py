"""What strangers wrote, made safe to keep: plain text of a bounded length, times that have been, addresses of the web.

Text stays as it was written, right-to-left marks and tags included: it is evidence, and whoever shows it shows it as
text and isolates its direction. Only what no database or page can carry (half characters, control characters) is
replaced.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

TEXT_MAX = 20_000
NAME_MAX = 300
ALT_MAX = 4_000
URL_MAX = 2_048
MEDIA_MAX = 16
_HTML_MAX = 100_000

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SPACES_AROUND_BREAKS = re.compile(r" *\n *")
_BLANK_LINES = re.compile(r"\n{3,}")
_PARAGRAPHS = {"p", "div", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "table"}
_LINES = {"br", "li", "tr"}


def words(text: object, most: int = TEXT_MAX) -> str:
    """Empty for what is no text. What is longer is cut, and an ellipsis says so."""
    if not isinstance(text, str):
        return ""
    fit = _UNFIT.sub("\ufffd", text[: most + 1].replace("\r\n", "\n").replace("\r", "\n"))
    return fit if len(fit) <= most else f"{fit[: most - 1]}…"


def one_line(text: object, most: int = NAME_MAX) -> str:
    return " ".join(words(text, most).split())


def web_address(url: object) -> str | None:
    """None for anything that is not an address of the web that a browser may be sent to."""
    if not isinstance(url, str) or len(url) > URL_MAX or _UNFIT.search(url) or any(c.isspace() for c in url):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def language(tag: object) -> str | None:
    return tag if isinstance(tag, str) and _LANGUAGE.fullmatch(tag) else None


def count(number: object) -> int | None:
    """A count as networks give it; None for what is none (Mastodon says -1 where the number is hidden)."""
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None


def moment(text: object) -> datetime | None:
    """A time in UTC; None for what is none."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# ---------------------------------------------------------------- HTML


def text_of_html(content: object) -> str:
    """A status as plain text: paragraphs and breaks as line ends, links with their whole address (Mastodon hides parts
    of it in spans), custom emoji as :code:, every other tag dropped and its words kept.

    A link whose words are not its address shows both, so that nobody is led elsewhere than they read.
    """
    if not isinstance(content, str):
        return ""
    reader = _Text()
    reader.feed(content[:_HTML_MAX])
    reader.close()
    text = _BLANK_LINES.sub("\n\n", _SPACES_AROUND_BREAKS.sub("\n", "".join(reader.text)))
    return words(text.strip("\n "))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._link = ""
        self._link_from = 0
        self._pre = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _PARAGRAPHS:
            self.text.append("\n\n")
        elif tag in _LINES:
            self.text.append("\n")
        self._pre += tag == "pre"
        values = dict(attributes)
        if tag == "a":
            self._end_link()
            classes = set((values.get("class") or "").split())
            if not classes & {"mention", "hashtag", "u-url"}:
                self._link, self._link_from = web_address(values.get("href")) or "", len(self.text)
        elif tag == "img":
            self.text.append(values.get("alt") or values.get("title") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.text.append("\n\n")
        elif tag == "a":
            self._end_link()
        if tag == "pre":
            self._pre = max(self._pre - 1, 0)

    def handle_data(self, data: str) -> None:
        self.text.append(data if self._pre else _SPACES.sub(" ", data))

    def close(self) -> None:
        super().close()
        self._end_link()

    def _end_link(self) -> None:
        link, self._link = self._link, ""
        if not link:
            return
        shown = "".join(self.text[self._link_from :]).strip()
        if not shown:
            self.text.append(link)
        elif _bare(shown) != _bare(link):
            self.text.append(f" ({link})")


def _bare(address: str) -> str:
    return unquote(address).removeprefix("https://").removeprefix("http://").rstrip("/").casefold()
