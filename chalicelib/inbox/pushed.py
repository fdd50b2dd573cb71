"""What a network told us by itself: its signature was checked before it was queued (api/webhooks.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from chalicelib.entity import Moment
from chalicelib.inbox.ingesting import Taken, take_in
from chalicelib.inbox.polling import PollQueue, ask_for_context
from chalicelib.networks.contract import Inbound, NotUnderstood
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.store import Store

Body = Mapping[str, Any] | str


class NotReadable(Exception):
    """It will never be understood. code: why, for the log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Push(BaseModel):
    """A message of the ingest queue. body: as the network sent it, as JSON or as its text."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    v: Literal[1] = 1
    network: str
    body: dict[str, Any] | str
    received_at: Moment


class Told(Protocol):
    """One message of a push and the account, by its remote id, that it reached."""

    @property
    def account_remote_id(self) -> str: ...

    @property
    def inbound(self) -> Inbound: ...


class ProfilesOf(Protocol):
    def __call__(self, network: str, remote_id: str, *, store: Store) -> Iterable[Profile]:
        """Every profile that is this account, of whatever agency."""


@dataclass(frozen=True)
class Came:
    """strangers: how many accounts were told of that no profile is."""

    taken: Taken
    strangers: int


def take_push(
    push: Push,
    *,
    parse: Callable[[str, Body], Sequence[Told]],
    profiles_of: ProfilesOf,
    desk: Desk,
    queue: PollQueue,
) -> Came:
    """Keep what a push says, for every profile that is the account it reached. Raises NotReadable, Upstream."""
    try:
        told = parse(push.network, push.body)
    except NotUnderstood as error:
        raise NotReadable(error.code) from error
    by_account: dict[str, list[Inbound]] = {}
    for each in told:
        by_account.setdefault(each.account_remote_id, []).append(each.inbound)
    taken, strangers = Taken(), 0
    for account, inbounds in by_account.items():
        profiles = list(profiles_of(push.network, account, store=desk.store))
        strangers += not profiles
        for profile in profiles:  # a broken one too: it is our sending that its credentials no longer allow
            kept = take_in(profile, inbounds, desk=desk)
            ask_for_context(profile, kept.missing, queue)
            taken += kept
    return Came(taken, strangers)
