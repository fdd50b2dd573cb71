"""Stopping everything from a phone, and letting go again without a flood."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import expect

from infra.local.demo.staff import NAME
from tests.e2e.conftest import Invite
from tests.e2e.product import Product

pytestmark = pytest.mark.browser

HANDLE = "police.rivemont.practice.test"


@pytest.fixture(autouse=True)
def nothing_stays_paused(product: Product) -> Iterator[None]:
    """Whatever became of a test: the next one begins with an agency that speaks."""
    yield
    visitor = product.visitor()
    for pause in visitor.call("GET", "/api/pauses")["items"]:
        visitor.call("DELETE", f"/api/pauses/{pause['id']}")


def _accepted(product: Product, since: datetime) -> int:
    """How many posts the practice network took from the police's profile."""
    answer = requests.get(
        f"{product.practice}/practice/accepted",
        params={"since": str(since.timestamp()), "network": "bluesky", "handle": HANDLE},
        timeout=10,
    )
    answer.raise_for_status()
    [rows] = [value for value in answer.json().values() if isinstance(value, list)]
    return len(rows)


def test_on_a_phone_what_falls_due_in_a_pause_is_held_and_released_once(invite: Invite, product: Product) -> None:
    began = datetime.now(UTC)
    visitor = product.visitor()
    police = next(p for p in visitor.call("GET", "/api/profiles")["items"] if p["handle"] == HANDLE)
    text = f"Reminder: the car park of the town hall closes at 8 pm. {uuid4().hex}"
    person = invite("en", "phone")
    person.come_in()
    post = visitor.call("POST", "/api/posts", {"department": "police", "text": text, "targets": [police["id"]]})
    due = datetime.now(UTC) + timedelta(seconds=15)
    visitor.call("POST", f"/api/posts/{post['id']}/schedule", {"due_at": due.isoformat()}, version=post["version"])
    person.button("pause.action").click()
    dialog = person.dialog("pause.title")
    person.button("pause.confirm", dialog).click()
    expect(dialog).to_contain_text(person.say("pause.reasonMissing"))
    person.button("common.cancel", dialog).click()
    person.pause_agency("Flood on the river: only the crisis desk speaks.")
    assert datetime.now(UTC) < due, "the pause was not acknowledged in time for this test to mean anything"
    person.button("common.understood").click()
    expect(person.banner()).to_contain_text("Flood on the river")

    person.go("attention")
    row = person.page.get_by_role("main").get_by_role("listitem").filter(has_text=text[:30])
    expect(row).to_contain_text(person.say("states.held"), timeout=90_000)
    expect(row).to_contain_text(person.say("reasons.paused"))
    assert datetime.now(UTC) >= due
    time.sleep(3)
    assert _accepted(product, began) == 0

    person.resume(NAME)
    time.sleep(3)
    assert _accepted(product, began) == 0
    person.button("attention.release", row).click()
    person.button("attention.release", person.dialog("attention.releaseTitle", count=1)).click()
    expect(row).to_have_count(0, timeout=30_000)
    person.arrive(f"/posts/{post['id']}")
    expect(person.delivery(HANDLE)).to_contain_text(person.say("states.published"), timeout=30_000)
    time.sleep(3)
    assert _accepted(product, began) == 1


def test_a_pause_shows_to_a_colleague_within_seconds(invite: Invite) -> None:
    person, colleague = invite("fr"), invite("fr", "phone")
    person.come_in("/profiles")
    colleague.email = "marc@rivemont.example"
    colleague.come_in("/drafts")
    person.pause_agency("Exercice communal de sécurité civile.")
    person.button("common.understood").click()
    expect(colleague.banner()).to_contain_text("Exercice communal", timeout=10_000)
    expect(colleague.banner()).to_contain_text("Camille Roy")
    colleague.resume(NAME)
    expect(person.banner()).to_have_count(0, timeout=10_000)
