"""/api/pauses: stopping everything of a scope with one action."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import planning as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.crisis.pause import Fence, pause, resume, standing
from chalicelib.publishing.arming import under_way
from chalicelib.publishing.waiting import waiting


def get_pauses(call: Call) -> Page[shapes.Pause]:
    """The pauses that stand."""
    return Page(items=[shapes.Pause(**_fields(each)) for each in standing(call.actor.agency, store=call.house.store)])


def post_pause(call: Call, asked: shapes.NewPause) -> shapes.PauseAcknowledged:
    """Stop everything of a scope that has not left. Answers when no call of it begins any more."""
    # Whoever may pause anywhere may pause anything: in a crisis a stop too many costs less than one too few.
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


def delete_pause(call: Call) -> shapes.PauseEnded:
    """Resume. What fell due meanwhile stays held and waits for people."""
    fence = resume(call.path["id"], actor=call.actor, store=call.house.store, clock=call.house.clock)
    held = sum(
        each.reason == "paused"
        and fence.covers(department=each.department, profile=each.profile, campaign=each.campaign)
        for each in waiting(call.actor.agency, store=call.house.store)
    )
    return shapes.PauseEnded(held=held)


def _fields(fence: Fence) -> dict[str, object]:
    return {
        "id": fence.id,
        "scope": shapes.Scope(kind=fence.scope, id=fence.scope_id),
        "reason": fence.reason,
        "by": Author(id=fence.by, name=fence.by_name),
        "begun_at": fence.begun_at,
    }
