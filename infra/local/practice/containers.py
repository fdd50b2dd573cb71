"""What Instagram and Threads hold before it is published: containers, each of a file that they fetch themselves, or of
words, or of other containers.

Only addresses on this machine are fetched, so that nobody can be made to call elsewhere; what is not there is refused
as Meta refuses it. A container stands for a day (`container_seconds`), and takes its time where that is set
(`media_processing_seconds`). Publishing the same container again makes another post: the worst that there can be.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import asdict, dataclass, field, replace
from urllib.parse import urlsplit

import requests
from starlette.requests import Request
from starlette.responses import Response

from .bluesky import blob_response
from .exchange import Call, Practice
from .graph_answers import GraphError
from .images import look_at
from .store import Account, Media

FETCH_SECONDS = 10.0
FETCH_BYTES = 300_000_000


@dataclass(frozen=True)
class Container:
    """kind: IMAGE, VIDEO, REELS, TEXT, CAROUSEL. file: a media id. error: the subcode with which it ends."""

    id: str
    account: str
    kind: str
    text: str
    created_at: float
    ready_at: float
    part: bool = False
    file: str | None = None
    parts: list[str] = field(default_factory=list)
    reply_to: str | None = None
    link: str | None = None
    error: int | None = None
    published: list[str] = field(default_factory=list)


_CONTAINER, _FILE = "1780", "1810"
"""How their ids begin."""


class Held:
    """The containers and the files of one network, and its ids: four digits that say what has one, and thirteen that
    are greater than those of whatever came before."""

    def __init__(self, practice: Practice, network: str) -> None:
        self._practice = practice
        self._store = practice.store
        self._network = network
        used = [int(each.id[4:]) for each in self._store.timeline if each.network == network]
        used += [int(key[2][4:]) for key in self._store.media if key[0] == network]
        used += [int(name.rpartition(":")[2][4:]) for name in self._store.grants if name.startswith(self._name(""))]
        self._last = max(used, default=0)

    def next_id(self, prefix: str) -> str:
        self._last = max(int(self._practice.now() * 1000), self._last + 1)
        return f"{prefix}{self._last:013d}"

    def _name(self, container_id: str) -> str:
        return f"{self._network}:container:{container_id}"

    def find(self, account: Account, container_id: str) -> Container | None:
        kept = self._store.grants.get(self._name(container_id))
        return Container(**kept) if kept and kept["account"] == account.id else None

    def status(self, container: Container) -> str:
        now = self._practice.now()
        if container.published:
            return "PUBLISHED"
        if now >= container.created_at + self._practice.settings.container_seconds:
            return "EXPIRED"
        if now < container.ready_at:
            return "IN_PROGRESS"
        return "ERROR" if container.error is not None else "FINISHED"

    def add(self, call: Call, account: Account, **fields: object) -> Container:
        now = self._practice.now()
        ready_at = now + self._practice.settings.media_processing_seconds
        made = Container(
            id=self.next_id(_CONTAINER), account=account.id, created_at=now, ready_at=ready_at, error=call.subcode,
            **fields,  # type: ignore[arg-type]
        )  # fmt: skip
        self._keep(made)
        call.accept(remote_id=made.id, created=True)
        return made

    def published(self, container: Container, post_id: str) -> None:
        self._keep(replace(container, published=[*container.published, post_id]))

    def _keep(self, container: Container) -> None:
        self._store.grant(self._name(container.id), asdict(container))

    def files(self, container: Container) -> list[Media]:
        """What it shows, in order."""
        kept = [self._store.grants[self._name(each)] for each in container.parts]
        ids = [each["file"] for each in kept] if container.parts else [container.file]
        return [self._store.media[self._network, container.account, each] for each in ids if each]

    async def fetch(
        self, account: Account, url: str, *, alt: str, video: bool, types: tuple[str, ...], most: int
    ) -> Media:
        """The file at an address. Raises GraphError in Instagram's words."""
        content = await asyncio.to_thread(_fetched, url)
        if content is None:
            raise GraphError(9004, "Only photo or video can be accepted as media type.", subcode=2207052)
        seen = None if video else look_at(content)
        if video and content[4:8] != b"ftyp":
            raise GraphError(352, "Unsupported video format.", subcode=2207026)
        if len(content) > most:
            raise GraphError(36000, "The image size is too large.", subcode=2207004)
        if not video and (seen is None or seen.content_type not in types):
            raise GraphError(36001, "The image format is not supported.", subcode=2207005)
        now = self._practice.now()
        media = Media(
            network=self._network,
            id=self.next_id(_FILE),
            account_id=account.id,
            content_type=seen.content_type if seen else "video/mp4",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=now,
            width=seen.width if seen else None,
            height=seen.height if seen else None,
            alt=alt,
            ready_at=now,
        )
        self._store.add_media(media, content)
        return media

    async def file(self, request: Request) -> Response:
        media = self._store.media_by_id(self._network, request.path_params["id"])
        if media is None:
            return Response(status_code=404)
        return blob_response(self._store.blob_path(media), media.content_type)


def _fetched(url: str) -> bytes | None:
    """None where nothing can be had."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            return None
        answer = requests.get(url, timeout=FETCH_SECONDS, allow_redirects=False, stream=True)
        if answer.status_code != 200:
            return None
        content = answer.raw.read(FETCH_BYTES + 1, decode_content=True)
        return bytes(content) if len(content) <= FETCH_BYTES else None
    except (requests.RequestException, ValueError, OSError):
        return None
