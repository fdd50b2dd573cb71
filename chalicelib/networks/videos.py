"""A video, where a network takes it first and prepares it: handed over ahead, posted at its time.

Everything else of such a network leaves at the first attempt; a post with a video takes two or more:

| the ticket      | what the attempt does                                                                             |
|-----------------|---------------------------------------------------------------------------------------------------|
| none            | hands the video over: Pending, `held` where the network prepares it still, `ready` where it has it |
| held            | looks, and posts nothing, so that it may come before the time: prepared, it is Pending `ready`;   |
|                 |   not yet, Pending as it was; refused, Rejected; not known there any more, it is handed over anew |
| ready           | posts it                                                                                          |
| of another form | OutcomeUnknown ticket_unreadable: what it stands for may have been posted                         |

Nothing is posted with a ticket that is not `ready`, so that one which the network has lost can have been posted by
nobody. A video is handed over three times in all; then it is Rejected media_expired.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.networks.contract import MediaFile, Outcome, OutcomeUnknown, Pending, Publication, Rejected

TIMES_MAX = 3
# Together less than the publishing function may live (60 s), with time left for the post.
VIDEO_READ_TIMEOUT_S = 20.0
VIDEO_TOTAL_TIMEOUT_S = 40.0
_LOST_WAIT = timedelta(seconds=15)
_TICKET = re.compile(r"(held|ready)\.([0-9]{1,2})\.([0-9A-Za-z_:.-]{1,300})")


@dataclass(frozen=True)
class Held:
    """id: what the network calls the video that it has. look_in: it prepares it still; None once it is ready."""

    id: str
    look_in: timedelta | None = None


@dataclass(frozen=True)
class Ticket:
    """times: how often the video was handed over."""

    id: str
    ready: bool
    times: int = 1

    def written(self) -> str:
        return f"{'ready' if self.ready else 'held'}.{self.times}.{self.id}"

    @staticmethod
    def read(text: str) -> Ticket | None:
        found = _TICKET.fullmatch(text)
        return Ticket(found[3], found[1] == "ready", int(found[2])) if found else None


def is_id(text: str) -> bool:
    """Whether what a network calls a video can stand in a ticket."""
    return Ticket.read(Ticket(text, ready=True).written()) is not None


def in_two_steps(
    publication: Publication,
    file: MediaFile,
    *,
    hand_over: Callable[[], Held],
    look: Callable[[str], Held | None],
    post: Callable[[str], Outcome | None],
) -> Outcome:
    """look, post: None where the network does not have the video any more, and so has not posted it. All raise what
    steps.attempt knows."""

    def handed_over(times: int) -> Outcome:
        if times > TIMES_MAX:
            return Rejected("media_expired", f"{file.filename} was taken {TIMES_MAX} times, and lost each time.")
        return _pending(hand_over(), times, least=timedelta(0) if times == 1 else _LOST_WAIT)

    if publication.ticket is None:
        return handed_over(1)
    ticket = Ticket.read(publication.ticket)
    if ticket is None:
        return OutcomeUnknown("ticket_unreadable")
    if ticket.ready:
        return post(ticket.id) or handed_over(ticket.times + 1)
    held = look(ticket.id)
    return handed_over(ticket.times + 1) if held is None else _pending(held, ticket.times)


def _pending(held: Held, times: int, *, least: timedelta = timedelta(0)) -> Pending:
    waits = held.look_in is not None
    wait = max(held.look_in or timedelta(0), least)
    return Pending(Ticket(held.id, not waits, times).written(), wait, unfinished=waits)
