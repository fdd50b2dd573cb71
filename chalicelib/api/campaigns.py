"""/api/campaigns."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import planning as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author
from chalicelib.publishing import campaign as campaigns


def get_campaigns(call: Call) -> Page[shapes.Campaign]:
    """The agency's campaigns."""
    found = call.house.store.query(campaigns.Campaign, campaigns.Campaign.partition(call.actor.agency))
    return Page(items=[_shape(each) for each in found])


def post_campaign(call: Call, asked: shapes.NewCampaign) -> shapes.Campaign:
    """A new campaign."""
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


def get_campaign(call: Call) -> shapes.Campaign:
    """One campaign."""
    return _shape(campaigns.find(call.path["id"], actor=call.actor, store=call.house.store))


def patch_campaign(call: Call, asked: shapes.CampaignChange) -> shapes.Campaign:
    """Change a campaign."""
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
