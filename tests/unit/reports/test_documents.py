"""A report's numbers are the same in every form, none is invented, and no form runs what somebody wrote."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib.reports.asking import as_json
from chalicelib.reports.csv_document import as_csv, harmless
from chalicelib.reports.definitions import BY_NAME, DEFINITIONS, columns, total, with_derived
from chalicelib.reports.figures import figures_of
from chalicelib.reports.gauge import Following, Gauge
from chalicelib.reports.pdf_document import as_pdf
from chalicelib.reports.report import Figures, Report
from chalicelib.reports.words import NARROW, WORDS, number
from tests.fakes.house import AGENCY, ZONE, FakeHouse

NOW = datetime(2026, 11, 20, 15, 4, tzinfo=UTC)


def report(kind: str = "post_performance", language: str = "fr", **more: Any) -> Report:
    fields = {
        "agency": AGENCY,
        "id": "r1",
        "type": kind,
        "first": date(2026, 11, 2),
        "last": date(2026, 11, 8),
        "zone": ZONE,
        "language": language,
        "profiles": ("p1", "p2"),
        "by": "ana",
        "by_name": "Ana",
        "asked_at": NOW,
        **more,
    }
    return Report.model_validate(fields)


def gauge(house: FakeHouse, post: str, at: datetime, profile: str = "p1", title: str = "", **values: int) -> None:
    house.store.save(
        Gauge(
            agency=AGENCY,
            post=post,
            profile=profile,
            network="fake",
            department="water",
            remote_id=post,
            url=f"https://fake.example/{post}",
            title=title or f"Titre de {post}",
            published_at=at,
            values=values,
            measured_at=at + timedelta(hours=1),
        )
    )


@pytest.fixture
def filled(house: FakeHouse) -> FakeHouse:
    house.profile("p2")
    monday = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    gauge(house, "a", monday, likes=1200, shares=30, replies=4, quotes=1)
    gauge(house, "b", monday + timedelta(days=2), likes=5, shares=0, replies=0, quotes=0, impressions=400)
    gauge(house, "c", monday + timedelta(days=2), "p2", title='=HYPERLINK("http://x")', likes=2, replies=1)
    gauge(house, "d", monday + timedelta(days=6, hours=12))  # Sunday evening: never read
    gauge(house, "before", monday - timedelta(days=3), likes=7)
    gauge(house, "after", datetime(2026, 11, 8, 23, 30, tzinfo=UTC), likes=9)  # Monday already in Paris
    for day, followers in (("2026-10-30", 1000), ("2026-11-03", 1010), ("2026-11-07", 997)):
        house.store.save(Following(agency=AGENCY, profile="p1", day=day, at=monday, values={"followers": followers}))
    return house


def value(figures: Figures, name: str, row: str | None = None) -> float | None:
    measures = figures.totals if row is None else next(each for each in figures.rows if each.id == row).measures
    return next(each.value for each in measures if each.name == name)


def test_every_measure_has_words_in_both_languages() -> None:
    for each in DEFINITIONS:
        assert all(each.name in WORDS[language] for language in ("fr", "en")), each.name
        assert all((f"f.{each.name}" in WORDS[language]) == (each.formula is not None) for language in ("fr", "en"))
    assert set(WORDS["fr"]) == set(WORDS["en"])


def test_a_period_is_whole_days_of_the_agency(filled: FakeHouse) -> None:
    figures = figures_of(report(), store=filled.store)
    assert [each.id for each in figures.rows] == ["a-p1", "b-p1", "c-p2", "d-p1"]


def test_totals_are_sums_and_what_is_not_given_is_never_zero(filled: FakeHouse) -> None:
    figures = figures_of(report(), store=filled.store)
    assert value(figures, "likes") == 1207
    assert value(figures, "interactions") == 1235 + 5 + 3
    assert value(figures, "impressions") == 400 and value(figures, "impressions", "a-p1") is None
    assert value(figures, "interaction_rate") == 1.25, "over the one post that has both"
    assert value(figures, "likes", "d-p1") is None and value(figures, "interactions", "d-p1") is None
    likes = next(each for each in figures.totals if each.name == "likes")
    assert likes.before == 7


def test_a_profile_is_held_against_the_period_before(filled: FakeHouse) -> None:
    figures = figures_of(report("profile_performance"), store=filled.store)
    assert value(figures, "published", "p1") == 3 and value(figures, "published", "p2") == 1
    assert value(figures, "followers", "p1") == 997 and value(figures, "followers_gained", "p1") == -3
    assert value(figures, "followers", "p2") is None and value(figures, "followers_gained", "p2") is None
    assert value(figures, "interactions_per_post", "p1") == round(1240 / 3, 1)
    assert len(figures.days) == 14
    published = sum(each.measures[0].value or 0 for each in figures.days)
    assert published == value(figures, "published")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["post_performance", "profile_performance"])
def test_json_csv_and_pdf_say_the_same(filled: FakeHouse, kind: str, language: str) -> None:
    asked = report(kind, language)
    figures = figures_of(asked, store=filled.store)
    kept = json.loads(as_json(asked, figures))["figures"]
    assert Figures.model_validate(kept) == figures
    pdf = _text(as_pdf(asked, figures, agency="Ville", now=NOW))
    lines = _csv(as_csv(asked, figures), language)
    for position, row in enumerate(figures.rows):
        line = lines[1 + position]
        for name in figures.columns:
            shown = line[_column(lines[0], name, language)]
            assert (float(shown.replace(",", ".")) if shown else None) == row.value(name), (row.id, name)
            assert _flat(number(asked.language, name, row.value(name))) in pdf, (row.id, name)
    for each in figures.totals:
        assert _flat(number(asked.language, each.name, each.value)) in pdf, each.name


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["post_performance", "profile_performance"])
def test_a_period_with_nothing_in_it_is_a_report_that_says_so(house: FakeHouse, kind: str, language: str) -> None:
    asked = report(kind, language, first=date(2026, 10, 1), last=date(2026, 10, 1), profiles=("p1",))
    figures = figures_of(asked, store=house.store)
    assert figures.measured_at is None
    pdf = _text(as_pdf(asked, figures, agency="Ville", now=NOW))
    assert _flat(WORDS[language]["not_measured"]) in pdf  # type: ignore[index]
    if kind == "post_performance":
        assert _flat(WORDS[language]["empty"]) in pdf  # type: ignore[index]
        assert all(each.value is None for each in figures.totals)
    else:
        assert value(figures, "published") == 0 and value(figures, "interactions") is None
    assert len(_csv(as_csv(asked, figures), language)) >= 2


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+33 1 23 45",
        "-2 degrés",
        "@mairie",
        "\t=1+1",
        "\r\n=cmd|' /C calc'!A0",
        "  =1+1",
        "＝1+1",
        "%0A=1",
    ],
)
def test_a_text_is_never_run_as_a_formula(text: str) -> None:
    shown = harmless(text)
    assert shown.startswith("'") and "\n" not in shown and "\r" not in shown and "\t" not in shown


def test_an_ordinary_text_stays_as_it_is() -> None:
    assert harmless("Marché de Noël : c’est vendredi – à 17 h") == "Marché de Noël : c’est vendredi – à 17 h"
    assert harmless("") == ""


def test_a_formula_in_a_title_stands_harmless_in_the_csv_and_numbers_stay_numbers(filled: FakeHouse) -> None:
    lines = _csv(as_csv(report(), figures_of(report(), store=filled.store)), "fr")
    assert lines[3][0] == '\'=HYPERLINK("http://x")'
    asked = report("profile_performance")
    lines = _csv(as_csv(asked, figures_of(asked, store=filled.store)), "fr")
    assert "-3" in lines[1]


def test_markup_emoji_and_turned_text_do_no_harm_in_the_pdf(house: FakeHouse) -> None:
    gauge(house, "x", datetime(2026, 11, 3, tzinfo=UTC), title='<b onload="x">Salut</b> & 🎄 \u202eotis', likes=1)
    asked = report(profiles=("p1",))
    pdf = _text(as_pdf(asked, figures_of(asked, store=house.store), agency="Ville <i>de</i> X & Y", now=NOW))
    assert '<bonload="x">Salut</b>&' in pdf and "Ville<i>de</i>X&Y" in pdf
    assert "\u202e" not in pdf and "🎄" not in pdf


def test_a_long_report_goes_over_pages_that_are_numbered(house: FakeHouse) -> None:
    for each in range(90):
        gauge(house, f"n{each}", datetime(2026, 11, 2, 8, tzinfo=UTC) + timedelta(hours=each), likes=each)
    asked = report(profiles=("p1",))
    made = PdfReader(io.BytesIO(as_pdf(asked, figures_of(asked, store=house.store), agency="Ville", now=NOW)))
    pages = len(made.pages)
    assert pages > 3
    for place, page in enumerate(made.pages, start=1):
        assert f"Page {place} sur {pages}" in page.extract_text()


def test_numbers_are_written_as_people_read_them() -> None:
    assert number("fr", "likes", 1234567) == f"1{NARROW}234{NARROW}567"
    assert number("en", "likes", 1234567) == "1,234,567"
    assert number("fr", "interaction_rate", 3.5) == f"3,50{NARROW}%"
    assert number("en", "interaction_rate", 3.5) == "3.50%"
    assert number("fr", "likes", None) == "non fourni" and number("en", "likes", 0) == "0"


def test_a_rate_is_over_what_has_both() -> None:
    rows = [with_derived({"likes": 10, "impressions": 100}), with_derived({"likes": 90})]
    assert total(rows, columns("post_performance"))["interaction_rate"] == 10
    assert with_derived({"impressions": 0, "likes": 0})["interaction_rate"] is None
    assert set(BY_NAME) == {each.name for each in DEFINITIONS}


def _csv(content: bytes, language: str) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";" if language == "fr" else ","))


def _column(head: list[str], name: str, language: str) -> int:
    return head.index(WORDS[language][name])  # type: ignore[index]


def _text(content: bytes) -> str:
    return _flat("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def _flat(text: str) -> str:
    """Without spaces: where a line breaks is not what is asked."""
    return re.sub(r"\s", "", text)
