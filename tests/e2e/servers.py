"""What stands on the real servers, read from the servers themselves and not through Parvis."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import requests

from infra.servers.run import Account

_TIMEOUT_S = 10
_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Standing:
    """One post as a server gives it. `made_at` is by the server's clock; a server may cut it to the second."""

    text: str
    made_at: datetime
    images: Sequence[bytes]
    alts: Sequence[str]


class BlueskyAccount:
    """A repository on a PDS, by its public reading methods."""

    def __init__(self, url: str, account: Account) -> None:
        self._url = url
        self._did = account.remote_id

    def posts(self) -> list[Standing]:
        records = self._get(
            "com.atproto.repo.listRecords", repo=self._did, collection="app.bsky.feed.post", limit="100"
        ).json()["records"]
        return [self._standing(record["uri"].rsplit("/", 1)[1]) for record in records]

    def _standing(self, key: str) -> Standing:
        record = self._get(
            "com.atproto.repo.getRecord", repo=self._did, collection="app.bsky.feed.post", rkey=key
        ).json()["value"]
        shown = record.get("embed", {}).get("images", [])
        blobs = [
            self._get("com.atproto.sync.getBlob", did=self._did, cid=image["image"]["ref"]["$link"]).content
            for image in shown
        ]
        made_at = datetime.fromisoformat(record["createdAt"].replace("Z", "+00:00"))
        return Standing(record["text"], made_at, blobs, [image["alt"] for image in shown])

    def last_write(self) -> datetime:
        """When the repository last changed, by the server's own clock: a revision is a TID, which holds its time.

        Layout: https://atproto.com/specs/tid (53 bits of microseconds, 10 bits of clock identifier).
        """
        number = 0
        for character in self._get("com.atproto.sync.getLatestCommit", did=self._did).json()["rev"]:
            number = number << 5 | _TID_ALPHABET.index(character)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number >> 10)

    def _get(self, method: str, **query: str) -> requests.Response:
        answer = requests.get(f"{self._url}/xrpc/{method}", params=query, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer


class MastodonAccount:
    """An account of a Mastodon-API server, read with a token of the test's own."""

    def __init__(self, url: str, account: Account) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self._token(account)}"
        self._id = self._get("/api/v1/accounts/verify_credentials").json()["id"]

    def posts(self) -> list[Standing]:
        found = []
        for status in self._get(f"/api/v1/accounts/{self._id}/statuses", limit="40").json():
            files = status["media_attachments"]
            found.append(
                Standing(
                    text=_plain(status["content"]),
                    made_at=datetime.fromisoformat(status["created_at"].replace("Z", "+00:00")),
                    images=[requests.get(file["url"], timeout=_TIMEOUT_S).content for file in files],
                    alts=[file["description"] for file in files],
                )
            )
        return found

    def link_length(self) -> int:
        """As how many characters this server counts a link, whatever its length."""
        return int(self._get("/api/v1/instance").json()["configuration"]["statuses"]["characters_reserved_per_url"])

    def _get(self, path: str, **query: str) -> requests.Response:
        answer = self._session.get(self._url + path, params=query, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        return answer

    def _token(self, account: Account) -> str:
        back = "http://127.0.0.1/read"
        app: dict[str, Any] = requests.post(
            f"{self._url}/api/v1/apps",
            data={"client_name": "reader", "redirect_uris": back, "scopes": "read"},
            timeout=_TIMEOUT_S,
        ).json()
        page = requests.get(
            f"{self._url}/oauth/authorize",
            params={"response_type": "code", "client_id": app["client_id"], "redirect_uri": back, "scope": "read"},
            timeout=_TIMEOUT_S,
        ).text
        form = {
            html.unescape(name): html.unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        }
        action = re.search(r'<form[^>]*action="([^"]+)"', page)
        assert action, page
        agreed = requests.post(
            urljoin(f"{self._url}/oauth/authorize", html.unescape(action[1])),
            data={**form, "login": account.identifier, "passwd": account.password},
            allow_redirects=False,
            timeout=_TIMEOUT_S,
        )
        code = re.search(r"[?&]code=([^&]+)", agreed.headers["Location"])
        assert code, agreed.headers
        answer = requests.post(
            f"{self._url}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code[1],
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
                "redirect_uri": back,
            },
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def _plain(content: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>|</p>\s*<p>", "\n", content))).strip()
