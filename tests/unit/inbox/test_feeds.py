"""A feed in the house: connected by its address, searched for a keyword, its hit in the inbox, and never answered."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.api.profiles import post_connection, post_reconnect
from chalicelib.api.routing import Call
from chalicelib.api.shapes.profiles import NewConnection, Reconnection
from chalicelib.errors import Conflict, InvalidInput, ParvisError, Upstream
from chalicelib.inbox import answering, keyword
from chalicelib.inbox.message import Message
from chalicelib.inbox.polling import Ask, listen
from chalicelib.networks.rss import Rss
from chalicelib.networks.transport import Transport
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.checking import check
from chalicelib.publishing.post import Content
from tests.fakes.citizens import RITA, InboxHouse
from tests.fakes.house import ADMINISTRATOR, AGENCY
from tests.unit.networks.test_rss import document, entry, served
from tests.unit.networks.wire import Wire, answer, serving


class FeedHouse(InboxHouse):
    def __init__(self) -> None:
        self._rss = Rss(Transport(allow_loopback=True, connect_timeout=2.0, read_timeout=2.0))
        super().__init__()

    def network_named(self, name: str) -> Any:
        return self._rss if name == "rss" else super().network_named(name)

    def call(self, **path: str) -> Call:
        settings = SimpleNamespace(site_url="https://parvis.example")
        around = SimpleNamespace(
            store=self.store, vault=self.vault, clock=self.clock, network_named=self.network_named, settings=settings
        )
        return cast(Call, SimpleNamespace(house=around, actor=ADMINISTRATOR, path=path))

    def connect(self, address: str | None) -> Profile:
        asked = NewConnection.model_validate({"network": "rss", "department": "water", "address": address})
        made = post_connection(self.call(), asked).profile
        assert made is not None
        found = self.store.get(Profile, Profile.key_of(AGENCY, made.id))
        assert found is not None
        return found


@pytest.fixture
def house() -> FeedHouse:
    return FeedHouse()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving(lambda request: served(entry(1))) as server:
        yield server


def test_a_feed_is_connected_searched_and_read_and_never_answered(house: FeedHouse, wire: Wire) -> None:
    feed = house.connect(f"{wire.url}/rss.xml?key=s3cret")
    assert (feed.display_name, feed.status) == ("La Gazette", "connected")
    assert "s3cret" not in feed.model_dump_json(exclude={"sealed"})

    made = keyword.search_for(
        '"pont est"',
        feed.id,
        actor=ADMINISTRATOR,
        store=house.store,
        clock=house.clock,
        network_named=house.network_named,
    )
    listen(store=house.store, queue=house.poll_queue, network_named=house.network_named)
    asked = [each for each, _ in house.poll_queue.sent if each.profile == feed.id]
    assert asked == [Ask(agency=AGENCY, profile=feed.id, keyword=made.id)], "its whole is never asked for"
    assert house.poll(asked[0]) == "new 1 edited 0 known 0"
    (message,) = (each for each in house.store.all(Message, AGENCY) if each.network == "rss")
    assert (message.type, message.text, message.author.name) == ("keyword", "Le pont est fermé 1", "La Gazette")

    conversation = next(each for each in house.conversations() if each.network == "rss")
    assert conversation.waiting_since is None, "nobody waits for an answer"
    assert answering.obstacle(conversation, feed, house.network_named) == "replies_not_offered"
    with pytest.raises(Conflict) as refused:
        answering.answer(conversation.id, to=message.id, text="Merci", answers_seen=0, actor=RITA, bench=house.bench)
    assert refused.value.code == "replies_not_offered"
    assert house.poll(Ask(agency=AGENCY, profile=feed.id)) == "not offered"


def test_no_post_and_no_reply_is_made_for_it(house: FeedHouse, wire: Wire) -> None:
    feed = house.connect(wire.url)

    def problems(**more: Any) -> list[str]:
        content = Content(text="Bonjour", targets=(feed.id,), **more)
        (verdict,) = check(AGENCY, content, [feed], store=house.store, network_named=house.network_named)
        return [each.code for each in verdict.problems]

    assert problems()[0] == "posts_not_supported"
    assert problems(reply_to="g1")[0] == "replies_not_offered"


def test_the_same_feed_is_connected_once(house: FeedHouse, wire: Wire) -> None:
    house.connect(f"{wire.url}/rss.xml?a=1")
    with pytest.raises(Conflict) as refused:
        house.connect(f"{wire.url}/rss.xml?a=1")
    assert refused.value.code == "profile_exists"
    house.connect(f"{wire.url}/rss.xml?a=2")


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (b"", Upstream, "address_unavailable"),
        (answer(503), Upstream, "address_unavailable"),
        (answer(200, b"<html></html>", kind="text/html"), InvalidInput, "not_a_feed"),
        (answer(404), InvalidInput, "feed_not_found"),
        (answer(451), InvalidInput, "not_a_feed"),
        (answer(410), InvalidInput, "feed_gone"),
        (answer(401), InvalidInput, "feed_protected"),
        (answer(403), InvalidInput, "feed_protected"),
        (answer(302, headers={"Location": "https://10.0.0.8/"}), InvalidInput, "address_refused"),
    ],
)
def test_why_it_could_not_be_connected(
    house: FeedHouse, wire: Wire, said: bytes, kind: type[ParvisError], code: str
) -> None:
    wire.handler = lambda request: said
    with pytest.raises(kind) as refused:
        house.connect(f"{wire.url}/rss.xml?key=s3cret")
    assert refused.value.code == code
    assert "s3cret" not in str(vars(refused.value))
    assert not [each for each in house.store.all(Profile, AGENCY) if each.network == "rss"]


@pytest.mark.parametrize(("address", "code"), [(None, "address_missing"), ("  ", "address_missing")])
def test_without_an_address_nothing_is_connected(house: FeedHouse, address: str | None, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.connect(address)
    assert refused.value.code == code


def test_a_feed_that_is_gone_breaks_and_is_mended_at_its_own_address(house: FeedHouse, wire: Wire) -> None:
    feed = house.connect(f"{wire.url}/rss.xml?key=s3cret")
    made = keyword.search_for(
        "pont", feed.id, actor=ADMINISTRATOR, store=house.store, clock=house.clock, network_named=house.network_named
    )
    wire.handler = lambda request: answer(410)
    assert house.poll(Ask(agency=AGENCY, profile=feed.id, keyword=made.id)) == "broken"
    assert house.profile_now(feed.id).status_reason == "feed_gone"

    moved = answer(301, headers={"Location": "/new.xml"})
    wire.handler = lambda request: moved if request.path == "/rss.xml" else answer(200, document(entry(1)))
    mended = post_reconnect(house.call(id=feed.id), Reconnection()).profile
    assert mended is not None and (mended.id, mended.status) == (feed.id, "connected")
    assert wire.requests[-2].target == "/rss.xml?key=s3cret"
    again = house.profile_now(feed.id)
    assert again.remote_id == feed.remote_id, "the same profile, wherever its address leads now"
    assert house.vault.open(again.sealed, agency=AGENCY, owner=feed.id) == {"address": f"{wire.url}/new.xml"}


def test_a_feed_that_is_away_for_a_while_is_not_disconnected(house: FeedHouse, wire: Wire) -> None:
    feed = house.connect(wire.url)
    made = keyword.search_for(
        "pont", feed.id, actor=ADMINISTRATOR, store=house.store, clock=house.clock, network_named=house.network_named
    )
    for said, code in ((answer(404), "feed_not_found"), (answer(503), "http_503"), (answer(403), "feed_protected")):
        wire.handler = lambda request, said=said: said
        assert house.poll(Ask(agency=AGENCY, profile=feed.id, keyword=made.id)) == code
        assert house.profile_now(feed.id).status == "connected"
        house.clock.sleep(1000)
