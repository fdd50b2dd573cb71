"""What the poll and ingest queues set off: what is understood, and what goes to the dead letters at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from chalicelib import triggers
from chalicelib.aws import clients
from chalicelib.networks import registry
from chalicelib.networks.contract import Inbound, NotUnderstood
from chalicelib.observability import logger
from chalicelib.profiles.profile import Profile
from tests.fakes.citizens import InboxHouse, inbound


class Sqs:
    """hurried: messages that were made visible again at once."""

    def __init__(self) -> None:
        self.hurried: list[str] = []

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        self.hurried.append(ReceiptHandle)


@dataclass(frozen=True)
class Pushed:
    account_remote_id: str
    inbound: Inbound


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Sqs:
    made = Sqs()
    monkeypatch.setattr(clients, "sqs", lambda: made)
    return made


@pytest.fixture
def ingest(inbox: InboxHouse, sqs: Sqs, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """A network whose push is a list of [account, message id]."""

    def parse_push(network: str, body: Any) -> list[Pushed]:
        said = json.loads(body) if isinstance(body, str) else body["said"]
        if network != "fake" or not isinstance(said, list):
            raise NotUnderstood("push_unexpected")
        return [Pushed(account, inbound(message)) for account, message in said]

    def profiles_of_account(network: str, remote_id: str, *, store: Any) -> list[Profile]:
        assert network == "fake"
        return [each for each in inbox.store.all(Profile, "ville") if each.remote_id == remote_id]

    account = ModuleType("chalicelib.profiles.account")
    account.profiles_of_account = profiles_of_account  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chalicelib.profiles.account", account)
    monkeypatch.setattr(registry, "parse_push", parse_push, raising=False)
    return lambda *bodies: triggers.ingest(records(*bodies), inbox)  # type: ignore[arg-type]


def records(*bodies: Any) -> list[dict[str, Any]]:
    return [
        {
            "messageId": str(number),
            "receiptHandle": f"r{number}",
            "body": body if isinstance(body, str) else json.dumps(body),
        }
        for number, body in enumerate(bodies)
    ]


def push(*said: list[str], network: str = "fake") -> dict[str, Any]:
    return {"v": 1, "network": network, "body": {"said": list(said)}, "received_at": "2026-11-02T09:00:00Z"}


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_a_reading_that_is_asked_for_is_made_and_what_is_none_is_a_dead_letter(inbox: InboxHouse, sqs: Sqs) -> None:
    inbox.network.write(inbound("m1"))
    good = {"v": 1, "agency": "ville", "profile": "p1"}
    answer = triggers.poll(
        records(good, "not json", {**good, "v": 2}, {**good, "more": 1}),
        inbox,  # type: ignore[arg-type]
    )
    assert failed(answer) == ["1", "2", "3"]
    assert sorted(sqs.hurried) == ["r1", "r2", "r3"]
    assert inbox.message("m1")


def test_listening_asks_the_poll_queue(inbox: InboxHouse) -> None:
    assert triggers.listen(inbox) == {"asked": 3}  # type: ignore[arg-type]
    assert [after for _, after in inbox.poll_queue.sent] == [0, 20, 40]


def test_a_push_is_kept_for_every_profile_that_is_its_account(
    inbox: InboxHouse, ingest: Callable[..., dict[str, Any]]
) -> None:
    inbox.profile("p2", department="police")
    text = {**push(), "body": json.dumps([["p2@", "m2"]])}
    assert failed(ingest(push(["p1@", "m1"], ["p2@", "m1"], ["p1@", "m3"]), text)) == []
    assert inbox.message("m1").profile == "p1" and inbox.message("m1", "p2").profile == "p2"
    assert inbox.message("m3") and inbox.message("m2", "p2")


def test_an_account_that_nobody_here_has_is_no_failure(
    inbox: InboxHouse, ingest: Callable[..., dict[str, Any]]
) -> None:
    assert failed(ingest(push(["somebody", "m1"], ["p1@", "m2"]))) == []
    assert inbox.message("m2")


def test_a_push_to_a_broken_profile_is_kept(inbox: InboxHouse, ingest: Callable[..., dict[str, Any]]) -> None:
    inbox.store.save(inbox.profile_now().but(status="broken"))
    assert failed(ingest(push(["p1@", "m1"]))) == []
    assert inbox.message("m1")


def test_a_push_that_cannot_be_read_is_a_dead_letter_and_delays_no_other(
    inbox: InboxHouse, sqs: Sqs, ingest: Callable[..., dict[str, Any]]
) -> None:
    bad = ("{", {"v": 1}, {**push(), "v": 2}, {**push(), "body": '"words"'}, push(network="myspace"))
    assert failed(ingest(*bad, push(["p1@", "m1"]))) == ["0", "1", "2", "3", "4"]
    assert len(sqs.hurried) == 5
    assert inbox.message("m1")


def test_no_words_and_no_handles_are_logged(
    inbox: InboxHouse, ingest: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    for level in ("info", "warning", "error"):
        monkeypatch.setattr(logger, level, lambda *words, **more: said.append(f"{words} {more}"))
    ingest(push(["p1@", "m1"], ["somebody", "m2"]), {**push(), "body": '"secret words"'})
    assert len(said) == 3
    assert not any(each in line for line in said for each in ("eau", "nadia", "secret words", "somebody"))
