"""The towns of the reading contract: a profile of the agency and a citizen who writes to it, on every target alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, cast
from uuid import uuid4

import pytest
import requests

from chalicelib.networks.contract import Account, Citizen, Inbound, PostMetrics, Published, ReadingNetwork
from infra.servers.bluesky_network import until
from infra.servers.citizens import BlueskyCitizen, MastodonCitizen, snac_citizen
from infra.servers.run import Account as ServerAccount
from infra.servers.run import Server
from tests.contract.networks.conftest import (
    PRACTICE_ACCOUNTS,
    PRACTICE_PASSWORD,
    PRACTISED,
    _practice_mastodon,
    _snac,
    account_of,
    bluesky_target,
    practice_target,
    publication,
)
from tests.contract.networks.two_steps import Shelf
from tests.fakes.networks import FakeNetwork

__all__ = ["READ_FROM", "Town", "build"]

READ_FROM = [
    "fake",
    "practice-bluesky",
    "practice-mastodon",
    "practice-threads",
    "practice-x",
    pytest.param("bluesky", marks=pytest.mark.servers),
    pytest.param("snac", marks=pytest.mark.servers),
]


class Voice(Protocol):
    """The citizen. to_agency: mentions the agency. Answers the post's remote id."""

    def __call__(self, text: str, *, to_agency: bool = False, reply_to: str | None = None) -> str: ...


@dataclass
class Town:
    """private: the citizen writes to the agency alone; None where the network has no such thing for us.

    proclaim: the citizen writes what a search of ours can find (snac2 finds what reached us, and no more). heard: the
    texts that the citizen was told of, where that can be asked. follows_parents: it says where a thread begins."""

    name: str
    network: ReadingNetwork
    account: Account
    say: Voice
    proclaim: Callable[[str], str]
    like: Callable[[str], None]
    heard: Callable[[], list[str]] | None
    citizen: Callable[[Inbound], Citizen]
    private: Callable[[str], str] | None
    follows_parents: bool

    def publish(self, text: str, reply_to: str | None = None) -> str:
        outcome = self.network.publish(self.account, publication(text, reply_to=reply_to), lambda: None)
        assert isinstance(outcome, Published), outcome
        return outcome.remote_id

    def new(self, cursor: str | None, *wanted: str, limit: int = 50) -> tuple[list[Inbound], str | None]:
        """Reads from the cursor until all of these were told and there is no more; answers them as they were told.
        What others wrote meanwhile is passed over."""
        told: list[Inbound] = []
        place = [cursor]

        def look() -> bool:
            batch = self.network.inbox(self.account, cursor=place[0], limit=limit)
            assert len(batch.messages) <= limit
            told.extend(message for message in batch.messages if message.remote_id in wanted)
            place[0] = batch.cursor
            return {message.remote_id for message in told} == set(wanted) and not batch.more

        until(look, seconds=40)
        return told, place[0]


def unusual() -> str:
    """A word that nobody wrote before."""
    return "mot" + "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex[:14])


def counted(town: Town, remote_id: str, enough: Callable[[PostMetrics], bool]) -> PostMetrics:
    found: list[PostMetrics] = []

    def look() -> bool:
        found[:] = town.network.post_metrics(town.account, [remote_id])
        return enough(found[0])

    until(look, seconds=40)
    return found[0]


# ---------------------------------------------------------------- each of them


def build(name: str, request: pytest.FixtureRequest) -> Town:
    if name == "fake":
        return _fake()
    if name == "bluesky":
        network: Server = request.getfixturevalue("bluesky_network")
        people = {person.identifier.split(".")[0]: person for person in network.accounts}
        return _bluesky("bluesky", network.url, people["mairie"], people["alice"])
    if name == "snac":
        return _snac_town(request.getfixturevalue("snac_server"))
    url = request.getfixturevalue("practice_url")
    return _practice(name, url)


def _fake() -> Town:
    network = FakeNetwork(clock=_ticking())
    account = network.account("mairie")
    heard: list[str] = []

    def say(text: str, *, to_agency: bool = False, reply_to: str | None = None) -> str:
        if not (to_agency or reply_to):
            return network.say(text).remote_id
        kind = "reply" if reply_to else "mention"
        return network.receive("mairie", text, kind=kind, parent=reply_to, root=reply_to).remote_id  # type: ignore[arg-type]

    def told() -> list[str]:
        heard[:] = [post.publication.text for post in network.posts_of("mairie") if post.publication.reply_to]
        return heard

    def like(remote_id: str) -> None:
        network.count(remote_id, likes=1, replies=1)

    return Town(
        "fake",
        network,
        account,
        say,
        say,
        like,
        told,
        lambda message: message.author,
        lambda text: network.receive("mairie", text, kind="private").remote_id,
        follows_parents=True,
    )


def _ticking() -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(time.time(), UTC)


def _bluesky(name: str, url: str, agency: ServerAccount, citizen: ServerAccount) -> Town:
    target = bluesky_target(name, url, agency.identifier, agency.app_password or agency.password)
    voice = BlueskyCitizen(url, citizen)
    network = cast(ReadingNetwork, target.network)

    def say(text: str, *, to_agency: bool = False, reply_to: str | None = None) -> str:
        if not to_agency:
            return voice.post(text, reply_to=reply_to)
        return voice.post(f"@{agency.identifier} {text}", mention=agency, reply_to=reply_to)

    ears = bluesky_target(name, url, citizen.identifier, citizen.app_password or citizen.password)
    their_account = account_of(ears.connect(None))

    def heard() -> list[str]:
        batch = cast(ReadingNetwork, ears.network).inbox(their_account, cursor=None)
        return [message.text for message in batch.messages]

    return Town(
        name,
        network,
        account_of(target.connect(None)),
        say,
        say,
        lambda remote_id: (until(lambda: voice.is_indexed(remote_id)), voice.like(remote_id), None)[-1],
        heard,
        lambda message: message.author,
        None,
        follows_parents=True,
    )


def _snac_town(server: Server) -> Town:
    target = _snac(server)
    people = {person.identifier: person for person in server.accounts}
    voice = snac_citizen(server, people["alice"])
    return _mastodon("snac", cast(ReadingNetwork, target.network), account_of(target.connect(None)), voice, "mairie")


def _mastodon(name: str, network: ReadingNetwork, account: Account, voice: MastodonCitizen, agency: str) -> Town:
    def say(text: str, *, to_agency: bool = False, reply_to: str | None = None) -> str:
        return voice.post(f"@{agency} {text}" if to_agency or reply_to else text, reply_to=reply_to)

    def local(message: Inbound) -> Citizen:
        """snac2 reads no port in a mention, and on one server the name is enough."""
        return Citizen(message.author.remote_id, message.author.handle.split("@")[0])

    return Town(
        name,
        network,
        account,
        say,
        lambda text: say(text, to_agency=True),
        voice.like,
        lambda: [told["status"]["content"] for told in voice.notifications() if told["type"] == "mention"],
        local,
        lambda text: voice.post(f"@{agency} {text}", visibility="direct"),
        follows_parents=False,
    )


def _practice(name: str, url: str, files: Shelf | None = None) -> Town:
    """Its citizens write when they are told to."""
    kind = name.removeprefix("practice-")
    agency = PRACTICE_ACCOUNTS[kind]
    if kind in PRACTISED:
        target = practice_target(kind, url, files or Shelf())
    else:
        target = bluesky_target(name, url, agency, PRACTICE_PASSWORD) if kind == "bluesky" else _practice_mastodon(url)

    def act(what: str, **body: object) -> dict[str, object]:
        answer = requests.post(f"{url}/practice/citizens/{what}", json={"network": kind, **body}, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def write(text: str, **more: object) -> str:
        written = act("write", text=text, author="alice", **more)["written"]
        return str(written[0]["remote_id"])  # type: ignore[index]

    def say(text: str, *, to_agency: bool = False, reply_to: str | None = None) -> str:
        more = {"mention": agency} if to_agency or (reply_to and kind == "mastodon") else {}
        return write(text, **more, **({"reply_to": reply_to} if reply_to else {}))

    return Town(
        name,
        cast(ReadingNetwork, target.network),
        account_of(target.connect(None)),
        say,
        say,
        lambda remote_id: act("react", remote_id=remote_id, likes=1) and None,
        None,
        lambda message: message.author,
        (lambda text: write(text, mention=agency, private=True)) if kind in ("mastodon", "x") else None,
        follows_parents=kind != "mastodon",
    )
