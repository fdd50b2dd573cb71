"""Mastodon, and what speaks its API (snac2, GoToSocial, ...), connected by OAuth with PKCE.

No id is ours to choose here. An Idempotency-Key is sent, but only Ruby Mastodon is known to honour it, for an hour; so
an unknown outcome is settled by reading the profile's own posts, by words, number of images and time (`find`).

What the server says, and what leaves here:

| answer                             | an image             | the post itself       | reading, connecting            |
|------------------------------------|----------------------|-----------------------|--------------------------------|
| nothing sent (name, TCP, TLS)      | RetryAfter           | RetryAfter            | Unavailable                    |
| sent, no complete answer           | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 200 that cannot be read            | RetryAfter           | OutcomeUnknown        | NotUnderstood                  |
| 202, then 206                      | polled for 20 s,     |                       |                                |
|                                    |   then RetryAfter;   |                       |                                |
|                                    |   a video: Pending   |                       |                                |
| 3xx                                | RetryAfter           | RetryAfter            | AddressRefused, NotUnderstood  |
| 401                                | Reauthorise          | credentials_refused   | CredentialsRefused             |
| 403 suspended, disabled, no scope  | Reauthorise          | forbidden             | CredentialsRefused; inbox ...: |
|                                    |                      |                       |   NotPermitted                 |
| 404, 410                           | RetryAfter           | RetryAfter; a reply:  | NotUnderstood; thread: empty;  |
|                                    |                      |   Rejected            |   figures: gone                |
| 405, 501                           | RetryAfter           | server_not_understood | NotUnderstood                  |
| 408, 409                           | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 400, 413, 415, 422, other 4xx      | Rejected,            | Rejected              | NotUnderstood (code exchange   |
|                                    |   names the file     |   content_refused     |   and own account:             |
|                                    |                      |                       |   CredentialsRefused)          |
| 429, Retry-After or                | RetryAfter           | rate_limited          | Unavailable                    |
|   X-RateLimit-Reset, an ISO time   |                      |                       |                                |
| 5xx                                | RetryAfter           | OutcomeUnknown        | Unavailable                    |

An upload whose outcome is unknown is RetryAfter: an attachment that no status names is seen by nobody.

A post has one video or images. A video is handed over ahead and looked at until the server has prepared it (videos.py;
its attachment's id is the ticket): 206 while it does, 422 where it cannot, 404 where it has thrown it away.

A reply tells the person answered nothing unless its text mentions them. The text is sent as it stands all the same,
because it is what was seen, approved and counted, and what `find` looks for: the reply box begins it with the handle
(`addressed`, and mentions_in_replies of the capabilities). The reading side is in mastodon_reading.py.

Sources: docs.joinmastodon.org (methods/statuses, media, oauth, instance; api/rate-limits), Mastodon's OpenAPI 4.7.0,
and snac2 2.75, whose answers the contract suite replays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, ValidationError

from chalicelib.networks.checks import check_post
from chalicelib.networks.clocks import on_their_clock
from chalicelib.networks.contract import (
    Account,
    Capabilities,
    Connected,
    CredentialsRefused,
    Gate,
    Limits,
    MediaFile,
    NetworkError,
    NotUnderstood,
    OAuthStart,
    Outcome,
    OutcomeUnknown,
    Problem,
    Publication,
    Published,
    Reauthorise,
    Rejected,
    RetryAfter,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import MASTODON_URL_LENGTH, mastodon_length
from chalicelib.networks.mastodon_reading import MEASURES, READS, MastodonReading
from chalicelib.networks.mastodon_wire import Error, require_ok
from chalicelib.networks.matching import Words, could_be, same_text, words_of_html, words_of_text
from chalicelib.networks.oauth import verifier_and_challenge
from chalicelib.networks.steps import (
    HELD_BYTES_MAX,
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    WRONG_SERVER_WAIT,
    Stop,
    attempt,
    content_of,
    outcome_of_status,
    posted,
    upload_name,
    uploaded,
    vendor_words,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import VIDEO_READ_TIMEOUT_S, VIDEO_TOTAL_TIMEOUT_S, Held, in_two_steps, is_id
from chalicelib.networks.wire import Wire, bearer

SCOPES = "read:accounts read:notifications read:search read:statuses write:media write:statuses"
"""What publishing, looking for one's own posts and reading need, and no more. A profile that was connected when there
were fewer goes on publishing; what it may not read is NotPermitted (scope_missing) until it is connected again."""

LIMITS = Limits(
    text_unit="mastodon",
    text_max=500,
    text_bytes_max=None,
    url_length=MASTODON_URL_LENGTH,
    images_max=4,
    image_bytes_max=16 * 1024 * 1024,
    image_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
    alt_max=1500,
    source=(
        "defaults of Mastodon 4.4 (docs.joinmastodon.org, entities/Instance), 2026-08; each server states its own; "
        "none states how long a video may be"
    ),
    image_pixels_max=33_177_600,
    videos_max=1,
    video_bytes_max=min(99 * 1024 * 1024, HELD_BYTES_MAX),
    video_seconds_max=24 * 3600,  # no server states one; what counts is the size
    video_types=("video/mp4", "video/quicktime"),
    video_pixels_max=8_294_400,
)

_CAPABILITIES = Capabilities(
    network="mastodon",
    name="Mastodon",
    connect="oauth",
    needs_server=True,
    limits=LIMITS,
    chosen_id=False,
    # A request that we gave up on after at most 25 s may still be worked on: the proxies in front of Mastodon hold a
    # request for 60 s by default (nginx proxy_read_timeout) and its database replicas may lag a few seconds behind.
    # What cannot be seen 90 s after the attempt was not accepted.
    absence_after=timedelta(seconds=90),
    reads=READS,
    reads_a_minute=4,  # free; 20 to 40 of the 300 requests that an account has in five minutes
    measures=MEASURES,
    threads=True,
    link_cards="theirs",
    mentions_in_replies=True,
    videos_ahead=True,
)

_VIDEO_LOOK = timedelta(seconds=10)
_PROCESSING_LIMIT_S = 20.0
_PROCESSING_PAUSES_S = (0.5, 1.0, 2.0)
_PAGE = 40
_PAGES_MAX = 10
_MARKUP_FACTOR = 40
_MARKUP_MARGIN = 10_000
_TYPE_PREFIX = "type:"


# ---------------------------------------------------------------- what the server answers


class _App(Wire):
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)


class _Token(Wire):
    access_token: str = Field(min_length=1)


class _OwnAccount(Wire):
    id: str = Field(min_length=1)
    username: str = Field(min_length=1)
    display_name: str = ""
    avatar: str | None = None


class _StatusLimits(Wire):
    max_characters: int | None = None
    max_media_attachments: int | None = None
    characters_reserved_per_url: int | None = None


class _MediaLimits(Wire):
    supported_mime_types: list[str] = Field(default_factory=list)
    image_size_limit: int | None = None
    image_matrix_limit: int | None = None
    video_size_limit: int | None = None
    video_matrix_limit: int | None = None
    description_limit: int | None = None


class _Configuration(Wire):
    statuses: _StatusLimits = Field(default_factory=_StatusLimits)
    media_attachments: _MediaLimits = Field(default_factory=_MediaLimits)


class _Instance(Wire):
    """v2 says domain, v1 says uri."""

    domain: str | None = None
    uri: str | None = None
    version: str
    configuration: _Configuration = Field(default_factory=_Configuration)


class _Attachment(Wire):
    id: str = Field(min_length=1)
    url: str | None = None


class _Status(Wire):
    id: str = Field(min_length=1)
    created_at: datetime
    url: str | None = None
    uri: str | None = None
    content: str = ""
    text: str | None = None
    media_attachments: list[object] = Field(default_factory=list)
    reblog: object = None
    in_reply_to_id: object = None


class _Posted(Wire):
    id: str = Field(min_length=1)
    url: str | None = None
    uri: str | None = None


class _Source(Wire):
    text: str


# ---------------------------------------------------------------- the network


class Mastodon(MastodonReading):
    """Account secrets: access, client_id, client_secret. Its access tokens do not expire."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """Known keys: text_max, url_length, images_max, image_bytes_max, image_pixels_max, video_bytes_max,
        video_pixels_max, alt_max, and type:<mime> for each kind of file the server takes; one that names its kinds and
        no video among them takes none."""
        if not account_limits:
            return LIMITS
        stated = {name[len(_TYPE_PREFIX) :] for name in account_limits if name.startswith(_TYPE_PREFIX)}
        videos = tuple(kind for kind in LIMITS.video_types if kind in stated) if stated else LIMITS.video_types
        return Limits(
            text_unit=LIMITS.text_unit,
            text_max=account_limits.get("text_max", LIMITS.text_max),
            text_bytes_max=None,
            url_length=account_limits.get("url_length", LIMITS.url_length),
            images_max=account_limits.get("images_max", LIMITS.images_max),
            image_bytes_max=account_limits.get("image_bytes_max", LIMITS.image_bytes_max),
            image_types=tuple(kind for kind in LIMITS.image_types if kind in stated) or LIMITS.image_types,
            alt_max=account_limits.get("alt_max", LIMITS.alt_max),
            source="the server's own statement (/api/v2/instance) on connecting",
            image_pixels_max=account_limits.get("image_pixels_max", LIMITS.image_pixels_max),
            videos_max=LIMITS.videos_max if videos else 0,
            video_bytes_max=min(account_limits.get("video_bytes_max", LIMITS.video_bytes_max), HELD_BYTES_MAX),
            video_seconds_max=LIMITS.video_seconds_max,
            video_types=videos,
            video_pixels_max=account_limits.get("video_pixels_max", LIMITS.video_pixels_max),
        )

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, lambda words: self.length(words, limits))

    def length(self, text: str, limits: Limits) -> int:
        return mastodon_length(text, limits.url_length or MASTODON_URL_LENGTH)

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """Registers an application of ours with this server. Raises AddressRefused, Unavailable, NotUnderstood."""
        origin = self._transport.origin(server)
        self._instance(origin)
        answer = self._transport.post(
            f"{origin}/api/v1/apps",
            form=[("client_name", "Parvis"), ("redirect_uris", redirect_uri), ("scopes", SCOPES)],
        )
        self._require_ok(answer)
        app = answer.read(_App)
        verifier, challenge = verifier_and_challenge()
        query = urlencode(
            [
                ("response_type", "code"),
                ("client_id", app.client_id),
                ("redirect_uri", redirect_uri),
                ("scope", SCOPES),
                ("state", state),
                ("code_challenge", challenge),
                ("code_challenge_method", "S256"),
                ("force_login", "true"),  # the agency's account, not whoever is signed in on this browser
            ]
        )
        return OAuthStart(
            f"{origin}/oauth/authorize?{query}",
            {"client_id": app.client_id, "client_secret": app.client_secret, "verifier": verifier},
        )

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: code_refused, credentials_refused,
        forbidden."""
        origin = self._transport.origin(server)
        answer = self._transport.post(
            f"{origin}/oauth/token",
            form=[
                ("grant_type", "authorization_code"),
                ("client_id", keep["client_id"]),
                ("client_secret", keep["client_secret"]),
                ("redirect_uri", redirect_uri),
                ("code", code),
                ("code_verifier", keep["verifier"]),
                ("scope", SCOPES),
            ],
        )
        if answer.status in (400, 401, 403, 422):
            raise CredentialsRefused("code_refused")
        self._require_ok(answer)
        access = answer.read(_Token).access_token
        verified = self._transport.get(f"{origin}/api/v1/accounts/verify_credentials", headers=bearer(access))
        if verified.status == 422:  # snac2's answer to a token it does not know
            raise CredentialsRefused("credentials_refused")
        self._require_ok(verified)
        account = verified.read(_OwnAccount)
        instance = self._instance(origin)
        domain = (instance.domain or instance.uri or urlsplit(origin).netloc).removeprefix("https://").strip("/")
        connected = Connected(
            server=origin,
            remote_id=account.id,
            handle=f"{account.username}@{domain}",
            display_name=account.display_name or account.username,
            avatar_url=account.avatar,
            secrets={"access": access, "client_id": keep["client_id"], "client_secret": keep["client_secret"]},
            limits=_stated_limits(instance),
            expires_at=None,
        )
        return [connected]

    def refresh(self, account: Account) -> None:
        """Nothing to renew: the token stands until a person revokes it."""
        return

    def _instance(self, origin: str) -> _Instance:
        answer = self._transport.get(f"{origin}/api/v2/instance")
        if answer.status in (404, 410):  # before Mastodon 4.0, and snac2
            answer = self._transport.get(f"{origin}/api/v1/instance")
        if answer.status in (401, 403):
            raise NotUnderstood("server_closed")  # a server that hides its API from all but its own applications
        self._require_ok(answer)
        return answer.read(_Instance)

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        videos = [file for file in publication.media if file.is_video]
        if videos:
            if len(publication.media) > 1:
                return Rejected("video_with_images", "A post on Mastodon has images or one video.")
            return self._send_video(account, publication, videos[0], gate)
        media = [self._upload(account, file, gate) for file in publication.media]
        return self._post(account, publication, media, gate)

    def _send_video(self, account: Account, publication: Publication, file: MediaFile, gate: Gate) -> Outcome:
        def hand_over() -> Held:
            answer, attachment = self._attach(account, file, gate)
            return Held(attachment, _VIDEO_LOOK if answer.status == 202 else None)

        return in_two_steps(
            publication,
            file,
            hand_over=hand_over,
            look=lambda attachment: self._prepared(account, attachment, file),
            post=lambda attachment: self._post(account, publication, [attachment], gate),
        )

    def _upload(self, account: Account, file: MediaFile, gate: Gate) -> str:
        answer, attachment = self._attach(account, file, gate)
        if answer.status == 202:
            self._wait_until_processed(account, attachment, file)
        return attachment

    def _attach(self, account: Account, file: MediaFile, gate: Gate) -> tuple[Answer, str]:
        """What was answered, 200 or 202, and the attachment's id. Raises Stop."""
        content = content_of(file)
        form = [("description", file.alt)] if file.alt else []
        answer = uploaded(
            file,
            lambda: self._transport.write(
                f"{account.server}/api/v2/media",
                gate,
                form=form,
                files={"file": (upload_name(file), content, file.content_type)},
                headers=bearer(account.secrets.get("access", "")),
                read_timeout=VIDEO_READ_TIMEOUT_S if file.is_video else UPLOAD_READ_TIMEOUT_S,
                total_timeout=VIDEO_TOTAL_TIMEOUT_S if file.is_video else UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status not in (200, 202):
            raise Stop(self._refusal(answer, account, file=file))
        attachment = answer.read_or_none(_Attachment)
        if attachment is None or (file.is_video and not is_id(attachment.id)):
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        return answer, attachment.id

    def _prepared(self, account: Account, attachment: str, file: MediaFile) -> Held | None:
        """None where the server does not have it any more. Raises Stop, NetworkError."""
        answer = self._look(account, attachment)
        if answer.status == 200:
            return Held(attachment)
        if answer.status in (404, 410):
            return None
        if answer.status != 206:
            raise Stop(self._refusal(answer, account, file=file))
        return Held(attachment, _VIDEO_LOOK)

    def _look(self, account: Account, attachment: str) -> Answer:
        return self._transport.get(
            f"{account.server}/api/v1/media/{quote(attachment, safe='')}",
            headers=bearer(account.secrets.get("access", "")),
        )

    def _wait_until_processed(self, account: Account, attachment: str, file: MediaFile) -> None:
        until = self._transport.monotonic() + _PROCESSING_LIMIT_S
        turn = 0
        while True:
            pause = _PROCESSING_PAUSES_S[min(turn, len(_PROCESSING_PAUSES_S) - 1)]
            if self._transport.monotonic() + pause > until:
                raise Stop(RetryAfter(RETRY_WAIT, "media_processing", file.filename))
            self._transport.sleep(pause)
            turn += 1
            try:
                answer = self._look(account, attachment)
            except NetworkError:
                continue  # only a look; the limit above ends it
            if answer.status == 200:
                return
            if answer.status != 206 and answer.status < 500:
                raise Stop(self._refusal(answer, account, file=file))

    def _post(self, account: Account, publication: Publication, media: Sequence[str], gate: Gate) -> Outcome:
        body: dict[str, object] = {"status": publication.text, "visibility": "public"}
        if media:
            body["media_ids"] = list(media)
        if publication.language:
            body["language"] = publication.language.split("-")[0].lower()  # ISO 639-1
        if publication.reply_to:
            body["in_reply_to_id"] = publication.reply_to
        headers = {**bearer(account.secrets.get("access", "")), "Idempotency-Key": publication.key}
        answer = posted(
            lambda: self._transport.write(f"{account.server}/api/v1/statuses", gate, json_body=body, headers=headers)
        )
        if answer.status == 200:
            status = answer.read_or_none(_Posted)
            if status is None:
                return OutcomeUnknown("answer_unexpected")
            native = {"id": status.id}
            if status.uri:
                native["uri"] = status.uri
            return Published(status.id, status.url or status.uri, native)
        return self._refusal(answer, account, reply=publication.reply_to is not None)

    def _refusal(
        self, answer: Answer, account: Account, *, file: MediaFile | None = None, reply: bool = False
    ) -> Outcome:
        """An answer other than success to a write; `file` when it was about that file."""
        said = answer.read_or_none(Error) or Error()
        detail = vendor_words(said.error_description or said.error, account.secrets.values())
        if file is not None:
            detail = f"{file.filename}: {detail}" if detail else file.filename
        status = answer.status
        if status == 401:
            return Reauthorise("credentials_refused", detail)
        if status == 403:
            return Reauthorise("forbidden", detail)
        if status in (404, 410) and reply:
            return Rejected("reply_target_gone", detail)
        if status == 410:
            return RetryAfter(WRONG_SERVER_WAIT, "server_not_understood")
        outcome = outcome_of_status(answer, self._transport.now(), filename=file.filename if file else None)
        if outcome is not None:
            return outcome
        if file is not None:
            return Rejected("media_too_large" if status == 413 else "media_refused", detail)
        return Rejected("content_refused", detail)

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own statuses whose words, number of files, time and what they answer agree; never exact.

        Times are compared on the server's clock, whose distance from ours its Date header tells. Raises Unavailable
        history_too_long when `since` lies further back than 400 statuses: an absence would then prove nothing.
        """
        ours = words_of_text(publication.text)
        sightings = []
        for status, earliest in self._own_statuses(account, since):
            if status.created_at < earliest or status.reblog is not None:
                continue
            if len(status.media_attachments) != len(publication.media):
                continue
            if status.in_reply_to_id not in (None, publication.reply_to):
                continue
            if self._is_text(account, status, publication.text, ours):
                sightings.append(Sighting(status.id, status.url or status.uri, status.created_at, exact=False))
        return sorted(sightings, key=lambda sighting: sighting.created_at)

    def _own_statuses(self, account: Account, since: datetime) -> list[tuple[_Status, datetime]]:
        found: list[tuple[_Status, datetime]] = []
        seen: set[str] = set()
        last = ""
        for _ in range(_PAGES_MAX):
            query = [("limit", str(_PAGE)), ("exclude_reblogs", "true")]
            if last:
                query.append(("max_id", last))
            answer = self._transport.get(
                f"{account.server}/api/v1/accounts/{quote(account.remote_id, safe='')}/statuses",
                query=query,
                headers=bearer(account.secrets.get("access", "")),
            )
            self._require_ok(answer)
            page = _statuses(answer)
            earliest = on_their_clock(answer, since, self._transport.now())
            new = [status for status in page if status.id not in seen]
            # A server that ignores max_id gives the same page again: there is no more to be had from it.
            if not new:
                return found
            found += [(status, earliest) for status in new]
            seen.update(status.id for status in new)
            if all(status.created_at < earliest for status in new):
                return found
            last = page[-1].id
        raise Unavailable("history_too_long")

    def _is_text(self, account: Account, status: _Status, text: str, ours: Words) -> bool:
        """The text as it was sent decides, where the server gives it; otherwise the words of what it shows."""
        if status.text is not None:
            return same_text(text, status.text)
        # Markup makes a text longer, but not this much; and a parser's time grows faster than what it is given.
        if len(status.content) > _MARKUP_FACTOR * len(text) + _MARKUP_MARGIN:
            return False
        if not could_be(ours, words_of_html(status.content)):
            return False
        try:
            answer = self._transport.get(
                f"{account.server}/api/v1/statuses/{quote(status.id, safe='')}/source",
                headers=bearer(account.secrets.get("access", "")),
            )
            return same_text(text, answer.read(_Source).text) if answer.status == 200 else True
        except NetworkError:
            return True

    # ------------------------------------------------------------ judging what a call that publishes nothing got

    def _require_ok(self, answer: Answer) -> None:
        require_ok(answer, self._transport.now())


def _statuses(answer: Answer) -> list[_Status]:
    value = answer.json()
    if not isinstance(value, list):
        raise NotUnderstood("answer_unexpected")
    try:
        statuses = [_Status.model_validate(item) for item in value]
    except ValidationError:
        statuses = None
    if statuses is None:
        raise NotUnderstood("answer_unexpected")
    for index, status in enumerate(statuses):
        if status.created_at.tzinfo is None:
            statuses[index] = status.model_copy(update={"created_at": status.created_at.replace(tzinfo=UTC)})
    return statuses


def _stated_limits(instance: _Instance) -> dict[str, int]:
    statuses, media = instance.configuration.statuses, instance.configuration.media_attachments
    stated = {
        "text_max": statuses.max_characters,
        "url_length": statuses.characters_reserved_per_url,
        "images_max": statuses.max_media_attachments,
        "image_bytes_max": media.image_size_limit,
        "image_pixels_max": media.image_matrix_limit,
        "video_bytes_max": media.video_size_limit,
        "video_pixels_max": media.video_matrix_limit,
        "alt_max": media.description_limit,
    }
    limits = {name: value for name, value in stated.items() if value is not None and value > 0}
    kinds = (*LIMITS.image_types, *LIMITS.video_types)
    limits |= {f"{_TYPE_PREFIX}{kind}": 1 for kind in kinds if kind in media.supported_mime_types}
    return limits
