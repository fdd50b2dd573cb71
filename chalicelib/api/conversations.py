"""/api/conversations, /api/keywords: what citizens write, and answering it."""

from __future__ import annotations

from typing import Any

from chalicelib.api.routing import Call
from chalicelib.api.shapes import inbox as shapes
from chalicelib.api.shapes.base import Page
from chalicelib.api.shapes.posts import Author, Reason
from chalicelib.errors import InvalidInput
from chalicelib.inbox import answering, moderating, presence, working
from chalicelib.inbox import keyword as keywords
from chalicelib.inbox.conversation import Answer, ContextPost, Conversation
from chalicelib.inbox.message import Author as Writer
from chalicelib.inbox.message import Message
from chalicelib.networks.contract import Network
from chalicelib.publishing.delivery import Delivery

_NOBODY = "none"


def get_conversations(call: Call) -> Page[shapes.ConversationSummary]:
    """Conversations of one state, the one that moved last first.

    assignee: a person's id, or `none` for nobody's.
    """
    state, assignee = call.query.get("state", "open"), call.query.get("assignee")
    if state not in ("open", "done"):
        raise InvalidInput("invalid_input", "open or done.", field="state")
    wanted = working.Wanted(
        state="done" if state == "done" else "open",
        assignee="" if assignee == _NOBODY else assignee or None,
        tag=call.query.get("tag") or None,
        profile=call.query.get("profile") or None,
    )
    found, following = working.listed(
        wanted,
        cursor=call.query.get("cursor"),
        actor=call.actor,
        store=call.house.store,
        now=call.house.clock.now(),
    )
    return Page(items=[shapes.ConversationSummary(**_summary(each)) for each in found], next=following)


def get_conversation(call: Call) -> shapes.Conversation:
    """One conversation with what stands above it."""
    return _shape(call)


def patch_conversation(call: Call, asked: shapes.ConversationChange) -> shapes.Conversation:
    """Assign, tag, close or open again."""
    working.change(
        call.path["id"],
        state=asked.state,
        assignee=asked.assignee,
        tags=asked.tags,
        expected=call.expected,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
    )
    return _shape(call)


def put_presence(call: Call, asked: shapes.Presence) -> shapes.PresenceList:
    """Say that one is looking or writing, and hear who else is."""
    conversation = working.find(call.path["id"], actor=call.actor, store=call.house.store)
    others = presence.here(
        conversation.id,
        writing=asked.writing,
        actor=call.actor,
        store=call.house.store,
        now=call.house.clock.now(),
    )
    return shapes.PresenceList(
        present=[_present(each) for each in others], version=conversation.rev, answers=conversation.answers
    )


def delete_presence(call: Call) -> None:
    """Say that one has left."""
    conversation = working.find(call.path["id"], actor=call.actor, store=call.house.store)
    presence.gone(conversation.id, actor=call.actor, store=call.house.store)


def post_reply(call: Call, asked: shapes.NewReply) -> shapes.Conversation:
    """Answer a message."""
    _, written = answering.answer(
        call.path["id"],
        to=asked.to,
        text=asked.text,
        answers_seen=asked.answers_seen,
        actor=call.actor,
        bench=call.house.bench,
    )
    return _shape(call, written)


def post_moderation(call: Call, asked: shapes.NewModeration) -> shapes.Conversation:
    """Hide a citizen's message under a post of ours from others, show it again, or take it off the network."""
    moderating.moderate(
        call.path["id"],
        message_id=asked.message,
        act=asked.act,
        reason=asked.reason,
        actor=call.actor,
        store=call.house.store,
        vault=call.house.vault,
        clock=call.house.clock,
        network_named=call.house.network_named,
    )
    return _shape(call)


def get_keywords(call: Call) -> Page[shapes.Keyword]:
    """The words that are searched for."""
    return Page(items=[_keyword(each) for each in keywords.keywords(call.actor, store=call.house.store)])


def post_keyword(call: Call, asked: shapes.NewKeyword) -> shapes.Keyword:
    """Search for more words."""
    made = keywords.search_for(
        asked.words,
        asked.profile,
        actor=call.actor,
        store=call.house.store,
        clock=call.house.clock,
        network_named=call.house.network_named,
    )
    return _keyword(made)


def delete_keyword(call: Call) -> None:
    """Search for these words no longer."""
    keywords.search_no_more(call.path["id"], actor=call.actor, store=call.house.store, clock=call.house.clock)


def _shape(call: Call, written: Answer | None = None) -> shapes.Conversation:
    house = call.house
    whole = working.read(call.path["id"], actor=call.actor, store=house.store, clock=house.clock, written=written)
    profile, limit = whole.profile, 0
    network = house.network_named(profile.network) if profile is not None else None
    if profile is not None and network is not None:
        limit = network.limits(profile.limits).text_max
    obstacle = answering.obstacle(whole.conversation, profile, house.network_named)
    moderators = network if call.actor.may("respond", whole.conversation.department) else None
    others = presence.others(whole.conversation.id, actor=call.actor, store=house.store, now=house.clock.now())
    return shapes.Conversation(
        **_summary(whole.conversation),
        above=[_above(each) for each in whole.above],
        messages=[_received(each, moderators) for each in whole.messages],
        replies=[_answer(each, whole.deliveries.get(each.post)) for each in whole.answers],
        present=[_present(each) for each in others],
        can_reply=obstacle is None,
        obstacle=obstacle,
        reply_limit=limit,
        earlier=whole.earlier,
    )


def _summary(conversation: Conversation) -> dict[str, Any]:
    assignee = conversation.assignee
    return {
        "id": conversation.id,
        "profile": conversation.profile,
        "network": conversation.network,
        "department": conversation.department,
        "kind": conversation.type,
        "citizen": _citizen(conversation.citizen),
        "excerpt": conversation.excerpt,
        "state": conversation.state,
        "assignee": Author(id=assignee, name=conversation.assignee_name or assignee) if assignee else None,
        "tags": list(conversation.tags),
        "last_at": conversation.last_at,
        "waiting_since": conversation.waiting_since,
        "answers": conversation.answers,
        "version": conversation.rev,
    }


def _citizen(writer: Writer) -> shapes.Citizen:
    return shapes.Citizen(
        handle=writer.handle,
        name=writer.name,
        url=writer.url,
        avatar_url=writer.avatar_url,
        followers=writer.followers,
    )


def _above(post: ContextPost) -> shapes.Above:
    return shapes.Above(
        author=_citizen(post.author),
        text=post.text,
        written_at=post.written_at,
        url=post.url,
        ours=post.ours,
        post=post.post,
    )


def _received(message: Message, network: Network | None) -> shapes.Received:
    return shapes.Received(
        id=message.id,
        kind=message.type,
        author=_citizen(message.author),
        text=message.text,
        language=message.language,
        media=[shapes.ReceivedMedia(kind=each.kind, url=each.url, alt=each.alt) for each in message.media],
        url=message.url,
        written_at=message.written_at,
        received_at=message.received_at,
        edits=message.edits,
        before=message.first_text,
        moderation=_moderation(message),
        can=list(moderating.possible(message, network)) if network is not None else [],
    )


def _moderation(message: Message) -> shapes.Moderation | None:
    if message.moderated_at is None or message.moderated_by is None:
        return None
    return shapes.Moderation(
        standing=message.standing,
        by=Author(id=message.moderated_by, name=message.moderated_by_name or message.moderated_by),
        at=message.moderated_at,
        reason=message.moderation_reason or "",
    )


def _answer(answer: Answer, delivery: Delivery | None) -> shapes.Answer:
    reason = delivery.reason if delivery else None
    return shapes.Answer(
        id=answer.post,
        to=answer.to,
        text=answer.text,
        by=Author(id=answer.by, name=answer.by_name),
        at=answer.at,
        delivery=f"{answer.post}-{answer.profile}",
        state=delivery.state if delivery else "cancelled",
        reason=Reason(code=reason, detail=delivery.detail if delivery else None) if reason else None,
        url=delivery.url if delivery else None,
    )


def _present(there: presence.Presence) -> shapes.Present:
    return shapes.Present(person=Author(id=there.person, name=there.name), writing=there.writing, since=there.since)


def _keyword(keyword: keywords.Keyword) -> shapes.Keyword:
    return shapes.Keyword(
        id=keyword.id,
        words=keyword.words,
        profile=keyword.profile,
        by=Author(id=keyword.by, name=keyword.by_name),
        created_at=keyword.created_at,
    )
