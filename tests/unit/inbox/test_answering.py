"""One answer to a citizen, through the machinery of deliveries: of two who press at once, one sends and one is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.crisis.pause import pause
from chalicelib.errors import Conflict, Forbidden, InvalidInput, NotFound
from chalicelib.inbox import working
from chalicelib.inbox.answering import answer
from chalicelib.inbox.conversation import Answer, Conversation
from chalicelib.networks.contract import Rejected
from chalicelib.publishing import calendar, planning
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Content, Post
from chalicelib.publishing.waiting import drop, waiting
from chalicelib.records.event import Event
from chalicelib.team.actor import Actor
from tests.fakes.citizens import ANNE, OMAR, POLICE, RITA, InboxHouse, inbound
from tests.fakes.house import AGENCY, PUBLISHER, STRANGER

TEXT = "Une équipe est sur place."


@pytest.fixture
def asked(inbox: InboxHouse) -> InboxHouse:
    """Nadia has written m1."""
    inbox.take(inbound("m1"))
    inbox.clock.advance(60)
    return inbox


def press(
    inbox: InboxHouse, actor: Actor = RITA, *, to: str = "m1", text: str = TEXT, seen: int = 0
) -> tuple[Conversation, Answer]:
    message = inbox.message(to)
    return answer(
        inbox.message("m1").conversation, to=message.id, text=text, answers_seen=seen, actor=actor, bench=inbox.bench
    )


def kinds(inbox: InboxHouse, subject: str) -> list[str]:
    return [each.what for each in inbox.store.query(Event, Event.partition(AGENCY, subject))]


def test_an_answer_leaves_at_once_as_a_reply_to_the_message(asked: InboxHouse) -> None:
    conversation, given = press(asked, text=f"  {TEXT}\n")
    assert (conversation.answers, conversation.waiting_since, conversation.answered_by) == (1, None, "rita")
    assert asked.run(5) == ["published"]
    [post] = asked.network.posts
    assert (post.publication.text, post.publication.reply_to) == (TEXT, "m1")
    assert asked.delivery_of(given).state == "published"
    assert kinds(asked, f"CONVERSATION#{conversation.id}") == ["message.received", "conversation.answered"]
    assert sorted(kinds(asked, f"POST#{given.post}"), reverse=True) == ["reply.written", "delivery.published"]


def test_of_two_who_press_at_once_one_answers_and_the_other_is_told_by_whom(asked: InboxHouse) -> None:
    commit, second = asked.store.commit, [True]

    def meanwhile(*saves: Any, **more: Any) -> None:
        if second and second.pop():
            press(asked, OMAR)
        commit(*saves, **more)

    asked.store.commit = meanwhile  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="answered_meanwhile: Omar Responder"):
        press(asked, RITA)
    asked.run(5)
    assert len(asked.network.posts) == len(asked.store.all(Answer, AGENCY)) == len(asked.store.all(Post, AGENCY)) == 1


def test_who_had_not_seen_an_answer_is_refused_and_who_had_may_add_another(asked: InboxHouse) -> None:
    press(asked)
    with pytest.raises(Conflict, match="answered_meanwhile"):
        press(asked, OMAR)
    conversation, given = press(asked, OMAR, seen=1, text="Et encore ceci.")
    assert (conversation.answers, given.number) == (2, 2)


def test_a_message_that_comes_in_between_refuses_nobody(asked: InboxHouse) -> None:
    commit, once = asked.store.commit, [True]

    def meanwhile(*saves: Any, **more: Any) -> None:
        if once and once.pop():
            asked.take(inbound("m2", parent="m1"))
        commit(*saves, **more)

    asked.store.commit = meanwhile  # type: ignore[method-assign]
    conversation, _ = press(asked)
    assert (conversation.answers, conversation.messages) == (1, 2)


@pytest.mark.parametrize(
    ("actor", "error"), [(ANNE, Forbidden), (POLICE, NotFound), (STRANGER, NotFound), (PUBLISHER, None)]
)
def test_who_may_answer(asked: InboxHouse, actor: Actor, error: type[Exception] | None) -> None:
    if error is None:
        press(asked, actor)
        return
    with pytest.raises(error):
        press(asked, actor)
    assert asked.store.all(Post, AGENCY) == []


def test_what_the_network_would_refuse_is_refused_before_anything_is_kept(asked: InboxHouse) -> None:
    for text, code in (("x" * 301, "text_too_long"), (" \n ", "text_empty"), ("\ud800", "text_not_unicode")):
        with pytest.raises(InvalidInput, match=code) as refused:
            press(asked, text=text)
        assert refused.value.field == "text"
    assert asked.store.all(Answer, AGENCY) == []


def test_a_message_of_another_conversation_is_not_answered_here(asked: InboxHouse) -> None:
    asked.take(inbound("x", "carl"))
    with pytest.raises(InvalidInput, match="message_unknown"):
        press(asked, to="x")


def test_a_private_message_is_never_answered_in_the_open(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1", kind="private"))
    with pytest.raises(Conflict, match="private_not_offered"):
        press(inbox)


def test_a_broken_or_removed_profile_answers_nothing(asked: InboxHouse) -> None:
    asked.store.save(asked.profile_now().but(status="broken"))
    with pytest.raises(Conflict, match="profile_broken"):
        press(asked)
    asked.store.remove(asked.profile_now())
    with pytest.raises(Conflict, match="profile_removed"):
        press(asked)


def test_a_death_between_the_transaction_and_the_message_is_made_good_by_the_sweep(asked: InboxHouse) -> None:
    asked.queue.down = True
    press(asked)
    asked.queue.down = False
    asked.run(timedelta(minutes=4))
    assert len(asked.network.posts) == 1


# ---------------------------------------------------------------- where replies are seen, and where not


def test_a_reply_is_neither_in_the_calendar_nor_among_the_drafts(asked: InboxHouse) -> None:
    now = asked.clock.now()
    _, given = press(asked)
    span = (now - timedelta(days=1), now + timedelta(days=1))
    assert calendar.between(AGENCY, *span, store=asked.store) == []
    assert calendar.drafts(AGENCY, store=asked.store, cursor=None) == ([], None)
    assert planning.load(AGENCY, given.post, store=asked.store).post.content.reply_to == "m1"


def test_a_reply_that_failed_waits_for_a_person_and_the_conversation_shows_it(asked: InboxHouse) -> None:
    asked.network.next_outcomes(Rejected("content_refused", "Trop long."))
    _, given = press(asked)
    asked.run(5)
    assert [each.post for each in waiting(AGENCY, store=asked.store)] == [given.post]
    whole = working.read(given.conversation, actor=RITA, store=asked.store, clock=asked.clock)
    assert whole.deliveries[given.post].state == "failed"
    press(asked, seen=1)


def test_a_pause_holds_replies_too(asked: InboxHouse) -> None:
    pause(actor=PUBLISHER, scope="agency", scope_id=None, reason="Crue", store=asked.store, clock=asked.clock)
    _, given = press(asked)
    asked.run(5)
    held = asked.delivery_of(given)
    assert (held.state, held.reason, asked.network.posts) == ("held", "paused", [])
    assert drop(held.id, actor=PUBLISHER, bench=asked.bench).state == "cancelled"


def test_a_reply_is_not_rewritten_planned_or_deleted_as_a_post(asked: InboxHouse) -> None:
    asked.network.next_outcomes(Rejected("content_refused"))
    _, given = press(asked)
    asked.run(5)
    rev = planning.load(AGENCY, given.post, store=asked.store).post.rev
    with pytest.raises(Conflict, match="is_reply"):
        planning.change(
            given.post, Content(text="x", targets=("p1",)), expected=rev, actor=PUBLISHER, bench=asked.bench
        )
    with pytest.raises(Conflict, match="is_reply"):
        planning.schedule(
            given.post, due_at=asked.clock.now(), zone="UTC", expected=rev, actor=PUBLISHER, bench=asked.bench
        )
    with pytest.raises(Conflict, match="is_reply"):
        planning.delete(given.post, expected=rev, actor=PUBLISHER, bench=asked.bench)


def test_to_whom_it_answers_is_part_of_what_is_approved_and_other_posts_keep_their_fingerprint() -> None:
    said = Content(text="Oui.", targets=("p1",))
    before = {"text": "Oui.", "variants": {}, "media": [], "bytes": [], "targets": ["p1"], "language": None}
    assert said.fingerprint() == hashlib.sha256(json.dumps(before, sort_keys=True).encode()).hexdigest()
    assert len({said.fingerprint(), *(each.fingerprint() for each in _replies(said, ("a", "b")))}) == 3


def _replies(content: Content, to: Sequence[str]) -> list[Content]:
    return [content.model_copy(update={"reply_to": each}) for each in to]


def test_a_delivery_of_an_ordinary_post_names_no_conversation(asked: InboxHouse) -> None:
    planned = asked.scheduled(60)
    assert "conversation" not in asked.delivery(planned).item()
    assert all("cal_pk" in each.index_keys() for each in asked.store.all(Delivery, AGENCY))
