"""Feeds as a network: every row of its table, what is followed and what is not, what is told and when, what is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    Batch,
    CredentialsRefused,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    Rejected,
    Unavailable,
)
from chalicelib.networks.rss import Rss
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import publication
from tests.unit.networks.wire import HANG_UP, Request, Wire, answer

KIND = "application/rss+xml; charset=utf-8"
NOW = datetime.now(UTC).replace(microsecond=0)


def entry(n: int, words: str = "Le pont est fermé", *, at: datetime | None = None, more: str = "") -> str:
    date = f"<pubDate>{format_datetime(at or NOW - timedelta(hours=2) + timedelta(minutes=n))}</pubDate>"
    return f"<item><title>{words} {n}</title><guid isPermaLink='false'>g{n}</guid>{date}{more}</item>"


def document(*items: str, title: str = "La Gazette") -> bytes:
    head = f"<title>{title}</title><link>https://gazette.example/</link><language>fr</language>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def served(*items: str, **headers: str) -> bytes:
    return answer(200, document(*items), {name.replace("_", "-"): value for name, value in headers.items()}, KIND)


@pytest.fixture
def network(transport: Transport) -> Rss:
    return Rss(transport)


def feed_at(wire: Wire, path: str = "/rss.xml?key=s3cret") -> Account:
    address = f"{wire.url}{path}"
    return Account("p1", wire.url, f"{wire.url}/rss.xml?abc", "gazette/rss.xml", {"address": address})


def search(network: Rss, account: Account, cursor: str | None = None, words: str = "pont", limit: int = 50) -> Batch:
    return network.search(account, words, cursor=cursor, limit=limit)


def ids(batch: Batch) -> list[str]:
    return [message.remote_id for message in batch.messages]


# ---------------------------------------------------------------- what it says of itself


def test_it_takes_nothing_of_ours(network: Rss, wire: Wire) -> None:
    able = network.capabilities()
    assert (able.connect, able.publishes, able.answers, able.reads) == ("address", False, False, {"search"})
    posted = network.publish(feed_at(wire), publication(), lambda: None)
    replied = network.publish(feed_at(wire), publication(reply_to="g1"), lambda: None)
    assert isinstance(posted, Rejected) and posted.code == "posts_not_supported"
    assert isinstance(replied, Rejected) and replied.code == "replies_not_offered"
    assert network.find(feed_at(wire), publication(), since=NOW) == []
    assert network.refresh(feed_at(wire)) is None  # type: ignore[func-returns-value]
    assert network.check("a", (), network.limits({}))
    assert wire.requests == []


# ---------------------------------------------------------------- connecting


def test_a_feed_is_connected_by_its_address(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: served(entry(1))
    connected = network.connect_address(address=f"  {wire.url}/une/rss.xml?key=s3cret#top ")
    assert connected.display_name == "La Gazette"
    assert connected.handle == f"{wire.url.removeprefix('http://')}/une/rss.xml"
    assert connected.server == wire.url
    assert connected.secrets == {"address": f"{wire.url}/une/rss.xml?key=s3cret"}
    assert "s3cret" not in repr(connected) + connected.remote_id
    (request,) = wire.requests
    assert (request.method, request.target) == ("GET", "/une/rss.xml?key=s3cret")
    assert "application/rss+xml" in request.headers["accept"]
    assert "authorization" not in request.headers and "cookie" not in request.headers
    other = network.connect_address(address=f"{wire.url}/une/rss.xml?key=other")
    assert other.remote_id != connected.remote_id


def test_a_feed_without_a_title_is_called_by_its_address(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: answer(200, document(title=""), kind=KIND)
    assert network.connect_address(address=wire.url).display_name == wire.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("gazette.example/rss", "https://gazette.example/rss"),
        ("http://gazette.example/rss?a=1", "https://gazette.example/rss?a=1"),
        ("HTTPS://Gazette.Example", "https://gazette.example/"),
        ("feed://gazette.example/rss", "https://gazette.example/rss"),
        ("feed:https://gazette.example/rss", "https://gazette.example/rss"),
        ("https://gâteau.example/é", "https://xn--gteau-3qa.example/é"),
    ],
)
def test_an_address_is_taken_as_people_write_it(typed: str, asked: str) -> None:
    assert Rss(Transport())._address(typed) == asked


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "address_invalid"),
        ("ftp://gazette.example/rss", "address_scheme"),
        ("file:///etc/passwd", "address_invalid"),
        ("https://me:pass@gazette.example/", "address_userinfo"),
        ("https://gazette.example:22/", "address_port"),
        ("https://[::1/", "address_invalid"),
        (f"https://gazette.example/{'x' * 2100}", "address_invalid"),
        ("http://127.0.0.1/rss", "address_private"),
        ("https://127.0.0.1/rss", "address_private"),
        ("https://10.0.0.8/rss", "address_private"),
        ("https://169.254.169.254/latest/meta-data", "address_private"),
        ("https://[fd00::1]/rss", "address_private"),
    ],
)
def test_an_address_of_ours_is_refused(typed: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Rss(Transport()).connect_address(address=typed)
    assert refused.value.code == code


ROWS: list[tuple[bytes, type[NetworkError], str]] = [
    (HANG_UP, Unavailable, "connection_lost"),
    (answer(500), Unavailable, "http_500"),
    (answer(408), Unavailable, "http_408"),
    (answer(429, headers={"Retry-After": "90"}), Unavailable, "rate_limited"),
    (answer(503, headers={"Retry-After": "90"}), Unavailable, "http_503"),
    (answer(401), CredentialsRefused, "feed_protected"),
    (answer(403), NotPermitted, "feed_protected"),
    (answer(404), NotUnderstood, "feed_not_found"),
    (answer(410), CredentialsRefused, "feed_gone"),
    (answer(204), NotUnderstood, "http_204"),
    (answer(304), NotUnderstood, "http_304"),
    (answer(302), NotUnderstood, "http_302"),  # nowhere
    (answer(451), NotUnderstood, "http_451"),
    (answer(200, b"<html></html>", kind="text/html"), NotUnderstood, "not_a_feed"),
    (answer(200, {"version": "https://jsonfeed.org/version/1"}), NotUnderstood, "not_a_feed"),
    (answer(200, b"", kind=KIND), NotUnderstood, "not_a_feed"),
    (answer(200, b" " * 2_000_001, kind=KIND), NotUnderstood, "feed_too_large"),
    (answer(200, b" " * 5_000_001, kind=KIND), NotUnderstood, "feed_too_large"),
    (answer(200, b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', kind=KIND), NotUnderstood, "feed_declares_entities"),
    (answer(200, document(), {"Content-Encoding": "gzip"}, KIND), Unavailable, "answer_encoded"),
]


@pytest.mark.parametrize(("said", "kind", "code"), ROWS)
def test_each_row_of_the_table(network: Rss, wire: Wire, said: bytes, kind: type[NetworkError], code: str) -> None:
    wire.handler = lambda request: said
    for call in (
        lambda: network.connect_address(address=f"{wire.url}/rss.xml?key=s3cret"),
        lambda: search(network, feed_at(wire)),
    ):
        with pytest.raises(kind) as raised:
            call()
        assert raised.value.code == code
        assert "s3cret" not in f"{raised.value!r} {raised.value}"
        if isinstance(raised.value, Unavailable) and code in ("rate_limited", "http_503"):
            assert raised.value.wait == timedelta(seconds=90)


# ---------------------------------------------------------------- redirects


def redirecting(steps: dict[str, tuple[int, str]], last: bytes) -> Callable[[Request], bytes]:
    def handler(request: Request) -> bytes:
        step = steps.get(request.path)
        return answer(step[0], headers={"Location": step[1]}) if step else last

    return handler


def test_a_redirect_is_followed_and_a_permanent_one_kept(network: Rss, wire: Wire) -> None:
    wire.handler = redirecting({"/old": (301, "/feed"), "/feed": (302, "/today.xml?sig=1")}, served(entry(1)))
    connected = network.connect_address(address=f"{wire.url}/old")
    assert connected.secrets["address"] == f"{wire.url}/feed"
    assert wire.paths() == ["/old", "/feed", "/today.xml"]


def test_another_host_is_followed_to_and_nothing_secret_goes_along(network: Rss, wire: Wire) -> None:
    there = wire.url.replace("127.0.0.1", "localhost")
    wire.handler = redirecting({"/a": (308, f"{there}/b")}, served(entry(1)))
    connected = network.connect_address(address=f"{wire.url}/a?key=s3cret")
    assert connected.secrets["address"] == f"{there}/b"
    assert wire.requests[1].target == "/b"
    assert "referer" not in wire.requests[1].headers


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("https://10.0.0.8/rss", "address_private"),
        ("http://169.254.169.254/latest", "address_private"),  # https is tried, and refused as well
        ("ftp://gazette.example/", "address_scheme"),
        ("file:///etc/passwd", "address_invalid"),
        ("https://me:pass@gazette.example/", "address_userinfo"),
        ("https://[::1/", "address_invalid"),
    ],
)
def test_a_redirect_to_where_we_would_not_go_is_refused(network: Rss, wire: Wire, location: str, code: str) -> None:
    wire.handler = lambda request: answer(302, headers={"Location": location})
    with pytest.raises(AddressRefused) as refused:
        network.connect_address(address=wire.url)
    assert refused.value.code == code


def test_a_redirect_that_never_ends_does(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: answer(302, headers={"Location": request.target + "x"})
    with pytest.raises(NotUnderstood) as refused:
        network.connect_address(address=wire.url)
    assert refused.value.code == "redirect_loop"
    assert len(wire.requests) == 6


def test_all_hops_together_have_their_time(transport: Transport, wire: Wire) -> None:
    clock = iter(range(0, 1000, 9))
    transport.monotonic = lambda: float(next(clock))  # type: ignore[method-assign]
    wire.handler = lambda request: answer(302, headers={"Location": "/x"})
    with pytest.raises(Unavailable) as late:
        Rss(transport).connect_address(address=wire.url)
    assert late.value.code == "timeout"
    assert len(wire.requests) < 4


# ---------------------------------------------------------------- searching


def test_a_hit_is_a_message(network: Rss, wire: Wire) -> None:
    about = (
        "<link>https://gazette.example/1</link><author>r@g.example (Rita)</author><description>Rue Haute</description>"
    )
    wire.handler = lambda request: served(entry(1, more=about), entry(2, "Le marché"))
    (message,) = search(network, feed_at(wire), words="HAUTE").messages
    assert (message.remote_id, message.kind, message.text) == ("g1", "keyword", "Le pont est fermé 1\n\nRue Haute")
    assert (message.url, message.language, message.revision) == ("https://gazette.example/1", "fr", "")
    assert (message.author.name, message.author.handle) == ("Rita", "gazette.example")
    assert message.author.remote_id.startswith(feed_at(wire).remote_id + "#")
    assert message.written_at == NOW - timedelta(hours=2) + timedelta(minutes=1)
    assert (message.parent, message.root) == (None, None)
    assert "s3cret" not in repr(message)
    assert wire.requests[0].target == "/rss.xml?key=s3cret"


def test_who_signs_nothing_is_the_feed(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: served(entry(1))
    (message,) = search(network, feed_at(wire)).messages
    assert message.author.name == "La Gazette"
    assert message.author.remote_id != feed_at(wire).remote_id, "or its messages would pass for our own"


def test_the_first_reading_gives_the_newest_oldest_first(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: served(*(entry(n) for n in (3, 1, 5, 2, 4)))
    batch = search(network, feed_at(wire), limit=2)
    assert (ids(batch), batch.more) == (["g4", "g5"], False)
    assert ids(search(network, feed_at(wire), batch.cursor)) == [], "what was older is passed over"


def test_nothing_is_passed_over_between_two_readings_and_nothing_told_twice(network: Rss, wire: Wire) -> None:
    standing = [entry(n) for n in range(3)]
    wire.handler = lambda request: served(*reversed(standing))
    cursor = search(network, feed_at(wire)).cursor
    standing += [entry(n) for n in range(3, 10)]
    standing.append(entry(10, at=NOW - timedelta(days=900)))  # an old date, and yet new here
    told: list[str] = []
    sizes = []
    more = True
    while more:
        batch = search(network, feed_at(wire), cursor, limit=3)
        told += ids(batch)
        sizes.append(len(batch.messages))
        cursor, more = batch.cursor, batch.more
    assert sorted(told) == sorted(f"g{n}" for n in range(3, 11))
    assert told[0] == "g10" and max(sizes) == 3
    assert ids(search(network, feed_at(wire), cursor)) == []


def test_an_entry_that_leaves_and_comes_back_is_not_told_again(network: Rss, wire: Wire) -> None:
    """Two servers behind one name, one of them a little behind."""
    wire.handler = lambda request: served(entry(1), entry(2))
    cursor = search(network, feed_at(wire)).cursor
    for standing in ((entry(1),), (), (entry(2), entry(1)), (entry(1), entry(2))):
        wire.handler = lambda request, standing=standing: served(*standing)
        batch = search(network, feed_at(wire), cursor)
        assert ids(batch) == []
        cursor = batch.cursor


def test_what_begins_to_hold_the_words_is_told_then(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: served(entry(1, "Travaux"))
    batch = search(network, feed_at(wire))
    assert ids(batch) == [] and batch.cursor is not None
    wire.handler = lambda request: served(entry(1, "Travaux au pont"))
    assert ids(search(network, feed_at(wire), batch.cursor)) == ["g1"]


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>O</title><entry><id>tag:o,2026:1</id>'
    "<title>The bridge {0}</title>"
    "<published>2026-01-01T00:00:00Z</published><updated>{1}</updated></entry></feed>"
)


def test_an_update_that_an_atom_feed_announces_is_told(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: answer(200, ATOM.format("closes", "2026-01-01T00:00:00Z").encode(), kind=KIND)
    first = search(network, feed_at(wire), words="bridge")
    wire.handler = lambda request: answer(200, ATOM.format("opens", "2026-01-02T00:00:00Z").encode(), kind=KIND)
    second = search(network, feed_at(wire), first.cursor, words="bridge")
    assert [(m.remote_id, m.text, m.revision) for m in second.messages] == [
        ("tag:o,2026:1", "The bridge opens", "2026-01-02T00:00:00+00:00")
    ]
    assert ids(search(network, feed_at(wire), second.cursor, words="bridge")) == []


def test_times_that_are_missing_or_to_come(network: Rss, wire: Wire) -> None:
    bare = "<item><title>Pont {0}</title><guid isPermaLink='false'>g{0}</guid></item>"
    changed = datetime(2026, 3, 1, 12, tzinfo=UTC)
    items = (entry(9, at=NOW + timedelta(days=300)), bare.format(2), bare.format(1))
    wire.handler = lambda request: served(*items, Last_Modified=format_datetime(changed, usegmt=True))
    messages = search(network, feed_at(wire)).messages
    assert [m.remote_id for m in messages] == ["g1", "g2", "g9"], "what stands lower is older"
    assert [m.written_at for m in messages[:2]] == [changed, changed]
    assert messages[2].written_at <= datetime.now(UTC)
    wire.handler = lambda request: served(bare.format(1))
    (message,) = search(network, feed_at(wire)).messages
    assert timedelta() <= datetime.now(UTC) - message.written_at < timedelta(minutes=1)


# ---------------------------------------------------------------- how often, and at what cost


def test_what_has_not_changed_is_not_sent_again(network: Rss, wire: Wire) -> None:
    modified = "Tue, 24 Nov 2026 10:00:00 GMT"

    def handler(request: Request) -> bytes:
        if request.headers.get("if-none-match") == 'W/"1"' and request.headers.get("if-modified-since") == modified:
            return answer(304)
        return served(entry(1), ETag='W/"1"', Last_Modified=modified)

    wire.handler = handler
    first = search(network, feed_at(wire))
    second = search(network, feed_at(wire), first.cursor)
    third = search(network, feed_at(wire), second.cursor)
    assert (ids(first), ids(second), ids(third)) == (["g1"], [], [])
    assert "if-none-match" not in wire.requests[0].headers
    assert all("if-none-match" in request.headers for request in wire.requests[1:])


def test_what_is_left_is_asked_for_whole(network: Rss, wire: Wire) -> None:
    """Else 304 would be all that the rest of a backlog is answered."""
    wire.handler = lambda request: served(ETag='"0"')
    cursor = search(network, feed_at(wire)).cursor
    wire.handler = lambda request: served(*(entry(n) for n in range(5)), ETag='"1"')
    batch = search(network, feed_at(wire), cursor, limit=3)
    assert batch.more
    rest = search(network, feed_at(wire), batch.cursor, limit=3)
    assert (len(rest.messages), rest.more) == (2, False)
    assert "if-none-match" not in wire.requests[-1].headers


@pytest.mark.parametrize(
    ("said", "after", "asked"),
    [
        ("max-age=120", 100, False),
        ("max-age=120", 130, True),
        ("public, max-age=86400", 290, False),
        ("public, max-age=86400", 310, True),  # five minutes at most
        ("no-cache, max-age=120", 10, True),
        ("s-maxage=600", 10, True),
        ("max-age=0", 10, True),
        ("nonsense", 10, True),
        ("max-age=120", -3600, True),  # a clock that was ahead
    ],
)
def test_what_is_fresh_is_not_asked_for(transport: Transport, wire: Wire, said: str, after: int, asked: bool) -> None:
    clock = [NOW.timestamp()]
    transport.wall = lambda: clock[0]  # type: ignore[method-assign]
    network = Rss(transport)
    wire.handler = lambda request: served(entry(1), Cache_Control=said)
    batch = search(network, feed_at(wire))
    clock[0] += after
    again = search(network, feed_at(wire), batch.cursor)
    assert len(wire.requests) == (2 if asked else 1)
    assert asked or (again.messages == () and again.cursor == batch.cursor)


def test_what_a_server_calls_its_version_is_only_sent_back_where_a_header_can_carry_it(
    network: Rss, wire: Wire
) -> None:
    wire.handler = lambda request: served(entry(1), ETag='"é"', Last_Modified="x" * 400)
    cursor = search(network, feed_at(wire)).cursor
    search(network, feed_at(wire), cursor)
    assert "if-none-match" not in wire.requests[1].headers
    assert "if-modified-since" not in wire.requests[1].headers


def test_the_cursor_stays_small_however_much_stands_there(network: Rss, wire: Wire) -> None:
    item = "<item><title>pont</title><guid isPermaLink='false'>{0}</guid></item>"
    wire.handler = lambda request: answer(200, document(*(item.format(n) for n in range(2_500))), kind=KIND)
    batch = search(network, feed_at(wire))
    assert len(batch.messages) == 50
    assert len(batch.cursor or "") < 20_000
    assert ids(search(network, feed_at(wire), batch.cursor)) == []


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "{}", "[]", '{"seen": 1}', '{"seen": "abc="}', '{"seen": "", "until": "x"}', '{"seen":"","etag":1}'],
)
def test_a_cursor_that_is_none_begins_anew(network: Rss, wire: Wire, cursor: str) -> None:
    wire.handler = lambda request: served(entry(1))
    assert ids(search(network, feed_at(wire), cursor)) == ["g1"]


def test_a_cursor_holds_no_words(network: Rss, wire: Wire) -> None:
    wire.handler = lambda request: served(entry(1), ETag='"1"')
    cursor = search(network, feed_at(wire)).cursor or ""
    assert "pont" not in cursor and "s3cret" not in cursor
    assert set(json.loads(cursor)) == {"seen", "etag"}


def test_the_feed_of_an_account_whose_address_is_lost_is_refused(network: Rss, wire: Wire) -> None:
    lost: Sequence[Any] = [{}, {"address": ""}]
    for secrets in lost:
        with pytest.raises(NetworkError):
            search(network, replace(feed_at(wire), secrets=secrets))
