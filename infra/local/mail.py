"""Mail the local stack would have sent, kept in a folder instead.

ministack relays what SES and Cognito send to an SMTP server; this is that server. It also takes what SNS would have
sent to e-mail subscribers, which ministack does not deliver: a queue is subscribed to the topic beside them, and each
of its messages becomes a mail to every e-mail subscriber.
"""

from __future__ import annotations

import asyncio
import email
import json
import logging
import os
import re
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import default as email_policy
from email.utils import format_datetime, getaddresses
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.deploy import client

log = logging.getLogger("parvis.mail")

KEPT = 500
"""Mails kept; the oldest go."""
LARGEST_MAIL = 10 * 1024 * 1024
_NAME = re.compile(r"^[0-9]{17}-[0-9a-f]{8}$")


@dataclass(frozen=True)
class Mail:
    """One caught mail. `html` is what the sender wrote, not made safe."""

    id: str
    received: datetime
    sender: str
    recipients: str
    subject: str
    text: str
    html: str | None


class Mailbox:
    """Mails in a folder, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, content: bytes) -> str:
        """Keep a mail as it came; returns its id. It is there whole or not at all."""
        name = f"{time.time_ns() // 100:017d}"[-17:] + f"-{uuid.uuid4().hex[:8]}"
        written = self._folder / f"{name}.tmp"
        with written.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.rename(self._folder / f"{name}.eml")
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return name

    def list(self) -> list[Mail]:
        """Every mail, the newest first."""
        return [mail for path in sorted(self._folder.glob("*.eml"), reverse=True) if (mail := self.read(path.stem))]

    def read(self, name: str) -> Mail | None:
        """One mail, or None when there is none of that id."""
        path = self._folder / f"{name}.eml"
        if not _NAME.match(name) or not path.is_file():
            return None
        message = email.message_from_bytes(path.read_bytes(), policy=email_policy)
        return Mail(
            id=name,
            received=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            sender=_header(message, "From"),
            recipients=_header(message, "To") or _header(message, "X-Envelope-To"),
            subject=_header(message, "Subject"),
            text=_body(message, "plain") or "",
            html=_body(message, "html"),
        )


def _header(message: Message, name: str) -> str:
    try:
        return str(message.get(name, "")).strip()  # a long one is folded right after its name
    except (ValueError, LookupError, AttributeError):
        return "(unreadable)"


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, KeyError):
        return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]


class Catcher:
    """What aiosmtpd calls with each mail."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = cast(bytes, envelope.original_content or envelope.content or b"")
        to = ", ".join(envelope.rcpt_tos).encode("ascii", "replace")
        await asyncio.to_thread(self._mailbox.keep, b"X-Envelope-To: " + to + b"\r\n" + content)
        return "250 kept"


async def listen(mailbox: Mailbox, port: int) -> asyncio.Server:
    """An SMTP server on the loopback that keeps what it is given; close it at the end."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(Catcher(mailbox), hostname="localhost", data_size_limit=LARGEST_MAIL, loop=loop),
        host="127.0.0.1",
        port=port,
    )


@dataclass(frozen=True)
class Subscriber:
    """policy: attribute -> the values of it that this subscriber gets; empty for everything."""

    address: str
    policy: dict[str, list[str]]

    def gets(self, notification: dict[str, Any]) -> bool:
        """Of filter policies, what ours are made of: equal strings, in an attribute that may be an array."""
        attributes = notification.get("MessageAttributes", {})
        return all(set(wanted) & set(_values(attributes.get(name))) for name, wanted in self.policy.items())


def _values(attribute: dict[str, str] | None) -> list[str]:
    if attribute is None:
        return []
    value = attribute.get("Value", "")
    if attribute.get("Type") != "String.Array":
        return [value]
    return [each for each in json.loads(value) if isinstance(each, str)]


class TopicRelay:
    """Turns what is published on a topic into mails to those e-mail subscribers whom it is for."""

    def __init__(self, endpoint: str, topic: str, mailbox: Mailbox) -> None:
        self._sns = client("sns", endpoint)
        self._sqs = client("sqs", endpoint, read_timeout=15)
        self._topic = topic
        self._mailbox = mailbox
        self._queue_name = f"{topic.rpartition(':')[2]}-local-mail"

    def subscribe(self) -> str:
        """Make the queue and subscribe it, once; returns its URL."""
        url: str = self._sqs.create_queue(QueueName=self._queue_name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": self._topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        # Subscribing the same endpoint again answers the subscription that is there.
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        return url

    def subscribers(self) -> list[Subscriber]:
        """The topic's e-mail subscribers. ministack takes every address as confirmed."""
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._topic)
        subscriptions = [subscription for page in pages for subscription in page["Subscriptions"]]
        found = []
        for each in sorted(subscriptions, key=lambda each: str(each["Endpoint"])):
            if each["Protocol"] in ("email", "email-json"):
                answer = self._sns.get_subscription_attributes(SubscriptionArn=each["SubscriptionArn"])
                policy = json.loads(answer["Attributes"].get("FilterPolicy") or "{}")
                found.append(Subscriber(each["Endpoint"], policy))
        return found

    def relay(self, url: str, *, wait_seconds: int = 5) -> int:
        """Turn what waits in the queue into mails; returns how many messages were handled."""
        received = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        messages = received.get("Messages", [])
        recipients = self.subscribers() if messages else []
        for message in messages:
            notification = json.loads(message["Body"])
            for recipient in recipients:
                if recipient.gets(notification):
                    self._mailbox.keep(_as_mail(notification, recipient.address))
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    async def run(self) -> None:
        """Relay until cancelled; a cloud that does not answer is tried again."""
        url = ""
        while True:
            try:
                url = url or await asyncio.to_thread(self.subscribe)
                await asyncio.to_thread(self.relay, url)
            except (BotoCoreError, ClientError, ValueError, KeyError) as error:
                log.warning("could not relay what was published: %s", error)
                url = ""
                await asyncio.sleep(2)


def _as_mail(notification: dict[str, Any], recipient: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = "AWS Notifications <no-reply@sns.amazonaws.com>"
    address = next((address for _, address in getaddresses([recipient]) if address), "unknown@invalid")
    mail["To"] = address
    mail["Subject"] = str(notification.get("Subject") or "AWS Notification Message").replace("\n", " ")[:100]
    try:
        sent = datetime.fromisoformat(str(notification.get("Timestamp", "")))
    except ValueError:
        sent = datetime.now(UTC)
    mail["Date"] = format_datetime(sent)
    mail.set_content(str(notification.get("Message", "")))
    return mail.as_bytes()
