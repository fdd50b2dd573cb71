"""Asking for review of a post as it stands.

With a due time its deliveries are made at once, queued for that time and marked as reviewed: what is approved in time
leaves at its second with nothing more to do, and what is not is held by the worker, never published.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from chalicelib.approvals.asking import Panel, ask, hand_over
from chalicelib.approvals.review import AskedStep, Review, event_of, latest
from chalicelib.approvals.workflow import Step, Workflow, workflow_of
from chalicelib.errors import Conflict, InvalidInput
from chalicelib.media.media import Media
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.checking import refuse_problems
from chalicelib.publishing.planning import Planned, again, editable, holds_video, known_targets, load, new_delivery
from chalicelib.publishing.post import Content, Post
from chalicelib.store import Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person

MEMBERS_MAX = 24
"""A step's letters are written in one transaction, which takes 100 writes, beside 25 deliveries and 10 links."""


def submit(
    post_id: str, *, due_at: datetime | None, zone: str, note: str, expected: int, actor: Actor, panel: Panel
) -> Planned:
    """due_at None: it waits for a time after it is approved.

    Raises Conflict in_review, already_approved, no_workflow, nobody_to_decide, already_leaving or already_published;
    InvalidInput no_targets or a network's own refusal, an image that is not ready included.
    """
    bench = panel.bench

    def act() -> Planned:
        now = panel.clock.now()
        planned = editable(post_id, expected, actor, bench)
        post = planned.post
        if post.decided == "in_review":
            raise Conflict("in_review", "It is in review already.")
        if post.decided == "approved":
            raise Conflict("already_approved", "It is approved as it stands.")
        # What a publisher has planned is not stopped by somebody who may only write.
        right = "publish" if any(each.state != "cancelled" for each in planned.deliveries) else "write"
        actor.require(right, post.department)
        workflow = workflow_of(post.agency, post.department, store=panel.store)
        if workflow is None:
            raise Conflict("no_workflow", "The department has no workflow: an administrator sets one up.")
        profiles = known_targets(post.content, actor, bench, act=right)
        if not profiles:
            raise InvalidInput("no_targets", "Choose at least one profile.", field="targets")
        refuse_problems(post.agency, post.content, profiles, store=panel.store, network_named=bench.network_named)
        changed = post.but(
            decided="in_review",
            reviews=post.reviews + 1,
            due_at=due_at,
            zone=zone,
            cancelled=False,
            planned=due_at is not None,
            next_seq=max([post.next_seq, *(each.seq + 1 for each in planned.deliveries)]),
            updated_at=now,
        )
        before = {each.profile: each for each in planned.deliveries}
        video = holds_video(post.agency, post.content, store=panel.store)
        deliveries = [
            armed_if_near(new_delivery(changed, profile, due_at, before.pop(profile.id, None), bench, video=video), now)
            for profile in profiles
            if due_at is not None
        ]
        review = _begun(changed, workflow, latest(post, store=panel.store), note, actor, now, panel)
        asked = ask(review, panel)
        told = event_of(
            review,
            "review.asked",
            now,
            actor=actor.person,
            name=actor.name,
            fingerprint=review.fingerprint,
            steps=len(review.steps),
            due_at_ms=round(due_at.timestamp() * 1000) if due_at else None,
            note=note or None,
        )
        panel.store.commit(
            changed, *deliveries, review, told, *asked.tellings, *asked.links, removes=list(before.values())
        )
        send_armed(deliveries, queue=bench.queue, now=now)
        hand_over(asked.tellings, panel)
        return load(actor.agency, post_id, store=panel.store)

    return again(act)


def media_hashes(agency: str, content: Content, *, store: Store) -> list[str]:
    """SHA-256 of each image's bytes. Raises InvalidInput media_not_ready."""
    wanted = content.media_ids()
    found = store.get_many([(Media, Media.key_of(agency, each)) for each in wanted])
    hashes = [each.sha256 for each in found if isinstance(each, Media) and each.state == "ready" and each.sha256]
    if len(hashes) < len(wanted):
        raise InvalidInput("media_not_ready", "An image is not uploaded or was refused.", field="media")
    return hashes


def _begun(
    post: Post, workflow: Workflow, before: Review | None, note: str, actor: Actor, now: datetime, panel: Panel
) -> Review:
    people = {each.id: each for each in panel.store.query(Person, Person.partition(post.agency), consistent=True)}
    barred = tuple(dict.fromkeys([post.author, actor.person, post.edited_by or post.author]))
    author = people.get(post.author)
    return Review(
        agency=post.agency,
        post=post.id,
        number=post.reviews,
        department=post.department,
        title=post.content.title(),
        version=post.version,
        before=before.version if before else None,
        fingerprint=post.content.fingerprint(media_hashes(post.agency, post.content, store=panel.store)),
        language=author.language if author else "en",
        steps=tuple(_asked(step, post.department, people, barred) for step in workflow.steps),
        note=note,
        author=post.author,
        author_name=post.author_name,
        asked_by=actor.person,
        asked_by_name=actor.name,
        asked_at=now,
        barred=barred,
        due_at=post.due_at,
        zone=post.zone,
    )


def _asked(step: Step, department: str, people: dict[str, Person], barred: Sequence[str]) -> AskedStep:
    """The step with those who decide in it. Raises Conflict nobody_to_decide when it could never be passed."""

    def may(person: Person) -> bool:
        return person.actor().may("approve", department)

    gone = [each for each in step.people if each not in people or not may(people[each])]
    if gone and step.need == "all":
        raise Conflict("nobody_to_decide", f"{step.name}: {gone[0]} must agree and may not approve any more.")
    holders = [each.id for each in people.values() if may(each) and _holds(each, step.roles, department)]
    members = [each for each in dict.fromkeys([*step.people, *holders]) if each not in gone and each not in barred]
    own = {people[each].email.lower() for each in barred if each in people}
    emails = tuple(each for each in step.emails if each not in own)
    if not members and not emails:
        raise Conflict("nobody_to_decide", f"{step.name}: nobody is left who may decide about this post.")
    if len(members) > MEMBERS_MAX:
        raise Conflict("too_many_to_decide", f"{step.name}: at most {MEMBERS_MAX} people can be asked in one step.")
    return AskedStep(**{**dict(step), "emails": emails, "members": tuple(members)})


def _holds(person: Person, roles: Collection[str], department: str) -> bool:
    return bool(set(person.actor().held(department)) & set(roles))
