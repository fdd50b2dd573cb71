"""One decision of one person about one version of a post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.approvals.asking import Asked, Panel, ask, hand_over, tell_authors
from chalicelib.approvals.link import open_link
from chalicelib.approvals.review import Approval, Decided, Review, Verdict, event_of, latest
from chalicelib.entity import Entity
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.planning import CONSEQUENCE, Planned, again, load, refuse_leaving, taken_back
from chalicelib.team.actor import Actor

_COMMENTS_MAX = 150_000
"""Bytes of all comments of a review, whose item holds at most 400 kB."""


@dataclass(frozen=True)
class By:
    """person: an id, or None for somebody outside. name: theirs, or the e-mail address that the link was sent to."""

    person: str | None
    name: str


@dataclass(frozen=True)
class Decision:
    """version: of the content that was seen."""

    verdict: Verdict
    version: int
    comment: str = ""


def decide(review: Review, decision: Decision, by: By, now: datetime) -> Review:
    """The review after it. Pure: whatever may stand against a decision stands in the review.

    Raises Conflict version_old, review_closed, own_post or already_decided, Forbidden for whom the open step does not
    name, InvalidInput comment_required for sending back without a word.
    """
    if decision.version != review.version:
        raise Conflict("version_old", f"It is at version {review.version} now.")
    if review.state != "open":
        raise Conflict("review_closed", f"This review is {review.state}.")
    if by.person is not None and by.person in review.barred:
        raise Conflict("own_post", "Nobody decides about what they wrote or submitted.")
    step = review.steps[review.step]
    if (by.person not in step.members) if by.person is not None else (by.name not in step.emails):
        raise Forbidden("The step that is open does not name you.")
    if any(each.step == review.step and (each.person, each.name) == _same(each, by) for each in review.decisions):
        raise Conflict("already_decided", "You have decided in this step.")
    comment = decision.comment.strip()
    if decision.verdict == "send_back" and not comment:
        raise InvalidInput("comment_required", "Say what should change.", field="comment")
    if sum(len(each.comment.encode()) for each in review.decisions) + len(comment.encode()) > _COMMENTS_MAX:
        raise InvalidInput("too_large", "The comments of this review take no more.", field="comment")
    made = Decided(step=review.step, person=by.person, name=by.name, decision=decision.verdict, comment=comment, at=now)
    after = review.but(decisions=(*review.decisions, made))
    if decision.verdict == "send_back":
        return _ended(after, "sent_back", now)
    if after.undecided(after.step) is not None:
        return after
    if after.step + 1 < len(after.steps):
        return after.model_copy(update={"step": after.step + 1})
    return _ended(after, "approved", now)


def may_decide(review: Review, actor: Actor) -> bool:
    """Whether the open step waits for them."""
    left = review.undecided(review.step) if review.state == "open" else None
    return left is not None and actor.person in left[0] and actor.may("approve", review.department)


def decide_inside(post_id: str, review_id: str, decision: Decision, *, actor: Actor, panel: Panel) -> Review:
    """Raises as `decide` does, NotFound, and Conflict already_leaving when it is sent back in the very second in which
    the worker is looking at it."""

    def act() -> Review:
        planned = load(actor.agency, post_id, store=panel.store)
        post = planned.post
        actor.require("approve", post.department)
        if decision.version != post.version:
            raise Conflict("version_old", f"It is at version {post.version} now.")
        review = latest(post, store=panel.store)
        if review is None:
            raise NotFound
        if review.id != review_id:
            raise Conflict("review_closed", f"Its review is {review.id} now.")
        return _write(planned, review, decision, By(actor.person, actor.name), panel)

    return again(act)


def decide_outside(token: str, decision: Decision, *, panel: Panel) -> Decided:
    """Once. Raises as `open_link` and `decide` do."""

    def act() -> Decided:
        now = panel.clock.now()
        opened = open_link(token, store=panel.store, now=now)
        used = opened.link.but(used_at=now, decision=decision.verdict)
        by = By(None, opened.link.email)
        return _write(opened.planned, opened.review, decision, by, panel, also=[used]).decisions[-1]

    return again(act)


def _write(
    planned: Planned, review: Review, decision: Decision, by: By, panel: Panel, *, also: Sequence[Entity] = ()
) -> Review:
    """All that the decision brings about, in one transaction on condition that nobody else wrote first: of two who
    press at once one is written, and the other's is decided anew. Raises Lost."""
    now = panel.clock.now()
    after = decide(review, decision, by, now)
    made = after.decisions[-1]
    writes: list[Entity] = [after, *also]
    removes: tuple[Delivery, ...] = ()
    asked = Asked()
    late = False
    if after.state == "sent_back":
        refuse_leaving(planned.deliveries)
        draft, removes = taken_back(planned.but(post=planned.post.but(updated_at=now)))
        writes.append(draft)
        asked = Asked(tell_authors(after, panel))
    elif after.state == "approved":
        late = _late(planned, now)
        writes += _approval(planned, after, by, now, late=late)
        asked = Asked(tell_authors(after, panel, late=late))
    elif after.step != review.step:
        asked = ask(after, panel)
    what = "review.approved" if made.decision == "approve" else "review.sent_back"
    told = event_of(
        after,
        what,
        now,
        actor=by.person,
        name=by.name,
        step=made.step + 1,
        step_name=review.steps[made.step].name,
        comment=made.comment or None,
    )
    panel.store.commit(*writes, told, *asked.tellings, *asked.links, removes=removes)
    hand_over(asked.tellings, panel)
    return after


def _approval(planned: Planned, after: Review, by: By, now: datetime, *, late: bool) -> list[Entity]:
    """late: its time had passed, so it stays held until a person releases it."""
    post = planned.post.but(decided="approved", updated_at=now)
    approval = Approval(
        agency=after.agency,
        post=after.post,
        review=after.number,
        version=after.version,
        fingerprint=after.fingerprint,
        at=now,
    )
    said = {"fingerprint": after.fingerprint, "late": late or None}
    told = event_of(after, "post.approved", now + CONSEQUENCE, actor=by.person, name=by.name, **said)
    return [post, approval, told]


def _late(planned: Planned, now: datetime) -> bool:
    passed = planned.post.due_at is not None and planned.post.due_at <= now
    return bool(planned.deliveries) and (passed or any(each.state == "held" for each in planned.deliveries))


def _ended(review: Review, state: str, now: datetime) -> Review:
    return review.model_copy(update={"state": state, "closed_at": now})


def _same(decided: Decided, by: By) -> tuple[str | None, str]:
    """A person is the same by id, whatever they are called now; somebody outside by the address."""
    return (by.person, decided.name if by.person is not None else by.name)
