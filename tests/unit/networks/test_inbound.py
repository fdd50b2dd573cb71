"""What strangers wrote: HTML as text, and nothing that a database, a page or a browser would stumble over."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks.bluesky import Bluesky
from chalicelib.networks.contract import Capabilities, Citizen, addressed
from chalicelib.networks.inbound import (
    TEXT_MAX,
    count,
    language,
    moment,
    one_line,
    text_of_html,
    web_address,
    words,
)
from chalicelib.networks.mastodon import Mastodon
from chalicelib.networks.transport import Transport

LONG_LINK = (
    '<a href="https://ville.example/travaux/2026/mars?rue=1&amp;c=2" rel="nofollow">'
    '<span class="invisible">https://</span><span class="ellipsis">ville.example/travaux/2026</span>'
    '<span class="invisible">/mars?rue=1&amp;c=2</span></a>'
)
MENTION = (
    '<span class="h-card"><a href="https://m.example/@mairie" class="u-url mention">@<span>mairie</span></a></span>'
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>Bonjour</p>", "Bonjour"),
        ("<p>Un</p><p>Deux<br>trois<br />quatre</p>", "Un\n\nDeux\ntrois\nquatre"),
        ("<p>Un</p>\n\n\n<p>   Deux\n trois</p>", "Un\n\nDeux trois"),
        ("<ul><li>un</li><li>deux</li></ul>", "un\ndeux"),
        (f"<p>Voir {LONG_LINK} !</p>", "Voir https://ville.example/travaux/2026/mars?rue=1&c=2 !"),
        (
            f"<p>{MENTION} et #<a href='https://m.example/tags/Lyon' class='mention hashtag'>Lyon</a></p>",
            "@mairie et #Lyon",
        ),
        ('<a href="https://evil.example/">https://ville.example</a>', "https://ville.example (https://evil.example/)"),
        ('<a href="https://evil.example/">cliquez', "cliquez (https://evil.example/)"),
        ('<a href="https://ville.example/é">https://ville.example/%C3%A9</a>', "https://ville.example/%C3%A9"),
        ('<a href="javascript:alert(1)">ici</a>', "ici"),
        ('<a href="https://ville.example/x"></a>', "https://ville.example/x"),
        ("<p>:blobcat: <img src=x onerror=alert(1) alt=':chat:'></p>", ":blobcat: :chat:"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("a<script>alert(1)</script>b", "aalert(1)b"),
        ("<script>alert(1)", "alert(1)"),
        ("a<!-- jamais fermé", "a jamais fermé"),
        ("a<b c='jamais fermé", "a<b c='jamais fermé"),
        ("a<b c='>mal <i>fermé</i>", "amal fermé"),
        ("a<>b</>c< d", "a<>b</>c< d"),
        ("<a title='>' href='https://ville.example/x'>y</a>", "y (https://ville.example/x)"),
        ("<!DOCTYPE html>x", "<!DOCTYPE html>x"),
        ("<b>gras</b> <i>et</i> 1 &lt; 2 &amp; 3&nbsp;€ &#x1F389;", "gras et 1 < 2 & 3\u00a0€ 🎉"),
        ("<!-- caché -->vu", "vu"),
        ("5 < 6 et 7 > 3", "5 < 6 et 7 > 3"),
        (
            "<p>\u202egauche\u202c \u0645\u0631\u062d\u0628\u0627</p>",
            "\u202egauche\u202c \u0645\u0631\u062d\u0628\u0627",
        ),
        ("nul\x00 \ud800 cloche\x07", "nul\ufffd \ufffd cloche\ufffd"),
        ("&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"),
        ("", ""),
        (None, ""),
        (["<p>"], ""),
    ],
)
def test_html_as_text(content: object, text: str) -> None:
    assert text_of_html(content) == text


BROKEN = [*"<>/!-&;#ax \"'=\n", "script", "<p>", "</a>", "<a href=", "<!--", "&lt;", "\ud800"]


@given(st.lists(st.sampled_from(BROKEN)))
def test_no_html_is_too_broken(parts: list[str]) -> None:
    text_of_html("".join(parts)).encode()


HOSTILE = ["<", "<!", "<!--", "<a", "<a href='x", "&", "<p>", "<![CDATA[", "</", "<a href=https://a.example>", "<?"]


@pytest.mark.parametrize("part", [*HOSTILE, "<a '>", "<a '\">", "<a x", "<a " + "x" * 5_000, "<a x" + " " * 5_000])
def test_hostile_html_takes_no_time(part: str) -> None:
    began = time.perf_counter()
    text = text_of_html(part * (1_000_000 // len(part)))
    assert len(text) <= TEXT_MAX
    assert time.perf_counter() - began < 1


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert words("x" * 10, 10) == "x" * 10
    assert words("x" * 11, 10) == "x" * 9 + "…"
    assert len(text_of_html("<p>" + "mot " * 100_000)) == TEXT_MAX
    assert one_line("  Alice\n\tet \u202eBob  ") == "Alice et \u202eBob"
    assert words(7) == one_line(None) == ""


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://m.example/@alice", True),
        ("http://127.0.0.1:1/a", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//m.example/x", False),
        ("https://", False),
        ("https://[::1", False),
        ("https://m.example/a b", False),
        ("https://m.example/\x00", False),
        ("https://m.example/" + "x" * 3_000, False),
        (None, False),
        (7, False),
    ],
)
def test_only_addresses_of_the_web(url: object, kept: bool) -> None:
    assert web_address(url) == (url if kept else None)


def test_times_counts_and_languages() -> None:
    assert moment("2026-03-14T10:26:53.589+01:00") == datetime(2026, 3, 14, 9, 26, 53, 589_000, UTC)
    assert moment("2026-03-14T09:26:53") == datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
    for nothing in ("", "hier", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 7, None, "2" * 1_000):
        assert moment(nothing) is None
    assert (count(0), count(7), count(-1), count(True), count("7"), count(None)) == (0, 7, None, None, None, None)
    assert (language("fr"), language("pt-BR"), language("x"), language("fr\n"), language(7)) == (
        "fr",
        "pt-BR",
        *[None] * 3,
    )


def test_a_reply_is_addressed_where_the_network_wants_it_and_once() -> None:
    transport = Transport()
    mastodon, bluesky = Mastodon(transport).capabilities(), Bluesky(transport).capabilities()
    alice = Citizen("1", "alice@m.example")
    assert addressed("Merci", alice.handle, mastodon) == "@alice@m.example Merci"
    assert addressed("Merci @Alice@m.example !", alice.handle, mastodon) == "Merci @Alice@m.example !"
    assert addressed("Merci @alice@m.example.org", alice.handle, mastodon).startswith("@alice@m.example Merci")
    assert addressed("Merci @alice", alice.handle, mastodon).startswith("@alice@m.example Merci")
    assert addressed("Merci", alice.handle, bluesky) == "Merci"
    assert addressed("Merci", "", mastodon) == "Merci"
    twice = addressed(addressed("Merci", alice.handle, mastodon), alice.handle, mastodon)
    assert twice == "@alice@m.example Merci"


def test_both_networks_say_what_they_read() -> None:
    capabilities: list[Capabilities] = [Mastodon(Transport()).capabilities(), Bluesky(Transport()).capabilities()]
    for each in capabilities:
        assert each.reads == {"inbox", "search", "thread", "post_metrics", "profile_metrics"}
        assert each.measures == {"likes", "shares", "replies", "quotes"}
        assert not each.pushes
