"""Pushes the local stack would have sent to devices, kept in a folder instead.

ministack takes what is published to a platform endpoint and drops it. Here it is kept, and the endpoints behave as on
AWS where that matters: their names, and a refusal for one that is disabled.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEPT = 500
"""Pushes kept; the oldest go."""


@dataclass(frozen=True)
class Push:
    """What a device would have shown. link: where a touch would lead."""

    received: datetime
    token: str
    title: str
    body: str
    link: str


class Pushes:
    """Pushes in a folder, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, token: str, message: str) -> None:
        """message: what SNS was given for the platform, JSON by platform. It is there whole or not at all."""
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
        written = self._folder / f"{name}.tmp"
        written.write_text(json.dumps({"token": token, "message": message, "at": datetime.now(UTC).isoformat()}))
        written.rename(self._folder / f"{name}.json")
        for old in sorted(self._folder.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def list(self) -> list[Push]:
        """Every push, the newest first; one that makes no sense is shown as it came."""
        return [_read(json.loads(path.read_text())) for path in sorted(self._folder.glob("*.json"), reverse=True)]


def _read(kept: dict[str, Any]) -> Push:
    received = datetime.fromisoformat(kept["at"])
    try:
        by_platform = json.loads(kept["message"])
        gcm = json.loads(by_platform["GCM"])
        shown, data = gcm.get("notification", {}), gcm.get("data", {})
        return Push(received, kept["token"], str(shown["title"]), str(shown["body"]), str(data.get("link", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Push(received, kept["token"], "", str(kept["message"]), "")


def attach(pushes: Pushes) -> None:
    """Make ministack keep what is published to platform endpoints. Called once, before it serves."""
    from ministack.services import sns

    create, publish = sns._create_platform_endpoint, sns._publish

    def create_platform_endpoint(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        # On AWS an endpoint is called arn:...:endpoint/GCM/...; policies are written for that.
        status, headers, body = create(params)
        for arn, endpoint in list(sns._platform_endpoints.items()):
            if ":app/" in arn:
                named = arn.replace(":app/", ":endpoint/", 1)
                sns._platform_endpoints[named] = endpoint | {"arn": named}
                sns._platform_endpoints.pop(arn)
                body = body.replace(arn.encode(), named.encode())
        return status, headers, body

    def publish_anything(params: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        endpoint = sns._platform_endpoints.get(sns._p(params, "TargetArn"))
        if endpoint is None:
            return publish(params)  # type: ignore[no-any-return]
        if endpoint["attributes"].get("Enabled", "true").lower() != "true":
            return sns._error("EndpointDisabled", "Endpoint is disabled", 400)  # type: ignore[no-any-return]
        answer = publish(params)
        if answer[0] == 200:
            pushes.keep(endpoint["attributes"].get("Token", ""), sns._p(params, "Message"))
        return answer  # type: ignore[no-any-return]

    sns._create_platform_endpoint, sns._publish = create_platform_endpoint, publish_anything


def practice_token() -> str:
    """What a push service would give a browser that asks for pushes."""
    return f"practice-{uuid.uuid4().hex}"
