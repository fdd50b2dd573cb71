"""Reading by a cursor: what came is kept before the cursor moves, and nothing that a network does loses any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.inbox.keyword import search_for, search_no_more
from chalicelib.inbox.message import Message
from chalicelib.inbox.polling import Ask, Cursor, listen, poll
from chalicelib.networks.contract import CredentialsRefused, NotUnderstood, Unavailable
from chalicelib.networks.registry import NETWORKS, build
from chalicelib.networks.transport import Transport
from tests.fakes.citizens import InboxHouse, inbound
from tests.fakes.house import ADMINISTRATOR, AGENCY
from tests.fakes.queue import Killed

READ = ("inbox", "search")


def kept(inbox: InboxHouse) -> list[str]:
    return sorted(each.remote_id for each in inbox.store.all(Message, AGENCY))


def cursor(inbox: InboxHouse, keyword: str | None = None) -> Cursor:
    found = inbox.store.get(Cursor, Cursor.key_of(AGENCY, "p1", keyword))
    assert found is not None
    return found


def readings(inbox: InboxHouse) -> list[str | None]:
    return [place for what, place in inbox.network.asked if what in READ]


def keyword(inbox: InboxHouse, words: str = "eau") -> Ask:
    made = search_for(
        words,
        "p1",
        actor=ADMINISTRATOR,
        store=inbox.store,
        clock=inbox.clock,
        network_named=inbox.network_named,  # type: ignore[arg-type]
    )
    return Ask(agency=AGENCY, profile="p1", keyword=made.id)


def asked(inbox: InboxHouse) -> list[tuple[str | None, int]]:
    inbox.poll_queue.sent.clear()
    listen(store=inbox.store, queue=inbox.poll_queue, network_named=inbox.network_named)  # type: ignore[arg-type]
    return sorted((ask.keyword or ask.profile, after) for ask, after in inbox.poll_queue.sent)


# ---------------------------------------------------------------- listening


def test_every_connected_profile_is_read_three_times_a_minute_and_each_keyword_once(inbox: InboxHouse) -> None:
    inbox.profile("p2", department="police")
    inbox.profile("broken", status="broken")
    ask = keyword(inbox)
    everything = asked(inbox)
    assert [each for each in everything if each[0] != ask.keyword] == [
        (p, s) for p in ("p1", "p2") for s in (0, 20, 40)
    ]
    assert len([each for each in everything if each[0] == ask.keyword]) == 1


@pytest.mark.parametrize(("often", "moments"), [(1, [0]), (2, [0, 30]), (4, [0, 15, 30, 45])])
def test_a_network_is_read_as_often_as_it_says_and_evenly(
    inbox: InboxHouse, monkeypatch: pytest.MonkeyPatch, often: int, moments: list[int]
) -> None:
    able = replace(inbox.network.capabilities(), reads_a_minute=often)
    monkeypatch.setattr(inbox.network, "capabilities", lambda: able)
    assert asked(inbox) == [("p1", after) for after in moments]


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_no_network_is_asked_more_often_than_a_reading_is_let_pass(name: str) -> None:
    often = build(name, Transport(), dict).capabilities().reads_a_minute
    assert 60 % often == 0 and 60 // often >= 10


def test_a_network_that_offers_no_inbox_is_not_read(inbox: InboxHouse) -> None:
    ask = keyword(inbox)
    inbox.network.reads = frozenset()
    assert asked(inbox) == []
    assert inbox.poll() == inbox.poll(ask) == "not offered"


# ---------------------------------------------------------------- reading


def test_what_came_is_kept_and_the_next_reading_begins_after_it(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("m1"), inbound("m2", "carl"))
    assert inbox.poll() == "new 2 edited 0 known 0"
    inbox.clock.advance(20)
    inbox.network.write(inbound("m3", "carl"))
    assert inbox.poll() == "new 1 edited 0 known 0"
    assert readings(inbox) == [None, "2"]
    assert kept(inbox) == ["m1", "m2", "m3"]


def test_a_backlog_is_read_at_once_to_its_end(inbox: InboxHouse) -> None:
    inbox.network.write(*(inbound(f"m{number}", f"c{number}") for number in range(120)))
    assert inbox.poll() == "new 120 edited 0 known 0"
    assert readings(inbox) == [None, "50", "100"]


def test_a_backlog_too_long_for_one_worker_is_handed_on(inbox: InboxHouse) -> None:
    inbox.network.write(*(inbound(f"m{number}", f"c{number}") for number in range(120)))
    page = inbox.network._page

    def slow(*args: object) -> object:
        inbox.clock.advance(26)
        return page(*args)  # type: ignore[arg-type]

    inbox.network._page = slow  # type: ignore[method-assign,assignment]
    assert inbox.poll().endswith("more")
    [(ask, after)] = inbox.poll_queue.sent
    assert after == 0
    assert inbox.poll(ask) == "new 50 edited 0 known 0 more"
    assert inbox.poll(inbox.poll_queue.sent[-1][0]) == "new 20 edited 0 known 0"
    assert len(kept(inbox)) == 120


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_may_die_at_any_write_and_nothing_is_lost_or_doubled(after: bool) -> None:
    step = 0
    while True:
        step += 1
        inbox = InboxHouse()
        inbox.network.write(*(inbound(f"m{number}", f"c{number % 7}") for number in range(64)))
        inbox.fate.spare()
        inbox.fate.kill(step, after=after)
        for _ in range(6):
            try:
                inbox.poll()
            except Killed:
                mark = inbox.store.get(Cursor, Cursor.key_of(AGENCY, "p1", None))
                if mark is not None and mark.lease_until is not None:
                    assert inbox.poll() == "leased", "nobody reads beside somebody who may yet live"
            inbox.clock.advance(71)
        assert len(kept(inbox)) == 64, f"step {step}"
        assert sum(each.messages for each in inbox.conversations()) == 64
        if inbox.fate.steps < step:
            break
    assert step > 8


def test_two_readings_of_one_profile_do_not_run_at_once(inbox: InboxHouse) -> None:
    page, second = inbox.network._page, []

    def meanwhile(*args: object) -> object:
        second.append(poll(Ask(agency=AGENCY, profile="p1"), desk=inbox.desk, queue=inbox.poll_queue))
        return page(*args)  # type: ignore[arg-type]

    inbox.network._page = meanwhile  # type: ignore[method-assign,assignment]
    inbox.poll()
    assert second == ["leased"]
    assert inbox.poll() == "recent", "of a queue that stood still one message does the work of all"
    inbox.clock.advance(20)
    assert inbox.poll() == "new 0 edited 0 known 0"


def test_messages_that_cannot_be_kept_leave_the_cursor_where_it_was(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("m1"))
    commit = inbox.store.commit
    inbox.store.commit = lambda *saves, **more: (_ for _ in ()).throw(OSError("table gone"))  # type: ignore
    with pytest.raises(OSError, match="table gone"):
        poll(Ask(agency=AGENCY, profile="p1"), desk=_desk_saving(inbox), queue=inbox.poll_queue)
    inbox.store.commit = commit  # type: ignore[method-assign]
    inbox.clock.advance(71)
    inbox.poll()
    assert kept(inbox) == ["m1"]


def _desk_saving(inbox: InboxHouse) -> object:
    """Single writes work; transactions do not."""
    save = type(inbox.store).commit
    inbox.store.save = lambda entity: save(inbox.store, entity)  # type: ignore[method-assign]
    return inbox.desk


def test_what_stands_above_is_asked_for_later_where_it_could_not_be_read(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("t0", "zoe"), to=None)
    inbox.network.write(inbound("m1", parent="t0"))
    inbox.network.thread_error = Unavailable("network_down")
    inbox.poll()
    [(ask, after)] = inbox.poll_queue.sent
    assert ask.conversation == inbox.conversation_of("m1").id and after > 0
    assert inbox.poll(ask) == "network_down"
    again, wait = inbox.poll_queue.sent[-1]
    assert (again.tries, wait) == (1, 30)
    inbox.network.thread_error = None
    assert inbox.poll(again) == "kept"
    assert inbox.conversation_of("m1").context == "kept"


def test_what_stands_above_is_not_asked_for_for_ever(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("m1", parent="t0"))
    inbox.network.thread_error = Unavailable("network_down")
    inbox.poll()
    for _ in range(20):
        inbox.poll(inbox.poll_queue.sent[-1][0])
    assert len(inbox.poll_queue.sent) == 5


# ---------------------------------------------------------------- what goes wrong


def test_a_network_that_asks_for_patience_is_left_alone_for_so_long(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("m1"))
    inbox.network.errors = [Unavailable("rate_limited", wait=timedelta(seconds=90))]
    assert inbox.poll() == "rate_limited"
    assert (cursor(inbox).reason, inbox.profile_now().status) == ("rate_limited", "connected")
    inbox.clock.advance(80)
    assert inbox.poll() == "patient"
    inbox.clock.advance(11)
    assert inbox.poll() == "new 1 edited 0 known 0"
    assert cursor(inbox).reason is None


@pytest.mark.parametrize("error", [Unavailable("network_down"), NotUnderstood("answer_unexpected")])
def test_no_temporary_error_disconnects_however_often_it_comes(
    inbox: InboxHouse, error: Unavailable | NotUnderstood
) -> None:
    inbox.network.errors = [error] * 50
    for _ in range(50):
        inbox.poll()
        inbox.clock.advance(timedelta(minutes=3))
    assert inbox.profile_now().status == "connected"
    assert inbox.topic.subjects == []


def test_a_wait_of_a_week_is_not_believed(inbox: InboxHouse) -> None:
    inbox.network.errors = [Unavailable("rate_limited", wait=timedelta(days=7))]
    inbox.poll()
    inbox.clock.advance(timedelta(minutes=16))
    assert inbox.poll().startswith("new")


def test_revoked_tokens_are_renewed_once_and_the_reading_goes_on(inbox: InboxHouse) -> None:
    inbox.network.write(inbound("m1"))
    inbox.network.errors = [CredentialsRefused("credentials_refused")]
    assert inbox.poll() == "new 1 edited 0 known 0"
    assert inbox.profile_now().status == "connected"


def test_tokens_that_are_refused_even_when_renewed_break_the_profile_and_it_is_said(inbox: InboxHouse) -> None:
    inbox.network.errors = [CredentialsRefused("account_suspended")] * 2
    assert inbox.poll() == "broken"
    assert (inbox.profile_now().status, inbox.profile_now().status_reason) == ("broken", "account_suspended")
    assert inbox.topic.subjects == ["Parvis: profile_broken"]
    assert inbox.poll() == "broken"
    assert len(inbox.network.asked) == 2


def test_a_profile_that_was_removed_is_not_read(inbox: InboxHouse) -> None:
    inbox.store.remove(inbox.profile_now())
    assert inbox.poll() == "removed"
    assert inbox.network.asked == []


# ---------------------------------------------------------------- keywords


def test_a_keyword_is_searched_for_with_a_cursor_of_its_own(inbox: InboxHouse) -> None:
    ask = keyword(inbox)
    inbox.network.public = [inbound("k1", "carl", "Plus d'eau"), inbound("k2", "zoe", "Rien à voir")]
    assert inbox.poll(ask) == "new 1 edited 0 known 0"
    assert inbox.message("k1").type == "keyword"
    assert (cursor(inbox, ask.keyword).cursor, inbox.poll()) == ("1", "new 0 edited 0 known 0")


def test_what_a_mention_told_us_is_not_doubled_by_a_search_nor_the_other_way_round(inbox: InboxHouse) -> None:
    ask = keyword(inbox)
    both, later = inbound("m1"), inbound("m2", "carl")
    inbox.network.write(both)
    inbox.network.public = [both, later]
    inbox.poll()
    inbox.poll(ask)
    inbox.network.write(later)
    inbox.clock.advance(20)
    inbox.poll()
    assert kept(inbox) == ["m1", "m2"]
    assert {each.type for each in inbox.store.all(Message, AGENCY)} == {"mention"}
    assert all(each.messages == 1 for each in inbox.conversations())


def test_what_the_agencys_accounts_say_is_no_hit(inbox: InboxHouse) -> None:
    inbox.profile("p2", department="police")
    ask = keyword(inbox)
    hit = inbound("k1", text="Plus d'eau")
    inbox.network.public = [
        type(hit)(**{**hit.__dict__, "remote_id": account, "author": type(hit.author)(account, account)})
        for account in ("p1@", "p2@")
    ]
    assert inbox.poll(ask) == "new 0 edited 0 known 0"


def test_words_that_are_searched_for_no_more_are_not_searched_for(inbox: InboxHouse) -> None:
    ask = keyword(inbox)
    search_no_more(str(ask.keyword), actor=ADMINISTRATOR, store=inbox.store, clock=inbox.clock)
    assert inbox.poll(ask) == "removed"
    assert inbox.network.asked == []
