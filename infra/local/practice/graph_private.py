"""Conversations in private, as Graph gives them to a Page: /{page}/conversations, each with its newest messages.

Sources: developers.facebook.com (graph-api/reference/page/conversations, /conversation, /message), 2026-08.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .exchange import Call
from .graph_answers import GraphError, chosen, fields_of, iso, paged
from .graph_fields import Asked, read
from .store import Account, Store

CONVERSATION_FIELDS = {"id", "updated_time", "message_count", "messages"}
MESSAGE_FIELDS = {"id", "created_time", "from", "message", "attachments"}
READABLE = 20
"""Of how many messages of a conversation the words are given."""


@dataclass(frozen=True)
class Said:
    """person: the citizen in whose conversation it stands. author: as Graph says `from`."""

    id: str
    person: str
    author: dict[str, str]
    text: str
    at: float


def conversations_json(call: Call, said: Sequence[Said]) -> dict[str, Any]:
    """The one that moved last first. Raises GraphError."""
    within: dict[str, list[Said]] = {}
    for each in sorted(said, key=lambda each: (each.at, each.id), reverse=True):
        within.setdefault(each.person, []).append(each)
    fields, query = fields_of(call, "id,updated_time"), call.request.query_params
    rows = [
        (f"t_{person}", lambda person=person, found=found: _conversation(f"t_{person}", found, fields))
        for person, found in within.items()
    ]
    return paged(rows, query.get("limit"), query.get("after"))


def private_to(store: Store, account: Account) -> list[Said]:
    """What citizens wrote to an Instagram account in private."""
    found = []
    for post in store.private_of(account.network, account.id):
        author = store.accounts[post.network, post.account_id]
        name = {"id": author.id, "username": author.handle}
        found.append(Said(post.remote_id, author.id, name, post.text, post.sort_at))
    return found


def require(granted: Sequence[str], permission: str) -> None:
    """Raises GraphError where a token was not given a permission."""
    if permission not in granted:
        raise GraphError(200, f"(#200) Requires {permission} permission to manage the object", status=403)


def _conversation(conversation: str, found: Sequence[Said], fields: Sequence[Asked]) -> dict[str, Any]:
    def messages(asked: Asked) -> dict[str, Any]:
        within = asked.fields or read("id,created_time")
        rows = [(each.id, lambda each=each: _message(each, within)) for each in found[:READABLE]]
        return paged(rows, asked.arguments.get("limit"), asked.arguments.get("after"))

    values: dict[str, Callable[[Asked], Any]] = {
        "id": lambda _: conversation,
        "updated_time": lambda _: iso(found[0].at),
        "message_count": lambda _: len(found),
        "messages": messages,
    }
    return chosen(values, fields, "UnifiedThread", CONVERSATION_FIELDS)


def _message(said: Said, fields: Sequence[Asked]) -> dict[str, Any]:
    values: dict[str, Callable[[Asked], Any]] = {
        "id": lambda _: said.id,
        "created_time": lambda _: iso(said.at),
        "from": lambda _: said.author,
        "message": lambda _: said.text,
        "attachments": lambda _: None,
    }
    return chosen(values, fields, "UnifiedMessage", MESSAGE_FIELDS)
