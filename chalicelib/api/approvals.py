"""/api/workflows, /api/approvals and the reviews of posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from chalicelib.api.delivery_shape import due_of
from chalicelib.api.posts import card_shape, post_shape, tracking_shape
from chalicelib.api.routing import Call
from chalicelib.api.shapes import approvals as shapes
from chalicelib.api.shapes import posts
from chalicelib.api.shapes.base import Page
from chalicelib.approvals import differing, review, workflow
from chalicelib.approvals.deciding import Decision, decide_inside, may_decide
from chalicelib.approvals.submitting import submit
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.publishing import planning
from chalicelib.publishing.post import Post, PostVersion
from chalicelib.team.people import names_of

_MOST = 500


def get_workflows(call: Call) -> Page[shapes.Workflow]:
    """The departments' workflows."""
    found = workflow.workflows(call.actor.agency, store=call.house.store)
    return Page(items=[_workflow_shape(each) for each in found])


def post_workflow(call: Call, asked: shapes.NewWorkflow) -> shapes.Workflow:
    """A workflow for a department that has none."""
    made = workflow.set_up(
        department=asked.department,
        name=asked.name,
        steps=_steps(asked),
        required=asked.required,
        active=asked.active,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _workflow_shape(made)


def patch_workflow(call: Call, asked: shapes.NewWorkflow) -> shapes.Workflow:
    """Change a workflow. Reviews under way go on by the steps they began with."""
    if asked.department != call.path["id"]:
        raise InvalidInput("invalid_input", "A workflow stays its department's.", field="department")
    changed = workflow.change(
        asked.department,
        name=asked.name,
        steps=_steps(asked),
        required=asked.required,
        active=asked.active,
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _workflow_shape(changed)


def get_approvals(call: Call) -> Page[shapes.Review]:
    """Every review that is open, the earliest due first.

    The first 500.
    """
    found = list(islice(review.open_reviews(call.actor.agency, store=call.house.store), _MOST))
    return Page(items=_reviews(call, found))


def post_submission(call: Call, asked: shapes.Submission) -> posts.Post:
    """Ask for review of a post as it stands, by its department's workflow."""
    wanted = posts.Schedule(due_at=asked.due_at, due_local=asked.due_local, zone=asked.zone, which=asked.which)
    if asked.due_at is None and asked.due_local is None:
        due_at, zone = None, due_of(call, wanted.model_copy(update={"now": True}))[1]
    else:
        due_at, zone = due_of(call, wanted)
    planned = submit(
        call.path["id"],
        due_at=due_at,
        zone=zone,
        note=asked.note.strip(),
        expected=call.expected,
        actor=call.actor,
        panel=call.house.panel,
    )
    return post_shape(call, planned)


def get_review(call: Call) -> shapes.Review:
    """The review under way of a post, or its last one."""
    planned = planning.load(call.actor.agency, call.path["id"], store=call.house.store)
    found = review.latest(planned.post, store=call.house.store)
    if found is None:
        raise NotFound("It was never submitted.")
    return _review(call, found)


def post_decision(call: Call, asked: shapes.Decision) -> shapes.Review:
    """Approve a post's version, or send it back."""
    decided = decide_inside(
        call.path["id"],
        asked.review,
        Decision(asked.decision, asked.version, asked.comment),
        actor=call.actor,
        panel=call.house.panel,
    )
    return _review(call, decided)


def post_withdrawal(call: Call) -> posts.Post:
    """Take a post back from review."""
    planned = planning.withdraw(call.path["id"], expected=call.expected, actor=call.actor, bench=call.house.bench)
    return post_shape(call, planned)


def get_versions(call: Call) -> Page[shapes.PostVersion]:
    """Every version of a post's content, the oldest first."""
    planning.load(call.actor.agency, call.path["id"], store=call.house.store)
    rows, following = call.house.store.rows(
        "content",
        Post.partition(call.actor.agency, call.path["id"]),
        between=("VERSION#", "VERSION#~"),
        consistent=True,
        cursor=call.query.get("cursor"),
    )
    found = [PostVersion.of(row) for row in rows]
    names = names_of(call.actor.agency, (each.by for each in found), store=call.house.store)
    items = [
        shapes.PostVersion(
            version=each.version,
            fingerprint=each.fingerprint,
            by=posts.Author(id=each.by, name=names.get(each.by, each.by)),
            at=each.at,
            text=each.content.text,
            variants=dict(each.content.variants),
            thread={network: list(parts) for network, parts in each.content.thread.items()},
            media=[posts.Attachment(media=one.media, alt=one.alt) for one in each.content.media],
            targets=list(each.content.targets),
            campaign=each.content.campaign,
            tags=list(each.content.tags),
            language=each.content.language,
            card=card_shape(each.content),
            tracking=tracking_shape(each.content),
        )
        for each in found
    ]
    return Page(items=items, next=following)


def get_difference(call: Call) -> shapes.Difference:
    """What changed between two versions of a post."""
    planning.load(call.actor.agency, call.path["id"], store=call.house.store)
    before, after = _number(call, "before"), _number(call, "after")
    return difference_shape(call, call.actor.agency, call.path["id"], before, after)


def difference_shape(call: Call, agency: str, post: str, before: int, after: int) -> shapes.Difference:
    """Raises NotFound when there is no such version."""
    found = call.house.store.get_many(
        [(PostVersion, PostVersion.key_of(agency, post, each)) for each in (before, after)]
    )
    old, new = found
    if not isinstance(old, PostVersion) or not isinstance(new, PostVersion):
        raise NotFound("There is no such version.")
    changed = differing.difference(old.content, new.content)
    return shapes.Difference(
        before=before,
        after=after,
        texts=[shapes.TextDifference(network=each.network, pieces=_pieces(each.pieces)) for each in changed.texts],
        media_added=list(changed.media_added),
        media_removed=list(changed.media_removed),
        alt_changed=list(changed.alt_changed),
        targets_added=list(changed.targets_added),
        targets_removed=list(changed.targets_removed),
        tracking_changed=changed.tracking_changed,
        card=shapes.CardDifference(
            url=_pieces(changed.card.url),
            title=_pieces(changed.card.title),
            description=_pieces(changed.card.description),
            picture=changed.card.picture,
        )
        if changed.card
        else None,
    )


def _pieces(found: Sequence[differing.Piece]) -> list[shapes.Piece]:
    return [shapes.Piece(op=each.op, text=each.text) for each in found]


def decided_shape(decided: review.Decided) -> shapes.Decided:
    return shapes.Decided(
        step=decided.step,
        by=shapes.DecidedBy(id=decided.person, name=decided.name),
        decision=decided.decision,
        comment=decided.comment,
        at=decided.at,
    )


def _review(call: Call, found: review.Review) -> shapes.Review:
    return _reviews(call, [found])[0]


def _reviews(call: Call, found: Sequence[review.Review]) -> list[shapes.Review]:
    people = (who for each in found for step in each.steps for who in (*step.people, *step.members))
    names = names_of(call.actor.agency, people, store=call.house.store)
    return [_review_shape(call, each, names) for each in found]


def _review_shape(call: Call, found: review.Review, names: Mapping[str, str]) -> shapes.Review:
    steps = []
    for place, step in enumerate(found.steps):
        waits = found.state == "open" and place >= found.step
        people, emails = (found.undecided(place) if waits else None) or ((), ())
        steps.append(
            shapes.ReviewStep(
                name=step.name,
                people=list(step.people),
                roles=[each for each in ("approver", "publisher", "administrator") if each in step.roles],
                emails=list(step.emails),
                need=step.need,
                state=found.state_of(place),
                names=[names.get(each, each) for each in step.people],
                waiting_for=[*(names.get(each, each) for each in people), *emails],
            )
        )
    return shapes.Review(
        id=found.id,
        post=found.post,
        title=found.title,
        department=found.department,
        state=found.state,
        version=found.version,
        fingerprint=found.fingerprint,
        step=found.step,
        steps=steps,
        decisions=[decided_shape(each) for each in found.decisions],
        note=found.note,
        asked_by=posts.Author(id=found.asked_by, name=found.asked_by_name),
        asked_at=found.asked_at,
        due_at=found.due_at,
        zone=found.zone,
        reviewed_before=found.before,
        mine=may_decide(found, call.actor),
        own=call.actor.person in found.barred,
    )


def _number(call: Call, name: str) -> int:
    given = call.query.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) <= 6):
        raise InvalidInput("invalid_input", "The number of a version.", field=name)
    return int(given)


def _steps(asked: shapes.NewWorkflow) -> list[workflow.Step]:
    return [workflow.Step.model_validate(each.model_dump()) for each in asked.steps]


def _workflow_shape(found: workflow.Workflow) -> shapes.Workflow:
    return shapes.Workflow(
        id=found.id,
        version=found.rev,
        name=found.name,
        department=found.department,
        steps=[shapes.ApprovalStep.model_validate(each.model_dump(mode="json")) for each in found.steps],
        required=found.required,
        active=found.active,
    )
