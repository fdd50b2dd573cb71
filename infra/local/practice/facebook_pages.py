"""What people see of the practice Facebook: a Page, a post, and below each post its comments."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .facebook import NETWORK, Comment, Facebook
from .pages import Pages, escape, missing, when
from .store import Post, Store


class FacebookPages:
    """The ids stand in the addresses as on Facebook: /{page} and /{page}_{post}."""

    def __init__(self, store: Store, facebook: Facebook) -> None:
        self._store = store
        self._facebook = facebook

    def routes(self, pages: Pages) -> list[Route]:
        async def page(request: Request) -> Response:
            account = self._store.accounts.get((NETWORK, str(request.path_params["page"])))
            return pages.account_page(request, account) if account else missing(request)

        async def post(request: Request) -> Response:
            asked = f"{request.path_params['page']}_{request.path_params['post']}"
            above = self._facebook.post_of(asked)
            if above != asked:  # a comment is shown below its post
                return RedirectResponse(f"/{above}", 303)
            return pages.post_page(request, self._store.post_by_id(NETWORK, asked))

        return [Route("/{page:int}", page), Route("/{page:int}_{post:int}", post)]

    def below(self, post: Post, lang: str) -> str:
        """The comments of a post as HTML; nothing for what is no post of Facebook's."""
        if post.network != NETWORK or post.native["kind"] != "post":
            return ""
        comments = [each for each in self._facebook.comments_of(post.id) if not each.hidden]
        return "".join(
            self._comment(each, lang)
            + "".join(self._comment(answer, lang, answers=True) for answer in comments if answer.parent == each.id)
            for each in comments
            if each.parent is None
        )

    @staticmethod
    def _comment(comment: Comment, lang: str, *, answers: bool = False) -> str:
        at = datetime.fromtimestamp(comment.created_at, UTC)
        photo = f'<img src="/facebook/photos/{escape(comment.photo)}" alt="" loading="lazy">' if comment.photo else ""
        text = escape(comment.text).replace("\n", "<br>")
        return (
            f'<div class="comment{" answer" if answers else ""}" id="comment-{escape(comment.id)}"><strong><bdi>'
            f'{escape(comment.author_name)}</bdi></strong><div class="text" dir="auto">{text}</div>{photo}'
            f'<time datetime="{at.isoformat(timespec="milliseconds")}">{when(at, lang)}</time></div>'
        )
