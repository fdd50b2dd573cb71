"""Looks at every screen of the built application: a picture of each, axe's verdict, overflow and console errors.

    npm run build && npm run mock &
    ../.venv/bin/python dev/look.py OUT_DIR [--url http://127.0.0.1:8100] [--only calendar,post]

Both languages, both themes, a desk and a phone (and 320 px, for overflow alone). Ends with 1 when anything is amiss.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

AXE = Path(__file__).parent.parent / "node_modules/axe-core/axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SIZES = {"desk": (1440, 900), "phone": (390, 844), "narrow": (320, 640)}
WORDS = {
    "en": {
        "pause": "Pause",
        "connect": "Connect a profile",
        "campaign": "New campaign",
        "text": "Text",
        "filters": "Filters",
        "keywords": "Keywords",
        "send": "Send",
        "change": "Change",
        "everything": "Pause everything",
        "table": "Table",
        "device": "Add this device",
        "more": "More",
        "department": "Department",
    },
    "fr": {
        "pause": "Suspendre",
        "connect": "Connecter un profil",
        "campaign": "Nouvelle campagne",
        "text": "Texte",
        "filters": "Filtres",
        "keywords": "Mots-clés",
        "send": "Envoyer",
        "change": "Modifier",
        "everything": "Tout suspendre",
        "table": "Tableau",
        "device": "Ajouter cet appareil",
        "more": "Plus",
        "department": "Service",
    },
}


def sign_in(page: Page, url: str, language: str) -> None:
    page.goto(url)
    page.locator("input[type=email]").fill("claire@valmont.example")
    page.locator("input[type=password]").fill("valmont")
    page.locator("button[type=submit]").click()
    page.locator("h1").wait_for()
    page.wait_for_url("**/calendar*")
    page.evaluate(
        """(language) => document.querySelector(`.account .switch__option[lang="${language}"]`)?.click()""",
        language,
    )
    page.wait_for_function("(language) => document.documentElement.lang === language", arg=language)


def open_dialog(name: str) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, words: dict[str, str]) -> None:
        page.get_by_role("button", name=words[name], exact=name == "pause").locator("visible=true").first.click()
        page.get_by_role("dialog").wait_for()

    return act


def write(page: Page, words: dict[str, str]) -> None:
    boxes = page.locator(".target input:not(:disabled)")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_label(words["text"], exact=True).fill(
        "La patinoire ouvre samedi à 10 h ! Entrée libre pour les moins de 12 ans, patins prêtés.\n\n"
        "Programme : https://valmont.example/loisirs/patinoire-2026/programme #Valmont avec @sport@social.example"
    )
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "patinoire.png", "mimeType": "image/png", "buffer": PNG},
            {"name": "notes.png", "mimeType": "image/png", "buffer": b"not an image at all"},
        ]
    )
    page.wait_for_timeout(3500)


def scroll_down(page: Page, words: dict[str, str]) -> None:
    write(page, words)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(200)


def more(page: Page, _: dict[str, str]) -> None:
    button = page.locator("[aria-controls=more-sheet]")
    if button.is_visible():
        button.click()


def post_titled(words: str) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, _: dict[str, str]) -> None:
        page.get_by_role("link", name=words).locator("visible=true").first.click()
        page.locator(".timeline__event").first.wait_for()

    return act


def department(page: Page, words: dict[str, str]) -> None:
    """The composer of a department that reviews first."""
    page.get_by_label(words["department"]).select_option("dep-pol")
    write(page, words)
    page.locator(".composer__when").scroll_into_view_if_needed()
    page.wait_for_timeout(200)


def approval(words: str, *, send_back: bool = False) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, _: dict[str, str]) -> None:
        page.locator(".approvals__show button").nth(1).click()
        page.get_by_role("link", name=words).first.click()
        page.locator(".review .steps").wait_for()
        if send_back:  # without a word of why
            page.locator(".decide .button").nth(1).click()
            page.locator(".field__error").wait_for()

    return act


def draft(words: str) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, _: dict[str, str]) -> None:
        page.get_by_role("link", name=words).locator("visible=true").first.click()
        page.locator(".composer__bar").wait_for()
        page.wait_for_timeout(600)

    return act


def click(selector: str, *, nth: int = 0, then: str = "") -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, _: dict[str, str]) -> None:
        page.locator(selector).nth(nth).click()
        if then:
            page.locator(then).first.wait_for()

    return act


def scroll_to(selector: str) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, _: dict[str, str]) -> None:
        page.locator(selector).first.wait_for()
        page.evaluate("(one) => document.querySelector(one).scrollIntoView({block: 'start'})", selector)

    return act


def shared(page: Page, _: dict[str, str]) -> None:
    page.locator(".page__actions .button").nth(2).click()
    page.locator(".share__make .button").click()
    page.locator(".share__url").wait_for()


def decided(page: Page, words: dict[str, str]) -> None:
    page.locator(".decide .button").first.click()
    page.locator(".notice").first.wait_for()


def filters(page: Page, _: dict[str, str]) -> None:
    page.locator("[aria-controls=calendar-filters]").click()


def day(page: Page, _: dict[str, str]) -> None:
    page.locator(".cell__more").first.click()
    page.get_by_role("dialog").wait_for()


def talk(page: Page, _: dict[str, str]) -> None:
    page.locator(".bubble").first.wait_for()
    page.wait_for_timeout(400)


def watched(page: Page, words: dict[str, str]) -> None:
    """Somebody else is at it too, and writing."""
    talk(page, words)
    page.locator(".watch__line--writing").wait_for()


def beaten(page: Page, words: dict[str, str]) -> None:
    """A colleague's answer was first."""
    talk(page, words)
    page.locator("#reply-words").fill("Bonjour, oui, il est maintenu.")
    page.get_by_role("button", name=words["send"], exact=True).click()
    page.locator(".reply__theirs, .reply .notice--warning").first.wait_for()


def talk_details(page: Page, _: dict[str, str]) -> None:
    page.locator(".details__citizen").wait_for()


def inbox_filters(page: Page, words: dict[str, str]) -> None:
    page.get_by_role("button", name=words["filters"], exact=True).click()


def press(name: str) -> Callable[[Page, dict[str, str]], None]:
    def act(page: Page, words: dict[str, str]) -> None:
        page.get_by_role("button", name=words[name]).locator("visible=true").first.click()

    return act


SCREENS: dict[str, tuple[str, Callable[[Page, dict[str, str]], None] | None]] = {
    "calendar": ("/calendar?view=month", None),
    "calendar-list": ("/calendar?view=list", None),
    "calendar-filters": ("/calendar", filters),
    "calendar-empty": ("/calendar?month=2027-06&view=list", None),
    "calendar-day": ("/calendar?view=month", day),
    "event-new": ("/calendar", click(".page__actions .button", then="[role=dialog] form")),
    "event-edit": ("/calendar?view=list", click(".event-row", then="[role=dialog] form")),
    "compose": ("/compose", None),
    "compose-full": ("/compose", write),
    "compose-end": ("/compose", scroll_down),
    "drafts": ("/drafts", None),
    "attention": ("/attention", None),
    "campaigns": ("/campaigns", None),
    "campaign-new": ("/campaigns", open_dialog("campaign")),
    "profiles": ("/profiles", None),
    "profile-connect": ("/profiles", open_dialog("connect")),
    "post-scheduled": ("/calendar?view=list", post_titled("Vigilance orange")),
    "post-done": ("/calendar?view=list", post_titled("La patinoire ouvre samedi !")),
    "post-unconfirmed": ("/attention", post_titled("Coupure")),
    "approvals": ("/approvals", None),
    "approvals-all": ("/approvals", click(".approvals__show button", nth=1)),
    "workflows": ("/workflows", None),
    "workflow-edit": ("/workflows", click(".workflow .icon-button", then="[role=dialog] fieldset")),
    "workflow-new": ("/workflows", click(".page__actions .button", then="[role=dialog] fieldset")),
    "review-open": ("/approvals", approval("Manifestation")),
    "review-silent": ("/approvals", approval("Manifestation", send_back=True)),
    "review-outside": ("/approvals", approval("Vidéo")),
    "review-changed": ("/approvals", approval("Arrêté")),
    "review-approved": ("/calendar?view=list", post_titled("Opération tranquillité")),
    "compose-review": ("/compose", department),
    "compose-back": ("/drafts", draft("Fourrière")),
    "external": ("/review/ok", None),
    "external-end": ("/review/ok", scroll_to(".external__decide")),
    "external-first": ("/review/first", None),
    "external-old": ("/review/old", decided),
    "external-expired": ("/review/expired", None),
    "external-unknown": ("/review/nothing", None),
    "external-slow": ("/review/slow", None),
    "reports": ("/reports", None),
    "report-new": ("/reports", click(".page__actions .button", then="[role=dialog]")),
    "report-posts": ("/reports/rp-posts", scroll_to(".totals")),
    "report-table": ("/reports/rp-posts", scroll_to(".figures, .cards")),
    "report-profiles": ("/reports/rp-profiles", None),
    "report-nothing": ("/reports/rp-nothing", None),
    "report-building": ("/reports/rp-building", None),
    "report-failed": ("/reports/rp-failed", None),
    "report-share": ("/reports/rp-posts", click(".page__actions .button", nth=2, then=".share__links")),
    "report-shared": ("/reports/rp-posts", shared),
    "pause": ("/calendar", open_dialog("pause")),
    "more": ("/calendar", more),
    "inbox": ("/inbox", None),
    "inbox-filters": ("/inbox", inbox_filters),
    "inbox-mine": ("/inbox?who=me", None),
    "inbox-empty": ("/inbox?tag=nulle-part", None),
    "inbox-keywords": ("/inbox", open_dialog("keywords")),
    "talk": ("/inbox/c-ecole", talk),
    "talk-watched": ("/inbox/c-eau", watched),
    "talk-beaten": ("/inbox/c-collision", beaten),
    "talk-odd": ("/inbox/c-rtl", talk),
    "talk-html": ("/inbox/c-html", talk),
    "talk-arabic": ("/inbox/c-arabe", talk),
    "talk-long": ("/inbox/c-long", talk),
    "talk-failed": ("/inbox/c-failed", talk),
    "talk-closed": ("/inbox/c-closed", talk),
    "talk-details": ("/inbox/c-long/details", talk_details),
    "alerts": ("/alerts", None),
    "alert-rule": ("/alerts", open_dialog("change")),
    "alert": ("/alerts/a-eau", None),
    "alert-table": ("/alerts/a-eau", press("table")),
    "alert-pause": ("/alerts/a-eau", open_dialog("everything")),
    "alert-old": ("/alerts/a-old", None),
    "notifications": ("/notifications", None),
    "notifications-device": ("/notifications", open_dialog("device")),
    "not-found": ("/nowhere", None),
}
PNG = b""


def picture(browser: Browser) -> bytes:
    page = browser.new_page(viewport={"width": 600, "height": 400})
    page.set_content("<body style='background:linear-gradient(#8fb8d0,#dfeaf0)'><h1 style='font:80px serif'>Patinoire")
    bytes_ = page.screenshot()
    page.close()
    return bytes_


def look(page: Page, name: str, out: Path, *, axe: bool) -> list[str]:
    faults = []
    page.wait_for_timeout(350)
    page.screenshot(path=out / f"{name}.png")
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width[0] > width[1]:
        wide = page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right >
            window.innerWidth + 1).slice(0, 3).map((one) => one.className || one.tagName)"""
        )
        faults.append(f"{name}: {width[0]} px wide in {width[1]}: {wide}")
    if axe:
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
            'best-practice']})).violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0,
            160) + ' ' + node.any.map((fact) => fact.message).join('; ').slice(0, 200))])"""
        )
        faults += [f"{name}: axe {rule}: {nodes}" for rule, nodes in found]
    return faults


def listen(page: Page, tag: str, faults: list[str]) -> None:
    def console(message: ConsoleMessage) -> None:
        # The first call asks whether a session stands; where none does, its 401 is the answer. So is the 410 of a link
        # that has ended, the 404 of one that never was, and the 409 of a post that was changed meanwhile.
        if message.type == "error" and not re.search(r"401|409|410|404", message.text):
            faults.append(f"{tag}: console: {message.text}")

    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(f"{tag}: page error: {error}"))


def main() -> int:
    global PNG
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8100")
    parser.add_argument("--only", default="")
    parser.add_argument("--sizes", default="desk,phone,narrow")
    parser.add_argument("--languages", default="en,fr")
    parser.add_argument("--themes", default="light,dark")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = set(given.only.split(",")) - {""} or set(SCREENS)
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        PNG = picture(browser)
        for size in given.sizes.split(","):
            for language in given.languages.split(","):
                for theme in given.themes.split(","):
                    if size == "narrow" and (language, theme) != ("fr", "light"):
                        continue
                    width, height = SIZES[size]
                    context = browser.new_context(
                        viewport={"width": width, "height": height},
                        color_scheme="dark" if theme == "dark" else "light",
                        reduced_motion="reduce",
                        timezone_id="America/New_York",
                        locale="fr-FR" if language == "fr" else "en-GB",
                    )
                    page = context.new_page()
                    page.set_default_timeout(15_000)
                    tag = f"{size}-{language}-{theme}"
                    listen(page, tag, faults)
                    page.goto(given.url)
                    page.locator("input[type=email]").wait_for()
                    if wanted == set(SCREENS) or "sign-in" in wanted:
                        faults += look(page, f"{tag}-sign-in", given.out, axe=size != "narrow")
                    sign_in(page, given.url, language)
                    for name, (path, act) in SCREENS.items():
                        if name not in wanted:
                            continue
                        page.evaluate("indexedDB.deleteDatabase('parvis')")
                        page.goto(given.url + path)
                        page.locator("h1").wait_for()
                        page.wait_for_timeout(250)
                        try:
                            if act:
                                act(page, WORDS[language])
                        except Exception as error:  # what could not be opened is a fault to report, not the end
                            faults.append(f"{tag}-{name}: {str(error).splitlines()[0]}")
                        faults += look(page, f"{tag}-{name}", given.out, axe=size != "narrow")
                    context.close()
        browser.close()
    sys.stdout.write("\n".join(faults or ["nothing amiss"]) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
