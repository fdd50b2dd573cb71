"""Calling the application's webhook as Meta does: signed over the very bytes, and again until it is answered 200."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import requests

WAITS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds between two attempts; the last is repeated. Meta's are longer, and end after as much as it ends here."""
GIVEN_UP_AFTER = 36 * 3600.0
TIMEOUT_S = 20.0


@dataclass(frozen=True)
class Webhook:
    """Where Meta calls, and the application's secret that it signs with."""

    url: str
    app_secret: str = field(repr=False)


@dataclass
class Sent:
    """One push: what was answered to each attempt (0: nothing), and the bytes."""

    body: str
    statuses: list[int]
    done: bool = False


class Pusher:
    """Without a webhook nothing is called, as Meta calls nobody whose application has none."""

    def __init__(self, webhook: Webhook | None, clock: Callable[[], float]) -> None:
        self._webhook = webhook
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: deque[Sent] = deque(maxlen=10_000)

    def send(self, body: dict[str, Any]) -> None:
        if self._webhook is None:
            return
        # As Meta writes it: everything beyond ASCII escaped, and the slash too.
        text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
        sent = Sent(text, [])
        self.sent.append(sent)
        task = asyncio.get_running_loop().create_task(self._until_taken(self._webhook, sent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(sent) for sent in self.sent]

    async def _until_taken(self, webhook: Webhook, sent: Sent) -> None:
        until = self._clock() + GIVEN_UP_AFTER
        while self._clock() < until:
            sent.statuses.append(await asyncio.to_thread(_post, webhook, sent.body.encode()))
            if sent.statuses[-1] == 200:
                sent.done = True
                return
            await asyncio.sleep(WAITS[min(len(sent.statuses), len(WAITS)) - 1])


def _post(webhook: Webhook, raw: bytes) -> int:
    signature = hmac.new(webhook.app_secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    try:
        return requests.post(
            webhook.url, data=raw, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        ).status_code
    except requests.RequestException:
        return 0
