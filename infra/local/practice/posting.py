"""What a citizen writes, and what a network's file gives so that it can be written there (Poster).

A Poster is registered in server.build; citizens.py knows no network but through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .store import Account, Post


class BadRequest(Exception):
    """What was asked of /practice/ cannot be done. field: of the request's body."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Message:
    """written_at: seconds since 1970, None for now. mention: an account that the text shall name; its handle is put
    in front where the text does not contain it."""

    text: str
    language: str | None = None
    reply_to: Post | None = None
    mention: Account | None = None
    quote: Post | None = None
    private: bool = False
    written_at: float | None = None


class Poster(Protocol):
    """Every text is kept as a client of the network would have sent it. All raise BadRequest for what the network
    would refuse or does not have."""

    network: str

    def citizen(self, name: str) -> tuple[str, str]:
        """(account id, handle) of the citizen who goes by `name`: lower-case letters, digits and underscores."""

    def write(self, author: Account, message: Message) -> Post:
        """Makes the post and puts it into the store (Store.put_post, with whom it reaches)."""

    def edit(self, post: Post, text: str) -> Post: ...

    def url(self, post: Post) -> str:
        """The path of the post's page."""
