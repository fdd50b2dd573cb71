"""The secrets of our applications with the networks: one SecureString of the SSM parameter store, kept five minutes.

Its value is JSON: {"facebook": {"client_id": "...", "app_secret": "...", "verify_token": "..."}, "x": {...}, ...}; what
each network needs stands in docs/operating.md. The local stack adds "origin": where its practice network is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.clock import Clock
from chalicelib.errors import Upstream
from chalicelib.observability import logger

_KEPT = timedelta(minutes=5)


class NetworkApps:
    """Never shows what it keeps: its repr is the parameter's name, and no log line here holds a value."""

    def __init__(self, client: Any, name: str, clock: Clock) -> None:
        self._client = client
        self._name = name
        self._clock = clock
        self._kept: Mapping[str, Mapping[str, str]] = {}
        self._until: datetime | None = None

    def __repr__(self) -> str:
        return f"NetworkApps({self._name!r})"

    def secrets_of(self, network: str) -> Mapping[str, str]:
        """Empty where this deployment has no application with the network. Raises Upstream."""
        now = self._clock.now()
        if self._until is None or now >= self._until:
            self._kept, self._until = self._read(), now + _KEPT
        return self._kept.get(network, {})

    def _read(self) -> Mapping[str, Mapping[str, str]]:
        try:
            answer = self._client.get_parameter(Name=self._name, WithDecryption=True)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound":
                return {}
            logger.error("the networks' applications cannot be read", extra={"error": type(error).__name__})
            raise Upstream("network_apps_unavailable") from error
        try:
            return _sound(json.loads(answer["Parameter"]["Value"]))
        except ValueError:
            # Raised outside, so that no context leads back to a line of the secret.
            pass
        logger.error("the networks' applications are not as they must be", extra={"parameter": self._name})
        raise Upstream("network_apps_unavailable")


def _sound(value: object) -> Mapping[str, Mapping[str, str]]:
    """Raises ValueError."""
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise ValueError
    return {
        network: {name: secret for name, secret in secrets.items() if isinstance(secret, str)}
        for network, secrets in value.items()
    }
