"""From the announcement of an image to its being ready, or refused by its name, type and size."""

from __future__ import annotations

import hashlib

import pytest

from chalicelib.errors import Forbidden, InvalidInput, Upstream
from chalicelib.media.judging import judge_image
from chalicelib.media.media import Media
from chalicelib.media.uploading import announce, judge_upload
from chalicelib.team.actor import Actor
from tests.fakes.house import AGENCY, CONTRIBUTOR, STRANGER, FakeHouse
from tests.unit.media.test_judging import SAMPLES


def announced(
    house: FakeHouse,
    *,
    content_type: str = "image/png",
    size: int = 1000,
    actor: Actor = CONTRIBUTOR,
    filename: str = "plan.png",
) -> Media:
    media, url, until = announce(
        department="water",
        filename=filename,
        content_type=content_type,
        size=size,
        bytes_max=house.settings.media_bytes_max,
        actor=actor,
        store=house.store,
        bucket=house.bucket,
        clock=house.clock,
    )
    assert media.object_key in url
    assert until > house.clock.now()
    return media


def judged(house: FakeHouse, media: Media, content: bytes) -> Media:
    house.bucket.objects[media.object_key] = content
    state = judge_upload(media.object_key, judge=judge_image, store=house.store, bucket=house.bucket)
    found = house.store.get(Media, media.key())
    assert found is not None
    assert found.state == state
    return found


def test_an_image_becomes_ready_with_what_was_found_in_it(house: FakeHouse) -> None:
    found = judged(house, announced(house), SAMPLES["PNG"])
    assert (found.state, found.width, found.height, found.size) == ("ready", 40, 30, len(SAMPLES["PNG"]))
    assert found.sha256 == hashlib.sha256(SAMPLES["PNG"]).hexdigest()


def test_an_announced_size_and_type_are_what_storage_will_hold_it_to(house: FakeHouse) -> None:
    media = announced(house, size=1234)
    assert house.bucket.announced[media.object_key] == ("image/png", 1234)


@pytest.mark.parametrize("size", [2_000_000_000, 50_000_001])
def test_two_gigabytes_are_refused_before_anything_is_sent(house: FakeHouse, size: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        announced(house, size=size)
    assert (refused.value.code, refused.value.field) == ("too_large", "size")
    assert house.bucket.announced == {}
    assert house.store.all(Media, AGENCY) == []


@pytest.mark.parametrize(
    "content_type", ["application/pdf", "image/svg+xml", "image/tiff", "video/mp4", "", "IMAGE/PNG"]
)
def test_an_unknown_type_is_refused(house: FakeHouse, content_type: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        announced(house, content_type=content_type)
    assert (refused.value.code, refused.value.field) == ("image_type", "content_type")


def test_a_file_that_is_something_else_than_announced_is_refused_and_removed(house: FakeHouse) -> None:
    found = judged(house, announced(house), SAMPLES["JPEG"])
    assert (found.state, found.reason) == ("refused", "type_mismatch")
    assert house.bucket.objects == {}


@pytest.mark.parametrize("content", [b"MZ\x90\x00 a program", b"", SAMPLES["PNG"][:200]])
def test_a_renamed_or_broken_file_is_refused_and_removed(house: FakeHouse, content: bytes) -> None:
    found = judged(house, announced(house), content)
    assert (found.state, found.reason) == ("refused", "not_an_image")
    assert house.bucket.objects == {}


def test_a_second_notice_of_the_same_file_changes_nothing(house: FakeHouse) -> None:
    first = judged(house, announced(house), SAMPLES["PNG"])
    assert judged(house, first, SAMPLES["JPEG"]) == first


def test_two_notices_at_once_decide_once(house: FakeHouse) -> None:
    media = announced(house)
    house.bucket.objects[media.object_key] = SAMPLES["PNG"]

    def meanwhile(content: bytes) -> tuple[str, int, int]:
        judge_upload(media.object_key, judge=judge_image, store=house.store, bucket=house.bucket)
        return judge_image(content)

    assert judge_upload(media.object_key, judge=meanwhile, store=house.store, bucket=house.bucket) == "lost"
    found = house.store.get(Media, media.key())
    assert found is not None
    assert (found.state, found.rev) == ("ready", 1)


def test_an_object_that_nobody_announced_is_left_alone(house: FakeHouse) -> None:
    house.bucket.objects["ville/unknown"] = SAMPLES["PNG"]
    assert judge_upload("ville/unknown", judge=judge_image, store=house.store, bucket=house.bucket) == "unknown"
    media = announced(house)
    foreign = f"autre/{media.id}"
    assert judge_upload(foreign, judge=judge_image, store=house.store, bucket=house.bucket) == "unknown"


def test_a_file_that_cannot_be_read_now_is_judged_later(house: FakeHouse) -> None:
    media = announced(house)
    with pytest.raises(Upstream):
        judge_upload(media.object_key, judge=judge_image, store=house.store, bucket=house.bucket)
    assert judged(house, media, SAMPLES["PNG"]).state == "ready"


def test_only_who_writes_in_the_department_announces(house: FakeHouse) -> None:
    with pytest.raises(Forbidden):
        announced(house, actor=Actor(AGENCY, "x", "X", {"police": "publisher"}))
    assert announced(house, actor=STRANGER).agency == "autre"
