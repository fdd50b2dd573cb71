"""The secrets that the application shares with the practice networks, made once for a state; an agency's own come from
the networks."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from infra.local.stack import Stack

PARAMETER = "/parvis/local/network-apps"


def practice_apps(state: Path, origin: str | None = None) -> Path:
    """The file that holds them, for its owner alone; made when it is first asked for.

    origin: where the practice networks are, so that a person who connects one is led there and not to the real one.
    """
    kept = state / "network-apps.json"
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    # A state that was begun when there were fewer keeps what it has.
    apps = {network: {**fresh, **known.get(network, {})} for network, fresh in _fresh().items()}
    if origin is not None:
        apps = {network: {**app, "origin": origin} for network, app in apps.items()}
    if apps != known:
        beside = kept.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(apps, file)
        beside.replace(kept)
    return kept


def _fresh() -> dict[str, dict[str, str]]:
    """Meta's applications are known by numbers; one secret of Facebook's serves its webhook and its login."""
    return {
        "facebook": {
            "client_id": _number(),
            "app_secret": secrets.token_hex(16),
            "verify_token": secrets.token_urlsafe(16),
        },
        "instagram": {"client_id": _number(), "client_secret": secrets.token_hex(16)},
        "threads": {"client_id": _number(), "client_secret": secrets.token_hex(16)},
        "x": {
            "consumer_secret": secrets.token_urlsafe(32),
            "client_id": secrets.token_urlsafe(24),
            "client_secret": secrets.token_urlsafe(36),
        },
        "linkedin": {"client_id": secrets.token_hex(7), "client_secret": secrets.token_urlsafe(24)},
        "youtube": {"client_id": secrets.token_hex(12), "client_secret": secrets.token_urlsafe(24)},
    }


def _number() -> str:
    return str(10**14 + secrets.randbelow(9 * 10**14))


def put_apps(stack: Stack, apps: Path) -> None:
    """Give them to the application, as docs/operating.md says for AWS."""
    stack.client("ssm").put_parameter(
        Name=PARAMETER, Value=apps.read_text("utf-8"), Type="SecureString", Overwrite=True
    )
