"""What people do with conversations: lists that cost the same however much there is, changes, who else is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import Forbidden, InvalidInput, NotFound, Stale
from chalicelib.inbox import presence, working
from chalicelib.inbox.conversation import Conversation
from chalicelib.inbox.working import Wanted
from chalicelib.records.event import Event
from chalicelib.team.actor import Actor
from tests.fakes.citizens import ANNE, OMAR, POLICE, RITA, InboxHouse, inbound
from tests.fakes.clock import START
from tests.fakes.house import AGENCY, CONTRIBUTOR, STRANGER


def pages(inbox: InboxHouse, actor: Actor = RITA, **wanted: str) -> list[list[str]]:
    """Excerpts, page by page."""
    found, cursor = [], None
    while True:
        items, cursor = working.listed(
            Wanted(**wanted),  # type: ignore[arg-type]
            cursor=cursor,
            actor=actor,
            store=inbox.store,
            now=inbox.clock.now(),
        )
        found.append([each.excerpt for each in items])
        if cursor is None:
            return found


def flat(inbox: InboxHouse, actor: Actor = RITA, **wanted: str) -> list[str]:
    return [each for page in pages(inbox, actor, **wanted) for each in page]


def change(inbox: InboxHouse, conversation: Conversation, actor: Actor = RITA, **changes: object) -> Conversation:
    asked = {"state": None, "assignee": "", "tags": None, "expected": conversation.rev, **changes}
    return working.change(conversation.id, actor=actor, store=inbox.store, clock=inbox.clock, **asked)  # type: ignore


def several(inbox: InboxHouse, count: int) -> None:
    inbox.clock.advance(timedelta(hours=1))
    inbox.take(*(inbound(f"m{n}", f"c{n}", f"n° {n}", at=START + timedelta(seconds=n)) for n in range(count)))


# ---------------------------------------------------------------- lists


def test_the_one_that_moved_last_comes_first(inbox: InboxHouse) -> None:
    several(inbox, 3)
    inbox.take(inbound("again", "c0", "n° 0 encore", parent="m0", at=START + timedelta(minutes=5)))
    assert flat(inbox) == ["n° 0 encore", "n° 2", "n° 1"]


def test_pages_hold_everything_once(inbox: InboxHouse) -> None:
    several(inbox, 130)
    found = pages(inbox)
    assert [len(each) for each in found] == [50, 50, 30]
    assert [each for page in found for each in page] == [f"n° {n}" for n in reversed(range(130))]


def test_a_rare_filter_reads_a_bounded_number_of_pages_and_goes_on_where_it_ended(inbox: InboxHouse) -> None:
    several(inbox, 400)
    change(inbox, inbox.conversation_of("m0"), tags=["fuite"])
    found = pages(inbox, tag="fuite")
    assert [each for page in found for each in page] == ["n° 0"]
    assert len(found) == 2


def test_filters(inbox: InboxHouse) -> None:
    inbox.profile("p2")
    several(inbox, 3)
    inbox.take(inbound("x", text="autre profil"), profile="p2")
    change(inbox, inbox.conversation_of("m1"), assignee="omar")
    change(inbox, inbox.conversation_of("m2"), state="done")
    assert flat(inbox, assignee="omar") == ["n° 1"]
    assert flat(inbox, assignee="") == ["autre profil", "n° 0"]
    assert flat(inbox, profile="p2") == ["autre profil"]
    assert flat(inbox, state="done") == ["n° 2"]


def test_what_is_done_is_listed_month_by_month(inbox: InboxHouse) -> None:
    for month in range(1, 5):
        inbox.clock.advance(timedelta(days=31))
        inbox.take(inbound(f"m{month}", f"c{month}", f"mois {month}", at=inbox.clock.now()))
        change(inbox, inbox.conversation_of(f"m{month}"), state="done")
    assert flat(inbox, state="done") == ["mois 4", "mois 3", "mois 2", "mois 1"]


@pytest.mark.parametrize("cursor", ["x", "2026-11.x", "2199-01.", "2026-11", "."])
@pytest.mark.parametrize("state", ["open", "done"])
def test_a_forged_cursor_is_refused(inbox: InboxHouse, state: str, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor_invalid"):
        working.listed(
            Wanted(state=state),  # type: ignore[arg-type]
            cursor=cursor,
            actor=RITA,
            store=inbox.store,
            now=inbox.clock.now(),
        )


def test_another_departments_conversations_are_not_there(inbox: InboxHouse) -> None:
    inbox.profile("p2", department="police")
    inbox.take(inbound("a", text="eau"))
    inbox.take(inbound("b", text="police"), profile="p2")
    assert (flat(inbox), flat(inbox, POLICE), flat(inbox, STRANGER)) == (["eau"], ["police"], [])
    for actor in (POLICE, CONTRIBUTOR, STRANGER):
        with pytest.raises(NotFound):
            working.read(inbox.conversation_of("a").id, actor=actor, store=inbox.store, clock=inbox.clock)


def test_an_index_that_lags_shows_nothing_twice_and_nothing_where_it_is_no_more(inbox: InboxHouse) -> None:
    several(inbox, 2)
    rows = inbox.store.rows("inbox", Conversation.view_partition(AGENCY, "open"), index="views", reverse=True)
    change(inbox, inbox.conversation_of("m1"), state="done")
    inbox.store.rows = lambda *_, **__: rows  # type: ignore[method-assign]
    assert flat(inbox) == ["n° 0"]


# ---------------------------------------------------------------- one conversation


def test_messages_and_answers_stand_in_the_order_of_time_the_newest_hundred(inbox: InboxHouse) -> None:
    inbox.clock.advance(600)
    inbox.take(
        *(
            inbound(f"m{n}", text=f"n° {n}", parent="m0" if n else None, at=START + timedelta(seconds=n))
            for n in range(130)
        )
    )
    whole = working.read(inbox.conversation_of("m0").id, actor=ANNE, store=inbox.store, clock=inbox.clock)
    assert [each.text for each in whole.messages] == [f"n° {n}" for n in range(30, 130)]
    assert whole.earlier and whole.profile is not None


def test_a_version_is_not_shown_without_the_message_that_made_it(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    rows, lag = inbox.store.rows, [1, 1]

    def behind(*arguments: object, **more: object) -> object:
        found, cursor = rows(*arguments, **more)  # type: ignore[arg-type]
        return (found[:-1] if lag and lag.pop() else found), cursor

    inbox.store.rows = behind  # type: ignore[method-assign,assignment]
    whole = working.read(inbox.conversation_of("m1").id, actor=RITA, store=inbox.store, clock=inbox.clock)
    assert len(whole.messages) == 1
    assert inbox.clock.slept == [0.1, 0.1]


# ---------------------------------------------------------------- changes


def test_each_change_is_written_once_and_told(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    before = inbox.conversation_of("m1")
    inbox.clock.advance(5)
    after = change(inbox, before, assignee="omar", tags=["eau", " rue  Haute ", "eau"], state="done")
    assert (after.assignee, after.assignee_name, after.tags) == ("omar", "Omar Responder", ("eau", "rue Haute"))
    assert (after.state, after.waiting_since) == ("done", None)
    events = list(inbox.store.query(Event, Event.partition(AGENCY, f"CONVERSATION#{after.id}")))
    assert sorted(each.what for each in events if each.actor == "rita") == [
        "conversation.assigned",
        "conversation.closed",
        "conversation.tagged",
    ]
    assert change(inbox, after, assignee="omar", state="done") == after, "nothing to change is nothing to write"
    assert change(inbox, after, assignee=None, state="open").assignee is None


def test_a_change_of_what_has_moved_since_is_stale(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    before = inbox.conversation_of("m1")
    inbox.take(inbound("m2", parent="m1"))
    with pytest.raises(Stale):
        change(inbox, before, state="done")


@pytest.mark.parametrize("person", ["anne", "pol", "nobody", "sam"])
def test_only_who_may_answer_there_can_be_asked_to(inbox: InboxHouse, person: str) -> None:
    inbox.take(inbound("m1"))
    with pytest.raises(InvalidInput, match="assignee_unknown"):
        change(inbox, inbox.conversation_of("m1"), assignee=person)


def test_who_may_only_read_changes_nothing(inbox: InboxHouse) -> None:
    inbox.take(inbound("m1"))
    with pytest.raises(Forbidden):
        change(inbox, inbox.conversation_of("m1"), ANNE, state="done")
    with pytest.raises(NotFound):
        change(inbox, inbox.conversation_of("m1"), POLICE, state="done")


# ---------------------------------------------------------------- presence


def there(inbox: InboxHouse, actor: Actor) -> list[tuple[str, bool]]:
    return [
        (each.person, each.writing)
        for each in presence.others("c", actor=actor, store=inbox.store, now=inbox.clock.now())
    ]


def here(inbox: InboxHouse, actor: Actor, *, writing: bool = False) -> list[str]:
    found = presence.here("c", writing=writing, actor=actor, store=inbox.store, now=inbox.clock.now())
    return [each.person for each in found]


def test_each_sees_the_other_and_not_themselves(inbox: InboxHouse) -> None:
    assert here(inbox, RITA) == []
    assert here(inbox, OMAR, writing=True) == ["rita"]
    assert there(inbox, RITA) == [("omar", True)]
    assert there(inbox, STRANGER) == []


def test_who_says_nothing_for_eight_seconds_is_gone_whatever_the_table_still_keeps(inbox: InboxHouse) -> None:
    here(inbox, RITA)
    inbox.clock.advance(7)
    assert there(inbox, OMAR) == [("rita", False)]
    inbox.clock.advance(1)
    assert there(inbox, OMAR) == []


def test_who_stays_has_been_there_since_they_came_and_who_comes_back_since_then(inbox: InboxHouse) -> None:
    here(inbox, RITA)
    inbox.clock.advance(5)
    here(inbox, RITA, writing=True)
    [rita] = presence.others("c", actor=OMAR, store=inbox.store, now=inbox.clock.now())
    assert (rita.since, rita.writing) == (START, True)
    inbox.clock.advance(30)
    here(inbox, RITA)
    [rita] = presence.others("c", actor=OMAR, store=inbox.store, now=inbox.clock.now())
    assert rita.since == inbox.clock.now()


def test_who_leaves_is_gone_at_once_and_takes_nobody_along(inbox: InboxHouse) -> None:
    here(inbox, RITA)
    here(inbox, OMAR)
    presence.gone("c", actor=RITA, store=inbox.store)
    presence.gone("c", actor=RITA, store=inbox.store)
    assert (there(inbox, OMAR), there(inbox, RITA)) == ([], [("omar", False)])
