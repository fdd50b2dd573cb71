"""The secrets shared with the practice networks: made once, kept, and completed where a state is older."""

from __future__ import annotations

import json
from pathlib import Path

from infra.local.network_apps import practice_apps
from infra.local.practice.meta_login import is_meta_app


def read(state: Path) -> dict[str, dict[str, str]]:
    return dict(json.loads(practice_apps(state).read_text("utf-8")))


def test_they_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    made = read(tmp_path)
    assert read(tmp_path) == made
    assert practice_apps(tmp_path).stat().st_mode & 0o777 == 0o600
    for network, app in made.items():
        assert is_meta_app(app["client_id"]) is (network in ("facebook", "instagram", "threads"))
    assert len({each["client_id"] for each in made.values()}) == len(made) == 6


def test_an_older_state_keeps_what_it_has_and_gets_what_it_lacks(tmp_path: Path) -> None:
    old = {"facebook": {"app_secret": "0ld", "verify_token": "t"}, "x": {"consumer_secret": "c"}}
    (tmp_path / "network-apps.json").write_text(json.dumps(old), "utf-8")
    made = read(tmp_path)
    assert made["facebook"]["app_secret"] == "0ld"
    assert made["facebook"]["verify_token"] == "t"
    assert made["x"]["consumer_secret"] == "c"
    assert made["x"]["client_id"]
    assert made["x"]["client_secret"]
    assert made["facebook"]["client_id"]
    for network in ("instagram", "threads", "linkedin", "youtube"):
        assert made[network]["client_secret"]
    assert read(tmp_path) == made
