"""Facebook Pages, through Meta's Graph API, connected by Facebook Login (meta_login.py), or by a Page access token that
a person brings, which a public body's own Meta Business gives to a system user. The Page that a person chose is then
subscribed to our webhook (`subscribe`), and no other.

No id is ours to choose and nothing makes a request idempotent, but Facebook refuses the same words twice in a row
(506). An unknown outcome is settled by reading the Page's own posts, by text, number of files and time (`find`).

The reading side is in facebook_reading.py. How Graph says that something failed is read in graph.py. What it says, and
what leaves here:

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

A post has one video or images; a video's own codes and states are in facebook_videos.py.

An upload whose outcome is unknown is RetryAfter: an unpublished photo is seen by nobody. 506 is not a refusal, for what
stands may be what an earlier attempt of ours made.

Sources: developers.facebook.com (graph-api/guides/error-handling, overview/rate-limiting, reference/page; pages-api),
2026-08; Meta's specification (facebook-business-sdk-codegen, api_specs), to which the tests hold every parameter.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.networks import meta_login
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
    NetworkError,
    NotPermitted,
    OAuthStart,
    Outcome,
    OutcomeUnknown,
    Problem,
    Publication,
    Published,
    Rejected,
    RetryAfter,
    Sighting,
    Unavailable,
)
from chalicelib.networks.counting import graphemes, links
from chalicelib.networks.facebook_reading import MEASURES, READS, FacebookReading
from chalicelib.networks.facebook_videos import FacebookVideos, video_of
from chalicelib.networks.facebook_wire import (
    COMMENT_FIELDS,
    PAGE,
    Page,
    Written,
    WrittenList,
    headers_of,
    node,
    public_url,
    site_of,
    utc,
)
from chalicelib.networks.graph import (
    GRAPH,
    META,
    Gone,
    Made,
    failure_of,
    in_utc,
    refusal,
    require_ok,
    same_words,
)
from chalicelib.networks.graph_private import PRIVATE_PACE
from chalicelib.networks.oauth import origin_of
from chalicelib.networks.steps import (
    HANDED_OVER_BYTES_MAX,
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    Stop,
    attempt,
    content_of,
    posted,
    upload_name,
    uploaded,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import Held, Ticket, in_two_steps
from chalicelib.networks.wire import Wire, bearer

PERMISSIONS = (
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "pages_read_user_content",
    "pages_manage_metadata",
)
"""What publishing, answering, reading comments and the webhook need. read_insights is welcome and not needed."""

SCOPES = (*PERMISSIONS, "pages_show_list", "read_insights", "business_management", "pages_messaging")
"""What a person is asked for. pages_messaging: for reading private messages; a Page is read without them where it was
left out. business_management: without it Meta does not list the Pages of a business portfolio."""

SUBSCRIBED = "feed"
"""The webhook field with comments and visitors' posts; private messages are asked for."""

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
        "types); Meta states no limit of a description; video: guides/video-uploads (four hours, 9:16 to 16:9), 2 GB "
        "by video-api/reference/error-codes, of which we hand over 0.2; 2026-11"
    ),
    videos_max=1,
    video_bytes_max=min(1_000_000_000, HANDED_OVER_BYTES_MAX),
    video_seconds_max=4 * 3600,
    video_types=("video/mp4", "video/quicktime"),
    video_ratio_min=9 / 16 - 0.01,  # what is 9:16 but for a row of pixels is taken
    video_ratio_max=16 / 9 + 0.01,
)

_CAPABILITIES = Capabilities(
    network="facebook",
    name="Facebook",
    connect="oauth",
    needs_server=False,
    limits=LIMITS,
    chosen_id=False,
    # We give up on a request after 25 s at most; Meta may work on it for a minute or more, and a Page's posts are read
    # from replicas whose delay Meta does not bound. Three minutes is twice what one instance is given (mastodon.py),
    # and leaves time for several attempts before a delivery is held as late.
    absence_after=timedelta(minutes=3),
    reads=READS,
    pushes=True,
    measures=MEASURES,
    moderates=frozenset({"hide", "delete"}),
    subscribes=True,
    videos_ahead=True,
    notices=("no_description_of_videos", "videos_play_later"),
    link_cards="theirs",
)

_PAGES_MAX = 10

_OWN_POST_FIELDS = "id,message,created_time,permalink_url,attachments{media_type,subattachments.limit(20){media_type}}"


class _Inspected(Wire):
    """expires_at: epoch seconds; 0 where it never does."""

    expires_at: int = 0
    scopes: list[str] | None = None


class _TokenInspected(Wire):
    data: _Inspected


# ---------------------------------------------------------------- the network


class Facebook(FacebookReading):
    """Account secrets: access, a Page access token. The remote id is the Page's id."""

    def __init__(self, transport: Transport, app: App = dict, *, private_pace: timedelta = PRIVATE_PACE) -> None:
        super().__init__(transport, private_pace=private_pace)
        self._app = app
        self._videos = FacebookVideos(transport)

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
        """`identifier`: the Page's id or user name; `app_password`: a Page access token. `server`: empty, or Graph's
        own; another only on this machine, for practice.

        Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: credentials_refused, forbidden,
        page_token_required, token_of_another_page, permission_missing.
        """
        origin = origin_of(self._transport, server, GRAPH, "Facebook")
        token = app_password.strip()
        page = self._own_page(origin, token)
        if identifier.strip().lower() not in {page.id, (page.username or page.id).lower()}:
            raise CredentialsRefused("token_of_another_page")
        inspected = self._inspected(origin, token)
        self._require_permissions(inspected)
        return Connected(
            server=origin,
            remote_id=page.id,
            handle=page.username or page.id,
            display_name=page.name,
            avatar_url=page.picture.data.url if page.picture else None,
            secrets={"access": token},
            expires_at=datetime.fromtimestamp(inspected.expires_at, UTC) if inspected.expires_at > 0 else None,
        )

    def start_oauth(self, *, server: str, redirect_uri: str, state: str) -> OAuthStart:
        """Raises AddressRefused, Unavailable application_missing."""
        origin = origin_of(self._transport, server, GRAPH, "Facebook")
        return meta_login.start(self._app, origin, SCOPES, redirect_uri=redirect_uri, state=state)

    def finish_oauth(
        self, *, server: str, redirect_uri: str, code: str, keep: Mapping[str, str]
    ) -> Sequence[Connected]:
        """The Pages that the person let us into, in Meta's own dialog. One for which a permission was left out is not
        among them.

        Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: code_refused, credentials_refused,
        forbidden, nothing_to_connect, permission_missing.
        """
        origin = origin_of(self._transport, server, GRAPH, "Facebook")
        found: list[Connected] = []
        refused: CredentialsRefused | None = None
        for page in meta_login.pages(
            self._transport, self._app, origin, redirect_uri=redirect_uri, code=code, instagram=False
        ):
            token = page.access_token or ""
            inspected = self._inspected(origin, token)
            try:
                self._require_permissions(inspected)
            except CredentialsRefused as error:
                refused = error
                continue
            found.append(
                Connected(
                    server=origin,
                    remote_id=page.id,
                    handle=page.username or page.id,
                    display_name=page.name or page.username or page.id,
                    avatar_url=page.picture.data.url if page.picture else None,
                    secrets={"access": token},
                    expires_at=datetime.fromtimestamp(inspected.expires_at, UTC) if inspected.expires_at > 0 else None,
                )
            )
        if not found:
            raise refused or CredentialsRefused("nothing_to_connect")
        return found

    def subscribe(self, account: Account) -> None:
        """Of a Page, to our webhook. Raises Unavailable, NotUnderstood, CredentialsRefused: credentials_refused,
        permission_missing."""
        answer = self._transport.post(
            node(account.server, account.remote_id, "subscribed_apps"),
            form=[("subscribed_fields", SUBSCRIBED)],
            headers=headers_of(account),
        )
        try:
            require_ok(answer, META)
        except CredentialsRefused as error:
            if error.code == "forbidden":
                raise CredentialsRefused("permission_missing", "pages_manage_metadata") from None
            raise

    def unsubscribe(self, account: Account) -> None:
        """Ends the Page's subscription to our webhook, so that nothing of it reaches us any more. Meta makes a token
        of a Page void only with everything else that the same person let us into, their other Pages too; that is
        theirs to do, in Facebook's settings (Business integrations). The token is forgotten with the profile.

        Raises Unavailable, NotUnderstood; what does not stand any more is no error."""
        answer = self._transport.delete(
            node(account.server, account.remote_id, "subscribed_apps"),
            headers=headers_of(account),
        )
        with contextlib.suppress(CredentialsRefused, Gone):
            require_ok(answer, META)

    def refresh(self, account: Account) -> None:
        """Nothing to renew: a Page token stands, or ends on its day and a person brings another."""
        return

    @staticmethod
    def _require_permissions(inspected: _Inspected) -> None:
        missing = [each for each in PERMISSIONS if inspected.scopes is not None and each not in inspected.scopes]
        if missing:
            raise CredentialsRefused("permission_missing", ", ".join(missing))

    def _own_page(self, origin: str, token: str) -> Page:
        """`me` is whom the token speaks for: read by the Page's id, any other Page's token would do."""
        answer = self._transport.get(
            node(origin, "me"),
            query=[("fields", "id,name,username,link,picture,followers_count")],
            headers=bearer(token),
        )
        failure = failure_of(answer)
        if failure is not None and failure.code == 100:  # a person has no user name of a Page
            raise CredentialsRefused("page_token_required")
        require_ok(answer, META)
        return answer.read(Page)

    def _inspected(self, origin: str, token: str) -> _Inspected:
        """When the token ends and what it may do, where Meta tells it about itself; nothing depends on it."""
        try:
            answer = self._transport.get(
                node(origin, "debug_token"), query=[("input_token", token)], headers=bearer(token)
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
        videos = [file for file in publication.media if file.is_video]
        if videos:
            return self._send_video(account, publication, videos[0], gate)
        photos = [self._upload(account, file, gate) for file in publication.media]
        return self._post(account, publication, photos, gate)

    def _send_video(self, account: Account, publication: Publication, file: MediaFile, gate: Gate) -> Outcome:
        if publication.reply_to:
            return Rejected("media_refused", f"{file.filename}: a comment on Facebook takes no video.")
        if len(publication.media) > 1:
            return Rejected("video_with_images", "A post on Facebook has images or one video.")
        return in_two_steps(
            publication,
            file,
            hand_over=lambda: self._videos.hand_over(account, file, gate),
            look=Held,
            post=lambda held: self._videos.post(account, held, publication.text, file, gate),
        )

    def _upload(self, account: Account, file: MediaFile, gate: Gate) -> str:
        content = content_of(file)
        form = [("published", "false")]
        if file.alt:
            form.append(("alt_text_custom", file.alt))
        answer = uploaded(
            file,
            lambda: self._transport.write(
                node(account.server, account.remote_id, "photos"),
                gate,
                form=form,
                files={"source": (upload_name(file), content, file.content_type)},
                headers=headers_of(account),
                read_timeout=UPLOAD_READ_TIMEOUT_S,
                total_timeout=UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status != 200 or failure_of(answer) is not None:
            raise Stop(refusal(answer, account, META, file=file))
        photo = answer.read_or_none(Made)
        if photo is None:
            raise Stop(RetryAfter(RETRY_WAIT, "answer_unexpected", file.filename))
        return photo.id

    def _post(self, account: Account, publication: Publication, photos: Sequence[str], gate: Gate) -> Outcome:
        form = [("message", publication.text)] if publication.text else []
        if publication.reply_to:
            address = node(account.server, publication.reply_to, "comments")
            form += [("attachment_id", photo) for photo in photos]
        else:
            address = node(account.server, account.remote_id, "feed")
            first = next((each.url for each in links(publication.text)), None)
            link = publication.card.url if publication.card else first
            if photos:
                form.append(("attached_media", json.dumps([{"media_fbid": photo} for photo in photos])))
            elif link is not None:
                form.append(("link", link))  # otherwise Facebook shows no preview of it
        answer = posted(lambda: self._transport.write(address, gate, form=form, headers=headers_of(account)))
        if answer.status == 200 and failure_of(answer) is None:
            post = answer.read_or_none(Made)
            if post is None:
                return OutcomeUnknown("answer_unexpected")
            return Published(post.id, public_url(account.server, post.id), {"id": post.id})
        return refusal(answer, account, META, reply=publication.reply_to is not None)

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """Own posts (of a reply: own comments there) whose text, number of images or video, and time agree; exact only
        where the ticket's own video says which its post is.

        Times are compared on Meta's clock, whose distance from ours its Date header tells. Raises Unavailable:
        history_too_long when `since` lies further back than 1,000 posts, since an absence would then prove nothing;
        being_processed; published_unseen (the ticket's video is published, and its post is not shown yet).
        """
        ticket = Ticket.read(publication.ticket or "")
        if ticket is None:
            return self._find(account, publication, since)
        video = self._videos.look(account, video_of(ticket.id))
        if video is None or video.state == "taken":
            return self._find(account, publication, since)
        match video.state:
            case "being_processed":
                raise Unavailable("being_processed")
            case "published":
                post = video.post_of(account.remote_id)
                if post is not None and video.created_time is not None:
                    url = video.url_at(site_of(account.server))
                    return [Sighting(post, url, in_utc(video.created_time), exact=True)]
                found = self._find(account, publication, since)
                if not found:
                    raise Unavailable("published_unseen")
                return found
        return []

    def _find(self, account: Account, publication: Publication, since: datetime) -> list[Sighting]:
        videos = sum(file.is_video for file in publication.media)
        files = len(publication.media) - videos, videos
        sightings: dict[str, Sighting] = {}
        for address, query in self._where_it_would_stand(account, publication):
            for written, earliest in self._written_since(account, address, query, since):
                if written.created_time < earliest:
                    continue
                if publication.reply_to and (written.author is None or written.author.id != account.remote_id):
                    continue
                if _files_of(written) != files or not same_words(publication.text, written.message):
                    continue
                url = written.permalink_url or public_url(account.server, written.id)
                sightings[written.id] = Sighting(written.id, url, written.created_time, exact=False)
        return sorted(sightings.values(), key=lambda sighting: sighting.created_at)

    def _where_it_would_stand(
        self, account: Account, publication: Publication
    ) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        if not publication.reply_to:
            yield node(account.server, account.remote_id, "published_posts"), [("fields", _OWN_POST_FIELDS)]
            return
        query = [("fields", COMMENT_FIELDS), ("filter", "stream"), ("order", "reverse_chronological")]
        yield node(account.server, publication.reply_to, "comments"), query
        if not publication.reply_to.startswith(f"{account.remote_id}_"):
            # Facebook files an answer to an answer beside it, under the comment that both belong to.
            with contextlib.suppress(Gone):
                target = self._read(account, publication.reply_to, Written, fields="id,created_time,parent{id}")
                if target.parent is not None:
                    yield node(account.server, target.parent.id, "comments"), query

    def _written_since(
        self, account: Account, address: str, query: Sequence[tuple[str, str]], since: datetime
    ) -> Iterator[tuple[Written, datetime]]:
        """Newest first, each with what `since` was on Meta's clock; pages are turned as long as any is younger."""
        after = ""
        for _ in range(_PAGES_MAX):
            turned = [*query, ("limit", str(PAGE)), *([("after", after)] if after else [])]
            answer = self._transport.get(address, query=turned, headers=headers_of(account))
            try:
                require_ok(answer, META)
            except Gone:
                return  # what was answered is gone, and every answer with it
            page = answer.read(WrittenList)
            earliest = on_their_clock(answer, since, self._transport.now())
            for written in page.data:
                yield utc(written), earliest
            after = page.paging.cursors.after or ""
            if not page.paging.next or not after or all(utc(each).created_time < earliest for each in page.data):
                return
        raise Unavailable("history_too_long")

    # ------------------------------------------------------------ moderating

    def hide(self, account: Account, remote_id: str, *, hidden: bool) -> None:
        """A comment on a post of the Page: who wrote it, and their friends, see it still."""
        answer = self._transport.post(
            node(account.server, remote_id),
            form=[("is_hidden", "true" if hidden else "false")],
            headers=headers_of(account),
        )
        self._require_done(answer)

    def delete(self, account: Account, remote_id: str) -> None:
        """A comment on a post of the Page, or a post of the Page; what is gone already is no error."""
        answer = self._transport.delete(node(account.server, remote_id), headers=headers_of(account))
        with contextlib.suppress(Gone):
            self._require_done(answer)

    @staticmethod
    def _require_done(answer: Answer) -> None:
        try:
            require_ok(answer, META)
        except CredentialsRefused as error:
            if error.code == "forbidden":
                raise NotPermitted("forbidden") from None
            raise


def _files_of(written: Written) -> tuple[int, int]:
    """How many images, how many videos."""
    if written.attachment is not None:
        return int(written.attachment.media is not None and "photo" in (written.attachment.type or "")), 0
    attached = written.attachments.data if written.attachments else []
    kinds = [
        one.media_type or ""
        for each in attached
        for one in (each.subattachments.data if each.subattachments and each.subattachments.data else [each])
    ]
    return kinds.count("photo"), sum(kind.startswith("video") for kind in kinds)
