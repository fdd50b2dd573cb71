"""What a post is refused for before it is scheduled, beyond what its network counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.media.media import Media
from chalicelib.media.rendition import Rendition
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.checking import check
from chalicelib.publishing.post import Attachment, Content
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.networks import LIMITS


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


def test_a_copy_that_the_network_is_given_is_told(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.network, "limits", lambda stated: replace(LIMITS, image_types=("image/jpeg",)))
    copy = Rendition(spec="jpeg-2000kb", content_type="image/jpeg", size=4, width=40, height=30, sha256="b")
    media = {"filename": "plan.png", "content_type": "image/png", "size": 9, "width": 40, "height": 30, "sha256": "a"}
    made = Media(
        agency=AGENCY,
        id="m1",
        department="water",
        state="ready",
        renditions=(copy,),
        by="carla",
        created_at=house.clock.now(),
        **media,
    )
    house.store.save(made)
    profile = house.store.get(Profile, Profile.key_of(AGENCY, "p1"))
    assert profile is not None
    content = Content(text="Bonjour", targets=("p1",), media=(Attachment(media="m1"),))
    [verdict] = check(AGENCY, content, [profile], store=house.store, network_named=house.network_named)
    assert verdict.problems == ()
    assert [(each.media_id, each.content_type, each.size) for each in verdict.renditions] == [("m1", "image/jpeg", 4)]


def test_elsewhere_a_post_is_a_post(house: FakeHouse) -> None:
    assert codes(house, Content(text="Bonjour", targets=("p1",))) == []
