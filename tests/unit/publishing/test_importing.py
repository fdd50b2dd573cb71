"""Rows of a sheet become posts, once, or say what is wrong with them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.approvals import workflow
from chalicelib.approvals.workflow import Step
from chalicelib.entity import Entity
from chalicelib.errors import Forbidden, InvalidInput
from chalicelib.publishing import importing, planning
from chalicelib.publishing.delivery import Delivery
from chalicelib.publishing.importing import ImportedRow, Judged, Options, Slice
from chalicelib.publishing.planning import Bench
from chalicelib.publishing.post import Post, PostVersion
from chalicelib.publishing.sheet import read_sheet
from chalicelib.store import Lost
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, PUBLISHER, STRANGER, ZONE, FakeHouse
from tests.fakes.store import FakeStore

GOOD = {"date": "24/12/2026", "time": "9h30", "text": "La mairie ferme à midi.", "profiles": "@p1"}


def take(
    house: FakeHouse,
    *rows: dict[str, str],
    actor: Actor = PUBLISHER,
    begin: int = 1,
    bench: Bench | None = None,
    **more: Any,
) -> Slice:
    """Each row: what differs from GOOD."""
    filled = [{**GOOD, **row} for row in rows]
    columns = list(dict.fromkeys(column for row in filled for column in row))
    out = io.StringIO()
    csv.writer(out).writerows([columns, *[[row.get(column, "") for column in columns] for row in filled]])
    options = Options(**{"department": "water", "zone": ZONE, "dry_run": False, **more})
    return importing.take_in(
        read_sheet(out.getvalue().encode()), options, begin=begin, actor=actor, bench=bench or house.bench
    )


def one(house: FakeHouse, row: dict[str, str] | None = None, **more: Any) -> Judged:
    return take(house, row or {}, **more).rows[0]


def codes(judged: Judged) -> list[tuple[str, str]]:
    return [(each.column, each.code) for each in judged.problems]


def posts(house: FakeHouse) -> list[Post]:
    return house.store.all(Post, AGENCY)


# ---------------------------------------------------------------- a good row


def test_a_good_row_is_a_scheduled_post(house: FakeHouse) -> None:
    row = {"campaign": "winter", "tags": "#mairie, Noël", "language": "fr", "link": "https://ville.example/noel"}
    judged = one(house, row)
    assert (judged.outcome, judged.becomes, judged.because, judged.problems) == ("ok", "scheduled", None, ())
    planned = planning.load(AGENCY, judged.post or "", store=house.store)
    due = datetime(2026, 12, 24, 8, 30, tzinfo=UTC)
    content = planned.post.content
    assert (planned.post.due_at, planned.post.zone, planned.post.department) == (due, ZONE, "water")
    assert content.text == "La mairie ferme à midi.\n\nhttps://ville.example/noel"
    assert (content.campaign, content.tags, content.language) == ("c1", ("mairie", "Noël"), "fr")
    assert [(each.profile, each.state, each.due_at, each.campaign) for each in planned.deliveries] == [
        ("p1", "queued", due, "c1")
    ]
    assert house.kinds(planned) == ["post.created", "post.scheduled"]
    version = house.store.get(PostVersion, PostVersion.key_of(AGENCY, planned.post.id, 1))
    assert version is not None and version.content == content


def test_what_is_imported_leaves_at_its_second(house: FakeHouse) -> None:
    """Ten minutes ahead, and one minute ahead, which its writer arms."""
    take(
        house,
        {"date": "02/11/2026", "time": "10:10"},
        {"date": "02/11/2026", "time": "10:01", "text": "Tout de suite."},
    )
    house.run(timedelta(minutes=2))
    assert house.texts() == ["Tout de suite."]
    house.run(timedelta(minutes=9))
    assert house.texts() == ["Tout de suite.", "La mairie ferme à midi."]


def test_an_imported_post_is_changed_as_any_other(house: FakeHouse) -> None:
    planned = planning.load(AGENCY, one(house).post or "", store=house.store)
    house.schedule(planned, timedelta(days=2), expected=planned.post.rev)
    assert house.delivery(planned).due_at == house.clock.now() + timedelta(days=2)


@pytest.mark.parametrize("named", ["p1", "@P1", "fake:@p1", "FAKE: p1", "Mairie", " p1 , p1 ", "id-1"])
def test_a_profile_by_any_of_its_names(house: FakeHouse, named: str) -> None:
    house.profile("p2", handle="@other", display_name="Autre")
    found = house.profile_now("p1")
    house.store.save(found.but(display_name="Mairie"))
    if named == "id-1":
        named = found.id
    assert one(house, {"profiles": named}, dry_run=True).profiles == ("p1",)


@pytest.mark.parametrize("together", ["@p1, @p2", "@p1;@p2", "p1 | p2", "@p1\n@p2"])
def test_several_profiles(house: FakeHouse, together: str) -> None:
    house.profile("p2")
    judged = one(house, {"profiles": together})
    assert (judged.outcome, judged.profiles) == ("ok", ("p1", "p2"))
    assert len(house.deliveries()) == 2


def test_the_options_fill_what_rows_leave_open(house: FakeHouse) -> None:
    judged = take(house, {}, {"zone": "America/Toronto", "campaign": "c1"}, zone="Asia/Kolkata", campaign="c1").rows
    assert [each.zone for each in judged] == ["Asia/Kolkata", "America/Toronto"]
    assert [each.due_at for each in judged] == [
        datetime(2026, 12, 24, 4, 0, tzinfo=UTC),
        datetime(2026, 12, 24, 14, 30, tzinfo=UTC),
    ]
    assert {each.content.campaign for each in posts(house)} == {"c1"}


# ---------------------------------------------------------------- a bad row


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"date": ""}, [("date", "date_missing")]),
        ({"time": ""}, [("time", "time_missing")]),
        ({"date": "12/25/2026"}, [("date", "date_invalid")]),
        ({"time": "midi"}, [("time", "time_invalid")]),
        ({"date": "1/1/1999"}, [("time", "due_invalid")]),
        ({"date": "01/11/2026"}, [("date", "due_in_the_past")]),
        ({"date": "01/11/2031"}, [("date", "due_too_far")]),
        ({"date": "28/03/2027", "time": "2h30"}, [("time", "due_skipped_hour")]),
        ({"date": "31/10/2027", "time": "2h30"}, [("time", "due_repeated_hour")]),
        ({"date": "14/03/2027", "time": "2h30", "zone": "America/Toronto"}, [("time", "due_skipped_hour")]),
        ({"zone": "Paris"}, [("zone", "zone_unknown")]),
        ({"zone": "../etc"}, [("zone", "zone_unknown")]),
        ({"profiles": ""}, [("profiles", "no_targets")]),
        ({"profiles": "@p9"}, [("profiles", "profile_unknown")]),
        ({"profiles": "twitter:@p1"}, [("profiles", "profile_unknown")]),
        ({"profiles": ",".join(f"@a{n}" for n in range(26))}, [("profiles", "too_many_profiles")]),
        ({"campaign": "Été"}, [("campaign", "campaign_unknown")]),
        ({"tags": "x" * 41}, [("tags", "tags_refused")]),
        ({"tags": ",".join(str(n) for n in range(21))}, [("tags", "tags_refused")]),
        ({"language": "français"}, [("language", "language_invalid")]),
        ({"link": "ville.example"}, [("link", "link_invalid")]),
        ({"link": "javascript:alert(1)"}, [("link", "link_invalid")]),
        ({"text": ""}, [("text", "text_empty")]),
        ({"text": "x" * 301}, [("text", "text_too_long")]),
        ({"text": "x" * 290, "link": "https://ville.example"}, [("text", "text_too_long")]),
        (
            {"date": "", "profiles": "@p9", "tags": "x" * 41},
            [("date", "date_missing"), ("profiles", "profile_unknown"), ("tags", "tags_refused")],
        ),
        ({"date": "", "text": "x" * 301}, [("date", "date_missing"), ("text", "text_too_long")]),
    ],
)
def test_what_is_wrong_with_a_row(house: FakeHouse, row: dict[str, str], expected: list[tuple[str, str]]) -> None:
    """The same in a dry run as in a real one, which writes nothing of it; and every problem at once."""
    before = house.store.writes
    for dry_run in (True, False):
        judged = one(house, row, dry_run=dry_run)
        assert (judged.outcome, judged.becomes, judged.post) == ("bad", None, None)
        assert codes(judged) == expected
        assert all(each.hint for each in judged.problems)
    assert house.store.writes == before


def test_profiles_that_are_known_are_judged_beside_those_that_are_not(house: FakeHouse) -> None:
    judged = one(house, {"profiles": "@p1, @p9, p8, @p9", "text": "x" * 301})
    assert [(each.code, each.value, each.profile) for each in judged.problems] == [
        ("profile_unknown", "@p9", None),
        ("profile_unknown", "p8", None),
        ("text_too_long", "", "p1"),
    ]
    assert judged.profiles == ("p1",)


def test_names_that_fit_several(house: FakeHouse) -> None:
    house.profile("p2", handle="@p1")
    house.store.save(replace_campaign(house))
    judged = one(house, {"profiles": "@p1 ; @p2", "campaign": "Winter"})
    assert judged.outcome == "bad"
    assert codes(judged) == [("profiles", "profile_ambiguous"), ("campaign", "campaign_ambiguous")]


def replace_campaign(house: FakeHouse) -> Entity:
    from chalicelib.publishing.campaign import Campaign

    found = house.store.get(Campaign, Campaign.key_of(AGENCY, "c1"))
    assert found is not None
    return found.model_copy(update={"id": "c2"})


def test_a_row_with_a_separator_too_many(house: FakeHouse) -> None:
    sheet = read_sheet(b"date,time,profiles,text\n24/12/2026,9h30,@p1,Bonjour, le monde\n")
    options = Options("water", ZONE, dry_run=False)
    judged = importing.take_in(sheet, options, begin=1, actor=PUBLISHER, bench=house.bench).rows[0]
    assert codes(judged) == [("row", "too_many_cells")]
    assert posts(house) == []


def test_good_rows_beside_bad_ones_are_written(house: FakeHouse) -> None:
    outcomes = [each.outcome for each in take(house, {}, {"date": "hier"}, {"text": "Autre"}).rows]
    assert outcomes == ["ok", "bad", "ok"]
    assert len(posts(house)) == 2


# ---------------------------------------------------------------- who may


def test_who_may_only_write_makes_drafts_at_their_time(house: FakeHouse) -> None:
    judged = one(house, actor=CONTRIBUTOR)
    assert (judged.outcome, judged.becomes, judged.because) == ("ok", "draft", "may_not_publish")
    planned = planning.load(AGENCY, judged.post or "", store=house.store)
    assert (planned.deliveries, planned.post.due_at) == ((), judged.due_at)
    assert house.kinds(planned) == ["post.created"]
    house.schedule(planned, judged.due_at or 0)
    assert house.delivery(planned).state == "queued"


@pytest.mark.parametrize("reviewing", ["water", "police"])
def test_what_must_be_reviewed_becomes_a_draft(house: FakeHouse, reviewing: str) -> None:
    """The post's own department, or that of a profile."""
    house.profile("p2", department="police")
    workflow.set_up(
        department=reviewing,
        name="Relecture",
        steps=[Step(name="Lire", roles=("administrator",))],
        required=True,
        active=True,
        actor=ADMINISTRATOR,
        store=house.store,
        clock=house.clock,
    )
    judged = one(house, {"profiles": "p2"})
    assert (judged.outcome, judged.becomes, judged.because) == ("ok", "draft", "approval_required")
    assert house.deliveries() == []


def test_a_profile_of_another_department(house: FakeHouse) -> None:
    house.profile("p2", department="police")
    only_water = Actor(AGENCY, "walter", "Walter", {"water": "publisher"})
    assert codes(one(house, {"profiles": "p1, p2"}, actor=only_water)) == [("profiles", "forbidden")]
    mixed = Actor(AGENCY, "mia", "Mia", {"water": "publisher", "police": "contributor"})
    assert one(house, {"profiles": "p1, p2"}, actor=mixed).because == "may_not_publish"


def test_another_agency_knows_none_of_it(house: FakeHouse) -> None:
    assert codes(one(house, actor=STRANGER)) == [("profiles", "profile_unknown")]
    house.profile("p1", agency="autre")
    first, other = one(house), one(house, actor=STRANGER)
    assert (first.outcome, other.outcome) == ("ok", "ok")


def test_options_that_cannot_be(house: FakeHouse) -> None:
    with pytest.raises(Forbidden):
        one(house, department="fire")
    for more, code in (({"zone": "Paris"}, "zone_unknown"), ({"campaign": "c9"}, "campaign_unknown")):
        with pytest.raises(InvalidInput) as failure:
            one(house, **more)
        assert (failure.value.code, failure.value.field) == (code, next(iter(more)))


# ---------------------------------------------------------------- twice


def test_the_same_file_twice_makes_no_doubles(house: FakeHouse) -> None:
    rows = [{"text": f"Avis {number}"} for number in range(120)]
    first = take(house, *rows)
    again = take(house, *rows)
    looked = take(house, *rows, dry_run=True)
    assert Counter(each.outcome for each in first.rows) == {"ok": 120}
    for later in (again, looked):
        assert Counter(each.outcome for each in later.rows) == {"already_imported": 120}
        assert [each.post for each in later.rows] == [each.post for each in first.rows]
    assert (len(posts(house)), len(house.deliveries())) == (120, 120)


def test_a_row_is_known_by_what_would_go_out(house: FakeHouse) -> None:
    """Whatever its date is written like, its tags, its department; not where words, time or profile differ."""
    house.profile("p2")
    assert one(house).outcome == "ok"
    same: list[dict[str, str]] = [
        {"date": "2026-12-24", "time": "09:30"},
        {"date": "2026-12-24", "time": "03:30", "zone": "America/Toronto"},
        {"profiles": "fake:p1", "tags": "mairie"},
        {"text": "  La mairie ferme à midi. "},
    ]
    assert {one(house, row).outcome for row in same} == {"already_imported"}
    assert one(house, department="police").outcome == "already_imported"
    for row in ({"time": "9h31"}, {"text": "La mairie ferme à midi !"}, {"profiles": "p2"}):
        assert one(house, row).outcome == "ok"


def test_a_row_twice_in_one_file(house: FakeHouse) -> None:
    for first in ("ok", "already_imported"):
        rows = take(house, {}, {"text": "Autre"}, {"date": "2026-12-24"}).rows
        assert [each.outcome for each in rows] == [first, first, "bad"]
        assert codes(rows[2]) == [("row", "row_repeated")]
    assert len(posts(house)) == 2


def test_what_was_imported_and_has_left_is_still_known(house: FakeHouse) -> None:
    row = {"date": "02/11/2026", "time": "10:10"}
    one(house, row)
    house.run(timedelta(minutes=20))
    assert one(house, row).outcome == "already_imported"
    house.run(timedelta(hours=3))
    assert len(house.texts()) == 1


def test_what_was_deleted_may_be_imported_again(house: FakeHouse) -> None:
    first = one(house)
    planning.delete(first.post or "", expected=0, actor=PUBLISHER, bench=house.bench)
    assert one(house, dry_run=True).outcome == "ok"
    second = one(house)
    assert second.outcome == "ok" and second.post != first.post
    assert one(house).post == second.post
    assert len(posts(house)) == 1


def test_two_people_at_once(house: FakeHouse) -> None:
    rows = [{"text": f"Avis {number}"} for number in range(100)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: take(house, *rows), range(4)))
    assert len(posts(house)) == 100
    outcomes = Counter(row.outcome for each in made for row in each.rows)
    assert outcomes == {"ok": 100, "already_imported": 300}


class _Interrupted(FakeStore):
    """Fails at the given commit, before it is made."""

    def __init__(self, inner: FakeStore, at: int, error: type[Exception]) -> None:
        self.__dict__.update(inner.__dict__)
        self.inner, self.at, self.error, self.commits = inner, at, error, 0

    def commit(self, *saves: Entity, removes: Any = ()) -> None:
        with self._lock:
            self.commits += 1
            if self.commits == self.at:
                raise self.error
            super().commit(*saves, removes=removes)


def test_what_died_on_the_way_is_finished_by_sending_it_again(house: FakeHouse) -> None:
    rows = [{"text": f"Avis {number}"} for number in range(20)]
    dying = replace(house.bench, store=_Interrupted(house.store, 9, ConnectionError))
    with pytest.raises(ConnectionError):
        take(house, *rows, bench=dying)
    assert 8 <= len(posts(house)) < 20
    assert {each.post for each in house.store.all(ImportedRow, AGENCY)} == {each.id for each in posts(house)}
    take(house, *rows)
    assert Counter(each.content.text for each in posts(house)) == Counter(row["text"] for row in rows)
    assert len(house.store.all(Delivery, AGENCY)) == 20


def test_a_write_that_lost_is_tried_anew(house: FakeHouse) -> None:
    meeting = replace(house.bench, store=_Interrupted(house.store, 1, Lost))
    assert one(house, bench=meeting).outcome == "ok"
    assert len(posts(house)) == 1


# ---------------------------------------------------------------- slices


def test_a_large_file_is_taken_in_by_slices(house: FakeHouse) -> None:
    rows = [{"text": f"Avis {number}"} for number in range(450)]
    begin, seen, slices = 1, list[int](), 0
    while True:
        made = take(house, *rows, begin=begin)
        seen += [each.number for each in made.rows]
        slices += 1
        if made.following is None:
            break
        begin = made.following
    assert (seen, slices) == (list(range(2, 452)), 3)
    assert len(posts(house)) == 450
    assert take(house, *rows, dry_run=True).following is None


def test_a_slow_store_ends_a_slice_early(house: FakeHouse) -> None:
    class Slow(FakeStore):
        def __init__(self) -> None:
            self.__dict__.update(house.store.__dict__)

        def get_many(self, *wanted: Any, **more: Any) -> Any:
            house.clock.advance(3)
            return super().get_many(*wanted, **more)

    made = take(house, *[{"text": f"Avis {n}"} for n in range(200)], bench=replace(house.bench, store=Slow()))
    assert 50 <= len(made.rows) < 200
    assert made.following == made.rows[-1].number + 1


def test_a_row_costs_one_transaction_and_no_reads_of_its_own(house: FakeHouse) -> None:
    class Counting(FakeStore):
        def __init__(self) -> None:
            self.__dict__.update(house.store.__dict__)
            self.calls = Counter[str]()

        def __getattribute__(self, name: str) -> Any:
            if name in ("get", "get_many", "query", "rows", "commit", "save"):
                self.calls[name] += 1
            return super().__getattribute__(name)

    store = Counting()
    take(house, *[{"text": f"Avis {n}"} for n in range(100)], bench=replace(house.bench, store=store))
    assert store.calls["commit"] == 100
    assert store.calls["query"] == 3
