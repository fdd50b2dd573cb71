"""What stands near a post on the same profiles: said, never in the way, and read at a cost that is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.profiles.profile import Profile
from chalicelib.publishing import planning
from chalicelib.publishing.overlapping import Overlap, overlaps
from chalicelib.publishing.planning import Planned
from chalicelib.publishing.post import Content
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse

TEXT = "La rue Haute est fermée."
DAY = timedelta(days=1)


@pytest.fixture
def house() -> FakeHouse:
    made = FakeHouse()
    made.profile("p1")
    made.profile("p2")
    return made


def near(
    house: FakeHouse, *targets: str, text: str = TEXT, due: timedelta | None = DAY, post: str | None = None, **more: Any
) -> list[Overlap]:
    found = [house.store.get(Profile, Profile.key_of(AGENCY, each)) for each in targets or ("p1",)]
    return overlaps(
        AGENCY,
        Content(text=text, **more),
        [each for each in found if each is not None],
        post=post,
        due_at=None if due is None else house.clock.now() + due,
        now=house.clock.now(),
        store=house.store,
    )


def codes(found: list[Overlap]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(("minutes", "clashes"), [(-10, False), (-9.99, True), (0, True), (9.99, True), (10, False)])
def test_a_clash_is_less_than_ten_minutes_away(house: FakeHouse, minutes: float, clashes: bool) -> None:
    planned = house.scheduled(DAY + timedelta(minutes=minutes), "Autre chose")
    found = near(house)
    assert codes(found) == (["clash"] if clashes else [])
    if found:
        due_at = planned.deliveries[0].due_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert found == [Overlap("clash", planned.post.id, "Autre chose", due_at, ("p1",))]


@pytest.mark.parametrize(
    ("days", "found"), [(-29, ["duplicate"]), (29, ["duplicate"]), (-31, []), (31, [])], ids=["-29", "29", "-31", "31"]
)
def test_the_same_words_within_thirty_days(house: FakeHouse, days: int, found: list[str]) -> None:
    house.scheduled(40 * DAY + timedelta(days=days), "LA RUE  Haute est fermée.")
    assert codes(near(house, due=40 * DAY)) == found


def test_words_are_looked_for_around_now_while_there_is_no_time(house: FakeHouse) -> None:
    house.scheduled(5 * DAY)
    house.scheduled(45 * DAY)
    found = near(house, due=None)
    assert codes(found) == ["duplicate"] and found[0].post == min(house.deliveries(), key=lambda each: each.due_at).post


def test_another_profile_other_words_and_the_post_itself_are_none(house: FakeHouse) -> None:
    planned = house.scheduled(DAY)
    assert codes(near(house)) == ["clash", "duplicate"]
    assert near(house, post=planned.post.id) == []
    assert near(house, "p2") == []
    assert codes(near(house, text="La rue Haute est ouverte.")) == ["clash"]


def test_one_that_will_not_leave_is_none(house: FakeHouse) -> None:
    planned = house.scheduled(DAY)
    planning.cancel(planned.post.id, expected=None, actor=PUBLISHER, bench=house.bench)
    assert near(house) == []


def test_one_that_has_left_is_still_the_same_words(house: FakeHouse) -> None:
    house.scheduled(60)
    house.run(timedelta(minutes=3))
    assert [each.state for each in house.deliveries()] == ["published"]
    assert codes(near(house)) == ["duplicate"]


def test_words_of_a_network_of_its_own_are_what_counts(house: FakeHouse) -> None:
    house.scheduled(DAY, "Commun")
    assert near(house, text="Autre", due=20 * DAY) == []
    assert codes(near(house, text="Autre", due=20 * DAY, variants={house.network.name: "Commun"})) == ["duplicate"]
    assert near(house, text="Commun", due=20 * DAY, thread={house.network.name: ("Suite",)}) == []


def test_an_edit_and_a_new_time_are_known(house: FakeHouse) -> None:
    planned = house.scheduled(DAY, "Avant", "p1", "p2")
    content = Content(text="Après", targets=("p1", "p2"))
    changed = planning.change(planned.post.id, content, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
    assert near(house, "p1", "p2", text="Avant", due=20 * DAY) == []
    assert [each.profiles for each in near(house, "p1", "p2", text="Après", due=20 * DAY)] == [("p1", "p2")]
    house.schedule(changed, 80 * DAY)
    assert near(house, text="Après", due=20 * DAY) == []
    assert codes(near(house, text="Après", due=80 * DAY)) == ["clash", "duplicate"]


def test_campaigns_and_their_tracking_do_not_hide_a_duplicate(house: FakeHouse) -> None:
    house.scheduled(DAY, "Voir https://valmont.example/crue?utm_source=lettre")
    assert codes(near(house, text="Voir https://valmont.example/crue", due=9 * DAY)) == ["duplicate"]


def test_without_words_a_clash_alone_and_without_either_nothing_is_read(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.scheduled(DAY)
    assert codes(near(house, text=" ")) == ["clash"]
    asked = counted(house, monkeypatch)
    assert near(house, text="", due=None) == [] and asked == []


def test_the_nearest_come_first_and_not_more_than_five(house: FakeHouse) -> None:
    planned: list[Planned] = [house.scheduled(DAY + timedelta(days=days)) for days in range(1, 15)]
    assert [each.post for each in near(house)] == [each.post.id for each in planned[:5]]
    for minutes in range(7):
        house.scheduled(DAY + timedelta(minutes=minutes), "Autre chose")
    assert codes(near(house)) == ["clash"] * 5 + ["duplicate"] * 5


@pytest.mark.parametrize(
    ("now", "queries"),
    [
        (datetime(2027, 1, 30, 12, tzinfo=UTC), 3),  # 31 December to 1 March: four months are touched
        (datetime(2028, 1, 31, 12, tzinfo=UTC), 3),
        (datetime(2026, 12, 15, 12, tzinfo=UTC), 3),
        (datetime(2026, 12, 31, 23, 55, tzinfo=UTC), 2),
    ],
)
def test_three_queries_at_most(house: FakeHouse, monkeypatch: pytest.MonkeyPatch, now: datetime, queries: int) -> None:
    asked = counted(house, monkeypatch)
    house.clock.go_to(now)
    near(house, due=timedelta(0))
    assert len(asked) == queries


def test_a_time_that_no_calendar_holds_is_taken_for_the_nearest_that_may_be_chosen(house: FakeHouse) -> None:
    house.scheduled(DAY)
    profile = house.store.get(Profile, Profile.key_of(AGENCY, "p1"))
    assert profile is not None
    for year in (1, 9999):
        due_at = datetime(year, 1, 1, tzinfo=UTC)
        found = overlaps(
            AGENCY,
            Content(text=TEXT),
            [profile],
            post=None,
            due_at=due_at,
            now=house.clock.now(),
            store=house.store,
        )
        assert codes(found) == (["duplicate"] if year == 1 else [])


def counted(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    rows = house.store.rows

    def counting(table: str, pk: str, **more: Any) -> Any:
        asked.append(pk)
        return rows(table, pk, **more)

    monkeypatch.setattr(house.store, "rows", counting)
    return asked
