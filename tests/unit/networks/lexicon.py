"""Whether a value keeps to an atproto lexicon: as much of https://atproto.com/specs/lexicon as posts make use of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.networks.counting import graphemes

_FORMATS = {
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)",
    "uri": r"[a-z][a-z0-9.+-]*:\S+",
    "did": r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]",
    "at-uri": r"at://[^/\s]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._~:-]+)?)?",
    "at-identifier": r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]|[a-zA-Z0-9.-]+\.[a-zA-Z]+",
    "cid": r"[a-zA-Z0-9+=]{8,256}",
    "nsid": r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+(\.[a-zA-Z][a-zA-Z0-9]*)",
    "record-key": r"(?!\.\.?$)[a-zA-Z0-9_~.:-]{1,512}",
    "language": r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]+)*",
}


def violations(folder: Path, name: str, value: object) -> list[str]:
    """`name`: a record's NSID, or "<nsid>#input" for the body of a procedure. Empty when the value keeps to it."""
    nsid, _, part = name.partition("#")
    main = _load(folder, nsid)["defs"]["main"]
    schema = main["input"]["schema"] if part == "input" else main["record"]
    return list(_check(folder, nsid, schema, value, "$"))


@cache
def _load(folder: Path, nsid: str) -> dict[str, Any]:
    loaded = json.loads((folder / f"{nsid.replace('.', '/')}.json").read_text())
    assert isinstance(loaded, dict)
    return loaded


def _check(folder: Path, nsid: str, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    kind = schema["type"]
    if kind == "ref":
        home, definition = _resolve(nsid, schema["ref"])
        yield from _check(folder, home, _load(folder, home)["defs"][definition], value, at)
    elif kind == "union":
        refs = {_name(*_resolve(nsid, ref)): _resolve(nsid, ref) for ref in schema["refs"]}
        tag = value.get("$type") if isinstance(value, dict) else None
        if tag not in refs:
            yield f"{at}: {tag} is none of the union"
            return
        home, definition = refs[tag]
        yield from _check(folder, home, _load(folder, home)["defs"][definition], value, at)
    elif kind == "object":
        yield from _check_object(folder, nsid, schema, value, at)
    elif kind == "array":
        if not isinstance(value, list):
            yield f"{at}: not an array"
            return
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at}: {len(value)} items"
        for index, item in enumerate(value):
            yield from _check(folder, nsid, schema["items"], item, f"{at}[{index}]")
    elif kind == "string":
        yield from _check_string(schema, value, at)
    elif kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool) or value < schema.get("minimum", value):
            yield f"{at}: {value!r} is not an integer within its bounds"
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{at}: not a boolean"
    elif kind == "blob":
        if not isinstance(value, dict) or value.get("$type") != "blob" or "$link" not in value.get("ref", {}):
            yield f"{at}: not a blob"
        elif value["size"] > schema["maxSize"] or not _accepted(value["mimeType"], schema["accept"]):
            yield f"{at}: blob too large or of another type"
    elif kind != "unknown":
        yield f"{at}: the check knows no {kind}"


def _accepted(mime_type: str, accept: list[str]) -> bool:
    return any(mime_type == kind or (kind[-1:] == "*" and mime_type.startswith(kind[:-1])) for kind in accept)


def _check_object(folder: Path, nsid: str, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: not an object"
        return
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at}.{name}: missing"
    for name, item in value.items():
        if name == "$type":
            continue
        if name not in schema["properties"]:
            yield f"{at}.{name}: unknown"
        elif not (item is None and name in schema.get("nullable", [])):
            yield from _check(folder, nsid, schema["properties"][name], item, f"{at}.{name}")


def _check_string(schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{at}: not a string"
        return
    if len(value.encode()) > schema.get("maxLength", 10**9):
        yield f"{at}: too many bytes"
    if graphemes(value) > schema.get("maxGraphemes", 10**9):
        yield f"{at}: too many graphemes"
    form = schema.get("format")
    if form and not re.fullmatch(_FORMATS[form], value):
        yield f"{at}: no {form}"


def _resolve(nsid: str, ref: str) -> tuple[str, str]:
    home, _, definition = ref.partition("#")
    return home or nsid, definition or "main"


def _name(nsid: str, definition: str) -> str:
    return nsid if definition == "main" else f"{nsid}#{definition}"
