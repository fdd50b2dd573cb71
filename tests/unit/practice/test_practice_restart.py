"""What stands after a clean stop, after kill -9, and after a crash in the middle of a line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from infra.local.practice.journal import DamagedJournal, InUse, Journal
from infra.local.practice.store import Store

from .conftest import ROOT, BlueskyClient, MastodonClient, Server, exchange, png, post_record, register, sign_in
from .test_practice_bluesky import TID, image_embed


class Process:
    """The server as a process of its own, to be killed."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.practice", "--port", str(port), "--data", str(data)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        match = re.search(r"http://\S+", line)
        assert match, (line, self._process.stderr.read() if self._process.stderr else "")
        self.url = match[0]
        self.http = httpx.Client(base_url=self.url, timeout=10)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.http.get("/practice/health")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self, with_signal: int) -> int:
        self.http.close()
        os.kill(self._process.pid, with_signal)
        return self._process.wait(timeout=10)

    def as_server(self) -> Server:
        return Server(None, self.http)  # type: ignore[arg-type]


@pytest.mark.parametrize(("how", "wait"), [(signal.SIGKILL, 1.2), (signal.SIGTERM, 0.0), (signal.SIGINT, 0.0)])
def test_everything_is_there_after_a_restart(tmp_path: Path, how: int, wait: float) -> None:
    process = Process(tmp_path / "data")
    server = process.as_server()
    did = server.account("bluesky", "ville.practice.test")
    body = {"identifier": did, "password": "sesame"}
    session = process.http.post("/xrpc/com.atproto.server.createSession", json=body).json()
    bluesky = BlueskyClient(server, did, session)
    blob = bluesky.upload(png())
    assert bluesky.put(TID, post_record("Avant", embed=image_embed(blob))).status_code == 200
    account_id = server.account("mastodon", "ville")
    app = register(server)
    mastodon = MastodonClient(server, account_id, app, exchange(server, app, sign_in(server, app)["code"]).json())
    kept, gone = (mastodon.publish(status=text).json()["id"] for text in ("Avant", "Effacé"))
    assert process.http.delete(f"/api/v1/statuses/{gone}", headers=mastodon.auth).status_code == 200
    time.sleep(wait)
    process.stop(how)

    # The same port, so that tokens made for this origin still name it.
    again = Process(tmp_path / "data", port=int(process.url.rpartition(":")[2]))
    try:
        bluesky.server = mastodon.server = again.as_server()
        assert [row["deleted"] for row in again.as_server().accepted()] == [False, False, True]
        assert bluesky.put(TID, post_record("Avant", embed=image_embed(blob))).status_code == 200, "the token stands"
        assert len(again.as_server().accepted()) == 3, "and the record was there"
        assert mastodon.get(f"/api/v1/statuses/{kept}").json()["content"] == "<p>Avant</p>"
        assert mastodon.get(f"/api/v1/statuses/{gone}").status_code == 404
        newer = mastodon.publish(status="Après").json()["id"]
        assert int(newer) > int(gone)
        refreshed = again.http.post(
            "/xrpc/com.atproto.server.refreshSession", headers={"Authorization": f"Bearer {session['refreshJwt']}"}
        )
        assert refreshed.status_code == 200
        image = bluesky.query("com.atproto.sync.getBlob", did=did, cid=blob["ref"]["$link"])
        assert image.content == png()
    finally:
        again.stop(signal.SIGTERM)


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    process = Process(tmp_path / "data")
    try:
        port = process.url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "infra.local.practice", "--port", port, "--data", str(tmp_path / "other")],
            cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert (second.returncode, second.stderr) == (1, f"Port {port} is in use: choose another with --port.\n")
        third = subprocess.run(
            [sys.executable, "-m", "infra.local.practice", "--port", "0", "--data", str(tmp_path / "data")],
            cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert third.returncode == 1
        assert "in use by another process" in third.stderr
    finally:
        process.stop(signal.SIGTERM)


def test_a_line_cut_by_a_crash_is_dropped_and_damage_elsewhere_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.start()
    journal.append({"kind": "grant", "name": "a", "value": {}})
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"kind":"grant","na')
    journal = Journal(path)
    assert [event["name"] for event in journal.read()] == ["a"]
    assert path.read_bytes().endswith(b"}\n")
    with pytest.raises(InUse):
        Journal(path)
    journal.close()
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    journal = Journal(path)
    with pytest.raises(DamagedJournal, match="line 1"):
        list(journal.read())
    journal.close()


def test_secrets_are_not_in_the_files(tmp_path: Path) -> None:
    store = Store(tmp_path, time.time)
    store.add_account(network="mastodon", account_id="1", handle="a", display_name="A", password="hunter2-sesame")
    store.close()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"hunter2" not in file.read_bytes()
            assert file.stat().st_mode & 0o077 == 0, file
