"""A conversation: what one citizen writes in one thread to one profile. Private messages are one, whatever the thread.

Its key is made from (profile, anchor, citizen). The anchor is the remote id of the thread's first post as far as it was
known when the conversation began; placing.py says how a message finds the conversation that there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.inbox.message import Author, Kind, Message

State = Literal["open", "done"]
EXCERPT_LENGTH = 140
PRIVATE = "private"
"""The anchor of private messages: their networks know no threads."""


def id_of(profile: str, anchor: str, citizen: str) -> str:
    said = json.dumps([profile, anchor, citizen])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def excerpt_of(text: str) -> str:
    line = " ".join(text[: 4 * EXCERPT_LENGTH].split())
    return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1].rstrip() + "…"


class Conversation(Entity):
    """type, excerpt: of the citizen's last message, written at spoke_at. last_at: when somebody last wrote, they or we.
    waiting_since: since when the citizen waits; None once answered or done, and for what was not addressed to us.
    messages, answers: how many there are. answered_at, answered_by: when the last answer was given, and by whom.

    context: what stands above it is kept (Above), is not there, or could not be read yet.
    """

    KIND: ClassVar[str] = "conversation"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    id: str
    profile: str
    network: str
    department: str
    anchor: str
    type: Kind
    citizen: Author
    excerpt: str
    state: State = "open"
    assignee: str | None = None
    assignee_name: str | None = None
    tags: tuple[str, ...] = ()
    last_at: Moment
    spoke_at: Moment
    waiting_since: Moment | None = None
    messages: int = 0
    answers: int = 0
    answered_at: Moment | None = None
    answered_by: str | None = None
    answered_by_name: str | None = None
    context: Literal["kept", "none", "missing"] = "none"

    @staticmethod
    def partition(agency: str, conversation: str) -> str:
        return agency_key(agency, "CONVERSATION", conversation)

    @classmethod
    def key_of(cls, agency: str, conversation: str) -> dict[str, str]:
        return {"pk": cls.partition(agency, conversation), "sk": "CONVERSATION"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @staticmethod
    def view_partition(agency: str, state: State, month: str = "") -> str:
        """Of what is open; or of what is done and moved last in this month (YYYY-MM, UTC)."""
        return agency_key(agency, "INBOX", *([state] if state == "open" else [state, month]))

    def index_keys(self) -> dict[str, str]:
        moved = stamp(self.last_at)
        return {
            "view_pk": self.view_partition(self.agency, self.state, moved[:7]),
            "view_sk": f"{moved}#{self.id}",
        }

    def moved(self, message: Message) -> Conversation:
        """With one more message of the citizen's, which may have been overtaken by later ones. Who writes to us in a
        conversation that was done opens it again."""
        at, waits = message.written_at, message.type != "keyword"
        latest = at >= self.spoke_at or not self.messages
        return self.model_copy(
            update={
                "department": message.department,
                "messages": self.messages + 1,
                "state": "open",
                "last_at": max(self.last_at, at),
                "waiting_since": min(self.waiting_since or at, at) if waits else self.waiting_since,
                **({"spoke_at": at, **self._last(message)} if latest else {}),
            }
        )

    def corrected(self, message: Message) -> Conversation:
        """After its author changed a message, or it turned out to be addressed to us."""
        answered = self.answered_at is not None and self.answered_at >= message.written_at
        waits = message.type != "keyword" and self.state == "open" and not answered
        update = self._last(message) if message.written_at >= self.spoke_at else {}
        if waits and self.waiting_since is None:
            update["waiting_since"] = message.written_at
        return self.model_copy(update=update)

    @staticmethod
    def _last(message: Message) -> dict[str, object]:
        return {"type": message.type, "citizen": message.author, "excerpt": excerpt_of(message.text)}


class ContextPost(BaseModel):
    """A post above a conversation. post: its id here, where Parvis published it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    remote_id: str
    author: Author
    text: str
    written_at: Moment
    url: str | None = None
    ours: bool = False
    post: str | None = None


class Above(Entity):
    """What stands above a conversation, the thread's first post first; read once, when it begins."""

    KIND: ClassVar[str] = "above"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    conversation: str
    posts: tuple[ContextPost, ...]

    @staticmethod
    def key_of(agency: str, conversation: str) -> dict[str, str]:
        return {"pk": Conversation.partition(agency, conversation), "sk": "ABOVE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.conversation)


class Answer(Entity):
    """A reply of ours: where it stands in the conversation. What became of it, its delivery says (post, profile).

    Its key is the post's, so that what a citizen answers to it finds the conversation; number counts from 1.
    """

    KIND: ClassVar[str] = "answer"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    post: str
    profile: str
    conversation: str
    anchor: str
    citizen: str
    to: str
    text: str
    by: str
    by_name: str
    at: Moment
    number: int

    @staticmethod
    def key_of(agency: str, post: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "ANSWER", post), "sk": "ANSWER"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.post)

    def index_keys(self) -> dict[str, str]:
        return {
            "conv_pk": Message.thread_partition(self.agency, self.conversation),
            "conv_sk": f"{stamp(self.at)}#{self.post}",
        }


def begun(message: Message, context: Literal["kept", "none", "missing"]) -> Conversation:
    """The conversation of a first message, which `moved` then counts."""
    return Conversation(
        agency=message.agency,
        id=message.conversation,
        profile=message.profile,
        network=message.network,
        department=message.department,
        anchor=message.anchor,
        type=message.type,
        citizen=message.author,
        excerpt=excerpt_of(message.text),
        last_at=message.written_at,
        spoke_at=message.written_at,
        context=context,
    )


def months_back(now: datetime, most: int) -> Iterable[str]:
    """YYYY-MM of this month and of those before it, the latest first."""
    year, month = int(stamp(now)[:4]), int(stamp(now)[5:7])
    for _ in range(most):
        yield f"{year:04d}-{month:02d}"
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
