"""Where Chalice ends: its routes are made from ours, its requests become Asked, our replies become its responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
            name=route.name,
            authorizer=None if route.public else authorizer,
        )(_view(app, route, house))


def _view(app: Chalice, route: Route, house: Callable[[], House]) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        request = cast(Request, app.current_request)  # there always is one within a view
        headers_sent = {name.lower(): value for name, value in request.headers.items()}
        context: dict[str, Any] = request.context.get("authorizer") or {}
        reply = answer(
            route,
            Asked(
                method=request.method,
                path=path,
                query=request.query_params or {},
                headers=headers_sent,
                body=cast(bytes, request.raw_body),
                principal={name: str(value) for name, value in context.items()} or None,
                address=address_of(headers_sent.get("x-forwarded-for", ""), request.context),
            ),
            house(),
        )
        headers: dict[str, str | list[str]] = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            **reply.headers,
        }
        return Response(body=reply.body or "", status_code=reply.status, headers=headers)

    view.__name__ = route.name
    return view


def address_of(forwarded: str, context: Mapping[str, Any]) -> str:
    """Where a request came from. CloudFront adds its caller to X-Forwarded-For and API Gateway adds CloudFront, so it
    is the last but one, and what stands before it is anybody's invention. Of a request that went around CloudFront the
    last but one is invented too: limits by address are not the only ones (team/session.py)."""
    hops = [each.strip() for each in forwarded.split(",") if each.strip()]
    if hops:
        return (hops[-2] if len(hops) > 1 else hops[-1])[:64]
    return str((context.get("identity") or {}).get("sourceIp", ""))[:64]


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
