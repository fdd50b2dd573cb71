"""Whether Meta's own specifications know what is sent: facebook-business-sdk-codegen for Facebook and Instagram, the
Postman collection of the Threads API.

What of Graph as a whole is in no node's specification stands in the tables below, each with the page that has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalicelib.networks.transport import Answer, Transport
from infra.local.practice import graph_fields

_PAGING = {"limit", "after", "before"}  # graph-api/results
_NODE = {"fields"}
_RETURNS = {
    ("IGUser", "media"): "IGMedia",
    ("IGUser", "tags"): "IGMedia",
    ("IGMedia", "comments"): "IGComment",
    ("IGComment", "replies"): "IGComment",
    ("User", "accounts"): "Page",
    ("Page", "published_posts"): "PagePost",
    ("PagePost", "comments"): "Comment",
    ("Comment", "comments"): "Comment",
    ("Page", "conversations"): "UnifiedThread",
}
_OF_DOCUMENTS = {
    "IGContainer": {"id", "status", "status_code"},  # instagram-graph-api/reference/ig-container
    "IGQuota": {"config", "quota_usage"},  # .../ig-user/content_publishing_limit
    "IGFrom": {"id", "username"},  # .../ig-comment: from
    "Picture": {"url", "width", "height"},
    "Attachments": {"media_type", "subattachments"},  # reference/v25.0/post/attachments
    "Who": {"id", "name"},
    "UnifiedMessage": {"id", "created_time", "from", "message", "attachments"},  # reference/message
    "MessageFile": {"id", "mime_type", "name", "size", "image_data", "video_data", "file_url"},  # .../attachments
}
_WITHIN = {
    ("IGMedia", "comments"): "IGComment",
    ("IGMedia", "children"): "IGMedia",
    ("IGComment", "replies"): "IGComment",
    ("IGComment", "from"): "IGFrom",
    ("IGComment", "media"): "IGMedia",
    ("IGComment", "user"): "IGUser",
    ("Page", "instagram_business_account"): "IGUser",
    ("PagePost", "comments"): "Comment",
    ("Comment", "parent"): "Comment",
    ("PagePost", "from"): "Who",
    ("Comment", "from"): "Who",
    ("PagePost", "attachments"): "Attachments",
    ("Attachments", "subattachments"): "Attachments",
    ("UnifiedThread", "messages"): "UnifiedMessage",
    ("UnifiedMessage", "attachments"): "MessageFile",
}
_ASKED_AS_FIELDS = {("Page", "picture"), ("PagePost", "attachments"), ("Comment", "attachment")}
_OAUTH = {
    "oauth/access_token": {
        "client_id", "client_secret", "redirect_uri", "code", "grant_type", "fb_exchange_token",
    },  # facebook-login/guides/advanced/manual-flow, access-tokens/get-long-lived
    "debug_token": {"input_token"},
}  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """One request: the names and values that travelled in its address and its form."""

    method: str
    url: str
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def names(self) -> set[str]:
        return {*self.query, *self.form, *self.files}

    @property
    def parts(self) -> list[str]:
        return [part for part in urlsplit(self.url).path.split("/") if part]


class Recording(Transport):
    """A transport that keeps what was sent through it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: list[Sent] = []

    def _exchange(self, method: str, url: str, **options: Any) -> Answer:
        self.sent.append(Sent(method, url, dict(options.get("form") or ()), list(options.get("files") or ())))
        return super()._exchange(method, url, **options)


def calls_outside_spec(sent: Iterable[Sent], specs: Path) -> int:
    """How many requests a specification refuses: the row networks.calls_outside_spec."""
    return len(refusals(sent, specs))


def refusals(sent: Iterable[Sent], specs: Path) -> list[str]:
    """Why each that is refused is refused. Threads' paths have no version or v1.0, Graph's a later one."""
    found = []
    for each in sent:
        threads = not re.fullmatch(r"v\d{2}\.\d", (each.parts or [""])[0])
        why = _threads_refuses(each, specs) if threads else _graph_refuses(each, specs)
        if why:
            found.append(f"{each.method} {urlsplit(each.url).path}: {why}")
    return found


# ---------------------------------------------------------------- Facebook and Instagram


def node_of(thing: str) -> str:
    """Which node an id of the practice networks, or of these tests, names."""
    for prefix, node in (("17841", "IGUser"), ("1780", "IGContainer"), ("1800", "IGMedia"), ("1790", "IGComment")):
        if re.fullmatch(rf"{prefix}\d+", thing) and len(thing) == 17:
            return node
    if thing == "me" or re.fullmatch(r"\d{15}", thing):
        return "Page"
    if re.fullmatch(r"\d{13}", thing):
        return "AdVideo"  # which the specification calls every video
    if re.fullmatch(r"\d{15}_\d+", thing):
        return "PagePost"
    return "Comment"


def what(sent: Sent) -> str:
    """Node and edge, for a test to say what it wants to have seen."""
    parts = sent.parts[1:]
    if "/".join(parts) in _OAUTH:
        return f"{sent.method} {'/'.join(parts)}"
    node = "User" if parts == ["me", "accounts"] else node_of(parts[0] if parts else sent.query["ids"].split(",")[0])
    return f"{sent.method} {'/'.join([node, *parts[1:]])}"


@cache
def _spec(node: str, specs: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((specs / "facebook-api-specs" / f"{node}.json").read_text("utf-8"))
    return found


def _known(node: str, specs: Path) -> set[str]:
    if node in _OF_DOCUMENTS:
        return _OF_DOCUMENTS[node]
    return {each["name"] for each in _spec(node, specs)["fields"]}


def _api(node: str, method: str, edge: str, specs: Path) -> dict[str, Any] | None:
    """edge: or #get, #update, #delete of the node itself."""
    for api in _spec(node, specs)["apis"]:
        if api["method"] == method and edge in (api.get("endpoint"), api.get("name")):
            return dict(api)
    return None


def _graph_refuses(sent: Sent, specs: Path) -> str | None:
    parts = sent.parts[1:]
    known = _OAUTH.get("/".join(parts))
    if known is not None:
        return f"parameters {sent.names - known}" if sent.names - known else None
    if parts[-1:] == ["subscribed_apps"] and sent.method == "DELETE":
        return None if not sent.names else "parameters"
    if parts == ["me", "accounts"]:  # graph-api/reference/user/accounts; there is no specification of a user
        return _fields_refused("Page", sent.query.get("fields", ""), specs)
    thing = parts[0] if parts else sent.query.get("ids", "").split(",")[0]
    node, edge = node_of(thing), parts[1] if len(parts) > 1 else ""
    allowed = set(_NODE) if sent.method == "GET" else set()
    if not parts:
        allowed.add("ids")  # graph-api/batch-requests: several at once
    returned = node
    if node == "IGContainer":
        if edge or sent.method != "GET":
            return "a container is only read"
    else:
        own = {"GET": "#get", "POST": "#update", "DELETE": "#delete"}[sent.method]
        api = _api(node, sent.method, edge or own, specs)
        if api is None:
            return f"{node} has no {sent.method} {edge or own}"
        parameters = {each["name"] for each in api["params"]}
        missing = {each["name"] for each in api["params"] if each["required"]} - sent.names
        if missing:
            return f"without {missing}"
        allowed |= parameters | (_PAGING if edge and sent.method == "GET" else set())
        if edge == "photos":
            allowed.add("source")  # reference/page/photos: the bytes travel as a file
        returned = "IGQuota" if edge == "content_publishing_limit" else _RETURNS.get((node, edge), node)
    if sent.names - allowed:
        return f"parameters {sent.names - allowed}"
    return _fields_refused(returned, sent.query.get("fields", ""), specs) if sent.method == "GET" else None


def _fields_refused(node: str, fields: str, specs: Path) -> str | None:
    return _unknown(node, graph_fields.read(fields), specs) if fields else None


def _unknown(node: str, asked: Sequence[graph_fields.Asked], specs: Path) -> str | None:
    apis = _spec(node, specs)["apis"] if node not in _OF_DOCUMENTS else []
    edges = {api["endpoint"] for api in apis if api["method"] == "GET" and api.get("endpoint")}
    for each in asked:
        if each.name not in _known(node, specs) | edges and (node, each.name) not in _ASKED_AS_FIELDS:
            return f"{node} has no {each.name}"
        if each.name in edges:
            api = _api(node, "GET", each.name, specs) or {"params": []}
            known = {parameter["name"] for parameter in api["params"]} | _PAGING | {"summary"}
            if set(each.arguments) - known:
                return f"{node}.{each.name} takes no {set(each.arguments) - known}"
        within = _WITHIN.get((node, each.name))
        if each.fields and within is None:
            return f"nothing is known of {node}.{each.name}"
        found = _unknown(within, each.fields, specs) if within else None
        if found:
            return found
    return None


def unknown_fields(node: str, fields: Iterable[str], specs: Path) -> str | None:
    """Of a node's fields as the practice networks answer them."""
    return _unknown(node, [graph_fields.Asked(name) for name in fields], specs)


# ---------------------------------------------------------------- Threads


@dataclass
class _Known:
    parameters: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


@cache
def _collection(specs: Path) -> dict[tuple[str, str], _Known]:
    """(method, path with {} for an id) -> what it takes."""
    collection = json.loads((specs / "threads-api.postman_collection.json").read_text("utf-8"))
    variables = {each["key"]: each["value"] for each in collection["variable"]}
    found: dict[tuple[str, str], _Known] = {}

    def walk(items: list[dict[str, Any]]) -> None:
        for item in items:
            walk(item.get("item", []))
            if "request" not in item:
                continue
            request = item["request"]
            raw = str(request["url"]["raw"]).partition("?")[0].removeprefix("{{api_host}}").strip("/")
            path = re.sub(r"\{\{[a-z_]+\}\}", "{}", raw)
            known = found.setdefault((request["method"], path), _Known())
            for parameter in request["url"].get("query", []):
                known.parameters.add(parameter["key"])
                if parameter["key"] in ("fields", "metric"):
                    value = re.sub(r"\{\{([a-z_]+)\}\}", lambda m: variables.get(m[1], ""), parameter["value"] or "")
                    known.fields |= {each.split("{")[0] for each in re.split(r",(?![^{]*\})", value)}

    walk(collection["item"])
    return found


def threads_fields(method: str, path: str, specs: Path) -> set[str]:
    return set(_collection(specs)[method, path].fields)


def _threads_refuses(sent: Sent, specs: Path) -> str | None:
    parts = sent.parts[1:] if sent.parts[:1] == ["v1.0"] else sent.parts
    path = "/".join("{}" if re.fullmatch(r"[\d_]+", part) else part for part in parts)
    known = _collection(specs).get((sent.method, path))
    if known is None:
        return "the collection has no such request"
    # The collection's own way of showing a token is a parameter of every request.
    allowed = known.parameters | {"access_token"}
    if path in ("{}/replies", "{}/conversation"):
        allowed |= {"after", "before"}  # threads/reference/reply-management
    if sent.names - allowed:
        return f"parameters {sent.names - allowed}"
    for name in ("fields", "metric"):
        asked = {each for each in sent.query.get(name, "").split(",") if each}
        fields = known.fields
        if (sent.method, path) == ("GET", "{}") and name == "fields":
            # Of replies, which are nodes of the same kind (threads/reference/reply-management); the collection shows
            # them only in a conversation.
            fields = fields | {"root_post", "replied_to"}
        if asked - fields:
            return f"{name} {asked - fields}"
    return None


def threads_what(sent: Sent) -> str:
    parts = sent.parts[1:] if sent.parts[:1] == ["v1.0"] else sent.parts
    return f"{sent.method} {'/'.join('{}' if re.fullmatch(r'[0-9_]+', part) else part for part in parts)}"
