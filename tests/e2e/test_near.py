"""Links with their campaign's parameters, and the word about what else stands near: in front of a browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Invite
from tests.e2e.person import whole_minute

pytestmark = pytest.mark.browser

TOWN = ("Bluesky", "rivemont.practice.test")
TOWN_MASTODON = ("Mastodon", "rivemont@")
TEXT = "Inscriptions aux ateliers d’hiver : https://rivemont.example/ateliers et https://ailleurs.example/plan."


def test_links_are_marked_on_request_and_the_same_words_are_said_to_stand_already(invite: Invite) -> None:
    person = invite("fr", "phone")
    person.come_in("/compose")
    person.write(TEXT, [TOWN, TOWN_MASTODON])
    person.page.get_by_role("checkbox", name=person.say("compose.tracking.on")).check()
    person.page.get_by_label(person.say("compose.tracking.campaign")).fill("Ateliers d'hiver")
    person.page.get_by_role("checkbox", name="rivemont.example", exact=True).check()
    preview = person.page.get_by_role("region", name=person.say("compose.preview"))
    marked = "utm_source=bluesky&utm_medium=social&utm_campaign=ateliers-d-hiver"
    expect(preview.get_by_text(re.compile(re.escape(marked))).first).to_be_attached()
    expect(person.words_box()).to_have_value(TEXT)
    due = whole_minute(timedelta(days=3))
    person.set_due(due)
    first = person.schedule()
    expect(person.page.get_by_text("utm_campaign=ateliers-d-hiver, rivemont.example")).to_be_visible()

    person.arrive("/compose")
    person.write(TEXT.upper().replace("HTTPS://RIVEMONT.EXAMPLE/ATELIERS", "https://rivemont.example/ateliers"), [TOWN])
    near = person.page.get_by_role("status").filter(has_text=person.say("warnings.title"))
    person.set_due(due + timedelta(minutes=5))
    expect(near.get_by_role("listitem")).to_have_count(1)
    expect(near.get_by_role("link")).to_have_attribute("href", f"/posts/{first}")
    second = person.schedule()
    assert second != first

    person.button("post.reschedule").first.click()
    dialog = person.dialog("post.rescheduleTitle")
    expect(dialog.get_by_role("link")).to_have_attribute("href", f"/posts/{first}")
