"""What people do with conversations: list them, read one, hand it to somebody, tag it, close it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.clock import Clock
from chalicelib.errors import InvalidInput, NotFound, Stale
from chalicelib.inbox.conversation import Above, Answer, ContextPost, Conversation, State, months_back
from chalicelib.inbox.message import Message
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.delivery import Delivery
from chalicelib.records.event import Detail, Event
from chalicelib.store import Lost, Store
from chalicelib.team.actor import Actor
from chalicelib.team.people import Person

_PAGE = 50
_ENOUGH = 25
_PAGES_MAX = 6
_MONTHS_MAX = 24
"""How far back what is done is listed; the records keep it longer."""
_SHOWN = 100
_LOOKS = 3
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class Wanted:
    """assignee: a person's id, "" for nobody's, None for anybody's."""

    state: State = "open"
    assignee: str | None = None
    tag: str | None = None
    profile: str | None = None

    def takes(self, conversation: Conversation) -> bool:
        return (
            conversation.state == self.state
            and (self.assignee is None or (conversation.assignee or "") == self.assignee)
            and (self.tag is None or self.tag in conversation.tags)
            and (self.profile is None or conversation.profile == self.profile)
        )


@dataclass(frozen=True)
class Whole:
    """A conversation with all that is shown of it. deliveries: by post. earlier: there are more than these."""

    conversation: Conversation
    above: tuple[ContextPost, ...]
    messages: tuple[Message, ...]
    answers: tuple[Answer, ...]
    deliveries: dict[str, Delivery]
    profile: Profile | None
    earlier: bool


def find(conversation_id: str, *, actor: Actor, store: Store) -> Conversation:
    """Raises NotFound, also for that of a department whose inbox the person may not read."""
    conversation = store.get(Conversation, Conversation.key_of(actor.agency, conversation_id))
    if conversation is None or not actor.may("inbox", conversation.department):
        raise NotFound
    return conversation


def listed(
    wanted: Wanted, *, cursor: str | None, actor: Actor, store: Store, now: datetime
) -> tuple[list[Conversation], str | None]:
    """A page, the one that moved last first: at least 25 of them, or what six pages of the view hold, and its cursor.

    Raises InvalidInput cursor_invalid.
    """
    found: list[Conversation] = []
    pages = _pages(wanted.state, cursor, actor.agency, store, now)
    following: str | None = None
    for _ in range(_PAGES_MAX):
        keys, following = next(pages)
        rows = store.get_many([(Conversation, key) for key in keys], consistent=False)
        for each in rows:
            # An index follows its table: what has moved or changed since is shown where it stands by now.
            if isinstance(each, Conversation) and wanted.takes(each) and actor.may("inbox", each.department):
                found.append(each)
        if following is None or len(found) >= _ENOUGH:
            break
    return found, following


def _pages(
    state: State, cursor: str | None, agency: str, store: Store, now: datetime
) -> Iterator[tuple[list[dict[str, str]], str | None]]:
    """Pages of a view's keys, each with the cursor of the next. What is done is a partition a month, one after the
    other; its cursor names the month before the place in it."""
    months = list(months_back(now, _MONTHS_MAX)) if state == "done" else [""]
    if cursor is not None and state == "done":
        month, dot, cursor = cursor.partition(".")
        if not dot or month not in months:
            raise InvalidInput("cursor_invalid", "Use the cursor of the answer before.", field="cursor")
        months = months[months.index(month) :]
    place = cursor or None
    for position, month in enumerate(months):
        while True:
            partition = Conversation.view_partition(agency, state, month)
            rows, place = store.rows("inbox", partition, index="views", reverse=True, limit=_PAGE, cursor=place)
            following: str | None = place
            if state == "done":
                later = f"{months[position + 1]}." if position + 1 < len(months) else None
                following = f"{month}.{place}" if place else later
            yield [{"pk": row["pk"], "sk": row["sk"]} for row in rows], following
            if place is None:
                break


def read(conversation_id: str, *, actor: Actor, store: Store, clock: Clock, written: Answer | None = None) -> Whole:
    """The newest hundred messages and answers, in the order of time. written: an answer given just now.

    Raises NotFound.
    """
    conversation, above = store.get_many(
        [
            (Conversation, Conversation.key_of(actor.agency, conversation_id)),
            (Above, Above.key_of(actor.agency, conversation_id)),
        ]
    )
    if not isinstance(conversation, Conversation) or not actor.may("inbox", conversation.department):
        raise NotFound
    messages, answers, earlier = _thread(conversation, store, clock, written)
    found = store.get_many(
        [
            (Profile, Profile.key_of(actor.agency, conversation.profile)),
            *((Delivery, Delivery.key_of(actor.agency, each.post, each.profile)) for each in answers[-99:]),
        ]
    )
    return Whole(
        conversation=conversation,
        above=above.posts if isinstance(above, Above) else (),
        messages=tuple(messages),
        answers=tuple(answers),
        deliveries={each.post: each for each in found if isinstance(each, Delivery)},
        profile=found[0] if isinstance(found[0], Profile) else None,
        earlier=earlier,
    )


def _thread(
    conversation: Conversation, store: Store, clock: Clock, written: Answer | None
) -> tuple[list[Message], list[Answer], bool]:
    """The index follows its table within moments; the conversation itself says how many there are, so that nobody is
    shown a version without the message that made it."""
    partition = Message.thread_partition(conversation.agency, conversation.id)
    for look in range(_LOOKS):
        rows, more = store.rows("inbox", partition, index="thread", reverse=True, limit=_SHOWN)
        messages = [Message.of(row) for row in reversed(rows) if row["kind"] == Message.KIND]
        answers = [Answer.of(row) for row in reversed(rows) if row["kind"] == Answer.KIND]
        if written is not None and all(each.post != written.post for each in answers):
            answers.append(written)
        if more or (len(messages) >= conversation.messages and len(answers) >= conversation.answers):
            break
        if look + 1 < _LOOKS:
            clock.sleep(_LOOK_AGAIN_S)
    return messages, answers, more is not None


def change(
    conversation_id: str,
    *,
    state: State | None,
    assignee: str | None,
    tags: Sequence[str] | None,
    expected: int,
    actor: Actor,
    store: Store,
    clock: Clock,
) -> Conversation:
    """state, tags: None leaves them. assignee: "" leaves it, None takes it away.

    Raises NotFound, Stale, InvalidInput assignee_unknown.
    """
    before = find(conversation_id, actor=actor, store=store)
    actor.require("respond", before.department)
    if before.rev != expected:
        raise Stale
    changes: dict[str, object] = {}
    told: list[tuple[str, Detail]] = []
    if state is not None and state != before.state:
        changes |= {"state": state, **({"waiting_since": None} if state == "done" else {})}
        told.append(("conversation.closed" if state == "done" else "conversation.opened", {}))
    if assignee != "" and assignee != before.assignee:
        changes |= {"assignee": assignee, "assignee_name": _colleague(assignee, before, store)}
        told.append(("conversation.assigned", {"assignee": assignee}))
    chosen = None if tags is None else tuple(dict.fromkeys(" ".join(each.split()) for each in tags if each.strip()))
    if chosen is not None and chosen != before.tags:
        changes["tags"] = chosen
        told.append(("conversation.tagged", {"tags": ", ".join(chosen)}))
    if not changes:
        return before
    after = before.but(**changes)
    now = clock.now()
    try:
        store.commit(after, *(event_of(after, what, now, actor, detail) for what, detail in told))
    except Lost as error:
        raise Stale from error
    return after


def _colleague(person_id: str | None, conversation: Conversation, store: Store) -> str | None:
    """The name of somebody who may answer there."""
    if person_id is None:
        return None
    person = store.get(Person, Person.key_of(conversation.agency, person_id))
    if person is None or not person.actor().may("respond", conversation.department):
        raise InvalidInput("assignee_unknown", "Somebody who may answer in this department.", field="assignee")
    return person.name


def event_of(conversation: Conversation, what: str, now: datetime, actor: Actor, detail: Detail) -> Event:
    return Event(
        agency=conversation.agency,
        subject=f"CONVERSATION#{conversation.id}",
        what=what,
        at=now,
        actor=actor.person,
        actor_name=actor.name,
        profile=conversation.profile,
        detail=detail,
        once=str(conversation.rev),
    )
