"""A server of a few lines, down to the socket: it records what arrives, byte for byte, and answers as told."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None, kind: str = "") -> bytes:
    """The bytes of a whole answer. `body`: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    head.append(f"Content-Type: {kind or 'application/json; charset=utf-8'}")
    head += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


HANG_UP = b""


@dataclass
class Wire:
    """handler: Request -> the bytes of the answer (HANG_UP closes without one). It may sleep, or be replaced at will.

    connected: when each connection was accepted; received: (when, what) in order. Times are monotonic seconds.
    """

    handler: Callable[[Request], bytes] = lambda request: answer(200, {})
    url: str = ""
    connected: list[float] = field(default_factory=list)
    received: list[tuple[float, bytes]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def bytes_received(self) -> bytes:
        return b"".join(data for _, data in self.received)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def _serve(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        self.connected.append(time.monotonic())
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if context is not None:
                connection = stack.enter_context(context.wrap_socket(connection, server_side=True))
            connection.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                data += self._receive(connection)
            head, _, body = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            while len(body) < int(headers.get("content-length", "0")):
                body += self._receive(connection)
            method, target, _ = lines[0].split(" ", 2)
            request = Request(method, target, headers, body)
            self.requests.append(request)
            reply = self.handler(request)
            if reply:
                connection.sendall(reply)
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
        self.closed.set()

    def _receive(self, connection: socket.socket) -> bytes:
        data = connection.recv(65_536)
        if not data:
            raise ValueError("closed")
        self.received.append((time.monotonic(), data))
        return data


@contextlib.contextmanager
def serving(handler: Callable[[Request], bytes] | None = None, context: ssl.SSLContext | None = None) -> Iterator[Wire]:
    wire = Wire(handler) if handler else Wire()
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "https" if context else "http"
    wire.url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    stopping = threading.Event()

    def accept() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=wire._serve, args=(connection, context), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)
