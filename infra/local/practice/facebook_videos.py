"""Videos on a practice Page: a session that takes a file in parts, and its video, which is a post once it is prepared.

As Meta's resumable upload: `start` names session and video and says which bytes it wants first, each `transfer` which
next, `finish` ends it; the video is prepared only then (`media_processing_seconds`), fails where the bytes are no MP4,
and is shown with its post when it is ready. A session that was ended does not exist any more. Sessions are forgotten at
a restart; videos are not.

Sources: developers.facebook.com (graph-api/guides/video-uploads, reference/page/videos, video, video-status;
video-api/reference/error-codes).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from .exchange import Call, Practice
from .graph_answers import GraphError, chosen, fields_of, iso, no_such, parameters_of
from .graph_fields import Asked
from .store import Account, Media, Post

NETWORK = "facebook"
VIDEO_BYTES = 2_000_000_000
PART_BYTES = 1 << 20  # wanted at once
VIDEO_FIELDS = {"id", "description", "post_id", "permalink_url", "created_time", "published", "status"}

Put = Callable[[Call, Account, str, list[Media], float], Post]


@dataclass
class _Session:
    page: str
    video: str
    size: int
    data: bytearray = field(default_factory=bytearray)

    def wanted(self) -> dict[str, str]:
        start = len(self.data)
        return {"start_offset": str(start), "end_offset": str(min(start + PART_BYTES, self.size))}


class Videos:
    """put: makes the post of a video, seen from a moment on. next_id: of this network."""

    def __init__(self, practice: Practice, put: Put, next_id: Callable[[float], int]) -> None:
        self._practice = practice
        self._store = practice.store
        self._put = put
        self._next_id = next_id
        self._sessions: dict[str, _Session] = {}

    async def upload(self, call: Call, page: Account) -> Response:
        parameters = await parameters_of(call)
        match parameters.get("upload_phase"):
            case "start":
                return self._start(call, page, parameters)
            case "transfer":
                return await self._transfer(call, page, parameters)
            case "finish":
                return self._finish(call, page, parameters)
        raise GraphError(100, "(#100) Param upload_phase must be one of {START, TRANSFER, FINISH, CANCEL}")

    def _start(self, call: Call, page: Account, parameters: dict[str, Any]) -> Response:
        size = str(parameters.get("file_size", ""))
        if not size.isdigit():
            raise GraphError(100, "(#100) Param file_size must be a number")
        if int(size) < 8:
            raise GraphError(100, "The video you tried to upload is too small.", subcode=1363022)
        if int(size) > VIDEO_BYTES:
            raise GraphError(100, "The video you tried to upload is too large.", subcode=1363023)
        now = call.practice.now()
        session, video = str(self._next_id(now)), str(self._next_id(now))
        self._sessions[session] = made = _Session(page.id, video, int(size))
        self._store.grant(f"facebook:video:{video}", {"page": page.id, "state": "uploading", "at": now})
        call.accept(remote_id=video, created=False)
        return JSONResponse({"upload_session_id": session, "video_id": video, **made.wanted()})

    async def _transfer(self, call: Call, page: Account, parameters: dict[str, Any]) -> Response:
        session = self._session(page, parameters)
        file = parameters.get("video_file_chunk")
        if not isinstance(file, UploadFile):
            raise GraphError(100, "No Video Selected.", subcode=1363020)
        if str(parameters.get("start_offset")) != str(len(session.data)):
            raise GraphError(100, "There was a problem uploading your video.", subcode=1363037)
        session.data += await file.read()
        call.accept(remote_id=session.video, created=False)
        return JSONResponse(session.wanted())

    def _finish(self, call: Call, page: Account, parameters: dict[str, Any]) -> Response:
        session = self._session(page, parameters)
        data = bytes(session.data)
        if len(data) != session.size:
            raise GraphError(100, "There was a problem uploading your video.", subcode=1363033)
        del self._sessions[str(parameters["upload_session_id"])]
        now, name = call.practice.now(), f"facebook:video:{session.video}"
        if data[4:8] != b"ftyp":
            self._store.grant(name, {"page": page.id, "state": "error", "at": now})
            call.accept(remote_id=session.video, created=False)
            return JSONResponse({"success": True})
        media = Media(
            network=NETWORK,
            id=session.video,
            account_id=page.id,
            content_type="video/mp4",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=now,
            ready_at=now + call.practice.settings.media_processing_seconds,
        )
        self._store.add_media(media, data)
        text = str(parameters.get("description", "")).strip()
        post = self._put(call, page, text, [media], media.ready_at)
        kept = {"page": page.id, "state": "taken", "at": now, "ready_at": media.ready_at, "post": post.id, "text": text}
        self._store.grant(name, kept)
        return JSONResponse({"success": True})

    def _session(self, page: Account, parameters: dict[str, Any]) -> _Session:
        name = str(parameters.get("upload_session_id", ""))
        session = self._sessions.get(name)
        if session is None or session.page != page.id:
            raise no_such(name)
        return session

    # ------------------------------------------------------------ what it says of itself

    def node(self, video: str, call: Call) -> dict[str, Any] | None:
        """None where there is no such video, or its post was deleted."""
        kept = self._store.grants.get(f"facebook:video:{video}")
        if kept is None or (kept.get("post") and self._store.post_by_id(NETWORK, kept["post"]) is None):
            return None
        ready = kept["state"] == "taken" and kept["ready_at"] <= self._practice.now()
        values: dict[str, Callable[[Asked], Any]] = {
            "id": lambda _: video,
            "description": lambda _: kept.get("text") or None,
            "post_id": lambda _: kept["post"] if ready else None,
            "permalink_url": lambda _: f"/{kept['post']}" if ready else None,
            "created_time": lambda _: iso(kept["at"]),
            "published": lambda _: ready,
            "status": lambda _: _status(kept["state"], ready),
        }
        return chosen(values, fields_of(call, "id,created_time"), "Video", VIDEO_FIELDS)


def _status(state: str, ready: bool) -> dict[str, Any]:
    def phases(uploading: str, processing: str, publishing: dict[str, str]) -> dict[str, Any]:
        return {
            "uploading_phase": {"status": uploading},
            "processing_phase": {"status": processing},
            "publishing_phase": publishing,
        }

    idle = {"status": "not_started"}
    if state == "uploading":
        return {"video_status": "processing", **phases("in_progress", "not_started", idle)}
    if state == "error":
        return {"video_status": "error", **phases("complete", "error", idle)}
    if not ready:
        return {"video_status": "processing", **phases("complete", "in_progress", idle)}
    return {
        "video_status": "ready",
        **phases("complete", "complete", {"status": "complete", "publish_status": "published"}),
    }
