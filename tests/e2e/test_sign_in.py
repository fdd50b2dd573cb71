"""Coming in, being refused, and an interface that stays as a person set it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Invite

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_wrong_password_and_an_unknown_person_are_refused_alike(invite: Invite, language: str) -> None:
    person = invite(language)
    person.watch.expect("/api/session", 401)
    person.arrive()
    person.sign_in("not the password")
    refusal = person.page.get_by_role("alert")
    expect(refusal).to_have_text(person.say("errors.sign_in_refused"))
    expect(person.button("signIn.submit")).not_to_have_attribute("aria-busy", "true")

    person.email = "nobody@rivemont.example"
    with person.page.expect_response("**/api/session") as answered:
        person.sign_in()
    assert answered.value.status == 401
    expect(refusal).to_have_text(person.say("errors.sign_in_refused"))
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("signIn.title"))


def test_nothing_is_sent_without_an_address_and_a_password(invite: Invite) -> None:
    person = invite()
    person.arrive()
    person.page.get_by_label(person.say("signIn.email")).wait_for()
    sent = []
    person.page.on("request", lambda request: sent.append(request.url) if "/api/" in request.url else None)
    person.button("signIn.submit").click()
    expect(person.page.get_by_label(person.say("signIn.email"))).to_be_focused()
    assert sent == []


def test_a_page_asked_for_before_signing_in_is_shown_after_it(invite: Invite) -> None:
    person = invite()
    person.come_in("/campaigns")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("nav.campaigns"))


def test_language_and_appearance_stay_after_a_reload_and_the_language_in_another_browser(invite: Invite) -> None:
    person = invite("fr")
    root = person.page.locator("html")
    person.come_in()
    person.speak("en")
    person.button("prefs.dark").click()
    person.page.reload()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("nav.calendar"))
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("data-theme", "dark")
    assert person.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"

    elsewhere = invite("fr")
    elsewhere.arrive()
    elsewhere.page.get_by_label(elsewhere.say("signIn.email")).wait_for()
    elsewhere.sign_in()
    expect(elsewhere.button("signIn.submit")).to_have_count(0)
    expect(elsewhere.page.locator("html")).to_have_attribute("lang", "en")
    elsewhere.language = "en"
    elsewhere.speak("fr")

    person.button("nav.signOut").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("signIn.title"))
    expect(root).to_have_attribute("data-theme", "dark")


def test_after_signing_out_an_address_of_the_application_asks_to_sign_in(invite: Invite) -> None:
    person = invite("fr")
    person.come_in()
    person.button("nav.signOut").click()
    expect(person.button("signIn.submit")).to_be_visible()
    person.arrive("/calendar")
    expect(person.button("signIn.submit")).to_be_visible()
