"""A file of posts on the stack: by slices, twice, by two people at once."""

from __future__ import annotations

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from chalicelib.identifiers import new_id
from tests.integration.client import Client
from tests.integration.practice import Practice

ROWS = 200


@pytest.fixture(scope="module")
def profiles(administrator: Client, practice: Practice) -> list[str]:
    return [practice.connect(administrator, network, "import") for network in ("bluesky", "mastodon")]


def sheet(profiles: list[str], rows: int, *, days: int = 40) -> bytes:
    """As Excel saves it in French: Windows-1252, semicolons, the day first. No other test's words."""
    day, own = datetime.now(UTC) + timedelta(days=days), new_id()
    lines = ["Date;Heure;Texte;Profils;Langue"]
    for number in range(rows):
        text = f'"Avis {number} – {own} :\r\n""fermé"" ; =1+1"'
        lines.append(f"{day:%d/%m/%Y};12h{number % 60:02d};{text};{profiles[0]}, {profiles[1]};fr")
    return "\r\n".join(lines).encode("cp1252")


def send(client: Client, content: bytes, **more: Any) -> requests.Response:
    body = {"file": base64.b64encode(content).decode(), "department": "communications", "dry_run": False, **more}
    return client.call("POST", "/api/posts/imports", body)


def taken(client: Client, content: bytes, **more: Any) -> list[dict[str, Any]]:
    """All rows, by as many requests as it takes."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        answer = send(client, content, **({"cursor": cursor} if cursor else {}), **more)
        assert answer.status_code == 200, answer.text[:300]
        rows += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return rows


def standing(client: Client, profile: str, days: int = 40) -> list[dict[str, Any]]:
    begin = datetime.now(UTC) + timedelta(days=days - 2)
    span = f"from={begin:%Y-%m-%dT00:00:00Z}&to={begin + timedelta(days=4):%Y-%m-%dT00:00:00Z}"
    found: list[dict[str, Any]] = client.ok("GET", f"/api/calendar?{span}&profile={profile}")["items"]
    return found


def test_the_same_file_twice(publisher: Client, contributor: Client, profiles: list[str]) -> None:
    content = sheet(profiles, ROWS)
    looked = taken(publisher, content, dry_run=True)
    assert Counter((each["outcome"], each["becomes"]) for each in looked) == {("ok", "scheduled"): ROWS}
    assert standing(publisher, profiles[0]) == []
    first = taken(publisher, content)
    assert Counter(each["outcome"] for each in first) == {"ok": ROWS}
    for client in (publisher, contributor):
        again = taken(client, content)
        assert Counter(each["outcome"] for each in again) == {"already_imported": ROWS}
        assert [each["post"] for each in again] == [each["post"] for each in first]
    shown = standing(publisher, profiles[0])
    assert {each["id"] for each in shown} == {each["post"] for each in first}
    assert all([delivery["state"] for delivery in each["deliveries"]] == ["queued"] * 2 for each in shown)
    one = publisher.post(first[0]["post"])
    assert one["text"].endswith(':\n"fermé" ; =1+1') and "–" in one["text"]
    history = publisher.ok("GET", f"/api/posts/{one['id']}/history")["items"]
    assert [each["kind"] for each in history] == ["post.created", "post.scheduled"]
    moved = publisher.schedule(one, due_at=(datetime.now(UTC) + timedelta(days=50)).isoformat())
    assert moved["state"] == "scheduled"


def test_by_several_at_once(publisher: Client, profiles: list[str]) -> None:
    content = sheet(profiles, 40, days=80)
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: taken(publisher, content), range(3)))
    assert Counter(row["outcome"] for rows in made for row in rows) == {"ok": 40, "already_imported": 80}
    assert len(standing(publisher, profiles[0], days=80)) == 40


def test_a_contributor_makes_drafts_at_their_time(contributor: Client, profiles: list[str]) -> None:
    rows = taken(contributor, sheet(profiles, 2, days=120))
    assert {(each["becomes"], each["because"]) for each in rows} == {("draft", "may_not_publish")}
    shown = standing(contributor, profiles[0], days=120)
    assert shown == []  # a draft has no delivery for a profile yet
    post = contributor.post(rows[0]["post"])
    assert (post["state"], post["due_at"], post["deliveries"]) == ("draft", rows[0]["due_at"], [])


def test_what_is_refused(publisher: Client, foreigner: Client, profiles: list[str]) -> None:
    assert (answer := send(publisher, b"x" * 4_000_001)).status_code == 413
    assert answer.json()["error"]["code"] == "file_too_large"
    fifty = send(publisher, b"x" * 50_000_000)
    assert fifty.status_code in (413, 422), fifty.text[:200]
    (strange,) = taken(foreigner, sheet(profiles[:1] * 2, 1))
    assert [each["code"] for each in strange["problems"]] == ["profile_unknown"]
    absent = requests.get(f"{publisher.api}/api/posts/imports", headers={"Authorization": "x"}, timeout=30)
    assert absent.status_code in (401, 403, 404, 405)
