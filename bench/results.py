"""bench/results.json: one row a figure, each stamped with the commit, the day and the command it came from."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Row:
    """better: "lower" or "higher". how: how it was measured, in one sentence, with sizes."""

    name: str
    value: float
    unit: str
    better: str
    how: str
    against: str | None = None
    against_value: float | None = None
    ratio: float | None = None


def keep(rows: list[Row], command: str) -> None:
    """Replace the rows of these names, leave the others, and print the new ones as a table."""
    stamp = {"commit": _commit(), "date": datetime.now(UTC).strftime("%Y-%m-%d"), "command": command}
    present = {row["name"]: row for row in json.loads(FILE.read_text())} if FILE.is_file() else {}
    present |= {row.name: {**asdict(row), **stamp} for row in rows}
    FILE.write_text(
        json.dumps(sorted(present.values(), key=lambda row: row["name"]), indent=1, ensure_ascii=False) + "\n"
    )
    show(rows)


def show(rows: list[Row]) -> None:
    for row in rows:
        against = f"   against {row.against}: {row.against_value:g} (x{row.ratio:g})" if row.against else ""
        print(f"{row.name:40} {row.value:12.4g} {row.unit:12}{against}", flush=True)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, cwd=FILE.parent).stdout

    changed = [line for line in git("status", "--porcelain").splitlines() if not line.endswith("bench/results.json")]
    return git("rev-parse", "--short=12", "HEAD").strip() + ("+changes" if changed else "")
