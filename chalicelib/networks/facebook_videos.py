"""Videos on a Page: opened and handed over ahead, in the parts that Facebook asks for; posted by the closing call.

A session of uploading names its video as it is opened, so that what a post will stand for is on record before there is
one (videos.py; session and video are the ticket), and closing it twice makes no second video. Whatever the closing call
was answered, the video itself says what came of it: `find` is exact.

Facebook prepares a video only then, so that it is seen some seconds or minutes after its time. To hand one over as
unpublished, which would mend that, takes the right to advertise for the Page (reference/page/videos), which we do not
ask for.

| code, subcode                                 | opening, a part          | the closing call |
|-----------------------------------------------|--------------------------|------------------|
| 6000, 6001; subcodes 1363019, 1363030,        | RetryAfter, the next     | OutcomeUnknown   |
|   1363033, 1363037 (interrupted)              |   attempt begins anew    |                  |
| 351, 352; subcodes 1363005, 1363020, 1363021, | Rejected media_refused,  | Rejected         |
|   1363022, 1363023, 1363031, 1363042          |   names the file         |   content_refused|
| 100 subcode 33 (no such session)              | Rejected media_refused   | OutcomeUnknown   |
|                                               |                          |   container_gone   |
| anything else                                 | as an image's            | as a post's      |

| the video says                                | after closing, publish   | find             |
|-----------------------------------------------|--------------------------|------------------|
| published, with its post                      | Published                | exact            |
| published, without                            | OutcomeUnknown           | by words, else   |
|                                               |   published_unseen       |   Unavailable    |
| being prepared                                | OutcomeUnknown           | Unavailable      |
|                                               |   being_processed        |   being_processed|
| an error; kept as a draft                     | Rejected media_refused   | nothing          |
| only taken; gone                              | OutcomeUnknown           | by words         |
|                                               |   not_confirmed          |                  |

Before it is closed the video is looked at as well: one that an earlier call has closed is not closed again.

Sources: developers.facebook.com (graph-api/guides/video-uploads; graph-api/reference/page/videos, video, video-status;
video-api/reference/error-codes, guides/reels-publishing for the phases of a status), 2026-11.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib.networks.contract import (
    Account,
    Gate,
    MediaFile,
    NetworkError,
    Outcome,
    OutcomeUnknown,
    Published,
    Rejected,
    RetryAfter,
)
from chalicelib.networks.facebook_wire import headers_of, node, site_of
from chalicelib.networks.graph import (
    META,
    Codes,
    Gone,
    Kind,
    failure_of,
    kind_of,
    refusal,
    require_ok,
)
from chalicelib.networks.steps import RETRY_WAIT, Handover, Stop, posted, upload_name, uploaded
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import VIDEO_READ_TIMEOUT_S, VIDEO_TOTAL_TIMEOUT_S, Held, is_id
from chalicelib.networks.wire import Wire

_INTERRUPTED = (1363019, 1363030, 1363033, 1363037)
_REFUSED = (1363005, 1363020, 1363021, 1363022, 1363023, 1363031, 1363042)
_SUBCODES: tuple[tuple[int, Kind], ...] = (
    *((each, "temporary") for each in _INTERRUPTED),
    *((each, "refused") for each in _REFUSED),
)
VIDEO: Codes = replace(
    META, temporary=META.temporary | {6000, 6001}, refused=META.refused | {351, 352}, subcodes=_SUBCODES
)

_PARTS_MAX = 200
_LOOKS_S = (0.5, 1.0, 1.5, 2.0)
"""After the closing call; what is still being prepared then is looked for by reconciling."""
_FIELDS = "id,post_id,permalink_url,created_time,published,status"
_FAILED = {"error", "upload_failed", "expired"}

State = Literal["taken", "being_processed", "published", "failed", "draft"]


class _Opened(Wire):
    video_id: str = Field(min_length=1)
    upload_session_id: str = Field(min_length=1)
    start_offset: int
    end_offset: int


class _Next(Wire):
    start_offset: int
    end_offset: int


class _Phase(Wire):
    status: str = ""
    publish_status: str = ""


class _Status(Wire):
    video_status: str = ""
    uploading_phase: _Phase = Field(default_factory=_Phase)
    processing_phase: _Phase = Field(default_factory=_Phase)
    publishing_phase: _Phase = Field(default_factory=_Phase)


class Video(Wire):
    id: str = Field(min_length=1)
    post_id: str | None = None
    permalink_url: str | None = None
    created_time: datetime | None = None
    published: bool | None = None
    status: _Status = Field(default_factory=_Status)

    @property
    def state(self) -> State:
        """Nothing is prepared before the upload is closed, so that one which only was taken was never posted."""
        said = self.status
        if said.video_status in _FAILED or "error" in (said.processing_phase.status, said.publishing_phase.status):
            return "failed"
        if said.publishing_phase.status == "complete":
            return "draft" if said.publishing_phase.publish_status == "draft" else "published"
        if said.video_status == "ready" and self.published:
            return "published"
        begun = said.processing_phase.status or said.publishing_phase.status
        if begun and begun != "not_started":
            return "being_processed"
        # Without phases there is the one word for it all.
        whole = not begun and said.video_status in ("processing", "ready")
        return "being_processed" if whole else "taken"

    def post_of(self, page: str) -> str | None:
        """The id of its post, which begins with the Page's."""
        if not self.post_id:
            return None
        return self.post_id if "_" in self.post_id else f"{page}_{self.post_id}"

    def url_at(self, origin: str) -> str | None:
        """Facebook gives it without its host."""
        path = self.permalink_url
        return f"{origin}{path}" if path and path.startswith("/") else path


def video_of(held: str) -> str:
    """The video of a ticket."""
    return held.partition(":")[2]


class FacebookVideos:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def hand_over(self, account: Account, file: MediaFile, gate: Gate) -> Held:
        """Raises Stop, Stalled and what the gate raises."""
        handover = Handover(file, self._transport.monotonic)
        opened = self._write(
            account, file, gate, [("upload_phase", "start"), ("file_size", str(file.size))], None
        ).read_or_none(_Opened)
        if opened is None or not is_id(f"{opened.upload_session_id}:{opened.video_id}"):
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        at: _Opened | _Next | None = opened
        handed = 0
        for _ in range(_PARTS_MAX):
            # Pieces come in their order, each once.
            if at is None or at.start_offset != handed or not handed <= at.end_offset <= file.size:
                break
            if at.start_offset == at.end_offset:
                if at.start_offset < file.size:
                    break
                handover.prove()
                return Held(f"{opened.upload_session_id}:{opened.video_id}")
            form = [
                ("upload_phase", "transfer"),
                ("upload_session_id", opened.upload_session_id),
                ("start_offset", str(at.start_offset)),
            ]
            part = handover.take(at.end_offset - handed)
            handed = at.end_offset
            at = self._write(account, file, gate, form, part).read_or_none(_Next)
        raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))

    def post(self, account: Account, held: str, text: str, file: MediaFile, gate: Gate) -> Outcome:
        """Raises Stop, Stalled, NetworkError and what the gate raises."""
        session, video = held.partition(":")[0], video_of(held)
        before = self.look(account, video)
        if before is not None and before.state != "taken":
            return _refused(before, file) or OutcomeUnknown(
                "published_before" if before.state == "published" else "being_processed"
            )
        form = [("upload_phase", "finish"), ("upload_session_id", session)]
        if text:
            form.append(("description", text))
        answer = posted(
            lambda: self._transport.write(
                node(account.server, account.remote_id, "videos"), gate, form=form, headers=headers_of(account)
            )
        )
        failure = failure_of(answer)
        if failure is not None and kind_of(failure, VIDEO) == "gone":
            return OutcomeUnknown("container_gone")
        if answer.status != 200 or failure is not None:
            return refusal(answer, account, VIDEO)
        return self._what_came_of_it(account, video, file)

    def _what_came_of_it(self, account: Account, video: str, file: MediaFile) -> Outcome:
        state: State | None = None
        for pause in _LOOKS_S:
            self._transport.sleep(pause)
            try:
                seen = self.look(account, video)
            except NetworkError:
                continue  # only a look: reconciling looks again
            state = seen.state if seen else None
            if seen is None or state in ("taken", "being_processed"):
                continue
            refused = _refused(seen, file)
            if refused is not None:
                return refused
            post = seen.post_of(account.remote_id)
            if post is None:
                return OutcomeUnknown("published_unseen")
            return Published(post, seen.url_at(site_of(account.server)), {"id": post, "video": video})
        return OutcomeUnknown("being_processed" if state == "being_processed" else "not_confirmed")

    def look(self, account: Account, video: str) -> Video | None:
        """None where Facebook shows no such video. Raises Unavailable, CredentialsRefused, NotUnderstood."""
        answer = self._transport.get(
            node(account.server, video), query=[("fields", _FIELDS)], headers=headers_of(account)
        )
        try:
            require_ok(answer, META)
        except Gone:
            return None
        return answer.read(Video)

    def _write(
        self, account: Account, file: MediaFile, gate: Gate, form: list[tuple[str, str]], part: bytes | None
    ) -> Answer:
        """Seen by nobody until the upload is closed. Raises Stop."""
        kind = "application/octet-stream"
        answer = uploaded(
            file,
            lambda: self._transport.write(
                node(account.server, account.remote_id, "videos"),
                gate,
                form=form,
                files={"video_file_chunk": (upload_name(file), part, kind)} if part is not None else None,
                headers=headers_of(account),
                read_timeout=VIDEO_READ_TIMEOUT_S,
                total_timeout=VIDEO_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status != 200 or failure_of(answer) is not None:
            raise Stop(refusal(answer, account, VIDEO, file=file))
        return answer


def _refused(video: Video, file: MediaFile) -> Rejected | None:
    match video.state:
        case "failed":
            return Rejected("media_refused", f"{file.filename}: Facebook could not prepare it.")
        case "draft":
            return Rejected("media_refused", f"{file.filename}: Facebook keeps it as a draft.")
    return None
