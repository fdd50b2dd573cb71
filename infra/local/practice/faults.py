"""Which requests go wrong, and how: rules that a test or a person sets, drawn once for each request.

A request meets at most one *fault*. The rules that match it share one number drawn from [0, 1): with probabilities
0.2, 0.1 and 0.1, exactly those shares of the requests meet each. A rule with a count comes first and fires on the
next so many requests. Two kinds are *conditions* and combine with any fault: `latency` and `late_visibility`.

With a seed, the nth request that matches meets the same fate in every run.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

NETWORKS = ("bluesky", "mastodon", "facebook", "instagram", "threads", "x", "linkedin", "youtube", "rss")
OPERATIONS = ("publish", "upload", "read", "session", "authorise", "delete")

# kind -> seconds where a rule names none
FAULTS = {
    "timeout_after_accept": 60.0,  # accepted, then never answered; the connection is held so long
    "accept_after_timeout": 15.0,  # held so long, then accepted, though the client may have gone
    "error_5xx_before": 0.0,
    "error_5xx_after_accept": 0.0,
    "rate_limit": 2.0,  # 429, nothing accepted; the reset is so far away
    "drop_before": 0.0,  # the connection is reset, nothing accepted
    "drop_after_accept": 0.0,
    "slow": 3.0,  # accepted at once, answered so much later
    "token_expired": 0.0,
    "token_revoked": 0.0,
    "malformed": 0.0,  # accepted, and the answer cannot be read
    "suspended": 0.0,  # as if the network had suspended the account
    "refused_after_accept": 0.0,  # accepted, and answered 400; Meta's networks only, with their subcode
    "container_error": 0.0,  # the container is made, and fails with its subcode; Instagram and Threads
}
CONDITIONS = {
    "latency": 0.5,  # before anything else is done
    "late_visibility": 5.0,  # the post stands, but can be seen only so much later
}
STATUSES = (500, 502, 503, 504)
FORMS = ("truncated", "html")


class BadRule(ValueError):
    """A rule that cannot be followed. The message says which and why."""


@dataclass
class Rule:
    kind: str
    network: str | None = None
    handle: str | None = None
    operation: str | None = None
    probability: float = 1.0
    count: int | None = None  # None: no end
    seconds: float = 0.0
    status: int = 503  # of the 5xx kinds
    form: str = "truncated"  # of malformed
    subcode: int | None = None  # of refused_after_accept, container_error
    fired: int = 0

    def matches(self, network: str, handle: str | None, operation: str) -> bool:
        return (
            (self.network is None or self.network == network)
            and (self.handle is None or self.handle == handle)
            and (self.operation is None or self.operation == operation)
            and (self.count is None or self.fired < self.count)
        )


@dataclass(frozen=True)
class Drawn:
    """What one request meets."""

    fault: Rule | None = None
    latency: float = 0.0  # seconds
    visible_after: float = 0.0  # seconds


NOTHING = Drawn()


@dataclass
class Faults:
    rules: list[Rule] = field(default_factory=list)
    seed: str = ""
    _drawn: dict[str, int] = field(default_factory=dict)

    def replace(self, value: Any) -> None:
        """`value`: a list of rules, or {"seed": …, "rules": […]}. Raises BadRule and then changes nothing."""
        seed: Any = None
        if isinstance(value, Mapping):
            seed, value = value.get("seed"), value.get("rules")
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise BadRule("expected a list of rules")
        rules = [_rule(i, item) for i, item in enumerate(value)]
        seeds = [item["seed"] for item in value if item.get("seed") is not None]
        if seed is None and seeds:
            seed = seeds[0]
        self.rules = rules
        self.seed = str(seed) if seed is not None else secrets.token_hex(8)
        self._drawn = {}

    def as_json(self) -> dict[str, Any]:
        return {"seed": self.seed, "rules": [asdict(rule) for rule in self.rules]}

    def draw(self, network: str, handle: str | None, operation: str) -> Drawn:
        if not self.rules:
            return NOTHING
        rules = [rule for rule in self.rules if rule.matches(network, handle, operation)]
        if not rules:
            return NOTHING
        n = self._drawn[operation] = self._drawn.get(operation, 0) + 1
        latency = visible_after = 0.0
        for i, rule in enumerate(rules):
            if rule.kind in CONDITIONS and self._number(operation, n, f"{rule.kind}{i}") < rule.probability:
                rule.fired += 1
                if rule.kind == "latency":
                    latency += rule.seconds
                else:
                    visible_after = max(visible_after, rule.seconds)
        return Drawn(self._fault(rules, self._number(operation, n, "fault")), latency, visible_after)

    def _fault(self, rules: Sequence[Rule], number: float) -> Rule | None:
        faults = [rule for rule in rules if rule.kind in FAULTS]
        faults.sort(key=lambda rule: rule.count is None)
        reached = 0.0
        for rule in faults:
            reached += rule.probability
            if number < reached:
                rule.fired += 1
                return rule
        return None

    def _number(self, operation: str, n: int, what: str) -> float:
        digest = hashlib.sha256(f"{self.seed}/{operation}/{n}/{what}".encode()).digest()
        return int.from_bytes(digest[:7], "big") / (1 << 56)


def _rule(index: int, item: Any) -> Rule:
    def bad(why: str) -> BadRule:
        return BadRule(f"rule {index}: {why}")

    if not isinstance(item, Mapping):
        raise bad("expected an object")
    unknown = set(item) - {
        "kind", "network", "handle", "operation", "probability", "count", "seconds", "status", "form", "subcode",
        "seed", "fired",
    }  # fmt: skip
    if unknown:
        raise bad(f"unknown field {sorted(unknown)[0]!r}")
    kind = item.get("kind")
    if kind not in FAULTS and kind not in CONDITIONS:
        raise bad(f"kind must be one of {', '.join([*FAULTS, *CONDITIONS])}")
    if item.get("network") not in (None, *NETWORKS):
        raise bad(f"network must be one of {', '.join(NETWORKS)}")
    if item.get("operation") not in (None, *OPERATIONS):
        raise bad(f"operation must be one of {', '.join(OPERATIONS)}")
    if item.get("handle") is not None and not isinstance(item["handle"], str):
        raise bad("handle must be text")
    probability = item.get("probability", 1.0)
    if not _is_number(probability) or not 0 <= probability <= 1:
        raise bad("probability must be a number from 0 to 1")
    count = item.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise bad("count must be a whole number, 1 or more")
    seconds = item.get("seconds", FAULTS.get(kind, CONDITIONS.get(kind)))
    if not _is_number(seconds) or not 0 <= seconds <= 3600:
        raise bad("seconds must be a number from 0 to 3600")
    status = item.get("status", 503)
    if status not in STATUSES:
        raise bad(f"status must be one of {', '.join(map(str, STATUSES))}")
    subcode = item.get("subcode", 2207032 if kind == "container_error" else None)
    if subcode is not None and (not isinstance(subcode, int) or isinstance(subcode, bool)):
        raise bad("subcode must be a whole number")
    form = item.get("form", "truncated")
    if form not in FORMS:
        raise bad(f"form must be one of {', '.join(FORMS)}")
    return Rule(
        kind=kind,
        network=item.get("network"),
        handle=item.get("handle"),
        operation=item.get("operation"),
        probability=float(probability),
        count=count,
        seconds=float(seconds),
        status=status,
        form=form,
        subcode=subcode,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
