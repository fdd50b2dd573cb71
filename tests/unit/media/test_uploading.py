"""From the announcement of an image to its being ready, or refused by its name, type and size."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chalicelib.errors import Forbidden, InvalidInput, Upstream
from chalicelib.media.judging import judge_file
from chalicelib.media.making import make_renditions
from chalicelib.media.media import Media
from chalicelib.media.uploading import Judged, Workshop, announce, judge_upload
from chalicelib.networks.contract import Limits
from chalicelib.team.actor import Actor
from tests.fakes.house import AGENCY, CONTRIBUTOR, STRANGER, FakeHouse
from tests.fakes.videos import video
from tests.unit.media.test_judging import SAMPLES, placed


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
        image_bytes_max=house.settings.image_bytes_max,
        video_bytes_max=house.settings.video_bytes_max,
        actor=actor,
        store=house.store,
        bucket=house.bucket,
        clock=house.clock,
    )
    assert media.object_key in url
    assert until > house.clock.now()
    return media


def limits(**more: Any) -> Limits:
    """Of a network that takes JPEG alone."""
    stated: dict[str, Any] = {
        "text_unit": "graphemes",
        "text_max": 300,
        "text_bytes_max": None,
        "url_length": None,
        "images_max": 4,
        "image_bytes_max": 8_000_000,
        "image_types": ("image/jpeg",),
        "alt_max": None,
        "source": "made up",
    }
    return Limits(**{**stated, **more})


def workshop(house: FakeHouse, *, judge: Any = judge_file, every: Sequence[Limits] = ()) -> Workshop:
    return Workshop(judge, make_renditions, lambda: every, house.store, house.bucket)


def judged(house: FakeHouse, media: Media, content: bytes, every: Sequence[Limits] = ()) -> Media:
    house.bucket.objects[media.object_key] = content
    state = judge_upload(media.object_key, workshop(house, every=every))
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
    "content_type", ["application/pdf", "image/svg+xml", "image/tiff", "video/webm", "audio/mp4", "", "IMAGE/PNG"]
)
def test_an_unknown_type_is_refused(house: FakeHouse, content_type: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        announced(house, content_type=content_type)
    assert (refused.value.code, refused.value.field) == ("media_type", "content_type")


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

    def meanwhile(path: Path, *, video: bool) -> Judged:
        judge_upload(media.object_key, workshop(house, every=[limits()]))
        return judge_file(path, video=video)

    late = workshop(house, judge=meanwhile, every=[limits()])
    assert judge_upload(media.object_key, late) == "lost"
    found = house.store.get(Media, media.key())
    assert found is not None
    assert (found.state, found.rev) == ("ready", 1)
    assert sorted(house.bucket.objects) == sorted(found.stored_keys), "the copy of the other one stays"


def test_an_object_that_nobody_announced_is_left_alone(house: FakeHouse) -> None:
    house.bucket.objects["ville/unknown"] = SAMPLES["PNG"]
    assert judge_upload("ville/unknown", workshop(house)) == "unknown"
    media = announced(house)
    foreign = f"autre/{media.id}"
    assert judge_upload(foreign, workshop(house)) == "unknown"


def test_a_file_that_cannot_be_read_now_is_judged_later(house: FakeHouse) -> None:
    media = announced(house)
    with pytest.raises(Upstream):
        judge_upload(media.object_key, workshop(house))
    assert judged(house, media, SAMPLES["PNG"]).state == "ready"


def test_only_who_writes_in_the_department_announces(house: FakeHouse) -> None:
    with pytest.raises(Forbidden):
        announced(house, actor=Actor(AGENCY, "x", "X", {"police": "publisher"}))
    assert announced(house, actor=STRANGER).agency == "autre"


# ---------------------------------------------------------------- copies


def test_a_png_gets_a_jpeg_beside_it_where_a_network_takes_no_other(house: FakeHouse) -> None:
    found = judged(house, announced(house), SAMPLES["PNG"], [limits()])
    [copy] = found.renditions
    assert (copy.spec, copy.content_type, copy.width, copy.height) == ("jpeg-8000kb", "image/jpeg", 40, 30)
    stored = house.bucket.objects[found.rendition_key(copy)]
    assert (copy.size, copy.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert found.sha256 == hashlib.sha256(SAMPLES["PNG"]).hexdigest()
    assert house.bucket.objects[found.object_key] == SAMPLES["PNG"]


def test_a_network_that_takes_it_gets_the_file_itself(house: FakeHouse) -> None:
    media = judged(house, announced(house), SAMPLES["PNG"], [limits()])
    taken = media.file("Un plan", limits=limits(image_types=("image/png",)))
    assert (taken.sha256, taken.original_sha256, taken.approved_sha256) == (media.sha256, None, media.sha256)


def test_a_network_that_does_not_gets_the_copy_with_its_own_hash_and_bytes(house: FakeHouse) -> None:
    media = judged(house, announced(house), SAMPLES["PNG"], [limits()])
    given = media.file("Un plan", limits=limits(), shelf=house.desk.shelf)
    assert (given.content_type, given.filename, given.alt) == ("image/jpeg", "plan.png", "Un plan")
    assert hashlib.sha256(given.read()).hexdigest() == given.sha256 != media.sha256
    assert given.approved_sha256 == media.sha256
    assert given.chunks is not None
    assert b"".join(given.chunks(100)) == given.read()


def test_what_was_uploaded_before_there_were_copies_is_as_it_was(house: FakeHouse) -> None:
    before = {**judged(house, announced(house), SAMPLES["PNG"]).item()}
    before.pop("renditions")
    media = Media.of(before)
    assert media.file("", limits=limits()).content_type == "image/png"


def test_the_notice_of_a_copy_judges_nothing(house: FakeHouse) -> None:
    media = judged(house, announced(house), SAMPLES["PNG"], [limits()])
    copy = media.rendition_key(media.renditions[0])
    assert judge_upload(copy, workshop(house, judge=None)) == "rendition"


def test_an_animation_gets_no_copy(house: FakeHouse) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    media = announced(house, content_type="image/gif")
    found = judged(house, media, out.getvalue(), [limits()])
    assert (found.state, found.renditions) == ("ready", ())


def test_a_video_becomes_ready_and_gets_no_copy(house: FakeHouse) -> None:
    media = announced(house, content_type="video/mp4", size=400_000_000, filename="pont.mp4")
    found = judged(house, media, video(), [limits()])
    assert (found.state, found.width, found.height, found.duration_s) == ("ready", 320, 180, 4.0)
    assert found.renditions == ()
    file = found.file("", limits=limits())
    assert (file.is_video, file.duration_s, file.sha256) == (True, 4.0, hashlib.sha256(video()).hexdigest())


@pytest.mark.parametrize(
    ("content_type", "content", "reason"),
    [
        ("video/mp4", SAMPLES["PNG"], "video_container"),
        ("image/png", b"video", "not_an_image"),
        ("video/mp4", {"container": "mov"}, "type_mismatch"),
        ("video/mp4", {"codec": "libx265"}, "video_codec"),
    ],
    ids=["png", "no-png", "mov", "hevc"],
)
def test_a_video_is_judged_by_its_content(
    house: FakeHouse, content_type: str, content: bytes | dict[str, Any], reason: str
) -> None:
    made = video(**content) if isinstance(content, dict) else content
    found = judged(house, announced(house, content_type=content_type), made)
    assert (found.state, found.reason) == ("refused", reason)
    assert house.bucket.objects == {}


@pytest.mark.parametrize(("content_type", "size"), [("video/mp4", 500_000_001), ("image/png", 400_000_000)])
def test_a_video_may_be_larger_than_an_image(house: FakeHouse, content_type: str, size: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        announced(house, content_type=content_type, size=size)
    assert refused.value.code == "too_large"
    assert announced(house, content_type="video/quicktime", size=500_000_000).is_video


def test_no_network_is_given_the_place_where_a_photograph_was_taken(house: FakeHouse) -> None:
    content = placed("JPEG")
    media = announced(house, content_type="image/jpeg", size=len(content), filename="jardin.jpg")
    house.bucket.objects[media.object_key] = content
    assert (
        judge_upload(media.object_key, workshop(house, every=[limits(), limits(image_bytes_max=5_000_000)])) == "ready"
    )
    kept = house.store.get(Media, media.key())
    assert kept is not None
    assert (kept.located, len(kept.renditions)) == (True, 1), "one copy serves both"
    given = kept.file("Un jardin", limits=limits())
    assert (given.located, given.original_located, given.approved_sha256) == (False, True, kept.sha256)
    copy = house.bucket.objects[kept.rendition_key(kept.renditions[0])]
    assert b"GPS" not in copy
    assert b"Exif" not in copy
