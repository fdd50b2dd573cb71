"""POST /api/posts/imports."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from chalicelib.publishing.post import Post
from chalicelib.publishing.sheet import FILE_BYTES_MAX
from chalicelib.team.actor import Actor
from tests.fakes.house import AGENCY, CONTRIBUTOR, PUBLISHER, FakeHouse
from tests.unit.api.test_approvals import ask, code, ok

SHEET = (
    "\ufeffDate;Heure;Texte;Profils;Budget\r\n"
    "24/12/2026;9h30;=Fermé à midi;@p1;5\r\n"
    ";9h30;Sans date;@p1;\r\n"
    '24/12/2026;10h;"Deux\r\nlignes";@p9;\r\n'
)
APPROVER = Actor(AGENCY, "anne", "Anne", {"water": "approver"})


@pytest.fixture
def house() -> FakeHouse:
    made = FakeHouse()
    made.profile("p1")
    return made


def send(house: FakeHouse, content: bytes = SHEET.encode(), *, actor: Actor | None = PUBLISHER, **more: Any) -> Any:
    body = {"file": base64.b64encode(content).decode(), "department": "water", **more}
    return ask(house, "POST", "/api/posts/imports", body, actor=actor)  # type: ignore[arg-type]


def test_a_dry_run_names_each_bad_row_and_writes_nothing(house: FakeHouse) -> None:
    before = house.store.writes
    found = ok(send(house))
    assert house.store.writes == before
    assert {name: found[name] for name in ("dry_run", "total", "encoding", "separator", "ignored_columns", "next")} == {
        "dry_run": True,
        "total": 3,
        "encoding": "utf-8",
        "separator": "semicolon",
        "ignored_columns": ["Budget"],
        "next": None,
    }
    good, undated, strange = found["items"]
    assert good == {
        "row": 2,
        "outcome": "ok",
        "becomes": "scheduled",
        "because": None,
        "post": None,
        "due_at": "2026-12-24T08:30:00.000Z",
        "zone": "Europe/Paris",
        "profiles": ["p1"],
        "title": "=Fermé à midi",
        "problems": [],
    }
    hint = "Say on which day."
    assert undated["problems"] == [
        {"column": "date", "code": "date_missing", "hint": hint, "profile": None, "value": ""}
    ]
    assert (strange["row"], strange["title"]) == (4, "Deux lignes")
    assert [(each["code"], each["value"]) for each in strange["problems"]] == [("profile_unknown", "@p9")]


def test_a_real_run_and_the_same_again(house: FakeHouse) -> None:
    first = ok(send(house, dry_run=False))["items"]
    again = ok(send(house, dry_run=False))["items"]
    assert [each["outcome"] for each in first] == ["ok", "bad", "bad"]
    assert [each["outcome"] for each in again] == ["already_imported", "bad", "bad"]
    assert again[0]["post"] == first[0]["post"]
    (made,) = house.store.all(Post, AGENCY)
    shown = ok(ask(house, "GET", f"/api/posts/{made.id}"))  # type: ignore[arg-type]
    assert (shown["text"], shown["state"], shown["due_at"]) == (
        "=Fermé à midi",
        "scheduled",
        "2026-12-24T08:30:00.000Z",
    )


def test_the_cursor_goes_on_where_the_answer_ended(house: FakeHouse) -> None:
    head = b"date,time,text,profiles\n"
    sheet = head + b"".join(b"2026-12-24,09:%02d,Avis %d,@p1\n" % (n % 60, n) for n in range(250))
    first = ok(send(house, sheet, dry_run=False))
    last = ok(send(house, sheet, dry_run=False, cursor=first["next"]))
    assert (len(first["items"]), first["next"], len(last["items"]), last["next"]) == (200, "202", 50, None)
    assert len(house.store.all(Post, AGENCY)) == 250


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 10])
def test_a_cursor_that_is_none(house: FakeHouse, cursor: str) -> None:
    assert code(send(house, cursor=cursor)) == (422, "cursor_invalid")


@pytest.mark.parametrize("file", ["not base64!", "YQ", "é"])
def test_what_is_not_base64(house: FakeHouse, file: str) -> None:
    assert code(send(house, file=file)) == (422, "invalid_input")


def test_too_large(house: FakeHouse) -> None:
    """What a request may hold is a little more than what a file may; fifty megabytes are not even read as JSON."""
    assert code(send(house, b"x" * (FILE_BYTES_MAX + 1))) == (413, "file_too_large")
    assert len(base64.b64encode(b"x" * FILE_BYTES_MAX)) < 5_400_000
    assert code(send(house, b"x" * 50_000_000)) == (422, "too_large")
    assert code(ask(house, "POST", "/api/checks", raw=b"x" * 1_000_001, actor=PUBLISHER)) == (422, "too_large")  # type: ignore[arg-type]


def test_who_may(house: FakeHouse) -> None:
    house.person(APPROVER)
    assert code(send(house, actor=None)) == (401, "unauthenticated")
    assert code(send(house, actor=APPROVER)) == (403, "forbidden")
    assert code(send(house, department="fire")) == (403, "forbidden")
    assert ok(send(house, actor=CONTRIBUTOR))["items"][0]["because"] == "may_not_publish"


def test_what_is_refused_is_said_with_its_place(house: FakeHouse) -> None:
    reply = send(house, b'date,text,profiles\n2026-12-24,"x,@p1\n')
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["code"], error["field"]) == (422, "csv_malformed", "file/2")
