"""What Facebook, Instagram and Threads share: the errors of Meta's Graph, what they mean, and how long to wait.

Graph answers a failure as {"error": {code, error_subcode, message, is_transient}}, mostly under HTTP 400, so the code
decides and not the status. Which codes mean what is a network's own (`Codes`); what follows from it is the same:

| kind        | an upload, a container    | what is seen in public         | reading, connecting           |
|-------------|---------------------------|--------------------------------|-------------------------------|
| throttled   | RetryAfter                | RetryAfter rate_limited        | Unavailable rate_limited      |
| blocked     | RetryAfter                | RetryAfter temporarily_blocked | Unavailable                   |
| token       | Reauthorise               | Reauthorise                    | CredentialsRefused            |
| forbidden   | Reauthorise               | Reauthorise                    | CredentialsRefused            |
| duplicate   | RetryAfter                | OutcomeUnknown                 | Unavailable                   |
| temporary   | RetryAfter                | OutcomeUnknown                 | Unavailable                   |
| gone        | Rejected                  | Rejected; a reply:             | NotUnderstood (Gone)          |
|             |                           |   reply_target_gone            |                               |
| refused     | Rejected, names the file  | Rejected content_refused       | NotUnderstood                 |
| unknown     | RetryAfter                | OutcomeUnknown                 | Unavailable                   |

Sources: developers.facebook.com (graph-api/guides/error-handling, overview/rate-limiting), 2026-08.
"""

from __future__ import annotations

import contextlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    MediaFile,
    NotUnderstood,
    Outcome,
    OutcomeUnknown,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.matching import same_text
from chalicelib.networks.steps import RETRY_WAIT, WAIT_MAX, WRONG_SERVER_WAIT, vendor_words
from chalicelib.networks.transport import Answer
from chalicelib.networks.wire import Wire

GRAPH = "https://graph.facebook.com"
VERSION = "v25.0"
"""Of February 2026; Meta keeps a version for two years at least (graph-api/guides/versioning)."""

RATE_LIMIT_WAIT = timedelta(minutes=5)  # Meta counts over a rolling hour and does not always say when it ends
BLOCK_WAIT = timedelta(hours=1)

_NO_SUCH_THING = 33  # subcode of 100
_ALIAS_UNKNOWN = 803

Kind = Literal[
    "throttled", "blocked", "token", "forbidden", "duplicate", "temporary", "gone", "refused", "unknown"
]  # fmt: skip


# ---------------------------------------------------------------- what Graph answers


class Error(Wire):
    code: int = 0
    error_subcode: int | None = None
    message: str = ""
    error_user_msg: str | None = None
    is_transient: bool = False


class _Failure(Wire):
    error: Error


class Made(Wire):
    """What was created."""

    id: str = Field(min_length=1)


class Cursors(Wire):
    after: str | None = None


class Paging(Wire):
    cursors: Cursors = Field(default_factory=Cursors)
    next: str | None = None


class Gone(NotUnderstood):
    """There is no such post or comment, or this account may not see it."""


# ---------------------------------------------------------------- what it means


@dataclass(frozen=True)
class Codes:
    """subcodes: where a subcode means something else than its code."""

    throttled: frozenset[int]
    blocked: frozenset[int]
    token: frozenset[int]
    forbidden: frozenset[int]
    duplicate: frozenset[int]
    temporary: frozenset[int]
    refused: frozenset[int]
    subcodes: tuple[tuple[int, Kind], ...] = ()


META = Codes(
    throttled=frozenset({4, 17, 32, 341, 613, *range(80000, 80015)}),
    blocked=frozenset({368}),
    token=frozenset({102, 190, *range(458, 468)}),
    forbidden=frozenset({3, 10, *range(200, 300)}),
    duplicate=frozenset({506}),
    temporary=frozenset({1, 2}),
    refused=frozenset({100, 324, 1500, 1609005, 1366046, 36000, 36001}),
)


def failure_of(answer: Answer) -> Error | None:
    """Graph's own error, which some endpoints give under HTTP 200."""
    if answer.status == 200 and b'"error"' not in answer.body[:200]:
        return None
    said = answer.read_or_none(_Failure)
    return said.error if said else None


def kind_of(failure: Error, codes: Codes) -> Kind:
    code = failure.code
    for subcode, kind in codes.subcodes:
        if failure.error_subcode == subcode:
            return kind
    if code in codes.throttled:
        return "throttled"
    if code in codes.blocked:
        return "blocked"
    if code in codes.token:
        return "token"
    if code in codes.forbidden:
        return "forbidden"
    if code in codes.duplicate:
        return "duplicate"
    if code in codes.temporary or failure.is_transient:
        return "temporary"
    if (code == 100 and failure.error_subcode == _NO_SUCH_THING) or code == _ALIAS_UNKNOWN:
        return "gone"
    return "refused" if code in codes.refused else "unknown"


def refusal(
    answer: Answer, account: Account, codes: Codes, *, file: MediaFile | None = None, unseen: bool = False,
    reply: bool = False,
) -> Outcome:  # fmt: skip
    """An answer other than success to a write; `file` when it was about that file. unseen: nobody sees what may have
    come of it, so that it may simply be done again (as with every file)."""
    unseen = unseen or file is not None
    failure = failure_of(answer)
    name = file.filename if file else ""
    if failure is None:
        return _refusal_without_words(answer, name, unseen=unseen)
    detail = vendor_words(failure.error_user_msg or failure.message, account.secrets.values())
    if file is not None:
        detail = f"{name}: {detail}" if detail else name
    kind = kind_of(failure, codes)
    match kind:
        case "throttled":
            return RetryAfter(_wait_by_usage(answer, RATE_LIMIT_WAIT), "rate_limited")
        case "blocked":
            return RetryAfter(_wait_by_usage(answer, BLOCK_WAIT), "temporarily_blocked", detail)
        case "token":
            return Reauthorise("credentials_refused", detail)
        case "forbidden":
            return Reauthorise("forbidden", detail)
        case "duplicate" if not unseen:
            return OutcomeUnknown("duplicate", detail)
    if kind in ("gone", "refused") and answer.status < 500:
        if file is not None:
            return Rejected("media_refused", detail)
        return Rejected("reply_target_gone" if reply and kind == "gone" else "content_refused", detail)
    code = f"error_{failure.code}"
    return RetryAfter(RETRY_WAIT, code, name) if unseen else OutcomeUnknown(code)


def _refusal_without_words(answer: Answer, name: str, *, unseen: bool) -> Outcome:
    """No Graph error in it: a proxy's page, a load balancer's status."""
    status = answer.status
    if status in (401, 403):
        return Reauthorise("credentials_refused" if status == 401 else "forbidden")
    if status == 429:
        return RetryAfter(_wait_by_usage(answer, RATE_LIMIT_WAIT), "rate_limited")
    if status in (404, 405):
        return RetryAfter(WRONG_SERVER_WAIT, "server_not_understood")
    if 300 <= status < 400:
        return RetryAfter(WRONG_SERVER_WAIT, "redirect_refused")
    code = f"http_{status}"
    return RetryAfter(RETRY_WAIT, code, name) if unseen else OutcomeUnknown(code)


def require_ok(answer: Answer, codes: Codes) -> None:
    """Judges what a call that publishes nothing got. Raises Gone, CredentialsRefused, Unavailable, NotUnderstood."""
    failure, status = failure_of(answer), answer.status
    if failure is None:
        if status == 200:
            return
        if status in (401, 403):
            raise CredentialsRefused("credentials_refused" if status == 401 else "forbidden")
        if status == 429:
            raise Unavailable("rate_limited", wait=_wait_by_usage(answer, RATE_LIMIT_WAIT))
        if status in (404, 405) or status < 400:
            raise NotUnderstood(f"http_{status}")
        raise Unavailable(f"http_{status}")
    match kind_of(failure, codes):
        case "throttled":
            raise Unavailable("rate_limited", wait=_wait_by_usage(answer, RATE_LIMIT_WAIT))
        case "blocked":
            raise Unavailable("temporarily_blocked", wait=_wait_by_usage(answer, BLOCK_WAIT))
        case "token":
            raise CredentialsRefused("credentials_refused")
        case "forbidden":
            raise CredentialsRefused("forbidden")
        case "gone":
            raise Gone("gone")
        case "refused":
            raise NotUnderstood(f"error_{failure.code}")
    raise Unavailable(f"error_{failure.code}")


def _wait_by_usage(answer: Answer, default: timedelta) -> timedelta:
    """X-Business-Use-Case-Usage and X-App-Usage say in minutes when access comes back, where they say it."""
    minutes: list[float] = []
    for name in ("x-business-use-case-usage", "x-app-usage"):
        with contextlib.suppress(ValueError, RecursionError):
            said = json.loads(answer.headers.get(name, "{}")[:10_000])
            cases = said.values() if isinstance(said, dict) else ()
            for row in [said, *(row for rows in cases if isinstance(rows, list) for row in rows)]:
                estimate = row.get("estimated_time_to_regain_access") if isinstance(row, dict) else None
                if isinstance(estimate, int | float) and not isinstance(estimate, bool) and estimate > 0:
                    minutes.append(min(float(estimate), 100_000))
    wait = timedelta(minutes=max(minutes)) if minutes else default
    return min(wait, WAIT_MAX)


# ---------------------------------------------------------------- addresses, words, clocks


def node_address(origin: str, version: str, *parts: str) -> str:
    return "/".join((origin, version, *(quote(part, safe="") for part in parts)))


def same_words(ours: str, theirs: str) -> bool:
    return same_text(unicodedata.normalize("NFC", ours), unicodedata.normalize("NFC", theirs))


def in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
