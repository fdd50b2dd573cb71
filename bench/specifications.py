"""What the connectors keep to: twitter-text's own cases, and the networks' official specifications of requests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from bench.results import Row

_SCENARIOS = (
    "tests/contract/networks/test_facebook_login.py::test_every_request_is_in_metas_specification",
    "tests/contract/networks/test_instagram_reading.py::test_every_request_is_in_metas_specification",
    "tests/contract/networks/test_threads_reading.py::test_every_request_is_in_metas_collection",
    "tests/unit/networks/test_youtube.py::test_every_request_is_in_the_discovery_document",
)
"""Each makes every call that its connector knows and holds what was sent to the specification."""


def specifications() -> list[Row]:
    """Needs PARVIS_SPECS; starts Prism for X."""
    specs = Path(os.environ["PARVIS_SPECS"])
    from tests.contract.networks.x_specification import calls_outside_spec
    from tests.unit.networks.twitter_text import cases, failures

    wrong = failures(specs)
    sent, refused = _of_scenarios()
    of_x = calls_outside_spec(specs)
    for each in [*refused, *of_x]:
        print(f"outside the specification: {each}", flush=True)
    return [
        Row(
            "networks.twitter_text_failures",
            wrong,
            "cases",
            "lower",
            f"twitter-text-validate.yml, the {len(cases(specs))} cases of tweets and weighted lengths",
        ),
        Row(
            "networks.calls_outside_spec",
            len(refused) + len(of_x),
            "requests",
            "lower",
            f"every call of each connector: {sent} requests of Facebook's login, Instagram, Threads and YouTube "
            "held to Meta's specification, Meta's collection and Google's discovery document; X's through Prism, "
            "answers included. Bluesky's and Mastodon's are held to lexicons and OpenAPI by unit tests; LinkedIn has "
            "no specification",
        ),
    ]


def _of_scenarios() -> tuple[int, list[str]]:
    """How many requests were judged, and what was said of those that were refused.

    The scenarios are tests: what they judge by is counted before they import it.
    """
    from tests.unit.networks import discovery, graph_spec

    judged: dict[int, int] = {}  # by scenario: one may be judged twice over
    refused: list[str] = []

    def counted(judge: Callable[..., list[str]], position: int) -> Callable[..., list[str]]:
        def judging(*arguments: Any) -> list[str]:
            sent: Iterable[Any] = arguments[position]
            judged[id(sent)] = len(list(sent))
            said = judge(*arguments)
            refused.extend(said)
            return said

        return judging

    kept = graph_spec.refusals, discovery.outside
    graph_spec.refusals = counted(graph_spec.refusals, 0)
    discovery.outside = counted(discovery.outside, 1)
    try:
        ended = pytest.main(["-q", "-p", "no:cacheprovider", *_SCENARIOS])
    finally:
        graph_spec.refusals, discovery.outside = kept
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or len(judged) < len(_SCENARIOS):
        raise RuntimeError(f"the scenarios did not run ({ended!r}, {len(judged)} judged)")
    return sum(judged.values()), refused
