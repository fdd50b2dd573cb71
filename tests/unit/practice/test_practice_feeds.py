"""The practice newspapers: both formats, what is printed and what has not changed, what cannot be done, their pages."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.practice.server import running
from tests.unit.practice.conftest import Server

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def paper(server: Server) -> str:
    server.account("rss", "gazette", "La Gazette")
    return "gazette"


def write(server: Server, text: str, **more: Any) -> dict[str, Any]:
    written: dict[str, Any] = server.citizens("write", network="rss", text=text, mention="gazette", **more)["written"][
        0
    ]
    return written


def test_an_article_stands_in_both_feeds(server: Server, paper: str) -> None:
    row = write(
        server, "Le pont <b>ferme</b> & rouvre\nC'est décidé.\n\nDès lundi.", author="Rita Martin", at=1_700_000_000
    )
    rss = server.http.get(f"/feeds/{paper}.xml")
    assert rss.headers["content-type"] == "application/rss+xml; charset=utf-8"
    (item,) = ET.fromstring(rss.text).iter("item")
    assert item.findtext("title") == "Le pont <b>ferme</b> & rouvre"
    assert item.findtext("description") == "<p>C&#x27;est décidé.</p><p>Dès lundi.</p>"
    assert item.findtext("pubDate") == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert (item.findtext("guid"), item.findtext("link")) == (row["remote_id"], row["url"])
    atom = server.http.get(f"/feeds/{paper}.atom")
    assert atom.headers["content-type"] == "application/atom+xml; charset=utf-8"
    (entry,) = ET.fromstring(atom.text).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == row["remote_id"]
    assert entry.findtext(f"{ATOM}published") == "2023-11-14T22:13:20Z"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Rita Martin"


def test_what_has_not_changed_is_not_sent_again(server: Server, paper: str) -> None:
    first = server.http.get(f"/feeds/{paper}.xml")
    known = {"If-None-Match": first.headers["etag"]}
    assert server.http.get(f"/feeds/{paper}.xml", headers=known).status_code == 304
    row = write(server, "Un")
    assert server.http.get(f"/feeds/{paper}.xml", headers=known).status_code == 200
    server.citizens("edit", network="rss", remote_id=row["remote_id"], text="Deux")
    atom = server.http.get(f"/feeds/{paper}.atom").text
    assert "Deux" in atom and "Un<" not in atom
    server.citizens("delete", network="rss", remote_id=row["remote_id"])
    assert "<item>" not in server.http.get(f"/feeds/{paper}.xml").text


def test_each_paper_prints_its_own(server: Server, paper: str) -> None:
    server.account("rss", "observer", "The Observer")
    write(server, "Ici")
    assert "Ici" not in server.http.get("/feeds/observer.xml").text
    assert server.http.get("/feeds/nowhere.xml").status_code == 404
    assert server.http.get("/feeds/rita.xml").status_code == 404, "who writes is no paper"


@pytest.mark.parametrize("body", [{}, {"mention": "nobody"}, {"mention": "gazette", "private": True}])
def test_what_is_no_article_is_refused(server: Server, paper: str, body: dict[str, Any]) -> None:
    asked = {"network": "rss", "text": "Bonjour", **body}
    assert server.http.post("/practice/citizens/write", json=asked).status_code == 422


def test_it_fails_as_it_is_told_to(server: Server, paper: str) -> None:
    for kind, status in (("rate_limit", 429), ("error_5xx_before", 503), ("suspended", 410), ("token_revoked", 401)):
        server.faults({"kind": kind, "network": "rss", "handle": paper, "count": 1, "status": 503})
        assert server.http.get(f"/feeds/{paper}.xml").status_code == status
    assert server.http.get(f"/feeds/{paper}.xml").status_code == 200
    entries = server.http.get("/practice/log?network=rss&operation=read").json()["entries"]
    assert [entry["status"] for entry in entries] == [429, 503, 410, 401, 200]


def test_its_pages(server: Server, paper: str) -> None:
    row = write(server, "<script>alert(1)</script>\nLe pont")
    for address in (f"/feeds/{paper}", httpx.URL(row["url"]).path, "/?network=rss&who=citizens", "/practice/citizens"):
        page = server.http.get(address)
        assert page.status_code == 200
        assert "&lt;script&gt;" in page.text and "<script>alert" not in page.text
    assert f"/feeds/{paper}.atom" in server.http.get(f"/feeds/{paper}").text
    assert server.http.get(f"/feeds/{paper}/none").status_code == 404
    assert server.http.get("/feeds/none").status_code == 404
    assert 'name="to-rss"' not in server.http.get("/practice/citizens").text, "no storm fills a newspaper"


def test_articles_outlive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        http.post("/practice/accounts", json={"network": "rss", "handle": "gazette", "password": "sesame"})
        http.post("/practice/citizens/write", json={"network": "rss", "mention": "gazette", "text": "Le pont"})
    with running(tmp_path) as it, httpx.Client(base_url=it.url, timeout=10) as http:
        assert "Le pont" in http.get("/feeds/gazette.xml").text
