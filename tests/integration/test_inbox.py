"""The inbox on the stack: a citizen's message is kept, two people open it, one of them answers, and it arrives."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from chalicelib.inbox.ingesting import take_in
from chalicelib.networks.contract import Citizen, Inbound
from chalicelib.profiles.profile import Profile
from chalicelib.wiring import House
from infra.local.stack import Stack
from tests.integration.client import Client, run_schedule, wait_for
from tests.integration.conftest import Agency
from tests.integration.practice import Practice

TEXT = "Il n'y a plus d'eau <b>rue Haute</b> \u202e"


@dataclass(frozen=True)
class Asked:
    """A citizen's message that stands on the network and was kept. status: its id there."""

    profile: str
    status: str
    conversation: str


def the_profile(house: House, agency: Agency, profile: str) -> Profile:
    found = house.store.get(Profile, Profile.key_of(agency.id, profile))
    assert found is not None
    return found


def written(publisher: Client, profile: str) -> str:
    """A status that really stands there, to be answered: its author's name alone is made up."""
    post = publisher.schedule(publisher.draft(f"Une question {secrets.token_hex(3)}", [profile]), now=True)

    def gone() -> str | None:
        delivery = publisher.post(post["id"])["deliveries"][0]
        return delivery["remote_id"] if delivery["state"] == "published" else None

    return wait_for(gone, 30, "the citizen's status to stand")


@pytest.fixture(scope="module")
def asked(house: House, agency: Agency, administrator: Client, publisher: Client, practice: Practice) -> Asked:
    profile = practice.connect(administrator, "mastodon", "reponse")
    status = written(publisher, practice.connect(administrator, "mastodon", "citoyen"))
    message = Inbound(
        remote_id=status,
        kind="mention",
        author=Citizen("c1", "nadia", "<i>Nadia</i>"),
        text=TEXT,
        written_at=datetime.now(UTC),
        native={"id": status},
    )
    assert take_in(the_profile(house, agency, profile), [message, message], desk=house.desk).new == 1
    assert take_in(the_profile(house, agency, profile), [message], desk=house.desk).known == 1
    [found] = publisher.ok("GET", f"/api/conversations?profile={profile}")["items"]
    return Asked(profile, status, found["id"])


def test_it_is_listed_and_shown_as_it_was_written(publisher: Client, asked: Asked) -> None:
    whole = publisher.ok("GET", f"/api/conversations/{asked.conversation}")
    [message] = whole["messages"]
    assert (message["text"], message["author"]["name"]) == (TEXT, "<i>Nadia</i>")
    assert (whole["state"], whole["answers"], whole["can_reply"]) == ("open", 0, True)


def test_who_has_no_inbox_and_who_is_of_another_agency_find_nothing(
    contributor: Client, foreigner: Client, asked: Asked
) -> None:
    assert contributor.call("GET", f"/api/conversations/{asked.conversation}").status_code == 403
    assert foreigner.call("GET", f"/api/conversations/{asked.conversation}").status_code == 404
    theirs = foreigner.ok("GET", "/api/conversations")["items"]
    assert asked.conversation not in [each["id"] for each in theirs]


def test_two_open_it_and_both_press_and_one_reply_arrives(
    administrator: Client, publisher: Client, practice: Practice, asked: Asked
) -> None:
    path = f"/api/conversations/{asked.conversation}"
    publisher.ok("PUT", f"{path}/presence", {"writing": False})
    seen = administrator.ok("PUT", f"{path}/presence", {"writing": True})
    assert [each["person"]["id"] for each in seen["present"]] == [publisher.me["id"]]
    others = publisher.ok("PUT", f"{path}/presence", {"writing": True})["present"]
    assert [(each["person"]["id"], each["writing"]) for each in others] == [(administrator.me["id"], True)]

    whole = publisher.ok("GET", path)
    text = f"Une équipe est sur place {secrets.token_hex(3)}"

    def press(client: Client) -> requests.Response:
        body = {"to": whole["messages"][0]["id"], "text": text, "answers_seen": whole["answers"]}
        return client.call("POST", f"{path}/replies", body, key=secrets.token_hex(8))

    with ThreadPoolExecutor(2) as pair:
        answers = list(pair.map(press, (publisher, administrator)))
    assert sorted(each.status_code for each in answers) == [201, 409]
    refused = next(each for each in answers if each.status_code == 409).json()["error"]
    assert refused["code"] == "answered_meanwhile"

    def published() -> dict[str, Any] | None:
        [reply] = publisher.ok("GET", path)["replies"]
        found: dict[str, Any] | None = reply if reply["state"] == "published" else None
        return found

    reply = wait_for(published, 30, "the reply to leave")
    assert reply["text"] == f"@nadia {text}", "on Mastodon only those who are named are told"
    [arrived] = practice.arrived(asked.profile, reply["text"])
    status = requests.get(f"{practice.url}/api/v1/statuses/{arrived.remote_id}", timeout=15).json()
    assert status["in_reply_to_id"] == asked.status
    assert publisher.post(reply["id"])["deliveries"][0]["id"] == reply["delivery"]
    assert reply["id"] not in [each["id"] for each in publisher.ok("GET", "/api/posts")["items"]]


def test_it_is_handed_to_somebody_tagged_and_closed_and_opens_when_they_write_again(
    house: House, agency: Agency, administrator: Client, publisher: Client, asked: Asked
) -> None:
    path = f"/api/conversations/{asked.conversation}"
    version = publisher.ok("GET", path)["version"]
    change = {"assignee": administrator.me["id"], "tags": ["eau"], "state": "done"}
    done = publisher.ok("PATCH", path, change, version=version)
    assert done["assignee"]["id"] == administrator.me["id"]
    assert publisher.call("PATCH", path, {"state": "open"}, version=version).status_code == 412

    def listed(query: str) -> bool:
        items = publisher.ok("GET", f"/api/conversations?profile={asked.profile}&{query}")["items"]
        return [each["id"] for each in items] == [asked.conversation]

    wait_for(lambda: listed("state=done&tag=eau") and not listed("state=open"), 5, "the view of what is done")
    again = Inbound(
        remote_id=f"{asked.status}-2",
        kind="reply",
        author=Citizen("c1", "nadia"),
        text="Merci !",
        written_at=datetime.now(UTC),
        parent=asked.status,
    )
    take_in(the_profile(house, agency, asked.profile), [again], desk=house.desk)
    wait_for(lambda: listed(f"state=open&assignee={administrator.me['id']}"), 5, "the view of what is open")


def test_a_broken_push_is_a_dead_letter(stack: Stack) -> None:
    dead, sqs = stack.resources["IngestDeadLetterQueue"], stack.client("sqs")
    sqs.send_message(QueueUrl=stack.outputs["IngestQueueUrl"], MessageBody="not json")

    def lies() -> bool:
        names = ["ApproximateNumberOfMessages"]
        answer = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=names)
        return bool(answer["Attributes"][names[0]] == "1")

    wait_for(lies, 60, "the dead letter")
    sqs.purge_queue(QueueUrl=dead)


@pytest.mark.parametrize("network", ["bluesky", "mastodon"])
def test_what_a_citizen_writes_on_the_network_is_in_the_inbox_within_thirty_seconds(
    stack: Stack, administrator: Client, publisher: Client, practice: Practice, network: str
) -> None:
    profile = practice.connect(administrator, network, "ecoute")
    handle = publisher.ok("GET", f"/api/profiles/{profile}")["handle"].removeprefix("@").partition("@")[0]
    run_schedule(stack, "Listen")
    text = f"Fumée rue Basse {secrets.token_hex(3)}"
    began = time.monotonic()
    asked = {"network": network, "text": text, "mention": handle}
    requests.post(f"{practice.url}/practice/citizens/write", json=asked, timeout=15).raise_for_status()

    def arrived() -> dict[str, Any] | None:
        items = publisher.ok("GET", f"/api/conversations?profile={profile}")["items"]
        return next((each for each in items if text in each["excerpt"]), None)

    found = wait_for(arrived, 60, "the message in the inbox")
    assert time.monotonic() - began < 30 + 5, "a minute's readings and a busy machine"
    assert found["kind"] == "mention" and found["waiting_since"] is not None
