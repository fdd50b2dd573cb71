"""The secrets that the application shares with the practice networks, made once for a state; an agency's own come from
the networks."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from infra.local.stack import Stack

PARAMETER = "/parvis/local/network-apps"

_MADE = {
    "facebook": lambda: {"app_secret": secrets.token_hex(16), "verify_token": secrets.token_urlsafe(16)},
    "x": lambda: {"consumer_secret": secrets.token_urlsafe(32)},
    "linkedin": lambda: {"client_id": secrets.token_hex(7), "client_secret": secrets.token_urlsafe(24)},
    "youtube": lambda: {"client_id": secrets.token_hex(12), "client_secret": secrets.token_urlsafe(24)},
}


def practice_apps(state: Path) -> Path:
    """The file that holds them, for its owner alone; made when it is first asked for, and completed when a network is
    new."""
    kept = state / "network-apps.json"
    known = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    if len(known) < len(_MADE):
        apps = {name: make() for name, make in _MADE.items()} | known
        fresh = kept.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(apps, file)
        fresh.replace(kept)
    return kept


def put_apps(stack: Stack, apps: Path) -> None:
    """Give them to the application, as docs/operating.md says for AWS."""
    stack.client("ssm").put_parameter(
        Name=PARAMETER, Value=apps.read_text("utf-8"), Type="SecureString", Overwrite=True
    )
