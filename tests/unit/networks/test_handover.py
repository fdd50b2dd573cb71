"""A large file on its way to a network: piece by piece, and proven before the step that makes it final."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.errors import Upstream
from chalicelib.networks.contract import MediaFile, Rejected, RetryAfter
from chalicelib.networks.steps import HANDED_OVER_IN_S, Handover, Stop
from tests.unit.networks.material import image

CONTENT = bytes(range(256)) * 40


def unread() -> bytes:
    raise AssertionError("half a gigabyte is not held at once")


def film(content: bytes = CONTENT, **changes: Any) -> MediaFile:
    def chunks(size: int) -> Iterator[bytes]:
        for first in range(0, len(content), size):
            yield content[first : first + size]

    stated: dict[str, Any] = {
        "filename": "pont.mp4",
        "content_type": "video/mp4",
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "read": unread,
        "chunks": chunks,
    }
    return image(content, **{**stated, **changes})


def outcome_of(step: Any) -> Any:
    with pytest.raises(Stop) as stopped:
        step()
    return stopped.value.outcome


@pytest.mark.parametrize("size", [1, 7, 1000, 4096, len(CONTENT), 10**6])
def test_the_pieces_are_the_file(size: int) -> None:
    handover = Handover(film(), lambda: 0.0)
    taken = b"".join(handover.take(size) for _ in range(-(-len(CONTENT) // size)))
    assert taken == CONTENT
    handover.prove()


def test_a_piece_may_be_of_any_size() -> None:
    handover = Handover(film(), lambda: 0.0)
    sizes = [10, 4000, 1, 3000, len(CONTENT)]
    assert b"".join(handover.take(size) for size in sizes) == CONTENT
    handover.prove()


def test_without_pieces_it_is_read_as_every_file() -> None:
    handover = Handover(film(chunks=None, read=lambda: CONTENT), lambda: 0.0)
    assert handover.take(100) + handover.take(10**6) == CONTENT
    handover.prove()


@pytest.mark.parametrize(
    "content", [CONTENT[:-1] + b"!", CONTENT[:-1], CONTENT + b"!", b""], ids=["altered", "shorter", "longer", "empty"]
)
def test_what_is_not_the_file_that_was_approved_is_never_made_final(content: bytes) -> None:
    handover = Handover(film(content), lambda: 0.0)
    while handover.take(1000):
        pass
    assert outcome_of(handover.prove) == Rejected("media_changed", "pont.mp4 is not the file that was attached.")


def test_what_was_not_taken_to_its_end_is_not_proven() -> None:
    handover = Handover(film(), lambda: 0.0)
    handover.take(1000)
    assert outcome_of(handover.prove).code == "media_changed"


def test_storage_that_fails_in_the_middle_is_tried_again_and_named() -> None:
    def chunks(size: int) -> Iterator[bytes]:
        yield CONTENT[:size]
        raise Upstream("media_unreadable", "PreconditionFailed")

    handover = Handover(film(chunks=chunks), lambda: 0.0)
    handover.take(1000)
    stopped = outcome_of(lambda: handover.take(1000))
    assert isinstance(stopped, RetryAfter)
    assert (stopped.code, stopped.detail) == ("media_unreadable", "pont.mp4")


def test_a_network_that_is_too_slow_is_left_before_the_function_ends() -> None:
    now = 100.0
    handover = Handover(film(), lambda: now)
    handover.take(1000)
    now += HANDED_OVER_IN_S - 1
    handover.take(1000)
    now += 2
    stopped = outcome_of(lambda: handover.take(1000))
    assert isinstance(stopped, RetryAfter)
    assert (stopped.code, stopped.detail) == ("upload_too_slow", "pont.mp4")
