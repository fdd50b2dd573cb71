"""Counting, facets, matching and the problems found before sending: all of it pure."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks import bluesky, mastodon
from chalicelib.networks.contract import NetworkError, Stalled
from chalicelib.networks.counting import graphemes, is_unicode, links, mastodon_length, utf8_bytes
from chalicelib.networks.facets import facets
from chalicelib.networks.matching import could_be, words_of_html, words_of_text
from chalicelib.networks.registry import NETWORKS, UnknownNetwork, build
from chalicelib.networks.steps import past_the_gate, wait_from
from chalicelib.networks.transport import Transport
from tests.unit.networks.material import image

# ---------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("text", "count", "size"),
    [
        ("", 0, 0),
        ("été", 3, 5),
        ("e\u0301te\u0301", 3, 7),
        ("👩‍👩‍👧‍👦", 1, 25),
        ("🇫🇷🇨🇦", 2, 16),
        ("👍🏽", 1, 8),
        ("1️⃣", 1, 7),
        ("a\r\nb", 3, 4),
        ("नमस्ते", 3, 18),
    ],
)
def test_graphemes_and_bytes(text: str, count: int, size: int) -> None:
    assert (graphemes(text), utf8_bytes(text)) == (count, size)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("été 👩‍👩‍👧", 5),
        ("https://ville.example/" + "x" * 200, 23),
        ("Voir https://a.example.", 5 + 23 + 1),
        ("(https://a.example/b_(c))", 1 + 23 + 1),
        ("http://a.example https://b.example", 23 + 1 + 23),
        ("«https://a.example/é»", 1 + 23 + 1),
        ("https://a.example/x, puis", 23 + 6),
        ("ville.example", 13),
        ("xhttps://a.example", 18),
        ("https://localhost/", 18),
        ("@bob@very-long-domain.example salut", 4 + 6),
        ("@bob salut", 10),
        ("bob@mail.example", 16),
        ("@a@b.example @c@d.example", 5),
    ],
)
def test_mastodons_length(text: str, length: int) -> None:
    assert mastodon_length(text) == length


@given(st.text(max_size=300))
def test_counting_takes_any_text(text: str) -> None:
    assert 0 <= graphemes(text) <= len(text)
    assert mastodon_length(text) >= 0
    for link in links(text):
        assert text[link.start : link.end] == link.url


def test_counting_does_not_hang_on_hostile_text() -> None:
    began = time.monotonic()
    for text in ("https://" * 20_000, "https://a." + "a." * 50_000, "@a" * 50_000, "#" * 100_000, "(" * 100_000):
        mastodon_length(text)
        facets(text, lambda handle: None)
        words_of_html("<a href='" * 200 + text)
    assert time.monotonic() - began < 10


def test_half_a_character() -> None:
    assert is_unicode("🎉")
    assert not is_unicode("\ud83c")


# ---------------------------------------------------------------- facets


def _shown(text: str) -> list[tuple[str, str]]:
    raw = text.encode()
    found = []
    for facet in facets(text, lambda handle: None if handle.startswith("no") else f"did:plc:{handle}"):
        index, features = facet["index"], facet["features"]
        assert isinstance(index, dict)
        assert isinstance(features, list)
        value = features[0].get("uri") or features[0].get("tag") or features[0].get("did")
        found.append((raw[index["byteStart"] : index["byteEnd"]].decode(), value))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Été 🎉👩‍👩‍👧 #Lyon !", [("#Lyon", "Lyon")]),
        ("é https://a.example/é?x=1. fin", [("https://a.example/é?x=1", "https://a.example/é?x=1")]),
        ("(voir https://a.example/b_(c)).", [("https://a.example/b_(c)", "https://a.example/b_(c)")]),
        ("https://a.example/#frag", [("https://a.example/#frag", "https://a.example/#frag")]),
        ("🎉@Bob.Example, salut", []),
        ("🎉 @Bob.Example, salut", [("@Bob.Example", "did:plc:bob.example")]),
        ("(@bob.example)", [("@bob.example", "did:plc:bob.example")]),
        ("@nobody.example", []),
        ("@bob @bob@far.example bob@mail.example", []),
        ("#1 #2026 # #! ##", []),
        ("#l'été, #🎉 ＃全角", [("#l'été", "l'été"), ("#🎉", "🎉"), ("＃全角", "全角")]),
        ("#" + "x" * 65, []),
        ("#a.", [("#a", "a")]),
        ("javascript:alert(1) ftp://a.example", []),
    ],
)
def test_facets_in_bytes(text: str, found: list[tuple[str, str]]) -> None:
    assert _shown(text) == found


@given(st.text(st.sampled_from(list("a#@.:/ ()é🎉\u200d👩https")), max_size=80))
def test_facets_never_overlap_and_cut_no_character(text: str) -> None:
    end = 0
    for facet in facets(text, lambda handle: "did:plc:x"):
        index = facet["index"]
        assert isinstance(index, dict)
        assert end <= index["byteStart"] < index["byteEnd"] <= utf8_bytes(text)
        text.encode()[index["byteStart"] : index["byteEnd"]].decode()
        end = index["byteEnd"]


# ---------------------------------------------------------------- matching


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Bonjour\n\nà tous", "<p>Bonjour</p><p>à tous</p>"),
        ("*gras* _it_ `code`", "<b>gras</b> <i>it</i> <code>code</code><br>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("E\u0301te\u0301", "<p>Été</p>"),
        ("🎉🎉", "<p>🎉🎉</p>"),
        ("", ""),
        ("x https://A.example/b/", '<p>x <a href="http://a.example/b">a.example/b</a></p>'),
        ("x https://a.example/é", '<p>x <a href="https://a.example/%C3%A9">…</a></p>'),
        ("x https://a.example/b", '<p>x <a href="https://out.example/?to=aHR0">a.example/b</a></p>'),
        ("x https://a.example/b", "<p>x https://a.example/b</p>"),
        ("@bob@far.example ok", '<a href="https://far.example/@bob" class="u-url mention">@<span>bob</span></a> ok'),
        ("@bob@far.example ok", "@bob@far.example ok"),
        ("#Été", '<a href="https://m.example/tags/%C3%89t%C3%A9" class="mention hashtag">#<span>Été</span></a>'),
    ],
)
def test_what_an_instance_may_make_of_a_text(text: str, html: str) -> None:
    assert could_be(words_of_text(text), words_of_html(html))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Bonjour", "<p>Bonsoir</p>"),
        ("Bonjour à tous", "<p>Bonjour tous à</p>"),
        ("Bonjour", "<p>Bonjour Bonjour</p>"),
        ("Fermé le 12", "<p>Fermé le 13</p>"),
        ("🎉", "<p>🎉🎉</p>"),
        ("🎉", "<p>😡</p>"),
        ("x https://a.example/b", '<p>x <a href="https://a.example/c">a.example/c</a></p>'),
        ("x https://a.example/b?n=1", '<p>x <a href="https://a.example/b?n=2">a.example/b</a></p>'),
        ("x https://a.example/b", "<p>x</p>"),
        ("x", '<p>x <a href="https://a.example/b">a.example/b</a></p>'),
    ],
)
def test_what_is_another_post(text: str, html: str) -> None:
    assert not could_be(words_of_text(text), words_of_html(html))


@given(st.text(max_size=200))
def test_any_html_is_read(html: str) -> None:
    words_of_html(html)


# ---------------------------------------------------------------- problems


def test_every_problem_names_its_file_and_rule() -> None:
    limits = replace(bluesky.LIMITS, alt_max=5, image_pixels_max=100)
    network = bluesky.Bluesky(Transport())
    files = [
        image(media_id="a", filename="a.tiff", content_type="image/tiff", width=5, height=5, alt=""),
        image(media_id="b", filename="b.png", size=2_000_001, width=5, height=5, alt="12345"),
        image(media_id="c", filename="c.png", alt="123456"),
        image(media_id="d", width=1, height=1, alt=""),
        image(media_id="e", width=1, height=1, alt=""),
    ]
    got = [(p.code, p.field, p.limit, p.actual) for p in network.check("👩‍👩‍👧‍👦" * 301, files, limits)]
    assert got == [
        ("text_too_long", "text", 300, 301),
        ("text_too_many_bytes", "text", 3000, 7525),
        ("too_many_images", "media/e", 4, 5),
        ("media_type_refused", "media/a", None, None),
        ("media_too_large", "media/b", 2_000_000, 2_000_001),
        ("media_too_many_pixels", "media/c", 100, 480 * 320),
        ("alt_too_long", "media/c", 5, 6),
    ]
    hints = [p.hint for p in network.check("x", files[:3], limits)]
    assert all(name in hint for name, hint in zip(("a.tiff", "b.png", "c.png", "c.png"), hints, strict=True))


def test_a_missing_description_is_no_matter_of_the_network() -> None:
    for network in (bluesky.Bluesky(Transport()), mastodon.Mastodon(Transport())):
        assert network.check("x", [image(alt="")], network.limits({})) == []


def test_nothing_at_all_is_no_post() -> None:
    for network in (bluesky.Bluesky(Transport()), mastodon.Mastodon(Transport())):
        assert [p.code for p in network.check(" \n", [], network.limits({}))] == ["text_empty"]
        assert network.check("", [image()], network.limits({})) == []


def test_half_a_character_is_found_before_sending() -> None:
    network = bluesky.Bluesky(Transport())
    codes = [p.code for p in network.check("\ud83c", [image(alt="\udc00")], bluesky.LIMITS)]
    assert codes == ["text_not_unicode", "alt_not_unicode"]


# ---------------------------------------------------------------- how long to wait

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "Sat, 14 Mar 2026 12:02:00 GMT"}, 120),
        ({"retry-after": "soon", "x-ratelimit-reset": "2026-03-14T12:05:00.123Z"}, 300.123),
        ({"x-ratelimit-reset": "2026-03-14T14:05:00+02:00"}, 300),
        ({"x-ratelimit-reset": "2026-03-14T12:05:00"}, 300),
        ({"ratelimit-reset": str(int(NOON.timestamp()) + 45)}, 45),
        ({"ratelimit-reset": "1"}, 1),
        ({"retry-after": "-5"}, 60),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "9" * 60}, 86_400),
        ({"retry-after": "9" * 100}, 60),
        ({"ratelimit-reset": "99999999999"}, 86_400),
        ({"ratelimit-reset": "nan", "x-ratelimit-reset": "2026-99-99"}, 60),
        ({"retry-after": "٣"}, 60),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert wait_from(headers, NOON, default=timedelta(seconds=60)) == timedelta(seconds=seconds)


def test_past_the_gate_ends_after_three_stalls() -> None:
    tries: list[int] = []

    def step() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise Stalled
        return "done"

    assert past_the_gate(step) == "done"

    def always() -> str:
        tries.append(1)
        raise Stalled

    tries.clear()
    with pytest.raises(Stalled):
        past_the_gate(always)
    assert len(tries) == 3


# ---------------------------------------------------------------- the registry


def test_the_registry_builds_every_network_it_names() -> None:
    for name in NETWORKS:
        network = build(name, Transport(), dict)
        able = network.capabilities()
        assert able.network == name
        # What it says of itself, it has.
        way = {"oauth": "start_oauth", "app_password": "connect_password", "address": "connect_address"}
        assert hasattr(network, way[able.connect])
        assert hasattr(network, "inbox") == ("inbox" in able.reads)
        assert hasattr(network, "hide") == ("hide" in able.moderates)
        assert hasattr(network, "delete") == ("delete" in able.moderates)
        assert hasattr(network, "revoke") == able.revokes
        assert hasattr(network, "subscribe") == hasattr(network, "unsubscribe") == able.subscribes
    with pytest.raises(UnknownNetwork):
        build("myspace", Transport(), dict)


def test_the_registry_is_light_and_connectors_carry_no_pillow_and_no_cryptography() -> None:
    code = (
        "import sys; import chalicelib.networks.registry; "
        "assert 'requests' not in sys.modules and 'pydantic' not in sys.modules; "
        "import chalicelib.networks.bluesky, chalicelib.networks.facebook, chalicelib.networks.mastodon; "
        "import chalicelib.networks.instagram, chalicelib.networks.threads, chalicelib.networks.x; "
        "import chalicelib.networks.linkedin, chalicelib.networks.youtube, chalicelib.networks.rss; "
        "assert 'feedparser' not in sys.modules; "
        "assert not {'PIL', 'cryptography', 'boto3', 'chalice'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_errors_say_their_code_first() -> None:
    assert str(NetworkError("some_code", "words")) == "some_code: words"
