"""What strangers wrote, made safe to keep: plain text of a bounded length, times that have been, addresses of the web.

Text stays as it was written, right-to-left marks and tags included: it is evidence, and whoever shows it shows it as
text and isolates its direction. Only what no database or page can carry (half characters, control characters) is
replaced.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
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

_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,19})")
_END_OR_QUOTE = re.compile(r"[\"'>]")
_ATTRIBUTE = re.compile(r"""([A-Za-z-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_ATTRIBUTES_MAX = 4_000


def text_of_html(content: object) -> str:
    """A status as plain text: paragraphs and breaks as line ends, links with their whole address (Mastodon hides parts
    of it in spans), custom emoji as :code:, every other tag dropped and its words kept.

    A link whose words are not its address shows both, so that nobody is led elsewhere than they read.
    """
    return words(_Text(content[:_HTML_MAX]).read()) if isinstance(content, str) else ""


class _Text:
    """Reads tags by itself: html.parser takes a time that grows with the square of what it is given, and whether it
    swallows what follows an unclosed tag depends on its version."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._text: list[str] = []
        self._link = ""
        self._link_from = 0
        self._last_close = content.rfind(">")
        self._last_comment = content.rfind("-->")
        self._quotes_lost = False

    def read(self) -> str:
        content, at = self._content, 0
        while at < len(content):
            opening = content.find("<", at)
            self._text.append(_shown(content[at : opening if opening >= 0 else len(content)]))
            if opening < 0:
                break
            at = self._tag(opening)
        self._end_link()
        text = _BLANK_LINES.sub("\n\n", _SPACES_AROUND_BREAKS.sub("\n", "".join(self._text)))
        return text.strip("\n ")

    def _tag(self, opening: int) -> int:
        """Where the reading goes on after what begins here. What is no tag, or never ends, is text."""
        content = self._content
        if content.startswith("<!--", opening):
            return content.find("-->", opening) + 3 if opening < self._last_comment else opening + 4
        name = _TAG.match(content, opening)
        close = -1 if name is None else self._close(name.end())
        if name is None or close < 0:
            self._text.append("<")
            return opening + 1
        if content[opening + 1] == "/":
            self._end(name[1].lower())
        else:
            self._begin(name[1].lower(), content[name.end() : min(close, name.end() + _ATTRIBUTES_MAX)])
        return close + 1

    def _close(self, at: int) -> int:
        """Of the tag's end; -1 where it has none. What is in quotes is passed over, as long as quotes come in pairs."""
        if at > self._last_close:
            return -1
        after = at
        while not self._quotes_lost:
            found = _END_OR_QUOTE.search(self._content, after)
            if found is None:
                self._quotes_lost = True
            elif found[0] == ">":
                return found.start()
            else:
                close = self._content.find(found[0], found.end())
                after = close + 1 if close >= 0 else found.end()
        return self._content.find(">", at)

    def _begin(self, tag: str, inside: str) -> None:
        self._break(tag)
        if tag not in ("a", "img"):
            return
        values: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(inside):
            values.setdefault(name.lower(), html.unescape(double or single or bare))
        if tag == "img":
            self._text.append(values.get("alt") or values.get("title") or "")
            return
        self._end_link()
        if not set(values.get("class", "").split()) & {"mention", "hashtag", "u-url"}:
            self._link, self._link_from = web_address(values.get("href")) or "", len(self._text)

    def _end(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        elif tag in _PARAGRAPHS:
            self._break(tag)

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._text.append("\n\n")
        elif tag in _LINES:
            self._text.append("\n")

    def _end_link(self) -> None:
        link, self._link = self._link, ""
        if not link:
            return
        shown = "".join(self._text[self._link_from :]).strip()
        if not shown:
            self._text.append(link)
        elif _bare(shown) != _bare(link):
            self._text.append(f" ({link})")


def _shown(text: str) -> str:
    return html.unescape(_SPACES.sub(" ", text))


def _bare(address: str) -> str:
    return unquote(address).removeprefix("https://").removeprefix("http://").rstrip("/").casefold()
