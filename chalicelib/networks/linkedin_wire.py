"""How LinkedIn is spoken to: addresses, headers, and what its errors mean.

In Rest.li 2.0 brackets and commas of a query have a meaning, so the values between them are encoded and they are not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pydantic import Field

from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    NotPermitted,
    NotUnderstood,
    Unavailable,
)
from chalicelib.networks.steps import RATE_LIMIT_WAIT, WAIT_MAX, wait_from
from chalicelib.networks.transport import Answer
from chalicelib.networks.wire import Wire, bearer

VERSION = "202607"
"""LinkedIn keeps a version for a year at least (marketing/versioning), then answers 426: to be raised every year."""

# serviceErrorCode of a 401 (shared/api-guide/concepts/error-handling; the code's name beside it in the same answer).
TOKEN_INVALID, TOKEN_REVOKED, TOKEN_EXPIRED, TOKEN_MISSING = 65600, 65601, 65602, 65604
TOKEN_CODES = {TOKEN_INVALID, TOKEN_REVOKED, TOKEN_EXPIRED, TOKEN_MISSING}
TOKEN_NAMES = {"INVALID_ACCESS_TOKEN", "REVOKED_ACCESS_TOKEN", "EXPIRED_ACCESS_TOKEN", "EMPTY_ACCESS_TOKEN"}

_DUPLICATE = "DUPLICATE_POST"
_DUPLICATE_OF = re.compile(r"duplicate of urn:li:(?:share|ugcPost):\d+", re.IGNORECASE)


class InputError(Wire):
    code: str = ""


class ErrorDetails(Wire):
    input_errors: list[InputError] = Field(default_factory=list, alias="inputErrors")


class Failure(Wire):
    status: int = 0
    service_error_code: int = Field(0, alias="serviceErrorCode")
    code: str = ""
    message: str = ""
    error_details: ErrorDetails | None = Field(None, alias="errorDetails")

    @property
    def codes(self) -> set[str]:
        """The name of the error and of each field that is wrong."""
        details = self.error_details.input_errors if self.error_details else []
        return {self.code, *(each.code for each in details)} - {""}

    @property
    def is_of_token(self) -> bool:
        return self.service_error_code in TOKEN_CODES or self.code in TOKEN_NAMES

    @property
    def is_duplicate(self) -> bool:
        """LinkedIn has named it by a code, and by the message alone."""
        return _DUPLICATE in self.codes or bool(_DUPLICATE_OF.search(self.message))


class Gone(NotUnderstood):
    """There is no such post or comment."""


def address(origin: str, *parts: str, **query: str) -> str:
    """query: as it must stand, values encoded already."""
    path = "/".join((origin, "rest", *(quote(part, safe="") for part in parts)))
    return f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else path


def listed(values: Sequence[str]) -> str:
    return f"List({','.join(quote(value, safe='') for value in values)})"


def headers(account: Account, method: str = "") -> dict[str, str]:
    return headers_of(account.secrets.get("access", ""), method)


def headers_of(access: str, method: str = "") -> dict[str, str]:
    """method: of Rest.li, where the address does not say it."""
    found = {**bearer(access), "LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}
    return {**found, "X-RestLi-Method": method} if method else found


def failure_of(answer: Answer) -> Failure:
    return answer.read_or_none(Failure) or Failure()


def rate_limit_wait(answer: Answer, now: datetime, *, comment: bool = False) -> timedelta:
    """LinkedIn counts by the day, which ends at midnight UTC (shared/api-guide/concepts/rate-limits), names no header,
    and says only in words that comments are also counted by the minute."""
    if "retry-after" in answer.headers:
        return wait_from(answer.headers, now, default=RATE_LIMIT_WAIT)
    if comment and "comment create" in failure_of(answer).message.lower():
        return RATE_LIMIT_WAIT
    midnight = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return min(max(midnight - now, timedelta(minutes=1)), WAIT_MAX)


def require_ok(answer: Answer, now: datetime, *statuses: int) -> None:
    """Judges what a call that publishes nothing got. Raises Gone, CredentialsRefused, NotPermitted, Unavailable,
    NotUnderstood."""
    status, failure = answer.status, failure_of(answer) if answer.status >= 400 else Failure()
    if status in (statuses or (200,)):
        return
    if status == 401 or failure.is_of_token:
        raise CredentialsRefused("credentials_refused")
    if status == 403:
        raise NotPermitted("forbidden")
    if status in (404, 410):
        raise Gone("gone")
    if status == 426:
        raise NotUnderstood("version_retired")
    if status == 429:
        raise Unavailable("rate_limited", wait=rate_limit_wait(answer, now))
    if status in (408, 409) or (status >= 500 and status != 501):
        raise Unavailable(f"http_{status}")
    raise NotUnderstood(f"http_{status}")


def moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
