"""Threads, connected by OAuth, whose long-lived token stands for 60 days and is renewed before.

A post and a reply alike are published in two steps (containers.py); words alone too, so that auto_publish_text is not
used. Threads answers its errors as Graph does (graph.py):

| code                                      | a container             | publishing             | reading               |
|-------------------------------------------|-------------------------|------------------------|-----------------------|
| 4, 17, 32, 341, 613, 80000 to 80014       | RetryAfter rate_limited | the same               | Unavailable           |
| 368                                       | RetryAfter              | the same               | Unavailable           |
|                                           |   temporarily_blocked   |                        |                       |
| 102, 190, 458 to 467                      | Reauthorise             | the same               | CredentialsRefused    |
| 3, 10, 200 to 299                         | Reauthorise             | the same               | CredentialsRefused;   |
|                                           |                         |                        |   lists: NotPermitted |
| -1, -2, 1, 2, 24, 9004, is_transient, 5xx | RetryAfter              | OutcomeUnknown         | Unavailable           |
| 9007, subcodes 2207027, 4279009           | RetryAfter              | Pending                | Unavailable           |
| 100, 352, 36000, 36001, 36003 ...         | Rejected, names file    | OutcomeUnknown         | NotUnderstood         |
| 100 subcode 33, 803 (no such thing)       | Rejected; a reply:      | OutcomeUnknown         | NotUnderstood         |
|                                           |   reply_target_gone     |                        |                       |
| a code that is not known here             | RetryAfter              | OutcomeUnknown         | Unavailable           |
| no Graph error                            | as in facebook.py       | as in facebook.py      | as in facebook.py     |

The token is sent as a Bearer header, but for its exchange and renewal, which the documentation shows in the query
alone. The reading side is in threads_reading.py. Not built: polls, quotes, reposts, topics, locations, spoilers, the
webhook.

Sources: developers.facebook.com/docs/threads (posts, reply-management, threads-media, insights, keyword-search,
get-started, troubleshooting), 2026-06 to 2026-09; Meta's Postman collection (fbsamples/threads_api), 2026-01, to which
the tests hold every request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from pydantic import Field

from chalicelib.networks.checks import check_post
from chalicelib.networks.containers import Containers, State
from chalicelib.networks.contract import (
    Account,
    App,
    Capabilities,
    Connected,
    CredentialsRefused,
    Gate,
    Limits,
    MediaFile,
    NetworkError,
    NotPermitted,
    NotUnderstood,
    OAuthStart,
    Outcome,
    Problem,
    Publication,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import links, threads_length
from chalicelib.networks.graph import Codes, Gone, failure_of, require_ok, same_words
from chalicelib.networks.oauth import client_of, origin_of
from chalicelib.networks.steps import attempt
from chalicelib.networks.threads_reading import GRAPH, MEASURES, READS, THREADS, ThreadsReading, Written
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

AUTHORISE = "https://threads.net"

SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_insights",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_mentions",
    "threads_keyword_search",
    "threads_delete",
)

LINKS_MAX = 5
LIMITS = Limits(
    text_unit="threads",
    text_max=500,
    text_bytes_max=None,
    url_length=None,
    images_max=20,
    image_bytes_max=8 * 1024 * 1024,
    image_types=("image/jpeg", "image/png"),
    alt_max=1_000,
    source="developers.facebook.com/docs/threads/posts and /overview, 2026-09",
    image_ratio_min=0.1,
    image_ratio_max=10.0,
    videos_max=20,
    video_bytes_max=1_000_000_000,
    video_seconds_max=300,
    video_types=("video/mp4", "video/quicktime"),
    video_with_images=True,
    video_ratio_min=0.01,
    video_ratio_max=10,
)

_CAPABILITIES = Capabilities(
    network="threads",
    name="Threads",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # As Facebook and Instagram, whose servers these are: we give up after 25 s, Meta may work for a minute, and its
    # replicas lag.
    absence_after=timedelta(minutes=3),
    reads=READS,
    measures=MEASURES,
    threads=True,
    mentions_in_replies=False,
    moderates=frozenset({"hide", "delete"}),
    two_steps=True,
    notices=("emoji_count_as_bytes", "hides_top_replies_only", "deletes_own_only", "no_edits"),
    link_cards="theirs",
)

_QUOTA_WAIT = timedelta(hours=1)  # counted over a rolling day; Meta does not say when a place comes free


class _ShortToken(Wire):
    access_token: str = Field(min_length=1)


class _LongToken(Wire):
    access_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0, le=10**9)


class _Self(Wire):
    id: str = Field(min_length=1)
    username: str = Field(min_length=1)
    name: str | None = None
    threads_profile_picture_url: str | None = None


class _ContainerState(Wire):
    status: str = ""
    error_message: str | None = None


class _QuotaConfig(Wire):
    quota_total: int | None = None


class _Quota(Wire):
    quota_usage: int | None = None
    config: _QuotaConfig = Field(default_factory=_QuotaConfig)
    reply_quota_usage: int | None = None
    reply_config: _QuotaConfig = Field(default_factory=_QuotaConfig)


class _Quotas(Wire):
    data: list[_Quota] = Field(default_factory=list)


class Threads(ThreadsReading, Containers):
    """Account secrets: access, a long-lived token of the user."""

    codes: Codes = THREADS
    passing = frozenset({2207001, 2207003, 2207006, 2207008, 2207020, 2207032, 2207052, 2207053})
    not_ready = frozenset({9007, 2207027, 4279009})

    def __init__(self, transport: Transport, app: App) -> None:
        super().__init__(transport)
        self._app = app

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every account."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return threads_length(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        problems = check_post(text, media, limits, lambda words: self.length(words, limits))
        count = len({link.url for link in links(text)})
        if count > LINKS_MAX:
            hint = f"{count} links; {LINKS_MAX} are allowed."
            problems.append(Problem("too_many_links", "text", hint, limit=LINKS_MAX, actual=count))
        return problems

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """Raises AddressRefused, Unavailable application_missing."""
        origin = origin_of(self._transport, server, GRAPH, "Threads")
        client_id, _ = client_of(self._app)
        query = urlencode(
            [
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("scope", ",".join(SCOPES)),
                ("response_type", "code"),
                ("state", state),
            ]
        )
        return OAuthStart(f"{AUTHORISE if origin == GRAPH else origin}/oauth/authorize?{query}", {})

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: code_refused, credentials_refused,
        forbidden."""
        origin = origin_of(self._transport, server, GRAPH, "Threads")
        client_id, secret = client_of(self._app)
        exchanged = self._transport.post(
            f"{origin}/oauth/access_token",
            form=[
                ("client_id", client_id),
                ("client_secret", secret),
                ("grant_type", "authorization_code"),
                ("redirect_uri", redirect_uri),
                # Threads ends its redirect with #_, which is no part of the code and which some browsers hand on.
                ("code", code.removesuffix("#_")),
            ],
        )
        failure = failure_of(exchanged)
        if failure is not None and failure.code in (100, 190):
            raise CredentialsRefused("code_refused")
        require_ok(exchanged, THREADS)
        short = exchanged.read(_ShortToken).access_token
        query = [("grant_type", "th_exchange_token"), ("client_secret", secret), ("access_token", short)]
        return [self._connected(origin, self._long_token(origin, "access_token", query))]

    def refresh(self, account: Account) -> Connected | None:
        """A token is renewed from a day after it was made until it ends; before, Meta refuses it as a bad request,
        and the token that there is stands."""
        access = account.secrets.get("access", "")
        query = [("grant_type", "th_refresh_token"), ("access_token", access)]
        return self._connected(account.server, self._long_token(account.server, "refresh_access_token", query))

    def _long_token(self, origin: str, path: str, query: Sequence[tuple[str, str]]) -> _LongToken:
        answer = self._transport.get(f"{origin}/{path}", query=query)
        require_ok(answer, THREADS)
        return answer.read(_LongToken)

    def _connected(self, origin: str, token: _LongToken) -> Connected:
        answer = self._transport.get(
            f"{origin}/v1.0/me",
            query=[("fields", "id,username,name,threads_profile_picture_url")],
            headers=bearer(token.access_token),
        )
        require_ok(answer, THREADS)
        user = answer.read(_Self)
        return Connected(
            server=origin,
            remote_id=user.id,
            handle=user.username,
            display_name=user.name or user.username,
            avatar_url=user.threads_profile_picture_url,
            secrets={"access": token.access_token},
            expires_at=self._transport.now() + timedelta(seconds=token.expires_in),
        )

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.ticket is None:
            self._require_room(account, reply=publication.reply_to is not None)
        return self._two_steps(account, publication, gate)

    def _require_room(self, account: Account, *, reply: bool) -> None:
        """Raises Unavailable where a day's posts (or replies, which are counted apart) are used up; what cannot be read
        stops nothing, since publishing is refused by itself then."""
        fields = "reply_quota_usage,reply_config" if reply else "quota_usage,config"
        try:
            quotas = self._read(account, _Quotas, "me", "threads_publishing_limit", fields=fields)
        except CredentialsRefused:
            raise
        except NetworkError:
            return
        for each in quotas.data[:1]:
            used, config = (each.reply_quota_usage, each.reply_config) if reply else (each.quota_usage, each.config)
            if used is not None and config.quota_total is not None and used >= config.quota_total > 0:
                raise Unavailable("rate_limited", wait=_QUOTA_WAIT)

    def _make(
        self, account: Account, publication: Publication, file: MediaFile | None, url: str, gate: Gate, *, part: bool
    ) -> Answer:
        if file is None:
            form = [("media_type", "TEXT")]
            if publication.card:  # one of the links of the text, and so counted once
                form.append(("link_attachment", publication.card.url))
        else:
            form = [("media_type", "VIDEO"), ("video_url", url)] if file.is_video else _image(url)
            if file.alt:
                form.append(("alt_text", file.alt))
        if part:
            form.append(("is_carousel_item", "true"))
        else:
            form += _words(publication)
        return self._write(account, gate, form, "me", "threads")

    def _join(self, account: Account, publication: Publication, parts: Sequence[str], gate: Gate) -> Answer:
        form = [("media_type", "CAROUSEL"), ("children", ",".join(parts)), *_words(publication)]
        return self._write(account, gate, form, "me", "threads")

    def _state(self, account: Account, container: str) -> State:
        said = self._read(account, _ContainerState, container, fields="id,status,error_message")
        return State(said.status, said.error_message or "")

    def _release(self, account: Account, container: str, gate: Gate) -> Answer:
        return self._write(account, gate, [("creation_id", container)], "me", "threads_publish")

    def _url_of(self, account: Account, remote_id: str) -> str | None:
        return self._read(account, Written, remote_id, fields="id,permalink").permalink

    def _write(self, account: Account, gate: Gate, form: Sequence[tuple[str, str]], *parts: str) -> Answer:
        return self._transport.write(
            self._address(account, *parts),
            gate,
            form=form,
            headers=bearer(account.secrets.get("access", "")),
            # Meta fetches the file before it answers.
            read_timeout=20.0,
            total_timeout=30.0,
        )

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts (or own replies) whose text, number of files and time agree; exact only where one has the ticket's
        id. Raises Unavailable: history_too_long, published_unseen (containers.py)."""
        sightings = {}
        for written, earliest in self._own(account, since, replies=publication.reply_to is not None):
            if written.at < earliest or written.files != len(publication.media):
                continue
            if publication.reply_to and written.replied_to and written.replied_to.id != publication.reply_to:
                continue
            if same_words(publication.text, written.text):
                sightings[written.id] = Sighting(written.id, written.permalink, written.at, exact=False)
        found = sorted(sightings.values(), key=lambda each: each.created_at)
        return self._settled(account, publication, found)

    # ------------------------------------------------------------ moderating

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        """A reply directly below a post of ours; those below it go with it. Raises NotPermitted for any other."""
        answer = self._transport.post(
            self._address(account, remote_id, "manage_reply"),
            form=[("hide", "true" if hidden else "false")],
            headers=bearer(account.secrets.get("access", "")),
        )
        self._require_done(answer)

    def delete(self, account: Account, remote_id: str) -> None:
        """A post or a reply of ours; what is gone already is no error. Raises NotPermitted for a citizen's."""
        answer = self._transport.delete(
            self._address(account, remote_id), headers=bearer(account.secrets.get("access", ""))
        )
        try:
            self._require_done(answer)
        except Gone:
            return

    @staticmethod
    def _require_done(answer: Answer) -> None:
        try:
            require_ok(answer, THREADS)
        except CredentialsRefused as error:
            if error.code == "forbidden":
                raise NotPermitted("forbidden") from None
            raise
        except Gone:
            raise
        except NotUnderstood:
            raise NotPermitted("not_allowed") from None


def _image(url: str) -> list[tuple[str, str]]:
    return [("media_type", "IMAGE"), ("image_url", url)]


def _words(publication: Publication) -> list[tuple[str, str]]:
    words = [("text", publication.text)] if publication.text else []
    return [*words, ("reply_to_id", publication.reply_to)] if publication.reply_to else words
