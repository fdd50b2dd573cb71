"""Answering a citizen: one transaction decides who answers, and the reply leaves as a delivery like everything else.

Two people who press at once both write on condition of the conversation as they read it. One of them wins; the other
reads again, finds one answer more than they had seen, and is refused before anything of theirs is kept.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.errors import Conflict, InvalidInput, NotFound
from chalicelib.identifiers import new_id
from chalicelib.inbox.conversation import Answer, Conversation
from chalicelib.inbox.message import Message
from chalicelib.inbox.working import event_of, find
from chalicelib.networks.contract import Network, addressed
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.arming import armed_if_near, send_armed
from chalicelib.publishing.checking import check
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.planning import Bench
from chalicelib.publishing.post import Content, Post, PostVersion
from chalicelib.records.event import Event
from chalicelib.store import Lost
from chalicelib.team.actor import Actor
from chalicelib.team.people import Agency

_TRIES = 8


def obstacle(
    conversation: Conversation, profile: Profile | None, network_named: Callable[[str], Network]
) -> str | None:
    """The code of what stands in the way of answering now, if anything does."""
    if profile is None:
        return "profile_removed"
    if not network_named(profile.network).capabilities().answers:
        return "replies_not_offered"
    if profile.status == "broken":
        return "profile_broken"
    if conversation.type == "private":
        return "private_not_offered"  # what we publish is public: nothing private is ever answered in the open
    return None


def answer(
    conversation_id: str, *, to: str, text: str, answers_seen: int, actor: Actor, bench: Bench
) -> tuple[Conversation, Answer]:
    """to: id of the message answered. answers_seen: how many answers there were when the writer looked.

    Raises NotFound; Forbidden; Conflict answered_meanwhile (the hint says by whom), profile_broken, profile_removed,
    private_not_offered, replies_not_offered or busy; InvalidInput for an unknown message or what the network would
    refuse.
    """
    text = text.strip()
    for _ in range(_TRIES):
        conversation = find(conversation_id, actor=actor, store=bench.store)
        actor.require("respond", conversation.department)
        if conversation.answers != answers_seen:
            who = conversation.answered_by_name or "A colleague"
            raise Conflict("answered_meanwhile", f"{who} has answered since you looked.")
        profile, message, agency = bench.store.get_many(
            [
                (Profile, Profile.key_of(actor.agency, conversation.profile)),
                (Message, Message.key_of(actor.agency, to)),
                (Agency, Agency.key_of(actor.agency)),
            ]
        )
        if not isinstance(agency, Agency):
            raise NotFound
        if not isinstance(message, Message) or message.conversation != conversation.id:
            raise InvalidInput("message_unknown", "A message of this conversation.", field="to")
        hindered = obstacle(conversation, profile if isinstance(profile, Profile) else None, bench.network_named)
        if hindered is None and message.type == "private":
            hindered = "private_not_offered"
        if hindered is not None or not isinstance(profile, Profile):
            raise Conflict(hindered or "profile_removed", "It cannot be answered from here now.")
        # Where a network tells only those who are named, the name belongs to the words: it is counted and kept.
        whole = addressed(text, message.author.handle, bench.network_named(profile.network).capabilities())
        content = Content(text=whole, targets=(profile.id,), reply_to=message.remote_id)
        _refuse_problems(content, profile, bench)
        try:
            return _write(conversation, message, content, profile, agency.zone, actor, bench)
        except Lost:
            continue
    raise Conflict("busy", "It keeps changing: try again in a moment.")


def _refuse_problems(content: Content, profile: Profile, bench: Bench) -> None:
    for verdict in check(profile.agency, content, [profile], store=bench.store, network_named=bench.network_named):
        for problem in verdict.problems:
            raise InvalidInput(problem.code, problem.hint, field=problem.field)


def _write(
    conversation: Conversation,
    message: Message,
    content: Content,
    profile: Profile,
    zone: str,
    actor: Actor,
    bench: Bench,
) -> tuple[Conversation, Answer]:
    now = bench.clock.now()
    post = Post(
        agency=actor.agency,
        id=new_id(),
        department=conversation.department,
        content=content,
        zone=zone,
        due_at=now,
        author=actor.person,
        author_name=actor.name,
        created_at=now,
        updated_at=now,
        planned=True,
    )
    version = PostVersion(
        agency=actor.agency,
        post=post.id,
        version=post.version,
        content=content,
        fingerprint=content.fingerprint(),
        by=actor.person,
        at=now,
    )
    delivery = armed_if_near(
        Delivery(
            agency=actor.agency,
            post=post.id,
            profile=profile.id,
            network=profile.network,
            department=profile.department,
            conversation=conversation.id,
            version=post.version,
            due_at=now,
            act_at=now,
        ),
        now,
    )
    answered = conversation.but(
        answers=conversation.answers + 1,
        waiting_since=None,
        last_at=max(conversation.last_at, now),
        answered_at=now,
        answered_by=actor.person,
        answered_by_name=actor.name,
    )
    given = Answer(
        agency=actor.agency,
        post=post.id,
        profile=profile.id,
        conversation=conversation.id,
        anchor=conversation.anchor,
        citizen=conversation.citizen.remote_id,
        to=message.id,
        text=content.text,
        by=actor.person,
        by_name=actor.name,
        at=now,
        number=answered.answers,
    )
    told = event_of(answered, "conversation.answered", now, actor, {"message": message.id, "post": post.id})
    written = Event(
        agency=actor.agency,
        subject=f"POST#{post.id}",
        what="reply.written",
        at=now,
        actor=actor.person,
        actor_name=actor.name,
        profile=profile.id,
        detail={"conversation": conversation.id, "message": message.id, "version": post.version},
        once=str(post.rev),
    )
    bench.store.commit(answered, given, post, version, delivery, told, written)
    send_armed([delivery], queue=bench.queue, now=now)
    return answered, given
