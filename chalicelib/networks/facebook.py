"""Facebook Pages, through Meta's Graph API, connected by a Page access token that a person brings.

No id is ours to choose and nothing makes a request idempotent, but Facebook refuses the same words twice in a row
(506). An unknown outcome is settled by reading the Page's own posts, by text, number of images and time (`find`).

Graph answers a failure as {"error": {code, error_subcode, message, is_transient}}, mostly under HTTP 400, so the code
decides and not the status. What it says, and what leaves here:

| answer                              | an image            | the post, the comment  | reading, connecting           |
|-------------------------------------|---------------------|------------------------|-------------------------------|
| nothing sent (name, TCP, TLS)       | RetryAfter          | RetryAfter             | Unavailable                   |
| sent, no complete answer            | RetryAfter          | OutcomeUnknown         | Unavailable                   |
| 200 that cannot be read             | RetryAfter          | OutcomeUnknown         | NotUnderstood                 |
| 4, 17, 32, 341, 613, 80000 to 80014 | RetryAfter          | rate_limited           | Unavailable                   |
| 368 (blocked for a while)           | RetryAfter          | temporarily_blocked    | Unavailable                   |
| 102, 190, 458 to 467                | Reauthorise         | credentials_refused    | CredentialsRefused            |
| 3, 10, 200 to 299                   | Reauthorise         | forbidden              | CredentialsRefused            |
| 506 (the same post again)           | -                   | OutcomeUnknown         | -                             |
| 1, 2, is_transient, any HTTP 5xx    | RetryAfter          | OutcomeUnknown         | Unavailable                   |
| 100 subcode 33, 803 (no such thing) | Rejected            | Rejected; a reply:     | NotUnderstood                 |
|                                     |                     |   reply_target_gone    |                               |
| 100, 324, 1500, 1609005 ...         | Rejected,           | Rejected               | NotUnderstood                 |
|                                     |   names the file    |   content_refused      |                               |
| a code that is not known here       | RetryAfter          | OutcomeUnknown         | Unavailable                   |
| no Graph error: 3xx                 | RetryAfter          | RetryAfter             | AddressRefused, NotUnderstood |
|   401, 403                          | Reauthorise         | Reauthorise            | CredentialsRefused            |
|   404, 405                          | RetryAfter          | server_not_understood  | NotUnderstood                 |
|   429                               | RetryAfter          | rate_limited           | Unavailable                   |
|   anything else                     | RetryAfter          | OutcomeUnknown         | Unavailable                   |

An upload whose outcome is unknown is RetryAfter: an unpublished photo is seen by nobody. 506 is not a refusal, for what
stands may be what an earlier attempt of ours made.

Sources: developers.facebook.com (graph-api/guides/error-handling, overview/rate-limiting, reference/page; pages-api),
2026-08; Meta's specification (facebook-business-sdk-codegen, api_specs), to which the tests hold every parameter.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, RootModel

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
    InboundMedia,
    Limits,
    MediaFile,
    NetworkError,
    NotUnderstood,
    Outcome,
    OutcomeUnknown,
    PostMetrics,
    Problem,
    ProfileMetrics,
    Publication,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import graphemes, links
from chalicelib.networks.matching import same_text
from chalicelib.networks.pushes import revision_of
from chalicelib.networks.steps import (
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    WAIT_MAX,
    WRONG_SERVER_WAIT,
    Stop,
    attempt,
    content_of,
    posted,
    upload_name,
    uploaded,
    vendor_words,
)
from chalicelib.networks.transport import Answer, Transport, is_loopback
from chalicelib.networks.wire import Wire, bearer

GRAPH = "https://graph.facebook.com"
VERSION = "v25.0"
"""Of February 2026; Meta keeps a version for two years at least (graph-api/guides/versioning)."""

PERMISSIONS = (
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
)
"""What publishing, answering, reading comments and the webhook need. read_insights is welcome and not needed."""

SUBSCRIBED = "feed"
"""The webhook field with comments and visitors' posts; private messages are not taken yet."""

LIMITS = Limits(
    text_unit="graphemes",
    text_max=63_206,
    text_bytes_max=None,
    url_length=None,
    images_max=10,
    image_bytes_max=4_000_000,
    image_types=("image/jpeg", "image/png"),
    alt_max=None,
    source=(
        "text: as commonly given, Meta's reference states none; images: kept below what Meta takes (10 MB, more "
        "types); Meta states no limit of a description; 2026-11"
    ),
)

_CAPABILITIES = Capabilities(
    network="facebook",
    name="Facebook",
    connect="page_token",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # We give up on a request after 25 s at most; Meta may work on it for a minute or more, and a Page's posts are read
    # from replicas whose delay Meta does not bound. Three minutes is twice what one instance is given (mastodon.py),
    # and leaves time for several attempts before a delivery is held as late.
    absence_after=timedelta(minutes=3),
    reads=frozenset({"inbox", "thread", "post_metrics", "profile_metrics"}),
    pushes=True,
    measures=frozenset({"likes", "shares", "replies", "impressions"}),
)

_RATE_LIMIT_WAIT = timedelta(minutes=5)  # Meta counts over a rolling hour and does not always say when it ends
_BLOCK_WAIT = timedelta(hours=1)
_PAGE = 100
_PAGES_MAX = 10
_POSTS_WATCHED = 25
_COMMENTS_FIRST = 25
_COMMENT_PAGES_MAX = 40
# created_time and the Date header are both cut to the second; without a Date header the server's clock is unknown.
_CLOCK_TOLERANCE = timedelta(seconds=2)
_CLOCK_TOLERANCE_UNKNOWN = timedelta(seconds=10)
# Comments come from replicas: one may appear a little after a younger one.
_OVERLAP = timedelta(seconds=30)

_THROTTLED = {4, 17, 32, 341, 613, *range(80000, 80015)}
_BLOCKED = 368
_TOKEN = {102, 190, *range(458, 468)}
_FORBIDDEN = {3, 10, *range(200, 300)}
_DUPLICATE = 506
_TEMPORARY = {1, 2}
_NO_SUCH_THING = 33  # subcode of 100
_ALIAS_UNKNOWN = 803
_REFUSED = {100, 324, 1500, 1609005, 1366046, 36000, 36001}

_POST_FIELDS = "id,message,created_time,from{id,name},permalink_url"
_COMMENT_FIELDS = "id,message,created_time,from{id,name},parent{id},permalink_url,attachment"
_OWN_POST_FIELDS = "id,message,created_time,permalink_url,attachments{media_type,subattachments.limit(20){media_type}}"

Model = TypeVar("Model", bound=BaseModel)


# ---------------------------------------------------------------- what the server answers


class _Error(Wire):
    code: int = 0
    error_subcode: int | None = None
    message: str = ""
    error_user_msg: str | None = None
    is_transient: bool = False


class _Failure(Wire):
    error: _Error


class _Posted(Wire):
    id: str = Field(min_length=1)


class _PictureData(Wire):
    url: str | None = None


class _Picture(Wire):
    data: _PictureData = Field(default_factory=_PictureData)


class _Page(Wire):
    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    username: str | None = None
    picture: _Picture | None = None
    followers_count: int | None = None
    fan_count: int | None = None


class _Inspected(Wire):
    """expires_at: epoch seconds; 0 where it never does."""

    expires_at: int = 0
    scopes: list[str] | None = None


class _TokenInspected(Wire):
    data: _Inspected


class _Named(Wire):
    id: str = ""
    name: str = ""


class _Cursors(Wire):
    after: str | None = None


class _Paging(Wire):
    cursors: _Cursors = Field(default_factory=_Cursors)
    next: str | None = None


class _Attached(Wire):
    media_type: str | None = None
    subattachments: _AttachedList | None = None


class _AttachedList(Wire):
    data: list[_Attached] = Field(default_factory=list)


class _Source(Wire):
    src: str | None = None


class _AttachedMedia(Wire):
    image: _Source | None = None


class _CommentAttachment(Wire):
    type: str | None = None
    media: _AttachedMedia | None = None


class _Written(Wire):
    """A post or a comment. from: absent where the Page may not know who wrote it."""

    id: str = Field(min_length=1)
    created_time: datetime
    message: str = ""
    author: _Named | None = Field(None, alias="from")
    parent: _Posted | None = None
    permalink_url: str | None = None
    attachments: _AttachedList | None = None
    attachment: _CommentAttachment | None = None
    comments: _WrittenList | None = None


class _WrittenList(Wire):
    data: list[_Written] = Field(default_factory=list)
    paging: _Paging = Field(default_factory=_Paging)


class _Answering(Wire):
    id: str
    parent: _Written | None = None


class _Summary(Wire):
    total_count: int | None = None


class _Summarised(Wire):
    summary: _Summary = Field(default_factory=_Summary)


class _Shares(Wire):
    count: int | None = None


class _Value(Wire):
    value: object = None


class _Insight(Wire):
    name: str
    values: list[_Value] = Field(default_factory=list)


class _Insights(Wire):
    data: list[_Insight] = Field(default_factory=list)


class _Measured(Wire):
    """A post's figures, or a comment's (like_count, comment_count). Where nobody shared a post there is no `shares`."""

    id: str
    reactions: _Summarised | None = None
    comments: _Summarised | None = None
    shares: _Shares | None = None
    like_count: int | None = None
    comment_count: int | None = None
    insights: _Insights | None = None


class _MeasuredById(RootModel[dict[str, _Measured]]):
    model_config = ConfigDict(defer_build=True)


class _Gone(NotUnderstood):
    """There is no such post or comment, or this Page may not see it."""


# ---------------------------------------------------------------- the network


class Facebook:
    """Account secrets: access, a Page access token. The remote id is the Page's id."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every Page."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, lambda words: self.length(words, limits))

    # ------------------------------------------------------------ connecting

    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
        """`identifier`: the Page's id or user name; `app_password`: a Page access token. The Page is subscribed to our
        webhook. `server`: empty, or Graph's own; another only on this machine, for practice.

        Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: credentials_refused, forbidden,
        page_token_required, token_of_another_page, permission_missing.
        """
        origin = self._origin(server)
        token = app_password.strip()
        page = self._own_page(origin, token)
        if identifier.strip().lower() not in {page.id, (page.username or page.id).lower()}:
            raise CredentialsRefused("token_of_another_page")
        inspected = self._inspected(origin, token)
        missing = [each for each in PERMISSIONS if inspected.scopes is not None and each not in inspected.scopes]
        if missing:
            raise CredentialsRefused("permission_missing", ", ".join(missing))
        subscribed = self._transport.post(
            self._address(origin, page.id, "subscribed_apps"),
            form=[("subscribed_fields", SUBSCRIBED)],
            headers=bearer(token),
        )
        self._require_ok(subscribed)
        return Connected(
            server=origin,
            remote_id=page.id,
            handle=page.username or page.id,
            display_name=page.name,
            avatar_url=page.picture.data.url if page.picture else None,
            secrets={"access": token},
            expires_at=datetime.fromtimestamp(inspected.expires_at, UTC) if inspected.expires_at > 0 else None,
        )

    def refresh(self, account: Account) -> None:
        """Nothing to renew: a Page token stands, or ends on its day and a person brings another."""
        return

    def _origin(self, server: str) -> str:
        """A Page's token is shown to Meta and to nobody else, whatever address somebody types."""
        origin = self._transport.origin(server) if server.strip() else GRAPH
        if origin != GRAPH and not (self._transport.allow_loopback and is_loopback(origin)):
            raise AddressRefused("address_not_of_network", f"Facebook is at {GRAPH}.")
        return origin

    def _own_page(self, origin: str, token: str) -> _Page:
        """`me` is whom the token speaks for: read by the Page's id, any other Page's token would do."""
        answer = self._transport.get(
            self._address(origin, "me"),
            query=[("fields", "id,name,username,link,picture,followers_count")],
            headers=bearer(token),
        )
        failure = _failure(answer)
        if failure is not None and failure.code == 100:  # a person has no user name of a Page
            raise CredentialsRefused("page_token_required")
        self._require_ok(answer)
        return answer.read(_Page)

    def _inspected(self, origin: str, token: str) -> _Inspected:
        """When the token ends and what it may do, where Meta tells it about itself; nothing depends on it."""
        try:
            answer = self._transport.get(
                self._address(origin, "debug_token"), query=[("input_token", token)], headers=bearer(token)
            )
        except NetworkError:
            return _Inspected()
        said = answer.read_or_none(_TokenInspected) if answer.status == 200 else None
        return said.data if said else _Inspected()

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.reply_to and len(publication.media) > 1:
            return Rejected("too_many_images", "A comment on Facebook takes one image.")
        photos = [self._upload(account, file, gate) for file in publication.media]
        return self._post(account, publication, photos, gate)

    def _upload(self, account: Account, file: MediaFile, gate: Gate) -> str:
        content = content_of(file)
        form = [("published", "false")]
        if file.alt:
            form.append(("alt_text_custom", file.alt))
        answer = uploaded(
            file,
            lambda: self._transport.write(
                self._address(account.server, account.remote_id, "photos"),
                gate,
                form=form,
                files={"source": (upload_name(file), content, file.content_type)},
                headers=bearer(account.secrets.get("access", "")),
                read_timeout=UPLOAD_READ_TIMEOUT_S,
                total_timeout=UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status != 200 or _failure(answer) is not None:
            raise Stop(self._refusal(answer, account, file=file))
        photo = answer.read_or_none(_Posted)
        if photo is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        return photo.id

    def _post(self, account: Account, publication: Publication, photos: Sequence[str], gate: Gate) -> Outcome:
        form = [("message", publication.text)] if publication.text else []
        if publication.reply_to:
            address = self._address(account.server, publication.reply_to, "comments")
            form += [("attachment_id", photo) for photo in photos]
        else:
            address = self._address(account.server, account.remote_id, "feed")
            link = next(links(publication.text), None)
            if photos:
                form.append(("attached_media", json.dumps([{"media_fbid": photo} for photo in photos])))
            elif link is not None:
                form.append(("link", link.url))  # otherwise Facebook shows no preview of it
        answer = posted(
            lambda: self._transport.write(address, gate, form=form, headers=bearer(account.secrets.get("access", "")))
        )
        if answer.status == 200 and _failure(answer) is None:
            post = answer.read_or_none(_Posted)
            if post is None:
                return OutcomeUnknown("answer_unexpected")
            return Published(post.id, _public_url(account.server, post.id), {"id": post.id})
        return self._refusal(answer, account, reply=publication.reply_to is not None)

    def _refusal(
        self, answer: Answer, account: Account, *, file: MediaFile | None = None, reply: bool = False
    ) -> Outcome:
        """An answer other than success to a write; `file` when it was about that file."""
        failure = _failure(answer)
        if failure is None:
            return self._refusal_without_words(answer, file)
        detail = vendor_words(failure.error_user_msg or failure.message, account.secrets.values())
        if file is not None:
            detail = f"{file.filename}: {detail}" if detail else file.filename
        code = failure.code
        if code in _THROTTLED:
            return RetryAfter(_wait_from(answer, _RATE_LIMIT_WAIT), "rate_limited")
        if code == _BLOCKED:
            return RetryAfter(_wait_from(answer, _BLOCK_WAIT), "temporarily_blocked", detail)
        if code in _TOKEN:
            return Reauthorise("credentials_refused", detail)
        if code in _FORBIDDEN:
            return Reauthorise("forbidden", detail)
        if code == _DUPLICATE and file is None:
            return OutcomeUnknown("duplicate", detail)
        known_refusal = (code in _REFUSED or code == _ALIAS_UNKNOWN) and answer.status < 500
        if code in _TEMPORARY or failure.is_transient or not known_refusal:
            name = f"error_{code}"
            return OutcomeUnknown(name) if file is None else RetryAfter(RETRY_WAIT, name, file.filename)
        if file is not None:
            return Rejected("media_refused", detail)
        return Rejected("reply_target_gone" if reply and _is_gone(failure) else "content_refused", detail)

    def _refusal_without_words(self, answer: Answer, file: MediaFile | None) -> Outcome:
        """No Graph error in it: a proxy's page, a load balancer's status."""
        status = answer.status
        if status in (401, 403):
            return Reauthorise("credentials_refused" if status == 401 else "forbidden")
        if status == 429:
            return RetryAfter(_wait_from(answer, _RATE_LIMIT_WAIT), "rate_limited")
        if status in (404, 405):
            return RetryAfter(WRONG_SERVER_WAIT, "server_not_understood")
        if 300 <= status < 400:
            return RetryAfter(WRONG_SERVER_WAIT, "redirect_refused")
        code = f"http_{status}"
        return OutcomeUnknown(code) if file is None else RetryAfter(RETRY_WAIT, code, file.filename)

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts (of a reply: own comments there) whose text, number of images and time agree; never exact.

        Times are compared on Meta's clock, whose distance from ours its Date header tells. Raises Unavailable
        history_too_long when `since` lies further back than 1,000 posts: an absence would then prove nothing.
        """
        sightings: dict[str, Sighting] = {}
        for address, query in self._where_it_would_stand(account, publication):
            for written, earliest in self._written_since(account, address, query, since):
                if written.created_time < earliest:
                    continue
                if publication.reply_to and (written.author is None or written.author.id != account.remote_id):
                    continue
                if _images_of(written) != len(publication.media) or not _same_words(publication.text, written.message):
                    continue
                url = written.permalink_url or _public_url(account.server, written.id)
                sightings[written.id] = Sighting(written.id, url, written.created_time, exact=False)
        return sorted(sightings.values(), key=lambda sighting: sighting.created_at)

    def _where_it_would_stand(
        self, account: Account, publication: Publication
    ) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        if not publication.reply_to:
            yield self._address(account.server, account.remote_id, "published_posts"), [("fields", _OWN_POST_FIELDS)]
            return
        query = [("fields", _COMMENT_FIELDS), ("filter", "stream"), ("order", "reverse_chronological")]
        yield self._address(account.server, publication.reply_to, "comments"), query
        if not publication.reply_to.startswith(f"{account.remote_id}_"):
            # Facebook files an answer to an answer beside it, under the comment that both belong to.
            with contextlib.suppress(_Gone):
                target = self._read(account, publication.reply_to, _Written, fields="id,created_time,parent{id}")
                if target.parent is not None:
                    yield self._address(account.server, target.parent.id, "comments"), query

    def _written_since(
        self, account: Account, address: str, query: Sequence[tuple[str, str]], since: datetime
    ) -> Iterator[tuple[_Written, datetime]]:
        """Newest first, each with what `since` was on Meta's clock; pages are turned as long as any is younger."""
        after = ""
        for _ in range(_PAGES_MAX):
            turned = [*query, ("limit", str(_PAGE)), *([("after", after)] if after else [])]
            answer = self._transport.get(address, query=turned, headers=bearer(account.secrets.get("access", "")))
            try:
                self._require_ok(answer)
            except _Gone:
                return  # what was answered is gone, and every answer with it
            page = answer.read(_WrittenList)
            earliest = self._earliest(answer, since)
            for written in page.data:
                yield _in_utc(written), earliest
            after = page.paging.cursors.after or ""
            if not page.paging.next or not after or all(_in_utc(each).created_time < earliest for each in page.data):
                return
        raise Unavailable("history_too_long")

    def _earliest(self, answer: Answer, since: datetime) -> datetime:
        try:
            server = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return since - _CLOCK_TOLERANCE_UNKNOWN
        server = server if server.tzinfo else server.replace(tzinfo=UTC)
        return since + (server - self._transport.now()) - _CLOCK_TOLERANCE

    # ------------------------------------------------------------ reading

    def inbox(self, account: Account, *, cursor: str | None, limit: int = 50) -> Batch:
        """Citizens' comments on the Page's 25 newest posts: the net below the webhook, which also brings those on older
        posts and what visitors post. Raises Unavailable history_too_long after 4,000 new comments on one post."""
        since, seen = _read_cursor(cursor)
        nested = f"comments.filter(stream).order(reverse_chronological).limit({_COMMENTS_FIRST}){{{_COMMENT_FIELDS}}}"
        answer = self._transport.get(
            self._address(account.server, account.remote_id, "published_posts"),
            query=[("fields", f"id,created_time,{nested}"), ("limit", str(_POSTS_WATCHED))],
            headers=bearer(account.secrets.get("access", "")),
        )
        self._require_ok(answer)
        found: dict[str, Inbound] = {}
        for post in answer.read(_WrittenList).data:
            for comment in self._comments(account, post, since):
                if comment.author is None or comment.author.id != account.remote_id:
                    found[comment.id] = _inbound(comment, "comment", post.id, account)
        known = [each for each in found.values() if _mark(each) in seen]
        fresh = [each for each in found.values() if _mark(each) not in seen]
        fresh.sort(key=lambda each: (each.written_at, each.remote_id))
        if since is None:
            fresh = fresh[-limit:]
        given, left = fresh[:limit], fresh[limit:]
        return Batch(given, _write_cursor(cursor, since, given, known), more=bool(left))

    def _comments(self, account: Account, post: _Written, since: datetime | None) -> Iterator[_Written]:
        """Those of one post written since then, or its newest page where nothing was ever read."""
        page = post.comments or _WrittenList()
        for _ in range(_COMMENT_PAGES_MAX):
            comments = [_in_utc(each) for each in page.data]
            yield from (each for each in comments if since is None or each.created_time >= since)
            after = page.paging.cursors.after
            if since is None or not page.paging.next or not after or any(e.created_time < since for e in comments):
                return
            answer = self._transport.get(
                self._address(account.server, post.id, "comments"),
                query=[
                    ("fields", _COMMENT_FIELDS),
                    ("filter", "stream"),
                    ("order", "reverse_chronological"),
                    ("limit", str(_PAGE)),
                    ("after", after),
                ],
                headers=bearer(account.secrets.get("access", "")),
            )
            try:
                self._require_ok(answer)
            except _Gone:
                return
            page = answer.read(_WrittenList)
        raise Unavailable("history_too_long")

    def search(self, account: Account, words: str, *, cursor: str | None, limit: int = 50) -> Batch:
        """Facebook has no search of public posts for us. Raises NotUnderstood not_offered."""
        raise NotUnderstood("not_offered")

    def thread(self, account: Account, remote_id: str) -> Sequence[Inbound]:
        """Above a comment: the post, then the comment that it answers."""
        if remote_id.startswith(f"{account.remote_id}_"):
            return []
        above: list[Inbound] = []
        with contextlib.suppress(_Gone):
            # A comment's id begins with its post's, less the Page.
            post_id = f"{account.remote_id}_{remote_id.partition('_')[0]}"
            post = self._read(account, post_id, _Written, fields=_POST_FIELDS)
            above.append(_inbound(post, "mention", None, account))
        with contextlib.suppress(_Gone):
            asked = self._read(account, remote_id, _Answering, fields=f"id,parent{{{_COMMENT_FIELDS}}}")
            if asked.parent is not None:
                above.append(_inbound(asked.parent, "comment", above[0].remote_id if above else None, account))
        return above

    def post_metrics(self, account: Account, remote_ids: Sequence[str]) -> Sequence[PostMetrics]:
        """Likes are all reactions; impressions are views (post_media_view), where the Page may read insights."""
        posts = [each for each in remote_ids if each.startswith(f"{account.remote_id}_")]
        comments = [each for each in remote_ids if each not in posts]
        figures = (
            "id,shares,reactions.limit(0).summary(total_count),comments.filter(stream).limit(0).summary(total_count)"
        )
        found = self._measured(account, posts, figures) | self._measured(
            account, comments, "id,like_count,comment_count"
        )
        views: dict[str, _Measured] = {}
        with contextlib.suppress(
            CredentialsRefused, NotUnderstood
        ):  # the insights alone: too small a Page, no permission
            views = self._measured(
                account, [each for each in posts if each in found], "id,insights.metric(post_media_view)"
            )
        return [_metrics(each, found.get(each), views.get(each)) for each in remote_ids]

    def _measured(self, account: Account, ids: Sequence[str], fields: str) -> dict[str, _Measured]:
        """Several in one request; one that is gone fails them all, and then each is asked for alone."""
        if not ids:
            return {}
        answer = self._transport.get(
            f"{account.server}/{VERSION}/",
            query=[("ids", ",".join(ids)), ("fields", fields)],
            headers=bearer(account.secrets.get("access", "")),
        )
        try:
            self._require_ok(answer)
        except _Gone:
            if len(ids) == 1:
                return {}
            return {each: one for part in ids for each, one in self._measured(account, [part], fields).items()}
        return {each: one for each, one in answer.read(_MeasuredById).root.items() if each in ids}

    def profile_metrics(self, account: Account) -> ProfileMetrics:
        page = self._read(account, account.remote_id, _Page, fields="id,name,followers_count,fan_count")
        return ProfileMetrics(followers=page.followers_count if page.followers_count is not None else page.fan_count)

    # ------------------------------------------------------------ requests and what they got

    @staticmethod
    def _address(origin: str, *parts: str) -> str:
        return "/".join((origin, VERSION, *(quote(part, safe="") for part in parts)))

    def _read(self, account: Account, node: str, model: type[Model], *, fields: str) -> Model:
        answer = self._transport.get(
            self._address(account.server, node),
            query=[("fields", fields)],
            headers=bearer(account.secrets.get("access", "")),
        )
        self._require_ok(answer)
        return answer.read(model)

    def _require_ok(self, answer: Answer) -> None:
        """Judges what a call that publishes nothing got."""
        failure, status = _failure(answer), answer.status
        if failure is None:
            if status == 200:
                return
            if status in (401, 403):
                raise CredentialsRefused("credentials_refused" if status == 401 else "forbidden")
            if status == 429:
                raise Unavailable("rate_limited", wait=_wait_from(answer, _RATE_LIMIT_WAIT))
            if status in (404, 405) or status < 400:
                raise NotUnderstood(f"http_{status}")
            raise Unavailable(f"http_{status}")
        code = failure.code
        if code in _THROTTLED:
            raise Unavailable("rate_limited", wait=_wait_from(answer, _RATE_LIMIT_WAIT))
        if code == _BLOCKED:
            raise Unavailable("temporarily_blocked", wait=_wait_from(answer, _BLOCK_WAIT))
        if code in _TOKEN:
            raise CredentialsRefused("credentials_refused")
        if code in _FORBIDDEN:
            raise CredentialsRefused("forbidden")
        if code not in _TEMPORARY and not failure.is_transient:
            if _is_gone(failure):
                raise _Gone("gone")
            if code in _REFUSED:
                raise NotUnderstood(f"error_{code}")
        raise Unavailable(f"error_{code}")


def _failure(answer: Answer) -> _Error | None:
    """Graph's own error, which some endpoints give under HTTP 200."""
    if answer.status == 200 and b'"error"' not in answer.body[:200]:
        return None
    said = answer.read_or_none(_Failure)
    return said.error if said else None


def _is_gone(failure: _Error) -> bool:
    return (failure.code == 100 and failure.error_subcode == _NO_SUCH_THING) or failure.code == _ALIAS_UNKNOWN


def _wait_from(answer: Answer, default: timedelta) -> timedelta:
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


def _public_url(server: str, remote_id: str) -> str:
    return f"https://www.facebook.com/{remote_id}" if server == GRAPH else f"{server}/{remote_id}"


def _in_utc(written: _Written) -> _Written:
    if written.created_time.tzinfo is not None:
        return written
    return written.model_copy(update={"created_time": written.created_time.replace(tzinfo=UTC)})


def _images_of(written: _Written) -> int:
    if written.attachment is not None:
        return int(written.attachment.media is not None and "photo" in (written.attachment.type or ""))
    attached = written.attachments.data if written.attachments else []
    photos = 0
    for each in attached:
        within = each.subattachments.data if each.subattachments else []
        photos += sum(one.media_type == "photo" for one in within) if within else int(each.media_type == "photo")
    return photos


def _same_words(ours: str, theirs: str) -> bool:
    return same_text(unicodedata.normalize("NFC", ours), unicodedata.normalize("NFC", theirs))


def _inbound(written: _Written, kind: str, post: str | None, account: Account) -> Inbound:
    written = _in_utc(written)
    author = written.author or _Named()
    attached = written.attachment
    # Of a shared link too there is a picture, which is not the citizen's.
    picture = attached.media.image if attached and attached.media and "photo" in (attached.type or "") else None
    inbound = Inbound(
        remote_id=written.id,
        kind="comment",
        author=Citizen(author.id, author.name, author.name),
        text=written.message,
        written_at=written.created_time.astimezone(UTC),
        url=written.permalink_url or _public_url(account.server, written.id),
        parent=written.parent.id if written.parent else post,
        root=post,
        media=(InboundMedia("image", picture.src),) if picture and picture.src else (),
        revision=revision_of(written.message),
    )
    return inbound if kind == "comment" else replace(inbound, kind="mention")


def _metrics(remote_id: str, seen: _Measured | None, viewed: _Measured | None) -> PostMetrics:
    if seen is None:
        return PostMetrics(remote_id, gone=True)
    if seen.like_count is not None or seen.comment_count is not None:
        return PostMetrics(remote_id, likes=seen.like_count, replies=seen.comment_count)
    insights = viewed.insights.data if viewed and viewed.insights else []
    views = [value.value for each in insights if each.name == "post_media_view" for value in each.values]
    return PostMetrics(
        remote_id,
        likes=seen.reactions.summary.total_count if seen.reactions else None,
        shares=seen.shares.count if seen.shares else 0,
        replies=seen.comments.summary.total_count if seen.comments else None,
        impressions=next((value for value in views if isinstance(value, int)), None),
    )


def _read_cursor(cursor: str | None) -> tuple[datetime | None, set[str]]:
    """From when on to read, and the marks of what was given already of that time. What is no cursor begins anew."""
    at, _, marks = (cursor or "").partition("|")
    try:
        newest = datetime.fromisoformat(at)
    except ValueError:
        return None, set()
    return (newest - _OVERLAP if newest.tzinfo else None), set(marks.split(","))


def _write_cursor(
    before: str | None, since: datetime | None, given: Sequence[Inbound], known: Sequence[Inbound]
) -> str | None:
    if not given:
        return before
    newest = max([each.written_at for each in given] + ([since + _OVERLAP] if since else []))
    marks = {_mark(each) for each in [*given, *known] if each.written_at >= newest - _OVERLAP}
    return f"{newest.isoformat()}|{','.join(sorted(marks))}"


def _mark(inbound: Inbound) -> str:
    """Stands for a comment in the cursor, which a flood would otherwise make long."""
    return hashlib.sha256(inbound.remote_id.encode()).hexdigest()[:12]
