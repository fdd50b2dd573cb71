"""Where Chalice ends: its routes are made from ours, its requests become Asked, our replies become its responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from chalice.app import AuthRequest, AuthResponse, Chalice, ChaliceAuthorizer, Request, Response

from chalicelib.api.routing import Asked, Route, answer
from chalicelib.errors import ParvisError
from chalicelib.observability import logger
from chalicelib.wiring import House


def attach(app: Chalice, routes: Sequence[Route], authorizer: ChaliceAuthorizer, house: Callable[[], House]) -> None:
    """Give the application one Chalice route for each of ours; each that is not public asks the authorizer first."""
    for route in routes:
        app.route(
            route.path,
            methods=[route.method],
            name=route.handler.__name__,
            authorizer=None if route.public else authorizer,
        )(_view(app, route, house))


def _view(app: Chalice, route: Route, house: Callable[[], House]) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        request = cast(Request, app.current_request)  # there always is one within a view
        context: dict[str, Any] = request.context.get("authorizer") or {}
        reply = answer(
            route,
            Asked(
                method=request.method,
                path=path,
                query=request.query_params or {},
                headers={name.lower(): value for name, value in request.headers.items()},
                body=cast(bytes, request.raw_body),
                principal={name: str(value) for name, value in context.items()} or None,
            ),
            house(),
        )
        headers: dict[str, str | list[str]] = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            **reply.headers,
        }
        return Response(body=reply.body or "", status_code=reply.status, headers=headers)

    view.__name__ = route.handler.__name__
    return view


def authorised(request: AuthRequest, principal_of: Callable[[str], dict[str, str]]) -> AuthResponse:
    """Let the bearer of a valid access token through, with the name of their agency and person."""
    scheme, _, token = (request.token or "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token:
            return AuthResponse(routes=[], principal_id="nobody")
        principal = principal_of(token)
    except ParvisError as error:
        logger.info("token refused", extra={"code": error.code})
        return AuthResponse(routes=[], principal_id="nobody")
    return AuthResponse(routes=["*"], principal_id=principal["person"], context=principal)
