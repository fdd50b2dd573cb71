"""Feeds as they are really written: every version, broken encodings, missing ids and dates, HTML where text was meant;
and those that are written to do harm."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.networks.contract import NotUnderstood
from chalicelib.networks.feed_document import FEED_BYTES_MAX, Feed, read_feed

HERE = "https://gazette.example/rss.xml"


def read(text: str | bytes, content_type: str = "application/rss+xml") -> Feed:
    return read_feed(text if isinstance(text, bytes) else text.encode(), content_type, HERE)


def rss(items: str, channel: str = "<title>La Gazette</title><link>https://gazette.example/</link>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}{items}</channel></rss>'


def refusal(text: str | bytes, content_type: str = "application/rss+xml") -> str:
    with pytest.raises(NotUnderstood) as refused:
        read(text, content_type)
    return refused.value.code


# ---------------------------------------------------------------- the formats


def test_rss_2() -> None:
    feed = read(
        rss(
            "<item><title>Le pont</title><link>https://gazette.example/1</link><guid isPermaLink='false'>g-1</guid>"
            "<pubDate>Tue, 24 Nov 2026 10:30:00 +0100</pubDate><author>r@gazette.example (Rita Martin)</author>"
            "<description>&lt;p&gt;Il est &lt;b&gt;fermé&lt;/b&gt;.&lt;/p&gt;</description></item>",
            "<title>La Gazette</title><link>https://gazette.example/</link><language>fr</language>"
            "<lastBuildDate>Tue, 24 Nov 2026 12:00:00 GMT</lastBuildDate>",
        )
    )
    assert (feed.title, feed.link, feed.language) == ("La Gazette", "https://gazette.example/", "fr")
    assert feed.updated == datetime(2026, 11, 24, 12, tzinfo=UTC)
    (item,) = feed.items
    assert (item.id, item.link, item.title, item.text) == (
        "g-1",
        "https://gazette.example/1",
        "Le pont",
        "Il est fermé.",
    )
    assert item.author == "Rita Martin"
    assert (item.published, item.updated) == (datetime(2026, 11, 24, 9, 30, tzinfo=UTC), None)


def test_atom_1() -> None:
    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="html">The &lt;i>Observer&lt;/i></title>'
        '<link href="/"/><updated>2026-11-24T12:00:00Z</updated><entry><id>tag:o,2026:1</id><link href="/a/1"/>'
        "<title>1 &lt; 2 &amp; so on</title><published>2026-11-24T09:00:00Z</published>"
        "<updated>2026-11-24T11:00:00Z</updated><author><name>Ann</name><email>ann@o.example</email></author><summary>Short</summary>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The bridge is <b>closed</b>.</p></div>'
        "</content></entry></feed>",
        "application/atom+xml",
    )
    assert (feed.title, feed.link) == ("The Observer", "https://gazette.example/")
    (item,) = feed.items
    assert (item.id, item.link, item.author) == ("tag:o,2026:1", "https://gazette.example/a/1", "Ann")
    assert item.title == "1 < 2 & so on"  # Atom says that this is text
    assert item.text == "The bridge is closed."  # the fuller of the two
    assert item.published == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert item.updated == datetime(2026, 11, 24, 11, tzinfo=UTC)


def test_rss_1_and_0_91_with_its_document_type() -> None:
    rdf = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title></channel>'
        '<item rdf:about="https://x.example/1"><title>Un</title><link>https://x.example/1</link>'
        "<dc:date>2026-11-24T10:00:00+01:00</dc:date><dc:creator>Zoé</dc:creator></item></rdf:RDF>"
    )
    (item,) = rdf.items
    assert (item.id, item.title, item.author) == ("https://x.example/1", "Un", "Zoé")
    assert item.published == datetime(2026, 11, 24, 9, tzinfo=UTC)
    old = read(
        '<?xml version="1.0"?><!-- made by hand --><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>T</title>'
        "<item><title>Un</title><link>https://x.example/1</link></item></channel></rss>"
    )
    assert [item.id for item in old.items] == ["https://x.example/1"]


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("r@gazette.example (Rita Martin)", "Rita Martin"),
        ("rita@gazette.example", "rita@gazette.example"),
        ("Rita Martin", "Rita Martin"),
        ("Rita (Martin) (et Zoé)", "Rita (Martin) (et Zoé)"),
    ],
)
def test_an_author_has_a_name(author: str, name: str) -> None:
    assert read(rss(f"<item><title>x</title><author>{author}</author></item>")).items[0].author == name


def test_an_empty_feed_is_a_feed() -> None:
    assert read(rss("")).items == []


# ---------------------------------------------------------------- what is missing or odd


def test_what_is_missing_is_made_up_for() -> None:
    feed = read(rss("<item><title>Sans rien</title></item><item><title>Autre</title></item><item/>"))
    first, other, nothing = feed.items
    assert (first.link, first.published, first.author) == (None, None, "")
    assert len({first.id, other.id, nothing.id}) == 3
    again = read(rss("<item><title>Nouveau</title></item><item><title>Sans rien</title></item>"))
    assert again.items[1].id == first.id, "the same entry, wherever it stands"


def test_an_id_that_several_entries_have_is_nobodys() -> None:
    same = "<item><guid isPermaLink='false'>1</guid><link>https://x.example/{0}</link><title>{0}</title></item>"
    feed = read(rss("".join(same.format(n) for n in (3, 2, 1))))
    assert [item.id for item in feed.items] == [f"https://x.example/{n}" for n in (3, 2, 1)]
    twice = read(rss(same.format(1) + same.format(1)))
    assert [item.id for item in twice.items] == ["1"], "one entry, listed twice"


def test_an_endless_id_becomes_a_short_one() -> None:
    (item,) = read(rss(f"<item><guid>{'x' * 5_000}</guid></item>")).items
    assert len(item.id) == 64


@pytest.mark.parametrize("date", ["demain", "Tue, 99 Foo 2026", "9999999999", "", "Tue, 24 Nov 99999 10:00:00 GMT"])
def test_a_date_that_is_none_is_not_given(date: str) -> None:
    (item,) = read(rss(f"<item><title>x</title><pubDate>{date}</pubDate></item>")).items
    assert item.published is None or item.published.tzinfo is UTC


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&amp;amp;T &lt;b&gt;ferme&lt;/b&gt;", "AT&T ferme"),  # escaped HTML, as most write
        ("<![CDATA[<em>Le</em> pont]]>", "Le pont"),
        ("Le pont\n   est&#10;fermé", "Le pont est fermé"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),  # no HTML of a title's: text
        ("Déjà", "Déjà"),
    ],
)
def test_a_title_is_plain_text(title: str, shown: str) -> None:
    assert read(rss(f"<item><title>{title}</title></item>")).items[0].title == shown


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", "https://"])
def test_a_link_that_no_browser_may_be_sent_to_is_none(link: str) -> None:
    (item,) = read(rss(f"<item><title>x</title><link>{link}</link><guid isPermaLink='false'>1</guid></item>")).items
    assert item.link is None or item.link.startswith("https://gazette.example/")


def test_what_is_not_well_formed_is_read_all_the_same() -> None:
    first = "<item><title>Caf&eacute; & pont</title><description>a <br> b</description></item>"
    feed = read(rss(f"{first}<item><title>Deux</title></item>"))
    assert [item.title for item in feed.items] == ["Café & pont", "Deux"]
    cut = rss("<item><title>Un</title></item><item><title>De")
    assert read(cut[:-30]).items[0].title == "Un"


# ---------------------------------------------------------------- encodings

ACCENTS = rss("<item><title>Été à Besançon – « l’œuvre » €</title></item>")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ACCENTS.encode("utf-8"), "text/xml"),
        (ACCENTS.encode("utf-8-sig"), "text/xml; charset=iso-8859-1"),  # the mark decides
        (ACCENTS.encode("utf-16"), "text/xml"),
        (ACCENTS.encode("utf-32"), "text/xml"),
        (ACCENTS.encode("utf-16-le"), "text/xml"),
        (ACCENTS.encode("cp1252"), "text/xml; charset=windows-1252"),
        (ACCENTS.encode("cp1252"), "text/xml; charset=iso-8859-1"),  # what says so is windows-1252
        (ACCENTS.encode("cp1252"), "text/xml; charset=utf-8"),  # and what lies
        (ACCENTS.replace('"1.0"', '"1.0" encoding="windows-1252"').encode("cp1252"), "text/xml"),
        (ACCENTS.replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-8"), "application/xml; charset=utf-8"),
        (ACCENTS.encode("utf-8"), "text/xml; charset=punycode"),
        (ACCENTS.encode("utf-8"), "text/xml; charset=zip"),
        (ACCENTS.encode("utf-8"), 'text/xml; charset="nonsense\x00"'),
        (b"\n \n" + ACCENTS.encode("utf-8"), ""),
    ],
)
def test_it_is_decoded(body: bytes, content_type: str) -> None:
    assert read(body, content_type).items[0].title == "Été à Besançon – « l’œuvre » €"


def test_what_no_xml_may_hold_is_left_out() -> None:
    body = rss("<item><title>Le\x0b pont\x00\ufffe</title></item>").encode()
    assert read(body).items[0].title == "Le pont"
    assert read(rss("<item><title>X</title></item>").encode().replace(b"X", b"\xff\xfe")).items[0].title


# ---------------------------------------------------------------- what is no feed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><head><title>Ville</title></head></html>",
        b"<html><body><rss></rss></body></html>",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        b"<opml/>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 200,
        b"<?xml version='1.0'?>",
        b"<!DOCTYPE rss",
        b"<!-- never ends",
        b"rss",
    ],
)
def test_it_is_no_feed(body: bytes) -> None:
    assert refusal(body) == "not_a_feed"


def test_what_is_too_large_is_not_read() -> None:
    assert refusal(b" " * (FEED_BYTES_MAX + 1)) == "feed_too_large"


# ---------------------------------------------------------------- what is written to do harm


def bomb(before: str = "") -> str:
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    declared = f'<?xml version="1.0"?>{before}<!DOCTYPE rss [<!ENTITY l0 "lol">{nested}]>'
    return f'{declared}<rss version="2.0"><channel><title>&l9;</title></channel></rss>'


@pytest.mark.parametrize("before", ["", "<!-- <a> -->", "<?x <a ?>", "\n<!-- --><!-- <rss -->\n"])
def test_entities_that_swell_are_refused_wherever_they_hide(before: str) -> None:
    """A reader that looks for the first "<a" to know where the prolog ends is led astray by a comment."""
    assert refusal(bomb(before)) == "feed_declares_entities"
    assert refusal(bomb(before).encode("utf-16")) == "feed_declares_entities"


def test_one_long_entity_named_often_is_refused() -> None:
    often = (
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 500_000}">]><rss><channel><title>{"&a;" * 100_000}</title></channel></rss>'
    )
    assert refusal(often) == "feed_declares_entities"


def test_a_declaration_after_the_root_declares_nothing() -> None:
    late = (
        '<rss version="2.0"><channel><!DOCTYPE rss [<!ENTITY a "b">]><item><title>[&a;]</title></item></channel></rss>'
    )
    titles = [item.title for item in read(late).items]
    assert titles in ([], ["[&a;]"], ["[]"])


def test_a_file_of_ours_is_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(rss("<item><title>secret</title></item>"))
    inside = '<rss version="2.0"><channel><item><title>x</title></item></channel></rss>'
    external = f'<!DOCTYPE rss SYSTEM "{secret.as_uri()}">{inside}'
    assert [item.title for item in read(external).items] == ["x"]
    assert refusal(str(secret)) == "not_a_feed"
    assert refusal(secret.as_uri()) == "not_a_feed"
    inside = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]><rss><channel><title>&x;</title></channel></rss>'
    assert refusal(inside) == "feed_declares_entities"


HALF = FEED_BYTES_MAX // 8


@pytest.mark.parametrize(
    "inside",
    [
        "<b>" * (HALF // 3),
        "&x;" + "<a " * (HALF // 3),
        "&x;" + "<a b='" * (HALF // 6),
        "&x;" + "'\"" * (HALF // 2),
        "&x;" + "<!--" * (HALF // 4),
        "&x;" + "<![CDATA[" * (HALF // 9),
        "&x;" + "&#" * (HALF // 2),
        "&x;" + "<!DOCTYPE " * (HALF // 10),
    ],
)
def test_what_is_written_to_take_long_does_not(inside: str) -> None:
    """A quarter of a megabyte each. A time that grew with the square would be minutes."""
    began = time.process_time()
    read(rss(f"<item><title>{inside}"))
    assert time.process_time() - began < 15


def test_deeply_nested_is_no_crash() -> None:
    deep = "<div>" * 50_000
    (item,) = read(rss(f"<item><title>x</title><description>{deep}</description></item>")).items
    assert item.title == "x"
