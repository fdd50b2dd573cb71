"""/api/link-cards."""

from __future__ import annotations

from chalicelib.api import media
from chalicelib.api.routing import Call
from chalicelib.api.shapes import link_cards as shapes
from chalicelib.api.shapes.posts import LinkCard
from chalicelib.publishing.carding import suggest


def post_link_card(call: Call, asked: shapes.NewLinkCard) -> shapes.SuggestedCard:
    """Look at the page behind a link: what its card could say."""
    found = suggest(
        asked.url,
        department=asked.department,
        actor=call.actor,
        pages=call.house.pages,
        store=call.house.store,
        bucket=call.house.bucket,
        clock=call.house.clock,
    )
    return shapes.SuggestedCard(
        card=LinkCard.model_validate(found.card.model_dump()),
        picture=media.media_shape(call, found.picture) if found.picture else None,
        picture_refused=found.refused,
    )
