"""Looking at somebody's page: led on a few times, to public addresses alone, cut where it is long, over in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.networks import transport as module
from chalicelib.networks.contract import AddressRefused, NotUnderstood, Unavailable
from chalicelib.networks.link_page import PAGE_BYTES, PICTURE_BYTES, LinkPages
from chalicelib.networks.page_words import NotLookedAt
from chalicelib.networks.transport import Answer, Transport
from tests.unit.networks.test_gate import _contexts
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer, serving

HTML = "text/html; charset=utf-8"


def page(title: str = "Le pont") -> bytes:
    return answer(200, f"<title>{title}</title>".encode(), kind=HTML)


def to(location: str, status: int = 302) -> bytes:
    return answer(status, headers={"Location": location})


def visit(transport: Transport, url: str, **more: Any) -> tuple[str, Answer]:
    how = {"headers": {"Accept": "text/html"}, "bytes_max": 1000, "total_timeout": 5.0, "redirects": 4}
    visited = transport.visit(url, **{**how, **more})
    return visited.where, visited.answer


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Names that resolve to addresses of the test's choice; everything else as it is."""
    known: dict[str, str] = {}
    real = module._resolve

    def look_up(host: str, port: int, timeout: float) -> list[tuple[int, Any]]:
        if host in known:
            family = socket.AF_INET6 if ":" in known[host] else socket.AF_INET
            return [(family, (known[host], port))]
        return real(host, port, timeout)

    monkeypatch.setattr(module, "_resolve", look_up)
    return known.__setitem__


def test_a_chain_of_redirects_is_followed_to_other_origins(wire: Wire, transport: Transport) -> None:
    with serving(lambda request: page("Au bout")) as last:
        wire.handler = lambda request: {
            "/court": to("/encore", 301),
            "/encore": to("plus/loin?a=1#ici", 307),
            "/plus/loin": to(f"{last.url}/fin", 308),
        }[request.path]
        where, found = visit(transport, f"{wire.url}/court")
    assert where == f"{last.url}/fin"
    assert b"Au bout" in found.body
    assert [request.target for request in wire.requests] == ["/court", "/encore", "/plus/loin?a=1"]


def test_four_redirects_and_no_more(wire: Wire, transport: Transport) -> None:
    wire.handler = lambda request: page() if request.path == "/4" else to(f"/{int(request.path[1:]) + 1}")
    assert visit(transport, f"{wire.url}/0")[0] == f"{wire.url}/4"
    wire.requests.clear()
    with pytest.raises(NotUnderstood, match="redirect_loop"):
        visit(transport, f"{wire.url}/-1")
    assert len(wire.requests) == 5
    wire.handler = lambda request: to("/x")
    with pytest.raises(NotUnderstood, match="redirect_loop"):
        visit(transport, f"{wire.url}/x")


@pytest.mark.parametrize(
    ("statuses", "lasting"),
    [((), "/0"), ((301, 308), "/2"), ((308, 302, 301), "/1"), ((307, 301), "/0"), ((303,), "/0")],
)
def test_what_lasts_is_where_permanent_redirects_alone_led(
    wire: Wire, transport: Transport, statuses: tuple[int, ...], lasting: str
) -> None:
    steps = {f"/{at}": to(f"/{at + 1}", status) for at, status in enumerate(statuses)}
    wire.handler = lambda request: steps.get(request.path, page())
    visited = transport.visit(f"{wire.url}/0", headers={}, total_timeout=5.0, redirects=4)
    assert visited.where == f"{wire.url}/{len(statuses)}"
    assert visited.lasting == f"{wire.url}{lasting}"


def test_link_cards_are_led_on_four_times(wire: Wire, transport: Transport) -> None:
    wire.handler = lambda request: page("Au bout") if request.path == "/4" else to(f"/{int(request.path[1:]) + 1}")
    assert LinkPages(transport).words(f"{wire.url}/0").title == "Au bout"
    with pytest.raises(NotLookedAt, match="page_not_reached"):
        LinkPages(transport).words(f"{wire.url}/-1")
    assert {request.headers["user-agent"] for request in wire.requests} == {"Parvis (link card)"}


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("https://169.254.169.254/latest/meta-data/", "address_private"),
        ("http://169.254.169.254/latest/meta-data/", "address_private"),
        ("https://10.0.0.1/", "address_private"),
        ("https://[::ffff:10.0.0.1]/", "address_private"),
        ("https://user:word@ville.example/", "address_userinfo"),
        ("ftp://ville.example/", "address_scheme"),
        ("file:///etc/passwd", "address_invalid"),
        ("javascript:alert(1)", "address_invalid"),
        ("https://[", "address_invalid"),
        ("https://ville.example/a b", "address_invalid"),
    ],
)
def test_a_redirect_is_judged_as_every_address(wire: Wire, transport: Transport, location: str, code: str) -> None:
    wire.handler = lambda request: to(location)
    with pytest.raises(AddressRefused, match=code):
        visit(transport, wire.url)


def test_a_name_that_leads_inside_is_refused_at_every_hop(
    wire: Wire, transport: Transport, resolves: Callable[[str, str], None]
) -> None:
    for address in ("10.1.2.3", "169.254.169.254", "fd00::1", "::ffff:192.168.0.1"):
        resolves("intranet.example", address)
        wire.requests.clear()
        wire.handler = lambda request: to("https://intranet.example/admin")
        with pytest.raises(AddressRefused, match="address_private"):
            visit(transport, wire.url)


def test_outside_practice_not_even_this_machine(wire: Wire, resolves: Callable[[str, str], None]) -> None:
    resolves("ville.example", "127.0.0.1")
    port = int(wire.url.rpartition(":")[2])
    for url in (f"https://127.0.0.1:{port}/", f"https://ville.example:{port}/", f"http://ville.example:{port}/"):
        with pytest.raises(AddressRefused, match="address_private"):
            visit(Transport(), url)
    assert wire.connected == []


def test_an_http_address_is_tried_by_https(tmp_path: Path, resolves: Callable[[str, str], None]) -> None:
    """A name that stands in the certificate as the address it resolves to: what is asked for by it is TLS, and refused
    for the name; asked for by the address it is answered."""
    server, client = _contexts(tmp_path)
    seeing = Transport(allow_loopback=False, connect_timeout=1.0, ssl_context=client)
    assert seeing._secure("HTTP://ville.example/a") == "https://ville.example/a"
    assert seeing._secure("http://127.0.0.1:1/a") == "https://127.0.0.1:1/a"
    assert Transport(allow_loopback=True)._secure("http://127.0.0.1:1/a") == "http://127.0.0.1:1/a"
    resolves("ville.example", "127.0.0.1")
    with serving(lambda request: page(), server) as secure:
        port = secure.url.rpartition(":")[2]
        with pytest.raises(Unavailable, match="tls_failed"):
            visit(Transport(allow_loopback=True, ssl_context=client), f"http://ville.example:{port}/")
        assert secure.requests == []


def test_nothing_of_ours_goes_with_it(wire: Wire, transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    wire.handler = lambda request: (
        page() if request.path == "/b" else answer(302, headers={"Location": "/b", "Set-Cookie": "a=1"})
    )
    visit(transport, f"{wire.url}/a")
    sent = [set(request.headers) for request in wire.requests]
    assert sent == [{"host", "user-agent", "accept", "accept-encoding", "connection"}] * 2
    assert all(request.body == b"" and request.method == "GET" for request in wire.requests)


def test_a_long_answer_is_cut(wire: Wire, transport: Transport) -> None:
    wire.handler = lambda request: answer(200, b"x" * 3_000_000, kind=HTML)
    assert visit(transport, wire.url, bytes_max=200_000)[1].body == b"x" * 200_000


def test_the_time_is_that_of_all_hops_together(wire: Wire, transport: Transport) -> None:
    def slowly(request: Request) -> bytes:
        time.sleep(0.4)
        return to("/x")

    wire.handler = slowly
    began = time.monotonic()
    with pytest.raises(Unavailable, match="timeout"):
        visit(transport, wire.url, total_timeout=0.9)
    assert time.monotonic() - began < 2.5


def test_a_certificate_that_does_not_stand_is_no_page(tmp_path: Path, transport: Transport) -> None:
    server, client = _contexts(tmp_path)
    with serving(lambda request: page(), server) as secure:
        assert LinkPages(Transport(allow_loopback=True, ssl_context=client)).words(secure.url).title == "Le pont"
        with pytest.raises(NotLookedAt, match="page_not_reached"):
            LinkPages(transport).words(secure.url)


# ---------------------------------------------------------------- the page and its picture


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer(200, b"%PDF-1.7", kind="application/pdf"), "not_a_page"),
        (answer(200, {"title": "non"}), "not_a_page"),
        (answer(200, b"", kind=" "), "not_a_page"),
        (answer(404, b"<title>404</title>", kind=HTML), "page_not_reached"),
        (answer(500, b"<title>500</title>", kind=HTML), "page_not_reached"),
        (answer(302, b"<title>302</title>", kind=HTML), "page_not_reached"),
        (answer(204), "page_not_reached"),
        (HANG_UP, "page_not_reached"),
        (answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}, kind=HTML), "page_not_reached"),
        (to("https://10.0.0.1/"), "address_refused"),
        (to("/"), "page_not_reached"),
    ],
)
def test_what_is_no_page(wire: Wire, transport: Transport, reply: bytes, code: str) -> None:
    wire.handler = lambda request: reply
    with pytest.raises(NotLookedAt) as refused:
        LinkPages(transport).words(wire.url)
    assert refused.value.code == code


def test_a_huge_page_is_read_as_far_as_its_head(wire: Wire, transport: Transport) -> None:
    body = b"<head><title>Le pont</title></head><body>" + b"<p>x</p>" * (3 * PAGE_BYTES // 8)
    wire.handler = lambda request: answer(200, body, kind=HTML)
    assert LinkPages(transport).words(wire.url).title == "Le pont"


def test_the_pictures_address_is_counted_from_where_the_page_was_found(wire: Wire, transport: Transport) -> None:
    wire.handler = lambda request: (
        to("/avis/pont/")
        if request.path == "/court"
        else answer(200, b"<meta property=og:image content=vue.jpg>", kind=HTML)
    )
    assert LinkPages(transport).words(f"{wire.url}/court").picture == f"{wire.url}/avis/pont/vue.jpg"


def test_a_picture_is_taken_whole_or_not_at_all(wire: Wire, transport: Transport) -> None:
    pages = LinkPages(transport)
    wire.handler = lambda request: answer(200, b"x" * PICTURE_BYTES, kind="image/png")
    assert len(pages.picture(wire.url)) == PICTURE_BYTES
    wire.handler = lambda request: answer(200, b"x" * (PICTURE_BYTES + 1), kind="image/png")
    with pytest.raises(NotLookedAt, match="too_large"):
        pages.picture(wire.url)
    wire.handler = lambda request: answer(404)
    with pytest.raises(NotLookedAt, match="page_not_reached"):
        pages.picture(wire.url)
