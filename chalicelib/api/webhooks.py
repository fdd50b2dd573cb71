"""/api/webhooks: what networks tell us by themselves."""

from __future__ import annotations

from chalicelib.api.routing import Call, Reply


def get_webhook(call: Call) -> Reply:
    """A network asks whether this address is ours."""
    raise NotImplementedError


def post_webhook(call: Call) -> Reply:
    """Something reached a profile: the signature is checked, the body queued."""
    raise NotImplementedError
