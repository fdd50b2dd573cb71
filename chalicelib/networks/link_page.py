"""Looking at the page behind a link, for its card: through the transport's guarded addresses, with nothing of ours.

A page's first megabyte is read, which holds its head; a picture up to five. Both together are over in 17 seconds, well
before API Gateway's 29.
"""

from __future__ import annotations

from chalicelib.networks.contract import AddressRefused, NetworkError
from chalicelib.networks.page_words import NotLookedAt, PageWords, words_of_page
from chalicelib.networks.transport import Transport, Visited

PAGE_BYTES = 1_000_000
PICTURE_BYTES = 5_000_000
_PAGE_S = 9.0
_PICTURE_S = 8.0
_REDIRECTS = 4
_PAGES = ("text/html", "application/xhtml+xml")


class LinkPages:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def words(self, url: str) -> PageWords:
        """Raises NotLookedAt."""
        visited = self._visit(url, ", ".join(_PAGES), PAGE_BYTES, _PAGE_S)
        kind = visited.answer.headers.get("content-type", "")
        if kind.partition(";")[0].strip().lower() not in _PAGES:
            raise NotLookedAt("not_a_page", kind[:100])
        return words_of_page(visited.answer.body, kind, visited.where)

    def picture(self, url: str) -> bytes:
        """Bytes of whatever kind: what they are is judged by who keeps them. Raises NotLookedAt."""
        kinds = "image/jpeg, image/png, image/webp, image/gif"
        picture = self._visit(url, kinds, PICTURE_BYTES + 1, _PICTURE_S).answer.body
        if len(picture) > PICTURE_BYTES:
            raise NotLookedAt("too_large", f"At most {PICTURE_BYTES} bytes.")
        return picture

    def _visit(self, url: str, accept: str, most: int, seconds: float) -> Visited:
        try:
            visited = self._transport.visit(
                url,
                headers={"Accept": accept, "User-Agent": "Parvis (link card)"},
                total_timeout=seconds,
                redirects=_REDIRECTS,
                bytes_max=most,
            )
        except AddressRefused as error:
            raise NotLookedAt("address_refused", error.code) from None
        except NetworkError as error:
            raise NotLookedAt("page_not_reached", error.code) from None
        if visited.answer.status != 200:
            raise NotLookedAt("page_not_reached", f"http_{visited.answer.status}")
        return visited
