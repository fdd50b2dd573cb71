"""A real Bluesky network on this machine: PDS, PLC directory and AppView, with a Postgres of its own.

    with start_bluesky_network() as network: ...      # network.url is the PDS that accounts sign in to
    network.accounts                                  # mairie, police, alice, bob, chloe

The AppView indexes what the PDS tells it a moment later: `until` waits for that, and no longer than it must.
"""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from infra.servers.postgres import start_postgres
from infra.servers.process import Process, free_port
from infra.servers.run import Server, bluesky_account, build_bluesky, fresh, node, own_directory

T = TypeVar("T")

AGENCY = ("mairie", "police")
CITIZENS = ("alice", "bob", "chloe")
_START_SECONDS = 90.0


@dataclass
class BlueskyNetwork(Server):
    """url: the PDS. appview: what it passes reading on to; asked directly only by tests."""

    appview: str = ""


def start_bluesky_network(
    directory: Path | None = None, *, people: Sequence[str] = (*AGENCY, *CITIZENS)
) -> BlueskyNetwork:
    """Everybody is known to the AppView when this returns. State is thrown away on stop. Raises Missing."""
    program = build_bluesky()
    postgres = start_postgres()
    process: Process | None = None
    directory = fresh(directory or own_directory("network"))

    def stop() -> None:
        if process is not None:
            process.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)

    try:
        ports = {name: str(free_port()) for name in ("PDS_PORT", "PLC_PORT", "APPVIEW_PORT", "BSYNC_PORT")}
        process = Process(
            [node(), "--import", "./loopback.mjs", "network.mjs"],
            cwd=program,
            log=directory / "log.txt",
            environment={**ports, "LOG_ENABLED": "false", "DB_POSTGRES_URL": postgres.url, "TMPDIR": str(directory)},
        )
        url, appview = f"http://localhost:{ports['PDS_PORT']}", f"http://localhost:{ports['APPVIEW_PORT']}"
        process.wait_until_answers(f"{url}/xrpc/com.atproto.server.describeServer", seconds=_START_SECONDS)
        process.wait_until_answers(f"{appview}/xrpc/_health", seconds=_START_SECONDS)
        accounts = [bluesky_account(url, name) for name in people]
        for account in accounts:
            until(lambda did=account.remote_id: _knows(appview, did))
    except BaseException:
        stop()
        raise
    return BlueskyNetwork(url, accounts, directory, stop, appview)


def until(look: Callable[[], T], *, seconds: float = 20.0, pause: float = 0.1) -> T:
    """What `look` answers as soon as it is something (true); raises TimeoutError when it is nothing for so long."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"nothing after {seconds:.0f} s")
        time.sleep(pause)


def _knows(appview: str, did: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{appview}/xrpc/app.bsky.actor.getProfile?actor={did}", timeout=10) as answer:
            return json.load(answer)["did"] == did
    except urllib.error.HTTPError:
        return False
