"""What an uploaded file really is: decided by decoding it, whatever it is called."""

from __future__ import annotations

import io
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from chalicelib.errors import InvalidInput
from chalicelib.media import judging
from chalicelib.media.judging import judge_image, judge_video
from chalicelib.media.uploading import Judged
from tests.fakes.videos import video

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


def image(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    made = Image.effect_noise(size, 60).convert("P" if kind == "GIF" else "RGB")
    out = io.BytesIO()
    made.save(out, kind)
    return out.getvalue()


SAMPLES = {kind: image(kind) for kind in FORMATS}


def judged(content: bytes, *, as_video: bool = False) -> Judged:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return judge_video(Path(file.name)) if as_video else judge_image(Path(file.name))


def code_of(content: bytes, *, as_video: bool = False) -> str:
    with pytest.raises(InvalidInput) as refused:
        judged(content, as_video=as_video)
    return refused.value.code


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_is_what_its_content_says(kind: str) -> None:
    assert judged(SAMPLES[kind]) == Judged(FORMATS[kind], 40, 30)


def placed(kind: str, *, by: str = "exif") -> bytes:
    """A photograph that says where it was taken, as telephones write it, or as editing programs do."""
    out = io.BytesIO()
    picture = Image.new("RGB", (40, 30), "teal")
    if by == "xmp":
        picture.save(out, kind, xmp=b'<x:xmpmeta><rdf:Description exif:GPSLatitude="46,48.5N"/></x:xmpmeta>')
    else:
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "Atelier"
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (46.0, 48.0, 30.0)
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
        picture.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "by"), [("JPEG", "exif"), ("PNG", "exif"), ("WEBP", "exif"), ("JPEG", "xmp")])
def test_an_image_that_says_where_it_was_taken_is_known_as_such(kind: str, by: str) -> None:
    assert judged(placed(kind, by=by)).located
    assert not judged(SAMPLES[kind]).located


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x00" * 4096, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    assert code_of(content) == "not_an_image"


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO"])
def test_an_image_of_a_type_that_networks_do_not_take_is_refused(kind: str) -> None:
    assert code_of(image(kind)) == "image_type"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(kind: str, kept: float) -> None:
    whole = SAMPLES[kind]
    assert code_of(whole[: int(len(whole) * kept)]) == "not_an_image"


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(10_001, 10_000), (20_000, 20_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_refused_by_its_header_alone(width: int, height: int) -> None:
    """A few bytes that would take gigabytes: refused before anything is decoded."""
    assert code_of(_png(width, height, zlib.compress(bytes(1000)))) == "too_many_pixels"


def test_a_png_whose_text_explodes_is_refused() -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    body = b"Comment\0\0" + bomb
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = SAMPLES["PNG"]
    assert code_of(whole[:33] + chunk + whole[33:]) == "not_an_image"


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(sorted(FORMATS)), st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4))))
def test_a_damaged_file_is_judged_or_refused_and_never_breaks_the_judge(
    kind: str, damage: list[tuple[int, bytes]]
) -> None:
    content = bytearray(SAMPLES[kind])
    for place, noise in damage:
        content[place % len(content) : place % len(content) + len(noise)] = noise
    try:
        found = judged(bytes(content))
    except InvalidInput as refused:
        assert refused.code in ("not_an_image", "image_type", "too_many_pixels")
    else:
        assert found.content_type in FORMATS.values()
        assert found.width > 0
        assert found.height > 0


@pytest.mark.parametrize(("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40))])
def test_a_photograph_is_as_large_as_it_is_shown(orientation: int, size: tuple[int, int]) -> None:
    """A telephone held upright writes a picture on its side and says so: its ratio is that of what people see."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "JPEG", exif=exif)
    assert judged(out.getvalue()) == Judged("image/jpeg", *size)


def test_a_photograph_with_a_depth_behind_it_is_a_jpeg() -> None:
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (20, 15))])
    assert judged(out.getvalue()) == Judged("image/jpeg", 40, 30)


# ---------------------------------------------------------------- videos


def test_a_video_is_what_its_content_says() -> None:
    assert judged(video(), as_video=True) == Judged("video/mp4", 320, 180, 4000)
    assert judged(video(container="mov", sound=None), as_video=True) == Judged("video/quicktime", 320, 180, 4000)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"codec": "libx265"}, "video_codec"),
        ({"codec": "mpeg4"}, "video_codec"),
        ({"pixels": "yuv444p"}, "video_codec"),
        ({"sound": "libmp3lame"}, "audio_codec"),
        ({"container": "matroska"}, "video_container"),
        ({"rate": 120}, "video_frame_rate"),
    ],
    ids=str,
)
def test_a_video_that_some_network_would_refuse_is_refused_by_its_rule(made: dict[str, Any], code: str) -> None:
    assert code_of(video(**made), as_video=True) == code


def test_the_rule_that_a_video_breaks_is_named_with_what_was_found() -> None:
    with pytest.raises(InvalidInput, match="HEVC"):
        judged(video(codec="libx265"), as_video=True)


@pytest.mark.parametrize("content", [b"", b"hello", bytes(4096), SAMPLES["PNG"]], ids=["empty", "text", "nil", "png"])
def test_what_is_neither_mp4_nor_quicktime_is_refused(content: bytes) -> None:
    assert code_of(content, as_video=True) == "video_container"


@pytest.mark.parametrize("content", [b"\x00\x00\x00\x18ftypmp42", b"\x00\x00\x00\x18ftypmp42" + bytes(5_000_000)])
def test_what_only_begins_as_a_video_is_refused(content: bytes) -> None:
    assert code_of(content, as_video=True) == "not_a_video"


def test_a_library_that_hangs_or_dies_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "_PROBED_IN_S", 0.001)
    assert code_of(video(), as_video=True) == "not_a_video"
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert code_of(video(), as_video=True) == "not_a_video"


@pytest.mark.parametrize("first", [False, True], ids=["index-last", "index-first"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_video_is_refused(kept: float, first: bool) -> None:
    whole = video(index_first=first)
    assert code_of(whole[: int(len(whole) * kept)], as_video=True) == "not_a_video"


def test_a_video_that_is_turned_is_as_large_as_it_is_shown() -> None:
    """The matrix of the picture's track (ISO/IEC 14496-12, 8.3.2) says a quarter turn, as a telephone writes it."""
    whole = bytearray(video(sound=None))
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = whole.index(upright, whole.index(b"tkhd"))
    whole[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 180 << 16, 0, 1 << 30)
    assert judged(bytes(whole), as_video=True) == Judged("video/mp4", 180, 320, 4000)


@settings(max_examples=40, derandomize=True, deadline=None, database=None, phases=[Phase.generate])
@given(st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=4))))
def test_a_damaged_video_is_judged_or_refused_and_never_breaks_the_judge(damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(video(seconds=1, size=(64, 64), index_first=True))
    for place, noise in damage:
        content[place % len(content) : place % len(content) + len(noise)] = noise
    try:
        found = judged(bytes(content), as_video=True)
    except InvalidInput as refused:
        assert refused.code in ("not_a_video", "video_codec", "audio_codec", "video_container", "video_frame_rate")
    else:
        assert found.content_type in ("video/mp4", "video/quicktime")
        assert found.width > 0 and found.height > 0
        assert found.duration_ms is not None
