"""The gate: called when the connection stands, before any byte; and nothing leaves when it says no or took too long."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.networks import transport as transport_module
from chalicelib.networks.contract import Halted, Stalled
from chalicelib.networks.transport import NotSent, Transport
from tests.unit.networks.wire import Wire, answer, serving


def _contexts(folder: Path, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[tuple[Wire, Transport]]:
    server, client = _contexts(folder) if kind == "https" else (None, None)
    with serving(context=server) as wire:
        yield wire, Transport(allow_loopback=True, connect_timeout=2.0, read_timeout=2.0, ssl_context=client)


@pytest.mark.parametrize("kind", ["http", "https"])
def test_the_gate_is_called_after_the_connection_stands_and_before_any_byte(kind: str, tmp_path: Path) -> None:
    with _server(kind, tmp_path) as (wire, transport):
        seen: list[tuple[float, int, int]] = []

        def gate() -> None:
            time.sleep(0.3)  # time enough for a byte to arrive, had one been sent
            seen.append((time.monotonic(), len(wire.connected), len(wire.bytes_received())))

        assert transport.write(f"{wire.url}/post", gate, json_body={"text": "x"}).status == 200
        (at, connections, size), *more = seen
        assert more == []
        assert (connections, size) == (1, 0)
        assert wire.connected[0] < at < wire.received[0][0]


@pytest.mark.parametrize("kind", ["http", "https"])
def test_halted_sends_zero_bytes(kind: str, tmp_path: Path) -> None:
    with _server(kind, tmp_path) as (wire, transport):

        def gate() -> None:
            raise Halted

        with pytest.raises(Halted):
            transport.write(f"{wire.url}/post", gate, json_body={"text": "x"})
        assert wire.closed.wait(5), "the connection was left open"
        assert wire.bytes_received() == b""


def test_a_gate_that_fails_with_an_error_of_its_own_sends_zero_bytes_and_shows_it(
    wire: Wire, transport: Transport
) -> None:
    class StoreFailed(OSError):
        pass

    def gate() -> None:
        raise StoreFailed

    with pytest.raises(StoreFailed):
        transport.write(f"{wire.url}/post", gate, json_body={"text": "x"})
    assert wire.closed.wait(5)
    assert wire.bytes_received() == b""


@pytest.mark.parametrize("kind", ["http", "https"])
def test_a_slow_gate_stalls_with_zero_bytes(kind: str, tmp_path: Path) -> None:
    with _server(kind, tmp_path) as (wire, transport):
        with pytest.raises(Stalled):
            transport.write(f"{wire.url}/post", lambda: time.sleep(1.2), json_body={"text": "x"})
        assert wire.closed.wait(5)
        assert wire.bytes_received() == b""


def test_a_gate_within_the_second_passes(wire: Wire, transport: Transport) -> None:
    assert transport.write(f"{wire.url}/post", lambda: time.sleep(0.7), json_body={}).status == 200


class _Clock:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize("frozen", ["monotonic", "wall"])
def test_either_clock_alone_can_show_the_stall(frozen: str, wire: Wire) -> None:
    """A sandbox that was frozen may come back with a monotonic clock that did not move."""
    clocks = {"monotonic": _Clock(), "wall": _Clock()}
    moving = clocks["wall" if frozen == "monotonic" else "monotonic"]
    transport = Transport(allow_loopback=True, **clocks)  # type: ignore[arg-type]

    def gate() -> None:
        moving.at += 1.5

    with pytest.raises(Stalled):
        transport.write(f"{wire.url}/post", gate, json_body={})
    assert wire.closed.wait(5)
    assert wire.bytes_received() == b""


def test_a_slow_connection_does_not_count_against_the_second(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up: Callable[..., Any] = socket.getaddrinfo
    clock = _Clock()
    began = clock.at

    def slow(*arguments: Any, **options: Any) -> Any:
        clock.at += 1.5
        return look_up(*arguments, **options)

    monkeypatch.setattr(transport_module.socket, "getaddrinfo", slow)
    transport = Transport(allow_loopback=True, monotonic=clock, wall=clock)
    assert transport.write(f"{wire.url}/post", lambda: None, json_body={}).status == 200
    assert clock.at - began == 1.5


def test_every_write_has_a_connection_of_its_own(wire: Wire, transport: Transport) -> None:
    passed: list[int] = []
    for _ in range(3):
        transport.write(f"{wire.url}/post", lambda: passed.append(1), json_body={})
    assert (len(wire.connected), len(passed)) == (3, 3)


def test_the_gate_is_not_asked_when_no_connection_stands(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    passed: list[int] = []
    with pytest.raises(NotSent) as failure:
        transport.write(f"http://127.0.0.1:{port}/post", lambda: passed.append(1), json_body={})
    assert (failure.value.code, passed) == ("connect_failed", [])


def test_a_server_without_a_valid_certificate_gets_no_byte_of_the_request(tmp_path: Path) -> None:
    server, client = _contexts(tmp_path, name="127.0.0.2")
    with serving(context=server) as wire:
        transport = Transport(allow_loopback=True, ssl_context=client)
        passed: list[int] = []
        with pytest.raises(NotSent) as failure:
            transport.write(f"{wire.url}/post", lambda: passed.append(1), json_body={"text": "secret"})
    assert (failure.value.code, passed, wire.bytes_received()) == ("tls_failed", [], b"")


def test_writes_from_many_threads_do_not_share_a_gate(transport: Transport) -> None:
    def handler(request: Any) -> bytes:
        time.sleep(0.05)
        return answer(200, {"echo": request.path})

    with serving(handler) as wire:
        results: dict[int, object] = {}

        def work(number: int) -> None:
            passed: list[int] = []
            got = transport.write(f"{wire.url}/{number}", lambda: passed.append(number), json_body={}).json()
            results[number] = (got, passed)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert results == {number: ({"echo": f"/{number}"}, [number]) for number in range(20)}
