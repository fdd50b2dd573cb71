"""What stands above a conversation: read from the network once, when it begins. No message is ever kept waiting for it.

Where it cannot be read, the message is kept without it and the conversation says so (context "missing"); it is read
later, by a message on the poll queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.errors import Upstream
from chalicelib.inbox.conversation import Above, ContextPost, Conversation
from chalicelib.inbox.message import Author, Message
from chalicelib.networks.contract import Account, Citizen, Inbound, Network, NetworkError, NotUnderstood, ReadingNetwork
from chalicelib.profiles.credentials import usable_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk
from chalicelib.publishing.post import Post
from chalicelib.publishing.remote import Remote
from chalicelib.store import Lost, Store

POSTS_MAX = 10
_TEXT_MAX = 2_000
_CALLS_MAX = 10
_PATIENCE = timedelta(seconds=8)


def reading(network: Network, what: str) -> ReadingNetwork | None:
    """The same network where it can tell us this; None where it cannot."""
    return network if what in network.capabilities().reads else None  # type: ignore[return-value]


class Threads:
    """The threads above the messages of one taking in: each read once, a few at most, none after the network failed."""

    def __init__(self, profile: Profile, desk: Desk) -> None:
        self._profile, self._desk = profile, desk
        self._read: dict[str, tuple[Inbound, ...]] = {}
        self._failed: set[str] = set()
        self._account: Account | None = None
        self._calls = 0
        self._until = desk.clock.now() + _PATIENCE
        self._network = reading(desk.network_named(profile.network), "thread")

    @property
    def offered(self) -> bool:
        return self._network is not None

    def known(self, inbound: Inbound) -> tuple[Inbound, ...] | None:
        """What was read already: what stands above one message stands above every other answer to the same post."""
        return self._read.get(inbound.parent or "")

    def read(self, inbound: Inbound) -> tuple[Inbound, ...] | None:
        """The first post first; None where it could not be read now."""
        above = inbound.parent or ""
        if above in self._read or above in self._failed or self._network is None:
            return self._read.get(above)
        if self._calls >= _CALLS_MAX or self._desk.clock.now() > self._until:
            return None
        self._calls += 1
        try:
            if self._account is None:
                self._account = _account(self._profile, self._network, self._desk)
            thread = self._network.thread(self._account, inbound.remote_id)
        except NotUnderstood:
            self._failed.add(above)
            return None
        except (NetworkError, Upstream):
            self._calls = _CALLS_MAX
            return None
        self._read[above] = bounded(thread)
        return self._read[above]


def bounded(thread: Sequence[Inbound]) -> tuple[Inbound, ...]:
    """The thread's first post and those nearest to the message."""
    posts = tuple(thread)
    return posts if len(posts) <= POSTS_MAX else (posts[0], *posts[-(POSTS_MAX - 1) :])


def above_of(conversation: str, profile: Profile, posts: Sequence[Inbound], remotes: dict[str, Remote]) -> Above:
    """remotes: by remote id, of those that Parvis published."""
    return Above(
        agency=profile.agency,
        conversation=conversation,
        posts=tuple(
            ContextPost(
                remote_id=each.remote_id,
                author=author_of(each.author),
                text=each.text[:_TEXT_MAX],
                written_at=each.written_at,
                url=each.url,
                ours=each.author.remote_id == profile.remote_id,
                post=remotes[each.remote_id].post if each.remote_id in remotes else None,
            )
            for each in posts
        ),
    )


def own_post(profile: Profile, remote: Remote, post: Post) -> Inbound:
    """A post that Parvis published, as a thread would tell it: nobody need be asked for what we wrote ourselves."""
    return Inbound(
        remote_id=remote.remote_id,
        kind="reply",
        author=Citizen(
            remote_id=profile.remote_id,
            handle=profile.handle,
            name=profile.display_name,
            avatar_url=profile.avatar_url,
        ),
        text=post.content.text_for(profile.network),
        written_at=remote.published_at,
        url=remote.url,
    )


def author_of(citizen: Citizen) -> Author:
    return Author(
        remote_id=citizen.remote_id,
        handle=citizen.handle[:300],
        name=citizen.name[:300],
        url=citizen.url,
        avatar_url=citizen.avatar_url,
        followers=citizen.followers,
    )


def read_later(agency: str, conversation_id: str, *, desk: Desk) -> str:
    """Read what stands above a conversation that began without it. Raises NetworkError when it still cannot be read."""
    conversation = desk.store.get(Conversation, Conversation.key_of(agency, conversation_id))
    if conversation is None or conversation.context != "missing":
        return "void"
    profile = desk.store.get(Profile, Profile.key_of(agency, conversation.profile))
    first = _first_message(conversation, desk.store)
    if profile is None or profile.status == "broken" or first is None:
        return "void"
    network = reading(desk.network_named(profile.network), "thread")
    if network is None:
        return "void"
    posts = bounded(network.thread(_account(profile, network, desk), first.remote_id))
    keys = [(Remote, Remote.key_of(agency, profile.id, each.remote_id)) for each in posts]
    remotes = {each.remote_id: each for each in desk.store.get_many(keys) if isinstance(each, Remote)}
    try:
        if posts:
            above = above_of(conversation.id, profile, posts, remotes)
            desk.store.commit(conversation.but(context="kept"), above)
        else:
            desk.store.save(conversation.but(context="none"))
    except Lost:
        return "lost"  # it moved meanwhile; asked again for the next message of it
    return "kept"


def _first_message(conversation: Conversation, store: Store) -> Message | None:
    partition = Message.thread_partition(conversation.agency, conversation.id)
    rows, _ = store.rows("inbox", partition, index="thread", limit=5)
    return next((Message.of(row) for row in rows if row["kind"] == Message.KIND), None)


def _account(profile: Profile, network: Network, desk: Desk) -> Account:
    return usable_account(profile, network=network, store=desk.store, vault=desk.vault, clock=desk.clock)
