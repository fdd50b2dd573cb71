"""Pictures of the story for docs/day-one.md, kept only when PARVIS_SCREENSHOTS=1."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
# Enough for flat surfaces and text; a picture takes a third of what the browser makes.
COLOURS = 192


class Album:
    """Numbered pictures of one telling: `<language>-<size>-<number>-<name>.png`."""

    def __init__(self, language: str, size: str) -> None:
        self._prefix = f"{language}-{size}"
        self._number = 0
        self._keeps = os.environ.get("PARVIS_SCREENSHOTS") == "1"

    def take(self, page: Page, name: str) -> None:
        self._number += 1
        if not self._keeps:
            return
        page.wait_for_timeout(400)
        FOLDER.mkdir(parents=True, exist_ok=True)
        image = Image.open(io.BytesIO(page.screenshot(scale="css"))).convert("RGB")
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(
            FOLDER / f"{self._prefix}-{self._number:02}-{name}.png", optimize=True
        )
