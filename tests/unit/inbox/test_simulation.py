"""The promise itself, small: bench/ingesting.py holds the same against ten thousand messages on DynamoDB Local."""

from __future__ import annotations

import pytest

from bench.ingesting import answer_at_once, deliver_twice, town
from chalicelib.entity import Entity
from tests.fakes.store import FakeStore


@pytest.mark.parametrize("seed", range(4))
def test_delivered_twice_shuffled_and_with_workers_killed_nothing_is_lost_or_doubled(seed: int) -> None:
    judged = deliver_twice(town(FakeStore()), 300, seed=seed, workers=4)
    assert judged.deaths > 3
    assert (judged.lost, judged.doubled, judged.astray) == (0, 0, 0)


def test_two_who_answer_at_once_send_one_reply() -> None:
    assert answer_at_once(town(FakeStore()), 25) == 0


def test_a_store_that_kept_half_of_a_transaction_would_be_noticed() -> None:
    class Torn(FakeStore):
        def commit(self, *saves: Entity, removes: object = ()) -> None:
            super().commit(*(each for each in saves if each.KIND != "tally" or self.writes % 3))

    judged = deliver_twice(town(Torn()), 100, seed=1, workers=2)
    assert judged.wrong > 0
