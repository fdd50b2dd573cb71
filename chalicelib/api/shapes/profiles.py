"""Networks, and the agency's accounts on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from chalicelib.api.shapes.base import Identifier, Moment, Shape


class Limits(Shape):
    text_unit: Literal["graphemes", "weighted"]
    text_max: int
    text_bytes_max: int | None
    url_length: int | None = Field(description="Every link counts as so many; null: as long as it is.")
    images_max: int
    image_bytes_max: int
    image_types: list[str]
    alt_max: int | None
    source: str


class NetworkCapabilities(Shape):
    network: str
    name: str
    connect: Literal["app_password", "oauth", "page_token"]
    needs_server: bool
    limits: Limits


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
    token as app_password."""

    network: str = Field(max_length=40)
    department: Identifier
    server: str = Field("", max_length=253 + 16, description="May be left out where the network has one place only.")
    identifier: str | None = Field(None, max_length=253)
    app_password: SecretStr | None = Field(None, max_length=1024)


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
