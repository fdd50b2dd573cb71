"""The comments on an agency's YouTube channel. Videos are published on YouTube itself: what we send is replies.

Connected by Google's OAuth with PKCE, for offline access. No id is ours to choose and nothing makes a request
idempotent; an unknown outcome is settled by reading the thread, by words and time (`find`).

The reason in Google's answer decides (youtube_wire.py). What it says, and what leaves here:

| answer                                  | a reply                   | reading, connecting, moderating |
|-----------------------------------------|---------------------------|---------------------------------|
| nothing sent (name, TCP, TLS)           | RetryAfter                | Unavailable                     |
| sent, no complete answer                | OutcomeUnknown            | Unavailable                     |
| 200 that cannot be read                 | OutcomeUnknown            | NotUnderstood                   |
| quotaExceeded, dailyLimitExceeded       | rate_limited, until       | Unavailable                     |
|                                         |   midnight in California  |                                 |
| rateLimitExceeded, user..., any 429     | RetryAfter rate_limited   | Unavailable                     |
| 401, authError, required                | Reauthorise               | CredentialsRefused              |
|                                         |   credentials_refused     |                                 |
| insufficientPermissions                 | Reauthorise scope_missing | NotPermitted scope_missing      |
| ...AccountClosed, ...Suspended,         | Reauthorise forbidden     | NotPermitted                    |
|   ...NotChannel, ineligibleAccount      |                           |                                 |
| 403 commentsDisabled                    | Rejected                  | NotPermitted                    |
|                                         |   comments_disabled       |                                 |
| 403 forbidden (this thread, not us)     | Rejected reply_refused    | NotPermitted forbidden          |
| 404, parentCommentNotFound,             | Rejected                  | NotUnderstood; thread: empty;   |
|   videoNotFound, channelNotFound        |   reply_target_gone       |   figures: gone                 |
| commentTextTooLong, commentTextRequired,| Rejected content_refused  | NotUnderstood                   |
|   invalidCommentMetadata,               |                           |                                 |
|   operationNotSupported, parentComment  |                           |                                 |
|   IsPrivate, parentIdMissing            |                           |                                 |
| processingFailure, backendError, 408,   | OutcomeUnknown            | Unavailable                     |
|   409, any 5xx                          |                           |                                 |
| a reason that is not known here         | OutcomeUnknown            | 403: NotPermitted, else         |
|                                         |                           |   NotUnderstood                 |
| no error of Google's: 3xx, 404, 405     | RetryAfter                | AddressRefused, NotUnderstood   |
|   other 4xx                             | Rejected content_refused  | NotUnderstood                   |

403 forbidden never disconnects a channel: Google says it of a thread that takes no answers too.

Sources: developers.google.com/youtube/v3 (docs, determine_quota_cost), developers.google.com/identity/protocols/oauth2
(web-server), 2026-08; the discovery document youtube.v3, to which the tests hold every request.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from chalicelib.networks.checks import check_post
from chalicelib.networks.clocks import on_their_clock
from chalicelib.networks.contract import (
    Account,
    App,
    Capabilities,
    Connected,
    CredentialsRefused,
    Gate,
    Limits,
    MediaFile,
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
)
from chalicelib.networks.counting import graphemes
from chalicelib.networks.matching import same_text
from chalicelib.networks.oauth import Tokens, client_of, origin_of, renewed, require_renewed, verifier_and_challenge
from chalicelib.networks.steps import attempt, outcome_of_status, posted, vendor_words
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import bearer
from chalicelib.networks.youtube_reading import MEASURES, READS, Channels, Comment, YouTubeReading
from chalicelib.networks.youtube_wire import (
    ACCOUNT,
    API,
    GONE,
    HURRIED,
    QUOTA,
    SCOPE,
    TOKEN,
    TRANSIENT,
    Gone,
    failure_of,
    public_url,
    rate_limit_wait,
    require_ok,
    top_of,
)

AUTHORIZE = "https://accounts.google.com/o/oauth2/v2/auth"
TOKENS = "https://oauth2.googleapis.com/token"
SITES = ("https://www.youtube.com", "https://youtube.com")
SCOPES = "https://www.googleapis.com/auth/youtube.force-ssl"
"""The only scope under which comments are read, written and moderated (discovery document)."""

LIMITS = Limits(
    text_unit="graphemes",
    text_max=10_000,
    text_bytes_max=None,
    url_length=None,
    images_max=0,
    image_bytes_max=0,
    image_types=(),
    alt_max=None,
    source="as commonly given; YouTube's reference names only the error (commentTextTooLong); 2026-08",
)

_CAPABILITIES = Capabilities(
    network="youtube",
    name="YouTube",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # We give up on a request after 25 s. YouTube shows a comment to its author at once, but lists are served from
    # copies whose delay it does not bound, and what its filters look at appears late. Ten minutes, because a second
    # reply in public is worse than one that is late.
    absence_after=timedelta(minutes=10),
    reads=READS,
    measures=MEASURES,
    moderates=frozenset({"hide", "delete"}),
    reads_a_minute=1,  # 1,440 of the 10,000 units that a project has a day, for all its channels
    publishes=False,
    notices=("replies_only", "replies_without_images", "quota_10000_units_a_day", "held_comments_are_not_told"),
)

_REFUSED = {
    "commentTextRequired",
    "commentTextTooLong",
    "invalidCommentMetadata",
    "operationNotSupported",
    "parentCommentIsPrivate",
    "parentIdInvalid",
    "parentIdMissing",
}


class _Tokens(Tokens):
    """refresh_token: at the first exchange only."""

    scope: str = ""


class YouTube(YouTubeReading):
    """Account secrets: access, refresh. The remote id is the channel's. app: client_id, client_secret."""

    def __init__(self, transport: Transport, app: App) -> None:
        super().__init__(transport)
        self._app = app

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every channel."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        """Of a reply; whether it is one, the caller knows (capabilities().publishes)."""
        return check_post(text, media, limits, lambda words: self.length(words, limits))

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """`server`: empty, or YouTube's own; another only on this machine, for practice. Raises AddressRefused,
        Unavailable application_missing."""
        origin = origin_of(self._transport, server, API, "YouTube", also=SITES)
        client_id, _ = client_of(self._app)
        verifier, challenge = verifier_and_challenge()
        query = urlencode(
            [
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("scope", SCOPES),
                ("state", state),
                ("code_challenge", challenge),
                ("code_challenge_method", "S256"),
                ("access_type", "offline"),
                # Google gives a refresh token only when a person is asked; and they choose the channel again.
                ("prompt", "consent select_account"),
            ]
        )
        where = AUTHORIZE if origin == API else f"{origin}/o/oauth2/v2/auth"
        return OAuthStart(f"{where}?{query}", {"verifier": verifier})

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """The channels of the account that the person chose. Raises AddressRefused, Unavailable, NotUnderstood,
        NotPermitted, CredentialsRefused: code_refused, permission_missing, credentials_refused, nothing_to_connect."""
        origin = origin_of(self._transport, server, API, "YouTube", also=SITES)
        grant = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", keep.get("verifier", "")),
        ]
        answer = self._token(origin, grant)
        if answer.status in (400, 401):
            raise CredentialsRefused("code_refused")
        require_ok(answer, self._transport.now())
        token = answer.read(_Tokens)
        if SCOPES not in token.scope.split() or not token.refresh_token:
            # A box that the person left unticked, or no offline access: it would be half a connection.
            raise CredentialsRefused("permission_missing", SCOPES)
        kept, expires_at = self._kept(token, {})
        found = self._own_channels(origin, kept["access"])
        if not found.items:
            raise CredentialsRefused("nothing_to_connect", "This account has no YouTube channel.")
        return [
            Connected(
                server=origin,
                remote_id=each.id,
                handle=each.snippet.custom_url.removeprefix("@") or each.id,
                display_name=each.snippet.title or each.id,
                avatar_url=each.avatar,
                secrets=kept,
                expires_at=expires_at,
            )
            for each in found.items
        ]

    def refresh(self, account: Account) -> Connected:
        """Google gives no new refresh token, so the old one is kept. Raises CredentialsRefused refresh_refused,
        Unavailable, NotUnderstood."""
        grant = [("grant_type", "refresh_token"), ("refresh_token", account.secrets.get("refresh", ""))]
        answer = self._token(account.server, grant)
        require_renewed(answer, void=("invalid_grant",))
        require_ok(answer, self._transport.now())
        kept, expires_at = self._kept(answer.read(_Tokens), account.secrets)
        return renewed(account, kept, expires_at)

    def _token(self, origin: str, grant: list[tuple[str, str]]) -> Answer:
        client_id, client_secret = client_of(self._app)
        where = TOKENS if origin == API else f"{origin}/o/oauth2/token"
        return self._transport.post(where, form=[*grant, ("client_id", client_id), ("client_secret", client_secret)])

    def _kept(self, token: _Tokens, before: Mapping[str, str]) -> tuple[dict[str, str], datetime]:
        kept = {"access": token.access_token, "refresh": token.refresh_token or before.get("refresh", "")}
        return kept, self._transport.now() + timedelta(seconds=min(token.expires_in, 10**9))

    def _own_channels(self, origin: str, access: str) -> Channels:
        answer = self._transport.get(
            f"{origin}/youtube/v3/channels",
            query=[("part", "snippet"), ("mine", "true"), ("maxResults", "50")],
            headers=bearer(access),
        )
        require_ok(answer, self._transport.now())
        return answer.read(Channels)

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.reply_to is None:
            return Rejected("posts_not_supported", "YouTube takes replies to what people write there, and no posts.")
        if publication.media:
            return Rejected("too_many_images", "A comment on YouTube takes no file.")
        body = {"snippet": {"parentId": top_of(publication.reply_to), "textOriginal": publication.text}}
        answer = posted(
            lambda: self._transport.write(
                f"{account.server}/youtube/v3/comments?part=snippet",
                gate,
                json_body=body,
                headers=bearer(account.secrets.get("access", "")),
            )
        )
        if answer.status != 200:
            return self._refusal(answer, account)
        comment = answer.read_or_none(Comment)
        if comment is None:
            return OutcomeUnknown("answer_unexpected")
        url = public_url(account.server, comment.snippet.video_id, comment.id)
        return Published(comment.id, url, {"id": comment.id})

    def _refusal(self, answer: Answer, account: Account) -> Outcome:
        failure, now = failure_of(answer), self._transport.now()
        reasons = failure.reasons if failure else set()
        detail = vendor_words(failure.error.message if failure else "", account.secrets.values())
        if reasons & (QUOTA | HURRIED) or answer.status == 429:
            return RetryAfter(rate_limit_wait(answer, now, reasons), "rate_limited")
        if answer.status == 401 or reasons & TOKEN:
            return Reauthorise("credentials_refused", detail)
        if failure is None or not reasons:
            if answer.status == 403:
                return Rejected("reply_refused", detail)
            return outcome_of_status(answer, now) or Rejected("content_refused", detail)
        if reasons & SCOPE:
            return Reauthorise("scope_missing", detail)
        if reasons & ACCOUNT:
            return Reauthorise("forbidden", detail)
        if reasons & GONE:
            return Rejected("reply_target_gone", detail)
        if reasons & _REFUSED:
            return Rejected("content_refused", detail)
        if "commentsDisabled" in reasons:
            return Rejected("comments_disabled", detail)
        if "forbidden" in reasons:
            return Rejected("reply_refused", detail)
        return OutcomeUnknown(next(iter(sorted(reasons & TRANSIENT or reasons)))[:60])

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own answers in the thread whose words and time agree; never exact. A post is never there.

        Raises Unavailable history_too_long after 1,000 answers."""
        if publication.reply_to is None:
            return []
        try:
            answers, answer = self._answers_to(account, top_of(publication.reply_to))
        except Gone:
            return []  # what was answered is gone, and every answer with it
        earliest = on_their_clock(answer, since, self._transport.now())
        sightings = []
        for each in answers:
            at = each.written_at
            if each.author != account.remote_id or at is None or at < earliest:
                continue
            if _same_words(publication.text, each.text):
                url = public_url(account.server, each.snippet.video_id, each.id)
                sightings.append(Sighting(each.id, url, at, exact=False))
        return sorted(sightings, key=lambda sighting: sighting.created_at)

    # ------------------------------------------------------------ moderating

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        """A hidden comment is held for review: its writer and the channel see it, and it can be shown again."""
        answer = self._transport.post(
            f"{account.server}/youtube/v3/comments/setModerationStatus?"
            + urlencode([("id", remote_id), ("moderationStatus", "heldForReview" if hidden else "published")]),
            headers=bearer(account.secrets.get("access", "")),
        )
        require_ok(answer, self._transport.now(), 200, 204)

    def delete(self, account: Account, remote_id: str) -> None:
        """A reply of ours; YouTube lets a channel hide what others wrote, and not delete it (NotPermitted)."""
        answer = self._transport.delete(
            f"{account.server}/youtube/v3/comments",
            query=[("id", remote_id)],
            headers=bearer(account.secrets.get("access", "")),
        )
        try:
            require_ok(answer, self._transport.now(), 200, 204)
        except Gone:
            return


def _same_words(ours: str, theirs: str) -> bool:
    return same_text(unicodedata.normalize("NFC", ours), unicodedata.normalize("NFC", theirs))
