"""One request to a network, from its arrival to its end: the log entry, the fault it meets, the answer.

A protocol file gives a handler for each operation and the few answers that faults need in its own words. A handler
that changes something says so with `Call.accept` at the moment it has happened.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .faults import Drawn, Faults, Rule
from .request_log import Entry, RequestLog
from .store import Account, Store
from .wire import Dropped, arrival


@dataclass
class Settings:
    """What a test may change while the server runs (PUT /practice/settings)."""

    rate_limits: bool = True
    access_token_seconds: float = 7200.0  # Bluesky's access token
    refresh_grace_seconds: float = 0.0  # a used refresh token still stands so long (bsky.social: two hours)
    authorization_code_seconds: float = 600.0
    # above 0: POST /api/v2/media answers 202, a container is IN_PROGRESS, and both are ready so much later
    media_processing_seconds: float = 0.0
    container_seconds: float = 86_400.0  # a container of Instagram's or Threads' expires so long after it was made
    threads_token_seconds: float = 5_184_000.0  # of a long-lived token
    threads_token_rest_seconds: float = 86_400.0  # it can be refreshed only when it is so old
    x_replies_where_mentioned: bool = True  # as X's self-serve access: only who was mentioned or quoted may answer
    x_guides_words: bool = False  # X speaks as its guides do (tweet.fields), not as its specification (post.fields)
    idempotency_key: bool = False  # Mastodon honours Idempotency-Key; snac and GoToSocial do not
    linkedin_access_seconds: float = 60 * 86_400.0
    linkedin_refresh_seconds: float = 365 * 86_400.0
    linkedin_refresh_tokens: bool = True  # LinkedIn gives them to some applications only
    linkedin_development_tier: bool = False  # several posts may not be asked for at once
    linkedin_version_retired: bool = False
    youtube_access_seconds: float = 3_599.0
    youtube_quota_units: float = 10_000.0  # a day, ended at midnight in California
    linkedin_upload_elsewhere: bool = False  # room for a file is given on a host that is not LinkedIn's


@dataclass
class Practice:
    """Everything the protocol files share."""

    store: Store
    faults: Faults
    log: RequestLog
    settings: Settings
    public_url: str  # origin, without a slash at the end

    def now(self) -> float:
        return self.store.clock()


@dataclass
class Call:
    """One request while it is being handled. `account` is who the credentials name, even if they no longer stand."""

    request: Request
    practice: Practice
    entry: Entry
    body: bytes
    account: Account | None = None
    visible_after: float = 0.0  # seconds
    subcode: int | None = None  # with which a container that is made here shall fail
    headers: dict[str, str] = field(default_factory=dict)  # for every answer, errors included

    @property
    def store(self) -> Store:
        return self.practice.store

    def accept(self, *, remote_id: str, created: bool, key: str | None = None, text_sha256: str | None = None) -> None:
        self.entry.accepted = True
        self.entry.accepted_at = self.practice.now()
        self.entry.created = created
        self.entry.remote_id = remote_id
        self.entry.key = key or self.entry.key
        self.entry.text_sha256 = text_sha256

    def json(self) -> Any:
        """The body as JSON, lone surrogates replaced as a browser would. Raises ValueError."""
        value = json.loads(self.body)
        return whole(value) if b"\\ud" in self.body.lower() else value


Handler = Callable[[Call], Awaitable[Response]]


class Protocol_(Protocol):  # noqa: N801  (the plain name is typing's)
    """What faults need from a network in its own words."""

    network: str

    def identify(self, request: Request) -> Account | None:
        """The account that the request's credentials name, without a judgement whether they stand."""

    def server_error(self, status: int) -> Response: ...

    def rate_limited(self, call: Call, reset_in: float) -> Response: ...

    def token_expired(self, call: Call) -> Response: ...

    def token_revoked(self, call: Call) -> Response: ...

    def suspended(self, call: Call) -> Response: ...


def endpoint(
    practice: Practice, protocol: Protocol_, operation: str, handler: Handler
) -> Callable[[Request], Awaitable[Response]]:
    """A starlette endpoint that runs `handler` under the log and the faults."""

    async def serve(request: Request) -> Response:
        entry = practice.log.begin(
            arrived_at=arrival(request),
            network=protocol.network,
            method=request.method,
            path=request.url.path,
            operation=operation,
        )
        try:
            body = await request.body()
        except ClientDisconnect:
            entry.finished_at = practice.now()
            return Dropped()
        call = Call(request, practice, entry, body, protocol.identify(request))
        if call.account:
            entry.handle, entry.account_id = call.account.handle, call.account.id
        drawn = practice.faults.draw(protocol.network, entry.handle, operation)
        call.visible_after = drawn.visible_after
        entry.fault = drawn.fault.kind if drawn.fault else None
        response = await _under(drawn, call, protocol, handler)
        entry.finished_at = practice.now()
        entry.status = None if isinstance(response, Dropped) else response.status_code
        response.headers.update(call.headers)
        return response

    return serve


async def _under(drawn: Drawn, call: Call, protocol: Protocol_, handler: Handler) -> Response:
    if drawn.latency:
        await asyncio.sleep(drawn.latency)
    fault = drawn.fault
    if fault is None:
        return await handler(call)
    early = _before(fault, call, protocol)
    if early is not None:
        return early
    if fault.kind == "container_error":
        call.subcode = fault.subcode
    if fault.kind == "accept_after_timeout":
        await asyncio.sleep(fault.seconds)
    response = await handler(call)
    return await _after(fault, call, protocol, response)


def _before(fault: Rule, call: Call, protocol: Protocol_) -> Response | None:
    """The answer of a fault that keeps the request from the network, or None."""
    match fault.kind:
        case "error_5xx_before":
            return protocol.server_error(fault.status)
        case "rate_limit":
            return protocol.rate_limited(call, fault.seconds)
        case "drop_before":
            return Dropped()
        case "token_expired":
            return protocol.token_expired(call)
        case "token_revoked":
            return protocol.token_revoked(call)
        case "suspended":
            return protocol.suspended(call)
    return None


async def _after(fault: Rule, call: Call, protocol: Protocol_, response: Response) -> Response:
    match fault.kind:
        case "timeout_after_accept":
            await _until_gone(call.request, fault.seconds)
            return Dropped()
        case "error_5xx_after_accept":
            return protocol.server_error(fault.status)
        case "drop_after_accept":
            return Dropped()
        case "slow":
            await asyncio.sleep(fault.seconds)
        case "malformed":
            return _malformed(fault, response)
        case "refused_after_accept":
            refused = getattr(protocol, "refused", None)
            return refused(call, fault.subcode) if refused else Response(status_code=400)
    return response


async def _until_gone(request: Request, seconds: float) -> None:
    """Waits until the client hangs up, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


def _malformed(fault: Rule, response: Response) -> Response:
    if fault.form == "html":
        return Response(
            "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>",
            status_code=200,
            media_type="text/html",
        )
    body = bytes(getattr(response, "body", b""))
    return Response(body[: len(body) // 2], status_code=response.status_code, media_type="application/json")


def whole(value: Any) -> Any:
    """A value read from JSON, lone surrogates replaced as a browser would."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(k): whole(v) for k, v in value.items()}
    return value
