"""Comments of networks on which they are no posts (LinkedIn, YouTube): kept, changed, shown, and written by citizens.

A comment's number is unique on its network. parent: the number of the comment that it answers. Answers to answers are
filed beside them, as these networks do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .pages import escape, when
from .store import Store


class NoSuchThing(Exception):
    """There is nothing by this name to comment on, to change or to take away."""


@dataclass(frozen=True)
class Comment:
    """post: its remote id. status: published, heldForReview or rejected; only published ones are seen by all."""

    number: str
    post: str
    account: str
    parent: str | None
    author_id: str
    author_name: str
    text: str
    created_at: float
    edited_at: float
    visible_at: float = 0.0
    status: str = "published"


class CommentBook:
    def __init__(self, store: Store, network: str, now: Callable[[], float]) -> None:
        self._store = store
        self._network = network
        self._now = now
        self._kept: dict[str, Comment] = {}
        self._prefix = f"{network}:comment:"
        for name, kept in store.grants.items():
            if name.startswith(self._prefix):
                self._kept[kept["number"]] = Comment(**kept)

    def numbers(self) -> Iterable[int]:
        return (int(number) for number in self._kept)

    def get(self, number: str) -> Comment | None:
        """One that can be seen, by its owner at least."""
        found = self._kept.get(number)
        return found if found and found.visible_at <= self._now() else None

    def put(self, comment: Comment) -> None:
        self._kept[comment.number] = comment
        self._store.grant(f"{self._prefix}{comment.number}", asdict(comment))

    def change(self, number: str, **changes: Any) -> Comment:
        """Raises NoSuchThing."""
        found = self._kept.get(number)
        if found is None:
            raise NoSuchThing(number)
        self.put(replace(found, **changes))
        return self._kept[number]

    def remove(self, number: str) -> None:
        """With what answers it. Raises NoSuchThing."""
        if number not in self._kept:
            raise NoSuchThing(number)
        for each in [one for one in self._kept.values() if number in (one.number, one.parent)]:
            del self._kept[each.number]
            self._store.withdraw(f"{self._prefix}{each.number}")

    def below(self, post: str, *, parent: str | None = None) -> list[Comment]:
        """On a post, or the answers to a comment; oldest first."""
        now = self._now()
        found = [each for each in self._kept.values() if each.post == post and each.visible_at <= now]
        return sorted((each for each in found if each.parent == parent), key=lambda each: each.created_at)

    def of_account(self, account: str) -> list[Comment]:
        now = self._now()
        return [each for each in self._kept.values() if each.account == account and each.visible_at <= now]

    def total(self, post: str) -> int:
        now = self._now()
        return sum(each.post == post and each.visible_at <= now for each in self._kept.values())

    # ------------------------------------------------------------ seen by people

    def html(self, post: str, lang: str) -> str:
        """What everybody sees: neither what is held nor what was rejected."""
        return "".join(
            _shown(each, lang)
            + "".join(
                _shown(answer, lang, answers=True)
                for answer in self.below(post, parent=each.number)
                if answer.status == "published"
            )
            for each in self.below(post)
            if each.status == "published"
        )

    # ------------------------------------------------------------ written by citizens

    def routes(self, write: Callable[[str, str, str], str]) -> list[Route]:
        """write(post or comment, author, text): the new comment's remote id. Raises NoSuchThing."""

        def made(request: Request, body: dict[str, Any]) -> dict[str, Any]:
            return {"id": write(str(body["post"]), str(body["author"]), str(body["text"]))}

        def edited(request: Request, body: dict[str, Any]) -> dict[str, Any]:
            number = _number(request)
            self.change(number, text=str(body["text"]), edited_at=self._now())
            return {"id": number}

        def removed(request: Request, body: dict[str, Any]) -> dict[str, Any]:
            self.remove(_number(request))
            return {"id": _number(request)}

        path = f"/practice/{self._network}/comments"
        return [
            Route(path, controlled(made), methods=["POST"]),
            Route(f"{path}/{{id}}", controlled(edited), methods=["PUT"]),
            Route(f"{path}/{{id}}", controlled(removed), methods=["DELETE"]),
        ]


def person_id(network: str, name: str) -> str:
    """Always the same for a name."""
    return hashlib.sha256(f"{network}:{name}".encode()).hexdigest()[:10]


def made_up(what: str, most: int) -> int:
    """A number that is always the same for a thing: nobody really likes or looks here."""
    return hashlib.sha256(what.encode()).digest()[0] * most // 255


def _number(request: Request) -> str:
    """A comment's remote id ends with its number, which a bracket may close."""
    return str(request.path_params["id"]).rstrip(")").rpartition(",")[2].rpartition(".")[2]


def controlled(
    act: Callable[[Request, dict[str, Any]], dict[str, Any]], *, missing: type[Exception] = NoSuchThing
) -> Callable[[Request], Awaitable[Response]]:
    """What a test or a person does to comments: 201 with what `act` says, 422 where it cannot be read, 404 where `act`
    raises `missing`."""

    async def answer(request: Request) -> Response:
        # A page elsewhere in the person's browser cannot send this type without being asked.
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        try:
            body = json.loads(await request.body()) if kind == "application/json" else None
            if not isinstance(body, dict):
                raise ValueError("expected a JSON object")
            return JSONResponse(act(request, body), status_code=201)
        except (ValueError, KeyError, TypeError) as e:
            return JSONResponse({"error": {"code": "invalid", "hint": str(e)}}, status_code=422)
        except missing as e:
            return JSONResponse({"error": {"code": "not_found", "hint": str(e)}}, status_code=404)

    return answer


def _shown(comment: Comment, lang: str, *, answers: bool = False) -> str:
    at = datetime.fromtimestamp(comment.created_at, UTC)
    text = escape(comment.text).replace("\n", "<br>")
    return (
        f'<div class="comment{" answer" if answers else ""}" id="comment-{escape(comment.number)}"><strong><bdi>'
        f'{escape(comment.author_name)}</bdi></strong><div class="text" dir="auto">{text}</div>'
        f'<time datetime="{at.isoformat(timespec="milliseconds")}">{when(at, lang)}</time></div>'
    )
