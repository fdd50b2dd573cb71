"""A profile is found by its account on the network, whatever agency it belongs to, for as long as it is connected."""

from __future__ import annotations

import pytest

from chalicelib.errors import InvalidInput
from chalicelib.networks.contract import AddressRefused, Connected, CredentialsRefused, NetworkError
from chalicelib.profiles import connecting
from chalicelib.profiles.account import AccountListed, profiles_of_account
from chalicelib.profiles.profile import Profile
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, STRANGER, FakeHouse
from tests.fakes.networks import FakeNetwork


class Pages(FakeNetwork):
    """A network on which every token opens the Page that it names."""

    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
        return Connected("https://graph.facebook.com", identifier, identifier, "Ville", None, {"access": app_password})


def connect(
    house: FakeHouse,
    page: str,
    *,
    actor: Actor = ADMINISTRATOR,
    mending: Profile | None = None,
    network: object = None,
) -> Profile:
    return connecting.connect_with_password(
        network_name="facebook",
        network=network or Pages(),  # type: ignore[arg-type]
        department="water",
        server="",
        identifier=page,
        app_password="token",
        mending=mending,
        actor=actor,
        desk=house.connecting,
    )


def test_a_connected_profile_is_found_by_its_account() -> None:
    house = FakeHouse()
    profile = connect(house, "123")
    connect(house, "124")
    assert profiles_of_account("facebook", "123", store=house.store) == [profile]
    assert profiles_of_account("facebook", "999", store=house.store) == []
    assert profiles_of_account("mastodon", "123", store=house.store) == []


def test_one_account_may_belong_to_two_agencies() -> None:
    house = FakeHouse()
    connect(house, "123")
    connect(house, "123", actor=STRANGER)
    found = profiles_of_account("facebook", "123", store=house.store)
    assert sorted(each.agency for each in found) == ["autre", "ville"]


def test_what_was_disconnected_is_not_found() -> None:
    house = FakeHouse()
    profile = connect(house, "123")
    connecting.disconnect(
        profile.id,
        expected=profile.version,
        network_named=lambda _: house.network,
        actor=ADMINISTRATOR,
        desk=house.connecting,
    )
    assert profiles_of_account("facebook", "123", store=house.store) == []
    assert list(house.store.query(AccountListed, AccountListed.partition("facebook", "123"))) == []


def test_a_mended_profile_is_found_once() -> None:
    house = FakeHouse()
    profile = connect(house, "123")
    mended = connect(house, "123", mending=profile)
    assert profiles_of_account("facebook", "123", store=house.store) == [mended]


def test_a_row_that_was_left_behind_finds_nobody() -> None:
    """A profile and its row go in one transaction; should one ever stay, it is nobody's."""
    house = FakeHouse()
    profile = connect(house, "123")
    house.store.remove(profile)
    assert profiles_of_account("facebook", "123", store=house.store) == []


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (CredentialsRefused("permission_missing", "pages_manage_posts"), "permission_missing"),
        (CredentialsRefused("token_of_another_page"), "token_of_another_page"),
        (CredentialsRefused("page_token_required"), "page_token_required"),
        (CredentialsRefused("forbidden"), "credentials_refused"),
        (AddressRefused("address_not_of_network"), "server_address_refused"),
    ],
)
def test_a_person_is_told_what_they_can_put_right(refused: NetworkError, told: str) -> None:
    class Refusing:
        def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
            raise refused

    with pytest.raises(InvalidInput) as raised:
        connect(FakeHouse(), "123", network=Refusing())
    assert raised.value.code == told
