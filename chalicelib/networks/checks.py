"""What a network would refuse, found before anything is sent; every problem names the file or the rule it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.networks.contract import Limits, MediaFile, Problem
from chalicelib.networks.counting import is_unicode, utf8_bytes


def check_post(text: str, media: Sequence[MediaFile], limits: Limits, length: Callable[[str], int]) -> list[Problem]:
    """`length` counts the text in the limits' own unit. A missing alt text is a matter of policy, not of a network."""
    problems = _check_text(text, bool(media), limits, length)
    videos = [file for file in media if file.is_video and limits.videos_max]
    images = [file for file in media if file not in videos]
    if len(images) > limits.images_max:
        problems.append(
            Problem(
                "too_many_images",
                f"media/{images[limits.images_max].media_id}",
                f"{len(images)} images; {limits.images_max} are allowed.",
                limit=limits.images_max,
                actual=len(images),
            )
        )
    problems.extend(_check_videos(videos, images, limits))
    for file in media:
        problems.extend(_check_video(file, limits) if file in videos else _check_file(file, limits))
    return problems


def _check_videos(videos: Sequence[MediaFile], images: Sequence[MediaFile], limits: Limits) -> list[Problem]:
    problems = []
    if len(videos) > limits.videos_max:
        place = f"media/{videos[limits.videos_max].media_id}"
        hint = f"{len(videos)} videos; {limits.videos_max} are allowed."
        problems.append(Problem("too_many_videos", place, hint, limit=limits.videos_max, actual=len(videos)))
    if videos and images and not limits.video_with_images:
        place = f"media/{images[0].media_id}"
        problems.append(Problem("video_with_images", place, "A post has images or a video, not both."))
    return problems


def _check_video(file: MediaFile, limits: Limits) -> list[Problem]:
    place, problems = f"media/{file.media_id}", []
    if file.content_type not in limits.video_types:
        allowed = ", ".join(limits.video_types)
        hint = f"{file.filename} is {file.content_type}; allowed are {allowed}."
        problems.append(Problem("media_type_refused", place, hint))
    if file.size > limits.video_bytes_max:
        hint = f"{file.filename} has {file.size} bytes; {limits.video_bytes_max} are allowed."
        problems.append(Problem("media_too_large", place, hint, limit=limits.video_bytes_max, actual=file.size))
    if file.duration_s is not None and file.duration_s > limits.video_seconds_max:
        most, seconds = int(limits.video_seconds_max), int(file.duration_s)
        hint = f"{file.filename} lasts {seconds} s; {most} s are allowed."
        problems.append(Problem("video_too_long", place, hint, limit=most, actual=seconds))
    return [*problems, *_check_alt(file, limits)]


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
    pixels = file.width * file.height
    if limits.image_pixels_max is not None and pixels > limits.image_pixels_max:
        problems.append(
            Problem(
                "media_too_many_pixels",
                place,
                f"{file.filename} has {file.width} x {file.height} pixels; {limits.image_pixels_max} are allowed.",
                limit=limits.image_pixels_max,
                actual=pixels,
            )
        )
    return [*problems, *_check_alt(file, limits)]


def _check_alt(file: MediaFile, limits: Limits) -> list[Problem]:
    place, problems = f"media/{file.media_id}", []
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
