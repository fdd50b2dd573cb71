"""Conversations with citizens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.posts import Author, DeliveryState, Reason

ConversationState = Literal["open", "done"]
Kind = Literal["mention", "reply", "quote", "comment", "private", "keyword"]
Tag = Annotated[str, Field(min_length=1, max_length=40)]


class Citizen(Shape):
    """Whoever wrote, as the network names them. Never markup."""

    handle: str
    name: str
    url: str | None
    avatar_url: str | None
    followers: int | None


class ReceivedMedia(Shape):
    kind: str
    url: str
    alt: str


class Moderation(Shape):
    """What somebody here did about a message on the network, and why. In -ing: it may or may not be so yet."""

    standing: Literal["shown", "hiding", "hidden", "showing", "deleting", "deleted"]
    by: Author
    at: Moment
    reason: str


class Received(Shape):
    """A message that reached us. edits: how often its author changed it; before: the words it had first. can: what may
    be done about it on the network now (hide, show, delete)."""

    id: Identifier
    kind: Kind
    author: Citizen
    text: str
    language: str | None
    media: list[ReceivedMedia]
    url: str | None
    written_at: Moment
    received_at: Moment
    edits: int
    before: str | None
    moderation: Moderation | None
    can: list[Literal["hide", "show", "delete"]]


class Answer(Shape):
    """A reply of ours, with the state of its delivery."""

    id: Identifier
    to: Identifier = Field(description="The message it answers.")
    text: str
    by: Author
    at: Moment
    delivery: Identifier
    state: DeliveryState
    reason: Reason | None
    url: str | None


class Above(Shape):
    """A post that stands above the conversation. ours: the agency's own; post: its id here, if Parvis published it."""

    author: Citizen
    text: str
    written_at: Moment
    url: str | None
    ours: bool
    post: Identifier | None


class Present(Shape):
    """Who looks at a conversation right now, and whether they are writing."""

    person: Author
    writing: bool
    since: Moment


class ConversationSummary(Shape):
    id: Identifier
    profile: Identifier
    network: str
    department: Identifier
    kind: Kind = Field(description="Of its last message.")
    citizen: Citizen
    excerpt: str
    state: ConversationState
    assignee: Author | None
    tags: list[str]
    last_at: Moment = Field(description="When the last message arrived or was sent.")
    waiting_since: Moment | None = Field(description="Since when the citizen waits for an answer.")
    answers: int
    version: int


class Conversation(ConversationSummary):
    """can_reply: whether the network and the profile's state allow it now; obstacle: the code of why they do not."""

    above: list[Above]
    messages: list[Received]
    replies: list[Answer]
    present: list[Present]
    can_reply: bool
    obstacle: str | None
    reply_limit: int
    earlier: bool = Field(description="There are more messages than are given here.")


class ConversationChange(Shape):
    """Only what is given is changed; assignee null takes the assignment away, "" leaves it."""

    state: ConversationState | None = None
    assignee: str | None = Field("", max_length=64)
    tags: list[Tag] | None = Field(None, max_length=20)


class Presence(Shape):
    writing: bool = False


class PresenceList(Shape):
    """present: the others. version: the conversation's, so that a change is seen without reading it all."""

    present: list[Present]
    version: int
    answers: int


class NewModeration(Shape):
    """reason: kept on record with what is done."""

    message: Identifier
    act: Literal["hide", "show", "delete"]
    reason: str = Field(min_length=1, max_length=500)


class NewReply(Shape):
    """to: the message answered. answers_seen: Conversation.answers as the writer saw it; when somebody answered
    meanwhile, it is refused with 409 answered_meanwhile and nothing is sent."""

    to: Identifier
    text: str = Field(min_length=1, max_length=10_000)
    answers_seen: int = Field(ge=0)


class NewKeyword(Shape):
    """Words to search for on every network that can, for one profile's account."""

    words: str = Field(min_length=2, max_length=120)
    profile: Identifier


class Keyword(NewKeyword):
    id: Identifier
    by: Author
    created_at: Moment
