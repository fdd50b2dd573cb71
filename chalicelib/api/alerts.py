"""/api/alerts, /api/alert-rules, /api/me/notifications, /api/me/devices."""

from __future__ import annotations

from typing import Any

from chalicelib.alerts import alert as alerts
from chalicelib.alerts import duty
from chalicelib.alerts.detecting import Known
from chalicelib.alerts.rule import AlertRule, change
from chalicelib.alerts.telling import Telling
from chalicelib.api.routing import Call
from chalicelib.api.shapes import alerts as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.inbox import Citizen
from chalicelib.api.shapes.posts import Author
from chalicelib.profiles.profile import Profile
from chalicelib.team.people import names_of


def get_alerts(call: Call) -> Page[shapes.AlertSummary]:
    """Alerts, the newest first."""
    found, following = alerts.newest(
        actor=call.actor, cursor=call.query.get("cursor"), store=call.house.store, now=call.house.clock.now()
    )
    return Page(items=[shapes.AlertSummary(**_summary(each)) for each in found], next=following)


def get_alert(call: Call) -> shapes.Alert:
    """One alert with what it saw."""
    return _whole(call, alerts.find(call.path["id"], actor=call.actor, store=call.house.store))


def post_acknowledgement(call: Call) -> shapes.Alert:
    """Somebody has it in hand."""
    taken = alerts.acknowledge(call.path["id"], actor=call.actor, store=call.house.store, now=call.house.clock.now())
    return _whole(call, taken)


def get_alert_rules(call: Call) -> Page[shapes.AlertRule]:
    """The rule of each profile."""
    actor, store = call.actor, call.house.store
    profiles = [
        each.id for each in store.query(Profile, Profile.partition(actor.agency)) if actor.may("inbox", each.department)
    ]
    chosen = {each.profile: each for each in store.query(AlertRule, AlertRule.partition(actor.agency))}
    known = store.get_many([(Known, Known.key_of(actor.agency, each)) for each in profiles], consistent=False)
    items = []
    for profile, volume in zip(profiles, known, strict=True):
        rule = chosen.get(profile) or AlertRule(agency=actor.agency, profile=profile)
        items.append(_rule(call, rule, volume if isinstance(volume, Known) else None))
    return Page(items=items)


def patch_alert_rule(call: Call, asked: shapes.AlertRuleChange) -> shapes.AlertRule:
    """Change what rings for a profile.

    What is left out stays as it is. The default, which is stored nowhere, has version 0.
    """
    changed = change(
        call.path["id"],
        asked.model_dump(exclude_unset=True),
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        now=call.house.clock.now(),
    )
    return _rule(call, changed, call.house.store.get(Known, Known.key_of(changed.agency, changed.profile)))


def get_notifications(call: Call) -> shapes.Notifications:
    """How the person who asks is told of alerts."""
    return _notifications(call, duty.choice_of(call.signed_in, store=call.house.store))


def put_notifications(call: Call, asked: shapes.NotificationsChange) -> shapes.Notifications:
    """Choose how one is told."""
    chosen = duty.choose(
        call.signed_in,
        email=asked.email,
        push=asked.push,
        store=call.house.store,
        mailing_list=call.house.mailing_list,
    )
    return _notifications(call, chosen)


def post_device(call: Call, asked: shapes.NewDevice) -> shapes.Device:
    """Register a device for push."""
    house = call.house
    device = duty.register(
        call.signed_in, name=asked.name, token=asked.token, store=house.store, push=house.push, now=house.clock.now()
    )
    return _device(device)


def delete_device(call: Call) -> None:
    """Forget a device."""
    duty.forget(call.signed_in, call.path["id"], store=call.house.store, push=call.house.push)


# ---------------------------------------------------------------- shapes


def _summary(alert: alerts.Alert) -> dict[str, Any]:
    acknowledged = None
    if alert.acknowledged_at is not None and alert.acknowledged_by is not None:
        by = Author(id=alert.acknowledged_by, name=alert.acknowledged_by_name or "")
        acknowledged = shapes.Acknowledged(by=by, at=alert.acknowledged_at)
    return {
        "id": alert.id,
        "kind": alert.type,
        "profile": alert.profile,
        "network": alert.network,
        "handle": alert.handle,
        "department": alert.department,
        "raised_at": alert.raised_at,
        "escalated_at": alert.escalated_at,
        "count": alert.count,
        "expected": alert.expected,
        "ratio": alert.ratio,
        "acknowledged": acknowledged,
        "version": alert.rev,
    }


def _whole(call: Call, alert: alerts.Alert) -> shapes.Alert:
    return shapes.Alert(
        **_summary(alert),
        method=alert.method,
        sensitivity=alert.sensitivity,
        terms=[shapes.Term(word=each.word, messages=each.messages) for each in alert.terms],
        posts=[
            shapes.EvidencePost(
                conversation=each.conversation,
                author=Citizen(**each.author.model_dump(exclude={"remote_id"})),
                text=each.text,
                written_at=each.written_at,
                url=each.url,
            )
            for each in alert.posts
        ],
        steps=[shapes.Hour(at=each.at, count=each.count) for each in alert.steps],
        authors=alert.authors,
        told=_told(call, alerts.tellings_of(alert, store=call.house.store)),
        hourly_average=alert.hourly_average,
    )


def _told(call: Call, tellings: list[Telling]) -> list[shapes.Told]:
    people = (each.person for each in tellings if each.person is not None)
    names = names_of(call.actor.agency, people, store=call.house.store)
    return [
        shapes.Told(
            person=Author(id=each.person, name=names.get(each.person, each.person)),
            channel="push" if each.channel == "push" else "email",
            state=each.state,
            at=each.told_at,
        )
        for each in tellings
        if each.person is not None
    ]


def _rule(call: Call, rule: AlertRule, volume: Known | None) -> shapes.AlertRule:
    return shapes.AlertRule(
        id=rule.profile,
        profile=rule.profile,
        method=rule.method,
        sensitivity=rule.sensitivity,
        floor=rule.floor,
        active=rule.active,
        learned_hours=call.house.detector.learned_hours(volume.volume) if volume else 0,
        version=rule.version,
    )


def _notifications(call: Call, choice: duty.Notifications) -> shapes.Notifications:
    person = call.signed_in
    email = duty.wants_email(person, choice)
    confirmed = bool(email and choice.subscription and call.house.mailing_list.confirmed(choice.subscription))
    return shapes.Notifications(
        email=email,
        push=choice.push,
        email_state="on" if confirmed else "to_confirm" if email else "off",
        push_available=call.house.push is not None,
        devices=[_device(each) for each in duty.devices_of(person, store=call.house.store)],
        version=choice.rev,
    )


def _device(device: duty.Device) -> shapes.Device:
    return shapes.Device(id=device.id, name=device.name, added_at=device.added_at)
