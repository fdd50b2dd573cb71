"""How X is spoken to: where it is, what names it gives things, and what its errors mean.

X describes a failure as a problem document (type, title, detail; RFC 9457), the specification also as {code, message},
and its rate limiter as {"errors": [{code, message}]}. What a failure is, is read from the status, the last part of the
type and the codes; never from words, but for one: the same text again has no type and no code of its own (`duplicate`).

The specification (2.167 of 2026-08-22) says post.fields, referenced_posts, repost_count where X's guides of the same
day still say tweet.fields, referenced_tweets, retweet_count. X refuses parameters that it does not know, so a reading
asks in the specification's words and, if that is refused as an invalid request, once in the guides'. Which was
understood is remembered; answers are read in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AliasChoices, Field

from chalicelib.networks.contract import (
    Account,
    CredentialsRefused,
    MediaFile,
    NotPermitted,
    NotUnderstood,
    Outcome,
    OutcomeUnknown,
    Reauthorise,
    Rejected,
    RetryAfter,
    Unavailable,
)
from chalicelib.networks.steps import RATE_LIMIT_WAIT, outcome_of_status, raise_for_status, vendor_words, wait_from
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

API = "https://api.x.com"

ACCESS_WAIT = timedelta(hours=1)
"""Our application may not do this, or its credits are used up: somebody has to do something at X's console."""

_TOKEN_CODES = {32, 89, 215}
_SUSPENDED_CODES = {64, 326}
_ACCESS_CODES = {261, 453}
_RATE_CODES = {88}
_DUPLICATE_CODES = {187}
_ACCESS_TYPES = {"client-forbidden", "unsupported-authentication", "client-disconnected"}


@dataclass(frozen=True)
class View:
    """What is asked of posts, in the specification's words and in the guides'."""

    specified: tuple[tuple[str, str], ...]
    guided: tuple[tuple[str, str], ...]


_AUTHORS = ("user.fields", "name,username,profile_image_url,public_metrics")
_FILES = ("media.fields", "alt_text,preview_image_url,type,url")

MESSAGES = View(
    (
        ("post.fields", "attachments,conversation_id,created_at,entities,lang,note_post"),
        ("expansions", "author_id,referenced_posts,attachments.media_keys"),
        _AUTHORS,
        _FILES,
    ),
    (
        (
            "tweet.fields",
            "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,"
            "referenced_tweets",
        ),
        ("expansions", "author_id,referenced_tweets.id,referenced_tweets.id.author_id,attachments.media_keys"),
        _AUTHORS,
        _FILES,
    ),
)
_EVENTS = "attachments,created_at,dm_conversation_id,entities,event_type,text"
PRIVATE = View(
    (("dm_event.fields", _EVENTS), ("expansions", "sender_id"), _AUTHORS),
    (("dm_event.fields", f"{_EVENTS},sender_id"), ("expansions", "sender_id"), _AUTHORS),
)
OWN = View(
    (("post.fields", "attachments,created_at,entities,note_post"), ("expansions", "referenced_posts")),
    (("tweet.fields", "attachments,created_at,entities,note_tweet,referenced_tweets"),),
)
FIGURES = View((("post.fields", "public_metrics"),), (("tweet.fields", "public_metrics"),))


class _Problem(Wire):
    type: object = None
    title: object = None
    detail: object = None
    code: object = None
    message: object = None
    error: object = None
    error_description: object = None
    errors: object = None


class Referenced(Wire):
    type: str = ""
    id: str = ""


class UrlShown(Wire):
    url: object = None
    expanded_url: object = None
    media_key: object = None


class Entities(Wire):
    urls: list[UrlShown] | None = None


class Attachments(Wire):
    media_keys: list[str] | None = None


class Post(Wire):
    id: str = Field(min_length=1)
    text: object = ""
    author_id: object = None
    created_at: object = None
    conversation_id: object = None
    lang: object = None
    entities: Entities | None = None
    attachments: Attachments | None = None
    references: list[Referenced] | None = Field(
        None, validation_alias=AliasChoices("referenced_posts", "referenced_tweets")
    )
    note: object = Field(None, validation_alias=AliasChoices("note_post", "note_tweet"))
    public_metrics: object = None
    edits: object = Field(None, validation_alias=AliasChoices("edit_history_post_ids", "edit_history_tweet_ids"))

    def answers(self) -> str | None:
        return next((each.id for each in self.references or [] if each.type == "replied_to" and each.id), None)

    def quotes(self) -> bool:
        return any(each.type == "quoted" for each in self.references or [])

    def whole_text(self) -> str:
        """HTML-escaped, as X gives it; of a long post not only its beginning."""
        note = self.note.get("text") if isinstance(self.note, dict) else None
        text = note if isinstance(note, str) else self.text
        return text if isinstance(text, str) else ""


class DmEvent(Wire):
    """A private message."""

    id: str = Field(min_length=1)
    event_type: object = None
    text: object = ""
    sender_id: object = None
    created_at: object = None
    dm_conversation_id: object = None
    entities: Entities | None = None


class User(Wire):
    id: str = Field(min_length=1)
    username: str = Field(min_length=1)
    name: object = None
    profile_image_url: object = None
    public_metrics: object = None


class Includes(Wire):
    users: list[object] = Field(default_factory=list)
    media: list[object] = Field(default_factory=list)
    posts: list[object] = Field(default_factory=list, validation_alias=AliasChoices("posts", "tweets"))


class Meta(Wire):
    next_token: str | None = None


class Posts(Wire):
    data: list[object] = Field(default_factory=list)
    includes: Includes = Field(default_factory=Includes)
    meta: Meta | None = None
    errors: list[object] = Field(default_factory=list)


class OnePost(Wire):
    data: Post | None = None
    includes: Includes = Field(default_factory=Includes)
    errors: list[object] = Field(default_factory=list)


class OneUser(Wire):
    data: User


class Named(Wire):
    id: str = Field(pattern=r"^[0-9]{1,19}$")


class Made(Wire):
    data: Named


@dataclass(frozen=True)
class Failure:
    """kind: the last part of the type, "" where it says nothing (about:blank). words: X's own, for a person."""

    status: int
    kind: str
    codes: frozenset[int]
    words: str

    @property
    def of_credentials(self) -> bool:
        return self.status == 401 or bool(self.codes & _TOKEN_CODES)

    @property
    def of_account(self) -> bool:
        return bool(self.codes & _SUSPENDED_CODES)

    @property
    def of_rate(self) -> bool:
        return self.status == 429 or bool(self.codes & _RATE_CODES) or self.kind == "rate-limit-exceeded"

    @property
    def of_access(self) -> str | None:
        """Our code, where it is our application that may not do this, or not any more this month."""
        if self.status == 402 or self.kind == "credits":
            return "credits_used_up"
        if self.kind == "usage-capped":
            return "usage_capped"
        return "access_tier" if self.kind in _ACCESS_TYPES or self.codes & _ACCESS_CODES else None

    @property
    def duplicate(self) -> bool:
        return bool(self.codes & _DUPLICATE_CODES) or (self.status == 403 and "duplicate" in self.words.lower())

    @property
    def gone(self) -> bool:
        return self.status in (404, 410) or self.kind == "resource-not-found"


def failure_of(answer: Answer) -> Failure:
    said = answer.read_or_none(_Problem) or _Problem()
    errors = [each for each in said.errors if isinstance(each, dict)] if isinstance(said.errors, list) else []
    codes = {code for code in (said.code, *(each.get("code") for each in errors)) if type(code) is int}
    kind = said.type if isinstance(said.type, str) else ""
    spoken = [said.detail, said.message, said.error_description, *(each.get("message") for each in errors), said.title]
    words = next((each for each in spoken if isinstance(each, str) and each), "")
    return Failure(answer.status, kind.rpartition("/")[2] if "/" in kind else "", frozenset(codes), words)


def require_ok(answer: Answer, now: datetime) -> None:
    """Judges what a call got that publishes nothing. Raises CredentialsRefused, NotPermitted, Unavailable,
    NotUnderstood (Gone: there is no such thing)."""
    if answer.status in (200, 201, 204):
        return
    failure = failure_of(answer)
    if failure.of_rate and answer.status != 429:
        raise Unavailable("rate_limited", wait=wait_from(answer.headers, now, default=RATE_LIMIT_WAIT))
    access = failure.of_access
    if access is not None:
        raise Unavailable(access, wait=ACCESS_WAIT)
    if failure.of_credentials:
        raise CredentialsRefused("credentials_refused")
    if failure.of_account:
        raise CredentialsRefused("forbidden")
    if answer.status == 403:
        raise NotPermitted("forbidden")
    if failure.gone:
        raise Gone("gone")
    raise_for_status(answer, now)


def refusal(
    answer: Answer, account: Account, now: datetime, *, file: MediaFile | None = None, reply: bool = False
) -> Outcome:
    """An answer other than success to a write; `file` when it was about that file."""
    failure = failure_of(answer)
    detail = vendor_words(failure.words, account.secrets.values())
    if file is not None:
        detail = f"{file.filename}: {detail}" if detail else file.filename
    access = failure.of_access
    if access is not None:
        return RetryAfter(ACCESS_WAIT, access, detail)
    if failure.of_credentials:
        return Reauthorise("credentials_refused", detail)
    if failure.of_account:
        return Reauthorise("forbidden", detail)
    if failure.of_rate:
        return RetryAfter(wait_from(answer.headers, now, default=RATE_LIMIT_WAIT), "rate_limited")
    if failure.gone and reply:
        return Rejected("reply_target_gone", detail)
    if failure.duplicate and file is None:
        return OutcomeUnknown("duplicate", detail)
    outcome = outcome_of_status(answer, now, filename=file.filename if file else None)
    if outcome is not None:
        return outcome
    if file is not None:
        return Rejected("media_too_large" if failure.status == 413 else "media_refused", detail)
    return Rejected("reply_not_permitted" if reply and failure.status == 403 else "content_refused", detail)


class Gone(NotUnderstood):
    """There is no such post, or this account may not see it."""


class Speaker:
    """Reads from X, in whichever of its two vocabularies it understands."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._guided = False

    def ask(self, account: Account, path: str, view: View, query: Sequence[tuple[str, str]] = ()) -> Answer:
        """Raises what require_ok raises."""
        guided = self._guided
        answer = self._get(account, path, [*query, *(view.guided if guided else view.specified)])
        if answer.status == 400:
            again = self._get(account, path, [*query, *(view.specified if guided else view.guided)])
            if again.status != 400:
                self._guided, answer = not guided, again
        require_ok(answer, self._transport.now())
        return answer

    def _get(self, account: Account, path: str, query: Sequence[tuple[str, str]]) -> Answer:
        return self._transport.get(f"{account.server}{path}", query=query, headers=headers_of(account))


def headers_of(account: Account) -> dict[str, str]:
    return bearer(account.secrets.get("access", ""))
