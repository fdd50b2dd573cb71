"""`make run` says in one sentence why it cannot, and starts nothing then."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import bootstrap
from infra.local import processes
from infra.local.run import CannotRunError, Places, lock, password

ROOT = Path(__file__).parents[3]


def run(module: list[str], state: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *module],
        cwd=ROOT,
        env={**os.environ, "PARVIS_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize("module", [["-m", "infra.local.run"], ["infra/bootstrap.py", "run"]])
def test_a_port_in_use_is_one_sentence(module: list[str], taken: int, tmp_path: Path) -> None:
    result = run(module, tmp_path / "state", PARVIS_PORT=str(taken))
    assert result.returncode == 1
    assert f"Port {taken} of 127.0.0.1" in result.stderr
    assert "PARVIS_PORT" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "state" / "cloud").exists()


@pytest.mark.parametrize("module", [["-m", "infra.local.run"], ["infra/bootstrap.py", "run"]])
def test_a_port_that_is_no_number_is_one_sentence(module: list[str], tmp_path: Path) -> None:
    result = run(module, tmp_path / "state", PARVIS_PORT="eight thousand")
    assert (result.returncode, len(result.stderr.strip().splitlines())) == (1, 1)
    assert "eight thousand" in result.stderr


def test_a_state_belongs_to_one_run_at_a_time(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(CannotRunError, match="running already"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bootstrap.check_space(ROOT, 10**18)
    assert ended.value.code == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_wrong_python_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    with pytest.raises(SystemExit):
        bootstrap.check_python()
    assert "3.10" in capsys.readouterr().err


def test_the_password_is_made_once_and_only_its_owner_may_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARVIS_DEMO_PASSWORD", raising=False)
    first = password(tmp_path)
    assert len(first) >= 16
    assert password(tmp_path) == first
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("PARVIS_DEMO_PASSWORD", "chosen")
    assert password(tmp_path) == "chosen"


def test_ports_follow_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_PORT", "9000")
    monkeypatch.setenv("PARVIS_PORT_MAIL", "2525")
    places = Places.from_environment()
    assert (places.front, places.cloud, places.mail, places.practice) == (9000, 9001, 2525, 9090)


def descendants(pid: int) -> list[int]:
    found = processes.children_of(pid)
    return found + [grandchild for child in found for grandchild in descendants(child)]


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.stack
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind_however_it_ends(end: signal.Signals, tmp_path: Path) -> None:
    if not (ROOT / "app.py").is_file():
        pytest.skip("there is no application to run")
    ports = {f"PARVIS_PORT{name}": str(processes.free_port()) for name in ("", "_CLOUD", "_MAIL", "_PRACTICE")}
    log = tmp_path / "output"
    with log.open("wb") as output:
        runner = subprocess.Popen(
            [sys.executable, "-m", "infra.local.run"],
            cwd=ROOT,
            env={**os.environ, **ports, "PARVIS_STATE": str(tmp_path / "state")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 300
        while b"Ready in" not in log.read_bytes():
            assert runner.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        started = descendants(runner.pid)
        assert len(started) >= 3, "the cloud, the front and at least one function"
        runner.send_signal(end)
        began = time.monotonic()
        status = runner.wait(15)
    finally:
        runner.kill()
    if end != signal.SIGKILL:
        assert status == 0
        assert time.monotonic() - began < 6
    deadline = time.monotonic() + 5
    while alive(started) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(started) == []
    assert all(processes.port_is_free(int(port)) for port in ports.values()), json.dumps(ports)
