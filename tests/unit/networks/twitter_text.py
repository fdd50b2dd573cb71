"""twitter-text's conformance suite: what concerns a whole post, and how many of its cases we get wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from chalicelib.networks.tweet_counting import TWEET, Rules, weigh

BEFORE_EMOJI = Rules(longest=280, light=100, heavy=200, ranges=TWEET.ranges, link=2300, emoji=False)
"""Config v2, by which the suite's older cases are meant."""

FIRST = Rules(longest=140, light=100, heavy=100, ranges=(), link=2300, emoji=False)
"""Config v1, by which its oldest are meant."""

WEIGHTED = {
    "WeightedTweetsCounterTest": BEFORE_EMOJI,
    "WeightedTweetsWithDiscountedEmojiCounterTest": TWEET,
    "UnicodeDirectionalMarkerCounterTest": TWEET,
}


def cases(specs: Path) -> list[tuple[str, dict[str, Any], Rules]]:
    """What each says, the case, by which rules. What is expected may be just whether the text is valid."""
    tests = yaml.safe_load((specs / "twitter-text-validate.yml").read_text("utf-8"))["tests"]
    found = [(f"tweets: {case['description']}", case, FIRST) for case in tests["tweets"]]
    for group, rules in WEIGHTED.items():
        found += [(f"{group}: {case['description']}", case, rules) for case in tests[group]]
    return found


def is_right(case: dict[str, Any], rules: Rules) -> bool:
    weighed, expected = weigh(case["text"], rules), case["expected"]
    if isinstance(expected, bool):
        return weighed.valid == expected
    units = len(case["text"].encode("utf-16-le", "surrogatepass")) // 2
    return bool(
        expected
        == {
            "weightedLength": weighed.length,
            "valid": weighed.valid,
            "permillage": weighed.length * 1000 // rules.longest,
            "validRangeStart": 0,
            "validRangeEnd": weighed.fits,
            "displayRangeStart": 0,
            "displayRangeEnd": max(units - 1, 0),
        }
    )


def failures(specs: Path) -> int:
    return sum(not is_right(case, rules) for _, case, rules in cases(specs))
