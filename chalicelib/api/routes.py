"""All routes, in one list."""

from __future__ import annotations

from typing import Any

from chalicelib.api import campaigns, deliveries, health, media, pauses, people, posts, profiles, session
from chalicelib.api.routing import Call, Route, Router

_about = Router("about")


@_about.route("GET", "/api/openapi.json", public=True, returns=None)
def get_openapi(call: Call) -> dict[str, Any]:
    """This API, as OpenAPI 3.1."""
    from chalicelib.api.openapi import document  # only those who ask for it pay for loading it

    call.headers["Cache-Control"] = "public, max-age=300"
    return document(ROUTES)


ROUTES: tuple[Route, ...] = tuple(
    route
    for module in (session, people, profiles, media, campaigns, posts, deliveries, pauses, health)
    for route in module.router.routes
) + tuple(_about.routes)
