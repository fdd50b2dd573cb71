"""Hiding a citizen's message under a post of ours from others, showing it again, taking it off the network.

A public body answers for what it takes away: there is a reason, the words stay here, and who asked for it is on record
before the network hears of it. What dies in between stays said as under way; asking again is safe, since what is so
already is no error (ModeratingNetwork).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from chalicelib.clock import Clock
from chalicelib.errors import Conflict, InvalidInput, Stale, Upstream
from chalicelib.inbox.message import Message, Standing
from chalicelib.inbox.working import event_of, find
from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    ModeratingNetwork,
    Network,
    NetworkError,
    NotPermitted,
)
from chalicelib.profiles.credentials import Vault, with_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.planning import CONSEQUENCE
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

Act = Literal["hide", "show", "delete"]

_UNDER_WAY: dict[Act, Standing] = {"hide": "hiding", "show": "showing", "delete": "deleting"}
_DONE: dict[Act, Standing] = {"hide": "hidden", "show": "shown", "delete": "deleted"}


def possible(message: Message, network: Network) -> list[Act]:
    """What can be done about it now. A mention or a keyword's find stands under no post of ours."""
    if message.type not in ("reply", "comment") or message.standing == "deleted":
        return []
    able = network.capabilities().moderates
    acts: list[Act] = []
    if "hide" in able:
        acts.append("show" if message.standing in ("hidden", "showing") else "hide")
        if message.standing in ("hiding", "showing"):  # it may or may not be so
            acts = ["hide", "show"]
    return [*acts, "delete"] if "delete" in able else acts


def moderate(
    conversation_id: str,
    *,
    message_id: str,
    act: Act,
    reason: str,
    actor: Actor,
    store: Store,
    vault: Vault,
    clock: Clock,
    network_named: Callable[[str], Network],
) -> Message:
    """Raises NotFound; Forbidden; InvalidInput message_unknown or reason_missing; Conflict moderation_not_offered,
    profile_removed, profile_broken, moderation_refused (the network does not let this profile); Stale; Upstream."""
    conversation = find(conversation_id, actor=actor, store=store)
    actor.require("respond", conversation.department)
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("reason_missing", "Say in a few words why; it stays on record.", field="reason")
    message, profile = store.get_many(
        [
            (Message, Message.key_of(actor.agency, message_id)),
            (Profile, Profile.key_of(actor.agency, conversation.profile)),
        ]
    )
    if not isinstance(message, Message) or message.conversation != conversation.id:
        raise InvalidInput("message_unknown", "A message of this conversation.", field="message")
    if not isinstance(profile, Profile):
        raise Conflict("profile_removed", "Its profile is not connected any more.")
    if profile.status == "broken":
        raise Conflict("profile_broken", "Reconnect the profile first.")
    network = network_named(profile.network)
    if act not in possible(message, network):
        raise Conflict("moderation_not_offered", "This cannot be done about this message there.")

    def written(standing: Standing, before: Message, what: str, **more: str) -> Message:
        # Events of one moment have no order: what came of it is told after what was asked.
        now = max(clock.now(), before.moderated_at + CONSEQUENCE) if before.moderated_at else clock.now()
        after = before.but(
            standing=standing,
            moderated_at=now,
            moderated_by=actor.person,
            moderated_by_name=actor.name,
            moderation_reason=reason,
        )
        told = event_of(
            conversation, what, now, actor, {"message": message_id, "act": act, "reason": reason, **more}
        ).model_copy(update={"once": f"{message_id}-{after.rev}"})
        try:
            store.commit(after, told)
        except Lost as error:
            raise Stale from error
        return after

    asked = written(_UNDER_WAY[act], message, "message.moderation_asked")

    def call(account: Account) -> None:
        moderating = cast(ModeratingNetwork, network)
        if act == "delete":
            moderating.delete(account, message.remote_id)
        else:
            moderating.hide(account, message.remote_id, hidden=act == "hide")

    try:
        with_account(profile, call, network=network, store=store, vault=vault, clock=clock)
    except (NotPermitted, CredentialsRefused) as error:
        written(message.standing, asked, "message.moderation_refused", code=error.code)
        raise Conflict("moderation_refused", f"The network does not let this profile do it ({error.code}).") from error
    except NetworkError as error:
        # It may have been done: it stays said as under way, and may be asked for again.
        raise Upstream("network_unavailable", error.code) from error
    return written(_DONE[act], asked, f"message.{_DONE[act]}")
