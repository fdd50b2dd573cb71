"""/api/posts, /api/checks, /api/calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from chalicelib.api.delivery_shape import delivery_shape, due_of
from chalicelib.api.event_shape import told
from chalicelib.api.routing import Call
from chalicelib.api.shapes import posts as shapes
from chalicelib.api.shapes.base import Moment, Page
from chalicelib.approvals.review import review_id
from chalicelib.approvals.workflow import workflows
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.networks import registry
from chalicelib.profiles.profile import Profile
from chalicelib.publishing import calendar, planning
from chalicelib.publishing.checking import check
from chalicelib.publishing.overlapping import overlaps
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Attachment, Card, Content, post_state
from chalicelib.publishing.tracking import Tracking
from chalicelib.records.event import Event
from chalicelib.team.people import Agency

_MOMENT = TypeAdapter(Moment)


def get_posts(call: Call) -> Page[shapes.PostSummary]:
    """Drafts: posts without a due time, newest first."""
    rows, following = calendar.drafts(call.actor.agency, store=call.house.store, cursor=call.query.get("cursor"))
    return Page(items=[_summary(row) for row in rows], next=following)


def post_post(call: Call, asked: shapes.NewPost) -> shapes.Post:
    """A new draft."""
    agency = call.house.store.get(Agency, Agency.key_of(call.actor.agency), consistent=False)
    if agency is None:
        raise NotFound
    planned = planning.write(
        _content(asked), department=asked.department, zone=agency.zone, actor=call.actor, bench=call.house.bench
    )
    return post_shape(call, planned)


def get_post(call: Call) -> shapes.Post:
    """One post with its deliveries."""
    return post_shape(call, planning.load(call.actor.agency, call.path["id"], store=call.house.store))


def patch_post(call: Call, asked: shapes.PostChange) -> shapes.Post:
    """Replace the content. What is scheduled stays scheduled, if its networks take the new content."""
    planned = planning.change(
        call.path["id"],
        _content(asked),
        expected=call.expected,
        actor=call.actor,
        bench=call.house.bench,
    )
    return post_shape(call, planned)


def delete_post(call: Call) -> None:
    """Delete a post that never left."""
    planning.delete(call.path["id"], expected=call.expected, actor=call.actor, bench=call.house.bench)


def post_schedule(call: Call, asked: shapes.Schedule) -> shapes.Post:
    """Send it at a time, or now."""
    due_at, zone = due_of(call, asked)
    planned = planning.schedule(
        call.path["id"], due_at=due_at, zone=zone, expected=call.expected, actor=call.actor, bench=call.house.bench
    )
    return post_shape(call, planned)


def post_cancellation(call: Call) -> shapes.Post:
    """Stop what has not left."""
    planned = planning.cancel(call.path["id"], expected=call.expected, actor=call.actor, bench=call.house.bench)
    return post_shape(call, planned)


def get_deliveries(call: Call) -> Page[shapes.Delivery]:
    """The state of a post on each of its profiles."""
    return Page(items=list(get_post(call).deliveries))


def get_history(call: Call) -> Page[shapes.HistoryEvent]:
    """Everything that happened to a post, in order."""
    planning.load(call.actor.agency, call.path["id"], store=call.house.store)
    partition = Event.partition(call.actor.agency, f"POST#{call.path['id']}")
    rows, following = call.house.store.rows("audit", partition, limit=200, cursor=call.query.get("cursor"))
    items = [shapes.HistoryEvent(**told(row, Event.of(row))) for row in rows]
    return Page(items=items, next=following)


def post_check(call: Call, asked: shapes.CheckRequest) -> shapes.CheckResult:
    """What each profile's network would make of this content, by its own counting; and what else stands near it."""
    content = _content(asked)
    found = call.house.store.get_many(
        [(Profile, Profile.key_of(call.actor.agency, target)) for target in dict.fromkeys(content.targets)],
        consistent=False,
    )
    profiles = [each for each in found if isinstance(each, Profile)]
    verdicts = check(
        call.actor.agency,
        content,
        profiles,
        store=call.house.store,
        network_named=call.house.network_named,
    )
    near = overlaps(
        call.actor.agency,
        content,
        profiles,
        post=asked.post,
        due_at=asked.due_at,
        now=call.house.clock.now(),
        store=call.house.store,
    )
    return shapes.CheckResult(
        items=[
            shapes.ProfileCheck(
                profile=verdict.profile.id,
                network=verdict.profile.network,
                length=verdict.length,
                limit=verdict.limit,
                problems=[
                    shapes.Problem(
                        code=each.code,
                        field=each.field,
                        hint=each.hint,
                        limit=each.limit,
                        actual=each.actual,
                        profile=verdict.profile.id,
                    )
                    for each in verdict.problems
                ],
                renditions=[
                    shapes.Rendition(
                        media=each.media_id,
                        content_type=each.content_type,
                        size=each.size,
                        width=each.width,
                        height=each.height,
                        unlocated=each.original_located,
                    )
                    for each in verdict.renditions
                ],
            )
            for verdict in verdicts
        ],
        warnings=[
            shapes.Warning(
                code=each.code, post=each.post, title=each.title, due_at=each.due_at, profiles=list(each.profiles)
            )
            for each in near
        ],
    )


def get_calendar(call: Call) -> Page[shapes.PostSummary]:
    """Every post between two moments."""
    start, end = _moment(call, "from"), _moment(call, "to")
    rows = calendar.between(call.actor.agency, start, end, store=call.house.store)
    wanted = [
        row
        for row in rows
        if call.query.get("profile") in (None, *(each.profile for each in row.deliveries))
        and call.query.get("campaign") in (None, row.campaign)
        and call.query.get("department") in (None, row.department)
        and call.query.get("state") in (None, row.state, *(each.state for each in row.deliveries))
    ]
    return Page(items=[_summary(row) for row in wanted])


def _moment(call: Call, name: str) -> datetime:
    try:
        moment: datetime = _MOMENT.validate_python(call.query.get(name))
    except ValidationError as error:
        raise InvalidInput("invalid_input", "RFC 3339, e.g. 2026-11-01T00:00:00Z.", field=name) from error
    return moment


def _content(asked: shapes.PostContent) -> Content:
    for field, named in (("variants", asked.variants), ("thread", asked.thread)):
        if not set(named) <= set(registry.NETWORKS):
            raise InvalidInput("network_unknown", f"One of {', '.join(registry.NETWORKS)}.", field=field)
    return Content(
        text=asked.text,
        variants={network: text for network, text in asked.variants.items() if text},
        thread={network: tuple(parts) for network, parts in asked.thread.items() if parts},
        media=tuple(Attachment(media=each.media, alt=each.alt) for each in asked.media),
        targets=tuple(asked.targets),
        campaign=asked.campaign,
        tags=tuple(asked.tags),
        language=asked.language,
        card=Card.model_validate(asked.card.model_dump()) if asked.card else None,
        tracking=_tracking(asked.tracking),
    )


def post_shape(call: Call, planned: Planned) -> shapes.Post:
    post, content = planned.post, planned.post.content
    flows = [each for each in workflows(post.agency, store=call.house.store) if each.active]
    concerned = {post.department, *_departments(call, content)} if flows else set()
    return shapes.Post(
        id=post.id,
        department=post.department,
        version=post.rev,
        state=post_state(post, planned.deliveries),
        due_at=post.due_at,
        zone=post.zone,
        author=shapes.Author(id=post.author, name=post.author_name),
        created_at=post.created_at,
        updated_at=post.updated_at,
        deliveries=_deliveries(call, planned),
        workflow=next((each.id for each in flows if each.department == post.department), None),
        review_required=any(each.required and each.department in concerned for each in flows),
        content_version=post.version,
        review=review_id(post.id, post.reviews) if post.reviews else None,
        text=content.text,
        variants=dict(content.variants),
        thread={network: list(parts) for network, parts in content.thread.items()},
        media=[shapes.Attachment(media=each.media, alt=each.alt) for each in content.media],
        targets=list(content.targets),
        campaign=content.campaign,
        tags=list(content.tags),
        language=content.language,
        card=card_shape(content),
        tracking=tracking_shape(content),
    )


def card_shape(content: Content) -> shapes.LinkCard | None:
    return shapes.LinkCard.model_validate(content.card.model_dump()) if content.card else None


def tracking_shape(content: Content) -> shapes.Tracking | None:
    tracking = content.tracking
    return shapes.Tracking(campaign=tracking.campaign, hosts=list(tracking.hosts)) if tracking else None


def _tracking(asked: shapes.Tracking | None) -> Tracking | None:
    if asked is None:
        return None
    return Tracking(campaign=asked.campaign, hosts=tuple(dict.fromkeys(each.lower() for each in asked.hosts)))


def _deliveries(call: Call, planned: Planned) -> list[shapes.Delivery]:
    title = planned.post.content.title()
    handles = handles_of(call, [each.profile for each in planned.deliveries])
    return [delivery_shape(each, title=title, handle=handles.get(each.profile, "")) for each in planned.deliveries]


def _departments(call: Call, content: Content) -> set[str]:
    """Those of the profiles aimed at."""
    wanted = [(Profile, Profile.key_of(call.actor.agency, each)) for each in dict.fromkeys(content.targets)]
    found = call.house.store.get_many(wanted, consistent=False)
    return {each.department for each in found if isinstance(each, Profile)}


def handles_of(call: Call, profiles: Sequence[str]) -> dict[str, str]:
    """profile id -> handle, of those that are still connected."""
    wanted = [(Profile, Profile.key_of(call.actor.agency, each)) for each in dict.fromkeys(profiles)]
    found = call.house.store.get_many(wanted, consistent=False)
    return {each.id: each.handle for each in found if isinstance(each, Profile)}


def _summary(row: calendar.PostRow) -> shapes.PostSummary:
    return shapes.PostSummary.model_validate(
        {
            "id": row.id,
            "title": row.title,
            "state": row.state,
            "department": row.department,
            "campaign": row.campaign,
            "due_at": row.due_at,
            "zone": row.zone,
            "author": {"id": row.author, "name": row.author_name},
            "media": row.media,
            "deliveries": [
                {"profile": each.profile, "network": each.network, "state": each.state, "due_at": each.due_at}
                for each in row.deliveries
            ],
        }
    )
