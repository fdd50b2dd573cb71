"""Images and videos in the composer: how each network gets them is seen before anything leaves."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import expect

from infra.local.demo.connections import TO_CONNECT, connect
from tests.e2e.conftest import Invite
from tests.e2e.product import Product
from tests.fakes.videos import video

pytestmark = pytest.mark.browser

ELSEWHERE = {"instagram": "Instagram", "linkedin": "LinkedIn", "x": "X"}


@pytest.fixture(scope="module")
def others(product: Product) -> dict[str, tuple[str, str]]:
    """network -> its name and handle, connected."""
    visitor, found = product.visitor(), {}
    for network, handle, _, _ in TO_CONNECT:
        if network in ELSEWHERE:
            connect(visitor, network, product.practice, handle, product.password, "communications")
            found[network] = (ELSEWHERE[network], handle)
    return found


def plan() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1080, 1080), "seagreen").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_png_is_said_to_go_to_instagram_as_a_jpeg(
    invite: Invite, others: dict[str, tuple[str, str]], language: str
) -> None:
    person = invite(language)
    person.come_in("/compose")
    person.write("Le plan du quartier.", [others["instagram"], others["linkedin"]])
    person.add_image("plan.png", plan(), "Le plan du quartier")
    preview = person.page.get_by_role("region", name=person.say("compose.preview"))
    said = preview.get_by_text(re.compile(r"^plan\.png .*JPEG"))
    expect(said).to_have_count(1)
    expect(person.page.locator(".composer__problems")).to_be_empty()


def test_a_video_is_described_seen_and_published(invite: Invite, others: dict[str, tuple[str, str]]) -> None:
    person = invite("fr", "phone")
    person.come_in("/compose")
    person.write(f"Le pont vu du ciel. {uuid4().hex}", [others["instagram"], others["linkedin"], others["x"]])
    person.add_image("pont.mp4", video(size=(640, 360)), "Le pont, vu d’un drone", "video/mp4")
    preview = person.page.get_by_role("region", name=person.say("compose.preview"))
    shown = preview.locator("video[controls]")
    expect(shown).to_have_count(3)
    expect(shown.first).to_have_attribute("aria-label", re.compile("drone"))
    person.page.wait_for_function("() => [...document.querySelectorAll('video')].every(one => one.readyState > 0)")
    expect(person.page.locator(".composer__problems")).to_be_empty()
    person.page.get_by_role("radio", name=person.say("compose.mode.now"), exact=True).check()
    person.button("compose.publishNow").click()
    person.button("compose.publishNow", person.page.get_by_role("alertdialog")).click()
    person.page.wait_for_url(re.compile(r"/posts/[^/]+$"))
    expect(person.page.locator("video")).to_have_count(1)
    published = person.page.get_by_text(person.say("states.published"), exact=True)
    expect(published.first).to_be_visible(timeout=60_000)


def test_what_no_network_takes_is_refused_in_words(invite: Invite) -> None:
    person = invite("en")
    person.come_in("/compose")
    person.add_image("telephone.mp4", video(codec="libx265"), mime="video/mp4")
    why = person.say("compose.refused", name="telephone.mp4", why=person.say("errors.video_codec"))
    expect(person.page.get_by_role("alert").filter(has_text=why)).to_be_visible(timeout=30_000)


def test_a_rule_that_a_video_breaks_is_said_of_the_file(invite: Invite, others: dict[str, tuple[str, str]]) -> None:
    person = invite("fr")
    person.come_in("/compose")
    person.write("Trop court.", [others["linkedin"]])
    person.add_image("court.mp4", video(seconds=1), "Court", "video/mp4")
    told = person.page.locator(".composer__problems").get_by_role("listitem")
    expect(told).to_contain_text("court.mp4")
    expect(told).to_contain_text(person.say("errors.video_too_short"))
