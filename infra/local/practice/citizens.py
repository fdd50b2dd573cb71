"""The citizens of the practice town: they write, edit, delete and react on every network that has a Poster.

A flood is a plan made at once from its seed (who writes what, where and when) and then carried out in real time. It
does not go on after a restart; what it wrote stands.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .exchange import Practice
from .incidents import TOPICS, message
from .posting import BadRequest, Message, Poster
from .store import Account, Post
from .town import LANGUAGES, figures, person, stem_of

REACTIONS_MAX = 2000  # in one request
COPIES_MAX = 1000
MESSAGES_MAX = 20_000  # of a flood
SECONDS_MAX = 86_400.0
FLOODS_KEPT = 50
_BREATH = 25  # messages written between two moments for other requests


@dataclass(frozen=True)
class Planned:
    """One message of a flood. person: number in the town, among those of its language. answers: which earlier one of
    the flood it replies to."""

    after: float  # seconds from the beginning
    network: str
    language: str
    person: int
    text: str
    answers: int | None


@dataclass(eq=False)
class Flood:
    id: str
    topic: str
    language: str
    seed: str
    to: Mapping[str, str]  # network -> the handle or the remote id
    messages: int
    over_s: float
    started_at: float
    written: int = 0
    state: str = "running"  # running, done, stopped, failed
    error: str | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


def plan(
    *, seed: str, topic: str, language: str, networks: Sequence[str], messages: int, over_s: float
) -> list[Planned]:
    """The messages in the order of their times; always the same for the same arguments. language: fr, en or both."""
    draw = random.Random(f"{seed}/{topic}/{language}")
    times = sorted(_moment(draw.random(), topic) for _ in range(messages))
    # Most people write once, some again.
    crowd = max(30, messages * 4 // 5)
    strangers = draw.randrange(200)
    used: set[str] = set()
    planned: list[Planned] = []
    for i, time in enumerate(times):
        tongue = language if language != "both" else ("fr" if draw.random() < 0.6 else "en")
        for _ in range(6):
            text = message(draw, topic, tongue, i / messages)
            if text not in used:
                break
        used.add(text)
        network = draw.choice(networks)
        earlier = [j for j in range(max(0, i - 40), i) if planned[j].network == network]
        answers = draw.choice(earlier) if earlier and topic != "quiet" and draw.random() < 0.15 else None
        planned.append(Planned(time * over_s, network, tongue, strangers + draw.randrange(crowd), text, answers))
    return planned


def _moment(u: float, topic: str) -> float:
    """A share of the whole time. An incident begins slowly, is at its height from a tenth to six tenths, and fades."""
    if topic == "quiet":
        return u
    if u < 0.05:
        return u / 0.05 * 0.1
    if u < 0.8:
        return 0.1 + (u - 0.05) / 0.75 * 0.5
    return 0.6 + (u - 0.8) / 0.2 * 0.4


class Citizens:
    def __init__(self, practice: Practice, posters: Sequence[Poster]) -> None:
        self._practice = practice
        self._store = practice.store
        self._posters = {poster.network: poster for poster in posters}
        self._passers_by = 0
        self.floods: list[Flood] = []

    @property
    def networks(self) -> list[str]:
        return list(self._posters)

    def poster(self, network: str) -> Poster:
        if network not in self._posters:
            raise BadRequest("network", f"network must be one of {', '.join(self._posters)}")
        return self._posters[network]

    # ------------------------------------------------------------ who

    def author(self, network: str, name: str, followers: int | None = None) -> Account:
        """The citizen of this handle or name, made where there is none."""
        name = name.strip().removeprefix("@").removesuffix(".practice.test")
        # A name of which nothing can be a handle (emoji, another script) still always means the same person.
        stem = stem_of(name) or f"citizen_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        return self._citizen(network, stem, name, followers)

    def _citizen(self, network: str, stem: str, name: str, followers: int | None = None) -> Account:
        account_id, handle = self.poster(network).citizen(stem)
        found = self._store.by_handle(network, handle)
        if found and not found.citizen:
            raise BadRequest("author", f"{handle} is no citizen's account")
        if found and followers in (None, found.followers):
            return found
        usual = figures(stem)
        account, _ = self._store.add_account(
            network=network,
            account_id=account_id,
            handle=handle,
            display_name=found.display_name if found else name,
            password=None,
            followers=usual[0] if followers is None else followers,
            following=found.following if found else usual[1],
            citizen=True,
        )
        return account

    def resident(self, network: str, language: str, n: int) -> Account:
        someone = person(language, n)
        return self._citizen(network, someone.stem, someone.name)

    def _passer_by(self, network: str, language: str | None) -> Account:
        self._passers_by += 1
        tongue = language if language in LANGUAGES else LANGUAGES[self._passers_by % 2]
        return self.resident(network, str(tongue), 500 + self._passers_by)

    # ------------------------------------------------------------ what they do

    def write(
        self, network: str, text: str, *, author: str | None = None, followers: int | None = None,
        language: str | None = None, reply_to: str | None = None, mention: str | None = None, quote: str | None = None,
        private: bool = False, count: int = 1, at: float | None = None,
    ) -> list[Post]:  # fmt: skip
        """The posts made: `count` times the same text, by one author where one is named and else by many. reply_to,
        quote: remote ids. at: when it was written, not after now. Raises BadRequest."""
        poster = self.poster(network)
        if at is not None and at > self._practice.now():
            raise BadRequest("at", "at must not lie in the future")
        made = []
        for _ in range(count):
            who = self.author(network, author, followers) if author else self._passer_by(network, language)
            said = Message(
                text=text,
                language=language,
                reply_to=self.post(network, reply_to, "reply_to") if reply_to else None,
                mention=self._account(network, mention, "mention") if mention else None,
                quote=self.post(network, quote, "quote") if quote else None,
                private=private,
                written_at=at,
            )
            made.append(poster.write(who, said))
        return made

    def edit(self, network: str, remote_id: str, text: str) -> Post:
        return self.poster(network).edit(self._own(network, remote_id), text)

    def delete(self, network: str, remote_id: str) -> Post:
        post = self._own(network, remote_id)
        self._store.delete_post(post)
        return post

    def react(self, network: str, remote_id: str, *, likes: int = 0, shares: int = 0) -> Post:
        """So many more like and share a post, each a citizen who did not before."""
        post = self.post(network, remote_id, "remote_id")
        for what, wanted in (("like", likes), ("share", shares)):
            before = self._store.reacted(post, what)
            everybody = (self.resident(network, LANGUAGES[i % 2], i // 2).id for i in itertools.count())
            others = (i for i in everybody if i not in before and i != post.account_id)
            self._store.react(post, what, list(itertools.islice(others, wanted)))
        return post

    def post(self, network: str, remote_id: str, field: str) -> Post:
        self.poster(network)
        post = self._store.post_by_remote(network, remote_id)
        if post is None:
            raise BadRequest(field, f"there is no such post on {network}")
        return post

    def _own(self, network: str, remote_id: str) -> Post:
        post = self.post(network, remote_id, "remote_id")
        if not self._store.accounts[network, post.account_id].citizen:
            raise BadRequest("remote_id", "this post is no citizen's")
        return post

    def _account(self, network: str, handle: str, field: str) -> Account:
        account = self._store.by_handle(network, handle.strip().removeprefix("@"))
        if account is None:
            raise BadRequest(field, f"there is no account {handle} on {network}")
        return account

    # ------------------------------------------------------------ floods

    async def flood(
        self, to: Mapping[str, str], *, topic: str, language: str, messages: int, over_s: float, seed: str | None = None
    ) -> Flood:
        """Begins a flood. `to`: network -> an account's handle or a post's remote id. One that takes no time is over
        when this returns. Raises BadRequest."""
        if topic != "quiet" and topic not in TOPICS:
            raise BadRequest("topic", f"topic must be one of {', '.join(TOPICS)}")
        targets = {network: self._target(network, value) for network, value in to.items()}
        made = Flood(
            id=secrets.token_hex(4),
            topic=topic,
            language=language,
            seed=seed or secrets.token_hex(4),
            to=dict(to),
            messages=messages,
            over_s=over_s,
            started_at=self._practice.now(),
        )
        planned = plan(
            seed=made.seed, topic=topic, language=language, networks=list(to), messages=messages, over_s=over_s
        )
        self.floods = [*self.floods, made][-FLOODS_KEPT:]
        made.task = asyncio.get_running_loop().create_task(self._carry_out(made, planned, targets))
        if over_s == 0:
            await asyncio.wait([made.task])
        return made

    def stop(self, flood: Flood) -> None:
        if flood.state == "running" and flood.task:
            flood.state = "stopped"
            flood.task.cancel()

    def _target(self, network: str, value: str) -> tuple[Account, Post | None]:
        """Whom a flood is meant for, and under which post."""
        self.poster(network)
        post = self._store.post_by_remote(network, value)
        if post:
            return self._store.accounts[network, post.account_id], post
        account = self._store.by_handle(network, value.strip().removeprefix("@"))
        if account is None:
            raise BadRequest("to", f"there is no account and no post {value} on {network}")
        return account, None

    async def _carry_out(
        self, flood: Flood, planned: list[Planned], targets: Mapping[str, tuple[Account, Post | None]]
    ) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        made: list[Post] = []
        try:
            for i, each in enumerate(planned):
                wait = began + each.after - loop.time()
                if wait > 0 or i % _BREATH == 0:
                    await asyncio.sleep(max(0.0, wait))
                account, post = targets[each.network]
                under = post if each.answers is None else made[each.answers]
                under = self._store.post(*under.address) if under else None
                direct = post is not None and under is not None and under.address == post.address
                said = Message(
                    text=each.text, language=each.language, reply_to=under, mention=None if direct else account
                )
                author = self.resident(each.network, each.language, each.person)
                made.append(self.poster(each.network).write(author, said))
                flood.written += 1
            flood.state = "done"
        except BadRequest as e:
            flood.state, flood.error = "failed", e.message

    def written(self, *, after: int = 0, since: float = 0.0, network: str | None = None) -> Iterator[tuple[int, Post]]:
        """What citizens wrote, deleted ones included, in the order of acceptance, with its place in the timeline."""
        for index in range(after, len(self._store.timeline)):
            post = self._store.timeline[index]
            if (
                post.accepted_at >= since
                and network in (None, post.network)
                and self._store.accounts[post.network, post.account_id].citizen
            ):
                yield index, post
