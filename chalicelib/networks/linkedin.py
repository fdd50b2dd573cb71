"""LinkedIn, as the page of an organisation, connected by OAuth by a person who administers it.

No id is ours to choose and nothing makes a request idempotent, but LinkedIn refuses the same words twice (422,
DUPLICATE_POST). An unknown outcome is settled by reading the page's own posts, by words, images and time (`find`).

LinkedIn answers a failure as {status, serviceErrorCode, code, message}. Credentials are judged by status and
serviceErrorCode, never by words. What it says, and what leaves here:

| answer                              | a file               | the post, the comment | reading, connecting            |
|-------------------------------------|----------------------|-----------------------|--------------------------------|
| nothing sent (name, TCP, TLS)       | RetryAfter           | RetryAfter            | Unavailable                    |
| sent, no complete answer            | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 201 without x-restli-id             | -                    | OutcomeUnknown        | -                              |
| 200 that cannot be read             | RetryAfter           | OutcomeUnknown        | NotUnderstood                  |
| 401; 65600 invalid, 65601 revoked,  | Reauthorise          | credentials_refused   | CredentialsRefused             |
|   65602 expired, 65604 no token     |                      |                       |                                |
| 403 (scope, no administrator more)  | Reauthorise          | forbidden             | NotPermitted                   |
| 404, 410                            | RetryAfter           | RetryAfter; a reply:  | NotUnderstood; thread: empty;  |
|                                     |                      |   Rejected            |   figures: gone                |
| MEDIA_ASSET_WAITING_UPLOAD,         | -                    | RetryAfter            | -                              |
|   MEDIA_ASSET_PROCESSING            |                      |   media_processing    |                                |
| MEDIA_ASSET_PROCESSING_FAILED       | -                    | Rejected              | -                              |
|                                     |                      |   media_refused       |                                |
| 422 DUPLICATE_POST                  | -                    | OutcomeUnknown        | -                              |
| 426 (version retired), 405, 501     | RetryAfter           | server_not_understood | NotUnderstood                  |
| 429                                 | RetryAfter           | rate_limited, until   | Unavailable                    |
|                                     |                      |   midnight UTC        |                                |
| 408, 409, any 5xx                   | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 3xx                                 | RetryAfter           | RetryAfter            | AddressRefused, NotUnderstood  |
| 400, 413, 422, other 4xx            | Rejected,            | Rejected              | NotUnderstood (code exchange:  |
|                                     |   names the file     |   content_refused     |   CredentialsRefused)          |

422 for a duplicate is not a refusal, for what stands may be what an earlier attempt of ours made.

A reply is a comment, which takes no file (403 on /content) and 1,250 characters; LinkedIn files an answer to an answer
beside it, so the comment is looked at before it is answered. Its text is plain, a post's is "little text"
(little_text.py). LinkedIn reads no page for posts of an application: a link's card is ours, as an article.

Sources: learn.microsoft.com, linkedin/shared (authentication, api-guide/concepts/error-handling, rate-limits) and
linkedin/marketing/community-management (shares/posts-api, comments-api, images-api, organizations/...), 2026-07;
linkedin/marketing/integrations/ads (article-ads-integrations), 2024-04.
LinkedIn publishes no machine-readable specification.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from pydantic import Field

from chalicelib.networks.checks import check_post
from chalicelib.networks.clocks import on_their_clock
from chalicelib.networks.contract import (
    Account,
    App,
    Capabilities,
    CardLimits,
    Connected,
    CredentialsRefused,
    Gate,
    Limits,
    LinkCard,
    MediaFile,
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
from chalicelib.networks.counting import graphemes
from chalicelib.networks.linkedin_media import LinkedInMedia
from chalicelib.networks.linkedin_reading import MEASURES, READS, LinkedInReading, Post
from chalicelib.networks.linkedin_urns import API, SITE, CommentUrn, comment_urn, is_post, public_url
from chalicelib.networks.linkedin_wire import (
    Gone,
    address,
    failure_of,
    headers,
    headers_of,
    moment,
    rate_limit_wait,
    require_ok,
)
from chalicelib.networks.little_text import little, plain
from chalicelib.networks.matching import could_be, same_text, words_of_text
from chalicelib.networks.oauth import Tokens, client_of, origin_of, renewed, require_renewed
from chalicelib.networks.steps import (
    HANDED_OVER_BYTES_MAX,
    RETRY_WAIT,
    WRONG_SERVER_WAIT,
    attempt,
    outcome_of_status,
    posted,
    vendor_words,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import in_two_steps
from chalicelib.networks.wire import Wire

SCOPES = (
    "r_organization_social w_organization_social r_organization_social_feed w_organization_social_feed "
    "rw_organization_admin"
)
"""Posts are asked of the first two, comments of the two with _feed (comments-api, migration guide), figures and the
list of pages of the last. LinkedIn voids every token of a person when another set is asked for."""

COMMENT_MAX = 1_250

LIMITS = Limits(
    text_unit="graphemes",
    text_max=3_000,
    text_bytes_max=None,
    url_length=None,
    images_max=20,
    image_bytes_max=5_000_000,
    image_types=("image/jpeg", "image/png", "image/gif"),
    alt_max=4_086,
    source=(
        "text: 3,000 as commonly given, LinkedIn's reference names only the error; images: images-api and "
        "multiimage-post-api (36,152,320 pixels, 20 images), bytes kept below what LinkedIn shows; video: videos-api "
        "(500 MB, of which we hand over 200); 2026-07"
    ),
    image_pixels_max=36_152_320,
    videos_max=1,
    video_bytes_max=min(500_000_000, HANDED_OVER_BYTES_MAX),
    video_seconds_max=30 * 60,
    video_seconds_min=3,
    video_ratio_min=1 / 2.4,
    video_ratio_max=2.4,
    video_types=("video/mp4",),
)

_CARD_LIMITS = CardLimits(
    image_bytes_max=5_000_000,
    image_types=("image/jpeg", "image/png", "image/gif"),
    source="article-ads-integrations, images-api, 2026-07; bytes kept below what LinkedIn shows",
    image_pixels_max=36_152_320,
)

_CAPABILITIES = Capabilities(
    network="linkedin",
    name="LinkedIn",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # We give up on a request after 25 s. LinkedIn answers a post before its feed and the index behind the finder by
    # author have it, states no bound for that, and its statistics lag by a day: five minutes is longer than any delay
    # reported of the finder, and short enough for several attempts before a delivery is held as late.
    absence_after=timedelta(minutes=5),
    reads=READS,
    measures=MEASURES,
    moderates=frozenset({"delete"}),
    videos_ahead=True,
    reads_a_minute=1,  # two requests each; LinkedIn counts them by the day and publishes no number
    notices=(
        "replies_without_images",
        "replies_of_1250_characters",
        "comments_may_be_kept_48_hours",
        "connect_again_every_365_days",
    ),
    link_cards="ours",
    card_limits=_CARD_LIMITS,
)

_PAGE = 100
_PAGES_MAX = 10
_ORGANISATIONS_MAX = 50

_WAITING = {"MEDIA_ASSET_WAITING_UPLOAD", "MEDIA_ASSET_PROCESSING"}
_PROCESSING_FAILED = "MEDIA_ASSET_PROCESSING_FAILED"


# ---------------------------------------------------------------- what the server answers


class _Tokens(Tokens):
    """refresh_token: only for applications that LinkedIn allows it. It ends in so many seconds."""

    refresh_token_expires_in: int | None = None


class _Acl(Wire):
    organization: str = ""
    role: str = ""
    state: str = ""


class _Acls(Wire):
    elements: list[_Acl]


class _Logo(Wire):
    original: str | None = None


class _Organisation(Wire):
    id: int
    localized_name: str = Field("", alias="localizedName")
    vanity_name: str = Field("", alias="vanityName")


class _Commented(Wire):
    id: str = ""
    comment_urn: str = Field("", alias="commentUrn")


# ---------------------------------------------------------------- the network


class LinkedIn(LinkedInReading):
    """Account secrets: access, refresh (where LinkedIn gives one) and refresh_until. The remote id is the
    organisation's URN. app: client_id, client_secret."""

    def __init__(self, transport: Transport, app: App) -> None:
        super().__init__(transport)
        self._app = app
        self._media = LinkedInMedia(transport, lambda account, answer, file: self._refusal(answer, account, file=file))

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every page."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, lambda words: self.length(words, limits))

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """`server`: empty, or LinkedIn's own; another only on this machine, for practice. Raises AddressRefused,
        Unavailable application_missing."""
        origin = origin_of(self._transport, server, API, "LinkedIn", also=(SITE,))
        client_id, _ = client_of(self._app)
        query = urlencode(
            [
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
                ("state", state),
                ("scope", SCOPES),
            ],
            quote_via=quote,
        )
        return OAuthStart(f"{self._site(origin)}/oauth/v2/authorization?{query}", {})

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """The pages whose administrator the person is. Raises AddressRefused, Unavailable, NotUnderstood, NotPermitted,
        CredentialsRefused: code_refused, credentials_refused, nothing_to_connect."""
        origin = origin_of(self._transport, server, API, "LinkedIn", also=(SITE,))
        answer = self._token(origin, [("grant_type", "authorization_code"), ("code", code)], redirect_uri)
        if answer.status in (400, 401):
            raise CredentialsRefused("code_refused")
        require_ok(answer, self._transport.now())
        secrets, expires_at = self._kept(answer.read(_Tokens), {})
        found = [
            Connected(
                server=origin,
                remote_id=f"urn:li:organization:{each.id}",
                handle=each.vanity_name or str(each.id),
                display_name=each.localized_name or each.vanity_name or str(each.id),
                avatar_url=None,
                secrets=secrets,
                expires_at=expires_at,
            )
            for each in self._administered(origin, secrets["access"])
        ]
        if not found:
            raise CredentialsRefused("nothing_to_connect", "This person administers no page.")
        return found

    def refresh(self, account: Account) -> Connected | None:
        """None where LinkedIn gave no refresh token: the access token stands for its 60 days, and a person connects
        again. A refresh token ends 365 days after a person connected, however often it is used.

        Raises CredentialsRefused refresh_refused, Unavailable, NotUnderstood."""
        refresh = account.secrets.get("refresh", "")
        if not refresh:
            return None
        answer = self._token(account.server, [("grant_type", "refresh_token"), ("refresh_token", refresh)], None)
        require_renewed(answer, void=("invalid_grant", "invalid_request"))
        require_ok(answer, self._transport.now())
        secrets, expires_at = self._kept(answer.read(_Tokens), account.secrets)
        return renewed(account, secrets, expires_at)

    @staticmethod
    def _site(origin: str) -> str:
        return SITE if origin == API else origin

    def _token(self, origin: str, grant: list[tuple[str, str]], redirect_uri: str | None) -> Answer:
        client_id, client_secret = client_of(self._app)
        form = [*grant, ("client_id", client_id), ("client_secret", client_secret)]
        if redirect_uri is not None:
            form.append(("redirect_uri", redirect_uri))
        return self._transport.post(f"{self._site(origin)}/oauth/v2/accessToken", form=form)

    def _kept(self, token: _Tokens, before: Mapping[str, str]) -> tuple[dict[str, str], datetime]:
        """The secrets and when the access token ends. A refresh token that is not given anew is the old one."""
        now = self._transport.now()
        kept = {name: before[name] for name in ("refresh", "refresh_until") if name in before}
        kept["access"] = token.access_token
        if token.refresh_token:
            kept["refresh"] = token.refresh_token
            if token.refresh_token_expires_in:
                until = now + timedelta(seconds=min(token.refresh_token_expires_in, 10**9))
                kept["refresh_until"] = until.isoformat(timespec="seconds")
        return kept, now + timedelta(seconds=min(token.expires_in, 10**9))

    def _administered(self, origin: str, access: str) -> list[_Organisation]:
        asked = address(
            origin, "organizationAcls", q="roleAssignee", role="ADMINISTRATOR", state="APPROVED", count=str(_PAGE)
        )
        answer = self._transport.get(asked, headers=headers_of(access, "FINDER"))
        require_ok(answer, self._transport.now())
        ids = [
            each.organization.rpartition(":")[2]
            for each in answer.read(_Acls).elements
            if (each.role, each.state) == ("ADMINISTRATOR", "APPROVED")
            and each.organization.startswith("urn:li:organization:")  # brands are of an organisation, and not one
        ]
        found = []
        for each in list(dict.fromkeys(ids))[:_ORGANISATIONS_MAX]:
            answer = self._transport.get(address(origin, "organizations", each), headers=headers_of(access))
            try:
                require_ok(answer, self._transport.now())
            except Gone:
                continue
            found.append(answer.read(_Organisation))
        return found

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.reply_to:
            return self._comment(account, publication, publication.reply_to, gate)
        videos = [file for file in publication.media if file.is_video]
        if videos:
            if len(publication.media) > 1:
                return Rejected("video_with_images", "A post on LinkedIn has images or one video.")
            return self._send_video(account, publication, videos[0], gate)
        named = [(self._media.upload_image(account, file, gate), file) for file in publication.media]
        return self._post(account, publication, named, gate)

    def _send_video(self, account: Account, publication: Publication, file: MediaFile, gate: Gate) -> Outcome:
        return in_two_steps(
            publication,
            file,
            hand_over=lambda: self._media.hand_over_video(account, file, gate),
            look=lambda video: self._media.prepared(account, video, file),
            post=lambda video: self._post(account, publication, [(video, file)], gate),
        )

    def _post(
        self, account: Account, publication: Publication, media: Sequence[tuple[str, MediaFile]], gate: Gate
    ) -> Outcome:
        body: dict[str, object] = {
            "author": account.remote_id,
            "commentary": little(publication.text),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        described = [{"id": urn, **({"altText": file.alt} if file.alt else {})} for urn, file in media]
        if len(described) == 1:
            body["content"] = {"media": described[0]}
        elif described:
            body["content"] = {"multiImage": {"images": described}}
        elif publication.card:
            body["content"] = {"article": self._article(account, publication.card, gate)}
        answer = posted(
            lambda: self._transport.write(
                address(account.server, "posts"), gate, json_body=body, headers=headers(account)
            )
        )
        if answer.status != 201:
            return self._refusal(answer, account)
        urn = answer.headers.get("x-restli-id", "")
        if not is_post(urn):
            return OutcomeUnknown("answer_unexpected")
        return Published(urn, public_url(account.server, urn), {"id": urn})

    def _article(self, account: Account, card: LinkCard, gate: Gate) -> dict[str, object]:
        """Its words are plain: only a post's commentary is "little text"."""
        article: dict[str, object] = {"source": card.url, "title": card.title}
        if card.description:
            article["description"] = card.description
        if card.image is not None:
            article["thumbnail"] = self._media.upload_image(account, card.image, gate)
        return article

    def _comment(self, account: Account, publication: Publication, target: str, gate: Gate) -> Outcome:
        if publication.media:
            return Rejected("too_many_images", "A comment on LinkedIn takes no image.")
        if graphemes(publication.text) > COMMENT_MAX:
            return Rejected("text_too_long", f"A comment on LinkedIn has at most {COMMENT_MAX} characters.")
        answered = comment_urn(target)
        body: dict[str, object] = {"actor": account.remote_id, "message": {"text": publication.text}}
        if answered is None:
            if not is_post(target):
                return Rejected("reply_target_gone", "This is no post of LinkedIn's.")
            under, thread = target, target
        else:
            try:
                above = self._filed_under(account, answered)
            except Gone:
                return Rejected("reply_target_gone")
            under, thread = above.whole, above.thread
            body["parentComment"] = above.whole
        body["object"] = thread
        answer = posted(
            lambda: self._transport.write(
                address(account.server, "socialActions", under, "comments"),
                gate,
                json_body=body,
                headers=headers(account),
            )
        )
        if answer.status != 201:
            return self._refusal(answer, account, reply=True)
        said = answer.read_or_none(_Commented) or _Commented()
        number = answer.headers.get("x-restli-id", "") or said.id
        made = (
            comment_urn(said.comment_urn) or comment_urn(number) or comment_urn(f"urn:li:comment:({thread},{number})")
        )
        if made is None:
            return OutcomeUnknown("answer_unexpected")
        return Published(made.whole, public_url(account.server, made.whole), {"id": made.id})

    def _filed_under(self, account: Account, answered: CommentUrn) -> CommentUrn:
        """The comment, or the one that it answers itself. Raises Gone and what reading raises."""
        seen = self._comment_seen(account, answered)
        return (comment_urn(seen.parent) if seen.parent else None) or answered

    def _refusal(
        self, answer: Answer, account: Account, *, file: MediaFile | None = None, reply: bool = False
    ) -> Outcome:
        """An answer other than success to a write; `file` when it was about that file."""
        status, failure = answer.status, failure_of(answer)
        detail = vendor_words(failure.message, account.secrets.values())
        if file is not None:
            detail = f"{file.filename}: {detail}" if detail else file.filename
        if status == 401 or failure.is_of_token:
            return Reauthorise("credentials_refused", detail)
        if status == 403:
            return Reauthorise("forbidden", detail)
        if status == 429:
            return RetryAfter(rate_limit_wait(answer, self._transport.now(), comment=reply), "rate_limited")
        if status == 426:
            return RetryAfter(WRONG_SERVER_WAIT, "server_not_understood", detail)
        if status in (404, 410) and reply:
            return Rejected("reply_target_gone", detail)
        if failure.codes & _WAITING:
            return RetryAfter(RETRY_WAIT, "media_processing", detail)
        if _PROCESSING_FAILED in failure.codes:
            return Rejected("media_refused", detail)
        if status in (400, 422) and failure.is_duplicate and file is None:
            return OutcomeUnknown("duplicate", detail)
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
        """Own posts (of a reply: own comments there) whose words, images and time agree; never exact.

        Times are compared on LinkedIn's clock, whose distance from ours its Date header tells. Raises Unavailable
        history_too_long when `since` lies further back than 1,000 posts: an absence would then prove nothing.
        """
        if publication.reply_to:
            return self._find_comment(account, publication, publication.reply_to, since)
        images = sum(not file.is_video for file in publication.media)
        videos = len(publication.media) - images
        sightings = []
        for post, earliest in self._posts_since(account, since):
            made_at = moment(post.published_at) or moment(post.created_at)
            if made_at is None or made_at < earliest or post.media() != (images, videos):
                continue
            if _same_words(publication.text, plain(post.commentary)):
                sightings.append(Sighting(post.id, public_url(account.server, post.id), made_at, exact=False))
        return sorted(sightings, key=lambda sighting: sighting.created_at)

    def _posts_since(self, account: Account, since: datetime) -> Iterator[tuple[Post, datetime]]:
        """Newest first, each with what `since` was on LinkedIn's clock."""
        for page in range(_PAGES_MAX):
            answer = self._transport.get(
                address(
                    account.server,
                    "posts",
                    q="author",
                    author=quote(account.remote_id, safe=""),
                    start=str(page * _PAGE),
                    count=str(_PAGE),
                    sortBy="CREATED",
                ),
                headers=headers(account, "FINDER"),
            )
            require_ok(answer, self._transport.now())
            posts, earliest = self._posts_of(answer), on_their_clock(answer, since, self._transport.now())
            for post in posts:
                yield post, earliest
            made = [moment(each.created_at) for each in posts]
            if len(posts) < _PAGE or all(at is not None and at < earliest for at in made):
                return
        raise Unavailable("history_too_long")

    def _find_comment(self, account: Account, publication: Publication, target: str, since: datetime) -> list[Sighting]:
        answered = comment_urn(target)
        try:
            under = target if answered is None else self._filed_under(account, answered).whole
            comments, answer = self._comments_of(account, under)
        except Gone:
            return []  # what was answered is gone, and every answer with it
        earliest = on_their_clock(answer, since, self._transport.now())
        sightings = []
        for each in comments:
            at = each.written_at
            if each.actor != account.remote_id or at is None or at < earliest:
                continue
            if each.urn is not None and _same_words(publication.text, each.message.text):
                url = public_url(account.server, each.urn.whole)
                sightings.append(Sighting(each.urn.whole, url, at, exact=False))
        return sorted(sightings, key=lambda sighting: sighting.created_at)

    # ------------------------------------------------------------ moderating: LinkedIn hides nothing for us

    def delete(self, account: Account, remote_id: str) -> None:
        """A post of the page, or a comment below one, ours or another's: an administrator may take away both."""
        comment = comment_urn(remote_id)
        if comment is not None:
            where = address(
                account.server,
                "socialActions",
                comment.thread,
                "comments",
                comment.id,
                actor=quote(account.remote_id, safe=""),
            )
        elif is_post(remote_id):
            where = address(account.server, "posts", remote_id)
        else:
            raise NotUnderstood("not_a_post")
        answer = self._transport.delete(where, headers=headers(account, "DELETE"))
        try:
            require_ok(answer, self._transport.now(), 200, 204)
        except Gone:
            return


def _same_words(ours: str, theirs: str) -> bool:
    """Whatever LinkedIn makes of links (it shortens them) and spaces."""
    ours, theirs = unicodedata.normalize("NFC", ours), unicodedata.normalize("NFC", theirs)
    return same_text(ours, theirs) or could_be(words_of_text(ours), words_of_text(theirs))
