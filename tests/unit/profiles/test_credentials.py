"""Credentials: renewed early, by one worker at a time, and never given up for a passing trouble."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import Upstream
from chalicelib.networks.contract import Account, Connected, CredentialsRefused, Unavailable
from chalicelib.profiles.credentials import EARLY, account_of, usable_account
from chalicelib.profiles.profile import Profile
from tests.fakes.house import FakeHouse
from tests.fakes.queue import Killed


def usable(house: FakeHouse, profile: Profile, *, refused: bool = False) -> Account:
    return usable_account(
        profile, network=house.network, store=house.store, vault=house.vault, clock=house.clock, refused=refused
    )


def expiring(house: FakeHouse, in_: timedelta) -> Profile:
    return house.profile(expires_at=house.clock.now() + in_)


def refreshes(house: FakeHouse) -> list[Account]:
    """Notes every exchange of tokens from now on."""
    seen: list[Account] = []
    refresh = house.network.refresh

    def noted(account: Account) -> Connected:
        seen.append(account)
        return refresh(account)

    house.network.refresh = noted  # type: ignore[method-assign]
    return seen


def test_what_stands_is_used_as_it_is(house: FakeHouse) -> None:
    seen = refreshes(house)
    profile = expiring(house, EARLY + timedelta(seconds=1))
    assert usable(house, profile).secrets == account_of(profile, house.vault).secrets
    assert usable(house, house.profile("forever")).handle == "@forever"
    assert seen == []


@pytest.mark.parametrize("left", [EARLY - timedelta(seconds=1), timedelta(0), -timedelta(days=3)])
def test_trap_18_what_ends_soon_or_has_ended_is_renewed_before_use(house: FakeHouse, left: timedelta) -> None:
    profile = expiring(house, left)
    before = account_of(profile, house.vault).secrets
    account = usable(house, profile)
    assert account.secrets != before
    kept = house.profile_now()
    assert account_of(kept, house.vault).secrets == account.secrets
    assert kept.refreshing_until is None
    assert kept.expires_at is not None
    assert kept.expires_at > house.clock.now() + EARLY


def test_trap_17_of_two_at_once_one_renews_and_the_other_reads_the_new_ones(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    seen = refreshes(house)
    sleep = house.clock.sleep
    second: list[Account] = []
    refresh = house.network.refresh

    def while_it_renews(account: Account) -> Connected:
        house.network.refresh = refresh  # type: ignore[method-assign]
        connected = refresh(account)

        def finished(seconds: float) -> None:
            """The first worker writes its tokens down while the second waits."""
            house.clock.sleep = sleep  # type: ignore[method-assign]
            sleep(seconds)
            leased = house.profile_now()
            house.store.save(
                leased.but(
                    sealed=house.vault.seal(connected.secrets, agency=leased.agency, owner=leased.id),
                    expires_at=connected.expires_at,
                    refreshing_until=None,
                )
            )

        house.clock.sleep = finished  # type: ignore[method-assign]
        second.append(usable(house, profile))
        return connected

    house.network.refresh = while_it_renews  # type: ignore[method-assign]
    first = usable(house, profile)
    assert len(seen) == 1
    assert second[0].secrets == first.secrets


def test_trap_17_the_loser_uses_old_ones_that_still_stand_instead_of_waiting(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(minutes=5))
    house.store.save(profile.but(refreshing_until=house.clock.now() + timedelta(seconds=30)))
    seen = refreshes(house)
    assert usable(house, house.profile_now()).secrets == account_of(profile, house.vault).secrets
    assert (seen, house.clock.slept) == ([], [])


def test_a_renewal_that_takes_too_long_elsewhere_is_a_reason_to_try_later(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    house.store.save(profile.but(refreshing_until=house.clock.now() + timedelta(seconds=30)))
    with pytest.raises(Unavailable) as later:
        usable(house, house.profile_now())
    assert later.value.code == "credentials_being_renewed"
    assert sum(house.clock.slept) < 10


def test_a_renewer_that_died_gives_way_after_forty_seconds(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    house.store.save(profile.but(refreshing_until=house.clock.now() + timedelta(seconds=40)))
    house.clock.advance(41)
    assert usable(house, house.profile_now()).secrets != account_of(profile, house.vault).secrets


def test_trap_16_a_passing_trouble_disconnects_nobody_and_gives_the_turn_back(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    house.network.refresh_error = Unavailable("network_down")
    with pytest.raises(Unavailable):
        usable(house, profile)
    kept = house.profile_now()
    assert (kept.status, kept.refreshing_until, kept.sealed) == ("connected", None, profile.sealed)
    house.network.refresh_error = None
    assert usable(house, kept)


def test_trap_16_a_post_due_meanwhile_waits_and_leaves(house: FakeHouse) -> None:
    expiring(house, timedelta(0))
    house.sweep()
    house.network.refresh_error = Unavailable("network_down", wait=timedelta(seconds=20))
    planned = house.scheduled(0)
    house.run(30)
    assert (house.delivery(planned).state, house.delivery(planned).reason) == ("queued", "network_down")
    house.network.refresh_error = None
    house.run(timedelta(minutes=5))
    assert house.delivery(planned).state == "published"
    assert house.profile_now().status == "connected"


def test_a_key_service_that_does_not_answer_delays_a_post_and_casts_no_doubt_on_it(house: FakeHouse) -> None:
    """Nothing has left: there is nothing to look for on the network."""
    house.profile()
    house.sweep()
    house.vault.down = True
    planned = house.scheduled(0)
    house.run(10, sweeping=False)
    assert house.delivery(planned).state == "queued"
    house.vault.down = False
    house.run(timedelta(minutes=3))
    assert house.delivery(planned).state == "published"
    assert "delivery.unconfirmed" not in house.kinds(planned)


def test_refused_tokens_are_exchanged_whatever_their_date_says(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(hours=2))
    seen = refreshes(house)
    assert usable(house, profile, refused=True).secrets != account_of(profile, house.vault).secrets
    assert len(seen) == 1


def test_refused_tokens_that_another_worker_has_renewed_already_are_not_renewed_again(house: FakeHouse) -> None:
    old = expiring(house, timedelta(hours=2))
    usable(house, old, refused=True)
    seen = refreshes(house)
    assert usable(house, old, refused=True).secrets == account_of(house.profile_now(), house.vault).secrets
    assert seen == []


def test_a_refresh_that_the_network_refuses_asks_for_a_person(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    house.network.revoke("p1@")
    with pytest.raises(CredentialsRefused):
        usable(house, profile)
    assert house.profile_now().refreshing_until is None


def test_a_removed_profile_is_neither_renewed_nor_written_back(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    house.store.remove(profile)
    with pytest.raises(Unavailable):
        usable(house, profile)
    assert house.store.all(Profile, profile.agency) == []


def test_a_profile_removed_during_the_exchange_does_not_come_back(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    refresh = house.network.refresh

    def removed(account: Account) -> Connected:
        house.store.remove(house.profile_now())
        return refresh(account)

    house.network.refresh = removed  # type: ignore[method-assign]
    usable(house, profile)
    assert house.store.all(Profile, profile.agency) == []


def test_a_move_during_the_exchange_keeps_both_the_move_and_the_new_tokens(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    refresh = house.network.refresh

    def moved(account: Account) -> Connected:
        house.store.save(house.profile_now().but(department="police"))
        return refresh(account)

    house.network.refresh = moved  # type: ignore[method-assign]
    account = usable(house, profile)
    kept = house.profile_now()
    assert (kept.department, account_of(kept, house.vault).secrets) == ("police", account.secrets)


def test_what_was_sealed_for_one_profile_opens_for_no_other(house: FakeHouse) -> None:
    one, two = house.profile("p1"), house.profile("p2")
    with pytest.raises(Upstream):
        account_of(two.model_copy(update={"sealed": one.sealed}), house.vault)
    with pytest.raises(Upstream):
        account_of(one.model_copy(update={"agency": "autre"}), house.vault)


def test_a_profile_shows_no_secret_when_printed(house: FakeHouse) -> None:
    profile = house.profile()
    assert profile.sealed not in repr(profile)
    assert account_of(profile, house.vault).secrets["access"] not in repr(account_of(profile, house.vault))


class Diary:
    """What happens around one renewal, in order; and where the process dies.

    Each step is written down as it begins and as it has ended ("refresh", "refresh!"): a process may die at either."""

    def __init__(self, house: FakeHouse, *, dies_at: str | None = None) -> None:
        self.steps: list[str] = []
        self._dies_at = dies_at
        house.store.save = self._noted("save", house.store.save)  # type: ignore[method-assign]
        house.vault.open = self._noted("open", house.vault.open)  # type: ignore[method-assign]
        house.vault.seal = self._noted("encrypt", house.vault.seal)  # type: ignore[method-assign]
        house.network.refresh = self._noted("refresh", house.network.refresh)  # type: ignore[method-assign]
        ready = house.vault.ready

        def prepared(**whose: str) -> Callable[..., str]:
            self._at("ready")
            seal = ready(**whose)
            self._at("ready!")
            return self._noted("seal", seal)

        house.vault.ready = prepared  # type: ignore[method-assign]

    def _noted(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            self._at(name)
            result = step(*arguments, **named)
            self._at(f"{name}!")
            return result

        return noted

    def _at(self, step: str) -> None:
        self.steps.append(step)
        if self._dies_at is not None and f"{step} {self.steps.count(step)}" == self._dies_at:
            raise Killed


def test_nothing_stands_between_the_networks_answer_and_the_writing_of_what_it_gave(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    diary = Diary(house)
    usable(house, profile)
    lease, opened, ready, refreshed, sealed, written = (
        [name, f"{name}!"] for name in ("save", "open", "ready", "refresh", "seal", "save")
    )
    assert diary.steps == [*lease, *opened, *ready, *refreshed, *sealed, *written]


BEFORE = ["save 1", "save! 1", "open 1", "open! 1", "ready 1", "ready! 1", "refresh 1"]
BETWEEN = ["refresh! 1", "seal 1", "seal! 1", "save 2"]
AFTER = ["save! 2"]


@pytest.mark.parametrize("dies_at", [*BEFORE, *BETWEEN, *AFTER])
def test_wherever_the_process_dies_the_tokens_are_kept_or_their_loss_is_said(dies_at: str) -> None:
    """Between the network's answer and the write lies all that can be lost, and neither of it is a request of ours but
    the write itself."""
    house = FakeHouse()
    profile = expiring(house, timedelta(0))
    plain = {name: getattr(house.vault, name) for name in ("open", "seal", "ready")}
    save, refresh = house.store.save, house.network.refresh
    Diary(house, dies_at=dies_at)
    with pytest.raises(Killed):
        usable(house, profile)
    house.store.save, house.network.refresh = save, refresh  # type: ignore[method-assign]
    for name, step in plain.items():
        setattr(house.vault, name, step)
    house.clock.advance(41)  # its lease is over
    if dies_at in BETWEEN:
        with pytest.raises(CredentialsRefused):
            usable(house, house.profile_now())
    else:
        account = usable(house, house.profile_now())
        assert account.secrets == account_of(house.profile_now(), house.vault).secrets
        assert house.network.inbox(account, cursor=None) is not None, "they stand on the network"


def test_tokens_that_were_lost_break_the_profile_and_keep_what_waits_for_it(house: FakeHouse) -> None:
    expiring(house, timedelta(0))
    house.sweep()
    save, calls = house.store.save, []

    def dying(entity: Any, *more: Any, **named: Any) -> Any:
        if isinstance(entity, Profile):
            calls.append(entity)
            if len(calls) == 2:
                raise Killed
        return save(entity, *more, **named)

    house.store.save = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        usable(house, house.profile_now())
    house.store.save = save  # type: ignore[method-assign]
    house.clock.advance(41)
    planned = house.scheduled(0)
    house.run(timedelta(minutes=3))
    assert (house.profile_now().status, house.delivery(planned).state) == ("broken", "held")
    assert "Parvis: profile_broken" in house.topic.subjects


@pytest.mark.parametrize("failures", [1, 5])
def test_new_tokens_outlive_a_store_that_fails_as_they_come(house: FakeHouse, failures: int) -> None:
    """The network voided the old ones when it answered: these exist nowhere else."""
    profile = expiring(house, timedelta(0))
    save, calls = house.store.save, []

    def failing(entity: Any, *more: Any, **named: Any) -> Any:
        calls.append(entity)
        if 1 < len(calls) <= 1 + failures:  # the first is the lease
            raise ConnectionError("throttled")
        return save(entity, *more, **named)

    house.store.save = failing  # type: ignore[method-assign]
    account = usable(house, profile)
    assert len(calls) == 2 + failures
    assert account_of(house.profile_now(), house.vault).secrets == account.secrets != {}


def test_a_write_whose_answer_was_lost_counts(house: FakeHouse) -> None:
    profile = expiring(house, timedelta(0))
    save, calls = house.store.save, []

    def unheard(entity: Any, *more: Any, **named: Any) -> Any:
        calls.append(entity)
        result = save(entity, *more, **named)
        if len(calls) == 2:
            raise ConnectionError("reset")
        return result

    house.store.save = unheard  # type: ignore[method-assign]
    account = usable(house, profile)
    assert account_of(house.profile_now(), house.vault).secrets == account.secrets


def test_nothing_is_renewed_while_it_could_not_be_kept(house: FakeHouse) -> None:
    seen = refreshes(house)
    profile = expiring(house, timedelta(0))
    opened = account_of(profile, house.vault)

    def failing(*arguments: object, **named: object) -> Callable[..., str]:
        raise Upstream("credentials_unreadable")

    ready, house.vault.ready = house.vault.ready, failing  # type: ignore[method-assign]
    with pytest.raises(Upstream):
        usable(house, profile)
    assert seen == []
    house.vault.ready = ready  # type: ignore[method-assign]
    assert usable(house, house.profile_now()).secrets != opened.secrets
