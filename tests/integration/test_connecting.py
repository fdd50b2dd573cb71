"""Connecting accounts, and the addresses that people must not be able to make Parvis call."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from chalicelib.networks.bluesky import Bluesky
from chalicelib.networks.contract import AddressRefused
from chalicelib.networks.mastodon import Mastodon
from chalicelib.networks.transport import Transport
from tests.integration.client import Client
from tests.integration.practice import Practice

INNER = [
    "http://169.254.169.254",
    "https://169.254.169.254",
    "http://169.254.169.254/latest/meta-data",
    "https://[fd00:ec2::254]",
    "http://10.0.0.1",
    "https://10.0.0.1",
    "https://192.168.1.1",
    "https://172.16.0.1",
    "https://100.64.0.1",
    "https://0.0.0.0",
    "https://[::ffff:169.254.169.254]",
    "https://[64:ff9b::a9fe:a9fe]",
    "https://2852039166",
    "https://0xa9fea9fe",
    "https://user:password@example.com",
    "file:///etc/passwd",
    "gopher://example.com",
]
"""What no setting allows: the cloud's own metadata, private networks, the same in disguise."""


@pytest.mark.parametrize("server", INNER)
@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_an_inner_address_is_refused_by_the_application(administrator: Client, network: str, server: str) -> None:
    asked = {"network": network, "department": "communications", "server": server}
    if network == "bluesky":
        asked |= {"identifier": "rivemont.example", "app_password": "xxxx"}
    answer = administrator.call("POST", "/api/connections", asked)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "server_address_refused", "server"), answer.text


def _connect(network: str, server: str) -> None:
    transport = Transport(allow_loopback=False)
    if network == "bluesky":
        Bluesky(transport).connect_password(server=server, identifier="rivemont.example", app_password="xxxx")
    else:
        Mastodon(transport).start_oauth(server=server, redirect_uri="https://parvis.example/x", state="s")


@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_loopback_is_refused_where_the_setting_does_not_allow_it(practice: Practice, network: str) -> None:
    port = practice.url.rpartition(":")[2]
    for server in (practice.url, f"http://localhost:{port}", f"https://127.0.0.1:{port}", f"https://[::1]:{port}"):
        with pytest.raises(AddressRefused):
            _connect(network, server)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254"])
@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_a_name_is_judged_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch, network: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def resolves(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        assert host == "social.rivemont.example"
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolves)
    with pytest.raises(AddressRefused):
        _connect(network, "https://social.rivemont.example")


def test_an_account_is_connected_by_its_app_password(administrator: Client, practice: Practice) -> None:
    profile_id = practice.connect(administrator, "bluesky", "mairie")
    answer = administrator.call("GET", f"/api/profiles/{profile_id}")
    profile = answer.json()
    assert (profile["status"], profile["network"], profile["department"]) == ("connected", "bluesky", "communications")
    assert profile["limits"]["text_max"] == 300
    assert "sealed" not in answer.text and "exercice-exercice" not in answer.text


def test_a_wrong_app_password_connects_nothing(administrator: Client, practice: Practice) -> None:
    before = len(administrator.ok("GET", "/api/profiles")["items"])
    asked = {
        "network": "bluesky",
        "department": "communications",
        "server": practice.url,
        "identifier": "nobody.practice.test",
        "app_password": "wrong",
    }
    answer = administrator.call("POST", "/api/connections", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "credentials_refused")
    assert len(administrator.ok("GET", "/api/profiles")["items"]) == before


def test_an_unknown_network_or_server_is_said(administrator: Client, stack_url: str) -> None:
    asked = {"network": "myspace", "department": "communications", "server": "https://example.com"}
    answer = administrator.call("POST", "/api/connections", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "network_unknown")
    asked = {"network": "mastodon", "department": "communications", "server": stack_url}
    answer = administrator.call("POST", "/api/connections", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "not_this_network"), answer.text


def test_an_oauth_code_serves_once_and_only_who_began(
    administrator: Client, publisher: Client, practice: Practice
) -> None:
    profile = practice.connect(administrator, "mastodon", "temoin")
    before = administrator.ok("GET", f"/api/profiles/{profile}")
    begun = administrator.ok("POST", f"/api/profiles/{profile}/reconnect", {})
    came_back = practice.agree(begun["authorize_url"], before["handle"].split("@")[0])
    path = f"/api/connections/{begun['id']}/code"
    forged = administrator.call("POST", path, {**came_back, "state": "forged"})
    assert (forged.status_code, forged.json()["error"]["code"]) == (422, "state_mismatch")
    assert publisher.call("POST", path, came_back).status_code == 403
    mended = administrator.ok("POST", path, came_back)["profile"]
    assert mended["id"] == profile and mended["version"] == before["version"] + 1
    assert administrator.call("POST", path, came_back).status_code == 404


def test_the_same_account_is_not_connected_twice(administrator: Client, practice: Practice) -> None:
    profile = administrator.ok("GET", f"/api/profiles/{practice.connect(administrator, 'bluesky', 'deux')}")
    asked = {
        "network": "bluesky",
        "department": "communications",
        "server": practice.url,
        "identifier": profile["handle"],
        "app_password": "exercice-exercice",
    }
    answer = administrator.call("POST", "/api/connections", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "profile_exists")


def test_a_profile_that_is_disconnected_holds_what_waits(
    administrator: Client, publisher: Client, practice: Practice
) -> None:
    profile_id = practice.connect(administrator, "bluesky", "parti")
    profile = administrator.ok("GET", f"/api/profiles/{profile_id}")
    planned = publisher.schedule(publisher.draft("Pour personne", [profile_id]), due_at="2027-11-01T00:00:00Z")
    administrator.ok("DELETE", f"/api/profiles/{profile_id}", version=profile["version"])
    assert administrator.call("GET", f"/api/profiles/{profile_id}").status_code == 404
    assert publisher.post(planned["id"])["deliveries"][0]["state"] == "queued"
