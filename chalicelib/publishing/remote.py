"""Which delivery a post on a network belongs to: at most one, by the table's own condition.

Two deliveries with the same words on the same profile (twins) can both be uncertain. Each remote post is therefore
given to one delivery only: for certain when the network answered with its id (or we chose the id), by match when it
was found afterwards. What is certain may take over what was only matched; the other then looks again.
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.publishing.delivery import Delivery


def digest_of(remote_id: str) -> str:
    """A network's id may be longer than a key or hold our separators: 128 bits of its SHA-256 in hex stand for it."""
    return hashlib.sha256(remote_id.encode()).hexdigest()[:32]


class Remote(Entity):
    """part: of a thread, from 0."""

    KIND: ClassVar[str] = "remote"

    agency: str
    profile: str
    remote_id: str
    post: str
    part: int = 0
    url: str | None = None
    published_at: Moment
    certain: bool

    @staticmethod
    def key_of(agency: str, profile: str, remote_id: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "REMOTE", profile, digest_of(remote_id)), "sk": "REMOTE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.profile, self.remote_id)

    def belongs_to(self, delivery: Delivery) -> bool:
        """Whether it is the part that comes next of this delivery."""
        return (self.post, self.part) == (delivery.post, delivery.part)
