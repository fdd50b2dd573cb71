"""A burst of messages on the local stack: the minute's detection, the mail by SNS and SES, the push, the answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from chalicelib.alerts.detecting import Known
from chalicelib.alerts.tally import Tally
from chalicelib.alerts.telling import Letter, Telling, make_telling
from chalicelib.errors import Upstream
from chalicelib.inbox.message import Author, Message
from chalicelib.profiles.profile import Profile
from chalicelib.team.founding import take_in
from chalicelib.wiring import House
from infra.local.demo.staff import ZONE
from infra.local.mail import Mail, Mailbox, TopicRelay
from infra.local.push import Push, Pushes
from infra.local.stack import Stack
from tests.integration.client import Client, run_schedule, wait_for
from tests.integration.conftest import Agency


@dataclass
class Inbox:
    """Where an agency's mail by SNS arrives."""

    relay: TopicRelay
    queue: str
    mailbox: Mailbox

    def of(self, address: str, containing: str) -> list[Mail]:
        self.relay.relay(self.queue, wait_seconds=0)
        return [each for each in self.mailbox.list() if each.recipients == address and containing in each.text]


@pytest.fixture(scope="module")
def inbox(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    mailbox = Mailbox(Path(tmp_path_factory.mktemp("mail")))
    relay = TopicRelay(stack.endpoint, stack.outputs["AlertsTopicArn"], mailbox)
    return Inbox(relay, relay.subscribe(), mailbox)


@dataclass(frozen=True)
class Officer:
    client: Client
    email: str
    person: str


@pytest.fixture(scope="module")
def officer(stack: Stack, house: House, agency: Agency) -> Officer:
    return _officer(stack, house, agency, "duty", "fr")


def _officer(stack: Stack, house: House, agency: Agency, person: str, language: Any) -> Officer:
    email = f"{person}@rivemont.example"
    take_in(
        agency=agency.id,
        person=person,
        name=person.title(),
        email=email,
        language=language,
        roles={"communications": ("duty_officer",)},
        password=agency.password,
        store=house.store,
        pool=house.pool,
        clock=house.clock,
    )
    return Officer(Client(stack.api_url).sign_in(email, agency.password), email, person)


@pytest.fixture
def profile(house: House, agency: Agency) -> Iterator[str]:
    """A profile of its own, so that no burst is another's."""
    made = Profile(
        agency=agency.id,
        id=f"p{secrets.token_hex(6)}",
        network="mastodon",
        server="https://fake.example",
        remote_id="1",
        handle="@mairie",
        display_name="Mairie",
        department="communications",
        connected_at=house.clock.now(),
        sealed="",
    )
    house.store.save(made)
    house.store.save(Known(agency=agency.id, profile=made.id, volume=_usual(house)))
    yield made.id
    house.store.remove(made)


def _usual(house: House) -> str:
    """What the detector knows of a profile that received six messages an hour, for three days."""
    now = house.clock.now().replace(second=0, microsecond=0)
    minutes = [now - timedelta(minutes=back) for back in range(3 * 1440, 0, -1)]
    counts = {each: int(each.minute % 10 == 0) for each in minutes}
    return house.detector.follow(house.detector.begin(ZONE), now=minutes[-1], counts=counts)


def burst(house: House, agency: str, profile: str, count: int, text: str) -> None:
    now = house.clock.now()
    ids = []
    for _ in range(count):
        name = secrets.token_hex(6)
        message = Message(
            agency=agency,
            profile=profile,
            network="mastodon",
            department="communications",
            remote_id=name,
            anchor=name,
            conversation=f"c{name}",
            type="mention",
            author=Author(remote_id=name, handle=name, followers=12),
            text=text,
            written_at=now,
            received_at=now,
        )
        house.store.save(message)
        ids.append(message.id)
    house.store.save(Tally(agency=agency, profile=profile, at=now, batch=secrets.token_hex(4), messages=tuple(ids)))


def pushed(stack: Stack, token: str) -> list[Push]:
    return [each for each in Pushes(stack.pushes).list() if each.token == token]


def test_a_burst_reaches_the_duty_officer_and_is_taken_in_hand(
    stack: Stack, house: House, agency: Agency, officer: Officer, inbox: Inbox, profile: str
) -> None:
    phone = {"name": "Téléphone", "token": f"practice-{secrets.token_hex(16)}"}
    device = officer.client.ok("POST", "/api/me/devices", phone)
    assert officer.client.ok("POST", "/api/me/devices", phone)["id"] == device["id"]
    chosen = officer.client.ok("PUT", "/api/me/notifications", {"email": True, "push": True})
    assert chosen["email_state"] == "on" and chosen["push_available"] and len(chosen["devices"]) == 1

    burst(house, agency.id, profile, 60, "Le pont est fermé")
    run_schedule(stack, "Detect")
    [summary] = [e for e in officer.client.ok("GET", "/api/alerts")["items"] if e["profile"] == profile]
    [mail] = wait_for(lambda: inbox.of(officer.email, summary["id"]), 30, "the mail")
    begins = f"Parvis: pic de messages sur @mairie: {summary['count']} en une heure, {summary['expected']:.0f} attendus"
    assert mail.subject.startswith(begins) and summary["count"] >= 60 and summary["ratio"] > 3
    assert "fermé" in mail.text and f"/alerts/{summary['id']}" in mail.text
    [push] = wait_for(lambda: pushed(stack, phone["token"]), 30, "the push")
    assert push.title == "Parvis: pic de messages sur @mairie" and push.link.endswith(f"/alerts/{summary['id']}")

    def told() -> dict[str, Any] | None:
        found = officer.client.ok("GET", f"/api/alerts/{summary['id']}")
        return found if {each["state"] for each in found["told"]} == {"told"} else None

    alert = wait_for(told, 20, "it to be on record")
    mine = [each["channel"] for each in alert["told"] if each["person"]["id"] == officer.person]
    assert sorted(mine) == ["email", "push"]
    assert {each["word"] for each in alert["terms"]} == {"fermé", "pont"} and alert["authors"] == 60
    taken = officer.client.ok("POST", f"/api/alerts/{summary['id']}/acknowledgement")
    assert taken["acknowledged"]["by"]["id"] == officer.person

    for _ in range(2):
        run_schedule(stack, "Detect")
    assert len(inbox.of(officer.email, summary["id"])) == len(pushed(stack, phone["token"])) == 1


def test_only_the_one_it_is_for_gets_what_the_topic_sends(
    stack: Stack, house: House, agency: Agency, officer: Officer, inbox: Inbox, profile: str
) -> None:
    other = _officer(stack, house, agency, "other", "en")
    other.client.ok("PUT", "/api/me/notifications", {"email": True, "push": False})
    off = officer.client.ok("PUT", "/api/me/notifications", {"email": False, "push": False})
    assert off["email_state"] == "off"
    burst(house, agency.id, profile, 60, "The bridge is closed")
    run_schedule(stack, "Detect")
    [summary] = [e for e in other.client.ok("GET", "/api/alerts")["items"] if e["profile"] == profile]
    [mail] = wait_for(lambda: inbox.of(other.email, summary["id"]), 30, "the mail")
    assert mail.subject.startswith("Parvis: spike of messages on @mairie")
    assert inbox.of(officer.email, summary["id"]) == []
    officer.client.ok("PUT", "/api/me/notifications", {"email": True, "push": True})


def test_a_review_link_goes_by_mail_to_any_address(stack: Stack, house: House, agency: Agency) -> None:
    made = make_telling(
        Letter("À relire : le pont", "https://parvis.example/review/secret\n"),
        agency=agency.id,
        id=secrets.token_hex(8),
        about="POST#p",
        channel="mail",
        person=None,
        address="maitre@droit.example",
        vault=house.vault,
        now=house.clock.now(),
    )
    house.store.save(made)
    assert house.tell_queue.send([made]) == 1

    def arrived() -> list[Any]:
        sent = requests.get(f"{stack.endpoint}/_ministack/ses/messages", timeout=10).json()["messages"]
        return [each for of_account in sent.values() for each in of_account if each["Subject"] == "À relire : le pont"]

    [mail] = wait_for(arrived, 30, "the mail")
    assert mail["To"] == ["maitre@droit.example"] and "review/secret" in mail["BodyText"]
    wait_for(lambda: house.store.get(Telling, made.key()) is None, 20, "it to be on record")
    assert house.tell_queue.send([made]) == 1, "a message that comes again finds nothing to do"


def test_a_device_that_is_disabled_is_forgotten_and_can_come_back(
    stack: Stack, house: House, agency: Agency, officer: Officer, profile: str
) -> None:
    phone = {"name": "Tablette", "token": f"practice-{secrets.token_hex(16)}"}
    device = officer.client.ok("POST", "/api/me/devices", phone)
    sns = stack.client("sns")
    [application] = sns.list_platform_applications()["PlatformApplications"]
    endpoint = sns.create_platform_endpoint(
        PlatformApplicationArn=application["PlatformApplicationArn"], Token=phone["token"]
    )["EndpointArn"]
    assert ":endpoint/GCM/" in endpoint
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    burst(house, agency.id, profile, 60, "Le pont est fermé")
    run_schedule(stack, "Detect")

    def gone() -> bool:
        devices = officer.client.ok("GET", "/api/me/notifications")["devices"]
        return device["id"] not in [each["id"] for each in devices]

    wait_for(gone, 30, "the device to be forgotten")
    assert pushed(stack, phone["token"]) == []
    officer.client.ok("POST", "/api/me/devices", phone)
    house_push = house.push
    assert house_push is not None
    house_push.send(endpoint=endpoint, letter=Letter("Essai", "Corps", "https://parvis.example/alerts/x"))
    assert [each.title for each in pushed(stack, phone["token"])] == ["Essai"]
    officer.client.ok("DELETE", f"/api/me/devices/{device['id']}")


def test_detection_learns_what_it_looked_at_and_rules_are_kept(
    stack: Stack, house: House, officer: Officer, profile: str
) -> None:
    rules = {each["id"]: each for each in officer.client.ok("GET", "/api/alert-rules")["items"]}
    assert rules[profile]["version"] == 0
    changed = officer.client.ok("PATCH", f"/api/alert-rules/{profile}", {"active": False}, version=0)
    assert (changed["active"], changed["version"]) == (False, 1)
    burst(house, officer.client.me["agency"]["id"], profile, 60, "Le pont est fermé")
    run_schedule(stack, "Detect")
    assert profile not in [each["profile"] for each in officer.client.ok("GET", "/api/alerts")["items"]]


def test_the_table_keeps_no_letter_once_it_was_told(house: House, agency: Agency) -> None:
    made = make_telling(
        Letter("x", "y"),
        agency=agency.id,
        id=secrets.token_hex(8),
        about="POST#p",
        channel="mail",
        person=None,
        address="a@b.example",
        vault=house.vault,
        now=house.clock.now() + timedelta(days=1),
    )
    with pytest.raises(Upstream):
        house.vault.open(made.sealed, agency=agency.id, owner="another")
    told = made.settled("told", now=house.clock.now())
    house.store.save(made)
    house.store.commit(told, removes=[made])
    found = list(house.store.query(Telling, Telling.settled_partition(agency.id, "POST#p")))
    assert all(each.sealed == "" for each in found) and told.id in [each.id for each in found]
