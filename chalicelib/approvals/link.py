"""A review link: somebody outside decides with it, without an account. One version, one person, one use, an expiry.

The token is known to nobody but the mail that carries it; what is stored is its hash, which opens nothing. Reading a
link writes nothing: mail scanners and previews may open it as often as they like.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from chalicelib.approvals.review import Review, Verdict
from chalicelib.entity import Entity, Moment
from chalicelib.errors import Gone, NotFound
from chalicelib.publishing.planning import Planned, load
from chalicelib.store import Store

WITHOUT_A_TIME = timedelta(days=7)
AFTER_ITS_TIME = timedelta(days=1)
"""What was not approved in time is held, and may still be approved and then released."""
LONGEST = timedelta(days=30)


class ReviewLink(Entity):
    """Spans agencies, as sign-in names do: who opens it is not known yet. digest: of the token, SHA-256 in hex."""

    KIND: ClassVar[str] = "review_link"
    TABLE: ClassVar[str] = "state"

    digest: str
    agency: str
    post: str
    review: int
    step: int
    email: str
    version: int
    made_at: Moment
    expires_at: Moment
    used_at: Moment | None = None
    decision: Verdict | None = None

    @staticmethod
    def key_of(token: str) -> dict[str, str]:
        return {"pk": f"REVIEWLINK#{_digest(token)}", "sk": "REVIEWLINK"}

    def key(self) -> dict[str, str]:
        return {"pk": f"REVIEWLINK#{self.digest}", "sk": "REVIEWLINK"}


@dataclass(frozen=True)
class Opened:
    """A link that stands, and what it is about."""

    link: ReviewLink
    planned: Planned
    review: Review


def make_link(review: Review, email: str, now: datetime) -> tuple[str, ReviewLink]:
    """(token, link) for the step that is open."""
    token = secrets.token_urlsafe(32)  # 256 bits
    expires_at = now + WITHOUT_A_TIME
    if review.due_at is not None:
        expires_at = min(max(review.due_at, now) + AFTER_ITS_TIME, now + LONGEST)
    link = ReviewLink(
        digest=_digest(token),
        agency=review.agency,
        post=review.post,
        review=review.number,
        step=review.step,
        email=email,
        version=review.version,
        made_at=now,
        expires_at=expires_at,
    )
    return token, link


def open_link(token: str, *, store: Store, now: datetime) -> Opened:
    """Raises NotFound for a token that is none of ours, Gone link_used, link_expired, or link_overtaken when the post
    was edited, taken back or decided by others meanwhile."""
    link = store.get(ReviewLink, ReviewLink.key_of(token))
    if link is None:
        raise NotFound
    if link.used_at is not None:
        raise Gone("link_used", "A decision was made by it.")
    if now >= link.expires_at:
        raise Gone("link_expired", "Ask for a new one.")
    overtaken = Gone("link_overtaken", "The post has changed, or is no longer in review at this step.")
    review = store.get(Review, Review.key_of(link.agency, link.post, link.review))
    if review is None or review.state != "open" or review.step != link.step:
        raise overtaken
    try:
        planned = load(link.agency, link.post, store=store)
    except NotFound:
        raise overtaken from None
    if planned.post.version != link.version or planned.post.reviews != link.review:
        raise overtaken
    return Opened(link, planned, review)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
