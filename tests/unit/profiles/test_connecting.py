"""Connecting an account, and mending one without losing anything of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound, ParvisError, Stale, Upstream
from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    Capabilities,
    CredentialsRefused,
    NetworkError,
    NotUnderstood,
    Unavailable,
)
from chalicelib.profiles import connecting
from chalicelib.profiles.connecting import Begun, Choice, Handshake, Returned, choose, handshake_of
from chalicelib.profiles.credentials import account_of
from chalicelib.profiles.profile import Profile
from chalicelib.records.event import Event
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, PUBLISHER, STRANGER, FakeHouse
from tests.fakes.networks import FakeNetwork
from tests.fakes.oauth import FakeOAuthNetwork

SERVER = "https://fake.example"
COLLEAGUE = replace(ADMINISTRATOR, person="bob", name="Bob")


def connect(
    house: FakeHouse,
    *,
    identifier: str = "p1@",
    password: str = "right",
    mending: Profile | None = None,
    actor: Actor = ADMINISTRATOR,
    server: str = SERVER,
) -> Profile:
    return connecting.connect_with_password(
        network_name="fake",
        network=house.network,
        department="water",
        server=server,
        identifier=identifier,
        app_password=password,
        mending=mending,
        actor=actor,
        desk=house.connecting,
    )


def disconnect(house: FakeHouse, profile: Profile, actor: Actor = ADMINISTRATOR) -> None:
    connecting.disconnect(
        profile.id,
        expected=profile.version,
        network_named=house.network_named,
        actor=actor,
        desk=house.connecting,
    )


def profiles(house: FakeHouse, agency: str = AGENCY) -> list[Profile]:
    return house.store.all(Profile, agency)


def test_a_right_password_connects_at_once(house: FakeHouse) -> None:
    profile = connect(house)
    assert (profile.status, profile.remote_id, profile.department) == ("connected", "p1@", "water")
    assert house.network.refresh(account_of(profile, house.vault))
    (event,) = house.store.query(Event, Event.partition(AGENCY, f"PROFILE#{profile.id}"))
    assert (event.what, event.actor) == ("profile.connected", "ada")


def test_a_wrong_password_leaves_nothing_behind(house: FakeHouse) -> None:
    with pytest.raises(InvalidInput) as refused:
        connect(house, password="wrong-secret")
    assert refused.value.code == "credentials_refused"
    assert "wrong-secret" not in f"{refused.value} {refused.value.hint}"
    assert profiles(house) == []


@pytest.mark.parametrize(
    ("met", "kind", "code"),
    [
        (AddressRefused("private"), InvalidInput, "server_address_refused"),
        (NotUnderstood("html"), InvalidInput, "not_this_network"),
        (Unavailable("timeout"), Upstream, "network_unavailable"),
        (CredentialsRefused("no"), InvalidInput, "credentials_refused"),
    ],
)
def test_each_trouble_of_the_network_is_said_as_itself(
    house: FakeHouse, met: NetworkError, kind: type[ParvisError], code: str
) -> None:
    def refuse(**_: str) -> None:
        raise met

    house.network.connect_password = refuse  # type: ignore[method-assign,assignment]
    with pytest.raises(kind) as said:
        connect(house)
    assert said.value.code == code
    assert profiles(house) == []


def test_trap_15_reconnecting_keeps_the_id_the_department_and_the_queue(house: FakeHouse) -> None:
    house.profile("p1", department="police")
    house.sweep()
    planned = house.scheduled(600)
    house.network.revoke("p1@")
    house.store.save(house.profile_now().but(status="broken", status_reason="credentials_refused"))
    mended = connect(house, mending=house.profile_now())
    assert (mended.id, mended.department, mended.status, mended.status_reason) == ("p1", "police", "connected", None)
    house.run(timedelta(minutes=11))
    assert house.delivery(planned).state == "published"


def test_trap_15_connecting_a_broken_account_anew_mends_it_instead_of_doubling_it(house: FakeHouse) -> None:
    house.profile("p1")
    house.store.save(house.profile_now().but(status="broken"))
    assert connect(house).id == "p1"
    assert len(profiles(house)) == 1


def test_an_account_that_is_connected_is_not_connected_twice(house: FakeHouse) -> None:
    connect(house)
    with pytest.raises(Conflict) as refused:
        connect(house)
    assert refused.value.code == "profile_exists"
    assert len(profiles(house)) == 1


def test_mending_with_another_account_is_refused_and_changes_nothing(house: FakeHouse) -> None:
    before = connect(house)
    with pytest.raises(InvalidInput) as refused:
        connect(house, identifier="other@", mending=before)
    assert refused.value.code == "credentials_refused"
    assert profiles(house) == [before]


def test_a_worker_that_renews_meanwhile_does_not_defeat_the_reconnection(house: FakeHouse) -> None:
    before = connect(house)
    connect_password = house.network.connect_password

    def renewed(**asked: str) -> object:
        house.store.save(before.but(refreshing_until=None))
        return connect_password(**asked)

    house.network.connect_password = renewed  # type: ignore[method-assign,assignment]
    mended = connect(house, mending=before)
    assert (mended.id, mended.rev) == (before.id, before.rev + 2)


def test_one_account_may_serve_two_agencies_each_with_its_own_profile(house: FakeHouse) -> None:
    ours, theirs = connect(house), connect(house, actor=STRANGER)
    assert ours.id != theirs.id
    assert (len(profiles(house)), len(profiles(house, "autre"))) == (1, 1)


def test_only_an_administrator_of_the_department_connects_moves_or_disconnects(house: FakeHouse) -> None:
    with pytest.raises(Forbidden):
        connect(house, actor=PUBLISHER)
    profile = connect(house)
    elsewhere = replace(ADMINISTRATOR, roles={"police": "administrator", "water": "publisher"})
    with pytest.raises(Forbidden):
        connecting.move(profile.id, "police", expected=profile.version, actor=elsewhere, desk=house.connecting)
    with pytest.raises(Forbidden):
        connecting.disconnect(
            profile.id,
            expected=profile.version,
            network_named=house.network_named,
            actor=elsewhere,
            desk=house.connecting,
        )
    with pytest.raises(NotFound):
        connecting.disconnect(
            profile.id,
            expected=profile.version,
            network_named=house.network_named,
            actor=STRANGER,
            desk=house.connecting,
        )


def test_moving_asks_for_the_version_that_was_read(house: FakeHouse) -> None:
    profile = connect(house)
    moved = connecting.move(profile.id, "police", expected=profile.version, actor=ADMINISTRATOR, desk=house.connecting)
    assert moved.department == "police"
    with pytest.raises(Stale):
        connecting.move(profile.id, "water", expected=profile.version, actor=ADMINISTRATOR, desk=house.connecting)


# ---------------------------------------------------------------- by OAuth


@pytest.fixture
def oauth() -> FakeHouse:
    return FakeHouse(network=FakeOAuthNetwork())


def begin(house: FakeHouse, *, actor: Actor = ADMINISTRATOR, mending: Profile | None = None) -> tuple[Begun, str]:
    """The handshake, and the state that the network will give back."""
    network = house.network
    assert isinstance(network, FakeOAuthNetwork)
    begun = connecting.begin_oauth(
        network_name="fake",
        network=network,
        department="water",
        server=SERVER,
        mending=mending,
        actor=actor,
        desk=house.connecting,
    )
    return begun, network.started[-1]


def finish(
    house: FakeHouse,
    begun: Begun,
    state: str,
    *,
    account: str = "p1@",
    said: str | None = None,
    actor: Actor = ADMINISTRATOR,
    handshake: Handshake | None = None,
) -> Profile:
    profile = back(house, begun, state, account=account, said=said, actor=actor, handshake=handshake).profile
    assert profile is not None
    return profile


def back(
    house: FakeHouse,
    begun: Begun,
    state: str,
    *,
    account: str = "p1@",
    said: str | None = None,
    actor: Actor = ADMINISTRATOR,
    handshake: Handshake | None = None,
) -> Returned:
    return connecting.finish_oauth(
        handshake or handshake_of(begun.handshake, actor=actor, store=house.store),
        network=house.network,
        code=f"{account}:{state}",
        state=said or state,
        actor=actor,
        desk=house.connecting,
    )


def test_a_handshake_that_comes_back_connects(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    assert state.startswith(begun.handshake)
    assert state in begun.authorize_url
    assert finish(oauth, begun, state).remote_id == "p1@"
    assert oauth.store.all(Handshake, AGENCY) == []


def test_trap_20_what_is_half_configured_is_not_connected(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    assert profiles(oauth) == []
    network = oauth.network
    assert isinstance(network, FakeOAuthNetwork)
    network.finish_error = CredentialsRefused("scope_missing")
    with pytest.raises(InvalidInput):
        finish(oauth, begun, state)
    assert profiles(oauth) == []


def test_the_state_of_another_connection_is_refused_and_the_right_one_still_works(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    _, other = begin(oauth)
    with pytest.raises(InvalidInput) as refused:
        finish(oauth, begun, state, said=other)
    assert (refused.value.code, refused.value.field) == ("state_mismatch", "state")
    with pytest.raises(InvalidInput):
        finish(oauth, begun, state, said="é" * 50)
    assert finish(oauth, begun, state)


@pytest.mark.parametrize(("after", "stands"), [(600, True), (601, False)])
def test_a_handshake_is_good_for_ten_minutes(oauth: FakeHouse, after: int, stands: bool) -> None:
    begun, state = begin(oauth)
    oauth.clock.advance(after)
    if stands:
        assert finish(oauth, begun, state)
        return
    with pytest.raises(InvalidInput) as refused:
        finish(oauth, begun, state)
    assert refused.value.code == "connection_expired"
    assert profiles(oauth) == []


def test_a_code_is_used_once(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    handshake = handshake_of(begun.handshake, actor=ADMINISTRATOR, store=oauth.store)
    finish(oauth, begun, state, handshake=handshake)
    with pytest.raises(NotFound):
        finish(oauth, begun, state)
    with pytest.raises(Conflict):  # both had read the handshake before either used it
        finish(oauth, begun, state, handshake=handshake)
    assert len(profiles(oauth)) == 1


@pytest.mark.parametrize("actor", [COLLEAGUE, STRANGER, PUBLISHER])
def test_another_persons_handshake_does_not_exist(oauth: FakeHouse, actor: Actor) -> None:
    begun, state = begin(oauth)
    with pytest.raises(NotFound):
        finish(oauth, begun, state, actor=actor)
    assert finish(oauth, begun, state)


def test_mending_by_oauth_keeps_the_profile(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    before = finish(oauth, begun, state)
    oauth.store.save(before.but(status="broken"))
    begun, state = begin(oauth, mending=before)
    mended = finish(oauth, begun, state)
    assert (mended.id, mended.status) == (before.id, "connected")


def test_mending_by_oauth_as_somebody_else_is_refused(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    before = finish(oauth, begun, state)
    begun, state = begin(oauth, mending=before)
    with pytest.raises(InvalidInput):
        finish(oauth, begun, state, account="other@")
    assert profiles(oauth) == [before]


def test_mending_what_was_removed_meanwhile_is_not_found(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    before = finish(oauth, begun, state)
    begun, state = begin(oauth, mending=before)
    oauth.store.remove(before)
    with pytest.raises(NotFound):
        finish(oauth, begun, state)


def test_the_secrets_of_a_handshake_lie_sealed(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    handshake = handshake_of(begun.handshake, actor=ADMINISTRATOR, store=oauth.store)
    assert f"v-{state}" not in str(handshake.item())
    with pytest.raises(Upstream):
        oauth.vault.open(handshake.sealed, agency=AGENCY, owner="another")


# ---------------------------------------------------------------- several accounts of one person


def chosen_of(house: FakeHouse, begun: Begun, remote_id: str, *, actor: Actor = ADMINISTRATOR) -> Profile:
    named = house.network_named
    return choose(begun.handshake, remote_id, network_named=named, actor=actor, desk=house.connecting)


def test_who_manages_several_accounts_chooses_any_number_of_them(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    returned = back(oauth, begun, state, account="town@,police@,pool@")
    assert returned.profile is None
    assert [each.remote_id for each in returned.offered] == ["town@", "police@", "pool@"]
    assert profiles(oauth) == []
    for remote_id in ("police@", "town@"):
        chosen = chosen_of(oauth, begun, remote_id, actor=ADMINISTRATOR)
        assert (chosen.remote_id, chosen.status, chosen.department) == (remote_id, "connected", "water")
        assert account_of(chosen, oauth.vault).secrets
    with pytest.raises(Conflict) as refused:
        chosen_of(oauth, begun, "town@", actor=ADMINISTRATOR)
    assert refused.value.code == "profile_exists"
    assert {each.remote_id for each in profiles(oauth)} == {"police@", "town@"}


def test_what_is_offered_lies_sealed_for_its_own_choice(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    back(oauth, begun, state, account="town@,police@")
    (choice,) = oauth.store.all(Choice, AGENCY)
    secrets = oauth.vault.open(choice.offered[0].sealed, agency=AGENCY, owner=choice.id)
    assert secrets
    assert all(secret not in str(choice.item()) for secret in secrets.values())
    with pytest.raises(Upstream):
        oauth.vault.open(choice.offered[0].sealed, agency=AGENCY, owner="another")


@pytest.mark.parametrize("actor", [COLLEAGUE, STRANGER])
def test_what_was_offered_to_somebody_else_does_not_exist(oauth: FakeHouse, actor: Actor) -> None:
    begun, state = begin(oauth)
    back(oauth, begun, state, account="town@,police@")
    with pytest.raises(NotFound):
        chosen_of(oauth, begun, "town@", actor=actor)
    assert profiles(oauth) == []


def test_only_what_was_offered_can_be_chosen_and_for_ten_minutes(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    back(oauth, begun, state, account="town@,police@")
    with pytest.raises(InvalidInput) as refused:
        chosen_of(oauth, begun, "ministry@", actor=ADMINISTRATOR)
    assert (refused.value.code, refused.value.field) == ("account_not_offered", "remote_id")
    oauth.clock.advance(601)
    with pytest.raises(InvalidInput) as late:
        chosen_of(oauth, begun, "town@", actor=ADMINISTRATOR)
    assert late.value.code == "connection_expired"
    assert profiles(oauth) == []


def test_mending_finds_its_own_account_among_several(oauth: FakeHouse) -> None:
    begun, state = begin(oauth)
    before = finish(oauth, begun, state, account="police@")
    begun, state = begin(oauth, mending=before)
    mended = finish(oauth, begun, state, account="town@,police@")
    assert (mended.id, mended.remote_id) == (before.id, "police@")
    begun, state = begin(oauth, mending=before)
    with pytest.raises(InvalidInput):
        back(oauth, begun, state, account="town@,pool@")


# ---------------------------------------------------------------- giving credentials back


@dataclass
class RevokingFake(FakeNetwork):
    revoke_error: NetworkError | None = None
    given_back: list[str] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), revokes=True)

    def revoke(self, account: Account) -> None:  # type: ignore[override]
        if self.revoke_error is not None:
            raise self.revoke_error
        self.given_back.append(account.secrets["access"])


@pytest.mark.parametrize("error", [None, Unavailable("network_down"), CredentialsRefused("credentials_refused")])
def test_credentials_are_given_back_and_it_fails_for_nobody(error: NetworkError | None) -> None:
    network = RevokingFake(revoke_error=error)
    house = FakeHouse(network=network)
    profile = connect(house)
    token = account_of(profile, house.vault).secrets["access"]
    disconnect(house, profile)
    assert profiles(house) == []
    assert network.given_back == ([] if error else [token])


# ---------------------------------------------------------------- being told of what was chosen, and of nothing else


@dataclass
class SubscribingFake(FakeOAuthNetwork):
    subscribe_error: NetworkError | None = None
    subscribed: list[tuple[str, str]] = field(default_factory=list)
    unsubscribe_error: NetworkError | None = None
    unsubscribed: list[tuple[str, str]] = field(default_factory=list)

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), subscribes=True)

    def subscribe(self, account: Account) -> None:
        if self.subscribe_error is not None:
            raise self.subscribe_error
        self.subscribed.append((account.remote_id, account.secrets["access"]))

    def unsubscribe(self, account: Account) -> None:
        if self.unsubscribe_error is not None:
            raise self.unsubscribe_error
        self.unsubscribed.append((account.remote_id, account.secrets["access"]))


def told(house: FakeHouse) -> list[str]:
    assert isinstance(house.network, SubscribingFake)
    return [remote_id for remote_id, _ in house.network.subscribed]


def test_the_network_is_asked_to_tell_of_what_was_chosen_and_of_none_that_was_offered() -> None:
    house = FakeHouse(network=SubscribingFake())
    begun, state = begin(house)
    back(house, begun, state, account="town@,police@,pool@")
    assert told(house) == []
    chosen = chosen_of(house, begun, "police@")
    assert house.network.subscribed == [("police@", account_of(chosen, house.vault).secrets["access"])]  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        chosen_of(house, begun, "police@")
    assert told(house) == ["police@"], "what is connected already is not asked for again"


def test_where_there_is_no_choice_and_by_password_it_is_asked_too() -> None:
    house = FakeHouse(network=SubscribingFake())
    begun, state = begin(house)
    mended = finish(house, begun, state, account="town@")
    connect(house, identifier="pool@")
    house.store.save(house.profile_now(mended.id).but(status="broken"))
    begun, state = begin(house, mending=house.profile_now(mended.id))
    finish(house, begun, state, account="town@")
    assert told(house) == ["town@", "pool@", "town@"]


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (Unavailable("network_down"), Upstream, "network_unavailable"),
        (CredentialsRefused("permission_missing"), InvalidInput, "permission_missing"),
        (CredentialsRefused("credentials_refused"), InvalidInput, "credentials_refused"),
    ],
)
def test_trap_20_an_account_of_which_we_would_not_be_told_is_not_connected_and_may_be_chosen_again(
    error: NetworkError, kind: type[ParvisError], code: str
) -> None:
    network = SubscribingFake()
    house = FakeHouse(network=network)
    begun, state = begin(house)
    back(house, begun, state, account="town@,police@")
    network.subscribe_error = error
    with pytest.raises(kind) as raised:
        chosen_of(house, begun, "town@")
    assert raised.value.code == code
    assert profiles(house) == []
    network.subscribe_error = None
    assert chosen_of(house, begun, "town@").status == "connected"
    assert told(house) == ["town@"]


def test_trap_20_a_broken_profile_stays_so_where_mending_it_is_half_done() -> None:
    network = SubscribingFake()
    house = FakeHouse(network=network)
    begun, state = begin(house)
    before = finish(house, begun, state)
    broken = before.but(status="broken", status_reason="credentials_refused")
    house.store.save(broken)
    begun, state = begin(house, mending=broken)
    network.subscribe_error = Unavailable("network_down")
    with pytest.raises(Upstream):
        finish(house, begun, state)
    (stands,) = profiles(house)
    assert (stands.status, stands.sealed) == ("broken", broken.sealed)


def test_what_is_refused_for_another_reason_is_never_asked_for() -> None:
    house = FakeHouse(network=SubscribingFake())
    begun, state = begin(house)
    before = finish(house, begun, state)
    begun, state = begin(house, mending=before)
    with pytest.raises(InvalidInput):
        finish(house, begun, state, account="other@")
    assert told(house) == ["p1@"]


def test_the_network_tells_of_an_account_for_as_long_as_any_agency_has_it() -> None:
    network = SubscribingFake()
    house = FakeHouse(network=network)
    ours, theirs, pool = connect(house), connect(house, actor=STRANGER), connect(house, identifier="pool@")
    token = account_of(theirs, house.vault).secrets["access"]
    disconnect(house, ours)
    assert network.unsubscribed == []
    disconnect(house, theirs, STRANGER)
    assert network.unsubscribed == [("p1@", token)]
    disconnect(house, pool)
    assert [remote_id for remote_id, _ in network.unsubscribed] == ["p1@", "pool@"]


def test_who_has_the_same_number_on_another_server_is_another_account() -> None:
    network = SubscribingFake()
    house = FakeHouse(network=network)
    ours, theirs = connect(house), connect(house, actor=STRANGER)
    house.store.save(theirs.but(server="https://other.example"))
    disconnect(house, ours)
    assert [remote_id for remote_id, _ in network.unsubscribed] == ["p1@"]


@pytest.mark.parametrize("error", [Unavailable("network_down"), CredentialsRefused("forbidden")])
def test_a_network_that_goes_on_telling_keeps_nobody_from_removing_a_profile(error: NetworkError) -> None:
    house = FakeHouse(network=SubscribingFake(unsubscribe_error=error))
    disconnect(house, connect(house))
    assert profiles(house) == []


def test_credentials_are_given_back_also_where_another_agency_has_the_account() -> None:
    network = RevokingFake()
    house = FakeHouse(network=network)
    ours = connect(house)
    connect(house, actor=STRANGER)
    token = account_of(ours, house.vault).secrets["access"]
    disconnect(house, ours)
    assert network.given_back == [token]
