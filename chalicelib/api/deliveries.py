"""/api/deliveries: what waits for a person."""

from __future__ import annotations

from chalicelib.api.delivery_shape import delivery_shape, due_of
from chalicelib.api.posts import handles_of
from chalicelib.api.routing import Call, Router
from chalicelib.api.shapes import posts as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.publishing import waiting
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Post

router = Router("deliveries")
_MOST = 500


@router.route("GET", "/api/deliveries", returns=Page[shapes.Delivery])
def get_waiting(call: Call) -> Page[shapes.Delivery]:
    """Deliveries that wait for a person (held, failed, unconfirmed), oldest first; the first 500."""
    found: list[Delivery] = []
    for delivery in waiting.waiting(call.actor.agency, store=call.house.store):
        found.append(delivery)
        if len(found) == _MOST:
            break
    return Page(items=_shapes(call, found))


@router.route("POST", "/api/deliveries/{id}/release", act="publish", returns=shapes.Delivery)
def post_release(call: Call) -> shapes.Delivery:
    """Send it now."""
    return _one(call, waiting.release(call.path["id"], actor=call.actor, bench=call.house.bench))


@router.route("POST", "/api/deliveries/{id}/reschedule", act="publish", takes=shapes.Schedule, returns=shapes.Delivery)
def post_reschedule(call: Call) -> shapes.Delivery:
    """Send it at another time."""
    due_at, _ = due_of(call, call.body(shapes.Schedule))
    return _one(call, waiting.reschedule(call.path["id"], due_at, actor=call.actor, bench=call.house.bench))


@router.route("POST", "/api/deliveries/{id}/cancellation", act="publish", returns=shapes.Delivery)
def post_drop(call: Call) -> shapes.Delivery:
    """Do not send it."""
    return _one(call, waiting.drop(call.path["id"], actor=call.actor, bench=call.house.bench))


@router.route(
    "POST", "/api/deliveries/{id}/resolution", act="publish", takes=shapes.Resolution, returns=shapes.Delivery
)
def post_resolution(call: Call) -> shapes.Delivery:
    """Say what was seen on the network of a delivery that could not be confirmed."""
    asked = call.body(shapes.Resolution)
    settled = waiting.resolve(
        call.path["id"], published=asked.published, url=asked.url, actor=call.actor, bench=call.house.bench
    )
    return _one(call, settled)


def _one(call: Call, delivery: Delivery) -> shapes.Delivery:
    return _shapes(call, [delivery])[0]


def _shapes(call: Call, deliveries: list[Delivery]) -> list[shapes.Delivery]:
    handles = handles_of(call, [each.profile for each in deliveries])
    ids = list(dict.fromkeys(each.post for each in deliveries))
    titles: dict[str, str] = {}
    for start in range(0, len(ids), 100):
        keys = [
            (Post, {"pk": Post.partition(call.actor.agency, each), "sk": "POST"}) for each in ids[start : start + 100]
        ]
        posts = call.house.store.get_many(keys, consistent=False)
        titles |= {post.id: post.content.title() for post in posts if isinstance(post, Post)}
    return [
        delivery_shape(each, title=titles.get(each.post, ""), handle=handles.get(each.profile, ""))
        for each in deliveries
    ]
