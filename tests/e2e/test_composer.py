"""Writing: limits, files, drafts that are never lost, hours that do not exist or come twice, and leaving at once."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import expect

from infra.local.demo.posts import christmas_market
from infra.local.demo.staff import PEOPLE
from tests.e2e.conftest import Invite
from tests.e2e.product import Product

pytestmark = pytest.mark.browser

TOWN = ("Bluesky", "rivemont.practice.test")
TOWN_MASTODON = ("Mastodon", "rivemont@")


def _new_draft(product: Product, text: str) -> str:
    return str(
        product.visitor().call("POST", "/api/posts", {"department": "communications", "text": text, "language": "fr"})[
            "id"
        ]
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_text_that_is_too_long_is_counted_in_red_and_not_scheduled(invite: Invite, language: str) -> None:
    person = invite(language)
    person.come_in("/compose")
    person.write("é" * 310, [TOWN, TOWN_MASTODON])
    expect(person.page.get_by_text(person.say("compose.countOver", name="Bluesky", count=10))).to_have_count(1)
    expect(person.page.get_by_text(person.say("compose.countLeft", name="Mastodon", count=190))).to_have_count(1)
    red, green, blue = map(int, re.findall(r"\d+", _colour(person.page.get_by_text("310 / 300", exact=True)))[:3])
    assert red > 2 * green and red > 2 * blue
    person.button("compose.schedule").click()
    alerts = person.page.get_by_role("alert")
    expect(alerts.filter(has_text=person.say("compose.problemsFirst", count=1))).to_be_visible()
    expect(person.page.get_by_role("listitem").filter(has_text=person.say("errors.text_too_long"))).to_contain_text(
        "Bluesky"
    )
    expect(person.page).to_have_url(re.compile("/compose"))
    person.words_box().fill("é" * 300)
    expect(person.page.get_by_text(person.say("compose.countLeft", name="Bluesky", count=0))).to_have_count(1)
    expect(person.page.get_by_role("listitem").filter(has_text=person.say("errors.text_too_long"))).to_have_count(0)


def _colour(locator: object) -> str:
    return str(locator.evaluate("element => getComputedStyle(element).color"))  # type: ignore[attr-defined]


def test_a_file_that_is_no_image_is_named_and_refused_and_the_others_stay(invite: Invite) -> None:
    person = invite("fr")
    person.come_in("/compose")
    person.write("Les horaires de la bibliothèque changent lundi.", [TOWN])
    person.add_image("horaires.png", b"Lundi : 10 h a 18 h. Mardi : ferme.")
    why = person.say("compose.refused", name="horaires.png", why=person.say("errors.not_an_image"))
    expect(person.page.get_by_role("alert").filter(has_text=why)).to_be_visible(timeout=30_000)
    person.add_image("marche.png", christmas_market(), "De petits chalets de bois, la nuit.")
    preview = person.page.get_by_role("region", name=person.say("compose.preview"))
    expect(preview.get_by_role("img")).to_have_count(1)
    person.button("compose.removeImage", name="horaires.png").click()
    expect(person.page.get_by_role("alert")).to_have_count(0)


def test_words_survive_a_reload_before_and_after_they_were_saved(invite: Invite) -> None:
    person = invite("fr")
    person.come_in("/compose")
    text = f"Travaux rue des Tanneurs, déviation par le pont. {uuid4().hex}"
    person.page.route("**/api/posts", lambda route: route.abort())  # the network is gone while one writes
    person.watch.expect("/api/posts", 0)
    person.write(text, [TOWN])
    person.page.wait_for_timeout(700)
    person.page.reload()
    expect(person.words_box()).to_have_value(text)
    expect(person.page.get_by_text(person.say("compose.restored"))).to_be_visible()

    person.page.unroute("**/api/posts")
    person.words_box().press("End")
    person.words_box().press_sequentially(" !")
    person.page.wait_for_url(re.compile(r"/compose/\w+"))
    saved = re.compile(rf"^{re.escape(person.say('compose.savedAt', time=''))}\d\d:\d\d$")
    expect(person.page.get_by_role("status").filter(has_text=saved)).to_be_visible()
    person.page.reload()
    expect(person.words_box()).to_have_value(f"{text} !")
    person.go("drafts")
    expect(person.page.get_by_role("link", name=re.compile(re.escape(text[:30])))).to_be_visible()


def test_two_tabs_on_one_draft_show_the_conflict_and_lose_nothing(invite: Invite, product: Product) -> None:
    draft = _new_draft(product, "Collecte des sapins : dates à venir.")
    person = invite("fr")
    person.watch.expect(f"/api/posts/{draft}", 412)
    person.come_in(f"/compose/{draft}")
    expect(person.words_box()).to_have_value("Collecte des sapins : dates à venir.")
    other = person.page.context.new_page()
    other.goto(f"{product.url}/compose/{draft}")
    box = other.get_by_label(person.say("compose.text"), exact=True)
    with other.expect_response(lambda answer: answer.request.method == "PATCH") as answered:
        box.fill("Collecte des sapins : le 8 janvier.")
    assert answered.value.ok

    person.words_box().fill("Collecte des sapins : le 9 janvier.")
    notice = person.page.get_by_role("status").filter(has_text=person.say("compose.conflict.title"))
    expect(notice).to_contain_text("le 8 janvier", timeout=15_000)
    expect(notice).to_contain_text("le 9 janvier")
    person.button("compose.conflict.keepBoth").click()
    person.page.wait_for_url(lambda url: "/compose/" in url and draft not in url)
    mine = person.page.url.rsplit("/", 1)[1]
    visitor = product.visitor()
    assert visitor.call("GET", f"/api/posts/{draft}")["text"] == "Collecte des sapins : le 8 janvier."
    assert visitor.call("GET", f"/api/posts/{mine}")["text"] == "Collecte des sapins : le 9 janvier."


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_hour_that_clocks_skip_is_explained_and_another_offered(invite: Invite, language: str) -> None:
    person = invite(language)
    person.come_in("/compose")
    person.write("Passage à l’heure d’été.", [TOWN])
    person.set_due(datetime.fromisoformat("2027-03-28T02:30"), "Europe/Paris")
    when = person.page.get_by_role("group", name=person.say("compose.when"))
    expect(when.get_by_role("status")).to_contain_text(person.say("errors.due_skipped_hour"))
    person.button("compose.schedule").click()
    expect(person.page.get_by_role("alert")).to_have_text(person.say("errors.due_skipped_hour"))
    expect(person.page).to_have_url(re.compile("/compose"))
    expect(person.button("when.useInstead", when, time="01:30")).to_be_visible()
    person.button("when.useInstead", when, time="03:30").click()
    expect(when.get_by_role("status")).to_contain_text("03:30")
    expect(when.get_by_role("status")).to_contain_text("UTC+02:00")


def test_an_hour_that_comes_twice_asks_which_and_keeps_the_answer(invite: Invite, product: Product) -> None:
    person = invite("fr")
    person.come_in("/compose")
    person.write("Retour à l’heure d’hiver.", [TOWN])
    person.set_due(datetime.fromisoformat("2027-10-31T02:30"), "Europe/Paris")
    question = person.page.get_by_role("group", name=person.say("errors.due_repeated_hour"))
    expect(question.get_by_role("radio")).to_have_count(2)
    person.button("compose.schedule").click()
    expect(person.page.get_by_role("alert")).to_have_text(person.say("errors.due_repeated_hour"))
    expect(person.page).to_have_url(re.compile("/compose"))
    question.get_by_role("radio", name=person.say("when.later", time="02:30", offset="UTC+01:00")).check()
    post = person.schedule()
    visitor = product.visitor()
    planned = visitor.call("GET", f"/api/posts/{post}")
    assert datetime.fromisoformat(planned["due_at"].replace("Z", "+00:00")).isoformat() == "2027-10-31T01:30:00+00:00"
    assert planned["zone"] == "Europe/Paris"
    expect(person.page.get_by_role("main")).to_contain_text("UTC+01:00")
    visitor.call("DELETE", f"/api/posts/{post}", version=planned["version"])


def test_publish_now_asks_first_and_reaches_the_page_of_the_network(invite: Invite, product: Product) -> None:
    person = invite("en")
    person.come_in("/compose")
    text = f"The bridge on Pine Street is open again. {uuid4().hex}"
    person.write(text, [TOWN, TOWN_MASTODON])
    person.page.get_by_role("radio", name=person.say("compose.mode.now"), exact=True).check()
    person.button("compose.publishNow").click()
    question = person.dialog("compose.confirmTitle", count=2)
    expect(question).to_contain_text(text)
    assert _published(product, text) == 0
    person.button("compose.publishNow", question).click()
    person.page.wait_for_url("**/posts/*")
    for _, handle in (TOWN, TOWN_MASTODON):
        expect(person.delivery(handle)).to_contain_text(person.say("states.published"), timeout=30_000)

    timeline = person.page.context.new_page()
    timeline.goto(product.practice)
    expect(timeline.get_by_role("article").filter(has_text=text)).to_have_count(2)
    seen = re.compile(re.escape(person.say("post.seeOn", network="Mastodon")))
    link = person.delivery(TOWN_MASTODON[1]).get_by_role("link", name=seen)
    with person.page.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_text(text)).to_be_visible()


def _published(product: Product, text: str) -> int:
    return requests.get(product.practice, timeout=10).text.count(text)


def test_a_contributor_writes_and_submits_but_is_offered_neither_to_schedule_nor_a_pause(invite: Invite) -> None:
    person = invite("en")
    person.email = PEOPLE[2].email
    person.come_in("/compose")
    person.write("Draft: dates to be confirmed.", [TOWN])
    expect(person.button("compose.submit")).to_be_visible()
    expect(person.button("compose.schedule")).to_have_count(0)
    expect(person.button("pause.action")).to_be_disabled()
    with person.page.expect_response(
        lambda answer: answer.request.method in ("POST", "PATCH") and "/posts" in answer.url
    ):
        person.button("compose.saveDraft").click()
    person.go("drafts")
    expect(person.page.get_by_role("link", name=re.compile("Draft: dates"))).to_be_visible()
