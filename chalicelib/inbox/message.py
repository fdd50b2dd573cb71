"""A message that reached a profile: kept once by (profile, remote id), with what its author changed."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.publishing.remote import digest_of

Kind = Literal["mention", "reply", "quote", "comment", "private", "keyword"]
Standing = Literal["shown", "hiding", "hidden", "showing", "deleting", "deleted"]
"""Whether others see it on the network, as far as we did anything about it; those in -ing may or may not be so yet."""


class Author(BaseModel):
    """A citizen, as the network named them when the message came. Whatever people typed; never markup."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    remote_id: str
    handle: str
    name: str = ""
    url: str | None = None
    avatar_url: str | None = None
    followers: int | None = None


class ReceivedMedia(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    url: str
    alt: str = ""


class Message(Entity):
    """written_at: by the network's word, never later than received_at, when it was first kept here. anchor: what its
    conversation stands on (conversation.py). revision: of the words kept in `text`; first_text: the words it had first,
    when its author changed them since; edits: how often; revisions: those seen before, so that a late one is known.
    standing: what somebody here made of it on the network (moderating.py); the words stay, whatever that is.

    The key is the profile's, not the agency's alone: what mentions two departments reaches both.
    """

    KIND: ClassVar[str] = "message"
    TABLE: ClassVar[str] = "inbox"

    agency: str
    profile: str
    network: str
    department: str
    remote_id: str
    conversation: str
    anchor: str
    type: Kind
    author: Author
    text: str
    language: str | None = None
    media: tuple[ReceivedMedia, ...] = ()
    url: str | None = None
    parent: str | None = None
    root: str | None = None
    written_at: Moment
    received_at: Moment
    revision: str = ""
    revisions: tuple[str, ...] = ()
    edits: int = 0
    first_text: str | None = None
    native: dict[str, str] = Field(default_factory=dict)
    standing: Standing = "shown"
    moderated_at: Moment | None = None
    moderated_by: str | None = None
    moderated_by_name: str | None = None
    moderation_reason: str | None = None

    @staticmethod
    def id_of(profile: str, remote_id: str) -> str:
        return f"{profile}-{digest_of(remote_id)}"

    @property
    def id(self) -> str:
        return self.id_of(self.profile, self.remote_id)

    @staticmethod
    def key_of(agency: str, message_id: str) -> dict[str, str]:
        """message_id: as `id`."""
        return {"pk": agency_key(agency, "MESSAGE", message_id), "sk": "MESSAGE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)

    @staticmethod
    def thread_partition(agency: str, conversation: str) -> str:
        return agency_key(agency, "THREAD", conversation)

    def index_keys(self) -> dict[str, str]:
        return {
            "conv_pk": self.thread_partition(self.agency, self.conversation),
            "conv_sk": f"{stamp(self.written_at)}#{self.id}",
        }
