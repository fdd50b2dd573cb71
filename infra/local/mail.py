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
        return str(message.get(name, ""))
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


class TopicRelay:
    """Turns what is published on a topic into mails to its e-mail subscribers."""

    def __init__(self, endpoint: str, topic: str, mailbox: Mailbox, *, queue_name: str = "parvis-local-mail") -> None:
        self._sns = client("sns", endpoint)
        self._sqs = client("sqs", endpoint, read_timeout=15)
        self._topic = topic
        self._mailbox = mailbox
        self._queue_name = queue_name

    def subscribe(self) -> str:
        """Make the queue and subscribe it, once; returns its URL."""
        url: str = self._sqs.create_queue(QueueName=self._queue_name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        # Subscribing the same endpoint again answers the subscription that is there.
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
        return url

    def subscribers(self) -> list[str]:
        """The topic's e-mail subscribers."""
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self._topic)
        subscriptions = [subscription for page in pages for subscription in page["Subscriptions"]]
        return sorted({s["Endpoint"] for s in subscriptions if s["Protocol"] in ("email", "email-json")})

    def relay(self, url: str, *, wait_seconds: int = 5) -> int:
        """Turn what waits in the queue into mails; returns how many messages were handled."""
        received = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        messages = received.get("Messages", [])
        recipients = self.subscribers() if messages else []
        for message in messages:
            notification = json.loads(message["Body"])
            for recipient in recipients:
                self._mailbox.keep(_as_mail(notification, recipient))
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
