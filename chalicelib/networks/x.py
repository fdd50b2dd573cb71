"""X, through its API v2, connected by OAuth 2.0 with PKCE as a confidential client.

No id is ours to choose and nothing makes a request idempotent, but X refuses the same text again. An unknown outcome is
settled by reading the account's own posts, by words, number of files and time (`find`).

Text and images go in one attempt, a video is handed over first (x_media.py). The reading side is in x_reading.py.

What X says, and what leaves here (codes, types and statuses: x_wire.py):

| answer                                    | a file              | the post              | reading, connecting        |
|-------------------------------------------|---------------------|-----------------------|----------------------------|
| nothing sent (name, TCP, TLS)             | RetryAfter          | RetryAfter            | Unavailable                |
| sent, no complete answer                  | RetryAfter          | OutcomeUnknown        | Unavailable                |
| 200, 201 without data.id                  | RetryAfter          | OutcomeUnknown        | NotUnderstood              |
| 401; 32, 89, 215                          | Reauthorise         | credentials_refused   | CredentialsRefused         |
| 64, 326 (suspended, locked)               | Reauthorise         | forbidden             | CredentialsRefused         |
| 402, credits; usage-capped                | RetryAfter 1 h      | credits_used_up,      | Unavailable                |
|                                           |                     |   usage_capped        |                            |
| client-forbidden, unsupported-            | RetryAfter 1 h      | access_tier           | Unavailable                |
|   authentication; 261, 453                |                     |                       |                            |
| 403, 187: the same text again             | Rejected            | OutcomeUnknown        | NotPermitted               |
|                                           |   media_refused     |   duplicate           |                            |
| 403 otherwise                             | Rejected            | Rejected              | NotPermitted               |
|                                           |   media_refused     |   content_refused; a  |                            |
|                                           |                     |   reply:              |                            |
|                                           |                     |   reply_not_permitted |                            |
| 404, 410; resource-not-found              | RetryAfter          | RetryAfter; a reply:  | NotUnderstood; thread:     |
|                                           |                     |   reply_target_gone   |   empty; figures: gone     |
| 405, 501; 3xx                             | RetryAfter          | RetryAfter            | NotUnderstood,             |
|                                           |                     |                       |   AddressRefused           |
| 408, 409, 5xx                             | RetryAfter          | OutcomeUnknown        | Unavailable                |
| 429, 88, rate-limit-exceeded:             | RetryAfter          | rate_limited          | Unavailable                |
|   until x-rate-limit-reset                |                     |                       |                            |
| 413                                       | media_too_large     | content_refused       | NotUnderstood              |
| 400, other 4xx                            | Rejected,           | Rejected              | NotUnderstood              |
|                                           |   media_refused     |   content_refused     |                            |
| processing failed                         | Rejected,           | -                     | -                          |
|                                           |   media_refused     |                       |                            |

An access that our application lacks, or credits that are used up, are nothing that connecting a profile again would
mend: the post waits and says so. The same text again is not a refusal, for what stands may be what an earlier attempt
of ours made. Of an answer to a post only data.id is read.

Tokens: access stands for two hours, refresh is replaced at every use. A refresh asks for nothing but the tokens: were
anything asked after it and failed, the only tokens that stand would be lost.

Sources: docs.x.com (fundamentals/authentication/oauth-2-0; x-api/fundamentals/response-codes-and-errors, rate-limits;
x-api/media; x-api/posts/manage-tweets, hide-replies; getting-started/pricing) and X's OpenAPI 2.167, 2026-08-22, to
which the tests hold every request.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, urlencode

import regex
from pydantic import Field

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
    NotUnderstood,
    OAuthStart,
    Outcome,
    OutcomeUnknown,
    Price,
    Problem,
    Publication,
    Published,
    Rejected,
    Sighting,
    Unavailable,
)
from chalicelib.networks.inbound import moment
from chalicelib.networks.matching import words_of_text
from chalicelib.networks.oauth import Refused, client_of, origin_of, renewed, verifier_and_challenge
from chalicelib.networks.steps import (
    HANDED_OVER_BYTES_MAX,
    attempt,
    posted,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.tweet_counting import TWEET, tweet_length
from chalicelib.networks.videos import in_two_steps
from chalicelib.networks.wire import Wire, bearer
from chalicelib.networks.x_media import XMedia
from chalicelib.networks.x_reading import MEASURES, PRIVATE_PACE, READS, XReading, each_post, public_url, text_shown
from chalicelib.networks.x_wire import (
    ACCESS_WAIT,
    API,
    OWN,
    Gone,
    Made,
    OneUser,
    Post,
    Posts,
    headers_of,
    refusal,
    require_ok,
)

AUTHORIZE = "https://x.com/i/oauth2/authorize"

SCOPES = (
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "media.write",
    "offline.access",
)
"""What publishing, reading, hiding and staying connected need, and no more."""

PRIVATE_SCOPE = "dm.read"
"""For reading private messages; an account that does not have it is read without them."""

LIMITS = Limits(
    text_unit="tweet",
    text_max=TWEET.longest,
    text_bytes_max=None,
    url_length=TWEET.link // 100,
    images_max=4,
    image_bytes_max=5_000_000,
    image_types=("image/jpeg", "image/png", "image/webp"),
    alt_max=1000,
    source=(
        "docs.x.com (counting-characters; media/quickstart/best-practices; OpenAPI 2.167 for the description), 2026-08;"
        " animated GIFs are not sent; X takes videos of 512 MB, of which we hand over 200"
    ),
    videos_max=1,
    video_bytes_max=min(512_000_000, HANDED_OVER_BYTES_MAX),
    video_seconds_max=140,
    video_seconds_min=0.5,
    video_ratio_min=1 / 3,
    video_ratio_max=3,
    video_types=("video/mp4", "video/quicktime"),
)

_PRICING = "https://docs.x.com/x-api/getting-started/pricing"

_CAPABILITIES = Capabilities(
    network="x",
    name="X",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # We give up on a request after 25 s at most; X may work on it for longer, and says nothing of how far its timelines
    # lag. Three minutes is what Facebook is given (facebook.py), for the same want of a bound.
    absence_after=timedelta(minutes=3),
    reads=READS,
    measures=MEASURES,
    # Only who has mentioned or quoted us may be answered, and X then names them itself.
    threads=True,
    mentions_in_replies=False,
    moderates=frozenset({"hide", "delete"}),
    revokes=True,
    videos_ahead=True,
    notices=("replies_only_where_mentioned", "one_cashtag", "no_description_of_videos", "no_edits"),
    link_cards="theirs",
    prices=(
        Price("post", 0.015, "2026-08-22", _PRICING),
        Price("post_with_link", 0.20, "2026-08-22", _PRICING),
        Price("read", 0.005, "2026-08-22", _PRICING),
        Price("private_read", 0.01, "2026-08-28", _PRICING),
    ),
)

_PAGE = 100
_PAGES_MAX = 10
_TOKEN_LIFE_S = 7200
# How far X's clock may be from ours where it is asked for posts since a moment.
_ASKED_EARLIER = timedelta(minutes=5)
_OUR_APPLICATION = {"invalid_client", "unauthorized_client"}
_VOID_TOKEN = {"invalid_grant", "invalid_token", "invalid_request"}  # X says the last of a refresh token that was used
_MENTIONS_FIRST = regex.compile(r"\A(?:\s*@\w{1,15})+\s*")
_SCHEME = regex.compile(r"https?://", regex.IGNORECASE)


class _Tokens(Wire):
    access_token: str = Field(min_length=1)
    refresh_token: str | None = None
    expires_in: int = _TOKEN_LIFE_S
    scope: str | None = None


class X(XReading):
    """Account secrets: access, refresh. The remote id is the account's number, the handle its user name."""

    def __init__(self, transport: Transport, app: App, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        super().__init__(transport, private_pace=private_pace)
        self._app = app
        self._media = XMedia(transport)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every account: longer posts of paying accounts are not offered."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return tweet_length(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, lambda words: self.length(words, limits))

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """Raises AddressRefused, Unavailable application_missing."""
        origin = origin_of(self._transport, server, API, "X")
        verifier, challenge = verifier_and_challenge()
        query = urlencode(
            [
                ("response_type", "code"),
                ("client_id", client_of(self._app)[0]),
                ("redirect_uri", redirect_uri),
                ("scope", " ".join((*SCOPES, PRIVATE_SCOPE))),
                ("state", state),
                ("code_challenge", challenge),
                ("code_challenge_method", "S256"),
            ],
            quote_via=quote,
        )
        page = AUTHORIZE if origin == API else f"{origin}/i/oauth2/authorize"
        return OAuthStart(f"{page}?{query}", {"verifier": verifier})

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """The one account that agreed. Raises AddressRefused, Unavailable, NotUnderstood, NotPermitted,
        CredentialsRefused: code_refused, permission_missing, credentials_refused."""
        origin = origin_of(self._transport, server, API, "X")
        tokens = self._tokens(
            origin,
            [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", redirect_uri),
                ("code_verifier", keep["verifier"]),
            ],
            refused="code_refused",
        )
        granted = tokens.scope.split() if tokens.scope is not None else SCOPES
        missing = [scope for scope in SCOPES if scope not in granted]
        if missing or not tokens.refresh_token:
            raise CredentialsRefused("permission_missing", ", ".join(missing or ["offline.access"]))
        answer = self._transport.get(
            f"{origin}/2/users/me",
            query=[("user.fields", "name,profile_image_url,username")],
            headers=bearer(tokens.access_token),
        )
        require_ok(answer, self._transport.now())
        user = answer.read(OneUser).data
        return [
            Connected(
                server=origin,
                remote_id=user.id,
                handle=user.username,
                display_name=user.name if isinstance(user.name, str) and user.name else user.username,
                avatar_url=user.profile_image_url if isinstance(user.profile_image_url, str) else None,
                secrets={"access": tokens.access_token, "refresh": tokens.refresh_token},
                expires_at=self._ends(tokens),
            )
        ]

    def refresh(self, account: Account) -> Connected:
        """Both tokens are replaced; a refresh token that X does not replace stays. Raises Unavailable (keep the old
        ones), NotUnderstood, CredentialsRefused."""
        before = account.secrets.get("refresh", "")
        tokens = self._tokens(
            account.server,
            [("grant_type", "refresh_token"), ("refresh_token", before)],
            refused="credentials_refused",
        )
        kept = {**account.secrets, "access": tokens.access_token, "refresh": tokens.refresh_token or before}
        return renewed(account, kept, self._ends(tokens))

    def revoke(self, account: Account) -> None:
        """Both tokens, the one that makes others first; one that is void already is as it should be."""
        for name in ("refresh", "access"):
            token = account.secrets.get(name, "")
            if not token:
                continue
            answer = self._transport.post(
                f"{account.server}/2/oauth2/revoke",
                form=[("token", token), ("token_type_hint", f"{name}_token")],
                headers=self._basic(),
            )
            said = answer.read_or_none(Refused) or Refused()
            if answer.status == 200 or (answer.status == 400 and said.error in ("invalid_grant", "invalid_token")):
                continue
            self._judge_ours(answer, said)
            require_ok(answer, self._transport.now())

    def _tokens(self, origin: str, form: Sequence[tuple[str, str]], *, refused: str) -> _Tokens:
        answer = self._transport.post(f"{origin}/2/oauth2/token", form=form, headers=self._basic())
        if answer.status == 200:
            return answer.read(_Tokens)
        said = answer.read_or_none(Refused) or Refused()
        self._judge_ours(answer, said)
        if answer.status in (400, 401) and said.error in _VOID_TOKEN:
            raise CredentialsRefused(refused)
        if answer.status in (401, 403):
            # Without a word of the token's own fault this may be a proxy, or X on a bad day: nobody is disconnected.
            raise Unavailable(f"http_{answer.status}")
        require_ok(answer, self._transport.now())
        raise NotUnderstood("answer_unexpected")

    @staticmethod
    def _judge_ours(answer: Answer, said: Refused) -> None:
        """Our application's own secret does not stand: every profile would be disconnected by a slip of the pen."""
        if answer.status in (400, 401, 403) and said.error in _OUR_APPLICATION:
            raise Unavailable("application_refused", wait=ACCESS_WAIT)

    def _basic(self) -> dict[str, str]:
        """RFC 6749 2.3.1: each part encoded as in a form before they are joined."""
        joined = ":".join(quote(part, safe="") for part in client_of(self._app))
        return {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}

    def _ends(self, tokens: _Tokens) -> datetime:
        life = tokens.expires_in if 0 < tokens.expires_in < 10**8 else _TOKEN_LIFE_S
        return self._transport.now() + timedelta(seconds=life)

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        videos = [file for file in publication.media if file.is_video]
        if videos:
            if len(publication.media) > 1:
                return Rejected("too_many_videos", "A post on X takes one video, and no image with it.")
            return self._send_video(account, publication, videos[0], gate)
        media = [self._media.upload(account, file, gate) for file in publication.media]
        return self._post(account, publication, media, gate)

    def _send_video(self, account: Account, publication: Publication, file: MediaFile, gate: Gate) -> Outcome:
        return in_two_steps(
            publication,
            file,
            hand_over=lambda: self._media.hand_over(account, file, gate),
            look=lambda media: self._media.processed(account, media, file),
            post=lambda media: self._post(account, publication, [media], gate),
        )

    def _post(self, account: Account, publication: Publication, media: Sequence[str], gate: Gate) -> Outcome:
        body: dict[str, object] = {}
        if publication.text:
            body["text"] = publication.text
        if media:
            body["media"] = {"media_ids": list(media)}
        if publication.reply_to:
            body["reply"] = {"in_reply_to_tweet_id": publication.reply_to}
        answer = posted(
            lambda: self._transport.write(
                f"{account.server}/2/tweets", gate, json_body=body, headers=headers_of(account)
            )
        )
        if answer.status in (200, 201):
            made = answer.read_or_none(Made)
            if made is None:
                return OutcomeUnknown("answer_unexpected")
            return Published(made.data.id, self._url(account, made.data.id), {"id": made.data.id})
        return refusal(answer, account, self._transport.now(), reply=publication.reply_to is not None)

    @staticmethod
    def _url(account: Account, post: str) -> str:
        return (
            public_url(account.handle, post)
            if account.server == API
            else f"{account.server}/x/{account.handle}/status/{post}"
        )

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts whose words, number of files and time agree; never exact.

        Times are compared on X's clock, whose distance from ours its Date header tells. Raises Unavailable
        history_too_long when `since` lies further back than 1,000 posts: an absence would then prove nothing.
        """
        ours = _compared(publication.text, reply=publication.reply_to is not None)
        sightings = []
        for post, earliest in self._own_posts(account, since):
            created = moment(post.created_at)
            if created is None or created < earliest or post.answers() not in (None, publication.reply_to):
                continue  # where X does not say what it answers, it could be ours
            if any(each.type == "retweeted" for each in post.references or []):
                continue
            files = (post.attachments.media_keys if post.attachments else None) or []
            if len(files) != len(publication.media):
                continue
            if _compared(text_shown(post), reply=publication.reply_to is not None) == ours:
                sightings.append(Sighting(post.id, self._url(account, post.id), created, exact=False))
        return sorted(sightings, key=lambda sighting: sighting.created_at)

    def _own_posts(self, account: Account, since: datetime) -> Iterator[tuple[Post, datetime]]:
        asked = (since - _ASKED_EARLIER).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        after = ""
        for _ in range(_PAGES_MAX):
            query = [("max_results", str(_PAGE)), ("start_time", asked)]
            if after:
                query.append(("pagination_token", after))
            answer = self._speaker.ask(account, f"/2/users/{quote(account.remote_id, safe='')}/tweets", OWN, query)
            page = answer.read(Posts)
            if page.meta is None and not page.data:
                raise NotUnderstood("answer_unexpected")
            earliest = on_their_clock(answer, since, self._transport.now())
            for post in each_post(page.data):
                yield post, earliest
            following = page.meta.next_token if page.meta else None
            if not following or following == after:
                return
            after = following
        raise Unavailable("history_too_long")

    # ------------------------------------------------------------ moderating

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        """A reply in a conversation that this account began. Raises NotUnderstood where it is gone."""
        address = f"{account.server}/2/tweets/{quote(remote_id, safe='')}/hidden"
        answer = self._transport.put(address, json_body={"hidden": hidden}, headers=headers_of(account))
        require_ok(answer, self._transport.now())

    def delete(self, account: Account, remote_id: str) -> None:
        """A post of this account's own; a citizen's is NotPermitted."""
        address = f"{account.server}/2/tweets/{quote(remote_id, safe='')}"
        answer = self._transport.delete(address, headers=headers_of(account))
        try:
            require_ok(answer, self._transport.now())
        except Gone:
            return


def _compared(text: str, *, reply: bool) -> tuple[str, ...]:
    """The words of a text in their order, those of its links among them. X may write a link with a scheme that was
    written without one, encode it or not, and puts into a reply whom it answers."""
    if reply:
        text = _MENTIONS_FIRST.sub("", text)
    text = unicodedata.normalize("NFC", unquote(_SCHEME.sub(" ", text)))
    return words_of_text(text).words
