"""Every trigger of Parvis, on one page."""

from __future__ import annotations

import gc

gc.disable()  # nothing that importing makes is garbage: a tenth of the start

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


@app.schedule(Rate(1, unit=Rate.MINUTES))
def listen(event: CloudWatchEvent) -> dict[str, Any]:
    """Have every profile's mentions read three times in the coming minute."""
    return triggers.listen(house())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def detect(event: CloudWatchEvent) -> dict[str, Any]:
    """Judge what came in, raise alerts, and tell again what was not told."""
    return triggers.detect(house())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def gauge(event: CloudWatchEvent) -> dict[str, Any]:
    """Have the figures read of what was published: often at first, seldom later."""
    return triggers.gauge(house())


@app.on_sqs_message(queue="parvis-publish", batch_size=10)
def publish(event: SQSEvent) -> dict[str, Any]:
    """Deliver, each at its second."""
    return triggers.publish(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-media", batch_size=1)
def media(event: SQSEvent) -> dict[str, Any]:
    """Judge what was uploaded."""
    return triggers.media(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-poll", batch_size=5)
def poll(event: SQSEvent) -> dict[str, Any]:
    """Read what reached a profile since the last time."""
    return triggers.poll(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-ingest", batch_size=10)
def ingest(event: SQSEvent) -> dict[str, Any]:
    """Take in what a network told us by itself."""
    return triggers.ingest(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-tell", batch_size=5)
def tell(event: SQSEvent) -> dict[str, Any]:
    """Mail, push: tell one person one thing."""
    return triggers.tell(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-measure", batch_size=5)
def measure(event: SQSEvent) -> dict[str, Any]:
    """Read what a network counts of posts and profiles."""
    return triggers.measure(event.to_dict()["Records"], house())


@app.on_sqs_message(queue="parvis-report", batch_size=1)
def report(event: SQSEvent) -> dict[str, Any]:
    """Build a report's files."""
    return triggers.report(event.to_dict()["Records"], house())


gc.freeze()
gc.enable()
