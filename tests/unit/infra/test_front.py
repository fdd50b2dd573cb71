"""The front against an API of the test's own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from infra.local import processes
from infra.local.front.application import FrontSettings, application
from infra.local.front.headers import content_security_policy
from infra.local.front.proxy import LARGEST_BODY

FILES = "http://127.0.0.1:4999"


class Api(BaseHTTPRequestHandler):
    """Answers with what it was asked; /slow never in time, /gone with a 404 of its own."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if "/slow" in self.path:
            time.sleep(1.5)
        what = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("latin-1"),
        }
        content = json.dumps(what).encode()
        if "/gone" in self.path:
            content = b'{"error": {"code": "not_found"}}'
        self.send_response(404 if "/gone" in self.path else 201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", "session=a; HttpOnly; Path=/api")
        self.send_header("Set-Cookie", "csrf=b; Path=/")
        self.send_header("ETag", '"7"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/_aws/execute-api/abc/s"
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "dist"
    (site / "assets").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html><title>Parvis</title>")
    (site / "assets" / "main-Dk3_9fXa.js").write_text("console.log('plain')")
    (site / "assets" / "main-Dk3_9fXa.js.br").write_bytes(b"brotli bytes")
    (site / "assets" / "main-Dk3_9fXa.js.gz").write_bytes(b"gzip bytes")
    (site / "robots.txt").write_text("User-agent: *")
    (tmp_path / "secret").write_text("not for the web")
    return site


@pytest.fixture
def front(api: str, site: Path, tmp_path: Path) -> Iterator[TestClient]:
    settings = FrontSettings(api_url=api, file_origin=FILES, site=site, mail=tmp_path / "mail", gateway_seconds=0.6)
    with TestClient(application(settings), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_request_reaches_the_api_as_it_was_made(front: TestClient, method: str) -> None:
    answer = front.request(
        method,
        "/api/posts/a%2Fb?from=1&from=2&q=%C3%A9",
        content=b"\x00\xffbytes" if method != "GET" else None,
        headers={
            "Authorization": "Bearer t",
            "Cookie": "session=a; csrf=b",
            "If-Match": '"3"',
            "X-Forwarded-For": "9.9.9.9",
        },
    )
    asked = answer.json()
    assert answer.status_code == 201
    assert asked["method"] == method
    assert asked["path"] == "/_aws/execute-api/abc/s/api/posts/a%2Fb?from=1&from=2&q=%C3%A9"
    assert asked["headers"]["authorization"] == "Bearer t"
    assert asked["headers"]["cookie"] == "session=a; csrf=b"
    assert asked["headers"]["if-match"] == '"3"'
    assert "9.9.9.9" not in asked["headers"]["x-forwarded-for"], "a caller must not choose its own address"
    assert asked["body"] == ("\x00\xffbytes" if method != "GET" else "")


def test_an_answer_comes_back_as_it_was_given(front: TestClient) -> None:
    answer = front.get("/api/posts")
    assert answer.headers.get_list("set-cookie") == ["session=a; HttpOnly; Path=/api", "csrf=b; Path=/"]
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_api_path_is_the_apis_own_404(front: TestClient) -> None:
    answer = front.get("/api/gone")
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "not_found"}})


def test_an_api_that_takes_too_long_is_a_504(front: TestClient) -> None:
    answer = front.get("/api/slow")
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout")


def test_an_api_that_is_not_there_is_a_502(site: Path, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{processes.free_port()}"
    settings = FrontSettings(api_url=nowhere, file_origin=FILES, site=site, mail=tmp_path / "mail")
    with TestClient(application(settings)) as client:
        answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "api_unreachable")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_above_the_gateways_limit_is_refused(front: TestClient, announced: bool) -> None:
    part = b"x" * 1_000_000

    def parts() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // len(part) + 1):
            yield part

    answer = front.post("/api/media", content=b"x" * (LARGEST_BODY + 1) if announced else parts())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


def test_an_unknown_page_is_the_application_but_an_unknown_file_is_not(front: TestClient) -> None:
    for page in ("/", "/calendar", "/posts/p_123", "/apiary"):
        answer = front.get(page)
        assert (answer.status_code, "<title>Parvis</title>" in answer.text) == (200, True)
        assert answer.headers["cache-control"] == "no-cache"
    assert front.get("/assets/gone-Dk3_9fXa.js").status_code == 404
    assert front.post("/calendar").status_code == 405


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2f..%2fsecret", "/..%5csecret", "/%00"]
)
def test_nothing_outside_the_folder_is_served(front: TestClient, path: str) -> None:
    assert "not for the web" not in front.get(path).text


def test_hashed_files_are_kept_for_good_and_sent_packed(front: TestClient) -> None:
    plain = front.get("/assets/main-Dk3_9fXa.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == "console.log('plain')"
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    for accepted, encoding, size in (("gzip, br", "br", 12), ("gzip", "gzip", 10)):
        with front.stream("GET", "/assets/main-Dk3_9fXa.js", headers={"Accept-Encoding": accepted}) as packed:
            assert packed.headers["content-encoding"] == encoding
            assert packed.headers["content-type"].startswith("text/javascript")
            assert packed.headers["content-length"] == str(size)
    assert front.get("/robots.txt").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/api/posts", "/api/gone", "/assets/gone.js"])
def test_every_answer_carries_the_security_headers(front: TestClient, path: str) -> None:
    answer = front.get(path)
    policy = dict(d.split(" ", 1) for d in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["img-src"] == f"'self' data: blob: {FILES}"
    assert policy["connect-src"] == f"'self' {FILES}"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "referrer-policy" in answer.headers


def test_cloudfront_sets_the_same_policy() -> None:
    web = json.loads((Path(__file__).parents[3] / "infra" / "resources" / "web.json").read_text())
    headers = web["Resources"]["SiteHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    on_aws = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    assert on_aws == content_security_policy("https://${MediaBucket.RegionalDomainName}")
