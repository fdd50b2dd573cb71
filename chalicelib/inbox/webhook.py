"""Taking in what a network sends by itself: proven, recent, of an account that we know; then queued, and only then
acknowledged.

A push that is sent again within the network's own time is harmless, for a message is kept once by its remote id
(inbox/message.py). One that is older was caught and is being replayed, and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.entity import stamp
from chalicelib.errors import InvalidInput, NotFound, TooLarge, Unauthenticated
from chalicelib.networks import pushes
from chalicelib.networks.contract import NotUnderstood
from chalicelib.networks.pushes import Part, Proof
from chalicelib.profiles.account import profiles_of_account
from chalicelib.store import Store

BYTES_MAX = 3_000_000
"""Meta puts up to a thousand changes into one push; below what Lambda takes with all its escapes (6 MB)."""

OLDEST = timedelta(hours=48)
"""Meta sends again for 36 hours; the rest is for clocks and for its own queue."""

AHEAD = timedelta(minutes=10)

_MESSAGE_BYTES_MAX = 200_000  # a message of SQS holds 256 KiB


class IngestQueue(Protocol):
    def send(self, bodies: Sequence[str]) -> None:
        """Returns when all are kept. Raises Upstream; some may then be kept all the same."""


class NetworkApps(Protocol):
    def secrets_of(self, network: str) -> Mapping[str, str]:
        """Those of our application with a network, by name; empty where there is none. Raises Upstream."""


class NotSetUp(NotFound):
    """This deployment has no application with the network."""

    def __init__(self) -> None:
        super().__init__("See docs/operating.md, Webhooks.")
        self.code = "webhook_not_set_up"


@dataclass(frozen=True)
class Taken:
    """What became of a push: accounts queued, accounts that nobody here has, and changes that fit no message.

    kept False: the network has no connector, so that nothing of it is kept."""

    accounts: int = 0
    strangers: int = 0
    oversize: int = 0
    kept: bool = True


def prove(network: str, query: Mapping[str, str], *, apps: NetworkApps) -> Proof:
    """What a network must be answered that asks whether this address is ours. Raises NotFound, Unauthenticated."""
    proof = pushes.verify_subscription(network, _secrets(network, apps), query)
    if proof is None:
        raise Unauthenticated("verification_refused")
    return proof


def take_in(
    network: str,
    headers: Mapping[str, str],
    raw: bytes,
    *,
    apps: NetworkApps,
    queue: IngestQueue,
    store: Store,
    now: datetime,
) -> Taken:
    """headers: names in lower case. raw: the body as it came, to the byte.

    Raises NotFound (network unknown, webhook_not_set_up), TooLarge, Unauthenticated signature_invalid, InvalidInput
    (webhook_not_json, webhook_not_understood, webhook_stale), Upstream. Whatever is raised, the network sends again.
    """
    secrets = _secrets(network, apps)
    if len(raw) > BYTES_MAX:
        raise TooLarge("webhook_too_large", f"At most {BYTES_MAX} bytes.")
    if not pushes.verify_signature(network, secrets, headers, raw):
        raise Unauthenticated("signature_invalid")
    body = _json(raw)
    try:
        parts = pushes.parts(network, body)
    except NotUnderstood as error:
        if error.code == "no_connector":
            return Taken(kept=False)
        raise InvalidInput("webhook_not_understood") from error
    if not all(now - OLDEST <= part.at <= now + AHEAD for part in parts):
        raise InvalidInput("webhook_stale", "It was made too long ago, or lies in the future.")
    known = _known(network, parts, store)
    messages = list(_messages(body, [part.entry for part in parts if part.account_remote_id in known]))
    sent = [
        json.dumps({"v": 1, "network": network, "body": each, "received_at": stamp(now)}, separators=(",", ":"))
        for each in messages
        if each is not None
    ]
    if sent:
        queue.send(sent)
    strangers = {part.account_remote_id for part in parts} - known
    return Taken(len(known), len(strangers), len(messages) - len(sent))


def _secrets(network: str, apps: NetworkApps) -> Mapping[str, str]:
    if network not in pushes.CALLERS:
        raise NotFound
    secrets = apps.secrets_of(network)
    if not secrets:
        raise NotSetUp
    return secrets


def _json(raw: bytes) -> Mapping[str, object]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InvalidInput("webhook_not_json")
    return body


def _known(network: str, parts: Sequence[Part], store: Store) -> set[str]:
    """Those accounts that a profile is. The others are acknowledged: a network that is refused stops calling."""
    asked = {part.account_remote_id for part in parts}
    return {each for each in asked if profiles_of_account(network, each, store=store)}


def _messages(
    body: Mapping[str, object], entries: Sequence[Mapping[str, object]]
) -> Iterator[dict[str, object] | None]:
    """The push in pieces that a message can hold: whole, else by account, else by change; None for a change that none
    can hold, which no network makes."""
    if not entries:
        return
    together = pushes.whole(body, entries)
    if _fits(together):
        yield together
        return
    for entry in entries:
        alone = pushes.whole(body, [entry])
        if _fits(alone):
            yield alone
            continue
        for change in pushes.by_change(entry):
            piece = pushes.whole(body, [change])
            yield piece if _fits(piece) else None


def _fits(body: Mapping[str, object]) -> bool:
    return len(json.dumps(body, separators=(",", ":"))) <= _MESSAGE_BYTES_MAX
