"""Which conversation a message belongs to: one for each citizen and thread of a profile, however its messages come.

Not every network names the thread's first post, and what names it may come late or be unreadable for a while. So the
posts above a message are looked at, the nearest first: one that is kept already (the citizen's, somebody else's, a
reply of ours) says where the thread stands. Only where nothing above is known does the topmost id decide, and even then
a conversation that began lower down, because a reply came before what it answers, is found and kept to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.entity import Entity
from chalicelib.inbox.conversation import PRIVATE, Answer, Conversation, id_of
from chalicelib.inbox.message import Message
from chalicelib.networks.contract import Inbound
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.remote import Remote
from chalicelib.store import Key, Store

Wanted = tuple[type[Entity], Key]


@dataclass(frozen=True)
class Place:
    conversation: str
    anchor: str


@dataclass
class Known:
    """What is stored of a batch and of the posts above it. messages, remotes, answers: by remote id. sought: the
    conversations that were looked for."""

    messages: dict[str, Message] = field(default_factory=dict)
    remotes: dict[str, Remote] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    sought: set[str] = field(default_factory=set)


def line_above(inbound: Inbound, ancestors: Sequence[Inbound] | None) -> tuple[str, ...]:
    """The remote ids above a message as far as they are known, the nearest first. ancestors: the first post first."""
    if inbound.kind == "private":
        return ()
    ids = [inbound.parent, *(each.remote_id for each in reversed(ancestors or ())), inbound.root]
    return tuple(dict.fromkeys(each for each in ids if each and each != inbound.remote_id))


def look_up(profile: Profile, inbounds: Sequence[Inbound], lines: Mapping[str, Sequence[str]], store: Store) -> Known:
    """Three rounds of reads, strongly consistent. lines: remote id of each message -> what is above it."""
    known = Known()
    above = list(dict.fromkeys(each for line in lines.values() for each in line))
    agency = profile.agency
    ids = list(dict.fromkeys([*lines, *above]))
    wanted: list[Wanted] = [(Message, Message.key_of(agency, Message.id_of(profile.id, each))) for each in ids]
    wanted += [(Remote, Remote.key_of(agency, profile.id, each)) for each in above]
    for found in store.get_many(wanted):
        if isinstance(found, Message):
            known.messages[found.remote_id] = found
        elif isinstance(found, Remote):
            known.remotes[found.remote_id] = found

    replies: list[Wanted] = [(Answer, Answer.key_of(agency, each.post)) for each in known.remotes.values()]
    answers = {each.post: each for each in store.get_many(replies) if isinstance(each, Answer)}
    known.answers = {
        remote.remote_id: answers[remote.post] for remote in known.remotes.values() if remote.post in answers
    }

    known.sought = {message.conversation for message in known.messages.values()}
    for inbound in inbounds:
        known.sought |= _candidates(profile.id, inbound, lines[inbound.remote_id], known)
    rows = store.get_many([(Conversation, Conversation.key_of(agency, each)) for each in sorted(known.sought)])
    known.conversations = {each.id: each for each in rows if isinstance(each, Conversation)}
    return known


def place(profile: str, inbound: Inbound, line: Sequence[str], known: Known) -> Place:
    """known: with what was placed before within the same batch, so that it counts as stored."""
    citizen = _citizen(inbound)
    if inbound.kind == "private":
        return Place(id_of(profile, PRIVATE, citizen), PRIVATE)
    meant = _meant(profile, inbound.remote_id, line, citizen, known)
    if meant.conversation not in known.conversations:
        for anchor in (inbound.remote_id, *line):
            begun = known.conversations.get(id_of(profile, anchor, citizen))
            if begun is not None:
                return Place(begun.id, begun.anchor)
    return meant


def _citizen(inbound: Inbound) -> str:
    """Whom a network does not name may be anybody: each message of theirs is then somebody's of its own."""
    return inbound.author.remote_id or f"?{inbound.remote_id}"


def _meant(profile: str, remote_id: str, line: Sequence[str], citizen: str, known: Known) -> Place:
    for above in line:
        message, answer = known.messages.get(above), known.answers.get(above)
        if message is not None and message.anchor != PRIVATE:
            if message.author.remote_id == citizen:
                return Place(message.conversation, message.anchor)
            return Place(id_of(profile, message.anchor, citizen), message.anchor)
        if answer is not None and answer.anchor != PRIVATE:
            if answer.citizen == citizen:
                return Place(answer.conversation, answer.anchor)
            return Place(id_of(profile, answer.anchor, citizen), answer.anchor)
    anchor = line[-1] if line else remote_id
    return Place(id_of(profile, anchor, citizen), anchor)


def _candidates(profile: str, inbound: Inbound, line: Sequence[str], known: Known) -> set[str]:
    citizen = _citizen(inbound)
    if inbound.kind == "private":
        return {id_of(profile, PRIVATE, citizen)}
    begun_at = {id_of(profile, anchor, citizen) for anchor in (inbound.remote_id, *line)}
    return {_meant(profile, inbound.remote_id, line, citizen, known).conversation, *begun_at}
