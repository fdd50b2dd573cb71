"""What changed between two versions: the pieces give both texts again, at a bounded cost."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.approvals.differing import Piece, difference, pieces
from chalicelib.publishing.post import Attachment, Content

words = st.text(alphabet=st.sampled_from("ab é.\n🎄\u202e"), max_size=60)


def _before(found: tuple[Piece, ...]) -> str:
    return "".join(each.text for each in found if each.op != "added")


def _after(found: tuple[Piece, ...]) -> str:
    return "".join(each.text for each in found if each.op != "removed")


@given(st.one_of(words, st.text()), st.one_of(words, st.text()))
def test_applying_the_pieces_gives_both_texts(before: str, after: str) -> None:
    found = pieces(before, after)
    assert (_before(found), _after(found)) == (before, after)
    assert all(each.text for each in found)
    assert all(one.op != other.op for one, other in pairwise(found))


def test_it_is_told_by_words() -> None:
    assert pieces("La rue Haute est fermée.", "La rue Basse est fermée.") == (
        Piece("same", "La rue "),
        Piece("removed", "Haute"),
        Piece("added", "Basse"),
        Piece("same", " est fermée."),
    )


HARD = [
    ("a " * 32_500, "b " + "a " * 32_400 + "c"),
    ("".join(f"x{each} y. " for each in range(6_000)), "".join(f"x{each * 2} y. " for each in range(6_000))),
    ("ab" * 32_500, "ba" * 32_500),
    ("a" * 65_000, "." * 65_000),
    ("a b " * 500, "b a c " * 333),
    ("\n" * 65_000, " " * 65_000),
    ("".join(f"{each}. " for each in range(9_000)), "".join(f"{each}! " for each in range(9_000))),
    (". " * 32_500, "! " * 32_500),
    (" ".join(str(each * 7 % 101) for each in range(499)), " ".join(str(each * 11 % 101) for each in range(499))),
    (" ".join("x" if each % 100 < 2 else str(each) for each in range(499)), " ".join(["x"] * 499)),
]


@pytest.mark.parametrize(("before", "after"), HARD, ids=range(len(HARD)))
def test_long_and_repetitive_texts_take_a_bounded_time(before: str, after: str) -> None:
    begun = time.process_time()
    found = pieces(before, after)
    assert time.process_time() - begun < 8, "well within the API's 29 seconds, even here"
    assert (_before(found), _after(found)) == (before, after)


def test_media_alts_targets_and_variants_are_compared() -> None:
    before = Content(text="a", media=(Attachment(media="m1", alt="x"), Attachment(media="m2")), targets=("p1", "p2"))
    after = Content(
        text="a",
        variants={"bluesky": "b"},
        media=(Attachment(media="m1", alt="y"), Attachment(media="m3")),
        targets=("p2", "p3"),
    )
    found = difference(before, after)
    assert (found.media_added, found.media_removed, found.alt_changed) == (("m3",), ("m2",), ("m1",))
    assert (found.targets_added, found.targets_removed) == (("p3",), ("p1",))
    assert [each.network for each in found.texts] == [None, "bluesky"]
    assert found.texts[1].pieces == (Piece("removed", "a"), Piece("added", "b")), "by what it would have shown"
