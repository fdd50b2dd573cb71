"""Small real videos, encoded when a test asks for one: moving bars and a tone."""

from __future__ import annotations

import array
import itertools
import math
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import VideoReformatter


@cache
def video(
    *,
    seconds: float = 4,
    size: tuple[int, int] = (320, 180),
    rate: int = 25,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: str | None = "aac",
    container: str = "mp4",
    kbps: int | None = None,
    index_first: bool = False,
) -> bytes:
    """container: mp4, mov, matroska, ... kbps: of the pictures; None: as few as they need. index_first: where the
    frames lie is said before them, as for streaming."""
    options = {"movflags": "faststart"} if index_first else {}
    with tempfile.NamedTemporaryFile() as file:
        _encode(file.name, seconds, size, rate, codec, pixels, sound, container, kbps, options)
        return Path(file.name).read_bytes()


def _encode(
    path: str,
    seconds: float,
    size: tuple[int, int],
    rate: int,
    codec: str,
    pixels: str,
    sound: str | None,
    container: str,
    kbps: int | None,
    options: dict[str, str],
) -> None:
    with av.open(path, "w", format=container, options=options) as made:
        pictures: Any = made.add_stream(codec, rate=rate)
        pictures.width, pictures.height = size
        pictures.pix_fmt = pixels
        if kbps is not None:
            pictures.bit_rate = kbps * 1000
        audio: Any = made.add_stream(sound, rate=48_000) if sound else None
        converted = VideoReformatter()
        for number in range(round(seconds * rate)):
            frame = converted.reformat(_bars(size, number, noisy=kbps is not None), format=pixels)
            frame.pts = number
            frame.time_base = Fraction(1, rate)
            made.mux(pictures.encode(frame))
        made.mux(pictures.encode(None))
        if audio is not None:
            for frame in _tone(seconds):
                made.mux(audio.encode(frame))
            made.mux(audio.encode(None))


def _bars(size: tuple[int, int], number: int, *, noisy: bool) -> av.VideoFrame:
    width, height = size
    if noisy:  # or nothing would take so many bytes
        seed = number * 2_654_435_761
        row = bytes((seed + x * 40_503) >> 7 & 255 for x in range(width * 3))
        rows = b"".join(row[y % 97 * 3 :] + row[: y % 97 * 3] for y in range(height))
    else:
        row = b"".join(bytes((40 * ((x + number) // 16) % 256, 90, 160)) for x in range(width))
        rows = row * height
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    padding = bytes(plane.line_size - width * 3)
    plane.update(b"".join(rows[y * width * 3 : (y + 1) * width * 3] + padding for y in range(height)))
    return frame


def _tone(seconds: float) -> Any:
    """220 Hz, as the encoder takes it: 48 kHz, floating point, one channel."""
    samples = round(seconds * 48_000)
    for first in itertools.count(0, 1024):
        if first >= samples:
            return
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        wave = array.array("f", (0.2 * math.sin(2 * math.pi * 220 * (first + n) / 48_000) for n in range(1024)))
        frame.planes[0].update(wave.tobytes())
        frame.sample_rate = 48_000
        frame.pts = first
        frame.time_base = Fraction(1, 48_000)
        yield frame
