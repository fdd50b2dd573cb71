"""A report is asked for once, built once, and a link to it ends when it should."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.errors import Conflict, Gone, InvalidInput, NotFound, Upstream
from chalicelib.records.event import Event
from chalicelib.reports import asking, sharing
from chalicelib.reports.asking import ToBuild, as_json, build, figures_kept, give_up
from chalicelib.reports.csv_document import as_csv
from chalicelib.reports.report import Report
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, STRANGER, FakeHouse

ANALYST = Actor(AGENCY, "ana", "Ana Analyst", {"water": "analyst"})


class Queued:
    def __init__(self) -> None:
        self.messages: list[ToBuild] = []
        self.down = False

    def send(self, message: ToBuild) -> None:
        if self.down:
            raise Upstream("queue_unavailable")
        self.messages.append(message)


class Kept:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.fails = 0

    def put(self, key: str, content: bytes, *, content_type: str) -> None:
        if self.fails:
            self.fails -= 1
            raise Upstream("report_not_stored")
        self.objects[key], self.types[key] = content, content_type

    def read(self, key: str) -> bytes:
        return self.objects[key]


class Desk:
    def __init__(self, house: FakeHouse) -> None:
        self.house, self.queue, self.bucket = house, Queued(), Kept()

    def ask(
        self, actor: Actor = ANALYST, *profiles: str, first: str = "2026-11-01", last: str = "2026-11-02"
    ) -> Report:
        return asking.ask(
            "post_performance",
            date.fromisoformat(first),
            date.fromisoformat(last),
            list(profiles),
            "fr",
            actor=actor,
            store=self.house.store,
            queue=self.queue,
            clock=self.house.clock,
        )

    def build(self) -> str:
        documents = {"csv": as_csv, "json": as_json}
        message = self.queue.messages[-1]
        return build(message, store=self.house.store, bucket=self.bucket, documents=documents, clock=self.house.clock)

    def now(self, report: Report) -> Report:
        return asking.load(report.id, actor=ANALYST, store=self.house.store)

    def share(self, report: Report, days: int = 14) -> tuple[sharing.ShareLink, str]:
        return sharing.share(report, "pdf", days, actor=ANALYST, store=self.house.store, clock=self.house.clock)

    def open(self, token: str) -> tuple[Report, str]:
        return sharing.open_link(token, store=self.house.store, clock=self.house.clock)


@pytest.fixture
def desk(house: FakeHouse) -> Desk:
    house.profile("cops", department="police")
    return Desk(house)


def test_without_profiles_it_is_of_all_that_the_person_may_analyse(desk: Desk) -> None:
    assert desk.ask().profiles == ("p1",)
    assert desk.ask(ADMINISTRATOR).profiles == ("cops", "p1")


def test_another_departments_or_agencys_profile_does_not_exist(desk: Desk) -> None:
    for profile in ("cops", "nobody"):
        with pytest.raises(NotFound):
            desk.ask(ANALYST, profile)
    with pytest.raises(InvalidInput):
        desk.ask(replace(STRANGER, roles={"water": "analyst"}))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2025-01-01", "2026-11-01"),
        ("2027-01-01", "2027-01-02"),
        ("1980-01-01", "1980-01-02"),
    ],
)
def test_a_period_that_is_none_is_refused(desk: Desk, first: str, last: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.ask(first=first, last=last)
    assert refused.value.code == "period_invalid"
    assert desk.queue.messages == []


def test_it_is_built_once_however_often_its_message_comes(desk: Desk) -> None:
    report = desk.ask()
    assert figures_kept(report, desk.bucket) is None
    assert [desk.build(), desk.build()] == ["ready", "void"]
    ready = desk.now(report)
    assert ready.state == "ready" and ready.ready_at is not None
    assert set(desk.bucket.objects) == {f"{AGENCY}/{report.id}.csv", f"{AGENCY}/{report.id}.json"}
    assert figures_kept(ready, desk.bucket) is not None
    told = [each.what for each in desk.house.store.query(Event, Event.partition(AGENCY, f"REPORT#{report.id}"))]
    assert sorted(told) == ["report.asked", "report.ready"]


def test_a_worker_that_fails_leaves_it_to_be_built_again(desk: Desk) -> None:
    report = desk.ask()
    desk.bucket.fails = 1
    with pytest.raises(Upstream):
        desk.build()
    assert desk.now(report).state == "building"
    assert desk.build() == "ready"


def test_what_cannot_be_built_is_said(desk: Desk) -> None:
    report = desk.ask()
    give_up(desk.queue.messages[-1], store=desk.house.store, clock=desk.house.clock)
    failed = desk.now(report)
    assert (failed.state, failed.reason) == ("failed", "could_not_build")
    give_up(desk.queue.messages[-1], store=desk.house.store, clock=desk.house.clock)


def test_a_message_that_was_lost_is_sent_again_when_somebody_looks(desk: Desk) -> None:
    desk.queue.down = True
    with pytest.raises(Upstream):
        desk.ask()
    desk.queue.down = False
    [report], _ = asking.listed(actor=ANALYST, store=desk.house.store, clock=desk.house.clock, cursor=None)
    asking.nudge(report, queue=desk.queue, clock=desk.house.clock)
    assert desk.queue.messages == [], "it may be under way"
    desk.house.clock.advance(timedelta(minutes=3))
    asking.nudge(report, queue=desk.queue, clock=desk.house.clock)
    assert desk.build() == "ready"


def test_a_report_is_seen_only_by_those_who_may_analyse_all_of_it(desk: Desk) -> None:
    report = desk.ask(ADMINISTRATOR)
    with pytest.raises(NotFound):
        asking.load(report.id, actor=ANALYST, store=desk.house.store)
    with pytest.raises(NotFound):
        asking.load(report.id, actor=STRANGER, store=desk.house.store)
    found, _ = asking.listed(actor=ANALYST, store=desk.house.store, clock=desk.house.clock, cursor=None)
    assert found == []


def test_a_link_leads_to_the_file_until_it_ends(desk: Desk) -> None:
    report = desk.ask()
    desk.build()
    report = desk.now(report)
    link, token = desk.share(report, days=2)
    assert token not in repr(link.item()) and token not in repr(link)
    opened, format = desk.open(token)
    assert (opened.id, format) == (report.id, "pdf")
    assert [each.opened for each in sharing.links(report, store=desk.house.store)] == [1]
    desk.house.clock.advance(timedelta(days=2))
    with pytest.raises(Gone) as gone:
        desk.open(token)
    assert gone.value.code == "link_expired"


def test_a_revoked_link_leads_nowhere_and_stays_revoked(desk: Desk) -> None:
    report = desk.ask()
    desk.build()
    link, token = desk.share(desk.now(report))
    for _ in range(2):
        sharing.revoke(link.id, actor=ANALYST, store=desk.house.store, clock=desk.house.clock)
    with pytest.raises(Gone) as gone:
        desk.open(token)
    assert gone.value.code == "link_revoked"
    with pytest.raises(NotFound):
        sharing.revoke(link.id, actor=STRANGER, store=desk.house.store, clock=desk.house.clock)


def test_a_guessed_or_altered_link_is_none(desk: Desk) -> None:
    report = desk.ask()
    desk.build()
    _, token = desk.share(desk.now(report))
    for wrong in (token[:-1], token + "A", token[::-1], "x" * 43):
        with pytest.raises(NotFound):
            desk.open(wrong)


def test_what_is_not_ready_cannot_be_shared(desk: Desk) -> None:
    with pytest.raises(Conflict) as refused:
        desk.share(desk.ask())
    assert refused.value.code == "report_not_ready"
