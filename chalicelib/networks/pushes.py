"""What networks send us by themselves: whether it is theirs, and what it says. Pure, and light to import.

Meta (developers.facebook.com, graph-api/webhooks/getting-started, 2026-08): the address is proven by giving back a
challenge to who knows the verify token; each push is signed with the application's secret over its raw body, and one
that was not answered with 200 comes again for 36 hours. X (docs.x.com, webhooks, 2026-08): the address is proven by
signing a challenge (CRC), once a day; each push is signed in the same way. LinkedIn (learn.microsoft.com,
linkedin/shared/api-guide/webhook-validation, 2026-08): the address is proven by signing a challenge, every two hours;
each push is signed over "hmacsha256=" and its raw body, and one that was not answered with 2xx comes again for eight
hours (marketing/.../organization-social-action-notifications).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, ValidationError

from chalicelib.networks.contract import Citizen, Inbound, InboundMedia, NotUnderstood, Pushed
from chalicelib.networks.wire import Wire

CALLERS = ("facebook", "x", "linkedin")
"""Who may call. X is let in so that its checks pass; nothing it says is kept (docs/networks.md)."""

_SECRET = {"facebook": "app_secret", "x": "consumer_secret", "linkedin": "client_secret"}
_HEADER = {"facebook": "x-hub-signature-256", "x": "x-twitter-webhooks-signature", "linkedin": "x-li-signature"}
_LINKEDIN_PREFIX = "hmacsha256="
_CHALLENGE_MAX = 1000


@dataclass(frozen=True)
class Proof:
    """What proves to a network that this address is ours."""

    body: str
    content_type: str


def revision_of(text: str) -> str:
    """The same for the same words, however they reached us."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# ---------------------------------------------------------------- whose it is


def verify_subscription(network: str, secrets: Mapping[str, str], query: Mapping[str, str]) -> Proof | None:
    """The answer to a network that asks whether this address is ours; None where it does not know what it must.

    secrets: `app_secret` and `verify_token` of Facebook, `consumer_secret` of X, `client_secret` of LinkedIn.
    """
    if network == "linkedin":
        code, secret = query.get("challengeCode", ""), secrets.get("client_secret", "")
        if not code or not secret or len(code) > _CHALLENGE_MAX:
            return None
        response = hmac.digest(secret.encode(), code.encode("utf-8", "surrogatepass"), "sha256").hex()
        return Proof(json.dumps({"challengeCode": code, "challengeResponse": response}), "application/json")
    if network == "x":
        token, secret = query.get("crc_token", ""), secrets.get("consumer_secret", "")
        if not token or not secret or len(token) > _CHALLENGE_MAX:
            return None
        digest = base64.b64encode(hmac.digest(secret.encode(), token.encode(), "sha256")).decode()
        return Proof(json.dumps({"response_token": f"sha256={digest}"}), "application/json")
    expected, given = secrets.get("verify_token", ""), query.get("hub.verify_token", "")
    challenge = query.get("hub.challenge", "")
    known = hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
    if not expected or not known or query.get("hub.mode") != "subscribe":
        return None
    # Meta's challenges are numbers; what is given back must not be able to be a page of somebody else's making.
    if not challenge or len(challenge) > _CHALLENGE_MAX or not challenge.isascii() or not challenge.isalnum():
        return None
    return Proof(challenge, "text/plain; charset=utf-8")


def verify_signature(network: str, secrets: Mapping[str, str], headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether the network that shares this secret with us signed these very bytes. headers: names in lower case."""
    secret = secrets.get(_SECRET[network], "")
    if network == "linkedin":
        given = headers.get(_HEADER[network], "").strip().removeprefix(_LINKEDIN_PREFIX).lower()
        expected = hmac.digest(secret.encode(), _LINKEDIN_PREFIX.encode() + raw, "sha256").hex()
        return bool(secret) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
    scheme, _, given = headers.get(_HEADER[network], "").strip().partition("=")
    if not secret or scheme != "sha256":
        return False
    try:
        signature = base64.b64decode(given, validate=True) if network == "x" else bytes.fromhex(given)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(secret.encode(), raw, "sha256"), signature)


# ---------------------------------------------------------------- what it says


class _Named(Wire):
    id: str = ""
    name: str = ""


class _PostShown(Wire):
    permalink_url: str | None = None


class _FeedChange(Wire):
    """The value of a change of the field "feed". A photo or a video of a comment comes as its address."""

    item: str = ""
    verb: str = ""
    author: _Named | None = Field(None, alias="from")
    message: str = ""
    post_id: str = ""
    comment_id: str = ""
    parent_id: str | None = None
    created_time: int = 0
    photo: str | None = None
    video: str | None = None
    post: _PostShown | None = None


class _Change(Wire):
    field: str
    value: object = None


class _Entry(Wire):
    id: str = Field(min_length=1)
    time: int
    changes: list[_Change] = Field(default_factory=list)


class _Page(Wire):
    object: Literal["page"]
    entry: list[_Entry]


@dataclass(frozen=True)
class Part:
    """What a push says of one account. at: when the network made it."""

    account_remote_id: str
    at: datetime
    entry: Mapping[str, object]


def parts(network: str, body: Mapping[str, object]) -> list[Part]:
    """One for each account; LinkedIn's one for each notification. Raises NotUnderstood."""
    if network == "linkedin":
        from chalicelib.networks import linkedin_pushes

        told, given = linkedin_pushes.read(body), body["notifications"]
        assert isinstance(given, list)
        pairs = zip(told.notifications, given, strict=True)
        return [Part(each.organisation, linkedin_pushes.at_of(each), entry) for each, entry in pairs]
    if network != "facebook":
        raise NotUnderstood("no_connector")
    page, entries = _read(body), body["entry"]
    assert isinstance(entries, list)
    return [Part(entry.id, _moment(entry.time), given) for entry, given in zip(page.entry, entries, strict=True)]


def whole(body: Mapping[str, object], entries: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The push with only these entries."""
    if "notifications" in body:
        return {**body, "notifications": list(entries)}
    return {**body, "entry": list(entries)}


def by_change(entry: Mapping[str, object]) -> list[dict[str, object]]:
    """An entry with one change each, where it holds too many for one message."""
    if "notificationId" in entry:
        return [dict(entry)]
    changes = entry.get("changes")
    return [{**entry, "changes": [change]} for change in changes] if isinstance(changes, list) else []


def parse_push(network: str, body: Mapping[str, object] | str | bytes) -> list[Pushed]:
    """The messages of a push whose signature was checked, in its order. Raises NotUnderstood.

    What the account itself wrote is left out, and what is no message: reactions, removals, hidden comments. An edited
    message comes with the same remote id and another revision.
    """
    if network not in ("facebook", "linkedin"):
        raise NotUnderstood("no_connector")
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            raise NotUnderstood("push_not_json") from None
    if network == "linkedin":
        from chalicelib.networks import linkedin_pushes

        told = linkedin_pushes.read(body).notifications
        return [Pushed(each.organisation, inbound) for each in told for inbound in linkedin_pushes.messages_of(each)]
    return [
        Pushed(entry.id, inbound)
        for entry in _read(body).entry
        for change in entry.changes
        if change.field == "feed"
        for inbound in _of_feed(entry, change.value)
    ]


_WRITTEN = {"add", "edit", "edited"}  # Meta says both of an edited comment
_POSTED = {"post", "status", "photo", "video", "share"}


def _read(body: object) -> _Page:
    try:
        return _Page.model_validate(body)
    except ValidationError:
        pass
    raise NotUnderstood("push_unexpected")


def _of_feed(entry: _Entry, value: object) -> Iterator[Inbound]:
    try:
        change = _FeedChange.model_validate(value)
    except ValidationError:
        return  # a kind of change that is newer than this
    author = change.author or _Named()
    if change.verb not in _WRITTEN or author.id == entry.id:
        return
    comment = change.item == "comment" and bool(change.comment_id)
    if not comment and (change.item not in _POSTED or not change.post_id):
        return
    remote_id = change.comment_id if comment else change.post_id
    shown = change.post.permalink_url if change.post else None
    media = [InboundMedia(kind, url) for kind, url in (("image", change.photo), ("video", change.video)) if url]
    yield Inbound(
        remote_id=remote_id,
        kind="comment" if comment else "mention",
        author=Citizen(author.id, author.name, author.name),
        text=change.message,
        written_at=_moment(change.created_time or entry.time),
        url=shown or f"https://www.facebook.com/{remote_id}",
        parent=(change.parent_id or change.post_id or None) if comment else None,
        root=(change.post_id or None) if comment else None,
        media=tuple(media),
        revision=revision_of(change.message),
    )


def _moment(epoch: int) -> datetime:
    """Seconds, or milliseconds where Meta gives those. A number that is no time is the beginning of time."""
    try:
        return datetime.fromtimestamp(epoch / 1000 if epoch > 100_000_000_000 else epoch, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
