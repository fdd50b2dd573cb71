"""POST /api/link-cards, and the card in a post, its versions and what somebody outside is shown."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.networks.page_words import NotLookedAt, PageWords
from chalicelib.team.actor import Actor
from tests.fakes.house import ADMINISTRATOR, AGENCY, CONTRIBUTOR, STRANGER
from tests.unit.api.test_approvals import WORKFLOW, ask, code, decide, ok
from tests.unit.approvals.council import Council
from tests.unit.media.test_judging import SAMPLES

URL = "https://ville.example/pont"
TEXT = f"La rue Haute est fermée, voir {URL}."
CARD: dict[str, Any] = {"url": URL, "title": "Le pont", "description": "Fermé", "image": None}
ASKED = {"url": URL, "department": "water"}


@pytest.fixture
def council() -> Council:
    made = Council()
    made.pages.pages[URL] = PageWords("Le pont", "Fermé", "https://ville.example/vue")
    made.pages.pictures["https://ville.example/vue"] = SAMPLES["PNG"]
    return made


def pictured(council: Council) -> dict[str, Any]:
    """The card that the page suggests, with its picture judged."""
    found = ok(ask(council, "POST", "/api/link-cards", ASKED))
    council.judged(f"{AGENCY}/{found['picture']['id']}")
    return {**found["card"], "image": found["picture"]["id"]}


def test_a_page_is_looked_at(council: Council) -> None:
    reply = ask(council, "POST", "/api/link-cards", ASKED)
    found = ok(reply)
    assert (reply.status, found["card"], found["picture_refused"]) == (201, CARD, None)
    assert (found["picture"]["state"], found["picture"]["url"]) == ("awaiting", None)
    card = pictured(council)
    seen = ok(ask(council, "GET", f"/api/media/{card['image']}"))
    assert (seen["state"], seen["width"], seen["filename"]) == ("ready", 40, "ville.example.png")


@pytest.mark.parametrize("refused", ["address_refused", "page_not_reached", "not_a_page"])
def test_what_cannot_be_looked_at(council: Council, refused: str) -> None:
    council.pages.pages[URL] = NotLookedAt(refused, "address_private")
    assert code(ask(council, "POST", "/api/link-cards", ASKED)) == (422, refused)


@pytest.mark.parametrize(
    "body",
    [
        {"url": URL},
        {"department": "water"},
        {**ASKED, "url": "ftp://ville.example/"},
        {**ASKED, "url": "javascript:alert(1)"},
        {**ASKED, "url": "https://ville.example/a b"},
        {**ASKED, "url": f"https://ville.example/{'x' * 2000}"},
        {**ASKED, "more": 1},
    ],
)
def test_what_is_no_such_request(council: Council, body: dict[str, Any]) -> None:
    assert code(ask(council, "POST", "/api/link-cards", body)) == (422, "invalid_input")
    assert council.pages.asked == []


def test_who_may_not_write_there(council: Council) -> None:
    council.person(Actor(AGENCY, "anna", "Anna", {"water": "analyst"}))
    for actor, department in (
        (Actor(AGENCY, "anna", "Anna", {}), "water"),
        (CONTRIBUTOR, "nowhere"),
        (STRANGER, "police"),
    ):
        reply = ask(council, "POST", "/api/link-cards", {**ASKED, "department": department}, actor=actor)
        assert code(reply) == (403, "forbidden")
    assert code(ask(council, "POST", "/api/link-cards", ASKED, actor=None)) == (401, "unauthenticated")
    assert council.pages.asked == []


def test_a_post_keeps_its_card(council: Council) -> None:
    body = {"department": "water", "text": TEXT, "targets": ["p1"], "card": CARD}
    post = ok(ask(council, "POST", "/api/posts", body))
    assert post["card"] == CARD
    change = {"text": TEXT, "targets": ["p1"], "card": {**CARD, "title": "Le port"}}
    changed = ok(ask(council, "PATCH", f"/api/posts/{post['id']}", change, version=post["version"]))
    assert changed["card"]["title"] == "Le port"
    change = {"text": TEXT, "targets": ["p1"]}
    emptied = ok(ask(council, "PATCH", f"/api/posts/{post['id']}", change, version=changed["version"]))
    assert emptied["card"] is None
    versions = ok(ask(council, "GET", f"/api/posts/{post['id']}/versions"))["items"]
    assert [each["card"] and each["card"]["title"] for each in versions] == ["Le pont", "Le port", None]
    query = {"before": "1", "after": "2"}
    changed = ok(ask(council, "GET", f"/api/posts/{post['id']}/difference", query=query))["card"]
    assert changed["picture"] == "same"
    assert [each["op"] for each in changed["title"]] == ["same", "removed", "added"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/pont", "", "https://a b"])
def test_a_card_leads_to_the_web(council: Council, url: str) -> None:
    body = {"department": "water", "text": TEXT, "targets": ["p1"], "card": {**CARD, "url": url}}
    assert code(ask(council, "POST", "/api/posts", body)) == (422, "invalid_input")


def test_the_checks_name_the_cards_field(council: Council) -> None:
    body = {"text": TEXT, "targets": ["p1"], "card": {**CARD, "title": "x" * 201}}
    (verdict,) = ok(ask(council, "POST", "/api/checks", body))["items"]
    assert [(each["code"], each["field"], each["limit"]) for each in verdict["problems"]] == [
        ("card_title_too_long", "card/title", 200)
    ]


def test_a_changed_title_voids_what_was_approved(council: Council) -> None:
    ok(ask(council, "POST", "/api/workflows", {**WORKFLOW, "steps": WORKFLOW["steps"][:1]}, actor=ADMINISTRATOR))  # type: ignore[index]
    card = pictured(council)
    body = {"department": "water", "text": TEXT, "targets": ["p1"], "card": card}
    draft = ok(ask(council, "POST", "/api/posts", body))
    wanted = {"due_at": "2026-11-02T10:00:00Z"}
    path = f"/api/posts/{draft['id']}"
    post = ok(ask(council, "POST", f"{path}/submission", wanted, version=draft["version"]))
    assert ok(decide(council, post))["state"] == "approved"
    approved = ok(ask(council, "GET", path))
    again = {"text": TEXT, "targets": ["p1"], "card": card}
    assert ok(ask(council, "PATCH", path, again, version=approved["version"]))["state"] == "scheduled"
    changed = {**again, "card": {**card, "title": "Le port"}}
    assert ok(ask(council, "PATCH", path, changed, version=approved["version"]))["state"] == "draft"
    assert ok(ask(council, "GET", f"{path}/review"))["state"] == "void"


@pytest.mark.parametrize("variants", [{}, {"fake": "Sans le lien"}], ids=["shown", "not shown there"])
def test_what_was_approved_leaves_with_its_card(council: Council, variants: dict[str, str], monkeypatch: Any) -> None:
    monkeypatch.setattr("chalicelib.networks.registry.NETWORKS", ("fake",))
    ok(ask(council, "POST", "/api/workflows", {**WORKFLOW, "steps": WORKFLOW["steps"][:1]}, actor=ADMINISTRATOR))  # type: ignore[index]
    card = pictured(council)
    body = {"department": "water", "text": TEXT, "variants": variants, "targets": ["p1"], "card": card}
    draft = ok(ask(council, "POST", "/api/posts", body))
    wanted = {"due_at": "2026-11-02T10:00:00Z"}
    post = ok(ask(council, "POST", f"/api/posts/{draft['id']}/submission", wanted, version=draft["version"]))
    ok(decide(council, post))
    council.run(3700)
    (sent,) = council.network.posts_of("p1@")
    assert ok(ask(council, "GET", f"/api/posts/{draft['id']}"))["deliveries"][0]["state"] == "published"
    shown = sent.publication.card
    if variants:
        assert shown is None
    else:
        assert shown is not None and shown.image is not None
        assert (shown.title, shown.image.media_id) == ("Le pont", card["image"])


def test_who_decides_outside_sees_the_card(council: Council) -> None:
    ok(ask(council, "POST", "/api/workflows", {**WORKFLOW, "steps": WORKFLOW["steps"][1:]}, actor=ADMINISTRATOR))  # type: ignore[index]
    body = {"department": "water", "text": TEXT, "targets": ["p1"], "card": pictured(council)}
    draft = ok(ask(council, "POST", "/api/posts", body))
    ok(ask(council, "POST", f"/api/posts/{draft['id']}/submission", {}, version=draft["version"]))
    (preview,) = ok(ask(council, "GET", f"/api/review/{council.token()}", actor=None))["previews"]
    shown = preview["card"]
    assert (shown["url"], shown["title"], shown["description"]) == (URL, "Le pont", "Fermé")
    assert (shown["picture"]["width"], shown["picture"]["height"]) == (40, 30)
    assert shown["picture"]["url"].startswith("https://bucket.example/")
