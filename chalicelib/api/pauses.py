"""/api/pauses: stopping everything of a scope with one action."""

from __future__ import annotations

from chalicelib.api.routing import Call, Router
from chalicelib.api.shapes import planning as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.crisis.pause import Fence, pause, resume, standing
from chalicelib.publishing.arming import under_way
from chalicelib.publishing.waiting import waiting
from chalicelib.team.actor import Actor

router = Router("pauses")


@router.route("GET", "/api/pauses", returns=Page[shapes.Pause])
def get_pauses(call: Call) -> Page[shapes.Pause]:
    """The pauses that stand."""
    return Page(items=[shapes.Pause(**_fields(each)) for each in standing(call.actor.agency, store=call.house.store)])


@router.route(
    "POST",
    "/api/pauses",
    act="pause",
    takes=shapes.NewPause,
    returns=shapes.PauseAcknowledged,
    status=201,
    creates=True,
)
def post_pause(call: Call) -> shapes.PauseAcknowledged:
    """Stop everything of a scope that has not left. Answers when no call of it begins any more."""
    asked = call.body(shapes.NewPause)
    _allowed(call.actor, asked.scope)
    fence, acknowledged_at = pause(
        actor=call.actor,
        scope=asked.scope.kind,
        scope_id=asked.scope.id,
        reason=asked.reason,
        store=call.house.store,
        clock=call.house.clock,
    )
    begun = under_way(call.actor.agency, store=call.house.store, now=acknowledged_at)
    covered = [
        each for each in begun if fence.covers(department=each.department, profile=each.profile, campaign=each.campaign)
    ]
    return shapes.PauseAcknowledged(**_fields(fence), acknowledged_at=acknowledged_at, calls_begun=len(covered))


@router.route("DELETE", "/api/pauses/{id}", act="pause", returns=shapes.PauseEnded)
def delete_pause(call: Call) -> shapes.PauseEnded:
    """Resume. What fell due meanwhile stays held and waits for people."""
    fence = resume(call.path["id"], actor=call.actor, store=call.house.store, clock=call.house.clock)
    held = sum(
        each.reason == "paused"
        and fence.covers(department=each.department, profile=each.profile, campaign=each.campaign)
        for each in waiting(call.actor.agency, store=call.house.store)
    )
    return shapes.PauseEnded(held=held)


def _allowed(actor: Actor, scope: shapes.Scope) -> None:
    # Whoever may pause anywhere may pause anything: in a crisis a stop too many costs less than one too few.
    actor.require("pause", scope.id if scope.kind == "department" and scope.id in actor.roles else None)


def _fields(fence: Fence) -> dict[str, object]:
    return {
        "id": fence.id,
        "scope": shapes.Scope(kind=fence.scope, id=fence.scope_id),
        "reason": fence.reason,
        "by": Author(id=fence.by, name=fence.by_name),
        "begun_at": fence.begun_at,
    }
