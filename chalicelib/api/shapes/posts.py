"""Posts, their deliveries, and the checks before them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.shapes.base import Identifier, Moment, Shape
from chalicelib.publishing.post import PARTS_MAX

PostState = Literal["draft", "in_review", "approved", "scheduled", "done", "cancelled"]
DeliveryState = Literal["held", "queued", "publishing", "published", "failed", "unconfirmed", "cancelled"]
Text = Annotated[str, Field(max_length=65_000)]


class Attachment(Shape):
    media: Identifier
    alt: str = Field("", max_length=5_000)


class LinkCard(Shape):
    """What is shown of a link of the text, on the networks that let us say it (NetworkCapabilities.link_cards); the
    checks say what is too long. image: a media id."""

    url: str = Field(max_length=2_000, pattern=r"^https?://\S+$")
    title: str = Field("", max_length=2_000)
    description: str = Field("", max_length=5_000)
    image: Identifier | None = None


class Tracking(Shape):
    """Links to these hosts leave with utm_source (the network's name), utm_medium=social and utm_campaign; those that
    have a utm_ parameter already leave as they are."""

    campaign: str | None = Field(None, pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$", description="utm_campaign.")
    hosts: list[Annotated[str, Field(pattern=r"^[^\s/?#@:]{1,253}$")]] = Field(default_factory=list, max_length=20)


class PostContent(Shape):
    """variants: network name -> the text for that network, where it differs from `text`. thread: network name -> the
    parts that follow that text there, each an answer to the one before; images are on the first."""

    text: Text
    variants: dict[str, Text] = Field(default_factory=dict)
    thread: dict[str, Annotated[list[Text], Field(max_length=PARTS_MAX - 1)]] = Field(default_factory=dict)
    media: list[Attachment] = Field(default_factory=list, max_length=20)
    targets: list[Identifier] = Field(default_factory=list, max_length=25, description="Profile ids.")
    campaign: Identifier | None = None
    tags: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default_factory=list, max_length=20)
    language: str | None = Field(None, max_length=35, description="BCP 47.")
    card: LinkCard | None = Field(None, description="Shown only where no media is, below words that hold its link.")
    tracking: Tracking | None = Field(None, description="Campaign tracking; without it links leave as written.")


class NewPost(PostContent):
    department: Identifier


class PostChange(PostContent):
    """The whole content; what is left out is emptied. Send If-Match with the version that was edited."""


class Schedule(Shape):
    """Exactly one of `now`, `due_at` (UTC or with an offset), or `due_local` (wall-clock time in `zone`).

    which: chooses between the two instants of an hour that is repeated when clocks go back.
    """

    now: bool = False
    due_at: Moment | None = None
    due_local: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$")
    zone: str | None = Field(None, max_length=64, description="IANA; the agency's when left out.")
    which: Literal["earlier", "later"] | None = None


class Reason(Shape):
    code: str
    detail: str | None = None


class Delivery(Shape):
    """One post on one profile. due_at: when it should leave. next_at: when Parvis will act on it next. parts: how many
    its thread has; standing: how many of them the network has."""

    id: Identifier
    post: Identifier
    profile: Identifier
    network: str
    handle: str
    state: DeliveryState
    reason: Reason | None
    due_at: Moment
    next_at: Moment | None
    attempts: int
    url: str | None
    remote_id: str | None
    published_at: Moment | None
    parts: int
    standing: int
    title: str = Field(description="The first words of the post, for lists.")


class Problem(Shape):
    code: str
    field: str
    hint: str
    limit: int | None = None
    actual: int | None = None
    profile: Identifier | None = None


class Author(Shape):
    id: Identifier
    name: str


class Post(PostContent):
    id: Identifier
    department: Identifier
    version: int
    state: PostState
    due_at: Moment | None
    zone: str
    author: Author
    created_at: Moment
    updated_at: Moment
    deliveries: list[Delivery]
    workflow: Identifier | None = Field(description="The workflow that its department reviews by, if there is one.")
    review_required: bool = Field(description="It may not be scheduled without an approval of what it says now.")
    content_version: int = Field(description="Counts the changes of content; a review is about one of them.")
    review: Identifier | None = Field(description="Its last review, whatever became of it; null when there was none.")


class PostSummary(Shape):
    """One row of a list or a calendar."""

    id: Identifier
    title: str
    state: PostState
    department: Identifier
    campaign: Identifier | None
    due_at: Moment | None
    zone: str
    author: Author
    media: int = Field(description="How many images and videos.")
    deliveries: list[DeliverySummary]


class DeliverySummary(Shape):
    profile: Identifier
    network: str
    state: DeliveryState
    due_at: Moment


class CheckRequest(PostContent):
    """post: the post that is being written, which is no warning to itself. due_at: when it should leave; with it, what
    else leaves then is looked for."""

    post: Identifier | None = None
    due_at: Moment | None = None


class Rendition(Shape):
    """The copy that a network is given of an image that it does not take as it is. size: bytes. unlocated: the image
    says where it was taken, and the copy does not."""

    media: Identifier
    content_type: str
    size: int
    width: int
    height: int
    unlocated: bool


class ProfileCheck(Shape):
    """What one profile's network makes of the content. length and limit are in the network's own counting.
    renditions: of the images that do not go there as they were uploaded."""

    profile: Identifier
    network: str
    length: int
    limit: int
    problems: list[Problem]
    renditions: list[Rendition]


class Warning(Shape):
    """Another post near this one, which stops nothing. duplicate: it says the same on these profiles, at most 30 days
    away. clash: it leaves for them less than 10 minutes away. due_at, title: the other post's."""

    code: Literal["duplicate", "clash"]
    post: Identifier
    title: str
    due_at: Moment
    profiles: list[Identifier]


class CheckResult(Shape):
    items: list[ProfileCheck]
    warnings: list[Warning]


class HistoryEvent(Shape):
    id: str
    at: Moment
    kind: str = Field(description="post.created, post.scheduled, delivery.published, pause.begun, ...")
    actor: Author | None = Field(description="Null when Parvis itself acted, or somebody outside the agency.")
    outside: str | None = Field(description="The address of somebody outside the agency who acted.")
    profile: Identifier | None
    detail: dict[str, str | int | float | bool | None]


class AuditEvent(HistoryEvent):
    """subject: POST#..., CONVERSATION#..., PAUSES, ALERT#..., PROFILE#..., TEAM, ..."""

    subject: str


class Resolution(Shape):
    """What a person found out about an unconfirmed delivery by looking at the network."""

    published: bool
    url: str | None = Field(None, max_length=2_000)
