"""Handing tellings over: ids only, ten at a time, and never an error for those that were not taken."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.alerts.telling import Letter, Telling, make_telling
from chalicelib.aws.tell_queue import TellQueue
from tests.fakes.clock import START
from tests.fakes.vault import FakeVault


class Sqs:
    """answers: what the coming calls do; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def send_message_batch(self, **asked: Any) -> Any:
        self.asked.append(asked)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer or {"Successful": asked["Entries"]}


def tellings(count: int) -> list[Telling]:
    vault = FakeVault()
    return [
        make_telling(
            Letter("objet", "SECRET", "https://x.example"),
            agency="ville",
            id=f"t{each}",
            about="POST#p",
            channel="mail",
            person=None,
            address="secret@dehors.example",
            vault=vault,
            now=START,
        )
        for each in range(count)
    ]


def test_they_travel_by_id_ten_at_a_time() -> None:
    sqs = Sqs()
    assert TellQueue(sqs, "url").send(tellings(23)) == 23  # type: ignore[arg-type]
    assert sorted(len(each["Entries"]) for each in sqs.asked) == [3, 10, 10]
    bodies = [json.loads(each["MessageBody"]) for asked in sqs.asked for each in asked["Entries"]]
    assert {"v": 1, "agency": "ville", "telling": "t22"} in bodies
    assert len({body["telling"] for body in bodies}) == 23
    assert "SECRET" not in str(sqs.asked) and "dehors" not in str(sqs.asked)


def test_none_is_none() -> None:
    sqs = Sqs()
    assert TellQueue(sqs, "url").send([]) == 0  # type: ignore[arg-type]
    assert sqs.asked == []


def test_what_was_not_taken_is_counted_and_raises_nothing() -> None:
    refused = {"Successful": [{}] * 7, "Failed": [{}] * 3}
    down = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessageBatch")
    assert TellQueue(Sqs(refused), "url").send(tellings(10)) == 7  # type: ignore[arg-type]
    assert TellQueue(Sqs(down), "url").send(tellings(10)) == 0  # type: ignore[arg-type]
