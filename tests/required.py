"""What a test needs of the machine: without it the test is skipped, or fails where everything is required."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

from infra.servers.run import Missing

S = TypeVar("S")


def cannot(why: str) -> NoReturn:
    if os.environ.get("PARVIS_REQUIRE_SERVERS") == "1" or os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def started(start: Callable[[], S]) -> S:
    """A real server."""
    try:
        return start()
    except Missing as missing:
        cannot(str(missing))
