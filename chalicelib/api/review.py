"""/api/review: somebody outside decides by a link, without an account."""

from __future__ import annotations

from chalicelib.api.approvals import decided_shape, difference_shape
from chalicelib.api.routing import Call
from chalicelib.api.shapes import approvals as shapes
from chalicelib.approvals.deciding import Decision, decide_outside
from chalicelib.approvals.link import Opened, open_link
from chalicelib.approvals.review import rounds
from chalicelib.errors import InvalidInput, NotFound
from chalicelib.media.media import Media
from chalicelib.networks.contract import Capabilities
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.checking import check
from chalicelib.publishing.publication import shown_card
from chalicelib.team.people import Agency


def get_external_review(call: Call) -> shapes.ExternalReview:
    """What a review link is about. Reading it decides nothing."""
    _keep_to_oneself(call)
    opened = open_link(call.path["token"], store=call.house.store, now=call.house.clock.now())
    link, review, post = opened.link, opened.review, opened.planned.post
    agency = call.house.store.get(Agency, Agency.key_of(link.agency), consistent=False)
    if agency is None:
        raise NotFound
    changed = None
    if review.before is not None and review.before != review.version:
        changed = difference_shape(call, link.agency, post.id, review.before, review.version)
    return shapes.ExternalReview(
        agency=agency.name,
        language=review.language,
        title=review.title,
        step_name=review.steps[link.step].name,
        email=link.email,
        author=review.author_name,
        note=review.note,
        version=review.version,
        due_at=review.due_at,
        zone=review.zone,
        expires_at=link.expires_at,
        previews=_previews(call, opened),
        media=_media(call, opened),
        # Those of earlier rounds too: what was asked for then is what the difference answers.
        decisions=[
            decided_shape(each)
            for one in rounds(link.agency, post.id, store=call.house.store)
            for each in one.decisions
        ],
        difference=changed,
    )


def post_external_decision(call: Call, asked: shapes.ExternalDecision) -> shapes.ExternalDecided:
    """Decide, once."""
    _keep_to_oneself(call)
    kind = call.sent.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # what a page of somebody else's, or a mail scanner's form, could not send
        raise InvalidInput("invalid_input", "Send application/json.", field="Content-Type")
    decision = Decision(asked.decision, asked.version, asked.comment)
    made = decide_outside(call.path["token"], decision, panel=call.house.panel)
    return shapes.ExternalDecided(decision=made.decision, at=made.at)


def _keep_to_oneself(call: Call) -> None:
    call.headers["Cache-Control"] = "no-store"
    call.headers["Referrer-Policy"] = "no-referrer"


def _previews(call: Call, opened: Opened) -> list[shapes.ExternalPreview]:
    post, house = opened.planned.post, call.house
    found = house.store.get_many([(Profile, Profile.key_of(post.agency, each)) for each in post.content.targets])
    profiles = [each for each in found if isinstance(each, Profile)]
    verdicts = check(post.agency, post.content, profiles, store=house.store, network_named=house.network_named)
    return [
        shapes.ExternalPreview(
            network=each.profile.network,
            network_name=house.network_named(each.profile.network).capabilities().name,
            handle=each.profile.handle,
            display_name=each.profile.display_name,
            text=post.content.text_for(each.profile.network),
            thread=list(post.content.parts_for(each.profile.network)[1:]),
            length=each.length,
            limit=each.limit,
            card=_card(call, opened, each.profile.network),
        )
        for each in verdicts
    ]


def _card(call: Call, opened: Opened, network: str) -> shapes.ExternalCard | None:
    post, house = opened.planned.post, call.house
    able = house.network_named(network).capabilities()
    card = shown_card(post.content, able)
    if card is None:
        return None
    image = None
    if card.image is not None:
        media = house.store.get(Media, Media.key_of(post.agency, card.image))
        if media is not None and media.state == "ready" and _takes(able, media):
            url = house.bucket.look_address(media.object_key, content_type=media.content_type)
            size = {"width": media.width or 0, "height": media.height or 0}
            image = shapes.ExternalMedia(url=url, content_type=media.content_type, alt="", **size)
    return shapes.ExternalCard(url=card.url, title=card.title, description=card.description, picture=image)


def _takes(able: Capabilities, media: Media) -> bool:
    return able.card_limits is None or able.card_limits.takes(media.file("", limits=able.card_limits))


def _media(call: Call, opened: Opened) -> list[shapes.ExternalMedia]:
    post = opened.planned.post
    found = call.house.store.get_many([(Media, Media.key_of(post.agency, each.media)) for each in post.content.media])
    shown = []
    for attachment, media in zip(post.content.media, found, strict=True):
        if isinstance(media, Media) and media.state == "ready":
            url = call.house.bucket.look_address(media.object_key, content_type=media.content_type)
            size = {"width": media.width or 0, "height": media.height or 0}
            what = {"content_type": media.content_type, "alt": attachment.alt}
            shown.append(shapes.ExternalMedia(url=url, **what, **size))
    return shown
