"""Images and videos on their way to LinkedIn: room is asked for, then the bytes go where LinkedIn says.

The place is on a host of LinkedIn's own (www.linkedin.com/dms-uploads/..., api.linkedin.com/mediaUpload/...); a token
goes nowhere else. A file that no post names is seen by nobody, so whatever happens to one before its post is
RetryAfter, and the next attempt asks for room anew. A video is handed over by one attempt, in parts of 4 MiB, and
published by a later one, once LinkedIn has prepared it (videos.py); the ticket is the video's URN.

Sources: marketing/community-management/shares/images-api, videos-api (2026-07).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import Field

from chalicelib.networks.contract import (
    Account,
    Gate,
    MediaFile,
    Outcome,
    Rejected,
    RetryAfter,
)
from chalicelib.networks.linkedin_urns import API
from chalicelib.networks.linkedin_wire import address, headers, require_ok
from chalicelib.networks.steps import (
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    WRONG_SERVER_WAIT,
    Handover,
    Stop,
    content_of,
    uploaded,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import Held, is_id
from chalicelib.networks.wire import Wire, bearer

T = TypeVar("T", bound=Wire)

Refusal = Callable[[Account, Answer, MediaFile], Outcome]

VIDEO_WAIT = timedelta(seconds=20)
_PARTS_MAX = 200


class _ImageRoom(Wire):
    image: str = Field(min_length=1)
    upload_url: str = Field(min_length=1, alias="uploadUrl")


class _ImageRoomGiven(Wire):
    value: _ImageRoom


class _Part(Wire):
    upload_url: str = Field(min_length=1, alias="uploadUrl")
    first: int = Field(alias="firstByte", ge=0)
    last: int = Field(alias="lastByte", ge=0)


class _VideoRoom(Wire):
    video: str = Field(min_length=1)
    upload_token: str = Field("", alias="uploadToken")
    parts: list[_Part] = Field(alias="uploadInstructions", min_length=1, max_length=_PARTS_MAX)


class _VideoRoomGiven(Wire):
    value: _VideoRoom


class _Video(Wire):
    status: str = ""


class LinkedInMedia:
    def __init__(self, transport: Transport, refusal: Refusal) -> None:
        self._transport = transport
        self._refusal = refusal

    def upload_image(self, account: Account, file: MediaFile, gate: Gate) -> str:
        """The image's URN. Raises Stop, Stalled and what the gate raises."""
        content = content_of(file)
        asked = {"initializeUploadRequest": {"owner": account.remote_id}}
        room = _given(self._ask(account, "images", "initializeUpload", asked, file, gate), _ImageRoomGiven, file).value
        self._put(account, room.upload_url, content, file, gate)
        return room.image

    def hand_over_video(self, account: Account, file: MediaFile, gate: Gate) -> Held:
        """Raises Stop, Stalled and what the gate raises."""
        handover = Handover(file, self._transport.monotonic)
        asked: dict[str, object] = {
            "initializeUploadRequest": {
                "owner": account.remote_id,
                "fileSizeBytes": file.size,
                "uploadCaptions": False,
                "uploadThumbnail": False,
            }
        }
        room = _given(self._ask(account, "videos", "initializeUpload", asked, file, gate), _VideoRoomGiven, file).value
        if not is_id(room.video):
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        tags = []
        at = 0
        for part in room.parts:
            if part.first != at or part.last < at:  # pieces come in their order, each once
                raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
            at = part.last + 1
            answer = self._put(account, part.upload_url, handover.take(at - part.first), file, gate)
            tag = answer.headers.get("etag", "")
            if not tag:
                raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
            tags.append(tag.strip('"'))
        handover.prove()
        finished = {
            "finalizeUploadRequest": {
                "video": room.video,
                "uploadToken": room.upload_token,
                "uploadedPartIds": tags,
            }
        }
        self._ask(account, "videos", "finalizeUpload", finished, file, gate)
        return Held(room.video, VIDEO_WAIT)

    def prepared(self, account: Account, video: str, file: MediaFile) -> Held | None:
        """None where LinkedIn has it no more. Raises Stop, and NetworkError."""
        answer = self._transport.get(address(account.server, "videos", video), headers=headers(account))
        if answer.status in (404, 410):
            return None
        require_ok(answer, self._transport.now())
        match answer.read(_Video).status:
            case "AVAILABLE":
                return Held(video)
            case "PROCESSING_FAILED":
                raise Stop(Rejected("media_refused", file.filename))
        return Held(video, VIDEO_WAIT)

    # ------------------------------------------------------------ steps

    def _ask(self, account: Account, what: str, action: str, body: object, file: MediaFile, gate: Gate) -> Answer:
        answer = uploaded(
            file,
            lambda: self._transport.write(
                address(account.server, what, action=action), gate, json_body=body, headers=headers(account)
            ),
        )
        if answer.status != 200:
            raise Stop(self._refusal(account, answer, file))
        return answer

    def _put(self, account: Account, url: str, content: bytes, file: MediaFile, gate: Gate) -> Answer:
        if not _is_linkedins(url, account.server):
            raise Stop(RetryAfter(WRONG_SERVER_WAIT, "upload_address_refused", file.filename))
        answer = uploaded(
            file,
            lambda: self._transport.write(
                url,
                gate,
                method="PUT",
                content=content,
                headers={**bearer(account.secrets.get("access", "")), "Content-Type": "application/octet-stream"},
                read_timeout=UPLOAD_READ_TIMEOUT_S,
                total_timeout=UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status not in (200, 201):
            raise Stop(self._refusal(account, answer, file))
        return answer


def _given(answer: Answer, model: type[T], file: MediaFile) -> T:
    given = answer.read_or_none(model)
    if given is None:
        raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
    return given


def _is_linkedins(url: str, server: str) -> bool:
    """On a host of LinkedIn's; where the server is a practice one, on that very origin."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if server != API:
        return f"{parts.scheme}://{parts.netloc}" == server
    own = host == "linkedin.com" or host.endswith(".linkedin.com")
    return parts.scheme == "https" and own and port in (None, 443) and "@" not in parts.netloc
