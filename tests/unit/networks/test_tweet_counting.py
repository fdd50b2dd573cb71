"""X's weighted length, held to twitter-text's own conformance suite and to the time that a text may take."""

from __future__ import annotations

import json
import time

import pytest

from chalicelib.networks.tweet_counting import TWEET, tweet_length, tweet_links, weigh
from tests.unit.networks.material import specs
from tests.unit.networks.twitter_text import cases, failures, is_right


def test_the_conformance_suite_is_passed_case_by_case() -> None:
    found = cases(specs())
    assert len(found) == 52
    assert [name for name, case, rules in found if not is_right(case, rules)] == []
    assert failures(specs()) == 0


def test_a_case_that_is_wrong_is_counted() -> None:
    name, case, rules = next(each for each in cases(specs()) if isinstance(each[1]["expected"], dict))
    worse = {**case, "expected": {**case["expected"], "weightedLength": case["expected"]["weightedLength"] + 1}}
    assert not is_right(worse, rules), name


def test_the_rules_are_those_of_the_configuration() -> None:
    config = json.loads((specs() / "twitter-text-config-v3.json").read_text())
    assert TWEET.longest == config["maxWeightedTweetLength"]
    assert config["scale"] == 100
    assert TWEET.heavy == config["defaultWeight"]
    assert TWEET.link == config["transformedURLLength"] * config["scale"]
    assert TWEET.emoji is config["emojiParsingEnabled"]
    assert [(each["start"], each["end"]) for each in config["ranges"]] == list(TWEET.ranges)
    assert {each["weight"] for each in config["ranges"]} == {TWEET.light}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("é" * 280, 280),
        ("e\u0301" * 280, 280),  # NFC
        ("橋", 2),
        ("🎉", 2),
        ("👩🏽‍🚒", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇫🇷🇨🇦", 4),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("1️⃣", 2),
        ("©", 1),
        ("©️", 2),
        ("☺︎", 4),  # asked for as text: the sign and its selector
        ("🫠", 2),  # of 2021, younger than twitter-text
        ("https://ville.example.org/travaux?rue=1", 23),
        ("ville.paris", 23),
        ("ville.nonsuch", 13),
        ("mairie@ville.fr", 15),
        ("a.b", 3),
        ("Voir (ville.fr/a_(b)).", 5 + 1 + 23 + 2),
        ("ville.fr,police.fr", 47),
        ("http://www.münchen.de", 23),
    ],
)
def test_what_a_text_weighs(text: str, length: int) -> None:
    assert tweet_length(text) == length


def test_links_are_told_with_their_places() -> None:
    text = "Voir ville.fr/pont, https://a.example.org/b?c=d&e et 橋example.com."
    assert [(text[each.start : each.end], each.url) for each in tweet_links(text)] == [
        ("ville.fr/pont", "ville.fr/pont"),
        ("https://a.example.org/b?c=d&e", "https://a.example.org/b?c=d&e"),
        ("example.com", "example.com"),
    ]


def test_a_text_with_what_is_no_character_is_not_valid() -> None:
    assert not weigh("Bonjour\ufffe").valid
    assert weigh("Bonjour\ufdd0").valid


HOSTILE = [
    "a." * 10_000, "com." * 5_000, "故." * 10_000, "故" * 20_000, "a.com_" * 3_000, "a.com/(" * 3_000, "_." * 9_000,
    "http://a.co/" + "(a" * 9_000, "http://a.co/" + "!" * 20_000, "http://a.co/" + "((a)" * 5_000, "@" * 20_000,
    "http://a.co/?" + "a.," * 7_000, "x.com " + "故." * 9_000, "👩‍👩‍👧" * 3_000, "\u0300" * 20_000, "-.a" * 7_000,
    "http://" * 3_000, "a" * 20_000 + ".com", "http://a.co/" + "@a" * 9_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_takes_long_to_count(text: str) -> None:
    began = time.process_time()
    weigh(text)
    assert time.process_time() - began < 3.0
