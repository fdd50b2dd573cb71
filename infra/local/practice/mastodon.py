"""A Mastodon server's client API: what a client needs that publishes and reads what reached it, as Mastodon 4.5 has it.

Sources: https://docs.joinmastodon.org/methods/ and /entities/, and the wording of Mastodon's own locale files for
errors. The sign-in page and the tokens are in mastodon_oauth.py. Not built: federation, streaming, scheduled statuses,
polls.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bluesky import blob_response
from .exchange import Call, Handler, Practice, endpoint
from .images import look_at
from .posting import BadRequest, Message
from .rates import Rates
from .searching import query_of, words_of
from .status_html import URL_LENGTH, counted_length, entities, to_html
from .store import Account, Media, Notice, Post, Reach, digest

CHARACTERS = 500
ATTACHMENTS = 4
ALT_CHARACTERS = 1500
IMAGE_BYTES = 16_777_216
IMAGE_PIXELS = 33_177_600
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
VIDEO_TYPES = ("video/mp4", "video/quicktime")
VIDEO_BYTES = 99 * 1024 * 1024
VISIBILITIES = ("public", "unlisted", "private", "direct")
API_5_MINUTES, MEDIA_30_MINUTES, STATUSES_3_HOURS = 300, 30, 300
IDEMPOTENCY_SECONDS = 3600
CONTEXT_STATUSES = 4096  # above, and below
STATUSES_ASKED = 20  # by id, in one request
NOTICES_DEFAULT, NOTICES_MAX = 40, 80
NOTICE_TYPES = {"like": "favourite", "share": "reblog", "quote": "quote"}  # all others are mentions

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class ApiError(Exception):
    def __init__(self, status: int, error: str, **more: str) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, **more}

    def response(self) -> Response:
        return JSONResponse(self.body, status_code=self.status)


def account_id_for(handle: str) -> str:
    """An account id of 18 digits that is always the same for a handle."""
    n = int.from_bytes(hashlib.sha256(f"mastodon:{handle.lower()}".encode()).digest()[:7], "big")
    return str(10**17 + n)


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Parameters:
    """What a request says, from its query and its JSON, form or multipart body alike, as Rails merges them."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    @classmethod
    async def of(cls, call: Call) -> Parameters:
        """Raises ApiError where the body cannot be read."""
        values: dict[str, Any] = {}
        for key, value in call.request.query_params.multi_items():
            _put(values, key, value)
        kind = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
        if not call.body:
            return cls(values)
        if kind == "application/json":
            try:
                body = call.json()
            except ValueError as e:
                raise ApiError(400, "Error occurred while parsing request parameters") from e
            if isinstance(body, dict):
                values.update(body)
        elif kind == "application/x-www-form-urlencoded":
            for key, value in parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True):
                _put(values, key, value)
        elif kind == "multipart/form-data":
            try:
                form = await call.request.form(max_part_size=1 << 20)
            except (MultiPartException, FormParserError, AssertionError) as e:
                raise ApiError(400, "Error occurred while parsing request parameters") from e
            for key, part in form.multi_items():
                _put(values, key, part)
        return cls(values)

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None or isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) else None

    def flag(self, name: str) -> bool:
        return str(self._values.get(name, "")).lower() in ("true", "1", "on", "t")

    def texts(self, name: str) -> list[str]:
        value = self._values.get(name) or []
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]

    def file(self, name: str) -> UploadFile | None:
        value = self._values.get(name)
        return value if isinstance(value, UploadFile) else None


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    if key.endswith("[]"):
        values.setdefault(key[:-2], []).append(value)
    else:
        values[key] = value


class Mastodon:
    network = "mastodon"

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store
        self._rates = Rates(aligned=True)
        used = [p.id for p in practice.store.timeline if p.network == self.network]
        used += [key[2] for key in practice.store.media if key[0] == self.network]
        self._last_id = max(map(int, used), default=0)
        self._origin = practice.public_url
        self._domain = practice.public_url.split("://", 1)[1]

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", "/api/v1/instance", "read", self._instance_v1),
            ("GET", "/api/v2/instance", "read", self._instance_v2),
            ("GET", "/api/v1/accounts/verify_credentials", "session", self._verify_credentials),
            ("GET", "/api/v1/accounts/{id}/statuses", "read", self._account_statuses),
            ("GET", "/api/v1/accounts/{id}", "read", self._get_account),
            ("POST", "/api/v2/media", "upload", self._upload),
            ("GET", "/api/v1/media/{id}", "read", self._get_media),
            ("PUT", "/api/v1/media/{id}", "upload", self._change_media),
            ("POST", "/api/v1/statuses", "publish", self._publish),
            ("GET", "/api/v1/statuses", "read", self._get_statuses),
            ("GET", "/api/v1/statuses/{id}", "read", self._get_status),
            ("GET", "/api/v1/statuses/{id}/context", "read", self._context),
            ("GET", "/api/v1/statuses/{id}/source", "read", self._status_source),
            ("DELETE", "/api/v1/statuses/{id}", "delete", self._delete_status),
            ("GET", "/api/v1/notifications", "read", self._notifications),
            ("GET", "/api/v2/search", "read", self._search),
        ]
        routes = [
            Route(path, endpoint(self._practice, self, operation, self._answer(handler)), methods=[verb])
            for verb, plain, operation, handler in methods
            for path in (plain, plain + "/")  # Rails takes both, and some clients end with a slash
        ]
        routes.append(
            Route(
                "/api/{path:path}",
                endpoint(self._practice, self, "read", self._answer(self._not_found)),
                methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            )
        )
        return routes

    def _answer(self, handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            who = call.account.id if call.account else "anonymous"
            budget = self._rates.spend("api", who, limit=API_5_MINUTES, window=300, now=call.practice.now())
            call.headers.update(_rate_headers(budget.limit, budget.remaining, budget.reset_at))
            if budget.exceeded and call.practice.settings.rate_limits:
                return too_many()
            try:
                return await handler(call)
            except ApiError as e:
                return e.response()

        return answer

    def forget_budgets(self) -> None:
        self._rates.clear()

    # ------------------------------------------------------------ what faults need

    def identify(self, request: Request) -> Account | None:
        kept = self._store.grants.get(f"mastodon:token:{digest(bearer(request))}")
        return self._store.accounts.get((self.network, str(kept["account_id"]))) if kept else None

    def server_error(self, status: int) -> Response:
        if status == 503:
            return ApiError(503, "There was a temporary problem serving your request, please try again").response()
        title = {
            500: "We're sorry, but something went wrong (500)",
            502: "502 Bad Gateway",
            504: "504 Gateway Time-out",
        }
        body = f"<html><head><title>{title[status]}</title></head><body><h1>{title[status]}</h1></body></html>"
        return Response(body, status_code=status, media_type="text/html")

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        call.headers.update(_rate_headers(API_5_MINUTES, 0, call.practice.now() + reset_in))
        return too_many()

    def token_expired(self, call: Call) -> Response:
        return unauthorised("The access token expired").response()

    def token_revoked(self, call: Call) -> Response:
        return unauthorised("The access token was revoked").response()

    def suspended(self, call: Call) -> Response:
        return ApiError(403, "Your login is currently disabled").response()

    # ------------------------------------------------------------ who asks

    def _account(self, call: Call, scope: str) -> Account:
        """The account behind the token. Raises ApiError where there is none or the scope is not covered."""
        kept = self._store.grants.get(f"mastodon:token:{digest(bearer(call.request))}")
        if kept is None:
            raise unauthorised("The access token is invalid")
        if kept.get("revoked"):
            raise unauthorised("The access token was revoked")
        granted = kept["scope"].split()
        if (
            scope not in granted
            and scope.split(":")[0] not in granted
            and not (scope == "profile" and "read" in granted)
        ):
            raise ApiError(403, "This action is outside the authorized scopes")
        account = self._store.accounts.get((self.network, str(kept["account_id"])))
        if account is None:
            raise ApiError(422, "This method requires an authenticated user")
        if account.suspended:
            raise ApiError(403, "Your login is currently disabled")
        return account

    def _reader(self, call: Call, scope: str) -> Account | None:
        """For what anyone may read: a token is not needed, but one that is shown must stand."""
        return self._account(call, scope) if bearer(call.request) else None

    # ------------------------------------------------------------ instance

    async def _instance_v2(self, call: Call) -> Response:
        return JSONResponse(
            {
                "domain": self._domain,
                "title": "Practice network",
                "version": "4.5.2",
                "source_url": "https://github.com/mastodon/mastodon",
                "description": "A practice server: nothing here is public.",
                "usage": {"users": {"active_month": self._count_accounts()}},
                "thumbnail": {"url": f"{self._origin}/avatars/mastodon/practice.svg"},
                "icon": [],
                "languages": ["en", "fr"],
                "configuration": {
                    **self._configuration(),
                    "urls": {"streaming": self._origin.replace("http", "ws", 1)},
                    "vapid": {"public_key": ""},
                    "translation": {"enabled": False},
                    "limited_federation": True,
                },
                "registrations": {
                    "enabled": False,
                    "approval_required": False,
                    "reason_required": False,
                    "message": None,
                    "min_age": None,
                    "url": None,
                },
                "api_versions": {"mastodon": 7},
                "contact": {"email": "practice@example.org", "account": None},
                "rules": [],
            }
        )

    async def _instance_v1(self, call: Call) -> Response:
        return JSONResponse(
            {
                "uri": self._domain,
                "title": "Practice network",
                "short_description": "A practice server: nothing here is public.",
                "description": "A practice server: nothing here is public.",
                "email": "practice@example.org",
                "version": "4.5.2",
                "urls": {"streaming_api": self._origin.replace("http", "ws", 1)},
                "stats": {
                    "user_count": self._count_accounts(),
                    "status_count": sum(p.network == self.network for p in self._store.timeline),
                    "domain_count": 0,
                },
                "thumbnail": f"{self._origin}/avatars/mastodon/practice.svg",
                "languages": ["en", "fr"],
                "registrations": False,
                "approval_required": False,
                "invites_enabled": False,
                "configuration": self._configuration(),
                "contact_account": None,
                "rules": [],
            }
        )

    def _configuration(self) -> dict[str, Any]:
        return {
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5, "max_profile_fields": 4},
            "statuses": {
                "max_characters": CHARACTERS,
                "max_media_attachments": ATTACHMENTS,
                "characters_reserved_per_url": URL_LENGTH,
            },
            "media_attachments": {
                "description_limit": ALT_CHARACTERS,
                "supported_mime_types": [*IMAGE_TYPES, *VIDEO_TYPES],
                "image_size_limit": IMAGE_BYTES,
                "image_matrix_limit": IMAGE_PIXELS,
                "video_size_limit": VIDEO_BYTES,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8_294_400,
            },
            "polls": {
                "max_options": 4,
                "max_characters_per_option": 50,
                "min_expiration": 300,
                "max_expiration": 2_629_746,
            },
        }

    def _count_accounts(self) -> int:
        return sum(network == self.network for network, _ in self._store.accounts)

    # ------------------------------------------------------------ accounts

    async def _verify_credentials(self, call: Call) -> Response:
        account = self._account(call, "read:accounts" if not self._has_profile_scope(call) else "profile")
        return JSONResponse(
            {
                **self._account_json(account),
                "source": {
                    "privacy": "public",
                    "sensitive": False,
                    "language": None,
                    "note": "",
                    "fields": [],
                    "follow_requests_count": 0,
                    "hide_collections": None,
                    "discoverable": None,
                    "indexable": False,
                    "attribution_domains": [],
                    "quote_policy": "public",
                },
                "role": {
                    "id": "-99",
                    "name": "",
                    "color": "",
                    "permissions": "65536",
                    "highlighted": False,
                    "collection_limit": 10,
                },
            }
        )

    def _has_profile_scope(self, call: Call) -> bool:
        kept = self._store.grants.get(f"mastodon:token:{digest(bearer(call.request))}")
        return kept is not None and "profile" in str(kept["scope"]).split()

    async def _get_account(self, call: Call) -> Response:
        self._reader(call, "read:accounts")
        return JSONResponse(self._account_json(self._account_by_id(call)))

    def _account_by_id(self, call: Call) -> Account:
        account = self._store.accounts.get((self.network, call.request.path_params["id"]))
        if account is None:
            raise not_found()
        return account

    def _account_json(self, account: Account) -> dict[str, Any]:
        url = f"{self._origin}/@{account.handle}"
        avatar = f"{self._origin}/avatars/mastodon/{quote(account.handle)}.svg"
        last = next(self._store.own_posts(self.network, account.id), None)
        return {
            "id": account.id,
            "username": account.handle,
            "acct": account.handle,
            "display_name": account.display_name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": account.citizen,
            "group": False,
            "created_at": iso(account.created_at - account.created_at % 86400),
            "note": "",
            "url": url,
            "uri": f"{self._origin}/users/{account.handle}",
            "avatar": avatar,
            "avatar_static": avatar,
            "avatar_description": "",
            "header": avatar,
            "header_static": avatar,
            "header_description": "",
            "followers_count": account.followers,
            "following_count": account.following,
            "statuses_count": self._store.count_posts(self.network, account.id),
            "last_status_at": iso(last.accepted_at)[:10] if last else None,
            "hide_collections": None,
            "noindex": False,
            "emojis": [],
            "roles": [],
            "fields": [],
        }

    # ------------------------------------------------------------ media

    async def _upload(self, call: Call) -> Response:
        account = self._account(call, "write:media")
        budget = self._rates.spend("media", account.id, limit=MEDIA_30_MINUTES, window=1800, now=call.practice.now())
        call.headers.update(_rate_headers(budget.limit, budget.remaining, budget.reset_at))
        if budget.exceeded and call.practice.settings.rate_limits:
            return too_many()
        parameters = await Parameters.of(call)
        file = parameters.file("file")
        if file is None:
            raise ApiError(422, "Validation failed: File can't be blank")
        data = await file.read()
        alt = (parameters.text("description") or "").strip()
        seen = look_at(data)
        declared = (file.content_type or "").split(";")[0].strip().lower()
        video = seen is None and declared in VIDEO_TYPES
        if seen is None and not video:
            raise ApiError(422, "Validation failed: File content type is invalid, File is invalid")
        if len(data) >= (VIDEO_BYTES if video else IMAGE_BYTES):
            most = "99 MB" if video else "16 MB"
            raise ApiError(422, f"Validation failed: File file size must be less than {most}, File is invalid")
        if seen is not None and seen.width * seen.height > IMAGE_PIXELS:
            raise ApiError(422, f"{seen.width}x{seen.height} images are not supported")
        _check_alt(alt)
        now = call.practice.now()
        delay = call.practice.settings.media_processing_seconds
        media = Media(
            network=self.network,
            id=str(self._next_id(now)),
            account_id=account.id,
            content_type=seen.content_type if seen else declared,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            created_at=now,
            width=seen.width if seen else None,
            height=seen.height if seen else None,
            alt=alt,
            # What is no video fails while it is processed; a negative moment stands for that.
            ready_at=-1.0 if video and data[4:8] != b"ftyp" else now + delay,
        )
        self._store.add_media(media, data)
        call.accept(remote_id=media.id, created=True)
        # A video is always processed beside the request.
        return JSONResponse(self._media_json(media), status_code=202 if delay or video else 200)

    async def _get_media(self, call: Call) -> Response:
        media = self._own_media(call, self._account(call, "write:media"))
        if media.ready_at < 0:
            raise ApiError(422, "Error processing thumbnail for uploaded media")
        return JSONResponse(self._media_json(media), status_code=200 if self._ready(media) else 206)

    async def _change_media(self, call: Call) -> Response:
        media = self._own_media(call, self._account(call, "write:media"))
        alt = (await Parameters.of(call)).text("description")
        if alt is not None:
            _check_alt(alt.strip())
            self._store.change_media(media, alt=alt.strip())
            media = self._store.media[media.network, media.account_id, media.id]
        call.accept(remote_id=media.id, created=False)
        return JSONResponse(self._media_json(media))

    def _own_media(self, call: Call, account: Account) -> Media:
        media = self._store.media.get((self.network, account.id, call.request.path_params["id"]))
        if media is None or media.attached_to is not None:
            raise not_found()
        return media

    def _ready(self, media: Media) -> bool:
        return 0 <= media.ready_at <= self._practice.now()

    def _media_json(self, media: Media) -> dict[str, Any]:
        url = f"{self._origin}/media/{media.id}"
        ready = self._ready(media)
        width, height = media.width or 1, media.height or 1
        size = {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
        return {
            "id": media.id,
            "type": "video" if media.content_type in VIDEO_TYPES else "image",
            "url": url if ready else None,
            "preview_url": url if ready else None,
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {"original": size, "small": size} if ready else {},
            "description": media.alt or None,
            "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH" if ready else None,
        }

    # ------------------------------------------------------------ statuses

    async def _publish(self, call: Call) -> Response:
        account = self._account(call, "write:statuses")
        parameters = await Parameters.of(call)
        now = call.practice.now()
        key = call.request.headers.get("idempotency-key")
        call.entry.key = key
        remembered = f"mastodon:idempotency:{account.id}:{key}"
        if key and call.practice.settings.idempotency_key:
            kept = self._store.grants.get(remembered)
            old = self._store.post_by_id(self.network, kept["status"]) if kept and kept["until"] > now else None
            if old:
                call.accept(remote_id=old.id, created=False, key=key, text_sha256=old.sha256)
                return JSONResponse(self._status_json(old, account))
        post = self._new_status(call, account, parameters, now)
        budget = self._rates.spend("statuses", account.id, limit=STATUSES_3_HOURS, window=10800, now=now)
        if budget.exceeded and call.practice.settings.rate_limits:
            call.headers.update(_rate_headers(budget.limit, 0, budget.reset_at))
            return too_many()
        self._store.put_post(post)
        for media_id, _ in post.media:
            self._store.change_media(self._store.media[self.network, account.id, media_id], attached_to=post.id)
        if key and call.practice.settings.idempotency_key:
            self._store.grant(remembered, {"status": post.id, "until": now + IDEMPOTENCY_SECONDS})
        call.accept(remote_id=post.id, created=True, key=key, text_sha256=post.sha256)
        return JSONResponse(self._status_json(post, account))

    def _new_status(self, call: Call, account: Account, parameters: Parameters, now: float) -> Post:
        """The status as it would be saved. Raises ApiError, in Mastodon's order and words."""
        text = (parameters.text("status") or "").strip()
        spoiler = (parameters.text("spoiler_text") or "").strip()
        reply_to = parameters.text("in_reply_to_id")
        parent = self._store.post_by_id(self.network, reply_to) if reply_to else None
        if reply_to and (parent is None or not self._may_read(parent, account)):
            raise ApiError(404, "The post you are trying to reply to does not appear to exist.")
        media = self._attachments(account, parameters.texts("media_ids"))
        if parameters.text("scheduled_at"):
            raise ApiError(422, "Validation failed: Scheduled at is not supported by the practice network")
        if not text and not media and not spoiler:
            raise ApiError(422, "Validation failed: Text can't be blank")
        if counted_length(text) + counted_length(spoiler) > CHARACTERS:
            raise ApiError(422, f"Validation failed: Text character limit of {CHARACTERS} exceeded")
        visibility = parameters.text("visibility") or "public"
        if visibility not in VISIBILITIES:
            raise ApiError(422, "Validation failed: Visibility is not included in the list")
        language = parameters.text("language")
        return self._post(
            account,
            text,
            now,
            visibility=visibility,
            language=language if language and _LANGUAGE.fullmatch(language) else None,
            parent=parent,
            spoiler=spoiler,
            sensitive=parameters.flag("sensitive") or bool(spoiler),
            application=self._application(call),
            arrived_at=call.entry.arrived_at,
            visible_at=now + call.visible_after,
            key=call.entry.key,
            media=[(m.id, m.alt) for m in media],
        )

    def _post(
        self, account: Account, text: str, now: float, *, visibility: str, language: str | None, parent: Post | None,
        quoted: Post | None = None, spoiler: str = "", sensitive: bool = False, application: Any = None, **more: Any,
    ) -> Post:  # fmt: skip
        status_id = str(self._next_id(now))
        post = Post(
            network=self.network,
            account_id=account.id,
            id=status_id,
            remote_id=status_id,
            text=text,
            accepted_at=now,
            native={
                "spoiler_text": spoiler,
                "sensitive": sensitive,
                "visibility": visibility,
                "language": language,
                "in_reply_to_id": parent.id if parent else None,
                "in_reply_to_account_id": parent.account_id if parent else None,
                "application": application,
            },
            parent=parent.remote_id if parent else None,
            root=(parent.root or parent.remote_id) if parent else None,
            quoted=quoted.remote_id if quoted else None,
            private=visibility in ("private", "direct"),
            **{"arrived_at": now, "visible_at": now, "key": None, "media": [], **more},
        )
        post.reaches = self._reaches(post, quoted)
        return post

    def _reaches(self, post: Post, quoted: Post | None) -> list[Reach]:
        """Whom a status notifies: those whom its text names, and whom it quotes. An answer that names nobody reaches
        nobody."""
        parent = post.native["in_reply_to_id"], post.native["in_reply_to_account_id"]
        found: list[Reach] = []
        for account in self._named(post.text):
            if account.id == post.account_id:
                continue
            answered = parent[0] if parent[1] == account.id else None
            kind = "private" if post.native["visibility"] == "direct" else "reply" if answered else "mention"
            found.append((account.id, kind, answered))
        if quoted and quoted.account_id != post.account_id:
            found.append((quoted.account_id, "quote", quoted.remote_id))
        return found

    def _named(self, text: str) -> list[Account]:
        """The accounts that a text names, each once."""
        named = [self._mentioned(e.text[1:]) for e in entities(text) if e.kind == "mention"]
        return list({a.id: a for a in named if a}.values())

    def _attachments(self, account: Account, ids: list[str]) -> list[Media]:
        if len(ids) > ATTACHMENTS:
            raise ApiError(422, "Cannot attach more than 4 files")
        found = [self._store.media.get((self.network, account.id, media_id)) for media_id in ids]
        missing = [i for i, m in zip(ids, found, strict=True) if m is None or m.attached_to is not None]
        if missing:
            raise ApiError(422, f"Media {', '.join(missing)} not found or already attached to another post")
        media = [m for m in found if m is not None]
        if len(media) > 1 and any(m.content_type in VIDEO_TYPES for m in media):
            raise ApiError(422, "Cannot attach a video to a post that already contains images")
        if not all(self._ready(m) for m in media):
            raise ApiError(422, "Cannot attach files that have not finished processing. Try again in a moment!")
        return media

    def _application(self, call: Call) -> dict[str, Any]:
        kept = self._store.grants.get(f"mastodon:token:{digest(bearer(call.request))}") or {}
        app = self._store.grants.get(f"mastodon:app:{kept.get('client_id')}") or {}
        return {"name": app.get("name", "Practice"), "website": app.get("website")}

    # ------------------------------------------------------------ what citizens write

    def citizen(self, name: str) -> tuple[str, str]:
        handle = name[:30]
        return account_id_for(handle), handle

    def write(self, author: Account, message: Message) -> Post:
        """A reply names those whom the status above names, as Mastodon's own clients do."""
        parent = message.reply_to
        wanted = [message.mention] if message.mention else []
        if parent:
            wanted += [self._store.accounts[self.network, parent.account_id], *self._named(parent.text)]
        present = {a.id for a in (author, *self._named(message.text))}
        missing = {a.id: f"@{a.handle}" for a in wanted if a.id not in present}
        text = self._checked(" ".join([*missing.values(), message.text.strip()]))
        private = message.private or (parent is not None and parent.native["visibility"] == "direct")
        post = self._post(
            author,
            text,
            self._practice.now(),
            visibility="direct" if private else "public",
            language=message.language,
            parent=parent,
            quoted=message.quote,
            application={"name": "Web", "website": None},
            written_at=message.written_at,
        )
        self._store.put_post(post)
        return post

    def edit(self, post: Post, text: str) -> Post:
        """Those whom it reached before are not told again, and can still read it."""
        edited = replace(post, text=self._checked(text.strip()), sha256="", edited_at=self._practice.now(), reaches=[])
        quoted = self._store.post_by_remote(self.network, post.quoted) if post.quoted else None
        before = {reach[0] for reach in post.reaches}
        edited.reaches = [*post.reaches, *(r for r in self._reaches(edited, quoted) if r[0] not in before)]
        self._store.put_post(edited)
        return edited

    def url(self, post: Post) -> str:
        return f"/@{quote(self._store.accounts[self.network, post.account_id].handle)}/{post.id}"

    @staticmethod
    def _checked(text: str) -> str:
        if not text:
            raise BadRequest("text", "text must not be empty")
        if counted_length(text) > CHARACTERS:
            raise BadRequest("text", f"text must have {CHARACTERS} characters at most, as Mastodon counts")
        return text

    # ------------------------------------------------------------ reading

    async def _get_statuses(self, call: Call) -> Response:
        """Those of the ids asked for that can be seen, by rising id."""
        reader = self._reader(call, "read:statuses")
        ids = set(call.request.query_params.getlist("id[]"))
        if len(ids) > STATUSES_ASKED:
            raise ApiError(422, "Validation failed")
        posts = [self._store.post_by_id(self.network, i) for i in sorted(ids)]
        return JSONResponse([self._status_json(p, reader) for p in posts if p and self._can_see(p, reader)])

    async def _context(self, call: Call) -> Response:
        reader = self._reader(call, "read:statuses")
        post = self._status(call, reader)
        above = [p for p in self._store.ancestors(post, CONTEXT_STATUSES) if self._may_read(p, reader)]
        below = [p for _, p in zip(range(CONTEXT_STATUSES), self._descendants(post, reader), strict=False)]
        return JSONResponse(
            {
                "ancestors": [self._status_json(p, reader) for p in reversed(above)],
                "descendants": [self._status_json(p, reader) for p in below],
            }
        )

    def _descendants(self, post: Post, reader: Account | None) -> Iterator[Post]:
        """Depth first, the older answers before the newer."""
        waiting = list(reversed(self._store.children(post)))
        while waiting:
            below = waiting.pop()
            if self._may_read(below, reader):
                yield below
                waiting += reversed(self._store.children(below))

    async def _get_status(self, call: Call) -> Response:
        reader = self._reader(call, "read:statuses")
        return JSONResponse(self._status_json(self._status(call, reader), reader))

    async def _status_source(self, call: Call) -> Response:
        reader = self._account(call, "read:statuses")
        post = self._status(call, reader)
        return JSONResponse({"id": post.id, "text": post.text, "spoiler_text": post.native["spoiler_text"]})

    async def _delete_status(self, call: Call) -> Response:
        account = self._account(call, "write:statuses")
        post = self._store.post(self.network, account.id, call.request.path_params["id"])
        if post is None:
            raise not_found()
        answer = {**self._status_json(post, account), "text": post.text}
        self._store.delete_post(post)
        for media_id, _ in post.media:
            # Freed for "delete and redraft", as Mastodon does.
            self._store.change_media(self._store.media[self.network, account.id, media_id], attached_to=None)
        call.accept(remote_id=post.id, created=False)
        return JSONResponse(answer)

    def _status(self, call: Call, reader: Account | None) -> Post:
        post = self._store.post_by_id(self.network, call.request.path_params["id"])
        if post is None or not self._can_see(post, reader):
            raise not_found()
        return post

    def _can_see(self, post: Post, reader: Account | None) -> bool:
        return post.visible_at <= self._practice.now() and self._may_read(post, reader)

    @staticmethod
    def _may_read(post: Post, reader: Account | None) -> bool:
        if post.native["visibility"] in ("public", "unlisted"):
            return True
        return reader is not None and (reader.id == post.account_id or post.reached(reader.id))

    async def _account_statuses(self, call: Call) -> Response:
        reader = self._reader(call, "read:statuses")
        account = self._account_by_id(call)
        query = call.request.query_params
        limit = min(_count(query.get("limit"), 20), 40)
        before, since, minimum = (_id_bound(query.get(name)) for name in ("max_id", "since_id", "min_id"))
        found: list[Post] = []
        for post in self._store.own_posts(
            self.network, account.id, after=minimum or since, before=before, rising=bool(minimum)
        ):
            if not self._may_read(post, reader) or not _wanted(post, query):
                continue
            found.append(post)
            if len(found) == limit:
                break
        if minimum:
            found.reverse()
        headers = self._links(call, [post.id for post in found], limit)
        return JSONResponse([self._status_json(post, reader) for post in found], headers=headers)

    def _links(self, call: Call, ids: list[str], limit: int) -> dict[str, str]:
        """The Link header of a page with these ids, newest first."""
        if not ids:
            return {}
        base = f"{self._origin}{call.request.url.path}?"
        asked = call.request.query_params.multi_items()
        rest = [(k, v) for k, v in asked if k not in ("max_id", "since_id", "min_id")]
        older, newer = (base + urlencode([*rest, bound]) for bound in (("max_id", ids[-1]), ("min_id", ids[0])))
        links = [f'<{older}>; rel="next"'] if len(ids) == limit else []
        return {"Link": ", ".join([*links, f'<{newer}>; rel="prev"'])}

    def _status_json(self, post: Post, reader: Account | None, depth: int = 0) -> dict[str, Any]:
        account = self._store.accounts[self.network, post.account_id]
        counts = self._store.counts(post)
        tags = {e.text[1:].lower(): None for e in entities(post.text) if e.kind == "hashtag"}
        above = post.native["in_reply_to_id"]
        if above and self._store.post_by_id(self.network, above) is None:
            above = None
        status: dict[str, Any] = {
            "id": post.id,
            "created_at": iso(post.sort_at),
            "in_reply_to_id": above,
            "in_reply_to_account_id": post.native["in_reply_to_account_id"] if above else None,
            "sensitive": post.native["sensitive"],
            "spoiler_text": post.native["spoiler_text"],
            "visibility": post.native["visibility"],
            "language": post.native["language"],
            "uri": f"{self._origin}/users/{account.handle}/statuses/{post.id}",
            "url": f"{self._origin}/@{account.handle}/{post.id}",
            "replies_count": counts.replies,
            "reblogs_count": counts.shares,
            "favourites_count": counts.likes,
            "quotes_count": counts.quotes,
            "edited_at": iso(post.edited_at) if post.edited_at else None,
            "content": to_html(post.text, tag_url=self._tag_url, mention_url=self._mention_url),
            "reblog": None,
            "quote": self._quote_json(post.quoted, reader, depth) if post.quoted else None,
            "application": post.native["application"],
            "account": self._account_json(account),
            "media_attachments": [
                self._media_json(self._store.media[self.network, post.account_id, media_id])
                for media_id, _ in post.media
            ],
            "mentions": [
                {"id": a.id, "username": a.handle, "url": f"{self._origin}/@{a.handle}", "acct": a.handle}
                for a in self._named(post.text)
            ],
            "tags": [{"name": tag, "url": self._tag_url(tag)} for tag in tags],
            "emojis": [],
            "card": None,
            "poll": None,
        }
        if reader:
            status.update(favourited=False, reblogged=False, muted=False, bookmarked=False, filtered=[])
            if reader.id == post.account_id:
                status["pinned"] = False
        return status

    def _quote_json(self, quoted: str, reader: Account | None, depth: int) -> dict[str, Any]:
        post = self._store.post_by_id(self.network, quoted)
        if post is None:
            return {"state": "deleted", "quoted_status": None}
        if not self._can_see(post, reader):
            return {"state": "unauthorized", "quoted_status": None}
        if depth:
            return {"state": "accepted", "quoted_status_id": post.id}
        return {"state": "accepted", "quoted_status": self._status_json(post, reader, depth + 1)}

    def _tag_url(self, tag: str) -> str:
        return f"{self._origin}/tags/{quote(tag.lower())}"

    def _mentioned(self, name: str) -> Account | None:
        user, _, domain = name.partition("@")
        return self._store.by_handle(self.network, user) if domain in ("", self._domain) else None

    def _mention_url(self, name: str) -> str | None:
        account = self._mentioned(name)
        return f"{self._origin}/@{account.handle}" if account else None

    def _next_id(self, now: float) -> int:
        """Like Mastodon's: milliseconds shifted by 16 bits, always rising, 18 digits until the year 2453."""
        self._last_id = max(int(now * 1000) << 16, self._last_id + 1)
        return self._last_id

    # ------------------------------------------------------------ notifications and search

    async def _notifications(self, call: Call) -> Response:
        account = self._account(call, "read:notifications")
        query = call.request.query_params
        limit = min(_count(query.get("limit"), NOTICES_DEFAULT), NOTICES_MAX)
        before, since, minimum = (_number(query.get(name)) for name in ("max_id", "since_id", "min_id"))
        wanted, unwanted = ({*query.getlist(f"{name}[]")} for name in ("types", "exclude_types"))
        author = query.get("account_id")
        found: list[tuple[Notice, Post]] = []
        for notice, post in self._store.notices(
            self.network, account.id, after=minimum or since or 0, before=before, rising=minimum is not None
        ):
            kind = NOTICE_TYPES.get(notice.kind, "mention")
            if (wanted and kind not in wanted) or kind in unwanted or author not in (None, notice.author_id):
                continue
            found.append((notice, post))
            if len(found) == limit:
                break
        if minimum is not None:
            found.reverse()
        headers = self._links(call, [str(notice.id) for notice, _ in found], limit)
        return JSONResponse([self._notification(*each, account) for each in found], headers=headers)

    def _notification(self, notice: Notice, post: Post, reader: Account) -> dict[str, Any]:
        return {
            "id": str(notice.id),
            "type": NOTICE_TYPES.get(notice.kind, "mention"),
            "created_at": iso(notice.at),
            "group_key": f"ungrouped-{notice.id}",
            "account": self._account_json(self._store.accounts[self.network, notice.author_id]),
            "status": self._status_json(post, reader),
        }

    async def _search(self, call: Call) -> Response:
        """Statuses as with Elasticsearch: public ones of accounts that allow it (the citizens do), and those that the
        reader wrote or that reached them."""
        reader = self._account(call, "read:search")
        query = call.request.query_params
        words = query.get("q", "").strip()
        if not words:
            raise ApiError(400, "param is missing or the value is empty or invalid: q")
        kind, limit = query.get("type"), min(_count(query.get("limit"), 20), 40)
        offset = (_number(query.get("offset")) or 0) if kind else 0
        accounts, statuses = [], []
        if kind in (None, "accounts"):
            name = words.removeprefix("@").lower()
            accounts = [
                self._account_json(a)
                for (network, _), a in self._store.accounts.items()
                if network == self.network and (name in a.handle.lower() or name in a.display_name.lower())
            ][offset : offset + limit]
        if kind in (None, "statuses"):
            found = self._found(words, reader, query)
            statuses = [self._status_json(p, reader) for _, p in zip(range(offset + limit), found, strict=False)][
                offset:
            ]
        return JSONResponse({"accounts": accounts, "statuses": statuses, "hashtags": []})

    def _found(self, words: str, reader: Account, query: Any) -> Iterator[Post]:
        """Statuses that a search finds, by falling id."""
        asked = query_of(words)
        before, after = (_number(query.get(name)) for name in ("max_id", "min_id"))
        author = query.get("account_id")
        if "from" in asked.named:
            named = reader if asked.named["from"] == "me" else self._mentioned(asked.named["from"].lower())
            author = named.id if named else ""
        if asked.empty:
            return
        for post in reversed(self._store.timeline):
            if post.network != self.network:
                continue
            if after is not None and int(post.id) <= after:
                return
            if post.deleted_at is not None or post.visible_at > self._practice.now():
                continue
            if (before is not None and int(post.id) >= before) or author not in (None, post.account_id):
                continue
            if not asked.matches(post.words) or asked.named.get("lang") not in (None, post.native["language"]):
                continue
            tags = (
                {words_of(e.text).strip() for e in entities(post.text) if e.kind == "hashtag"} if asked.tags else set()
            )
            if not tags.issuperset(asked.tags):
                continue
            open_to_all = post.native["visibility"] == "public" and (
                self._store.accounts[self.network, post.account_id].citizen
            )
            if open_to_all or post.account_id == reader.id or post.reached(reader.id):
                yield post

    async def _not_found(self, call: Call) -> Response:
        raise not_found()


async def media_file(practice: Practice, request: Request) -> Response:
    """The bytes of an attachment, at the address that the API gave for it."""
    media = practice.store.media_by_id("mastodon", request.path_params["id"])
    if media is None:
        return Response(status_code=404)
    return blob_response(practice.store.blob_path(media), media.content_type)


def bearer(request: Request) -> str:
    header = request.headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else ""


def unauthorised(error: str) -> ApiError:
    return ApiError(401, error)


def not_found() -> ApiError:
    return ApiError(404, "Record not found")


def too_many() -> Response:
    return ApiError(429, "Too many requests").response()


def _check_alt(alt: str) -> None:
    if len(alt) > ALT_CHARACTERS:
        raise ApiError(422, f"Validation failed: Description is too long (maximum is {ALT_CHARACTERS} characters)")


def _rate_headers(limit: int, remaining: int, reset_at: float) -> dict[str, str]:
    reset = datetime.fromtimestamp(math.ceil(reset_at * 1000) / 1000, UTC)
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": reset.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }


def _count(value: str | None, default: int) -> int:
    try:
        return max(1, int(value)) if value else default
    except ValueError:
        return default


def _number(value: str | None) -> int | None:
    """What is no number counts as nothing."""
    return int(value) if value and value.isascii() and value.isdigit() else None


def _id_bound(value: str | None) -> str | None:
    """An id as a client gave it, made comparable with ours (18 digits). What is no number bounds nothing."""
    if not value or not value.isascii() or not value.isdigit():
        return None
    return value.lstrip("0").zfill(18) if len(value.lstrip("0")) <= 18 else "~"


def _wanted(post: Post, query: Any) -> bool:
    def on(name: str) -> bool:
        return str(query.get(name, "")).lower() in ("true", "1")

    if on("only_media") and not post.media:
        return False
    if on("pinned"):
        return False
    if on("exclude_replies") and post.native["in_reply_to_id"]:
        return False
    tag = query.get("tagged")
    return not tag or any(
        e.kind == "hashtag" and e.text[1:].lower() == tag.lower().removeprefix("#") for e in entities(post.text)
    )
