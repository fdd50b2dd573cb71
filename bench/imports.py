"""Cold starts: what importing our functions costs, against the bare libraries of the brief, run alternately."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from bench.results import Row
from bench.scene import PROJECT
from infra.template import made_up_environment, pieces

# The smallest application that uses what the brief names: one route, one model, a logger, metrics, boto3.
BARE = """
import boto3
from aws_lambda_powertools import Logger, Metrics
from chalice.app import Chalice, ConvertToMiddleware
from pydantic import BaseModel

logger, metrics = Logger(service="bare"), Metrics(namespace="Bare", service="bare")
app = Chalice(app_name="bare", configure_logs=False)
app.register_middleware(ConvertToMiddleware(logger.inject_lambda_context))
app.register_middleware(ConvertToMiddleware(metrics.log_metrics))

class Greeting(BaseModel):
    name: str

@app.route("/")
def index():
    return Greeting(name="world").model_dump()
"""
API = "import app"
PUBLISH = "import app, chalicelib.publishing.delivering"
CONNECTORS = f"{PUBLISH}, chalicelib.networks.bluesky, chalicelib.networks.mastodon"
_TIMED = "import time\nbegan = time.perf_counter()\n{}\nprint(time.perf_counter() - began)"


def imports(rounds: int) -> list[Row]:
    taken: dict[str, list[float]] = {BARE: [], API: [], PUBLISH: [], CONNECTORS: []}
    for code in taken:
        _seconds(code)  # byte code is compiled, as it is in a deployed package
    for _ in range(rounds):
        for code, seconds in taken.items():
            seconds.append(_seconds(code))
    bare, api, publish, connectors = (statistics.median(taken[code]) for code in (BARE, API, PUBLISH, CONNECTORS))
    how = f"median of {rounds} fresh processes each, interleaved; Python {sys.version.split()[0]}"
    against = "bare chalice + boto3 + powertools + pydantic, seconds"
    return [
        Row(
            "import.api_ratio",
            round(api / bare, 3),
            "ratio",
            "lower",
            how,
            against,
            round(bare, 3),
            round(api / bare, 3),
        ),
        Row(
            "import.publish_ratio",
            round(publish / bare, 3),
            "ratio",
            "lower",
            f"app.py and delivering, before the first delivery names its network; {how}",
            against,
            round(bare, 3),
            round(publish / bare, 3),
        ),
        Row(
            "import.connectors_s",
            round(connectors - publish, 3),
            "s",
            "lower",
            f"what the first delivery on Bluesky and the first on Mastodon load besides; {how}",
        ),
    ]


def _seconds(code: str) -> float:
    environment = {**os.environ, **made_up_environment(pieces()), "AWS_DEFAULT_REGION": "eu-west-1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else ours is compiled anew each time, and the libraries not
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(code)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return float(done.stdout)
