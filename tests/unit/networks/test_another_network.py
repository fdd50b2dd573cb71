"""A network that nobody here knew: a connector that keeps the contract, and its line in the registry, are all that it
takes. docs/adding-a-network.md says so; this holds it to be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.api import profiles
from chalicelib.errors import InvalidInput
from chalicelib.inbox import answering
from chalicelib.inbox.message import Message
from chalicelib.inbox.polling import Ask
from chalicelib.networks import registry
from chalicelib.networks.checks import check_post
from chalicelib.networks.contract import (
    Account,
    App,
    Batch,
    Capabilities,
    Citizen,
    Connected,
    CredentialsRefused,
    Gate,
    Inbound,
    Limits,
    MediaFile,
    Outcome,
    PostMetrics,
    Problem,
    ProfileMetrics,
    Publication,
    Published,
    Sighting,
)
from chalicelib.networks.counting import graphemes
from chalicelib.networks.transport import Transport
from chalicelib.profiles import connecting
from chalicelib.publishing.checking import check
from chalicelib.publishing.post import Content
from tests.fakes.citizens import RITA, InboxHouse
from tests.fakes.house import ADMINISTRATOR, AGENCY

LIMITS = Limits("graphemes", 140, None, None, 0, 0, (), None, source="made up for this test, 2026-11")


class Pigeon:
    """A network of a few lines: what is published is a list, and one citizen answers everything."""

    def __init__(self, transport: Transport, app: App) -> None:
        self.transport = transport
        self.posts: list[tuple[str, str, datetime]] = []

    def capabilities(self) -> Capabilities:
        return Capabilities(
            network="pigeon",
            name="Pigeon Post",
            connect="app_password",
            needs_server=False,
            limits=LIMITS,
            chosen_id=False,
            absence_after=timedelta(seconds=5),
            reads=frozenset({"inbox", "post_metrics", "profile_metrics"}),
            measures=frozenset({"likes"}),
        )

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, graphemes)

    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
        if app_password != "grain":
            raise CredentialsRefused("credentials_refused")
        return Connected("https://pigeon.example", identifier, identifier, "Ville", None, {"access": "grain"})

    def refresh(self, account: Account) -> None:
        return

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        gate()
        name = f"pigeon-{len(self.posts)}"
        self.posts.append((name, publication.text, publication.written_at))
        return Published(name, f"https://pigeon.example/{name}")

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        return [Sighting(name, None, at, exact=False) for name, text, at in self.posts if text == publication.text]

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        start = int(cursor or 0)
        told = [
            Inbound(f"re-{name}", "reply", Citizen("c1", "zoe", "Zoé"), "Bien reçu", at, parent=name, root=name)
            for name, _, at in self.posts[start : start + limit]
        ]
        return Batch(told, str(start + len(told)), more=False)

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        return [PostMetrics(each, likes=1) for each in remote_ids]

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        return ProfileMetrics(followers=3)


class PigeonHouse(InboxHouse):
    """It builds its networks from the registry, as the real one does."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}
        super().__init__()

    def network_named(self, name: str) -> Any:
        if name not in registry.NETWORKS:
            return super().network_named(name)
        if name not in self._built:
            self._built[name] = registry.build(name, Transport(), dict)
        return self._built[name]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> PigeonHouse:
    """With the one line that docs/adding-a-network.md asks for."""
    monkeypatch.setitem(registry._CONNECTORS, "pigeon", Pigeon)
    monkeypatch.setattr(registry, "NETWORKS", tuple(registry._CONNECTORS))
    return PigeonHouse()


def test_it_is_listed_connected_checked_published_to_and_read(house: PigeonHouse) -> None:
    network = house.network_named("pigeon")

    # Listed with what it can do, for the composer and the page of profiles.
    listed = profiles.get_networks(Call(house))  # type: ignore[arg-type]
    shown = next(each for each in listed.items if each.network == "pigeon")
    assert (shown.name, shown.connect, shown.limits.text_max) == ("Pigeon Post", "app_password", 140)

    # Connected, with the right password.
    asked = {"network_name": "pigeon", "network": network, "department": "water", "server": "", "identifier": "ville"}
    with pytest.raises(InvalidInput):
        connecting.connect_with_password(
            **asked, app_password="bread", mending=None, actor=ADMINISTRATOR, desk=house.connecting
        )
    profile = connecting.connect_with_password(
        **asked, app_password="grain", mending=None, actor=ADMINISTRATOR, desk=house.connecting
    )
    assert (profile.network, profile.handle) == ("pigeon", "ville")

    # Checked by its own limits, and published at its second.
    too_long = Content(text="é" * 141, targets=(profile.id,))
    (verdict,) = check(AGENCY, too_long, [profile], store=house.store, network_named=house.network_named)
    assert [each.code for each in verdict.problems] == ["text_too_long"]
    planned = house.scheduled(5, "La rue Haute est fermée.", profile.id)
    assert house.run(10) == ["published"]
    delivery = house.delivery(planned, profile.id)
    assert (delivery.state, delivery.remote_id) == ("published", "pigeon-0")
    assert [text for _, text, _ in network.posts] == ["La rue Haute est fermée."]

    # Read into the inbox, and answered there.
    assert house.poll(Ask(agency=AGENCY, profile=profile.id)) == "new 1 edited 0 known 0"
    message = next(each for each in house.store.all(Message, AGENCY) if each.remote_id == "re-pigeon-0")
    assert message.text == "Bien reçu"
    answering.answer(message.conversation, to=message.id, text="Merci.", answers_seen=0, actor=RITA, bench=house.bench)
    assert house.run(5) == ["published"]
    assert [text for _, text, _ in network.posts] == ["La rue Haute est fermée.", "Merci."]


def test_it_is_no_network_before_its_line_stands() -> None:
    assert "pigeon" not in registry.NETWORKS
    with pytest.raises(registry.UnknownNetwork):
        registry.build("pigeon", Transport(), dict)


class Call:
    """What a route is given, of which the list of networks needs the house alone."""

    def __init__(self, house: PigeonHouse) -> None:
        self.house = house
        self.actor = ADMINISTRATOR
