"""What an uploaded file really is: decided by decoding it, whatever it is called."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.errors import InvalidInput
from chalicelib.media.judging import judge_image

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


def image(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    made = Image.effect_noise(size, 60).convert("P" if kind == "GIF" else "RGB")
    out = io.BytesIO()
    made.save(out, kind)
    return out.getvalue()


SAMPLES = {kind: image(kind) for kind in FORMATS}


def code_of(content: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        judge_image(content)
    return refused.value.code


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_is_what_its_content_says(kind: str) -> None:
    assert judge_image(SAMPLES[kind]) == (FORMATS[kind], 40, 30)


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
        found, width, height = judge_image(bytes(content))
    except InvalidInput as refused:
        assert refused.code in ("not_an_image", "image_type", "too_many_pixels")
    else:
        assert found in FORMATS.values()
        assert width > 0
        assert height > 0
