"""What a post is refused for before it is scheduled, beyond what its network counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.profiles.profile import Profile
from chalicelib.publishing.checking import check
from chalicelib.publishing.post import Content
from tests.fakes.house import AGENCY, FakeHouse


@pytest.fixture
def replies_only(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> FakeHouse:
    able = replace(house.network.capabilities(), publishes=False, name="Réponses")
    monkeypatch.setattr(house.network, "capabilities", lambda: able)
    return house


def codes(house: FakeHouse, content: Content) -> list[str]:
    profile = house.store.get(Profile, Profile.key_of(AGENCY, "p1"))
    assert profile is not None
    verdicts = check(AGENCY, content, [profile], store=house.store, network_named=house.network_named)
    return [problem.code for verdict in verdicts for problem in verdict.problems]


def test_a_post_for_a_network_that_takes_replies_alone_is_named(replies_only: FakeHouse) -> None:
    assert codes(replies_only, Content(text="Bonjour", targets=("p1",))) == ["posts_not_supported"]
    assert codes(replies_only, Content(text=" ", targets=("p1",)))[0] == "posts_not_supported"


def test_a_reply_there_is_none_of_that(replies_only: FakeHouse) -> None:
    assert codes(replies_only, Content(text="Bonjour", targets=("p1",), reply_to="m1")) == []


def test_elsewhere_a_post_is_a_post(house: FakeHouse) -> None:
    assert codes(house, Content(text="Bonjour", targets=("p1",))) == []
