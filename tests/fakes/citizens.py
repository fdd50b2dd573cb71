"""Citizens who write: a network that can be read, a house with people who answer, and a flood of messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.inbox.conversation import Above, Answer, Conversation
from chalicelib.inbox.ingesting import Taken, take_in
from chalicelib.inbox.message import Message
from chalicelib.inbox.polling import Ask, poll
from chalicelib.networks.contract import (
    Account,
    Batch,
    Capabilities,
    Citizen,
    CredentialsRefused,
    Inbound,
    InboundKind,
    NetworkError,
)
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.delivery import Delivery
from chalicelib.team.actor import Actor
from tests.fakes.clock import START
from tests.fakes.house import AGENCY, FakeHouse
from tests.fakes.networks import FakeNetwork

RITA = Actor(AGENCY, "rita", "Rita Responder", {"water": "responder"})
OMAR = Actor(AGENCY, "omar", "Omar Responder", {"water": "responder"})
ANNE = Actor(AGENCY, "anne", "Anne Analyst", {"water": "analyst"})
POLICE = Actor(AGENCY, "pol", "Pol Police", {"police": "responder"})


def citizen(name: str) -> Citizen:
    return Citizen(remote_id=f"id-{name}", handle=f"{name}@there.example", name=name.title())


def inbound(
    remote_id: str,
    author: str = "nadia",
    text: str = "Il n'y a plus d'eau rue Haute.",
    *,
    kind: InboundKind = "mention",
    at: datetime = START,
    **more: Any,
) -> Inbound:
    return Inbound(remote_id=remote_id, kind=kind, author=citizen(author), text=text, written_at=at, **more)


class CitizenNetwork(FakeNetwork):
    """feed, public: what reached an account, what is found by a search; each is read by its place in it.

    errors: what the next readings answer instead; thread_error: what every thread does. asked: the readings made.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.feed: dict[str, list[Inbound]] = {}
        self.public: list[Inbound] = []
        self.written: dict[str, Inbound] = {}
        self.errors: list[NetworkError] = []
        self.thread_error: NetworkError | None = None
        self.asked: list[tuple[str, str | None]] = []
        self.reads = frozenset({"inbox", "search", "thread"})

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), reads=self.reads)

    def write(self, *messages: Inbound, to: str | None = "p1") -> None:
        """to: the profile that they reach; None for what nobody is told of."""
        for each in messages:
            self.written[each.remote_id] = each
            if to is not None:
                self.feed.setdefault(f"{to}@", []).append(each)

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        return self._page(account, "inbox", self.feed.get(account.remote_id, []), cursor, limit)

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        hits = [replace(each, kind="keyword") for each in self.public if words.lower() in each.text.lower()]
        return self._page(account, "search", hits, cursor, limit)

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        self.asked.append(("thread", remote_id))
        if self.thread_error is not None:
            raise self.thread_error
        above: list[Inbound] = []
        step = self.written.get(remote_id)
        while step is not None and step.parent is not None:
            step = self.written.get(step.parent)
            if step is not None:
                above.insert(0, step)
        return above

    def _page(self, account: Account, what: str, messages: list[Inbound], cursor: str | None, limit: int) -> Batch:
        self.asked.append((what, cursor))
        if self._tokens.get(account.secrets.get("access", "")) != account.remote_id:
            raise CredentialsRefused("credentials_refused")
        if self.errors:
            raise self.errors.pop(0)
        begin = int(cursor or 0)
        page = messages[begin : begin + limit]
        return Batch(page, str(begin + len(page)), more=begin + limit < len(messages))


class FakePollQueue:
    """sent: every reading asked for, with its delay in seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[Ask, int]] = []

    def send(self, asks: Sequence[tuple[Ask, int]]) -> int:
        self.sent += [(Ask.model_validate_json(ask.model_dump_json(exclude_none=True)), after) for ask, after in asks]
        return len(asks)


class InboxHouse(FakeHouse):
    """A house with profile p1, two people who answer for its department and some who do not."""

    network: CitizenNetwork

    def __init__(self) -> None:
        super().__init__(network=CitizenNetwork())
        self.poll_queue = FakePollQueue()
        for actor in (RITA, OMAR, ANNE, POLICE):
            self.person(actor)
        self.profile("p1")

    def take(self, *messages: Inbound, profile: str = "p1", **more: Any) -> Taken:
        self.fate.reborn()
        return take_in(self.profile_now(profile), messages, desk=self.desk, **more)

    def poll(self, ask: Ask | None = None) -> str:
        self.fate.reborn()
        return poll(ask or Ask(agency=AGENCY, profile="p1"), desk=self.desk, queue=self.poll_queue)

    # ------------------------------------------------------------ what is to be seen afterwards

    def message(self, remote_id: str, profile: str = "p1") -> Message:
        found = self.store.get(Message, Message.key_of(AGENCY, Message.id_of(profile, remote_id)))
        assert found is not None, f"{remote_id} is not kept"
        return found

    def conversation_of(self, remote_id: str, profile: str = "p1") -> Conversation:
        key = Conversation.key_of(AGENCY, self.message(remote_id, profile).conversation)
        found = self.store.get(Conversation, key)
        assert found is not None
        return found

    def above(self, remote_id: str) -> Above | None:
        return self.store.get(Above, Above.key_of(AGENCY, self.message(remote_id).conversation))

    def conversations(self) -> list[Conversation]:
        return self.store.all(Conversation, AGENCY)

    def delivery_of(self, answer: Answer) -> Delivery:
        found = self.store.get(Delivery, Delivery.key_of(AGENCY, answer.post, answer.profile))
        assert found is not None
        return found


def flood(count: int, *, seed: int, profile: Profile, begin: datetime) -> list[Inbound]:
    """So many messages of a burst: mentions, replies under three posts of ours, and citizens who answer each other and
    themselves. Some networks name the root and some do not; a thread can always be read."""
    chance = random.Random(seed)
    posts = [f"our-post-{number}" for number in range(3)]
    made: list[Inbound] = []
    for number in range(count):
        fields: dict[str, Any] = {}
        kind: InboundKind = "mention"
        turn = chance.random()
        if turn < 0.3:
            fields, kind = {"parent": chance.choice(posts)}, "reply"
        elif turn < 0.7 and made:
            before = chance.choice(made[-200:])
            fields, kind = {"parent": before.remote_id}, "reply"
            if chance.random() < 0.5:
                fields["root"] = _root(before, made)
        author = f"citizen{chance.randrange(max(2, count // 12))}"
        at = begin + timedelta(milliseconds=number)
        made.append(inbound(f"{seed}-{number}", author, f"Message {number} d'une rafale.", kind=kind, at=at, **fields))
    return made


def _root(message: Inbound, made: Sequence[Inbound]) -> str:
    by_id = {each.remote_id: each for each in made}
    while message.parent is not None and message.parent in by_id:
        message = by_id[message.parent]
    return message.parent or message.remote_id
