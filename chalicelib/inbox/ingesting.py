"""Taking in what reached a profile: each message once, whoever brings it, however often, in whatever order.

Ten messages at most are one transaction: the messages (absent until then), their conversations (at the revision that
was read), an event each, and one tally. Nothing of it is written without the rest, so a worker may die anywhere;
whoever comes second loses the transaction, reads again what there is, and writes what is still missing.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.alerts.tally import Tally
from chalicelib.entity import Entity
from chalicelib.errors import Upstream
from chalicelib.inbox.above import Threads, above_of, author_of, own_post
from chalicelib.inbox.conversation import Above, Conversation, begun
from chalicelib.inbox.message import Message, ReceivedMedia
from chalicelib.inbox.placing import Known, Place, line_above, look_up, place
from chalicelib.networks.contract import Inbound
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.post import Post
from chalicelib.publishing.remote import digest_of
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost

BATCH = 10
FRESH = timedelta(hours=1)
"""What is older when it comes (the first reading of an account, the end of an outage) is no sign of anything now, and
is left out of the tallies that the detector reads."""

_TRIES = 8
_TEXT_MAX = 20_000
_MEDIA_MAX = 16
_REVISIONS_MAX = 20


@dataclass(frozen=True)
class Taken:
    """new, edited, known: how many messages. missing: conversations whose context could not be read yet."""

    new: int = 0
    edited: int = 0
    known: int = 0
    missing: tuple[str, ...] = ()

    def __add__(self, other: Taken) -> Taken:
        missing = tuple(dict.fromkeys((*self.missing, *other.missing)))
        return Taken(self.new + other.new, self.edited + other.edited, self.known + other.known, missing)

    def __str__(self) -> str:
        return f"new {self.new} edited {self.edited} known {self.known}"


def take_in(profile: Profile, inbounds: Sequence[Inbound], *, desk: Desk, ours: Collection[str] = ()) -> Taken:
    """Keep these messages. What was kept already changes nothing; what its author edited is corrected.

    ours: remote ids of the agency's accounts on this network: what they say themselves is no hit of a search.
    Raises Upstream inbox_busy when others kept writing first; what was kept by then is kept.
    """
    threads = Threads(profile, desk)
    wanted = [each for each in inbounds if not _own(each, profile, ours)]
    taken = Taken()
    for batch in _batches(wanted):
        taken += _keep(profile, batch, threads, desk)
    return taken


def _own(inbound: Inbound, profile: Profile, ours: Collection[str]) -> bool:
    author = inbound.author.remote_id
    return author == profile.remote_id or (inbound.kind == "keyword" and author in ours)


def _batches(inbounds: Sequence[Inbound]) -> Iterator[list[Inbound]]:
    """Tens, the oldest first, none with the same message twice: a second telling of it may be an edit, and is judged by
    the first."""
    batch: dict[str, Inbound] = {}
    for each in sorted(inbounds, key=lambda each: each.written_at):
        if len(batch) == BATCH or each.remote_id in batch:
            yield list(batch.values())
            batch = {}
        batch[each.remote_id] = each
    if batch:
        yield list(batch.values())


def _keep(profile: Profile, batch: Sequence[Inbound], threads: Threads, desk: Desk) -> Taken:
    for attempt in range(_TRIES):
        try:
            return _attempt(profile, batch, threads, desk)
        except Lost:  # a twin of this batch, or another message of the same conversation, came first
            desk.clock.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
    raise Upstream("inbox_busy")


def _attempt(profile: Profile, batch: Sequence[Inbound], threads: Threads, desk: Desk) -> Taken:
    known = _look_up(profile, batch, threads, desk)
    # What is read from the network now may name posts above that decide where a message belongs.
    asked = [each for each in batch if _wants_thread(each, profile, known, threads) and threads.read(each)]
    if asked:
        known = _look_up(profile, batch, threads, desk)
    writing = _Writing(profile, threads, known, desk)
    for inbound in batch:
        writing.add(inbound)
    return writing.commit()


def _look_up(profile: Profile, batch: Sequence[Inbound], threads: Threads, desk: Desk) -> Known:
    lines = {each.remote_id: line_above(each, threads.known(each)) for each in batch}
    return look_up(profile, batch, lines, desk.store)


def _wants_thread(inbound: Inbound, profile: Profile, known: Known, threads: Threads) -> bool:
    if inbound.parent is None or inbound.kind == "private" or inbound.remote_id in known.messages:
        return False
    if threads.known(inbound) is not None or _stands_alone(inbound, known):
        return False
    return place(profile.id, inbound, line_above(inbound, None), known).conversation not in known.conversations


def _stands_alone(inbound: Inbound, known: Known) -> bool:
    """It answers a post that Parvis published and that answers nothing itself: what stands above is our own post."""
    above = inbound.parent or ""
    return above in known.remotes and above not in known.answers and inbound.root in (None, above)


@dataclass
class _Writing:
    """One transaction in the making. known is kept up with what was added: each message sees those before it."""

    profile: Profile
    threads: Threads
    known: Known
    desk: Desk
    now: datetime = field(init=False)
    new: list[Message] = field(default_factory=list)
    edited: list[Message] = field(default_factory=list)
    moved: dict[str, Conversation | None] = field(default_factory=dict)
    """Conversations that change, as they stood before."""
    above: list[Above] = field(default_factory=list)
    own: list[tuple[str, str]] = field(default_factory=list)
    """(conversation, remote id) of those that begin under a post of ours."""
    events: list[Event] = field(default_factory=list)
    unchanged: int = 0

    def __post_init__(self) -> None:
        self.now = self.desk.clock.now()

    def add(self, inbound: Inbound) -> None:
        present = self.known.messages.get(inbound.remote_id)
        if present is None:
            self._receive(inbound)
        else:
            self._correct(present, inbound)

    def _receive(self, inbound: Inbound) -> None:
        line = line_above(inbound, self.threads.known(inbound))
        message = _message(self.profile, inbound, place(self.profile.id, inbound, line, self.known), self.now)
        conversation = self._standing(message.conversation)
        if conversation is None:
            conversation = self._begin(message, inbound)
        elif conversation.state == "done":
            self._tell(message, "conversation.opened", once=message.id)
        self._move(conversation, conversation.moved(message))
        self._tell(message, "message.received", once=message.id, type=message.type)
        self.known.messages[message.remote_id] = message
        self.new.append(message)

    def _standing(self, conversation: str) -> Conversation | None:
        if conversation not in self.known.sought:  # one that only a message of this very batch led to
            self.known.sought.add(conversation)
            key = Conversation.key_of(self.profile.agency, conversation)
            if (found := self.desk.store.get(Conversation, key)) is not None:
                self.known.conversations[conversation] = found
        return self.known.conversations.get(conversation)

    def _begin(self, message: Message, inbound: Inbound) -> Conversation:
        if inbound.parent is None or message.type == "private" or not self.threads.offered:
            return begun(message, "none")
        if _stands_alone(inbound, self.known):
            self.own.append((message.conversation, inbound.parent))
            return begun(message, "kept")
        posts = self.threads.known(inbound)
        if posts:
            self.above.append(above_of(message.conversation, self.profile, posts, self.known.remotes))
        return begun(message, "missing" if posts is None else "kept" if posts else "none")

    def _correct(self, present: Message, inbound: Inbound) -> None:
        changes: dict[str, object] = {}
        if _supersedes(inbound.revision, present):
            fresh = _message(self.profile, inbound, Place(present.conversation, present.anchor), self.now)
            changes = {
                "author": fresh.author,
                "text": fresh.text,
                "language": fresh.language,
                "media": fresh.media,
                "native": fresh.native,
                "revision": fresh.revision,
                "revisions": (*present.revisions, present.revision)[-_REVISIONS_MAX:],
                "edits": present.edits + 1,
                "first_text": present.text if present.first_text is None else present.first_text,
            }
            self._tell(present, "message.edited", once=f"{present.id}|{fresh.revision}")
        if present.type == "keyword" and inbound.kind != "keyword":  # found by a search before it was told to us
            changes["type"] = inbound.kind
            self._tell(present, "message.addressed", once=present.id, type=inbound.kind)
        conversation = self.known.conversations.get(present.conversation)
        if not changes or conversation is None:
            self.unchanged += 1
            return
        message = present.but(**changes)
        self._move(conversation, conversation.corrected(message))
        self.edited.append(message)

    def _move(self, before: Conversation, after: Conversation) -> None:
        self.moved.setdefault(before.id, self.known.conversations.get(before.id))
        self.known.conversations[before.id] = after

    def _tell(self, message: Message, what: str, *, once: str, **detail: str) -> None:
        said: Detail = {"message": message.id, "network": message.network, **detail}
        self.events.append(
            Event(
                agency=message.agency,
                subject=f"CONVERSATION#{message.conversation}",
                what=what,
                at=self.now,
                profile=message.profile,
                detail=said,
                once=once,
            )
        )

    def commit(self) -> Taken:
        """Raises Lost."""
        if self.new or self.edited:
            self.desk.store.commit(
                *self.new, *self.edited, *self._conversations(), *self.above, *self._own_posts(), *self.events,
                *self._tally(),
            )  # fmt: skip
        missing = [each for each in self.moved if self.known.conversations[each].context == "missing"]
        return Taken(len(self.new), len(self.edited), self.unchanged, tuple(missing))

    def _conversations(self) -> Iterator[Conversation]:
        for conversation, before in self.moved.items():
            after = self.known.conversations[conversation]
            if after != before:
                yield after.model_copy(update={"rev": 0 if before is None else before.rev + 1})

    def _own_posts(self) -> Iterator[Entity]:
        posts = {
            remote_id: (Post, {"pk": Post.partition(self.profile.agency, remote.post), "sk": "POST"})
            for remote_id, remote in self.known.remotes.items()
            if any(remote_id == above for _, above in self.own)
        }
        found = {each.id: each for each in self.desk.store.get_many(list(posts.values())) if isinstance(each, Post)}
        for conversation, above in self.own:
            remote = self.known.remotes[above]
            if remote.post in found:  # a post that stands on a network is not deleted here; were it, nothing is lost
                told = own_post(self.profile, remote, found[remote.post])
                yield above_of(conversation, self.profile, [told], self.known.remotes)

    def _tally(self) -> Iterator[Tally]:
        fresh = tuple(each.id for each in self.new if self.now - each.written_at <= FRESH)
        if fresh:
            yield Tally(
                agency=self.profile.agency,
                profile=self.profile.id,
                at=self.now,
                batch=digest_of(" ".join(fresh))[:16],
                messages=fresh,
            )


def _message(profile: Profile, inbound: Inbound, place: Place, now: datetime) -> Message:
    return Message(
        agency=profile.agency,
        profile=profile.id,
        network=profile.network,
        department=profile.department,
        remote_id=inbound.remote_id,
        conversation=place.conversation,
        anchor=place.anchor,
        type=inbound.kind,
        author=author_of(inbound.author),
        text=_fit(inbound.text, _TEXT_MAX),
        language=inbound.language,
        media=tuple(
            ReceivedMedia(kind=each.kind, url=each.url, alt=_fit(each.alt, 2_000))
            for each in inbound.media[:_MEDIA_MAX]
        ),
        url=inbound.url,
        parent=inbound.parent,
        root=inbound.root,
        written_at=min(inbound.written_at, now),
        received_at=now,
        revision=inbound.revision,
        native={name: _fit(value, 2_000) for name, value in list(inbound.native.items())[:20]},
    )


def _fit(text: str, most: int) -> str:
    """An item takes 400 kB and valid Unicode: one message that does not fit must not stop all that come after it."""
    return text[:most].encode("utf-8", "replace").decode()


def _supersedes(revision: str, present: Message) -> bool:
    """Whether these words are newer than those that are kept. "" is what was never edited; two times are compared; of
    anything else, what was not seen before is newer."""
    if revision in ("", present.revision, *present.revisions):
        return False
    told, kept = _moment(revision), _moment(present.revision)
    return told > kept if told and kept else True


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
