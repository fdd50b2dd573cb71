"""What the connectors share: passing the gate, how long to wait, what statuses mean the same everywhere, and a vendor's
words without our secrets in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn, TypeVar

from chalicelib.networks.contract import (
    CredentialsRefused,
    MediaFile,
    NetworkError,
    NotUnderstood,
    Outcome,
    OutcomeUnknown,
    Publication,
    Reauthorise,
    Rejected,
    RetryAfter,
    Stalled,
    Unavailable,
)
from chalicelib.networks.counting import is_unicode
from chalicelib.networks.transport import Answer, NoAnswer, NotSent

T = TypeVar("T")

STALL_TRIES = 3
WAIT_MAX = timedelta(days=1)
RETRY_WAIT = timedelta(seconds=15)
RATE_LIMIT_WAIT = timedelta(seconds=60)
WRONG_SERVER_WAIT = timedelta(minutes=5)
UPLOAD_READ_TIMEOUT_S = 15.0
UPLOAD_TOTAL_TIMEOUT_S = 30.0
HANDED_OVER_IN_S = 40.0
"""A video's pieces must all have left by then: the function that carries them lives for 60 s, other deliveries beside
it, and its lease ends the gate after 75 s."""
HANDED_OVER_BYTES_MAX = 200_000_000
"""What leaves in that time for certain, at 5 MB/s: each piece of 4 MB is a connection, a look at the fence and an
answer, of which half a second is usual. A network that takes more is offered no more than this."""
HELD_BYTES_MAX = 60_000_000
"""Of a file that a network takes in one piece only (Mastodon, Bluesky): it is held whole, and once more in the request,
beside other deliveries, by a function of 512 MB."""
_WORDS_MAX = 200


class Stop(Exception):
    """Carries the outcome out of a step that ended the attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def past_the_gate(step: Callable[[], T]) -> T:
    """One outward step. A stall between gate and first byte sends nothing, so the step may begin anew, gate and all.

    Raises Stalled after the third stall, and whatever the step raises.
    """
    for _ in range(STALL_TRIES - 1):
        try:
            return step()
        except Stalled:
            continue
    return step()


def attempt(publication: Publication, send: Callable[[], Outcome]) -> Outcome:
    """What came of publishing: what `send` says, or what ended it before the post itself was sent."""
    said = [publication.text, *(file.alt for file in publication.media)]
    if publication.card is not None:
        said += [publication.card.title, publication.card.description]
    if not all(is_unicode(text) for text in said):
        # What no request could carry; everything else is for the network to judge.
        return Rejected("text_not_unicode", "The text or a description holds half a character.")
    try:
        return send()
    except Stop as stop:
        return stop.outcome
    except Stalled:
        return RetryAfter(timedelta(seconds=1), "stalled")
    except CredentialsRefused as error:
        return Reauthorise(error.code, error.detail)
    except NetworkError as error:
        # An address that is refused, or a look-up that failed.
        return RetryAfter(error.wait if isinstance(error, Unavailable) else WRONG_SERVER_WAIT, error.code)


def posted(write: Callable[[], Answer]) -> Answer:
    """The answer to the post itself. Raises Stop where there is none, and Stalled."""
    try:
        return past_the_gate(write)
    except NotSent as failure:
        raise Stop(RetryAfter(RETRY_WAIT, failure.code)) from None
    except NoAnswer as failure:
        raise Stop(OutcomeUnknown(failure.code)) from None


def uploaded(file: MediaFile, write: Callable[[], Answer]) -> Answer:
    """The answer to the upload of a file. Raises Stop where there is none, and Stalled.

    A file that no post names is seen by nobody and is thrown away by the server, so that it may be sent again.
    """
    try:
        return past_the_gate(write)
    except (NotSent, NoAnswer) as failure:
        raise Stop(RetryAfter(RETRY_WAIT, failure.code, file.filename)) from None


def wait_from(headers: Mapping[str, str], now: datetime, *, default: timedelta) -> timedelta:
    """How long a server that answered 429 or 503 asks us to wait; at least a second, at most a day.

    Reads Retry-After (seconds or an HTTP date, RFC 9110 10.2.3), then a reset time, which Bluesky and X give as epoch
    seconds (ratelimit-reset, x-rate-limit-reset) and Mastodon as an ISO time (x-ratelimit-reset).
    """
    wait = default
    for name in ("retry-after", "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"):
        found = _until(headers.get(name, "").strip(), now, relative=name == "retry-after")
        if found is not None:
            wait = found
            break
    return min(max(wait, timedelta(seconds=1)), WAIT_MAX)


def _until(text: str, now: datetime, *, relative: bool) -> timedelta | None:
    if not text or len(text) > 64:
        return None
    if text.isdecimal() and text.isascii():
        number = int(text[:12])
        return timedelta(seconds=min(number, 10**9)) if relative else _since(number, now)
    try:
        at = parsedate_to_datetime(text) if relative else datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _since(epoch: int, now: datetime) -> timedelta | None:
    try:
        return datetime.fromtimestamp(epoch, UTC) - now
    except (OverflowError, ValueError, OSError):
        return None


def outcome_of_status(answer: Answer, now: datetime, *, filename: str | None = None) -> Outcome | None:
    """What a write was answered where the status alone says it; None where the network's own words decide.

    filename: the write was the upload of that file, which nobody sees until a post names it, so that an unknown
    outcome may simply be tried again.
    """
    status = answer.status
    if status == 429:
        return RetryAfter(wait_from(answer.headers, now, default=RATE_LIMIT_WAIT), "rate_limited")
    if status in (404, 405, 501):
        return RetryAfter(WRONG_SERVER_WAIT, "server_not_understood")
    if 300 <= status < 400:
        return RetryAfter(WRONG_SERVER_WAIT, "redirect_refused")
    if status in (408, 409) or status >= 500 or status < 300:
        code = f"http_{status}"
        return OutcomeUnknown(code) if filename is None else RetryAfter(RETRY_WAIT, code, filename)
    return None


def raise_for_status(answer: Answer, now: datetime) -> NoReturn:
    """An answer, other than success, to a call that publishes nothing, once refused credentials are ruled out.

    Raises Unavailable or NotUnderstood."""
    status = answer.status
    if status == 429:
        raise Unavailable("rate_limited", wait=wait_from(answer.headers, now, default=RATE_LIMIT_WAIT))
    if status in (408, 409) or (status >= 500 and status != 501):
        raise Unavailable(f"http_{status}")
    raise NotUnderstood(f"http_{status}")


def vendor_words(text: str | None, secrets: Iterable[str]) -> str:
    """A vendor's own message for a person to read: one line, short, and without any of our secrets in it."""
    words = " ".join((text or "").split())
    for secret in secrets:
        if secret:
            words = words.replace(secret, "***")
    return words[:_WORDS_MAX]


def content_of(file: MediaFile) -> bytes:
    """The bytes that were approved. Called before the gate: fetching them takes its time. Raises Stop."""
    try:
        content = file.read()
    except Exception:  # the store's own failures, of whatever kind; nothing has left yet
        raise Stop(RetryAfter(timedelta(seconds=10), "media_unreadable", file.filename)) from None
    if hashlib.sha256(content).hexdigest() != file.sha256.lower():
        raise Stop(Rejected("media_changed", f"{file.filename} is not the file that was attached."))
    return content


class Handover:
    """A file that leaves in pieces, of which none but the present one is held. clock: seconds, monotonic.

    The hash is that of everything taken, so that it is known only at the end: `prove` comes before the step that makes
    the file final at the network, and what was handed over before is seen by nobody."""

    def __init__(self, file: MediaFile, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock
        self._until = clock() + HANDED_OVER_IN_S
        self._digest = hashlib.sha256()
        self._left = file.size
        self._held = b""
        self._pieces: Iterator[bytes] | None = None

    def take(self, size: int) -> bytes:
        """The next bytes, so many or what is left. Called before the gate. Raises Stop."""
        if self._clock() > self._until:
            raise Stop(RetryAfter(RETRY_WAIT, "upload_too_slow", self._file.filename))
        try:
            while len(self._held) < size and (more := self._more(size)):
                self._held += more
        except Stop:
            raise
        except Exception:  # the store's own failures, of whatever kind
            raise Stop(RetryAfter(timedelta(seconds=10), "media_unreadable", self._file.filename)) from None
        taken, self._held = self._held[:size], self._held[size:]
        self._digest.update(taken)
        self._left -= len(taken)
        return taken

    def _more(self, size: int) -> bytes:
        if self._pieces is None:
            self._pieces = self._file.chunks(size) if self._file.chunks else iter([content_of(self._file)])
        return next(self._pieces, b"")

    def prove(self) -> None:
        """Raises Stop unless what was taken is the whole of what was approved."""
        if self._left or self._held or self._digest.hexdigest() != self._file.sha256.lower():
            raise Stop(Rejected("media_changed", f"{self._file.filename} is not the file that was attached."))


def upload_name(file: MediaFile) -> str:
    """Not the person's own, which tells the network nothing that it needs. Two files need two names: snac2 stores an
    upload under a digest of its name, so that a second image.png would replace the first."""
    return f"{file.sha256[:16]}.{file.content_type.rpartition('/')[2]}"
