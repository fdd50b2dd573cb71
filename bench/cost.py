"""What a thousand deliveries cost, counted from the calls that the code makes and priced at AWS's list."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.results import Row
from bench.write_units import counted_deliveries
from infra.servers.dynamodb_local import start_dynamodb_local

COUNT = 1000
COUNTED = 20
"""Deliveries that are really made; each costs the same."""
BATCH = 10


@dataclass(frozen=True)
class Price:
    """usd: a unit's list price in us-east-1 (x86), on demand, beyond any free tier."""

    usd: float
    unit: str


# AWS's public price lists as read on 2026-11-23 (DynamoDB since 2024-11-01); another region differs by some per cent.
WRITE_UNIT = Price(0.625e-6, "DynamoDB write request unit")
READ_UNIT = Price(0.125e-6, "DynamoDB read request unit, 4 KB strongly consistent")
GB_SECOND = Price(0.0000166667, "Lambda GB-second")
INVOCATION = Price(0.20e-6, "Lambda request")
SQS_REQUEST = Price(0.40e-6, "SQS request, standard queue")
KMS_REQUEST = Price(0.03e-4, "KMS request")
LOG_GB = Price(0.50, "CloudWatch Logs GB ingested")

MEMORY_GB = 1.0
BATCH_SECONDS = 4.0
"""Three seconds of waiting for the due second and one for the networks, more than a batch of any burst took."""
LOG_BYTES = 700
"""One line a delivery, and a tenth of a function's start, end and report."""
PROFILES = 20


def cost() -> list[Row]:
    with start_dynamodb_local() as server:
        counted = counted_deliveries(server.url, COUNTED)
    write_units = counted.units / COUNTED
    batches = math.ceil(COUNT / BATCH)
    dollars = {
        WRITE_UNIT: COUNT * write_units,
        # Arming reads the delivery, the worker reads delivery, post and profile (a kilobyte or two each), the fence.
        READ_UNIT: COUNT * (1 + 3 + 1),
        GB_SECOND: batches * BATCH_SECONDS * MEMORY_GB,
        INVOCATION: batches,
        SQS_REQUEST: batches * 3,  # sent, received and deleted ten at a time
        KMS_REQUEST: PROFILES * 5,  # each of five environments opens each profile's credentials once
        LOG_GB: COUNT * LOG_BYTES / 1e9,
    }
    total = sum(price.usd * amount for price, amount in dollars.items())
    parts = ", ".join(f"{price.unit} {price.usd * amount:.5f}" for price, amount in dollars.items())
    return [
        Row(
            "publish.write_units_per_delivery",
            round(write_units, 3),
            "write units",
            "lower",
            f"{COUNTED} deliveries from arming to the end of bookkeeping on DynamoDB Local, consumed "
            f"capacity with indexes; by the documented rules {counted.worked_out / COUNTED:g}",
        ),
        Row(
            "publish.usd_per_1000",
            round(total, 5),
            "USD",
            "lower",
            f"text posts over {PROFILES} profiles at us-east-1 list prices read on 2026-11-23: {parts}",
        ),
    ]
