"""What a network counts, told by the test: a network that can be asked for figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.networks.contract import (
    Account,
    Capabilities,
    NetworkError,
    PostMetrics,
    ProfileMetrics,
)
from tests.fakes.networks import FakeNetwork


class CountingNetwork(FakeNetwork):
    """counts: remote id -> its metrics; others are gone. fails: raised at the next readings of posts, in order."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.counts: dict[str, PostMetrics] = {}
        self.account_counts = ProfileMetrics(followers=1200, following=40, posts=300)
        self.fails: list[NetworkError] = []
        self.asked: list[tuple[str, ...]] = []

    def capabilities(self) -> Capabilities:
        return replace(
            super().capabilities(),
            reads=frozenset({"post_metrics", "profile_metrics"}),
            measures=frozenset({"likes", "shares", "replies", "quotes"}),
        )

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        self.asked.append(tuple(remote_ids))
        if self.fails:
            raise self.fails.pop(0)
        return [self.counts.get(each, PostMetrics(each, gone=True)) for each in remote_ids]

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        return self.account_counts
