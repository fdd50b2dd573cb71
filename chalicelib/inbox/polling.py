"""Reading what reached a profile: some times a minute by a cursor, messages kept first, the cursor moved after.

A message on the poll queue asks for one reading. It may be lost (the next minute asks again), doubled or late (a lease
and the pace refuse it). A worker that dies between keeping and moving has the same messages told again, which changes
nothing. No temporary error disconnects a profile; credentials that do not stand even when renewed break it, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from chalicelib.entity import Entity, Moment, agency_key
from chalicelib.errors import ParvisError, Upstream
from chalicelib.inbox.above import read_later, reading
from chalicelib.inbox.ingesting import Taken, take_in
from chalicelib.inbox.keyword import Keyword
from chalicelib.networks.contract import (
    Account,
    Batch,
    CredentialsRefused,
    Network,
    NetworkError,
    NotUnderstood,
    ReadingNetwork,
    Unavailable,
)
from chalicelib.profiles.credentials import usable_account
from chalicelib.profiles.profile import Profile
from chalicelib.publishing.bookkeeping import Desk, break_profile
from chalicelib.store import Lost, Store
from chalicelib.team.people import AgencyListed

_LEASE = timedelta(seconds=70)
"""Longer than the poll function may live (60 s), so that a lease that ran out has no living owner."""
_PACE = timedelta(seconds=10)
"""What was read within it is not read again: of a queue that stood still, one message does the work of all."""
_PATIENCE = timedelta(seconds=25)
_LONGEST_WAIT = timedelta(minutes=15)
_NOT_UNDERSTOOD_FOR = timedelta(minutes=2)
_AT_ONCE = 50
_CONTEXT_TRIES = 5


class Ask(BaseModel):
    """One reading: of a profile's inbox; of a keyword's search; or, late, of what stands above a conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    v: Literal[1] = 1
    agency: str
    profile: str
    keyword: str | None = None
    conversation: str | None = None
    tries: int = 0


class PollQueue(Protocol):
    def send(self, asks: Sequence[tuple[Ask, int]]) -> int:
        """Hand over, each to become visible after so many seconds (at most 900); returns how many were taken.

        Never raises for those that were not: the next minute asks again.
        """


class Cursor(Entity):
    """How far a profile's inbox, or a keyword's search, was read. lease_until: somebody is reading. not_before: the
    network asked for patience. reason: the code of what went wrong last."""

    KIND: ClassVar[str] = "cursor"
    TABLE: ClassVar[str] = "state"

    agency: str
    profile: str
    keyword: str | None = None
    cursor: str | None = None
    lease_until: Moment | None = None
    not_before: Moment | None = None
    read_at: Moment | None = None
    reason: str | None = None

    @staticmethod
    def key_of(agency: str, profile: str, keyword: str | None) -> dict[str, str]:
        return {"pk": agency_key(agency, "POLL", profile), "sk": "INBOX" if keyword is None else f"KEYWORD#{keyword}"}

    def key(self) -> dict[str, str]:
        return self.key_of(self.agency, self.profile, self.keyword)


def listen(*, store: Store, queue: PollQueue, network_named: Callable[[str], Network]) -> int:
    """Ask for the coming minute's readings; returns how many were asked for."""
    asks: list[tuple[Ask, int]] = []
    for agency in store.query(AgencyListed, AgencyListed.PARTITION):
        profiles = {
            each.id: network_named(each.network).capabilities()
            for each in store.query(Profile, Profile.partition(agency.id))
            if each.status == "connected"
        }
        for profile, able in profiles.items():
            if "inbox" in able.reads:
                moments = range(0, 60, 60 // able.reads_a_minute)
                asks += [(Ask(agency=agency.id, profile=profile), after) for after in moments]
        keywords = store.query(Keyword, Keyword.partition(agency.id)) if profiles else ()
        searching = {profile for profile, able in profiles.items() if "search" in able.reads}
        for place, keyword in enumerate(each for each in keywords if each.profile in searching):
            asks.append((Ask(agency=agency.id, profile=keyword.profile, keyword=keyword.id), 5 + place * 7 % 50))
    queue.send(asks)
    return len(asks)


def poll(ask: Ask, *, desk: Desk, queue: PollQueue) -> str:
    """One reading; returns, for the log, what came of it."""
    profile = desk.store.get(Profile, Profile.key_of(ask.agency, ask.profile))
    if profile is None or profile.status == "broken":
        return "removed" if profile is None else "broken"
    if ask.conversation is not None:
        return _context(ask, desk, queue)
    network = reading(desk.network_named(profile.network), "inbox" if ask.keyword is None else "search")
    if network is None:
        return "not offered"
    words = None
    if ask.keyword is not None:
        keyword = desk.store.get(Keyword, Keyword.key_of(ask.agency, ask.keyword))
        if keyword is None or keyword.profile != profile.id:
            return "removed"
        words = keyword.words
    now = desk.clock.now()
    kept = desk.store.get(Cursor, Cursor.key_of(ask.agency, ask.profile, ask.keyword))
    if kept is not None and (refusal := _not_now(kept, now)) is not None:
        return refusal
    fresh = Cursor(agency=ask.agency, profile=ask.profile, keyword=ask.keyword)
    leased = kept.but(lease_until=now + _LEASE) if kept else fresh.model_copy(update={"lease_until": now + _LEASE})
    try:
        desk.store.save(leased)
        return _Reading(profile, network, words, leased, desk, queue).run()
    except Lost:
        return "lost"  # somebody else reads


def _not_now(kept: Cursor, now: datetime) -> str | None:
    if kept.lease_until is not None and now < kept.lease_until:
        return "leased"
    if kept.not_before is not None and now < kept.not_before:
        return "patient"
    if kept.read_at is not None and now < kept.read_at + _PACE:
        return "recent"
    return None


class _Reading:
    """From the lease to its end. mark: the cursor as it was last written."""

    def __init__(
        self,
        profile: Profile,
        network: ReadingNetwork,
        words: str | None,
        mark: Cursor,
        desk: Desk,
        queue: PollQueue,
    ) -> None:
        self._profile, self._network, self._words = profile, network, words
        self._mark, self._desk, self._queue = mark, desk, queue
        self._ours = tuple(self._own_accounts()) if words is not None else ()
        self._account: Account | None = None

    def run(self) -> str:
        """Raises Lost when somebody else took the reading over."""
        began, taken = self._desk.clock.now(), Taken()
        try:
            while True:
                batch = self._batch()
                kept = take_in(self._profile, batch.messages, desk=self._desk, ours=self._ours)
                self._ask_for_context(kept.missing)
                taken += kept
                more = batch.more and batch.cursor != self._mark.cursor
                over = self._desk.clock.now() - began > _PATIENCE
                self._move(batch.cursor, more=more, leave=over or not more)
                if not more:
                    return str(taken)
                if over:
                    self._queue.send([(self._ask(), 0)])
                    return f"{taken} more"
        except CredentialsRefused as error:
            self._leave(timedelta(0), error.code)
            break_profile(self._profile, error.code, self._desk)
            return "broken"
        except Unavailable as error:
            self._leave(error.wait, error.code)
            return error.code
        except NetworkError as error:
            self._leave(_NOT_UNDERSTOOD_FOR, error.code)
            return error.code
        except Upstream as error:  # what we depend on ourselves
            self._leave(timedelta(seconds=20), error.code)
            return error.code

    def _batch(self) -> Batch:
        """Raises NetworkError; credentials that are refused are renewed once, as for a delivery."""
        if self._account is None:
            self._account = self._usable(refused=False)
        try:
            return self._read(self._account)
        except CredentialsRefused:
            self._account = self._usable(refused=True)
            return self._read(self._account)

    def _read(self, account: Account) -> Batch:
        if self._words is None:
            return self._network.inbox(account, cursor=self._mark.cursor, limit=_AT_ONCE)
        return self._network.search(account, self._words, cursor=self._mark.cursor, limit=_AT_ONCE)

    def _usable(self, *, refused: bool) -> Account:
        desk = self._desk
        return usable_account(
            self._profile, network=self._network, store=desk.store, vault=desk.vault, clock=desk.clock, refused=refused
        )

    def _own_accounts(self) -> Iterator[str]:
        for each in self._desk.store.query(Profile, Profile.partition(self._profile.agency)):
            if each.network == self._profile.network:
                yield each.remote_id

    def _move(self, cursor: str | None, *, more: bool, leave: bool) -> None:
        now = self._desk.clock.now()
        self._save(
            cursor=cursor if cursor is not None else self._mark.cursor,
            lease_until=None if leave else now + _LEASE,
            read_at=self._mark.read_at if more else now,
            not_before=None,
            reason=None,
        )

    def _leave(self, wait: timedelta, reason: str) -> None:
        until = self._desk.clock.now() + min(wait, _LONGEST_WAIT)
        self._save(lease_until=None, not_before=until, reason=reason)

    def _save(self, **changes: object) -> None:
        self._mark = self._mark.but(**changes)
        self._desk.store.save(self._mark)

    def _ask(self, conversation: str | None = None) -> Ask:
        keyword = self._mark.keyword if conversation is None else None
        return Ask(agency=self._profile.agency, profile=self._profile.id, keyword=keyword, conversation=conversation)

    def _ask_for_context(self, conversations: Sequence[str]) -> None:
        ask_for_context(self._profile, conversations, self._queue)


def ask_for_context(profile: Profile, conversations: Sequence[str], queue: PollQueue) -> None:
    """Have what stands above these conversations read a little later, not all in one second."""
    queue.send(
        [
            (Ask(agency=profile.agency, profile=profile.id, conversation=each), min(900, 20 + 3 * place))
            for place, each in enumerate(conversations)
        ]
    )


def _context(ask: Ask, desk: Desk, queue: PollQueue) -> str:
    try:
        return read_later(ask.agency, ask.conversation or "", desk=desk)
    except (NetworkError, ParvisError) as error:
        wait = error.wait if isinstance(error, Unavailable) else timedelta(minutes=1)
        if ask.tries + 1 < _CONTEXT_TRIES and not isinstance(error, NotUnderstood):
            again = ask.model_copy(update={"tries": ask.tries + 1})
            queue.send([(again, min(900, int(wait.total_seconds()) * (ask.tries + 1)))])
        return error.code
