"""A network that lives in memory and can be told how to misbehave, for tests of what is built upon connectors.

    network = FakeNetwork()
    network.next_outcomes(RetryAfter(...), accept_and_answer(OutcomeUnknown("timeout")))

Without a script every publication is accepted and seen at once. What citizens write is told by `receive` (it reaches an
account), `say` (it is public and can be searched), `edit` and `delete`. It keeps the contract of
chalicelib.networks.contract.ReadingNetwork, and the contract suite runs against it as against the real ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from chalicelib.networks.checks import check_post
from chalicelib.networks.contract import (
    Account,
    Batch,
    Capabilities,
    CardLimits,
    Citizen,
    Connected,
    CredentialsRefused,
    Gate,
    Inbound,
    InboundKind,
    Limits,
    MediaFile,
    NetworkError,
    Outcome,
    PostMetrics,
    Problem,
    ProfileMetrics,
    Publication,
    Published,
    Reauthorise,
    Rejected,
    Sighting,
)
from chalicelib.networks.counting import graphemes

LIMITS = Limits(
    text_unit="graphemes",
    text_max=300,
    text_bytes_max=None,
    url_length=None,
    images_max=4,
    image_bytes_max=2_000_000,
    image_types=("image/jpeg", "image/png"),
    alt_max=1000,
    source="tests",
)


@dataclass(frozen=True)
class Post:
    """visible_at: from when on `find` sees it (the network's reads may lag behind its writes)."""

    remote_id: str
    account_id: str
    publication: Publication
    created_at: datetime
    visible_at: datetime


@dataclass(frozen=True)
class Script:
    """What the next call of `publish` does. accept: whether the post stands afterwards. seen_after: how long until
    `find` sees it. late: accepted only when `settle` is called, as by a server that goes on after we hung up, or, with
    accepted_after, by itself so long after the call."""

    outcome: Outcome | Exception | None = None
    accept: bool = False
    seen_after: timedelta = timedelta(0)
    late: bool = False
    accepted_after: timedelta | None = None


def accept() -> Script:
    return Script(accept=True)


def accept_and_answer(outcome: Outcome | Exception, *, seen_after: timedelta = timedelta(0)) -> Script:
    """The network takes the post and we hear something else: a time-out, a 502, a worker that dies."""
    return Script(outcome, accept=True, seen_after=seen_after)


def accept_later_and_answer(
    outcome: Outcome, *, accepted_after: timedelta | None = None, seen_after: timedelta = timedelta(0)
) -> Script:
    """The network takes the post only after we gave up: at FakeNetwork.settle, or so long after the call."""
    return Script(outcome, late=True, accepted_after=accepted_after, seen_after=seen_after)


def _alike(publication: Publication) -> tuple[str, int, str | None]:
    """What two publications share that cannot be told from each other."""
    return publication.text, len(publication.media), publication.reply_to


@dataclass
class FakeNetwork:
    """clock: UTC now. chosen_id: a second publication under the same key is the first one again, as on Bluesky."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    chosen_id: bool = False
    absence_after: timedelta = timedelta(seconds=90)
    password: str = "right"
    name: str = "fake"
    calls: list[tuple[str, str]] = field(default_factory=list)
    find_error: NetworkError | None = None
    refresh_error: NetworkError | None = None
    read_errors: dict[str, NetworkError] = field(default_factory=dict)
    """By the name in Capabilities.reads, and until it is taken out: what each such reading raises."""
    steps: int = 1
    """How many outward steps a publication takes; the gate is passed before each (images, parts of a thread)."""

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._posts: list[Post] = []
        self._late: list[tuple[datetime | None, str, Publication, timedelta]] = []
        self._scripts: list[Script] = []
        self._tokens: dict[str, str] = {}
        self._messages: dict[str, Inbound] = {}  # as they stand now
        self._told: list[tuple[int, str, str]] = []  # (number, account, remote_id), in the order of arrival
        self._public: list[tuple[int, str]] = []
        self._number = 0
        self._figures: dict[str, PostMetrics] = {}
        self._profile_figures: dict[str, ProfileMetrics] = {}

    # ------------------------------------------------------------ for tests: what citizens do

    def receive(
        self, account_id: str, text: str = "Bonjour", *, kind: InboundKind = "mention", **fields: object
    ) -> Inbound:
        """A message that reaches this account. fields: whatever else Inbound has, e.g. parent, author, written_at."""
        with self._lock:
            message = self._written(text, kind, fields)
            self._tell(account_id, message.remote_id)
            if kind != "private":
                self._public.append((self._next_number(), message.remote_id))
            return message

    def receive_again(self, account_id: str, remote_id: str) -> None:
        """The network tells the same message once more."""
        with self._lock:
            self._tell(account_id, remote_id)

    def say(self, text: str, **fields: object) -> Inbound:
        """A public post that reaches nobody but those who search."""
        with self._lock:
            message = self._written(text, "keyword", fields)
            self._public.append((self._next_number(), message.remote_id))
            return message

    def edit(self, remote_id: str, text: str) -> Inbound:
        """The author changes it: it has another revision and is told again to whom it reached."""
        with self._lock:
            before = self._messages[remote_id]
            after = replace(before, text=text, revision=uuid4().hex)
            self._messages[remote_id] = after
            for account_id in {account for _, account, told in self._told if told == remote_id}:
                self._tell(account_id, remote_id)
            if any(public == remote_id for _, public in self._public):
                self._public.append((self._next_number(), remote_id))
            return after

    def delete(self, remote_id: str) -> None:
        """A message, or a post of an account."""
        with self._lock:
            self._messages.pop(remote_id, None)
            self._posts = [post for post in self._posts if post.remote_id != remote_id]

    def count(self, remote_id: str, **figures: int) -> None:
        """What the network counts of a post from now on: likes=3, ..."""
        with self._lock:
            self._figures[remote_id] = replace(self._figures.get(remote_id, PostMetrics(remote_id)), **figures)

    def count_profile(self, account_id: str, figures: ProfileMetrics) -> None:
        with self._lock:
            self._profile_figures[account_id] = figures

    def _written(self, text: str, kind: InboundKind, fields: Mapping[str, object]) -> Inbound:
        remote_id = str(fields.get("remote_id") or uuid4().hex)
        values: dict[str, object] = {
            "remote_id": remote_id,
            "kind": kind,
            "author": Citizen("c1", "alice@fake.example", "Alice", "https://fake.example/@alice"),
            "text": text,
            "written_at": self.clock(),
            "url": f"https://fake.example/{remote_id}",
            "language": "fr",
            "revision": "1",
        }
        message = Inbound(**{**values, **fields})  # type: ignore[arg-type]
        self._messages[remote_id] = message
        return message

    def _tell(self, account_id: str, remote_id: str) -> None:
        self._told.append((self._next_number(), account_id, remote_id))

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    # ------------------------------------------------------------ for tests: what publishing meets

    def next_outcomes(self, *scripts: Script | Outcome | Exception) -> None:
        """What the coming calls of `publish` do, in order; a bare outcome means that nothing was accepted."""
        with self._lock:
            self._scripts += [script if isinstance(script, Script) else Script(script) for script in scripts]

    def posts_of(self, account_id: str) -> list[Post]:
        with self._lock:
            self._settle_what_is_due()
            return [post for post in self._posts if post.account_id == account_id]

    @property
    def posts(self) -> list[Post]:
        with self._lock:
            self._settle_what_is_due()
            return list(self._posts)

    def post(self, remote_id: str) -> Post:
        return next(post for post in self.posts if post.remote_id == remote_id)

    def settle(self) -> None:
        """What the network was still working on when we gave up is accepted now."""
        with self._lock:
            late, self._late = self._late, []
            for _, account_id, publication, seen_after in late:
                self._accept(account_id, publication, seen_after)

    def _settle_what_is_due(self) -> None:
        now = self.clock()
        due = [each for each in self._late if each[0] is not None and each[0] <= now]
        self._late = [each for each in self._late if each not in due]
        for at, account_id, publication, seen_after in due:
            self._accept(account_id, publication, seen_after, at=at)

    def revoke(self, account_id: str) -> None:
        with self._lock:
            self._tokens = {token: owner for token, owner in self._tokens.items() if owner != account_id}

    def account(self, account_id: str = "a1", profile_id: str = "p1") -> Account:
        """A connected account, without the detour of a password."""
        token = uuid4().hex
        with self._lock:
            self._tokens[token] = account_id
        return Account(profile_id, "https://fake.example", account_id, f"{account_id}@fake.example", {"access": token})

    # ------------------------------------------------------------ the contract

    def capabilities(self) -> Capabilities:
        return Capabilities(
            self.name,
            "Fake",
            "app_password",
            False,
            LIMITS,
            self.chosen_id,
            self.absence_after,
            reads=frozenset({"inbox", "search", "thread", "post_metrics", "profile_metrics"}),
            threads=True,
            measures=frozenset({"likes", "shares", "replies", "quotes"}),
            link_cards="ours",
            card_limits=CardLimits(1_000_000, ("image/jpeg", "image/png"), "tests"),
        )

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return replace(LIMITS, text_max=account_limits.get("text_max", LIMITS.text_max))

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, graphemes)

    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
        if app_password != self.password:
            raise CredentialsRefused("credentials_wrong")
        return self._connected(server, identifier)

    def refresh(self, account: Account) -> Connected:
        if self.refresh_error is not None:
            raise self.refresh_error
        with self._lock:
            if self._tokens.get(account.secrets.get("access", "")) != account.remote_id:
                raise CredentialsRefused("credentials_refused")
            self._tokens.pop(account.secrets["access"])
        return self._connected(account.server, account.remote_id)

    def _connected(self, server: str, identifier: str) -> Connected:
        token = uuid4().hex
        with self._lock:
            self._tokens[token] = identifier
        expires = self.clock() + timedelta(hours=2)
        return Connected(server, identifier, identifier, identifier, None, {"access": token}, {}, expires)

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        self.calls.append(("publish", publication.key))
        for _ in range(self.steps):
            gate()
        with self._lock:
            script = self._scripts.pop(0) if self._scripts else accept()
            refused = self._refusal(account, publication)
            if refused is not None:
                return refused
            published: Outcome | None = None
            if script.late:
                at = None if script.accepted_after is None else self.clock() + script.accepted_after
                self._late.append((at, account.remote_id, publication, script.seen_after))
            if script.accept:
                post = self._accept(account.remote_id, publication, script.seen_after)
                published = Published(post.remote_id, f"https://fake.example/{post.remote_id}", {"id": post.remote_id})
        if isinstance(script.outcome, Exception):
            raise script.outcome
        outcome = script.outcome or published
        assert outcome is not None, "a script must accept or answer"
        return outcome

    def _refusal(self, account: Account, publication: Publication) -> Outcome | None:
        if self._tokens.get(account.secrets.get("access", "")) != account.remote_id:
            return Reauthorise("credentials_refused")
        problems = self.check(publication.text, publication.media, self.limits(account.limits))
        return Rejected("content_refused", problems[0].hint) if problems else None

    def _accept(
        self, account_id: str, publication: Publication, seen_after: timedelta, at: datetime | None = None
    ) -> Post:
        if at is None:
            self._settle_what_is_due()
        if self.chosen_id:
            for post in self._posts:
                if post.account_id == account_id and post.publication.key == publication.key:
                    return post
        made_at = at or self.clock()
        post = Post(uuid4().hex, account_id, publication, made_at, made_at + seen_after)
        self._posts.append(post)
        return post

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        self.calls.append(("find", publication.key))
        if self.find_error is not None:
            raise self.find_error
        now = self.clock()
        found = []
        for post in self.posts_of(account.remote_id):
            same = post.publication.key == publication.key
            alike = _alike(post.publication) == _alike(publication)
            if post.visible_at > now or not (same if self.chosen_id else alike and post.created_at >= since):
                continue
            found.append(
                Sighting(post.remote_id, f"https://fake.example/{post.remote_id}", post.created_at, self.chosen_id)
            )
        return sorted(found, key=lambda sighting: sighting.created_at)

    # ------------------------------------------------------------ the contract of reading

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        with self._reading("inbox", account, cursor):
            told = [(number, remote_id) for number, who, remote_id in self._told if who == account.remote_id]
            return self._batch(told, None, cursor, limit)

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        with self._reading("search", account, words):
            sought = words.casefold()
            found = [
                (number, remote_id)
                for number, remote_id in self._public
                if remote_id in self._messages and sought in self._messages[remote_id].text.casefold()
            ]
            return self._batch(found, "keyword", cursor, limit)

    def _batch(
        self, told: Sequence[tuple[int, str]], kind: InboundKind | None, cursor: str | None, limit: int
    ) -> Batch:
        after = int(cursor) if cursor is not None else 0
        new = [(number, remote_id) for number, remote_id in told if number > after and remote_id in self._messages]
        new, more = (new[-limit:], False) if cursor is None else (new[:limit], len(new) > limit)
        messages = [self._messages[remote_id] for _, remote_id in new]
        last = new[-1][0] if more else self._number
        return Batch([replace(message, kind=kind or message.kind) for message in messages], str(last), more)

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        with self._reading("thread", account, remote_id):
            above: list[Inbound] = []
            message = self._standing(remote_id)
            while message is not None and message.parent is not None and len(above) < 80:
                message = self._standing(message.parent)
                above += [message] if message is not None else []
            return above[::-1]

    def _standing(self, remote_id: str) -> Inbound | None:
        """A message of a citizen, or a post of an account as others see it."""
        if remote_id in self._messages:
            return self._messages[remote_id]
        post = next((post for post in self.posts if post.remote_id == remote_id), None)
        if post is None:
            return None
        author = Citizen(post.account_id, f"{post.account_id}@fake.example", post.account_id)
        kind: InboundKind = "reply" if post.publication.reply_to else "mention"
        return Inbound(
            remote_id, kind, author, post.publication.text, post.created_at, parent=post.publication.reply_to
        )

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        with self._reading("post_metrics", account, len(remote_ids)):
            return [self._counted(remote_id) for remote_id in remote_ids]

    def _counted(self, remote_id: str) -> PostMetrics:
        if self._standing(remote_id) is None:
            return PostMetrics(remote_id, gone=True)
        replies = sum(message.parent == remote_id for message in self._messages.values())
        return self._figures.get(remote_id, PostMetrics(remote_id, likes=0, shares=0, replies=replies, quotes=0))

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        with self._reading("profile_metrics", account, ""):
            posts = len(self.posts_of(account.remote_id))
            return self._profile_figures.get(account.remote_id, ProfileMetrics(0, 0, posts))

    @contextmanager
    def _reading(self, what: str, account: Account, about: object) -> Iterator[None]:
        with self._lock:
            self.calls.append((what, str(about)))
            if what in self.read_errors:
                raise self.read_errors[what]
            if self._tokens.get(account.secrets.get("access", "")) != account.remote_id:
                raise CredentialsRefused("credentials_refused")
            yield
