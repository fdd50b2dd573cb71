"""/api/alerts, /api/alert-rules, /api/me/notifications, /api/me/devices."""

from __future__ import annotations

from chalicelib.api.routing import Call
from chalicelib.api.shapes import alerts as shapes
from chalicelib.api.shapes.base import Page


def get_alerts(call: Call) -> Page[shapes.AlertSummary]:
    """Alerts, the newest first."""
    raise NotImplementedError


def get_alert(call: Call) -> shapes.Alert:
    """One alert with what it saw."""
    raise NotImplementedError


def post_acknowledgement(call: Call) -> shapes.Alert:
    """Somebody has it in hand."""
    raise NotImplementedError


def get_alert_rules(call: Call) -> Page[shapes.AlertRule]:
    """The rule of each profile."""
    raise NotImplementedError


def patch_alert_rule(call: Call, asked: shapes.AlertRuleChange) -> shapes.AlertRule:
    """Change what rings for a profile."""
    raise NotImplementedError


def get_notifications(call: Call) -> shapes.Notifications:
    """How the person who asks is told of alerts."""
    raise NotImplementedError


def put_notifications(call: Call, asked: shapes.NotificationsChange) -> shapes.Notifications:
    """Choose how one is told."""
    raise NotImplementedError


def post_device(call: Call, asked: shapes.NewDevice) -> shapes.Device:
    """Register a device for push."""
    raise NotImplementedError


def delete_device(call: Call) -> None:
    """Forget a device."""
    raise NotImplementedError
