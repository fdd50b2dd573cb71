"""Images and videos on their way to X: a file that no post names is seen by nobody.

An image goes in one request, and its description in another. A video is handed over by one attempt, in parts, and
posted by a later one, once X has processed it (videos.py); the ticket is its media id.

Sources: docs.x.com (x-api/media) and X's OpenAPI 2.167, 2026-08-22.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from chalicelib.networks.contract import Account, Gate, MediaFile, Rejected, RetryAfter
from chalicelib.networks.steps import (
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    Handover,
    Stop,
    content_of,
    upload_name,
    uploaded,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import Held
from chalicelib.networks.wire import Wire
from chalicelib.networks.x_wire import Made, failure_of, headers_of, refusal

_CHUNK = 4_000_000  # bytes of a video in one request; X takes at most 1,000 of them
_CHECK_AFTER = timedelta(seconds=5)
_CHECK_MAX_S = 300


class _Processing(Wire):
    state: str = ""
    check_after_secs: int | None = None


class _Handed(Wire):
    id: str = ""
    processing_info: _Processing | None = None


class _Status(Wire):
    data: _Handed


class XMedia:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(self, account: Account, file: MediaFile, gate: Gate) -> str:
        """An image with its description; answers its media id. Raises Stop."""
        content = content_of(file)
        answer = self._hand(
            account,
            file,
            gate,
            "/2/media/upload",
            form=[("media_category", "tweet_image")],
            files={"media": (upload_name(file), content, file.content_type)},
        )
        media = answer.read_or_none(Made)
        if media is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        if file.alt:
            described = {"id": media.data.id, "metadata": {"alt_text": {"text": file.alt}}}
            self._hand(account, file, gate, "/2/media/metadata", json_body=described)
        return media.data.id

    def _hand(
        self,
        account: Account,
        file: MediaFile,
        gate: Gate,
        path: str,
        *,
        json_body: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer:
        """One request about a file, seen by nobody until a post names it. Raises Stop unless it succeeded."""
        answer = uploaded(
            file,
            lambda: self._transport.write(
                f"{account.server}{path}",
                gate,
                json_body=json_body,
                form=form,
                files=files,
                headers=headers_of(account),
                read_timeout=UPLOAD_READ_TIMEOUT_S,
                total_timeout=UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status not in (200, 201, 204):
            raise Stop(refusal(answer, account, self._transport.now(), file=file))
        return answer

    def hand_over(self, account: Account, file: MediaFile, gate: Gate) -> Held:
        """A video, in parts. Raises Stop."""
        handover = Handover(file, self._transport.monotonic)
        begun = self._hand(
            account,
            file,
            gate,
            "/2/media/upload/initialize",
            json_body={"media_category": "tweet_video", "media_type": file.content_type, "total_bytes": file.size},
        ).read_or_none(Made)
        if begun is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        media = begun.data.id
        for index in range(-(-file.size // _CHUNK)):
            chunk = handover.take(_CHUNK)
            self._hand(
                account,
                file,
                gate,
                f"/2/media/upload/{media}/append",
                form=[("segment_index", str(index))],
                files={"media": (upload_name(file), chunk, "application/octet-stream")},
            )
        handover.prove()
        handed = self._hand(account, file, gate, f"/2/media/upload/{media}/finalize").read_or_none(_Status)
        if handed is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        return _held(media, handed.data.processing_info)

    def processed(self, account: Account, media: str, file: MediaFile) -> Held | None:
        """None where X does not know the video any more (it keeps one for a day). Raises Stop, NetworkError."""
        answer = self._transport.get(
            f"{account.server}/2/media/upload",
            query=[("command", "STATUS"), ("media_id", media)],
            headers=headers_of(account),
        )
        failure = failure_of(answer)
        if answer.status in (400, 404, 410) and not (failure.of_access or failure.of_credentials):
            return None
        if answer.status != 200:
            raise Stop(refusal(answer, account, self._transport.now(), file=file))
        said = answer.read_or_none(_Status)
        if said is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        processing = said.data.processing_info
        if processing is not None and processing.state == "failed":
            raise Stop(Rejected("media_refused", f"{file.filename}: X could not process it."))
        return _held(media, processing)


def _held(media: str, processing: _Processing | None) -> Held:
    if processing is None or processing.state == "succeeded":
        return Held(media)
    seconds = processing.check_after_secs
    return Held(media, timedelta(seconds=min(max(seconds, 1), _CHECK_MAX_S)) if seconds is not None else _CHECK_AFTER)
