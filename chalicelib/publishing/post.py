"""A post: what an agency wants to say, to which profiles, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.tracking import Tracking, tracked

PostState = Literal["draft", "in_review", "approved", "scheduled", "done", "cancelled"]

TITLE_LENGTH = 90

PARTS_MAX = 25
"""Of a thread. Ours: X's own composer stops there, the others name no number, and nobody reads further."""


class Attachment(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)

    media: str
    alt: str = ""


class Card(BaseModel):
    """What is shown of a link of the text, where the network lets us say it. image: a media id."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    url: str
    title: str = ""
    description: str = ""
    image: str | None = None


class Content(BaseModel):
    """What people write and approve. variants: network name -> text in place of `text` on that network. thread: network
    name -> what follows there, each part an answer to the one before. reply_to: the network's id of the citizen's
    message that it answers, if it is a reply. tracking: what is added to links as they leave, if anything is."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    text: str = ""
    variants: dict[str, str] = Field(default_factory=dict)
    thread: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    media: tuple[Attachment, ...] = ()
    targets: tuple[str, ...] = ()
    campaign: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    reply_to: str | None = None
    card: Card | None = None
    tracking: Tracking | None = None

    def text_for(self, network: str) -> str:
        """As it leaves."""
        return self.parts_for(network)[0]

    def parts_for(self, network: str) -> tuple[str, ...]:
        """The texts of the thread on that network, as they leave; one where there is none."""
        written = self.written_for(network)
        return written if self.tracking is None else tuple(tracked(each, network, self.tracking) for each in written)

    def written_for(self, network: str) -> tuple[str, ...]:
        """The same as people wrote them."""
        return (self.variants.get(network) or self.text, *self.thread.get(network, ()))

    def title(self) -> str:
        """The first words, on one line, for lists."""
        line = " ".join(self.text.split()) or next(iter(self.variants.values()), "")
        return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"

    def media_ids(self) -> tuple[str, ...]:
        """Of every file that belongs to it, the card's picture last."""
        ids = tuple(each.media for each in self.media)
        return (*ids, self.card.image) if self.card and self.card.image else ids

    def fingerprint(self, media_hashes: Iterable[str] = ()) -> str:
        """SHA-256 over what is said and where: text, variants, threads, media (ids, words and bytes), targets,
        language, and to whom, if it is a reply; the link card and the tracking of links, if it has them. media_hashes:
        of the files of media_ids()."""
        said: dict[str, object] = {
            "text": self.text,
            "variants": self.variants,
            "media": [[attachment.media, attachment.alt] for attachment in self.media],
            "bytes": sorted(media_hashes),
            "targets": sorted(self.targets),
            "language": self.language,
        }
        if self.thread:  # what was approved before there were threads stays what it was
            said["thread"] = self.thread
        if self.reply_to is not None:
            said["reply_to"] = self.reply_to
        if self.card is not None:
            said["card"] = [self.card.url, self.card.title, self.card.description, self.card.image]
        if self.tracking is not None:
            said["tracking"] = [self.tracking.campaign, sorted(self.tracking.hosts)]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class Post(Entity):
    """version counts the changes of content that people made; rev counts the writes of the item.

    decided: set by approvals while a workflow is under way; None where no review was asked for. reviews: how many
    rounds there were. edited_by: who wrote the content as it stands, if not the author. planned: it has, or had, a
    delivery for every target. next_seq: with which a new delivery begins, so that none repeats a publication key of
    one that was taken back.
    """

    KIND: ClassVar[str] = "post"

    agency: str
    id: str
    department: str
    content: Content
    version: int = 1
    zone: str
    due_at: Moment | None = None
    author: str
    author_name: str
    created_at: Moment
    updated_at: Moment
    decided: Literal["in_review", "approved"] | None = None
    cancelled: bool = False
    reviews: int = 0
    edited_by: str | None = None
    planned: bool = False
    next_seq: int = 0

    @staticmethod
    def partition(agency: str, post: str) -> str:
        return agency_key(agency, "POST", post)

    def key(self) -> dict[str, str]:
        return {"pk": self.partition(self.agency, self.id), "sk": "POST"}

    @staticmethod
    def calendar_partition(agency: str, month: str) -> str:
        """month: YYYY-MM in UTC, or "undated" for what has no due time yet."""
        return agency_key(agency, "CALENDAR", month)

    def index_keys(self) -> dict[str, str]:
        if self.content.reply_to is not None:
            return {}  # a reply belongs to its conversation, neither to the calendar nor to the drafts
        month = stamp(self.due_at)[:7] if self.due_at else "undated"
        moment = stamp(self.due_at) if self.due_at else stamp(self.created_at)
        return {
            "cal_pk": self.calendar_partition(self.agency, month),
            "cal_sk": f"{moment}#{self.id}",
            "cal_title": self.content.title(),
            "cal_media": str(len(self.content.media)),
            "cal_deliveries": str(len(self.content.targets) if self.planned else 0),
            **({"cal_campaign": self.content.campaign} if self.content.campaign else {}),
        }


class PostVersion(Entity):
    """The content as it stood at one version; written once, never changed."""

    KIND: ClassVar[str] = "version"

    agency: str
    post: str
    version: int
    content: Content
    fingerprint: str
    by: str
    at: Moment

    @staticmethod
    def key_of(agency: str, post: str, version: int) -> dict[str, str]:
        return {"pk": Post.partition(agency, post), "sk": f"VERSION#{version:06d}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.post, self.version)


def state_of(*, decided: str | None, cancelled: bool, deliveries: Iterable[str]) -> PostState:
    """A post's state follows from its deliveries' states and, before any may leave, from its approval.

    What is in review has deliveries already, which wait for the approval and for their time.
    """
    states = set(deliveries)
    if cancelled:
        return "cancelled"
    if not states:
        return decided if decided in ("in_review", "approved") else "draft"  # type: ignore[return-value]
    if states <= {"cancelled"}:
        return "cancelled"
    if decided == "in_review":
        return "in_review"
    if states <= {"published", "failed", "cancelled"}:
        return "done"
    return "scheduled"


def post_state(post: Post, deliveries: Iterable[Delivery]) -> PostState:
    return state_of(decided=post.decided, cancelled=post.cancelled, deliveries=[each.state for each in deliveries])
