"""One citizen in one thread is one conversation, whatever the network tells of the thread and in whatever order."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from chalicelib.inbox.above import POSTS_MAX, read_later
from chalicelib.inbox.answering import answer
from chalicelib.inbox.conversation import Answer
from chalicelib.networks.contract import Inbound, NotUnderstood, Unavailable
from tests.fakes.citizens import RITA, InboxHouse, citizen, inbound
from tests.fakes.clock import START
from tests.fakes.house import AGENCY

STEP = timedelta(seconds=1)


def thread() -> list[Inbound]:
    """Zoe begins, Nadia answers her and then herself, Zoe answers that, Nadia again. No root is named."""
    return [
        inbound("t0", "zoe"),
        inbound("t1", "nadia", parent="t0", at=START + STEP),
        inbound("t2", "nadia", parent="t1", at=START + 2 * STEP),
        inbound("t3", "zoe", parent="t2", at=START + 3 * STEP),
        inbound("t4", "nadia", parent="t3", at=START + 4 * STEP),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
@pytest.mark.parametrize("together", [False, True])
def test_in_whatever_order_they_come_each_citizen_has_one_conversation(order: tuple[int, ...], together: bool) -> None:
    inbox, messages = InboxHouse(), thread()
    inbox.clock.advance(60)
    inbox.network.write(*messages, to=None)
    shuffled = [messages[place] for place in order]
    for batch in [shuffled] if together else [[each] for each in shuffled]:
        inbox.take(*batch)
    assert {each.citizen.name: each.messages for each in inbox.conversations()} == {"Zoe": 2, "Nadia": 3}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_without_the_thread_a_reply_that_came_first_and_what_it_answers_find_each_other(order: tuple[int, ...]) -> None:
    inbox = InboxHouse()
    inbox.clock.advance(60)
    inbox.network.thread_error = Unavailable("network_down")
    messages = [
        inbound("t1", parent="elsewhere"),
        inbound("t2", parent="t1", at=START + STEP),
        inbound("t3", parent="t2", at=START + 2 * STEP),
    ]
    for place in order:
        inbox.take(messages[place])
    assert [each.messages for each in inbox.conversations()] == [3]


def test_a_root_that_is_named_late_makes_no_second_conversation(inbox: InboxHouse) -> None:
    inbox.network.thread_error = Unavailable("network_down")
    inbox.take(inbound("t2", parent="t1"))
    inbox.network.thread_error = None
    inbox.take(inbound("t3", parent="t2", root="t0", at=START + STEP))
    inbox.take(inbound("t4", parent="t1", root="t0", at=START + 2 * STEP))
    assert len(inbox.conversations()) == 1
    assert inbox.conversation_of("t4").messages == 3


def test_two_threads_of_one_citizen_are_two_and_so_are_two_citizens_in_one(inbox: InboxHouse) -> None:
    inbox.take(inbound("a"), inbound("b"), inbound("c", "carl", parent="a", root="a"))
    assert len(inbox.conversations()) == 3
    assert inbox.message("c").anchor == "a"


def test_private_messages_are_one_conversation_whatever_thread_they_name(inbox: InboxHouse) -> None:
    inbox.take(inbound("a", kind="private"), inbound("b", kind="private", parent="x"), inbound("c"))
    assert inbox.conversation_of("a").id == inbox.conversation_of("b").id != inbox.conversation_of("c").id
    assert [each for each in inbox.network.asked if each[0] == "thread"] == []


def test_whom_the_network_does_not_name_is_not_taken_for_another(inbox: InboxHouse) -> None:
    for number in range(3):
        nameless = inbound(f"m{number}", kind="comment", parent="post", root="post")
        inbox.take(Inbound(**{**nameless.__dict__, "author": citizen("").__class__("", "")}))
    assert len(inbox.conversations()) == 3


def test_what_a_citizen_answers_to_our_reply_stays_in_the_conversation(inbox: InboxHouse) -> None:
    """A network that names the post answered and nothing more, and that shows nothing of the thread."""
    inbox.take(inbound("m1"))
    conversation = inbox.conversation_of("m1")
    _, ours = answer(
        conversation.id, to=inbox.message("m1").id, text="Nous arrivons.", answers_seen=0, actor=RITA, bench=inbox.bench
    )
    inbox.run(5)
    published = inbox.delivery_of(ours).remote_id
    assert published is not None
    inbox.take(inbound("m2", parent=published, at=inbox.clock.now()))
    inbox.take(inbound("x", "carl", parent=published, at=inbox.clock.now()))
    assert inbox.conversation_of("m2").id == conversation.id
    assert inbox.message("x").anchor == conversation.anchor
    assert len(inbox.conversations()) == 2


# ---------------------------------------------------------------- what stands above


def test_under_a_post_that_parvis_published_nobody_is_asked_what_stands_above(inbox: InboxHouse) -> None:
    planned = inbox.scheduled(0, "La rue Haute est fermée.")
    inbox.run(5)
    published = inbox.delivery(planned).remote_id
    inbox.take(inbound("m1", kind="reply", parent=published), inbound("m2", "carl", kind="reply", parent=published))
    for remote_id in ("m1", "m2"):
        above = inbox.above(remote_id)
        assert above is not None
        [post] = above.posts
        assert (post.text, post.ours, post.post) == ("La rue Haute est fermée.", True, planned.post.id)
        assert inbox.conversation_of(remote_id).context == "kept"
    assert inbox.network.asked == []


def test_the_thread_above_is_read_once_for_all_who_answer_the_same_post(inbox: InboxHouse) -> None:
    planned = inbox.scheduled(0)
    inbox.run(5)
    published = str(inbox.delivery(planned).remote_id)
    mine = Inbound(**{**inbound(published).__dict__, "author": citizen("p1").__class__("p1@", "@p1")})
    inbox.network.write(mine, inbound("t1", "zoe", parent=published), to=None)
    answers = [inbound(f"m{number}", f"c{number}", parent="t1") for number in range(12)]
    inbox.network.write(*answers, to=None)
    inbox.take(*answers)
    assert [each for each, _ in inbox.network.asked] == ["thread"]
    above = inbox.above("m11")
    assert above is not None
    assert [(each.remote_id, each.ours, each.post) for each in above.posts] == [
        (published, True, planned.post.id),
        ("t1", False, None),
    ]
    assert inbox.message("m11").anchor == published


def test_a_message_is_kept_without_what_stands_above_and_it_is_read_later(inbox: InboxHouse) -> None:
    inbox.network.write(*thread(), to=None)
    inbox.network.thread_error = Unavailable("network_down")
    taken = inbox.take(thread()[1])
    conversation = inbox.conversation_of("t1")
    assert (conversation.context, taken.missing) == ("missing", (conversation.id,))
    inbox.network.thread_error = None
    assert read_later(AGENCY, conversation.id, desk=inbox.desk) == "kept"
    above = inbox.above("t1")
    assert above is not None and [each.remote_id for each in above.posts] == ["t0"]
    assert inbox.conversation_of("t1").context == "kept"
    assert read_later(AGENCY, conversation.id, desk=inbox.desk) == "void"


@pytest.mark.parametrize("error", [Unavailable("network_down"), NotUnderstood("answer_unexpected")])
def test_a_network_that_cannot_tell_threads_is_not_asked_again_and_again(
    inbox: InboxHouse, error: Unavailable | NotUnderstood
) -> None:
    inbox.network.thread_error = error
    taken = inbox.take(*(inbound(f"m{number}", f"c{number}", parent=f"x{number}") for number in range(30)))
    assert (taken.new, len(taken.missing)) == (30, 30)
    assert len(inbox.network.asked) == (1 if isinstance(error, Unavailable) else 10)


def test_a_long_thread_shows_its_beginning_and_its_end(inbox: InboxHouse) -> None:
    posts = [inbound(f"t{number}", f"c{number}", parent=f"t{number - 1}" if number else None) for number in range(30)]
    inbox.network.write(*posts, to=None)
    inbox.take(posts[-1])
    above = inbox.above("t29")
    assert above is not None and len(above.posts) == POSTS_MAX
    assert [each.remote_id for each in above.posts][::9] == ["t0", "t28"]


def test_an_answer_item_is_found_by_its_post(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    kept = inbox.message("m1")
    _, ours = answer(kept.conversation, to=kept.id, text="Oui.", answers_seen=0, actor=RITA, bench=inbox.bench)
    assert inbox.store.get(Answer, Answer.key_of(AGENCY, ours.post)) == ours
