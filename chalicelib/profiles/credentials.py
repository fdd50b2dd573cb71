"""Opening a profile's credentials, and renewing them by one worker at a time.

Many networks void a refresh token as they answer the next (X, Bluesky), so that new tokens exist nowhere else until
they are written down. The seal for them is therefore at hand before the network is asked, and to write them is the
first thing done with its answer: no other request stands between, and a store that fails just then is asked again.

What remains: a process that dies in the moment between the network's answer and the write, or a store that stays away
for six seconds then, loses them, and the connection with them; no order of steps at our end could prevent it. The next
renewal is refused, the profile is said to be broken, what is planned for it waits, and a person connects it again.
(Bluesky takes a token once more for two hours after its use, and so heals by itself.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, TypeVar

from chalicelib.clock import Clock
from chalicelib.networks.contract import Account, CredentialsRefused, Network, Unavailable
from chalicelib.profiles.profile import Profile
from chalicelib.store import Lost, Store

T = TypeVar("T")

EARLY = timedelta(minutes=10)
_LEASE = timedelta(seconds=40)
"""Longer than an exchange (25 s) and the writing of what it gave may take."""
_WAITS_S = (0.2, 0.4, 0.8, 1.6, 3.2)
_CHANGES_MAX = 3


class Vault(Protocol):
    """Encrypts with the agency and the profile as context: what was sealed for one cannot be opened as another's."""

    def seal(self, secrets: Mapping[str, str], *, agency: str, owner: str) -> str: ...

    def ready(self, *, agency: str, owner: str) -> Callable[[Mapping[str, str]], str]:
        """A seal for what there is not yet, to be used once: by then nothing needs to be asked of anybody. Raises
        Upstream."""

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
        seal = vault.ready(agency=mine.agency, owner=mine.id)
        fresh = network.refresh(before)
    except Exception:
        _give_back(mine, store)
        raise
    if fresh is None:  # these do not expire: what was refused stays refused, and the next call will say so
        _give_back(mine, store)
        return before
    kept = mine.but(sealed=seal(fresh.secrets), expires_at=fresh.expires_at, refreshing_until=None)
    written = _written(kept, mine, store, clock)
    ours = written.sealed == kept.sealed
    return replace(before, secrets=fresh.secrets) if ours else account_of(written, vault)


def _written(renewed: Profile, mine: Profile, store: Store, clock: Clock) -> Profile:
    """As it stands from now on. Nobody else has these tokens: a store that fails just now is asked again."""
    waits = iter(_WAITS_S)
    changed = 0
    while True:
        try:
            store.save(renewed)
            return renewed
        except Lost:
            # The lease is ours and only a person's change (department, reconnection) can have come between: keep both.
            # Or it was written, and the answer to that was lost.
            present = store.get(Profile, mine.key())
            if present is None:
                return renewed
            if present.sealed != mine.sealed:
                return present
            changed += 1
            if changed > _CHANGES_MAX:
                return renewed
            renewed = present.but(sealed=renewed.sealed, expires_at=renewed.expires_at, refreshing_until=None)
        except Exception:  # the store's own failures, of whatever kind
            wait = next(waits, None)
            if wait is None:
                raise
            clock.sleep(wait)


def _give_back(mine: Profile, store: Store) -> None:
    try:
        store.save(mine.but(refreshing_until=None))
    except Lost:
        return  # somebody changed the profile meanwhile; the lease ends by itself
