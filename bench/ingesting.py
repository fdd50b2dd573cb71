"""Exactly once under hostile delivery, on Amazon's DynamoDB Local with the product's own code.

`ingest.lost_or_doubled`: messages delivered twice, shuffled, by workers that are killed at any write, before it is made
or after it and before its answer is heard; a batch that was not finished comes again, as SQS brings it again.
`reply.doubled`: two people answer one conversation at the same moment.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

from bench.bare import BARE_SHELF, BareQueue, BareTopic, BareVault
from bench.results import Row
from chalicelib.alerts.tally import between
from chalicelib.clock import SystemClock
from chalicelib.errors import Conflict, Upstream
from chalicelib.inbox.answering import answer
from chalicelib.inbox.conversation import Answer, Conversation
from chalicelib.inbox.ingesting import take_in
from chalicelib.inbox.message import Message
from chalicelib.networks.contract import Citizen, Inbound, Network
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.delivering import deliver
from chalicelib.publishing.planning import Bench
from chalicelib.records.event import Event
from chalicelib.store import Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency
from tests.fakes.citizens import CitizenNetwork, flood, inbound
from tests.fakes.fate import Fate, mortal
from tests.fakes.queue import Killed

AGENCY = "rivemont"
ZONE = "America/Toronto"
BATCH = 10
WORKERS = 8
DEATHS = 0.15
"""The share of the batches whose worker is killed."""


@dataclass
class Town:
    """An agency with one profile on a network that lives in memory, over a store of whatever kind."""

    store: Store
    network: CitizenNetwork
    profile: Profile
    queue: BareQueue

    def desk(self, store: Store | None = None) -> Desk:
        named: Callable[[str], Network] = lambda _: self.network  # noqa: E731
        return Desk(
            store or self.store,
            self.queue,
            BareTopic(),
            BareVault(),
            SystemClock(),
            named,
            BARE_SHELF,
        )

    @property
    def bench(self) -> Bench:
        return Bench(self.store, self.queue, SystemClock(), lambda _: self.network)


def town(store: Store) -> Town:
    network = CitizenNetwork()
    account = network.account("p1@")
    profile = Profile(
        agency=AGENCY,
        id="p1",
        network="fake",
        server="https://fake.example",
        remote_id=account.remote_id,
        handle="rivemont.example",
        display_name="Ville de Rivemont",
        department="water",
        connected_at=datetime.now(UTC),
        sealed=account.secrets["access"],
    )
    store.commit(profile, Agency(id=AGENCY, name="Rivemont", zone=ZONE))
    return Town(store, network, profile, BareQueue())


# ---------------------------------------------------------------- messages


@dataclass(frozen=True)
class Judged:
    """lost, doubled: messages. astray: conversations, tallies or events that do not agree with the messages."""

    messages: int
    lost: int
    doubled: int
    astray: int
    deaths: int

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.astray


def deliver_twice(place: Town, count: int, *, seed: int, workers: int = WORKERS) -> Judged:
    """Deliver so many messages twice, in any order and by several workers at once, some of which die."""
    began = datetime.now(UTC)
    chance = random.Random(seed)
    messages = flood(count, seed=seed, profile=place.profile, begin=began - timedelta(minutes=5))
    ours = Citizen(place.profile.remote_id, place.profile.handle)
    posts = {each.parent for each in messages if each.parent and each.parent.startswith("our-post")}
    place.network.write(*(replace(inbound(each), author=ours) for each in sorted(posts)), *messages, to=None)
    twice = [*messages, *messages]
    chance.shuffle(twice)
    waiting = [(twice[start : start + BATCH], chance.random()) for start in range(0, len(twice), BATCH)]
    lock, deaths = threading.Lock(), 0

    def work() -> None:
        nonlocal deaths
        while True:
            with lock:
                if not waiting:
                    return
                batch, luck = waiting.pop()
            fate = Fate()
            if luck < DEATHS:
                fate.kill(1, after=luck < DEATHS / 2)
            desk = place.desk(mortal(place.store, fate, "save", "commit", "remove"))
            try:
                take_in(place.profile, batch, desk=desk)
            except (Killed, Upstream) as error:
                with lock:
                    deaths += isinstance(error, Killed)
                    waiting.insert(0, (batch, 1.0))

    with ThreadPoolExecutor(workers) as pool:
        for each in [pool.submit(work) for _ in range(workers)]:
            each.result()
    return _judge(place, messages, began, deaths)


def _judge(place: Town, messages: Sequence[Inbound], began: datetime, deaths: int) -> Judged:
    store = place.store
    kept: list[Message] = []
    for start in range(0, len(messages), 100):
        some = messages[start : start + 100]
        keys = [(Message, Message.key_of(AGENCY, Message.id_of("p1", each.remote_id))) for each in some]
        kept += [each for each in store.get_many(keys) if isinstance(each, Message)]
    lost = len(messages) - len(kept)
    threads: dict[str, list[Message]] = defaultdict(list)
    for each in kept:
        threads[each.conversation].append(each)
    doubled = astray = 0
    received: Counter[str] = Counter()
    for conversation_id, thread in threads.items():
        conversation = store.get(Conversation, Conversation.key_of(AGENCY, conversation_id))
        for event in store.query(Event, Event.partition(AGENCY, f"CONVERSATION#{conversation_id}"), consistent=True):
            if event.what == "message.received":
                received[str(event.detail["message"])] += 1
        last = max(each.written_at for each in thread)
        astray += (
            conversation is None
            or conversation.messages != len(thread)
            or conversation.last_at != last
            or conversation.waiting_since != min(each.written_at for each in thread)
            or len({each.author.remote_id for each in thread}) != 1
        )
    tallied: Counter[str] = Counter()
    for tally in between(AGENCY, began, datetime.now(UTC) + timedelta(minutes=1), store=store, profile="p1"):
        tallied.update(tally.messages)
    for counts in (received, tallied):
        doubled += sum(times - 1 for times in counts.values())
        astray += len({each.id for each in kept} ^ set(counts))
    roots = Counter((_root_of(each, messages), each.author.remote_id) for each in messages)
    astray += abs(len(threads) - len(roots))
    return Judged(len(messages), lost, doubled, astray, deaths)


def _root_of(message: Inbound, messages: Sequence[Inbound]) -> str:
    number = int(message.remote_id.rpartition("-")[2])
    while message.parent is not None and message.parent.partition("-")[0] == message.remote_id.partition("-")[0]:
        number = int(message.parent.rpartition("-")[2])
        message = messages[number]
    return message.parent or message.remote_id


# ---------------------------------------------------------------- replies


def answer_at_once(place: Town, pairs: int) -> int:
    """So many conversations, each answered by two people at the same moment. Returns in how many of them anything but
    one answer was kept, anything but one reply left, or the other was told anything but who had answered."""
    wrong = 0
    for number in range(pairs):
        remote_id = f"asked-{number}"
        take_in(place.profile, [inbound(remote_id, f"c{number}", at=datetime.now(UTC))], desk=place.desk())
        wrong += not _one_answer(place, remote_id)
    for message in place.queue.sent:
        deliver(message, place.desk())
    left = Counter(post.publication.reply_to for post in place.network.posts)
    return wrong + sum(left[f"asked-{number}"] != 1 for number in range(pairs))


def _one_answer(place: Town, remote_id: str) -> bool:
    message_id = Message.id_of("p1", remote_id)
    message = place.store.get(Message, Message.key_of(AGENCY, message_id))
    assert message is not None
    barrier = threading.Barrier(2)

    def press(person: str) -> Answer | str:
        actor = Actor(AGENCY, person, person.title(), {"water": "responder"})
        barrier.wait()
        try:
            _, given = answer(
                cast(Message, message).conversation,
                to=message_id,
                text=f"Une équipe arrive. {person}",
                answers_seen=0,
                actor=actor,
                bench=place.bench,
            )
        except Conflict as refused:
            return refused.code
        return given

    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(press, ("rita", "omar")))
    conversation = place.store.get(Conversation, Conversation.key_of(AGENCY, message.conversation))
    given = [each for each in came if isinstance(each, Answer)]
    rows, _ = place.store.rows("inbox", Message.thread_partition(AGENCY, message.conversation), index="thread")
    answers = [row["post"] for row in rows if row["kind"] == Answer.KIND]
    return (
        len(given) == 1
        and "answered_meanwhile" in came
        and conversation is not None
        and (conversation.answers, conversation.answered_by) == (1, given[0].by)
        and answers == [given[0].post]
    )


# ---------------------------------------------------------------- the run


@contextmanager
def _fresh_store() -> Iterator[Store]:
    from chalicelib.aws.dynamodb import DynamoDBStore
    from infra.servers.dynamodb_local import start_dynamodb_local
    from infra.servers.tables import create_tables

    with start_dynamodb_local() as server:
        client = server.client()
        yield DynamoDBStore(client, create_tables(client, f"inbox-{uuid4().hex[:8]}"))


def ingesting(messages: int, pairs: int) -> list[Row]:
    with _fresh_store() as store:
        judged = deliver_twice(town(store), messages, seed=20_261_124)
    with _fresh_store() as store:
        doubled = answer_at_once(town(store), pairs)
    how = (
        f"{judged.messages} messages delivered twice, shuffled, by {WORKERS} workers on DynamoDB Local, "
        f"{judged.deaths} times killed at a write: {judged.lost} lost, {judged.doubled} doubled, "
        f"{judged.astray} conversations, events or tallies that do not agree"
    )
    return [
        Row("ingest.lost_or_doubled", judged.wrong, "messages", "lower", how),
        Row("reply.doubled", doubled, "conversations", "lower", f"{pairs} pairs at once on DynamoDB Local"),
    ]
