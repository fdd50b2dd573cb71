"""Bluesky (AT Protocol), connected by an app password.

A post is a record that we put under a key of our own (`record_key`), demanding that nothing stands there yet: a
repeated request cannot make a second post, and what stands under the key proves what happened.

What the server says, and what leaves here:

| answer                             | a file's upload      | the post itself       | reading, connecting            |
|------------------------------------|----------------------|-----------------------|--------------------------------|
| nothing sent (name, TCP, TLS)      | RetryAfter           | RetryAfter            | Unavailable                    |
| sent, no complete answer           | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 200 that cannot be read            | RetryAfter           | OutcomeUnknown        | NotUnderstood                  |
| 3xx                                | RetryAfter           | RetryAfter            | AddressRefused, NotUnderstood  |
| 400 InvalidSwap, the post is ours  |                      | Published             |                                |
| 400 InvalidSwap, another's         |                      | Rejected              |                                |
| 400 BlobNotFound                   |                      | RetryAfter; a video   |                                |
|                                    |                      |   is uploaded anew    |                                |
| 400 BlobTooLarge, InvalidMimeType, | Rejected,            | Rejected              |                                |
|   InvalidSize; 413, 415            |   names the file     |   media_refused       |                                |
| other 400, 422                     | Rejected             | Rejected              | NotUnderstood (createSession:  |
|                                    |                      |   content_refused     |   CredentialsRefused)          |
| ExpiredToken, as 400 or 401        | Reauthorise          | token_expired         | CredentialsRefused             |
| InvalidToken ..., 401, 403         | Reauthorise          | credentials_refused   | CredentialsRefused             |
| AccountTakedown, RepoTakendown ... | Reauthorise          | account_suspended     | CredentialsRefused             |
| AccountDeactivated ...             | Reauthorise          | account_deactivated   | CredentialsRefused             |
| 400 NotFound (thread),             |                      |                       | an empty thread; gone          |
|   RecordNotFound (figures)         |                      |                       |                                |
| 404, 405, 501                      | RetryAfter           | server_not_understood | NotUnderstood                  |
| 408, 409                           | RetryAfter           | OutcomeUnknown        | Unavailable                    |
| 429, ratelimit-reset epoch seconds | RetryAfter           | rate_limited          | Unavailable                    |
| 5xx                                | RetryAfter           | OutcomeUnknown        | Unavailable                    |

An upload whose outcome is unknown is RetryAfter: a blob that no record names is seen by nobody. The reading side is in
bluesky_reading.py; a PDS without an AppView answers it with 502.

A post has one video or images. A video is uploaded ahead to the account's own server, as every blob (videos.py; its
content hash and size are the ticket): a server keeps what no record names for an hour at least. Bluesky's video service
learns of it from the post and plays it some seconds later (decision 0021).

Sources: lexicons com.atproto.* and app.bsky.* (bluesky-social/atproto d6296a1, 2026-08-20); the PDS of
@atproto/dev-env 0.6.7, whose answers the contract suite replays; docs.bsky.app (tutorials/video: the simple method) and
atproto.com (specs/blob: the hour), 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from pydantic import Field

from chalicelib.networks.bluesky_reading import MEASURES, READS, BlueskyReading
from chalicelib.networks.bluesky_wire import (
    DEACTIVATED,
    POST,
    SUSPENDED,
    Record,
    Wire,
    credentials_code,
    get_record,
    method_url,
    public_url,
    require_ok,
    said_of,
)
from chalicelib.networks.checks import check_post
from chalicelib.networks.contract import (
    Account,
    Capabilities,
    CardLimits,
    Connected,
    CredentialsRefused,
    Gate,
    Limits,
    LinkCard,
    MediaFile,
    NetworkError,
    NotUnderstood,
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
from chalicelib.networks.facets import facets
from chalicelib.networks.oauth import renewed
from chalicelib.networks.steps import (
    HELD_BYTES_MAX,
    RETRY_WAIT,
    UPLOAD_READ_TIMEOUT_S,
    UPLOAD_TOTAL_TIMEOUT_S,
    Stop,
    attempt,
    content_of,
    outcome_of_status,
    posted,
    raise_for_status,
    uploaded,
    vendor_words,
)
from chalicelib.networks.transport import Answer, Transport
from chalicelib.networks.videos import VIDEO_READ_TIMEOUT_S, VIDEO_TOTAL_TIMEOUT_S, Held, in_two_steps, is_id
from chalicelib.networks.wire import bearer

LIMITS = Limits(
    text_unit="graphemes",
    text_max=300,
    text_bytes_max=3000,
    url_length=None,
    images_max=4,
    image_bytes_max=2_000_000,
    image_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
    alt_max=2000,
    source=(
        "lexicons app.bsky.feed.post, app.bsky.embed.images and app.bsky.embed.video, 2026-08-20, and what the "
        "account's server states (blobUploadLimit); alt text, three minutes of video: the official application; "
        "of 300 MB of video we hand over 60"
    ),
    videos_max=1,
    video_bytes_max=min(300_000_000, HELD_BYTES_MAX),
    video_seconds_max=180,
    video_types=("video/mp4",),
)

_CARD_LIMITS = CardLimits(
    image_bytes_max=1_000_000,
    image_types=("image/jpeg", "image/png", "image/webp", "image/gif"),
    source="lexicon app.bsky.embed.external, 2026-08-20",
)

_CAPABILITIES = Capabilities(
    network="bluesky",
    name="Bluesky",
    connect="app_password",
    needs_server=True,
    limits=LIMITS,
    chosen_id=True,
    # Our own exchange ends within 25 s, and a server that holds a request longer than that after we hung up is one
    # that we would find at the next look. A repeated put is harmless in any case: the key is ours.
    absence_after=timedelta(seconds=30),
    reads=READS,
    reads_a_minute=4,  # free; docs.bsky.app lets an address make 3,000 requests in five minutes
    measures=MEASURES,
    threads=True,
    videos_ahead=True,
    notices=("videos_play_later", "videos_need_confirmed_address"),
    link_cards="ours",
    card_limits=_CARD_LIMITS,
)

_MEDIA_REFUSED = {"BlobTooLarge", "InvalidMimeType", "InvalidSize"}

_VANISHED = RetryAfter(RETRY_WAIT, "media_vanished")

_HANDLE_TIMEOUT_S = 3.0
_MENTIONS_RESOLVED_MAX = 10
_OPAQUE_TOKEN_LIFE = timedelta(minutes=60)


# ---------------------------------------------------------------- what the server answers


class _Session(Wire):
    access_jwt: str = Field(min_length=1)
    refresh_jwt: str = Field(min_length=1)
    did: str = Field(pattern=r"^did:[a-z]+:\S+$")
    handle: str = Field(min_length=1)
    active: bool = True
    status: str | None = None


class _Identity(Wire):
    did: str = Field(pattern=r"^did:[a-z]+:\S+$")
    handle: str = Field(min_length=1)
    active: bool = True
    status: str | None = None


class _Resolved(Wire):
    did: str = Field(pattern=r"^did:[a-z]+:\S+$")


class _Server(Wire):
    did: str = Field(pattern=r"^did:[a-z]+:\S+$")
    available_user_domains: list[str]
    blob_upload_limit: int | None = None


class _Commit(Wire):
    rev: str = ""


class _Put(Wire):
    uri: str = Field(pattern=r"^at://")
    cid: str = Field(min_length=1)
    commit: _Commit | None = None


class _PostValue(Wire):
    text: str
    created_at: str


class _Reply(Wire):
    root: dict[str, str]


class _BlobRef(Wire):
    link: str = Field(alias="$link", min_length=1)


class _Blob(Wire):
    ref: _BlobRef
    mime_type: str
    size: int


class _Upload(Wire):
    blob: _Blob


class _ProfileValue(Wire):
    display_name: str = ""
    avatar: _Blob | None = None


# ---------------------------------------------------------------- the record's key

_TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


def record_key(publication: Publication) -> str:
    """A TID (https://atproto.com/specs/tid): 13 characters for 0, 53 bits of microseconds, 10 bits of clock id.

    The seconds are those of `written_at`; microseconds and clock id are taken from SHA-256 of `key`. So the same
    delivery always has the same record key, and two deliveries written in the same second share one with a probability
    of one in a thousand million (10**6 * 2**10). Should it happen all the same, the second is refused, not lost:
    see `_put`.
    """
    seconds = int(publication.written_at.timestamp())
    number = int.from_bytes(hashlib.sha256(publication.key.encode()).digest()[:16])
    clock_id, microseconds = number % 1024, (number // 1024) % 1_000_000
    value = ((seconds * 1_000_000 + microseconds) << 10) | clock_id
    return "".join(_TID_ALPHABET[(value >> shift) & 31] for shift in range(60, -1, -5))


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---------------------------------------------------------------- the network


def _blob_json(blob: _Blob) -> dict[str, object]:
    """As a record names it."""
    return {"$type": "blob", "ref": {"$link": blob.ref.link}, "mimeType": blob.mime_type, "size": blob.size}


class Bluesky(BlueskyReading):
    """Account secrets: access, refresh (the app password itself is never kept)."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)

    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def limits(self, account_limits: Mapping[str, int]) -> Limits:
        """Known keys: image_bytes_max, video_bytes_max (describeServer's blobUploadLimit where it is below the
        lexicon's)."""
        least = {
            name: min(account_limits[name], getattr(LIMITS, name))
            for name in ("image_bytes_max", "video_bytes_max")
            if name in account_limits
        }
        return replace(LIMITS, **least)

    def check(self, text: str, media: Sequence[MediaFile], limits: Limits) -> list[Problem]:
        return check_post(text, media, limits, graphemes)

    def length(self, text: str, limits: Limits) -> int:
        return graphemes(text)

    # ------------------------------------------------------------ connecting

    def connect_password(self, *, server: str, identifier: str, app_password: str) -> Connected:
        """Raises AddressRefused, Unavailable, NotUnderstood, CredentialsRefused: credentials_wrong,
        second_factor_required, app_password_required, account_suspended, account_deactivated."""
        origin = self._transport.origin(server)
        described = self._transport.get(method_url(origin, "com.atproto.server.describeServer"))
        self._require_ok(described)
        limit = described.read(_Server).blob_upload_limit
        name = "".join(c for c in identifier.strip().removeprefix("@") if c.isprintable() and not c.isspace())
        answer = self._transport.post(
            method_url(origin, "com.atproto.server.createSession"),
            json_body={"identifier": name, "password": app_password},
        )
        self._require_session(answer)
        session = answer.read(_Session)
        _require_active(session)
        if _claims(session.access_jwt).get("scope") == "com.atproto.access":
            # Signed in with the account's own password: its tokens could delete the account.
            raise CredentialsRefused("app_password_required")
        verified = self._transport.get(
            method_url(origin, "com.atproto.server.getSession"), headers=bearer(session.access_jwt)
        )
        self._require_ok(verified)
        identity = verified.read(_Identity)
        if identity.did != session.did:
            raise NotUnderstood("answer_unexpected")
        _require_active(identity)
        most = {"image_bytes_max": LIMITS.image_bytes_max, "video_bytes_max": LIMITS.video_bytes_max}
        limits = {} if limit is None else {name: min(limit, known) for name, known in most.items()}
        return self._connected(origin, session, limits)

    def refresh(self, account: Account) -> Connected:
        """Both tokens are replaced, and nothing else is asked: whatever came between these and their being kept could
        lose them. Raises Unavailable (keep the old ones), NotUnderstood, CredentialsRefused."""
        answer = self._transport.post(
            method_url(account.server, "com.atproto.server.refreshSession"),
            headers=bearer(account.secrets.get("refresh", "")),
        )
        self._require_ok(answer)
        session = answer.read(_Session)
        if session.did != account.remote_id:
            raise NotUnderstood("answer_unexpected")
        _require_active(session)
        kept = {"access": session.access_jwt, "refresh": session.refresh_jwt}
        return renewed(account, kept, self._ends(session))

    def _connected(self, origin: str, session: _Session, limits: Mapping[str, int]) -> Connected:
        name, avatar = self._profile(origin, session)
        return Connected(
            server=origin,
            remote_id=session.did,
            handle=session.handle,
            display_name=name or session.handle,
            avatar_url=avatar,
            secrets={"access": session.access_jwt, "refresh": session.refresh_jwt},
            limits=limits,
            expires_at=self._ends(session),
        )

    def _ends(self, session: _Session) -> datetime:
        expires = _claims(session.access_jwt).get("exp")
        if isinstance(expires, int) and 0 < expires < 10**11:
            return datetime.fromtimestamp(expires, UTC)
        # The token's form is the server's own affair. One that hides its end is renewed every hour.
        return self._transport.now() + _OPAQUE_TOKEN_LIFE

    def _profile(self, origin: str, session: _Session) -> tuple[str, str | None]:
        """Name and picture, read from the repository itself (no AppView needed). A profile without them is complete."""
        try:
            answer = self._get_record(origin, session.did, "app.bsky.actor.profile", "self", session.access_jwt)
            if answer.status != 200:
                return "", None
            value = _ProfileValue.model_validate(answer.read(Record).value)
        except (NetworkError, ValueError):
            return "", None
        if value.avatar is None:
            return value.display_name, None
        query = f"did={quote(session.did, safe='')}&cid={quote(value.avatar.ref.link, safe='')}"
        return value.display_name, f"{method_url(origin, 'com.atproto.sync.getBlob')}?{query}"

    # ------------------------------------------------------------ publishing

    def publish(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        return attempt(publication, lambda: self._send(account, publication, gate))

    def _send(self, account: Account, publication: Publication, gate: Gate) -> Outcome:
        videos = [file for file in publication.media if file.is_video]
        if not videos:
            record = self._record(account, publication)
            if publication.media:
                images = [self._shown(file, "image", self._upload(account, file, gate)) for file in publication.media]
                record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
            elif publication.card:
                record["embed"] = self._external(account, publication.card, gate)
            return self._put(account, publication, record, gate)
        if len(publication.media) > 1:
            return Rejected("video_with_images", "A post on Bluesky has images or one video.")
        file = videos[0]

        def hand_over() -> Held:
            blob = self._upload(account, file, gate)
            return Held(f"{blob.ref.link}:{blob.size}")

        def post(held: str) -> Outcome | None:
            link, _, size = held.rpartition(":")
            if not link or not size.isdecimal():
                return OutcomeUnknown("ticket_unreadable")
            blob = _Blob.model_validate({"ref": {"$link": link}, "mimeType": file.content_type, "size": int(size)})
            record = self._record(account, publication)
            record["embed"] = {"$type": "app.bsky.embed.video", **self._shown(file, "video", blob)}
            outcome = self._put(account, publication, record, gate)
            return None if outcome == _VANISHED else outcome

        return in_two_steps(publication, file, hand_over=hand_over, look=Held, post=post)

    def _record(self, account: Account, publication: Publication) -> dict[str, object]:
        record: dict[str, object] = {
            "$type": POST,
            "text": publication.text,
            "createdAt": _timestamp(publication.written_at),
        }
        if publication.language:
            record["langs"] = [publication.language]
        if publication.reply_to:
            record["reply"] = self._reply(account, publication.reply_to)
        found = facets(publication.text, _Handles(self._transport, account))
        if found:
            record["facets"] = found
        return record

    def _external(self, account: Account, card: LinkCard, gate: Gate) -> dict[str, object]:
        external: dict[str, object] = {"uri": card.url, "title": card.title, "description": card.description}
        if card.image is not None:
            external["thumb"] = _blob_json(self._upload(account, card.image, gate))
        return {"$type": "app.bsky.embed.external", "external": external}

    @staticmethod
    def _shown(file: MediaFile, kind: Literal["image", "video"], blob: _Blob) -> dict[str, object]:
        """A file as a record shows it, alone or among others."""
        shown: dict[str, object] = {"alt": file.alt, kind: _blob_json(blob)}
        if file.width > 0 and file.height > 0:
            shown["aspectRatio"] = {"width": file.width, "height": file.height}
        return shown

    def _upload(self, account: Account, file: MediaFile, gate: Gate) -> _Blob:
        """Raises Stop."""
        content = content_of(file)
        url = method_url(account.server, "com.atproto.repo.uploadBlob")
        headers = {**bearer(account.secrets.get("access", "")), "Content-Type": file.content_type}
        answer = uploaded(
            file,
            lambda: self._transport.write(
                url,
                gate,
                content=content,
                headers=headers,
                read_timeout=VIDEO_READ_TIMEOUT_S if file.is_video else UPLOAD_READ_TIMEOUT_S,
                total_timeout=VIDEO_TOTAL_TIMEOUT_S if file.is_video else UPLOAD_TOTAL_TIMEOUT_S,
            ),
        )
        if answer.status != 200:
            raise Stop(self._refusal(answer, account, file))
        try:
            blob = answer.read(_Upload).blob
        except NotUnderstood as error:
            raise Stop(RetryAfter(RETRY_WAIT, error.code, file.filename)) from None
        if file.is_video and not (blob.mime_type == file.content_type and is_id(f"{blob.ref.link}:{blob.size}")):
            # Servers look at the bytes; a record that names another kind than theirs is refused.
            raise Stop(Rejected("media_refused", f"{file.filename} is {blob.mime_type} to the server."))
        return blob

    def _put(self, account: Account, publication: Publication, record: dict[str, object], gate: Gate) -> Outcome:
        key = record_key(publication)
        body = {
            "repo": account.remote_id,
            "collection": POST,
            "rkey": key,
            "record": record,
            # "Nothing may stand here yet." A repeated request with the same record is answered as the first was; with
            # another record (a mention that resolves only now, a key that collided) it is refused, and looked at.
            "swapRecord": None,
        }
        url = method_url(account.server, "com.atproto.repo.putRecord")
        headers = bearer(account.secrets.get("access", ""))
        answer = posted(lambda: self._transport.write(url, gate, json_body=body, headers=headers))
        if answer.status == 200:
            put = answer.read_or_none(_Put)
            if put is None or not put.uri.endswith(f"/{POST}/{key}"):
                return OutcomeUnknown("answer_unexpected")
            native = {"uri": put.uri, "cid": put.cid}
            if put.commit and put.commit.rev:
                native["rev"] = put.commit.rev
            return Published(put.uri, public_url(account.server, account.remote_id, key), native)
        if answer.status == 400 and said_of(answer).error == "InvalidSwap":
            return self._what_stands(account, publication, key)
        return self._refusal(answer, account, None)

    def _what_stands(self, account: Account, publication: Publication, key: str) -> Outcome:
        try:
            found = self._find(account, publication, key)
        except NetworkError as error:
            return OutcomeUnknown(error.code)
        if found is None:
            return OutcomeUnknown("record_vanished")
        record, value = found
        if (
            value is not None
            and value.text == publication.text
            and value.created_at == _timestamp(publication.written_at)
        ):
            return Published(
                record.uri, public_url(account.server, account.remote_id, key), {"uri": record.uri, "cid": record.cid}
            )
        return Rejected("record_key_taken", "Another post of this profile has the same key.")

    def _refusal(self, answer: Answer, account: Account, file: MediaFile | None) -> Outcome:
        """An answer other than 200 to a write; `file` when it was the upload of that file."""
        said = said_of(answer)
        detail = vendor_words(said.message, account.secrets.values())
        if file is not None:
            detail = f"{file.filename}: {detail}" if detail else file.filename
        credentials = credentials_code(answer.status, said.error)
        if credentials:
            return Reauthorise(credentials, detail)
        outcome = outcome_of_status(answer, self._transport.now(), filename=file.filename if file else None)
        if outcome is not None:
            return outcome
        status = answer.status
        if said.error == "BlobNotFound":
            return _VANISHED
        if status in (413, 415) or said.error in _MEDIA_REFUSED:
            return Rejected("media_too_large" if status == 413 else "media_refused", detail)
        return Rejected("content_refused", detail)

    # ------------------------------------------------------------ looking

    def find(self, account: Account, publication: Publication, *, since: datetime) -> list[Sighting]:
        """By the record's key, whatever `since` says: under that key stands this publication, or nothing does."""
        key = record_key(publication)
        found = self._find(account, publication, key)
        if found is None:
            return []
        record, value = found
        if value is None or value.text != publication.text:
            return []
        try:
            created = datetime.fromisoformat(value.created_at)
        except ValueError:
            created = publication.written_at
        return [Sighting(record.uri, public_url(account.server, account.remote_id, key), created, exact=True)]

    def _find(self, account: Account, publication: Publication, key: str) -> tuple[Record, _PostValue | None] | None:
        answer = self._get_record(account.server, account.remote_id, POST, key, account.secrets.get("access", ""))
        if answer.status == 400 and said_of(answer).error == "RecordNotFound":
            return None
        self._require_ok(answer)
        record = answer.read(Record)
        try:
            return record, _PostValue.model_validate(record.value)
        except ValueError:
            return record, None

    def _reply(self, account: Account, parent: str) -> dict[str, object]:
        """`parent` is an at:// URI. Its content hash, and the root of its thread, are read from the server."""
        parts = parent.removeprefix("at://").split("/")
        if not parent.startswith("at://") or len(parts) != 3:
            raise Stop(Rejected("reply_target_invalid"))
        repo, collection, key = parts
        answer = self._get_record(account.server, repo, collection, key, account.secrets.get("access", ""))
        if answer.status in (400, 404) and credentials_code(answer.status, said_of(answer).error) is None:
            raise Stop(Rejected("reply_target_gone"))
        self._require_ok(answer)
        record = answer.read(Record)
        if not record.cid:
            raise NotUnderstood("answer_unexpected")
        here = {"uri": record.uri, "cid": record.cid}
        try:
            root = _Reply.model_validate(record.value.get("reply")).root
        except ValueError:
            root = here
        return {"root": root, "parent": here}

    def _get_record(self, origin: str, repo: str, collection: str, key: str, access: str) -> Answer:
        return get_record(self._transport, origin, repo, collection, key, access)

    # ------------------------------------------------------------ judging what a call that publishes nothing got

    def _require_ok(self, answer: Answer) -> None:
        require_ok(answer, self._transport.now())

    def _require_session(self, answer: Answer) -> None:
        if answer.status == 200:
            return
        error = said_of(answer).error
        if error == "AuthFactorTokenRequired":
            raise CredentialsRefused("second_factor_required")
        if error in SUSPENDED:
            raise CredentialsRefused("account_suspended")
        if error in DEACTIVATED:
            raise CredentialsRefused("account_deactivated")
        if answer.status in (400, 401, 403) and error:
            raise CredentialsRefused("credentials_wrong")
        raise_for_status(answer, self._transport.now())


class _Handles:
    """Resolves the handles of one text. What cannot be resolved now stays plain text: no post waits for a link."""

    def __init__(self, transport: Transport, account: Account) -> None:
        self._transport = transport
        self._account = account
        self._known: dict[str, str | None] = {}

    def __call__(self, handle: str) -> str | None:
        if handle not in self._known:
            # Each look-up may take seconds, and a text may mention fifty.
            self._known[handle] = self._ask(handle) if len(self._known) < _MENTIONS_RESOLVED_MAX else None
        return self._known[handle]

    def _ask(self, handle: str) -> str | None:
        try:
            answer = self._transport.get(
                method_url(self._account.server, "com.atproto.identity.resolveHandle"),
                query=[("handle", handle)],
                headers=bearer(self._account.secrets.get("access", "")),
                read_timeout=_HANDLE_TIMEOUT_S,
            )
            return answer.read(_Resolved).did if answer.status == 200 else None
        except NetworkError:
            return None


def _require_active(said: _Session | _Identity) -> None:
    if not said.active:
        raise CredentialsRefused("account_deactivated" if said.status == "deactivated" else "account_suspended")


def _claims(token: str) -> dict[str, object]:
    """A JWT's claims, unverified: they are the server's own and only tell us when to come back."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
