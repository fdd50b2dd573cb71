"""Networks that publish in two steps, made to fit tests that publish in one; and the shelf from which they fetch."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from PIL import Image

from chalicelib.networks.contract import (
    Account,
    Gate,
    Limits,
    MediaFile,
    Network,
    Outcome,
    Pending,
    Problem,
    Publication,
    Sighting,
)
from tests.unit.networks.wire import Request, answer, serving


@dataclass
class Shelf:
    """Files at public addresses, as far as this machine is the public. asked: what was fetched."""

    url: str = ""
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, content: bytes, kind: str) -> str:
        path = f"/{hashlib.sha256(content).hexdigest()}"
        self.files[path] = (content, kind)
        return self.url + path

    def serve(self, request: Request) -> bytes:
        self.asked.append(request.path)
        content, kind = self.files.get(request.path, (b"", ""))
        return answer(200, content, kind=kind) if content else answer(404)


@contextmanager
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    with serving(made.serve) as wire:
        made.url = wire.url
        yield made


def jpeg(colour: str = "teal", size: tuple[int, int] = (480, 320)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    return data.getvalue()


def picture(shelf: Shelf, alt: str = "Le pont", colour: str = "teal", **changes: Any) -> MediaFile:
    content = jpeg(colour)
    values: dict[str, Any] = {
        "media_id": f"m-{colour}",
        "filename": f"{colour}.jpg",
        "content_type": "image/jpeg",
        "size": len(content),
        "width": 480,
        "height": 320,
        "alt": alt,
        "sha256": hashlib.sha256(content).hexdigest(),
        "read": lambda: content,
        "address": lambda: shelf.put(content, "image/jpeg"),
    }
    return MediaFile(**{**values, **changes})


def finished(network: Network, account: Account, publication: Publication, gate: Gate) -> Outcome:
    """What comes of it when the ticket is given back as often as it is asked for."""
    until = time.monotonic() + 20
    outcome = network.publish(account, publication, gate)
    while isinstance(outcome, Pending) and time.monotonic() < until:
        publication = replace(publication, ticket=outcome.ticket)
        outcome = network.publish(account, publication, gate)
        time.sleep(0.02)
    return outcome


class InOneStep:
    """The network, patient; `needs_image`: every post but a reply is given one more, the first."""

    def __init__(self, network: Any, shelf: Shelf, *, needs_image: bool) -> None:
        self._network = network
        self._shelf = shelf
        self._needs_image = needs_image

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return self._network.limits(account_limits)  # type: ignore[no-any-return]

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return self._network.check(text, self._dressed(media, None), limits)  # type: ignore[no-any-return]

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return finished(self._network, account, self._fitting(publication), gate)

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        return self._network.find(account, self._fitting(publication), since=since)  # type: ignore[no-any-return]

    def _fitting(self, publication: Publication) -> Publication:
        return replace(publication, media=self._dressed(publication.media, publication.reply_to))

    def _dressed(self, media: Sequence[MediaFile], reply_to: str | None) -> Sequence[MediaFile]:
        first = [picture(self._shelf, "", "black")] if self._needs_image and reply_to is None else []
        return [*first, *(self._as_jpeg(file) for file in media)]

    def _as_jpeg(self, file: MediaFile) -> MediaFile:
        """What was not the file that was approved is not here either."""
        content = jpeg(file.media_id.rpartition("-")[2])
        sound = hashlib.sha256(file.read()).hexdigest() == file.sha256
        return replace(
            file,
            content_type="image/jpeg",
            size=len(content) if file.size < 1_000_000 else file.size,
            sha256=hashlib.sha256(content).hexdigest() if sound else file.sha256,
            read=lambda: content,
            address=lambda: self._shelf.put(content, "image/jpeg"),
        )
