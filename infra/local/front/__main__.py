"""Serves the front and catches mail. Started by infra.local.run, which gives it everything as arguments."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn

from infra.local.front.application import FrontSettings, application
from infra.local.mail import Mailbox, TopicRelay, listen


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.front")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--api-url", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--topic", action="append", default=[], help="an SNS topic whose e-mail subscribers get mail")
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--mail", type=Path, required=True)
    parser.add_argument("--push", type=Path, required=True, help="where the cloud keeps what it would have pushed")
    arguments = parser.parse_args()

    @contextlib.asynccontextmanager
    async def mail(mailbox: Mailbox) -> AsyncIterator[None]:
        listening = await listen(mailbox, arguments.smtp_port)
        relays = [TopicRelay(arguments.endpoint, topic, mailbox) for topic in arguments.topic]
        relaying = [asyncio.create_task(relay.run()) for relay in relays]
        try:
            yield
        finally:
            for each in relaying:
                each.cancel()
            listening.close()

    settings = FrontSettings(
        api_url=arguments.api_url,
        file_origin=arguments.endpoint,
        site=arguments.site,
        mail=arguments.mail,
        push=arguments.push,
    )
    uvicorn.run(
        application(settings, mail),
        host="127.0.0.1",
        port=arguments.port,
        log_level="warning",
        timeout_graceful_shutdown=1,
        server_header=False,
    )


if __name__ == "__main__":
    main()
