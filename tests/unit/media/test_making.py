"""Copies for networks: the same picture in another file, as far as it can be kept."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw

from chalicelib.media import making
from chalicelib.media.making import Made, make_renditions, scaled
from chalicelib.media.rendition import JPEG, Rendition, Spec, closest, fits, specs_for
from tests.unit.media.test_uploading import limits

LARGE = Spec(8_000_000, None)


def saved(folder: Path, image: Image.Image, kind: str, **more: Any) -> Path:
    path = folder / "upload"
    image.save(path, kind, **more)
    return path


def made(path: Path, *specs: Spec) -> list[Made]:
    return make_renditions(path, specs)


def opened(copy: Made) -> Image.Image:
    return Image.open(io.BytesIO(copy.content))


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise(size, 90) for _ in range(3)])


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 29, 39), fill=(200, 0, 0, 255))
    [copy] = made(saved(tmp_path, image, "PNG"), LARGE)
    shown = opened(copy)
    assert (shown.format, shown.mode) == ("JPEG", "RGB")
    red, white = shown.getpixel((10, 20)), shown.getpixel((50, 20))
    assert isinstance(red, tuple) and isinstance(white, tuple)
    assert red[0] > 190 and red[1] < 12
    assert min(white) > 250


@pytest.mark.parametrize("mode", ["P", "L", "LA", "1", "I;16", "CMYK"])
def test_every_kind_of_picture_can_be_copied(tmp_path: Path, mode: str) -> None:
    image = Image.linear_gradient("L").resize((64, 48))
    if mode == "I;16":
        image = image.convert("I").point(lambda value: value * 257).convert("I;16")
    else:
        image = image.convert("RGB").convert(mode) if mode in ("P", "CMYK") else image.convert(mode)
    [copy] = made(saved(tmp_path, image, "JPEG" if mode == "CMYK" else "PNG"), LARGE)
    shown = opened(copy).convert("L")
    top, bottom = shown.getpixel((32, 2)), shown.getpixel((32, 45))
    assert isinstance(top, int | float) and isinstance(bottom, int | float)
    assert (top < 60 and bottom > 190) or mode == "1", "sixteen bits are not cut off at white"


def test_a_photograph_stands_upright_and_says_nothing_of_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Telephone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (43.0, 36.0, 0.0)
    image = Image.new("RGB", (80, 40), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 9, 39), fill="blue")  # on the left: on top, when it is turned
    path = saved(tmp_path, image, "JPEG", exif=exif, comment=b"private")
    assert b"Telephone" in path.read_bytes()
    [copy] = made(path, LARGE)
    shown = opened(copy)
    assert (copy.rendition.width, copy.rendition.height) == shown.size == (40, 80)
    blue = shown.getpixel((20, 3))
    assert isinstance(blue, tuple) and blue[2] > 200 > blue[0]
    assert not shown.getexif()
    assert {"exif", "comment", "icc_profile", "xmp"} & set(shown.info) == set()
    assert b"Telephone" not in copy.content and b"private" not in copy.content


def test_wide_colours_become_srgb(tmp_path: Path) -> None:
    """Without its profile a picture in another space would be shown in the wrong colours."""
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    wrong = linear.tobytes()  # of another kind of picture: passed over
    [kept] = made(saved(tmp_path, Image.new("RGB", (40, 30), (180, 40, 40)), "PNG", icc_profile=wrong), LARGE)
    colour = opened(kept).getpixel((5, 5))
    assert isinstance(colour, tuple) and abs(colour[0] - 180) < 6


def test_quality_gives_way_before_size_does(tmp_path: Path) -> None:
    path = saved(tmp_path, noise((400, 300)), "PNG")
    [best] = made(path, LARGE)
    [less] = made(path, Spec(best.rendition.size * 2 // 3, None))
    [small] = made(path, Spec(best.rendition.size // 10, None))
    assert (less.rendition.width, less.rendition.height) == (400, 300)
    assert less.rendition.size <= best.rendition.size * 2 // 3
    assert small.rendition.width < 400
    assert small.rendition.size <= best.rendition.size // 10
    assert abs(small.rendition.width / small.rendition.height - 4 / 3) < 0.02


def test_it_is_made_no_smaller_than_it_must_be(tmp_path: Path) -> None:
    path = saved(tmp_path, noise((800, 600)), "PNG")
    for budget in (60_000, 90_000, 120_000):
        [copy] = made(path, Spec(budget, None))
        assert budget * 0.6 < copy.rendition.size <= budget


def test_pixels_are_kept_to(tmp_path: Path) -> None:
    [copy] = made(saved(tmp_path, Image.new("RGB", (1000, 500)), "PNG"), Spec(8_000_000, 100_000))
    assert copy.rendition.width * copy.rendition.height <= 100_000
    assert copy.rendition.width == 2 * copy.rendition.height, "of exactly the same ratio"


def test_one_copy_serves_every_limit_that_it_keeps(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (400, 300), "teal"), "PNG")
    copies = made(path, Spec(8_000_000, None), Spec(5_000_000, 1_000_000), Spec(2_000_000, None))
    assert [each.rendition.spec for each in copies] == ["jpeg-8000kb"]


def test_the_same_picture_makes_the_same_copy(tmp_path: Path) -> None:
    path = saved(tmp_path, noise((300, 200)), "PNG")
    assert made(path, LARGE) == made(path, LARGE)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_never_made_a_still(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    path = saved(tmp_path, frames[0], kind, save_all=True, append_images=frames[1:])
    assert made(path, LARGE) == []


def test_what_no_jpeg_can_hold_gets_no_copy(tmp_path: Path) -> None:
    assert made(saved(tmp_path, Image.new("L", (70_000, 2)), "PNG"), LARGE) == []


@pytest.mark.parametrize("mode", ["P", "RGBA", "1"])
def test_a_picture_too_large_for_memory_is_made_smaller_first(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PIXELS_MAX", 1_000)
    [copy] = made(saved(tmp_path, Image.new("RGB", (80, 40), "white").convert(mode), "PNG"), LARGE)
    assert (copy.rendition.width, copy.rendition.height) == (44, 22)
    colour = opened(copy).getpixel((20, 10))
    assert isinstance(colour, tuple) and min(colour) > 250


def test_what_cannot_be_made_small_enough_is_not_made(tmp_path: Path) -> None:
    assert made(saved(tmp_path, noise((400, 300)), "PNG"), Spec(300, None)) == []


@pytest.mark.parametrize("size", [(1080, 1350), (4032, 3024), (1910, 1000), (1081, 1351), (3, 7)])
@pytest.mark.parametrize("scale", [0.9, 0.51, 0.2])
def test_a_smaller_size_keeps_the_ratio_as_far_as_pixels_allow(size: tuple[int, int], scale: float) -> None:
    width, height = scaled(size, scale)
    assert 1 <= width <= size[0] * scale + 1 and 1 <= height <= size[1] * scale + 1
    if size == (1080, 1350):
        assert width / height == 4 / 5, "or Instagram's very edge would be crossed"


# ---------------------------------------------------------------- which copy


def image(content_type: str = "image/png", size: int = 3_000_000, width: int = 2000, height: int = 1000) -> Rendition:
    return Rendition(spec="", content_type=content_type, size=size, width=width, height=height, sha256="")


def test_only_limits_that_are_broken_ask_for_a_copy() -> None:
    any_type = limits(image_types=("image/png", "image/jpeg"))
    assert specs_for(image(), [any_type]) == []
    assert specs_for(image(), [limits()]) == [LARGE]
    assert specs_for(image(), [limits(image_types=(), image_bytes_max=0)]) == [], "a network that takes no image"
    two = limits(image_bytes_max=2_000_000, image_types=("image/png", "image/jpeg"))
    assert specs_for(image(), [two, limits(), limits()]) == [LARGE, Spec(2_000_000, None)]
    assert [each.name for each in specs_for(image(), [limits(image_pixels_max=1_500_000)])] == ["jpeg-8000kb-1500kpx"]


def test_the_copy_that_changes_least_is_given() -> None:
    large, small = image(JPEG, 2_500_000), image(JPEG, 900_000, 1000, 500)
    assert closest(image(), [small, large], limits()) is large
    assert closest(image(), [small, large], limits(image_bytes_max=1_000_000)) is small
    original = image()
    assert closest(original, [small, large], limits(image_types=("image/png",))) is original
    assert closest(original, [small, large], limits(image_bytes_max=1_000)) is original, "its check says why"
    assert not fits(original, limits())
