"""What a file really is. Only the media function loads this module, which loads Pillow."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from chalicelib.errors import InvalidInput
from chalicelib.media.uploading import Judged

_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # with further pictures behind it (a depth, a preview), as telephones write it
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
_ON_ITS_SIDE = (5, 6, 7, 8)  # EXIF 2.32, Orientation
PIXELS_MAX = 100_000_000
"""A hundred megapixels: about 300 MB decoded, within the media function's memory."""


def judge_file(path: Path, *, video: bool) -> Judged:
    """By what was announced. Raises InvalidInput as the two judges do."""
    return judge_video(path) if video else judge_image(path)


def judge_image(path: Path) -> Judged:
    """By decoding it whole; width and height as it is shown, turned as its EXIF says.

    Raises InvalidInput not_an_image (no image, or a broken one), image_type, too_many_pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = PIXELS_MAX
        try:
            with Image.open(path) as image:
                kind, (width, height) = image.format or "", image.size
                if kind not in _TYPES:
                    raise InvalidInput("image_type", f"{kind} is not a type that the networks take.")
                image.load()
                exif = image.getexif()
                if exif.get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                    width, height = height, width
                located = bool(exif.get_ifd(ExifTags.IFD.GPSInfo)) or b"GPSLatitude" in _xmp(image)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise InvalidInput("too_many_pixels", f"At most {PIXELS_MAX} pixels.") from error
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
            # Pillow raises any of these for a damaged file, by format
            raise InvalidInput("not_an_image", "It does not decode as an image.") from error
    return Judged(_TYPES[kind], width, height, located=located)


def _xmp(image: Image.Image) -> bytes:
    """What editing programs write beside the EXIF, or in its place (PNG has it as text)."""
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return found.encode() if isinstance(found, str) else found


# ---------------------------------------------------------------- videos

FRAMES_A_SECOND_MAX = 60
"""The most that Instagram, Threads, X and LinkedIn take (2026-06 to 2026-09)."""
_FRAME_RATE_TOLERANCE = 0.5  # an average over a telephone's changing rate


_PROBED_IN_S = 20.0
"""Of a second that a video of half a gigabyte takes at most."""


def judge_video(path: Path) -> Judged:
    """By its container's own account of its tracks; no picture is decoded. Width and height as it is shown.

    Taken is what all networks take that take videos at all: MP4 or QuickTime, pictures in H.264 (8 bits, 4:2:0), sound
    in AAC or none. Raises InvalidInput video_container, not_a_video (broken, or cut off), video_codec, audio_codec,
    video_frame_rate; the hint names what was found.
    """
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":  # ISO/IEC 14496-12, 4.3; QuickTime writes it since 2005
            raise InvalidInput("video_container", "It is neither MP4 nor QuickTime.")
    tracks = _tracks(path)
    general = next((each for each in tracks if each.kind == "General"), None)
    pictures = [each for each in tracks if each.kind == "Video"]
    if general is None or not pictures or general.said("istruncated") == "Yes":
        raise InvalidInput("not_a_video", "It cannot be read as a video, or its end is missing.")
    picture = pictures[0]
    _require_h264(picture)
    for sound in (each for each in tracks if each.kind == "Audio"):
        if sound.said("format") != "AAC":
            raise InvalidInput("audio_codec", f"Sound in {sound.said('format')}; AAC is allowed.")
    width, height = round(picture.number("width")), round(picture.number("height"))
    duration = round(picture.number("duration") or general.number("duration"))
    if min(width, height, duration) <= 0:
        raise InvalidInput("not_a_video", "It does not say how large or how long it is.")
    rate = picture.number("frame_rate")
    if rate > FRAMES_A_SECOND_MAX + _FRAME_RATE_TOLERANCE:
        raise InvalidInput("video_frame_rate", f"{rate:.0f} pictures a second; {FRAMES_A_SECOND_MAX} are allowed.")
    if round(picture.number("rotation")) % 180 == 90:
        width, height = height, width
    quicktime = general.said("codec_id").strip() == "qt"
    return Judged("video/quicktime" if quicktime else "video/mp4", width, height, duration)


class _Track:
    """What libmediainfo says of a track (probe.FIELDS); words and numbers as it pleases."""

    def __init__(self, found: Mapping[str, object]) -> None:
        self._found = found
        self.kind = self.said("track_type")

    def said(self, name: str) -> str:
        value = self._found.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> float:
        """0 where nothing is said. A damaged file may say two things at once ("320 / 64"): raises InvalidInput
        not_a_video."""
        try:
            value = float(self.said(name) or 0)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InvalidInput("not_a_video", "It contradicts itself.")
        return value


def _tracks(path: Path) -> list[_Track]:
    """Raises InvalidInput not_a_video where libmediainfo hangs on it, or dies of it."""
    # With this function's own places to import from, which it does not have by its environment alone.
    code = f"import sys; sys.path[:] = {sys.path!r}; from chalicelib.media.probe import main; main({str(path)!r})"
    try:
        done = subprocess.run(  # noqa: S603 - a module of ours, a path of our making
            [sys.executable, "-c", code], capture_output=True, timeout=_PROBED_IN_S, check=True
        )
    except subprocess.SubprocessError as error:
        raise InvalidInput("not_a_video", "It cannot be read as a video.") from error
    return [_Track(each) for each in json.loads(done.stdout)]


def _require_h264(picture: _Track) -> None:
    found = picture.said("format")
    if found != "AVC":
        raise InvalidInput("video_codec", f"Pictures in {found}; H.264 (AVC) is allowed.")
    depth, sampling = picture.said("bit_depth") or "8", picture.said("chroma_subsampling") or "4:2:0"
    if depth != "8" or not sampling.startswith("4:2:0"):
        raise InvalidInput("video_codec", f"H.264 with {depth} bits and {sampling}; 8 bits and 4:2:0 are allowed.")
