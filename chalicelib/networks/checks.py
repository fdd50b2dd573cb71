"""What a network would refuse, found before anything is sent; every problem names the file or the rule it is about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from chalicelib.networks.contract import (
    CARD_DESCRIPTION_MAX,
    CARD_TITLE_MAX,
    Limits,
    LinkCard,
    MediaFile,
    Problem,
)
from chalicelib.networks.counting import is_unicode, utf8_bytes


def check_post(text: str, media: Sequence[MediaFile], limits: Limits, length: Callable[[str], int]) -> list[Problem]:
    """`length` counts the text in the limits' own unit. A missing alt text is a matter of policy, not of a network."""
    problems = _check_text(text, bool(media), limits, length)
    problems.extend(_check_number(media, limits))
    for file in media:
        problems.extend(_check_video(file, limits) if file.is_video else _check_file(file, limits))
        problems.extend(_check_alt(file, limits))
    return problems


def _check_number(media: Sequence[MediaFile], limits: Limits) -> Iterator[Problem]:
    """Images and videos together fill what a post can hold; where a network takes no videos, each is told by its own
    type and counts as an image."""
    videos = [file for file in media if file.is_video] if limits.videos_max else []
    if len(media) < limits.images_min:
        what = "an image or a video" if limits.videos_max else "an image"
        yield Problem("too_few_images", "text", f"A post needs {what}.", limit=limits.images_min, actual=len(media))
    if len(media) > limits.images_max:
        yield Problem(
            "too_many_images",
            f"media/{media[limits.images_max].media_id}",
            f"{len(media)} images; {limits.images_max} are allowed.",
            limit=limits.images_max,
            actual=len(media),
        )
    if len(videos) > limits.videos_max:
        yield Problem(
            "too_many_videos",
            f"media/{videos[limits.videos_max].media_id}",
            f"{len(videos)} videos; {limits.videos_max} are allowed.",
            limit=limits.videos_max,
            actual=len(videos),
        )
    if videos and len(videos) < len(media) and not limits.video_with_images:
        yield Problem("video_with_images", f"media/{videos[0].media_id}", "A video and images do not go into one post.")


def _check_text(text: str, has_media: bool, limits: Limits, length: Callable[[str], int]) -> list[Problem]:
    problems = []
    if not text.strip() and not has_media:
        problems.append(Problem("text_empty", "text", "A post needs words or an image."))
    if not is_unicode(text):
        problems.append(Problem("text_not_unicode", "text", "The text holds half a character."))
    count = length(text)
    if count > limits.text_max:
        problems.append(
            Problem(
                "text_too_long",
                "text",
                f"{count} characters; {limits.text_max} are allowed.",
                limit=limits.text_max,
                actual=count,
            )
        )
    size = utf8_bytes(text)
    if limits.text_bytes_max is not None and size > limits.text_bytes_max:
        problems.append(
            Problem(
                "text_too_many_bytes",
                "text",
                f"{size} bytes of text; {limits.text_bytes_max} are allowed.",
                limit=limits.text_bytes_max,
                actual=size,
            )
        )
    return problems


def _check_file(file: MediaFile, limits: Limits) -> list[Problem]:
    place = f"media/{file.media_id}"
    problems = []
    if file.content_type not in limits.image_types:
        allowed = ", ".join(limits.image_types)
        problems.append(
            Problem("media_type_refused", place, f"{file.filename} is {file.content_type}; allowed are {allowed}.")
        )
    if file.size > limits.image_bytes_max:
        problems.append(
            Problem(
                "media_too_large",
                place,
                f"{file.filename} has {file.size} bytes; {limits.image_bytes_max} are allowed.",
                limit=limits.image_bytes_max,
                actual=file.size,
            )
        )
    problems.extend(_check_pixels(file, limits.image_pixels_max))
    problems.extend(_check_ratio(file, limits.image_ratio_min, limits.image_ratio_max))
    return problems


def _check_pixels(file: MediaFile, most: int | None) -> Iterator[Problem]:
    pixels = file.width * file.height
    if most is not None and pixels > most:
        yield Problem(
            "media_too_many_pixels",
            f"media/{file.media_id}",
            f"{file.filename} has {file.width} x {file.height} pixels; {most} are allowed.",
            limit=most,
            actual=pixels,
        )


def _check_ratio(file: MediaFile, least: float | None, most: float | None) -> Iterator[Problem]:
    ratio = file.width / file.height if file.height > 0 else 0.0
    if (least is not None and ratio < least) or (most is not None and ratio > most):
        allowed = f"from {least or 0:g} to {most:g}" if most is not None else f"{least:g} at least"
        yield Problem(
            "media_ratio_refused",
            f"media/{file.media_id}",
            f"{file.filename} is {ratio:.2f} times as wide as it is high; {allowed} is allowed.",
        )


def _check_video(file: MediaFile, limits: Limits) -> Iterator[Problem]:
    place = f"media/{file.media_id}"
    if file.content_type not in limits.video_types:
        allowed = ", ".join((*limits.image_types, *limits.video_types))
        yield Problem("media_type_refused", place, f"{file.filename} is {file.content_type}; allowed are {allowed}.")
        return
    if file.size > limits.video_bytes_max:
        yield Problem(
            "media_too_large",
            place,
            f"{file.filename} has {file.size} bytes; {limits.video_bytes_max} are allowed.",
            limit=limits.video_bytes_max,
            actual=file.size,
        )
    if file.duration_s is not None and file.duration_s > limits.video_seconds_max:
        yield Problem(
            "video_too_long",
            place,
            f"{file.filename} takes {file.duration_s:.0f} seconds; {limits.video_seconds_max:.0f} are allowed.",
            limit=int(limits.video_seconds_max),
            actual=int(file.duration_s),
        )
    if file.duration_s is not None and file.duration_s < limits.video_seconds_min:
        yield Problem(
            "video_too_short",
            place,
            f"{file.filename} takes {file.duration_s:.1f} seconds; {limits.video_seconds_min:g} at least are needed.",
            limit=math.ceil(limits.video_seconds_min),
            actual=int(file.duration_s),
        )
    yield from _check_pixels(file, limits.video_pixels_max)
    yield from _check_ratio(file, limits.video_ratio_min, limits.video_ratio_max)


def _check_alt(file: MediaFile, limits: Limits) -> list[Problem]:
    place = f"media/{file.media_id}"
    problems = []
    if not is_unicode(file.alt):
        hint = f"The description of {file.filename} holds half a character."
        problems.append(Problem("alt_not_unicode", place, hint))
    # Networks that state a limit count the description in characters; code points are what their servers compare.
    if limits.alt_max is not None and len(file.alt) > limits.alt_max:
        problems.append(
            Problem(
                "alt_too_long",
                place,
                f"The description of {file.filename} has {len(file.alt)} characters; {limits.alt_max} are allowed.",
                limit=limits.alt_max,
                actual=len(file.alt),
            )
        )
    return problems


def check_card(card: LinkCard) -> list[Problem]:
    """For a network that shows our words."""
    problems = []
    if not card.title.strip():
        problems.append(Problem("card_title_empty", "card/title", "A link card needs a title."))
    for what, text, most in (
        ("title", card.title, CARD_TITLE_MAX),
        ("description", card.description, CARD_DESCRIPTION_MAX),
    ):
        if not is_unicode(text):
            problems.append(Problem("card_not_unicode", f"card/{what}", f"The card's {what} holds half a character."))
        if len(text) > most:
            hint = f"The card's {what} has {len(text)} characters; {most} are allowed."
            code = "card_title_too_long" if what == "title" else "card_description_too_long"
            problems.append(Problem(code, f"card/{what}", hint, limit=most, actual=len(text)))
    return problems
