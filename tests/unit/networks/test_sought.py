"""Which texts a keyword is found in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks.sought import folded, sought


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("pont", "Le Pont est fermé.", True),
        ("pont", "Les ponts sont fermés.", False),  # whole words
        ("pont ferme", "FERMÉ : le pont", True),  # in any order, without case and accents
        ("pont ferme", "le pont", False),
        ("eau", "Coupure d'eau et d’électricité", True),
        ("d'eau", "Coupure d’eau", True),  # one apostrophe or the other
        ('"rue haute"', "La rue Haute est barrée", True),
        ('"rue haute"', "La haute rue", False),
        ('"rue haute" pont', "Un pont, rue\nHaute", True),
        ("pont -foot", "Pont : le match de foot", False),
        ("pont -foot", "Pont : le match", True),
        ("#pont", "le pont", True),
        ("saint-jean", "la Saint Jean", True),
        ("coeur", "Le cœur de la ville", True),
        ("œuvre", "une oeuvre", True),
        ("strasse", "Die Straße", True),
        ("Ⅷ", "viii", True),
        ('"pont', "pont", True),  # a quote that never ends is none
        ("-pont", "rien", False),  # nothing is wanted
        ("!!", "!!", False),
        ('""', "x", False),
    ],
)
def test_words_are_found(words: str, text: str, found: bool) -> None:
    assert sought(words).found_in(text) is found


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_typed_is_answered(words: str, text: str) -> None:
    assert sought(words).found_in(text) in (True, False)
    assert folded(folded(text)) == folded(text)
