"""The part of YouTube's Data API with which a channel's comments are read, answered and moderated.

Sources: the discovery document youtube.v3, and developers.google.com/youtube/v3/docs (2026-08). Every request costs
units of the day's quota, which ends at midnight in California. Not built: uploading, searching, other people's videos.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .comments import Comment, CommentBook, NoSuchThing, made_up, person_id
from .exchange import Call, Handler, Practice, endpoint
from .store import Account, Post, digest

NETWORK = "youtube"
CHARACTERS = 10_000
LIST, WRITE = 1, 50
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
_PACIFIC = ZoneInfo("America/Los_Angeles")
_WITH_A_THREAD = 5  # answers


class ApiError(Exception):
    def __init__(self, status: int, reason: str, message: str, domain: str = "youtube.comment") -> None:
        super().__init__(message)
        self.status, self.reason, self.message, self.domain = status, reason, message, domain

    def response(self) -> Response:
        one = {"message": self.message, "domain": self.domain, "reason": self.reason}
        error = {"code": self.status, "message": self.message, "errors": [one]}
        return JSONResponse({"error": error}, status_code=self.status)


def channel_id_for(handle: str) -> str:
    return "UC" + hashlib.sha256(f"youtube:{handle.lower()}".encode()).hexdigest()[:22]


def iso(t: float) -> str:
    return datetime.fromtimestamp(int(t), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class YouTube:
    network = NETWORK

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._store = practice.store
        self._origin = practice.public_url
        self.comments = CommentBook(practice.store, NETWORK, practice.now)
        self._spent: dict[str, int] = {}  # day in California -> units
        self._last = max(self.comments.numbers(), default=0)

    def routes(self) -> list[Route]:
        methods: list[tuple[str, str, str, int, Handler]] = [
            ("GET", "/channels", "session", LIST, self._channels),
            ("GET", "/commentThreads", "read", LIST, self._threads),
            ("GET", "/comments", "read", LIST, self._list),
            ("POST", "/comments", "publish", WRITE, self._insert),
            ("DELETE", "/comments", "delete", WRITE, self._delete),
            ("POST", "/comments/setModerationStatus", "delete", WRITE, self._moderate),
            ("GET", "/videos", "read", LIST, self._videos),
        ]
        return [
            *(
                Route(
                    f"/youtube/v3{path}",
                    endpoint(self._practice, self, operation, self._api(handler, cost)),
                    methods=[verb],
                )
                for verb, path, operation, cost, handler in methods
            ),
            *self.comments.routes(self.write_comment),
            Route("/practice/youtube/videos", self._control_video, methods=["POST"]),
        ]

    def _api(self, handler: Handler, cost: int) -> Handler:
        async def answer(call: Call) -> Response:
            try:
                self._spend(cost)
                return await handler(call)
            except ApiError as e:
                return e.response()

        return answer

    def _spend(self, units: int) -> None:
        day = datetime.fromtimestamp(self._practice.now(), _PACIFIC).date().isoformat()
        spent = self._spent[day] = self._spent.get(day, 0) + units
        settings = self._practice.settings
        if settings.rate_limits and spent > settings.youtube_quota_units:
            raise self._quota_exceeded()

    @staticmethod
    def _quota_exceeded() -> ApiError:
        message = "The request cannot be completed because you have exceeded your quota."
        return ApiError(403, "quotaExceeded", message, "youtube.quota")

    def forget_budgets(self) -> None:
        self._spent.clear()

    # ------------------------------------------------------------ in YouTube's words

    def identify(self, request: Request) -> Account | None:
        header = request.headers.get("authorization", "")
        token = header[7:].strip() if header[:7].lower() == "bearer " else ""
        kept = self._store.grants.get(f"youtube:token:{digest(token)}") if token else None
        return self._store.accounts.get((NETWORK, kept["channel"])) if kept else None

    def server_error(self, status: int) -> Response:
        if status in (500, 503):
            return ApiError(status, "backendError", "Internal error encountered.", "global").response()
        return Response("<html><body>That’s an error.</body></html>", status, media_type="text/html")

    def rate_limited(self, call: Call, reset_in: float) -> Response:
        # What ends within the hour is no day's quota.
        if reset_in < 3600:
            call.headers["Retry-After"] = str(int(reset_in) + 1)
            return ApiError(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits").response()
        return self._quota_exceeded().response()

    def token_expired(self, call: Call) -> Response:
        return ApiError(401, "authError", "Invalid Credentials", "global").response()

    def token_revoked(self, call: Call) -> Response:
        return self.token_expired(call)

    def suspended(self, call: Call) -> Response:
        message = "The YouTube account of the authenticated user is suspended."
        return ApiError(403, "authenticatedUserAccountSuspended", message, "youtube.common").response()

    # ------------------------------------------------------------ who asks

    def _channel(self, call: Call) -> Account:
        """Raises ApiError."""
        header = call.request.headers.get("authorization", "")
        token = header[7:].strip() if header[:7].lower() == "bearer " else ""
        kept = self._store.grants.get(f"youtube:token:{digest(token)}") if token else None
        if kept is None or kept["until"] <= self._practice.now() or call.account is None:
            raise ApiError(401, "authError", "Invalid Credentials", "global")
        if SCOPE not in kept["scope"].split():
            message = "Request had insufficient authentication scopes."
            raise ApiError(403, "insufficientPermissions", message, "global")
        if call.account.suspended:
            message = "The YouTube account of the authenticated user is suspended."
            raise ApiError(403, "authenticatedUserAccountSuspended", message, "youtube.common")
        return call.account

    async def _channels(self, call: Call) -> Response:
        mine = self._channel(call)
        query, parts = call.request.query_params, _parts(call)
        asked = [mine.id] if query.get("mine") == "true" else query.get("id", "").split(",")
        if query.get("mine") != "true" and not query.get("id"):
            raise _missing_filter()
        found = [self._store.accounts.get((NETWORK, each)) for each in asked]
        items = []
        for each in found:
            if each is None:
                continue
            picture = {"url": f"{self._origin}/avatars/youtube/{each.handle}.svg", "width": 88, "height": 88}
            snippet = {
                "title": each.display_name,
                "description": "",
                "customUrl": f"@{each.handle}",
                "publishedAt": iso(each.created_at),
                "thumbnails": {"default": picture},
            }
            statistics = {
                "viewCount": str(made_up(each.id, 90_000)),
                "subscriberCount": str(each.followers),
                "hiddenSubscriberCount": False,
                "videoCount": str(len(self.videos_of(each.id))),
            }
            items.append(_only(parts, "channel", each.id, snippet=snippet, statistics=statistics))
        return JSONResponse(_listed("channelListResponse", items))

    # ------------------------------------------------------------ videos

    def videos_of(self, channel: str) -> list[Post]:
        own = self._store.own_posts(NETWORK, channel)
        return sorted((p for p in own if p.native["kind"] == "video"), key=lambda p: p.accepted_at, reverse=True)

    def publish_video(self, channel: Account, title: str) -> str:
        """As the agency does it on YouTube itself. The video's id."""
        now = self._practice.now()
        made = hashlib.sha256(f"{channel.id} {title} {now}".encode()).hexdigest()[:11]
        post = Post(
            network=NETWORK,
            account_id=channel.id,
            id=made,
            remote_id=made,
            text=title,
            accepted_at=now,
            arrived_at=now,
            visible_at=now,
            key=None,
            media=[],
            native={"kind": "video"},
        )
        self._store.put_post(post)
        return made

    async def _control_video(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        try:
            body = await request.json() if kind == "application/json" else None
            channel = self._store.by_handle(NETWORK, str(body["handle"]))  # type: ignore[index]
            if channel is None:
                raise KeyError("there is no such channel")
            return JSONResponse({"id": self.publish_video(channel, str(body["title"]))}, status_code=201)  # type: ignore[index]
        except (ValueError, KeyError, TypeError) as e:
            return JSONResponse({"error": {"code": "invalid", "hint": str(e)}}, status_code=422)

    async def _videos(self, call: Call) -> Response:
        self._channel(call)
        parts = _parts(call)
        asked = call.request.query_params.get("id", "")
        if not asked:
            raise _missing_filter()
        items = []
        for each in asked.split(","):
            post = self._video(each)
            if post is None:
                continue
            channel = self._store.accounts[NETWORK, post.account_id]
            snippet = {
                "publishedAt": iso(post.accepted_at),
                "channelId": channel.id,
                "title": post.text,
                "description": "",
                "channelTitle": channel.display_name,
            }
            statistics = {
                "viewCount": str(made_up(each, 9_000)),
                "likeCount": str(made_up(each, 400)),
                "favoriteCount": "0",
                "commentCount": str(self.comments.total(each)),
            }
            items.append(_only(parts, "video", each, snippet=snippet, statistics=statistics))
        return JSONResponse(_listed("videoListResponse", items))

    def _video(self, video: str) -> Post | None:
        post = self._store.post_by_id(NETWORK, video)
        return post if post is not None and post.native["kind"] == "video" else None

    # ------------------------------------------------------------ comments

    async def _threads(self, call: Call) -> Response:
        mine = self._channel(call)
        query, parts = call.request.query_params, _parts(call)
        if query.get("id"):
            tops = [each for name in query["id"].split(",") if (each := self._named(name)) and each.parent is None]
        elif query.get("allThreadsRelatedToChannelId"):
            if (NETWORK, query["allThreadsRelatedToChannelId"]) not in self._store.accounts:
                raise ApiError(404, "channelNotFound", "The channel could not be found.", "youtube.commentThread")
            all_of = self.comments.of_account(query["allThreadsRelatedToChannelId"])
            tops = [each for each in all_of if each.parent is None and each.status == "published"]
        elif query.get("videoId"):
            if self._video(query["videoId"]) is None:
                raise ApiError(404, "videoNotFound", "The video could not be found.", "youtube.commentThread")
            tops = [each for each in self.comments.below(query["videoId"]) if each.status == "published"]
        else:
            raise _missing_filter()
        tops.sort(key=lambda each: (each.created_at, each.number), reverse=True)
        page, following = _page(call, tops)
        items = []
        for each in page:
            answers = [one for one in self.comments.below(each.post, parent=each.number) if one.status == "published"]
            snippet = {
                "channelId": each.account,
                "videoId": each.post,
                "topLevelComment": self._json(each, mine, call),
                "canReply": True,
                "totalReplyCount": len(answers),
                "isPublic": True,
            }
            shown = [self._json(one, mine, call) for one in answers[-_WITH_A_THREAD:]]
            more = {"replies": {"comments": shown}} if shown else {}
            items.append(_only(parts, "commentThread", self.name_of(each), snippet=snippet, **more))
        return JSONResponse(_listed("commentThreadListResponse", items, following))

    async def _list(self, call: Call) -> Response:
        mine = self._channel(call)
        query, parts = call.request.query_params, _parts(call)
        following = None
        if query.get("id"):
            found = [each for name in query["id"].split(",") if (each := self._named(name)) is not None]
        elif query.get("parentId"):
            top = self._named(query["parentId"])
            if top is None:
                raise ApiError(404, "commentNotFound", "One or more of the specified comments cannot be found.")
            every = self.comments.below(top.post, parent=top.number)
            found, following = _page(call, [each for each in every if each.status == "published"])
        else:
            raise _missing_filter()
        # Asked for by itself, a comment does not say under which video it stands.
        items = [_only(parts, "comment", self.name_of(e), snippet=self._snippet(e, mine, call)) for e in found]
        for item in items:
            item.get("snippet", {}).pop("videoId", None)
        return JSONResponse(_listed("commentListResponse", items, following))

    async def _insert(self, call: Call) -> Response:
        mine = self._channel(call)
        _parts(call)
        try:
            body = call.json()
            snippet = body["snippet"]
            text, parent = str(snippet.get("textOriginal", "")), str(snippet.get("parentId", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as e:
            raise ApiError(400, "invalidCommentMetadata", "The request metadata is invalid.") from e
        if not parent:
            raise ApiError(400, "parentIdMissing", "The comment must answer another.")
        if not text.strip():
            raise ApiError(400, "commentTextRequired", "The comment must have a text.")
        if len(text) > CHARACTERS:
            raise ApiError(400, "commentTextTooLong", "The comment is too long.")
        top = self._named(parent)
        if top is None or top.parent is not None:
            raise ApiError(404, "parentCommentNotFound", "The specified parent comment could not be found.")
        now = self._practice.now()
        made = self._write(top, mine.id, f"@{mine.handle}", text, visible_at=now + call.visible_after)
        name = self.name_of(made)
        kept = Post(
            network=NETWORK,
            account_id=mine.id,
            id=name,
            remote_id=name,
            text=text,
            accepted_at=now,
            arrived_at=call.entry.arrived_at,
            visible_at=made.visible_at,
            key=None,
            media=[],
            native={"kind": "comment", "in_reply_to_id": parent},
        )
        self._store.put_post(kept)
        call.accept(remote_id=name, created=True, text_sha256=kept.sha256)
        return JSONResponse(self._json(made, mine, call))

    async def _delete(self, call: Call) -> Response:
        mine = self._channel(call)
        name = call.request.query_params.get("id", "")
        comment = self._named(name)
        if comment is None:
            raise ApiError(404, "commentNotFound", "The specified comment cannot be found.")
        if comment.author_id != mine.id:
            raise ApiError(403, "forbidden", "The comment cannot be deleted due to insufficient permissions.")
        self.comments.remove(comment.number)
        own = self._store.post_by_id(NETWORK, name)
        if own is not None:
            self._store.delete_post(own)
        call.accept(remote_id=name, created=False)
        return Response(status_code=204)

    async def _moderate(self, call: Call) -> Response:
        mine, query = self._channel(call), call.request.query_params
        if query.get("moderationStatus") not in ("heldForReview", "published", "rejected"):
            raise ApiError(400, "invalidFilters", "moderationStatus is not what it may be")
        for name in query.get("id", "").split(","):
            comment = self._named(name)
            if comment is None:
                raise ApiError(404, "commentNotFound", "One or more of the specified comments cannot be found.")
            if comment.account != mine.id:
                raise ApiError(403, "forbidden", "One or more of the comments cannot be moderated.")
            self.comments.change(comment.number, status=query["moderationStatus"])
            call.accept(remote_id=name, created=False)
        return Response(status_code=204)

    def name_of(self, comment: Comment) -> str:
        """An answer's id is the first comment's, a full stop, and its own."""
        own = f"Ug{comment.number}AaBb"
        return f"Ug{comment.parent}AaBb.{comment.number}" if comment.parent else own

    def _named(self, name: str) -> Comment | None:
        own = name.partition(".")[2] or name.removeprefix("Ug").removesuffix("AaBb")
        comment = self.comments.get(own)
        return comment if comment is not None and self.name_of(comment) == name else None

    def write_comment(self, target: str, author: str, text: str) -> str:
        """A citizen comments on a video, or answers a comment. Raises NoSuchThing."""
        citizen = f"UC{person_id(NETWORK, author)}"
        comment = self._named(target)
        if comment is not None:
            top = comment if comment.parent is None else self.comments.get(comment.parent)
            return self.name_of(self._write(top or comment, citizen, author, text))
        video = self._video(target)
        if video is None:
            raise NoSuchThing(target)
        return self.name_of(self._write(None, citizen, author, text, video=video))

    def _write(
        self,
        top: Comment | None,
        author_id: str,
        author: str,
        text: str,
        *,
        video: Post | None = None,
        visible_at: float = 0.0,
    ) -> Comment:
        now = self._practice.now()
        self._last = max(int(now * 1000), self._last + 1)
        made = Comment(
            number=str(self._last),
            post=top.post if top else video.id if video else "",
            account=top.account if top else video.account_id if video else "",
            parent=top.number if top else None,
            author_id=author_id,
            author_name=author,
            text=text,
            created_at=now,
            edited_at=now,
            visible_at=visible_at,
        )
        self.comments.put(made)
        return made

    def _json(self, comment: Comment, mine: Account, call: Call) -> dict[str, Any]:
        return {
            "kind": "youtube#comment",
            "etag": "e",
            "id": self.name_of(comment),
            "snippet": self._snippet(comment, mine, call),
        }

    def _snippet(self, comment: Comment, mine: Account, call: Call) -> dict[str, Any]:
        plain = call.request.query_params.get("textFormat") == "plainText"
        found: dict[str, Any] = {
            "channelId": comment.account,
            "videoId": comment.post,
            "textDisplay": comment.text if plain else comment.text.replace("&", "&amp;").replace("<", "&lt;"),
            "authorDisplayName": comment.author_name,
            "authorProfileImageUrl": f"{self._origin}/avatars/youtube/{comment.author_id}.svg",
            "authorChannelUrl": f"http://www.youtube.com/channel/{comment.author_id}",
            "authorChannelId": {"value": comment.author_id},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": made_up(comment.number, 9),
            "publishedAt": iso(comment.created_at),
            "updatedAt": iso(comment.edited_at),
        }
        if comment.author_id == mine.id:
            found["textOriginal"] = comment.text
        if comment.parent:
            found["parentId"] = f"Ug{comment.parent}AaBb"
        if comment.status != "published":
            found["moderationStatus"] = comment.status
        return found


def _parts(call: Call) -> list[str]:
    parts = [each for each in call.request.query_params.get("part", "").split(",") if each]
    if not parts:
        message = "Required parameter: part"
        raise ApiError(400, "missingRequiredParameter", message, "youtube.parameter")
    return parts


def _missing_filter() -> ApiError:
    message = "No filter selected."
    return ApiError(400, "missingRequiredParameter", message, "youtube.parameter")


def _only(parts: Sequence[str], kind: str, name: str, **fields: Any) -> dict[str, Any]:
    found = {part: fields[part] for part in parts if part in fields}
    return {"kind": f"youtube#{kind}", "etag": "e", "id": name, **found}


def _page(call: Call, items: Sequence[Comment]) -> tuple[list[Comment], str | None]:
    query = call.request.query_params
    size, token = query.get("maxResults", "20"), query.get("pageToken", "0")
    if not (size.isdigit() and 1 <= int(size) <= 100 and token.isdigit()):
        raise ApiError(400, "invalidPageToken", "The request specifies an invalid page token.", "youtube.parameter")
    start = int(token)
    following = start + int(size)
    return list(items[start:following]), str(following) if following < len(items) else None


def _listed(kind: str, items: Sequence[dict[str, Any]], following: str | None = None) -> dict[str, Any]:
    info = {"totalResults": len(items), "resultsPerPage": len(items)}
    found: dict[str, Any] = {"kind": f"youtube#{kind}", "etag": "e", "pageInfo": info, "items": list(items)}
    return {**found, "nextPageToken": following} if following else found
