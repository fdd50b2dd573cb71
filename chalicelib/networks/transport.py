"""The one way out to a network's servers: guarded addresses, bounded answers, and the gate before every write.

Addresses. People type server addresses, and servers answer with more of them, so every address is judged where it is
used: the connection resolves the name itself, judges what it resolved to, and connects to that very address. There is
no second look-up that could answer something else. Only https to global unicast addresses, on port 443 or from 1024 on;
`allow_loopback` adds 127.0.0.0/8 and ::1 on any port, also over http, and nothing else.

The gate. A request that changes something travels on a connection of its own. When the connection stands (name
resolved, TCP and TLS done) and nothing of the request has been written, the gate is called; if more than a second has
then passed since that call began, by either clock, Stalled is raised and nothing is sent. Two clocks, because a frozen
Lambda sandbox may stop the monotonic one.

Failures. What went wrong is judged by one fact, whether a byte of the request had begun to leave, and not by the kind
of exception. No exception from here carries a URL's query, a header or a body.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import SplitResult, urldefrag, urlencode, urljoin, urlsplit

import certifi
import idna
import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError

from chalicelib.networks.contract import (
    AddressRefused,
    Gate,
    NotUnderstood,
    Stalled,
    Unavailable,
)

Model = TypeVar("Model", bound=BaseModel)

STALL_LIMIT_S = 1.0
"""Between the beginning of the gate's call and the first byte of the request (product.md, Pause)."""

_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_SAME_ORIGIN_REDIRECTS = 2


class NotSent(Exception):
    """No byte of the request left: the network cannot have accepted anything. `code` says at which step."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAnswer(Exception):
    """The request had begun to leave and no complete answer came back."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """A complete answer, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> object:
        """Raises NotUnderstood for anything but JSON that says so in its content type."""
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise NotUnderstood("answer_not_json")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        raise NotUnderstood("answer_malformed")

    def read(self, model: type[Model]) -> Model:
        """Raises NotUnderstood when a field that is needed is missing or of another kind."""
        value = self.json()
        try:
            return model.model_validate(value)
        except ValidationError:
            pass
        raise NotUnderstood("answer_unexpected")

    def read_or_none(self, model: type[Model]) -> Model | None:
        """For the words beside an error status, which may be missing or an HTML page."""
        try:
            return self.read(model)
        except NotUnderstood:
            return None


@dataclass(frozen=True)
class Visited:
    """where: it was found in the end. lasting: as far as redirects led that are there for good (RFC 9110, 15.4)."""

    answer: Answer
    where: str = field(repr=False)
    lasting: str = field(repr=False)


# ---------------------------------------------------------------- addresses

_NOT_GLOBAL = [
    ipaddress.ip_network(network)
    for network in (
        # Python's is_global follows the IANA registries; these are ranges it lets through, or lets through in some of
        # the versions that we run on.
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "64:ff9b::/96",  # NAT64: an IPv4 address in disguise
        "64:ff9b:1::/48",
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",  # site-local, deprecated
    )
]
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")


def address_kind(text: str) -> str:
    """Says "global", "loopback" or "refused" of an address as getaddrinfo gives it.

    A zone (after %) is a reason to refuse. An IPv4 address inside an IPv6 one (mapped) is judged as what it is.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "refused"
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return "refused"
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    if address.is_loopback:
        return "loopback"
    if (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or any(address in network for network in _NOT_GLOBAL if network.version == address.version)
        or (address.version == 6 and address not in _GLOBAL_IPV6)
    ):
        return "refused"
    return "global"


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine, without asking any name server."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or address_kind(host) == "loopback"


def _parse(url: str, allow_loopback: bool) -> SplitResult:
    """Raises AddressRefused for a URL that we would not call whatever its name resolves to."""
    if any(character.isspace() or ord(character) < 32 or character in "\\\x7f" for character in url):
        raise AddressRefused("address_invalid")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, SplitResult("", "", "", "", "")
    if not host:
        raise AddressRefused("address_invalid")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise AddressRefused("address_userinfo")
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_loopback):
        raise AddressRefused("address_scheme")
    if port is not None and port != 443 and port < 1024 and not allow_loopback:
        raise AddressRefused("address_port")
    return parts


class _AddressGuard:
    """Opens TCP connections, to judged addresses only."""

    def __init__(self, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback

    def open(self, host: str, port: int, timeout: float, *, secure: bool) -> socket.socket:
        """Raises AddressRefused, or NotSent when no address of the host answers within `timeout` seconds in all."""
        until = time.monotonic() + timeout
        addresses = _resolve(host, port, timeout)
        for _, sockaddr in addresses:
            self._judge(str(sockaddr[0]), port, secure)
        code = "connect_failed"
        for family, sockaddr in addresses:
            left = until - time.monotonic()
            if left <= 0:
                code = "connect_timeout"
                break
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(left)
                connection.connect(sockaddr)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connection.close()
                code = "connect_timeout" if isinstance(error, TimeoutError) else "connect_failed"
            else:
                return connection
        raise NotSent(code)

    def _judge(self, address: str, port: int, secure: bool) -> None:
        kind = address_kind(address)
        if kind == "loopback" and self._allow_loopback:
            return
        if kind != "global":
            raise AddressRefused("address_private")
        if not secure:
            raise AddressRefused("address_scheme")
        if port != 443 and port < 1024:
            raise AddressRefused("address_port")


def _resolve(host: str, port: int, timeout: float) -> list[tuple[int, Any]]:
    """getaddrinfo has no time-out of its own, so it runs in a thread that may be left behind."""
    answer: queue.SimpleQueue[list[tuple[int, Any]] | None] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, ValueError):
            answer.put(None)
        else:
            answer.put([(int(row[0]), row[4]) for row in found])

    threading.Thread(target=look_up, daemon=True, name="resolve").start()
    try:
        addresses = answer.get(timeout=timeout)
    except queue.Empty:
        addresses = None
        code = "dns_timeout"
    else:
        code = "dns_failed"
    if not addresses:
        raise NotSent(code)
    return addresses


# ---------------------------------------------------------------- one request's connection


class _Passage:
    """One request's way out: what its connection has done so far, and what stands between it and the first byte."""

    def __init__(self, *, guard: _AddressGuard, gate: Gate | None, transport: Transport, send_timeout: float) -> None:
        self.guard = guard
        self.began = False
        self.overran = False
        self.gate_error: Exception | None = None
        self._gate = gate
        self._transport = transport
        self._send_timeout = send_timeout
        self._socket: socket.socket | None = None

    def opened(self, connection: socket.socket) -> None:
        self._socket = connection

    def before_first_byte(self, connection: socket.socket) -> None:
        """Raises Halted or Stalled, and then nothing was written."""
        if self._gate is not None:
            monotonic, wall = self._transport.monotonic(), self._transport.wall()
            try:
                self._gate()
            except Exception as error:
                self.gate_error = error  # whatever the libraries in between make of it, the caller gets its own
                raise
            passed = max(self._transport.monotonic() - monotonic, self._transport.wall() - wall)
            if passed > STALL_LIMIT_S:
                raise Stalled
        # urllib3 leaves the connect time-out on the socket while it sends.
        connection.settimeout(self._send_timeout)
        self.began = True

    def overrun(self) -> None:
        """The whole exchange took too long (a server that drips bytes passes every single time-out)."""
        self.overran = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # The plain socket's shutdown, also beneath TLS: it wakes the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _PlainConnection(HTTPConnection):
    passage: _Passage
    secure = False

    def __init__(self, *arguments: Any, passage: _Passage, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.passage = passage

    def _new_conn(self) -> socket.socket:
        return _open(self, self.passage)

    def send(self, data: Any) -> None:
        _pass(self, self.passage)
        super().send(data)


class _SecureConnection(HTTPSConnection):
    passage: _Passage
    secure = True

    def __init__(self, *arguments: Any, passage: _Passage, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.passage = passage

    def _new_conn(self) -> socket.socket:
        return _open(self, self.passage)

    def connect(self) -> None:
        super().connect()
        # TLS may have wrapped the socket into another object, and detached the first.
        self.passage.opened(self.sock)

    def send(self, data: Any) -> None:
        _pass(self, self.passage)
        super().send(data)


def _open(connection: _PlainConnection | _SecureConnection, passage: _Passage) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else 3.0
    # _dns_host keeps a trailing dot, with which a name is looked up as it stands.
    opened = passage.guard.open(connection._dns_host, int(connection.port), timeout, secure=connection.secure)
    passage.opened(opened)
    return opened


def _pass(connection: _PlainConnection | _SecureConnection, passage: _Passage) -> None:
    if connection.sock is None:
        connection.connect()
    if not passage.began:
        passage.before_first_byte(connection.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _OneRequest(HTTPAdapter):
    """Carries one request over one connection that is made for it and closed after it."""

    def __init__(self, passage: _Passage, ssl_context: ssl.SSLContext | None) -> None:
        super().__init__(max_retries=0)
        self._passage = passage
        self._ssl_context = ssl_context

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return _SecurePool(host, parts.port or 443, ssl_context=self._ssl_context, passage=self._passage)
        return _PlainPool(host, parts.port or 80, passage=self._passage)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context given to the pool already holds the certificates and demands a match."""


class Transport:
    """Safe to use from several threads. `ssl_context` replaces the public certificates (tests)."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        connect_timeout: float = 3.0,
        read_timeout: float = 10.0,
        total_timeout: float = 25.0,
        answer_bytes_max: int = 5_000_000,
        ssl_context: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.monotonic = monotonic
        self.wall = wall
        self.sleep = sleep
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._answer_bytes_max = answer_bytes_max
        self._ssl_context = ssl_context
        self._ssl_lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)

    def origin(self, typed: str) -> str:
        """The origin of a server as a person types it: "mastodon.example", "https://münchen.example/".

        Raises AddressRefused: address_invalid, address_userinfo, address_scheme, address_port. What the name resolves
        to is judged when it is connected to.
        """
        text = typed.strip()
        if "://" not in text:
            text = f"https://{text}"
        parts = _parse(text, self.allow_loopback)
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise AddressRefused("address_path")
        host = parts.hostname or ""
        if ":" in host:
            name = f"[{host}]"
        else:
            try:
                name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
            except idna.IDNAError:
                name = ""
            if not name or not all(character.isalnum() or character in "-._" for character in name):
                raise AddressRefused("address_invalid")
        default = 443 if parts.scheme == "https" else 80
        port = "" if parts.port in (None, default) else f":{parts.port}"
        return f"{parts.scheme}://{name.lower()}{port}"

    def get(
        self,
        url: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
        total_timeout: float | None = None,
    ) -> Answer:
        """Reads. Follows a redirect within the same origin only. Raises Unavailable, AddressRefused."""
        target = f"{url}?{urlencode(query)}" if query else url
        for _ in range(_SAME_ORIGIN_REDIRECTS + 1):
            try:
                answer = self._exchange(
                    "GET", target, headers=headers, read_timeout=read_timeout, total_timeout=total_timeout
                )
            except (NotSent, NoAnswer) as failure:
                code = failure.code
            else:
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    return answer
                target = _same_origin(target, location)
                continue
            raise Unavailable(code)
        raise NotUnderstood("redirect_loop")

    def visit(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        total_timeout: float,
        redirects: int,
        bytes_max: int | None = None,
    ) -> Visited:
        """Looks at what anybody may look at: a page, its picture, a feed. Nothing secret may be among the headers, for,
        unlike everything else here, it may be led on to another origin, `redirects` times; each address is judged anew,
        before it is connected to. An http address is tried by https, as browsers do. A longer answer is cut at
        `bytes_max`, if given, and all of it has to be over in `total_timeout` seconds.

        Raises Unavailable, AddressRefused, NotUnderstood redirect_loop.
        """
        until = self.monotonic() + total_timeout
        target = lasting = self._secure(url)
        permanent = True
        for _ in range(redirects + 1):
            left = until - self.monotonic()
            if left <= 0:
                raise Unavailable("timeout")
            try:
                answer = self._exchange(
                    "GET",
                    target,
                    headers=headers,
                    read_timeout=min(self._read_timeout, left),
                    total_timeout=left,
                    cut_at=bytes_max,
                )
            except (NotSent, NoAnswer) as failure:
                code = failure.code
            else:
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    return Visited(answer, target, lasting)
                target = self._secure(_led_on(target, location))
                permanent = permanent and answer.status in _PERMANENT
                lasting = target if permanent else lasting
                continue
            raise Unavailable(code)
        raise NotUnderstood("redirect_loop")

    def _secure(self, url: str) -> str:
        insecure = url[:5].lower() == "http:" and not (self.allow_loopback and is_loopback(url))
        return f"https{url[4:]}" if insecure else url

    def post(
        self,
        url: str,
        *,
        json_body: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks for a session, a token, an application: nothing that the public sees. Raises Unavailable,
        AddressRefused."""
        try:
            return self._exchange("POST", url, headers=headers, json_body=json_body, form=form)
        except (NotSent, NoAnswer) as failure:
            code = failure.code
        raise Unavailable(code)

    def delete(
        self, url: str, *, query: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Takes something away that a person said shall go. Never follows a redirect. Raises Unavailable,
        AddressRefused."""
        target = f"{url}?{urlencode(query)}" if query else url
        try:
            return self._exchange("DELETE", target, headers=headers)
        except (NotSent, NoAnswer) as failure:
            code = failure.code
        raise Unavailable(code)

    def put(self, url: str, *, json_body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Makes something as a person said it shall be; may be said again without harm. Never follows a redirect.
        Raises Unavailable, AddressRefused."""
        try:
            return self._exchange("PUT", url, headers=headers, json_body=json_body)
        except (NotSent, NoAnswer) as failure:
            code = failure.code
        raise Unavailable(code)

    def write(
        self,
        url: str,
        gate: Gate,
        *,
        method: str = "POST",
        json_body: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
        total_timeout: float | None = None,
    ) -> Answer:
        """A request that changes something, behind the gate. Never follows a redirect.

        Raises Halted and Stalled (nothing sent), NotSent, NoAnswer, AddressRefused.
        """
        return self._exchange(
            method,
            url,
            gate=gate,
            headers=headers,
            json_body=json_body,
            form=form,
            content=content,
            files=files,
            read_timeout=read_timeout,
            total_timeout=total_timeout,
        )

    def _exchange(
        self,
        method: str,
        url: str,
        *,
        gate: Gate | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        content: bytes | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        read_timeout: float | None = None,
        total_timeout: float | None = None,
        cut_at: int | None = None,
    ) -> Answer:
        """cut_at: of a longer answer, so many bytes are enough."""
        _parse(url, self.allow_loopback)
        read_timeout = read_timeout or self._read_timeout
        headers = dict(headers or {})
        if json_body is not None:
            content = json.dumps(json_body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        request = requests.Request(
            method,
            url,
            headers={
                "User-Agent": "Parvis",
                "Accept": "application/json",
                # A compressed answer could be a small bomb; ours are small enough as they are.
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
            data=list(form) if form is not None else content,
            files=files,
        )
        try:
            prepared = request.prepare()
        except (requests.RequestException, ValueError, UnicodeError):
            prepared = None
        if prepared is None:
            raise AddressRefused("address_invalid")
        passage = _Passage(
            guard=_AddressGuard(self.allow_loopback), gate=gate, transport=self, send_timeout=read_timeout
        )
        watch = threading.Timer(total_timeout or self._total_timeout, passage.overrun)
        watch.daemon = True
        adapter = _OneRequest(passage, self._certificates() if url.startswith("https:") else None)
        watch.start()
        try:
            with contextlib.closing(
                adapter.send(prepared, stream=True, timeout=(self._connect_timeout, read_timeout))
            ) as response:
                answer = self._receive(response, cut_at)
            if not passage.overran:  # otherwise the end that was read is the one that we made
                return answer
            code = "timeout"
        except (Stalled, AddressRefused, NotSent):
            raise
        except Exception as error:
            if passage.gate_error is not None:
                raise passage.gate_error from None
            code = _failure_code(error, passage)
        finally:
            watch.cancel()
            adapter.close()
        # Raised here, outside the except clause, so that no context leads back to a request with its headers.
        raise NoAnswer(code) if passage.began else NotSent(code)

    def _receive(self, response: requests.Response, cut_at: int | None) -> Answer:
        body = bytearray()
        while chunk := response.raw.read(65_536, decode_content=False):
            body += chunk
            if cut_at is not None and len(body) >= cut_at:
                del body[cut_at:]
                break
            if len(body) > self._answer_bytes_max:
                raise _AnswerTooLarge
        headers = {name.lower(): value for name, value in response.headers.items()}
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise _AnswerEncoded
        return Answer(response.status_code, headers, bytes(body))

    def _certificates(self) -> ssl.SSLContext:
        with self._ssl_lock:
            if self._ssl_context is None:
                self._ssl_context = ssl.create_default_context(cafile=certifi.where())
            return self._ssl_context


class _AnswerTooLarge(Exception):
    pass


class _AnswerEncoded(Exception):
    pass


def _failure_code(error: Exception, passage: _Passage) -> str:
    """A name for people and metrics; whether anything was sent does not depend on it."""
    if passage.overran:
        return "timeout"
    if isinstance(error, _AnswerTooLarge):
        return "answer_too_large"
    if isinstance(error, _AnswerEncoded):
        return "answer_encoded"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls_failed"
    if isinstance(error, requests.exceptions.Timeout | ReadTimeoutError | TimeoutError):
        return "timeout" if passage.began else "connect_timeout"
    return "connection_lost" if passage.began else "connect_failed"


def _led_on(url: str, location: str) -> str:
    """Without the fragment, which is the reader's. Raises AddressRefused."""
    try:
        return urldefrag(urljoin(url, location)).url
    except ValueError:
        pass
    raise AddressRefused("address_invalid")


def _same_origin(url: str, location: str) -> str:
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if (before.scheme, before.netloc.lower()) != (after.scheme, after.netloc.lower()):
        raise AddressRefused("redirect_refused")
    return target
