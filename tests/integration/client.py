"""A client of the API that keeps every answer, refusals too."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
from PIL import Image

from infra.local.stack import Stack

TIMEOUT_S = 35

T = TypeVar("T")


class Client:
    """Nobody in particular until `sign_in`. `session` keeps the refresh cookie, as a browser does."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = ""
        self.me: dict[str, Any] = {}

    def sign_in(self, email: str, password: str) -> Client:
        answer = self.call("POST", "/api/session", {"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        self.token, self.me = answer.json()["access_token"], answer.json()["me"]
        return self

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: int | str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """version: sent as If-Match (a number is quoted). key: Idempotency-Key."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if version is not None:
            sent["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        if key is not None:
            sent["Idempotency-Key"] = key
        return self.session.request(
            method, self.api + path, json=body, headers={**sent, **(headers or {})}, timeout=TIMEOUT_S
        )

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer's JSON, which must be one of success."""
        answer = self.call(method, path, body, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        return answer.json() if answer.content else None

    def draft(self, text: str, targets: list[str], **more: Any) -> dict[str, Any]:
        body = {"department": "communications", "text": text, "targets": targets, "language": "fr", **more}
        made: dict[str, Any] = self.ok("POST", "/api/posts", body)
        return made

    def schedule(self, post: Mapping[str, Any], **when: Any) -> dict[str, Any]:
        planned: dict[str, Any] = self.ok(
            "POST", f"/api/posts/{post['id']}/schedule", when, version=int(post["version"])
        )
        return planned

    def review(self, department: str, steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """The department's workflow is this one from now on: it has one at most, and other tests may have made it."""
        body = {"name": "Relecture", "department": department, "steps": steps, "required": True, "active": True, **more}
        found = self.ok("GET", "/api/workflows")["items"]
        there = next((each for each in found if each["department"] == department), None)
        made: dict[str, Any] = (
            self.ok("PATCH", f"/api/workflows/{there['id']}", body, version=there["version"])
            if there
            else self.ok("POST", "/api/workflows", body)
        )
        return made

    def post(self, post_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ok("GET", f"/api/posts/{post_id}")
        return found

    def upload(
        self,
        content: bytes,
        content_type: str = "image/png",
        filename: str = "pont.png",
        department: str = "communications",
    ) -> dict[str, Any]:
        """The media as it was judged, ready or refused."""
        asked = {
            "department": department,
            "filename": filename,
            "content_type": content_type,
            "size": len(content),
        }
        announced = self.ok("POST", "/api/media", asked)
        upload = announced["upload"]
        requests.request(
            upload["method"], upload["url"], data=content, headers=upload["headers"], timeout=TIMEOUT_S
        ).raise_for_status()

        def judged() -> dict[str, Any] | None:
            media: dict[str, Any] = self.ok("GET", f"/api/media/{announced['media']['id']}")
            return media if media["state"] != "awaiting" else None

        return wait_for(judged, 60, "the file to be judged")


def wait_for(look: Callable[[], T | None], seconds: float, what: str, *, every: float = 0.25) -> T:
    """What `look` answers as soon as it is something; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def run_schedule(stack: Stack, function: str) -> None:
    """Set off a function of the minute now, as EventBridge does; the test need not wait for the minute."""
    event = {
        "version": "0",
        "id": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-11-23T00:00:00Z",
        "region": "ca-central-1",
        "resources": [],
        "detail": {},
    }
    answer = stack.client("lambda").invoke(FunctionName=stack.resources[function], Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer["Payload"].read()


def picture(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return data.getvalue()
