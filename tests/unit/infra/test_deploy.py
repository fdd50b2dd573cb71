"""The platform application for push is made once; later deployments replace its credential."""

from __future__ import annotations

from typing import Any

import pytest

from infra import deploy


class Sns:
    def __init__(self, *present: str) -> None:
        self.present, self.calls = list(present), []  # type: ignore[var-annotated]

    def get_paginator(self, name: str) -> Sns:
        assert name == "list_platform_applications"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"PlatformApplications": [{"PlatformApplicationArn": each}]} for each in self.present]

    def create_platform_application(self, **asked: Any) -> dict[str, str]:
        self.calls.append(("create", asked["Name"], asked["Attributes"]["PlatformCredential"]))
        return {"PlatformApplicationArn": f"arn:aws:sns:r:0:app/GCM/{asked['Name']}"}

    def set_platform_application_attributes(self, **asked: Any) -> None:
        self.calls.append(("set", asked["PlatformApplicationArn"], asked["Attributes"]["PlatformCredential"]))


def test_it_is_made_the_first_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sns = Sns("arn:aws:sns:r:0:app/GCM/parvis-staging")
    monkeypatch.setattr(deploy.boto3, "client", lambda name: sns)
    assert deploy.put_push_application("production", "{}") == "arn:aws:sns:r:0:app/GCM/parvis-production"
    assert sns.calls == [("create", "parvis-production", "{}")]


def test_its_credential_is_replaced_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:sns:r:0:app/GCM/parvis-production"
    sns = Sns("arn:aws:sns:r:0:app/APNS/parvis-production", arn)
    monkeypatch.setattr(deploy.boto3, "client", lambda name: sns)
    assert deploy.put_push_application("production", "new") == arn
    assert sns.calls == [("set", arn, "new")]
