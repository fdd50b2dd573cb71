"""Links with their campaign's parameters, by the table that the web application is held to as well; and the same words
known again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.publishing.post import Card, Content
from chalicelib.publishing.publication import shown_card
from chalicelib.publishing.tracking import Tracking, tracked, words_hash
from tests.fakes.house import FakeHouse

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "fixtures" / "tracking.json").read_text())
TRACKING = Tracking(campaign=TABLE["tracking"]["campaign"], hosts=tuple(TABLE["tracking"]["hosts"]))
LINK = "https://valmont.example/crue"


@pytest.mark.parametrize(("written", "leaves"), TABLE["cases"])
def test_as_it_leaves(written: str, leaves: str) -> None:
    assert tracked(written, TABLE["network"], TRACKING) == leaves
    assert tracked(leaves, TABLE["network"], TRACKING) == leaves


def test_without_a_campaign_or_a_host_to_count() -> None:
    assert tracked(LINK, "x", Tracking(hosts=("valmont.example",))) == f"{LINK}?utm_source=x&utm_medium=social"
    assert tracked(LINK, "x", Tracking(campaign="crue")) == LINK


def test_each_network_is_named_in_its_own_text_and_in_every_part() -> None:
    content = Content(
        text=f"Voir {LINK}", variants={"x": f"X {LINK}"}, thread={"x": (f"Suite {LINK}",)}, tracking=TRACKING
    )
    assert content.text_for("mastodon") == f"Voir {LINK}?utm_source=mastodon&utm_medium=social&utm_campaign=crue-2026"
    assert [part.split("utm_source=")[1] for part in content.parts_for("x")] == [
        "x&utm_medium=social&utm_campaign=crue-2026"
    ] * 2
    assert content.written_for("x") == (f"X {LINK}", f"Suite {LINK}")
    assert content.title() == f"Voir {LINK}"


def test_what_was_approved_holds_the_tracking_and_stays_what_it_was_without() -> None:
    plain = Content(text=f"Voir {LINK}", targets=("p1",))
    marks = {
        content.fingerprint()
        for content in (
            plain,
            plain.model_copy(update={"tracking": TRACKING}),
            plain.model_copy(update={"tracking": TRACKING.model_copy(update={"campaign": "autre"})}),
            plain.model_copy(update={"tracking": TRACKING.model_copy(update={"hosts": ("valmont.example",)})}),
        )
    }
    assert len(marks) == 4
    # of the code before there was tracking
    assert plain.fingerprint() == "9ce2f9782c39efe1413335aa6b765f0602d32dbf8b5835919546866e80570b34"


def test_the_card_goes_where_the_words_go(house: FakeHouse) -> None:
    able = house.network.capabilities()
    content = Content(text=f"Voir {LINK}.", card=Card(url=LINK), tracking=TRACKING)
    card = shown_card(content, able)
    assert card is not None and card.url == f"{LINK}?utm_source={able.network}&utm_medium=social&utm_campaign=crue-2026"
    assert f"{card.url}." in content.text_for(able.network)
    elsewhere = shown_card(content.model_copy(update={"text": f"Voir {LINK}/plus"}), able)
    assert elsewhere is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Crue de la Lys", "CRUE  de la\nlys ", True),
        ("Fermé", "FERME\u0301", True),
        ("Fermé", "Ferme", False),
        (f"Voir {LINK}", f"Voir {LINK}/?utm_source=lettre&utm_medium=mail", True),
        (f"Voir {LINK}?a=1#b", f"Voir {LINK}?utm_id=3&a=1#b", True),
        (f"Voir {LINK}?a=1", f"Voir {LINK}?a=2", False),
        (f"Voir {LINK}", "Voir https://valmont.example/", False),
        ("Straße", "STRASSE", True),
    ],
)
def test_the_same_words_once_more(one: str, other: str, same: bool) -> None:
    assert (words_hash([one]) == words_hash([other])) is same


def test_no_words_are_no_duplicate_and_a_thread_is_its_parts() -> None:
    assert words_hash(["", " \n"]) is None
    assert words_hash(["Un", "Deux"]) != words_hash(["Un"])
    assert len(words_hash(["\ud800"]) or "") == 12
