"""The targets of the contract suite: a fake, the practice server, a real Bluesky PDS, a real Mastodon-API server."""

from __future__ import annotations

import hashlib
import io
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import cast
from uuid import uuid4

import pytest
import requests
from PIL import Image

from chalicelib.networks.bluesky import Bluesky
from chalicelib.networks.contract import (
    Account,
    Connected,
    MediaFile,
    Network,
    OAuthNetwork,
    PasswordNetwork,
    Publication,
)
from chalicelib.networks.facebook import Facebook
from chalicelib.networks.instagram import Instagram
from chalicelib.networks.linkedin import LinkedIn
from chalicelib.networks.mastodon import Mastodon
from chalicelib.networks.threads import Threads
from chalicelib.networks.transport import Transport
from chalicelib.networks.x import X
from infra.local.practice.meta_login import PRACTICE_APP
from infra.local.practice.server import running
from infra.servers.bluesky_network import start_bluesky_network
from infra.servers.run import Server, start_bluesky, start_snac
from tests.contract.networks.two_steps import InOneStep, Shelf, shelf
from tests.fakes.networks import FakeNetwork
from tests.required import started

REDIRECT = "http://127.0.0.1:8000/connect/callback"
PRACTICE_ACCOUNTS = {
    "bluesky": "mairie.practice.test",
    "mastodon": "mairie",
    "facebook": "mairie",
    "instagram": "mairie",
    "threads": "mairie",
    "x": "mairie",
    "linkedin": "mairie",
    "youtube": "mairie",
}
PRACTICE_APPS = {
    "x": {"client_id": "practice-client", "client_secret": "practice-client-s3cret"},
    "linkedin": {"client_id": "parvis", "client_secret": "practice-s3cret"},
    "youtube": {"client_id": "parvis.apps", "client_secret": "practice-g00gle"},
}
PRACTICE_PASSWORD = "practice-password"


@dataclass
class Target:
    """One network to be tested. `connect(password)` makes a connection, with the right password when None is given.

    `standing(account)` counts the account's posts on the network itself, not through the connector.
    """

    name: str
    network: Network
    connect: Callable[[str | None], Connected]
    standing: Callable[[Account], int]
    alt_texts: Callable[[Account, str], list[str]]
    refuses_long_text: bool
    chosen_id: bool
    refreshes: bool
    token_stands: tuple[timedelta, timedelta] = (timedelta(minutes=30), timedelta(hours=24))


def account_of(connected: Connected) -> Account:
    return Account(
        profile_id="p1",
        server=connected.server,
        remote_id=connected.remote_id,
        handle=connected.handle,
        secrets=connected.secrets,
        limits=connected.limits,
    )


def png(colour: str = "teal") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(data, "PNG")
    return data.getvalue()


def image(alt: str = "Le pont fermé, vu du quai — 🌉", colour: str = "teal") -> MediaFile:
    content = png(colour)
    return MediaFile(
        media_id=f"m-{colour}",
        filename=f"pont-{colour}.png",
        content_type="image/png",
        size=len(content),
        width=48,
        height=32,
        alt=alt,
        sha256=hashlib.sha256(content).hexdigest(),
        read=lambda: content,
    )


def publication(text: str, **more: object) -> Publication:
    return Publication(key=uuid4().hex, text=text, written_at=datetime.now(UTC), language="fr", **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- targets


def _fake() -> Target:
    network = FakeNetwork()
    return Target(
        "fake",
        network,
        lambda password: network.connect_password(
            server="https://fake.example", identifier="mairie", app_password=password or network.password
        ),
        lambda account: len(network.posts_of(account.remote_id)),
        lambda account, remote_id: [file.alt for file in network.post(remote_id).publication.media],
        refuses_long_text=True,
        chosen_id=False,
        refreshes=True,
    )


def bluesky_target(name: str, url: str, identifier: str, app_password: str) -> Target:
    network = Bluesky(Transport(allow_loopback=True))

    def records(account: Account) -> list[dict[str, object]]:
        answer = requests.get(
            f"{account.server}/xrpc/com.atproto.repo.listRecords",
            params={"repo": account.remote_id, "collection": "app.bsky.feed.post", "limit": "100"},
            timeout=10,
        )
        answer.raise_for_status()
        return list(answer.json()["records"])

    def alt_texts(account: Account, remote_id: str) -> list[str]:
        record = next(record for record in records(account) if record["uri"] == remote_id)
        return [shown["alt"] for shown in record["value"]["embed"]["images"]]  # type: ignore[index]

    return Target(
        name,
        network,
        lambda password: network.connect_password(
            server=url, identifier=identifier, app_password=password or app_password
        ),
        lambda account: len(records(account)),
        alt_texts,
        refuses_long_text=True,
        chosen_id=True,
        refreshes=True,
    )


def mastodon_target(
    name: str, url: str, authorise: Callable[[str, str | None], str], *, refuses_long_text: bool
) -> Target:
    """`authorise(authorize_url, password)` is the person in front of the server's own pages; it answers the code."""
    network = Mastodon(Transport(allow_loopback=True))

    def connect(password: str | None) -> Connected:
        start = network.start_oauth(server=url, redirect_uri=REDIRECT, state="s1")
        code = authorise(start.authorize_url, password)
        (connected,) = network.finish_oauth(server=url, redirect_uri=REDIRECT, code=code, keep=start.keep)
        return connected

    def statuses(account: Account) -> list[dict[str, object]]:
        answer = requests.get(
            f"{account.server}/api/v1/accounts/{account.remote_id}/statuses",
            params={"limit": "40"},
            headers={"Authorization": f"Bearer {account.secrets['access']}"},
            timeout=10,
        )
        answer.raise_for_status()
        return list(answer.json())

    def alt_texts(account: Account, remote_id: str) -> list[str]:
        status = next(status for status in statuses(account) if status["id"] == remote_id)
        return [shown["description"] for shown in status["media_attachments"]]  # type: ignore[index, attr-defined]

    return Target(
        name,
        network,
        connect,
        lambda account: len(statuses(account)),
        alt_texts,
        refuses_long_text=refuses_long_text,
        chosen_id=False,
        refreshes=False,
    )


@dataclass(frozen=True)
class Practised:
    """How a practice network is met that no server of this suite stands for too.

    build: the shelf is where it fetches files that it fetches itself. page: where people see a post. listed: where the
    network lists the account's posts, and the parameter for how many at most; None where it lists no posts, or others
    with them, and the practice network's own books tell. token: a person brings a token instead of signing in."""

    build: Callable[[Transport, Shelf], Network]
    page: str
    listed: tuple[str, str] | None
    token: bool = False
    refreshes: bool = True
    token_stands: tuple[timedelta, timedelta] = Target.token_stands


PRACTISED = {
    "facebook": Practised(
        lambda transport, shelf: Facebook(transport),
        "/{post}",
        ("/v25.0/{account}/published_posts", "limit"),
        token=True,
        refreshes=False,
    ),
    "instagram": Practised(
        lambda transport, shelf: cast(
            Network, InOneStep(Instagram(transport, lambda: PRACTICE_APP), shelf, needs_image=True)
        ),
        "/p/{post}",
        ("/v25.0/{account}/media", "limit"),
        refreshes=False,
    ),
    "threads": Practised(
        lambda transport, shelf: cast(
            Network, InOneStep(Threads(transport, lambda: PRACTICE_APP), shelf, needs_image=False)
        ),
        "/@{handle}/post/{post}",
        None,
        token_stands=(timedelta(days=59), timedelta(days=61)),
    ),
    "x": Practised(
        lambda transport, shelf: X(transport, lambda: PRACTICE_APPS["x"], private_pace=timedelta(0)),
        "/x/{handle}/status/{post}",
        ("/2/users/{account}/tweets", "max_results"),
    ),
    "linkedin": Practised(
        lambda transport, shelf: LinkedIn(transport, lambda: PRACTICE_APPS["linkedin"]),
        "/feed/update/{post}/",
        None,
        token_stands=(timedelta(days=59), timedelta(days=60)),
    ),
}


def practice_target(kind: str, url: str, shelf: Shelf) -> Target:
    """One of PRACTISED, as its account of PRACTICE_ACCOUNTS."""
    how, handle = PRACTISED[kind], PRACTICE_ACCOUNTS[kind]
    network = how.build(Transport(allow_loopback=True), shelf)

    def connect(password: str | None) -> Connected:
        password = password or PRACTICE_PASSWORD
        if how.token:
            network_of_tokens = cast(PasswordNetwork, network)
            return network_of_tokens.connect_password(server=url, identifier=handle, app_password=password)
        return _by_signing_in(cast(OAuthNetwork, network), url, handle, password)

    def standing(account: Account) -> int:
        if how.listed is None:
            return standing_on_practice(account, kind)
        path, most = how.listed
        answer = requests.get(
            account.server + path.format(account=account.remote_id),
            params={most: "100"},
            headers={"Authorization": f"Bearer {account.secrets['access']}"},
            timeout=10,
        )
        answer.raise_for_status()
        return len(answer.json().get("data", []))

    def alt_texts(account: Account, remote_id: str) -> list[str]:
        page = requests.get(account.server + how.page.format(handle=account.handle, post=remote_id), timeout=10).text
        return re.findall(r'<span class="alt">ALT</span> <bdi>(.*?)</bdi>', page)

    return Target(
        f"practice-{kind}",
        network,
        connect,
        standing,
        alt_texts,
        refuses_long_text=True,
        chosen_id=False,
        refreshes=how.refreshes,
        token_stands=how.token_stands,
    )


def _by_signing_in(network: OAuthNetwork, url: str, handle: str, password: str) -> Connected:
    """The one account of this name among those that the network offers."""
    start = network.start_oauth(server=url, redirect_uri=REDIRECT, state="s1")
    code = _sign_in(start.authorize_url, {"username": handle, "password": password, "decision": "allow"})
    found = network.finish_oauth(server=url, redirect_uri=REDIRECT, code=code, keep=start.keep)
    (connected,) = (each for each in found if each.handle == handle)
    return connected


def standing_on_practice(account: Account, network: str) -> int:
    """How many posts of the account the practice network holds, by its own books."""
    answer = requests.get(f"{account.server}/practice/accepted", params={"network": network}, timeout=10)
    answer.raise_for_status()
    rows = answer.json()["accepted"]
    return sum(row["account_id"] == account.remote_id and not row["deleted"] for row in rows)


class _Form(HTMLParser):
    """The first form of a page: where it goes, and its hidden fields."""

    def __init__(self, page: requests.Response) -> None:
        super().__init__()
        self.action = page.url
        self.hidden: dict[str, str] = {}
        self._base = page.url
        self.feed(page.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.action = urllib.parse.urljoin(self._base, values.get("action", ""))
        elif tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"]] = values.get("value", "")


def _sign_in(authorize_url: str, fields: dict[str, str]) -> str:
    """What a person does on the server's own page; answers the code, or "no-code" when it let nobody in."""
    page = requests.get(authorize_url, timeout=10)
    page.raise_for_status()
    form = _Form(page)
    answer = requests.post(form.action, data={**form.hidden, **fields}, allow_redirects=False, timeout=10)
    came_back = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers.get("location", "")).query)
    if "code" in came_back:
        assert came_back["state"] == ["s1"]
    return came_back.get("code", ["no-code"])[0]


def _snac(server: Server) -> Target:
    person = server.accounts[0]

    def authorise(authorize_url: str, password: str | None) -> str:
        return _sign_in(authorize_url, {"login": person.identifier, "passwd": password or person.password})

    return mastodon_target("snac", server.url, authorise, refuses_long_text=False)


@pytest.fixture(scope="session")
def bluesky_server() -> Iterator[Server]:
    with started(start_bluesky) as server:
        yield server


@pytest.fixture(scope="session")
def snac_server() -> Iterator[Server]:
    with started(lambda: start_snac(people=("mairie", "police", "alice"))) as server:
        yield server


@pytest.fixture(scope="session")
def bluesky_network() -> Iterator[Server]:
    with started(start_bluesky_network) as network:
        yield network


@pytest.fixture(scope="session")
def files() -> Iterator[Shelf]:
    """Where those networks fetch files that fetch them themselves."""
    with shelf() as made:
        yield made


@pytest.fixture(scope="session")
def practice_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("practice"), apps=PRACTICE_APPS) as server:
        for network, handle in PRACTICE_ACCOUNTS.items():
            account = {"network": network, "handle": handle, "display_name": "Mairie", "password": PRACTICE_PASSWORD}
            requests.post(f"{server.url}/practice/accounts", json=account, timeout=10).raise_for_status()
        # A token of Threads can be renewed a day after it was made, which no test waits for.
        # X lets a user ask for private messages 15 times in 15 minutes, which these tests do in seconds.
        rest = {"threads_token_rest_seconds": 0.0, "rate_limits": False}
        requests.put(f"{server.url}/practice/settings", json=rest, timeout=10).raise_for_status()
        yield server.url


def _practice_mastodon(url: str) -> Target:
    def authorise(authorize_url: str, password: str | None) -> str:
        fields = {
            "username": PRACTICE_ACCOUNTS["mastodon"],
            "password": password or PRACTICE_PASSWORD,
            "decision": "allow",
        }
        return _sign_in(authorize_url, fields)

    return mastodon_target("practice-mastodon", url, authorise, refuses_long_text=True)


@pytest.fixture(
    scope="session",
    params=[
        "fake",
        "practice-bluesky",
        "practice-mastodon",
        *(f"practice-{kind}" for kind in PRACTISED),
        pytest.param("bluesky", marks=pytest.mark.servers),
        pytest.param("snac", marks=pytest.mark.servers),
    ],
)
def target(request: pytest.FixtureRequest) -> Target:
    if request.param == "fake":
        return _fake()
    if request.param == "bluesky":
        server: Server = request.getfixturevalue("bluesky_server")
        person = server.accounts[0]
        return bluesky_target("bluesky", server.url, person.identifier, person.app_password)
    if request.param == "snac":
        return _snac(request.getfixturevalue("snac_server"))
    url, kind = request.getfixturevalue("practice_url"), request.param.removeprefix("practice-")
    if kind == "bluesky":
        return bluesky_target("practice-bluesky", url, PRACTICE_ACCOUNTS["bluesky"], PRACTICE_PASSWORD)
    if kind == "mastodon":
        return _practice_mastodon(url)
    return practice_target(kind, url, request.getfixturevalue("files"))


@pytest.fixture(scope="session")
def account(target: Target) -> Account:
    """One connection for the whole run: real servers limit how often a session may be opened."""
    return account_of(target.connect(None))
