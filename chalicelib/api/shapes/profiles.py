"""Networks, and the agency's accounts on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from chalicelib.api.shapes.base import Identifier, Moment, Shape


class Limits(Shape):
    text_unit: Literal["graphemes", "mastodon", "threads", "tweet"] = Field(description="By what a text is counted.")
    text_max: int
    text_bytes_max: int | None
    url_length: int | None = Field(description="Every link counts as so many; null: as long as it is.")
    images_max: int
    image_bytes_max: int
    image_types: list[str]
    alt_max: int | None
    images_min: int = Field(description="A post without so many images or videos is none.")
    image_ratio_min: float | None = Field(description="Width over height.")
    image_ratio_max: float | None
    videos_max: int
    video_bytes_max: int
    video_seconds_max: float
    video_seconds_min: float
    video_ratio_min: float | None = Field(description="Width over height.")
    video_ratio_max: float | None
    video_types: list[str]
    video_with_images: bool = Field(description="In one post.")
    video_pixels_max: int | None = Field(description="Width times height.")
    source: str


class Price(Shape):
    """What the network itself asks for, as it stated it on as_of."""

    what: str
    usd: float
    as_of: str
    source: str


class CardLimits(Shape):
    """Of a link card's picture; with another the card goes without."""

    image_bytes_max: int
    image_types: list[str]
    image_pixels_max: int | None


class NetworkCapabilities(Shape):
    network: str
    name: str
    connect: Literal["app_password", "oauth", "address"]
    needs_server: bool
    limits: Limits
    reads: list[str] = Field(description="Among inbox, search, thread, post_metrics, profile_metrics.")
    measures: list[str] = Field(description="What is counted of a post there.")
    moderates: list[str] = Field(description="What can be done about a message under our posts: hide, delete.")
    publishes: bool = Field(description="It takes posts; otherwise answers only, if those.")
    answers: bool = Field(description="What is read there can be answered from here.")
    takes_token: bool = Field(description="Besides OAuth: the token of one page, as app_password.")
    pushes: bool = Field(description="It tells us by itself when something reaches a profile.")
    two_steps: bool = Field(description="The material is handed over ahead of the time and published at it.")
    threads: bool = Field(description="Several posts may stand as a thread, each an answer to the one before.")
    videos_ahead: bool = Field(description="The same, of posts with a video alone.")
    notices: list[str] = Field(description="Codes of what the network does not allow.")
    prices: list[Price]
    link_cards: Literal["ours", "theirs", "none"] = Field(
        description="Whose card stands below a link: the post's own, the one that the network makes of the page, none."
    )
    card_limits: CardLimits | None = Field(description="Only where it is the post's own.")


class Profile(Shape):
    id: Identifier
    network: str
    handle: str
    display_name: str
    avatar_url: str | None
    server: str
    department: Identifier
    status: Literal["connected", "broken"]
    status_reason: str | None = Field(description="A code, when broken.")
    connected_at: Moment
    limits: Limits
    version: int


class ProfileChange(Shape):
    department: Identifier


class NewConnection(Shape):
    """Bluesky: server, identifier and app_password. Mastodon: server. Facebook: the Page's id as identifier, its access
    token as app_password. RSS: address."""

    network: str = Field(max_length=40)
    department: Identifier
    server: str = Field("", max_length=253 + 16, description="May be left out where the network has one place only.")
    identifier: str | None = Field(None, max_length=253)
    app_password: SecretStr | None = Field(None, max_length=1024)
    address: SecretStr | None = Field(None, max_length=2048, description="Of a feed; its query may hold a key.")


class Reconnection(Shape):
    identifier: str | None = Field(None, max_length=253)
    app_password: SecretStr | None = Field(None, max_length=1024)


class Choice(Shape):
    """An account that the person manages on the network."""

    remote_id: str
    handle: str
    display_name: str
    avatar_url: str | None


class Chosen(Shape):
    remote_id: str = Field(min_length=1, max_length=255)


class Connection(Shape):
    """Either the profile stands, or a person must go to authorize_url (OAuth), or, back from there, choose."""

    id: Identifier | None
    authorize_url: str | None
    profile: Profile | None
    choices: list[Choice] = Field(default_factory=list)


class ConnectionCode(Shape):
    code: SecretStr = Field(min_length=1, max_length=2048)
    state: SecretStr = Field(min_length=1, max_length=256)
