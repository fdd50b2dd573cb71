"""Every trigger of Parvis, on one page."""

from __future__ import annotations

from typing import Any

from chalice import AuthResponse, Chalice, Rate
from chalice.app import AuthRequest, CloudWatchEvent, ConvertToMiddleware, SQSEvent

from chalicelib import triggers
from chalicelib.api.edge import attach, authorised
from chalicelib.api.routes import ROUTES
from chalicelib.observability import SERVICE, logger, metrics
from chalicelib.wiring import house

app = Chalice(app_name=SERVICE, configure_logs=False)
app.register_middleware(ConvertToMiddleware(logger.inject_lambda_context))
app.register_middleware(ConvertToMiddleware(metrics.log_metrics))


@app.authorizer(ttl_seconds=60)
def verify(request: AuthRequest) -> AuthResponse:
    """Who asks? Every route but the public ones passes here first."""
    from chalicelib.api.tokens import principal_of  # cryptography is loaded in this function only

    return authorised(request, lambda token: principal_of(token, house().settings))


attach(app, ROUTES, verify, house)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(event: CloudWatchEvent) -> dict[str, Any]:
    """Arm what falls due in the next two minutes, and again what was left behind."""
    return triggers.sweep(house())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def watch(event: CloudWatchEvent) -> dict[str, Any]:
    """Look at what could go wrong in silence, and tell people."""
    return triggers.watch(house())


@app.on_sqs_message(queue="parvis-publish", batch_size=10)
def publish(event: SQSEvent) -> dict[str, Any]:
    """Deliver, each at its second."""
    return triggers.publish(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-media", batch_size=1)
def media(event: SQSEvent) -> dict[str, Any]:
    """Judge what was uploaded."""
    return triggers.media(event.to_dict()["Records"], house())
