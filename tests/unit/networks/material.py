"""Accounts, publications and images as the tests of both connectors use them."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.networks.contract import Account, MediaFile, Publication

AT = datetime(2026, 3, 14, 9, 26, 53, 589_793, UTC)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
SECRETS = {"access": "access-s3cret", "refresh": "refresh-s3cret"}


def account(server: str, remote_id: str = DID, **limits: int) -> Account:
    return Account("p1", server, remote_id, "mairie.example", SECRETS, limits)


def image(content: bytes = b"\x89PNG...", **changes: object) -> MediaFile:
    values: dict[str, object] = {
        "media_id": "m1",
        "filename": "pont.png",
        "content_type": "image/png",
        "size": len(content),
        "width": 480,
        "height": 320,
        "alt": "Le pont, fermé",
        "sha256": hashlib.sha256(content).hexdigest(),
        "read": lambda: content,
    }
    return MediaFile(**{**values, **changes})  # type: ignore[arg-type]


def film(content: bytes = b"\x00\x00\x00\x18ftypmp42" + b"film" * 8, **changes: object) -> MediaFile:
    """A video."""
    values: dict[str, object] = {
        "media_id": "v1",
        "filename": "pont.mp4",
        "content_type": "video/mp4",
        "width": 1280,
        "height": 720,
        "alt": "Le pont, en quatre secondes",
        "duration_s": 4.0,
    }
    return image(content, **{**values, **changes})


def publication(text: str = "Le pont est fermé.", **changes: object) -> Publication:
    values: dict[str, object] = {"key": "delivery-1", "text": text, "written_at": AT, "language": "fr"}
    return Publication(**{**values, **changes})  # type: ignore[arg-type]


def specs() -> Path:
    """The folder of the networks' specifications: PARVIS_SPECS, or beside the project."""
    given = os.environ.get("PARVIS_SPECS")
    folder = Path(given) if given else Path(__file__).resolve().parents[3].parent / "shared" / "specs"
    if not folder.is_dir():
        pytest.skip("the networks' specifications are not here; PARVIS_SPECS names their folder")
    return folder
