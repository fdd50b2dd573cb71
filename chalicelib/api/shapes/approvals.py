"""Workflows, reviews, decisions, and what an external approver is shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.api.shapes.posts import Author, PostContent

Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
StepState = Literal["waiting", "open", "approved", "sent_back"]
ReviewState = Literal["open", "approved", "sent_back", "void", "withdrawn"]


class ApprovalStep(Shape):
    """Who decides: people of the agency by id, everybody who holds a role in the department, and people outside by
    e-mail address, who need no account. need: whether one of them is enough, or every person named must agree."""

    name: str = Field(min_length=1, max_length=80)
    people: list[Identifier] = Field(default_factory=list, max_length=20)
    roles: list[Literal["approver", "publisher", "administrator"]] = Field(default_factory=list, max_length=3)
    emails: list[Email] = Field(default_factory=list, max_length=10)
    need: Literal["any", "all"] = "any"


class NewWorkflow(Shape):
    """One a department. required: nothing of the department leaves without it; otherwise publishers may do without."""

    name: str = Field(min_length=1, max_length=80)
    department: Identifier
    steps: list[ApprovalStep] = Field(min_length=1, max_length=6)
    required: bool = True
    active: bool = True


class Workflow(NewWorkflow):
    id: Identifier
    version: int


class Submission(Shape):
    """When it should leave once it is approved; as in Schedule. Without any of them it waits for a time after."""

    due_at: Moment | None = None
    due_local: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$")
    zone: str | None = Field(None, max_length=64, description="IANA; the agency's when left out.")
    which: Literal["earlier", "later"] | None = None
    note: str = Field("", max_length=2_000, description="To those who decide.")


class Decision(Shape):
    """review and version: what was seen and is decided about. A comment is required to send back."""

    review: Identifier
    version: int = Field(description="The post's content version that was seen (Review.version).")
    decision: Literal["approve", "send_back"]
    comment: str = Field("", max_length=4_000)


class Decided(Shape):
    """One decision of one person. by.id is null for somebody outside."""

    step: int
    by: DecidedBy
    decision: Literal["approve", "send_back"]
    comment: str
    at: Moment


class DecidedBy(Shape):
    id: Identifier | None
    name: str = Field(description="The person's name; outside, the e-mail address.")


class ReviewStep(ApprovalStep):
    """names: of the people named by id, in their order, for showing. waiting_for: who has not decided yet."""

    state: StepState
    names: list[str]
    waiting_for: list[str]


class Review(Shape):
    """One round of review of one version of a post. step: index of the open one. mine: the reader may decide now."""

    id: Identifier
    post: Identifier
    title: str
    department: Identifier
    state: ReviewState
    version: int
    fingerprint: str
    step: int
    steps: list[ReviewStep]
    decisions: list[Decided]
    note: str
    asked_by: Author
    asked_at: Moment
    due_at: Moment | None
    zone: str
    reviewed_before: int | None = Field(None, description="The content version that was reviewed the last time.")
    mine: bool
    own: bool = Field(description="The reader wrote or submitted it, and so may not decide.")


class Piece(Shape):
    op: Literal["same", "added", "removed"]
    text: str


class TextDifference(Shape):
    """network: null for the text itself, otherwise the variant's network."""

    network: str | None
    pieces: list[Piece]


class CardDifference(Shape):
    url: list[Piece]
    title: list[Piece]
    description: list[Piece]
    picture: Literal["same", "added", "removed", "changed"]


class Difference(Shape):
    """What changed between two versions. Lists name media and profile ids. card: null where it is the same."""

    before: int
    after: int
    texts: list[TextDifference]
    media_added: list[str]
    media_removed: list[str]
    alt_changed: list[str]
    targets_added: list[str]
    targets_removed: list[str]
    card: CardDifference | None
    tracking_changed: bool = Field(description="The campaign tracking of its links came, went or became another.")


class PostVersion(PostContent):
    version: int
    fingerprint: str
    by: Author
    at: Moment


class ExternalMedia(Shape):
    """url: for some minutes only."""

    url: str
    content_type: str
    alt: str
    width: int
    height: int


class ExternalCard(Shape):
    """What stands below the text for its link. Where the network makes the card itself, what it will be like."""

    url: str
    title: str
    description: str
    picture: ExternalMedia | None


class ExternalPreview(Shape):
    """The post exactly as one profile would show it."""

    network: str
    network_name: str
    handle: str
    display_name: str
    text: str
    thread: list[str] = Field(description="The parts that follow, each an answer to the one before.")
    length: int
    limit: int
    card: ExternalCard | None


class ExternalReview(Shape):
    """What the bearer of a review link sees. state: open until this person has decided."""

    agency: str
    language: Literal["fr", "en"] = Field(description="The author's; the page offers both.")
    title: str
    step_name: str
    email: str
    author: str
    note: str
    version: int
    due_at: Moment | None
    zone: str
    expires_at: Moment
    previews: list[ExternalPreview]
    media: list[ExternalMedia]
    decisions: list[Decided]
    difference: Difference | None = Field(description="Against the version that was reviewed before, if there was one.")


class ExternalDecision(Shape):
    version: int
    decision: Literal["approve", "send_back"]
    comment: str = Field("", max_length=4_000)


class ExternalDecided(Shape):
    decision: Literal["approve", "send_back"]
    at: Moment
