"""Publishing in two steps, as Instagram and Threads do it: a container is filled, and published when it is ready.

The network fetches the files itself, so a container takes a public address of each. What stands in public comes of one
call alone, media_publish or threads_publish, and that call is never made but with a ticket, whose container was asked
before whether it is published already. So a repeated attempt cannot publish twice, whatever the call before it was
answered (traps 11 and 12):

| the ticket's container says | what the attempt does                                                                 |
|-----------------------------|---------------------------------------------------------------------------------------|
| no ticket                   | makes the containers: Pending                                                         |
| IN_PROGRESS, or a new word  | Pending, the same ticket                                                              |
| FINISHED                    | publishes it; the parts of a carousel: makes the whole of them, Pending               |
| PUBLISHED                   | OutcomeUnknown published_before: an earlier call was taken; `find` says which it is   |
| EXPIRED                     | makes new containers: Pending (a container stands for 24 hours)                       |
| ERROR that may pass         | makes new containers, three times in all: Pending; then Rejected media_refused        |
| ERROR                       | Rejected media_refused                                                                |

What the publishing call itself is answered: 200 is Published, not ready is Pending, a throttle RetryAfter, a token that
does not stand Reauthorise; everything else, a refusal too, is OutcomeUnknown, since a 400 was seen over what stood all
the same. A container whose making has no known outcome is made again: nobody sees one that nothing publishes.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.networks.contract import (
    Account,
    Gate,
    MediaFile,
    NetworkError,
    Outcome,
    OutcomeUnknown,
    Pending,
    Publication,
    Published,
    Rejected,
    RetryAfter,
    Sighting,
    Unavailable,
)
from chalicelib.networks.graph import Codes, Gone, Made, failure_of, refusal
from chalicelib.networks.steps import RETRY_WAIT, Stop, content_of, past_the_gate, posted, uploaded
from chalicelib.networks.transport import Answer, NoAnswer, NotSent, Transport

TIMES_MAX = 3
_READY_SOON = timedelta(seconds=3)
_VIDEO_READY = timedelta(seconds=30)
_LOOK_AGAIN = timedelta(seconds=15)
_TICKET = re.compile(r"(parts|whole)\.([0-9]{1,3})\.([0-9A-Za-z_]{1,64}(?:,[0-9A-Za-z_]{1,64})*)")
_SUBCODE = re.compile(r"\b22\d{5}\b")


@dataclass(frozen=True)
class Ticket:
    """parts: the containers are those of a carousel that is not put together yet. times: how often they were made."""

    containers: tuple[str, ...]
    parts: bool
    times: int

    def written(self) -> str:
        return f"{'parts' if self.parts else 'whole'}.{self.times}.{','.join(self.containers)}"

    @staticmethod
    def read(text: str) -> Ticket | None:
        found = _TICKET.fullmatch(text)
        return Ticket(tuple(found[3].split(",")), found[1] == "parts", int(found[2])) if found else None


@dataclass(frozen=True)
class State:
    """status: the network's own word. words: what it says of an error."""

    status: str
    words: str = ""

    @property
    def subcode(self) -> int | None:
        found = _SUBCODE.search(self.words)
        return int(found[0]) if found else None


class Containers(ABC):
    """What a network gives so that it can be published to in two steps. Every write passes the gate."""

    codes: Codes
    passing: frozenset[int] = frozenset()
    """The errors of a container that need not come again."""
    not_ready: frozenset[int] = frozenset()
    """The codes with which publishing is refused as too early."""
    _transport: Transport

    @abstractmethod
    def _make(
        self, account: Account, publication: Publication, file: MediaFile | None, url: str, gate: Gate, *, part: bool
    ) -> Answer:
        """A container of this file, which stands at `url`, or of words alone. part: of a carousel."""

    @abstractmethod
    def _join(self, account: Account, publication: Publication, parts: Sequence[str], gate: Gate) -> Answer:
        """A carousel of containers."""

    @abstractmethod
    def _state(self, account: Account, container: str) -> State:
        """Raises a NetworkError; Gone."""

    @abstractmethod
    def _release(self, account: Account, container: str, gate: Gate) -> Answer:
        """Publishes a container."""

    @abstractmethod
    def _url_of(self, account: Account, remote_id: str) -> str | None:
        """Where people see what was published. Raises a NetworkError."""

    # ------------------------------------------------------------ publishing

    def _two_steps(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.ticket is None:
            return self._begin(account, publication, gate, times=1)
        ticket = Ticket.read(publication.ticket)
        if ticket is None:  # none of ours: what it stands for may have been published
            return OutcomeUnknown("ticket_unreadable")
        try:
            states = [self._state(account, each) for each in ticket.containers]
        except Gone:  # which says nothing of whether it was published before it went
            return OutcomeUnknown("container_gone")
        said = {state.status for state in states}
        if "PUBLISHED" in said:
            return OutcomeUnknown("published_before")
        failed = next((state for state in states if state.status == "ERROR"), None)
        if failed is not None:
            if failed.subcode in self.passing and ticket.times < TIMES_MAX:
                return self._begin(account, publication, gate, times=ticket.times + 1)
            return Rejected("media_refused", _named(publication, states) or failed.words[:200])
        if "EXPIRED" in said:
            return self._begin(account, publication, gate, times=ticket.times)
        if said != {"FINISHED"}:
            return Pending(ticket.written(), _LOOK_AGAIN, unfinished=ticket.parts)
        if ticket.parts:
            return self._put_together(account, publication, ticket, gate)
        return self._publish_container(account, ticket, gate)

    def _begin(self, account: Account, publication: Publication, gate: Gate, *, times: int) -> Outcome:
        files = publication.media
        urls = [_public_address(file) for file in files]
        if len(files) < 2:
            file = files[0] if files else None
            url = urls[0] if urls else ""
            made = self._made(account, publication, file, url, gate, part=False)
            return Pending(Ticket((made,), False, times).written(), _patience(files))
        parts = tuple(
            self._made(account, publication, file, url, gate, part=True) for file, url in zip(files, urls, strict=True)
        )
        ticket = Ticket(parts, True, times)
        if any(file.is_video for file in files):
            return Pending(ticket.written(), _VIDEO_READY, unfinished=True)
        try:
            ready = all(self._state(account, each).status == "FINISHED" for each in parts)
        except NetworkError:
            ready = False  # only a look; the next attempt looks again
        if not ready:
            return Pending(ticket.written(), _READY_SOON, unfinished=True)
        return self._put_together(account, publication, ticket, gate)

    def _made(
        self, account: Account, publication: Publication, file: MediaFile | None, url: str, gate: Gate, *, part: bool
    ) -> str:
        def write() -> Answer:
            return self._make(account, publication, file, url, gate, part=part)

        answer = uploaded(file, write) if file is not None else _unseen(write)
        return self._container(answer, account, publication, file)

    def _container(self, answer: Answer, account: Account, publication: Publication, file: MediaFile | None) -> str:
        if answer.status != 200 or failure_of(answer) is not None:
            outcome = refusal(
                answer, account, self.codes, file=file, unseen=True, reply=publication.reply_to is not None
            )
            raise Stop(outcome)
        made = answer.read_or_none(Made)
        if made is None or not _TICKET.fullmatch(f"whole.1.{made.id}"):
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename if file else ""))
        return made.id

    def _put_together(self, account: Account, publication: Publication, ticket: Ticket, gate: Gate) -> Outcome:
        answer = _unseen(lambda: self._join(account, publication, ticket.containers, gate))
        whole = self._container(answer, account, publication, None)
        return Pending(Ticket((whole,), False, ticket.times).written(), _patience(publication.media))

    def _publish_container(self, account: Account, ticket: Ticket, gate: Gate) -> Outcome:
        container = ticket.containers[0]
        answer = posted(lambda: self._release(account, container, gate))
        failure = failure_of(answer)
        if answer.status == 200 and failure is None:
            made = answer.read_or_none(Made)
            if made is None:
                return OutcomeUnknown("answer_unexpected")
            try:
                url = self._url_of(account, made.id)
            except NetworkError:
                url = None
            return Published(made.id, url, {"id": made.id, "container": container})
        if failure is not None and (failure.code in self.not_ready or failure.error_subcode in self.not_ready):
            return Pending(ticket.written(), _LOOK_AGAIN)
        outcome = refusal(answer, account, self.codes)
        return OutcomeUnknown(outcome.code, outcome.detail) if isinstance(outcome, Rejected) else outcome

    # ------------------------------------------------------------ looking

    def _settled(self, account: Account, publication: Publication, sightings: list[Sighting]) -> list[Sighting]:
        """The sightings, the one with the ticket's own id alone where there is one. Where the container says that it
        is published and nothing was seen, nothing is proven: raises Unavailable published_unseen."""
        ticket = Ticket.read(publication.ticket or "")
        if ticket is None or ticket.parts:
            return sightings
        for each in sightings:
            if each.remote_id == ticket.containers[0]:
                return [Sighting(each.remote_id, each.url, each.created_at, exact=True)]
        if not sightings:
            try:
                state = self._state(account, ticket.containers[0])
            except Gone:
                return []
            if state.status == "PUBLISHED":
                raise Unavailable("published_unseen")
        return sightings


def _public_address(file: MediaFile) -> str:
    """Raises Stop. A video is not read: it would not fit, and its address is one of these very bytes."""
    if not file.is_video:
        content_of(file)
    if file.address is None:
        raise Stop(Rejected("media_without_address", f"{file.filename} has no address that the network could fetch."))
    try:
        return file.address()
    except Exception:  # the store's own failures, of whatever kind; nothing has left yet
        raise Stop(RetryAfter(timedelta(seconds=10), "media_unreadable", file.filename)) from None


def _patience(files: Sequence[MediaFile]) -> timedelta:
    return _VIDEO_READY if any(file.is_video for file in files) else _READY_SOON


def _named(publication: Publication, states: Sequence[State]) -> str:
    """Names the files whose containers failed (trap 13), where there is one container a file."""
    if len(states) != len(publication.media):
        return ""
    named = [
        f"{file.filename}: {state.words[:200]}" if state.words else file.filename
        for file, state in zip(publication.media, states, strict=True)
        if state.status == "ERROR"
    ]
    return "; ".join(named)


def _unseen(write: Callable[[], Answer]) -> Answer:
    """Raises Stop where no answer came."""
    try:
        return past_the_gate(write)
    except (NotSent, NoAnswer) as failure:
        raise Stop(RetryAfter(RETRY_WAIT, failure.code)) from None
