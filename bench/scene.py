"""What every run of the publishing benchmarks happens on: the local stack, the practice networks, an agency."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from chalicelib.publishing import planning
from chalicelib.publishing.post import Content
from chalicelib.settings import read
from chalicelib.team.actor import Actor
from chalicelib.team.founding import found_agency
from chalicelib.wiring import House
from infra.local.stack import Stack, start

AGENCY = "benchtown"
DEPARTMENT = "all"
ZONE = "Europe/Paris"
PASSWORD = "practice-password"
PROJECT = Path(__file__).parents[1]


@dataclass
class Scene:
    stack: Stack
    practice: str
    house: House
    actor: Actor
    profiles: dict[str, tuple[str, str]]
    """profile id -> (network, handle)"""

    def schedule(self, texts: Sequence[tuple[str, str]], due_at: datetime, *, media: Sequence[str] = ()) -> list[str]:
        """One post for each (profile, text), all due at this moment; returns the post ids in that order."""
        from chalicelib.publishing.post import Attachment

        attached = tuple(Attachment(media=each, alt="bench") for each in media)

        def one(pair: tuple[str, str]) -> str:
            content = Content(text=pair[1], targets=(pair[0],), media=attached)
            draft = planning.write(content, department=DEPARTMENT, zone=ZONE, actor=self.actor, bench=self.house.bench)
            planned = planning.schedule(
                draft.post.id, due_at=due_at, zone=ZONE, expected=None, actor=self.actor, bench=self.house.bench
            )
            return planned.post.id

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, texts))

    def deliveries(self, posts: Sequence[str]) -> list[Any]:
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda post: planning.load(AGENCY, post, store=self.house.store).deliveries, posts)
            return [delivery for deliveries in found for delivery in deliveries]

    def accepted(self, since: float) -> list[dict[str, Any]]:
        """What the practice networks took as a new post, from their own log, oldest first."""
        return self._pages("/practice/accepted", "accepted", since)

    def arrivals(self, since: float) -> list[dict[str, Any]]:
        """Every request that reached a network to publish or upload something, whatever became of it."""
        log = self._pages("/practice/log", "entries", since)
        return [each for each in log if each["operation"] in ("publish", "upload")]

    def _pages(self, path: str, name: str, since: float) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        after = 0
        while True:
            page = requests.get(
                self.practice + path, params={"since": since, "after": after, "limit": 5000}, timeout=60
            ).json()
            entries += page[name]
            if not page[name] or page.get("next") in (None, after):
                return entries
            after = page["next"]

    def faults(self, rules: list[dict[str, Any]]) -> None:
        requests.put(f"{self.practice}/practice/faults", json=rules, timeout=10).raise_for_status()


@contextmanager
def scene(name: str, profiles: int, **stack_options: Any) -> Iterator[Scene]:
    """A fresh stack under build/bench/<name> with so many profiles, half on each network."""
    folder = PROJECT / "build" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port = _free_port()
    practice_url = f"http://127.0.0.1:{port}"
    log = (folder / "practice.log").open("wb")
    command = [sys.executable, "-m", "infra.local.practice", "--port", str(port), "--data", str(folder / "practice")]
    practice = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        _wait(f"{practice_url}/practice/health")
        with start(folder / "stack", **stack_options) as stack:
            functions = stack.client("lambda")
            configured = functions.get_function_configuration(FunctionName=stack.resources["Publish"])
            environment = configured["Environment"]["Variables"] | {
                "AWS_ENDPOINT_URL": stack.endpoint,
                "AWS_DEFAULT_REGION": functions.meta.region_name,
                "AWS_ACCESS_KEY_ID": "000000000000",
                "AWS_SECRET_ACCESS_KEY": "local",
            }
            os.environ.update(environment)
            from chalicelib.aws import clients

            for each in (
                *(clients.dynamodb, clients.sqs, clients.s3, clients.kms, clients.cognito),
                *(clients.sns, clients.sns_once, clients.ses_once),
            ):
                each.cache_clear()
            house = House(read(environment))
            actor = Actor(agency=AGENCY, person="bench", name="Bench", roles={DEPARTMENT: "administrator"})
            found_agency(
                agency=AGENCY,
                name="Bench",
                zone=ZONE,
                departments={DEPARTMENT: "All"},
                store=house.store,
                clock=house.clock,
            )
            yield Scene(stack, practice_url, house, actor, _connect(house, actor, practice_url, profiles))
    finally:
        practice.terminate()
        practice.wait(10)
        log.close()


def _connect(house: House, actor: Actor, practice: str, count: int) -> dict[str, tuple[str, str]]:
    from urllib.parse import parse_qs, urlsplit

    from chalicelib.profiles import connecting

    desk = connecting.Connecting(
        store=house.store, vault=house.vault, clock=house.clock, callback_url="http://127.0.0.1:8000/oauth/callback"
    )
    connected = {}
    for position in range(count):
        name = ("bluesky", "mastodon")[position % 2]
        handle = f"office{position}.bench.test" if name == "bluesky" else f"office{position}"
        account = {"network": name, "handle": handle, "display_name": f"Office {position}", "password": PASSWORD}
        requests.post(f"{practice}/practice/accounts", json=account, timeout=10).raise_for_status()
        network = house.network_named(name)
        common = {"network_name": name, "network": network, "department": DEPARTMENT, "server": practice}
        if name == "bluesky":
            profile = connecting.connect_with_password(
                **common, identifier=handle, app_password=PASSWORD, mending=None, actor=actor, desk=desk
            )
        else:
            begun = connecting.begin_oauth(**common, mending=None, actor=actor, desk=desk)
            agreed = requests.post(
                begun.authorize_url,
                data={"username": handle, "password": PASSWORD},
                allow_redirects=False,
                timeout=10,
            )
            answer = parse_qs(urlsplit(agreed.headers["Location"]).query)
            returned = connecting.finish_oauth(
                connecting.handshake_of(begun.handshake, actor=actor, store=house.store),
                network=network,
                code=answer["code"][0],
                state=answer["state"][0],
                actor=actor,
                desk=desk,
            )
            profile = returned.profile
            assert profile is not None
        connected[profile.id] = (name, handle)
    return connected


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise TimeoutError(url)
