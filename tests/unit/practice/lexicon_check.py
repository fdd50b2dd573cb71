"""Checks values against Bluesky's own lexicon files: enough of the language for what the practice server answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import regex

from infra.local.practice.content_address import is_cid, is_tid
from infra.local.practice.post_record import is_at_uri, is_datetime, is_did, is_handle, is_uri

FORMATS = {
    "at-uri": is_at_uri, "datetime": is_datetime, "did": is_did, "handle": is_handle, "uri": is_uri, "cid": is_cid,
    "tid": is_tid,
}  # fmt: skip


class Lexicons:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def definition(self, ref: str) -> dict[str, Any]:
        nsid, _, name = ref.partition("#")
        document = json.loads((self._folder / f"{nsid.replace('.', '/')}.json").read_text("utf-8"))
        return dict(document["defs"][name or "main"])

    def output(self, nsid: str) -> dict[str, Any]:
        return dict(self.definition(nsid)["output"]["schema"])

    def problems(self, value: Any, schema: dict[str, Any], nsid: str, path: str = "$") -> list[str]:
        match schema["type"]:
            case "ref":
                ref = schema["ref"] if not schema["ref"].startswith("#") else nsid + schema["ref"]
                return self.problems(value, self.definition(ref), ref.partition("#")[0], path)
            case "union":
                refs = [r if not r.startswith("#") else nsid + r for r in schema["refs"]]
                kind = value.get("$type") if isinstance(value, dict) else None
                if kind not in refs:
                    return [f"{path}: $type {kind} is not in the union"]
                return self.problems(value, self.definition(kind), kind.partition("#")[0], path)
            case "record":
                return self.problems(value, schema["record"], nsid, path)
            case "object":
                return self._object(value, schema, nsid, path)
            case "array":
                if not isinstance(value, list):
                    return [f"{path}: not an array"]
                found = [f"{path}: too long"] if len(value) > schema.get("maxLength", len(value)) else []
                for i, item in enumerate(value):
                    found += self.problems(item, schema["items"], nsid, f"{path}/{i}")
                return found
            case "string":
                return self._string(value, schema, path)
            case "integer":
                if not isinstance(value, int) or isinstance(value, bool):
                    return [f"{path}: not an integer"]
                return [f"{path}: below the minimum"] if value < schema.get("minimum", value) else []
            case "boolean":
                return [] if isinstance(value, bool) else [f"{path}: not a boolean"]
            case "blob":
                return self._blob(value, schema, path)
            case "unknown":
                return [] if isinstance(value, dict) else [f"{path}: not an object"]
        raise AssertionError(f"the checker does not know {schema['type']}")

    def _object(self, value: Any, schema: dict[str, Any], nsid: str, path: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{path}: not an object"]
        found = [f"{path}: lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                found += self.problems(value[name], inner, nsid, f"{path}/{name}")
        return found

    def _string(self, value: Any, schema: dict[str, Any], path: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{path}: not a string"]
        if len(value.encode()) > schema.get("maxLength", 1 << 30):
            return [f"{path}: too many bytes"]
        if len(regex.findall(r"\X", value)) > schema.get("maxGraphemes", 1 << 30):
            return [f"{path}: too many graphemes"]
        holds = FORMATS.get(schema.get("format", ""))
        return [f"{path}: not a {schema['format']}"] if holds and not holds(value) else []

    def _blob(self, value: Any, schema: dict[str, Any], path: str) -> list[str]:
        if not isinstance(value, dict) or value.get("$type") != "blob" or not is_cid(value["ref"]["$link"]):
            return [f"{path}: not a blob"]
        accepted = schema.get("accept", ["*/*"])
        if not any(a == "*/*" or value["mimeType"].startswith(a.rstrip("*")) for a in accepted):
            return [f"{path}: type {value['mimeType']}"]
        return [f"{path}: too big"] if value["size"] > schema.get("maxSize", value["size"]) else []
