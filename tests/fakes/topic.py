"""The topic that people subscribe to, in memory."""

from __future__ import annotations

from chalicelib.errors import Upstream


class FakeTopic:
    """told: (subject, body) of each notice. down: nobody can be told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.down = False

    def publish(self, *, subject: str, body: str) -> None:
        if self.down:
            raise Upstream("topic_unavailable")
        self.told.append((subject, body))

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.told]
