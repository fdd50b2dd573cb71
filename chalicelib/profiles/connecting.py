"""Connecting an account of the agency to Parvis, and mending a connection that broke.

By app password the profile stands at once. By OAuth a connection is kept for ten minutes, until the static callback
page brings the code; its state is compared, and the network's secrets of the handshake are sealed meanwhile. Where the
person manages several accounts there (pages, organisations), these are offered for another ten minutes, each with its
credentials sealed, and any number of them may be chosen.

A network that tells us of an account only when it is asked to is asked for the one that was chosen, before that one is
kept. What it refuses leaves no profile behind, and the choice stands to be made again; should the profile then not be
written, the network tells us of an account that nobody has here, which is passed over.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar, cast

from pydantic import BaseModel, ConfigDict

from chalicelib.clock import Clock
from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import Conflict, InvalidInput, NotFound, ParvisError, Stale, Upstream
from chalicelib.identifiers import new_id
from chalicelib.networks.contract import (
    Account,
    AddressNetwork,
    AddressRefused,
    Connected,
    CredentialsRefused,
    Network,
    NetworkError,
    NotUnderstood,
    OAuthNetwork,
    PasswordNetwork,
    RevokingNetwork,
    SubscribingNetwork,
    Unavailable,
)
from chalicelib.observability import logger
from chalicelib.profiles.account import listed, profiles_of_account
from chalicelib.profiles.credentials import Vault, account_of
from chalicelib.profiles.profile import Profile
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor

_HANDSHAKE = timedelta(minutes=10)
OFFERED_MAX = 100
"""Accounts of one person; each is sealed by a call of its own."""

_MENDABLE = {"page_token_required", "token_of_another_page", "permission_missing", "nothing_to_connect"}
"""Of refused credentials: what the person who has them can put right, and is told by its own name."""
_OF_AN_ADDRESS = {
    "not_a_feed",
    "feed_declares_entities",
    "feed_gone",
    "feed_not_found",
    "feed_protected",
    "feed_too_large",
    "redirect_loop",
}
"""What stands at an address, told by its own name."""


class Handshake(Entity):
    """An OAuth connection under way. expires: epoch seconds, for the table's housekeeping; `until` is what counts."""

    KIND: ClassVar[str] = "handshake"
    TABLE: ClassVar[str] = "state"

    agency: str
    id: str
    network: str
    server: str
    department: str
    profile: str | None = None
    state: str
    sealed: str
    by: str
    until: Moment
    expires: int

    @staticmethod
    def key_of(agency: str, handshake: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "HANDSHAKE", handshake), "sk": "HANDSHAKE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


class Offered(BaseModel):
    """One account that may be chosen. sealed: its credentials, for the choice alone."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    remote_id: str
    handle: str
    display_name: str
    avatar_url: str | None = None
    server: str
    limits: dict[str, int]
    expires_at: Moment | None = None
    sealed: str


class Choice(Entity):
    """What a person who came back from a network may connect. expires: as a handshake's."""

    KIND: ClassVar[str] = "choice"
    TABLE: ClassVar[str] = "state"

    agency: str
    id: str
    network: str
    department: str
    offered: tuple[Offered, ...]
    by: str
    until: Moment
    expires: int

    @staticmethod
    def key_of(agency: str, handshake: str) -> dict[str, str]:
        return {"pk": agency_key(agency, "HANDSHAKE", handshake), "sk": "CHOICE"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.id)


@dataclass(frozen=True)
class Returned:
    """A person came back from a network: either the profile stands, or they choose among what is offered."""

    profile: Profile | None = None
    offered: Sequence[Offered] = field(default=())


@dataclass(frozen=True)
class Begun:
    handshake: str
    authorize_url: str


@dataclass(frozen=True)
class Connecting:
    """What connecting needs around it."""

    store: Store
    vault: Vault
    clock: Clock
    callback_url: str


def connect_with_password(
    *,
    network_name: str,
    network: Network,
    department: str,
    server: str,
    identifier: str,
    app_password: str,
    mending: Profile | None,
    actor: Actor,
    desk: Connecting,
) -> Profile:
    """Raises InvalidInput server_address_refused, credentials_refused (or why they are: _MENDABLE), not_this_network;
    Upstream; Conflict."""
    actor.require("administer", department)
    try:
        connected = cast(PasswordNetwork, network).connect_password(
            server=server, identifier=identifier, app_password=app_password
        )
    except NetworkError as error:
        raise _said(error) from error
    return _keep(
        connected,
        network_name=network_name,
        network=network,
        department=department,
        mending=mending,
        actor=actor,
        desk=desk,
    )


def connect_with_address(
    *,
    network_name: str,
    network: Network,
    department: str,
    address: str | None,
    mending: Profile | None,
    actor: Actor,
    desk: Connecting,
) -> Profile:
    """address: None where `mending` has its own, which is tried again.

    Raises InvalidInput address_missing, address_refused or one of _OF_AN_ADDRESS; Upstream; Conflict."""
    actor.require("administer", department)
    if address is None and mending is not None:
        address = account_of(mending, desk.vault).secrets.get("address")
    if not (address or "").strip():
        raise InvalidInput("address_missing", "The address of a feed.", field="address")
    try:
        connected = cast(AddressNetwork, network).connect_address(address=address or "")
    except AddressRefused as error:
        raise InvalidInput("address_refused", error.code, field="address") from error
    except Unavailable as error:
        raise Upstream("address_unavailable", error.code) from error
    except NetworkError as error:
        code = error.code if error.code in _OF_AN_ADDRESS else "not_a_feed"
        raise InvalidInput(code, error.code, field="address") from error
    if mending is not None:  # its own address leads to it, also where it has moved
        connected = replace(connected, server=mending.server, remote_id=mending.remote_id)
    return _keep(
        connected,
        network_name=network_name,
        network=network,
        department=department,
        mending=mending,
        actor=actor,
        desk=desk,
    )


def begin_oauth(
    *,
    network_name: str,
    network: Network,
    department: str,
    server: str,
    mending: Profile | None,
    actor: Actor,
    desk: Connecting,
) -> Begun:
    actor.require("administer", department)
    # The connection's id travels within the state, so that the callback page needs to remember nothing.
    handshake_id = new_id()
    state = f"{handshake_id}.{secrets.token_urlsafe(24)}"
    try:
        start = cast(OAuthNetwork, network).start_oauth(server=server, redirect_uri=desk.callback_url, state=state)
    except NetworkError as error:
        raise _said(error) from error
    until = desk.clock.now() + _HANDSHAKE
    desk.store.save(
        Handshake(
            agency=actor.agency,
            id=handshake_id,
            network=network_name,
            server=server,
            department=department,
            profile=mending.id if mending else None,
            state=state,
            sealed=desk.vault.seal(start.keep, agency=actor.agency, owner=handshake_id),
            by=actor.person,
            until=until,
            expires=int(until.timestamp()) + 3600,
        )
    )
    return Begun(handshake_id, start.authorize_url)


def handshake_of(handshake_id: str, *, actor: Actor, store: Store) -> Handshake:
    """Raises NotFound, also for one that somebody else began."""
    handshake = store.get(Handshake, Handshake.key_of(actor.agency, handshake_id))
    if handshake is None or handshake.by != actor.person:
        raise NotFound
    return handshake


def finish_oauth(
    handshake: Handshake, *, network: Network, code: str, state: str, actor: Actor, desk: Connecting
) -> Returned:
    """Exchange the code, once. Raises InvalidInput state_mismatch, connection_expired, credentials_refused (or why they
    are: _MENDABLE)."""
    actor.require("administer", handshake.department)
    if not hmac.compare_digest(handshake.state.encode(), state.encode()):
        raise InvalidInput("state_mismatch", "This answer belongs to another connection.", field="state")
    if desk.clock.now() > handshake.until:
        raise InvalidInput("connection_expired", "Begin again: it took longer than ten minutes.")
    try:
        desk.store.remove(handshake)
    except Lost as error:
        raise Conflict("busy", "This code was used already.") from error
    keep = desk.vault.open(handshake.sealed, agency=handshake.agency, owner=handshake.id)
    try:
        found = cast(OAuthNetwork, network).finish_oauth(
            server=handshake.server, redirect_uri=desk.callback_url, code=code, keep=keep
        )
    except NetworkError as error:
        raise _said(error) from error
    mending = None
    if handshake.profile is not None:
        mending = desk.store.get(Profile, Profile.key_of(actor.agency, handshake.profile))
        if mending is None:
            raise NotFound
        found = [
            each for each in found if (each.remote_id, each.server) == (mending.remote_id, mending.server)
        ] or found
    if mending is None and len(found) > 1:
        return Returned(offered=_offer(found[:OFFERED_MAX], handshake, desk))
    profile = _keep(
        found[0],
        network_name=handshake.network,
        network=network,
        department=handshake.department,
        mending=mending,
        actor=actor,
        desk=desk,
    )
    return Returned(profile)


def choose(
    handshake_id: str, remote_id: str, *, network_named: Callable[[str], Network], actor: Actor, desk: Connecting
) -> Profile:
    """Connect one of the accounts that were offered; the others may be chosen after it.

    Raises NotFound (also for what was offered to somebody else), InvalidInput connection_expired, account_not_offered,
    credentials_refused (or why they are: _MENDABLE), Conflict profile_exists, Upstream."""
    choice = desk.store.get(Choice, Choice.key_of(actor.agency, handshake_id))
    if choice is None or choice.by != actor.person:
        raise NotFound
    actor.require("administer", choice.department)
    if desk.clock.now() > choice.until:
        raise InvalidInput("connection_expired", "Begin again: it took longer than ten minutes.")
    chosen = next((each for each in choice.offered if each.remote_id == remote_id), None)
    if chosen is None:
        raise InvalidInput("account_not_offered", "Not one of those that the network named.", field="remote_id")
    connected = Connected(
        server=chosen.server,
        remote_id=chosen.remote_id,
        handle=chosen.handle,
        display_name=chosen.display_name,
        avatar_url=chosen.avatar_url,
        secrets=desk.vault.open(chosen.sealed, agency=choice.agency, owner=choice.id),
        limits=chosen.limits,
        expires_at=chosen.expires_at,
    )
    return _keep(
        connected,
        network_name=choice.network,
        network=network_named(choice.network),
        department=choice.department,
        mending=None,
        actor=actor,
        desk=desk,
    )


def _offer(found: Sequence[Connected], handshake: Handshake, desk: Connecting) -> Sequence[Offered]:
    until = desk.clock.now() + _HANDSHAKE
    choice = Choice(
        agency=handshake.agency,
        id=handshake.id,
        network=handshake.network,
        department=handshake.department,
        offered=tuple(
            Offered(
                remote_id=each.remote_id,
                handle=each.handle,
                display_name=each.display_name,
                avatar_url=each.avatar_url,
                server=each.server,
                limits=dict(each.limits),
                expires_at=each.expires_at,
                sealed=desk.vault.seal(each.secrets, agency=handshake.agency, owner=handshake.id),
            )
            for each in found
        ),
        by=handshake.by,
        until=until,
        expires=int(until.timestamp()) + 3600,
    )
    desk.store.save(choice)
    return choice.offered


def move(profile_id: str, department: str, *, expected: int, actor: Actor, desk: Connecting) -> Profile:
    profile = _expected(profile_id, expected, actor, desk)
    actor.require("administer", department)
    moved = profile.but(department=department, version=profile.version + 1)
    event = _event(moved, "profile.moved", actor, desk, {"department": department})
    try:
        desk.store.commit(moved, event)
    except Lost as error:
        raise Stale from error
    return moved


def disconnect(
    profile_id: str,
    *,
    expected: int,
    network_named: Callable[[str], Network],
    actor: Actor,
    desk: Connecting,
) -> None:
    """Forget the account and its credentials, and give them back where the network takes them; it need not tell us of
    the account any more either. What waits for it is held when it falls due, and said."""
    profile = _expected(profile_id, expected, actor, desk)
    try:
        desk.store.commit(_event(profile, "profile.disconnected", actor, desk), removes=[profile, listed(profile)])
    except Lost as error:
        raise Stale from error
    _let_go(profile, network_named(profile.network), desk)


def _let_go(profile: Profile, network: Network, desk: Connecting) -> None:
    """That we forget it is done; that the network does too is asked for once, and fails for nobody. It goes on telling
    us of an account that another profile stands for, be it another agency's."""
    able = network.capabilities()
    try:
        if able.subscribes and not _stands(profile, desk):
            cast(SubscribingNetwork, network).unsubscribe(account_of(profile, desk.vault))
        if able.revokes:
            cast(RevokingNetwork, network).revoke(account_of(profile, desk.vault))
    except (NetworkError, ParvisError) as error:
        logger.warning(
            "the network was not told that a profile is removed",
            extra={"profile": profile.id, "network": profile.network, "code": error.code},
        )


def _stands(profile: Profile, desk: Connecting) -> bool:
    """Whether there is still a profile for its account."""
    others = profiles_of_account(profile.network, profile.remote_id, store=desk.store)
    return any(each.server == profile.server for each in others)


def _expected(profile_id: str, expected: int, actor: Actor, desk: Connecting) -> Profile:
    profile = desk.store.get(Profile, Profile.key_of(actor.agency, profile_id))
    if profile is None:
        raise NotFound
    actor.require("administer", profile.department)
    if profile.version != expected:
        raise Stale
    return profile


def _keep(
    connected: Connected,
    *,
    network_name: str,
    network: Network,
    department: str,
    mending: Profile | None,
    actor: Actor,
    desk: Connecting,
) -> Profile:
    present = list(desk.store.query(Profile, Profile.partition(actor.agency), consistent=True))
    same = next(
        (
            each
            for each in present
            if each.network == network_name
            and each.remote_id == connected.remote_id
            and each.server == connected.server
        ),
        None,
    )
    if mending is None and same is not None and same.status == "connected":
        raise Conflict("profile_exists", f"{connected.handle} is connected already.")
    if mending is not None and (mending.remote_id, mending.server) != (connected.remote_id, connected.server):
        raise InvalidInput("credentials_refused", f"That is {connected.handle}, not {mending.handle}.")
    _subscribe(connected, network)
    for _ in range(3):
        before = mending or same
        profile = _profile(connected, network_name, department, before, actor, desk)
        what = "profile.connected" if before is None else "profile.reconnected"
        try:
            desk.store.commit(profile, listed(profile), _event(profile, what, actor, desk))
            return profile
        except Lost:
            if before is None:
                continue
            again = desk.store.get(Profile, before.key())
            if again is None:
                raise NotFound from None
            mending = again
    raise Conflict("busy", "It keeps changing: try again in a moment.")


def _subscribe(connected: Connected, network: Network) -> None:
    """Half of it would be worse than nothing: a profile that looks connected and hears nothing. Raises InvalidInput,
    Upstream."""
    if not network.capabilities().subscribes:
        return
    account = Account(
        profile_id="",  # it has none yet
        server=connected.server,
        remote_id=connected.remote_id,
        handle=connected.handle,
        secrets=connected.secrets,
        limits=connected.limits,
    )
    try:
        cast(SubscribingNetwork, network).subscribe(account)
    except NetworkError as error:
        raise _said(error) from error


def _profile(
    connected: Connected, network_name: str, department: str, before: Profile | None, actor: Actor, desk: Connecting
) -> Profile:
    owner = before.id if before else new_id()
    changes = {
        "handle": connected.handle,
        "display_name": connected.display_name,
        "avatar_url": connected.avatar_url,
        "limits": dict(connected.limits),
        "sealed": desk.vault.seal(connected.secrets, agency=actor.agency, owner=owner),
        "expires_at": connected.expires_at,
        "refreshing_until": None,
        "status": "connected",
        "status_reason": None,
        "connected_at": desk.clock.now(),
    }
    if before is not None:
        return before.but(**changes, version=before.version + 1)
    return Profile.model_validate(
        {
            "agency": actor.agency,
            "id": owner,
            "network": network_name,
            "server": connected.server,
            "remote_id": connected.remote_id,
            "department": department,
            **changes,
        }
    )


def _event(
    profile: Profile,
    what: str,
    actor: Actor,
    desk: Connecting,
    detail: dict[str, str | int | bool | None] | None = None,
) -> Event:
    return Event(
        agency=profile.agency,
        subject=f"PROFILE#{profile.id}",
        what=what,
        at=desk.clock.now(),
        actor=actor.person,
        actor_name=actor.name,
        profile=profile.id,
        detail={"network": profile.network, "handle": profile.handle, **(detail or {})},
        once=str(profile.rev),
    )


def _said(error: NetworkError) -> ParvisError:
    match error:
        case AddressRefused():
            return InvalidInput("server_address_refused", error.detail or error.code, field="server")
        case CredentialsRefused():
            code = error.code if error.code in _MENDABLE else "credentials_refused"
            return InvalidInput(code, error.detail or error.code)
        case NotUnderstood():
            return InvalidInput("not_this_network", error.detail or error.code, field="server")
        case Unavailable(code="application_missing"):
            return Conflict("application_missing", "docs/operating.md says how an application is set up.")
        case _:
            return Upstream("network_unavailable", error.code)
