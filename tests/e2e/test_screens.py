"""Every screen in both languages, both appearances and two sizes: accessible (WCAG 2.2 AA by axe-core), as wide as the
window, and without a complaint of the browser (the `invite` fixture sees to that)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from infra.local.demo.posts import christmas_market
from infra.local.demo.staff import NAME
from infra.local.mail import Mailbox
from tests.e2e.conftest import Invite
from tests.e2e.person import Person
from tests.e2e.product import Product

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True)
class Arranged:
    """Ids of what the screens show."""

    published: str
    planned: str
    reviewed: str
    conversation: str
    alert: str
    report: str
    review_path: str


@pytest.fixture(scope="module")
def arranged(product: Product) -> Iterator[Arranged]:
    """A published and a planned post, one in review, one held delivery in need of a decision, a pause in force, a
    conversation, an alert after a storm, and a report."""
    visitor = product.visitor()
    profiles = {profile["handle"]: profile["id"] for profile in visitor.call("GET", "/api/profiles")["items"]}
    town, police = profiles["rivemont.practice.test"], profiles["police.rivemont.practice.test"]
    pause = visitor.call(
        "POST", "/api/pauses", {"scope": {"kind": "profile", "id": police}, "reason": "Compte en vérification."}
    )

    def post(department: str, target: str, text: str, schedule: dict[str, Any]) -> str:
        made = visitor.call("POST", "/api/posts", {"department": department, "text": text, "targets": [target]})
        visitor.call("POST", f"/api/posts/{made['id']}/schedule", schedule, version=made["version"])
        return str(made["id"])

    post("police", police, "Contrôles de vitesse près des écoles cette semaine.", {"now": True})
    published = post(
        "communications", town, "La piscine rouvre samedi. https://rivemont.example/piscine", {"now": True}
    )
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    planned = post("communications", town, "Conseil municipal mardi à 19 h.", {"due_at": later})
    _until(lambda: visitor.call("GET", "/api/deliveries")["items"], "nothing is held")
    _until(
        lambda: visitor.call("GET", f"/api/posts/{published}")["deliveries"][0]["state"] == "published",
        "the post is not published",
    )
    reviewed = product.visitor("alex@rivemont.example").call(
        "POST",
        "/api/posts",
        {"department": "communications", "text": "Avis à relire : travaux rue Haute.", "targets": [town]},
    )
    alex = product.visitor("alex@rivemont.example")
    wanted = {"due_at": later, "note": "Avant midi, merci."}
    alex.call("POST", f"/api/posts/{reviewed['id']}/submission", wanted, version=reviewed["version"])
    seen = visitor.call("GET", f"/api/posts/{reviewed['id']}/review")
    decision = {"review": seen["id"], "version": seen["version"], "decision": "approve"}
    product.visitor("nadia@rivemont.example").call("POST", f"/api/posts/{reviewed['id']}/decisions", decision)
    storm = {"to": {"bluesky": "rivemont.practice.test"}, "messages": 90, "over_s": 5, "seed": 3}
    requests.post(f"{product.practice}/practice/citizens/flood", json=storm, timeout=10).raise_for_status()
    today = datetime.now(UTC).date()
    asked = {"kind": "post_performance", "first": (today - timedelta(days=6)).isoformat(), "last": today.isoformat()}
    report = str(visitor.call("POST", "/api/reports", asked)["id"])
    _until(lambda: visitor.call("GET", f"/api/reports/{report}")["state"] == "ready", "the report is not built")
    _until(lambda: visitor.call("GET", "/api/alerts")["items"], "nothing has rung", seconds=180)
    mails = Mailbox(product.state / "mail")
    _until(lambda: [each for each in mails.list() if "/review/" in each.text], "no link was mailed")
    link = re.findall(r"/review/[\w-]{43}", next(each.text for each in mails.list() if "/review/" in each.text))[0]
    yield Arranged(
        published,
        planned,
        str(reviewed["id"]),
        str(visitor.call("GET", "/api/conversations")["items"][0]["id"]),
        str(visitor.call("GET", "/api/alerts")["items"][0]["id"]),
        report,
        link,
    )
    visitor.call("DELETE", f"/api/pauses/{pause['id']}")


def _until(holds: Callable[[], object], otherwise: str, *, seconds: float = 90) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    while not holds():
        assert datetime.now(UTC) < deadline, otherwise
        time.sleep(0.2)


def _filters(person: Person) -> None:
    person.button("calendar.filters").click()
    expect(person.page.get_by_label(person.say("filters.campaign"))).to_be_visible()


def _day(person: Person) -> None:
    person.page.locator("[aria-current=date]").get_by_role("button").first.click()
    person.page.get_by_role("dialog").wait_for()


def _written(person: Person) -> None:
    person.write("Trop long. " * 40, [("Bluesky", "rivemont.practice.test"), ("Mastodon", "rivemont@")])
    person.add_image("marche.png", christmas_market(), "")
    person.add_image("notes.png", b"no image at all")
    refusal = person.page.get_by_role("alert").filter(has_text="notes.png")
    expect(refusal).to_be_visible(timeout=30_000)
    expect(person.page.get_by_text(person.say("compose.altMissing"))).to_be_visible()


def _opens(button: str, title: str) -> Callable[[Person], None]:
    def open_it(person: Person) -> None:
        person.button(button).first.click()
        expect(person.dialog(title)).to_be_visible()

    return open_it


def _remove(person: Person) -> None:
    person.button("profiles.removeNamed", handle="rivemont.practice.test").click()
    person.page.get_by_role("alertdialog").wait_for()


def _release(person: Person) -> None:
    person.button("attention.release", person.page.get_by_role("main")).first.click()
    person.page.get_by_role("alertdialog").wait_for()


def _reschedule(person: Person) -> None:
    person.button("post.reschedule").first.click()
    expect(person.page.get_by_role("spinbutton").first).to_be_visible()


def _open_talk(person: Person) -> None:
    expect(person.page.locator("#reply-words")).to_be_visible()


def _more(person: Person) -> None:
    person.open_account()
    expect(person.button("nav.signOut")).to_be_visible()


SCREENS: dict[str, tuple[str, Callable[[Person], None] | None]] = {
    "calendar": ("/calendar?view=month", None),
    "calendar-list": ("/calendar?view=list", None),
    "calendar-empty": ("/calendar?view=list&month=2028-02", None),
    "calendar-filters": ("/calendar", _filters),
    "calendar-day": ("/calendar?view=month", _day),
    "compose": ("/compose", None),
    "compose-written": ("/compose", _written),
    "drafts": ("/drafts", None),
    "attention": ("/attention", None),
    "attention-release": ("/attention", _release),
    "campaigns": ("/campaigns", None),
    "campaign-new": ("/campaigns", _opens("campaigns.new", "campaigns.new")),
    "profiles": ("/profiles", None),
    "profile-connect": ("/profiles", _opens("profiles.connectNew", "profiles.connectTitle")),
    "profile-remove": ("/profiles", _remove),
    "post-published": ("/posts/{published}", None),
    "post-planned": ("/posts/{planned}", None),
    "post-reschedule": ("/posts/{planned}", _reschedule),
    "people": ("/people", None),
    "people-invite": ("/people", _opens("people.invite", "people.inviteTitle")),
    "security": ("/security", None),
    "security-begin": ("/security", _opens("secondFactor.begin", "secondFactor.title")),
    "approvals": ("/approvals", None),
    "review": ("/posts/{reviewed}", None),
    "workflows": ("/workflows", None),
    "workflow-new": ("/workflows", _opens("workflows.new", "workflows.new")),
    "inbox": ("/inbox", None),
    "conversation": ("/inbox/{conversation}", _open_talk),
    "alerts": ("/alerts", None),
    "alert": ("/alerts/{alert}", None),
    "notifications": ("/notifications", None),
    "reports": ("/reports", None),
    "report-new": ("/reports", _opens("reports.new", "reports.new")),
    "report": ("/reports/{report}", None),
    "pause": ("/calendar", _opens("pause.action", "pause.title")),
    "more": ("/calendar", _more),
    "oauth-refused": ("/oauth/callback?error=access_denied", None),
    "not-found": ("/nowhere/at-all", None),
}


def _faults(page: Page, name: str) -> list[str]:
    found = []
    width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > window:
        found.append(f"{name}: {width} px wide in a window of {window} px")
    page.evaluate(AXE.read_text())
    for rule, nodes in page.evaluate(
        """async (rules) => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations.map(
        (one) => [one.id, one.nodes.slice(0, 4).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`)])""",
        RULES,
    ):
        found.append(f"{name}: {rule}: " + "\n    ".join(nodes))
    return found


@pytest.mark.parametrize(
    ("language", "size", "dark"),
    [
        ("fr", "desktop", False),
        ("fr", "desktop", True),
        ("en", "desktop", False),
        ("en", "desktop", True),
        ("fr", "phone", True),
        ("en", "phone", False),
    ],
    ids=lambda value: {True: "dark", False: "light"}.get(value, value) if isinstance(value, bool) else str(value),
)
def test_every_screen_is_accessible_fits_and_makes_no_browser_complain(
    invite: Invite, arranged: Arranged, language: str, size: str, dark: bool
) -> None:
    person = invite(language, size, dark=dark)
    page = person.page
    person.arrive()
    page.get_by_label(person.say("signIn.email")).wait_for()
    faults = _faults(page, "sign-in")
    person.come_in()
    for name, (path, act) in SCREENS.items():
        person.arrive(path.format(**asdict(arranged)))
        page.locator("main h1").first.wait_for()
        expect(page.locator(".skeleton")).to_have_count(0)
        expect(person.banner()).to_contain_text("Compte en vérification.")
        if act is not None:
            act(person)
        faults += _faults(page, name)
    outside = invite(language, size, dark=dark)
    outside.arrive(arranged.review_path)
    expect(outside.page.get_by_role("article")).to_have_count(1)
    faults += _faults(outside.page, "external review")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_an_unknown_address_shows_the_applications_own_page_and_the_way_back(invite: Invite, language: str) -> None:
    person = invite(language)
    person.come_in("/nowhere/at-all")
    expect(person.page.get_by_role("heading", level=1)).to_have_text(person.say("notFound.title"))
    expect(person.page).to_have_title(re.compile(f"{re.escape(person.say('notFound.title'))} · {NAME}"))
    person.page.get_by_role("link", name=person.say("notFound.back")).click()
    person.page.wait_for_url("**/calendar")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_post_that_does_not_exist_is_said_not_to(invite: Invite, language: str) -> None:
    person = invite(language)
    person.watch.expect("/api/posts/no-such-post", 404)
    person.come_in("/posts/no-such-post")
    expect(person.page.get_by_text(person.say("errors.not_found"))).to_be_visible()
