"""The calendar as a calendar program reads it, parsed back by the library and by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from icalendar import Calendar, Event

from chalicelib.agenda.feed import AHEAD, BACK, WORDS, Feed, feed_of
from chalicelib.publishing import planning, waiting
from chalicelib.publishing.calendar import DeliveryRow, PostRow
from chalicelib.publishing.post import PostState
from chalicelib.team.people import Agency, Language
from tests.fakes.house import AGENCY, PUBLISHER, FakeHouse

SITE = "https://parvis.example"
HERE = Agency(id=AGENCY, name="Ville", zone="Europe/Paris")


def feed(house: FakeHouse, language: Language = "fr") -> Feed:
    return feed_of(HERE, language=language, site_url=SITE, store=house.store, now=house.clock.now())


def parsed(text: str) -> list[Event]:
    return list(Calendar.from_ical(text).walk("VEVENT"))


def row(title: str = "Travaux", state: PostState = "scheduled", **more: Any) -> PostRow:
    fields: dict[str, Any] = {
        "id": "p1",
        "title": title,
        "state": state,
        "department": "water",
        "campaign": None,
        "due_at": "2026-11-24T12:00:00.000Z",
        "zone": "Europe/Paris",
        "author": "paul",
        "author_name": "Paul",
        "media": 0,
        "deliveries": (DeliveryRow("d1", "mastodon", "queued", "2026-11-24T12:00:00.000Z"),),
    }
    return PostRow(**{**fields, **more})


def written(*rows: PostRow, language: Language = "fr", agency: Agency = HERE) -> str:
    return Feed(agency, rows, language, SITE).document(datetime(2026, 11, 24, 8, 0, 0, 5, tzinfo=UTC))


def test_a_post_is_a_moment_in_utc_with_its_state_networks_and_page() -> None:
    text = written(row())
    assert "X-WR-TIMEZONE:Europe/Paris\r\n" in text and "DTSTART:20261124T120000Z\r\n" in text
    [event] = parsed(text)
    assert event.decoded("dtstart") == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert str(event["summary"]) == "Travaux"
    assert str(event["url"]) == "https://parvis.example/posts/p1"
    assert str(event["uid"]) == "p1@parvis.example"
    assert str(event["status"]) == "CONFIRMED"
    assert event.categories == ["Mastodon"]
    said = str(event["description"]).split("\n")
    assert said == ["Heure : 2026-11-24 13:00 (Europe/Paris)", "État : Programmée", "Réseaux : Mastodon"]


HOSTILE = [
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:faux",
    "a\nBEGIN:VEVENT\nUID:faux",
    "a\rBEGIN:VALARM\rTRIGGER:-PT1M",
    "a\u2028BEGIN:VEVENT\u2029END:VEVENT\x85X-FAUX:1",
    "a\x0bBEGIN:VEVENT\x0cEND:VEVENT\x1c\x1d\x1eX-FAUX:1",
    "virgule, point-virgule; deux: points, \\n barre \\ guillemets \"'",
    "👩‍👩‍👧‍👦 🎄 " * 12,
    "é" * 90,
    "\x00\x07\u202egnp.exe\u2066",
    "=cmd|' /C calc'!A0",
    "\ud800 demi",
    " \n\t ",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_whatever_people_write_stays_their_words(title: str) -> None:
    text = written(row(title), agency=Agency(id=AGENCY, name=title, zone="Europe/Paris"))
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines), "folded (RFC 5545, 3.1)"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\u202e]", text.replace("\r\n", ""))
    assert "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "").split("\r\n")
    names = [line.partition(":")[0].partition(";")[0] for line in unfolded if line]
    assert names.count("BEGIN") == 2 and names.count("UID") == 1 and names.count("SUMMARY") == 1
    assert not {"X-FAUX", "TRIGGER"} & set(names)
    [event] = parsed(text)
    assert str(event["uid"]) == "p1@parvis.example"
    wanted = " ".join(re.sub(r"[\x00\x07\u202e\u2066\ud800]", "", title).split()) or "Sans texte"
    assert str(event["summary"]) == wanted


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("state", get_args(PostState))
def test_every_state_has_its_word_and_its_status(state: PostState, language: Language) -> None:
    [event] = parsed(written(row(state=state), language=language))
    assert WORDS[language][state] in str(event["description"])
    assert set(WORDS["fr"]) == set(WORDS["en"])
    expected = {"scheduled": "CONFIRMED", "done": "CONFIRMED", "cancelled": "CANCELLED"}.get(state, "TENTATIVE")
    assert str(event["status"]) == expected


def test_what_was_moved_apart_shows_at_each_time_and_keeps_who_it_is(house: FakeHouse) -> None:
    house.profile("p2")
    planned = house.scheduled(timedelta(days=1), "Bonjour", "p1", "p2")
    before = {str(each["uid"]) for each in parsed(feed(house).document(house.clock.now()))}
    waiting.reschedule(
        house.delivery(planned, "p2").id,
        house.clock.now() + timedelta(days=40),
        actor=PUBLISHER,
        bench=house.bench,
    )
    shown = {str(each["uid"]): each.decoded("dtstart") for each in parsed(feed(house).document(house.clock.now()))}
    assert before == {f"{planned.post.id}@parvis.example"} < set(shown)
    assert len(shown) == 2 and len(set(shown.values())) == 2


def test_a_cancelled_post_is_said_to_be(house: FakeHouse) -> None:
    planned = house.scheduled(timedelta(days=1))
    planning.cancel(planned.post.id, expected=planned.post.rev, actor=PUBLISHER, bench=house.bench)
    [event] = parsed(feed(house).document(house.clock.now()))
    assert str(event["status"]) == "CANCELLED"


def test_three_months_back_and_a_year_ahead(house: FakeHouse) -> None:
    inside = [house.scheduled(each).post.id for each in (timedelta(days=1), AHEAD - timedelta(days=1))]
    outside = house.scheduled(AHEAD + timedelta(days=2)).post.id
    assert [each.id for each in feed(house).rows] == inside
    house.clock.advance(int(BACK.total_seconds()))
    assert outside in {each.id for each in feed(house).rows} and inside[0] in {each.id for each in feed(house).rows}
    house.clock.advance(3 * 86_400)
    assert inside[0] not in {each.id for each in feed(house).rows}


def test_another_agencys_posts_and_drafts_are_not_in_it(house: FakeHouse) -> None:
    house.scheduled(600)
    house.written("Brouillon")
    assert len(feed(house).rows) == 1
    other = Agency(id="autre", name="Autre", zone="Europe/Paris")
    assert feed_of(other, language="fr", site_url=SITE, store=house.store, now=house.clock.now()).rows == ()
    assert parsed(written()) == []


def test_the_same_calendar_has_the_same_etag_and_another_one_another(house: FakeHouse) -> None:
    house.scheduled(600)
    first = feed(house).etag()
    house.clock.advance(60)
    assert feed(house).etag() == first, "an hour's readings of what did not change are one document"
    assert feed(house, "en").etag() != first
    house.scheduled(900)
    assert feed(house).etag() != first
