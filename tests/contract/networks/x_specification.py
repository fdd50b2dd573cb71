"""Everything that the X connector asks, asked of the practice X through Prism, which holds both to X's specification.

Prism reads every body as text. So that files come through it whole, their parts are put into base64 on the way, as X
lets one do (Content-Transfer-Encoding). Of a form Prism judges the fields that it knows; that there are no others is
tests/unit/networks/test_x.py's to say.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from chalicelib.networks.contract import Account, NetworkError, NotPermitted, Published
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.x import X
from infra.local.practice.server import running
from infra.servers.prism import outside, start_prism
from tests.contract.networks.conftest import (
    PRACTICE_APPS,
    PRACTICE_PASSWORD,
    REDIRECT,
    _sign_in,
    account_of,
    image,
    publication,
)
from tests.contract.networks.two_steps import finished

SPECIFICATION = "x-openapi-docs.json"
_NOT_SPECIFIED = ("/2/oauth2/", "/i/oauth2/")
"""X's specification names the addresses of the tokens and says no more of them."""


@dataclass
class Asked:
    method: str
    path: str
    status: int
    outside: str | None


@dataclass
class Through(Transport):
    """Leads to Prism what the specification describes, and the rest to the practice network; remembers what came."""

    practice: str = ""
    prism: str = ""
    more: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        Transport.__init__(self, allow_loopback=True)

    def _exchange(self, method: str, url: str, **rest: Any) -> Answer:
        for name, (filename, content, kind) in (rest.get("files") or {}).items():
            encoded = {"Content-Transfer-Encoding": "base64"}
            rest["files"] = {name: (filename, base64.b64encode(content), kind, encoded)}
        parts = urllib.parse.urlsplit(url)
        where = self.practice if parts.path.startswith(_NOT_SPECIFIED) else self.prism
        target = f"{where}{parts.path}{'?' + parts.query if parts.query else ''}"
        answer = super()._exchange(method, target, **{**rest, "headers": {**(rest.get("headers") or {}), **self.more}})
        self.asked.append(Asked(method, parts.path, answer.status, outside(answer.body)))
        return answer


@dataclass
class Scene:
    transport: Through
    network: X
    account: Account
    practice: str

    def act(self, what: str, **body: object) -> dict[str, Any]:
        answer = requests.post(f"{self.practice}/practice/citizens/{what}", json={"network": "x", **body}, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def say(self, text: str, **more: object) -> str:
        written = self.act("write", text=text, author="alice", **more)["written"]
        return str(written[0]["remote_id"])


@contextmanager
def x_through_prism(specs: Path) -> Iterator[Scene]:
    """Raises Missing."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        practice = stack.enter_context(running(data, apps=PRACTICE_APPS))
        account = {"network": "x", "handle": "mairie", "display_name": "Mairie", "password": PRACTICE_PASSWORD}
        requests.post(f"{practice.url}/practice/accounts", json=account, timeout=10).raise_for_status()
        prism = stack.enter_context(start_prism(specs / SPECIFICATION, practice.url))
        transport = Through(practice=practice.url, prism=prism.url)
        network = X(transport, lambda: PRACTICE_APPS["x"])
        start = network.start_oauth(server=practice.url, redirect_uri=REDIRECT, state="s1")
        fields = {"username": "mairie", "password": PRACTICE_PASSWORD, "decision": "allow"}
        code = _sign_in(start.authorize_url, fields)
        (connected,) = network.finish_oauth(server=practice.url, redirect_uri=REDIRECT, code=code, keep=start.keep)
        yield Scene(transport, network, account_of(connected), practice.url)


def mp4(size: int = 9_000_000) -> bytes:
    return b"\x00\x00\x00\x18ftypmp42" + os.urandom(1024) * (size // 1024)


def video() -> Any:
    content = mp4()
    return replace(
        image(), media_id="v1", filename="pont.mp4", content_type="video/mp4", size=len(content), duration_s=12.0,
        sha256=hashlib.sha256(content).hexdigest(), read=lambda: content,
    )  # fmt: skip


def everything(scene: Scene) -> None:
    """Each call of the connector at least once, and the refusals that X describes."""
    network, account = scene.network, scene.account
    since = datetime.now(UTC) - timedelta(seconds=1)

    def publish(text: str, **more: object) -> str:
        post = publication(f"{text} {uuid4().hex[:8]}", **more)
        outcome = finished(network, account, post, lambda: None)
        assert isinstance(outcome, Published), outcome
        assert [seen.remote_id for seen in network.find(account, post, since=since)] == [outcome.remote_id]
        return outcome.remote_id

    first = publish("Le pont est fermé, voir ville.example/pont & côté sud <ici>")
    publish("Deux images", media=(image(), image("Le plan", "orange")))
    publish("Une vidéo", media=(video(),))
    asked = scene.say("Jusqu'à quand ?", mention="mairie")
    publish("Jusqu'à lundi.", reply_to=asked)
    below = scene.say("Et à pied ?", reply_to=first)
    scene.act("react", remote_id=first, likes=2, shares=1)
    cursor = network.inbox(account, cursor=None).cursor
    assert [each.remote_id for each in network.inbox(account, cursor=cursor).messages] == []
    secret = scene.say("Entre nous", mention="mairie", private=True)
    assert secret in {each.remote_id for each in network.inbox(account, cursor=None).messages}
    assert network.search(account, "pied", cursor=None).messages
    assert [each.remote_id for each in network.thread(account, below)] == [first]
    figures, gone = network.post_metrics(account, [first, "1"])
    assert (figures.likes, figures.shares, figures.replies, gone.gone) == (2, 1, 1, True)
    assert network.profile_metrics(account).posts == 4
    for hidden in (True, True, False):
        network.hide(account, below, hidden=hidden)
    for refused in (lambda: network.delete(account, below), lambda: network.hide(account, asked, hidden=True)):
        try:
            refused()
        except NotPermitted:
            continue
        raise AssertionError("a citizen's own is not ours to touch")
    network.delete(account, first)
    network.delete(account, first)
    stranger = replace(account, secrets={"access": "not-a-token"})
    network.publish(stranger, publication("Sans droit"), lambda: None)
    with suppress(NetworkError):
        network.inbox(stranger, cursor=None)
    network.publish(account, publication("Non", reply_to=scene.say("Sans nous nommer")), lambda: None)
    renewed = network.refresh(account)
    network.revoke(replace(account, secrets=renewed.secrets))


def calls_outside_spec(specs: Path) -> list[str]:
    """What Prism refused, of requests and answers alike; empty when all is within X's specification. Raises Missing."""
    with x_through_prism(specs) as scene:
        try:
            everything(scene)
        except (AssertionError, NetworkError):
            if not any(each.outside for each in scene.transport.asked):
                raise  # something else than the specification stopped it
        return [f"{each.method} {each.path}: {each.outside}" for each in scene.transport.asked if each.outside]
