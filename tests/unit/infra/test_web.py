"""The pages are built when they changed, and of the checkout that shows them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from infra.local.web import BuildError, build

_NPM = """#!/bin/sh
echo "$@" >> ../calls
[ "$1" = ci ] && mkdir -p node_modules
[ -f broken ] && [ "$1" = run ] && { echo "no such import"; exit 1; }
[ "$1" = run ] && rm -rf dist && mkdir dist && cat src/main.ts > dist/index.html
exit 0
"""
"""What `npm ci` and `npm run build` leave behind: modules, and pages that differ where the sources do."""


@pytest.fixture(autouse=True)
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(_NPM)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))


def checkout(folder: Path, source: str = "one") -> Path:
    web = folder / "web"
    (web / "src").mkdir(parents=True)
    (web / "src" / "main.ts").write_text(source)
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("{}")
    return web


def pages(web: Path) -> str:
    return (web / "dist" / "index.html").read_text()


def calls(web: Path) -> list[str]:
    """What npm was asked for since this was asked last."""
    asked = web.parent / "calls"
    said = asked.read_text().splitlines() if asked.is_file() else []
    asked.unlink(missing_ok=True)
    return [line.split(" --")[0] for line in said]


def test_what_did_not_change_is_not_built_again(tmp_path: Path) -> None:
    web, log = checkout(tmp_path), tmp_path / "web.log"
    assert build(web, log=log)
    assert calls(web) == ["ci", "run build"]
    assert not build(web, log=log)
    assert calls(web) == []
    (web / "src" / "main.ts").write_text("two")
    assert build(web, log=log)
    assert (calls(web), pages(web)) == (["run build"], "two")
    (web / "package-lock.json").write_text('{"a": 1}')
    assert build(web, log=log)
    assert calls(web) == ["ci", "run build"]


def test_two_checkouts_with_the_same_modules_each_show_their_own_pages(tmp_path: Path) -> None:
    first, second, log = checkout(tmp_path / "a"), checkout(tmp_path / "b", "old"), tmp_path / "web.log"
    build(second, log=log)
    (second / "src" / "main.ts").write_text("one")
    shutil.rmtree(second / "node_modules")
    (first / "node_modules").mkdir()
    (second / "node_modules").symlink_to(first / "node_modules")
    build(first, log=log)
    calls(second)
    assert build(second, log=log)
    assert (calls(second), pages(second)) == (["run build"], "one")


def test_pages_that_are_gone_or_were_built_by_hand_are_built_again(tmp_path: Path) -> None:
    web, log = checkout(tmp_path), tmp_path / "web.log"
    build(web, log=log)
    shutil.rmtree(web / "dist")
    assert build(web, log=log)
    (web / "dist" / "index.html").write_text("of sources that are not here any more")
    assert build(web, log=log)
    assert pages(web) == "one"


def test_a_build_that_failed_is_tried_again(tmp_path: Path) -> None:
    web, log = checkout(tmp_path), tmp_path / "web.log"
    (web / "broken").touch()
    for _ in range(2):
        with pytest.raises(BuildError, match="no such import"):
            build(web, log=log)
    (web / "broken").unlink()
    assert build(web, log=log)
    assert pages(web) == "one"
