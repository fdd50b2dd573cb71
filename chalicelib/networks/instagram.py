"""Instagram's professional accounts, through Meta's Graph API, connected by Facebook Login: each is reached with the
token of the Page that it stands behind.

A post is published in two steps (containers.py). A comment is one step, and a refusal of it says nothing: Instagram was
seen to answer 400 to comments that stood (trap 11). So whatever a comment is answered, but for what surely stopped it,
is OutcomeUnknown, and the comments below the post are read (`find`).

What Graph says (graph.py), with Instagram's own codes and subcodes, and what leaves here:

| code, subcode                               | a container             | publishing, a comment    | reading           |
|---------------------------------------------|-------------------------|--------------------------|-------------------|
| 4, 17, 32, 341, 613, 80000 to 80014,        | RetryAfter rate_limited | RetryAfter rate_limited  | Unavailable       |
|   9/2207042 (posts of a day)                |                         |                          |                   |
| 368, 4/2207051 (taken for spam),            | RetryAfter              | RetryAfter               | Unavailable       |
|   25/2207050 (account restricted)           |   temporarily_blocked   |   temporarily_blocked    |                   |
| 102, 190, 458 to 467                        | Reauthorise             | Reauthorise              | CredentialsRefused|
| 3, 10, 200 to 299                           | Reauthorise             | Reauthorise              | CredentialsRefused|
| -1/2207001, 2207032, 2207053; -2/2207003,   | RetryAfter              | OutcomeUnknown           | Unavailable       |
|   2207020; 24/2207006, 2207008; 1; 2; 5xx   |                         |                          |                   |
| 9007/2207027 (not ready)                    | RetryAfter              | Pending                  | Unavailable       |
| 9004/2207052 (file not fetched)             | RetryAfter, names file  | OutcomeUnknown           | Unavailable       |
| 352/2207026, 36000/2207004, 36001/2207005,  | Rejected, names file    | OutcomeUnknown           | NotUnderstood     |
|   36003/2207009, 36004/2207010, 100 ...     |                         |                          |                   |
| 100 subcode 33, 803 (no such thing)         | Rejected                | OutcomeUnknown; comment: | NotUnderstood     |
|                                             |                         |   reply_target_gone      |                   |
| a code that is not known here               | RetryAfter              | OutcomeUnknown           | Unavailable       |
| no Graph error                              | as in facebook.py       | as in facebook.py        | as in facebook.py |

A container that ends in ERROR names a subcode; those of the fourth row and 2207052 may pass, and the material is handed
over again. The reading side is in instagram_reading.py.

Not built: stories, tags of people and products, collaborators, the webhook, hashtag search.

Sources: developers.facebook.com (instagram-platform/content-publishing, instagram-graph-api/reference: error-codes,
ig-user/media, media_publish, content_publishing_limit, ig-container, ig-comment), 2026-06; Meta's specification
(facebook-business-sdk-codegen, api_specs: IGUser, IGMedia, IGComment), to which the tests hold every parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import regex
from pydantic import Field

from chalicelib.networks import meta_login
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
    OAuthStart,
    Outcome,
    OutcomeUnknown,
    Problem,
    Publication,
    Published,
    Rejected,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import graphemes
from chalicelib.networks.graph import GRAPH, Codes, Gone, Made, failure_of, refusal, require_ok, same_words
from chalicelib.networks.graph_private import PRIVATE_PACE
from chalicelib.networks.instagram_reading import INSTAGRAM, MEASURES, READS, InstagramReading, Media, Place
from chalicelib.networks.oauth import origin_of
from chalicelib.networks.steps import attempt, posted
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.wire import Wire, bearer

PERMISSIONS = (
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
    "instagram_manage_messages",
    "pages_manage_metadata",
)
"""The last two: for reading private messages; an account is read without them where they
were left out. business_management: without it Meta does not list the Pages that a business portfolio holds."""

HASHTAGS_MAX = 30
LIMITS = Limits(
    text_unit="graphemes",
    text_max=2_200,
    text_bytes_max=None,
    url_length=None,
    images_max=10,
    image_bytes_max=8 * 1024 * 1024,
    image_types=("image/jpeg",),
    alt_max=1_000,
    source="developers.facebook.com, instagram-graph-api/reference/ig-user/media, 2026-06",
    images_min=1,
    image_ratio_min=4 / 5,
    image_ratio_max=1.91,
    videos_max=10,
    video_bytes_max=300_000_000,
    video_seconds_max=900,
    video_types=("video/mp4", "video/quicktime"),
    video_with_images=True,
    video_seconds_min=3,
    video_ratio_min=0.01,
    video_ratio_max=10,
)

_CAPABILITIES = Capabilities(
    network="instagram",
    name="Instagram",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # As Facebook, which it is a part of: we give up after 25 s, Meta may work for a minute, and its replicas lag.
    absence_after=timedelta(minutes=3),
    reads=READS,
    measures=MEASURES,
    moderates=frozenset({"hide", "delete"}),
    two_steps=True,
    notices=("image_or_video_needed", "links_not_clickable", "replies_without_images", "no_search", "no_edits"),
)

_QUOTA_WAIT = timedelta(hours=1)  # counted over a rolling day; Meta does not say when a place comes free
_HASHTAG = regex.compile(r"(?<![\w&/])#[\p{L}\p{N}\p{M}_]*[\p{L}\p{M}_][\p{L}\p{N}\p{M}_]*")


class _ContainerState(Wire):
    status_code: str = ""
    status: str | None = None


class _QuotaConfig(Wire):
    quota_total: int | None = None


class _Quota(Wire):
    quota_usage: int | None = None
    config: _QuotaConfig = Field(default_factory=_QuotaConfig)


class _Quotas(Wire):
    data: list[_Quota] = Field(default_factory=list)


class Instagram(InstagramReading, Containers):
    """Account secrets: access, the token of the Page behind which the account stands. The remote id is the account's
    own (IG User)."""

    codes: Codes = INSTAGRAM
    passing = frozenset({2207001, 2207003, 2207006, 2207008, 2207020, 2207032, 2207052, 2207053})
    not_ready = frozenset({2207027, 9007})

    def __init__(self, transport: Transport, app: App, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        super().__init__(transport, private_pace=private_pace)
        self._app = app

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """The same for every account."""
        return LIMITS

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        problems = check_post(text, media, limits, lambda words: self.length(words, limits))
        hashtags = sum(1 for _ in _HASHTAG.finditer(text))
        if hashtags > HASHTAGS_MAX:
            hint = f"{hashtags} hashtags; {HASHTAGS_MAX} are allowed."
            problems.append(Problem("too_many_hashtags", "text", hint, limit=HASHTAGS_MAX, actual=hashtags))
        return problems

    # ------------------------------------------------------------ connecting

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """Raises AddressRefused, Unavailable application_missing."""
        origin = origin_of(self._transport, server, GRAPH, "Instagram")
        return meta_login.start(self._app, origin, PERMISSIONS, redirect_uri=redirect_uri, state=state)

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: code_refused, credentials_refused,
        forbidden, nothing_to_connect."""
        origin = origin_of(self._transport, server, GRAPH, "Instagram")
        pages = meta_login.pages(
            self._transport, self._app, origin, redirect_uri=redirect_uri, code=code, instagram=True
        )
        found = {}
        for page in pages:
            account = page.instagram_business_account
            if account is not None and page.access_token:
                found[account.id] = Connected(
                    server=origin,
                    remote_id=account.id,
                    handle=account.username,
                    display_name=account.name or account.username,
                    avatar_url=account.profile_picture_url,
                    secrets={"access": page.access_token},
                )
        if not found:
            raise CredentialsRefused("nothing_to_connect")
        return list(found.values())

    def refresh(self, account: Account) -> None:
        """Nothing to renew: the token of a Page stands until it is withdrawn."""
        return

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.reply_to:
            return self._comment(account, publication, gate)
        if not publication.media:
            return Rejected("too_few_images", "A post on Instagram needs an image or a video.")
        if publication.ticket is None:
            self._require_room(account)
        return self._two_steps(account, publication, gate)

    def _require_room(self, account: Account) -> None:
        """Raises Unavailable where a day's posts are used up; what cannot be read stops nothing, since publishing is
        refused by itself then."""
        try:
            quotas = self._read(
                account, _Quotas, account.remote_id, "content_publishing_limit", fields="config,quota_usage"
            )
        except CredentialsRefused:
            raise
        except NetworkError:
            return
        for each in quotas.data[:1]:
            used, total = each.quota_usage, each.config.quota_total
            if used is not None and total is not None and used >= total > 0:
                raise Unavailable("rate_limited", wait=_QUOTA_WAIT)

    def _make(
        self, account: Account, publication: Publication, file: MediaFile | None, url: str, gate: Gate, *, part: bool
    ) -> Answer:
        assert file is not None
        form: list[tuple[str, str]] = []
        if file.is_video:
            form += [("media_type", "VIDEO" if part else "REELS"), ("video_url", url)]
            if not part:
                form.append(("share_to_feed", "true"))
        else:
            form.append(("image_url", url))
            if file.alt:
                form.append(("alt_text", file.alt))
        if part:
            form.append(("is_carousel_item", "true"))
        elif publication.text:
            form.append(("caption", publication.text))
        return self._write(account, gate, form, account.remote_id, "media")

    def _join(self, account: Account, publication: Publication, parts: Sequence[str], gate: Gate) -> Answer:
        form = [("media_type", "CAROUSEL"), ("children", ",".join(parts))]
        if publication.text:
            form.append(("caption", publication.text))
        return self._write(account, gate, form, account.remote_id, "media")

    def _state(self, account: Account, container: str) -> State:
        said = self._read(account, _ContainerState, container, fields="status_code,status")
        return State(said.status_code, said.status or "")

    def _release(self, account: Account, container: str, gate: Gate) -> Answer:
        return self._write(account, gate, [("creation_id", container)], account.remote_id, "media_publish")

    def _url_of(self, account: Account, remote_id: str) -> str | None:
        return self._read(account, Media, remote_id, fields="id,permalink").permalink

    # ------------------------------------------------------------ comments

    def _comment(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        if publication.media:
            return Rejected("too_many_images", "A comment on Instagram takes no image.")
        try:
            target = self._target(account, publication.reply_to or "")
        except Gone:
            return Rejected("reply_target_gone")
        if target.mentions:
            form = [("media_id", target.place.media), ("message", publication.text)]
            if target.place.comment is not None:
                form.append(("comment_id", target.place.comment))
            answer = posted(lambda: self._write(account, gate, form, account.remote_id, "mentions"))
        else:
            form = [("message", publication.text)]
            answer = posted(lambda: self._write(account, gate, form, *target.edge))
        failure = failure_of(answer)
        if answer.status == 200 and failure is None:
            made = answer.read_or_none(Made)
            if made is None:
                return OutcomeUnknown("answer_unexpected")
            return Published(target.place.answer(made.id).written(), target.url, {"id": made.id})
        outcome = refusal(answer, account, self.codes, reply=True)
        if isinstance(outcome, Rejected) and outcome.code != "reply_target_gone":
            return OutcomeUnknown(outcome.code, outcome.detail)
        return outcome

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts (of a reply: own comments there) whose text, number of files and time agree; exact only where one
        has the ticket's id.

        Raises Unavailable: history_too_long, published_unseen (the ticket's container is published, and its post is not
        shown yet), not_readable (a comment below a post of others, where nothing can be looked up).
        """
        if publication.reply_to:
            try:
                return self._own_comments(account, publication, since)
            except Gone:
                return []
        sightings = {}
        for media, earliest in self._own_media(account, since):
            if media.at < earliest or media.files != max(len(publication.media), 1):
                continue
            if same_words(publication.text, media.caption):
                sightings[media.id] = Sighting(media.id, media.permalink, media.at, exact=False)
        found = sorted(sightings.values(), key=lambda each: each.created_at)
        return self._settled(account, publication, found)

    def _own_comments(self, account: Account, publication: Publication, since: datetime) -> list[Sighting]:
        target = self._target(account, publication.reply_to or "")
        if target.mentions:
            raise Unavailable("not_readable", wait=timedelta(minutes=5))
        found = []
        for comment, earliest in self._comments_at(account, target, since):
            own = comment.username == account.handle or comment.author_id == account.remote_id
            if own and comment.at >= earliest and same_words(publication.text, comment.text):
                stands = target.place.answer(comment.id).written()
                found.append(Sighting(stands, target.url, comment.at, exact=False))
        return sorted(found, key=lambda each: each.created_at)

    # ------------------------------------------------------------ moderating

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        answer = self._transport.post(
            self._address(account, Place.read(remote_id).node),
            form=[("hide", "true" if hidden else "false")],
            headers=bearer(account.secrets.get("access", "")),
        )
        self._require_done(answer)

    def delete(self, account: Account, remote_id: str) -> None:
        """A comment below a post of ours, or a post of ours; what is gone already is no error."""
        answer = self._transport.delete(
            self._address(account, Place.read(remote_id).node), headers=bearer(account.secrets.get("access", ""))
        )
        try:
            self._require_done(answer)
        except Gone:
            return

    def _require_done(self, answer: Answer) -> None:
        try:
            require_ok(answer, self.codes)
        except CredentialsRefused as error:
            if error.code == "forbidden":
                raise NotPermitted("forbidden") from None
            raise

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
