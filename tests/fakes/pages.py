"""The pages of the web, as a test says they are."""

from __future__ import annotations

from chalicelib.networks.page_words import NotLookedAt, PageWords


class FakePages:
    """pages, pictures: by address; what is in neither is not reached. asked: in order."""

    def __init__(self) -> None:
        self.pages: dict[str, PageWords | NotLookedAt] = {}
        self.pictures: dict[str, bytes | NotLookedAt] = {}
        self.asked: list[str] = []

    def words(self, url: str) -> PageWords:
        self.asked.append(url)
        found = self.pages.get(url, NotLookedAt("page_not_reached", "dns_failed"))
        if isinstance(found, NotLookedAt):
            raise found
        return found

    def picture(self, url: str) -> bytes:
        self.asked.append(url)
        found = self.pictures.get(url, NotLookedAt("page_not_reached", "dns_failed"))
        if isinstance(found, NotLookedAt):
            raise found
        return found
