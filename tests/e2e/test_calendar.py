"""The calendar shows every post, at the agency's time, to the mouse and to the keyboard."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Invite
from tests.e2e.person import AGENCY_ZONE, Person
from tests.e2e.product import Product

pytestmark = pytest.mark.browser

DEMONSTRATION = ("Le marché de Noël", "Council meets", "Avis : la rue", "Rappel : du 1er décembre", "Freezing nights")


@pytest.fixture(scope="module")
def planned(product: Product) -> list[dict[str, Any]]:
    """Every post of the demonstration that has a time, as the API gives it, each with `local` in the agency's zone."""
    now = datetime.now(UTC)
    query = f"from={_moment(now - timedelta(days=2))}&to={_moment(now + timedelta(days=8))}"
    found = product.visitor().call("GET", f"/api/calendar?{query}")["items"]
    posts = [post for post in found if post["title"].startswith(DEMONSTRATION)]
    assert len(posts) == len(DEMONSTRATION)
    for post in posts:
        post["local"] = datetime.fromisoformat(post["due_at"].replace("Z", "+00:00")).astimezone(AGENCY_ZONE)
    return posts


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _link(within: Locator, post: dict[str, Any]) -> Locator:
    return within.get_by_role("link", name=re.compile(re.escape(post["title"][:25])))


def test_the_month_shows_every_post_on_its_day_at_the_agencys_time(
    invite: Invite, planned: list[dict[str, Any]]
) -> None:
    person = invite("fr")
    person.come_in()
    for post in planned:
        cell = _cell(person, post)
        link = _link(cell, post)
        more = cell.get_by_role("button", name=re.compile(r"\d+ de plus"))
        expect(link.or_(more).first).to_be_visible()
        if link.count() == 0:  # a full day shows the rest in a dialog
            more.click()
            dialog = person.page.get_by_role("dialog")
            expect(_link(dialog, post)).to_contain_text(f"{post['local']:%H:%M}")
            person.button("common.close", dialog).click()
        else:
            expect(link).to_contain_text(f"{post['local']:%H:%M}")


def test_the_list_shows_every_post_under_its_day(invite: Invite, planned: list[dict[str, Any]]) -> None:
    person = invite("en", "phone")
    person.come_in()
    for post in planned:
        person.arrive(f"/calendar?view=list&month={post['local']:%Y-%m}")
        heading = person.page.get_by_role("heading", name=f"{post['local']:%A} {post['local'].day} ", level=3)
        day = person.page.locator("section").filter(has=heading)
        expect(_link(day, post)).to_contain_text(f"{post['local']:%H:%M}")


def test_another_zone_is_named_and_moves_the_posts(invite: Invite, planned: list[dict[str, Any]]) -> None:
    person = invite("en")
    person.come_in()
    council = next(post for post in planned if post["title"].startswith("Council"))
    there = council["local"].astimezone(UTC)
    person.arrive(f"/calendar?view=list&month={there:%Y-%m}&zone=UTC")
    expect(person.page.get_by_text(person.say("calendar.otherZone"))).to_be_visible()
    expect(_link(person.page.get_by_role("main"), council)).to_contain_text(f"{there:%H:%M}")


def test_a_post_is_reached_and_opened_with_the_keyboard_alone(invite: Invite, planned: list[dict[str, Any]]) -> None:
    person = invite("en")
    person.come_in()
    police = next(post for post in planned if post["title"].startswith("Rappel"))
    _cell(person, police)
    keyboard = person.page.keyboard
    on_a_day = "document.activeElement.dataset.day ?? null"
    for _ in range(40):
        keyboard.press("Tab")
        if person.page.evaluate(on_a_day):
            break
    day = datetime.fromisoformat(person.page.evaluate(on_a_day)).date()
    wanted = police["local"].date()
    while abs((wanted - day).days) >= 7:
        keyboard.press("ArrowDown" if wanted > day else "ArrowUp")
        day += timedelta(days=7 if wanted > day else -7)
    while wanted != day:
        keyboard.press("ArrowRight" if wanted > day else "ArrowLeft")
        day += timedelta(days=1 if wanted > day else -1)
    assert person.page.evaluate(on_a_day) == wanted.isoformat()
    keyboard.press("Enter")
    expect(person.page.get_by_role("dialog")).to_be_visible()
    link = _link(person.page.get_by_role("dialog"), police)
    for _ in range(20):
        if link.evaluate("link => link === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    person.page.wait_for_url(f"**/posts/{police['id']}")
    expect(person.page.get_by_role("heading", level=1)).to_contain_text(police["title"][:25])


def _cell(person: Person, post: dict[str, Any]) -> Locator:
    person.arrive(f"/calendar?view=month&month={post['local']:%Y-%m}")
    cell = person.page.locator(f"[data-day='{post['local']:%Y-%m-%d}']")
    cell.wait_for()
    return cell
