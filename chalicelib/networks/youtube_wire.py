"""How YouTube's Data API is spoken to, and what its errors mean to a call that publishes nothing.

A failure is {"error": {"code", "message", "errors": [{"domain", "reason"}], "status"}}; the reason decides. Sources:
developers.google.com/youtube/v3/docs/errors and the reference of each method, determine_quota_cost, 2026-08.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.networks.contract import CredentialsRefused, NotPermitted, NotUnderstood, Unavailable
from chalicelib.networks.steps import RATE_LIMIT_WAIT, WAIT_MAX, wait_from
from chalicelib.networks.transport import Answer
from chalicelib.networks.wire import Wire

API = "https://youtube.googleapis.com"
WATCH = "https://www.youtube.com"

QUOTA = {"quotaExceeded", "dailyLimitExceeded"}
"""The project's units of the day are spent: 10,000 unless Google grants more; a list costs 1, a write 50."""
HURRIED = {"rateLimitExceeded", "userRateLimitExceeded"}
TOKEN = {"authError", "required", "expired", "invalidCredentials"}
SCOPE = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
ACCOUNT = {
    "accountClosed",
    "accountDelegationForbidden",
    "accountSuspended",
    "accountTerminated",
    "authenticatedUserAccountClosed",
    "authenticatedUserAccountSuspended",
    "authenticatedUserNotChannel",
    "channelClosed",
    "channelSuspended",
    "ineligibleAccount",
}
GONE = {
    "channelNotFound",
    "commentNotFound",
    "commentThreadNotFound",
    "notFound",
    "parentCommentNotFound",
    "videoNotFound",
}
TRANSIENT = {"backendError", "internalError", "processingFailure", "serviceUnavailable"}

_PACIFIC = ZoneInfo("America/Los_Angeles")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")


class Detail(Wire):
    reason: str = ""
    domain: str = ""


class Said(Wire):
    code: int = 0
    message: str = ""
    status: str = ""
    errors: list[Detail] = Field(default_factory=list)


class Failure(Wire):
    error: Said

    @property
    def reasons(self) -> set[str]:
        return {each.reason for each in self.error.errors} - {""}


class Gone(NotUnderstood):
    """There is no such comment, video or channel, or this channel may not see it."""


def failure_of(answer: Answer) -> Failure | None:
    return answer.read_or_none(Failure) if answer.status >= 400 else None


def is_video(remote_id: str) -> bool:
    return _VIDEO.fullmatch(remote_id) is not None


def top_of(comment: str) -> str:
    """The comment that a thread begins with: an answer's id is the first one's, a full stop, and its own."""
    return comment.partition(".")[0]


def public_url(server: str, video: str | None, comment: str) -> str:
    site = WATCH if server == API else server
    return f"{site}/watch?v={video}&lc={comment}" if video else f"{site}/comment?lc={comment}"


def rate_limit_wait(answer: Answer, now: datetime, reasons: set[str]) -> timedelta:
    """The day of the quota ends at midnight in California."""
    if reasons & QUOTA:
        there = now.astimezone(_PACIFIC)
        midnight = datetime.combine(there.date() + timedelta(days=1), time(), _PACIFIC)
        # Two times of one zone are compared by their clocks; a day of changing clocks has 23 or 25 hours.
        return min(max(midnight.astimezone(now.tzinfo) - now, timedelta(minutes=1)), timedelta(hours=25))
    return min(wait_from(answer.headers, now, default=RATE_LIMIT_WAIT), WAIT_MAX)


def require_ok(answer: Answer, now: datetime, *statuses: int) -> None:
    """Judges what a call that publishes nothing got. Raises Gone, CredentialsRefused, NotPermitted, Unavailable,
    NotUnderstood."""
    status, failure = answer.status, failure_of(answer)
    if status in (statuses or (200,)):
        return
    reasons = failure.reasons if failure else set()
    if reasons & (QUOTA | HURRIED) or status == 429:
        raise Unavailable("rate_limited", wait=rate_limit_wait(answer, now, reasons))
    if status == 401 or reasons & TOKEN:
        raise CredentialsRefused("credentials_refused")
    if reasons & SCOPE:
        raise NotPermitted("scope_missing")
    if status == 403:
        raise NotPermitted("comments_disabled" if "commentsDisabled" in reasons else "forbidden")
    if reasons & GONE or (status in (404, 410) and failure is not None):
        raise Gone("gone")
    if reasons & TRANSIENT or status in (408, 409) or (status >= 500 and status != 501):
        raise Unavailable(next(iter(sorted(reasons)), f"http_{status}"))
    raise NotUnderstood(f"http_{status}")
