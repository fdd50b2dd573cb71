"""A network in memory that publishes in two steps: what is handed over stands nowhere until a second call names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from chalicelib.networks.contract import (
    Account,
    Capabilities,
    Gate,
    Limits,
    Outcome,
    OutcomeUnknown,
    Pending,
    Publication,
    Rejected,
    RetryAfter,
    Sighting,
)
from tests.fakes.networks import LIMITS, FakeNetwork, Post

PROCESSING = timedelta(seconds=2)
WITH_VIDEOS = replace(LIMITS, videos_max=1, video_bytes_max=10**9, video_seconds_max=3600.0, video_types=("video/mp4",))


@dataclass
class TwoStepNetwork(FakeNetwork):
    """handed_over: the material by its ticket. Each is published once at most, whoever asks and however often."""

    handed_over: dict[str, Publication] = field(default_factory=dict)
    parts: bool = False
    """What is handed over first are parts; a second attempt makes the whole of them, which a third publishes."""
    unfinished: set[str] = field(default_factory=set)
    videos_only: bool = False
    """Everything but a video leaves at the first attempt."""

    def capabilities(self) -> Capabilities:
        able = super().capabilities()
        if not self.videos_only:
            return replace(able, two_steps=True)
        return replace(able, videos_ahead=True, limits=WITH_VIDEOS)

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return WITH_VIDEOS if self.videos_only else super().limits(account_limits)

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if self.videos_only and not any(file.is_video for file in publication.media):
            return super().publish(account, publication, gate)
        held = self.handed_over.get(publication.ticket or "")
        if held is None:
            return self._take(account, publication, gate)
        if publication.ticket in self.unfinished:
            return self._take(account, replace(held, ticket=publication.ticket), gate)
        if self._by_ticket(publication.ticket) is not None:
            return OutcomeUnknown("published_already")
        return super().publish(account, replace(held, ticket=publication.ticket), gate)

    def _take(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        self.calls.append(("prepare", publication.key))
        gate()
        with self._lock:
            refused = self._refusal(account, publication)
            if refused is not None:
                return refused
            if self._scripts and isinstance(self._scripts[0].outcome, RetryAfter | Rejected):
                return self._scripts.pop(0).outcome  # type: ignore[return-value]
            ticket = uuid4().hex
            self.handed_over[ticket] = publication
            if self.parts and publication.ticket not in self.unfinished:
                self.unfinished.add(ticket)
                return Pending(ticket, PROCESSING, unfinished=True)
            return Pending(ticket, PROCESSING)

    def _by_ticket(self, ticket: str | None) -> Post | None:
        return next((post for post in self.posts if post.publication.ticket == ticket), None)

    def _accept(
        self, account_id: str, publication: Publication, seen_after: timedelta, at: datetime | None = None
    ) -> Post:
        ticket = publication.ticket
        standing = next((post for post in self._posts if ticket and post.publication.ticket == ticket), None)
        return standing or super()._accept(account_id, publication, seen_after, at)

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """exact where the network says that the ticket's material has been published, and as what."""
        own = self._by_ticket(publication.ticket) if publication.ticket else None
        found = super().find(account, publication, since=since)
        return [replace(each, exact=own is not None and each.remote_id == own.remote_id) for each in found]
