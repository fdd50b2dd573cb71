"""The part of LinkedIn's REST API that an organisation's page is published to, answered and read with.

Sources: learn.microsoft.com, linkedin/shared and linkedin/marketing/community-management (2026-07). LinkedIn publishes
no machine-readable specification. Not built: people's profiles, documents, polls, advertisements, pushes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .bluesky import blob_response
from .comments import Comment, CommentBook, NoSuchThing, made_up, person_id
from .exchange import Call, Handler, Practice, endpoint
from .images import look_at
from .linkedin_little import shown
from .store import Account, Media, Post, digest

NETWORK = "linkedin"
CHARACTERS = 3_000
COMMENT_CHARACTERS = 1_250
ALT_CHARACTERS = 4_086
IMAGE_PIXELS = 36_152_320
PART_BYTES = 4 * 1024 * 1024
DUPLICATE_SECONDS = 600.0

_POST_URN = re.compile(r"urn:li:(share|activity):(\d+)")
_COMMENT_URN = re.compile(r"urn:li:comment:\(urn:li:activity:(\d+),(\d+)\)")


class RestError(Exception):
    def __init__(self, status: int, code: str, message: str, service_code: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.service_code = status, code, message, service_code

    def response(self) -> Response:
        body: dict[str, Any] = {"status": self.status, "code": self.code, "message": self.message}
        if self.service_code:
            body["serviceErrorCode"] = self.service_code
        return JSONResponse(body, status_code=self.status)


def organisation_urn_for(handle: str) -> str:
    n = int.from_bytes(hashlib.sha256(f"linkedin:{handle.lower()}".encode()).digest()[:4], "big")
    return f"urn:li:organization:{10**9 + n}"


def _not_found(what: str) -> RestError:
    return RestError(404, "NOT_FOUND", f"Could not find entity {what}")


class LinkedIn:
    network = NETWORK

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self.comments = CommentBook(practice.store, NETWORK, practice.now)
        used = [int(p.native["number"]) for p in self._store.timeline if p.network == NETWORK]
        used += list(self.comments.numbers())
        self._last = max(used, default=0)

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, Handler]] = [
            ("GET", "/rest/organizationAcls", "session", self._acls),
            ("GET", "/rest/organizations/{id:int}", "session", self._organisation),
            ("POST", "/rest/images", "upload", self._image_room),
            ("POST", "/rest/videos", "upload", self._video),
            ("GET", "/rest/videos/{urn}", "read", self._video_status),
            ("PUT", "/dms-uploads/{id}", "upload", self._bytes),
            ("PUT", "/dms-uploads/{id}/{part:int}", "upload", self._bytes),
            ("POST", "/rest/posts", "publish", self._publish),
            ("GET", "/rest/posts", "read", self._posts),
            ("GET", "/rest/posts/{urn}", "read", self._post),
            ("DELETE", "/rest/posts/{urn}", "delete", self._delete_post),
            ("POST", "/rest/socialActions/{urn}/comments", "publish", self._comment),
            ("GET", "/rest/socialActions/{urn}/comments", "read", self._read_comments),
            ("GET", "/rest/socialActions/{urn}/comments/{id}", "read", self._read_comment),
            ("DELETE", "/rest/socialActions/{urn}/comments/{id}", "delete", self._delete_comment),
            ("GET", "/rest/socialMetadata", "read", self._metadata),
            ("GET", "/rest/organizationalEntityShareStatistics", "read", self._statistics),
            ("GET", "/rest/networkSizes/{urn}", "read", self._size),
        ]
        return [
            *(
                Route(path, endpoint(self._practice, self, operation, self._rest(handler)), methods=[verb])
                for verb, path, operation, handler in methods
            ),
            Route("/linkedin/images/{id}", self._image),
            *self.comments.routes(self.write_comment),
        ]

    def _rest(self, handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            try:
                if call.request.url.path.startswith("/rest/"):
                    self._check_headers(call.request)
                self._person(call)  # nobody is told what there is before they said who they are
                return await handler(call)
            except RestError as e:
                return e.response()

        return answer

    def _check_headers(self, request: Request) -> None:
        version = request.headers.get("linkedin-version", "")
        if not version:
            raise RestError(400, "VERSION_MISSING", "A version must be present. Please specify a version")
        if not re.fullmatch(r"20\d\d(0[1-9]|1[0-2])", version) or self._practice.settings.linkedin_version_retired:
            raise RestError(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if request.headers.get("x-restli-protocol-version") != "2.0.0":
            raise RestError(400, "ILLEGAL_ARGUMENT", "X-RestLi-Protocol-Version must be 2.0.0")

    # ------------------------------------------------------------ in LinkedIn's words

    def identify(self, request: Request) -> Account | None:
        """The first of the pages that the token's owner administers, or the one that the request names."""
        header = request.headers.get("authorization", "")
        kept = self._token(header[7:].strip() if header[:7].lower() == "bearer " else "")
        if kept is None:
            return None
        named = request.query_params.get("author") or request.query_params.get("organizationalEntity")
        mine = [each for each in kept["organisations"] if (NETWORK, each) in self._store.accounts]
        chosen = named if named in mine else next(iter(mine), None)
        return self._store.accounts.get((NETWORK, chosen)) if chosen else None

    def server_error(self, status: int) -> Response:
        if status in (500, 503):
            name = "INTERNAL_SERVER_ERROR" if status == 500 else "SERVICE_UNAVAILABLE"
            return RestError(status, name, "Internal Server Error").response()
        return Response("<html><body>Sorry</body></html>", status, media_type="text/html")

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        # LinkedIn names no header; without one a rehearsal would last until midnight.
        call.headers["Retry-After"] = str(int(reset_in) + 1)
        message = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
        return RestError(429, "TOO_MANY_REQUESTS", message, 101).response()

    def token_expired(self, call: Call) -> Response:
        message = "The token used in the request has expired"
        return RestError(401, "EXPIRED_ACCESS_TOKEN", message, 65602).response()

    def token_revoked(self, call: Call) -> Response:
        message = "The token used in the request has been revoked by the user"
        return RestError(401, "REVOKED_ACCESS_TOKEN", message, 65601).response()

    def suspended(self, call: Call) -> Response:
        return RestError(403, "ACCESS_DENIED", "Not enough permissions to access this resource", 100).response()

    # ------------------------------------------------------------ who asks

    def _token(self, token: str) -> Mapping[str, Any] | None:
        return self._store.grants.get(f"linkedin:token:{digest(token)}") if token else None

    def _person(self, call: Call) -> Mapping[str, Any]:
        """What the token's owner may do. Raises RestError."""
        header = call.request.headers.get("authorization", "")
        if not header:
            raise RestError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)
        kept = self._token(header[7:].strip() if header[:7].lower() == "bearer " else "")
        if kept is None:
            raise RestError(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)
        if kept["until"] <= self._practice.now():
            raise RestError(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602)
        return kept

    def _page(self, call: Call, urn: object, *scopes: str) -> Account:
        """A page that the token's owner administers, for whom one of these scopes was agreed. Raises RestError."""
        kept = self._person(call)
        account = self._store.accounts.get((NETWORK, str(urn)))
        granted = set(kept["scope"].split())
        if account is None or account.id not in kept["organisations"] or account.suspended:
            raise RestError(403, "ACCESS_DENIED", f"Viewer is not an administrator of {urn}", 100)
        if scopes and not granted & set(scopes):
            raise RestError(403, "ACCESS_DENIED", "Not enough permissions to access this resource", 100)
        call.account, call.entry.handle, call.entry.account_id = account, account.handle, account.id
        return account

    async def _acls(self, call: Call) -> Response:
        kept = self._person(call)
        if "rw_organization_admin" not in kept["scope"].split():
            raise RestError(403, "ACCESS_DENIED", "Not enough permissions to access: GET /organizationAcls", 100)
        if call.request.query_params.get("q") != "roleAssignee":
            raise RestError(400, "ILLEGAL_ARGUMENT", "There is no such finder")
        elements = [
            {"role": "ADMINISTRATOR", "organization": urn, "roleAssignee": kept["person"], "state": "APPROVED"}
            for urn in kept["organisations"]
        ]
        elements.append(
            {
                "role": "ANALYST",
                "organization": "urn:li:organization:7",
                "roleAssignee": kept["person"],
                "state": "APPROVED",
            }
        )
        return JSONResponse({"elements": elements, "paging": {"start": 0, "count": 100, "links": []}})

    async def _organisation(self, call: Call) -> Response:
        number = call.request.path_params["id"]
        page = self._page(call, f"urn:li:organization:{number}", "rw_organization_admin")
        name = {"localized": {"fr_FR": page.display_name}, "preferredLocale": {"country": "FR", "language": "fr"}}
        return JSONResponse({"id": number, "localizedName": page.display_name, "vanityName": page.handle, "name": name})

    # ------------------------------------------------------------ files

    async def _image_room(self, call: Call) -> Response:
        owner = _json(call).get("initializeUploadRequest", {}).get("owner")
        page = self._page(call, owner, "w_organization_social")
        if call.request.query_params.get("action") != "initializeUpload":
            raise RestError(400, "ILLEGAL_ARGUMENT", "There is no such action")
        number = secrets.token_urlsafe(12)
        urn = f"urn:li:image:{number}"
        self._store.grant(f"linkedin:room:{number}", {"page": page.id, "urn": urn, "parts": 0, "size": 0})
        return JSONResponse(
            {
                "value": {
                    "uploadUrlExpiresAt": int(self._practice.now() * 1000) + 86_400_000,
                    "uploadUrl": f"{self._upload_origin()}/dms-uploads/{number}",
                    "image": urn,
                }
            }
        )

    def _upload_origin(self) -> str:
        return "https://uploads.evil.example" if self._practice.settings.linkedin_upload_elsewhere else self._origin

    async def _video(self, call: Call) -> Response:
        body, action = _json(call), call.request.query_params.get("action")
        if action == "initializeUpload":
            asked = body.get("initializeUploadRequest", {})
            page = self._page(call, asked.get("owner"), "w_organization_social")
            size = asked.get("fileSizeBytes")
            if not isinstance(size, int) or size < 1:
                raise RestError(400, "MISSING_FIELD", "/fileSizeBytes is required")
            number = secrets.token_urlsafe(12)
            urn = f"urn:li:video:{number}"
            starts = range(0, size, PART_BYTES)
            self._store.grant(
                f"linkedin:room:{number}",
                {"page": page.id, "urn": urn, "parts": len(starts), "size": size, "tags": {}},
            )
            instructions = [
                {
                    "uploadUrl": f"{self._upload_origin()}/dms-uploads/{number}/{part}",
                    "firstByte": first,
                    "lastByte": min(first + PART_BYTES, size) - 1,
                }
                for part, first in enumerate(starts)
            ]
            return JSONResponse({"value": {"video": urn, "uploadToken": "", "uploadInstructions": instructions}})
        if action != "finalizeUpload":
            raise RestError(400, "ILLEGAL_ARGUMENT", "There is no such action")
        asked = body.get("finalizeUploadRequest", {})
        number = str(asked.get("video", "")).rpartition(":")[2]
        room = self._store.grants.get(f"linkedin:room:{number}")
        if room is None:
            raise _not_found(str(asked.get("video")))
        page = self._page(call, room["page"], "w_organization_social")
        tags = [room["tags"].get(str(part)) for part in range(room["parts"])]
        if asked.get("uploadedPartIds") != tags:
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "uploadedPartIds are not those of the parts")
        now = self._practice.now()
        media = Media(
            network=NETWORK,
            id=number,
            account_id=page.id,
            content_type="video/mp4",
            size=room["size"],
            sha256=hashlib.sha256("".join(map(str, tags)).encode()).hexdigest(),
            created_at=now,
            ready_at=now + self._practice.settings.media_processing_seconds,
        )
        self._store.add_media(media, b"")
        call.accept(remote_id=room["urn"], created=True)
        return Response(status_code=200)

    async def _video_status(self, call: Call) -> Response:
        urn = str(call.request.path_params["urn"])
        number = urn.rpartition(":")[2]
        room = self._store.grants.get(f"linkedin:room:{number}")
        if room is None:
            raise _not_found(urn)
        self._page(call, room["page"], "r_organization_social", "w_organization_social")
        media = self._store.media_by_id(NETWORK, number)
        ready = media is not None and media.ready_at <= self._practice.now()
        status = "WAITING_UPLOAD" if media is None else "AVAILABLE" if ready else "PROCESSING"
        return JSONResponse({"id": urn, "owner": room["page"], "status": status})

    async def _bytes(self, call: Call) -> Response:
        number, part = call.request.path_params["id"], call.request.path_params.get("part")
        room = self._store.grants.get(f"linkedin:room:{number}")
        if room is None:
            raise _not_found(number)
        page = self._page(call, room["page"], "w_organization_social")
        if part is not None:
            tag = hashlib.sha256(call.body).hexdigest()[:16]
            self._store.grant(f"linkedin:room:{number}", {**room, "tags": {**room["tags"], str(part): tag}})
            return Response(status_code=200, headers={"ETag": tag})
        seen = look_at(call.body)
        if seen is None or seen.content_type == "image/webp" or seen.width * seen.height > IMAGE_PIXELS:
            raise RestError(400, "INVALID_FILE", "The file is no image that can be taken")
        now = self._practice.now()
        media = Media(
            network=NETWORK,
            id=number,
            account_id=page.id,
            content_type=seen.content_type,
            size=len(call.body),
            sha256=hashlib.sha256(call.body).hexdigest(),
            created_at=now,
            width=seen.width,
            height=seen.height,
            ready_at=now,
        )
        self._store.add_media(media, call.body)
        call.accept(remote_id=room["urn"], created=True)
        return Response(status_code=201)

    async def _image(self, request: Request) -> Response:
        media = self._store.media_by_id(NETWORK, request.path_params["id"])
        if media is None:
            return Response(status_code=404)
        return blob_response(self._store.blob_path(media), media.content_type)

    # ------------------------------------------------------------ posts

    async def _publish(self, call: Call) -> Response:
        body = _json(call)
        page = self._page(call, body.get("author"), "w_organization_social")
        for name in ("commentary", "visibility", "distribution", "lifecycleState"):
            if name not in body:
                raise RestError(400, "MISSING_FIELD", f"/{name} is required")
        if body["visibility"] != "PUBLIC" or body["lifecycleState"] != "PUBLISHED":
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "visibility or lifecycleState is not what it may be")
        text, media = shown(str(body["commentary"])), self._attached(page, body.get("content"))
        card = self._article(page, body.get("content"))
        if len(text) > CHARACTERS:
            raise RestError(400, "FIELD_LENGTH_TOO_LONG", f"/commentary has more than {CHARACTERS} characters")
        if not text.strip() and not media:
            raise RestError(400, "INVALID_VALUE_BLANK_FIELD", "/commentary must not be blank")
        now = call.practice.now()
        for each in self._store.own_posts(NETWORK, page.id):
            same = each.native["kind"] == "post" and each.text == text and not (media or each.media)
            if same and now - each.accepted_at < DUPLICATE_SECONDS:
                raise RestError(422, "DUPLICATE_POST", f"Content is a duplicate of {each.remote_id}")
        number = self._next(now)
        urn = f"urn:li:share:{number}"
        post = Post(
            network=NETWORK,
            account_id=page.id,
            id=urn,
            remote_id=urn,
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=now + call.visible_after,
            key=None,
            media=[(each.id, alt) for each, alt in media],
            native={
                "kind": "post",
                "number": number,
                "activity": f"urn:li:activity:{number + 1}",
                "commentary": body["commentary"],
                "content": body.get("content"),
                **({"card": card} if card else {}),
            },
        )
        self._store.put_post(post)
        for each, _ in media:
            self._store.change_media(each, attached_to=urn)
        call.accept(remote_id=urn, created=True, text_sha256=post.sha256)
        return Response(status_code=201, headers={"x-restli-id": urn})

    def _article(self, page: Account, content: object) -> dict[str, str | None] | None:
        """LinkedIn reads no page: source, title, description and thumbnail are the post's own. Raises RestError."""
        if not isinstance(content, dict) or "article" not in content:
            return None
        article = content["article"]
        if not isinstance(article, dict) or set(article) - {"source", "title", "description", "thumbnail"}:
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/content/article is not what it may be")
        for name in ("source", "title"):
            if not str(article.get(name, "")).strip():
                raise RestError(400, "MISSING_FIELD", f"/content/article/{name} is required")
        if not re.match(r"https?://[^\s/]+", str(article["source"])):
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/content/article/source is no address")
        picture = self._uploaded(page, article["thumbnail"]).id if "thumbnail" in article else None
        return {
            "url": str(article["source"]),
            "title": str(article["title"]),
            "description": str(article.get("description", "")),
            "picture": picture,
        }

    def _attached(self, page: Account, content: object) -> list[tuple[Media, str]]:
        if content is None:
            return []
        if not isinstance(content, dict):
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/content is not what it may be")
        if len(content) != 1:
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/content is one of media, multiImage, article")
        if "article" in content:
            return []
        if "multiImage" in content:
            asked = content["multiImage"].get("images", [])
            if not 2 <= len(asked) <= 20:
                raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/content/multiImage has 2 to 20 images")
        else:
            asked = [content.get("media", {})]
        found = []
        for each in asked:
            media, alt = self._uploaded(page, each.get("id", "")), str(each.get("altText", ""))
            if len(alt) > ALT_CHARACTERS:
                raise RestError(400, "FIELD_LENGTH_TOO_LONG", "/altText is too long")
            found.append((media, alt))
        return found

    def _uploaded(self, page: Account, urn: object) -> Media:
        """Raises RestError."""
        media = self._store.media.get((NETWORK, page.id, str(urn).rpartition(":")[2]))
        if media is None:
            raise RestError(400, "MEDIA_ASSET_WAITING_UPLOAD", f"{urn} has not been uploaded")
        if media.ready_at > self._practice.now():
            raise RestError(400, "MEDIA_ASSET_PROCESSING", f"{urn} is being processed")
        return media

    async def _posts(self, call: Call) -> Response:
        query = call.request.query_params
        if query.get("q") != "author":
            raise RestError(400, "ILLEGAL_ARGUMENT", "There is no such finder")
        page = self._page(call, query.get("author"), "r_organization_social")
        found = [post for post in self._store.own_posts(NETWORK, page.id) if post.native["kind"] == "post"]
        found.sort(key=lambda post: post.accepted_at, reverse=True)
        start, size = _window(query)
        elements = [self._post_json(post) for post in found[start : start + size]]
        return JSONResponse({"elements": elements, "paging": {"start": start, "count": size, "links": []}})

    async def _post(self, call: Call) -> Response:
        post = self._found(str(call.request.path_params["urn"]))
        self._page(call, post.account_id, "r_organization_social")
        return JSONResponse(self._post_json(post))

    async def _delete_post(self, call: Call) -> Response:
        urn = str(call.request.path_params["urn"])
        try:
            post = self._found(urn)
        except RestError:
            self._person(call)
            return Response(status_code=204)  # deletions may be repeated
        self._page(call, post.account_id, "w_organization_social")
        self._store.delete_post(post)
        call.accept(remote_id=urn, created=False)
        return Response(status_code=204)

    def _found(self, urn: str) -> Post:
        """By the share or by the activity. Raises RestError."""
        match = _POST_URN.fullmatch(urn)
        if match is None:
            raise RestError(400, "INVALID_URN_TYPE", f"{urn} is no urn of a post")
        number = int(match[2]) - (match[1] == "activity")
        post = self._store.post_by_id(NETWORK, f"urn:li:share:{number}")
        if post is None or post.visible_at > self._practice.now():
            raise _not_found(urn)
        return post

    def _post_json(self, post: Post) -> dict[str, Any]:
        at = int(post.accepted_at * 1000)
        found = {
            "id": post.remote_id,
            "author": post.account_id,
            "commentary": post.native["commentary"],
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "createdAt": at,
            "publishedAt": at,
            "lastModifiedAt": at,
            "isReshareDisabledByAuthor": False,
        }
        return {**found, "content": post.native["content"]} if post.native["content"] else found

    # ------------------------------------------------------------ comments

    async def _comment(self, call: Call) -> Response:
        body, urn = _json(call), str(call.request.path_params["urn"])
        page = self._page(call, body.get("actor"), "w_organization_social_feed")
        if "content" in body:
            message = (
                "Unpermitted fields present in REQUEST_BODY: Data Processing Exception while processing fields "
                "[/content]"
            )
            raise RestError(403, "ACCESS_DENIED", message, 100)
        text = str(body.get("message", {}).get("text", ""))
        if not text.strip():
            raise RestError(400, "MISSING_FIELD", "/message/text is required")
        if len(text) > COMMENT_CHARACTERS:
            raise RestError(400, "FIELD_LENGTH_TOO_LONG", "/message/text is too long")
        post, parent = self._target(urn)
        if parent is not None and parent.parent is not None:
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "An answer cannot be answered; parentComment is the first")
        if parent is not None and body.get("parentComment") != self._urn(parent):
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "/parentComment is not the comment of the address")
        now = call.practice.now()
        comment = self._write(post, parent, page.id, page.display_name, text, visible_at=now + call.visible_after)
        kept = Post(
            network=NETWORK,
            account_id=page.id,
            id=self._urn(comment),
            remote_id=self._urn(comment),
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=comment.visible_at,
            key=None,
            media=[],
            native={"kind": "comment", "number": int(comment.number), "in_reply_to_id": urn},
        )
        self._store.put_post(kept)
        call.accept(remote_id=kept.remote_id, created=True, text_sha256=kept.sha256)
        return JSONResponse(self._comment_json(comment), status_code=201, headers={"x-restli-id": comment.number})

    def _target(self, urn: str) -> tuple[Post, Comment | None]:
        """Raises RestError."""
        match = _COMMENT_URN.fullmatch(urn)
        if match is None:
            return self._found(urn), None
        comment = self.comments.get(match[2])
        if comment is None:
            raise _not_found(urn)
        return self._found(comment.post), comment

    def _write(
        self, post: Post, parent: Comment | None, author_id: str, author: str, text: str, *, visible_at: float = 0.0
    ) -> Comment:
        now = self._practice.now()
        comment = Comment(
            number=str(self._next(now)),
            post=post.remote_id,
            account=post.account_id,
            parent=(parent.parent or parent.number) if parent else None,
            author_id=author_id,
            author_name=author,
            text=text,
            created_at=now,
            edited_at=now,
            visible_at=visible_at,
        )
        self.comments.put(comment)
        return comment

    def write_comment(self, target: str, author: str, text: str) -> str:
        """A citizen comments on a post, or answers a comment. Raises NoSuchThing."""
        try:
            post, parent = self._target(target)
        except RestError as e:
            raise NoSuchThing(e.message) from e
        return self._urn(self._write(post, parent, f"urn:li:person:{person_id(NETWORK, author)}", author, text))

    def _urn(self, comment: Comment) -> str:
        activity = int(comment.post.rpartition(":")[2]) + 1
        return f"urn:li:comment:(urn:li:activity:{activity},{comment.number})"

    async def _read_comments(self, call: Call) -> Response:
        post, parent = self._target(str(call.request.path_params["urn"]))
        self._page(call, post.account_id, "r_organization_social_feed")
        found = self.comments.below(post.remote_id, parent=parent.number if parent else None)
        start, size = _window(call.request.query_params)
        elements = [self._comment_json(each) for each in found[start : start + size]]
        paging = {"start": start, "count": size, "total": len(found), "links": []}
        return JSONResponse({"elements": elements, "paging": paging})

    async def _read_comment(self, call: Call) -> Response:
        return JSONResponse(self._comment_json(self._named(call, "r_organization_social_feed")))

    async def _delete_comment(self, call: Call) -> Response:
        comment = self._named(call, "w_organization_social_feed")
        if call.request.query_params.get("actor") != comment.account:
            raise RestError(403, "ACCESS_DENIED", "The actor may not delete this comment", 100)
        self.comments.remove(comment.number)
        own = self._store.post_by_id(NETWORK, self._urn(comment))
        if own is not None:
            self._store.delete_post(own)
        call.accept(remote_id=self._urn(comment), created=False)
        return Response(status_code=204)

    def _named(self, call: Call, scope: str) -> Comment:
        parameters = call.request.path_params
        post, _ = self._target(str(parameters["urn"]))
        self._page(call, post.account_id, scope)
        comment = self.comments.get(str(parameters["id"]))
        if comment is None or comment.post != post.remote_id:
            raise _not_found(str(parameters["id"]))
        return comment

    def _comment_json(self, comment: Comment) -> dict[str, Any]:
        answers = self.comments.below(comment.post, parent=comment.number)
        urn = self._urn(comment)
        likes = made_up(urn, 5)
        found: dict[str, Any] = {
            "id": comment.number,
            "commentUrn": urn,
            "actor": comment.author_id,
            "object": urn.removeprefix("urn:li:comment:(").partition(",")[0],
            "message": {"attributes": [], "text": comment.text},
            "created": {"actor": comment.author_id, "time": int(comment.created_at * 1000)},
            "lastModified": {"actor": comment.author_id, "time": int(comment.edited_at * 1000)},
            "likesSummary": {
                "selectedLikes": [],
                "aggregatedTotalLikes": likes,
                "totalLikes": likes,
                "likedByCurrentUser": False,
            },
            "commentsSummary": {
                "selectedComments": [self._urn(each) for each in answers[:5]],
                "totalFirstLevelComments": len(answers),
                "aggregatedTotalComments": len(answers),
            },
        }
        above = self.comments.get(comment.parent) if comment.parent else None
        return {**found, "parentComment": self._urn(above)} if above else found

    # ------------------------------------------------------------ figures

    async def _metadata(self, call: Call) -> Response:
        kept = self._person(call)
        if self._practice.settings.linkedin_development_tier:
            raise RestError(403, "ACCESS_DENIED", "Not enough permissions to access: BATCH_GET /socialMetadata", 100)
        if call.request.headers.get("x-restli-method") != "BATCH_GET":
            raise RestError(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method must be BATCH_GET")
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for urn in _list(call.request, "ids"):
            try:
                post = self._found(urn)
            except RestError as e:
                errors[urn] = {"status": e.status, "message": e.message}
                continue
            if post.account_id in kept["organisations"]:
                top = len(self.comments.below(post.remote_id))
                results[urn] = {
                    "entity": urn,
                    "commentsState": "OPEN",
                    "commentSummary": {"count": self.comments.total(post.remote_id), "topLevelCount": top},
                    "reactionSummaries": {"LIKE": {"reactionType": "LIKE", "count": made_up(urn, 40)}},
                }
        return JSONResponse({"results": results, "statuses": dict.fromkeys(results, 200), "errors": errors})

    async def _statistics(self, call: Call) -> Response:
        query = call.request.query_params
        page = self._page(call, query.get("organizationalEntity"), "rw_organization_admin")
        elements = []
        for urn in _list(call.request, "shares"):
            try:
                post = self._found(urn)
            except RestError:
                continue
            if post.account_id == page.id:
                views = made_up(urn, 900)
                totals = {
                    "uniqueImpressionsCount": views,
                    "impressionCount": views,
                    "clickCount": made_up(urn, 60),
                    "likeCount": made_up(urn, 40),
                    "commentCount": self.comments.total(urn),
                    "shareCount": made_up(urn, 9),
                    "engagement": 0.1,
                }
                elements.append({"share": urn, "organizationalEntity": page.id, "totalShareStatistics": totals})
        return JSONResponse({"elements": elements, "paging": {"start": 0, "count": 10, "links": []}})

    async def _size(self, call: Call) -> Response:
        page = self._page(call, call.request.path_params["urn"], "rw_organization_admin")
        if call.request.query_params.get("edgeType") != "COMPANY_FOLLOWED_BY_MEMBER":
            raise RestError(400, "INVALID_VALUE_FOR_FIELD", "edgeType is not what it may be")
        return JSONResponse({"firstDegreeSize": page.followers})

    def _next(self, now: float) -> int:
        """By two: a post's activity takes the number after its own."""
        self._last = max(int(now * 1000) * 10, self._last + 2)
        return self._last


def _json(call: Call) -> dict[str, Any]:
    try:
        value = call.json()
    except ValueError as e:
        raise RestError(400, "ILLEGAL_ARGUMENT", "The body is not JSON") from e
    if not isinstance(value, dict):
        raise RestError(400, "ILLEGAL_ARGUMENT", "The body is no object")
    return value


def _window(query: Mapping[str, str]) -> tuple[int, int]:
    start, size = query.get("start", "0"), query.get("count", "10")
    if not (start.isdigit() and size.isdigit()):
        raise RestError(400, "ILLEGAL_ARGUMENT", "start and count are numbers")
    return int(start), min(int(size), 100)


def _list(request: Request, name: str) -> Sequence[str]:
    """List(a,b) of Rest.li 2.0, whose brackets and commas stand bare and whose values are encoded."""
    pairs = (pair.partition("=") for pair in request.url.query.split("&"))
    raw = next((value for key, _, value in pairs if key == name), "")
    if not raw:
        return []
    if not (raw.startswith("List(") and raw.endswith(")")):
        raise RestError(400, "ILLEGAL_ARGUMENT", f"{name} is no List(...)")
    return [unquote(each) for each in raw[5:-1].split(",")]
