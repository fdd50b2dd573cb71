"""What is read of a page for a link card: which words win, in whatever encoding, and what a hostile page cannot do."""

from __future__ import annotations

import time

import pytest

from chalicelib.networks.contract import CARD_DESCRIPTION_MAX, CARD_TITLE_MAX
from chalicelib.networks.page_words import PageWords, line, words_of_page

URL = "https://ville.example/avis/pont?lang=fr"
HTML = "text/html; charset=utf-8"


def page(head: str, kind: str = HTML, encoding: str = "utf-8", url: str = URL) -> PageWords:
    return words_of_page(f"<!doctype html><html><head>{head}</head><body>…</body></html>".encode(encoding), kind, url)


def test_open_graph_goes_before_twitter_and_the_pages_own() -> None:
    own = "<title>Titre</title><meta name=description content='Décrit'>"
    twitter = '<meta name="twitter:title" content="T"><meta name="twitter:description" content="D">'
    graph = '<meta property="og:title" content="OG"><meta content="OGD" property="og:description">'
    assert page(own) == PageWords("Titre", "Décrit", None)
    assert page(own + twitter) == PageWords("T", "D", None)
    assert page(own + twitter + graph) == PageWords("OG", "OGD", None)
    assert page(graph.replace("OG", " ") + own).title == "Titre", "an empty property says nothing"


def test_a_page_without_metadata_says_nothing() -> None:
    assert page("") == PageWords("", "", None)
    assert words_of_page(b"", "text/html", URL) == PageWords("", "", None)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("/img/pont.jpg", "https://ville.example/img/pont.jpg"),
        ("pont.jpg", "https://ville.example/avis/pont.jpg"),
        ("//cdn.example/p.png?a=1&amp;b=2", "https://cdn.example/p.png?a=1&b=2"),
        ("http://cdn.example/p.png", "http://cdn.example/p.png"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("file:///etc/passwd", None),
        ("https://[", None),
        (f"https://cdn.example/{'x' * 4000}", None),
    ],
)
def test_the_pictures_address_is_one_of_the_web(said: str, where: str | None) -> None:
    assert page(f'<meta property="og:image" content="{said}">').picture == where


def test_pictures_in_their_order() -> None:
    twitter = '<meta name="twitter:image" content="/t.png">'
    assert page(twitter).picture == "https://ville.example/t.png"
    graph = '<meta property="og:image" content="/g.png"><meta property="og:image" content="/second.png">'
    assert page(twitter + graph).picture == "https://ville.example/g.png"


@pytest.mark.parametrize(
    ("encoding", "kind", "head"),
    [
        ("utf-8", "text/html", ""),
        ("cp1252", "text/html; charset=ISO-8859-1", ""),
        ("cp1252", 'text/html;charset="latin1"', ""),
        ("cp1252", "text/html", '<meta charset="windows-1252">'),
        ("cp1252", "text/html", '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">'),
        ("cp1252", "text/html", ""),
        ("iso8859-15", "text/html; charset=iso-8859-15", ""),
        ("utf-16-le", "text/html; charset=utf-16le", ""),
        ("utf-8-sig", "text/html; charset=iso-8859-1", ""),
        ("utf-8", "text/html; charset=nonsense", ""),
        ("utf-8", "text/html; charset=unicode_escape", ""),
        ("utf-8", "text/html", '<meta charset="utf-16">'),
        ("utf-8", "text/html", '<meta charset="rot13">'),
    ],
)
def test_whatever_it_is_written_in(encoding: str, kind: str, head: str) -> None:
    """“ and € tell windows-1252 from ISO 8859-1."""
    title = "Été à Rivemont : 2 €" if encoding == "iso8859-15" else "Été “fermé” : 2 €"
    found = words_of_page(f"{head}<title>{title}</title>".encode(encoding), kind, URL)
    assert found.title == title


def test_a_page_that_was_cut_inside_a_character_is_still_utf8() -> None:
    content = "<title>Été</title><p>é".encode()[:-1]
    assert words_of_page(content, "text/html", URL).title == "Été"


def test_a_malicious_title_is_words_of_one_line() -> None:
    found = page("<title>\n  <script>alert(1)</script> &lt;b&gt; \x00\x1b[31m \u202egnp.exe &#x202e;&#0;\r\n x</title>")
    assert found.title == "<script>alert(1)</script> <b> [31m gnp.exe \ufffd x"


def test_what_is_inside_scripts_comments_and_attributes_is_no_markup() -> None:
    hidden = (
        "<!-- <title>Non</title> --><script>var x = '<title>Non</title>';</script><style><title>Non</title></style>"
        "<div title='<meta property=og:title content=Non>' x=\"><meta property=og:title content=Oui>\"></div>"
    )
    assert page(hidden + "<title>Oui</title><svg><title>Icône</title></svg>").title == "Oui"


def test_words_are_cut_at_a_word_and_an_ellipsis_says_so() -> None:
    found = page(f"<title>{'mot ' * 200}</title><meta name=description content='{'long' * 400}'>")
    assert len(found.title) <= CARD_TITLE_MAX and found.title.endswith("mot…")
    assert found.description == "long" * 124 + "lon…" and len(found.description) == CARD_DESCRIPTION_MAX
    assert line("un, deux", 8) == "un, deux"
    assert line("un deux, trois", 9) == "un deux…"


@pytest.mark.parametrize(
    "content",
    [
        "<a" * 500_000,
        "<meta " * 160_000,
        "<meta a=\"'" * 100_000,
        "<!--" * 250_000,
        "<title>" * 140_000,
        "<" * 1_000_000,
        "<script>" * 120_000,
        '<meta property="og:title" content="' + "x" * 900_000,
        "<meta " + "x" * 19_000 + ">" + ("<meta " + "y " * 9_000 + ">") * 50,
        "<meta x" + " " * 19_000 + ">" + "=\"'" * 300_000,
        "&" * 1_000_000,
        "<title>" + "&#x" * 300_000,
    ],
)
def test_a_hostile_page_costs_no_more_than_its_length(content: str) -> None:
    began = time.process_time()
    words_of_page(content.encode(), HTML, URL)
    assert time.process_time() - began < 3
