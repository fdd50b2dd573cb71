"""How long a CSV file of posts takes over HTTP on the local stack, slice after slice as the browser sends it; and that
the same file again makes no doubles."""

from __future__ import annotations

import base64
import csv
import io
import secrets
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from bench.results import Row
from bench.scene import AGENCY, DEPARTMENT, ZONE, Scene
from chalicelib.team.founding import take_in

TEXT_LENGTH = 220
_TIMEOUT_S = 35


def importing(scene: Scene, rows: int) -> list[Row]:
    """The row is named for a thousand; `how` says how many it was."""
    token, file = _signed_in(scene), _file(scene, rows)
    first, first_s, slices, slowest_s = _sent(scene, token, file)
    if first != {"ok": rows}:
        raise RuntimeError(f"not every row was imported: {first}")
    again, again_s, _, _ = _sent(scene, token, file)
    if again != {"already_imported": rows}:
        raise RuntimeError(f"the same file again: {again}")
    standing = _standing(scene, token)
    if standing != rows:
        raise RuntimeError(f"{rows} rows made {standing} posts")
    how = (
        f"{rows} rows of {TEXT_LENGTH} characters for two profiles in {slices} requests over HTTP on the local stack, "
        f"none longer than {slowest_s:.1f} s; the same file again took {again_s:.1f} s and made no post"
    )
    return [Row("import.rows_1000_s", round(first_s, 2), "s", "lower", how)]


def _signed_in(scene: Scene) -> str:
    password, email = secrets.token_urlsafe(16), "import@benchtown.example"
    take_in(
        agency=AGENCY,
        person="importer",
        name="Importer",
        email=email,
        language="en",
        roles={DEPARTMENT: "publisher"},
        password=password,
        store=scene.house.store,
        pool=scene.house.pool,
        clock=scene.house.clock,
    )
    asked = {"email": email, "password": password}
    answer = requests.post(f"{scene.stack.api_url}/api/session", json=asked, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _file(scene: Scene, rows: int) -> str:
    """Spread over three months from tomorrow, in Windows-1252 with semicolons as Excel saves it in French."""
    profiles = ", ".join(list(scene.profiles)[:2])
    begin = datetime.now(UTC) + timedelta(days=2)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Date", "Heure", "Texte", "Profils", "Langue"])
    for number in range(rows):
        due = begin + timedelta(minutes=number * 129_600 // rows)
        text = f"Avis n° {number} : la rue Haute est fermée à la circulation. ".ljust(TEXT_LENGTH, "é")
        # At midday no clock of Europe/Paris skips or repeats.
        writer.writerow([due.strftime("%d/%m/%Y"), f"12h{number % 60:02d}", text, profiles, "fr"])
    return base64.b64encode(out.getvalue().encode("cp1252")).decode()


def _sent(scene: Scene, token: str, file: str) -> tuple[Counter[str], float, int, float]:
    """(outcomes, seconds, requests, the longest request's seconds)."""
    outcomes, slices, slowest, cursor = Counter[str](), 0, 0.0, None
    began = time.perf_counter()
    while True:
        body: dict[str, Any] = {"file": file, "department": DEPARTMENT, "zone": ZONE, "dry_run": False}
        sent = time.perf_counter()
        answer = requests.post(
            f"{scene.stack.api_url}/api/posts/imports",
            json={**body, **({"cursor": cursor} if cursor else {})},
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        slowest = max(slowest, time.perf_counter() - sent)
        slices += 1
        found = answer.json()
        outcomes.update(each["outcome"] for each in found["items"])
        cursor = found["next"]
        if cursor is None:
            return outcomes, time.perf_counter() - began, slices, slowest


def _standing(scene: Scene, token: str) -> int:
    now = datetime.now(UTC)
    span = {"from": now.isoformat(), "to": (now + timedelta(days=120)).isoformat()}
    answer = requests.get(
        f"{scene.stack.api_url}/api/calendar",
        params=span,
        headers={"Authorization": f"Bearer {token}"},
        timeout=_TIMEOUT_S,
    )
    answer.raise_for_status()
    return len(answer.json()["items"])
