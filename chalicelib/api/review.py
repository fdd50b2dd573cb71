"""/api/review: somebody outside decides by a link, without an account."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import approvals as shapes


def get_external_review(call: Call) -> shapes.ExternalReview:
    """What a review link is about. Reading it decides nothing."""
    raise NotImplementedError


def post_external_decision(call: Call, asked: shapes.ExternalDecision) -> shapes.ExternalDecided:
    """Decide, once."""
    raise NotImplementedError
