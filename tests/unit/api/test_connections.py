"""Connecting at its HTTP edge: by the network's own sign-in, or by a token that a person brings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.api.profiles import post_connection, post_reconnect
from chalicelib.api.routing import Call
from chalicelib.api.shapes.profiles import NewConnection, Reconnection
from tests.fakes.house import ADMINISTRATOR, FakeHouse
from tests.fakes.oauth import FakeOAuthNetwork


@pytest.fixture
def house() -> FakeHouse:
    return FakeHouse(network=FakeOAuthNetwork())


def call(house: FakeHouse, **path: str) -> Call:
    settings = SimpleNamespace(site_url="https://parvis.example")
    around = SimpleNamespace(
        store=house.store, vault=house.vault, clock=house.clock, network_named=house.network_named, settings=settings
    )
    return cast(Call, SimpleNamespace(house=around, actor=ADMINISTRATOR, path=path))


def asked(**more: Any) -> NewConnection:
    return NewConnection(network="fake", department="water", server="https://fake.example", **more)


def test_without_a_token_the_person_is_sent_to_the_network(house: FakeHouse) -> None:
    for half in ({}, {"identifier": "p1@"}, {"app_password": house.network.password}):
        answer = post_connection(call(house), asked(**half))
        assert answer.profile is None
        assert answer.authorize_url


def test_a_token_brought_by_hand_connects_at_once(house: FakeHouse) -> None:
    answer = post_connection(call(house), asked(identifier="p1@", app_password=house.network.password))
    assert answer.authorize_url is None
    assert answer.profile is not None
    mended = post_reconnect(call(house, id=answer.profile.id), Reconnection(app_password=house.network.password))
    assert mended.profile is not None
    begun = post_reconnect(call(house, id=answer.profile.id), Reconnection())
    assert begun.authorize_url


def test_a_network_that_takes_no_token_is_not_given_one(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutPasswords:
        capabilities = house.network.capabilities
        start_oauth = house.network.start_oauth  # type: ignore[attr-defined]

    monkeypatch.setattr(house, "network_named", lambda name: WithoutPasswords())
    answer = post_connection(call(house), asked(identifier="p1@", app_password=house.network.password))
    assert answer.authorize_url
