"""What LinkedIn calls things, and where people see them. Pure, and light to import.

A post is urn:li:share:1 or urn:li:ugcPost:1, a comment urn:li:comment:(urn:li:activity:1,2), where the first is what
LinkedIn files the thread under.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

API = "https://api.linkedin.com"
SITE = "https://www.linkedin.com"

_COMMENT = re.compile(
    r"urn:li:comment:\((?P<thread>(?:urn:li:)?(?:activity|share|ugcPost):[0-9]{1,20}),(?P<id>[0-9]{1,20})\)"
)
_POST = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True)
class CommentUrn:
    """thread: what the comment is filed under. id: of the comment within it."""

    thread: str
    id: str

    @property
    def whole(self) -> str:
        return f"urn:li:comment:({self.thread},{self.id})"


def comment_urn(text: str) -> CommentUrn | None:
    """None for what is no comment. LinkedIn writes the thread with and without urn:li: (its notifications do)."""
    match = _COMMENT.fullmatch(text)
    if match is None:
        return None
    thread = match["thread"]
    return CommentUrn(thread if thread.startswith("urn:li:") else f"urn:li:{thread}", match["id"])


def is_post(text: str) -> bool:
    return _POST.fullmatch(text) is not None


def public_url(server: str, remote_id: str) -> str:
    """Where a person reads a post, or a comment below its post."""
    site = SITE if server == API else server
    comment = comment_urn(remote_id)
    if comment is None:
        return f"{site}/feed/update/{remote_id}/"
    return f"{site}/feed/update/{comment.thread}/?commentUrn={quote(comment.whole, safe='')}"
