"""What an app.bsky.feed.post record may be, by Bluesky's lexicons.

Source: the lexicons app.bsky.feed.post, app.bsky.richtext.facet, app.bsky.embed.images, .external, .record,
.recordWithMedia and .video, com.atproto.repo.strongRef, com.atproto.label.defs#selfLabels. Two rules are stricter
than the lexicon, because what breaks them is always a client's mistake: a facet must lie inside the text and begin
and end between characters, and an image must not be empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import regex

from .content_address import is_cid

TEXT_BYTES = 3000
TEXT_GRAPHEMES = 300
IMAGES = 4
IMAGE_BYTES = 2_000_000
THUMB_BYTES = 1_000_000
VIDEO_BYTES = 300_000_000

_DATETIME = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,20})?(Z|[+-][0-2][0-9]:[0-5][0-9])"
)
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_HANDLE = re.compile(r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]+")
_AT_URI = re.compile(r"at://([^/]+)(/[a-zA-Z0-9.-]+(/[A-Za-z0-9._:~-]+)?)?")
_LANGUAGE = re.compile(r"(i|[a-z]{2,3})(-[a-zA-Z0-9]+)*")
_RECORD_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,512}")


class Invalid(ValueError):
    """The record breaks a rule. The message reads as a PDS words it: a path and what it must be."""


def graphemes(text: str) -> int:
    return len(regex.findall(r"\X", text))


def is_datetime(value: object) -> bool:
    """An RFC 3339 time as the AT Protocol wants it: upper-case T and Z, a zone, no -00:00, no year 0000 to 0009."""
    if not isinstance(value, str) or not _DATETIME.fullmatch(value) or len(value) > 64:
        return False
    if value.startswith("000") or value.endswith("-00:00"):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return False
    return True


def is_did(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 2048 and bool(_DID.fullmatch(value))


def is_handle(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 253 and bool(_HANDLE.fullmatch(value))


def is_record_key(value: object) -> bool:
    return isinstance(value, str) and bool(_RECORD_KEY.fullmatch(value)) and value not in (".", "..")


def is_at_uri(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 8192:
        return False
    match = _AT_URI.fullmatch(value)
    return match is not None and (is_did(match[1]) or is_handle(match[1]))


def is_uri(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 8192 and bool(_URI.fullmatch(value))


def check_post(record: dict[str, Any]) -> None:
    """Raises Invalid for the first rule that a post record breaks."""
    text = _string(record, "Record/text", "text", bytes_max=TEXT_BYTES, graphemes_max=TEXT_GRAPHEMES)
    if "createdAt" not in record:
        raise Invalid('Record must have the property "createdAt"')
    _format(record["createdAt"], "Record/createdAt", is_datetime, "a valid atproto datetime")
    langs = _list(record, "Record/langs", "langs", items_max=3)
    for i, lang in enumerate(langs):
        _format(
            lang, f"Record/langs/{i}", lambda v: isinstance(v, str) and bool(_LANGUAGE.fullmatch(v)),
            "a well-formed BCP 47 language tag",
        )  # fmt: skip
    for i, _ in enumerate(_list(record, "Record/tags", "tags", items_max=8)):
        _string(record["tags"], f"Record/tags/{i}", i, bytes_max=640, graphemes_max=64)
    for i, facet in enumerate(_list(record, "Record/facets", "facets")):
        _check_facet(facet, f"Record/facets/{i}", text.encode())
    if "reply" in record:
        reply = _object(record["reply"], "Record/reply")
        for side in ("root", "parent"):
            _check_strong_ref(_required(reply, "Record/reply", side), f"Record/reply/{side}")
    if "embed" in record:
        _check_embed(_object(record["embed"], "Record/embed"), "Record/embed")
    if "labels" in record:
        _check_labels(_object(record["labels"], "Record/labels"))


def blobs(record: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, int, str]]:
    """Every blob that a valid post names: (blob, accepted type such as "image/*", most bytes, alternative text)."""
    embed = record.get("embed") or {}
    media = embed.get("media") or {} if embed.get("$type") == "app.bsky.embed.recordWithMedia" else embed
    match media.get("$type"):
        case "app.bsky.embed.images":
            for image in media["images"]:
                yield image["image"], "image/*", IMAGE_BYTES, image["alt"]
        case "app.bsky.embed.external":
            if "thumb" in media["external"]:
                yield media["external"]["thumb"], "image/*", THUMB_BYTES, ""
        case "app.bsky.embed.video":
            yield media["video"], "video/mp4", VIDEO_BYTES, media.get("alt", "")


def _check_facet(facet: Any, path: str, text: bytes) -> None:
    facet = _object(facet, path)
    index = _object(_required(facet, path, "index"), f"{path}/index")
    start, end = (
        _integer(_required(index, f"{path}/index", k), f"{path}/index/{k}", 0) for k in ("byteStart", "byteEnd")
    )
    if not start < end <= len(text):
        raise Invalid(f"{path}/index must lie inside the text ({len(text)} bytes)")
    for at in (start, end):
        if at < len(text) and text[at] & 0xC0 == 0x80:
            raise Invalid(f"{path}/index must not split a character")
    features = _required(facet, path, "features")
    if not isinstance(features, list):
        raise Invalid(f"{path}/features must be an array")
    for i, feature in enumerate(features):
        where = f"{path}/features/{i}"
        feature = _object(feature, where)
        match _required(feature, where, "$type"):
            case "app.bsky.richtext.facet#link":
                _format(_required(feature, where, "uri"), f"{where}/uri", is_uri, "a uri")
            case "app.bsky.richtext.facet#mention":
                _format(_required(feature, where, "did"), f"{where}/did", is_did, "a valid did")
            case "app.bsky.richtext.facet#tag":
                _string(feature, f"{where}/tag", "tag", bytes_max=640, graphemes_max=64)


def _check_embed(embed: dict[str, Any], path: str) -> None:
    match _required(embed, path, "$type"):
        case "app.bsky.embed.images":
            _check_images(embed, path)
        case "app.bsky.embed.external":
            where = f"{path}/external"
            external = _object(_required(embed, path, "external"), where)
            _format(_required(external, where, "uri"), f"{where}/uri", is_uri, "a uri")
            _string(external, f"{where}/title", "title")
            _string(external, f"{where}/description", "description")
            if "thumb" in external:
                _check_blob(external["thumb"], f"{where}/thumb")
        case "app.bsky.embed.record":
            _check_strong_ref(_required(embed, path, "record"), f"{path}/record")
        case "app.bsky.embed.recordWithMedia":
            record = _object(_required(embed, path, "record"), f"{path}/record")
            _check_strong_ref(_required(record, f"{path}/record", "record"), f"{path}/record/record")
            media = _object(_required(embed, path, "media"), f"{path}/media")
            if media.get("$type") in ("app.bsky.embed.record", "app.bsky.embed.recordWithMedia"):
                raise Invalid(f"{path}/media $type must be images, video or external")
            _check_embed(media, f"{path}/media")
        case "app.bsky.embed.video":
            _check_blob(_required(embed, path, "video"), f"{path}/video")
            if "alt" in embed:
                _string(embed, f"{path}/alt", "alt", bytes_max=10000, graphemes_max=1000)
            if "aspectRatio" in embed:
                _check_aspect_ratio(embed["aspectRatio"], f"{path}/aspectRatio")


def _check_images(embed: dict[str, Any], path: str) -> None:
    _required(embed, path, "images")
    for i, image in enumerate(_list(embed, f"{path}/images", "images", items_max=IMAGES)):
        where = f"{path}/images/{i}"
        image = _object(image, where)
        _check_blob(_required(image, where, "image"), f"{where}/image")
        _string(image, f"{where}/alt", "alt")
        if "aspectRatio" in image:
            _check_aspect_ratio(image["aspectRatio"], f"{where}/aspectRatio")


def _check_aspect_ratio(value: Any, path: str) -> None:
    ratio = _object(value, path)
    for side in ("width", "height"):
        _integer(_required(ratio, path, side), f"{path}/{side}", 1)


def _check_blob(value: Any, path: str) -> None:
    blob = _object(value, path)
    ref = blob.get("ref")
    if (
        blob.get("$type") != "blob"
        or not isinstance(ref, dict)
        or not is_cid(ref.get("$link"))
        or not isinstance(blob.get("mimeType"), str)
        or not isinstance(blob.get("size"), int)
    ):
        raise Invalid(f"{path} should be a blob ref")
    if blob["size"] < 1:
        raise Invalid(f"{path}/size can not be less than 1")


def _check_strong_ref(value: Any, path: str) -> None:
    ref = _object(value, path)
    _format(_required(ref, path, "uri"), f"{path}/uri", is_at_uri, "a valid at-uri")
    _format(_required(ref, path, "cid"), f"{path}/cid", is_cid, "a cid string")


def _check_labels(labels: dict[str, Any]) -> None:
    if _required(labels, "Record/labels", "$type") != "com.atproto.label.defs#selfLabels":
        return
    _required(labels, "Record/labels", "values")
    for i, value in enumerate(_list(labels, "Record/labels/values", "values", items_max=10)):
        _string(_object(value, f"Record/labels/values/{i}"), f"Record/labels/values/{i}/val", "val", bytes_max=128)


def _required(value: dict[str, Any], path: str, key: str) -> Any:
    if key not in value:
        raise Invalid(f'{path} must have the property "{key}"')
    return value[key]


def _object(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{path} must be an object")
    return value


def _list(value: dict[str, Any], path: str, key: str, items_max: int | None = None) -> list[Any]:
    if key not in value:
        return []
    items = value[key]
    if not isinstance(items, list):
        raise Invalid(f"{path} must be an array")
    if items_max is not None and len(items) > items_max:
        raise Invalid(f"{path} must not have more than {items_max} elements")
    return items


def _string(
    holder: Any, path: str, key: str | int, *, bytes_max: int | None = None, graphemes_max: int | None = None
) -> str:
    value = _required(holder, path.rpartition("/")[0], key) if isinstance(key, str) else holder[key]
    if not isinstance(value, str):
        raise Invalid(f"{path} must be a string")
    if bytes_max is not None and len(value.encode()) > bytes_max:
        raise Invalid(f"{path} must not be longer than {bytes_max} characters")
    if graphemes_max is not None and len(value) > graphemes_max and graphemes(value) > graphemes_max:
        raise Invalid(f"{path} must not be longer than {graphemes_max} graphemes")
    return value


def _integer(value: Any, path: str, minimum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{path} must be an integer")
    if value < minimum:
        raise Invalid(f"{path} can not be less than {minimum}")
    return value


def _format(value: Any, path: str, holds: Callable[[Any], bool], what: str) -> None:
    if not holds(value):
        raise Invalid(f"{path} must be {what}")
