"""One day at the agency: a post is reviewed and leaves, citizens answer, a crisis begins, everything stops, and in the
evening it can be told what was done. Against a real Bluesky network with its AppView and a real Mastodon-API server,
beside a practice Facebook Page that calls our webhook; the storm falls on a practice account."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import requests
from playwright.sync_api import Browser, Locator, Route, expect
from pypdf import PdfReader

from infra.local.demo.review import LAWYER
from infra.local.demo.staff import NAME
from infra.local.mail import Mail, Mailbox
from infra.local.push import Pushes
from infra.servers.bluesky_network import BlueskyNetwork, start_bluesky_network
from infra.servers.citizens import BlueskyCitizen, snac_citizen
from infra.servers.run import Server, start_snac
from tests.e2e.album import Album
from tests.e2e.conftest import Invite, guests
from tests.e2e.person import Person, whole_minute
from tests.e2e.product import Product, running
from tests.e2e.servers import BlueskyAccount, MastodonAccount
from tests.required import started

T = TypeVar("T")

PAGE = "villederivemont"
TOWN = "rivemont.practice.test"
FLOOD = 120

WRITTEN = {
    "fr": {
        "first": "La rue Basse est fermée jeudi pour réparer une conduite.",
        "comment": "Précisez les heures, et un numéro pour les personnes à mobilité réduite.",
        "second": "La rue Basse est fermée jeudi de 9 h à 15 h pour réparer une conduite. Accès facilité : 311.",
        "question": "Est-ce que le bus 12 passera quand même ? <script>alert(1)</script>",
        "mention": "Et la rue Haute, elle rouvre quand ?",
        "page": "Merci de prévenir. Les poubelles seront-elles ramassées ?",
        "answer": "Bonjour, le bus 12 est dévié par la rue Haute de 9 h à 15 h.",
        "other": "Bonjour, le 12 ne passe pas.",
        "routine": "Rappel : la patinoire ouvre samedi.",
        "outdated": "Venez nombreux ce soir rue des Tanneurs.",
    },
    "en": {
        "first": "Lower Street is closed on Thursday to repair a water main.",
        "comment": "Say at what times, and give a number for people with reduced mobility.",
        "second": "Lower Street is closed on Thursday, 9 am to 3 pm, to repair a water main. Help with access: 311.",
        "question": "Will bus 12 still run? <script>alert(1)</script>",
        "mention": "And High Street, when does it open again?",
        "page": "Thanks for telling us. Will the bins be emptied?",
        "answer": "Hello, bus 12 goes by High Street from 9 am to 3 pm.",
        "other": "Hello, bus 12 does not run.",
        "routine": "Reminder: the ice rink opens on Saturday.",
        "outdated": "Come along to Tanners Street tonight.",
    },
}


@pytest.fixture(scope="module")
def bluesky() -> Iterator[BlueskyNetwork]:
    with started(start_bluesky_network) as network:
        yield network


@pytest.fixture(scope="module")
def snac() -> Iterator[Server]:
    with started(lambda: start_snac(people=("mairie", "police", "nora"))) as server:
        yield server


@pytest.fixture
def product(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("day")) as product:
        yield product


@pytest.fixture
def invite(chromium: Browser, product: Product) -> Iterator[Invite]:
    yield from guests(chromium, product)


def until(look: Callable[[], T | None], seconds: float, what: str) -> T:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.5)


class Day:
    """The staff, each with a browser; and what can be seen of the day from outside it."""

    def __init__(self, invite: Invite, product: Product, language: str) -> None:
        self._invite = invite
        self.product = product
        self.language = language
        self.album = Album(language, "day")
        self.api = product.visitor()
        self.mails = Mailbox(product.state / "mail")

    def person(self, name: str, size: str = "desktop", path: str = "/") -> Person:
        person = self._invite(self.language, size)
        person.email = f"{name}@rivemont.example"
        person.come_in(path)
        return person

    def somebody_outside(self) -> Person:
        return self._invite(self.language, "phone")

    def mail(self, to: str, about: str, seconds: float = 60) -> Mail:
        """The newest one to somebody with these words in it."""

        def arrived() -> Mail | None:
            found = [each for each in self.mails.list() if to in each.recipients and about in each.text]
            return found[0] if found else None

        return until(arrived, seconds, f"a mail to {to}")

    def post(self, post: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.call("GET", f"/api/posts/{post}")
        return found

    def conversation(self, words: str, seconds: float) -> dict[str, Any]:
        """The open one that begins so, as soon as it is in the inbox."""

        def there() -> dict[str, Any] | None:
            items = self.api.call("GET", "/api/conversations?state=open")["items"]
            return next((each for each in items if words in each["excerpt"]), None)

        return until(there, seconds, f"{words!r} in the inbox")


@pytest.mark.servers
@pytest.mark.browser
@pytest.mark.parametrize(("language", "account"), [("fr", 0), ("en", 1)])
def test_a_day_at_the_agency(
    invite: Invite, product: Product, bluesky: BlueskyNetwork, snac: Server, language: str, account: int
) -> None:
    day = Day(invite, product, language)
    words = WRITTEN[language]
    town, square = bluesky.accounts[account], snac.accounts[account]
    there = BlueskyAccount(bluesky.url, town), MastodonAccount(snac.url, square)

    camille = day.person("camille")
    _connect(camille, bluesky, snac, account)
    profiles = {each["handle"]: each["id"] for each in day.api.call("GET", "/api/profiles")["items"]}
    command = [sys.executable, "-m", "infra.local.demo.past", "--cloud", product.cloud, *profiles.values()]
    subprocess.run(command, check=True, timeout=120)
    camille.page.context.close()

    jean = day.person("jean", "phone", "/notifications")
    _register_phone(jean)
    day.album.take(jean.page, "notifications")

    targets = [("Bluesky", town.identifier), ("Mastodon", f"{square.identifier}@"), ("Facebook", PAGE)]
    post, alex = _write_and_submit(day, words["first"], targets)
    nadia = _send_back(day, post, words["comment"])
    due = _edit_and_submit_again(day, alex, post, words)
    _approve_inside(day, nadia, post)
    _approve_outside(day, post, due)
    uris = _published(day, alex, post, due, words["second"], there)

    alice, nora = BlueskyCitizen(bluesky.url, bluesky.accounts[2]), snac_citizen(snac, snac.accounts[2])
    alice.like(uris["bluesky"])
    _citizens_write(day, alice, nora, uris, square.identifier, words)
    _two_press_at_once(day, words, there[0])

    held = _plan_routine(day, words, town.identifier)
    alert = _burst(day, jean, profiles[TOWN])
    _pause(day, jean, alert)
    _after_the_pause(day, held, words, there[0])
    _reports(day, post, uris["bluesky"])
    _told_in_order(day, post)


def _connect(camille: Person, bluesky: BlueskyNetwork, snac: Server, account: int) -> None:
    camille.go("profiles")
    camille.connect_bluesky(bluesky.url, bluesky.accounts[account])
    camille.connect_mastodon(snac.url, snac.accounts[account])


def _register_phone(jean: Person) -> None:
    page = jean.page
    jean.button("notifications.addThis").click()
    jean.button("notifications.add", jean.dialog("notifications.thisDevice")).click()
    expect(page.get_by_role("list", name=jean.say("notifications.devices")).get_by_role("listitem")).to_have_count(1)
    jean.dismiss_messages()


# ---------------------------------------------------------------- 1. written, sent back, changed


def _write_and_submit(day: Day, text: str, targets: list[tuple[str, str]]) -> tuple[str, Person]:
    alex = day.person("alex")
    alex.go("compose")
    alex.write(text, targets)
    alex.set_due(whole_minute(timedelta(minutes=20)))
    expect(alex.page.get_by_text(alex.say("compose.reviewedBy", name="Relecture et avis juridique"))).to_be_visible()
    alex.page.get_by_label(alex.say("compose.note")).fill("311")
    day.album.take(alex.page, "submit")
    alex.button("compose.submit").click()
    alex.page.wait_for_url(re.compile(r"/posts/[^/]+$"))
    panel = alex.page.get_by_role("region", name=alex.say("approvals.title"))
    expect(panel).to_contain_text(alex.say("approvals.states.open"))
    expect(panel).to_contain_text(alex.say("approvals.ownPost"))
    alex.dismiss_messages()
    day.album.take(alex.page, "in-review")
    return alex.page.url.rsplit("/", 1)[1], alex


def _send_back(day: Day, post: str, comment: str) -> Person:
    day.mail("nadia@rivemont.example", f"/posts/{post}")
    nadia = day.person("nadia", path="/approvals")
    row = nadia.page.get_by_role("main").get_by_role("listitem").first
    day.album.take(nadia.page, "approvals")
    row.get_by_role("link", name=nadia.say("approvals.look")).click()
    nadia.button("approvals.sendBack").click()
    expect(nadia.page.get_by_text(nadia.say("approvals.commentMissing"))).to_be_visible()
    nadia.page.get_by_label(nadia.say("approvals.comment"), exact=True).fill(comment)
    nadia.button("approvals.sendBack").click()
    expect(nadia.page.get_by_role("region", name=nadia.say("approvals.title"))).to_contain_text(
        nadia.say("approvals.states.sent_back")
    )
    assert day.post(post)["state"] == "draft"
    return nadia


def _edit_and_submit_again(day: Day, alex: Person, post: str, words: dict[str, str]) -> datetime:
    day.mail("alex@rivemont.example", words["comment"])
    alex.arrive(f"/posts/{post}")
    panel = alex.page.get_by_role("region", name=alex.say("approvals.title"))
    expect(panel).to_contain_text(words["comment"])
    day.album.take(alex.page, "sent-back")
    alex.arrive(f"/compose/{post}")
    alex.words_box().fill(words["second"])
    due = whole_minute(timedelta(seconds=75))
    alex.set_due(due)
    alex.button("compose.submit").click()
    alex.page.wait_for_url(re.compile(r"/posts/[^/]+$"))
    expect(panel).to_contain_text(alex.say("approvals.states.open"))
    alex.dismiss_messages()
    return due.astimezone(UTC)


# ---------------------------------------------------------------- 2. approved inside, and outside on a phone


def _approve_inside(day: Day, nadia: Person, post: str) -> None:
    nadia.arrive(f"/posts/{post}")
    panel = nadia.page.get_by_role("region", name=nadia.say("approvals.title"))
    expect(panel.locator("ins").first).to_be_visible()
    day.album.take(nadia.page, "difference")
    nadia.button("approvals.approve", panel).click()
    expect(panel.get_by_text(LAWYER)).to_be_visible()
    assert day.post(post)["state"] == "in_review"


def _approve_outside(day: Day, post: str, due: datetime) -> None:
    mail = day.mail(LAWYER, "/review/")
    link = re.findall(r"http\S+/review/[\w-]{43}", mail.text)[0]
    for method in ("GET", "HEAD", "GET"):  # a mail scanner, a preview, a prefetch
        requests.request(method, link, timeout=10)
        requests.request(method, link.replace("/review/", "/api/review/"), timeout=10)
    assert day.post(post)["state"] == "in_review", "looking decides nothing"
    lawyer = day.somebody_outside()
    lawyer.page.goto(link)
    page = lawyer.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name={"fr": "Français", "en": "English"}[day.language]).click()
    expect(page.get_by_role("article")).to_have_count(3)
    for card in page.get_by_role("article").all():
        expect(card).to_contain_text("311")
    day.album.take(page, "decision")
    button = page.get_by_role("button", name=lawyer.say("approvals.approve"), exact=True)
    button.scroll_into_view_if_needed()
    day.album.take(page, "decide")
    assert datetime.now(UTC) < due, "the reviews were not over in time for this test to mean anything"
    button.click()
    expect(page.get_by_text(lawyer.say("external.done.approve"))).to_be_visible()
    day.album.take(page, "decided")
    assert requests.get(link.replace("/review/", "/api/review/"), timeout=10).status_code == 410
    page.context.close()


# ---------------------------------------------------------------- 3. published at its second


def _published(
    day: Day, alex: Person, post: str, due: datetime, text: str, there: tuple[BlueskyAccount, MastodonAccount]
) -> dict[str, str]:
    """network -> the remote id."""
    while datetime.now(UTC) < due - timedelta(seconds=1):
        assert not any(each.text == text for account in there for each in account.posts()), "before its time"
        time.sleep(0.5)

    def done() -> list[dict[str, Any]] | None:
        deliveries: list[dict[str, Any]] = day.post(post)["deliveries"]
        return deliveries if all(each["state"] == "published" for each in deliveries) else None

    deliveries = until(done, 60, "the post on every network")
    for account in there:
        [seen] = [each for each in account.posts() if each.text == text]
        assert due <= seen.made_at < due + timedelta(seconds=30)
    alex.arrive(f"/posts/{post}")
    for each in deliveries:
        expect(alex.delivery(each["handle"])).to_contain_text(alex.say("states.published"))
    day.album.take(alex.page, "published")
    alex.page.context.close()
    return {each["network"]: each["remote_id"] for each in deliveries}


# ---------------------------------------------------------------- 4. citizens answer, on three servers


def _citizens_write(
    day: Day, alice: BlueskyCitizen, nora: Any, uris: dict[str, str], square: str, words: dict[str, str]
) -> None:
    began = time.monotonic()
    alice.post(words["question"], reply_to=uris["bluesky"])
    nora.post(f"@{square} {words['mention']}", reply_to=uris["mastodon"])
    comment = {"post": uris["facebook"], "author": "Paul Caron", "text": words["page"]}
    requests.post(f"{day.product.practice}/practice/facebook/comments", json=comment, timeout=10).raise_for_status()
    for text in (words["page"], words["question"][:20], words["mention"]):
        found = day.conversation(text, 45)
        assert found["waiting_since"] is not None
    waited = time.monotonic() - began
    assert waited < 30, f"the last of the three was in the inbox after {waited:.1f} s"


# ---------------------------------------------------------------- 5. two people, one answer


def _two_press_at_once(day: Day, words: dict[str, str], bluesky: BlueskyAccount) -> None:
    conversation = day.conversation(words["question"][:20], 5)["id"]
    louis = day.person("louis", path=f"/inbox/{conversation}")
    emma = day.person("emma", path=f"/inbox/{conversation}")
    for person, other in ((louis, "Emma Wilson"), (emma, "Louis Gagnon")):
        expect(person.page.get_by_text(re.compile(re.escape(other))).first).to_be_visible(timeout=10_000)
        expect(person.page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
        expect(person.page.get_by_role("region", name=person.say("inbox.above"))).to_contain_text(words["second"])
    box(louis).fill(words["answer"])
    box(emma).fill(words["other"])
    writing = emma.say("inbox.writing", count=1, names="Louis Gagnon")
    expect(emma.page.get_by_text(writing).first).to_be_visible(timeout=10_000)
    day.album.take(emma.page, "both-write")

    pressed: list[Route] = []
    for person in (louis, emma):
        person.watch.expect(f"/api/conversations/{conversation}/replies", 409)
        person.page.route("**/replies", lambda route: pressed.append(route))
        person.button("inbox.send").click()
    until(lambda: len(pressed) == 2 or (louis.page.wait_for_timeout(50) and None), 10, "both to have pressed")
    for route in pressed:
        route.continue_()

    refused = emma.page.get_by_text(emma.say("inbox.answeredRefused"))
    also = louis.page.get_by_text(louis.say("inbox.answeredRefused"))
    until(lambda: refused.count() + also.count() == 1 or (louis.page.wait_for_timeout(100) and None), 15, "a refusal")
    loser, kept = (emma, words["other"]) if refused.count() else (louis, words["answer"])
    sent = words["answer"] if loser is emma else words["other"]
    expect(box(loser)).to_have_value(kept)
    day.album.take(loser.page, "answered-meanwhile")
    until(lambda: any(sent in each.text for each in bluesky.posts()), 40, "the answer on Bluesky")
    time.sleep(3)
    answers = [each.text for each in bluesky.posts() if each.text in (words["answer"], words["other"])]
    assert answers == [sent], "one went out, the other did not"
    winner = louis if loser is emma else emma
    expect(winner.page.get_by_text(winner.say("states.published")).first).to_be_visible(timeout=30_000)
    day.album.take(winner.page, "answered")
    for person in (louis, emma):
        person.page.context.close()


def box(person: Person) -> Locator:
    return person.page.locator("#reply-words")


# ---------------------------------------------------------------- 6. a storm, an alert, a pause


def _plan_routine(day: Day, words: dict[str, str], handle: str) -> list[str]:
    """Two routine posts that will fall due in the middle of it; ids."""
    marc = day.product.visitor("marc@rivemont.example")
    profile = next(each["id"] for each in marc.call("GET", "/api/profiles")["items"] if each["handle"] == handle)
    made = []
    for text in (words["routine"], words["outdated"]):
        body = {"department": "communications", "text": text, "targets": [profile], "language": day.language}
        post = marc.call("POST", "/api/posts", body)
        due = (datetime.now(UTC) + timedelta(seconds=150)).isoformat()
        marc.call("POST", f"/api/posts/{post['id']}/schedule", {"due_at": due}, version=post["version"])
        made.append(str(post["id"]))
    return made


def _burst(day: Day, jean: Person, profile: str) -> dict[str, Any]:
    asked = {"to": {"bluesky": TOWN}, "messages": FLOOD, "over_s": 10, "language": day.language, "seed": 11}
    storm = requests.post(f"{day.product.practice}/practice/citizens/flood", json=asked, timeout=10)
    storm.raise_for_status()

    def ringing() -> dict[str, Any] | None:
        found = day.api.call("GET", "/api/alerts")["items"]
        return next((each for each in found if each["profile"] == profile), None)

    rang: dict[str, Any] = until(ringing, 120, "the alert")
    day.mail("jean@rivemont.example", f"/alerts/{rang['id']}")

    def mailed() -> bool:
        """It may have grown meanwhile, and been told once more."""
        count = day.api.call("GET", f"/api/alerts/{rang['id']}")["count"]
        return any(f" {count} " in each.subject for each in day.mails.list() if rang["id"] in each.text)

    until(mailed, 60, "the mail to say how many")
    pushes = Pushes(day.product.state / "push")
    until(lambda: [each for each in pushes.list() if each.link.endswith(f"/alerts/{rang['id']}")], 60, "the push")
    jean.arrive("/mail")
    day.album.take(jean.page, "mail")
    jean.arrive("/push")
    day.album.take(jean.page, "push")
    return rang


def _pause(day: Day, jean: Person, alert: dict[str, Any]) -> None:
    jean.arrive(f"/alerts/{alert['id']}")
    page = jean.page
    expect(page.get_by_role("heading", name=jean.say("alerts.terms"))).to_be_visible()
    day.album.take(page, "alert")
    page.get_by_role("heading", name=jean.say("alerts.posts")).scroll_into_view_if_needed()
    day.album.take(page, "evidence")
    page.evaluate("window.scrollTo(0, 0)")
    jean.button("alerts.acknowledge").click()
    expect(jean.button("alerts.acknowledge")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("Jean Tremblay")
    jean.dismiss_messages()
    jean.button("alerts.pauseAll").click()
    dialog = jean.dialog("pause.title")
    reason = dialog.get_by_label(jean.say("pause.reason"), exact=True)
    expect(reason).not_to_have_value("")
    day.album.take(page, "pause")
    jean.button("pause.confirm", dialog).click()
    done = jean.dialog("pause.done")
    expect(done).to_be_visible(timeout=15_000)
    day.album.take(page, "paused")
    jean.button("common.understood", done).click()
    expect(jean.banner()).to_be_visible()
    page.context.close()


# ---------------------------------------------------------------- 7. what was held


def _after_the_pause(day: Day, held: list[str], words: dict[str, str], bluesky: BlueskyAccount) -> None:
    marc = day.person("marc")
    marc.go("attention")
    rows = marc.page.get_by_role("main").get_by_role("listitem").filter(has_text=marc.say("reasons.paused"))
    expect(rows).to_have_count(2, timeout=200_000)
    day.album.take(marc.page, "held")
    assert not any(each.text in (words["routine"], words["outdated"]) for each in bluesky.posts())
    marc.resume(NAME)
    marc.arrive("/attention")
    wanted = rows.filter(has_text=words["routine"][:30])
    marc.button("attention.release", wanted).click()
    marc.button("attention.release", marc.page.get_by_role("alertdialog")).click()
    expect(wanted).to_have_count(0, timeout=30_000)
    unwanted = rows.filter(has_text=words["outdated"][:30])
    marc.button("attention.drop", unwanted).click()
    marc.button("attention.drop", marc.page.get_by_role("alertdialog")).click()
    expect(unwanted).to_have_count(0, timeout=30_000)
    until(lambda: any(each.text == words["routine"] for each in bluesky.posts()), 60, "what was released")
    assert not any(each.text == words["outdated"] for each in bluesky.posts())
    assert [day.post(each)["deliveries"][0]["state"] for each in held] == ["published", "cancelled"]
    marc.page.context.close()


# ---------------------------------------------------------------- 8. what came of it


def _reports(day: Day, post: str, uri: str) -> None:
    today = datetime.now(UTC).astimezone(_zone(day)).date().isoformat()
    analyst = day.product.visitor("hana@rivemont.example")

    def likes() -> dict[str, Any] | None:
        """A report of the day once the network's figures of the post have been read."""
        report = _built(analyst, {"kind": "post_performance", "first": today, "last": today, "language": day.language})
        row = next(
            (
                each
                for each in report["figures"]["rows"]
                if each["id"].startswith(post) and each["network"] == "bluesky"
            ),
            None,
        )
        counted = {each["name"]: each["value"] for each in row["measures"]} if row else {}
        return report if counted.get("likes") == 1 and (counted.get("replies") or 0) >= 1 else None

    deadline = time.monotonic() + 240
    while (report := likes()) is None:
        assert time.monotonic() < deadline, "the network's figures were not read"
        time.sleep(10)

    hana = day.person("hana", path=f"/reports/{report['id']}")
    table = hana.page.get_by_role("region", name=hana.say("reports.posts"))
    expect(table).to_be_visible()
    day.album.take(hana.page, "report")
    with hana.page.expect_download() as downloaded:
        hana.button("reports.formats.pdf").click()
    pdf = _pdf(downloaded.value.path().read_bytes())
    with hana.page.expect_download() as downloaded:
        hana.button("reports.formats.csv").click()
    lines = list(
        csv.reader(
            io.StringIO(downloaded.value.path().read_text("utf-8-sig")), delimiter=";" if day.language == "fr" else ","
        )
    )
    shown = {
        row["label"]: {each["name"]: each["value"] for each in row["measures"]} for row in report["figures"]["rows"]
    }
    names = [hana.say(f"measures.{name}") for name in report["figures"]["columns"]]
    for line in lines[1 : 1 + len(report["figures"]["rows"])]:
        values = dict(zip(lines[0], line, strict=True))
        row = next(each for each in report["figures"]["rows"] if each["label"] == line[0] and each["handle"] == line[2])
        for name, column in zip(report["figures"]["columns"], names, strict=True):
            counted = next(each["value"] for each in row["measures"] if each["name"] == name)
            assert (float(values[_plain(column)].replace(",", ".")) if values[_plain(column)] else None) == counted
    assert all(re.sub(r"\s", "", label)[:25] in pdf for label in shown)

    hana.button("reports.share").click()
    dialog = hana.dialog("reports.share")
    hana.button("reports.makeLink", dialog).click()
    expect(dialog.get_by_text(hana.say("reports.linkMade"))).to_be_visible()
    day.album.take(hana.page, "share")
    link = dialog.locator(".share__url").inner_text()
    opened = requests.get(link, allow_redirects=False, timeout=10)
    assert opened.status_code == 303
    presigned = opened.headers["Location"]
    assert requests.get(presigned, timeout=10).content.startswith(b"%PDF")
    hana.button("reports.revoke", dialog).click()
    expect(dialog.get_by_text(hana.say("reports.revoked"))).to_be_visible()
    assert requests.get(link, allow_redirects=False, timeout=10).status_code == 410
    hana.page.keyboard.press("Escape")

    profile = _built(analyst, {"kind": "profile_performance", "first": today, "last": today, "language": day.language})
    hana.arrive(f"/reports/{profile['id']}")
    expect(hana.page.get_by_role("region", name=hana.say("reports.profiles"))).to_be_visible()
    day.album.take(hana.page, "profiles-report")
    until(lambda: requests.get(presigned, timeout=10).status_code == 403, 90, "the presigned address to expire")
    hana.page.context.close()


def _built(analyst: Any, asked: dict[str, Any]) -> dict[str, Any]:
    made = analyst.call("POST", "/api/reports", asked)

    def ready() -> dict[str, Any] | None:
        report: dict[str, Any] = analyst.call("GET", f"/api/reports/{made['id']}")
        assert report["state"] != "failed"
        return report if report["state"] == "ready" else None

    return until(ready, 60, "the report")


def _pdf(content: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def _plain(words: str) -> str:
    """The documents' words are the screen's, but for the kind of their spaces."""
    return re.sub(r"[\u00a0\u202f]", " ", words)


def _zone(day: Day) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(day.api.me["agency"]["zone"])


# ---------------------------------------------------------------- 9. the day, told


def _told_in_order(day: Day, post: str) -> None:
    told: list[dict[str, Any]] = []
    for date in sorted({datetime.now(UTC).date(), (datetime.now(UTC) - timedelta(minutes=30)).date()}):
        cursor = ""
        while True:
            page = day.api.call("GET", f"/api/audit?day={date.isoformat()}{cursor}")
            told += page["items"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
    assert told == sorted(told, key=lambda each: each["at"])
    mine = [each["kind"] for each in told if each["subject"] == f"POST#{post}"]
    assert [kind for kind in mine if kind.startswith(("post.created", "review", "post.approved"))] == [
        "post.created",
        "review.asked",
        "review.sent_back",
        "review.asked",
        "review.approved",
        "review.approved",
        "post.approved",
    ]
    assert mine.count("delivery.published") == 3
    order = [each["kind"] for each in told]
    first = [
        order.index(kind) for kind in ("post.approved", "alert.raised", "pause.begun", "delivery.held", "pause.ended")
    ]
    assert first == sorted(first)
    assert order.count("alert.raised") == 1 and order.count("pause.begun") == 1
    assert order.count("message.received") >= FLOOD
    for kind in ("alert.acknowledged", "alert.told", "delivery.released", "report.ready", "share.revoked"):
        assert kind in order, kind
