"""Somebody who uses the application through its API, as a browser does."""

from __future__ import annotations

import time
from typing import Any

import requests

_TIMEOUT_S = 30


class RefusedError(Exception):
    """The API answered with an error; the message says which."""


class Visitor:
    def __init__(self, api: str, email: str, password: str) -> None:
        self._api = api
        self._session = requests.Session()
        self._session.trust_env = False
        signed_in = self.call("POST", "/api/session", {"email": email, "password": password})
        self.me: dict[str, Any] = signed_in["me"]
        self._session.headers["Authorization"] = f"Bearer {signed_in['access_token']}"

    def call(
        self, method: str, path: str, body: Any = None, *, version: int | None = None, key: str | None = None
    ) -> Any:
        """The answer's JSON, or None. Raises RefusedError."""
        headers = {}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = self._session.request(method, self._api + path, json=body, headers=headers, timeout=_TIMEOUT_S)
        if answer.status_code >= 400:
            raise RefusedError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def upload(self, department: str, filename: str, content_type: str, content: bytes) -> str:
        """The id of an image that was uploaded and judged ready."""
        announced = self.call(
            "POST",
            "/api/media",
            {"department": department, "filename": filename, "content_type": content_type, "size": len(content)},
        )
        upload = announced["upload"]
        requests.put(upload["url"], data=content, headers=upload["headers"], timeout=_TIMEOUT_S).raise_for_status()
        media_id = str(announced["media"]["id"])
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            media = self.call("GET", f"/api/media/{media_id}")
            if media["state"] == "ready":
                return media_id
            if media["state"] == "refused":
                raise RefusedError(f"{filename}: {media['reason']}")
            time.sleep(0.3)
        raise RefusedError(f"{filename} was not judged in time")
