"""People who write on the real servers, as an application of theirs would: for tests and demonstrations.

alice = BlueskyCitizen(network.url, network.accounts[2])
alice.post("La rue est barrée ?", reply_to=uri)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from infra.servers.bluesky_network import until
from infra.servers.run import Account, Server
from infra.servers.snac import carried

_TIMEOUT = 20.0


@dataclass
class BlueskyCitizen:
    """Signs in once. Every post answers its at:// uri."""

    url: str
    account: Account

    def __post_init__(self) -> None:
        signed_in = self._call(
            "com.atproto.server.createSession",
            {"identifier": self.account.identifier, "password": self.account.password},
        )
        self._headers = {"Authorization": f"Bearer {signed_in['accessJwt']}"}

    def post(
        self,
        text: str,
        *,
        mention: Account | None = None,
        reply_to: str | None = None,
        quote: str | None = None,
        image: tuple[bytes, str] | None = None,
        created_at: datetime | None = None,
        **more: object,
    ) -> str:
        """mention: whose handle in the text (as @handle) is a mention. image: a PNG and its description."""
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": (created_at or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "langs": ["fr"],
            **more,
        }
        if mention is not None:
            at = text.encode().index(f"@{mention.identifier}".encode())
            index = {"byteStart": at, "byteEnd": at + len(mention.identifier.encode()) + 1}
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mention.remote_id}
            record["facets"] = [{"index": index, "features": [feature]}]
        for other in (reply_to, quote):
            if other is not None:
                # Repositories are indexed side by side: nobody hears of a reply that is indexed before its parent.
                until(lambda uri=other: self.is_indexed(uri))
        if reply_to is not None:
            parent = self._strong(reply_to)
            record["reply"] = {"root": parent.pop("root"), "parent": parent}
        if quote is not None:
            quoted = self._strong(quote)
            quoted.pop("root")
            record["embed"] = {"$type": "app.bsky.embed.record", "record": quoted}
        if image is not None:
            answer = requests.post(
                f"{self.url}/xrpc/com.atproto.repo.uploadBlob",
                data=image[0],
                headers={**self._headers, "Content-Type": "image/png"},
                timeout=_TIMEOUT,
            )
            answer.raise_for_status()
            shown = {"image": answer.json()["blob"], "alt": image[1]}
            record["embed"] = {"$type": "app.bsky.embed.images", "images": [shown]}
        return self._create(record)

    def is_indexed(self, uri: str) -> bool:
        """Whether the AppView shows a post by now."""
        answer = requests.get(
            f"{self.url}/xrpc/app.bsky.feed.getPosts", params={"uris": uri}, headers=self._headers, timeout=_TIMEOUT
        )
        answer.raise_for_status()
        return bool(answer.json()["posts"])

    def like(self, uri: str) -> str:
        return self._react("app.bsky.feed.like", uri)

    def repost(self, uri: str) -> str:
        return self._react("app.bsky.feed.repost", uri)

    def follow(self, account: Account) -> str:
        return self._create({"$type": "app.bsky.graph.follow", "subject": account.remote_id, "createdAt": _now()})

    def delete(self, uri: str) -> None:
        repo, collection, key = uri.removeprefix("at://").split("/")
        self._call("com.atproto.repo.deleteRecord", {"repo": repo, "collection": collection, "rkey": key})

    def _react(self, kind: str, uri: str) -> str:
        subject = self._strong(uri)
        subject.pop("root")
        return self._create({"$type": kind, "subject": subject, "createdAt": _now()})

    def _create(self, record: dict[str, Any]) -> str:
        body = {"repo": self.account.remote_id, "collection": record["$type"], "record": record}
        return str(self._call("com.atproto.repo.createRecord", body)["uri"])

    def _strong(self, uri: str) -> dict[str, Any]:
        repo, collection, key = uri.removeprefix("at://").split("/")
        answer = requests.get(
            f"{self.url}/xrpc/com.atproto.repo.getRecord",
            params={"repo": repo, "collection": collection, "rkey": key},
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        said = answer.json()
        here = {"uri": said["uri"], "cid": said["cid"]}
        return {**here, "root": said["value"].get("reply", {}).get("root", here)}

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(
            f"{self.url}/xrpc/{method}", json=body, headers=getattr(self, "_headers", {}), timeout=_TIMEOUT
        )
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


@dataclass
class MastodonCitizen:
    """On any server that speaks Mastodon's API. Every post answers its id there. ready: whether the server can take
    one now."""

    url: str
    token: str = field(repr=False)
    ready: Callable[[], bool] = lambda: True

    def post(self, text: str, *, reply_to: str | None = None, visibility: str = "public") -> str:
        until(self.ready, seconds=40)
        body = {"status": text, "visibility": visibility, **({"in_reply_to_id": reply_to} if reply_to else {})}
        return str(self._act("POST", "/api/v1/statuses", body)["id"])

    def edit(self, status: str, text: str) -> None:
        self._act("PUT", f"/api/v1/statuses/{status}", {"status": text})

    def like(self, status: str) -> None:
        self._act("POST", f"/api/v1/statuses/{status}/favourite", {})

    def repost(self, status: str) -> None:
        self._act("POST", f"/api/v1/statuses/{status}/reblog", {})

    def notifications(self) -> list[dict[str, Any]]:
        return list(self._act("GET", "/api/v1/notifications", None))

    def _act(self, method: str, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, f"{self.url}{path}", json=body, headers=headers, timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer.json()


def snac_citizen(server: Server, account: Account) -> MastodonCitizen:
    """Signs in through snac2's own page, for an application of theirs."""
    url = server.url
    back = "http://127.0.0.1:1/"
    app = _form(f"{url}/api/v1/apps", {"client_name": "citizen", "redirect_uris": back, "scopes": "read write"})
    asked = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": back, "scope": "read write"}
    page = requests.get(f"{url}/oauth/authorize?{urlencode(asked)}", timeout=_TIMEOUT)
    page.raise_for_status()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    typed = {"login": account.identifier, "passwd": account.password}
    signed_in = requests.post(
        f"{url}/oauth/x-snac-login", data={**hidden, **typed}, allow_redirects=False, timeout=_TIMEOUT
    )
    code = parse_qs(urlsplit(signed_in.headers["location"]).query)["code"][0]
    keys = {name: app[name] for name in ("client_id", "client_secret")}
    asked = {**keys, "grant_type": "authorization_code", "redirect_uri": back, "code": code}
    token = str(_form(f"{url}/oauth/token", asked)["access_token"])
    return MastodonCitizen(url, token, ready=lambda: carried(server.directory))


def _form(url: str, fields: dict[str, str]) -> dict[str, Any]:
    answer = requests.post(url, data=fields, timeout=_TIMEOUT)
    answer.raise_for_status()
    return dict(answer.json())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
