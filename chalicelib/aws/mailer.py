"""Mail by SES, plain text, to any address."""

from __future__ import annotations

from typing import Any

from chalicelib.alerts.telling import Letter
from chalicelib.aws.heard import calling


class SesMailer:
    """client: sesv2, one that does not repeat calls by itself. sender: an identity that SES has verified."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, *, to: str, letter: Letter) -> None:
        with calling("mail"):
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": letter.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": letter.body, "Charset": "UTF-8"}},
                    }
                },
            )
