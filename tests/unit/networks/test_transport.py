"""Addresses that are refused; answers that are too large, slow, cut or moved; no secret in any error."""

from __future__ import annotations

import gzip
import logging
import os
import socket
import threading
import time
import traceback
from typing import Any

import pytest

from chalicelib.networks import transport as transport_module
from chalicelib.networks.contract import AddressRefused, NetworkError, NotUnderstood, Unavailable
from chalicelib.networks.transport import NoAnswer, NotSent, Transport, address_kind
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer, serving


def _open() -> None:
    pass


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2606:4700::1%lo",
        "not-an-address",
        "1.2.3",
        "0x7f000001",
    ],
)
def test_addresses_that_are_not_global_unicast(address: str) -> None:
    assert address_kind(address) != "global"


@pytest.mark.parametrize("address", ["1.1.1.1", "192.0.1.1", "100.128.0.1", "2606:4700::1", "::ffff:1.1.1.1"])
def test_global_addresses(address: str) -> None:
    assert address_kind(address) == "global"


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("mastodon.example", "https://mastodon.example"),
        (" https://Mastodon.Example/ ", "https://mastodon.example"),
        ("https://mastodon.example:443", "https://mastodon.example"),
        ("mastodon.example:8443", "https://mastodon.example:8443"),
        ("münchen.example", "https://xn--mnchen-3ya.example"),
        ("https://[2606:4700::1]/", "https://[2606:4700::1]"),
    ],
)
def test_an_origin_as_people_type_it(typed: str, origin: str) -> None:
    assert Transport().origin(typed) == origin


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("http://mastodon.example", "address_scheme"),
        ("ftp://mastodon.example", "address_scheme"),
        ("file:///etc/passwd", "address_invalid"),
        ("https://user:word@mastodon.example", "address_userinfo"),
        ("https://mastodon.example@evil.example", "address_userinfo"),
        ("https://mastodon.example:22", "address_port"),
        ("https://mastodon.example:99999", "address_invalid"),
        ("https://mastodon.example/admin", "address_path"),
        ("https://mastodon.example/?a=b", "address_path"),
        ("https://mastodon.example#x", "address_path"),
        ("https://masto don.example", "address_invalid"),
        ("https://mastodon.example\r\nHost: x", "address_invalid"),
        ("https://evil.example\\@mastodon.example", "address_invalid"),
        ("https://exa%6dple.example", "address_invalid"),
        ("https://", "address_invalid"),
        ("", "address_invalid"),
        ("https://[::1", "address_invalid"),
        ("https://" + "ü" * 80 + ".example", "address_invalid"),
    ],
)
def test_addresses_that_are_refused_as_typed(typed: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Transport().origin(typed)
    assert refused.value.code == code


def _resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name resolves to these; answers the list of sockets' targets that were really connected to."""
    connected: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
        ]

    class Refusing(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError

    monkeypatch.setattr(transport_module.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(transport_module.socket, "socket", Refusing)
    return connected


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"], ["1.1.1.1", "192.168.0.1"]],
)
def test_a_name_that_leads_inside_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    connected = _resolving_to(monkeypatch, *addresses)
    with pytest.raises(AddressRefused) as refused:
        Transport().get("https://mastodon.example/api")
    assert (refused.value.code, connected) == ("address_private", [])


def test_what_was_judged_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second look-up happens, so a name that changes its mind in between (DNS rebinding) gains nothing."""
    connected = _resolving_to(monkeypatch, "1.1.1.1", "2606:4700::1")
    with pytest.raises(Unavailable) as failure:
        Transport().get("https://mastodon.example/api")
    assert (failure.value.code, connected) == ("connect_failed", ["1.1.1.1", "2606:4700::1"])


def test_loopback_by_setting_only_and_nothing_but_loopback(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AddressRefused):
        Transport().get(f"{wire.url}/")
    with pytest.raises(AddressRefused) as secure:
        Transport().get(wire.url.replace("http:", "https:") + "/")
    assert secure.value.code == "address_private"
    assert wire.connected == []
    assert Transport(allow_loopback=True).get(f"{wire.url}/").status == 200
    connected = _resolving_to(monkeypatch, "10.0.0.8")
    with pytest.raises(AddressRefused):
        Transport(allow_loopback=True).get("https://mastodon.example/")
    _resolving_to(monkeypatch, "1.1.1.1")
    with pytest.raises(AddressRefused) as plain:
        Transport(allow_loopback=True).get("http://mastodon.example/")
    assert (plain.value.code, connected) == ("address_scheme", [])


def test_numbers_that_mean_loopback_are_judged_by_what_they_resolve_to() -> None:
    for host in ("127.1", "2130706433", "0x7f.0.0.1", "localhost"):
        with pytest.raises((AddressRefused, Unavailable)) as refused:
            Transport().get(f"https://{host}:8443/")
        assert refused.value.code in ("address_private", "dns_failed")


def test_proxies_of_the_environment_are_ignored(
    wire: Wire, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9")
    assert transport.get(f"{wire.url}/direct").status == 200
    assert wire.paths() == ["/direct"]


def test_a_read_follows_a_redirect_within_its_origin_only(transport: Transport) -> None:
    with serving() as elsewhere, serving() as wire:

        def handler(request: Request) -> bytes:
            if request.path == "/near":
                return answer(301, headers={"Location": "/there"})
            if request.path == "/far":
                return answer(302, headers={"Location": f"{elsewhere.url}/x"})
            if request.path == "/ever":
                return answer(302, headers={"Location": "/ever"})
            return answer(200, {"ok": True})

        wire.handler = handler
        assert transport.get(f"{wire.url}/near", headers={"Authorization": "Bearer t"}).json() == {"ok": True}
        with pytest.raises(AddressRefused) as refused:
            transport.get(f"{wire.url}/far", headers={"Authorization": "Bearer t"})
        assert refused.value.code == "redirect_refused"
        with pytest.raises(NotUnderstood):
            transport.get(f"{wire.url}/ever")
        assert elsewhere.connected == []


def test_a_write_follows_no_redirect(wire: Wire, transport: Transport) -> None:
    wire.handler = lambda request: answer(307, headers={"Location": "/again"})
    assert transport.write(f"{wire.url}/post", _open, json_body={}).status == 307
    assert wire.paths() == ["/post"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (HANG_UP, "connection_lost"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "connection_lost"),
        (answer(200, b'"' + b"x" * 5_000_001 + b'"'), "answer_too_large"),
        (answer(200, gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}), "answer_encoded"),
    ],
)
def test_no_complete_answer(wire: Wire, transport: Transport, reply: bytes, code: str) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(NoAnswer) as write:
        transport.write(f"{wire.url}/post", _open, json_body={})
    assert write.value.code == code
    for call in (transport.get, transport.post):
        with pytest.raises(Unavailable) as read:
            call(f"{wire.url}/get")
        assert read.value.code == code


def test_a_slow_answer_times_out(wire: Wire) -> None:
    def slow(request: Request) -> bytes:
        time.sleep(0.6)
        return answer(200, {})

    wire.handler = slow
    transport = Transport(allow_loopback=True, read_timeout=0.3)
    with pytest.raises(NoAnswer) as write:
        transport.write(f"{wire.url}/post", _open, json_body={})
    assert write.value.code == "timeout"
    with pytest.raises(Unavailable) as read:
        transport.get(f"{wire.url}/get")
    assert read.value.code == "timeout"


def test_a_server_that_drips_bytes_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
                    for _ in range(100):
                        connection.sendall(b" ")
                        time.sleep(0.1)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        transport = Transport(allow_loopback=True, read_timeout=0.5, total_timeout=1.0)
        began = time.monotonic()
        with pytest.raises(Unavailable) as failure:
            transport.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        assert failure.value.code == "timeout"
        assert time.monotonic() - began < 3


def test_a_name_that_does_not_resolve_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module.socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    transport = Transport(connect_timeout=0.2)
    with pytest.raises(NotSent) as failure:
        transport.write("https://mastodon.example/api", _open, json_body={})
    assert failure.value.code == "dns_timeout"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"<html>Bad gateway</html>", "text/html", "answer_not_json"),
        (b"{}", "", ""),
        (b'{"a": ', "application/json", "answer_malformed"),
        (b"\xff\xfe\x00", "application/json", "answer_malformed"),
        (b"[" * 100_000, "application/json", "answer_malformed"),
        (b'{"a": 1}', "application/activity+json", ""),
    ],
)
def test_only_json_that_says_so_is_read(wire: Wire, transport: Transport, body: bytes, kind: str, code: str) -> None:
    wire.handler = lambda request: answer(200, body, kind=kind)
    got = transport.get(f"{wire.url}/")
    if not code:
        assert isinstance(got.json(), dict)
        return
    with pytest.raises(NotUnderstood) as refused:
        got.json()
    assert refused.value.code == code


def test_no_secret_and_no_content_in_errors_and_logs(
    wire: Wire, transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["s3cret-token", "words-of-a-citizen", "s3cret-query"]
    for reply in (
        HANG_UP,
        answer(200, {"error": "words-of-a-citizen"}),
        answer(200, b"s3cret-token", kind="text/html"),
    ):
        wire.handler = lambda request, reply=reply: reply
        for call in (transport.post, lambda url, **o: transport.write(url, _open, **o)):
            try:
                got = call(
                    f"{wire.url}/x",
                    json_body={"text": "words-of-a-citizen"},
                    headers={"Authorization": "Bearer s3cret-token"},
                )
                shown = repr(got)
                got.json()
            except (NetworkError, NoAnswer) as error:
                assert error.__context__ is None
                shown = repr(error) + "".join(traceback.format_exception(error))
                shown = shown.replace('"words-of-a-citizen"', "").replace('"Bearer s3cret-token"', "")  # our own lines
            for secret in secrets:
                assert secret not in shown
    assert not [secret for secret in secrets if secret in caplog.text]
