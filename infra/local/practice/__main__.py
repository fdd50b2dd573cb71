"""python -m infra.local.practice --port 8500 --data DIR [--public-url URL] [--accounts FILE] [--no-rate-limits]
[--webhook-url URL --webhook-secrets FILE]"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import signal
import sys
import time
from pathlib import Path

import uvicorn

from .control import add_account
from .exchange import Settings
from .journal import DamagedJournal, InUse
from .posting import BadRequest
from .pushing import Webhook
from .server import HOST, build, configure, listening
from .store import Store


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra.local.practice", description="Practice networks on this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder for posts, media and keys")
    parser.add_argument("--public-url", help="the origin that clients and people use (default: http://127.0.0.1:PORT)")
    parser.add_argument("--accounts", type=Path, help="JSON list of {network, handle, display_name, password}")
    parser.add_argument("--no-rate-limits", action="store_true", help="count requests but refuse none")
    parser.add_argument("--webhook-url", help="where Facebook calls when something reaches a Page")
    parser.add_argument(
        "--webhook-secrets",
        type=Path,
        help='JSON file with {"facebook": {"app_secret": ...}, "linkedin": {"client_id": ..., ...}, ...}: what it '
        "signs with, and the applications that may connect",
    )
    arguments = parser.parse_args()

    try:
        sock = listening(arguments.port)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            return _fail(f"Port {arguments.port} is in use: choose another with --port.")
        return _fail(f"Port {arguments.port} cannot be used: {e.strerror}.")
    try:
        store = Store(arguments.data, time.time)
    except DamagedJournal as e:
        return _fail(f"The practice networks' data is damaged: {e}.")
    except InUse as e:
        return _fail(f"{e}.")
    except OSError as e:
        return _fail(f"{arguments.data} cannot be used: {e.strerror}.")
    try:
        apps = _apps(arguments.webhook_secrets)
        webhook = _webhook(arguments.webhook_url, apps)
    except (OSError, ValueError, KeyError, TypeError) as e:
        return _fail(f"{arguments.webhook_secrets} cannot be read: {type(e).__name__}.")
    url = arguments.public_url or f"http://{HOST}:{sock.getsockname()[1]}"
    app, practice = build(store, url, Settings(rate_limits=not arguments.no_rate_limits), webhook, apps)
    # uvicorn stops cleanly and then sends itself the signal again: left to its default, SIGTERM would end the process
    # before the journal is written out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.accounts:
            for item in json.loads(arguments.accounts.read_text("utf-8")):
                add_account(practice, item)
        print(f"Practice networks on {url}", flush=True)
        server = uvicorn.Server(configure(app, arguments.port))
        asyncio.run(server.serve(sockets=[sock]))
    except (ValueError, OSError, BadRequest) as e:
        return _fail(f"{arguments.accounts} cannot be read: {e}")
    except KeyboardInterrupt:
        pass
    finally:
        store.close()
    return 0


def _apps(secrets: Path | None) -> dict[str, dict[str, str]]:
    """network -> what its application is known by."""
    return dict(json.loads(secrets.read_text("utf-8"))) if secrets else {}


def _webhook(url: str | None, apps: dict[str, dict[str, str]]) -> Webhook | None:
    """Both or nothing."""
    return Webhook(url, apps["facebook"]["app_secret"]) if url is not None and apps else None


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
