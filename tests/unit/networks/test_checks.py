"""What a post must hold, may hold and may not, by the limits alone; and how Threads and Instagram count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.networks.checks import check_post
from chalicelib.networks.contract import MediaFile
from chalicelib.networks.counting import threads_length
from chalicelib.networks.facebook import LIMITS as FACEBOOK
from chalicelib.networks.instagram import LIMITS as INSTAGRAM
from chalicelib.networks.instagram import Instagram
from chalicelib.networks.threads import LIMITS as THREADS
from chalicelib.networks.threads import Threads
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import image


def picture(**changes: Any) -> MediaFile:
    return image(**{"content_type": "image/jpeg", **changes})


def video(**changes: Any) -> MediaFile:
    return picture(
        **{"media_id": "v1", "filename": "v.mp4", "content_type": "video/mp4", "duration_s": 10.0, **changes}
    )


def codes(*media: MediaFile, limits: Any = INSTAGRAM, text: str = "Le pont") -> list[tuple[str, str]]:
    return [(each.code, each.field) for each in check_post(text, media, limits, len)]


def test_a_post_on_instagram_needs_an_image_or_a_video() -> None:
    assert codes() == [("too_few_images", "text")]
    assert codes(picture()) == []
    assert codes(video()) == []
    assert codes(limits=replace(INSTAGRAM, images_min=0)) == []
    assert codes(limits=FACEBOOK) == []


@pytest.mark.parametrize(
    ("width", "height", "fits"),
    [(800, 1000, True), (799, 1000, False), (1910, 1000, True), (1911, 1000, False), (1, 1, True), (480, 0, False)],
)
def test_the_ratio_of_an_image_has_two_ends(width: int, height: int, fits: bool) -> None:
    wanted = [] if fits else [("media_ratio_refused", "media/m1")]
    assert codes(picture(width=width, height=height)) == wanted
    (problem,) = check_post("x", [picture(filename="plan.jpg", width=100, height=1)], INSTAGRAM, len)
    assert "plan.jpg" in problem.hint and "0.8 to 1.91" in problem.hint


def test_the_ratio_of_a_video_is_another_matter() -> None:
    assert codes(video(width=1080, height=1920)) == []
    assert codes(video(width=11, height=1)) == [("media_ratio_refused", "media/v1")]
    (problem,) = check_post("x", [video(width=11, height=1)], INSTAGRAM, len)
    assert "v.mp4" in problem.hint and "0.01 to 10" in problem.hint


def test_a_video_may_be_too_short() -> None:
    assert codes(video(duration_s=2.5)) == [("video_too_short", "media/v1")]
    (problem,) = check_post("x", [video(duration_s=2.5)], INSTAGRAM, len)
    assert problem.hint == "v.mp4 takes 2.5 seconds; 3 at least are needed."
    assert codes(video(duration_s=3.0)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content_type": "video/webm"}, "media_type_refused"),
        ({"size": 300_000_001}, "media_too_large"),
        ({"duration_s": 900.5}, "video_too_long"),
        ({"alt": "x" * 1001}, "alt_too_long"),
        ({"alt": "\ud800"}, "alt_not_unicode"),
    ],
)
def test_what_is_wrong_with_a_video_names_it(changes: dict[str, Any], code: str) -> None:
    assert codes(video(**changes)) == [(code, "media/v1")]
    (problem,) = check_post("x", [video(filename="conseil.mp4", **changes)], INSTAGRAM, len)
    assert "conseil.mp4" in problem.hint


def test_a_network_without_videos_refuses_the_type() -> None:
    none = replace(FACEBOOK, videos_max=0, video_types=())
    assert codes(video(), limits=none) == [("media_type_refused", "media/v1")]


def test_a_video_may_be_too_many_pixels_or_of_another_shape() -> None:
    limits = replace(FACEBOOK, video_pixels_max=1280 * 720, video_ratio_min=9 / 16, video_ratio_max=16 / 9)
    assert codes(video(width=1280, height=720), limits=limits) == []
    assert codes(video(width=1281, height=721), limits=limits) == [("media_too_many_pixels", "media/v1")]
    assert codes(video(width=400, height=800), limits=limits) == [("media_ratio_refused", "media/v1")]
    assert codes(video(width=800, height=400), limits=limits) == [("media_ratio_refused", "media/v1")]


def test_videos_have_a_number_and_may_not_go_with_images_everywhere() -> None:
    alone = replace(INSTAGRAM, videos_max=1, video_with_images=False)
    assert codes(video(), limits=alone) == []
    assert codes(video(), picture(), limits=alone) == [("video_with_images", "media/v1")]
    assert codes(video(), video(media_id="v2"), limits=alone) == [("too_many_videos", "media/v2")]
    assert codes(video(), picture()) == []


def test_eleven_files_are_too_many_for_instagram() -> None:
    files = [picture(media_id=f"m{n}") for n in range(11)]
    assert codes(*files) == [("too_many_images", "media/m10")]


def test_a_png_is_not_for_instagram() -> None:
    assert codes(image()) == [("media_type_refused", "media/m1")]
    assert codes(image(), limits=THREADS) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Été à Lyon", 10),
        ("e\u0301", 1),
        ("🎉", 4),
        ("👩‍👩‍👧", 18),
        ("🇫🇷", 8),
        ("❤️", 6),
        ("1️⃣", 7),
        ("© 2026 — 日本", 11),
        ("a🎉b", 6),
    ],
)
def test_threads_counts_an_emoji_by_its_bytes(text: str, length: int) -> None:
    assert threads_length(text) == length


def test_a_text_full_of_emoji_is_too_long_for_threads_sooner() -> None:
    network = Threads(Transport(), dict)
    assert network.check("🎉" * 125, (), THREADS) == []
    (problem,) = network.check("🎉" * 126, (), THREADS)
    assert (problem.code, problem.limit, problem.actual) == ("text_too_long", 500, 504)


def test_thirty_hashtags_and_five_links() -> None:
    network = Instagram(Transport(), dict)
    many = " ".join(f"#rue{n}" for n in range(31))
    assert [each.code for each in network.check(many, [picture()], INSTAGRAM)] == ["too_many_hashtags"]
    assert network.check(many.replace("#rue30", "# 30 a#b https://v.example/#x"), [picture()], INSTAGRAM) == []
    threads = Threads(Transport(), dict)
    five = " ".join(f"https://v.example/{n}" for n in range(5))
    assert threads.check(f"{five} https://v.example/1", (), THREADS) == [], "the same link is one"
    assert [each.code for each in threads.check(f"{five} https://v.example/5", (), THREADS)] == ["too_many_links"]
