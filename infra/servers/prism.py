"""Stoplight's Prism on an OpenAPI specification: in front of a server, or in place of one.

    with start_prism(specification, upstream=practice_url) as prism: ...   # passes on what is within the specification
    with start_prism(specification) as prism: ...                          # answers by itself: Prefer: code=429

Before a server, what is outside the specification is answered by Prism: a request never arrives, and an answer never
comes back; `outside` says so of an answer, and why.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from infra.servers.process import Process, free_port
from infra.servers.run import Server, build_node_program, fresh, node, own_directory

SOURCE = Path(__file__).resolve().parent / "prism"
PROBLEMS = "https://stoplight.io/prism/errors#"
_START_SECONDS = 90.0  # reading X's specification takes four, on a machine with nothing else to do


def start_prism(specification: Path, upstream: str | None = None) -> Server:
    """Raises Missing."""
    program = build_node_program("prism", SOURCE)
    directory = fresh(own_directory("prism"))
    port = free_port()
    how = ["mock", str(specification)] if upstream is None else ["proxy", str(specification), upstream]
    process = Process(
        [
            node(), "node_modules/@stoplight/prism-cli/dist/index.js", *how,
            "--host", "127.0.0.1", "--port", str(port), "--errors",
        ],
        cwd=program,
        log=directory / "log.txt",
        # It would otherwise ask for its newest version.
        environment={"NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"},
    )  # fmt: skip

    def stop() -> None:
        process.stop()
        shutil.rmtree(directory, ignore_errors=True)

    url = f"http://127.0.0.1:{port}"
    try:
        process.wait_until_answers(f"{url}/", seconds=_START_SECONDS)
    except BaseException:
        stop()
        raise
    return Server(url, (), directory, stop)


def outside(body: bytes) -> str | None:
    """Why Prism itself gave this answer; None where it is the server's own."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(kind, str) or not kind.startswith(PROBLEMS):
        return None
    found = said.get("validation") or [{}]
    why = "; ".join(f"{'.'.join(map(str, each.get('location', [])))}: {each.get('message', '')}" for each in found)
    return f"{kind.removeprefix(PROBLEMS)} {why}"
