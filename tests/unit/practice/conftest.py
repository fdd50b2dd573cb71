"""A running practice server for each test, and the official specifications where they are at hand."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from infra.local.practice.server import Running, running  # noqa: E402

HANDLE = "ville.practice.test"
CALLBACK = "https://parvis.example/callback"
SCOPE = "read write"


@pytest.fixture
def specs() -> Path:
    folder = Path(os.environ.get("PARVIS_SPECS") or ROOT.parent / "shared" / "specs")
    if not (folder / "mastodon-openapi.json").exists():
        pytest.skip(f"the official specifications are not at {folder} (set PARVIS_SPECS)")
    return folder


@dataclass
class Server:
    running: Running
    http: httpx.Client

    def faults(self, *rules: dict[str, Any], seed: str = "test") -> None:
        answer = self.http.put("/practice/faults", json={"seed": seed, "rules": list(rules)})
        assert answer.status_code == 200, answer.text

    def settings(self, **values: Any) -> None:
        assert self.http.put("/practice/settings", json=values).status_code == 200

    def account(self, network: str, handle: str, name: str = "Ville de Parvis", password: str = "sesame") -> str:
        answer = self.http.post(
            "/practice/accounts",
            json={"network": network, "handle": handle, "display_name": name, "password": password},
        )
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def citizens(self, act: str, **body: Any) -> dict[str, Any]:
        """An act of citizens that is taken; see /practice/citizens/."""
        answer = self.http.post(f"/practice/citizens/{act}", json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return dict(answer.json())

    def write(self, network: str, text: str, **more: Any) -> dict[str, Any]:
        """One message of a citizen."""
        return dict(self.citizens("write", network=network, text=text, **more)["written"][0])

    def log(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.http.get("/practice/log", params=query).json()["entries"])

    def accepted(self, **query: Any) -> list[dict[str, Any]]:
        return list(self.http.get("/practice/accepted", params=query).json()["accepted"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "data") as it, httpx.Client(base_url=it.url, timeout=10) as http:
        yield Server(it, http)


@dataclass
class BlueskyClient:
    server: Server
    did: str
    session: dict[str, Any]

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['accessJwt']}"}

    def call(self, method: str, **body: Any) -> httpx.Response:
        return self.server.http.post(f"/xrpc/{method}", json=body, headers=self.auth)

    def query(self, method: str, **params: Any) -> httpx.Response:
        return self.server.http.get(f"/xrpc/{method}", params=params)

    def read(self, method: str, **params: Any) -> httpx.Response:
        """A query with the account's own token."""
        return self.server.http.get(f"/xrpc/{method}", params=params, headers=self.auth)

    def put(self, rkey: str, record: dict[str, Any], **more: Any) -> httpx.Response:
        return self.call(
            "com.atproto.repo.putRecord",
            repo=self.did,
            collection="app.bsky.feed.post",
            rkey=rkey,
            record=record,
            **more,
        )

    def create(self, record: dict[str, Any], **more: Any) -> httpx.Response:
        return self.call(
            "com.atproto.repo.createRecord", repo=self.did, collection="app.bsky.feed.post", record=record, **more
        )

    def upload(self, data: bytes, content_type: str = "image/png") -> dict[str, Any]:
        answer = self.server.http.post(
            "/xrpc/com.atproto.repo.uploadBlob", content=data, headers={**self.auth, "Content-Type": content_type}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["blob"])


def post_record(text: str = "Bonjour", **more: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-23T15:00:00.000Z", **more}


@pytest.fixture
def bluesky(server: Server) -> BlueskyClient:
    did = server.account("bluesky", HANDLE)
    answer = server.http.post(
        "/xrpc/com.atproto.server.createSession", json={"identifier": HANDLE, "password": "sesame"}
    )
    assert answer.status_code == 200, answer.text
    return BlueskyClient(server, did, answer.json())


@dataclass
class MastodonClient:
    server: Server
    account_id: str
    app: dict[str, Any]
    token: dict[str, Any]

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token['access_token']}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.server.http.get(path, params=params, headers=self.auth)

    def publish(self, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        return self.server.http.post("/api/v1/statuses", json=body, headers={**self.auth, **(headers or {})})

    def upload(self, data: bytes, **form: str) -> httpx.Response:
        return self.server.http.post(
            "/api/v2/media", files={"file": ("image.png", data, "image/png")}, data=form, headers=self.auth
        )


VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def register(server: Server, scopes: str = SCOPE) -> dict[str, Any]:
    answer = server.http.post(
        "/api/v1/apps", data={"client_name": "Parvis", "redirect_uris": CALLBACK, "scopes": scopes}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def asked(app: dict[str, Any], **more: str) -> dict[str, str]:
    return {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": SCOPE,
        "state": "s t/ate",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }


def sign_in(server: Server, app: dict[str, Any], username: str = "ville", **more: str) -> dict[str, str]:
    """The parameters of the redirect after a person signed in."""
    answer = server.http.post(
        "/oauth/authorize", data={**asked(app), "username": username, "password": "sesame", **more}
    )
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(server: Server, app: dict[str, Any], code: str, verifier: str = VERIFIER, **more: str) -> httpx.Response:
    return server.http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
            **more,
        },
    )


def connected(server: Server, scope: str = SCOPE) -> MastodonClient:
    account_id = server.account("mastodon", "ville")
    app = register(server, scope)
    token = exchange(server, app, sign_in(server, app, scope=scope)["code"])
    assert token.status_code == 200, token.text
    return MastodonClient(server, account_id, app, token.json())


@pytest.fixture
def mastodon(server: Server) -> MastodonClient:
    return connected(server)


def png(width: int = 4, height: int = 3, colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def schema_of(specs: Path, name: str) -> dict[str, Any]:
    """A schema of Mastodon's OpenAPI document, its references resolvable."""
    document = json.loads((specs / "mastodon-openapi.json").read_text("utf-8"))
    # Every quote is valid under both of the document's two kinds, which differ in optional properties only.
    quote = document["components"]["schemas"]["Status"]["properties"]["quote"]
    quote["anyOf"] = quote.pop("oneOf")
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
