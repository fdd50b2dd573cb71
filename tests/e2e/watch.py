"""What the browser complains of while a person works: script errors, refused content, failed loads."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

# A visitor's first request asks whether a session is still open; before the first sign-in the answer is no.
EXPECTED = {("/api/session/refresh", 401)}


class Watch:
    """Collects every console error and page error of a browser context, but answers that a test announced."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self._expected = set(EXPECTED)
        self.complaints: list[str] = []
        context.on("page", self._follow)

    def expect(self, path: str, status: int) -> None:
        """A refusal the test provokes: the browser writes every answer from 400 on to its console."""
        self._expected.add((path, status))

    def _follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # Pages of the networks' own servers are not ours to judge.
        if message.type != "error" or (message.page and not message.page.url.startswith(self._origin)):
            return
        for path, status in self._expected:
            if urlsplit(where).path == path and f"status of {status}" in message.text:
                return
        self.complaints.append(f"{message.page.url if message.page else ''}: {message.text} ({where})")
