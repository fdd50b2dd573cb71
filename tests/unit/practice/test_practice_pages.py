"""The public page: nothing that a client wrote is obeyed, and the newcomer sees what came in."""

from __future__ import annotations

import re

import pytest

from infra.local.practice.faults import CONDITIONS, FAULTS
from infra.local.practice.words import WORDS

from .conftest import BlueskyClient, MastodonClient, Server, png, post_record
from .test_practice_bluesky import TID, facet, image_embed

EVIL = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"'&amp; \u202etxt.exe\u2066 \x07"


def test_every_language_has_every_word() -> None:
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    for key in WORDS["en"]:
        assert re.findall(r"{\w+}", WORDS["en"][key]) == re.findall(r"{\w+}", WORDS["fr"][key])


def test_an_empty_timeline_says_what_will_appear_in_the_readers_language(server: Server) -> None:
    french = server.http.get("/", headers={"Accept-Language": "en;q=0.4, fr-FR;q=0.9"})
    assert WORDS["fr"]["empty"] in french.text
    assert WORDS["fr"]["banner"] in french.text
    assert '<html lang="fr">' in french.text
    chosen = server.http.get("/?lang=en", headers={"Accept-Language": "fr"})
    assert WORDS["en"]["empty"] in chosen.text
    assert WORDS["en"]["empty"] in server.http.get("/", headers={"Accept-Language": "fr"}).text, "kept in a cookie"


def test_nothing_that_a_client_wrote_is_obeyed(bluesky: BlueskyClient, mastodon: MastodonClient) -> None:
    server = bluesky.server
    server.account("bluesky", bluesky.session["handle"], name=EVIL[:90])
    server.account("mastodon", "ville", name=EVIL[:90])
    blob = bluesky.upload(png())
    javascript = facet(0, 3, "javascript:alert(1)")
    assert bluesky.put(TID, post_record(EVIL, facets=[javascript], embed=image_embed(blob, EVIL))).status_code == 200
    media = mastodon.upload(png(), description=EVIL).json()["id"]
    status = mastodon.publish(
        status=EVIL + ' https://x.example/"onmouseover="alert(1)', spoiler_text=EVIL, media_ids=[media]
    )
    assert status.status_code == 200, status.text
    pages = ["/", "/fragment", "/@ville", f"/@ville/{status.json()['id']}", f"/profile/{bluesky.session['handle']}"]
    for path in pages:
        page = server.http.get(path)
        assert page.status_code == 200
        text = re.sub(r'<script src="/practice/static/\w+\.js" defer></script>', "", page.text)
        assert "<script" not in text, path
        assert "<img src=x" not in text
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', text)), path
        assert 'href="javascript' not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", text), path
        assert "U+202E" in text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in server.http.get("/avatars/mastodon/ville.svg").text.lower()
    assert server.http.get("/tags/%3Cscript%3E").status_code == 200


def test_posts_show_network_alternative_text_and_links(bluesky: BlueskyClient, mastodon: MastodonClient) -> None:
    server = bluesky.server
    blob = bluesky.upload(png())
    record = post_record("Vu sur example.org", facets=[facet(7, 18)], embed=image_embed(blob, "La façade"))
    bluesky.put(TID, record)
    media = mastodon.upload(png()).json()["id"]
    mastodon.publish(status="Voir https://example.org/a", media_ids=[media])
    page = server.http.get("/?lang=en").text
    assert page.index("Voir") < page.index("Vu sur"), "newest first"
    assert '<a href="https://example.org/" rel="nofollow noopener noreferrer" target="_blank">example.org</a>' in page
    assert "La façade" in page
    assert WORDS["en"]["no_alt"] in page
    for source in re.findall(r'<img src="([^"]+)"', page):
        image = server.http.get(source.replace("&amp;", "&"))
        assert (image.status_code, image.headers["content-type"]) == (200, "image/png")
    only = server.http.get("/?network=bluesky").text
    assert "Vu sur" in only
    assert "Voir https" not in only
    for path in re.findall(r'class="(?:who|when)" href="([^"]+)"', page):
        assert server.http.get(path).status_code == 200, path
    assert server.http.get("/@nobody").status_code == 404


def test_the_fragment_is_sent_only_when_something_changed(mastodon: MastodonClient) -> None:
    server = mastodon.server
    first = server.http.get("/fragment")
    same = server.http.get("/fragment", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.text) == (304, "")
    server.faults({"kind": "late_visibility", "seconds": 0})
    mastodon.publish(status="Nouveau")
    changed = server.http.get("/fragment", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert "Nouveau" in changed.text


def test_the_control_page_offers_every_fault(server: Server) -> None:
    for lang in ("fr", "en"):
        page = server.http.get(f"/practice/?lang={lang}").text
        assert page.count('data-probability="1"') == len(FAULTS) + len(CONDITIONS)


@pytest.mark.parametrize(
    "body",
    [
        {"network": "myspace", "handle": "a", "password": "p"}, {"network": "x", "handle": "a-b", "password": "p"},
        {"network": "bluesky", "handle": "no domain", "password": "p"},
        {"network": "mastodon", "handle": "a b", "password": "p"}, {"network": "mastodon", "handle": "a"}, [], "x",
    ],
)  # fmt: skip
def test_accounts_are_checked(server: Server, body: object) -> None:
    answer = server.http.post("/practice/accounts", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_accounts_are_added_once_and_can_be_suspended(mastodon: MastodonClient) -> None:
    server = mastodon.server
    assert server.account("mastodon", "ville", name="Autre nom") == mastodon.account_id
    body = {"network": "mastodon", "handle": "ville", "password": "sesame", "suspended": True}
    assert server.http.post("/practice/accounts", json=body).json()["suspended"] is True
    assert mastodon.publish(status="a").status_code == 403
    assert server.http.post("/practice/accounts", json={**body, "suspended": False}).status_code == 200
    assert mastodon.publish(status="a").status_code == 200


def test_a_form_of_another_page_cannot_work_the_controls(server: Server) -> None:
    answer = server.http.post("/practice/accounts", content='{"network":"mastodon","handle":"x","password":"p"}')
    assert answer.status_code == 422
    assert server.http.get("/practice/accounts").json()["accounts"] == []


def test_a_link_card_is_shown_as_its_post_says_it(bluesky: BlueskyClient) -> None:
    blob = bluesky.upload(png())
    external = {"uri": "https://ville.example/<pont>", "title": EVIL, "description": EVIL, "thumb": blob}
    embed = {"$type": "app.bsky.embed.external", "external": external}
    assert bluesky.put(TID, post_record("Voir", embed=embed)).status_code == 200
    page = bluesky.server.http.get(f"/profile/{bluesky.session['handle']}/post/{TID}").text
    shown = re.findall(r'<div class="link-card">.*?</div>', page, re.DOTALL)
    assert len(shown) == 1 and page.count("<figure>") == 0
    assert "<script>" not in shown[0] and "&lt;script&gt;" in shown[0] and "U+202E" in shown[0]
    assert f"cid={blob['ref']['$link']}" in shown[0]
    javascript = {**embed, "external": {**external, "uri": "javascript:alert(1)"}}
    assert bluesky.put("3lbtid2222223", post_record("Voir", embed=javascript)).status_code == 200
    page = bluesky.server.http.get(f"/profile/{bluesky.session['handle']}").text
    assert 'href="javascript' not in page
