"""Keys of the calendar feed: one thing is opened by them, by nobody else, and not for longer than it should be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.errors import Conflict, NotFound
from chalicelib.team import feed_keys, managing
from chalicelib.team.feed_keys import FeedKey, FeedKeyKnown
from chalicelib.team.people import Person
from tests.fakes.house import AGENCY, FakeHouse
from tests.unit.team.conftest import newcomer, now_of


def make(house: FakeHouse, person: Person, name: str = "Téléphone") -> tuple[FeedKey, str]:
    return feed_keys.make(person, name, store=house.store, now=house.clock.now())


def opens(house: FakeHouse, secret: str) -> bool:
    try:
        return feed_keys.bearer(secret, store=house.store, clock=house.clock).id != ""
    except NotFound:
        return False


def test_a_key_is_256_bits_of_which_only_the_hash_is_kept(house: FakeHouse, nina: Person) -> None:
    made, secret = make(house, nina)
    assert len(secret) == 43  # 32 bytes in base 64
    assert feed_keys.bearer(secret, store=house.store, clock=house.clock) == nina
    stored = [each.item() for kind in (FeedKey, FeedKeyKnown) for each in house.store.all(kind, AGENCY)]
    assert len(stored) == 2 and secret not in json.dumps(stored)
    assert not opens(house, made.digest) and not opens(house, made.id)


def test_several_each_revoked_alone(house: FakeHouse, nina: Person) -> None:
    one, first = make(house, nina, "Téléphone")
    house.clock.advance(1)
    two, second = make(house, nina, "Ordinateur")
    assert [each.name for each in feed_keys.keys_of(nina, store=house.store)] == ["Ordinateur", "Téléphone"]
    feed_keys.revoke(nina, one.id, by=nina, store=house.store, now=house.clock.now())
    assert (opens(house, first), opens(house, second)) == (False, True)
    with pytest.raises(NotFound):
        feed_keys.revoke(nina, one.id, by=nina, store=house.store, now=house.clock.now())
    assert [each.id for each in house.store.all(FeedKeyKnown, AGENCY)] == [two.id]


def test_nobody_revokes_another_persons(house: FakeHouse, nina: Person, boss: Person) -> None:
    made, secret = make(house, nina)
    with pytest.raises(NotFound):
        feed_keys.revoke(boss, made.id, by=boss, store=house.store, now=house.clock.now())
    assert opens(house, secret)


def test_the_hour_of_the_last_use_is_written_once_an_hour(house: FakeHouse, nina: Person) -> None:
    _, secret = make(house, nina)
    assert feed_keys.keys_of(nina, store=house.store)[0].used_at is None
    opens(house, secret)
    writes = house.store.writes
    used = feed_keys.keys_of(nina, store=house.store)[0].used_at
    assert used == house.clock.now().replace(minute=0, second=0, microsecond=0)
    opens(house, secret)
    assert house.store.writes == writes
    house.clock.advance(3600)
    opens(house, secret)
    assert house.store.writes == writes + 1


def test_a_key_used_as_it_is_revoked_is_revoked(
    house: FakeHouse, nina: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, secret = make(house, nina)
    commit, used = house.store.commit, []

    def first_used(*saves: Any, **more: Any) -> None:
        if more.get("removes") and not used:
            used.append(True)
            assert opens(house, secret)
        commit(*saves, **more)

    monkeypatch.setattr(house.store, "commit", first_used)
    feed_keys.revoke(nina, made.id, by=nina, store=house.store, now=house.clock.now())
    assert used and not opens(house, secret)


def test_somebody_deactivated_has_none_even_when_they_come_back(house: FakeHouse, nina: Person, boss: Person) -> None:
    _, secret = make(house, nina)
    managing.deactivate(nina.id, actor=boss, at=house.reception)
    assert not opens(house, secret)
    managing.reactivate(nina.id, actor=boss, at=house.reception)
    assert not opens(house, secret)
    assert feed_keys.keys_of(nina, store=house.store) == []


def test_the_moment_of_deactivation_is_enough(house: FakeHouse, nina: Person, boss: Person) -> None:
    """Also where the keys could not be removed: the process died in between. Coming back does not bring them back."""
    _, secret = make(house, nina)
    house.store.save(now_of(house, nina).but(deactivated_at=house.clock.now()))
    assert not opens(house, secret)
    managing.reactivate(nina.id, actor=boss, at=house.reception)
    assert now_of(house, nina).deactivated_at is None and not opens(house, secret)


def test_somebody_without_a_role_has_nothing_to_read(house: FakeHouse) -> None:
    lou = newcomer(house, "lou", {"water": ("analyst",)})
    _, secret = make(house, lou)
    assert opens(house, secret)
    house.store.save(now_of(house, lou).but(roles={}))
    assert not opens(house, secret)


def test_every_key_that_opens_nothing_costs_the_same_reads(
    house: FakeHouse, nina: Person, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, first = make(house, nina)
    feed_keys.revoke(nina, revoked.id, by=nina, store=house.store, now=house.clock.now())
    _, second = make(house, nina)
    house.store.save(now_of(house, nina).but(deactivated_at=house.clock.now()))
    reads: list[str] = []
    get = house.store.get
    monkeypatch.setattr(house.store, "get", lambda *a, **k: reads.append("get") or get(*a, **k))
    monkeypatch.setattr(
        house.store, "get_many", lambda asked, **k: reads.append(f"many {len(asked)}") or [get(*each) for each in asked]
    )
    costs = []
    for secret in (first, second, "invented", "", "é\ud800" * 500):
        reads.clear()
        assert not opens(house, secret)
        costs.append(list(reads))
    assert costs == [["get", "many 2"]] * 5


def test_there_is_an_end_to_how_many(house: FakeHouse, nina: Person) -> None:
    for number in range(feed_keys.MOST):
        make(house, nina, f"n° {number}")
    with pytest.raises(Conflict) as refused:
        make(house, nina)
    assert refused.value.code == "too_many_feed_keys"
