"""What people see of the practice LinkedIn: an organisation, a post, and below each post its comments."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .linkedin import NETWORK, LinkedIn
from .pages import Pages, missing
from .store import Post, Store

_THREAD = re.compile(r"urn:li:activity:(\d+)")


class LinkedInPages:
    """The names stand in the addresses as on LinkedIn: /company/{vanity name} and /feed/update/{urn}/."""

    def __init__(self, store: Store, linkedin: LinkedIn) -> None:
        self._store = store
        self._linkedin = linkedin

    def routes(self, pages: Pages) -> list[Route]:
        async def page(request: Request) -> Response:
            account = self._store.by_handle(NETWORK, str(request.path_params["handle"]))
            return pages.account_page(request, account) if account else missing(request)

        async def post(request: Request) -> Response:
            urn = str(request.path_params["urn"])
            thread = _THREAD.fullmatch(urn)
            if thread is not None:  # a comment is shown below its post
                return RedirectResponse(f"/feed/update/urn:li:share:{int(thread[1]) - 1}/", 303)
            return pages.post_page(request, self._store.post_by_id(NETWORK, urn))

        return [Route("/company/{handle}", page), Route("/feed/update/{urn}/", post)]

    def below(self, post: Post, lang: str) -> str:
        """The comments of a post as HTML; nothing for what is no post of LinkedIn's."""
        if post.network != NETWORK or post.native["kind"] != "post":
            return ""
        return self._linkedin.comments.html(post.remote_id, lang)
