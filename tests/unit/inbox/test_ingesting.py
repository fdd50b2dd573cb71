"""What reaches a profile is kept once, with a conversation, an event and a tally, whatever is told again or changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.alerts.tally import Tally
from chalicelib.errors import Upstream
from chalicelib.inbox.ingesting import FRESH
from chalicelib.inbox.message import Message
from chalicelib.networks.contract import InboundMedia
from chalicelib.records.event import Event
from chalicelib.store import Lost
from tests.fakes.citizens import InboxHouse, inbound
from tests.fakes.clock import START
from tests.fakes.house import AGENCY
from tests.fakes.queue import Killed


def told(inbox: InboxHouse, what: str = "message.received") -> list[Event]:
    return [each for each in inbox.store.all(Event, AGENCY) if each.what == what]


def test_a_message_is_kept_with_its_conversation_an_event_and_a_tally_in_one_transaction(inbox: InboxHouse) -> None:
    commits = []
    commit = inbox.store.commit
    inbox.store.commit = lambda *saves, **more: commits.append(len(saves)) or commit(*saves, **more)  # type: ignore
    inbox.take(inbound("m1", "nadia", "  Plus d'eau\n depuis ce matin.  "))
    assert commits == [4]
    kept, conversation = inbox.message("m1"), inbox.conversation_of("m1")
    assert (kept.author.handle, kept.text, kept.edits) == (
        "nadia@there.example",
        "  Plus d'eau\n depuis ce matin.  ",
        0,
    )
    assert (conversation.state, conversation.type, conversation.messages) == ("open", "mention", 1)
    assert conversation.excerpt == "Plus d'eau depuis ce matin."
    assert conversation.last_at == conversation.waiting_since == START
    [event] = told(inbox)
    assert event.subject == f"CONVERSATION#{conversation.id}"
    assert event.detail["message"] == kept.id
    assert "eau" not in str(event.item()), "an event names the message and does not repeat its words"
    [tally] = inbox.store.all(Tally, AGENCY)
    assert tally.messages == (kept.id,)


def test_told_again_nothing_changes(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"), inbound("m2", "omar"))
    before = inbox.store.writes
    assert str(inbox.take(inbound("m2", "omar"), inbound("m1"))) == "new 0 edited 0 known 2"
    assert inbox.store.writes == before


def test_twice_in_one_reading_it_is_kept_once(inbox: InboxHouse) -> None:
    taken = inbox.take(inbound("m1"), inbound("m1"), inbound("m1", revision="2"))
    assert (taken.new, taken.known, taken.edited) == (1, 1, 1)
    assert inbox.conversation_of("m1").messages == 1


def test_a_batch_of_which_some_is_known_keeps_the_rest(inbox: InboxHouse) -> None:
    inbox.take(*(inbound(f"m{number}", f"c{number}") for number in range(0, 25, 2)))
    taken = inbox.take(*(inbound(f"m{number}", f"c{number}") for number in range(25)))
    assert (taken.new, taken.known) == (12, 13)
    assert len(told(inbox)) == len(inbox.store.all(Message, AGENCY)) == 25


def test_whoever_comes_second_reads_again_and_keeps_what_is_missing(inbox: InboxHouse) -> None:
    commit, twins = inbox.store.commit, [True]

    def beaten(*saves: object, **more: object) -> None:
        if twins and twins.pop():
            inbox.take(inbound("m1"), inbound("m3", "carl"))
        commit(*saves, **more)  # type: ignore[arg-type]

    inbox.store.commit = beaten  # type: ignore[method-assign]
    taken = inbox.take(inbound("m1"), inbound("m2", at=START + timedelta(seconds=1)))
    assert (taken.new, taken.known) == (1, 1)
    assert sorted(each.remote_id for each in inbox.store.all(Message, AGENCY)) == ["m1", "m2", "m3"]
    assert len(told(inbox)) == 3
    assert sum(len(each.messages) for each in inbox.store.all(Tally, AGENCY)) == 3


def test_who_always_loses_gives_up_and_says_so(inbox: InboxHouse) -> None:
    def lost(*_: object, **__: object) -> None:
        raise Lost

    inbox.store.commit = lost  # type: ignore[method-assign]
    with pytest.raises(Upstream, match="inbox_busy"):
        inbox.take(inbound("m1"))


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_may_die_at_its_transaction_and_it_is_all_there_or_nothing(inbox: InboxHouse, after: bool) -> None:
    messages = [inbound(f"m{number}", f"c{number % 3}") for number in range(10)]
    inbox.fate.kill(1, after=after)
    with pytest.raises(Killed):
        inbox.take(*messages)
    assert len(inbox.store.all(Message, AGENCY)) == len(told(inbox)) == (10 if after else 0)
    inbox.take(*messages)
    assert len(inbox.store.all(Message, AGENCY)) == len(told(inbox)) == 10
    assert sum(each.messages for each in inbox.conversations()) == 10


# ---------------------------------------------------------------- edits


def test_an_edit_changes_the_words_and_keeps_the_first(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1", text="Plus d'eau"))
    inbox.take(inbound("m1", text="Plus d'eau !", revision="2026-11-02T09:01:00Z"))
    inbox.take(inbound("m1", text="L'eau est revenue", revision="2026-11-02T09:05:00Z"))
    kept = inbox.message("m1")
    assert (kept.text, kept.first_text, kept.edits) == ("L'eau est revenue", "Plus d'eau", 2)
    assert inbox.conversation_of("m1").excerpt == "L'eau est revenue"
    assert inbox.conversation_of("m1").messages == 1
    assert len(told(inbox, "message.edited")) == 2 and len(told(inbox)) == 1


@pytest.mark.parametrize("late", ["", "2026-11-02T09:05:00Z", "2026-11-02T09:01:00Z", "2026-11-02T10:05:00+01:00"])
def test_a_revision_that_is_older_or_equal_does_nothing(inbox: InboxHouse, late: str) -> None:
    inbox.take(inbound("m1", text="nouveau", revision="2026-11-02T09:05:00Z"))
    inbox.take(inbound("m1", text="ancien", revision=late))
    assert (inbox.message("m1").text, inbox.message("m1").edits) == ("nouveau", 0)


def test_a_revision_without_order_that_was_seen_before_does_nothing(inbox: InboxHouse) -> None:
    for revision in ("bafy1", "bafy2", "bafy1", "bafy2"):
        inbox.take(inbound("m1", text=revision, revision=revision))
    assert (inbox.message("m1").text, inbox.message("m1").edits) == ("bafy2", 1)


def test_an_edit_neither_opens_a_conversation_nor_makes_anybody_wait(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    conversation = inbox.conversation_of("m1")
    inbox.store.save(conversation.but(state="done", waiting_since=None))
    inbox.take(inbound("m1", text="corrigé", revision="b"))
    after = inbox.conversation_of("m1")
    assert (after.state, after.waiting_since, after.excerpt) == ("done", None, "corrigé")


def test_an_edit_of_what_is_not_the_last_message_leaves_the_excerpt(inbox: InboxHouse) -> None:
    inbox.clock.advance(60)
    inbox.take(inbound("m1"), inbound("m2", text="dernier", parent="m1", at=START + timedelta(seconds=5)))
    inbox.take(inbound("m1", text="corrigé", revision="b"))
    assert inbox.conversation_of("m1").excerpt == "dernier"


# ---------------------------------------------------------------- conversations move


def test_who_writes_again_opens_what_was_done(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    inbox.store.save(inbox.conversation_of("m1").but(state="done", waiting_since=None))
    inbox.clock.advance(600)
    again = START + timedelta(minutes=9)
    inbox.take(inbound("m2", parent="m1", at=again))
    moved = inbox.conversation_of("m2")
    assert (moved.state, moved.messages, moved.waiting_since, moved.last_at) == ("open", 2, again, again)
    assert len(told(inbox, "conversation.opened")) == 1


def test_what_comes_late_counts_but_does_not_become_the_last(inbox: InboxHouse) -> None:
    inbox.clock.advance(60)
    inbox.take(inbound("m2", text="après", parent="m1", at=START + timedelta(seconds=30)))
    inbox.take(inbound("m1", text="avant", at=START))
    conversation = inbox.conversation_of("m1")
    assert conversation.id == inbox.conversation_of("m2").id
    assert (conversation.excerpt, conversation.messages) == ("après", 2)
    assert conversation.waiting_since == START, "they wait since their first"


def test_a_network_clock_that_runs_ahead_puts_nothing_into_the_future(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1", at=START + timedelta(days=300)))
    assert inbox.message("m1").written_at == inbox.conversation_of("m1").last_at == inbox.clock.now()


def test_a_profile_that_moved_takes_its_conversations_along_as_they_move(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    inbox.store.save(inbox.profile_now().but(department="police"))
    inbox.take(inbound("m2", parent="m1"))
    assert inbox.conversation_of("m1").department == "police"


# ---------------------------------------------------------------- searches, and what is ours


def test_a_hit_of_a_search_waits_for_nobody_until_it_turns_out_to_be_addressed_to_us(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1", kind="keyword"))
    assert inbox.conversation_of("m1").waiting_since is None
    inbox.take(inbound("m1", kind="mention"))
    assert (inbox.message("m1").type, inbox.conversation_of("m1").type) == ("mention", "mention")
    assert inbox.conversation_of("m1").waiting_since == START
    inbox.take(inbound("m1", kind="keyword"))
    assert inbox.message("m1").type == "mention"
    assert len(told(inbox)) == 1


def test_what_the_agency_says_itself_is_no_message(inbox: InboxHouse) -> None:
    ours = replace(inbound("m1"), author=replace(inbound("m1").author, remote_id="p1@"))
    sister = replace(inbound("m2", kind="keyword"), author=replace(inbound("m2").author, remote_id="p2@"))
    inbox.take(ours, sister, ours=("p1@", "p2@"))
    assert inbox.conversations() == []
    inbox.take(replace(sister, kind="mention"), ours=("p1@", "p2@"))
    assert len(inbox.conversations()) == 1, "another profile that mentions this one is somebody who writes to it"


def test_what_is_old_when_it_comes_is_kept_and_not_counted(inbox: InboxHouse) -> None:
    inbox.clock.advance(FRESH + timedelta(seconds=1))
    inbox.take(inbound("old"), inbound("new", "carl", at=inbox.clock.now()))
    [tally] = inbox.store.all(Tally, AGENCY)
    assert tally.messages == (inbox.message("new").id,)
    assert inbox.message("old")


def test_what_mentions_two_profiles_reaches_both(inbox: InboxHouse) -> None:
    inbox.profile("p2", department="police")
    inbox.take(inbound("m1"))
    inbox.take(inbound("m1"), profile="p2")
    assert {each.department for each in inbox.conversations()} == {"water", "police"}


def test_what_does_not_fit_is_cut_and_stops_nothing_that_comes_after_it(inbox: InboxHouse) -> None:
    media = [InboundMedia("image", "https://there.example/i.jpg", "x" * 90_000)] * 40
    huge = inbound("m1", text="é\ud800" * 300_000, media=media, native={"raw": "y" * 500_000})
    inbox.take(huge, inbound("m2", "carl"))
    kept = inbox.message("m1")
    assert len(str(kept.item()).encode()) < 200_000
    assert inbox.message("m2")


def test_markup_and_directions_stay_text(inbox: InboxHouse) -> None:
    text = "<script>alert(1)</script> \u202efdp.exe"
    inbox.take(inbound("m1", text=text))
    assert inbox.message("m1").text == inbox.conversation_of("m1").excerpt == text
