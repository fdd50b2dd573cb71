"""`make run`: the whole of Parvis on this machine until Ctrl-C.

Environment: PARVIS_PORT (8000; the others follow from it and can be set with PARVIS_PORT_CLOUD, _MAIL, _PRACTICE),
PARVIS_STATE (.parvis), PARVIS_DEMO_PASSWORD.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from infra.local import processes
from infra.local.deploy import DeployError, client, functions_environment
from infra.local.network_apps import practice_apps, put_apps
from infra.local.package import PROJECT
from infra.local.stack import Stack, StartError, start, wait_until_answers
from infra.local.web import BuildError, build

PRACTICE = "infra.local.practice"
DEMONSTRATION = "infra.local.demo"
SEEDED = "/parvis/local/demonstration"
"""SSM parameter saying which demonstration was put on; it is saved together with what the demonstration wrote."""
LARGEST_LOG = 5_000_000


@dataclass(frozen=True)
class Places:
    """Ports and folders of one running Parvis."""

    state: Path
    front: int
    cloud: int
    mail: int
    practice: int

    @property
    def site_url(self) -> str:
        return f"http://127.0.0.1:{self.front}"

    @classmethod
    def from_environment(cls) -> Places:
        """Raises ValueError when a port is not a number."""
        front = int(os.environ.get("PARVIS_PORT", "8000"))
        return cls(
            state=Path(os.environ.get("PARVIS_STATE", PROJECT / ".parvis")).resolve(),
            front=front,
            cloud=int(os.environ.get("PARVIS_PORT_CLOUD", front + 1)),
            mail=int(os.environ.get("PARVIS_PORT_MAIL", front + 2)),
            practice=int(os.environ.get("PARVIS_PORT_PRACTICE", front + 90)),
        )


class CannotRunError(Exception):
    """Why the stack cannot run, in one sentence."""


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def lock(state: Path) -> IO[str]:
    """Hold the state for this process; raises CannotRunError when another has it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (state / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CannotRunError(f"Parvis is running already with the state in {state}.") from error
    return file


def check_ports(places: Places) -> None:
    """Raises CannotRunError when a port is taken."""
    for name, port in (
        ("PARVIS_PORT", places.front),
        ("PARVIS_PORT_CLOUD", places.cloud),
        ("PARVIS_PORT_MAIL", places.mail),
        ("PARVIS_PORT_PRACTICE", places.practice),
    ):
        if not processes.port_is_free(port):
            raise CannotRunError(f"Port {port} of 127.0.0.1 is in use: stop what uses it, or set {name} to another.")


def password(state: Path) -> str:
    """The demonstration's password: the one given, or one made once and kept for this state."""
    given = os.environ.get("PARVIS_DEMO_PASSWORD")
    if given:
        return given
    kept = state / "password"
    if not kept.is_file():
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(12))
    return kept.read_text().strip()


def is_there(module: str) -> bool:
    """Whether a module of the project exists."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class Run:
    """The processes of one `make run`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._builders: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()

    def __call__(self) -> int:
        """Start everything, wait for Ctrl-C, stop everything; returns the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)
        began = time.monotonic()
        try:
            self._start()
            say(f"Ready in {time.monotonic() - began:.1f} s. Ctrl-C ends it; what was written is there next time.")
            return self._supervise()
        except KeyboardInterrupt:
            return 0
        except DeployError as error:
            print(
                f"Parvis did not start: the template was refused: {error}\n"
                f"If what is kept may go, delete {self._places.state} and start again.",
                file=sys.stderr,
            )
            return 1
        except (CannotRunError, StartError, BuildError, RuntimeError, OSError) as error:
            print(f"Parvis did not start: {error}", file=sys.stderr)
            return 1
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            processes.stop([*self._children.values(), *self._builders])

    def _stop_soon(self, *_: object) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            raise KeyboardInterrupt

    def _start(self) -> None:
        places = self._places
        check_ports(places)
        for log in (places.state / "logs").glob("*.log"):
            if log.stat().st_size > LARGEST_LOG:
                log.replace(log.with_suffix(".old"))
        building = self._build_pages()
        say("Starting the cloud")
        stack = start(
            places.state,
            places.cloud,
            site_url=places.site_url,
            smtp_port=places.mail,
            started=lambda process: self._children.update(cloud=process),
        )
        say("The application is on it" if stack.deployed.changed else "The application on it is up to date")
        if building is not None and building.result():
            say("The pages are built")
        put_apps(stack, self._apps())
        self._start_practice()
        self._start_front(stack)
        self._wait_for_api()
        self._seed(stack)
        self._say_where()

    def _build_pages(self) -> Future[bool] | None:
        """Build beside the start of the cloud; the first time it takes a minute."""
        web = PROJECT / "web"
        if not (web / "package.json").is_file():
            return None
        built: Future[bool] = Future()

        def work() -> None:
            try:
                built.set_result(build(web, log=self._places.state / "logs" / "web.log", started=self._builders.append))
            except BaseException as error:
                built.set_exception(error)

        # A daemon: Ctrl-C must not wait for npm.
        threading.Thread(target=work, daemon=True, name="pages").start()
        return built

    def _apps(self) -> Path:
        return practice_apps(self._places.state, f"http://127.0.0.1:{self._places.practice}")

    def _start_practice(self) -> None:
        if not is_there(PRACTICE):
            return
        say("Starting the practice networks")
        log = self._places.state / "logs" / "practice.log"
        data = self._places.state / "practice"
        data.mkdir(parents=True, exist_ok=True)
        port = self._places.practice
        process = processes.start(
            PRACTICE,
            *("--port", str(port), "--data", str(data)),
            *("--webhook-url", f"{self._places.site_url}/api/webhooks/facebook"),
            *("--webhook-secrets", str(self._apps())),
            log=log,
        )
        self._children["practice"] = process
        wait_until_answers(f"http://127.0.0.1:{port}/", process, log)

    def _start_front(self, stack: Stack) -> None:
        say("Starting the front")
        log = self._places.state / "logs" / "front.log"
        process = processes.start(
            "infra.local.front",
            *("--port", str(self._places.front), "--smtp-port", str(self._places.mail)),
            *("--api-url", stack.api_url, "--endpoint", stack.endpoint),
            *("--topic", stack.outputs["OperationsTopicArn"], "--topic", stack.outputs["AlertsTopicArn"]),
            *("--site", str(PROJECT / "web" / "dist"), "--mail", str(self._places.state / "mail")),
            *("--push", str(stack.pushes)),
            log=log,
        )
        self._children["front"] = process
        wait_until_answers(f"{self._places.site_url}/mail", process, log)

    def _wait_for_api(self) -> None:
        """The API may answer that something is wrong; it must be the API that answers."""
        deadline = time.monotonic() + 60
        last = ""
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self._places.site_url}/api/health", timeout=30):
                    return
            except urllib.error.HTTPError as error:
                last = error.read().decode(errors="replace")[:300]
                if error.code not in (500, 502, 504):
                    return
            except OSError as error:
                last = str(error)
            time.sleep(0.3)
        raise CannotRunError(f"/api/health did not answer: {last}")

    def _seed(self, stack: Stack) -> None:
        if not is_there(DEMONSTRATION):
            return
        spec = importlib.util.find_spec(DEMONSTRATION)
        source = Path(spec.origin or "") if spec else Path()
        digest = hashlib.sha256(source.read_bytes() if source.is_file() else b"").hexdigest()
        ssm = client("ssm", stack.endpoint)
        # By path: asking for a parameter that is not there is an error, and the emulator's need not be AWS's.
        parameters = ssm.get_parameters(Names=[SEEDED])["Parameters"]
        if parameters and parameters[0]["Value"] == digest:
            return
        say("Putting the demonstration on it")
        said = self._places.state / "sign-in"
        environment = {
            **os.environ,
            **functions_environment(stack.endpoint),
            "PARVIS_DEMO_PASSWORD": password(self._places.state),
        }
        command = [sys.executable, "-m", DEMONSTRATION, "--api", self._places.site_url]
        command += ["--practice", f"http://127.0.0.1:{self._places.practice}"]
        log = self._places.state / "logs" / "demo.log"
        with log.open("ab") as errors:
            result = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors, timeout=300, check=False, text=True
            )
        if result.returncode:
            raise CannotRunError(f"the demonstration could not be put on: see {log}")
        said.write_text(result.stdout)
        ssm.put_parameter(Name=SEEDED, Value=digest, Type="String", Overwrite=True)

    def _say_where(self) -> None:
        places = self._places
        say(f"\n  Parvis     {places.site_url}")
        said = places.state / "sign-in"
        if said.is_file():
            for line in said.read_text().splitlines():
                say(f"  {line}")
            where = "PARVIS_DEMO_PASSWORD" if os.environ.get("PARVIS_DEMO_PASSWORD") else places.state / "password"
            say(f"  Password   {password(places.state)}   (kept in {where})")
            say("             No second factor is asked of administrators here; a real deployment asks always.")
        say(f"  Mail       {places.site_url}/mail")
        say(f"  Push       {places.site_url}/push")
        if "practice" in self._children:
            say(f"  Networks   http://127.0.0.1:{places.practice}")
        say(f"  Logs       {places.state / 'logs'}\n")

    def _supervise(self) -> int:
        while True:
            for name, process in self._children.items():
                if process.poll() is not None:
                    log = self._places.state / "logs" / f"{name}.log"
                    print(f"The {name} ended with status {process.returncode}: see {log}", file=sys.stderr)
                    return 1
            self._stopping.wait(0.3)
            if self._stopping.is_set():
                return 0


def main() -> int:
    """Run until Ctrl-C; the exit status is 0 then, and 1 with a sentence when it could not."""
    try:
        places = Places.from_environment()
        held = lock(places.state)
    except ValueError as error:
        print(f"A port must be a number: {error}.", file=sys.stderr)
        return 1
    except CannotRunError as error:
        print(error, file=sys.stderr)
        return 1
    with held:
        return Run(places)()


if __name__ == "__main__":
    sys.exit(main())
