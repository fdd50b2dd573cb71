"""/api/campaigns."""

from __future__ import annotations

from chalicelib.api.routing import Call, Router
from chalicelib.api.shapes import planning as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.publishing import campaign as campaigns

router = Router("campaigns")


@router.route("GET", "/api/campaigns", returns=Page[shapes.Campaign])
def get_campaigns(call: Call) -> Page[shapes.Campaign]:
    """The agency's campaigns."""
    found = call.house.store.query(campaigns.Campaign, campaigns.Campaign.partition(call.actor.agency))
    return Page(items=[_shape(each) for each in found])


@router.route(
    "POST",
    "/api/campaigns",
    act="write",
    takes=shapes.NewCampaign,
    returns=shapes.Campaign,
    status=201,
    creates=True,
)
def post_campaign(call: Call) -> shapes.Campaign:
    """A new campaign."""
    asked = call.body(shapes.NewCampaign)
    made = campaigns.create(
        department=asked.department,
        name=asked.name,
        brief=asked.brief,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _shape(made)


@router.route("GET", "/api/campaigns/{id}", returns=shapes.Campaign)
def get_campaign(call: Call) -> shapes.Campaign:
    """One campaign."""
    return _shape(campaigns.find(call.path["id"], actor=call.actor, store=call.house.store))


@router.route(
    "PATCH",
    "/api/campaigns/{id}",
    act="write",
    takes=shapes.CampaignChange,
    returns=shapes.Campaign,
    versioned=True,
)
def patch_campaign(call: Call) -> shapes.Campaign:
    """Change a campaign."""
    asked = call.body(shapes.CampaignChange)
    changed = campaigns.change(
        call.path["id"],
        name=asked.name,
        brief=asked.brief,
        starts_on=asked.starts_on,
        ends_on=asked.ends_on,
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _shape(changed)


def _shape(campaign: campaigns.Campaign) -> shapes.Campaign:
    return shapes.Campaign(
        id=campaign.id,
        name=campaign.name,
        department=campaign.department,
        brief=campaign.brief,
        starts_on=campaign.starts_on,
        ends_on=campaign.ends_on,
        owner=Author(id=campaign.owner, name=campaign.owner_name),
        version=campaign.rev,
    )
