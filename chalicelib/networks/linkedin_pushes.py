"""What LinkedIn says in a push: what reached a page, ten notifications at most. Pure, and light to import.

Source: learn.microsoft.com, marketing/community-management/organizations/organization-social-action-notifications
(2026-07), and the notifications that others have shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, ValidationError

from chalicelib.networks.contract import Citizen, Inbound, NotUnderstood
from chalicelib.networks.linkedin_urns import API, comment_urn, public_url
from chalicelib.networks.little_text import plain
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.wire import Wire


class _Decorated(Wire):
    """A post or a comment, with its words."""

    entity: str = ""
    owner: str = ""
    text: str = ""
    parent: str = Field("", alias="parentComment")


class _Generated(Wire):
    comment: _Decorated | None = None
    share: _Decorated | None = None


class Notification(Wire):
    """organisation: whom it reached. source: the post that it is about."""

    organisation: str = Field(alias="organizationalEntity", min_length=1)
    id: int = Field(alias="notificationId")
    action: str = ""
    at: int = Field(0, alias="lastModifiedAt")
    source: _Decorated = Field(default_factory=_Decorated, alias="decoratedSourcePost")
    source_post: str = Field("", alias="sourcePost")
    generated: _Generated = Field(default_factory=_Generated, alias="decoratedGeneratedActivity")
    generated_activity: str = Field("", alias="generatedActivity")


class Told(Wire):
    type: Literal["ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"]
    notifications: list[Notification]


_COMMENTED = {"COMMENT", "COMMENT_EDIT"}
_MENTIONED = "SHARE_MENTION"


def read(body: object) -> Told:
    try:
        return Told.model_validate(body)
    except ValidationError:
        pass
    raise NotUnderstood("push_unexpected")


def messages_of(told: Notification) -> Iterator[Inbound]:
    """A comment is named as reading names it; LinkedIn leaves urn:li: out of the thread in some of its fields."""
    comment = told.action in _COMMENTED
    written = told.generated.comment if comment else told.generated.share if told.action == _MENTIONED else None
    if written is None or written.owner == told.organisation:
        return
    urn = comment_urn(written.entity) or comment_urn(told.generated_activity)
    remote_id = (urn.whole if urn else "") if comment else written.entity or told.generated_activity
    if not remote_id:
        return
    root = (told.source.entity or told.source_post or None) if comment else None
    parent = comment_urn(written.parent)
    text = written.text if comment else plain(written.text)
    yield Inbound(
        remote_id=remote_id,
        kind="comment" if comment else "mention",
        author=Citizen(written.owner, ""),
        text=text,
        written_at=at_of(told),
        url=public_url(API, remote_id),
        parent=parent.whole if parent else root,
        root=root,
        revision=revision_of(text),
        native={"notification": str(told.id)},
    )


def at_of(told: Notification) -> datetime:
    """A number that is no time is the beginning of time."""
    try:
        return datetime.fromtimestamp(told.at / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
