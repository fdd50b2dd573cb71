"""The practice networks as the tests see them: accounts, faults, and what really arrived."""

from __future__ import annotations

import hashlib
import itertools
import threading
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.integration.client import Client

_PASSWORD = "exercice-exercice"
_TIMEOUT_S = 15
_number = itertools.count(1)


@dataclass(frozen=True)
class Arrived:
    """A post as it stands on a network. accepted_at, arrived_at: epoch seconds by the network's clock."""

    arrived_at: float
    accepted_at: float
    remote_id: str
    images: int


@dataclass(frozen=True)
class Shown:
    """A post as anybody can read it there."""

    text: str
    alts: list[str]
    images: list[bytes]
    languages: list[str]


class Practice:
    def __init__(self, url: str) -> None:
        self.url = url
        self._rules: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._handles: dict[str, tuple[str, str]] = {}

    def connect(self, administrator: Client, network: str, name: str, department: str = "communications") -> str:
        """A new account there, connected by the routes that a person uses; answers the profile's id."""
        name = f"{name}{next(_number)}"
        handle = f"{name}.practice.test" if network == "bluesky" else name
        account = {"network": network, "handle": handle, "display_name": name, "password": _PASSWORD}
        requests.post(f"{self.url}/practice/accounts", json=account, timeout=_TIMEOUT_S).raise_for_status()
        asked = {"network": network, "department": department, "server": self.url}
        if network != "mastodon":
            asked |= {"identifier": handle, "app_password": _PASSWORD}
        begun = administrator.ok("POST", "/api/connections", asked)
        if begun["profile"] is not None:
            profile: dict[str, Any] = begun["profile"]
        else:
            answer = self.agree(begun["authorize_url"], handle)
            profile = administrator.ok("POST", f"/api/connections/{begun['id']}/code", answer)["profile"]
        self._handles[profile["id"]] = (network, handle)
        return str(profile["id"])

    def agree(self, authorize_url: str, handle: str) -> dict[str, str]:
        """What the person does on the network's own page: the code and state that come back."""
        agreed = requests.post(
            authorize_url,
            data={"username": handle, "password": _PASSWORD},
            allow_redirects=False,
            timeout=_TIMEOUT_S,
        )
        came_back = parse_qs(urlsplit(agreed.headers["Location"]).query)
        return {"code": came_back["code"][0], "state": came_back["state"][0]}

    def fault(self, profile: str, kind: str, *, operation: str = "publish", **more: Any) -> None:
        """Lay a fault on one profile's requests, beside those that lie on others."""
        network, handle = self._handles[profile]
        with self._lock:
            # Rules are replaced as a whole and begin to count anew: those that have fired already stay away.
            present = requests.get(f"{self.url}/practice/faults", timeout=_TIMEOUT_S).json()["rules"]
            left = [rule for rule in present if rule["count"] is None or rule["fired"] < rule["count"]]
            rule = {"kind": kind, "network": network, "handle": handle, "operation": operation, **more}
            requests.put(f"{self.url}/practice/faults", json=[*left, rule], timeout=_TIMEOUT_S).raise_for_status()

    def arrived(self, profile: str, text: str) -> list[Arrived]:
        """Every post with these words that the network ever accepted from this profile, deleted ones included."""
        network, handle = self._handles[profile]
        rows = requests.get(
            f"{self.url}/practice/accepted", params={"network": network, "handle": handle}, timeout=_TIMEOUT_S
        ).json()["accepted"]
        wanted = hashlib.sha256(text.encode()).hexdigest()
        return [
            Arrived(row["arrived_at"], row["accepted_at"], row["remote_id"], row["media"])
            for row in rows
            if row["text_sha256"] == wanted
        ]

    def count(self, profile: str) -> int:
        network, handle = self._handles[profile]
        rows = requests.get(
            f"{self.url}/practice/accepted", params={"network": network, "handle": handle}, timeout=_TIMEOUT_S
        ).json()["accepted"]
        return len(rows)

    def calls(self, profile: str, operation: str = "publish") -> list[dict[str, Any]]:
        """What reached the network, accepted or not, oldest first."""
        network, handle = self._handles[profile]
        asked = {"operation": operation, "network": network, "handle": handle, "limit": "5000"}
        entries: list[dict[str, Any]] = requests.get(
            f"{self.url}/practice/log", params=asked, timeout=_TIMEOUT_S
        ).json()["entries"]
        return entries

    def shown(self, profile: str, remote_id: str) -> Shown:
        """Read through the network's public interface, as its readers do."""
        network, _ = self._handles[profile]
        return self._bluesky(remote_id) if network == "bluesky" else self._mastodon(remote_id)

    def _bluesky(self, uri: str) -> Shown:
        did, collection, rkey = uri.removeprefix("at://").split("/")
        record = requests.get(
            f"{self.url}/xrpc/com.atproto.repo.getRecord",
            params={"repo": did, "collection": collection, "rkey": rkey},
            timeout=_TIMEOUT_S,
        ).json()["value"]
        images = record.get("embed", {}).get("images", [])
        blobs = [
            requests.get(
                f"{self.url}/xrpc/com.atproto.sync.getBlob",
                params={"did": did, "cid": image["image"]["ref"]["$link"]},
                timeout=_TIMEOUT_S,
            ).content
            for image in images
        ]
        return Shown(record["text"], [image["alt"] for image in images], blobs, record.get("langs", []))

    def _mastodon(self, status_id: str) -> Shown:
        status = requests.get(f"{self.url}/api/v1/statuses/{status_id}", timeout=_TIMEOUT_S).json()
        text = unescape(status["content"].replace("</p><p>", "\n\n").removeprefix("<p>").removesuffix("</p>"))
        attached = status["media_attachments"]
        images = [requests.get(each["url"], timeout=_TIMEOUT_S).content for each in attached]
        return Shown(text, [each["description"] for each in attached], images, [status["language"]])
