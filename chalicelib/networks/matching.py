"""Whether a status, as an instance shows it, could be a text that we sent. Pure.

An instance turns text into HTML and has ways of its own: it makes links and mentions clickable, shortens what a link
shows, drops the domain of a mention, reads asterisks as bold, breaks lines. So what is compared is the plain words in
their order, the emoji, and the links; nothing that an instance may rewrite. Where it is in doubt, the answer is yes:
an "unconfirmed" that a person resolves is better than a second post.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import regex

from chalicelib.networks.counting import links, without_remote_domains

# Letters and digits in runs, every pictograph alone; combining marks stay with their letters.
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic}")
_BREAKS = {"br", "p", "div", "li", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}


@dataclass(frozen=True)
class Words:
    words: tuple[str, ...]
    links: tuple[str, ...]


def words_of_text(text: str) -> Words:
    found = list(links(text))
    rest: list[str] = []
    position = 0
    for link in found:
        rest.append(text[position : link.start])
        position = link.end
    rest.append(text[position:])
    plain = " ".join(without_remote_domains(piece) for piece in rest)
    return Words(_words(plain), tuple(_same_link(link.url) for link in found))


def words_of_html(content: str) -> Words:
    reader = _Reader()
    reader.feed(content)
    reader.close()
    # What the instance did not make a link of is still one in the text.
    plain = words_of_text("".join(reader.text))
    return Words(plain.words, tuple(_same_link(url) for url in reader.links) + plain.links)


def could_be(ours: Words, shown: Words) -> bool:
    """The same words in the same order, as many links, and no link that differs on the very host we linked to."""
    if ours.words != shown.words or len(ours.links) != len(shown.links):
        return False
    hosts = {_host(link) for link in ours.links}
    # A link to a host we did not name may be the instance's own redirection of ours.
    return all(link in ours.links or _host(link) not in hosts for link in shown.links)


def same_text(ours: str, theirs: str) -> bool:
    """For an instance that gives back the text as it was sent; line ends and spaces around may differ."""
    return ours.replace("\r\n", "\n").split() == theirs.replace("\r\n", "\n").split()


class _Reader(HTMLParser):
    """Collects the visible text, and apart from it the addresses of links that are neither mention nor hashtag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[str] = []
        self._in_link = False

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.text.append("\n")
        if tag != "a":
            return
        values = dict(attributes)
        classes = (values.get("class") or "").split()
        address = values.get("href") or ""
        if address.lower().startswith(("http://", "https://")) and not {"mention", "hashtag", "u-url"} & set(classes):
            self._in_link = True
            self.links.append(address)
            self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.text.append("\n")
        elif tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        if not self._in_link:
            self.text.append(data)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def _same_link(url: str) -> str:
    """Without what servers normalise: scheme, case of the host, percent-encoding, a slash at the end."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return url
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return host + unquote(parts.path).rstrip("/") + unquote(query) + unquote(fragment)


def _host(link: str) -> str:
    return link.split("/")[0].split("?")[0].split("#")[0]
