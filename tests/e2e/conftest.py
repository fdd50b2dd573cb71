"""Chromium, the product and people in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.person import Person
from tests.e2e.product import Product, running
from tests.e2e.watch import Watch
from tests.required import cannot

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        cannot("The tests in a browser need Chromium or Chrome on the PATH (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def product(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """With the demonstration agency on the practice networks. All tests of the folder share it; after `chromium`, so
    that nothing is started where there is no browser."""
    with running(tmp_path_factory.mktemp("product")) as product:
        yield product


Invite = Callable[..., Person]


@pytest.fixture
def invite(chromium: Browser, product: Product) -> Iterator[Invite]:
    """A function that brings a person with a browser of their own. Afterwards no browser may have complained."""
    yield from guests(chromium, product)


def guests(chromium: Browser, product: Product) -> Iterator[Invite]:
    contexts = []
    watches: list[Watch] = []

    def invite(
        language: str = "fr", size: str = "desktop", *, dark: bool = False, zone: str = "Europe/Paris"
    ) -> Person:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale={"fr": "fr-CA", "en": "en-CA"}[language],
            # Not the agency's, so that a time shown in the browser's zone by mistake is seen.
            timezone_id=zone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=size == "phone",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        watch = Watch(context, product.url)
        watches.append(watch)
        return Person(context.new_page(), product, watch, language, phone=size == "phone")

    yield invite
    complaints = [complaint for watch in watches for complaint in watch.complaints]
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """When a test failed, keep what every open page showed beside the test's other files."""
    report = yield
    if call.when == "call" and report.failed and "chromium" in item.funcargs:
        folder = (
            item.funcargs["tmp_path"] if "tmp_path" in item.funcargs else item.config._tmp_path_factory.mktemp("failed")
        )
        browser: Browser = item.funcargs["chromium"]
        for number, page in enumerate(page for context in browser.contexts for page in context.pages):
            page.screenshot(path=folder / f"failure-{number}.png")
            report.sections.append(("what the browser showed", f"{page.url}: {folder}/failure-{number}.png"))
    return report
