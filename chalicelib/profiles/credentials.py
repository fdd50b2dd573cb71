"""Opening a profile's credentials, and renewing them by one worker at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol, TypeVar

from chalicelib.clock import Clock
from chalicelib.networks.contract import Account, CredentialsRefused, Network, Unavailable
from chalicelib.profiles.profile import Profile
from chalicelib.store import Lost, Store

T = TypeVar("T")

EARLY = timedelta(minutes=10)
_LEASE = timedelta(seconds=30)
_WAITS_S = (0.2, 0.4, 0.8, 1.6, 3.2)


class Vault(Protocol):
    """Encrypts with the agency and the profile as context: what was sealed for one cannot be opened as another's."""

    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str: ...

    def open(self, sealed: str, *, agency: str, owner: str) -> Mapping[str, str]: ...


def account_of(profile: Profile, vault: Vault) -> Account:
    return Account(
        profile_id=profile.id,
        server=profile.server,
        remote_id=profile.remote_id,
        handle=profile.handle,
        secrets=vault.open(profile.sealed, agency=profile.agency, owner=profile.id),
        limits=profile.limits,
    )


def usable_account(
    profile: Profile, *, network: Network, store: Store, vault: Vault, clock: Clock, refused: bool = False
) -> Account:
    """The profile's account with credentials that stand, renewed if they end within ten minutes or have ended.

    refused: the network has just refused those in `profile`, whatever their date says.
    Raises Unavailable (try later; nobody is disconnected for it) or CredentialsRefused (a person must reconnect).
    """
    seen = profile
    for wait in (*_WAITS_S, None):
        now = clock.now()
        if not refused and (seen.expires_at is None or seen.expires_at > now + EARLY):
            return account_of(seen, vault)
        if seen.refreshing_until is None or seen.refreshing_until <= now:
            try:
                mine = seen.but(refreshing_until=now + _LEASE)
                store.save(mine)
            except Lost:
                pass
            else:
                return _renewed(mine, network=network, store=store, vault=vault, clock=clock)
        elif not refused and seen.expires_at is not None and seen.expires_at > now + timedelta(seconds=20):
            return account_of(seen, vault)  # somebody is renewing them; these still stand
        if wait is None:
            break
        clock.sleep(wait)
        again = store.get(Profile, profile.key())
        if again is None:
            break
        refused = refused and again.sealed == profile.sealed
        seen = again
    raise Unavailable("credentials_being_renewed", wait=timedelta(seconds=5))


def with_account(
    profile: Profile, call: Callable[[Account], T], *, network: Network, store: Store, vault: Vault, clock: Clock
) -> T:
    """What the call gives with the profile's account; credentials that it is refused are renewed, once.

    Raises as usable_account does, and what the call raises.
    """
    account = usable_account(profile, network=network, store=store, vault=vault, clock=clock)
    try:
        return call(account)
    except CredentialsRefused:
        return call(usable_account(profile, network=network, store=store, vault=vault, clock=clock, refused=True))


def _renewed(mine: Profile, *, network: Network, store: Store, vault: Vault, clock: Clock) -> Account:
    try:
        before = account_of(mine, vault)
        # A network may void the old tokens as it answers new ones: what could not be kept must not be asked for.
        vault.seal(before.secrets, agency=mine.agency, owner=mine.id)
        fresh = network.refresh(before)
    except Exception:
        _give_back(mine, store)
        raise
    if fresh is None:  # these do not expire: what was refused stays refused, and the next call will say so
        _give_back(mine, store)
        return account_of(mine, vault)
    renewed = mine.but(
        sealed=_sealed(fresh.secrets, mine, vault, clock),
        expires_at=fresh.expires_at,
        refreshing_until=None,
    )
    # The lease is ours and only a person's change (department, reconnection) can have come between: keep both.
    for _ in range(3):
        try:
            store.save(renewed)
            return account_of(renewed, vault)
        except Lost:
            present = store.get(Profile, mine.key())
            if present is None or present.sealed != mine.sealed:
                return account_of(renewed if present is None else present, vault)
            renewed = present.but(sealed=renewed.sealed, expires_at=renewed.expires_at, refreshing_until=None)
    return account_of(renewed, vault)


def _sealed(secrets: Mapping[str, str], mine: Profile, vault: Vault, clock: Clock) -> str:
    """Of tokens that nobody else has: a key service that fails just now is asked again."""
    for wait in _WAITS_S:
        try:
            return vault.seal(secrets, agency=mine.agency, owner=mine.id)
        except Exception:  # KMS's own failures, of whatever kind
            clock.sleep(wait)
    return vault.seal(secrets, agency=mine.agency, owner=mine.id)


def _give_back(mine: Profile, store: Store) -> None:
    try:
        store.save(mine.but(refreshing_until=None))
    except Lost:
        return  # somebody changed the profile meanwhile; the lease ends by itself
