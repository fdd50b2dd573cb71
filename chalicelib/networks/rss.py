"""RSS and Atom feeds, for brand keywords: what a newsroom, a blog, a public service publishes and our words are in.

A feed is connected by its address alone; nobody signs in. It takes no posts and no replies. `inbox` is not offered: a
newsroom's whole output would bury the citizens; a keyword says what of it matters (docs/decisions/0018).

| answer                                    | connecting, reading                                             |
|-------------------------------------------|-----------------------------------------------------------------|
| no answer, 408, 409, 5xx                  | Unavailable                                                     |
| 429, 503                                  | Unavailable, for as long as Retry-After says, else five minutes |
| 3xx with a place                          | followed, five times at most, if the transport would go there   |
| to http, a private address, an odd port   | https is tried; AddressRefused                                  |
| more than five                            | NotUnderstood redirect_loop                                     |
| 304                                       | nothing new                                                     |
| 200 that is no feed                       | NotUnderstood not_a_feed                                        |
| more than 2 MB                            | NotUnderstood feed_too_large                                    |
| a document type that declares entities    | NotUnderstood feed_declares_entities                            |
| 401                                       | CredentialsRefused feed_protected: a person must act            |
| 403 (also what a firewall says in passing)| NotPermitted feed_protected                                     |
| 404                                       | NotUnderstood feed_not_found                                    |
| 410                                       | CredentialsRefused feed_gone: it says so for good               |
| any other                                 | NotUnderstood                                                   |

Requests: one a minute and keyword at most, conditional (ETag, Last-Modified), and none while the feed says that its
last answer is fresh (Cache-Control max-age, five minutes at most).

Sources: RFC 9110 (13, 15), RFC 9111 5.2.2.1; 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from chalicelib.networks.checks import check_post
from chalicelib.networks.contract import (
    Account,
    AddressRefused,
    Batch,
    Capabilities,
    Citizen,
    Connected,
    CredentialsRefused,
    Gate,
    Inbound,
    Limits,
    MediaFile,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    Outcome,
    Problem,
    Publication,
    Rejected,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import graphemes
from chalicelib.networks.feed_document import Feed, Item, read_feed
from chalicelib.networks.inbound import NAME_MAX, URL_MAX, words
from chalicelib.networks.sought import sought
from chalicelib.networks.steps import raise_for_status, wait_from
from chalicelib.networks.transport import Answer, Transport, Visited, is_loopback

LIMITS = Limits(
    text_unit="graphemes",
    text_max=0,
    text_bytes_max=None,
    url_length=None,
    images_max=0,
    image_bytes_max=0,
    image_types=(),
    alt_max=None,
    source="a feed is only read",
)

_CAPABILITIES = Capabilities(
    network="rss",
    name="RSS",
    connect="address",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    absence_after=timedelta(0),  # nothing of ours is ever there
    reads=frozenset({"search"}),
    reads_a_minute=1,
    publishes=False,
    answers=False,
    notices=("only_read", "keywords_only"),
)

_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_HOPS = 5
_TOTAL_S = 20.0
"""For all hops together: an answer to a person must be there within the 29 s of API Gateway."""
_REFUSALS: dict[int, tuple[type[NetworkError], str]] = {
    401: (CredentialsRefused, "feed_protected"),
    403: (NotPermitted, "feed_protected"),
    404: (NotUnderstood, "feed_not_found"),
    410: (CredentialsRefused, "feed_gone"),
}
_BUSY = timedelta(minutes=5)
_FRESH_MAX = timedelta(minutes=5)
"""A crisis keyword must not wait for an hour because a feed is made anew only then."""
_SEEN_MAX = 2_000
_DIGEST = 6
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,300}")


@dataclass(frozen=True)
class _Place:
    """seen: digests of the hits that were told or passed over at the first reading, the newest last. etag, modified: of
    the answer that they are of, where all of its hits were told. until: it is fresh so long."""

    seen: tuple[bytes, ...] = ()
    etag: str = ""
    modified: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class _Fetched:
    """answer: of status 200 or 304. address: where every permanent redirect led."""

    answer: Answer = field(repr=False)
    address: str = field(repr=False)


class Rss:
    """Account secrets: address, whose query may hold a key. The remote id is the address with its query hashed."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, graphemes)

    # ------------------------------------------------------------ connecting

    def connect_address(self, *, address: str) -> Connected:
        """Raises AddressRefused, Unavailable, CredentialsRefused, NotPermitted, NotUnderstood as the table says."""
        fetched = self._fetch(self._address(address), {})
        feed = read_feed(fetched.answer.body, fetched.answer.headers.get("content-type", ""), fetched.address)
        parts = urlsplit(fetched.address)
        shown = f"{parts.netloc}{parts.path}".rstrip("/")
        return Connected(
            server=f"{parts.scheme}://{parts.netloc}",
            remote_id=_public(fetched.address),
            handle=shown,
            display_name=feed.title or shown,
            avatar_url=None,
            secrets={"address": fetched.address},
        )

    def refresh(self, account: Account) -> None:
        """There is nothing to renew."""
        return

    # ------------------------------------------------------------ publishing: never

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.reply_to is None:
            return Rejected("posts_not_supported", "A feed is only read.")
        return Rejected("replies_not_offered", "A feed is only read.")

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        return []

    # ------------------------------------------------------------ reading

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Entries with these words (see sought.py), each told once, and again when an Atom feed says it was updated.

        Without a cursor: the newest `limit`; what is older is passed over. Of more than 2,000 hits that stand in a feed
        at once, only the newest are looked at."""
        now = self._transport.now()
        place = _parse(cursor)
        if cursor is not None and place is not None and _fresh(place, now):
            return Batch((), cursor)
        address = account.secrets.get("address", "")
        answer = self._fetch(address, _conditions(place)).answer
        headers = answer.headers
        if answer.status == 304:
            return Batch((), _written(replace(place or _Place(), until=_until(headers, now))))
        # By the address as it is kept: relative ids become absolute by it, and must stay what they were.
        feed = read_feed(answer.body, headers.get("content-type", ""), address)
        hits = _hits(feed, words, account, _modified(headers) or now, now)
        known = set(place.seen) if place else set()
        unseen = [(digest, inbound) for digest, inbound in hits if digest not in known]
        told = unseen[-limit:] if place is None else unseen[:limit]
        more = place is not None and len(unseen) > limit
        passed = {digest for digest, _ in (unseen if place is None else told)}
        standing = tuple(digest for digest, _ in hits if digest in known or digest in passed)
        gone = tuple(each for each in (place.seen if place else ()) if each not in set(standing))
        after = _Place(seen=(*gone, *standing)[-_SEEN_MAX:])
        if not more:
            after = replace(
                after, etag=_kept(headers, "etag"), modified=_kept(headers, "last-modified"), until=_until(headers, now)
            )
        return Batch([inbound for _, inbound in told], _written(after), more)

    # ------------------------------------------------------------ fetching

    def _address(self, typed: str) -> str:
        """As people type and sites print it (feed:, no scheme, http), as an address of https."""
        text = typed.strip()
        scheme, colon, rest = text.partition(":")
        if colon and scheme.lower() == "feed":
            text = rest if rest.lower().startswith(("http:", "https:")) else f"https:{rest}"
        if "://" not in text:
            text = f"https://{text}"
        if len(text) > URL_MAX:
            raise AddressRefused("address_invalid")
        try:
            parts = urlsplit(text)
        except ValueError:
            raise AddressRefused("address_invalid") from None
        scheme = parts.scheme.lower()
        if scheme == "http" and not (self._transport.allow_loopback and is_loopback(text)):
            scheme = "https"
        origin = self._transport.origin(f"{scheme}://{parts.netloc}")
        return f"{origin}{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"

    def _fetch(self, address: str, conditions: Mapping[str, str]) -> _Fetched:
        """Raises as the table says."""
        visited = self._visit(address, {"Accept": _ACCEPT, **conditions})
        self._require_ok(visited.answer, conditional=bool(conditions))
        return _Fetched(visited.answer, self._address(visited.lasting))

    def _visit(self, address: str, headers: Mapping[str, str]) -> Visited:
        try:
            return self._transport.visit(address, headers=headers, total_timeout=_TOTAL_S, redirects=_HOPS)
        except Unavailable as error:
            if error.code != "answer_too_large":
                raise
        raise NotUnderstood("feed_too_large")

    def _require_ok(self, answer: Answer, *, conditional: bool) -> None:
        status, now = answer.status, self._transport.now()
        if status == 200 or (status == 304 and conditional):
            return
        if status in _REFUSALS:
            kind, code = _REFUSALS[status]
            raise kind(code)
        if status in (429, 503):
            code = "rate_limited" if status == 429 else "http_503"
            raise Unavailable(code, wait=wait_from(answer.headers, now, default=_BUSY))
        raise_for_status(answer, now)


# ---------------------------------------------------------------- entries as messages


def _hits(
    feed: Feed, sought_words: str, account: Account, undated: datetime, now: datetime
) -> list[tuple[bytes, Inbound]]:
    """With their digests, the oldest first. undated: what counts for an entry that does not say when it was written, in
    a feed that does not say when it changed."""
    wanted = sought(sought_words)
    found = []
    # Feeds put the newest first: where times do not decide, what stands lower is older.
    for item in reversed(feed.items):
        if wanted.found_in(f"{item.title}\n{item.text}"):
            inbound = _inbound(item, feed, account, min(item.published or feed.updated or undated, now))
            found.append((_digest(inbound), inbound))
    return sorted(found, key=lambda hit: hit[1].written_at)[-_SEEN_MAX:]


def _inbound(item: Item, feed: Feed, account: Account, written_at: datetime) -> Inbound:
    name = (item.author or feed.title or account.handle)[:NAME_MAX]
    return Inbound(
        remote_id=item.id,
        kind="keyword",
        # Nobody signs a feed's authors: the same name in the same feed is taken for the same person.
        author=Citizen(
            remote_id=f"{account.remote_id}#{hashlib.sha256(name.casefold().encode(errors='replace')).hexdigest()[:24]}",
            handle=urlsplit(feed.link or account.server).netloc,
            name=name,
            url=feed.link,
        ),
        text=words("\n\n".join(part for part in (item.title, item.text) if part)),
        written_at=written_at,
        url=item.link,
        language=feed.language,
        revision=item.updated.isoformat() if item.updated else "",
        native={"feed": feed.title} if feed.title else {},
    )


def _digest(inbound: Inbound) -> bytes:
    return hashlib.sha256(f"{inbound.remote_id}\n{inbound.revision}".encode(errors="replace")).digest()[:_DIGEST]


def _public(address: str) -> str:
    """The same for the same feed, without what may be a key to it."""
    before, _, query = address.partition("?")
    return f"{before}?{hashlib.sha256(query.encode()).hexdigest()[:16]}" if query else before


# ---------------------------------------------------------------- the cursor


def _conditions(place: _Place | None) -> dict[str, str]:
    if place is None:
        return {}
    named = {"If-None-Match": place.etag, "If-Modified-Since": place.modified}
    return {name: value for name, value in named.items() if value}


def _kept(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    return value if _VALIDATOR.fullmatch(value) else ""


def _modified(headers: Mapping[str, str]) -> datetime | None:
    try:
        at = parsedate_to_datetime(headers.get("last-modified", ""))
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    said = headers.get("cache-control", "")
    age = _MAX_AGE.search(said)
    if age is None or "no-cache" in said.lower() or "no-store" in said.lower():
        return None
    return now + min(timedelta(seconds=int(age[1])), _FRESH_MAX)


def _fresh(place: _Place, now: datetime) -> bool:
    """Also against a clock that was ahead when it was written."""
    return place.until is not None and now < place.until <= now + _FRESH_MAX


def _written(place: _Place) -> str:
    value = {"seen": base64.b64encode(b"".join(place.seen)).decode()}
    named = {"etag": place.etag, "modified": place.modified, "until": place.until.isoformat() if place.until else ""}
    return json.dumps(value | {name: each for name, each in named.items() if each}, separators=(",", ":"))


def _parse(cursor: str | None) -> _Place | None:
    """None also for a cursor that is none of ours: the reading begins anew."""
    if cursor is None:
        return None
    try:
        value = json.loads(cursor)
        seen = base64.b64decode(value["seen"], validate=True)
        etag, modified, until = value.get("etag", ""), value.get("modified", ""), value.get("until", "")
        if len(seen) % _DIGEST or not all(isinstance(each, str) for each in (etag, modified, until)):
            return None
        return _Place(
            seen=tuple(seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST)),
            etag=etag,
            modified=modified,
            until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
