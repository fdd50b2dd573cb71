"""The main job against a real Bluesky server and a real Mastodon-API server: connect, write, schedule, leave on time,
once; and one action stops everything."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from infra.local.demo.posts import christmas_market
from infra.local.demo.staff import NAME
from infra.servers.run import Server, start_bluesky, start_snac
from tests.e2e.album import Album
from tests.e2e.conftest import Invite, guests
from tests.e2e.person import whole_minute
from tests.e2e.product import Product, running
from tests.e2e.servers import BlueskyAccount, MastodonAccount, Standing
from tests.required import started

LINK = "https://www.rivemont.example/loisirs/marche-de-noel/programme-2026"
WRITTEN = {
    "fr": {
        "text": f"Le marché de Noël ouvre vendredi à 17 h sur le parvis. Programme : {LINK} 🎄 #Rivemont",
        "alt": "Des guirlandes au-dessus de petits chalets de bois, la nuit.",
        "second": "Rappel : la patinoire est fermée lundi matin pour l’entretien de la glace.",
        "reason": "Incendie rue des Tanneurs : plus aucune publication de routine.",
    },
    "en": {
        "text": f"The Christmas market opens on Friday at 5 pm on the square. Programme: {LINK} 🎄 #Rivemont",
        "alt": "Strings of lights above small wooden chalets, at night.",
        "second": "Reminder: the ice rink is closed on Monday morning while the ice is renewed.",
        "reason": "Fire on Tanners Street: no routine posts until further notice.",
    },
}
BLUESKY_MAX = 300


@pytest.fixture(scope="module")
def bluesky() -> Iterator[Server]:
    with started(start_bluesky) as server:
        yield server


@pytest.fixture(scope="module")
def snac() -> Iterator[Server]:
    with started(start_snac) as server:
        yield server


@pytest.fixture
def product(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One that nobody has used: this is somebody's first day."""
    with running(tmp_path_factory.mktemp("product")) as product:
        yield product


@pytest.fixture
def invite(chromium: Browser, product: Product) -> Iterator[Invite]:
    yield from guests(chromium, product)


@pytest.mark.servers
@pytest.mark.browser
@pytest.mark.parametrize(("language", "size", "account"), [("fr", "desktop", 0), ("en", "phone", 1)])
def test_what_staff_plan_leaves_on_time_once_and_one_action_stops_everything(
    invite: Invite, bluesky: Server, snac: Server, language: str, size: str, account: int
) -> None:
    person = invite(language, size)
    page = person.page
    album = Album(language, size)
    written = WRITTEN[language]
    picture = christmas_market()
    on_bluesky, on_mastodon = bluesky.accounts[account], snac.accounts[account]
    there = BlueskyAccount(bluesky.url, on_bluesky), MastodonAccount(snac.url, on_mastodon)
    handles = on_bluesky.identifier, f"{on_mastodon.identifier}@"
    targets = [("Bluesky", handles[0]), ("Mastodon", handles[1])]

    def standing() -> tuple[list[Standing], list[Standing]]:
        return there[0].posts(), there[1].posts()

    # Sign in.
    person.arrive()
    page.get_by_label(person.say("signIn.email")).wait_for()
    album.take(page, "sign-in")
    person.come_in()
    page.get_by_role("link", name=re.compile("Le marché de Noël ouvre")).first.wait_for()
    album.take(page, "calendar")

    # Connect a profile on each network.
    person.go("profiles")
    person.connect_bluesky(bluesky.url, on_bluesky)
    person.connect_mastodon(snac.url, on_mastodon)
    expect(page.get_by_role("log")).to_contain_text(handles[1])
    person.dismiss_messages()
    for handle in handles:
        row = page.get_by_role("main").get_by_role("listitem").filter(has_text=handle)
        row.scroll_into_view_if_needed()
        expect(row).to_be_visible()
    album.take(page, "profiles")

    # Write, with an image that is described, and see the counts and the previews.
    person.go("compose")
    person.write(written["text"], targets)
    person.add_image("marche.png", picture, written["alt"])
    # A link counts on Bluesky as long as it is, on Mastodon as many characters as the server says.
    length = len(written["text"])
    expect(page.get_by_text(person.say("compose.countLeft", name="Bluesky", count=BLUESKY_MAX - length))).to_have_count(
        1
    )
    expect(page.get_by_text(f"{length} / {BLUESKY_MAX}", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(rf"^{length - len(LINK) + there[1].link_length()} / \d+$"))).to_be_visible()
    previews = page.get_by_role("region", name=person.say("compose.preview")).get_by_role("article")
    expect(previews).to_have_count(2)
    for preview in previews.all():
        expect(preview).to_contain_text("#Rivemont")
        expect(preview.get_by_role("img", name=written["alt"])).to_be_visible()
    page.evaluate("window.scrollTo(0, 0)")
    album.take(page, "compose")

    # Schedule it in the agency's zone, which is not the browser's.
    due = whole_minute(timedelta(seconds=12))
    person.set_due(due)
    album.take(page, "when")
    person.schedule()
    for handle in handles:
        expect(person.delivery(handle)).to_contain_text(person.say("states.queued"))
    person.dismiss_messages()
    album.take(page, "scheduled")

    # Nothing leaves early; at its second it stands on both servers.
    while datetime.now(UTC) < due - timedelta(seconds=1):
        assert standing() == ([], []), f"published before {due}"
        time.sleep(0.5)
    for handle in handles:
        expect(person.delivery(handle)).to_contain_text(person.say("states.published"), timeout=60_000)
    album.take(page, "published")
    for posts in standing():
        [post] = posts
        assert post.text == written["text"]
        assert list(post.images) == [picture]
        assert list(post.alts) == [written["alt"]]
        assert post.made_at >= due
    assert due <= there[0].last_write() < due + timedelta(seconds=30)

    # Schedule another and stop the whole agency before it is due.
    person.go("compose")
    person.write(written["second"], targets)
    due = whole_minute(timedelta(seconds=25))
    person.set_due(due)
    post = person.schedule()
    person.dismiss_messages()
    person.button("pause.action").click()
    dialog = person.dialog("pause.title")
    dialog.get_by_label(person.say("pause.reason"), exact=True).fill(written["reason"])
    album.take(page, "pause")
    person.button("pause.confirm", dialog).click()
    done = person.dialog("pause.done")
    expect(done).to_be_visible(timeout=15_000)
    expect(done).to_contain_text(person.say("pause.begunBefore", count=0))
    assert datetime.now(UTC) < due, "the pause was not acknowledged in time for this test to mean anything"
    album.take(page, "paused")
    person.button("common.understood", done).click()
    for place in ("calendar", "compose", "drafts", "profiles", "attention"):
        person.go(place)
        expect(person.banner()).to_contain_text(written["reason"])
        expect(person.banner()).to_contain_text(NAME)
        if place == "calendar":
            album.take(page, "banner")

    # What falls due meanwhile is held with its reason, and nothing goes out.
    held = page.get_by_role("main").get_by_role("listitem").filter(has_text=person.say("states.held"))
    expect(held).to_have_count(2, timeout=1000 * (due - datetime.now(UTC)).total_seconds() + 60_000)
    for row in held.all():
        expect(row).to_contain_text(person.say("reasons.paused"))
        expect(row).to_contain_text(written["second"][:40])
    album.take(page, "needs-attention")
    time.sleep(max(0.0, (due + timedelta(seconds=10) - datetime.now(UTC)).total_seconds()))
    assert [len(posts) for posts in standing()] == [1, 1]

    # Resuming sends nothing by itself.
    person.button("pause.resumeScope", scope=NAME).click()
    album.take(page, "resume")
    person.button("pause.resume", person.dialog("pause.resumeScope", scope=NAME)).click()
    expect(person.banner()).to_have_count(0, timeout=15_000)
    time.sleep(5)
    assert [len(posts) for posts in standing()] == [1, 1]
    expect(held).to_have_count(2)

    # Released by a person, it is published, once.
    page.get_by_label(person.say("attention.selectAll")).check()
    person.button("attention.release", page.locator("main")).first.click()
    person.button("attention.release", person.dialog("attention.releaseTitle", count=2)).click()
    expect(page.get_by_text(person.say("attention.empty"))).to_be_visible(timeout=30_000)
    person.arrive(f"/posts/{post}")
    for handle in handles:
        expect(person.delivery(handle)).to_contain_text(person.say("states.published"), timeout=60_000)
    album.take(page, "released")
    time.sleep(8)
    for posts in standing():
        assert sorted(found.text for found in posts) == sorted([written["text"], written["second"]])
