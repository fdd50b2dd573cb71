"""What chalicelib.store.Store promises, held against every implementation alike.

Each test works under an agency of its own, so that the order of the tests does not matter.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.aws.dynamodb import DynamoDBStore
from chalicelib.crisis.pause import Fence
from chalicelib.errors import InvalidInput
from chalicelib.publishing.calendar import drafts
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.post import Content, Post, PostVersion
from chalicelib.records.event import Event
from chalicelib.store import Lost, Store
from chalicelib.team.people import Department
from tests.contract.store.entities import MOMENT


@pytest.fixture
def agency() -> str:
    return f"a{uuid4().hex[:12]}"


def department(agency: str, name: str = "Eau", id_: str = "water") -> Department:
    return Department(agency=agency, id=id_, name=name)


def delivery(agency: str, post: str = "p1", **more: Any) -> Delivery:
    given = {"network": "bluesky", "department": "water", "version": 1, "due_at": MOMENT, "act_at": MOMENT, **more}
    return Delivery.model_validate({"agency": agency, "post": post, "profile": "f1", **given})


def event(agency: str, once: str, later: float = 0) -> Event:
    return Event(agency=agency, subject="POST#p1", what="post.created", at=MOMENT + timedelta(seconds=later), once=once)


def post(agency: str, id_: str, text: str = "Bonjour") -> Post:
    return Post(
        agency=agency,
        id=id_,
        department="water",
        content=Content(text=text),
        zone="Europe/Paris",
        author="camille",
        author_name="Camille",
        created_at=MOMENT,
        updated_at=MOMENT,
    )


# ---------------------------------------------------------------- one item


def test_what_is_not_there_is_none(store: Store, agency: str) -> None:
    assert store.get(Department, department(agency).key()) is None
    assert store.get(Department, department(agency).key(), consistent=False) is None


def test_creating_twice_is_lost_and_changes_nothing(store: Store, agency: str) -> None:
    store.save(department(agency))
    with pytest.raises(Lost):
        store.save(department(agency, "Autre"))
    assert store.get(Department, department(agency).key()) == department(agency)


def test_replacing_needs_the_rev_that_was_read(store: Store, agency: str) -> None:
    first = department(agency)
    store.save(first)
    second = first.but(name="Eau potable")
    store.save(second)
    with pytest.raises(Lost):
        store.save(first.but(name="from a stale reading"))
    with pytest.raises(Lost):
        store.save(second.but(name="x").but(name="one write ahead"))
    assert store.get(Department, first.key()) == second


def test_replacing_what_is_gone_is_lost(store: Store, agency: str) -> None:
    with pytest.raises(Lost):
        store.save(department(agency).but(name="never saved"))
    assert store.get(Department, department(agency).key()) is None


def test_removing_needs_the_rev_that_was_read(store: Store, agency: str) -> None:
    first = department(agency)
    store.save(first)
    second = first.but(name="Eau potable")
    store.save(second)
    with pytest.raises(Lost):
        store.remove(first)
    store.remove(second)
    assert store.get(Department, first.key()) is None
    with pytest.raises(Lost):
        store.remove(second)


def test_what_has_an_id_of_its_content_may_be_written_again(store: Store, agency: str) -> None:
    store.save(event(agency, "1"))
    store.save(event(agency, "1"))
    rows, _ = store.rows("audit", Event.partition(agency, "POST#p1"))
    assert len(rows) == 1


def test_two_writers_of_one_rev_have_one_winner(store: Store, agency: str) -> None:
    first = department(agency)
    store.save(first)
    assert _race(16, lambda n: store.save(first.but(name=f"writer {n}"))) == 1
    kept = store.get(Department, first.key())
    assert kept is not None and kept.rev == 1


def _race(writers: int, act: Any) -> int:
    """How many did not lose."""
    line = Barrier(writers)

    def run(number: int) -> int:
        line.wait(timeout=20)
        try:
            act(number)
        except Lost:
            return 0
        return 1

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(run, range(writers)))


# ---------------------------------------------------------------- several items


def test_a_commit_is_all_of_it_or_nothing_across_tables(store: Store, agency: str) -> None:
    water, fence = department(agency), _fence(agency)
    store.save(water)
    store.save(delivery(agency))
    with pytest.raises(Lost):
        store.commit(fence, event(agency, "1"), water.but(name="x"), delivery(agency))  # the last exists already
    assert store.get(Fence, fence.key()) is None
    assert store.get(Department, water.key()) == water
    assert store.rows("audit", Event.partition(agency, "POST#p1"))[0] == []

    with pytest.raises(Lost):
        store.commit(fence, removes=[water.but(name="never read so")])
    assert store.get(Fence, fence.key()) is None and store.get(Department, water.key()) == water

    store.commit(fence, event(agency, "1"), delivery(agency).but(reason="x"), removes=[water])
    assert store.get(Fence, fence.key()) == fence
    assert store.get(Department, water.key()) is None
    kept = store.get(Delivery, delivery(agency).key())
    assert kept is not None and kept.reason == "x"


def test_a_commit_of_one_step(store: Store, agency: str) -> None:
    water = department(agency)
    store.commit(water)
    with pytest.raises(Lost):
        store.commit(water)
    store.commit(removes=[water])
    assert store.get(Department, water.key()) is None


def test_a_commit_of_a_hundred(store: Store, agency: str) -> None:
    many = [department(agency, id_=f"d{n:03d}") for n in range(100)]
    store.commit(*many)
    with pytest.raises(Lost):
        store.commit(*[department(agency, id_=f"e{n:03d}") for n in range(99)], many[50])
    assert [each.id for each in store.query(Department, Department.partition(agency))] == [each.id for each in many]


def test_many_are_given_in_the_order_asked_for_however_many(store: Store, agency: str) -> None:
    many = [department(agency, id_=f"d{n:03d}") for n in range(150)]
    store.commit(*many[:100])
    store.commit(*many[100:])
    wanted = [many[149], many[3], department(agency, id_="absent"), *many, many[3]]
    found = store.get_many([(Department, each.key()) for each in wanted])
    assert [each.id if isinstance(each, Department) else None for each in found] == [
        None if each.id == "absent" else each.id for each in wanted
    ]
    assert store.get_many([]) == []


def test_transactions_that_meet_have_one_winner(store: Store, agency: str) -> None:
    water, roads = department(agency), department(agency, "Voirie", "roads")
    store.commit(water, roads)

    def both(number: int) -> None:
        # Half of them name the items in the other order, as two acts that know nothing of each other do.
        changed = [water.but(name=f"w{number}"), roads.but(name=f"w{number}")]
        store.commit(*(changed if number % 2 else changed[::-1]), event(agency, str(number)))

    assert _race(16, both) <= 1  # on AWS two that meet may both be refused
    left = [store.get(Department, each.key()) for each in (water, roads)]
    if left[0] == water:
        assert left[1] == roads
        store.commit(water.but(name="w"), roads.but(name="w"))
    else:
        assert left[0] is not None and left[1] is not None
        assert left[0].name == left[1].name
        rows, _ = store.rows("audit", Event.partition(agency, "POST#p1"))
        assert [f"w{Event.of(row).once}" for row in rows] == [left[0].name]


def test_writers_who_try_again_all_get_through(store: Store, agency: str) -> None:
    """Sixteen transactions that each read, change and commit: none is lost for good, none is counted twice."""
    store.save(department(agency, "0"))

    def add(_: int) -> None:
        for _attempt in range(400):
            present = store.get(Department, department(agency).key())
            assert present is not None
            changed = present.but(name=str(int(present.name) + 1))
            try:
                store.commit(changed, event(agency, changed.name))
            except Lost:
                continue
            return
        raise AssertionError("never got through")

    assert _race(16, add) == 16
    kept = store.get(Department, department(agency).key())
    assert kept is not None and (kept.name, kept.rev) == ("16", 16)
    assert len(store.rows("audit", Event.partition(agency, "POST#p1"))[0]) == 16


def _fence(agency: str) -> Fence:
    return Fence(
        agency=agency, id="f", scope="agency", reason="exercice", by="camille", by_name="Camille", begun_at=MOMENT
    )


# ---------------------------------------------------------------- many by key


def test_many_come_in_the_order_asked_for(store: Store, agency: str) -> None:
    some = [department(agency, f"n{n}", f"d{n}") for n in range(5)]
    store.commit(*some, delivery(agency))
    wanted: list[Any] = [(Department, some[n].key()) for n in (4, 0, 4, 2)]
    wanted.insert(1, (Department, department(agency, id_="missing").key()))
    wanted.insert(3, (Delivery, delivery(agency).key()))
    found = store.get_many(wanted)
    assert found == [some[4], None, some[0], delivery(agency), some[4], some[2]]


def test_none_asked_none_answered(store: Store) -> None:
    assert store.get_many([]) == []


def test_a_hundred_at_once(store: Store, agency: str) -> None:
    some = [department(agency, id_=f"d{n:03d}") for n in range(99)]
    store.commit(*some)
    wanted = [*some, department(agency, id_="missing")]
    found = store.get_many([(Department, each.key()) for each in reversed(wanted)])
    assert found == [None, *reversed(some)]


# ---------------------------------------------------------------- one partition


def test_a_query_reads_one_partition_in_its_order(store: Store, agency: str) -> None:
    for id_ in ("b", "a", "c", "ab", "é", "Z"):
        store.save(department(agency, id_=id_))
    store.save(department(f"{agency}x", id_="foreign"))
    partition = Department.partition(agency)
    in_order = ["Z", "a", "ab", "b", "c", "é"]  # by their UTF-8 bytes
    assert [each.id for each in store.query(Department, partition)] == in_order
    assert [each.id for each in store.query(Department, partition, reverse=True)] == in_order[::-1]
    assert [each.id for each in store.query(Department, partition, begins="a")] == ["a", "ab"]
    assert [each.id for each in store.query(Department, partition, begins="a", reverse=True)] == ["ab", "a"]
    assert [each.id for each in store.query(Department, partition, begins="x")] == []
    assert [each.id for each in store.query(Department, partition, consistent=True)] == in_order


def test_a_query_goes_on_beyond_a_page_of_a_megabyte(store: Store, agency: str) -> None:
    text = "é" * 45_000  # 90 kB each, 1.8 MB in all
    for number in range(20):
        store.save(_version(agency, number, text))
    found = list(store.query(PostVersion, Post.partition(agency, "p1"), begins="VERSION#"))
    assert [each.version for each in found] == list(range(20))
    backwards = store.query(PostVersion, Post.partition(agency, "p1"), begins="VERSION#", reverse=True)
    assert [each.version for each in backwards] == list(range(19, -1, -1))


def _version(agency: str, number: int, text: str) -> PostVersion:
    return PostVersion(
        agency=agency, post="p1", version=number, content=Content(text=text), fingerprint="0", by="camille", at=MOMENT
    )


def test_rows_between_two_keys_both_included(store: Store, agency: str) -> None:
    for id_ in "abcde":
        store.save(department(agency, id_=id_))
    rows, following = store.rows("team", Department.partition(agency), between=("b", "d"), consistent=True)
    assert [row["sk"] for row in rows] == ["b", "c", "d"]
    assert following is None
    rows, _ = store.rows("team", Department.partition(agency), between=("b", "d"), reverse=True)
    assert [row["sk"] for row in rows] == ["d", "c", "b"]


def test_rows_are_whole_items_with_their_kind_and_whole_numbers(store: Store, agency: str) -> None:
    store.save(delivery(agency, version=3, absences=2))
    rows, _ = store.rows("content", delivery(agency).key()["pk"])
    assert rows == [delivery(agency, version=3, absences=2).item()]
    assert type(rows[0]["version"]) is int


def _pages(store: Store, agency: str, **more: Any) -> Iterator[list[str]]:
    cursor: str | None = None
    for _ in range(20):
        rows, cursor = store.rows("team", Department.partition(agency), limit=2, cursor=cursor, **more)
        yield [row["sk"] for row in rows]
        if cursor is None:
            return
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_go_on_where_the_last_ended(store: Store, agency: str, reverse: bool) -> None:
    for id_ in "abcde":
        store.save(department(agency, id_=id_))
    pages = [page for page in _pages(store, agency, reverse=reverse) if page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert "".join(id_ for page in pages for id_ in page) == ("edcba" if reverse else "abcde")


def test_a_page_goes_on_although_its_last_item_was_removed(store: Store, agency: str) -> None:
    some = {id_: department(agency, id_=id_) for id_ in "abcd"}
    store.commit(*some.values())
    _, cursor = store.rows("team", Department.partition(agency), limit=2)
    store.remove(some["b"])
    rows, _ = store.rows("team", Department.partition(agency), limit=2, cursor=cursor)
    assert [row["sk"] for row in rows] == ["c", "d"]


# ---------------------------------------------------------------- cursors


def _packed(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def test_a_forged_cursor_is_refused(store: Store, agency: str) -> None:
    store.save(department(agency, id_="a"))
    partition = Department.partition(agency)
    for cursor in (
        "nonsense",
        "é",
        "",
        "====",
        "5",
        "[]",
        "{}",
        _packed(5),
        _packed([1, 2]),
        _packed({}),
        _packed({"pk": partition}),
        _packed({"pk": partition, "sk": 5}),
        _packed({"pk": partition, "sk": ""}),
        _packed({"pk": partition, "sk": "a", "more": "x"}),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        json.dumps([partition]),
        json.dumps([partition, 1, 2]),
    ):
        with pytest.raises(InvalidInput) as refused:
            store.rows("team", partition, cursor=cursor)
        assert (refused.value.code, refused.value.field) == ("cursor_invalid", "cursor")


def test_a_cursor_of_another_list_or_another_agency_is_refused(store: Store, agency: str) -> None:
    other = f"{agency}x"
    for owner in (agency, other):
        for id_ in "abc":
            store.save(department(owner, id_=id_))
            store.save(post(owner, id_))
    _, theirs = store.rows("team", Department.partition(other), limit=1)
    assert theirs is not None
    with pytest.raises(InvalidInput):
        store.rows("team", Department.partition(agency), limit=1, cursor=theirs)
    with pytest.raises(InvalidInput):
        drafts(agency, store=store, cursor=theirs)
    _, undated = drafts(other, store=store, cursor=None, limit=1)
    assert undated is not None
    with pytest.raises(InvalidInput):
        drafts(agency, store=store, cursor=undated)
    with pytest.raises(InvalidInput):
        store.rows("team", Department.partition(other), limit=1, cursor=undated)


# ---------------------------------------------------------------- indexes


def _in(store: Store, index: str, table: str, item: dict[str, Any]) -> list[tuple[str, str]]:
    """The keys found under the index's partition of this item."""
    partition = next(item[name] for name in ("due_pk", "cal_pk", "out_pk") if name[:3] == index[:3] and name in item)
    rows, _ = store.rows(table, partition, index=index)
    return [(row["pk"], row["sk"]) for row in rows]


def test_a_delivery_is_in_the_due_index_as_long_as_something_is_to_be_done(store: Store, agency: str) -> None:
    waiting = delivery(agency, act_at=MOMENT + timedelta(minutes=int(agency[1:4], 16)))
    place = (waiting.key()["pk"], waiting.key()["sk"])
    store.save(waiting)
    assert place in _in(store, "due", "content", waiting.item())

    done = waiting.published(remote_id="r", url=None, at=MOMENT)
    store.save(done)
    assert place not in _in(store, "due", "content", waiting.item())
    assert "due_pk" not in done.item()

    held = done.held("late")
    store.save(held)
    rows, _ = store.rows("content", Delivery.attention_partition(agency), index="due")
    assert [(row["pk"], row["sk"]) for row in rows] == [place]

    again = held.due(MOMENT + timedelta(days=3), version=2)
    store.save(again)
    assert store.rows("content", Delivery.attention_partition(agency), index="due")[0] == []
    assert place in _in(store, "due", "content", again.item())

    store.remove(again)
    assert place not in _in(store, "due", "content", again.item())


def test_the_due_index_is_read_up_to_a_moment(store: Store, agency: str) -> None:
    partition = Delivery.attention_partition(agency)
    for minutes in (5, 1, 3):
        later = MOMENT + timedelta(minutes=minutes)
        store.save(delivery(agency, f"p{minutes}", state="held", due_at=later, act_at=None))
    found, _ = store.rows("content", partition, index="due", between=("0", "2026-11-23T14:08:09.123Z~"))
    assert [row["pk"].rpartition("#")[2] for row in found] == ["p1", "p3"]
    first, cursor = store.rows("content", partition, index="due", limit=2)
    rest, _ = store.rows("content", partition, index="due", limit=2, cursor=cursor)
    assert [row["pk"].rpartition("#")[2] for row in first + rest] == ["p1", "p3", "p5"]


def test_the_calendar_moves_with_the_post_and_carries_what_a_row_shows(store: Store, agency: str) -> None:
    draft = post(agency, "p1")
    store.save(draft)
    undated = Post.calendar_partition(agency, "undated")
    assert len(store.rows("content", undated, index="calendar")[0]) == 1
    dated = draft.but(due_at=MOMENT, planned=True)
    leaving = delivery(agency, words_hash="0123456789ab")
    store.commit(dated, leaving)
    assert store.rows("content", undated, index="calendar")[0] == []
    month = Post.calendar_partition(agency, "2026-11")
    rows, _ = store.rows("content", month, index="calendar", between=("2026-11-23", "2026-11-24"))
    assert [row["kind"] for row in rows] == ["post", "delivery"]
    item = {**dated.item(), **leaving.item()}
    shown = ("cal_title", "cal_media", "cal_deliveries", "id", "department", "zone", "due_at", "author", "author_name")
    assert all(rows[0][name] == dated.item()[name] for name in shown)
    assert all(
        rows[1][name] == item[name] for name in ("network", "profile", "post", "due_at", "cal_state", "words_hash")
    )


def test_the_outbox_holds_an_agencys_day_in_order(store: Store, agency: str) -> None:
    for once, later in (("b", 2), ("a", 0), ("c", 1)):
        store.save(event(agency, once, later))
    store.save(event(agency, "tomorrow", 86_400))
    rows, _ = store.rows("audit", Event.outbox_partition(agency, MOMENT), index="outbox")
    assert [Event.of(row).once for row in rows] == ["a", "c", "b"]


# ---------------------------------------------------------------- the adapter alone


class Stub:
    """A client that answers from a script, for what no server can be brought to do at will."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.asked.append(arguments)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


NAMES = {name: name for name in ("content", "team", "state", "audit")}


def _stubbed(*answers: Any) -> tuple[Stub, DynamoDBStore]:
    stub = Stub(*answers)
    return stub, DynamoDBStore(stub, NAMES)  # type: ignore[arg-type]


def test_keys_left_unprocessed_are_asked_again() -> None:
    first, second = department("a", id_="x"), department("a", id_="y")
    _, encoder = _stubbed()
    left = {"team": {"Keys": [encoder._encode(second.key())], "ConsistentRead": True}}
    stub, store = _stubbed(
        {"Responses": {"team": [encoder._encode(first.item())]}, "UnprocessedKeys": left},
        {"Responses": {}, "UnprocessedKeys": left},
        {"Responses": {"team": [encoder._encode(second.item())]}, "UnprocessedKeys": {}},
    )
    assert store.get_many([(Department, second.key()), (Department, first.key())]) == [second, first]
    assert stub.asked[1]["RequestItems"] == left


def test_a_table_that_never_answers_for_every_key_is_said() -> None:
    from chalicelib.errors import Upstream

    one = department("a", id_="x")
    _, encoder = _stubbed()
    left = {"team": {"Keys": [encoder._encode(one.key())]}}
    _, store = _stubbed(*[{"Responses": {}, "UnprocessedKeys": left}] * 6)
    with pytest.raises(Upstream) as said:
        store.get_many([(Department, one.key())])
    assert said.value.code == "store_throttled"


@pytest.mark.parametrize(
    ("error", "reasons"),
    [
        ("TransactionCanceledException", ["None", "ConditionalCheckFailed"]),
        ("TransactionCanceledException", ["TransactionConflict", "None"]),
    ],
)
def test_a_transaction_that_met_another_is_lost(error: str, reasons: list[str]) -> None:
    _, store = _stubbed(_client_error(error, reasons))
    with pytest.raises(Lost):
        store.commit(department("a", id_="x"), department("a", id_="y"))


def test_a_single_write_that_met_a_transaction_is_lost() -> None:
    _, store = _stubbed(*[_client_error("TransactionConflictException")] * 2)
    with pytest.raises(Lost):
        store.save(department("a"))
    with pytest.raises(Lost):
        store.remove(department("a"))


def test_a_transaction_refused_for_another_reason_is_not_lost() -> None:
    from botocore.exceptions import ClientError

    _, store = _stubbed(_client_error("TransactionCanceledException", ["ThrottlingError", "None"]))
    with pytest.raises(ClientError):
        store.commit(department("a", id_="x"), department("a", id_="y"))


def _client_error(code: str, reasons: list[str] | None = None) -> Exception:
    from botocore.exceptions import ClientError

    answer: Any = {"Error": {"Code": code, "Message": ""}}
    if reasons is not None:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "op")
