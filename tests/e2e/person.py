"""A person in front of the application: finds things by their role and their words, never by what they are built of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, Locator, Page, expect

from infra.local.demo.staff import PEOPLE, ZONE
from infra.servers.run import Account
from tests.e2e.product import Product
from tests.e2e.watch import Watch
from tests.e2e.words import say

AGENCY_ZONE = ZoneInfo(ZONE)


@dataclass
class Person:
    page: Page
    product: Product
    watch: Watch
    language: str = "fr"
    phone: bool = False
    email: str = field(default=PEOPLE[0].email)

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def button(self, key: str, within: Locator | None = None, **values: object) -> Locator:
        return (within or self.page).get_by_role("button", name=self.say(key, **values), exact=True)

    def dialog(self, key: str, **values: object) -> Locator:
        """The dialog with this title."""
        heading = self.page.get_by_role("heading", name=self.say(key, **values), exact=True)
        return self.page.locator("[role=dialog], [role=alertdialog]").filter(has=heading)

    # ------------------------------------------------------------ coming and going

    def arrive(self, path: str = "/") -> None:
        self.page.goto(self.product.url + path)

    def sign_in(self, password: str | None = None) -> None:
        """From the sign-in page as it stands, in the language it is in."""
        self.page.get_by_label(self.say("signIn.email")).fill(self.email)
        self.page.get_by_label(self.say("signIn.password")).fill(password or self.product.password)
        self.button("signIn.submit").click()

    def come_in(self, path: str = "/") -> None:
        """Arrive, sign in, and have the interface in this person's language."""
        self.arrive(path)
        self.page.get_by_label(self.say("signIn.email")).wait_for()
        with self.page.expect_response("**/api/session") as answered:
            self.sign_in()
        own = answered.value.json()["me"]["language"]
        expect(self.page.locator("html")).to_have_attribute("lang", own)
        expect(self.page.locator("[type=password]")).to_have_count(0)
        if own != self.language:
            wanted, self.language = self.language, own
            self.speak(wanted)

    def speak(self, language: str) -> None:
        self.open_account()
        name = {"fr": "Français", "en": "English"}[language]
        with self.page.expect_response(lambda answer: answer.url.endswith("/api/me")) as answered:
            self.page.get_by_role("button", name=name).click()
        assert answered.value.ok
        self.language = language
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        self.close_account()

    def open_account(self) -> None:
        """Where the language, the appearance and signing out are: always there on a desk, behind "More" on a phone."""
        more = self.page.locator("[aria-controls=more-sheet]")
        if self.phone and more.get_attribute("aria-expanded") != "true":
            more.click()

    def close_account(self) -> None:
        more = self.page.locator("[aria-controls=more-sheet]")
        if self.phone and more.get_attribute("aria-expanded") == "true":
            more.click()

    def go(self, place: str) -> None:
        """By the navigation: calendar, compose, drafts, attention, campaigns or profiles. On a phone what stands at the
        thumb depends on the person's roles; the rest is behind "More"."""
        words = [self.say(f"nav.{place}")] + ([self.say("nav.attentionShort")] if place == "attention" else [])
        link = self.page.get_by_role("link", name=re.compile(f"^({'|'.join(map(re.escape, words))})"))
        if self.phone and not link.count():
            self.open_account()
        link.click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(
            self.say("compose.title" if place == "compose" else f"nav.{place}")
        )

    def dismiss_messages(self) -> None:
        """Close what was said at the edge of the window; it would leave by itself after some seconds."""
        closes = self.button("common.close", self.page.get_by_role("log"))
        while closes.count():
            closes.first.click()

    # ------------------------------------------------------------ connecting

    def connect_bluesky(self, server: str, account: Account) -> None:
        dialog = self._begin_connection("Bluesky", server)
        dialog.get_by_label(self.say("profiles.handle"), exact=True).fill(account.identifier)
        dialog.get_by_label(self.say("profiles.appPassword"), exact=True).fill(account.app_password)
        self.button("profiles.connect", dialog).click()
        expect(self.page.get_by_text(self.say("profiles.connected", handle=account.identifier))).to_be_visible()

    def connect_mastodon(self, server: str, account: Account) -> None:
        """Through the server's own sign-in page and back."""
        dialog = self._begin_connection("Mastodon", server)
        self.button("profiles.continueTo", dialog, network="Mastodon").click()
        self.page.wait_for_url(f"{server}/**")
        self.page.locator("[name=login]").fill(account.identifier)
        self.page.locator("[name=passwd]").fill(account.password)
        self.page.locator("[type=submit]").click()
        self.page.wait_for_url(f"{self.product.url}/profiles")
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say("nav.profiles"))

    def _begin_connection(self, network: str, server: str) -> Locator:
        self.button("profiles.connectNew").click()
        dialog = self.dialog("profiles.connectTitle")
        dialog.get_by_role("radio", name=network).check()
        dialog.get_by_label(self.say("profiles.server"), exact=True).fill(server)
        return dialog

    # ------------------------------------------------------------ writing

    def target(self, network: str, handle: str) -> Locator:
        return self.page.get_by_role("checkbox", name=re.compile(rf"{network} @?{re.escape(handle)}"))

    def words_box(self) -> Locator:
        return self.page.get_by_label(self.say("compose.text"), exact=True)

    def write(self, text: str, targets: Sequence[tuple[str, str]]) -> None:
        for network, handle in targets:
            self.target(network, handle).check()
        self.words_box().fill(text)

    def add_image(self, name: str, content: bytes, alt: str | None = None, mime: str = "image/png") -> None:
        with self.page.expect_file_chooser() as chosen:
            self.button("compose.addImages").click()
        chosen.value.set_files([FilePayload(name=name, mimeType=mime, buffer=content)])
        if alt is not None:
            self.page.get_by_label(self.say("compose.altFor", name=name)).fill(alt)
            for step in ("compose.uploading", "compose.looking"):
                expect(self.page.get_by_label(self.say(step, name=name))).to_have_count(0, timeout=30_000)

    def set_due(self, local: datetime, zone: str | None = None) -> None:
        """Type a wall-clock time into the fields."""
        group = self.page.get_by_role("group", name=self.say("compose.when"))
        if zone is not None:
            box = group.get_by_role("combobox", name=self.say("when.zone"))
            # A list of choices closes on scrolling, of which a page tells itself only with the frame that comes after.
            box.evaluate(
                """box => new Promise(told => {
                    box.scrollIntoView({block: "center"})
                    requestAnimationFrame(() => requestAnimationFrame(told))
                })"""
            )
            box.fill(zone)
            option = self.page.get_by_role("option")
            expect(option).to_have_count(1)
            option.click()
            expect(box).to_have_value(re.compile(re.escape(f"({zone})")))
        # The year first, so that no day is cut to the length of a month that was only passed through.
        for part, digits in (
            ("year", f"{local:%Y}"),
            ("month", f"{local:%m}"),
            ("day", f"{local:%d}"),
            ("hour", f"{local:%H}"),
            ("minute", f"{local:%M}"),
        ):
            segment = group.locator(f"[role=spinbutton][data-type={part}]")
            segment.focus()
            segment.press_sequentially(digits)
            expect(segment).to_have_attribute("aria-valuenow", str(int(digits)))

    def schedule(self) -> str:
        """Press the button and arrive on the post's page; returns the post's id."""
        self.button("compose.schedule").click()
        self.page.wait_for_url(re.compile(r"/posts/[^/]+$"))
        return self.page.url.rsplit("/", 1)[1]

    def delivery(self, handle: str) -> Locator:
        """A delivery on the post's page."""
        named = self.page.get_by_role("heading", name=self.say("post.deliveries"))
        section = self.page.locator("section").filter(has=named)
        return section.get_by_role("listitem").filter(has_text=handle)

    # ------------------------------------------------------------ pausing

    def pause_agency(self, reason: str) -> None:
        """Up to the acknowledgement, which stays open."""
        self.button("pause.action").click()
        dialog = self.dialog("pause.title")
        dialog.get_by_label(self.say("pause.reason"), exact=True).fill(reason)
        self.button("pause.confirm", dialog).click()
        expect(self.dialog("pause.done")).to_be_visible(timeout=15_000)

    def banner(self) -> Locator:
        return self.page.get_by_role("region", name=self.say("pause.standing"))

    def resume(self, scope: str) -> None:
        self.button("pause.resumeScope", scope=scope).click()
        self.button("pause.resume", self.dialog("pause.resumeScope", scope=scope)).click()
        expect(self.banner()).to_have_count(0, timeout=15_000)


def whole_minute(at_least: timedelta) -> datetime:
    """The next full minute that is at least so far away, in the agency's zone: the composer plans by the minute."""
    soon = datetime.now(AGENCY_ZONE) + at_least
    return soon.replace(second=0, microsecond=0) + timedelta(minutes=1)
