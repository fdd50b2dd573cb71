"""Pushes are kept as SNS was given them and shown as text; a browser gets a token to register."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from infra.local import push as push_module
from infra.local.front.application import FrontSettings, application
from infra.local.push import Pushes


def message(title: str = "Pic de messages", link: str = "http://127.0.0.1:8000/alerts/a1") -> str:
    gcm = {"notification": {"title": title, "body": "86 messages"}, "data": {"link": link}}
    return json.dumps({"default": title, "GCM": json.dumps(gcm)})


@pytest.fixture
def pushes(tmp_path: Path) -> Pushes:
    return Pushes(tmp_path / "push")


def front(tmp_path: Path, **more: Path) -> TestClient:
    nowhere = "http://127.0.0.1:1"
    return TestClient(
        application(
            FrontSettings(api_url=nowhere, file_origin=nowhere, site=tmp_path, mail=tmp_path / "mail", **more)  # type: ignore[arg-type]
        )
    )


@pytest.fixture
def page(tmp_path: Path) -> TestClient:
    return front(tmp_path, push=tmp_path / "push")


def test_a_push_is_kept_and_shown_newest_first(pushes: Pushes, page: TestClient) -> None:
    assert "Nothing has been pushed." in page.get("/push").text
    pushes.keep("practice-1", message("premier"))
    pushes.keep("practice-2", message("second"))
    assert [(each.title, each.token) for each in pushes.list()] == [("second", "practice-2"), ("premier", "practice-1")]
    shown = page.get("/push").text
    assert "<a href='http://127.0.0.1:8000/alerts/a1'>second</a><br>86 messages" in shown


def test_what_was_pushed_is_shown_and_not_trusted(pushes: Pushes, page: TestClient) -> None:
    pushes.keep("<script>", message("<script>alert(1)</script>", "javascript:alert(2)"))
    pushes.keep("t", "no json <b>")
    answer = page.get("/push")
    assert "<script>" not in answer.text and "javascript:" not in answer.text and "no json &lt;b&gt;" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_only_so_many_are_kept(pushes: Pushes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_module, "KEPT", 3)
    for number in range(5):
        pushes.keep("t", message(f"number {number}"))
    assert [each.title for each in pushes.list()] == ["number 4", "number 3", "number 2"]


def test_a_browser_is_told_where_tokens_are_and_gets_another_each_time(page: TestClient) -> None:
    said = page.get("/push.json").json()
    assert said == {"kind": "practice", "tokens": "/push/tokens"}
    first, second = (page.post(said["tokens"]).json()["token"] for _ in range(2))
    assert first != second and len(first) >= 8


def test_without_a_push_service_the_application_finds_no_configuration(tmp_path: Path) -> None:
    assert front(tmp_path).get("/push.json").status_code == 404
