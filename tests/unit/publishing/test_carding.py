"""A link card: suggested from its page, its picture taken into the library, shown only where it belongs, and bound to
what was approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.approvals.differing import Piece, difference
from chalicelib.errors import Forbidden, InvalidInput, TooMany
from chalicelib.media.media import Media
from chalicelib.networks.contract import Halted, LinkCard
from chalicelib.networks.page_words import NotLookedAt, PageWords
from chalicelib.profiles.profile import Profile
from chalicelib.publishing import planning
from chalicelib.publishing.carding import LOOKS_A_MINUTE, Suggested, suggest
from chalicelib.publishing.checking import check
from chalicelib.publishing.post import Attachment, Card, Content
from chalicelib.publishing.publication import hashes_of, holds_link, publication_of
from chalicelib.team.actor import Actor
from tests.fakes.house import AGENCY, CONTRIBUTOR, PUBLISHER, STRANGER, FakeHouse
from tests.unit.media.test_judging import SAMPLES

URL = "https://www.ville.example/pont"
PICTURE = "https://www.ville.example/vue"
TEXT = f"La rue Haute est fermée, voir {URL}."


def suggested(house: FakeHouse, url: str = URL, *, actor: Actor = CONTRIBUTOR) -> Suggested:
    return suggest(
        url,
        department="water",
        actor=actor,
        pages=house.pages,
        store=house.store,
        bucket=house.bucket,
        clock=house.clock,
    )


def library(house: FakeHouse, sample: str = "PNG", **more: Any) -> Media:
    """A picture of the library, judged and ready."""
    house.pages.pages[URL] = PageWords("Le pont", "Fermé jusqu’à midi", PICTURE)
    house.pages.pictures[PICTURE] = SAMPLES[sample]
    media = suggested(house).picture
    assert media is not None
    house.judged(media.object_key)
    found = house.store.get(Media, media.key())
    assert found is not None and found.state == "ready"
    return found


# ---------------------------------------------------------------- suggesting


def test_a_card_says_what_the_page_says_of_itself(house: FakeHouse) -> None:
    house.pages.pages[URL] = PageWords("Le pont", "Fermé jusqu’à midi", None)
    assert suggested(house) == Suggested(Card(url=URL, title="Le pont", description="Fermé jusqu’à midi"), None, None)


def test_without_metadata_the_host_is_the_title(house: FakeHouse) -> None:
    house.pages.pages[URL] = PageWords("", "", None)
    assert suggested(house).card == Card(url=URL, title="ville.example")


@pytest.mark.parametrize(("sample", "kind"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_the_picture_goes_where_uploads_go_and_is_judged_there(house: FakeHouse, sample: str, kind: str) -> None:
    house.pages.pages[URL] = PageWords("Le pont", "", PICTURE)
    house.pages.pictures[PICTURE] = SAMPLES[sample]
    made = suggested(house)
    assert made.picture is not None and made.card.image is None, "named when it is ready"
    assert (made.picture.state, made.picture.department, made.picture.by) == ("awaiting", "water", "carla")
    assert house.bucket.announced[made.picture.object_key] == (kind, len(SAMPLES[sample]))
    state = house.judged(made.picture.object_key)
    assert state == "ready"


def test_what_only_begins_like_a_picture_is_refused_when_it_is_judged(house: FakeHouse) -> None:
    house.pages.pages[URL] = PageWords("Le pont", "", PICTURE)
    house.pages.pictures[PICTURE] = b"\x89PNG\r\n\x1a\n" + b"<script>" * 20
    media = suggested(house).picture
    assert media is not None
    assert house.judged(media.object_key) == "refused"


@pytest.mark.parametrize(
    ("picture", "refused"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_an_image"),
        (b"", "not_an_image"),
        (b"RIFF....WAVE", "not_an_image"),
        (NotLookedAt("too_large"), "too_large"),
        (NotLookedAt("address_refused"), "picture_not_reached"),
        (NotLookedAt("page_not_reached"), "picture_not_reached"),
    ],
)
def test_a_picture_that_cannot_be_had_leaves_the_card_without(
    house: FakeHouse, picture: bytes | NotLookedAt, refused: str
) -> None:
    house.pages.pages[URL] = PageWords("Le pont", "", PICTURE)
    house.pages.pictures[PICTURE] = picture
    made = suggested(house)
    assert (made.card.title, made.picture, made.refused) == ("Le pont", None, refused)
    assert house.bucket.objects == {} and house.store.all(Media, AGENCY) == []


@pytest.mark.parametrize("code", ["address_refused", "page_not_reached", "not_a_page"])
def test_why_there_is_no_card_is_said(house: FakeHouse, code: str) -> None:
    house.pages.pages[URL] = NotLookedAt(code)
    with pytest.raises(InvalidInput) as refused:
        suggested(house)
    assert (refused.value.code, refused.value.field) == (code, "url")


def test_who_may_not_write_there_looks_at_nothing(house: FakeHouse) -> None:
    for actor in (STRANGER, Actor(AGENCY, "x", "X", {"police": "contributor"}), Actor(AGENCY, "y", "Y", {})):
        with pytest.raises(Forbidden):
            suggest(
                URL,
                department="water" if actor is not STRANGER else "police",
                actor=actor,
                pages=house.pages,
                store=house.store,
                bucket=house.bucket,
                clock=house.clock,
            )
    assert house.pages.asked == []


def test_an_agency_looks_at_so_many_pages_a_minute(house: FakeHouse) -> None:
    house.pages.pages[URL] = PageWords("Le pont", "", None)
    for _ in range(LOOKS_A_MINUTE):
        suggested(house)
    with pytest.raises(TooMany) as refused:
        suggested(house, actor=PUBLISHER)
    assert 0 < refused.value.wait_s <= 60
    assert len(house.pages.asked) == LOOKS_A_MINUTE
    house.clock.advance(60)
    suggested(house)


# ---------------------------------------------------------------- where it is shown


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (TEXT, True),
        (URL, True),
        (f"(voir {URL})", True),
        (f"«{URL}»", True),
        (f"{URL}…\nSuite", True),
        (f"{URL}/travaux", False),
        (f"{URL}?a=1", False),
        (f"{URL}.html", False),
        (f"x{URL}", False),
        ("La rue Haute est fermée", False),
    ],
)
def test_the_text_holds_the_link_itself(text: str, held: bool) -> None:
    assert holds_link(text, URL) is held


def carded(house: FakeHouse, text: str = TEXT, **more: Any) -> planning.Planned:
    card = more.pop("card", Card(url=URL, title="Le pont", description="Fermé"))
    content = Content(text=text, targets=("p1",), card=card, **more)
    return planning.write(content, department="water", zone="Europe/Paris", actor=PUBLISHER, bench=house.bench)


def shown(house: FakeHouse, planned: planning.Planned) -> LinkCard | None:
    made = house.schedule(planned, 3600)
    return publication_of(house.delivery(made), made.post, house.profile_now(), house.desk).card


def test_the_card_goes_with_its_picture(house: FakeHouse) -> None:
    media = library(house)
    card = shown(house, carded(house, card=Card(url=URL, title="Le pont", image=media.id)))
    assert card is not None and card.image is not None
    assert (card.url, card.title, card.description) == (URL, "Le pont", "")
    assert (card.image.media_id, card.image.read()) == (media.id, SAMPLES["PNG"])


def test_media_take_its_place(house: FakeHouse) -> None:
    media = library(house)
    planned = carded(house, media=(Attachment(media=media.id, alt="Le pont"),))
    assert shown(house, planned) is None


def test_words_of_a_networks_own_without_the_link_have_no_card(house: FakeHouse) -> None:
    assert shown(house, carded(house, variants={"fake": "La rue Haute est fermée."})) is None
    assert shown(house, carded(house, "Le pont", variants={"fake": TEXT})) is not None


def test_a_network_without_cards_has_none(house: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    able = replace(house.network.capabilities(), link_cards="none", card_limits=None)
    monkeypatch.setattr(house.network, "capabilities", lambda: able)
    assert shown(house, carded(house, "Sans lien")) is None


def test_a_picture_that_the_network_would_not_take_is_left_out(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = library(house)
    able = house.network.capabilities()
    assert able.card_limits is not None
    less = replace(able, card_limits=replace(able.card_limits, image_bytes_max=media.size - 1))
    monkeypatch.setattr(house.network, "capabilities", lambda: less)
    card = shown(house, carded(house, card=Card(url=URL, title="Le pont", image=media.id)))
    assert card == LinkCard(URL, "Le pont", "", None)


def test_a_picture_that_went_holds_the_post(house: FakeHouse) -> None:
    media = library(house)
    made = house.schedule(carded(house, card=Card(url=URL, title="Le pont", image=media.id)), 3600)
    house.store.save(media.but(state="refused"))
    with pytest.raises(Halted, match="media_refused"):
        publication_of(house.delivery(made), made.post, house.profile_now(), house.desk)


# ---------------------------------------------------------------- what is refused before


def problems(house: FakeHouse, **fields: Any) -> list[tuple[str, str]]:
    profile = house.store.get(Profile, Profile.key_of(AGENCY, "p1"))
    assert profile is not None
    content = Content(**{"text": TEXT, "targets": ("p1",), **fields})
    verdicts = check(AGENCY, content, [profile], store=house.store, network_named=house.network_named)
    return [(each.code, each.field) for verdict in verdicts for each in verdict.problems]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"title": " "}, [("card_title_empty", "card/title")]),
        ({"title": "x" * 200}, []),
        ({"title": "x" * 201}, [("card_title_too_long", "card/title")]),
        ({"description": "x" * 501}, [("card_description_too_long", "card/description")]),
        ({"title": "\ud83d"}, [("card_not_unicode", "card/title")]),
        ({"url": "https://www.ville.example/autre"}, [("card_link_not_in_text", "card/url")]),
        ({"image": "nothing"}, [("media_not_ready", "card/image")]),
    ],
)
def test_what_a_card_may_say(house: FakeHouse, changes: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert problems(house, card=Card(**{"url": URL, "title": "Le pont", **changes})) == found


def test_only_a_card_that_is_shown_is_judged(house: FakeHouse) -> None:
    bad = Card(url="https://autre.example/", title="")
    media = library(house)
    assert problems(house, card=bad, media=(Attachment(media=media.id),)) == []
    assert problems(house, card=bad, variants={"fake": "Sans lien"}) == []
    assert problems(house, card=bad, reply_to="m1") == []


def test_where_the_network_writes_the_card_our_words_are_not_judged(
    house: FakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = replace(house.network.capabilities(), link_cards="theirs", card_limits=None)
    monkeypatch.setattr(house.network, "capabilities", lambda: able)
    assert problems(house, card=Card(url=URL, title="", image="nothing")) == []
    assert problems(house, text="Sans lien", card=Card(url=URL)) == [("card_link_not_in_text", "card/url")]


# ---------------------------------------------------------------- what it is bound to


def test_fingerprints_without_a_card_stand_as_they_stood() -> None:
    assert Content(text="Le pont", targets=("p1",)).fingerprint() == (
        "2ccf48f6cb3cea8a3446d069036ab60a25a8b06d0fd0f149c621893f4a3e3e4b"
    )


def test_every_word_of_the_card_is_in_the_fingerprint() -> None:
    card = Card(url=URL, title="Le pont", description="Fermé", image="m1")
    marks = {
        Content(text=TEXT, card=each).fingerprint(["ab"])
        for each in (
            None,
            card,
            card.model_copy(update={"title": "Le port"}),
            card.model_copy(update={"description": ""}),
            card.model_copy(update={"image": "m2"}),
            card.model_copy(update={"image": None}),
            card.model_copy(update={"url": f"{URL}2"}),
        )
    }
    marks.add(Content(text=TEXT, card=card).fingerprint(["cd"]))
    assert len(marks) == 8


@pytest.mark.parametrize("variants", [{}, {"fake": "Sans le lien"}], ids=["shown", "not shown here"])
def test_the_pictures_bytes_are_bound_also_where_no_card_is_shown(house: FakeHouse, variants: dict[str, str]) -> None:
    media = library(house)
    card = Card(url=URL, title="Le pont", image=media.id)
    made = house.schedule(carded(house, card=card, variants=variants), 3600)
    publication = publication_of(house.delivery(made), made.post, house.profile_now(), house.desk)
    assert (publication.card is None) is bool(variants)
    assert hashes_of(publication, made.post, store=house.store) == [media.sha256]


def test_the_difference_says_what_changed_of_it() -> None:
    card = Card(url=URL, title="Le pont", description="Fermé", image="m1")
    before, after = Content(text=TEXT), Content(text=TEXT, card=card)
    assert difference(after, after).card is None
    came = difference(before, after).card
    assert came is not None
    assert (came.title, came.url, came.picture) == ((Piece("added", "Le pont"),), (Piece("added", URL),), "added")
    went = difference(after, before).card
    assert went is not None and (went.description, went.picture) == ((Piece("removed", "Fermé"),), "removed")
    changed = difference(after, Content(text=TEXT, card=card.model_copy(update={"title": "Le port", "image": "m2"})))
    assert changed.card is not None and changed.card.picture == "changed"
    assert changed.card.title == (Piece("same", "Le "), Piece("removed", "pont"), Piece("added", "port"))
    assert changed.card.description == (Piece("same", "Fermé"),)
