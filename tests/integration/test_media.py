"""Images and videos from the upload to the networks, on the stack: judged, copied, approved and carried as deployed."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import ExifTags, Image

from chalicelib.media.media import Media
from chalicelib.wiring import House
from infra.local.demo.staff import AGENCY
from infra.local.network_apps import practice_apps, put_apps
from infra.local.practice.server import running
from infra.local.stack import Stack
from tests.fakes.videos import video
from tests.integration.client import TIMEOUT_S, Client, wait_for
from tests.integration.conftest import Agency
from tests.integration.test_each_network import accepted, back, made

DEPARTMENT = "police"
CARRIERS = ("instagram", "threads", "x", "linkedin")


@pytest.fixture(scope="module")
def networks(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The practice networks, with the applications that the deployment knows."""
    apps = practice_apps(stack.state)
    put_apps(stack, apps)
    with running(tmp_path_factory.mktemp("networks"), apps=json.loads(apps.read_text())) as server:
        yield server.url


@pytest.fixture(scope="module")
def profiles(administrator: Client, networks: str) -> dict[str, str]:
    """network -> profile, each connected by the network's own sign-in."""
    found = {}
    for network in CARRIERS:
        made(networks, network, f"film{network}", secret := secrets.token_urlsafe(9))
        found[network] = back(administrator, networks, network, f"film{network}", secret)["profile"]["id"]
    return found


def photograph() -> bytes:
    """A screenshot, as a PNG with transparency, and with a place in it."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (43.0, 36.0, 0.0)
    out = io.BytesIO()
    Image.new("RGBA", (1080, 1080), (0, 90, 90, 200)).save(out, "PNG", exif=exif)
    return out.getvalue()


def _left(client: Client, post: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
    def left() -> list[dict[str, Any]] | None:
        deliveries: list[dict[str, Any]] = client.post(post["id"])["deliveries"]
        done = all(each["state"] in ("published", "failed", "held") for each in deliveries)
        return deliveries if deliveries and done else None

    deliveries = wait_for(left, seconds, "every network to have it")
    assert all(each["state"] == "published" for each in deliveries), deliveries
    return deliveries


def test_a_video_is_judged_and_carried_to_every_network_that_takes_it(
    publisher: Client, networks: str, profiles: dict[str, str]
) -> None:
    content = video(seconds=4, size=(640, 360), kbps=12_000)
    assert len(content) > 4_000_000, "so that it leaves in several pieces"
    film = publisher.upload(content, "video/mp4", "pont.mp4")
    assert (film["state"], film["width"], film["height"], film["duration_s"]) == ("ready", 640, 360, 4.0)
    played = requests.get(film["url"], headers={"Range": "bytes=0-99"}, timeout=TIMEOUT_S)
    assert (played.status_code, played.content) == (206, content[:100]), "a player asks for pieces"
    text = f"Le pont vu du ciel {secrets.token_hex(3)}"
    draft = publisher.draft(text, list(profiles.values()), media=[{"media": film["id"], "alt": "Le pont"}])
    checked = publisher.ok("POST", "/api/checks", {"text": text, "targets": draft["targets"], "media": draft["media"]})
    assert [each["problems"] for each in checked["items"]] == [[]] * len(CARRIERS)
    deliveries = _left(publisher, publisher.schedule(draft, now=True), 150)
    assert {each["network"] for each in deliveries} == set(CARRIERS)
    for network in CARRIERS:
        [stands] = accepted(networks, network, f"film{network}")
        assert stands["media"] == 1, network


def test_a_video_that_no_network_takes_is_refused_by_its_rule(publisher: Client) -> None:
    film = publisher.upload(video(codec="libx265"), "video/mp4", "telephone.mp4")
    assert (film["state"], film["reason"], film["url"]) == ("refused", "video_codec", None)


def test_a_video_too_short_for_a_network_is_named_before(publisher: Client, profiles: dict[str, str]) -> None:
    film = publisher.upload(video(seconds=1), "video/mp4", "court.mp4")
    media = [{"media": film["id"], "alt": ""}]
    draft = publisher.draft("Court", [profiles["linkedin"], profiles["x"]], media=media)
    answer = publisher.call("POST", f"/api/posts/{draft['id']}/schedule", {"now": True}, version=draft["version"])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "video_too_short")
    assert error["field"] == f"targets/{profiles['linkedin']}/media/{film['id']}"
    assert "court.mp4" in error["hint"]


def test_a_png_goes_to_instagram_as_a_jpeg_and_its_approval_stands(
    stack: Stack, house: House, agency: Agency, administrator: Client, networks: str
) -> None:
    made(networks, "instagram", "approuve", secret := secrets.token_urlsafe(9))
    profile = back(administrator, networks, "instagram", "approuve", secret, DEPARTMENT)["profile"]["id"]
    steps = [{"name": "Chef de service", "people": ["nadia"]}]
    administrator.review(DEPARTMENT, steps, required=False)
    author = Client(stack.api_url).sign_in(agency.emails["publisher"], agency.password)
    approver = Client(stack.api_url).sign_in(agency.emails["approver"], agency.password)

    content = photograph()
    media = author.upload(content, "image/png", "carte.png", DEPARTMENT)
    kept = house.store.get(Media, Media.key_of(AGENCY, media["id"]))
    assert kept is not None
    [copy] = kept.renditions
    assert (kept.sha256, copy.content_type) == (hashlib.sha256(content).hexdigest(), "image/jpeg")

    attached = [{"media": media["id"], "alt": "Une carte"}]
    draft = author.draft(f"La carte {secrets.token_hex(3)}", [profile], department=DEPARTMENT, media=attached)
    asked = {"text": draft["text"], "targets": [profile], "media": attached}
    [check] = author.ok("POST", "/api/checks", asked)["items"]
    assert check["problems"] == []
    assert [(each["media"], each["content_type"]) for each in check["renditions"]] == [(media["id"], "image/jpeg")]

    post = author.ok("POST", f"/api/posts/{draft['id']}/submission", {"note": ""}, version=draft["version"])
    decision = {"review": post["review"], "version": post["content_version"], "decision": "approve", "comment": ""}
    approver.ok("POST", f"/api/posts/{post['id']}/decisions", decision)
    approved = author.post(post["id"])
    assert approved["state"] == "approved"
    _left(author, author.schedule(approved, now=True), 90)
    [stands] = accepted(networks, "instagram", "approuve")
    assert stands["media"] == 1

    stored = house.bucket.read(kept.rendition_key(copy))
    assert hashlib.sha256(stored).hexdigest() == copy.sha256
    shown = Image.open(io.BytesIO(stored))
    assert (shown.format, shown.size) == ("JPEG", (1080, 1080))
    assert not shown.getexif(), "where it was taken is nobody's to read"
