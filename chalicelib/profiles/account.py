"""Which profiles an account on a network is, in whatever agency: for what a network tells us by itself."""

from __future__ import annotations

from typing import ClassVar

from chalicelib.entity import Entity
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.remote import digest_of
from chalicelib.store import Store


class AccountListed(Entity):
    """One row a profile, found by its account. Spans agencies and holds nothing of theirs but the two ids."""

    KIND: ClassVar[str] = "account_listed"
    TABLE: ClassVar[str] = "team"
    CONDITIONAL: ClassVar[bool] = False

    network: str
    account: str
    agency: str
    profile: str

    @staticmethod
    def partition(network: str, remote_id: str) -> str:
        return f"ACCOUNT#{network}#{digest_of(remote_id)}"

    def key(self) -> dict[str, str]:
        return {"pk": f"ACCOUNT#{self.network}#{self.account}", "sk": f"{self.agency}#{self.profile}"}


def listed(profile: Profile) -> AccountListed:
    """The row of a profile, written when it is connected and removed with it."""
    return AccountListed(
        network=profile.network,
        account=digest_of(profile.remote_id),
        agency=profile.agency,
        profile=profile.id,
    )


def profiles_of_account(network: str, remote_id: str, *, store: Store) -> list[Profile]:
    """Every profile that is this account, of every agency; a Page may belong to two. At most 100."""
    rows = list(store.query(AccountListed, AccountListed.partition(network, remote_id), consistent=True))[:100]
    found = store.get_many([(Profile, Profile.key_of(row.agency, row.profile)) for row in rows])
    return [
        each for each in found if isinstance(each, Profile) and (each.network, each.remote_id) == (network, remote_id)
    ]
