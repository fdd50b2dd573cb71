"""What people see of the practice town's newspapers: a paper with its articles and the addresses of its feeds, and an
article."""

from __future__ import annotations

from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .feeds import NETWORK, Feeds
from .pages import SHOWN, Pages, missing
from .store import Store


class FeedPages:
    def __init__(self, store: Store, feeds: Feeds) -> None:
        self._store = store
        self._feeds = feeds

    def routes(self, pages: Pages) -> list[Route]:
        async def paper(request: Request) -> Response:
            found = self._feeds.paper(str(request.path_params["paper"]))
            if found is None:
                return missing(request)
            return pages.paper_page(request, found, list(islice(self._feeds.articles(found), SHOWN)))

        async def article(request: Request) -> Response:
            post = self._store.post_by_id(NETWORK, str(request.path_params["id"]))
            found = self._feeds.paper(str(request.path_params["paper"]))
            if post is None or found is None or post.native["paper"] != found.handle:
                return missing(request)
            return pages.paper_page(request, found, [post])

        return [Route("/feeds/{paper}", paper), Route("/feeds/{paper}/{id}", article)]
