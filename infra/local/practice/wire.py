"""The HTTP connection, one layer below the application: when a request's head arrived, and how to cut a connection."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class TimedProtocol(H11Protocol):
    """Puts into each request's state: `arrived`, the time at which the first bytes of its head were read, before its
    body; and `transport`, the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.app_state.setdefault("arrived", time.time())
        super().data_received(data)
        if self.cycle is not cycle:
            # The head of the request is complete: the next bytes that find us idle begin another.
            self.app_state.pop("arrived", None)


def arrival(request: Request) -> float:
    """Seconds since 1970."""
    state: dict[str, Any] = request.scope.get("state") or {}
    return float(state.get("arrived") or time.time())


class Dropped(Response):
    """Resets the connection without a word. Under a server that gives no connection (a test client) it raises."""

    def __init__(self) -> None:
        super().__init__(status_code=599)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = (scope.get("state") or {}).get("transport")
        if transport is None:
            raise ConnectionResetError("the practice network dropped this connection")
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        while not transport.is_closing() or (await receive())["type"] != "http.disconnect":
            await asyncio.sleep(0)
