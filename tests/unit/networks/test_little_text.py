"""Little text: nothing of what a person wrote is lost, obeyed or changed, and hashtags stay hashtags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.networks.little_text import RESERVED, escape, little, plain
from infra.local.practice.linkedin_little import shown

_HOSTILE = st.text(alphabet=st.one_of(st.sampled_from(list(RESERVED + "#@{}|\\hashtag urn:li:é🎉\n")), st.characters()))


@given(_HOSTILE)
def test_what_was_written_is_what_is_read(text: str) -> None:
    assert plain(little(text)) == text
    assert plain(escape(text)) == text


@given(_HOSTILE)
def test_linkedin_cuts_nothing_off(text: str) -> None:
    """By another reading of the same grammar, which ends at the first reserved character that begins no element."""
    assert shown(little(text)) == text
    assert shown(escape(text)) == text


@pytest.mark.parametrize("character", RESERVED)
def test_every_reserved_character_is_escaped(character: str) -> None:
    assert little(f"a{character} b") == f"a\\{character} b"


@pytest.mark.parametrize(
    ("text", "commentary"),
    [
        ("#Lyon", r"{hashtag|\#|Lyon}"),
        ("À #Évry, #2026rue.", r"À {hashtag|\#|Évry}, {hashtag|\#|2026rue}."),
        ("(#pont)", r"\({hashtag|\#|pont}\)"),
        ("#1 n#a ##a # #", r"\#1 n\#a \#\#a \# \#"),
        ("#snake_case", r"\#snake\_case"),
        ("https://a.example/#top", r"https://a.example/\#top"),
        ("{hashtag|#|x}", r"\{hashtag\|\#\|x\}"),
        ("@[Ville](urn:li:organization:1)", r"\@\[Ville\]\(urn:li:organization:1\)"),
        ("a_b *c* <d> ~e~", r"a\_b \*c\* \<d\> \~e\~"),
    ],
)
def test_a_commentary(text: str, commentary: str) -> None:
    assert little(text) == commentary


@pytest.mark.parametrize(
    ("commentary", "text"),
    [
        (r"{hashtag|＃|pont}", "＃pont"),
        ("{hashtag|#|Technology}", "#Technology"),
        ("Hello @[Acme Corp](urn:li:organization:1234)!", "Hello Acme Corp!"),
        (r"@[A \[b\]] (urn:li:person:x)", "A [b]"),
        ("not escaped (at all) #x", "not escaped (at all) #x"),
        ("\\", "\\"),
        ("{hashtag|", "{hashtag|"),
    ],
)
def test_what_linkedin_gives_is_read(commentary: str, text: str) -> None:
    assert plain(commentary) == text


def test_hostile_text_is_read_in_a_time_that_grows_with_it() -> None:
    for text in ("{hashtag|#|" * 5_000, "@[" * 20_000, "\\" * 40_000, "#" * 40_000, "#a" * 20_000):
        assert plain(little(text)) == text
