"""make bench [ISSUE=publish] [SMOKE=1]: measure, print a table, replace those rows of bench/results.json.

SMOKE=1 runs a small size and keeps nothing. The storm and the pause have a command of their own: make storm.
"""

from __future__ import annotations

import os
import sys

from bench.alerting import alerting
from bench.cost import cost
from bench.each_network import PUBLISHING, each_network
from bench.importing import importing
from bench.imports import imports
from bench.ingesting import ingesting
from bench.lateness import lateness
from bench.results import Row, keep, show
from bench.scene import scene
from bench.specifications import specifications
from bench.spikes import spikes
from bench.starting import starting


def publish(*, smoke: bool) -> list[Row]:
    rows = imports(3 if smoke else 15)
    rows += cost()
    rows += starting()
    with scene("lateness", 4 if smoke else 20) as made:
        rows += lateness(made, sizes=(20,) if smoke else (100, 1000), latency_size=20 if smoke else 500)
    return rows


def inbox(*, smoke: bool) -> list[Row]:
    return ingesting(200 if smoke else 10_000, 10 if smoke else 200)


def alerts(*, smoke: bool) -> list[Row]:
    trials = 4 if smoke else 20
    rows = spikes(smoke=smoke)
    with scene("alerting", trials) as made:
        return rows + alerting(made, trials, seed=20261124)


def networks(*, smoke: bool) -> list[Row]:
    """The storm over all of them is part of make storm."""
    rows = specifications()
    with scene("networks", len(PUBLISHING), networks=PUBLISHING) as made:
        return rows + each_network(made, 1 if smoke else 5)


def planning(*, smoke: bool) -> list[Row]:
    with scene("planning", 2) as made:
        return importing(made, 40 if smoke else 1_000)


ISSUES = {"publish": publish, "inbox": inbox, "alerts": alerts, "networks": networks, "planning": planning}


def main() -> int:
    smoke = os.environ.get("SMOKE") == "1"
    asked = os.environ.get("ISSUE")
    if asked is not None and asked not in ISSUES:
        print(f"ISSUE is one of {', '.join(ISSUES)}", file=sys.stderr)
        return 1
    for name in [asked] if asked else list(ISSUES):
        rows = ISSUES[name](smoke=smoke)
        if smoke:
            show(rows)
        else:
            keep(rows, f"make bench ISSUE={name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
