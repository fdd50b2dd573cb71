"""Mail is caught whole, shown safely, and a topic's e-mail subscribers get theirs."""

from __future__ import annotations

import asyncio
import json
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from infra.local import mail as mail_module
from infra.local import processes
from infra.local.front.application import FrontSettings, application
from infra.local.mail import Mailbox, TopicRelay, listen

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def message(subject: str = "Sujet é", *, html: str | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "parvis@example.org", "alex@example.org", subject
    mail.set_content(f"Bonjour {HOSTILE}")
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "mail")


@pytest.fixture
def page(tmp_path: Path, mailbox: Mailbox) -> TestClient:
    settings = FrontSettings(
        api_url="http://127.0.0.1:1", file_origin="http://127.0.0.1:1", site=tmp_path, mail=tmp_path / "mail"
    )
    return TestClient(application(settings))


def test_what_is_sent_by_smtp_is_kept(mailbox: Mailbox) -> None:
    port = processes.free_port()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
            connection.send_message(message(html="<p>Bonjour</p>"), to_addrs=["alex@example.org", "sam@example.org"])

    async def catch() -> None:
        server = await listen(mailbox, port)
        async with server:
            await asyncio.to_thread(send)

    asyncio.run(catch())
    [caught] = mailbox.list()
    assert (caught.subject, caught.sender, caught.recipients) == ("Sujet é", "parvis@example.org", "alex@example.org")
    assert caught.text.strip() == f"Bonjour {HOSTILE}"
    assert (caught.html or "").strip() == "<p>Bonjour</p>"


def test_the_newest_comes_first_and_the_oldest_go(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "KEPT", 3)
    for number in range(5):
        mailbox.keep(message(f"number {number}").as_bytes())
    assert [mail.subject for mail in mailbox.list()] == ["number 4", "number 3", "number 2"]


def test_a_mail_that_makes_no_sense_is_still_shown(mailbox: Mailbox, page: TestClient) -> None:
    name = mailbox.keep(b"Subject: =?broken?x?\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe body")
    assert page.get(f"/mail/{name}").status_code == 200
    assert page.get("/mail").status_code == 200


def test_text_is_shown_as_text(mailbox: Mailbox, page: TestClient) -> None:
    name = mailbox.keep(message(HOSTILE).as_bytes())
    for path in ("/mail", f"/mail/{name}"):
        answer = page.get(path)
        assert HOSTILE not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_html_is_shown_in_a_frame_that_can_do_nothing(mailbox: Mailbox, page: TestClient) -> None:
    name = mailbox.keep(message(html=HOSTILE).as_bytes())
    shown = page.get(f"/mail/{name}").text
    assert f"<iframe sandbox title='HTML of the mail' src='/mail/{name}/html'>" in shown
    framed = page.get(f"/mail/{name}/html")
    policy = framed.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy
    assert framed.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing", "..%5cpasswd", "00000000000000000-00000000"])
def test_a_mail_that_is_not_there_is_a_404(page: TestClient, name: str) -> None:
    assert page.get(f"/mail/{name}").status_code == 404
    assert page.get(f"/mail/{name}/html").status_code == 404


class Topic:
    """The few calls of SNS and SQS that the relay makes."""

    def __init__(
        self,
        messages: list[dict[str, Any]],
        subscriptions: list[tuple[str, str]],
        policies: dict[str, dict[str, list[str]]] | None = None,
    ) -> None:
        self.messages = [{"Body": json.dumps(m), "ReceiptHandle": str(n)} for n, m in enumerate(messages)]
        self.subscriptions = [{"Protocol": p, "Endpoint": e, "SubscriptionArn": e} for p, e in subscriptions]
        self.policies = policies or {}
        self.deleted: list[str] = []

    def get_subscription_attributes(self, *, SubscriptionArn: str) -> dict[str, Any]:
        policy = self.policies.get(SubscriptionArn)
        return {"Attributes": {"FilterPolicy": json.dumps(policy)} if policy else {}}

    def get_paginator(self, name: str) -> Topic:
        assert name == "list_subscriptions_by_topic"
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Subscriptions": self.subscriptions}]

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {"Messages": self.messages}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(ReceiptHandle)


def test_what_is_published_becomes_a_mail_to_each_email_subscriber(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(
        [
            {
                "Subject": "Late\nInjected: header",
                "Message": "Un message est en retard",
                "Timestamp": "2026-11-23T14:00:00.000Z",
            },
            {"Message": "Sans sujet", "Timestamp": "nonsense"},
        ],
        [
            ("email", "one@example.org"),
            ("sqs", "arn:aws:sqs:x:0:q"),
            ("email", "two@example.org\nBcc: all@example.org"),
        ],
    )
    monkeypatch.setattr(mail_module, "client", lambda *_, **__: topic)
    relay = TopicRelay("http://127.0.0.1:1", "arn:topic", mailbox)
    assert relay.relay("http://queue") == 2
    mails = mailbox.list()
    assert len(mails) == 4
    assert {mail.subject for mail in mails} == {"Late Injected: header", "AWS Notification Message"}
    assert all("all@" not in mail.recipients for mail in mails if "one@" in mail.recipients)
    assert topic.deleted == ["0", "1"]


def test_a_subscriber_gets_only_what_is_for_them(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def published(*to: str) -> dict[str, Any]:
        return {"Message": "x", "MessageAttributes": {"to": {"Type": "String.Array", "Value": json.dumps(to)}}}

    topic = Topic(
        [published("ville.ada"), published("ville.paul", "ville.ada"), {"Message": "for nobody named"}],
        [("email", "ada@ville.example"), ("email", "paul@ville.example"), ("email", "all@ville.example")],
        {"ada@ville.example": {"to": ["ville.ada"]}, "paul@ville.example": {"to": ["ville.paul"]}},
    )
    monkeypatch.setattr(mail_module, "client", lambda *_, **__: topic)
    TopicRelay("http://127.0.0.1:1", "arn:topic", mailbox).relay("http://queue")
    got = [mail.recipients.partition("@")[0] for mail in mailbox.list()]
    assert sorted(got) == ["ada", "ada", "all", "all", "all", "paul"]


def test_only_ids_name_a_mail(mailbox: Mailbox, tmp_path: Path) -> None:
    (tmp_path / "outside.eml").write_bytes(message().as_bytes())
    assert mailbox.read("../outside") is None
