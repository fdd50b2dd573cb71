"""What every run of the publishing benchmarks happens on: the local stack, the practice networks, an agency."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
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
from infra.local.demo.connections import agree
from infra.local.network_apps import practice_apps, put_apps
from infra.local.stack import Stack, start

AGENCY = "benchtown"
DEPARTMENT = "all"
ZONE = "Europe/Paris"
PASSWORD = "practice-password"
PROJECT = Path(__file__).parents[1]


Parts = Callable[[str, str], Sequence[str]]
"""(network, text) -> what goes out there for it: one text, or the parts of a thread."""


@dataclass
class Scene:
    stack: Stack
    practice: str
    house: House
    actor: Actor
    profiles: dict[str, tuple[str, str]]
    """profile id -> (network, handle)"""
    picture: str | None = None
    """The media id of an image, where a network takes no post without one."""

    def schedule(
        self,
        texts: Sequence[tuple[str, str]],
        due_at: datetime,
        *,
        media: Sequence[str] = (),
        parts: Parts = lambda network, text: (text,),
    ) -> list[str]:
        """One post for each (profile, text), all due at this moment; returns the post ids in that order. parts: of a
        thread, on that network."""
        from chalicelib.publishing.post import Attachment

        def one(pair: tuple[str, str]) -> str:
            needed = [self.picture] if self.profiles[pair[0]][0] == "instagram" and self.picture and not media else []
            attached = tuple(Attachment(media=each, alt="bench") for each in [*media, *needed])
            network = self.profiles[pair[0]][0]
            text, *rest = parts(network, pair[1])
            thread = {network: tuple(rest)} if rest else {}
            content = Content(text=text, targets=(pair[0],), media=attached, thread=thread)
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

    def requests(self, since: float) -> list[dict[str, Any]]:
        """Every request that reached a network, whatever it was for."""
        return self._pages("/practice/log", "entries", since)

    def arrivals(self, since: float) -> list[dict[str, Any]]:
        """Every request that reached a network to publish or upload something, whatever became of it."""
        return [each for each in self.requests(since) if each["operation"] in ("publish", "upload")]

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
def scene(
    name: str, profiles: int, *, networks: Sequence[str] = ("bluesky", "mastodon"), **stack_options: Any
) -> Iterator[Scene]:
    """A fresh stack under build/bench/<name> with so many profiles, as many on each network."""
    folder = PROJECT / "build" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port = _free_port()
    practice_url = f"http://127.0.0.1:{port}"
    log = (folder / "practice.log").open("wb")
    apps = practice_apps(folder)
    command = [sys.executable, "-m", "infra.local.practice", "--port", str(port), "--data", str(folder / "practice")]
    command += ["--webhook-secrets", str(apps)]
    practice = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
    try:
        _wait(f"{practice_url}/practice/health")
        with start(folder / "stack", **stack_options) as stack:
            put_apps(stack, apps)
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
                *(clients.sns, clients.sns_once, clients.ses_once, clients.ssm),
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
            connected = _connect(house, actor, practice_url, profiles, networks)
            picture = _picture(house) if "instagram" in networks else None
            yield Scene(stack, practice_url, house, actor, connected, picture)
    finally:
        practice.terminate()
        practice.wait(10)
        log.close()


def _connect(
    house: House, actor: Actor, practice: str, count: int, networks: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Each office has a password of its own: who signs in with one of LinkedIn or Meta reaches every page of it."""
    from chalicelib.profiles import connecting

    desk = connecting.Connecting(
        store=house.store, vault=house.vault, clock=house.clock, callback_url="http://127.0.0.1:8000/oauth/callback"
    )
    connected = {}
    for position in range(count):
        name, password = networks[position % len(networks)], f"{PASSWORD}-{position}"
        handle = f"office{position}.bench.test" if name == "bluesky" else f"office{position}"
        account = {"network": name, "handle": handle, "display_name": f"Office {position}", "password": password}
        requests.post(f"{practice}/practice/accounts", json=account, timeout=10).raise_for_status()
        network = house.network_named(name)
        common: dict[str, Any] = {
            "network_name": name,
            "network": network,
            "department": DEPARTMENT,
            "server": practice,
            "mending": None,
            "actor": actor,
            "desk": desk,
        }
        if name in ("bluesky", "facebook"):
            profile = connecting.connect_with_password(identifier=handle, app_password=password, **common)
        else:
            begun = connecting.begin_oauth(**common)
            returned = connecting.finish_oauth(
                connecting.handshake_of(begun.handshake, actor=actor, store=house.store),
                network=network,
                actor=actor,
                desk=desk,
                **agree(begun.authorize_url, handle, password),
            )
            assert returned.profile is not None, [each.handle for each in returned.offered]
            profile = returned.profile
        connected[profile.id] = (name, handle)
    return connected


def _picture(house: House) -> str:
    """A JPEG that has been uploaded and judged."""
    import hashlib
    import io

    from PIL import Image

    from chalicelib.aws import clients
    from chalicelib.media.media import Media

    data = io.BytesIO()
    Image.new("RGB", (1080, 1080), "teal").save(data, "JPEG")
    content = data.getvalue()
    media = Media(
        agency=AGENCY,
        id="benchpicture",
        department=DEPARTMENT,
        filename="bench.jpg",
        content_type="image/jpeg",
        size=len(content),
        state="ready",
        width=1080,
        height=1080,
        sha256=hashlib.sha256(content).hexdigest(),
        by="bench",
        created_at=house.clock.now(),
    )
    clients.s3().put_object(
        Bucket=house.settings.bucket_media, Key=media.object_key, Body=content, ContentType="image/jpeg"
    )
    house.store.save(media)
    return media.id


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
