"""What people see of the practice YouTube: a channel, a video's page, and below it its comments."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .pages import Pages, missing
from .store import Post, Store
from .youtube import NETWORK, YouTube


class YouTubePages:
    """Addresses as on YouTube: /channel/{id} and /watch?v={video}."""

    def __init__(self, store: Store, youtube: YouTube) -> None:
        self._store = store
        self._youtube = youtube

    def routes(self, pages: Pages) -> list[Route]:
        async def channel(request: Request) -> Response:
            account = self._store.accounts.get((NETWORK, str(request.path_params["id"])))
            return pages.account_page(request, account) if account else missing(request)

        async def watch(request: Request) -> Response:
            return pages.post_page(request, self._store.post_by_id(NETWORK, request.query_params.get("v", "")))

        return [Route("/channel/{id}", channel), Route("/watch", watch)]

    def below(self, post: Post, lang: str) -> str:
        """The comments on a video as HTML; nothing for what is none."""
        if post.network != NETWORK or post.native["kind"] != "video":
            return ""
        return self._youtube.comments.html(post.remote_id, lang)
