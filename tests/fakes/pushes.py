"""The queue of what networks told us and the secrets shared with them, in memory; and a push as Meta sends it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.errors import Upstream

APPS = {
    "facebook": {"app_secret": "meta-s3cret", "verify_token": "verify-t0ken"},
    "x": {"consumer_secret": "x-s3cret"},
    "linkedin": {"client_id": "li-app", "client_secret": "li-s3cret"},
}


class FakeIngestQueue:
    """kept: the bodies that were taken. takes: how many more it takes before it is away; None: all."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.takes: int | None = None

    def send(self, bodies: Sequence[str]) -> None:
        for body in bodies:
            if self.takes is not None:
                if self.takes == 0:
                    raise Upstream("ingest_unavailable")
                self.takes -= 1
            self.kept.append(body)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.kept]


class FakeNetworkApps:
    def __init__(self, apps: Mapping[str, Mapping[str, str]] = APPS) -> None:
        self.apps = dict(apps)

    def secrets_of(self, network: str) -> Mapping[str, str]:
        return self.apps.get(network, {})


def comment(number: int = 1, text: str = "Où est l’eau ?", **more: Any) -> dict[str, Any]:
    """A change of a Page's feed, as restfb and Meta's own reference show it."""
    value = {
        "from": {"id": "777", "name": "Zoé Citoyenne"},
        "post": {"id": "123_9", "permalink_url": "https://www.facebook.com/123/posts/9", "is_published": True},
        "message": text,
        "post_id": "123_9",
        "comment_id": f"9_{number}",
        "created_time": 1_795_000_000,
        "item": "comment",
        "parent_id": "123_9",
        "verb": "add",
        **more,
    }
    return {"field": "feed", "value": value}


def push(*changes: dict[str, Any], at: datetime, page: str = "123") -> dict[str, Any]:
    return {"object": "page", "entry": [{"id": page, "time": int(at.timestamp()), "changes": list(changes)}]}


def raw(body: Any) -> bytes:
    """As Meta writes it: escaped beyond ASCII, the slash too."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def signature(content: bytes, secret: str = APPS["facebook"]["app_secret"]) -> str:
    return "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def notification(number: int = 1, text: str = "Où est l’eau ?", *, at: datetime, **more: Any) -> dict[str, Any]:
    """One of LinkedIn's notifications, as its documentation and those who receive them show it."""
    thread = "urn:li:activity:7094637247890620418"
    return {
        "notificationId": 5_603_453_320 + number,
        "organizationalEntity": "urn:li:organization:96072893",
        "action": "COMMENT",
        "sourcePost": thread,
        "decoratedSourcePost": {
            "entity": "urn:li:share:7094637247487995904",
            "owner": "urn:li:organization:96072893",
            "text": "Le pont est fermé",
            "mediaCategory": "NONE",
        },
        "generatedActivity": f"urn:li:comment:({thread.removeprefix('urn:li:')},{number})",
        "decoratedGeneratedActivity": {
            "comment": {
                "entity": f"urn:li:comment:({thread},{number})",
                "object": thread,
                "owner": "urn:li:person:zLqTygBP8S",
                "text": text,
            }
        },
        "lastModifiedAt": int(at.timestamp() * 1000),
        "subscriber": "urn:li:person:admin",
        **more,
    }


def notifications(*each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": list(each)}


def linkedin_signature(content: bytes, secret: str = APPS["linkedin"]["client_secret"]) -> str:
    return hmac.new(secret.encode(), b"hmacsha256=" + content, hashlib.sha256).hexdigest()
