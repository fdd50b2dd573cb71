"""One round of review of one version of a post, and the approval that may come of it.

    open -> approved | sent_back | withdrawn | void (edited)        approved -> withdrawn | void

A review keeps the steps that it began with. The approval is an item of its own, as small as can be: it is what the
worker reads, strongly consistent, last of all before a post leaves (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from chalicelib.approvals.workflow import Step
from chalicelib.entity import Entity, Moment, agency_key, stamp
from chalicelib.publishing.post import Post
from chalicelib.records.event import Detail, Event
from chalicelib.store import Store, indexed
from chalicelib.team.people import Language

ReviewState = Literal["open", "approved", "sent_back", "void", "withdrawn"]
Verdict = Literal["approve", "send_back"]
StepState = Literal["waiting", "open", "approved", "sent_back"]

_LAST = "9999"  # sorts behind every time


class AskedStep(Step):
    """members: who inside is asked: those named and those who held the roles when the review began, without whoever
    may not decide about their own post."""

    members: tuple[str, ...] = ()


class Decided(BaseModel):
    """name: the person's; of somebody outside, who has no id, the e-mail address."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    step: int
    person: str | None = None
    name: str
    decision: Verdict
    comment: str = ""
    at: Moment


class Review(Entity):
    """number: counts the post's rounds from 1. version: of the post's content. before: the version that the round
    before was about. fingerprint: over that content and the bytes of its media. step: index of the open one. barred:
    who wrote or submitted it, and so may not decide. language: the author's."""

    KIND: ClassVar[str] = "review"

    agency: str
    post: str
    number: int
    department: str
    title: str
    version: int
    before: int | None = None
    fingerprint: str
    language: Language
    steps: tuple[AskedStep, ...]
    step: int = 0
    decisions: tuple[Decided, ...] = ()
    state: ReviewState = "open"
    note: str = ""
    author: str
    author_name: str
    asked_by: str
    asked_by_name: str
    asked_at: Moment
    barred: tuple[str, ...]
    due_at: Moment | None = None
    zone: str
    closed_at: Moment | None = None

    @property
    def id(self) -> str:
        return review_id(self.post, self.number)

    @staticmethod
    def key_of(agency: str, post: str, number: int) -> dict[str, str]:
        return {"pk": Post.partition(agency, post), "sk": f"REVIEW#{number:06d}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.post, self.number)

    @staticmethod
    def open_partition(agency: str) -> str:
        return agency_key(agency, "REVIEWS")

    def index_keys(self) -> dict[str, str]:
        if self.state != "open":
            return {}
        due = stamp(self.due_at) if self.due_at else _LAST
        return {"due_pk": self.open_partition(self.agency), "due_sk": f"{due}#{self.post}"}

    def state_of(self, step: int) -> StepState:
        if step != self.step:
            return "approved" if step < self.step else "waiting"
        if any(each.step == step and each.decision == "send_back" for each in self.decisions):
            return "sent_back"
        if self.undecided(step) is None:
            return "approved"
        return "open" if self.state == "open" else "waiting"

    def undecided(self, step: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """(people, addresses) that the step still waits for, or None when it has what it needs."""
        asked = self.steps[step]
        agreed = [each for each in self.decisions if each.step == step and each.decision == "approve"]
        if asked.need == "any" and agreed:
            return None
        people = {each.person for each in agreed}
        outside = {each.name for each in agreed if each.person is None}
        left = (
            tuple(each for each in asked.members if each not in people),
            tuple(each for each in asked.emails if each not in outside),
        )
        return left if any(left) else None

    def closed(self, state: ReviewState, now: datetime) -> Review:
        return self.but(state=state, closed_at=now)


class Approval(Entity):
    """This post may leave as it stands: the fingerprint is of exactly what was approved. Gone when it is void."""

    KIND: ClassVar[str] = "approval"

    agency: str
    post: str
    review: int
    version: int
    fingerprint: str
    at: Moment

    @staticmethod
    def key_of(agency: str, post: str) -> dict[str, str]:
        return {"pk": Post.partition(agency, post), "sk": "APPROVAL"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.post)


def review_id(post: str, number: int) -> str:
    return f"{post}-{number}"


def latest(post: Post, *, store: Store) -> Review | None:
    """The review under way, or the last there was."""
    return store.get(Review, Review.key_of(post.agency, post.id, post.reviews)) if post.reviews else None


def rounds(agency: str, post: str, *, store: Store) -> Iterator[Review]:
    """Every review that there was of a post, in order."""
    return store.query(Review, Post.partition(agency, post), begins="REVIEW#", consistent=True)


def open_reviews(agency: str, *, store: Store) -> Iterator[Review]:
    """The earliest due first; what has no time yet comes last."""
    listed = indexed(Review, Review.open_partition(agency), index="due", store=store)
    return (review for review in listed if review.state == "open")


def event_of(
    review: Review, what: str, at: datetime, *, actor: str | None, name: str, **detail: str | int | bool | None
) -> Event:
    """actor: None for somebody outside, whose name is their address."""
    said: Detail = {"review": review.id, "round": review.number, "version": review.version, **detail}
    if actor is None:
        said["email"] = name
    return Event(
        agency=review.agency,
        subject=f"POST#{review.post}",
        what=what,
        at=at,
        actor=actor,
        actor_name=name,
        detail={key: value for key, value in said.items() if value is not None},
        once=f"{review.number}-{review.rev}",
    )
