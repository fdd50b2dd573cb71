"""The process that is AWS on this machine: ministack with its state written down.

Started by infra.local.stack with its settings in the environment; it is not meant to be started by hand.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import resource
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A Lambda function runs in a child of this process. It leaves by itself when its input closes, but not in the middle
# of an invocation; a killed stack must not go on publishing.
_LEAVE_WITH_PARENT = """
def _leave_with_parent():
    import os, threading, time
    parent = os.getppid()
    def watch():
        while os.getppid() == parent:
            time.sleep(0.3)
        os._exit(1)
    threading.Thread(target=watch, daemon=True).start()
_leave_with_parent()
"""


def _log_functions(file: Path) -> None:
    """Write what functions log into one file that is kept small.

    ministack would keep it in memory for ever, a log stream for each invocation: gigabytes after some days.
    """
    from ministack.services import lambda_svc

    handler = logging.handlers.RotatingFileHandler(file, maxBytes=5_000_000, backupCount=2, encoding="utf-8")
    log = logging.getLogger("parvis.functions")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)

    def emit(func: dict[str, Any], request_id: str, log_text: str, error: bool, duration_ms: int, **_: object) -> None:
        name = (func.get("config") or func).get("FunctionName", "unknown")
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        failed = " failed" if error else ""
        log.info("%s", "\n".join(filter(None, [log_text, f"{moment} {name} {request_id} {duration_ms} ms{failed}"])))

    if not hasattr(lambda_svc, "_emit_lambda_logs"):
        raise RuntimeError("this ministack writes its functions' logs elsewhere: is it the locked one?")
    lambda_svc._emit_lambda_logs = emit


def _name_batches_as_aws_does() -> None:
    """IAM has no actions for SQS batches: sqs:SendMessage allows SendMessageBatch too, and so on.

    Source: Service Authorization Reference, Amazon SQS. ministack asks for an action of the batch's own name.
    """
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action

    def extract_iam_action(*arguments: Any, **named: Any) -> str | None:
        action: str | None = extract(*arguments, **named)
        return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

    iam_actions.extract_iam_action = extract_iam_action


def _name_the_sender_as_aws_does() -> None:
    """SES asks for ses:SendEmail on the sender's identity. ministack names no resource, which only "*" would allow.

    Source: Service Authorization Reference, Amazon Simple Email Service v2.
    """
    from email.utils import parseaddr

    from ministack.core import iam_actions

    name = iam_actions._ses_v2_resource_arn

    def resource_arn(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if path.rstrip("/") == "/v2/email/outbound-emails":
            sender = parseaddr(iam_actions._safe_json_field(body, "FromEmailAddress") or "")[1]
            return f"arn:aws:ses:{region}:{account_id}:identity/{sender}"
        arn: str = name(method, path, body, region, account_id)
        return arn

    iam_actions._ses_v2_resource_arn = resource_arn


def _keep_schedules_going() -> None:
    """Let a schedule that stood before this start fire at once, as it would have gone on firing on AWS.

    ministack counts a rule's minutes from its creation, does not note that for a rule made by CloudFormation, and so
    would begin to count anew at each start.
    """
    from ministack.services import eventbridge

    for rule in eventbridge._rules.all_values():
        rule.setdefault("CreationTime", 0)


async def _serve(host: str, port: int, state: Path) -> None:
    import ministack.app as cloud_app
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.core import lambda_runtime
    from ministack.services import eventbridge, scheduler

    from infra.local import push
    from infra.local.store import Store

    lambda_runtime._PYTHON_WORKER_SCRIPT = _LEAVE_WITH_PARENT + lambda_runtime._PYTHON_WORKER_SCRIPT
    _log_functions(state.parent / "logs" / "functions.log")
    _name_batches_as_aws_does()
    _name_the_sender_as_aws_does()
    push.attach(push.Pushes(state.parent / "push"))
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 1  # else it looks every ten seconds
    store = Store(state / "cloud.sqlite3")
    store.attach()

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    config = Config()
    config.bind = [f"{host}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.shutdown_timeout = 2
    config.accesslog = None
    started = asyncio.Event()

    async def application(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        if scope["type"] != "lifespan":
            await cloud_app.app(scope, receive, send)
            return

        async def note_start(message: dict) -> None:  # type: ignore[type-arg]
            await send(message)  # type: ignore[operator]
            if message["type"] == "lifespan.startup.complete":
                _keep_schedules_going()
                started.set()

        await cloud_app.app(scope, receive, note_start)

    async def save() -> None:
        # Nothing may be written before what was saved is read back.
        await started.wait()
        await store.run(stopped)

    saving = asyncio.create_task(save())
    try:
        await serve(application, config, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]
    finally:
        stopped.set()
        if started.is_set():
            await saving
            lambda_runtime.reset()
            store.close()
        else:
            saving.cancel()


def main() -> None:
    """Serve until SIGTERM. Environment: GATEWAY_PORT, STATE_DIR and what ministack itself reads."""
    state = Path(os.environ["STATE_DIR"])
    scratch = state.parent / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    os.environ["TMPDIR"] = str(scratch)
    tempfile.tempdir = str(scratch)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 65536)), hard))
    asyncio.run(_serve("127.0.0.1", int(os.environ["GATEWAY_PORT"]), state))
    # Threads of ministack that wait for nothing in particular must not hold up the end.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
