"""/api/* handed to API Gateway, as the CloudFront behaviour does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

GATEWAY_SECONDS = 29.0
"""API Gateway gives a request 29 seconds, then answers 504."""
LARGEST_BODY = 10 * 1024 * 1024
"""API Gateway refuses a body above 10 MB (413). Files go to S3 directly."""
_HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_NOT_PASSED_ON = _HOP_BY_HOP | {"host", "content-length", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
_NOT_PASSED_BACK = _HOP_BY_HOP | {"content-length", "content-encoding", "date", "server"}


def error(status: int, code: str, hint: str) -> JSONResponse:
    """An error in the form of the API's own."""
    return JSONResponse({"error": {"code": code, "hint": hint}}, status_code=status)


class Proxy:
    """Hands requests on to `api_url` + path."""

    def __init__(self, api_url: str, *, seconds: float = GATEWAY_SECONDS) -> None:
        self._api_url = api_url
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=3.0),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def __call__(self, request: Request) -> Response:
        """Answer of the API, whatever it is; 413, 502 or 504 in the API's form when there is none."""
        if int(request.headers.get("content-length", "0") or 0) > LARGEST_BODY:
            return error(413, "body_too_large", "A request may carry 10 MB. Files are uploaded to the address given.")
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return Response(status_code=499)
        if body is None:
            return error(413, "body_too_large", "A request may carry 10 MB. Files are uploaded to the address given.")
        client = request.client.host if request.client else "127.0.0.1"
        headers = [(name, value) for name, value in request.headers.raw if name.decode() not in _NOT_PASSED_ON]
        headers += [
            (b"x-forwarded-for", client.encode()),
            (b"x-forwarded-proto", request.url.scheme.encode()),
            (b"x-forwarded-host", request.headers.get("host", "").encode()),
        ]
        raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
        query = request.scope["query_string"]
        url = httpx.URL(self._api_url + raw_path.decode("ascii") + (f"?{query.decode('ascii')}" if query else ""))
        upstream = self._client.build_request(request.method, url, headers=headers, content=body or None)
        try:
            answer = await self._client.send(upstream, stream=True)
        except httpx.TimeoutException:
            return error(504, "timeout", f"The API did not answer within {self._seconds:.0f} seconds.")
        except httpx.HTTPError:
            return error(502, "api_unreachable", "The API does not answer. Is the local stack still starting?")
        response = StreamingResponse(self._stream(answer), status_code=answer.status_code)
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.decode().lower() not in _NOT_PASSED_BACK
        ]
        response.headers.setdefault("cache-control", "no-store")
        return response

    @staticmethod
    async def _body(request: Request) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_BODY:
                return None
            parts.append(part)
        return b"".join(parts)

    @staticmethod
    async def _stream(answer: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for part in answer.aiter_bytes():
                yield part
        finally:
            await answer.aclose()
