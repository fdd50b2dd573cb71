"""What one delivery costs at the table, as Amazon's own DynamoDB Local counts it."""

from __future__ import annotations

import pytest

from bench.write_units import counted_deliveries, write_units_per_delivery
from infra.servers.dynamodb_local import DynamoDBLocal

pytestmark = pytest.mark.dynamodb_local


def test_a_delivery_costs_at_most_eight_write_units(dynamodb_local: DynamoDBLocal) -> None:
    """Arming, claim, whose the remote post is, event with its outbox, published with its indexes."""
    assert write_units_per_delivery(dynamodb_local.url) <= 8


def test_it_costs_five_writes(dynamodb_local: DynamoDBLocal) -> None:
    counted = counted_deliveries(dynamodb_local.url, 3)
    assert counted.writes == 15
    assert counted.units == counted.worked_out > 0
